"""Parts of the deal page that refresh themselves."""

from django.http import Http404, HttpRequest, HttpResponse
from django_htmx.http import trigger_client_event

from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.deal_page.panels import is_unchanged, page_of, panel_data, render_sidebar, render_tab


@viewer_required
def panel(request: HttpRequest, viewer: Viewer, deal_pk: int, slot: str) -> HttpResponse:
    """Return the Invoice tab or the sidebar card alone, for pages that refresh them; nothing when they are still right."""
    page, size = page_of(request)
    look = panel_data(viewer, deal_pk, page=page, size=size)
    if look is None:
        raise Http404
    if is_unchanged(viewer, look, request.GET.get("seen", "")):
        return HttpResponse(status=204)
    if slot == "tab":
        return HttpResponse(render_tab(request, viewer, look.deal))
    # The sidebar card is on every tab of the deal: it is the one that has the rest of the page look again.
    return trigger_client_event(HttpResponse(render_sidebar(request, viewer, look.deal)), "deal-changed")
