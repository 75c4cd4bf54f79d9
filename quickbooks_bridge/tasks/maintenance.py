"""Celery tasks beside the sync: notifications, cleanup, tokens that nobody uses."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from deals.api.idempotency import requests_clean
from deals.embed.sessions import sessions_clean
from deals.models import ImportFile
from deals.sign_in_limits import attempts_cleanup
from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.invoice_form.readiness import readiness_check, readiness_due
from quickbooks_bridge.models import Connection, OAuthState, UnreadableEvents, WebhookEvent
from quickbooks_bridge.services.connections.lifecycle import failure_record
from quickbooks_bridge.services.connections.tokens import ConnectionTokenSource
from quickbooks_bridge.services.invoicing.attachments import attachments_cleanup, attachments_send
from quickbooks_bridge.services.invoicing.records import records_continue
from quickbooks_bridge.services.operations.notifications import notification_send, notify_consent_expiry
from quickbooks_bridge.services.operations.outages import outages_cleanup
from quickbooks_bridge.services.operations.sync_latency import latency_cleanup

RETENTION = timedelta(days=30)


@shared_task
def send_notification(pk: int) -> None:
    """Send a message that is due."""
    notification_send(pk, now=timezone.now())


@shared_task
def cleanup() -> None:
    """Drop what nobody asks for any more: webhook events long past, consents that were never finished."""
    now = timezone.now()
    WebhookEvent.objects.filter(processed_at__lt=now - RETENTION).delete()
    # Of companies that were disconnected: a new connection reads everything anew.
    WebhookEvent.objects.filter(processed_at__isnull=True, received_at__lt=now - RETENTION).delete()
    OAuthState.objects.filter(expires_at__lt=now - RETENTION).delete()
    UnreadableEvents.objects.filter(last_seen_at__lt=now - RETENTION).delete()
    attempts_cleanup(now=now)
    sessions_clean(now=now)
    requests_clean(now=now)
    ImportFile.objects.filter(created_at__lt=now - timedelta(days=1)).delete()
    attachments_cleanup(now=now)
    latency_cleanup(now=now)
    outages_cleanup(now=now)


@shared_task
def refresh_idle_tokens() -> None:
    """Refresh tokens nobody used for a day, long before they run out; tell owners whose consent itself will end."""
    now = timezone.now()
    notify_consent_expiry(now=now)
    idle = Connection.objects.filter(
        status=Connection.Status.ACTIVE, tokens_stored_at__lt=now - timedelta(days=1)
    )
    for connection in idle.iterator():
        try:
            ConnectionTokenSource(connection.pk).access_token()
        except QuickBooksError as error:
            failure_record(connection, error, now=now)


@shared_task
def check_readiness() -> None:
    """Check the open deals of accounts that are due: every night, or because somebody asked."""
    now = timezone.now()
    for account in readiness_due(now=now):
        readiness_check(account, now=now)


@shared_task
def continue_records() -> None:
    """Seal what happened to created invoices into their histories."""
    records_continue()


@shared_task
def send_attachments() -> None:
    """Upload the files that are due."""
    attachments_send(now=timezone.now())
