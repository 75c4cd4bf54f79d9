"""A connection's tokens: one refresher at a time, both tokens stored before either is used."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError
from django.db import connection as database
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from crm_invoicing.encryption import UnreadableToken, decrypt, encrypt
from quickbooks_bridge.db.crash_points import crash_point
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.gateway import oauth
from quickbooks_bridge.gateway.errors import ReconnectRequired, Unavailable
from quickbooks_bridge.models import Connection, SyncState
from quickbooks_bridge.services.operations.notifications import notify_disconnected

from .keys import client_keys

logger = logging.getLogger(__name__)

REFRESH_BEFORE = timedelta(minutes=5)
# A call that begins now with a token that lives so long is over before the token is.
MIN_LIFETIME = timedelta(minutes=1)
REFRESH_LEASE = timedelta(seconds=60)
# Whoever cannot go on without the new token looks so often, and so long, whether it is there.
LOOK_EVERY, LONGEST_WAIT = 0.04, 30.0
STORE_RETRY_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
# Intuit says that an outage on its side can look like a refused token, so one refusal proves nothing.
RETRY_AFTER_REFUSAL = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))


def oauth_config() -> oauth.OAuthConfig:
    """Return the keys of this installation's Intuit app."""
    client_id, client_secret = client_keys()
    return oauth.OAuthConfig(
        client_id=client_id,
        client_secret=client_secret,
        redirect_uri=f"{settings.PUBLIC_URL}/quickbooks/callback/",
        environment=settings.QUICKBOOKS_DISCOVERY_URL or settings.QUICKBOOKS_ENVIRONMENT,
    )


def token_fields(pair: oauth.TokenPair, *, now: datetime) -> dict[str, object]:
    """Return the columns that store `pair`, encrypted."""
    hard = (
        {}
        if pair.hard_expires_in is None
        else {"consent_expires_at": now + timedelta(seconds=pair.hard_expires_in)}
    )
    return {
        **hard,
        "access_token": encrypt(pair.access_token, keys=settings.TOKEN_ENCRYPTION_KEYS),
        "refresh_token": encrypt(pair.refresh_token, keys=settings.TOKEN_ENCRYPTION_KEYS),
        "access_expires_at": now + timedelta(seconds=pair.expires_in),
        "refresh_expires_at": now + timedelta(seconds=pair.refresh_expires_in),
        "tokens_stored_at": now,
        "failed_refreshes": 0,
        "next_refresh_at": None,
    }


