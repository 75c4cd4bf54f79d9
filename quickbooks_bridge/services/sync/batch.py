"""Asking many companies for changes at once: the waiting happens side by side, the writing together.

Each company costs one call; what the answers of a chunk bring shares its statements, so that a quiet company costs
next to none. A company that is slow or fails holds nobody up: answers are applied in rounds as they come.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from crm_invoicing.encryption import UnreadableToken, decrypt
from quickbooks_bridge.db.crash_points import crash_point
from quickbooks_bridge.db.leases import lease_claim_many, lease_extend, lease_is_free
from quickbooks_bridge.db.upsert import bulk_update_values
from quickbooks_bridge.domain.remote import RemoteChanges
from quickbooks_bridge.gateway.client import QuickBooksClient, api_base
from quickbooks_bridge.gateway.errors import AnswerUnserved, QuickBooksError
from quickbooks_bridge.gateway.rate_limiter import Limiter, default_limiter
from quickbooks_bridge.models import Connection, SyncState
from quickbooks_bridge.selectors.connections import is_connected
from quickbooks_bridge.services.connections.tokens import REFRESH_BEFORE
from quickbooks_bridge.services.invoicing.intents import match_created_invoices
from quickbooks_bridge.services.mirror import invoices
from quickbooks_bridge.services.mirror.unreadable import READ_ERRORS

from .company import (
    CDC_MAX_AGE,
    OVERLAP,
    SYNC_LEASE,
    next_sync_time,
    record_latency,
    record_not_applied,
    sync_failed,
)
from .webhook_inbox import reschedule_if_new_events, webhook_events_mark_processed, webhook_events_pending
from .webhook_trust import missed_webhooks_record

logger = logging.getLogger(__name__)

BATCH_SIZE = 200
MAX_CONCURRENT = 64
CLOCK_SKEW = timedelta(seconds=0.25)
FULL_SYNC_DELAY = timedelta(seconds=15)
# How long the answers of a round may wait for slower ones before they are applied.
MAX_ROUND_SECONDS = 2.0


class NeedsFullSync(Exception):
    """Not a case for the chunk: tokens to be renewed, or more to read than one answer."""


class StaticTokenSource:
    """The access token that came with the claimed row; renewing is left to the company's own run."""

    def __init__(self, token: str) -> None:
        self._token = token

    def access_token(self) -> str:
        """Return the token of the row."""
        return self._token

    def force_refresh(self, stale: str) -> str:
        """Refuse: threads touch no database."""
        raise NeedsFullSync


@dataclass
class BatchResult:
    """What became of a chunk: how many companies are up to date, and which need a run of their own (`sync_one_company`).

    `again` are those of which more webhook events came while QuickBooks was answering.
    """

    synced: int = 0
    failed: int = 0
    alone: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)


def sync_batch(
    pks: Sequence[int],
    *,
    now: datetime,
    max_wait: float = MAX_ROUND_SECONDS,
    again: Callable[[], None] = lambda: None,
) -> BatchResult:
    """Ask the companies among `pks` that nobody else is asking, one call each, and apply the answers.

    Answers wait at most `patience` seconds for slower ones. `again` is called as soon as some are due once more.
    """
    polled, begun = BatchResult(), time.monotonic()
    claimed = _claim(pks, now=now)
    events = webhook_events_pending(connection.company.realm_id for connection in claimed) if claimed else {}
    limiter = default_limiter(settings.REDIS_URL).acquire_batch(
        [connection.company.realm_id for connection in claimed if _is_askable(connection, now)]
    )
    with ThreadPoolExecutor(max_workers=min(MAX_CONCURRENT, len(claimed) or 1)) as pool:
        waiting = {pool.submit(_ask, connection, now, limiter): connection for connection in claimed}
        while waiting:
            done, known = _round(waiting, max_wait), len(polled.again)
            begun = _extend_leases(list(waiting.values()), begun)
            limiter.release()
            _finish(done, polled, events, now=now)
            if len(polled.again) > known:
                again()
            for future, _connection in done:
                del waiting[future]
    return polled


def due_companies(*, now: datetime) -> list[int]:
    """Return companies to be synced now, at most `BATCH_SIZE`, those that wait longest first.

    Two machines' clocks differ a little: what is due in a moment counts as due.
    """
    due = SyncState.objects.filter(
        lease_is_free("sync_lease_until", now=now), _is_ready(), next_sync_at__lte=now + CLOCK_SKEW
    )
    return list(due.order_by("next_sync_at").values_list("pk", flat=True)[:BATCH_SIZE])


def _is_ready() -> Q:
    return Q(is_connected(), import_state=SyncState.Import.DONE)


def _claim(pks: Sequence[int], *, now: datetime) -> list[Connection]:
    """Take the leases of the companies that are free; returns their connections."""
    if not pks:
        return []
    ready = SyncState.objects.filter(_is_ready(), pk__in=pks)
    claimed = lease_claim_many(ready, "sync_lease_until", now=now, until=now + SYNC_LEASE)
    return list(Connection.objects.filter(pk__in=claimed).order_by("pk")) if claimed else []


