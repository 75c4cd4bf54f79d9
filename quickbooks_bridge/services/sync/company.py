"""Bringing a company's changes here: the initial import, the regular sync, and the full comparison."""

import contextlib
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from quickbooks_bridge.db.crash_points import crash_point
from quickbooks_bridge.db.leases import lease_claim, lease_extend, lease_release
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.gateway.client import QuickBooksClient
from quickbooks_bridge.gateway.errors import (
    AnswerUnserved,
    QuickBooksError,
    Rejected,
    Throttled,
    UnexpectedAnswer,
)
from quickbooks_bridge.models import Company, Connection, SyncState
from quickbooks_bridge.selectors.connections import is_connected, open_reads_block
from quickbooks_bridge.services.connections.lifecycle import (
    client_for,
    company_profile_refresh,
    failure_record,
)
from quickbooks_bridge.services.invoicing.intents import match_created_invoices
from quickbooks_bridge.services.mirror import invoices
from quickbooks_bridge.services.mirror.unreadable import READ_ERRORS, unserved_forget, unserved_record
from quickbooks_bridge.services.operations.api_usage import read_quota
from quickbooks_bridge.services.operations.outages import outage_close, outages_close
from quickbooks_bridge.services.operations.reads_block import reads_block_end
from quickbooks_bridge.services.operations.sync_latency import latency_record

from .cursor import Cursor, iter_pages
from .reconcile import entity_apply, mark_missing_deleted, reconcile
from .webhook_trust import missed_webhooks_record, webhooks_reliable

logger = logging.getLogger(__name__)

# Renewed while a reading goes on, so that a worker that was killed is soon replaced. Longer than one call may take.
SYNC_LEASE = timedelta(seconds=75)
OVERLAP = timedelta(minutes=5)
CDC_MAX_AGE = timedelta(days=29)
MAX_BACKOFF = timedelta(minutes=15)
# A read that is refused for good (subscription ended, wrong keys) is cured by people, not by asking again soon.
FORBIDDEN_RETRY = timedelta(hours=6)
# How much slower companies are asked when the month's reads run short, and how seldom an open page asks then.
THROTTLED_FACTOR = 4
SLOWED_VIEW_INTERVAL = timedelta(minutes=5)
VIEW_WRITE_INTERVAL = timedelta(hours=1)
REFERENCE_LISTS_INTERVAL = timedelta(days=1)
IMPORT_RETRY = timedelta(seconds=15)
# What the initial import reads, in this order, under the names that its progress is told by.
IMPORT_STEPS = (
    ("items", "Item"),
    ("customers", "Customer"),
    ("invoices", "Invoice"),
    ("payments", "Payment"),
    ("credit_memos", "CreditMemo"),
)
Progress = dict[str, dict[str, Any]]


def initial_import(
    connection: Connection, *, now: datetime, clock: Callable[[], datetime] = timezone.now
) -> bool:
    """Read all lists and invoices of a newly connected company, telling how far it is; True when all is read.

    The moment to ask changes from is kept before the first page, and after each page the place to go on from: a
    reading that is interrupted goes on where it was, and what changed meanwhile is asked for afterwards.
    """
    if open_reads_block() is not None:
        return False
    mine = SyncState.objects.filter(company=connection.company_id)
    claimed = lease_claim(
        mine.filter(is_connected()).exclude(import_state=SyncState.Import.DONE),
        "import_lease_until",
        now=now,
        until=now + SYNC_LEASE,
        import_state=SyncState.Import.RUNNING,
    )
    if not claimed:
        return False
    connection.refresh_from_db()
    client = client_for(connection, interactive=False)
    try:
        progress = _import_claim(connection, client, now=now)
        _import_lists(connection, client, progress, clock=clock)
        _import_mark_deleted(connection, client, clock=clock)
    except QuickBooksError as error:
        failure_record(connection, error, now=now)
        lease_extend(mine, "import_lease_until", until=clock() + IMPORT_RETRY)
        return False
    mine.update(
        import_state=SyncState.Import.DONE,
        import_lease_until=None,
        last_sync_at=now,
        reconcile_requested_at=None,
        lists_refreshed_at=now,
        consecutive_failures=0,
        last_error="",
        next_sync_at=now,
    )
    outage_close(connection, now=now)
    return True


