"""QuickBooks' webhooks: events are stored first, then each company they are of becomes due for one sync."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef

from quickbooks_bridge.db.counters import counters_add
from quickbooks_bridge.db.webhook_events import companies_to_schedule, webhook_events_insert
from quickbooks_bridge.domain.webhooks import WebhookChange
from quickbooks_bridge.models import SyncState, UnreadableEvents, WebhookEvent
from quickbooks_bridge.selectors.connections import is_connected

# A burst writes the moment of the last webhook event once.
LAST_WEBHOOK_WRITE_INTERVAL = timedelta(minutes=1)
# Between two syncs of a company of which webhook events keep coming.
BURST_PAUSE = timedelta(seconds=1)
MAX_PENDING = 5000
# Webhook events that nobody processes for so long belong to a worker that died between two steps.
STALE_AFTER = timedelta(minutes=1)


def webhook_events_record(changes: Sequence[WebhookChange], *, now: datetime) -> dict[int, float]:
    """Store webhook events of connected companies and make those due; returns the companies, in how many seconds.

    A repeated event changes nothing, an unknown company is ignored. A burst makes a company due once a second.
    """
    if not changes:
        return {}
    # Two processes that store the same ones must not wait for each other's rows in different orders.
    rows = [
        (event_id, change.realm_id, change.entity, change.qbo_id, change.operation, now)
        for event_id, change in sorted({change.event_id: change for change in changes}.items())
    ]
    webhook_events_insert(rows)
    # Only now, with the events committed, the next sync's time is read: whoever is ending a sync at this moment either
    # finds the events or has written that time. In a burst there is nothing to write most of the time.
    pks = companies_to_schedule(
        {change.realm_id for change in changes},
        next_sync_after=now + BURST_PAUSE,
        last_webhook_before=now - LAST_WEBHOOK_WRITE_INTERVAL,
    )
    if not pks:
        return {}
    due = {sync.pk: _schedule(sync, now) for sync in SyncState.objects.filter(pk__in=pks).order_by("pk")}
    return {pk: seconds for pk, seconds in due.items() if seconds is not None}


def _connected_realms(realms: set[str]) -> set[str]:
    rows = SyncState.objects.filter(is_connected(), company__realm_id__in=realms)
    return set(rows.values_list("company__realm_id", flat=True))


def _schedule(sync: SyncState, now: datetime) -> float | None:
    """Write what a webhook event means for a company; returns in how many seconds it became due."""
    mine = SyncState.objects.filter(is_connected(), pk=sync.pk)
    if sync.last_webhook_at is None or sync.last_webhook_at < now - LAST_WEBHOOK_WRITE_INTERVAL:
        mine.update(last_webhook_at=now)
    last = sync.last_sync_at
    due = max(now, last + BURST_PAUSE) if last and last <= now else now
    # What fails at the moment keeps its own pause; the event is not lost meanwhile.
    if sync.consecutive_failures or sync.next_sync_at is None or sync.next_sync_at <= due:
        return None
    if not mine.filter(consecutive_failures=0, next_sync_at__gt=due).update(next_sync_at=due):
        return None
    return (due - now).total_seconds()


def unread_events_count(unread: Mapping[str, int], *, now: datetime) -> None:
    """Count events that could not be read, by day and by company; of companies that nobody here knows together."""
    known = _connected_realms({realm for realm in unread if realm})
    counts: dict[str, int] = {}
    for realm, number in unread.items():
        name = realm if realm in known else ""
        counts[name] = counts.get(name, 0) + number
    day = now.astimezone(UTC).date()
    rows = [(realm, day, number, now) for realm, number in sorted(counts.items())]
    counters_add(UnreadableEvents, ("realm_id", "day"), ("count",), rows, highest=("last_seen_at",))


def webhook_events_pending(realms: Iterable[str]) -> dict[str, list[int]]:
    """Return by company the rows of webhook events not processed yet.

    Read before QuickBooks is asked, they are what the answer holds. Times would not tell: the time of a webhook event
    is of the machine that received it, and two machines' clocks differ by more than an answer takes.
    """
    rows = WebhookEvent.objects.filter(realm_id__in=set(realms), processed_at__isnull=True)
    found: dict[str, list[int]] = {}
    for pk, realm in rows.order_by("pk").values_list("pk", "realm_id")[:MAX_PENDING]:
        found.setdefault(realm, []).append(pk)
    return found


def webhook_events_mark_processed(rows: Sequence[int], *, now: datetime) -> None:
    """Mark the webhook events processed that were there before QuickBooks was asked."""
    if rows:
        WebhookEvent.objects.filter(pk__in=rows).update(processed_at=now)


def reschedule_if_new_events(realms: Sequence[str], *, now: datetime) -> list[int]:
    """Make companies due again of which more webhook events came while QuickBooks was answering; returns them.

    Whether the answer held it already, nobody knows. To be asked once the next sync's time is committed: see
    `webhook_events_record`.
    """
    pending = WebhookEvent.objects.filter(realm_id__in=realms, processed_at__isnull=True)
    with_events = set(pending.values_list("realm_id", flat=True).distinct())
    if not with_events:
        return []
    again = SyncState.objects.filter(
        is_connected(), company__realm_id__in=with_events, consecutive_failures=0
    )
    companies = list(again.values_list("pk", flat=True))
    far = SyncState.objects.filter(pk__in=companies, next_sync_at__gt=now + BURST_PAUSE)
    far.update(next_sync_at=now + BURST_PAUSE)
    return companies


def reschedule_stale_events(*, now: datetime) -> None:
    """Make companies due whose events lie there although their next sync is far: whoever had to say so has died."""
    old = WebhookEvent.objects.filter(
        realm_id=OuterRef("company__realm_id"), processed_at__isnull=True, received_at__lt=now - STALE_AFTER
    )
    SyncState.objects.filter(
        Exists(old), is_connected(), consecutive_failures=0, next_sync_at__gt=now + STALE_AFTER
    ).update(next_sync_at=now)
