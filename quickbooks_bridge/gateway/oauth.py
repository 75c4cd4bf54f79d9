"""Intuit's OAuth 2 through intuit-oauth, with time-outs and endpoints discovered once a day."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError

TIMEOUT = (5, 30)
_DISCOVERY_SECONDS = 86_400
_discovered: dict[str, tuple[float, dict[str, Any]]] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class OAuthConfig:
    """The keys of the Intuit app. `environment` is sandbox, production or the address of a discovery document."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    environment: str


@dataclass(frozen=True)
class TokenPair:
    """Both tokens and their lifetimes in seconds."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    refresh_expires_in: int
    hard_expires_in: int | None = None


class OAuthError(Exception):
    """Something went wrong with signing in; never carries what was sent or answered."""

    def __init__(self, reason: str, *, intuit_tid: str = "") -> None:
        super().__init__(reason)
        self.intuit_tid = intuit_tid


class InvalidGrant(OAuthError):
    """The code or token is used up, revoked or too old; an outage of Intuit can look the same."""


class BadKeys(OAuthError):
    """Client id and secret do not belong together."""


class OAuthUnavailable(OAuthError):
    """No usable answer."""


class _Client(AuthClient):  # type: ignore[misc]
    """intuit-oauth's client with time-outs, which the library has none of, and a cached discovery document."""

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        """Send with a time-out; the discovery document comes from memory when it is fresh."""
        kwargs.setdefault("timeout", TIMEOUT)
        is_discovery = ".well-known" in url
        if is_discovery:
            with _lock:
                known = _discovered.get(url)
            if known and time.monotonic() - known[0] < _DISCOVERY_SECONDS:
                return _Remembered(known[1])
        if url == getattr(self, "token_endpoint", None):
            kwargs["headers"]["x-include-refresh-token-hard-expires-in"] = "true"
        response = super().request(method, url, **kwargs)
        if is_discovery and response.status_code == 200:
            with _lock:
                _discovered[url] = (time.monotonic(), response.json())
        return response


class _Remembered:
    """Stands in for the answer of a discovery document that is already known."""

    status_code = 200

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def json(self) -> dict[str, Any]:
        return self._document


def _client(config: OAuthConfig) -> _Client:
    try:
        return _Client(config.client_id, config.client_secret, config.redirect_uri, config.environment)
    except (AuthClientError, requests.RequestException, ValueError, KeyError) as error:
        raise OAuthUnavailable("discovery") from error


def authorization_url(config: OAuthConfig, *, state: str) -> str:
    """Return the address of the consent page for the accounting scope."""
    return str(_client(config).get_authorization_url([Scopes.ACCOUNTING], state_token=state))


def exchange_code(config: OAuthConfig, *, code: str) -> TokenPair:
    """Turn the code of a consent into tokens."""
    client = _client(config)
    _call(client.get_bearer_token, code)
    return _pair(client)


def refresh(config: OAuthConfig, *, refresh_token: str) -> TokenPair:
    """Get a new pair; the refresh token may come back changed, and then only the new one lives."""
    client = _client(config)
    _call(client.refresh, refresh_token)
    return _pair(client)


def revoke(config: OAuthConfig, *, token: str) -> None:
    """End the connection at QuickBooks; either token ends both."""
    _call(_client(config).revoke, token)


def _pair(client: _Client) -> TokenPair:
    hard = getattr(client, "x_refresh_token_hard_expires_in", None)
    if not client.access_token or not client.refresh_token:
        raise OAuthUnavailable("incomplete answer")
    return TokenPair(
        access_token=client.access_token,
        refresh_token=client.refresh_token,
        expires_in=int(client.expires_in or 3600),
        refresh_expires_in=int(client.x_refresh_token_expires_in or 8_726_400),
        hard_expires_in=int(hard) if hard is not None else None,
    )


def _call(method: Any, argument: str) -> None:
    try:
        method(argument)
    except AuthClientError as error:
        raise _meaning(error) from None  # the library's error carries the whole body
    except (requests.RequestException, ValueError) as error:
        raise OAuthUnavailable("no answer") from error


def _meaning(error: AuthClientError) -> OAuthError:
    content = error.content if isinstance(error.content, bytes) else str(error.content or "").encode()
    tid = str(error.intuit_tid or "")
    if b"invalid_grant" in content:
        return InvalidGrant("invalid grant", intuit_tid=tid)
    if b"invalid_client" in content or error.status_code == 401:
        return BadKeys("bad keys", intuit_tid=tid)
    return OAuthUnavailable(f"status {error.status_code}", intuit_tid=tid)