def _import_claim(connection: Connection, client: QuickBooksClient, *, now: datetime) -> Progress:
    """Return how far an interrupted reading had come, or begin one."""
    company = connection.company
    if company.sync.import_progress:
        return dict(company.sync.import_progress)
    since = client.changes(now, entities=("Customer",)).server_time
    company_profile_refresh(connection, now=now)
    _lists_read(connection, client)
    progress: Progress = {
        name: {"done": 0, "total": client.count(entity), "place": Cursor().as_dict()}
        for name, entity in IMPORT_STEPS
    }
    SyncState.objects.filter(company=company).update(cdc_cursor=since, import_progress=progress)
    return progress


def _import_mark_deleted(
    connection: Connection, client: QuickBooksClient, *, clock: Callable[[], datetime]
) -> None:
    """Find what was deleted before this connection was made: changes are asked for only from then on."""
    mine = SyncState.objects.filter(company=connection.company_id)
    since = mine.values_list("cdc_cursor", flat=True).get()
    if since is not None:
        mark_missing_deleted(
            connection.company,
            client,
            before=since,
            now=clock(),
            on_progress=lambda: lease_extend(mine, "import_lease_until", until=clock() + SYNC_LEASE),
        )


def _import_lists(
    connection: Connection, client: QuickBooksClient, progress: Progress, *, clock: Callable[[], datetime]
) -> None:
    for name, entity in IMPORT_STEPS:
        # One that was begun before this list was read here knows nothing of it.
        step = progress.setdefault(name, {"done": 0, "total": 0, "place": Cursor().as_dict()})
        if step["place"] is None:
            continue
        if step["place"] == Cursor().as_dict():
            unserved_forget(connection.company, entity)
        note = unserved_record(connection.company, now=clock())
        for rows, place in iter_pages(client, entity, Cursor.from_dict(step["place"]), unserved=note):
            moment = clock()
            entity_apply(connection.company, entity, rows, now=moment, source="load")
            step["done"] += len(rows)
            step["total"] = max(step["total"], step["done"])
            step["place"] = place.as_dict() if place else None
            if place is None:
                step["total"] = step["done"]
            SyncState.objects.filter(company=connection.company_id).update(
                import_progress=progress, import_lease_until=moment + SYNC_LEASE
            )


def sync_company(connection: Connection, *, now: datetime, interactive: bool = False) -> bool:
    """Ask once for all changes since the last good answer and apply them; True when that worked.

    The moment to ask from moves in the same transaction that applied the answer: a failed or killed attempt
    loses nothing. An answer that was cut, or a pause past 30 days, leads to a full comparison. While the month's reads are
    blocked only a person asks; that it worked ends the block.
    """
    if not interactive and open_reads_block() is not None:
        return False
    mine = SyncState.objects.filter(company=connection.company_id)
    ready = mine.filter(is_connected(), import_state=SyncState.Import.DONE)
    if not lease_claim(ready, "sync_lease_until", now=now, until=now + SYNC_LEASE):
        return False
    connection.refresh_from_db()
    try:
        _sync_claimed(connection, now=now, interactive=interactive)
    except QuickBooksError as error:
        sync_failed(connection, error, now=now)
        return False
    except (DatabaseError, *READ_ERRORS) as error:
        if isinstance(error, OperationalError):
            raise
        sync_failed(connection, record_not_applied(connection, error), now=now)
        return False
    finally:
        lease_release(mine, "sync_lease_until", held_until=connection.company.sync.sync_lease_until)
    if interactive:
        reads_block_end(now=now)
    return True


def record_not_applied(connection: Connection, error: Exception) -> UnexpectedAnswer:
    """Say in the log that an answer could not be applied, and give it as a failure of this company alone.

    It is a fault of ours: the company waits longer each time, says so on its health page, and delays no other.
    """
    logger.error("answer not applied", extra={"realm": connection.company.realm_id}, exc_info=error)
    return UnexpectedAnswer("not_applied", problem_code=ProblemCode.UNEXPECTED)


