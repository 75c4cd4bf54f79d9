"""Connecting an account to its QuickBooks company, reading what the company is, and disconnecting."""

import hashlib
import logging
import secrets
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from deals.fields import field_catalogue
from deals.models import Account
from deals.selectors import custom_field_facts
from deals.viewer import Viewer
from quickbooks_bridge.crypto import UnreadableToken, decrypt
from quickbooks_bridge.domain.field_mapping import suggested_tax_id_field
from quickbooks_bridge.domain.remote import RemoteCompany
from quickbooks_bridge.gateway import oauth
from quickbooks_bridge.gateway.client import QuickBooksClient, api_base
from quickbooks_bridge.gateway.errors import QuickBooksError, ReconnectRequired, TokenRefused
from quickbooks_bridge.gateway.limiter import default_limiter
from quickbooks_bridge.models import Connection, InvoicingSettings, OAuthState, Preset
from quickbooks_bridge.selectors import company_keepings, connection_for, last_connection_for

from .notices import reconnect_notice
from .outages import outage_lasts, outage_note, outage_over
from .tokens import RETRY_AFTER_REFUSAL, DatabaseTokens, oauth_config, token_fields

logger = logging.getLogger(__name__)

CONSENT_LIFETIME = timedelta(minutes=15)
OTHER_COMPANY = "other-"
# Calls refused although their token was just renewed are borne as long as refused renewals are.
REFUSED_FOR = sum(RETRY_AFTER_REFUSAL, timedelta())


