"""What the QuickBooks side adds to a deal page: the Invoice tab, the sidebar card and lines of the change log."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from deals.models import Deal
from deals.panels import DealPanel, register_panel
from deals.timeline import DerivedLine, register_derived_entries, register_visibility
from deals.viewer import Viewer
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.models import Connection
from quickbooks_bridge.selectors.connections import (
    company_today,
    current_connection,
    may_see_invoices,
    set_current_connection,
)
from quickbooks_bridge.selectors.deals import LONGEST_PAGE, PAGE, DealInvoices, totals_by_currency
from quickbooks_bridge.services.sync.company import request_sync_if_stale

from .connection_banner import connection_banner, import_progress
from .intent_cards import checking_banner, rejected_card, unconfirmed_row
from .invoice_rows import as_of, customer_page, invoice_rows, is_up_to_date
from .money_summary import left_to_invoice, totals_context
from .panel_data import DealPanelData, deal_panel_data
from .timeline_renderers import overdue_lines

# A minute after a change at most it is to be seen by whoever looks; the rest is the dispatch's, QuickBooks' and the page's.
MAX_AGE_SHOWN = timedelta(seconds=50)
IN_SIDEBAR = 8


def register_panels() -> None:
    """Add both panels to every deal page."""
    register_visibility("invoice.", _may_see)
    register_visibility("customer.", _may_see)
    register_derived_entries(_overdue)
    register_panel(DealPanel("invoice", "tab", _("Invoice"), "document", render_tab, _count))
    register_panel(DealPanel("quickbooks", "sidebar", "QuickBooks", "document", render_sidebar))


def _may_see(viewer: Viewer) -> bool:
    return may_see_invoices(viewer, current_connection(viewer))


def _overdue(viewer: Viewer, deal: Deal, limit: int) -> list[DerivedLine]:
    connection = current_connection(viewer)
    if connection is None or not may_see_invoices(viewer, connection):
        return []
    return overdue_lines(deal, connection, now=timezone.now(), limit=limit)


def _count(viewer: Viewer, deal: Deal) -> int | None:
    context = panel_context(viewer, deal)
    return context["found"].total or None if context["state"] == "connected" else None


def page_of(request: HttpRequest) -> tuple[int, int]:
    """Return the asked page of invoices and how many stand on one."""
    text = request.GET.get("page", "")
    number = int(text) if is_digits(text, longest=6) else 1
    return max(1, number), LONGEST_PAGE if request.GET.get("rows") == "all" else PAGE


def panel_data(viewer: Viewer, deal_pk: int, *, page: int = 1, size: int = PAGE) -> DealPanelData | None:
    """Look at a deal of the viewer's account, None when there is none; what was looked at is kept on the deal."""
    look = deal_panel_data(viewer.account, deal_pk, now=timezone.now(), page=page, size=size)
    if look is not None:
        set_current_connection(viewer, look.connection)
        look.deal.__dict__[_key(viewer, page, size)] = look
    return look


def _key(viewer: Viewer, page: int, size: int) -> str:
    return f"_quickbooks_look_{viewer.member.pk}_{page}_{size}"


def panel_context(viewer: Viewer, deal: Deal, *, page: int = 1, size: int = PAGE) -> dict[str, Any]:
    """Return what tab and sidebar show, read once for both of them.

    QuickBooks is not asked; when what is shown is old, the worker is told to look soon.
    """
    key = _key(viewer, page, size)
    kept = deal.__dict__.get(key)
    if isinstance(kept, dict):
        return kept
    now = timezone.now()
    look = kept or panel_data(viewer, deal.pk, page=page, size=size)
    if look is None:
        raise Deal.DoesNotExist
    context = deal.__dict__[key] = _context(viewer, deal, look, page=page, size=size, now=now)
    return context


