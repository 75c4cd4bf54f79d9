"""Breaking a connection on purpose: silence until the client gives up, or an abrupt close."""

from __future__ import annotations

import asyncio
import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

TRANSPORT = "qbo_emulator.transport"
DROPS = 20


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


class _Truncated(Response):
    """Promises the whole body, sends half of it and breaks the connection off."""

    def __init__(self, request: Request, whole: Response) -> None:
        super().__init__(whole.body, whole.status_code, dict(whole.headers))
        self._request = request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        transport = scope.get(TRANSPORT)
        if isinstance(transport, asyncio.WriteTransport):
            transport.close()
            for _turn in range(3):
                await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Dripping(Response):
    """Sends the body in pieces over some seconds."""

    def __init__(self, whole: Response, seconds: float) -> None:
        super().__init__(whole.body, whole.status_code, dict(whole.headers))
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = bytes(self.body)
        size = max(1, -(-len(body) // DROPS))
        for start in range(0, len(body), size):
            await asyncio.sleep(self._seconds / DROPS)
            await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def truncated(request: Request, whole: Response) -> Response:
    """The answer, cut off in the middle of its body."""
    return _Truncated(request, whole)


def dripping(whole: Response, seconds: float) -> Response:
    """The answer, in twenty pieces over so many seconds."""
    return _Dripping(whole, seconds)
