"""Bringing a company's changes here: the first load, the regular look for changes, and the full comparison."""

import logging
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from quickbooks_bridge.domain.remote import RemoteDeletion
from quickbooks_bridge.gateway.client import PAGE, QuickBooksClient
from quickbooks_bridge.gateway.errors import NotFound, QuickBooksError, Throttled
from quickbooks_bridge.models import Connection, Invoice

from . import sync
from .connection import client_for, company_read, note_failure
from .intents import intents_adopt
from .voids import voids_settle

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
OVERLAP = timedelta(minutes=5)
LOOK_BACK = timedelta(days=29)
SLOWEST = timedelta(minutes=15)


def connection_load(connection: Connection, *, now: datetime) -> bool:
    """Read all lists and invoices of a newly connected company, telling how far it is; True when all is read.

    The moment to ask changes from is taken before the first page, so what changes meanwhile is asked for again.
    """
    claimed = (
        Connection.objects.filter(pk=connection.pk, status=Connection.Status.ACTIVE)
        .exclude(import_state=Connection.Import.DONE)
        .filter(Q(import_lease_until__isnull=True) | Q(import_lease_until__lt=now))
        .update(import_state=Connection.Import.RUNNING, import_lease_until=now + LEASE)
    )
    if not claimed:
        return False
    client = client_for(connection, interactive=False)
    try:
        since = client.changes(now).server_time
        company_read(connection, now=now)
        _load_lists(connection, client, now=now)
    except QuickBooksError as error:
        note_failure(connection, error, now=now)
        Connection.objects.filter(pk=connection.pk).update(import_lease_until=now + timedelta(seconds=15))
        return False
    Connection.objects.filter(pk=connection.pk).update(
        import_state=Connection.Import.DONE,
        import_lease_until=None,
        watermark=since,
        last_sync_at=now,
        failures=0,
        last_problem="",
        next_sync_at=now + timedelta(seconds=settings.QUICKBOOKS_POLL_SECONDS),
    )
    return True


def _load_lists(connection: Connection, client: QuickBooksClient, *, now: datetime) -> None:
    sync.tax_codes_apply(connection, client.tax_codes())
    sync.terms_apply(connection, client.terms())
    loads: Sequence[tuple[str, str, Callable[..., Sequence[Any]], Callable[[Sequence[Any]], object]]] = (
        ("items", "Item", client.items, lambda rows: sync.items_apply(connection, rows)),
        ("customers", "Customer", client.customers, lambda rows: sync.customers_apply(connection, rows)),
        (
            "invoices",
            "Invoice",
            client.invoices,
            lambda rows: sync.invoices_apply(connection, rows, now=now, source="load"),
        ),
        ("payments", "Payment", client.payments, lambda rows: sync.payments_apply(connection, rows)),
    )
    progress = {name: {"done": 0, "total": client.count(entity)} for name, entity, _page, _apply in loads}
    _tell(connection, progress)
    for name, _entity, page, apply in loads:
        start = 1
        while True:
            rows = page(start=start)
            apply(rows)
            progress[name]["done"] += len(rows)
            if len(rows) < PAGE:
                break
            start += PAGE
            _tell(connection, progress)
        progress[name]["total"] = progress[name]["done"]
        _tell(connection, progress)


def _tell(connection: Connection, progress: dict[str, dict[str, int]]) -> None:
    Connection.objects.filter(pk=connection.pk).update(import_progress=progress)


