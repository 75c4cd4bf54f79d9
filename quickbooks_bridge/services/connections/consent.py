"""The consent of QuickBooks' owner: begun, proven by reading the company, and only then stored."""

import hashlib
import logging
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from deals.models import Account, Member
from deals.trail import event_add
from deals.viewer import Viewer
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.remote import RemoteCompany
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.gateway import oauth
from quickbooks_bridge.gateway.client import QuickBooksClient, api_base
from quickbooks_bridge.gateway.errors import (
    QuickBooksError,
    ReconnectRequired,
    Throttled,
    Unavailable,
    UnexpectedAnswer,
)
from quickbooks_bridge.gateway.rate_limiter import default_limiter
from quickbooks_bridge.gateway.usage_counter import call_key, count_here
from quickbooks_bridge.models import Company, Connection, OAuthState, SyncState
from quickbooks_bridge.selectors.connections import connection_for, last_connection_for, link_counts

from .keys import client_keys
from .lifecycle import mark_disconnected, profile_columns, revoke_stored, settings_for
from .tokens import oauth_config, token_fields

logger = logging.getLogger(__name__)

CONSENT_LIFETIME = timedelta(minutes=15)
STATE_PREFIX_OTHER_COMPANY = "other-"
STATE_PREFIX_TAKEOVER = "takeover-"
MAX_REALM_ID_LENGTH = 40
PROOF_READS = 2


class ConnectionRefused(Exception):
    """A connection that is not made; `code` names the sentence that says why and what to do."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def oauth_start(
    viewer: Viewer, *, now: datetime, is_other_company: bool = False, is_takeover: bool = False
) -> str:
    """Remember that this person begins to connect and give the address of QuickBooks' consent page.

    Only a consent begun with `is_other_company` may come back with another company than the account's links
    belong to, and only one begun with `is_takeover` replaces the consent of somebody else, for the same company; the wish
    is part of the state, so it holds for this one consent.
    """
    if not is_takeover:
        _require_no_other_connection(viewer)
    if not viewer.is_admin:
        raise ConnectionRefused("connect_needs_admin")
    if not all(client_keys()):
        raise ConnectionRefused("keys_missing")
    prefix = STATE_PREFIX_TAKEOVER if is_takeover else STATE_PREFIX_OTHER_COMPANY if is_other_company else ""
    state = prefix + secrets.token_urlsafe(32)
    OAuthState.objects.filter(account=viewer.account, expires_at__lt=now).delete()
    OAuthState.objects.create(
        account=viewer.account,
        member=viewer.member,
        digest=_digest(state),
        expires_at=now + CONSENT_LIFETIME,
    )
    try:
        return oauth.authorization_url(oauth_config(), state=state)
    except oauth.OAuthError as error:
        raise ConnectionRefused("quickbooks_unreachable") from error


def oauth_complete(
    viewer: Viewer, *, state: str, code: str, realm_id: str, refused: bool, now: datetime
) -> Connection:
    """Turn the answer of the consent page into an active connection.

    The state is used up before anything else is looked at, so that no answer counts twice. The realm of the address is a
    claim until QuickBooks has shown that company to the new token: nothing is stored, no owner changes and no older
    connection ends before that.
    """
    begun = OAuthState.objects.filter(digest=_digest(state), member=viewer.member)
    if not begun.filter(used_at__isnull=True, expires_at__gte=now).update(used_at=now):
        raise ConnectionRefused(_why_state_is_refused(begun.first()))
    if refused:
        raise ConnectionRefused("consent_refused")
    if not code or not _is_realm_id(realm_id):
        raise ConnectionRefused("consent_incomplete")
    is_other_company = state.startswith(STATE_PREFIX_OTHER_COMPANY)
    is_takeover = state.startswith(STATE_PREFIX_TAKEOVER)
    _require_allowed(viewer, realm_id, is_other_company=is_other_company, is_takeover=is_takeover)
    pair = _exchange(code)
    company = _proven_company(viewer, realm_id, pair)
    try:
        connection, former = _store(
            viewer,
            realm_id,
            pair,
            company,
            is_other_company=is_other_company,
            is_takeover=is_takeover,
            now=now,
        )
    except ConnectionRefused:
        if not Connection.objects.filter(
            company__realm_id=realm_id, status=Connection.Status.ACTIVE
        ).exists():
            _revoke_new_pair(pair)
        raise
    event_add(
        viewer.account, "quickbooks.connected", actor=viewer.member, what=connection.company.name, at=now
    )
    if former is not None:
        revoke_stored(former)
    # The proof was read before there was a row to count it for.
    count_here(call_key(connection.company_id, interactive=True, is_write=False, at=now), PROOF_READS)
    return connection


def _is_realm_id(text: str) -> bool:
    """Return whether a text can be a company's id: ASCII digits only, for others look like digits too."""
    return is_digits(text, longest=MAX_REALM_ID_LENGTH)


def _require_allowed(
    viewer: Viewer, realm_id: str, *, is_other_company: bool, is_takeover: bool = False
) -> None:
    """Raise ConnectionRefused unless this person may, as things are now, connect this company."""
    member = Member.objects.filter(pk=viewer.member.pk, account=viewer.account, user__is_active=True).first()
    if member is None or not member.is_admin:
        raise ConnectionRefused("connect_needs_admin")
    current = connection_for(viewer.account)
    # Handing over is for the company that is connected: its tokens change hands, and nothing else.
    if not is_takeover or current is None or current.company.realm_id != realm_id:
        _require_no_other_connection(viewer)
    if not is_other_company:
        _refuse_other_company(viewer.account, realm_id)


