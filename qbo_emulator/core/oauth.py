"""Codes and tokens: issue, exchange, rotation, expiry and revocation, without HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from qbo_emulator.core.id_generator import Entropy
from qbo_emulator.faults import errors

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 8_726_400
HARD_SECONDS = 5 * 365 * 86_400
CODE_LIFE = timedelta(minutes=10)
DAILY = 86_400.0
SCOPES = frozenset(
    (
        "com.intuit.quickbooks.accounting",
        "com.intuit.quickbooks.payment",
        "openid",
        "profile",
        "email",
        "phone",
        "address",
        "app-foundations.custom-field-definitions",
        "app-foundations.custom-field-definitions.read",
        "project-management.project",
        "indirect-tax.tax-calculation.quickbooks",
    )
)


class OAuthError(Exception):
    """A refusal of the token endpoint."""

    def __init__(self, error: str, description: str | None = None, *, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status

    def doc(self) -> dict[str, str]:
        body = {"error": self.error}
        return {"error_description": self.description, **body} if self.description else body


@dataclass
class Grant:
    """One connection of the app to one company."""

    realm_id: str
    scopes: tuple[str, ...]
    refresh_token: str
    refresh_issued: datetime
    refresh_expires: datetime
    hard_expires: datetime
    access: dict[str, datetime] = field(default_factory=dict)
    former: set[str] = field(default_factory=set)
    revoked: bool = False
    # The connection whose tokens are printed at the start; it is not one a person made.
    ready: bool = False


@dataclass
class Code:
    """An authorization code and, once exchanged, the connection that came of it."""

    realm_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    expires: datetime
    grant: Grant | None = None


@dataclass(frozen=True)
class Issued:
    """What the token endpoint answers with."""

    grant: Grant
    access_token: str
    refresh_seconds: int
    hard_seconds: int


class Tokens:
    """All codes and connections."""

    def __init__(self, entropy: Entropy) -> None:
        self.entropy = entropy
        self.grants: list[Grant] = []
        self.codes: dict[str, Code] = {}
        self.by_access: dict[str, Grant] = {}
        self.by_refresh: dict[str, Grant] = {}
        # Seconds of emulator time after which a refresh hands out a new value; 0 means at every refresh.
        self.rotation_seconds = DAILY

    def add(self, grant: Grant) -> None:
        """Register a connection and its tokens."""
        self.grants.append(grant)
        self.by_access.update(dict.fromkeys(grant.access, grant))
        self.by_refresh.update(dict.fromkeys((grant.refresh_token, *grant.former), grant))

    def new_code(self, realm_id: str, redirect_uri: str, scopes: tuple[str, ...], now: datetime) -> str:
        code = self.entropy.token("XAB", 40)
        self.codes[code] = Code(realm_id, redirect_uri, scopes, now + CODE_LIFE)
        return code

    def new_grant(
        self, realm_id: str, scopes: tuple[str, ...], now: datetime, *, ready: bool = False
    ) -> Grant:
        grant = Grant(
            realm_id=realm_id,
            scopes=scopes,
            refresh_token=self._refresh_value(),
            refresh_issued=now,
            refresh_expires=now + timedelta(seconds=REFRESH_SECONDS),
            hard_expires=now + timedelta(seconds=HARD_SECONDS),
            ready=ready,
        )
        self.add(grant)
        return grant

    def _refresh_value(self) -> str:
        return self.entropy.token("AB1", 47)

    def new_access(self, grant: Grant, now: datetime) -> str:
        """A further access token of the connection; those past their hour are forgotten after a day."""
        old = [token for token, expires in grant.access.items() if expires < now - timedelta(days=1)]
        for token in old:
            del grant.access[token]
            self.by_access.pop(token, None)
        token = self.entropy.token("eyJlbmMi", 64) + self.entropy.hex(64)
        grant.access[token] = now + timedelta(seconds=ACCESS_SECONDS)
        self.by_access[token] = grant
        return token

    def exchange(self, code: str, redirect_uri: str, now: datetime) -> Issued:
        """Tokens for a code; a second exchange revokes those of the first."""
        found = self.codes.get(code)
        if found is None:
            raise OAuthError("invalid_grant", "Invalid authorization code")
        if found.grant is not None:
            self.end(found.grant)
            raise OAuthError("invalid_grant", "Authorization code was used before")
        if now > found.expires:
            raise OAuthError("invalid_grant", "Authorization code expired")
        if redirect_uri != found.redirect_uri:
            raise OAuthError("invalid_grant", "Redirect URI does not match")
        found.grant = self.new_grant(found.realm_id, found.scopes, now)
        return self._issued(found.grant, now)

    def refresh(self, refresh_token: str, now: datetime) -> Issued:
        """A new access token; the refresh value rotates when its time has come, and the old one is dead."""
        grant = self.by_refresh.get(refresh_token)
        if grant is None or grant.revoked:
            raise OAuthError("invalid_grant", "Incorrect or invalid refresh token")
        if refresh_token != grant.refresh_token or now > min(grant.refresh_expires, grant.hard_expires):
            raise OAuthError("invalid_grant", "Token invalid")
        grant.refresh_expires = min(now + timedelta(seconds=REFRESH_SECONDS), grant.hard_expires)
        if (now - grant.refresh_issued).total_seconds() >= self.rotation_seconds:
            grant.former.add(grant.refresh_token)
            grant.refresh_token = self._refresh_value()
            grant.refresh_issued = now
            self.by_refresh[grant.refresh_token] = grant
        return self._issued(grant, now)

    def _issued(self, grant: Grant, now: datetime) -> Issued:
        return Issued(
            grant,
            self.new_access(grant, now),
            int((grant.refresh_expires - now).total_seconds()),
            int((grant.hard_expires - now).total_seconds()),
        )

    def end(self, grant: Grant) -> None:
        """Kill every token of a connection."""
        grant.revoked = True
        grant.access.clear()

    def revoke(self, token: str) -> None:
        """End the connection that a refresh or access token belongs to."""
        grant = self.by_refresh.get(token) or self.by_access.get(token)
        if grant is None or grant.revoked:
            raise OAuthError("invalid_grant")
        self.end(grant)

    def disconnect(self, realm_id: str) -> int:
        """End all connections of a company, as its "My apps" page does; gives how many there were."""
        ended = [grant for grant in self.grants if grant.realm_id == realm_id and not grant.revoked]
        for grant in ended:
            self.end(grant)
        return len(ended)

    def authorized(self, header: str | None, now: datetime) -> Grant:
        """The connection of a bearer header (GatewayFault 401 for none, unknown, revoked or expired)."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise errors.unauthenticated("Missing access token")
        grant = self.by_access.get(token.strip())
        if grant is None:
            raise errors.unauthenticated("Token invalid")
        expires = grant.access.get(token.strip())
        if grant.revoked or expires is None:
            raise errors.unauthenticated("Token revoked")
        if now >= expires:
            raise errors.unauthenticated("Token expired")
        return grant
