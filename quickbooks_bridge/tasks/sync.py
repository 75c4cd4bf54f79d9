"""Celery tasks that read from QuickBooks: initial import, sync, reference lists, retries."""

from datetime import datetime

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from quickbooks_bridge.models import (
    Connection,
)
from quickbooks_bridge.selectors.connections import open_reads_block
from quickbooks_bridge.services.operations.api_usage import read_quota
from quickbooks_bridge.services.sync.batch import BATCH_SIZE, MAX_ROUND_SECONDS, due_companies, sync_batch
from quickbooks_bridge.services.sync.company import (
    initial_import,
    reads_probe,
    reference_lists_due,
    reference_lists_refresh,
    sync_company,
)
from quickbooks_bridge.services.sync.unreadable_retry import retry_unreadable
from quickbooks_bridge.services.sync.webhook_inbox import (
    BURST_PAUSE,
    reschedule_if_new_events,
    webhook_events_mark_processed,
    webhook_events_pending,
)

from .enqueue import REQUEUE_AFTER

# Where somebody may be looking, an answer waits no longer than this for slower companies'.
MAX_WAIT = 0.5


def reads_are_stopped(now: datetime) -> bool:
    """Return whether background reads rest: for our own budget, or because QuickBooks refuses them."""
    return open_reads_block() is not None or read_quota(now=now).is_used_up


@shared_task
def sync_companies(pks: list[int]) -> None:
    """Ask a chunk of companies for changes; those that need more than one call get a task of their own."""
    now = timezone.now()
    if reads_are_stopped(now):
        return
    _sync(pks, now)


@shared_task
def sync_due() -> None:
    """Ask whatever companies are due at this moment together: those of a burst of webhook events share their statements.

    Whoever finds none was sent for what another took along.
    """
    now = timezone.now()
    if reads_are_stopped(now):
        return
    pks = due_companies(now=now)
    if pks:
        _sync(pks, now, max_wait=MAX_WAIT)
    if len(pks) == BATCH_SIZE:
        sync_due.apply_async(expires=REQUEUE_AFTER.total_seconds())


def _sync(pks: list[int], now: datetime, *, max_wait: float = MAX_ROUND_SECONDS) -> None:
    polled = sync_batch(pks, now=now, max_wait=max_wait, again=_sync_again_soon)
    for pk in polled.alone:
        sync_one_company.apply_async((pk,), expires=REQUEUE_AFTER.total_seconds())


@shared_task
def sync_one_company(pk: int) -> None:
    """Ask one company for changes; webhook events received before are thereby processed."""
    now = timezone.now()
    connection = Connection.objects.select_related("account").filter(pk=pk).first()
    if connection is None or reads_are_stopped(now):
        return
    events = webhook_events_pending([connection.company.realm_id])
    if sync_company(connection, now=now):
        webhook_events_mark_processed(events.get(connection.company.realm_id, []), now=now)
        if reschedule_if_new_events([connection.company.realm_id], now=now):
            _sync_again_soon()


def _sync_again_soon() -> None:
    """Ask once more after a pause in which a burst gathers; where the schedule looks every second it does so itself."""
    if settings.REDIS_URL:
        sync_due.apply_async(countdown=BURST_PAUSE.total_seconds(), expires=REQUEUE_AFTER.total_seconds())


@shared_task
def import_company(pk: int) -> None:
    """Read a newly connected company."""
    connection = Connection.objects.select_related("account").filter(pk=pk).first()
    if connection is not None:
        initial_import(connection, now=timezone.now())


@shared_task
def refresh_reference_lists() -> None:
    """Read again, where somebody works, the lists that change data capture does not tell of."""
    now = timezone.now()
    if read_quota(now=now).is_slow:
        return
    for pk in reference_lists_due(now=now):
        refresh_company_lists.apply_async((pk,))


@shared_task
def refresh_company_lists(pk: int) -> None:
    """Read the lists of one company."""
    connection = Connection.objects.select_related("account").filter(pk=pk).first()
    if connection is not None and connection.is_active:
        reference_lists_refresh(connection, now=timezone.now())


@shared_task
def retry_unreadable_objects() -> None:
    """Try again what could not be read."""
    if open_reads_block() is None:
        retry_unreadable(now=timezone.now())


@shared_task
def probe_reads() -> None:
    """Find out whether a block of the month's reads is over."""
    reads_probe(now=timezone.now())
