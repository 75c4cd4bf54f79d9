"""QuickBooks' webhooks: stored, then turned into one look for changes per company."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Exists, F, OuterRef

from quickbooks_bridge.domain.webhooks import WebhookChange
from quickbooks_bridge.models import Connection, UnreadableEvents, WebhookEvent

# A burst writes the moment of the last webhook event once.
LAST_WEBHOOK_WRITE_INTERVAL = timedelta(minutes=1)
# Between two looks at a company of which webhook events keep coming.
BURST_PAUSE = timedelta(seconds=1)
REALM_CACHE_SECONDS = 60
# Rows of a statement.
ROWS_PER_STATEMENT = 500
MAX_PENDING = 5000
# Webhook events that nobody processes for so long belong to a worker that died between two steps.
STALE_AFTER = timedelta(minutes=1)


@dataclass
class _PendingWrite:
    """One webhook event on its way into the database; `error` is why it did not get there."""

    changes: Sequence[WebhookChange]
    at: datetime
    is_done: bool = False
    error: Exception | None = None
    due: dict[int, float] = field(default_factory=dict)


class WriteCoalescer:
    """Stores what arrives while an earlier batch is being written as one batch: a burst shares its statements.

    Whoever finds nobody writing writes for all that wait, and nobody goes on before their own part is stored.
    """

    def __init__(self, write: Callable[[Sequence[_PendingWrite]], dict[int, float]]) -> None:
        self._write = write
        self._writing, self._listing = threading.Lock(), threading.Lock()
        self._waiting: list[_PendingWrite] = []

    def store(self, changes: Sequence[WebhookChange], *, now: datetime) -> dict[int, float]:
        """Store and give the connections that become due by this, in how many seconds; raises what kept the batch from being stored."""
        mine = _PendingWrite(changes, now)
        with self._listing:
            self._waiting.append(mine)
        with self._writing:
            if not mine.is_done:
                with self._listing:
                    batch, self._waiting = self._waiting, []
                self._store(batch, mine)
        if mine.error is not None:
            raise mine.error
        return mine.due

    def _store(self, batch: Sequence[_PendingWrite], mine: _PendingWrite) -> None:
        try:
            mine.due = self._write(batch)
        except Exception as error:
            # What one of them did must not turn the others away.
            for one in batch if len(batch) > 1 else ():
                self._store([one], one)
            if len(batch) == 1:
                mine.error = error
        for one in batch:
            one.is_done = True


def _batch_store(batch: Sequence[_PendingWrite]) -> dict[int, float]:
    arrived = {change.key: (change, one.at) for one in batch for change in one.changes}
    known = _realm_cache.among({change.realm_id for change, _at in arrived.values()})
    # Two processes that store the same ones must not wait for each other's rows in different orders.
    news = [(key, change, at) for key, (change, at) in sorted(arrived.items()) if change.realm_id in known]
    if not news:
        return {}
    _insert(news)
    # Only now, with the news committed, is it told who has to look: whoever is ending a look at this moment either
    # finds the news or has written the next one's time, which is read here.
    now = max(one.at for one in batch)
    due = {company["pk"]: _schedule(company, now) for company in _idle_companies(sorted(known), now)}
    return {pk: seconds for pk, seconds in due.items() if seconds is not None}


def _insert(news: Sequence[tuple[str, WebhookChange, datetime]]) -> None:
    """Write news that is not there yet; plain SQL, for putting a statement together costs more than running it."""
    database = connections[DEFAULT_DB_ALIAS]
    adapt = database.ops.adapt_datetimefield_value
    table = WebhookEvent._meta.db_table
    with database.cursor() as cursor:
        for start in range(0, len(news), ROWS_PER_STATEMENT):
            part = news[start : start + ROWS_PER_STATEMENT]
            marks = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(part))
            # The only text put together here is our own table's name and marks.
            cursor.execute(
                f"INSERT INTO {table} (key, realm_id, entity, qbo_id, operation, received_at) VALUES {marks} "  # noqa: S608 - see above
                "ON CONFLICT DO NOTHING",
                [
                    value
                    for key, change, at in part
                    for value in (
                        key,
                        change.realm_id,
                        change.entity,
                        change.qbo_id,
                        change.operation,
                        adapt(at),
                    )
                ],
            )


def _idle_companies(realms: list[str], now: datetime) -> list[Any]:
    """Return the companies for which a webhook event is to be written down; in a burst there are none most of the time."""
    database = connections[DEFAULT_DB_ALIAS]
    adapt = database.ops.adapt_datetimefield_value
    marks = ", ".join(["%s"] * len(realms))
    with database.cursor() as cursor:
        # The only text put together here is our own table's name and marks.
        cursor.execute(
            f"SELECT realm_id FROM {Connection._meta.db_table} WHERE realm_id IN ({marks}) AND status = %s AND "  # noqa: S608 - see above
            "((consecutive_failures = 0 AND next_sync_at > %s) OR last_webhook_at IS NULL OR last_webhook_at < %s)",
            [
                *realms,
                Connection.Status.ACTIVE,
                adapt(now + BURST_PAUSE),
                adapt(now - LAST_WEBHOOK_WRITE_INTERVAL),
            ],
        )
        found = {row[0] for row in cursor.fetchall()}
    return _companies(found) if found else []


def _companies(realms: set[str]) -> list[Any]:
    return list(
        Connection.objects.filter(realm_id__in=realms, status=Connection.Status.ACTIVE).values(
            "pk", "realm_id", "consecutive_failures", "next_sync_at", "last_sync_at", "last_webhook_at"
        )
    )


def _schedule(company: dict[str, Any], now: datetime) -> float | None:
    """Write what a webhook event means for a company, one row at a time; gives in how many seconds it became due."""
    last_webhook_at, last = company["last_webhook_at"], company["last_sync_at"]
    mine = Connection.objects.filter(pk=company["pk"], status=Connection.Status.ACTIVE)
    if last_webhook_at is None or last_webhook_at < now - LAST_WEBHOOK_WRITE_INTERVAL:
        mine.update(last_webhook_at=now)
    due = max(now, last + BURST_PAUSE) if last and last <= now else now
    # What fails at the moment keeps its own pause; the news is not lost meanwhile.
    if company["consecutive_failures"] or company["next_sync_at"] is None or company["next_sync_at"] <= due:
        return None
    if not mine.filter(consecutive_failures=0, next_sync_at__gt=due).update(next_sync_at=due):
        return None
    return (due - now).total_seconds()


class _ConnectedRealmCache:
    """Companies that are connected, remembered for a minute: a burst is of few of them. Unknown ones are asked for."""

    def __init__(self) -> None:
        self._until, self._realms = 0.0, frozenset[str]()

    def among(self, realms: set[str]) -> set[str]:
        """Return those of `realms` that are connected, or were a minute ago."""
        moment = time.monotonic()
        held = self._realms if moment < self._until else frozenset()
        if not realms <= held:
            found = {company["realm_id"] for company in _companies(realms - held)}
            self._until = self._until if held else moment + REALM_CACHE_SECONDS
            self._realms = held = held | found
        return realms & held

    def forget(self) -> None:
        """Ask for all again."""
        self._until = 0.0


_realm_cache = _ConnectedRealmCache()
_coalescer = WriteCoalescer(_batch_store)


def webhook_events_record(changes: Sequence[WebhookChange], *, now: datetime) -> dict[int, float]:
    """Store webhook events of known companies and make those due; gives the connections to sync, in how many seconds.

    A repeated webhook event changes nothing, an unknown company is ignored. A burst makes a company due once a second.
    """
    return _coalescer.store(changes, now=now)


def unread_events_count(unread: Mapping[str, int], *, now: datetime) -> None:
    """Count events that could not be read, by day and by company; of companies that nobody here knows together."""
    known = _realm_cache.among({realm for realm in unread if realm})
    counts: dict[str, int] = {}
    for realm, number in unread.items():
        name = realm if realm in known else ""
        counts[name] = counts.get(name, 0) + number
    day = now.astimezone(UTC).date()
    for realm, number in sorted(counts.items()):
        row, _is_new = UnreadableEvents.objects.get_or_create(
            realm_id=realm, day=day, defaults={"last_seen_at": now, "count": 0}
        )
        UnreadableEvents.objects.filter(pk=row.pk).update(count=F("count") + number, last_seen_at=now)


def webhook_events_pending(realms: Iterable[str]) -> dict[str, list[int]]:
    """Return by company the rows of webhook events not processed yet.

    Read before QuickBooks is asked, they are what the answer holds. Times would not tell: the time of a webhook event is of the
    machine that received it, and two machines' clocks differ by more than an answer takes.
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
    """Make companies due again of which more webhook events came while QuickBooks was answering; gives their connections.

    Whether the answer held it already, nobody knows. To be asked once the next look's time is committed: see `_batch_store`.
    """
    open_news = WebhookEvent.objects.filter(realm_id__in=realms, processed_at__isnull=True)
    told = set(open_news.values_list("realm_id", flat=True).distinct())
    if not told:
        return []
    again = Connection.objects.filter(
        realm_id__in=told, status=Connection.Status.ACTIVE, consecutive_failures=0
    )
    again.filter(next_sync_at__gt=now + BURST_PAUSE).update(next_sync_at=now + BURST_PAUSE)
    return list(again.values_list("pk", flat=True))


def reschedule_stale_events(*, now: datetime) -> None:
    """Make companies due whose news lies there although their next look is far: whoever had to say so has died."""
    old = WebhookEvent.objects.filter(
        realm_id=OuterRef("realm_id"), processed_at__isnull=True, received_at__lt=now - STALE_AFTER
    )
    Connection.objects.filter(
        Exists(old),
        status=Connection.Status.ACTIVE,
        consecutive_failures=0,
        next_sync_at__gt=now + STALE_AFTER,
    ).update(next_sync_at=now)
