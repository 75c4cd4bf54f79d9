"""Access tokens of the people who installed the app: refreshed by one process at a time, sealed while they rest."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from crm_invoicing.encryption import UnreadableToken, decrypt, encrypt
from deals.models import Member, PipedriveCompany, PipedriveToken

from . import oauth
from .client import PipedriveClient, utc_now
from .errors import SignInNeeded, Unreachable

# So long before its end a token is no longer used.
MARGIN = timedelta(seconds=60)
LEASE = timedelta(seconds=20)
WAITS, WAIT_SECONDS = 20, 0.25


def seal(text: str) -> str:
    """Return a text sealed with the installation's key."""
    return encrypt(text, keys=settings.TOKEN_ENCRYPTION_KEYS)


def unseal(text: str) -> str:
    """Return what `seal` got; raises SignInNeeded for what no key opens any more."""
    try:
        return decrypt(text, keys=settings.TOKEN_ENCRYPTION_KEYS)
    except UnreadableToken as error:
        raise SignInNeeded from error


class StoredToken:
    """The token of one person, as the client takes it."""

    def __init__(self, pk: int, clock: Callable[[], datetime] = utc_now) -> None:
        self.pk, self.clock = pk, clock

    def access_token(self) -> str:
        """Return a token that is not over; raises SignInNeeded or Unreachable."""
        row = self._row()
        if row.expires_at - MARGIN > self.clock():
            return unseal(row.access_token)
        return self._refreshed(row)

    def renewed(self, refused: str) -> str:
        """Return another token than the one that Pipedrive refused; raises SignInNeeded or Unreachable."""
        row = self._row()
        stored = unseal(row.access_token)
        return stored if stored != refused else self._refreshed(row)

    def _row(self) -> PipedriveToken:
        row = PipedriveToken.objects.filter(
            pk=self.pk, removed_at__isnull=True, broken_at__isnull=True
        ).first()
        if row is None:
            raise SignInNeeded
        return row

    def _refreshed(self, row: PipedriveToken) -> str:
        for _attempt in range(WAITS):
            now = self.clock()
            mine = PipedriveToken.objects.filter(pk=row.pk).filter(
                Q(lease_until__isnull=True) | Q(lease_until__lt=now)
            )
            if mine.update(lease_until=now + LEASE):
                return self._refresh(row.pk)
            # Another process is at it: what it gets is ours too.
            time.sleep(WAIT_SECONDS)
            fresh = self._row()
            if fresh.refreshed_at > row.refreshed_at:
                return unseal(fresh.access_token)
        raise Unreachable

    def _refresh(self, pk: int) -> str:
        row = self._row()
        try:
            tokens = oauth.tokens_refreshed(unseal(row.refresh_token), now=self.clock())
        except SignInNeeded:
            PipedriveToken.objects.filter(pk=pk).update(broken_at=self.clock(), lease_until=None)
            raise
        except Exception:
            PipedriveToken.objects.filter(pk=pk).update(lease_until=None)
            raise
        store_tokens(PipedriveToken.objects.filter(pk=pk), tokens, now=self.clock())
        return tokens.access_token


def store_tokens(rows: QuerySet[PipedriveToken], tokens: oauth.Tokens, *, now: datetime) -> None:
    """Keep fresh tokens on a row."""
    rows.update(
        access_token=seal(tokens.access_token),
        refresh_token=seal(tokens.refresh_token),
        scope=tokens.scope,
        expires_at=tokens.expires_at,
        refreshed_at=now,
        lease_until=None,
        broken_at=None,
    )


def live_tokens(company: PipedriveCompany) -> QuerySet[PipedriveToken]:
    """Return the tokens that work, those of admins first: they see every deal."""
    rows = PipedriveToken.objects.filter(
        identity__integration=company.integration_id, removed_at__isnull=True, broken_at__isnull=True
    )
    return rows.order_by("-is_admin", "pk")


def client_for(
    company: PipedriveCompany, member: Member | None = None, *, clock: Callable[[], datetime] = utc_now
) -> PipedriveClient:
    """Return a client in the name of a member, or of an admin who installed the app; raises SignInNeeded."""
    rows = live_tokens(company)
    if member is not None:
        rows = rows.filter(identity__member=member)
    row = rows.first()
    if company.removed_at is not None or row is None:
        raise SignInNeeded
    stored = PipedriveCompany.objects.filter(pk=company.pk)
    return PipedriveClient(
        company.api_domain,
        StoredToken(row.pk, clock),
        clock,
        blocked=lambda: stored.values_list("blocked_until", flat=True).first(),
        block=lambda until: stored.update(blocked_until=until),
    )


def refresh_idle(*, now: datetime) -> int:
    """Refresh the tokens that nobody used for a week: unused for sixty days they would be over. Returns how many."""
    idle = PipedriveToken.objects.filter(
        removed_at__isnull=True, broken_at__isnull=True, refreshed_at__lt=now - timedelta(days=7)
    )
    count = 0
    for row in idle:
        try:
            StoredToken(row.pk, lambda: now)._refreshed(row)
            count += 1
        except (SignInNeeded, Unreachable):
            continue
    return count
