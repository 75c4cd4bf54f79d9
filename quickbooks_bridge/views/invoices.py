"""Parts of the deal page that refresh themselves."""

from django.http import HttpRequest, HttpResponse
from django_htmx.http import trigger_client_event

from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.access import deal_of
from quickbooks_bridge.deal_panels import is_unchanged, render_sidebar, render_tab


@viewer_required
def panel(request: HttpRequest, viewer: Viewer, deal_pk: int, slot: str) -> HttpResponse:
    """Give the Invoice tab or the sidebar card alone, for pages that refresh them; nothing when they are still right."""
    deal = deal_of(viewer, deal_pk)
    if is_unchanged(viewer, deal, request.GET.get("seen", "")):
        return HttpResponse(status=204)
    if slot == "tab":
        return HttpResponse(render_tab(request, viewer, deal))
    # The sidebar card is on every tab of the deal: it is the one that has the rest of the page look again.
    return trigger_client_event(HttpResponse(render_sidebar(request, viewer, deal)), "deal-changed")