def sync_failed(connection: Connection, error: QuickBooksError, *, now: datetime) -> None:
    """Keep what went wrong with a claimed company, let it go, and say when it is asked again."""
    failure_record(connection, error, now=now)
    if isinstance(error, Throttled):
        wait = timedelta(seconds=error.retry_after)
    else:
        wait = FORBIDDEN_RETRY if isinstance(error, Rejected) else _back_off(connection)
    mine = SyncState.objects.filter(company=connection.company_id)
    mine.update(sync_lease_until=None)
    mine.filter(is_connected()).update(next_sync_at=now + wait)


def next_sync_time(connection: Connection, *, now: datetime) -> datetime:
    """Return when a company is asked next: never later than promised, spread a little so that not all are asked at once.

    Where webhooks are reliable that is the daily fallback poll; else the regular poll, slower when reads run short.
    """
    spread = random.uniform(0.86, 0.98)  # noqa: S311 - not a secret
    if webhooks_reliable(connection, now=now):
        return now + timedelta(seconds=settings.QUICKBOOKS_FALLBACK_POLL_SECONDS * spread)
    slower = THROTTLED_FACTOR if read_quota(now=now).is_slow else 1
    return now + timedelta(seconds=settings.QUICKBOOKS_POLL_SECONDS * slower * spread)


def _sync_claimed(connection: Connection, *, now: datetime, interactive: bool) -> None:
    client = client_for(connection, interactive=interactive)
    sync = connection.company.sync
    since, asked_at = sync.cdc_cursor, sync.reconcile_requested_at
    changes = None
    if since is not None and since >= now - CDC_MAX_AGE:
        with contextlib.suppress(AnswerUnserved):
            # One object that QuickBooks cannot serve fails the whole answer: then it is read page by page.
            changes = client.changes(since - OVERLAP, lists=connection.company.invoice_facts.lists)
    if since is None or changes is None or changes.is_full:
        _reconcile(connection, client, since=since - OVERLAP if since and asked_at is None else None, now=now)
        return
    with transaction.atomic():
        batch = [(connection, changes)]
        arrived: list[invoices.AppliedChange] = []
        invoices.cdc_apply(batch, now=now, source="sync", arrived=arrived)
        record_latency(batch, arrived, now=now)
        match_created_invoices(batch, now=now)
        missed_webhooks_record(batch, now=now)
        _done(connection, changes.server_time, now=now)
        crash_point("sync.before_commit")
    if asked_at is not None:
        # What just arrived was news and is no difference.
        sync.cdc_cursor = changes.server_time
        _reconcile(connection, client, since=None, now=now)


def _reconcile(
    connection: Connection, client: QuickBooksClient, *, since: datetime | None, now: datetime
) -> None:
    """Read by the time of the last change; everything when `since` is None, which is a full comparison."""
    found = reconcile(connection, client, since=since, now=now, on_progress=lambda: _extend_lease(connection))
    outages_close([connection], now=now)
    _done(connection, found.server_time, now=now)
    if since is None:
        asked_at = connection.company.sync.reconcile_requested_at
        mine = SyncState.objects.filter(company=connection.company_id)
        mine.update(reconciled_at=now, reconcile_differences=found.differences)
        mine.filter(reconcile_requested_at=asked_at).update(reconcile_requested_at=None)


def record_latency(batch: invoices.Batch, arrived: list[invoices.AppliedChange], *, now: datetime) -> None:
    """Keep how long the changes took that a batch brought, and that what failed before works again.

    Where nothing changed and nothing had failed this costs no statement.
    """
    answered = {row.company_id: changes.server_time for row, changes in batch}
    latency_record(((company, (answered[company] - at).total_seconds()) for company, at in arrived), now=now)
    outages_close((row for row, _changes in batch), now=now)


def request_reconciliation(connection: Connection, *, now: datetime) -> bool:
    """Request a reconciliation, which the next dispatch starts; False when that cannot be now."""
    ready = SyncState.objects.filter(
        is_connected(), company=connection.company_id, import_state=SyncState.Import.DONE
    )
    return bool(ready.update(reconcile_requested_at=now, next_sync_at=now))


def _done(connection: Connection, server_time: datetime, *, now: datetime) -> None:
    SyncState.objects.filter(company=connection.company_id).update(
        cdc_cursor=server_time,
        last_sync_at=now,
        consecutive_failures=0,
        last_error="",
        next_sync_at=next_sync_time(connection, now=now),
    )


