"""What templates show of invoices: rows, the money strip and banners, computed once per page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deals.models import Deal
from deals.templatetags.ui import clock, day_text, money_text
from quickbooks_bridge.domain.actions import Action, invoice_actions
from quickbooks_bridge.domain.deep_links import invoice_link, web_url
from quickbooks_bridge.domain.due_dates import days_late
from quickbooks_bridge.domain.status import Status, paid_share
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.selectors import (
    MoneyStrip,
    company_today,
    company_zone,
    facts_of,
    invoice_status,
    money_strips,
)

QUICKBOOKS_QUIET = timedelta(minutes=15)


@dataclass(frozen=True)
class InvoiceRow:
    """One invoice as a row: its flag, what is said beside it, and what may be done."""

    invoice: Invoice
    status: Status
    share: int
    note: str
    due_note: str
    is_late: bool
    actions: tuple[Action, ...]
    link: str

    @property
    def number(self) -> str:
        """The invoice's number, or QuickBooks' id where the company gives none."""
        return self.invoice.doc_number or f"#{self.invoice.qbo_id}"

    @property
    def total(self) -> Decimal | None:
        """The total; a deleted invoice has none."""
        return None if self.status is Status.DELETED else self.invoice.total

    @property
    def balance(self) -> Decimal | None:
        """What is open; a deleted invoice has none."""
        return None if self.status is Status.DELETED else self.invoice.balance

    @property
    def is_partly_paid(self) -> bool:
        """Whether some but not all is paid."""
        return 0 < self.share < 100


def deep_link(invoice: Invoice) -> str:
    """Give the address of the invoice's own page in QuickBooks."""
    base = web_url(settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_WEB_URL)
    return invoice_link(base, realm_id=invoice.realm_id, qbo_id=invoice.qbo_id)


def invoice_row(invoice: Invoice, connection: Connection, *, now: datetime) -> InvoiceRow:
    """Give the row of one invoice."""
    today = company_today(connection, now=now)
    status = invoice_status(invoice, today=today)
    late = days_late(invoice.due_date, today=today) if status is Status.OVERDUE else 0
    zone = company_zone(connection)
    note = ""
    if status in {Status.VOIDED, Status.DELETED} and invoice.closed_at:
        note = day_text(invoice.closed_at.astimezone(zone).date(), "short")
    elif invoice.email_status == "EmailSent":
        note = _("Emailed")
    due_note = ""
    if late:
        due_note = ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late}
    elif status in {Status.OPEN, Status.PARTIALLY_PAID} and invoice.due_date:
        days = (invoice.due_date - today).days
        due_note = (
            _("Due today") if days == 0 else ngettext("In %(n)s day", "In %(n)s days", days) % {"n": days}
        )
    is_same_company = invoice.realm_id == connection.realm_id
    return InvoiceRow(
        invoice=invoice,
        status=status,
        share=paid_share(facts_of(invoice)),
        note=note,
        due_note=due_note,
        is_late=bool(late),
        actions=invoice_actions(
            status,
            is_linked=invoice.deal_id is not None,
            is_connected=connection.is_active and is_same_company,
        ),
        link=deep_link(invoice),
    )


@dataclass(frozen=True)
class Segment:
    """A part of the bar of shares, in percent of the whole."""

    kind: str
    share: Decimal


def strip_context(deal: Deal, connection: Connection, *, now: datetime) -> list[dict[str, Any]]:
    """Give the money strips of a deal, one per currency, the deal's own first."""
    strips = money_strips(deal, today=company_today(connection, now=now))
    if not any(strip.currency == deal.currency for strip in strips):
        zero = Decimal(0)
        strips.insert(0, MoneyStrip(deal.currency, 0, zero, zero, zero, zero, zero, 0))
    strips.sort(key=lambda strip: strip.currency != deal.currency)
    return [_strip(deal, strip) for strip in strips]


def _strip(deal: Deal, strip: MoneyStrip) -> dict[str, Any]:
    def text(amount: Decimal) -> str:
        return money_text(amount, strip.currency)

    is_own = strip.currency == deal.currency
    left = max(Decimal(0), deal.value - strip.invoiced_net) if is_own else Decimal(0)
    whole = max(deal.value, strip.invoiced_net) if is_own else strip.invoiced_net
    ratio = strip.invoiced_net / strip.invoiced if strip.invoiced else Decimal(0)

    def share(amount: Decimal) -> Decimal:
        return (amount * ratio * 100 / whole).quantize(Decimal("0.1")) if whole else Decimal(0)

    due = strip.outstanding - strip.overdue
    cells: list[dict[str, Any]] = [
        {"label": _("Invoiced"), "amount": text(strip.invoiced), "note": _("%(a)s before tax") % {"a": text(strip.invoiced_net)}},
        {"label": _("Paid"), "amount": text(strip.paid), "swatch": "paid"},
        {"label": _("Outstanding"), "amount": text(strip.outstanding), "swatch": "due"},
        {"label": _("Overdue"), "amount": text(strip.overdue), "swatch": "overdue", "is_late": strip.overdue > 0},
    ]  # fmt: skip
    if is_own:
        cells.insert(0, {"label": _("Deal value"), "amount": text(deal.value), "note": _("Before tax")})
        cells.append(
            {"label": _("Still to invoice"), "amount": text(left), "note": _("Before tax"), "swatch": "left"}
        )
    words = ", ".join(f"{cell['label']} {cell['amount']}" for cell in cells)
    segments = [
        Segment("paid", share(strip.paid)),
        Segment("due", share(due)),
        Segment("overdue", share(strip.overdue)),
        Segment("left", (left * 100 / whole).quantize(Decimal("0.1")) if whole else Decimal(0)),
    ]
    return {"cells": cells, "segments": segments, "bar_text": words}


def as_of(connection: Connection) -> str:
    """Say from when the shown data is."""
    if connection.last_sync_at is None:
        return _("Not read yet")
    return _("As of %(time)s") % {"time": clock(connection.last_sync_at, company_zone(connection))}


def connection_banner(connection: Connection, *, is_owner: bool, now: datetime) -> dict[str, Any] | None:
    """Give the gravest thing to say about the connection, None when all is well."""
    if connection.status == Connection.Status.NEEDS_RECONNECT:
        return {
            "kind": "attention",
            "title": _("QuickBooks needs you to sign in again"),
            "text": _("Invoices below are from before that. Reconnecting keeps every link."),
            "reconnect": is_owner,
        }
    if connection.status == Connection.Status.DISCONNECTED:
        return {
            "kind": "offline",
            "title": _("QuickBooks is disconnected"),
            "text": _("You see what we knew. Status follows again once somebody connects the same company."),
            "reconnect": True,
        }
    if connection.failures and connection.last_problem_at:
        since = connection.last_sync_at or connection.last_problem_at
        text = _("You see what we knew at %(time)s. We try again by ourselves.") % {
            "time": clock(since, company_zone(connection))
        }
        title = _("QuickBooks is not answering")
        if connection.last_problem == "throttled":
            title = _("QuickBooks asks us to slow down")
        return {"kind": "offline", "title": title, "text": text}
    return None
