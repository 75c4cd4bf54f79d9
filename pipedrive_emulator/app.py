"""The web application: which address is answered by what."""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from pipedrive_emulator.api.front import Front
from pipedrive_emulator.core.connection import TransportInScope
from pipedrive_emulator.web.control_api import ControlApi
from pipedrive_emulator.web.oauth_routes import OAuthRoutes
from pipedrive_emulator.web.pages import Pages
from pipedrive_emulator.world import World

STATIC = Path(__file__).parent / "static"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# Programs call these with a secret of their own, from wherever they are.
_FOR_PROGRAMS = ("/api/", "/v1/", "/oauth/token", "/oauth/revoke")


class Guard:
    """Keeps the control API for holders of the token, and everything of a person from other sites."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.app = app
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "http" and not scope["path"].startswith(_FOR_PROGRAMS):
            problem = self._problem(Request(scope))
            if problem is not None:
                await JSONResponse({"problem": problem}, status_code=403)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _problem(self, request: Request) -> str | None:
        token = self.world.settings.control_token
        if token and request.url.path.startswith("/control"):
            given = request.headers.get("x-control-token") or request.query_params.get("token", "")
            if not secrets.compare_digest(given.encode(), token.encode()):
                return "The control token is missing or wrong."
        # A page of another site can post a form to this machine, but it cannot hide where it came from.
        origin = request.headers.get("origin")
        own = {request.headers.get("host"), urlsplit(self.world.url).netloc}
        if request.method != "GET" and origin and urlsplit(origin).netloc not in own:
            return "Requests from pages of other sites are not taken."
        return None


async def _health(request: Request) -> Response:
    return JSONResponse({"ok": True})


def build_app(world: World) -> ASGIApp:
    """Return the application for one world."""
    front = Front(world)
    app = Starlette(
        routes=[
            Route("/api/v2/{rest:path}", front.version(2), methods=METHODS),
            Route("/api/v1/{rest:path}", front.version(1), methods=METHODS),
            Route("/v1/{rest:path}", front.version(1), methods=METHODS),
            *OAuthRoutes(world).routes(),
            *ControlApi(world).routes(),
            *Pages(world).routes(),
            Route("/health", _health),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard, world=world)],
    )
    return TransportInScope(app)
