"""Whether changes arrive: the last sync, the schedule, QuickBooks' webhooks."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _

from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import Connection, WebhookEvent
from quickbooks_bridge.needs_action.connection import is_late, outage_began
from quickbooks_bridge.selectors.connections import open_reads_block
from quickbooks_bridge.services.operations.heartbeat import schedule_last_ran
from quickbooks_bridge.services.sync.webhook_trust import webhooks_reliable

from .components import OK, WARNING, Health, Tile, span_text


def sync_tiles(health: Health, connection: Connection, now: datetime) -> None:
    """Say when the last sync was, and whether background work runs."""
    last, due = connection.company.sync.last_sync_at, connection.company.sync.next_sync_at
    beat = schedule_last_ran()
    late = health.is_late = is_late(beat, now=now)
    block = open_reads_block()
    state = (
        OK
        if last and not connection.company.sync.consecutive_failures and not late and block is None
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
    at = outage_began(connection)
    return time_text(at, connection, now=now) if at else ""


def webhook_tile(health: Health, connection: Connection, now: datetime) -> None:
    """Say whether QuickBooks tells of changes and whether they were followed."""
    day = WebhookEvent.objects.filter(
        realm_id=connection.company.realm_id, received_at__gt=now - timedelta(days=1)
    ).aggregate(
        count=Count("pk"),
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
