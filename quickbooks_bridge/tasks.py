"""Celery's side: wake-ups that carry ids, and the sweep that finds what nobody woke."""

import logging
from datetime import datetime, timedelta

from celery import Task, current_app, shared_task
from django.conf import settings
from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When
from django.utils import timezone
from kombu.exceptions import OperationalError

from deals.sign_in_limits import attempts_cleanup
from quickbooks_bridge import wake_file
from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.models import (
    Connection,
    InvoiceIntent,
    Notice,
    OAuthState,
    UnreadEvents,
    VoidRun,
    WebhookEvent,
)
from quickbooks_bridge.selectors import open_reads_block
from quickbooks_bridge.services.calls import budget, counts_write
from quickbooks_bridge.services.connection import note_failure
from quickbooks_bridge.services.heartbeat import EVERY, heartbeat_write
from quickbooks_bridge.services.index import (
    connection_load,
    connection_sync,
    lists_due,
    lists_read,
    reads_probe,
)
from quickbooks_bridge.services.intents import UNFINISHED, intent_run
from quickbooks_bridge.services.notices import expiry_notices, notice_send
from quickbooks_bridge.services.outages import outages_tidy
from quickbooks_bridge.services.pace import pace_tidy
from quickbooks_bridge.services.poll import CHUNK, OWN_RUN, ROUND_SECONDS, companies_due, connections_sync
from quickbooks_bridge.services.second_look import second_look
from quickbooks_bridge.services.tokens import DatabaseTokens
from quickbooks_bridge.services.voids import void_settle
from quickbooks_bridge.services.webhooks import (
    PAUSE,
    announced_meanwhile,
    announcements_handled,
    announcements_open,
    forgotten_due,
)

logger = logging.getLogger(__name__)

AT_ONCE = 5000
KEPT = timedelta(days=30)
# Where somebody may be looking, an answer waits no longer than this for slower companies'.
PATIENCE = 0.5
# A wake-up that nobody took by then is sent again, and an old one is not taken any more: a queue never piles up.
WAKE_AGAIN = OWN_RUN


def wake(task: str, *args: object, seconds: float = 0) -> None:
    """Send a wake-up, to be taken in so many `seconds`; when none is sent the sweep finds the row.

    Without a broker of its own the worker of the same machine is told to sweep at once.
    """
    if not settings.REDIS_URL:
        wake_file.ring()
        return
    try:
        current_app.send_task(
            f"quickbooks_bridge.tasks.{task}",
            args=args,
            countdown=seconds or None,
            expires=WAKE_AGAIN.total_seconds(),
            retry=False,
        )
    except OperationalError:
        logger.warning("wake-up not sent: the broker does not answer", extra={"task": task})


class _Beat:
    """When this process last wrote the sign of life."""

    written: datetime | None = None


@shared_task
def sweep() -> None:
    """Find due work in the rows and start it: companies to ask or to read, unfinished invoices and voids.

    Companies to ask go out in chunks, for what a chunk shares makes a company cheap.

    With nothing due this is one statement on indexed columns, once a second in the embedded default.
    """
    now = timezone.now()
    if _Beat.written is None or abs(now - _Beat.written) >= EVERY:
        heartbeat_write(now=now)
        forgotten_due(now=now)
        _Beat.written = now
    counts_write()
    found: dict[str, list[int]] = {}
    for what, pk in _due(now):
        found.setdefault(what, []).append(pk)
    again = now + WAKE_AGAIN
    companies = found.get("sync", []) + found.get("load", [])
    if companies:
        Connection.objects.filter(pk__in=companies, status=Connection.Status.ACTIVE).filter(
            Q(next_sync_at__isnull=True) | Q(next_sync_at__lte=now)
        ).update(next_sync_at=again)
    if "intent" in found:
        InvoiceIntent.objects.filter(pk__in=found["intent"], next_check_at__lte=now).update(
            next_check_at=again
        )
    expires = WAKE_AGAIN.total_seconds()
    due = found.pop("sync", [])
    for start in range(0, len(due), CHUNK):
        sync_connections.apply_async((due[start : start + CHUNK],), expires=expires)
    tasks: dict[str, Task[[int], None]] = {
        "load": load_connection,
        "intent": check_intent,
        "void": settle_void,
        "notice": send_notice,
    }
    for what, keys in found.items():
        for pk in keys:
            tasks[what].apply_async((pk,), expires=expires)


