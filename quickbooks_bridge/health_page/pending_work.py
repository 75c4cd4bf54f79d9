"""What waits for an answer, and what waited for one or for a person and is over."""

from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quickbooks_bridge.messages.problems import kind_of
from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import Connection, InvoiceIntent, Notification, Outage, VoidOperation
from quickbooks_bridge.services.invoicing.intents import OPEN_STATES
from quickbooks_bridge.services.operations.sync_latency import RETENTION

from .components import CHECKING, OK, Health, ResolvedIssue, Tile, span_text

MAX_SHOWN = 20


def pending_work(health: Health, connection: Connection, now: datetime) -> None:
    """Say how many invoices are not confirmed yet."""
    mine = {"account_id": connection.account_id}
    intents = InvoiceIntent.objects.filter(state__in=OPEN_STATES, **mine)
    unsure = intents.aggregate(number=Count("pk"), oldest=Min("created_at"))
    voids = VoidOperation.objects.filter(ended_at__isnull=True, **mine).count()
    if unsure["oldest"]:
        note = _("Oldest since %(when)s") % {"when": time_text(unsure["oldest"], connection, now=now)}
    else:
        note = _("Voids, taking payments off first") if voids else _("Nothing waits for an answer")
    count = unsure["number"] + voids
    value = ngettext("%(count)s checking", "%(count)s checking", count) % {"count": count}
    health.tiles.append(
        Tile(_("Not confirmed yet"), CHECKING if count else OK, value if count else _("None"), note)
    )


def trouble_text(problem: str) -> str:
    """Name what kept a company from being read, in the past tense."""
    return str(kind_of(problem).resolved) or _("QuickBooks could not be read")


def resolved(health: Health, connection: Connection, now: datetime) -> None:
    """Say what needed somebody in the last two weeks and does no more, newest first."""
    mine = {"account_id": connection.account_id}
    since = now - RETENTION
    found: list[tuple[datetime, str, str]] = []
    intents = InvoiceIntent.objects.filter(
        Q(state=InvoiceIntent.State.SUCCEEDED, attempts__gt=1, finished_at__gt=since)
        | Q(state=InvoiceIntent.State.REJECTED, dismissed_at__gt=since),
        **mine,
    ).select_related("deal")
    for intent in intents.only("state", "created_at", "finished_at", "dismissed_at", "deal__title").order_by(
        "-id"
    )[:MAX_SHOWN]:
        deal = {"deal": intent.deal.title}
        if intent.dismissed_at is not None:
            title = _("Invoice for %(deal)s was refused") % deal
            found.append((intent.dismissed_at, title, _("The refusal was dismissed.")))
        elif intent.finished_at is not None:
            title = _("Invoice for %(deal)s was not confirmed") % deal
            took = span_text((intent.finished_at - intent.created_at).total_seconds())
            found.append(
                (
                    intent.finished_at,
                    title,
                    _("It was created, once; finding that out took %(span)s.") % {"span": took},
                )
            )
    outages = Outage.objects.filter(company=connection.company_id, ended_at__gt=since)
    for row in outages.order_by("-began_at")[:MAX_SHOWN]:
        if row.ended_at is not None:
            took = span_text((row.ended_at - row.began_at).total_seconds())
            words = _("After %(span)s it could be read again; everything is up to date.") % {"span": took}
            found.append((row.ended_at, trouble_text(row.problem), words))
    late = Notification.objects.filter(**mine, sent_at__gt=since, attempts__gt=1).select_related("member")
    for notice in late.order_by("-sent_at")[:MAX_SHOWN]:
        if notice.sent_at is not None:
            title = _("A mail to %(name)s did not go out") % {"name": notice.member.name}
            tries = _("Sent on attempt %(n)s.") % {"n": notice.attempts}
            found.append((notice.sent_at, title, tries))
    found.sort(key=lambda one: one[0], reverse=True)
    health.solved = [
        ResolvedIssue(title, text, time_text(at, connection, now=now))
        for at, title, text in found[:MAX_SHOWN]
    ]
