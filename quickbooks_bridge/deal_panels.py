"""What the QuickBooks side adds to a deal page: the Invoice tab and the sidebar card."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deals.models import Deal
from deals.panels import DealPanel, register_panel
from deals.timeline import register_gate
from deals.viewer import Viewer
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.presenters import as_of, connection_banner, invoice_row, strip_context
from quickbooks_bridge.selectors import (
    connection_for,
    invoices_of_deal,
    last_connection_for,
    linked_customer,
    may_see_invoices,
    open_intents,
)
from quickbooks_bridge.services.index import sync_wanted

SHOWN_FRESH = timedelta(minutes=1)


def register_panels() -> None:
    """Add both panels to every deal page."""
    register_gate("invoice.", _may_see)
    register_gate("customer.", _may_see)
    register_panel(DealPanel("invoice", "tab", str(_("Invoice")), "document", render_tab, _count))
    register_panel(DealPanel("quickbooks", "sidebar", "QuickBooks", "document", render_sidebar))


def _may_see(viewer: Viewer) -> bool:
    return may_see_invoices(viewer, last_connection_for(viewer.account))


def _count(viewer: Viewer, deal: Deal) -> int | None:
    connection = last_connection_for(viewer.account)
    if not may_see_invoices(viewer, connection):
        return None
    return Invoice.objects.filter(deal=deal).count() or None


def panel_context(viewer: Viewer, deal: Deal) -> dict[str, Any]:
    """Give what tab and sidebar show; asks QuickBooks nothing, but lets the worker look soon when data is old."""
    connection = last_connection_for(viewer.account)
    context: dict[str, Any] = {"deal": deal, "viewer": viewer, "connection": connection}
    if connection is None or not may_see_invoices(viewer, connection):
        return {
            **context,
            "state": "not_connected"
            if connection is None or not connection_for(viewer.account)
            else "not_yours",
        }
    now = timezone.now()
    sync_wanted(connection, now=now, older_than=SHOWN_FRESH)
    rows = [invoice_row(invoice, connection, now=now) for invoice in invoices_of_deal(deal)]
    return {
        **context,
        "state": "connected",
        "rows": rows,
        "intents": open_intents(deal),
        "strips": strip_context(deal, connection, now=now),
        "customer": linked_customer(deal, connection.realm_id),
        "as_of": as_of(connection),
        "banner": connection_banner(connection, is_owner=True, now=now),
        "is_loading": connection.is_active and connection.import_state != Connection.Import.DONE,
        "may_create": connection.is_active,
    }


def render_tab(request: HttpRequest, viewer: Viewer, deal: Deal) -> str:
    """Draw the Invoice tab."""
    return render_to_string("quickbooks/deal_tab.html", panel_context(viewer, deal), request=request)


def render_sidebar(request: HttpRequest, viewer: Viewer, deal: Deal) -> str:
    """Draw the sidebar card."""
    return render_to_string("quickbooks/deal_sidebar.html", panel_context(viewer, deal), request=request)