def _extend_leases(waiting: Sequence[Connection], since: float) -> float:
    """Renew the leases of those that still wait when a third of their time is over; gives since when they hold."""
    if time.monotonic() - since < SYNC_LEASE.total_seconds() / 3:
        return since
    until = timezone.now() + SYNC_LEASE
    lease_extend(
        SyncState.objects.filter(pk__in=[connection.pk for connection in waiting]),
        "sync_lease_until",
        until=until,
    )
    return time.monotonic()


def _is_askable(connection: Connection, now: datetime) -> bool:
    """Return whether one call with the token of the row will do."""
    sync, expires = connection.company.sync, connection.access_expires_at
    since = sync.cdc_cursor
    is_near = since is not None and since >= now - CDC_MAX_AGE and sync.reconcile_requested_at is None
    return is_near and expires is not None and expires - REFRESH_BEFORE > now


def _ask(connection: Connection, now: datetime, limiter: Limiter) -> RemoteChanges:
    """Ask one company, in a thread: no database here."""
    since = connection.company.sync.cdc_cursor
    if since is None or not _is_askable(connection, now):
        raise NeedsFullSync
    try:
        token = decrypt(connection.access_token, keys=settings.TOKEN_ENCRYPTION_KEYS)
    except UnreadableToken as error:
        raise NeedsFullSync from error
    client = QuickBooksClient(
        realm_id=connection.company.realm_id,
        tokens=StaticTokenSource(token),
        api_url=api_base(settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_API_URL),
        limiter=limiter,
        interactive=False,
        timeout=settings.QUICKBOOKS_TIMEOUT_SECONDS,
        company_id=connection.company_id,
        home_currency=connection.company.home_currency,
    )
    try:
        changes = client.changes(since - OVERLAP, lists=connection.company.invoice_facts.lists)
    except AnswerUnserved as error:
        raise NeedsFullSync from error
    if changes.is_full:
        raise NeedsFullSync
    return changes


_CdcAnswer = tuple[Future[RemoteChanges], Connection]


def _round(waiting: dict[Future[RemoteChanges], Connection], max_wait: float) -> list[_CdcAnswer]:
    """Wait until all have answered, or until some have and the others take long."""
    done, late = wait(waiting, timeout=max_wait)
    if late and not done:
        done, _late = wait(waiting, return_when=FIRST_COMPLETED)
    return [(future, waiting[future]) for future in done]


def _finish(
    done: Iterable[_CdcAnswer], polled: BatchResult, events: Mapping[str, list[int]], *, now: datetime
) -> None:
    batch: list[tuple[Connection, RemoteChanges]] = []
    alone: list[int] = []
    for future, connection in done:
        try:
            batch.append((connection, future.result()))
        except NeedsFullSync:
            alone.append(connection.pk)
        except QuickBooksError as error:
            sync_failed(connection, error, now=now)
            polled.failed += 1
    _apply_each(batch, polled, events, now=now)
    if alone:
        # Due again only once the message for its own run would be too old to be taken: whoever asks for what is due
        # meanwhile would find it again and again.
        SyncState.objects.filter(pk__in=alone).update(
            sync_lease_until=None, next_sync_at=now + FULL_SYNC_DELAY
        )
        polled.alone.extend(alone)


def _apply_each(
    batch: list[tuple[Connection, RemoteChanges]],
    polled: BatchResult,
    events: Mapping[str, list[int]],
    *,
    now: datetime,
) -> None:
    """Apply answers together; where that does not work, one by one, so that one company fails alone."""
    if not batch:
        return
    try:
        polled.again.extend(_apply(batch, events, now=now))
    except OperationalError:
        raise
    except (DatabaseError, *READ_ERRORS) as error:
        if len(batch) == 1:
            connection = batch[0][0]
            sync_failed(connection, record_not_applied(connection, error), now=now)
            polled.failed += 1
            return
        for one in batch:
            _apply_each([one], polled, events, now=now)
        return
    polled.synced += len(batch)


def _apply(
    batch: list[tuple[Connection, RemoteChanges]], events: Mapping[str, list[int]], *, now: datetime
) -> list[int]:
    """Apply answers and move each company's moment to ask from, in one transaction; gives who is due again.

    `events` are the webhook events that were there before QuickBooks was asked.
    """
    realms = [connection.company.realm_id for connection, _changes in batch]
    rows = [
        (connection.pk, changes.server_time, now, 0, "", next_sync_time(connection, now=now), None)
        for connection, changes in batch
    ]
    with transaction.atomic():
        arrived: list[invoices.AppliedChange] = []
        invoices.cdc_apply(batch, now=now, source="sync", arrived=arrived)
        record_latency(batch, arrived, now=now)
        match_created_invoices(batch, now=now)
        missed_webhooks_record(batch, now=now)
        bulk_update_values(SyncState, _DONE, rows)
        webhook_events_mark_processed([pk for realm in realms for pk in events.get(realm, ())], now=now)
        crash_point("sync.before_commit")
    return reschedule_if_new_events(realms, now=now)


_DONE = (
    "cdc_cursor", "last_sync_at", "consecutive_failures", "last_error", "next_sync_at", "sync_lease_until",
)  # fmt: skip
