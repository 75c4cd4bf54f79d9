"""Parts of the deal page that refresh themselves."""

from django.http import HttpRequest, HttpResponse
from django_htmx.http import trigger_client_event

from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.deal_page.panels import is_unchanged, render_sidebar, render_tab

from .permissions import deal_or_404


@viewer_required
def panel(request: HttpRequest, viewer: Viewer, deal_pk: int, slot: str) -> HttpResponse:
    """Return the Invoice tab or the sidebar card alone, for pages that refresh them; nothing when they are still right."""
    if is_unchanged(viewer, deal_pk, request.GET.get("seen", "")):
        return HttpResponse(status=204)
    deal = deal_or_404(viewer, deal_pk)
    if slot == "tab":
        return HttpResponse(render_tab(request, viewer, deal))
    # The sidebar card is on every tab of the deal: it is the one that has the rest of the page refresh.
    return trigger_client_event(HttpResponse(render_sidebar(request, viewer, deal)), "deal-changed")