class ConnectionTokenSource:
    """The tokens of one connection, read from its row and renewed there; any number of processes may hold one."""

    def __init__(
        self,
        connection_id: int,
        *,
        known: Connection | None = None,
        clock: Callable[[], datetime] = timezone.now,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._id = connection_id
        self._known = known
        self._clock = clock
        self._wait = wait

    def access_token(self) -> str:
        """Return a token that is good for the next minutes, refreshing it first when it is near its end.

        The first time a row that the caller has just read will do: should its token have been replaced meanwhile, the
        call is refused and repeated with what `renew` reads.
        """
        known, self._known = self._known, None
        row = known if known is not None and known.is_active else self._row()
        now = self._clock()
        ends = row.access_expires_at
        if ends is None or ends - REFRESH_BEFORE <= now:
            is_usable = ends is not None and ends - MIN_LIFETIME > now
            if is_usable and row.refresh_lease_until is not None and row.refresh_lease_until >= now:
                return self._plain(row.access_token)  # somebody renews it; nobody needs to wait for that
            try:
                return self._renew(row.token_version, meanwhile=row.access_token if is_usable else "")
            except Unavailable:
                if ends is not None and ends > now:
                    return self._plain(row.access_token)
                raise
        return self._plain(row.access_token)

    def force_refresh(self, stale: str) -> str:
        """Return a token other than `stale`, which QuickBooks refused."""
        row = self._row()
        current = self._plain(row.access_token)
        return current if current != stale else self._renew(row.token_version)

    def _row(self) -> Connection:
        # Before every call, and for the tokens alone.
        row = Connection.objects.select_related(None).get(pk=self._id)
        if row.status != Connection.Status.ACTIVE:
            raise ReconnectRequired(code="not_active")
        return row

    def _plain(self, token: str) -> str:
        try:
            return decrypt(token, keys=settings.TOKEN_ENCRYPTION_KEYS)
        except UnreadableToken as error:
            raise ReconnectRequired(code="unreadable_token") from error

    def _renew(self, token_version: int, *, meanwhile: str = "") -> str:
        """Refresh unless somebody else does or did; then wait for their result, or go on with `meanwhile`."""
        for _attempt in range(int(LONGEST_WAIT / LOOK_EVERY)):
            now = self._clock()
            claimed = Connection.objects.filter(
                Q(refresh_lease_until__isnull=True) | Q(refresh_lease_until__lt=now),
                pk=self._id,
                token_version=token_version,
            ).update(refresh_lease_until=now + REFRESH_LEASE)
            if claimed:
                return self._refresh(token_version)
            row = self._row()
            if row.token_version != token_version:
                return self._plain(row.access_token)
            if meanwhile:
                return self._plain(meanwhile)
            self._wait(LOOK_EVERY)
        raise Unavailable(code="refresh_busy", outcome_unknown=False)

    def _refresh(self, token_version: int) -> str:
        row = self._row()
        now = self._clock()
        mine = Connection.objects.filter(pk=self._id, token_version=token_version)
        if row.next_refresh_at is not None and row.next_refresh_at > now:
            mine.update(refresh_lease_until=None)
            raise Unavailable(code="refresh_waits", outcome_unknown=False)
        try:
            pair = oauth.refresh(oauth_config(), refresh_token=self._plain(row.refresh_token))
        except oauth.InvalidGrant as error:
            latest = self._row()
            if latest.token_version != token_version:
                return self._plain(latest.access_token)  # somebody was faster: that is why ours was refused
            if _record_refusal(row, now=now):
                raise ReconnectRequired(code="invalid_grant", intuit_tid=error.intuit_tid) from error
            raise Unavailable(
                code=ProblemCode.REFRESH_REFUSED,
                intuit_tid=error.intuit_tid,
                outcome_unknown=False,
                problem_code=ProblemCode.REFRESH_REFUSED,
            ) from error
        except oauth.OAuthError as error:
            mine.update(refresh_lease_until=None)
            raise Unavailable(
                code="token_endpoint", intuit_tid=error.intuit_tid, outcome_unknown=False
            ) from error
        crash_point("refresh.after_answer")
        stored = self._store(mine, pair, now=now)
        logger.info(
            "tokens refreshed", extra={"realm": row.company.realm_id, "connection": row.pk, "stored": stored}
        )
        return pair.access_token

    def _store(self, mine: QuerySet[Connection], pair: oauth.TokenPair, *, now: datetime) -> int:
        """Store both tokens; a database that is away for a moment must not cost the connection."""
        for pause in STORE_RETRY_DELAYS:
            try:
                return self._write(mine, pair, now=now)
            except OperationalError:
                logger.warning("tokens not stored yet", extra={"connection": self._id})
                if not database.in_atomic_block:
                    database.close_if_unusable_or_obsolete()
                self._wait(pause)
        return self._write(mine, pair, now=now)

    def _write(self, mine: QuerySet[Connection], pair: oauth.TokenPair, *, now: datetime) -> int:
        return mine.update(
            **token_fields(pair, now=now), token_version=F("token_version") + 1, refresh_lease_until=None
        )


def _record_refusal(row: Connection, *, now: datetime) -> bool:
    """Count a refused refresh and tell whether it was the last: then the owner has to sign in again."""
    refused = row.failed_refreshes + 1
    is_over = refused > len(RETRY_AFTER_REFUSAL)
    counted = Connection.objects.filter(pk=row.pk, token_version=row.token_version).update(
        failed_refreshes=refused,
        refresh_lease_until=None,
        status=Connection.Status.NEEDS_RECONNECT if is_over else row.status,
        next_refresh_at=None if is_over else now + RETRY_AFTER_REFUSAL[refused - 1],
    )
    if counted:
        SyncState.objects.filter(company=row.company_id).update(
            last_error=ProblemCode.RECONNECT if is_over else ProblemCode.REFRESH_REFUSED, last_error_at=now
        )
    if is_over:
        notify_disconnected(row.pk, now=now)
    logger.warning("token refresh refused", extra={"realm": row.company.realm_id, "times": refused})
    return is_over


def tokens_rotate(connection_id: int) -> bool:
    """Encrypt a connection's tokens anew with the first of TOKEN_ENCRYPTION_KEYS; False when there are none to read.

    Both tokens are swapped only for what was read: a refresh that comes between wins, and its tokens are read again.
    """
    while True:
        row = Connection.objects.get(pk=connection_id)
        old = {"access_token": row.access_token, "refresh_token": row.refresh_token}
        try:
            plain = {
                name: decrypt(value, keys=settings.TOKEN_ENCRYPTION_KEYS) if value else ""
                for name, value in old.items()
            }
        except UnreadableToken:
            return False
        if not plain["refresh_token"]:
            return False
        new = {
            name: encrypt(value, keys=settings.TOKEN_ENCRYPTION_KEYS) if value else ""
            for name, value in plain.items()
        }
        if Connection.objects.filter(pk=connection_id, token_version=row.token_version, **old).update(**new):
            return True
