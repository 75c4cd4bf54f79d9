"""What is wrong with this installation and how to fix it: keys, tokens, webhook events, schedule, database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db import Error, connections
from django.db.migrations.executor import MigrationExecutor

from crm_invoicing.encryption import UnreadableToken, decrypt
from crm_invoicing.private_files import readable_by_others
from quickbooks_bridge.gateway import oauth
from quickbooks_bridge.gateway.errors import QuickBooksError, ReconnectRequired
from quickbooks_bridge.models import Connection, InvoiceIntent, WebhookEvent
from quickbooks_bridge.selectors.connections import open_reads_block
from quickbooks_bridge.services.connections.keys import client_keys

from .connections.lifecycle import client_for
from .connections.tokens import oauth_config
from .invoicing.intents import OPEN_STATES
from .operations.heartbeat import STALE_AFTER, broker_state, schedule_last_ran

PATIENCE = timedelta(minutes=15)
SOON = timedelta(days=7)
START_WORKER = "Start it: make up starts both, docker compose up -d worker beat starts them there."


@dataclass(frozen=True)
class Diagnosis:
    """Something to fix; `is_advice` when everything works without."""

    what: str
    fix: str
    is_advice: bool = False


def diagnoses(*, now: datetime) -> list[Diagnosis]:
    """Look at everything, over the network too."""
    database = list(database_findings())
    if database:
        return database  # nothing else can be asked
    return [
        *file_findings(),
        *key_findings(),
        *webhook_findings(),
        *reads_findings(),
        *connection_findings(now=now),
        *schedule_findings(now=now),
        *queue_findings(now=now),
    ]


def database_findings() -> Iterator[Diagnosis]:
    """Whether the database answers and has all tables."""
    try:
        executor = MigrationExecutor(connections["default"])
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        yield Diagnosis("The database does not answer.", "Start it, or correct DATABASE_URL.")
        return
    if missing:
        yield Diagnosis(
            f"The database lacks {len(missing)} changes of this version.", "Run: python manage.py migrate"
        )


def file_findings() -> Iterator[Diagnosis]:
    """Whether other users of this machine can read the embedded database or the keys."""
    open_ones = (
        list(readable_by_others(settings.DATA_DIR))
        if settings.IS_SQLITE and settings.DATA_DIR.exists()
        else []
    )
    if open_ones:
        yield Diagnosis(
            f"Other users of this machine can open {open_ones[0]}"
            + (f" and {len(open_ones) - 1} more." if open_ones[1:] else "."),
            "Restart with make up, which repairs it, or: chmod -R go= " + str(settings.DATA_DIR),
        )


def key_findings() -> Iterator[Diagnosis]:
    """Whether Intuit takes the keys of our app."""
    take = "Take them from Keys & credentials of your Intuit app, the ones for this environment."
    if not all(client_keys()):
        yield Diagnosis("QUICKBOOKS_CLIENT_ID or QUICKBOOKS_CLIENT_SECRET is missing.", take)
        return
    try:
        # No token is spent: one that never was is refused, and how tells whether the keys were taken.
        oauth.refresh(oauth_config(), refresh_token="asked-by-the-doctor")  # noqa: S106 - nobody's
    except oauth.InvalidGrant:
        pass
    except oauth.BadKeys:
        yield Diagnosis("Intuit refuses QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET.", take)
    except oauth.OAuthError:
        yield Diagnosis(
            f"QuickBooks' sign-in does not answer ({oauth_config().environment}).",
            "Check QUICKBOOKS_ENVIRONMENT, QUICKBOOKS_DISCOVERY_URL and that this machine reaches the network.",
        )


def webhook_findings() -> Iterator[Diagnosis]:
    """Whether webhooks can arrive."""
    address = f"{settings.PUBLIC_URL}/quickbooks/webhook/"
    if not settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN:
        yield Diagnosis(
            "QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN is missing: changes are seen by polling only.",
            f"Register {address} under Webhooks of your Intuit app and copy its verifier token.",
            is_advice=True,
        )
        return
    public = urlsplit(address)
    if public.scheme != "https" and not settings.QUICKBOOKS_DISCOVERY_URL:
        yield Diagnosis(
            f"Intuit sends webhooks to https addresses only, and PUBLIC_URL is {settings.PUBLIC_URL}.",
            "Set PUBLIC_URL to the https address people use.",
        )
        return
    try:
        # Unsigned, so it must be refused: 401 is the sign that webhooks arrive at their view.
        status = requests.post(address, data=b"{}", timeout=10, allow_redirects=False).status_code
    except requests.RequestException:
        status = 0
    if status != 401:
        yield Diagnosis(
            f"{address} {f'answers {status} instead of 401' if status else 'does not answer'}.",
            "Check PUBLIC_URL, the proxy and that the web process runs.",
        )


def connection_findings(*, now: datetime) -> Iterator[Diagnosis]:
    """Whether each connected company answers us."""
    for connection in Connection.objects.exclude(status=Connection.Status.DISCONNECTED):
        name = f"{connection.company.name or 'A company'} (realm {connection.company.realm_id})"
        reconnect = f"{connection.owner.name} presses Reconnect on the settings page."
        if connection.status == Connection.Status.NEEDS_RECONNECT:
            yield Diagnosis(f"{name} no longer accepts our connection.", reconnect)
            continue
        try:
            decrypt(connection.refresh_token, keys=settings.TOKEN_ENCRYPTION_KEYS)
        except UnreadableToken:
            yield Diagnosis(
                f"{name}: none of TOKEN_ENCRYPTION_KEYS opens its tokens.",
                f"Put the former key back, or {reconnect}",
            )
            continue
        if connection.refresh_expires_at and connection.refresh_expires_at < now + SOON:
            yield Diagnosis(
                f"{name}: its sign-in ends {connection.refresh_expires_at:%Y-%m-%d}, though it is renewed daily.",
                START_WORKER,
            )
        try:
            client_for(connection, interactive=True).company()
        except ReconnectRequired:
            yield Diagnosis(f"{name} no longer accepts our connection.", reconnect)
        except QuickBooksError as error:
            yield Diagnosis(
                f"{name} does not answer ({error.code}).", "Nothing to do if it passes: it is tried again."
            )


def schedule_findings(*, now: datetime) -> Iterator[Diagnosis]:
    """Whether background work happens."""
    if broker_state(settings.REDIS_URL) == "down":
        yield Diagnosis("Redis does not answer.", "Start it, or correct REDIS_URL.")
    last = schedule_last_ran()
    if last is None:
        yield Diagnosis("Worker and schedule have never run.", START_WORKER)
    elif now - last > STALE_AFTER:
        yield Diagnosis(f"Worker or schedule stopped at {last:%Y-%m-%d %H:%M} UTC.", START_WORKER)


def reads_findings() -> Iterator[Diagnosis]:
    """Whether QuickBooks refuses to be read until the month is over."""
    block = open_reads_block()
    if block is not None:
        yield Diagnosis(
            f"QuickBooks refuses this app's reads since {block.began_at:%Y-%m-%d %H:%M} UTC: the month's are used up.",
            "It ends on the 1st by itself; a larger plan at Intuit ends it at once, then press Try again on the health page.",
        )


def queue_findings(*, now: datetime) -> Iterator[Diagnosis]:
    """Whether work has been left lying."""
    unfinished = InvoiceIntent.objects.filter(created_at__lt=now - PATIENCE, state__in=OPEN_STATES).count()
    if unfinished:
        yield Diagnosis(
            f"{unfinished} invoices have been unconfirmed for over 15 minutes.",
            "Fix the lines above; they are then looked up by themselves, and made only once.",
        )
    waiting = WebhookEvent.objects.filter(processed_at__isnull=True, received_at__lt=now - PATIENCE).count()
    if waiting:
        yield Diagnosis(
            f"{waiting} webhook events have waited for over 15 minutes.",
            "Fix the lines above; python manage.py sync_quickbooks asks at once.",
        )
