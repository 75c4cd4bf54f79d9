"""Single sign-on by OpenID Connect: authorization code with PKCE, state and nonce; whom the provider vouches for.

Nothing here decides who may come in: that is identities.py.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from crm_invoicing.crm_settings import is_safe_address

logger = logging.getLogger(__name__)

# Asymmetric ones alone, whatever the provider names: with others our own secret could sign in anybody.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
TIMEOUT, LEEWAY = 10, 60
STARTED, LIFE, MOST_STARTED = "oidc_started", timedelta(minutes=10), 4
METADATA_KEPT = 600


class OidcRefused(Exception):
    """A sign-in that did not come about; `why` is one of the keys of views.problems()."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Vouched:
    """Whom the provider vouches for. `email` counts as theirs only where it is verified."""

    issuer: str
    subject: str
    email: str
    is_email_verified: bool
    name: str
    # When they last proved to the provider who they are, 0 where it does not say.
    proved_at: int


@dataclass(frozen=True)
class Started:
    """What was begun in this browser: for what, where to go on to, and the invitation, if one is followed."""

    purpose: str
    path: str
    invitation: str
    nonce: str
    verifier: str


def begin(session: SessionBase, purpose: str, path: str, *, invitation: str = "", now: datetime) -> str:
    """Return the provider's address to send a browser to; what was begun waits in the session. Raises OidcRefused."""
    found, verifier, nonce = metadata(), generate_token(64), generate_token(32)
    # Proving once more who one is has to be done there, too.
    more = {"prompt": "login", "max_age": 0} if purpose == "confirm" else {}
    with _client() as client:
        address, state = client.create_authorization_url(
            found["authorization_endpoint"], code_verifier=verifier, nonce=nonce, **more
        )
    waiting = dict(list(session.get(STARTED, {}).items())[-(MOST_STARTED - 1) :])
    until = (now + LIFE).timestamp()
    session[STARTED] = {**waiting, state: [purpose, path, invitation, nonce, verifier, until]}
    return str(address)


def started(session: SessionBase, state: str, *, now: datetime) -> Started:
    """Return what was begun under a state, which is used up with that; raises OidcRefused for an unknown one."""
    waiting = session.get(STARTED, {})
    found = waiting.pop(state, None)
    session[STARTED] = waiting
    if found is None or found[-1] < now.timestamp():
        raise OidcRefused("state")
    return Started(*found[:-1])


def vouched_for(begun: Started, answer: dict[str, str], *, now: datetime) -> Vouched:
    """Return whom the provider vouches for in its answer to what was begun; raises OidcRefused."""
    if answer.get("error"):
        raise OidcRefused("denied")
    # A provider that names itself in the answer has to be ours (RFC 9207).
    if answer.get("iss", settings.OIDC.issuer) != settings.OIDC.issuer or not answer.get("code"):
        raise OidcRefused("answer")
    found = metadata()
    try:
        with _client(found) as client:
            token = client.fetch_token(
                found["token_endpoint"],
                grant_type="authorization_code",
                code=answer["code"],
                code_verifier=begun.verifier,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
    except requests.RequestException as problem:
        raise OidcRefused("unreachable") from problem
    except (AuthlibBaseError, ValueError, KeyError) as problem:
        raise OidcRefused("answer") from problem
    claims = _claims(found, token, nonce=begun.nonce, now=now)
    if "email" not in claims and found.get("userinfo_endpoint"):
        claims = {**_userinfo(found, token, str(claims["sub"])), **claims}
    return Vouched(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"])[:255],
        email=str(claims.get("email") or "")[:254],
        # Some say it as a text; anything but true is no.
        is_email_verified=str(claims.get("email_verified")) in {"True", "true"},
        name=str(claims.get("name") or "")[:200],
        proved_at=int(claims.get("auth_time") or 0),
    )


def metadata() -> dict[str, Any]:
    """Return what the provider publishes about itself; raises OidcRefused when it does not, or names another issuer."""
    issuer = settings.OIDC.issuer
    kept: dict[str, Any] | None = cache.get(f"oidc:{issuer}")
    if kept is not None:
        return kept
    found = _read(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    is_whole = found.get("issuer") == issuer and all(is_safe_address(str(found.get(name))) for name in needed)
    if not is_whole:
        logger.warning(
            "single sign-on not usable", extra={"why": "discovery names another issuer or address"}
        )
        raise OidcRefused("unreachable")
    cache.set(f"oidc:{issuer}", found, METADATA_KEPT)
    return found


def _client(found: dict[str, Any] | None = None) -> OAuth2Session:
    known = (found or {}).get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    ways = [way for way in ("client_secret_basic", "client_secret_post") if way in known]
    return OAuth2Session(
        client_id=settings.OIDC.client_id,
        client_secret=settings.OIDC.client_secret or None,
        token_endpoint_auth_method=(ways or ["client_secret_basic"])[0]
        if settings.OIDC.client_secret
        else "none",
        scope="openid email profile",
        redirect_uri=f"{settings.PUBLIC_URL}/login/oidc/callback/",
        code_challenge_method="S256",
    )


def _read(address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a JSON object of the provider; raises OidcRefused."""
    if not is_safe_address(address):
        raise OidcRefused("unreachable")
    # No redirect is followed: tokens go to the addresses that the provider published and no others.
    try:
        answer = requests.get(address, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        found = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, ValueError) as problem:
        raise OidcRefused("unreachable") from problem
    if not isinstance(found, dict):
        raise OidcRefused("unreachable")
    return found


def _claims(found: dict[str, Any], token: dict[str, Any], *, nonce: str, now: datetime) -> dict[str, Any]:
    """Return what a verified id_token says: signature, issuer, audience, times and nonce; raises OidcRefused."""
    keys = _read(found["jwks_uri"])
    try:
        decoded = jwt.decode(str(token["id_token"]), KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": settings.OIDC.issuer},
                "aud": {"essential": True, "value": settings.OIDC.client_id},
                "exp": {"essential": True},
                "nonce": {"essential": True, "value": nonce},
            },
            {
                "nonce": nonce,
                "client_id": settings.OIDC.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
    except (JoseError, ValueError, KeyError, TypeError) as problem:
        logger.warning("single sign-on refused", extra={"why": type(problem).__name__})
        raise OidcRefused("answer") from problem
    return dict(claims)


def _userinfo(found: dict[str, Any], token: dict[str, Any], subject: str) -> dict[str, Any]:
    """Return what the provider says of whom the token is; {} where it is somebody else."""
    said = _read(found["userinfo_endpoint"], {"Authorization": f"Bearer {token.get('access_token', '')}"})
    return said if said.get("sub") == subject else {}


def was_proved_lately(who: Vouched, *, now: datetime) -> bool:
    """Return whether somebody proved to the provider a moment ago who they are."""
    return now.timestamp() - who.proved_at < LIFE.total_seconds()
