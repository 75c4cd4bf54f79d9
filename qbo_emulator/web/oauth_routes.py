"""OAuth over HTTP: discovery, consent, token, revocation, userinfo and keys."""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from qbo_emulator import json_codec
from qbo_emulator.core.oauth import SCOPES, Issued, OAuthError
from qbo_emulator.faults.errors import GatewayFault
from qbo_emulator.web.answers import tid
from qbo_emulator.web.connection import silence
from qbo_emulator.web.consent import consent_page, refused_page
from qbo_emulator.web.forms import checked_form, form_of
from qbo_emulator.world import World

JSON = "application/json;charset=UTF-8"
USER = {
    "sub": "1182d6ec-2a1f-4aa3-af3f-000000000001",
    "email": "admin@bluestem.example",
    "emailVerified": True,
    "givenName": "Robin",
    "familyName": "Hale",
    "phoneNumber": "+1 5125550142",
    "phoneNumberVerified": False,
    "address": {
        "streetAddress": "2100 E Cesar Chavez St",
        "locality": "Austin",
        "region": "TX",
        "postalCode": "78702",
        "country": "US",
    },
}

# Which properties of the person a scope opens; `sub` comes with openid itself.
PROPERTIES = {
    "email": ("email", "emailVerified"),
    "profile": ("givenName", "familyName"),
    "phone": ("phoneNumber", "phoneNumberVerified"),
    "address": ("address",),
}

_THROTTLED = (429, '{"error":"too_many_requests"}', JSON)
# An outage on the vendor's side can look exactly like a dead refresh token.
_DEAD = (400, '{"error":"invalid_grant"}', JSON)
# Faults of the token endpoint: status, body, media type.
FAILURES = {
    "500": (500, '{"error":"server_error"}', JSON),
    "503_html": (503, "<html><body><h1>503 Service Unavailable</h1></body></html>", "text/html"),
    "504": (504, "<html><body><h1>504 Gateway Time-out</h1></body></html>", "text/html"),
    "429": _THROTTLED,
    "429_json": _THROTTLED,
    "unauthorized": _DEAD,
    "expired": _DEAD,
    "revoked": _DEAD,
}


