"""Breaking a connection on purpose: silence until the client gives up, or an abrupt close."""

from __future__ import annotations

import asyncio
import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

TRANSPORT = "qbo_emulator.transport"


class TransportInScope:
    """Puts the server's transport within reach of the handlers; ASGI itself has no way to abort."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle = getattr(receive, "__self__", None)
        scope[TRANSPORT] = getattr(cycle, "transport", None)
        await self.app(scope, receive, send)


async def abort(request: Request) -> Response:
    """Close the connection without an answer."""
    transport = request.scope.get(TRANSPORT)
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
        # The server notices the loss on the next turns of the loop and then drops what is sent.
        for _turn in range(3):
            await asyncio.sleep(0)
    return Response(status_code=502)


async def silence(request: Request, seconds: float) -> Response:
    """Say nothing until the client leaves or `seconds` have passed, then close the connection."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not await request.is_disconnected():
        await asyncio.sleep(0.05)
    return await abort(request)