class ConnectionRefused(Exception):
    """A connection that is not made; `code` names the sentence that says why and what to do."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def client_for(connection: Connection, *, interactive: bool) -> QuickBooksClient:
    """Give the one door to the connection's company; people's own calls go before background ones."""
    return QuickBooksClient(
        realm_id=connection.realm_id,
        tokens=DatabaseTokens(connection.pk, known=connection),
        api_url=api_base(settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_API_URL),
        limiter=default_limiter(settings.REDIS_URL),
        interactive=interactive,
        timeout=settings.QUICKBOOKS_TIMEOUT_SECONDS,
        account_id=connection.account_id,
    )


def consent_begin(viewer: Viewer, *, next_path: str, now: datetime, is_other_company: bool = False) -> str:
    """Remember that this person begins to connect and give the address of QuickBooks' consent page.

    Only a consent begun with `is_other_company` may come back with another company than the account's links
    belong to; the wish is part of the state, so it holds for this one consent.
    """
    _refuse_second(viewer)
    if not viewer.is_admin:
        raise ConnectionRefused("connect_needs_admin")
    if not settings.QUICKBOOKS_CLIENT_ID or not settings.QUICKBOOKS_CLIENT_SECRET:
        raise ConnectionRefused("keys_missing")
    state = (OTHER_COMPANY if is_other_company else "") + secrets.token_urlsafe(32)
    OAuthState.objects.filter(account=viewer.account, expires_at__lt=now).delete()
    OAuthState.objects.create(
        account=viewer.account,
        member=viewer.member,
        digest=_digest(state),
        expires_at=now + CONSENT_LIFETIME,
        next_path=next_path,
    )
    try:
        return oauth.authorization_url(oauth_config(), state=state)
    except oauth.OAuthError as error:
        raise ConnectionRefused("quickbooks_unreachable") from error


def consent_finish(
    viewer: Viewer, *, state: str, code: str, realm_id: str, refused: bool, now: datetime
) -> Connection:
    """Turn the answer of the consent page into an active connection.

    The state is used up before anything else is looked at, so that no answer counts twice.
    """
    begun = OAuthState.objects.filter(digest=_digest(state), member=viewer.member)
    if not begun.filter(used_at__isnull=True, expires_at__gte=now).update(used_at=now):
        raise ConnectionRefused(_why_state_is_refused(begun.first()))
    if refused:
        raise ConnectionRefused("consent_refused")
    if not code or not realm_id.isdigit() or len(realm_id) > 40:
        raise ConnectionRefused("consent_incomplete")
    _refuse_second(viewer)
    if not state.startswith(OTHER_COMPANY):
        _refuse_other_company(viewer.account, realm_id)
    try:
        pair = oauth.exchange_code(oauth_config(), code=code)
    except oauth.BadKeys as error:
        raise ConnectionRefused("keys_refused") from error
    except oauth.InvalidGrant as error:
        raise ConnectionRefused("code_refused") from error
    except oauth.OAuthError as error:
        raise ConnectionRefused("quickbooks_unreachable") from error
    current = connection_for(viewer.account)
    if current is not None and current.realm_id != realm_id:
        connection_disconnect(current, now=now)
    connection = _store(viewer, realm_id, pair, now=now)
    try:
        company_read(connection, now=now)
    except QuickBooksError as error:
        # Tokens are kept: the first load reads the company again as soon as QuickBooks answers.
        logger.warning("company not read", extra={"realm": realm_id, "code": error.code})
    return connection


def _store(viewer: Viewer, realm_id: str, pair: oauth.TokenPair, *, now: datetime) -> Connection:
    try:
        with transaction.atomic():
            connection, is_new = Connection.objects.get_or_create(
                account=viewer.account,
                realm_id=realm_id,
                defaults={"owner": viewer.member, "connected_at": now, "status": "disconnected"},
            )
            Connection.objects.filter(pk=connection.pk).update(
                owner=viewer.member,
                status=Connection.Status.ACTIVE,
                connected_at=now,
                disconnected_at=None,
                generation=F("generation") + 1,
                refresh_lease_until=None,
                failures=0,
                last_problem="",
                blocked_until=None,
                next_sync_at=now,
                import_state=Connection.Import.WAITING,
                import_progress={},
                import_lease_until=None,
                **token_fields(pair, now=now),
            )
            settings_for(viewer.account)
    except IntegrityError as error:
        raise ConnectionRefused("already_connected_meanwhile") from error
    connection.refresh_from_db()
    logger.info("connected", extra={"realm": realm_id, "connection": connection.pk, "again": not is_new})
    return connection


def company_read(connection: Connection, *, now: datetime, interactive: bool = True) -> RemoteCompany:
    """Read name, country, currency, tax and closing date of the company and keep them."""
    company = client_for(connection, interactive=interactive).company()
    facts = asdict(company)
    facts["company_name"] = facts.pop("name")
    Connection.objects.filter(pk=connection.pk).update(**facts, profile_read_at=now)
    connection.refresh_from_db()
    return company


def connection_disconnect(connection: Connection, *, now: datetime) -> bool:
    """End the connection: tokens are revoked at QuickBooks and wiped here; history and links stay.

    Gives whether QuickBooks confirmed. When it cannot be reached the tokens are wiped all the same: nothing here
    can use them any more.
    """
    confirmed = True
    try:
        oauth.revoke(oauth_config(), token=decrypt(connection.refresh_token, keys=settings.TOKEN_KEYS))
    except oauth.InvalidGrant:
        pass  # already dead at QuickBooks, which is what was wanted
    except (oauth.OAuthError, UnreadableToken):
        confirmed = False
    Connection.objects.filter(pk=connection.pk).update(
        status=Connection.Status.DISCONNECTED,
        access_token="",
        refresh_token="",
        access_expires_at=None,
        refresh_expires_at=None,
        generation=F("generation") + 1,
        disconnected_at=now,
        next_sync_at=None,
        import_state=Connection.Import.WAITING,
    )
    outage_over(connection, now=now)
    logger.info("disconnected", extra={"realm": connection.realm_id, "confirmed": confirmed})
    return confirmed


def note_failure(connection: Connection, error: QuickBooksError, *, now: datetime) -> None:
    """Keep what went wrong; a connection that needs its owner stops calling."""
    problem = error.problem_code or error.code
    needs_owner = isinstance(error, ReconnectRequired) or (
        isinstance(error, TokenRefused)
        and outage_lasts(connection, problem, longer_than=REFUSED_FOR, now=now)
    )
    changes: dict[str, object] = {
        "failures": F("failures") + 1,
        "last_problem": problem,
        "last_problem_at": now,
    }
    if needs_owner:
        changes["status"] = Connection.Status.NEEDS_RECONNECT
        changes["next_sync_at"] = None
    changed = Connection.objects.filter(pk=connection.pk, status=Connection.Status.ACTIVE).update(**changes)
    if changed:
        outage_note(connection, problem, now=now)
    if changed and needs_owner:
        reconnect_notice(connection.pk, now=now)


def settings_for(account: Account) -> InvoicingSettings:
    """Give the account's mapping, made with the suggested defaults and one preset when it has none."""
    found = InvoicingSettings.objects.filter(account=account).first()
    if found is not None:
        return found
    suggested = suggested_tax_id_field(field_catalogue(custom_field_facts(account)))
    found, is_new = InvoicingSettings.objects.get_or_create(
        account=account, defaults={"tax_id_field": suggested}
    )
    if is_new and not Preset.objects.filter(account=account).exists():
        Preset.objects.create(account=account, name="Standard", is_default=True)
    return found


def _refuse_second(viewer: Viewer) -> None:
    current = connection_for(viewer.account)
    if current is not None and current.owner_id != viewer.member.pk:
        raise ConnectionRefused("already_connected", owner=current.owner.name, company=current.company_name)


def _refuse_other_company(account: Account, realm_id: str) -> None:
    """Another company than the one whose links the account holds is refused until that is wanted."""
    former = last_connection_for(account)
    if former is None or former.realm_id == realm_id or not company_keepings(former).is_any:
        return
    again = Connection.objects.filter(account=account, realm_id=realm_id).first()
    raise ConnectionRefused(
        "other_company", company=former.company_name, chosen=again.company_name if again else ""
    )


def _why_state_is_refused(begun: OAuthState | None) -> str:
    if begun is None:
        return "state_unknown"
    return "state_used" if begun.used_at else "state_expired"


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
