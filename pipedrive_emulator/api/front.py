"""The gateway: faults on demand, the token, scopes and limits, and then the operation itself."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from pipedrive_emulator.api.call import Call
from pipedrive_emulator.api.table import Operation, find
from pipedrive_emulator.core.clock import millis
from pipedrive_emulator.core.connection import Half, abort
from pipedrive_emulator.core.errors import INFO, Refused, forbidden, invalid, over_limit, unauthorized
from pipedrive_emulator.core.oauth import Grant
from pipedrive_emulator.core.store import Row
from pipedrive_emulator.world import World

CLOUDFLARE = """<!doctype html><html><head><title>Access denied</title></head>
<body><h1>Sorry, you have been blocked</h1><p>Ray ID: emulated</p></body></html>"""
BAD_GATEWAY = "<html><body><h1>502 Bad Gateway</h1></body></html>"


def failure(kind: str) -> Response | None:
    """Return the answer of a failure on demand that needs no operation."""
    if kind == "429":
        refused = over_limit(
            "request over limit", 1, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}
        )
        return JSONResponse(refused.body, 429, refused.headers)
    if kind == "cloudflare":
        return HTMLResponse(CLOUDFLARE, 403)
    if kind == "500":
        body = {"success": False, "error": "Internal server error", "errorCode": 500, "error_info": INFO}
        return JSONResponse(body, 500)
    return HTMLResponse(BAD_GATEWAY, 502) if kind == "html" else None


class Front:
    """Answers everything below /api/v1, /v1 and /api/v2."""

    def __init__(self, world: World) -> None:
        self.world = world

    def version(self, number: int) -> Any:
        """Return the endpoint of one version of the API."""

        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            return await self._answer(number, request, raw)

        return endpoint

    async def _answer(self, version: int, request: Request, raw: bytes) -> Response:
        with self.world.lock:
            kind = self.world.faults.take(request.url.path)
            early = failure(kind) if kind else None
            if early is not None or kind == "drop":
                self._log(request, 0, early.status_code if early is not None else 0, kind)
            else:
                response = self._operate(version, request, raw, kind)
        if kind in {"drop", "drop_after"}:
            return await abort(request)
        if early is not None:
            return early
        return Half(response) if kind == "half" else response

    def _operate(self, version: int, request: Request, raw: bytes, fault: str | None) -> Response:
        headers: dict[str, str] = {}
        cost, status, body = 0, 200, {}
        try:
            grant = self._grant(request)
            found = find(version, request.method, "/" + request.path_params["rest"])
            if found is None:
                raise Refused(404, {"success": False, "error": "Unknown method .", "error_info": INFO})
            operation, ids = found
            self._check_scope(operation, grant)
            token = request.headers["authorization"]
            headers = self.world.limits.take(token, operation.cost, is_search=operation.is_search)
            cost, status = operation.cost, operation.status
            user = self.world.user(grant.user_id) or {}
            query = request.query_params.multi_items()
            call = Call(self.world, user, grant, ids, query, _decoded(request, raw))
            body = operation.handler(call)
        except Refused as refused:
            status, body, headers = refused.status, refused.body, {**headers, **refused.headers}
        self._log(request, cost, status, fault)
        return JSONResponse(body, status, headers)

    def _grant(self, request: Request) -> Grant:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self.world.tokens.bearer(token.strip(), self.world.clock.now())
        if scheme.lower() != "bearer" or grant is None:
            raise unauthorized()
        return grant

    def _check_scope(self, operation: Operation, grant: Grant) -> None:
        if not set(operation.scopes) & set(grant.scopes):
            raise forbidden("Scope and URL mismatch")

    def _log(self, request: Request, cost: int, status: int, fault: str | None) -> None:
        call: Row = {
            "at": millis(self.world.clock.now()),
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query,
            "cost": cost,
            "status": status,
            "fault": fault,
        }
        self.world.calls.append(call)


def _decoded(request: Request, raw: bytes) -> Any:
    if request.method not in {"POST", "PUT", "PATCH"}:
        return None
    try:
        return json.loads(raw) if raw.strip() else {}
    except ValueError:
        raise invalid("The body is not JSON") from None