def connection_sync(connection: Connection, *, now: datetime, interactive: bool = False) -> bool:
    """Ask once for all changes since the last good answer and apply them; True when that worked.

    The moment to ask from moves in the same transaction that applied the answer: a failed or killed attempt
    loses nothing. An answer that was cut, or a pause past 30 days, leads to a full comparison.
    """
    claimed = Connection.objects.filter(
        Q(sync_lease_until__isnull=True) | Q(sync_lease_until__lt=now),
        pk=connection.pk,
        status=Connection.Status.ACTIVE,
        import_state=Connection.Import.DONE,
    ).update(sync_lease_until=now + LEASE)
    if not claimed:
        return False
    connection.refresh_from_db()
    try:
        _sync_claimed(connection, now=now, interactive=interactive)
    except QuickBooksError as error:
        note_failure(connection, error, now=now)
        wait = timedelta(seconds=error.retry_after) if isinstance(error, Throttled) else _back_off(connection)
        Connection.objects.filter(pk=connection.pk, status=Connection.Status.ACTIVE).update(
            next_sync_at=now + wait
        )
        return False
    finally:
        Connection.objects.filter(pk=connection.pk).update(sync_lease_until=None)
    return True


def _sync_claimed(connection: Connection, *, now: datetime, interactive: bool) -> None:
    client = client_for(connection, interactive=interactive)
    since = connection.watermark
    if since is None or since < now - LOOK_BACK:
        return _compare_all(connection, client, now=now)
    changes = client.changes(since - OVERLAP)
    if changes.is_full:
        return _compare_all(connection, client, now=now)
    # Until a void that was interrupted is finished, the same changes are asked for again.
    is_settled = voids_settle(connection, [invoice.qbo_id for invoice in changes.invoices], now=now)
    with transaction.atomic():
        batch = [(connection, changes)]
        sync.changes_apply(batch, now=now, source="sync")
        intents_adopt(batch, now=now)
        _done(connection, changes.server_time if is_settled else since, now=now)
    return None


def _done(connection: Connection, server_time: datetime, *, now: datetime) -> None:
    spread = random.uniform(0.9, 1.1)  # noqa: S311 - keeps companies from asking all at once
    seconds = settings.QUICKBOOKS_POLL_SECONDS * spread
    Connection.objects.filter(pk=connection.pk).update(
        watermark=server_time,
        last_sync_at=now,
        failures=0,
        last_problem="",
        next_sync_at=now + timedelta(seconds=seconds),
    )


def _compare_all(connection: Connection, client: QuickBooksClient, *, now: datetime) -> None:
    """Read everything again and find what is gone: change data capture can no longer tell."""
    server_time = client.changes(now).server_time
    _load_lists(connection, client, now=now)
    unseen = Invoice.objects.filter(
        account_id=connection.account_id, realm_id=connection.realm_id, is_deleted=False
    ).filter(remote_updated_at__lt=server_time)
    seen = _ids_in_quickbooks(client)
    for row in unseen.only("qbo_id").iterator(chunk_size=500):
        if row.qbo_id in seen:
            continue
        try:
            remote = client.invoice_read(row.qbo_id)
        except NotFound:
            gone = RemoteDeletion("Invoice", row.qbo_id, server_time)
            sync.deletions_apply(connection, [gone], now=now, source="compare")
        else:
            sync.invoices_apply(connection, [remote], now=now, source="compare")
    _done(connection, server_time, now=now)


def _ids_in_quickbooks(client: QuickBooksClient) -> set[str]:
    ids: set[str] = set()
    start = 1
    while True:
        page = client.invoices(start=start)
        ids.update(invoice.qbo_id for invoice in page)
        if len(page) < PAGE:
            return ids
        start += PAGE


def _back_off(connection: Connection) -> timedelta:
    seconds = min(2 ** min(connection.failures + 1, 10) * 5, SLOWEST.total_seconds())
    return timedelta(seconds=seconds * random.uniform(0.5, 1))  # noqa: S311 - not a secret


def sync_wanted(connection: Connection, *, now: datetime, older_than: timedelta) -> None:
    """Let the next sweep ask for changes when what is shown is older than `older_than`."""
    if connection.is_active and (
        connection.last_sync_at is None or connection.last_sync_at < now - older_than
    ):
        Connection.objects.filter(pk=connection.pk, failures=0).filter(
            Q(next_sync_at__isnull=True) | Q(next_sync_at__gt=now)
        ).update(next_sync_at=now)
