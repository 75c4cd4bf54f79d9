"""Connecting an account to its QuickBooks company, reading what the company is, and disconnecting."""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from crm_invoicing.encryption import UnreadableToken, decrypt
from deals.fields import field_catalogue
from deals.models import Account
from deals.selectors import custom_field_facts
from quickbooks_bridge.domain.field_mapping import FieldMapping, rules_of, suggested_tax_id_field
from quickbooks_bridge.domain.remote import RemoteCompany
from quickbooks_bridge.gateway import oauth
from quickbooks_bridge.gateway.client import QuickBooksClient, api_base
from quickbooks_bridge.gateway.errors import (
    QuickBooksError,
    ReadsBlocked,
    ReconnectRequired,
    Throttled,
    TokenRefused,
)
from quickbooks_bridge.gateway.rate_limiter import default_limiter
from quickbooks_bridge.models import Company, Connection, InvoicePreset, InvoicingSettings, SyncState
from quickbooks_bridge.services.operations.notifications import notify_disconnected
from quickbooks_bridge.services.operations.outages import outage_close, outage_longer_than, outage_record
from quickbooks_bridge.services.operations.reads_block import all_are_throttled, reads_block_begin

from .tokens import RETRY_AFTER_REFUSAL, ConnectionTokenSource, oauth_config

logger = logging.getLogger(__name__)

FORBIDDEN = 403
# Calls refused although their token was just renewed are borne as long as refused renewals are.
MAX_TOKEN_REFUSAL = sum(RETRY_AFTER_REFUSAL, timedelta())


def client_for(connection: Connection, *, interactive: bool) -> QuickBooksClient:
    """Return the one door to the connection's company; people's own calls go before background ones."""
    return QuickBooksClient(
        realm_id=connection.company.realm_id,
        tokens=ConnectionTokenSource(connection.pk, known=connection),
        api_url=api_base(settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_API_URL),
        limiter=default_limiter(settings.REDIS_URL),
        interactive=interactive,
        timeout=settings.QUICKBOOKS_TIMEOUT_SECONDS,
        company_id=connection.company_id,
        home_currency=connection.company.home_currency,
    )


def profile_columns(company: RemoteCompany, *, now: datetime) -> dict[str, Any]:
    """Return the columns that keep what a company is."""
    return {**asdict(company), "profile_refreshed_at": now}


def company_profile_refresh(
    connection: Connection, *, now: datetime, interactive: bool = True
) -> RemoteCompany:
    """Read name, country, currency, tax and closing date of the company and keep them."""
    company = client_for(connection, interactive=interactive).company()
    Company.objects.filter(pk=connection.company_id).update(**profile_columns(company, now=now))
    connection.refresh_from_db()
    return company


def connection_disconnect(connection: Connection, *, now: datetime) -> bool:
    """End the connection: tokens are revoked at QuickBooks and wiped here; history and links stay.

    Returns whether QuickBooks confirmed. When it cannot be reached the tokens are wiped all the same: nothing here
    can use them any more.
    """
    confirmed = revoke_stored(connection)
    mark_disconnected(connection, now=now)
    logger.info("disconnected", extra={"realm": connection.company.realm_id, "confirmed": confirmed})
    return confirmed


def revoke_stored(connection: Connection) -> bool:
    """Revoke the tokens that a connection's row was read with; False when QuickBooks did not confirm."""
    try:
        oauth.revoke(
            oauth_config(), token=decrypt(connection.refresh_token, keys=settings.TOKEN_ENCRYPTION_KEYS)
        )
    except oauth.InvalidGrant:
        pass  # already dead at QuickBooks, which is what was wanted
    except (oauth.OAuthError, UnreadableToken):
        return False
    return True


def mark_disconnected(connection: Connection, *, now: datetime) -> None:
    """Wipe the tokens of a connection; history and links stay."""
    Connection.objects.filter(pk=connection.pk).update(
        status=Connection.Status.DISCONNECTED,
        access_token="",
        refresh_token="",
        access_expires_at=None,
        refresh_expires_at=None,
        token_version=F("token_version") + 1,
        disconnected_at=now,
    )
    SyncState.objects.filter(company=connection.company_id).update(
        next_sync_at=None, import_state=SyncState.Import.WAITING
    )
    outage_close(connection, now=now)


def failure_record(connection: Connection, error: QuickBooksError, *, now: datetime) -> None:
    """Keep what went wrong; a connection that needs its owner stops calling.

    A 403 is the refusal of one call. It ends the connection only when a read of the company is refused as well. A block of
    the month's reads is no failure of the company.
    """
    is_said = isinstance(error, ReadsBlocked)
    if is_said or (isinstance(error, Throttled) and all_are_throttled(now=now)):
        reads_block_begin(is_said=is_said, now=now)
        return
    problem = error.problem_code or error.code
    is_refused = isinstance(error, ReconnectRequired) and (
        error.status != FORBIDDEN or _is_shut_out(connection)
    )
    needs_owner = is_refused or (
        isinstance(error, TokenRefused)
        and outage_longer_than(connection, problem, longer_than=MAX_TOKEN_REFUSAL, now=now)
    )
    changes: dict[str, object] = {
        "consecutive_failures": F("consecutive_failures") + 1,
        "last_error": problem,
        "last_error_at": now,
    }
    status, failed_before = Connection.Status.ACTIVE, connection.company.sync.consecutive_failures
    if needs_owner:
        status, changes["next_sync_at"] = Connection.Status.NEEDS_RECONNECT, None
    with transaction.atomic():
        active = Connection.objects.filter(pk=connection.pk, status=Connection.Status.ACTIVE)
        if not active.update(status=status):
            return
        SyncState.objects.filter(company=connection.company_id).update(**changes)
    outage_record(connection, problem, failed_before=failed_before, now=now)
    if needs_owner:
        notify_disconnected(connection.pk, now=now)


def _is_shut_out(connection: Connection) -> bool:
    """Return whether QuickBooks refuses the cheapest read of the company as well."""
    try:
        client_for(connection, interactive=False).company_info()
    except ReconnectRequired:
        return True
    except QuickBooksError:
        return False
    return False


def mapping_of(stored: InvoicingSettings) -> FieldMapping:
    """Return what the account's settings say an invoice is filled from."""
    return FieldMapping(
        stored.to_field,
        stored.address_field,
        stored.email_field,
        stored.tax_id_field,
        stored.due_days,
        rules_of(stored.more_fields),
    )


def settings_for(account: Account) -> InvoicingSettings:
    """Return the account's mapping, made with the suggested defaults and one preset when it has none."""
    found = InvoicingSettings.objects.filter(account=account).first()
    if found is not None:
        return found
    suggested = suggested_tax_id_field(field_catalogue(custom_field_facts(account)))
    found, is_new = InvoicingSettings.objects.get_or_create(
        account=account, defaults={"tax_id_field": suggested}
    )
    if is_new and not InvoicePreset.objects.filter(account=account).exists():
        InvoicePreset.objects.create(account=account, name="Standard", is_default=True)
    return found
