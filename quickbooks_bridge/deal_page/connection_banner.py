"""What a deal page says about the connection: the gravest thing as one banner, and how far the initial import is."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_invoicing.ui.templatetags.ui import day_text
from deals.viewer import Viewer
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.messages.times import day_and_time_text, time_text
from quickbooks_bridge.models import Connection, ReadsBlock
from quickbooks_bridge.selectors.connections import company_zone, open_reads_block


def connection_banner(connection: Connection, viewer: Viewer, *, now: datetime) -> dict[str, Any] | None:
    """Return the gravest thing to say about the connection, None when all is well."""
    if connection.status == Connection.Status.NEEDS_RECONNECT:
        return _reconnect(connection, viewer, now=now)
    if connection.status == Connection.Status.DISCONNECTED:
        return _disconnected(connection, viewer)
    block = open_reads_block()
    if block is not None:
        return _reads_blocked(connection, viewer, block, now=now)
    if connection.company.sync.consecutive_failures and connection.company.sync.last_error_at:
        return _unreachable(connection, now=now)
    return None


def _reads_blocked(
    connection: Connection, viewer: Viewer, block: ReadsBlock, *, now: datetime
) -> dict[str, Any]:
    known = (
        _("never")
        if connection.company.sync.last_sync_at is None
        else time_text(connection.company.sync.last_sync_at, connection, now=now)
    )
    day = day_text(block.next_probe_at.astimezone(company_zone(connection)).date())
    title = _("QuickBooks’ monthly reads are used up")
    text = _(
        "You see what we knew as of %(time)s. Creating invoices works; statuses follow again from %(day)s on."
    )
    if not block.is_said:
        title = _("QuickBooks answers no questions at the moment")
        text = _(
            "You see what we knew as of %(time)s. Creating invoices works; we try again every few minutes."
        )
    return {
        "kind": "offline",
        "icon": "clock",
        "title": title,
        "text": text % {"time": known, "day": day},
        "button": "",
        "responsible": _("An admin can try again on the health page") if viewer.is_admin else "",
    }


def _reconnect(connection: Connection, viewer: Viewer, *, now: datetime) -> dict[str, Any]:
    is_owner = connection.owner_id == viewer.member.pk
    if connection.company.sync.last_error_at:
        ended = _("Intuit ended the connection %(when)s.") % {
            "when": day_and_time_text(connection.company.sync.last_error_at, connection, now=now)
        }
    else:
        ended = _("Intuit ended the connection.")
    if connection.company.sync.last_error == ProblemCode.RECONNECT_AS_ADMIN:
        ended = _("The person who connected is no longer admin in QuickBooks.")
    name = connection.owner.name
    return {
        "kind": "attention",
        "icon": "plug",
        "title": _("QuickBooks needs you to sign in again")
        if is_owner
        else _("QuickBooks needs a new sign-in"),
        "text": ended + " " + _("Invoices below are from before that. Reconnecting keeps every link."),
        "button": _("Reconnect") if is_owner else "",
        "responsible": _("Your turn: you own the connection")
        if is_owner
        else _("Needs action from: %(name)s") % {"name": name},
    }


def _disconnected(connection: Connection, viewer: Viewer) -> dict[str, Any]:
    text = _("You see what we knew then; nothing here was lost.")
    if connection.disconnected_at:
        day = day_text(connection.disconnected_at.astimezone(company_zone(connection)).date())
        text = _("It ended %(day)s. You see what we knew then; nothing here was lost.") % {"day": day}
    responsible = _("Connecting %(company)s again finds every link.") % {"company": connection.company.name}
    return {
        "kind": "attention",
        "icon": "plug",
        "title": _("QuickBooks is disconnected"),
        "text": text,
        "button": _("Connect again") if viewer.is_admin else "",
        "responsible": responsible if viewer.is_admin else _("Needs action from: an admin of your company"),
    }


def _unreachable(connection: Connection, *, now: datetime) -> dict[str, Any]:
    title = _("QuickBooks is not answering")
    if connection.company.sync.last_error == ProblemCode.THROTTLED:
        title = _("QuickBooks asks us to slow down")
    elif connection.company.sync.last_error in {ProblemCode.SHUT_OUT, ProblemCode.SUBSCRIPTION_ENDED}:
        title = _("QuickBooks does not serve this company to us")
    elif connection.company.sync.last_error not in {ProblemCode.QUICKBOOKS_DOWN, "quickbooks_unreachable"}:
        title = _("QuickBooks did not let us read")
    words = {"again": _again(connection.company.sync.next_sync_at, now=now)}
    if connection.company.sync.last_sync_at is None:
        text = _("Nothing was read yet. We try again %(again)s, by ourselves.") % words
    else:
        words["time"] = time_text(connection.company.sync.last_sync_at, connection, now=now)
        text = _("You see what we knew at %(time)s. We try again %(again)s, by ourselves.") % words
    is_shut_out = connection.company.sync.last_error in {ProblemCode.SHUT_OUT, ProblemCode.SUBSCRIPTION_ENDED}
    return {
        "kind": "attention" if is_shut_out else "offline",
        "title": title,
        "text": text + " " + _("Drafts can still be written."),
        "button": "",
        "responsible": _(
            "Needs action from: an admin, who looks at the subscription and at this installation's keys"
        )
        if is_shut_out
        else "",
    }


def _again(at: datetime | None, *, now: datetime) -> str:
    if at is None or at <= now + timedelta(seconds=5):
        return _("in a moment")
    seconds = int((at - now).total_seconds())
    if seconds < 60:
        return ngettext("in %(n)s second", "in %(n)s seconds", seconds) % {"n": seconds}
    minutes = round(seconds / 60)
    return ngettext("in %(n)s minute", "in %(n)s minutes", minutes) % {"n": minutes}
