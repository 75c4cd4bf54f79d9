"""Parts of the deal page that refresh themselves."""

from django.http import HttpRequest, HttpResponse

from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.access import deal_of
from quickbooks_bridge.deal_panels import is_unchanged, render_sidebar, render_tab


@viewer_required
def panel(request: HttpRequest, viewer: Viewer, deal_pk: int, slot: str) -> HttpResponse:
    """Give the Invoice tab or the sidebar card alone, for pages that refresh them; nothing when they are still right."""
    deal = deal_of(viewer, deal_pk)
    if is_unchanged(viewer, deal, request.GET.get("seen", "")):
        return HttpResponse(status=204)
    return HttpResponse((render_tab if slot == "tab" else render_sidebar)(request, viewer, deal))
