"""What happened lately, whoever recorded it: invoices, refusals, outages, the connection, messages to people."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deals.timeline import TimelineLine, timeline_line
from deals.viewer import Viewer
from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import Connection, InvoiceEvent, InvoiceIntent, Notification, Outage
from quickbooks_bridge.selectors.connections import may_see_invoices

from .components import span_text
from .pending_work import trouble_text

ACTIVITY_WINDOW = timedelta(days=30)
FEW, MANY = 10, 50
KINDS: dict[str, str | Promise] = {
    "": gettext_lazy("All kinds"),
    "creating": gettext_lazy("Creating"),
    "payments": gettext_lazy("Payments"),
    "changes": gettext_lazy("Changes"),
    "sending": gettext_lazy("Sending"),
    "connection": gettext_lazy("Connection"),
    "messages": gettext_lazy("Messages"),
}
OF_INVOICES = {
    "creating": ["invoice.created"],
    "payments": ["invoice.payment", "invoice.paid", "invoice.unpaid"],
    "changes": [
        "invoice.voided", "invoice.deleted", "invoice.restored", "invoice.amount_changed", "invoice.due_moved",
        "invoice.linked", "invoice.unlinked", "invoice.not_put_back",
    ],
    "sending": ["invoice.emailed"],
}  # fmt: skip
KIND_OF = {name: kind for kind, names in OF_INVOICES.items() for name in names}


@dataclass(frozen=True)
class Event:
    """One line: when, what in words, which kind it is, and the deal it leads to."""

    at: datetime
    kind: str
    line: TimelineLine
    below: str = ""
    deal_url: str = ""
    deal_title: str = ""
    when: str = ""

    @property
    def label(self) -> str:
        """Name the kind."""
        return str(KINDS[self.kind])


@dataclass(frozen=True)
class Activity:
    """The newest lines of one kind or all, and whether there are older ones."""

    events: list[Event]
    kind: str
    is_more: bool
    is_long: bool
    hidden_by: str

    @property
    def kinds(self) -> list[tuple[str, str, bool]]:
        """Return every kind with its name and whether it is the chosen one."""
        return [(key, str(name), key == self.kind) for key, name in KINDS.items()]

    @property
    def kind_text(self) -> str:
        """Name the chosen kind."""
        return str(KINDS[self.kind])


def recent_activity(
    viewer: Viewer, connection: Connection, *, kind: str, is_long: bool, now: datetime
) -> Activity:
    """Return the account's newest events; what happened to invoices only to people who see them."""
    kind = kind if kind in KINDS else ""
    limit = MANY if is_long else FEW
    since = now - ACTIVITY_WINDOW
    found: list[Event] = []
    sees = may_see_invoices(viewer, connection)
    if sees and (not kind or kind in OF_INVOICES):
        found += _invoices(connection, kind, since, limit + 1)
    for key, source in _SOURCES.items():
        if kind in {"", key}:
            found += source(connection, since, limit + 1)
    found.sort(key=lambda event: event.at, reverse=True)
    shown = [
        Event(
            one.at, one.kind, one.line, one.below, one.deal_url, one.deal_title,
            time_text(one.at, connection, now=now),
        )
        for one in found[:limit]
    ]  # fmt: skip
    hidden_by = "" if sees else connection.owner.name
    return Activity(shown, kind, len(found) > limit, is_long, hidden_by)


def _deal(pk: int | None) -> str:
    return reverse("deals:deal_detail", args=[pk]) + "?tab=invoice" if pk else ""


def _invoices(connection: Connection, kind: str, since: datetime, limit: int) -> list[Event]:
    rows = InvoiceEvent.objects.filter(account_id=connection.account_id, occurred_at__gt=since)
    rows = rows.filter(kind__in=OF_INVOICES[kind] if kind else list(KIND_OF))
    rows = rows.select_related("invoice__deal", "actor").only(
        "occurred_at", "kind", "data", "actor__name", "invoice__deal__title"
    )
    found = []
    for row in rows.order_by("-occurred_at", "-id")[:limit]:
        line = timeline_line(row.kind, row.data)
        deal = row.invoice.deal
        below = line.subtitle(row.actor.name if row.actor else "")
        found.append(
            Event(
                row.occurred_at,
                KIND_OF[row.kind],
                line,
                below,
                _deal(deal.pk if deal else None),
                deal.title if deal else "",
            )
        )
    return found


def _refusals(connection: Connection, since: datetime, limit: int) -> Iterator[Event]:
    rows = InvoiceIntent.objects.filter(
        account_id=connection.account_id, state=InvoiceIntent.State.REJECTED, finished_at__gt=since
    ).select_related("deal", "member")
    for row in rows.only("finished_at", "deal__title", "member__name").order_by("-finished_at")[:limit]:
        if row.finished_at is not None:
            text = _("Invoice for %(deal)s was refused") % {"deal": row.deal.title}
            line = TimelineLine("attention", "overdue", (text,))
            yield Event(
                row.finished_at, "creating", line, row.member.name, _deal(row.deal_id), row.deal.title
            )


def _connection(connection: Connection, since: datetime, limit: int) -> Iterator[Event]:
    mine = {"account_id": connection.account_id}
    for row in Outage.objects.filter(company__account=connection.account_id, began_at__gt=since).order_by(
        "-began_at"
    )[:limit]:
        yield Event(
            row.began_at,
            "connection",
            TimelineLine("cloud-off", "attention", (trouble_text(row.problem),)),
            "" if row.ended_at else _("It is tried again by itself"),
        )
        if row.ended_at is not None:
            span = span_text((row.ended_at - row.began_at).total_seconds())
            text = _("QuickBooks is read again, everything is up to date")
            below = _("After %(span)s") % {"span": span}
            yield Event(row.ended_at, "connection", TimelineLine("check-circle", "paid", (text,)), below)
    for tie in Connection.objects.filter(**mine).select_related("owner"):
        names = {"company": tie.company.name}
        if tie.connected_at > since:
            line = TimelineLine("plug", "open", (_("%(company)s was connected") % names,))
            yield Event(tie.connected_at, "connection", line, tie.owner.name)
        if tie.disconnected_at and tie.disconnected_at > since:
            line = TimelineLine("unlink", "neutral", (_("%(company)s was disconnected") % names,))
            yield Event(tie.disconnected_at, "connection", line)
        reconciled_at = tie.company.sync.reconciled_at
        if reconciled_at and reconciled_at > since:
            line = TimelineLine("check-circle", "neutral", (_("Everything was compared with QuickBooks"),))
            yield Event(reconciled_at, "connection", line)


def _messages(connection: Connection, since: datetime, limit: int) -> Iterator[Event]:
    rows = Notification.objects.filter(account_id=connection.account_id, sent_at__gt=since).select_related(
        "member"
    )
    abouts = {
        "reconnect": _("the connection ended"),
        "expires": _("the consent ends soon"),
        "refused": _("an invoice was refused"),
        "delay": _("changes did not arrive"),
        "remind": _("a refused invoice waits"),
    }
    for row in rows.order_by("-sent_at")[:limit]:
        if row.sent_at is not None:
            words = {"name": row.member.name, "about": abouts.get(row.kind, row.kind)}
            text = _("%(name)s was told by email: %(about)s") % words
            yield Event(row.sent_at, "messages", TimelineLine("mail", "neutral", (text,)))


_SOURCES: dict[str, Callable[[Connection, datetime, int], Iterator[Event]]] = {
    "creating": _refusals,
    "connection": _connection,
    "messages": _messages,
}
