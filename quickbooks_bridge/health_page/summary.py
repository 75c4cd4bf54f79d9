"""The one sentence on top: can what people see be trusted now, and does anybody have to do something."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import Connection
from quickbooks_bridge.needs_action import Issue
from quickbooks_bridge.selectors.import_progress import initial_import_progress

from .components import Health, Verdict, grouped
from .sync_status import since_text


def verdict(health: Health, connection: Connection, *, invoices: int, now: datetime) -> Verdict:
    """Weigh the findings; the gravest thing about the connection comes first."""
    acting = [finding for finding in health.findings if not finding.is_waiting]
    target = f"issue-{acting[0].key}" if acting else ""
    if not target and health.findings:
        target = f"issue-{health.findings[0].key}"
    stopped = _stopped(health, connection, invoices=invoices, now=now)
    if stopped is not None:
        kind, title, text = stopped
        return Verdict(kind, title, text, target)
    title = _("Up to date with QuickBooks.")
    if acting:
        title += " " + _needs(acting)
    text = ngettext(
        "Status is up to date on %(count)s invoice, as of %(when)s.",
        "Status is up to date on all %(count)s invoices, as of %(when)s.",
        invoices,
    ) % {"count": grouped(invoices), "when": _known(connection, now=now)}
    text += " " + _("Creating, voiding and sending work.")
    return Verdict("attention" if acting else "done", title, text, target)


def _needs(acting: list[Issue]) -> str:
    count = len(acting)
    if all(finding.about == "invoice" for finding in acting):
        return (
            _("One invoice needs a person.")
            if count == 1
            else ngettext("%(n)s invoice needs a person.", "%(n)s invoices need a person.", count)
            % {"n": count}
        )
    return (
        _("One thing needs a person.")
        if count == 1
        else ngettext("%(n)s thing needs a person.", "%(n)s things need a person.", count) % {"n": count}
    )


def _known(connection: Connection, *, now: datetime) -> str:
    at = connection.company.sync.last_sync_at
    return time_text(at, connection, now=now) if at else _("never")


def _stopped(
    health: Health, connection: Connection, *, invoices: int, now: datetime
) -> tuple[str, str, str] | None:
    """Return banner, title and text when what people see may be old, None when it is up to date."""
    known = _("%(count)s invoices show what we knew at %(when)s.") % {
        "count": grouped(invoices),
        "when": _known(connection, now=now),
    }
    if connection.status == Connection.Status.NEEDS_RECONNECT:
        text = known + " " + _("Nothing can be created, voided or sent until somebody reconnects.")
        return "attention", _("Sync has stopped: QuickBooks needs a new sign-in."), text
    if connection.status == Connection.Status.DISCONNECTED:
        return "attention", _("QuickBooks is disconnected."), known + " " + _("Nothing here was lost.")
    progress = initial_import_progress(connection, now=now)
    if progress is not None:
        text = _("%(done)s of %(total)s are here. Until the rest is, deals may show too few invoices.") % {
            "done": grouped(progress.done),
            "total": grouped(progress.total),
        }
        return "checking", _("The company is being read for the first time."), text
    if connection.company.sync.consecutive_failures:
        since = since_text(connection, now=now)
        title = (
            _("Not up to date with QuickBooks since %(when)s.") % {"when": since}
            if since
            else _("Not up to date with QuickBooks.")
        )
        text = known + " " + _("It is tried again by itself, and what is created meanwhile is not lost.")
        return "offline", title, text
    if health.is_late:
        text = known + " " + _("Background work is not running, so changes in QuickBooks do not arrive.")
        return "attention", _("Sync is paused."), text
    if health.is_used_up:
        text = (
            known + " " + _("Background reads have stopped until the month is over. What people do goes on.")
        )
        return "attention", _("Sync is paused: this month’s reads are used up."), text
    return None
