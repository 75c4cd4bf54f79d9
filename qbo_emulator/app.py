"""The web application: which address is answered by what."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from qbo_emulator.web.api import Api
from qbo_emulator.web.app_pages import AppPages
from qbo_emulator.web.attachments import Attachments
from qbo_emulator.web.connection import TransportInScope
from qbo_emulator.web.control_api import ControlApi
from qbo_emulator.web.control_page import ControlPage
from qbo_emulator.web.layout import STYLE
from qbo_emulator.web.oauth_routes import OAuthRoutes
from qbo_emulator.world import World

# Shorter answers do not gain by it.
GZIP_FROM_BYTES = 1500
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class ControlGuard:
    """Keeps the control page and API for holders of the token, if there is one, and from other sites."""

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["path"] == "/" or scope["path"].startswith("/control")):
            problem = self._problem(Request(scope))
            if problem is not None:
                await JSONResponse({"problem": problem}, status_code=403)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _problem(self, request: Request) -> str | None:
        if self.token:
            given = request.headers.get("x-control-token") or request.query_params.get("token", "")
            if not secrets.compare_digest(given.encode(), self.token.encode()):
                return "The control token is missing or wrong."
        # A page of another site can post a form to this machine, but it cannot hide where it came from.
        origin = request.headers.get("origin")
        if request.method != "GET" and origin and urlsplit(origin).netloc != request.headers.get("host"):
            return "Requests from pages of other sites are not taken."
        return None


async def _style(request: Request) -> Response:
    return Response(STYLE, media_type="text/css", headers={"Cache-Control": "max-age=300"})


async def _health(request: Request) -> Response:
    return JSONResponse({"ok": True})


def build_app(world: World) -> ASGIApp:
    """The application for one world."""
    oauth = OAuthRoutes(world)
    control, page, pages = ControlApi(world), ControlPage(world), AppPages(world)
    app = Starlette(
        routes=[
            Route("/v3/company/{realm_id}/{rest:path}", Api(world).handle, methods=METHODS),
            *[
                Route(f"/.well-known/{name}{slash}", oauth.discovery)
                for name in ("openid_sandbox_configuration", "openid_configuration")
                for slash in ("", "/")
            ],
            Route("/connect/oauth2", oauth.authorize, methods=["GET", "POST"]),
            Route("/oauth2/v1/tokens/bearer", oauth.token, methods=["POST"]),
            Route("/v2/oauth2/tokens/revoke", oauth.revoke, methods=["POST"]),
            Route("/v1/openid_connect/userinfo", oauth.userinfo),
            Route("/op/v1/jwks", oauth.jwks),
            Route("/attachments/{realm_id}/{key}/{name}", Attachments(world).fetch),
            Route("/pretend.css", _style),
            Route("/health", _health),
            *page.routes(),
            *control.routes(),
            *pages.routes(),
        ],
        middleware=[
            Middleware(ControlGuard, token=world.settings.control_token),
            Middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES, compresslevel=1),
        ],
    )
    return TransportInScope(app)
