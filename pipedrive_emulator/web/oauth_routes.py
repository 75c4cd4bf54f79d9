"""OAuth over HTTP: consent, tokens and revocation."""

from __future__ import annotations

import base64
import binascii
import secrets
from urllib.parse import unquote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipedrive_emulator.api.front import failure
from pipedrive_emulator.core.clock import millis
from pipedrive_emulator.core.connection import Half, abort
from pipedrive_emulator.core.oauth import ACCESS_SECONDS, OAuthError
from pipedrive_emulator.core.store import Row
from pipedrive_emulator.web.layout import e, form_of, hidden, options, page, viewer
from pipedrive_emulator.world import World

FORM = "application/x-www-form-urlencoded"


def back(address: str, **answer: str) -> Response:
    """Return the redirect to the app with an answer in the query."""
    separator = "&" if urlsplit(address).query else "?"
    return RedirectResponse(address + separator + urlencode(answer), status_code=302)


def _unescaped(token: str) -> str:
    """Return a token; the vendor's own client escapes it once more before it is sent in the form."""
    return unquote(token) if "%" in token else token


class OAuthRoutes:
    """The authorization server."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        """Return the routes of the authorization server."""
        return [
            Route("/oauth/authorize", self.authorize, methods=["GET", "POST"]),
            Route("/oauth/token", self.token, methods=["POST"]),
            Route("/oauth/revoke", self.revoke, methods=["POST"]),
        ]

    async def authorize(self, request: Request) -> Response:
        """GET asks for consent; POST is the answer."""
        is_answer = request.method == "POST"
        given = await form_of(request) if is_answer else dict(request.query_params)
        with self.world.lock:
            problem = self._problem(given)
            if problem:
                body = f"<section><h1>This app cannot be installed</h1><p>{e(problem)}</p></section>"
                return page(self.world, request, "Not possible", body, status=400, tools=False)
            if not is_answer:
                return self._consent(request, given)
            return self._answered(given)

    def _problem(self, given: dict[str, str]) -> str | None:
        if given.get("client_id") != self.world.settings.client_id:
            return "The app is not known here: its client id is missing or wrong."
        # One callback address per app: naming another one is refused, naming none means the registered one.
        if given.get("redirect_uri", self.world.settings.callback_url) != self.world.settings.callback_url:
            return "The redirect address is not the one registered for this app."
        return None

    def _consent(self, request: Request, given: dict[str, str]) -> Response:
        people = {str(user["id"]): user["name"] for user in self.world.users()}
        carried = "".join(
            hidden(name, given[name]) for name in ("client_id", "redirect_uri", "state") if name in given
        )
        scopes = "".join(f"<li><code>{e(scope)}</code></li>" for scope in self.world.settings.scopes)
        chosen = options(people, str(viewer(self.world, request)["id"]))
        body = f"""<section class="narrow"><h1>Install this app?</h1>
<p><strong>{e(self.world.settings.client_id)}</strong> asks to use the data of
{e(self.world.company["name"])} on your behalf:</p><ul>{scopes}</ul>
<form method="post" action="/oauth/authorize">{carried}
<p><label>Consenting user <select name="user_id">{chosen}</select></label></p>
<button class="primary" name="decision" value="allow">Allow and install</button>
<button name="decision" value="cancel">Cancel</button></form></section>"""
        return page(self.world, request, "Install app", body, tools=False)

    def _answered(self, given: dict[str, str]) -> Response:
        address = given.get("redirect_uri") or self.world.settings.callback_url
        state = {"state": given["state"]} if "state" in given else {}
        user = self.world.user(given.get("user_id", ""))
        if given.get("decision") != "allow" or user is None:
            return back(address, error="user_denied", **state)
        return back(
            address, code=self.world.tokens.new_code(user["id"], address, self.world.clock.now()), **state
        )

    async def token(self, request: Request) -> Response:
        """Answer with tokens for a code or for a refresh token."""
        given = await form_of(request)
        with self.world.lock:
            kind = self.world.faults.take(request.url.path)
            early = failure(kind) if kind else None
            if early is None and kind != "drop":
                early = self._token(request, given)
            self._log(request, early.status_code if early is not None else 0, kind)
        if early is None or kind == "drop_after":
            return await abort(request)
        return Half(early) if kind == "half" else early

    def _token(self, request: Request, given: dict[str, str]) -> Response:
        headers = {"Cache-Control": "no-store"}
        try:
            return JSONResponse(self._issued(request, given), 200, headers)
        except OAuthError as error:
            body = {"success": False, "message": error.message, "error": error.error}
            return JSONResponse(body, error.status, headers)

    def _issued(self, request: Request, given: dict[str, str]) -> Row:
        world, now = self.world, self.world.clock.now()
        self._check_client(request)
        kind = given.get("grant_type")
        if request.headers.get("content-type", "").partition(";")[0].strip() != FORM or not kind:
            raise OAuthError("invalid_request", "Missing parameter: grant_type")
        if kind == "authorization_code":
            code, address = given.get("code", ""), given.get("redirect_uri", "")
            grant = world.tokens.exchange(code, address, world.settings.scopes, now)
        elif kind == "refresh_token":
            grant = world.tokens.refresh(given.get("refresh_token", ""), now)
        else:
            raise OAuthError("unsupported_grant_type", "Unsupported grant type: grant_type is invalid")
        return {
            "access_token": world.tokens.issue(grant, now),
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "refresh_token": grant.refresh_token,
            "scope": ",".join(grant.scopes),
            "api_domain": world.url,
        }

    def _check_client(self, request: Request) -> None:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            raise OAuthError("invalid_client", "Invalid client: cannot retrieve client credentials")
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            client_id = secret = ""
        settings = self.world.settings
        is_same = secrets.compare_digest(client_id.encode(), settings.client_id.encode())
        if not (is_same and secrets.compare_digest(secret.encode(), settings.client_secret.encode())):
            raise OAuthError("invalid_client", "Invalid client: client is invalid")

    async def revoke(self, request: Request) -> Response:
        """End a token; a refresh token takes the whole installation with it."""
        given = await form_of(request)
        with self.world.lock:
            try:
                self._check_client(request)
            except OAuthError as error:
                body = {"success": False, "message": error.message, "error": error.error}
                return JSONResponse(body, error.status)
            user_id = self.world.tokens.revoke(_unescaped(given.get("token", "")))
            if user_id is not None:
                self.world.uninstall(user_id, notify=False)
            self._log(request, 200, None)
        return Response(status_code=200)

    def _log(self, request: Request, status: int, fault: str | None) -> None:
        entry = {"at": millis(self.world.clock.now()), "method": request.method, "path": request.url.path}
        self.world.calls.append({**entry, "query": "", "cost": 0, "status": status, "fault": fault})
