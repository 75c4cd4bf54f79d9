"""The control page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qbo_emulator.web.layout import page
from qbo_emulator.world import World


class ControlPage:
    """The page at / and the forms on it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        return [Route("/", self.show)]

    async def show(self, request: Request) -> Response:
        return page("Pretend QuickBooks", "<section><h1>Control page</h1></section>")