def reads_are_stopped(now: datetime) -> bool:
    """Return whether background reads rest: for our own budget, or because QuickBooks refuses them."""
    return open_reads_block() is not None or budget(now=now).is_used_up


def _due(now: datetime) -> list[tuple[str, int]]:
    """Give what is due and its row, at most `AT_ONCE`; whoever works on a row holds its lease."""
    is_loaded = Q(import_state=Connection.Import.DONE)
    free = (is_loaded & (Q(sync_lease_until__isnull=True) | Q(sync_lease_until__lt=now))) | (
        ~is_loaded & (Q(import_lease_until__isnull=True) | Q(import_lease_until__lt=now))
    )
    what = Case(When(is_loaded, then=Value("sync")), default=Value("load"), output_field=CharField())
    if open_reads_block() is not None:
        free &= Q(pk__in=[])
    elif budget(now=now).is_used_up:
        free &= ~is_loaded
    companies = (
        Connection.objects.filter(free, status=Connection.Status.ACTIVE)
        .filter(Q(next_sync_at__isnull=True) | Q(next_sync_at__lte=now))
        .annotate(what=what)
        .values_list("what", "pk")
    )
    # Without a connection nothing can be asked: the intent waits until its company is connected again.
    askable = Connection.objects.filter(
        account=OuterRef("account"), realm_id=OuterRef("realm_id"), status=Connection.Status.ACTIVE
    )
    intents = (
        InvoiceIntent.objects.filter(Exists(askable), state__in=UNFINISHED, next_check_at__lte=now)
        .annotate(what=Value("intent", output_field=CharField()))
        .values_list("what", "pk")
    )
    voids = (
        VoidRun.objects.filter(next_check_at__lte=now)
        .annotate(what=Value("void", output_field=CharField()))
        .values_list("what", "pk")
    )
    notices = (
        Notice.objects.filter(next_try_at__lte=now)
        .annotate(what=Value("notice", output_field=CharField()))
        .values_list("what", "pk")
    )
    return list(companies.union(intents, voids, notices, all=True)[:AT_ONCE])


@shared_task
def sync_connections(pks: list[int]) -> None:
    """Ask a chunk of companies for changes; those that need more than one call get a task of their own."""
    now = timezone.now()
    if reads_are_stopped(now):
        return
    _sync(pks, now)


@shared_task
def sync_due() -> None:
    """Ask whatever companies are due at this moment together: those of a burst of announcements share their statements.

    Whoever finds none has been woken for what another took along.
    """
    now = timezone.now()
    if reads_are_stopped(now):
        return
    pks = companies_due(now=now)
    if pks:
        _sync(pks, now, patience=PATIENCE)
    if len(pks) == CHUNK:
        sync_due.apply_async(expires=WAKE_AGAIN.total_seconds())


def _sync(pks: list[int], now: datetime, *, patience: float = ROUND_SECONDS) -> None:
    polled = connections_sync(pks, now=now, patience=patience, again=_again_soon)
    for pk in polled.alone:
        sync_connection.apply_async((pk,), expires=WAKE_AGAIN.total_seconds())


@shared_task
def sync_connection(pk: int) -> None:
    """Ask one company for changes; announcements received before are thereby handled."""
    now = timezone.now()
    connection = Connection.objects.select_related("account").filter(pk=pk).first()
    if connection is None or reads_are_stopped(now):
        return
    announced = announcements_open([connection.realm_id])
    if connection_sync(connection, now=now):
        announcements_handled(announced.get(connection.realm_id, []), now=now)
        if announced_meanwhile([connection.realm_id], now=now):
            _again_soon()