def _exchange(code: str) -> oauth.TokenPair:
    try:
        return oauth.exchange_code(oauth_config(), code=code)
    except oauth.BadKeys as error:
        raise ConnectionRefused("keys_refused") from error
    except oauth.InvalidGrant as error:
        raise ConnectionRefused("code_refused") from error
    except oauth.OAuthError as error:
        raise ConnectionRefused("quickbooks_unreachable") from error


class _NewTokenSource:
    """The access token of a consent whose company is not proven yet."""

    def __init__(self, token: str) -> None:
        self._token = token

    def access_token(self) -> str:
        """Return the token."""
        return self._token

    def force_refresh(self, stale: str) -> str:
        """Raise: a token this young that is refused is for another company."""
        raise ReconnectRequired("401", status=401, problem_code=ProblemCode.RECONNECT)


def _proven_company(viewer: Viewer, realm_id: str, pair: oauth.TokenPair) -> RemoteCompany:
    """Return what QuickBooks says of the company when asked with the new token; raises ConnectionRefused.

    A refusal shows that the consent was for another company: its tokens are given back. While QuickBooks does not answer
    they are left to run out unused, for they may be of the very company that is connected already.
    """
    client = QuickBooksClient(
        realm_id=realm_id,
        tokens=_NewTokenSource(pair.access_token),
        api_url=api_base(settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_API_URL),
        limiter=default_limiter(settings.REDIS_URL),
        interactive=True,
        timeout=settings.QUICKBOOKS_TIMEOUT_SECONDS,
    )
    try:
        return client.company()
    except (Unavailable, Throttled, UnexpectedAnswer) as error:
        _log_unproven(realm_id, error)
        raise ConnectionRefused("company_unproven") from error
    except QuickBooksError as error:
        _log_unproven(realm_id, error)
        _revoke_new_pair(pair)
        raise ConnectionRefused("company_refused") from error


def _log_unproven(realm_id: str, error: QuickBooksError) -> None:
    logger.warning(
        "company not proven", extra={"realm": realm_id, "code": error.code, "intuit_tid": error.intuit_tid}
    )


def _revoke_new_pair(pair: oauth.TokenPair) -> None:
    """Revoke tokens that are not stored, so that nobody holds them."""
    try:
        oauth.revoke(oauth_config(), token=pair.refresh_token)
    except oauth.OAuthError as error:
        logger.warning("unused tokens not revoked", extra={"intuit_tid": error.intuit_tid})


def _store(
    viewer: Viewer,
    realm_id: str,
    pair: oauth.TokenPair,
    company: RemoteCompany,
    *,
    is_other_company: bool,
    is_takeover: bool,
    now: datetime,
) -> tuple[Connection, Connection | None]:
    """Store the proven connection; returns it and the one of another company that it ends, with its tokens for revoking.

    What was allowed before QuickBooks was asked is asked again here: a person's role or the account's connection may have
    changed meanwhile.
    """
    try:
        with transaction.atomic():
            Account.objects.select_for_update().get(pk=viewer.account.pk)
            _require_allowed(viewer, realm_id, is_other_company=is_other_company, is_takeover=is_takeover)
            former = connection_for(viewer.account)
            if former is not None and former.company.realm_id == realm_id:
                former = None
            if former is not None:
                mark_disconnected(former, now=now)
            connection, is_new = _activate(viewer, realm_id, pair, company, now=now)
            settings_for(viewer.account)
    except IntegrityError as error:
        raise ConnectionRefused("already_connected_meanwhile") from error
    connection.refresh_from_db()
    logger.info("connected", extra={"realm": realm_id, "connection": connection.pk, "again": not is_new})
    return connection, former


def _activate(
    viewer: Viewer, realm_id: str, pair: oauth.TokenPair, company: RemoteCompany, *, now: datetime
) -> tuple[Connection, bool]:
    """Write the company, its active connection and a first import that is due; returns the connection and if it is new."""
    row, is_new = Company.objects.update_or_create(
        account=viewer.account, realm_id=realm_id, defaults=profile_columns(company, now=now)
    )
    connection, _is_new = Connection.objects.get_or_create(
        company=row,
        defaults={
            "account": viewer.account,
            "owner": viewer.member,
            "connected_at": now,
            "status": Connection.Status.DISCONNECTED,
        },
    )
    Connection.objects.filter(pk=connection.pk).update(
        owner=viewer.member,
        status=Connection.Status.ACTIVE,
        connected_at=now,
        disconnected_at=None,
        token_version=F("token_version") + 1,
        refresh_lease_until=None,
        **token_fields(pair, now=now),
    )
    SyncState.objects.update_or_create(
        company=row,
        defaults={
            "consecutive_failures": 0,
            "last_error": "",
            "next_sync_at": now,
            "import_state": SyncState.Import.WAITING,
            "import_progress": {},
            "import_lease_until": None,
        },
    )
    return connection, is_new


def _require_no_other_connection(viewer: Viewer) -> None:
    current = connection_for(viewer.account)
    if current is not None and current.owner_id != viewer.member.pk:
        raise ConnectionRefused("already_connected", owner=current.owner.name, company=current.company.name)


def _refuse_other_company(account: Account, realm_id: str) -> None:
    """Another company than the one whose links the account holds is refused until that is wanted."""
    former = last_connection_for(account)
    if former is None or former.company.realm_id == realm_id or not link_counts(former).is_any:
        return
    again = Company.objects.filter(account=account, realm_id=realm_id).first()
    raise ConnectionRefused("other_company", company=former.company.name, chosen=again.name if again else "")


def _why_state_is_refused(begun: OAuthState | None) -> str:
    if begun is None:
        return "state_unknown"
    return "state_used" if begun.used_at else "state_expired"


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
