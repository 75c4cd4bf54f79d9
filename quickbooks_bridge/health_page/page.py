"""The whole page, and a short text that changes when any of it may have."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import CharField, Count, Max, QuerySet, Sum, Value
from django.utils.translation import get_language

from deals.crm_source import crm_troubles
from deals.models import CustomField
from deals.viewer import Viewer
from quickbooks_bridge.domain.field_mapping import MAPPED
from quickbooks_bridge.models import (
    ApiUsage,
    Connection,
    InvoiceEvent,
    InvoiceIntent,
    InvoicingSettings,
    Notification,
    Outage,
    UnreadableObject,
    VoidOperation,
    WebhookEvent,
)
from quickbooks_bridge.needs_action.inbox import ALL, entries_of, listed
from quickbooks_bridge.selectors.pending_work import REJECTED_INTENTS, with_stored_alarm
from quickbooks_bridge.services.invoicing.intents import OPEN_STATES
from quickbooks_bridge.services.operations.action_items import live_items
from quickbooks_bridge.services.operations.api_usage import month_start
from quickbooks_bridge.services.operations.heartbeat import STALE_AFTER, schedule_last_ran

from .activity import recent_activity
from .api_usage import reads
from .components import Health
from .connection import connection_facts
from .latency_chart import chart
from .local_copy import local_copy
from .notification_settings import SWITCHES, notification_settings
from .pending_work import pending_work, resolved
from .summary import verdict
from .sync_status import sync_tiles, webhook_tile

# Nothing that the page says by the clock alone is finer than this.
STILL_RIGHT = 60


@dataclass(frozen=True)
class Shown:
    """What of the events is asked for: one kind or all, a few or many."""

    kind: str = ""
    is_long: bool = False


def health_of(viewer: Viewer, connection: Connection, *, now: datetime, shown: Shown | None = None) -> Health:
    """Look at the rows of the viewer's account; QuickBooks is asked nothing."""
    shown = shown or Shown()
    health = Health()
    connection_facts(health, connection, now)
    sync_tiles(health, connection, now)
    webhook_tile(health, connection, now)
    pending_work(health, connection, now)
    reads(health, connection, now)
    health.entries = listed(entries_of(viewer, connection, now=now), ALL)
    resolved(health, connection, now)
    health.chart = chart(connection, now=now)
    health.events = recent_activity(viewer, connection, kind=shown.kind, is_long=shown.is_long, now=now)
    health.copy = local_copy(connection, now=now)
    health.notifications = notification_settings(connection)
    health.verdict = verdict(health, connection, invoices=health.copy.counts["invoices"], now=now)
    return health


def health_stamp(connection: Connection, *, now: datetime) -> str:
    """Return a short text that changes when something that the page shows may have changed, from a few cheap statements."""
    fields = [
        "consecutive_failures", "last_error", "last_sync_at", "next_sync_at", "import_state", "import_progress",
        "last_webhook_at", "last_missed_webhook_at", "reconcile_requested_at", "reconciled_at",
    ]  # fmt: skip
    beat = schedule_last_ran()
    kept = InvoicingSettings.objects.filter(account_id=connection.account_id)
    facts = [
        get_language(),
        [connection.status, connection.owner_id, connection.tokens_stored_at],
        [getattr(connection.company.sync, name) for name in fields],
        int(now.timestamp()) // STILL_RIGHT,
        beat is None or now - beat > STALE_AFTER,
        sorted(_newest(connection)),
        kept.values_list(*SWITCHES, *MAPPED).first(),
        CustomField.objects.filter(account=connection.account_id).count(),
        crm_troubles(connection.account, now=now),
        [
            (row.key, row.occurrence, row.assigned_to_id, row.snoozed_until, row.solved_at)
            for row in live_items(connection.account).values()
        ],
        ApiUsage.objects.filter(day__gte=month_start(now)).aggregate(sum=Sum("reads") + Sum("writes"))["sum"]
        if settings.QUICKBOOKS_MONTHLY_READS
        else 0,
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _newest(connection: Connection) -> list[tuple[str, int, object]]:
    """Return how many rows of each kind there are and the newest of them, in two statements."""
    mine = {"account_id": connection.account_id}
    here = {"company": connection.company_id}
    parts: list[tuple[str, QuerySet[Any], str]] = [
        ("unsure", InvoiceIntent.objects.filter(**mine, state__in=OPEN_STATES), "attempts"),
        ("refused", InvoiceIntent.objects.filter(REJECTED_INTENTS, **mine), "pk"),
        ("void", VoidOperation.objects.filter(**mine, ended_at__isnull=True), "pk"),
        ("alarm", with_stored_alarm(connection), "pk"),
        ("unreadable", UnreadableObject.objects.filter(**here), "pk"),
        ("unsent", Notification.objects.filter(**mine, sent_at__isnull=True, is_skipped=False), "attempts"),
        ("outage", Outage.objects.filter(**here, ended_at__isnull=True), "pk"),
        ("webhook_event", WebhookEvent.objects.filter(realm_id=connection.company.realm_id, processed_at__isnull=True), "pk"),
    ]  # fmt: skip
    counted = [
        rows.order_by()
        .annotate(what=Value(name, output_field=CharField()))
        .values("what")
        .annotate(number=Count("pk"), newest=Max(column))
        .values_list("what", "number", "newest")
        for name, rows, column in parts
    ]
    found = list(counted[0].union(*counted[1:], all=True))
    newest = (
        InvoiceEvent.objects.filter(**mine)
        .order_by("-occurred_at", "-id")
        .values_list("pk", flat=True)
        .first()
    )
    return [*found, ("event", 1, newest or 0)]
