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
from deals.rights import Right
from deals.timeline import DerivedLine, register_derived_entries, register_visibility
from deals.viewer import Viewer
from quickbooks_bridge.db.panel_state import PanelState, panel_state
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.models import Connection, SyncState
from quickbooks_bridge.selectors.connections import company_today, may_see_invoices
from quickbooks_bridge.selectors.deals import LONGEST_PAGE, PAGE, DealInvoices, totals_by_currency
from quickbooks_bridge.selectors.import_progress import initial_import_progress
from quickbooks_bridge.selectors.request_context import RequestContext
from quickbooks_bridge.services.sync.company import request_sync_if_stale

from .connection_banner import connection_banner
from .intent_cards import checking_banner, rejected_card, unconfirmed_row
from .invoice_rows import as_of, customer_page, invoice_rows, is_up_to_date
from .money_summary import left_to_invoice, totals_context
from .panel_data import DealPanelData
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
    register_panel(DealPanel("quickbooks-frame", "frame", "QuickBooks", "document", render_frame))


def _may_see(viewer: Viewer) -> bool:
    return RequestContext.of(viewer).may_see_invoices


def _overdue(viewer: Viewer, deal: Deal, limit: int) -> list[DerivedLine]:
    connection = RequestContext.of(viewer).connection
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


class DealPanels:
    """What the panels of a deal show, read once for tab, sidebar card and count."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._contexts: dict[tuple[int, int, int], dict[str, Any]] = {}

    def context(self, deal: Deal, *, page: int, size: int) -> dict[str, Any]:
        """Return the template context of one page of invoices."""
        key = (deal.pk, page, size)
        if key not in self._contexts:
            self._contexts[key] = _context(self._viewer, deal, page=page, size=size, now=timezone.now())
        return self._contexts[key]


def panel_context(viewer: Viewer, deal: Deal, *, page: int = 1, size: int = PAGE) -> dict[str, Any]:
    """Return what tab and sidebar show, read once for both of them.

    QuickBooks is not asked; when what is shown is old, a sync is requested.
    """
    return viewer.attached(DealPanels).context(deal, page=page, size=size)


def _context(viewer: Viewer, deal: Deal, *, page: int, size: int, now: datetime) -> dict[str, Any]:
    connection = RequestContext.of(viewer).connection
    context: dict[str, Any] = {"deal": deal, "viewer": viewer, "connection": connection}
    if connection is None or not may_see_invoices(viewer, connection):
        is_open = connection is not None and connection.status != Connection.Status.DISCONNECTED
        return {**context, "state": "not_yours" if is_open else "not_connected"}
    # Before the rest is read: what changes meanwhile makes the next poll draw again.
    state = panel_state(viewer.account.pk, deal.pk, connection.company_id)
    if state is None:
        raise Deal.DoesNotExist
    request_sync_if_stale(connection, now=now, older_than=MAX_AGE_SHOWN)
    data = DealPanelData(deal, connection, state, page=page, size=size)
    found = data.invoices(today=company_today(connection, now=now))
    intents, customer = data.intents, data.customer
    unconfirmed = [unconfirmed_row(row, connection, viewer, now=now) for row in intents.unfinished]
    banner = connection_banner(connection, viewer, now=now)
    return {
        **context,
        "state": "connected",
        "found": found,
        "rows": invoice_rows(found.invoices, connection, viewer=viewer, now=now),
        "unconfirmed": unconfirmed,
        "refused": [rejected_card(row, connection, now=now) for row in intents.refused],
        **_money(deal, connection, data, now=now),
        "line_count": data.line_count,
        "customer": customer,
        "customer_link": customer_page(connection.company.realm_id, customer.qbo_id) if customer else "",
        "as_of": as_of(connection, now=now),
        "is_in_step": is_up_to_date(connection, now=now),
        "banner": banner or checking_banner(unconfirmed, connection),
        "progress": initial_import_progress(connection, now=now),
        "may_create": connection.is_active and viewer.may(Right.CREATE),
        "is_reachable": connection.is_active and not connection.company.sync.consecutive_failures,
        "pages": _pages(found, page, size),
        "etag": panel_etag(viewer, connection, state, now=now),
    }


def _money(deal: Deal, connection: Connection, data: DealPanelData, *, now: datetime) -> dict[str, Any]:
    today = company_today(connection, now=now)
    strips = totals_by_currency(deal, data.sums(today=today), data.intents.unfinished, credit=data.credit)
    return {
        "credit": data.credit,
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


def panel_etag(viewer: Viewer, connection: Connection, state: PanelState, *, now: datetime) -> str:
    """Return a short text that changes when something that the panels show may have.

    Payments and customers are in it by the moment of the last sync that brought them, what becomes overdue by the date.
    Invoices that are being checked count seconds, so they change it with every poll.
    """
    sync = connection.company.sync
    is_importing = sync.import_state != SyncState.Import.DONE
    facts = [
        get_language(),
        viewer.member.role,
        connection.pk,
        connection.status,
        sync.consecutive_failures,
        sync.last_error,
        sync.last_sync_at,
        is_up_to_date(connection, now=now),
        company_today(connection, now=now),
        sync.import_state,
        sync.import_progress if is_importing else "",
        sync.next_sync_at if sync.consecutive_failures else "",
        int(now.timestamp()) if state.unconfirmed or sync.consecutive_failures else 0,
        state,
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def is_unchanged(viewer: Viewer, deal_pk: int, seen: str) -> bool:
    """Return whether panels that carry the etag `seen` are still right: two statements."""
    context = RequestContext.of(viewer)
    connection = context.connection
    if not seen or connection is None or not context.may_see_invoices:
        return False
    now = timezone.now()
    state = panel_state(viewer.account.pk, deal_pk, connection.company_id)
    if state is None or panel_etag(viewer, connection, state, now=now) != seen:
        return False
    request_sync_if_stale(connection, now=now, older_than=MAX_AGE_SHOWN)
    return True


def render_tab(request: HttpRequest, viewer: Viewer, deal: Deal) -> str:
    """Draw the Invoice tab."""
    page, size = page_of(request)
    context = panel_context(viewer, deal, page=page, size=size)
    poll = {"page": page if page > 1 else "", "rows": "all" if size > PAGE else ""}
    poll = {"seen": context.get("etag", ""), **{key: value for key, value in poll.items() if value}}
    return render_to_string("quickbooks/deal_tab.html", {**context, "poll": urlencode(poll)}, request=request)


def render_frame(request: HttpRequest, viewer: Viewer, deal: Deal) -> str:
    """Draw what another CRM shows in a frame: the customer, the tab, the way to all invoices."""
    page, size = page_of(request)
    context = panel_context(viewer, deal, page=page, size=size)
    poll = urlencode({"seen": context.get("etag", "")})
    return render_to_string("quickbooks/deal_frame.html", {**context, "poll": poll}, request=request)


def render_sidebar(request: HttpRequest, viewer: Viewer, deal: Deal) -> str:
    """Draw the sidebar card: the newest invoices, whatever page the tab shows."""
    page, size = page_of(request)
    context = panel_context(viewer, deal, page=page, size=size)
    if page > 1:
        context = panel_context(viewer, deal)
    newest = context.get("rows", [])[:IN_SIDEBAR]
    poll = urlencode({"seen": context.get("etag", "")})
    return render_to_string(
        "quickbooks/deal_sidebar.html", {**context, "newest": newest, "poll": poll}, request=request
    )
