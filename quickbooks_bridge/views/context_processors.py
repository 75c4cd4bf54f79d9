"""What every page shows of the connection: one chip in the top bar, and for admins the way to the health page."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from deals.viewer import member_of, viewer
from quickbooks_bridge.models import Connection
from quickbooks_bridge.selectors.pending_work import needs_action_count
from quickbooks_bridge.selectors.request_context import RequestContext


def connection_chip(request: HttpRequest) -> dict[str, Any]:
    """Return the company's name and whether it needs its owner, for signed-in members of a connected account."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    member = member_of(request)
    connection = RequestContext.of(viewer(request)).connection if member else None
    frame: dict[str, Any] = {}
    if member and RequestContext.of(viewer(request)).may_see_invoices:
        frame["receivables_url"] = reverse("quickbooks:receivables")
    if member and connection is not None:
        # Counted only where the rail is drawn: parts of a page have none.
        count = SimpleLazyObject(lambda: needs_action_count(viewer(request), connection))
        frame |= {"inbox_url": reverse("quickbooks:inbox"), "inbox_count": count}
    if member and member.is_admin:
        frame["health_url"] = reverse("quickbooks:health")
    if connection is None or connection.status == Connection.Status.DISCONNECTED:
        return frame
    return {
        **frame,
        "connection_chip": {
            "company_name": connection.company.name,
            "needs_attention": connection.status == Connection.Status.NEEDS_RECONNECT,
            "url": reverse("quickbooks:settings"),
        },
    }