class OAuthRoutes:
    """The identity side of the emulator."""

    def __init__(self, world: World) -> None:
        self.world = world

    def _headers(self) -> dict[str, str]:
        # The identity hosts spell the header with an underscore, the accounting host with a hyphen.
        return {
            "intuit_tid": tid(self.world.traces, self.world.clock.now()),
            "Cache-Control": "no-cache, no-store",
            "Pragma": "no-cache",
            "Server": "nginx",
        }

    def _answer(self, body: object, status: int = 200) -> Response:
        return Response(json_codec.encode(body), status, self._headers(), JSON)

    def _log(self, request: Request, operation: str, status: int) -> None:
        self.world.requests.add(
            {
                "at": self.world.clock.now().isoformat(),
                "method": request.method,
                "path": request.url.path,
                "operation": operation,
                "realm_id": None,
                "status": status,
                "requestid": None,
                "changed_since": None,
                "query": None,
                "ms": 0,
            }
        )

    async def discovery(self, request: Request) -> Response:
        """The OpenID configuration, with every endpoint on this emulator."""
        base = str(request.base_url).rstrip("/")
        # The browser may know the emulator by another name than the servers that call it.
        for_people = self.world.settings.public_url or base
        doc = {
            "issuer": "https://oauth.platform.intuit.com/op/v1",
            "authorization_endpoint": f"{for_people}/connect/oauth2",
            "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
            "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
            "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
            "jwks_uri": f"{base}/op/v1/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile", "address", "phone"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
        }
        self._log(request, "discovery", 200)
        return self._answer(doc)

    def _is_registered(self, redirect_uri: str) -> bool:
        allowed = self.world.settings.redirect_uris
        if allowed:
            return redirect_uri in allowed
        parts = urlsplit(redirect_uri)
        return parts.scheme in {"http", "https"} and parts.hostname in {"localhost", "127.0.0.1"}

    def _problem(self, given: dict[str, str]) -> str | None:
        """What is so wrong with an authorize request that the browser must not be sent back."""
        if given.get("client_id") != self.world.client_id:
            return "The app is not known here: its client id is missing or wrong."
        if not self._is_registered(given.get("redirect_uri", "")):
            return "The redirect address is missing or not registered for this app."
        return None

    async def authorize(self, request: Request) -> Response:
        """GET shows the consent page; POST is its answer."""
        form = await form_of(request) if request.method == "POST" else None
        given = form if form is not None else dict(request.query_params)
        problem = self._problem(given)
        if problem is not None:
            return refused_page(problem)
        refusal = _refusal(given)
        if refusal is not None:
            return self._back(given, error=refusal)
        if form is None:
            return consent_page(self.world, given)
        company = self.world.companies.find(given.get("realm_id", ""))
        if given.get("decision") != "connect" or company is None:
            return self._back(given, error="access_denied")
        scopes = tuple(given["scope"].split())
        code = self.world.tokens.new_code(
            company.realm_id, given["redirect_uri"], scopes, self.world.clock.now()
        )
        self.world.revision += 1
        return self._back(given, code=code, realmId=company.realm_id)

    def _back(self, given: dict[str, str], **answer: str) -> Response:
        if given.get("state"):
            answer["state"] = given["state"]
        separator = "&" if urlsplit(given["redirect_uri"]).query else "?"
        return RedirectResponse(given["redirect_uri"] + separator + urlencode(answer), status_code=302)

    def _check_client(self, request: Request, given: dict[str, str]) -> None:
        """Refuse a request without the app's own keys, in the header or in the form (401)."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        client_id, secret = given.get("client_id", ""), given.get("client_secret", "")
        if scheme.lower() == "basic":
            try:
                client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                client_id = secret = ""
        same = secrets.compare_digest(client_id.encode(), self.world.client_id.encode())
        if not (same and secrets.compare_digest(secret.encode(), self.world.client_secret.encode())):
            raise OAuthError("invalid_client", status=401)

    async def token(self, request: Request) -> Response:
        """Code or refresh token against tokens."""
        rule = self.world.injector.take(None, "token")
        if rule is None:
            return await self._token(request)
        if rule.kind in {"timeout_before", "reset_before"}:
            return await silence(request, rule.delay if rule.kind == "timeout_before" else 0)
        if rule.kind in FAILURES:
            status, text, media = FAILURES[rule.kind]
            self._log(request, "token", status)
            return Response(text, status, self._headers(), media)
        if rule.kind == "slow":
            await asyncio.sleep(rule.delay)
        answer = await self._token(request)
        if rule.kind in {"reset_after", "timeout_after"}:
            return await silence(request, rule.delay if rule.kind == "timeout_after" else 0)
        if rule.kind in {"500_after", "504_after"}:
            status, text, media = FAILURES[rule.kind.removesuffix("_after")]
            return Response(text, status, self._headers(), media)
        return answer

    async def _token(self, request: Request) -> Response:
        status = 200
        operation = "token"
        try:
            given = await checked_form(request)
            operation = "token.refresh" if given.get("grant_type") == "refresh_token" else "token.exchange"
            body = self._issued_body(request, given)
        except OAuthError as error:
            body, status = dict(error.doc()), error.status
        self.world.revision += 1
        self._log(request, operation, status)
        return self._answer(body, status)

    def _issued_body(self, request: Request, given: dict[str, str]) -> dict[str, object]:
        self._check_client(request, given)
        now = self.world.clock.now()
        kind = given.get("grant_type")
        if kind == "authorization_code" and given.get("code") and given.get("redirect_uri"):
            issued = self.world.tokens.exchange(given["code"], given["redirect_uri"], now)
        elif kind == "refresh_token" and given.get("refresh_token"):
            issued = self.world.tokens.refresh(given["refresh_token"], now)
        elif kind in {"authorization_code", "refresh_token"} or not kind:
            raise OAuthError("invalid_request")
        else:
            raise OAuthError("unsupported_grant_type")
        return self._token_body(request, issued)

    def _token_body(self, request: Request, issued: Issued) -> dict[str, object]:
        body: dict[str, object] = {
            "token_type": "bearer",
            "expires_in": 3600,
            "refresh_token": issued.grant.refresh_token,
            "x_refresh_token_expires_in": issued.refresh_seconds,
            "access_token": issued.access_token,
        }
        if request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() == "true":
            body["x_refresh_token_hard_expires_in"] = issued.hard_seconds
        if "openid" in issued.grant.scopes:
            body["id_token"] = self.world.signer.id_token(
                self.world.client_id,
                issued.grant.realm_id,
                USER["sub"],
                int(self.world.clock.now().timestamp()),
            )
        return body

    async def revoke(self, request: Request) -> Response:
        """End the connection of a token; the answer is empty."""
        response = Response(status_code=200, headers=self._headers())
        try:
            given = await _revocation(request)
            self._check_client(request, given)
            self.world.tokens.revoke(given.get("token", ""))
        except OAuthError as error:
            response = self._answer(error.doc(), error.status)
        self.world.revision += 1
        self._log(request, "revoke", response.status_code)
        return response

    async def userinfo(self, request: Request) -> Response:
        """The person behind a token, as far as the token's scopes reach."""
        try:
            grant = self.world.tokens.authorized(request.headers.get("authorization"), self.world.clock.now())
        except GatewayFault:
            return self._answer({"error": "invalid_token"}, 401)
        if "openid" not in grant.scopes:
            return self._answer({"error": "insufficient_scope"}, 403)
        open_to = {"sub", *(name for scope in grant.scopes for name in PROPERTIES.get(scope, ()))}
        return self._answer({name: value for name, value in USER.items() if name in open_to})

    async def jwks(self, request: Request) -> Response:
        return self._answer({"keys": [self.world.signer.public_key()]})


async def _revocation(request: Request) -> dict[str, str]:
    """The fields of a revocation, sent as JSON or as a form."""
    if "json" not in request.headers.get("content-type", ""):
        return await checked_form(request)
    try:
        given = json_codec.decode(await request.body())
    except ValueError:
        raise OAuthError("invalid_request") from None
    if not isinstance(given, dict):
        raise OAuthError("invalid_request")
    return {name: str(value) for name, value in given.items()}


def _refusal(given: dict[str, str]) -> str | None:
    """What is wrong with an authorize request, in the words the browser is sent back with."""
    scopes = given.get("scope", "").split()
    if given.get("response_type") != "code":
        return "unsupported_response_type"
    if not scopes or not set(scopes) <= SCOPES:
        return "invalid_scope"
    return None if given.get("state") else "invalid_request"
