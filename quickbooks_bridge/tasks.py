"""Celery's side: wake-ups that carry ids, and the sweep that finds what nobody woke."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.models import Connection, InvoiceIntent, WebhookEvent
from quickbooks_bridge.services.connection import note_failure
from quickbooks_bridge.services.index import connection_load, connection_sync
from quickbooks_bridge.services.intents import UNFINISHED, intent_run
from quickbooks_bridge.services.tokens import DatabaseTokens

AT_ONCE = 200
KEPT = timedelta(days=30)


def wake(task: str, *args: object) -> None:
    """Send a wake-up where another process can get it; without a broker the sweep finds the row."""
    if settings.REDIS_URL:
        from celery import current_app

        current_app.send_task(f"quickbooks_bridge.tasks.{task}", args=args)


@shared_task
def sweep() -> None:
    """Find due work in the rows and start it: connections, announced changes, unfinished invoices."""
    now = timezone.now()
    announced = WebhookEvent.objects.filter(handled_at__isnull=True).values("realm_id")
    free = Q(sync_lease_until__isnull=True) | Q(sync_lease_until__lt=now)
    active = Connection.objects.filter(status=Connection.Status.ACTIVE)
    due = (
        active.filter(free, import_state=Connection.Import.DONE)
        .filter(Q(next_sync_at__lte=now) | Q(realm_id__in=announced, failures=0))
        .values_list("pk", flat=True)[:AT_ONCE]
    )
    for pk in due:
        sync_connection.delay(pk)
    unread = (
        active.exclude(import_state=Connection.Import.DONE)
        .filter(Q(import_lease_until__isnull=True) | Q(import_lease_until__lt=now))
        .values_list("pk", flat=True)[:AT_ONCE]
    )
    for pk in unread:
        load_connection.delay(pk)
    # Without a connection nothing can be asked: the intent waits until its company is connected again.
    askable = active.filter(account=OuterRef("account"), realm_id=OuterRef("realm_id"))
    unfinished = InvoiceIntent.objects.filter(
        Exists(askable), state__in=UNFINISHED, next_check_at__lte=now
    ).values_list("pk", flat=True)[:AT_ONCE]
    for pk in unfinished:
        check_intent.delay(pk)


@shared_task
def sync_connection(pk: int) -> None:
    """Ask one company for changes; announcements received before are thereby handled."""
    now = timezone.now()
    connection = Connection.objects.select_related("account").filter(pk=pk).first()
    if connection is None:
        return
    pending = list(
        WebhookEvent.objects.filter(
            realm_id=connection.realm_id, handled_at__isnull=True, received_at__lte=now
        ).values_list("pk", flat=True)[:5000]
    )
    if connection_sync(connection, now=now):
        WebhookEvent.objects.filter(pk__in=pending).update(handled_at=now)
        WebhookEvent.objects.filter(realm_id=connection.realm_id, handled_at__lt=now - KEPT).delete()


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
def keep_tokens_alive() -> None:
    """Refresh tokens nobody used for a day, long before they run out."""
    now = timezone.now()
    idle = Connection.objects.filter(
        status=Connection.Status.ACTIVE, tokens_stored_at__lt=now - timedelta(days=1)
    )
    for connection in idle.iterator():
        try:
            DatabaseTokens(connection.pk).access_token()
        except QuickBooksError as error:
            note_failure(connection, error, now=now)
