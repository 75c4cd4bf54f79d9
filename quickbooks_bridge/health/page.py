"""The whole page, and a short text that changes when any of it may have."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import CharField, Count, Max, QuerySet, Sum, Value
from django.utils.translation import get_language

from deals.viewer import Viewer
from quickbooks_bridge.models import (
    CallCount,
    Connection,
    InvoiceEvent,
    InvoiceIntent,
    InvoicingSettings,
    Notice,
    Outage,
    ParkedObject,
    VoidRun,
    WebhookEvent,
)
from quickbooks_bridge.selectors import REFUSED
from quickbooks_bridge.services.calls import month_start
from quickbooks_bridge.services.heartbeat import LATE, schedule_last_ran
from quickbooks_bridge.services.intents import UNFINISHED

from .chart import chart
from .connection import connection_facts
from .happened import happened
from .limits import reads
from .looks import announcements, looks
from .mirrored import local_copy
from .parts import Health
from .told import SWITCHES, told
from .verdict import verdict
from .work import solved, work

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
    connection_facts(health, viewer, connection, now)
    looks(health, connection, now)
    announcements(health, connection, now)
    work(health, viewer, connection, now)
    reads(health, connection, now)
    health.findings.sort(key=lambda one: one.weight)
    solved(health, connection, now)
    health.chart = chart(connection, now=now)
    health.events = happened(viewer, connection, kind=shown.kind, is_long=shown.is_long, now=now)
    health.copy = local_copy(connection, now=now)
    health.told = told(connection)
    health.verdict = verdict(health, connection, invoices=health.copy.counts["invoices"], now=now)
    return health


def health_stamp(connection: Connection, *, now: datetime) -> str:
    """Give a short text that changes when something that the page shows may have changed, from four cheap statements."""
    fields = [
        "status", "failures", "last_problem", "last_sync_at", "next_sync_at", "tokens_stored_at", "import_state",
        "import_progress", "announced_at", "missed_at", "compare_asked_at", "compared_at", "owner_id",
    ]  # fmt: skip
    beat = schedule_last_ran()
    kept = InvoicingSettings.objects.filter(account_id=connection.account_id)
    facts = [
        get_language(),
        [getattr(connection, name) for name in fields],
        int(now.timestamp()) // STILL_RIGHT,
        beat is None or now - beat > LATE,
        sorted(_newest(connection)),
        kept.values_list(*SWITCHES).first(),
        CallCount.objects.filter(day__gte=month_start(now)).aggregate(sum=Sum("reads") + Sum("writes"))["sum"]
        if settings.QUICKBOOKS_MONTHLY_READS
        else 0,
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _newest(connection: Connection) -> list[tuple[str, int, object]]:
    """Give how many rows of each kind there are and the newest of them, in two statements."""
    mine = {"account_id": connection.account_id}
    here = {**mine, "realm_id": connection.realm_id}
    parts: list[tuple[str, QuerySet[Any], str]] = [
        ("unsure", InvoiceIntent.objects.filter(**mine, state__in=UNFINISHED), "attempts"),
        ("refused", InvoiceIntent.objects.filter(REFUSED, **mine), "pk"),
        ("void", VoidRun.objects.filter(**mine, ended_at__isnull=True), "pk"),
        ("parked", ParkedObject.objects.filter(**here), "pk"),
        ("unsent", Notice.objects.filter(**mine, sent_at__isnull=True), "attempts"),
        ("outage", Outage.objects.filter(**here, ended_at__isnull=True), "pk"),
        ("announced", WebhookEvent.objects.filter(realm_id=connection.realm_id, handled_at__isnull=True), "pk"),
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
    newest = InvoiceEvent.objects.filter(**mine).order_by("-at", "-id").values_list("pk", flat=True).first()
    return [*found, ("event", 1, newest or 0)]
