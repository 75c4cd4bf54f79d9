"""Breaking a connection on purpose."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

TRANSPORT = "pipedrive_emulator.transport"


class TransportInScope:
    """Puts the server's transport within reach of the handlers; ASGI itself has no way to abort."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with the transport in its scope."""
        cycle = getattr(receive, "__self__", None)
        scope[TRANSPORT] = getattr(cycle, "transport", None)
        await self.app(scope, receive, send)


async def _let_it_be_noticed() -> None:
    for _turn in range(3):
        await asyncio.sleep(0)


async def abort(request: Request) -> Response:
    """Close the connection without an answer; what is returned no longer reaches anybody."""
    transport = request.scope.get(TRANSPORT)
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
        await _let_it_be_noticed()
    return Response(status_code=502)


class Half(Response):
    """Half of a body, sent as if it were the whole: JSON that breaks off."""

    def __init__(self, whole: Response) -> None:
        body = bytes(whole.body)
        headers = {name: value for name, value in whole.headers.items() if name != "content-length"}
        super().__init__(body[: len(body) // 2], whole.status_code, headers)
