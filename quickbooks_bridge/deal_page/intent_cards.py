"""Invoices that were sent and are none yet, as a deal page shows them: being checked, or refused afterwards."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_invoicing.ui.templatetags.ui import day_text
from deals.viewer import Viewer
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import KEEPS_FAILING, Problem
from quickbooks_bridge.messages.problems import (
    Responsible,
    alternative_for,
    problem_text,
    responsible_for,
    responsible_text,
)
from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import Connection, InvoiceIntent
from quickbooks_bridge.selectors.connections import company_zone

from .invoice_rows import customer_page


@dataclass(frozen=True)
class UnconfirmedRow:
    """An invoice whose making is not confirmed: since when, how often it was asked for, and when it is again."""

    intent: InvoiceIntent
    sent: str
    next_check: str
    short_next: str
    link: str
    can_check: bool


@dataclass(frozen=True)
class RejectedCard:
    """An invoice that QuickBooks refused after the person had left the form."""

    intent: InvoiceIntent
    title: str
    texts: tuple[str, ...]
    responsible: str
    responsible_icon: str
    other: str
    again: str
    at: str
    code: str
    request_ids: tuple[tuple[str, str], ...]


def _exact(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M:%S")


def search_link(intent: InvoiceIntent) -> str:
    """Return the address in QuickBooks where the invoice would stand: its customer's page."""
    customer = intent.customer_qbo_id or str(intent.payload.get("CustomerRef", {}).get("value") or "")
    return customer_page(intent.company.realm_id, customer)


def _by(intent: InvoiceIntent, viewer: Viewer) -> str:
    return _("you") if intent.member_id == viewer.member.pk else intent.member.name


def unconfirmed_row(
    intent: InvoiceIntent, connection: Connection, viewer: Viewer, *, now: datetime
) -> UnconfirmedRow:
    """Return the row of an unconfirmed invoice."""
    zone = company_zone(connection)
    at = intent.sent_at or intent.created_at
    day = (
        ""
        if at.astimezone(zone).date() == now.astimezone(zone).date()
        else day_text(at.astimezone(zone).date(), "short") + ", "
    )
    checks = max(0, intent.attempts - 1)
    sent = _("Sent %(time)s by %(name)s") % {"time": day + _exact(at, zone), "name": _by(intent, viewer)}
    if checks:
        sent += " · " + ngettext("checked once", "checked %(n)s times", checks) % {"n": checks}
    return UnconfirmedRow(
        intent,
        sent,
        _next_check(intent, connection, now=now),
        _next_check(intent, connection, now=now, is_short=True),
        search_link(intent),
        connection.is_active and connection.company_id == intent.company_id,
    )


def _next_check(
    intent: InvoiceIntent, connection: Connection, *, now: datetime, is_short: bool = False
) -> str:
    if connection.company_id != intent.company_id:
        return _("Not checked") if is_short else _("Not checked: another company is connected")
    if not connection.is_active:
        return _("After reconnecting") if is_short else _("Checked after reconnecting")
    if (
        intent.state == InvoiceIntent.State.SENDING
        or intent.next_check_at is None
        or intent.next_check_at <= now
    ):
        return _("Checking now")
    seconds = int((intent.next_check_at - now).total_seconds()) + 1
    if seconds >= 90:
        minutes = round(seconds / 60)
        return ngettext("Next check in %(n)s min", "Next check in %(n)s min", minutes) % {"n": minutes}
    return _("Next check in %(n)s s") % {"n": seconds}


def checking_banner(rows: list[UnconfirmedRow], connection: Connection) -> dict[str, Any] | None:
    """Say once for all unconfirmed invoices that nobody has to do anything, or that somebody has."""
    strange = [row for row in rows if row.intent.company_id != connection.company_id]
    if strange:
        return {
            "kind": "attention",
            "title": _("An invoice was sent to a company that is no longer connected"),
            "text": _(
                "Whether it was created cannot be asked for: %(company)s is connected now, and it is never sent there. "
                "Look in QuickBooks; then stop the check here, or connect its company again."
            )
            % {"company": connection.company.name},
            "button": "",
            "responsible": _("Your turn: check in QuickBooks"),
        }
    if not rows:
        return None
    title = ngettext(
        "Not confirmed yet – checking", "%(n)s invoices not confirmed yet – checking", len(rows)
    ) % {"n": len(rows)}
    text = _(
        "QuickBooks did not answer in time. We are asking whether the invoice was created. "
        "It cannot be created twice, so there is nothing you need to do. It is already kept out of what is still to invoice."
    )
    return {"kind": "checking", "title": title, "text": text, "button": "", "responsible": ""}


def rejected_card(intent: InvoiceIntent, connection: Connection, *, now: datetime) -> RejectedCard:
    """Return the failure card of an invoice refused in the background."""
    problems = [Problem.from_dict(data) for data in intent.problems] or [Problem(ProblemCode.UNEXPECTED)]
    first = problems[0]
    responsible = responsible_for(first.code)
    at = intent.finished_at or intent.created_at
    codes = [problem.params.get("code", "") for problem in problems]
    tids = [str(data.get("tid") or "") for data in intent.problems]
    return RejectedCard(
        intent=intent,
        title=_("The invoice could not be created")
        if first.code == KEEPS_FAILING
        else _("QuickBooks refused the invoice"),
        texts=tuple(problem_text(problem) for problem in problems),
        responsible=responsible_text(responsible),
        responsible_icon="user" if responsible is Responsible.YOURS else "people",
        other=alternative_for(first.code),
        again=_("Not by itself; it would fail the same way"),
        at=time_text(at, connection, now=now),
        code=", ".join(code for code in codes if code),
        request_ids=tuple(
            (name, value)
            for name, value in (
                (_("Request"), intent.request_id),
                (_("Intuit's trace"), next(filter(None, tids), "")),
            )
            if value
        ),
    )
