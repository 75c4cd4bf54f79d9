"""Consent codes and tokens, each bound to one user of the company."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

CODE_LIFE = timedelta(minutes=5)
ACCESS_SECONDS = 3599
REFRESH_LIFE = timedelta(days=60)


class OAuthError(Exception):
    """A refusal of the token endpoint; `error` is the code, the message is what a person reads."""

    def __init__(self, error: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.error = error
        self.message = message
        self.status = status


@dataclass
class Code:
    """A consent that has not been turned into tokens yet."""

    user_id: int
    redirect_uri: str
    expires: datetime
    used: bool = False


@dataclass
class Grant:
    """One installation of the app: a refresh token and the access tokens it led to."""

    user_id: int
    scopes: tuple[str, ...]
    refresh_token: str
    refresh_expires: datetime
    access: dict[str, datetime] = field(default_factory=dict)
    revoked: bool = False


def _access_token() -> str:
    """Return a token that is as long and as opaque as the real ones."""
    parts = (base64.b64encode(secrets.token_bytes(size)).decode() for size in (132, 300))
    return "v1u:" + ":".join(parts)


class Tokens:
    """Everything the authorization server remembers."""

    def __init__(self, company_id: int) -> None:
        self.company_id = company_id
        self.codes: dict[str, Code] = {}
        self.grants: list[Grant] = []

    def new_code(self, user_id: int, redirect_uri: str, now: datetime) -> str:
        """Return a code for a consent just given."""
        code = f"{self.company_id}.{user_id}.{secrets.token_hex(20)}"
        self.codes[code] = Code(user_id, redirect_uri, now + CODE_LIFE)
        return code

    def exchange(self, code: str, redirect_uri: str, scopes: tuple[str, ...], now: datetime) -> Grant:
        """Return the grant for a code, which is used up by this."""
        found = self.codes.get(code)
        if found is None or found.used:
            raise OAuthError("invalid_grant", "Invalid grant: authorization_code is invalid")
        if found.expires <= now:
            raise OAuthError("invalid_grant", "Invalid grant: authorization_code has expired")
        if redirect_uri != found.redirect_uri:
            raise OAuthError("invalid_request", "Invalid request: redirect_uri is invalid")
        found.used = True
        token = f"{self.company_id}:{found.user_id}:{secrets.token_hex(20)}"
        grant = Grant(found.user_id, scopes, token, now + REFRESH_LIFE)
        self.grants.append(grant)
        return grant

    def refresh(self, refresh_token: str, now: datetime) -> Grant:
        """Return the grant of a refresh token, which lives 60 days more."""
        for grant in self.grants:
            same = secrets.compare_digest(grant.refresh_token.encode(), refresh_token.encode())
            if same and not grant.revoked and grant.refresh_expires > now:
                grant.refresh_expires = now + REFRESH_LIFE
                return grant
        raise OAuthError("invalid_grant", "Invalid grant: refresh_token is invalid")

    def issue(self, grant: Grant, now: datetime) -> str:
        """Return a new access token of a grant."""
        token = _access_token()
        grant.access[token] = now + timedelta(seconds=ACCESS_SECONDS)
        return token

    def bearer(self, token: str, now: datetime) -> Grant | None:
        """Return the grant of a living access token, or nothing."""
        for grant in self.grants:
            expires = grant.access.get(token)
            if expires is not None and expires > now and not grant.revoked:
                return grant
        return None

    def revoke(self, token: str) -> int | None:
        """End a token; returns the user whose installation ended by it, if it was a refresh token."""
        for grant in self.grants:
            if grant.access.pop(token, None) is not None:
                return None
            if grant.refresh_token == token and not grant.revoked:
                grant.revoked = True
                return grant.user_id
        return None

    def uninstall(self, user_id: int) -> bool:
        """End every grant of a user; returns whether there was one."""
        ended = [grant for grant in self.grants if grant.user_id == user_id and not grant.revoked]
        for grant in ended:
            grant.revoked = True
        return bool(ended)

    def is_installed(self, user_id: int) -> bool:
        """Return whether a user has the app."""
        return any(grant.user_id == user_id and not grant.revoked for grant in self.grants)

    def expire_access(self) -> int:
        """Make every access token run out; returns how many did."""
        count = sum(len(grant.access) for grant in self.grants)
        for grant in self.grants:
            grant.access.clear()
        return count
