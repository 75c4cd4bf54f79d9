"""The signed token of an embedding CRM: who looks at which of its records, for at most five minutes, once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

LONGEST_LIFE = timedelta(minutes=5)
# Clocks of two machines may differ by so much.
LEEWAY = timedelta(seconds=30)
REQUIRED = ("iss", "aud", "sub", "iat", "exp", "jti", "resource")
LONGEST_ID = 120
ROLES = ("admin", "rep")


class ContextRefused(Exception):
    """The token says nothing that may be believed; `code` says why, for the page: "invalid" or "expired"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class SignedContext:
    """What a token says. `resource_id` is the deal's id in that CRM; `role` is of people who come for the first time."""

    user_id: str
    user_name: str
    role: str
    resource_id: str
    token_id: str
    expires_at: datetime


def issuer_of(token: str) -> str:
    """Return who claims to have signed a token; nothing of it is believed yet. Raises ContextRefused."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise ContextRefused("invalid") from error
    return _text(claims, "iss")


def read_context(token: str, *, secret: str, issuer: str, audience: str, now: datetime) -> SignedContext:
    """Return what a token says; raises ContextRefused.

    The algorithm is pinned: neither "none" nor another family is read, whatever the token's head says.
    """
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY,
            options={"require": list(REQUIRED), "verify_exp": False, "verify_iat": False},
        )
        issued, expires = (datetime.fromtimestamp(float(claims[name]), UTC) for name in ("iat", "exp"))
    except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError, OSError) as error:
        raise ContextRefused("invalid") from error
    if expires - issued > LONGEST_LIFE or issued > now + LEEWAY:
        raise ContextRefused("invalid")
    if expires + LEEWAY < now:
        raise ContextRefused("expired")
    resource = claims["resource"]
    if not isinstance(resource, dict) or resource.get("type") != "deal":
        raise ContextRefused("invalid")
    role = claims.get("role")
    return SignedContext(
        user_id=_text(claims, "sub"),
        user_name=str(claims.get("name") or "")[:200],
        role=role if role in ROLES else "rep",
        resource_id=_text(resource, "id"),
        token_id=_text(claims, "jti"),
        expires_at=expires,
    )


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text or len(text) > LONGEST_ID or not text.isprintable():
        raise ContextRefused("invalid")
    return text
