"""Say what is wrong with keys, tokens, announcements and schedule, and how to mend it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from quickbooks_bridge.crypto import UnreadableToken, decrypt
from quickbooks_bridge.gateway import oauth
from quickbooks_bridge.models import Connection, InvoiceIntent, WebhookEvent
from quickbooks_bridge.services.tokens import oauth_config


class Command(BaseCommand):
    """Look at everything QuickBooks needs; exit 1 when something must be mended."""

    help = "Say what is wrong with the QuickBooks connection and how to mend it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per finding."""
        findings = [*_keys(), *_webhook(), *_connections(), *_queue()]
        for finding in findings:
            self.stdout.write(f"- {finding}")
        if findings:
            raise CommandError(f"{len(findings)} to mend")
        self.stdout.write("All is well.")


def _keys() -> Iterator[str]:
    if not settings.QUICKBOOKS_CLIENT_ID or not settings.QUICKBOOKS_CLIENT_SECRET:
        yield "QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET are missing: take them from your Intuit app."
        return
    try:
        oauth.authorization_url(oauth_config(), state="doctor")
    except oauth.OAuthError:
        yield f"QuickBooks' discovery document does not answer ({settings.QUICKBOOKS_ENVIRONMENT}): check the network."


def _webhook() -> Iterator[str]:
    if not settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN:
        yield (
            "QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN is missing: changes arrive by polling only. "
            f"Register {settings.PUBLIC_URL}/quickbooks/webhook/ in your Intuit app to be told at once."
        )


def _connections() -> Iterator[str]:
    now = timezone.now()
    for connection in Connection.objects.exclude(status=Connection.Status.DISCONNECTED):
        name = f"{connection.company_name} (realm {connection.realm_id})"
        if connection.status == Connection.Status.NEEDS_RECONNECT:
            yield f"{name} needs its owner to sign in again: press Reconnect on the settings page."
            continue
        try:
            decrypt(connection.refresh_token, keys=settings.TOKEN_KEYS)
        except UnreadableToken:
            yield f"{name}: none of TOKEN_KEYS opens its tokens. Put the former key back, or reconnect."
        if connection.refresh_expires_at and connection.refresh_expires_at < now + timedelta(days=7):
            yield f"{name}: its refresh token runs out within a week although it should be renewed daily: is the worker running?"
        late = timedelta(seconds=settings.QUICKBOOKS_POLL_SECONDS * 3 + 60)
        if connection.last_sync_at and connection.last_sync_at < now - late:
            yield f"{name}: last asked for changes at {connection.last_sync_at:%Y-%m-%d %H:%M} UTC: is the worker running?"


def _queue() -> Iterator[str]:
    old = timezone.now() - timedelta(minutes=15)
    unfinished = InvoiceIntent.objects.filter(
        created_at__lt=old, state__in=("new", "sending", "unknown")
    ).count()
    if unfinished:
        yield f"{unfinished} invoices have been unconfirmed for over 15 minutes: is the worker running, is QuickBooks connected?"
    waiting = WebhookEvent.objects.filter(handled_at__isnull=True, received_at__lt=old).count()
    if waiting:
        yield f"{waiting} announcements have waited for over 15 minutes: is the worker running?"