def _extend_lease(connection: Connection) -> None:
    """Keep the lease of a long catching-up alive."""
    until = connection.company.sync.sync_lease_until = timezone.now() + SYNC_LEASE
    lease_extend(SyncState.objects.filter(company=connection.company_id), "sync_lease_until", until=until)


def _back_off(connection: Connection) -> timedelta:
    seconds = min(
        2 ** min(connection.company.sync.consecutive_failures + 1, 10) * 5, MAX_BACKOFF.total_seconds()
    )
    return timedelta(seconds=seconds * random.uniform(0.5, 1))  # noqa: S311 - not a secret


def request_sync_if_stale(connection: Connection, *, now: datetime, older_than: timedelta) -> None:
    """Let the next dispatch ask for changes when what is shown is older than `older_than`; keep that somebody looked."""
    if not connection.is_active:
        return
    sync = connection.company.sync
    mine = SyncState.objects.filter(company=connection.company_id)
    if sync.last_viewed_at is None or sync.last_viewed_at < now - VIEW_WRITE_INTERVAL:
        mine.update(last_viewed_at=now)
    if webhooks_reliable(connection, now=now) or read_quota(now=now).is_slow:
        older_than = max(older_than, SLOWED_VIEW_INTERVAL)
    is_old = sync.last_sync_at is None or sync.last_sync_at < now - older_than
    is_due = sync.next_sync_at is not None and sync.next_sync_at <= now
    is_syncing = sync.sync_lease_until is not None and sync.sync_lease_until > now
    if is_old and not is_due and not is_syncing and not sync.consecutive_failures:
        far = Q(next_sync_at__isnull=True) | Q(next_sync_at__gt=now)
        mine.filter(far, consecutive_failures=0).update(next_sync_at=now)


def reference_lists_due(*, now: datetime) -> list[int]:
    """Return the companies whose tax codes, terms and profile are read again.

    Those somebody looked at lately once a day, and at once those that refused something nobody had foreseen.
    """
    is_old = Q(
        lists_refreshed_at__lt=now - REFERENCE_LISTS_INTERVAL,
        last_viewed_at__gt=now - REFERENCE_LISTS_INTERVAL,
    )
    used = SyncState.objects.filter(
        is_old | Q(lists_refreshed_at__isnull=True), is_connected(), import_state=SyncState.Import.DONE
    )
    return list(used.values_list("pk", flat=True))


def reads_probe(*, now: datetime) -> bool:
    """Try one cheap read when a block's probe is due; True when it ended the block."""
    block = open_reads_block()
    if block is None or block.next_probe_at > now:
        return False
    active = Connection.objects.filter(status=Connection.Status.ACTIVE)
    connection = active.order_by("company__sync__last_sync_at", "pk").first()
    if connection is None:
        return reads_block_end(now=now)
    try:
        client_for(connection, interactive=False).company_info()
    except QuickBooksError as error:
        failure_record(connection, error, now=now)
        return False
    return reads_block_end(now=now)


def reference_lists_refresh(connection: Connection, *, now: datetime) -> bool:
    """Read what change data capture does not tell of; whoever moves the moment of the last reading reads."""
    if open_reads_block() is not None:
        return False
    company = connection.company
    seen = company.sync.lists_refreshed_at
    mine = SyncState.objects.filter(company=company)
    if not mine.filter(lists_refreshed_at=seen).update(lists_refreshed_at=now):
        return False
    client = client_for(connection, interactive=False)
    try:
        company_profile_refresh(connection, now=now, interactive=False)
        _lists_read(connection, client)
    except QuickBooksError as error:
        mine.update(lists_refreshed_at=seen)
        failure_record(connection, error, now=now)
        return False
    return True


def _lists_read(connection: Connection, client: QuickBooksClient) -> None:
    """Read the lists that an invoice refers to, classes and locations where the company uses them."""
    company = connection.company
    invoices.tax_codes_apply(company, client.tax_codes())
    invoices.terms_apply(company, client.terms())
    for entity in company.invoice_facts.lists:
        invoices.named_apply(company, entity, client.named(entity))
    accounts = [[account.qbo_id, account.name[:255]] for account in client.income_accounts()]
    Company.objects.filter(pk=company.pk).update(income_accounts=accounts)
