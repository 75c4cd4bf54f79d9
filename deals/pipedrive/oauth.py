"""Pipedrive's OAuth: the consent address, tokens for a code, fresh tokens, and giving them back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from django.conf import settings
from django.utils.http import urlencode

from .client import CONNECT_SECONDS, READ_SECONDS, is_api_address
from .errors import PipedriveError, RequestRefused, SignInNeeded, Unreachable, Unreadable

SHORTEST_LIFE = 60


@dataclass(frozen=True)
class Tokens:
    """What Pipedrive gave. The refresh token stays the same when it is used, with sixty days more each time."""

    access_token: str
    refresh_token: str
    scope: str
    api_domain: str
    expires_at: datetime


def is_configured() -> bool:
    """Return whether this installation has an app at Pipedrive."""
    return bool(settings.PIPEDRIVE_CLIENT_ID and settings.PIPEDRIVE_CLIENT_SECRET)


def callback_address() -> str:
    """Return the app's one callback address, as it is registered at Pipedrive."""
    return f"{settings.PUBLIC_URL}/pipedrive/callback/"


def consent_address(state: str) -> str:
    """Return where a person is asked; the rights that are asked for stand at the registered app."""
    query = {
        "client_id": settings.PIPEDRIVE_CLIENT_ID,
        "redirect_uri": callback_address(),
        "state": state,
    }
    return f"{settings.PIPEDRIVE_OAUTH_URL}/oauth/authorize?{urlencode(query)}"


def tokens_for_code(code: str, *, now: datetime) -> Tokens:
    """Return the tokens of a code, which works once and for five minutes; raises PipedriveError."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback_address()}
    return _tokens(_post("/oauth/token", form), now)


def tokens_refreshed(refresh_token: str, *, now: datetime) -> Tokens:
    """Return fresh tokens; raises SignInNeeded when Pipedrive refuses for good, other PipedriveErrors when it may not."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    try:
        return _tokens(_post("/oauth/token", form), now)
    except RequestRefused as error:
        raise SignInNeeded from error


def token_give_back(refresh_token: str) -> None:
    """Uninstall the app at Pipedrive by revoking its token; raises PipedriveError."""
    _post("/oauth/revoke", {"token": refresh_token, "token_type_hint": "refresh_token"}, is_empty_fine=True)


def _post(path: str, form: dict[str, str], *, is_empty_fine: bool = False) -> dict[str, Any]:
    try:
        answer = requests.post(
            f"{settings.PIPEDRIVE_OAUTH_URL}{path}",
            data=form,
            auth=(settings.PIPEDRIVE_CLIENT_ID, settings.PIPEDRIVE_CLIENT_SECRET),
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
        )
    except (requests.RequestException, OSError) as error:
        raise Unreachable from error
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Unreachable
    if answer.status_code >= 400:
        raise RequestRefused
    if is_empty_fine:
        return {}
    try:
        found = answer.json()
    except ValueError as error:
        raise Unreadable from error
    if not isinstance(found, dict):
        raise Unreadable
    return found


def _tokens(found: dict[str, Any], now: datetime) -> Tokens:
    access, refresh = (found.get(name) for name in ("access_token", "refresh_token"))
    domain = str(found.get("api_domain") or "").rstrip("/")
    seconds = found.get("expires_in")
    if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
        raise Unreadable
    if not is_api_address(domain, tuple(settings.PIPEDRIVE_API_HOSTS)):
        raise Unreadable
    life = seconds if isinstance(seconds, int) and seconds > SHORTEST_LIFE else SHORTEST_LIFE
    return Tokens(access, refresh, str(found.get("scope") or ""), domain, now + timedelta(seconds=life))


__all__ = [
    "PipedriveError",
    "Tokens",
    "consent_address",
    "token_give_back",
    "tokens_for_code",
    "tokens_refreshed",
]
