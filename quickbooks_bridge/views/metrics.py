"""What a monitoring system is told: figures of the rows, the same whichever process answers.

Names and units follow Prometheus' conventions. Nothing tells one company from another: their number would multiply
every series, and who is connected is nobody's business who watches machines. Statements are as many for ten
thousand companies as for one.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.conf import settings
from django.db.models import CharField, Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum, Value
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)

from quickbooks_bridge.models import (
    ApiUsage,
    Connection,
    InvoiceIntent,
    Notification,
    Outage,
    ReadsBlock,
    SyncLatencyHour,
    SyncState,
    UnreadableEvents,
    UnreadableObject,
    VoidOperation,
    WebhookEvent,
)
from quickbooks_bridge.selectors.pending_work import REJECTED_INTENTS
from quickbooks_bridge.services.invoicing.intents import OPEN_STATES
from quickbooks_bridge.services.operations.api_usage import ReadQuota, forecast, month_start
from quickbooks_bridge.services.operations.heartbeat import broker_state, schedule_last_ran

# Upper ends in seconds: somebody at the page, two polls, a quarter of an hour, an hour, the fallback poll.
AGES = (60, 600, 900, 3600, 90_000)
KINDS = ("webhook_event", "invoice", "void", "notification", "outage", "unreadable", "rejected_invoice")


class InstallationFigures:
    """A Prometheus collector that reads the rows when it is asked."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        """Return every figure."""
        yield _build()
        yield from _processes()
        yield from _companies(self.now)
        yield from _work(self.now)
        yield from _unread_events(self.now)
        yield from _reads_block()
        yield from _delays(self.now)
        yield from _calls(self.now)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"crm_invoicing_{name}", text, value=value)


def _build() -> Metric:
    try:
        number = version("crm-invoicing")
    except PackageNotFoundError:  # run from its folder, as one machine does
        number = "source"
    return InfoMetricFamily("crm_invoicing", "The running program.", value={"version": number})


def _processes() -> Iterator[Metric]:
    last = schedule_last_ran()
    yield _gauge(
        "scheduler_last_beat_timestamp_seconds",
        "When the schedule last said that it runs; 0 when it never did.",
        last.timestamp() if last else 0,
    )
    if settings.REDIS_URL:
        is_up = broker_state(settings.REDIS_URL) == "ok"
        yield _gauge("broker_up", "Whether Redis answers.", int(is_up))


def _companies(now: datetime) -> Iterator[Metric]:
    sync = "company__sync__"
    active = Q(status=Connection.Status.ACTIVE)
    read = active & Q(**{f"{sync}import_state": SyncState.Import.DONE})
    ages = {
        f"within_{age}": Count(
            "pk", filter=read & Q(**{f"{sync}last_sync_at__gte": now - timedelta(seconds=age)})
        )
        for age in AGES
    }
    found = Connection.objects.aggregate(
        **{str(status): Count("pk", filter=Q(status=status)) for status in Connection.Status},
        failing=Count("pk", filter=active & Q(**{f"{sync}consecutive_failures__gt": 0})),
        loading=Count("pk", filter=active & ~Q(**{f"{sync}import_state": SyncState.Import.DONE})),
        due=Min(f"{sync}next_sync_at", filter=active & Q(**{f"{sync}next_sync_at__lt": now})),
        oldest=Min(f"{sync}last_sync_at", filter=read),
        **ages,
    )
    connections = GaugeMetricFamily(
        "crm_invoicing_connections", "QuickBooks companies by state of their connection.", labels=["status"]
    )
    for status in Connection.Status:
        connections.add_metric([str(status)], found[str(status)])
    yield connections
    yield _gauge("connections_failing", "Connected companies whose last sync failed.", found["failing"])
    yield _gauge("connections_loading", "Connected companies still being read first.", found["loading"])
    yield _gauge(
        "sync_overdue_seconds",
        "How long the most overdue company has waited to be synced.",
        _age(found["due"], now),
    )
    yield _gauge(
        "sync_age_seconds_max",
        "How long ago the company was synced that was synced longest ago.",
        _age(found["oldest"], now),
    )
    synced = GaugeMetricFamily(
        "crm_invoicing_connections_synced",
        "Connected companies synced within so many seconds.",
        labels=["within"],
    )
    for age in AGES:
        synced.add_metric([str(age)], found[f"within_{age}"])
    yield synced


def _age(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment is not None else 0.0


def _work(now: datetime) -> Iterator[Metric]:
    def count(kind: str, rows: QuerySet[Any], moment: str) -> QuerySet[Any, Any]:
        counted: QuerySet[Any, Any] = (
            rows.order_by()
            .annotate(what=Value(kind, output_field=CharField()))
            .values("what")
            .annotate(rows=Count("pk"), since=Min(moment))
            .values_list("what", "rows", "since")
        )
        return counted

    # Webhook events of a company that was disconnected since is nobody's work.
    connected = Connection.objects.filter(
        company__realm_id=OuterRef("realm_id"), status=Connection.Status.ACTIVE
    )
    first, *rest = (
        count("invoice", InvoiceIntent.objects.filter(state__in=OPEN_STATES), "created_at"),
        count("rejected_invoice", InvoiceIntent.objects.filter(REJECTED_INTENTS), "created_at"),
        count("void", VoidOperation.objects.filter(ended_at__isnull=True), "started_at"),
        count(
            "webhook_event",
            WebhookEvent.objects.filter(Exists(connected), processed_at__isnull=True),
            "received_at",
        ),
        count(
            "notification",
            Notification.objects.filter(sent_at__isnull=True, next_try_at__isnull=False),
            "created_at",
        ),
        count("outage", Outage.objects.filter(ended_at__isnull=True), "began_at"),
        count("unreadable", UnreadableObject.objects.all(), "first_seen_at"),
    )
    found = {what: (rows, since) for what, rows, since in first.union(*rest, all=True)}
    pending = GaugeMetricFamily(
        "crm_invoicing_pending",
        "Work not finished: invoices and voids not confirmed, webhook events not processed, notifications not sent, "
        "open outages, unreadable objects, rejected invoices nobody has seen.",
        labels=["kind"],
    )
    oldest = GaugeMetricFamily(
        "crm_invoicing_pending_oldest_seconds", "How long the oldest of them has waited.", labels=["kind"]
    )
    for kind in KINDS:
        rows, since = found.get(kind, (0, None))
        pending.add_metric([kind], rows)
        oldest.add_metric([kind], _age(since, now))
    yield pending
    yield oldest


def _reads_block() -> Iterator[Metric]:
    is_blocked = ReadsBlock.objects.filter(ended_at__isnull=True).exists()
    yield _gauge(
        "reads_blocked",
        "Whether QuickBooks refuses this installation's reads until the month ends.",
        int(is_blocked),
    )


def _unread_events(now: datetime) -> Iterator[Metric]:
    found = UnreadableEvents.objects.filter(day__gte=month_start(now)).aggregate(sum=Sum("count", default=0))
    yield CounterMetricFamily(
        "crm_invoicing_webhook_events_unread",
        "Events of genuine webhooks since the month began that could not be read and were passed over.",
        value=found["sum"],
    )


def _delays(now: datetime) -> Iterator[Metric]:
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    found = SyncLatencyHour.objects.filter(hour__gte=hour).aggregate(
        changes=Sum("changes", default=0),
        total_seconds=Sum("total_seconds", default=0),
        max_seconds=Max("max_seconds", default=0),
    )
    yield _gauge(
        "change_delay_seconds_max",
        "The longest that a change in QuickBooks took to show, in this hour and the one before.",
        found["max_seconds"],
    )
    yield _gauge(
        "change_delay_seconds_mean",
        "What a change in QuickBooks took on average, in this hour and the one before.",
        found["total_seconds"] / found["changes"] if found["changes"] else 0,
    )


def _calls(now: datetime) -> Iterator[Metric]:
    rows = (
        ApiUsage.objects.filter(day__gte=month_start(now))
        .values("purpose")
        .annotate(reads_made=Sum("reads"), writes_made=Sum("writes"))
        .order_by()
    )
    counts = {row["purpose"]: (row["reads_made"], row["writes_made"]) for row in rows}
    calls = CounterMetricFamily(
        "crm_invoicing_quickbooks_calls",
        "Calls to QuickBooks since the month began; reads are metered.",
        labels=["purpose", "kind"],
    )
    for purpose in ApiUsage.Purpose:
        reads, writes = counts.get(str(purpose), (0, 0))
        calls.add_metric([str(purpose), "read"], reads)
        calls.add_metric([str(purpose), "write"], writes)
    yield calls
    budget = ReadQuota(sum(reads for reads, _writes in counts.values()), settings.QUICKBOOKS_MONTHLY_READS)
    yield _gauge("quickbooks_reads_allowed", "Reads a month may have; 0 is no limit.", budget.allowed)
    yield _gauge(
        "quickbooks_reads_forecast",
        "What this month's reads come to if they go on like this.",
        forecast(budget.used, now=now),
    )