def _context(
    viewer: Viewer, deal: Deal, look: DealPanelData, *, page: int, size: int, now: datetime
) -> dict[str, Any]:
    connection = current_connection(viewer)
    context: dict[str, Any] = {"deal": deal, "viewer": viewer, "connection": connection}
    if connection is None or not may_see_invoices(viewer, connection):
        is_open = connection is not None and connection.status != Connection.Status.DISCONNECTED
        return {**context, "state": "not_yours" if is_open else "not_connected"}
    request_sync_if_stale(connection, now=now, older_than=MAX_AGE_SHOWN)
    found = look.invoices(today=company_today(connection, now=now))
    intents, customer = look.intents, look.customer
    unconfirmed = [unconfirmed_row(row, connection, viewer, now=now) for row in intents.unfinished]
    banner = connection_banner(connection, viewer, now=now)
    return {
        **context,
        "state": "connected",
        "found": found,
        "rows": invoice_rows(found.invoices, connection, now=now),
        "unconfirmed": unconfirmed,
        "refused": [rejected_card(row, connection, now=now) for row in intents.refused],
        **_money(deal, connection, look, now=now),
        "line_count": look.line_count,
        "customer": customer,
        "customer_link": customer_page(connection.realm_id, customer.qbo_id) if customer else "",
        "as_of": as_of(connection, now=now),
        "is_in_step": is_up_to_date(connection, now=now),
        "banner": banner or checking_banner(unconfirmed, connection),
        "progress": import_progress(connection),
        "may_create": connection.is_active,
        "is_reachable": connection.is_active and not connection.consecutive_failures,
        "pages": _pages(found, page, size),
        "stamp": panel_etag(viewer, connection, look, now=now),
    }


def _money(deal: Deal, connection: Connection, look: DealPanelData, *, now: datetime) -> dict[str, Any]:
    today = company_today(connection, now=now)
    strips = totals_by_currency(deal, look.sums(today=today), look.intents.unfinished)
    return {
        "strips": [totals_context(deal, strip, today=today) for strip in strips],
        "left": left_to_invoice(deal, strips[0]),
    }


def _pages(found: DealInvoices, page: int, size: int) -> dict[str, Any] | None:
    """Return paging links' facts, None when everything is shown at once."""
    if found.total <= len(found.invoices):
        return None
    return {
        "first": found.first,
        "last": found.last,
        "count": found.total,
        "previous": page - 1,
        "next": page + 1 if found.last < found.total else None,
        "may_show_all": size == PAGE and found.total <= LONGEST_PAGE,
    }


def panel_etag(viewer: Viewer, connection: Connection, look: DealPanelData, *, now: datetime) -> str:
    """Return a short text that changes when something that the panels show may have changed.

    Invoices are in it by the deal's version, payments and customers by the moment of the last reading that brought them,
    what becomes overdue by the date. The change log looks again when they do, so its newest line counts. Waiting invoices count seconds, so they change it with every look.
    """
    intents, customer = look.intents, look.customer
    facts = [
        get_language(),
        viewer.member.role,
        connection.pk,
        connection.status,
        connection.consecutive_failures,
        connection.last_error,
        connection.last_sync_at,
        is_up_to_date(connection, now=now),
        company_today(connection, now=now),
        connection.import_state,
        connection.import_progress if connection.import_state != Connection.Import.DONE else "",
        connection.next_sync_at if connection.consecutive_failures else "",
        int(now.timestamp()) if intents.unfinished or connection.consecutive_failures else 0,
        [row.pk for row in intents.refused],
        (customer.pk, customer.display_name, customer.currency) if customer else None,
        look.deal.updated_at,
        look.line_count,
        look.version,
        look.last_entry,
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def is_unchanged(viewer: Viewer, look: DealPanelData, seen: str) -> bool:
    """Return whether a page that carries the stamp `seen` is still right."""
    connection = current_connection(viewer)
    if not seen or connection is None or not may_see_invoices(viewer, connection):
        return False
    now = timezone.now()
    if panel_etag(viewer, connection, look, now=now) != seen:
        return False
    request_sync_if_stale(connection, now=now, older_than=MAX_AGE_SHOWN)
    return True


def render_tab(request: HttpRequest, viewer: Viewer, deal: Deal) -> str:
    """Draw the Invoice tab."""
    page, size = page_of(request)
    context = panel_context(viewer, deal, page=page, size=size)
    poll = {"page": page if page > 1 else "", "rows": "all" if size > PAGE else ""}
    poll = {"seen": context.get("stamp", ""), **{key: value for key, value in poll.items() if value}}
    return render_to_string("quickbooks/deal_tab.html", {**context, "poll": urlencode(poll)}, request=request)


def render_sidebar(request: HttpRequest, viewer: Viewer, deal: Deal) -> str:
    """Draw the sidebar card: the newest invoices, whatever page the tab shows."""
    page, size = page_of(request)
    context = panel_context(viewer, deal, page=page, size=size)
    if page > 1:
        context = panel_context(viewer, deal)
    newest = context.get("rows", [])[:IN_SIDEBAR]
    poll = urlencode({"seen": context.get("stamp", "")})
    return render_to_string(
        "quickbooks/deal_sidebar.html", {**context, "newest": newest, "poll": poll}, request=request
    )