def _again_soon() -> None:
    """Ask once more after a pause in which a burst gathers; where the schedule looks every second it does so itself."""
    if settings.REDIS_URL:
        sync_due.apply_async(countdown=PAUSE.total_seconds(), expires=WAKE_AGAIN.total_seconds())


@shared_task
def load_connection(pk: int) -> None:
    """Read a newly connected company."""
    connection = Connection.objects.select_related("account").filter(pk=pk).first()
    if connection is not None:
        connection_load(connection, now=timezone.now())


@shared_task
def check_intent(pk: int) -> None:
    """Find out what became of an invoice whose making was not confirmed."""
    intent = InvoiceIntent.objects.select_related("deal", "member").filter(pk=pk).first()
    if intent is None:
        return
    connection = Connection.objects.filter(
        account_id=intent.account_id, realm_id=intent.realm_id, status=Connection.Status.ACTIVE
    ).first()
    if connection is not None:
        intent_run(intent, connection, now=timezone.now(), interactive=False)


@shared_task
def settle_void(pk: int) -> None:
    """Finish a void whose answer was lost or whose process died."""
    begun = VoidRun.objects.select_related("invoice", "member").filter(pk=pk, ended_at__isnull=True).first()
    if begun is None:
        return
    connection = Connection.objects.filter(
        account_id=begun.account_id, realm_id=begun.invoice.realm_id, status=Connection.Status.ACTIVE
    ).first()
    if connection is not None:
        void_settle(begun, connection, now=timezone.now())


@shared_task
def send_notice(pk: int) -> None:
    """Send a message that is due."""
    notice_send(pk, now=timezone.now())


@shared_task
def read_lists() -> None:
    """Read again, where somebody works, the lists that change data capture does not tell of."""
    now = timezone.now()
    if budget(now=now).is_slow:
        return
    for pk in lists_due(now=now):
        read_company_lists.apply_async((pk,))


@shared_task
def read_company_lists(pk: int) -> None:
    """Read the lists of one company."""
    connection = Connection.objects.select_related("account").filter(pk=pk).first()
    if connection is not None and connection.is_active:
        lists_read(connection, now=timezone.now())


@shared_task
def tidy() -> None:
    """Drop what nobody asks for any more: announcements long past, consents that were never finished."""
    now = timezone.now()
    WebhookEvent.objects.filter(handled_at__lt=now - KEPT).delete()
    # Of companies that were disconnected: a new connection reads everything anew.
    WebhookEvent.objects.filter(handled_at__isnull=True, received_at__lt=now - KEPT).delete()
    OAuthState.objects.filter(expires_at__lt=now - KEPT).delete()
    UnreadEvents.objects.filter(last_at__lt=now - KEPT).delete()
    attempts_cleanup(now=now)
    pace_tidy(now=now)
    outages_tidy(now=now)


@shared_task
def look_at_parked() -> None:
    """Try again what could not be read."""
    if open_reads_block() is None:
        second_look(now=timezone.now())


@shared_task
def probe_reads() -> None:
    """Find out whether a block of the month's reads is over."""
    reads_probe(now=timezone.now())


@shared_task
def keep_tokens_alive() -> None:
    """Refresh tokens nobody used for a day, long before they run out; tell owners whose consent itself will end."""
    now = timezone.now()
    expiry_notices(now=now)
    idle = Connection.objects.filter(
        status=Connection.Status.ACTIVE, tokens_stored_at__lt=now - timedelta(days=1)
    )
    for connection in idle.iterator():
        try:
            DatabaseTokens(connection.pk).access_token()
        except QuickBooksError as error:
            note_failure(connection, error, now=now)
