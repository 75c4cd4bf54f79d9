"""Whether changes arrive: the last sync, the schedule, QuickBooks' webhooks."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext as _

from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import Connection, Outage, WebhookEvent
from quickbooks_bridge.selectors.connections import open_reads_block
from quickbooks_bridge.services.operations.heartbeat import STALE_AFTER, schedule_last_ran
from quickbooks_bridge.services.sync.webhook_trust import webhooks_reliable

from .components import ERROR, OK, WARNING, Health, HealthIssue, Tile, span_text

SLOW_AFTER = timedelta(minutes=15)


def sync_tiles(health: Health, connection: Connection, now: datetime) -> None:
    """Say when the last sync was, and whether background work runs."""
    last, due = connection.company.sync.last_sync_at, connection.company.sync.next_sync_at
    beat = schedule_last_ran()
    is_late = health.is_late = beat is None or now - beat > STALE_AFTER
    if connection.company.sync.consecutive_failures and connection.is_active:
        health.findings.append(
            HealthIssue(
                "unreadable",
                WARNING,
                _("QuickBooks could not be read"),
                _("What you see is what we knew before. It is tried again by itself."),
                _("QuickBooks"),
                since=since_text(connection, now=now),
                again=_("By itself, next at %(when)s") % {"when": time_text(due, connection, now=now)}
                if due
                else "",
                action="sync",
                is_waiting=True,
            )
        )
    if is_late:
        health.findings.append(
            HealthIssue(
                "background",
                ERROR,
                _("Background work is not running"),
                _(
                    "Status does not follow and unconfirmed invoices are not checked. Start worker and schedule."
                ),
                _("Whoever runs this installation"),
                since=time_text(beat, connection, now=now) if beat else _("it never ran"),
            )
        )
    block = open_reads_block()
    state = (
        OK
        if last and not connection.company.sync.consecutive_failures and not is_late and block is None
        else WARNING
    )
    value = time_text(last, connection, now=now) if last else _("Not yet")
    plan = _("Next at %(when)s") % {"when": time_text(due, connection, now=now)} if due else _("None planned")
    if block is not None:
        plan = _("Reads are used up this month") if block.is_said else _("QuickBooks refuses to be read")
    health.tiles.append(Tile(_("Last sync"), state, value, plan))
    overdue = connection.is_active and due is not None and due < now
    waiting = span_text((now - due).total_seconds()) if overdue and due else _("nothing")
    health.facts += [
        (_("Waiting to be asked"), waiting),
        (_("Background work last seen"), time_text(beat, connection, now=now) if beat else _("never")),
    ]


def since_text(connection: Connection, *, now: datetime) -> str:
    """Return since when the company could not be read, "" when that is not known."""
    began = (
        Outage.objects.filter(company=connection.company_id, ended_at__isnull=True)
        .values_list("began_at", flat=True)
        .first()
    )
    at = began or connection.company.sync.last_error_at
    return time_text(at, connection, now=now) if at else ""


def webhook_tile(health: Health, connection: Connection, now: datetime) -> None:
    """Say whether QuickBooks tells of changes and whether they were followed."""
    day = WebhookEvent.objects.filter(
        realm_id=connection.company.realm_id, received_at__gt=now - timedelta(days=1)
    ).aggregate(
        count=Count("pk"),
        last=Max("received_at"),
        stuck=Min("received_at", filter=Q(processed_at__isnull=True)),
    )
    title = _("Webhook events in 24 hours")
    if not settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN:
        health.tiles.append(
            Tile(title, WARNING, _("Off"), _("Changes are asked for instead; README says how"))
        )
        return
    if webhooks_reliable(connection, now=now):
        note = _("Relied on: QuickBooks is asked once a day")
    else:
        note = _("Not proven: QuickBooks is asked regularly")
    health.tiles.append(Tile(title, OK, str(day["count"]), note))
    if day["stuck"] and now - day["stuck"] > SLOW_AFTER:
        health.findings.append(
            HealthIssue(
                "webhook event",
                WARNING,
                _("A webhook event has not been processed yet"),
                _(
                    "QuickBooks told of a change that was not fetched. It is fetched as soon as QuickBooks answers."
                ),
                _("QuickBooks"),
                since=time_text(day["stuck"], connection, now=now),
                action="sync",
                is_waiting=True,
            )
        )
