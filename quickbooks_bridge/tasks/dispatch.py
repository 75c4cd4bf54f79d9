"""The schedule's task: finds due rows and enqueues a task for each."""

from datetime import datetime

from celery import Task, shared_task
from django.db.models import Case, CharField, Q, Value, When
from django.utils import timezone

from quickbooks_bridge.db.leases import lease_is_free
from quickbooks_bridge.models import ChatMessage, InvoiceIntent, Notification, SyncState, VoidOperation
from quickbooks_bridge.selectors.connections import is_connected, open_reads_block
from quickbooks_bridge.services.invoicing.intents import OPEN_STATES
from quickbooks_bridge.services.operations.api_usage import read_quota, usage_flush_quietly
from quickbooks_bridge.services.operations.heartbeat import WRITE_INTERVAL, heartbeat_write
from quickbooks_bridge.services.sync.batch import BATCH_SIZE
from quickbooks_bridge.services.sync.webhook_inbox import reschedule_stale_events

from .enqueue import REQUEUE_AFTER
from .inbox import send_chat_message
from .invoices import resume_intent, resume_void
from .maintenance import send_notification
from .sync import import_company, sync_companies

MAX_DUE = 5000


class _LastBeat:
    """When this process last wrote the sign of life."""

    written: datetime | None = None


@shared_task
def dispatch_due_work() -> None:
    """Find due work in the rows and start it: companies to ask or to read, unfinished invoices and voids.

    Companies to ask go out in chunks, for what a chunk shares makes a company cheap.

    With nothing due this is one statement on indexed columns, once a second in the embedded default.
    """
    now = timezone.now()
    if _LastBeat.written is None or abs(now - _LastBeat.written) >= WRITE_INTERVAL:
        heartbeat_write(now=now)
        reschedule_stale_events(now=now)
        _LastBeat.written = now
    usage_flush_quietly()
    found: dict[str, list[int]] = {}
    for what, pk in due_work(now):
        found.setdefault(what, []).append(pk)
    again = now + REQUEUE_AFTER
    companies = found.get("sync", []) + found.get("load", [])
    if companies:
        SyncState.objects.filter(is_connected(), pk__in=companies).filter(
            Q(next_sync_at__isnull=True) | Q(next_sync_at__lte=now)
        ).update(next_sync_at=again)
    if "intent" in found:
        InvoiceIntent.objects.filter(pk__in=found["intent"], next_check_at__lte=now).update(
            next_check_at=again
        )
    expires = REQUEUE_AFTER.total_seconds()
    due = found.pop("sync", [])
    for start in range(0, len(due), BATCH_SIZE):
        sync_companies.apply_async((due[start : start + BATCH_SIZE],), expires=expires)
    tasks: dict[str, Task[[int], None]] = {
        "load": import_company,
        "intent": resume_intent,
        "void": resume_void,
        "notice": send_notification,
        "chat": send_chat_message,
    }
    for what, keys in found.items():
        for pk in keys:
            tasks[what].apply_async((pk,), expires=expires)


def due_work(now: datetime) -> list[tuple[str, int]]:
    """Return what is due and its row, at most `MAX_DUE`; whoever works on a row holds its lease."""
    is_loaded = Q(import_state=SyncState.Import.DONE)
    free = (is_loaded & lease_is_free("sync_lease_until", now=now)) | (
        ~is_loaded & lease_is_free("import_lease_until", now=now)
    )
    what = Case(When(is_loaded, then=Value("sync")), default=Value("load"), output_field=CharField())
    if open_reads_block() is not None:
        free &= Q(pk__in=[])
    elif read_quota(now=now).is_used_up:
        free &= ~is_loaded
    companies = (
        SyncState.objects.filter(free, is_connected())
        .filter(Q(next_sync_at__isnull=True) | Q(next_sync_at__lte=now))
        .annotate(what=what)
        .values_list("what", "pk")
    )
    # Without a connection nothing can be asked: the intent waits until its company is connected again.
    intents = (
        InvoiceIntent.objects.filter(is_connected("company"), state__in=OPEN_STATES, next_check_at__lte=now)
        .annotate(what=Value("intent", output_field=CharField()))
        .values_list("what", "pk")
    )
    voids = (
        VoidOperation.objects.filter(next_check_at__lte=now)
        .annotate(what=Value("void", output_field=CharField()))
        .values_list("what", "pk")
    )
    notices = (
        Notification.objects.filter(next_try_at__lte=now)
        .annotate(what=Value("notice", output_field=CharField()))
        .values_list("what", "pk")
    )
    chats = (
        ChatMessage.objects.filter(next_try_at__lte=now)
        .annotate(what=Value("chat", output_field=CharField()))
        .values_list("what", "pk")
    )
    return list(companies.union(intents, voids, notices, chats, all=True)[:MAX_DUE])
