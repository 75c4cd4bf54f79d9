"""The control API: what a person would do in QuickBooks, and what tests need of the emulator itself."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qbo_emulator import json_codec
from qbo_emulator.faults.errors import Fault
from qbo_emulator.faults.injection import FAULT_KINDS
from qbo_emulator.json_codec import Doc
from qbo_emulator.web import ui_actions
from qbo_emulator.world import World

Handler = Callable[[Request, Doc], Any]


class ControlApi:
    """Routes below /control; bodies and answers are JSON."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/control/companies", self.companies),
            ("GET", "/control/clock", self.clock),
            ("POST", "/control/clock", self.move_clock),
            ("GET", "/control/webhooks", self.webhooks),
            ("POST", "/control/webhooks", self.set_webhooks),
            ("GET", "/control/faults", self.faults),
            ("GET", "/control/faults/kinds", self.fault_kinds),
            ("POST", "/control/faults", self.add_fault),
            ("DELETE", "/control/faults", self.remove_faults),
            ("GET", "/control/requests", self.requests),
            ("GET", "/control/limits", self.limits),
            ("POST", "/control/limits", self.set_limits),
            ("GET", "/control/latency", self.latency),
            ("POST", "/control/latency", self.set_latency),
            ("POST", "/control/oauth", self.set_oauth),
            ("POST", "/control/reset", self.reset),
            ("GET", "/control/{realm_id}/dump", self.dump),
            ("POST", "/control/{realm_id}/disconnect", self.disconnect),
            ("POST", "/control/{realm_id}/preferences", self.preferences),
            ("POST", "/control/{realm_id}/{kinds}", self.create),
            ("GET", "/control/{realm_id}/{kinds}/{qbo_id}", self.show),
            ("POST", "/control/{realm_id}/{kinds}/{qbo_id}/{action}", self.act),
        ]
        return [Route(path, self._answering(handler), methods=[method]) for method, path, handler in table]

    def _answering(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        @functools.wraps(handler)
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            try:
                body = json_codec.decode(raw) if raw.strip() else {}
                if not isinstance(body, dict):
                    raise ValueError("the body must be a JSON object")
                answer = handler(request, body)
            except Fault as fault:
                return JSONResponse({"problem": fault.detail, "code": fault.code}, 400)
            except LookupError as missing:
                return JSONResponse({"problem": str(missing.args[0])}, 404)
            except ValueError as problem:
                return JSONResponse({"problem": str(problem)}, 400)
            self.world.revision += 1
            return Response(json_codec.encode(answer), media_type="application/json")

        return endpoint

    def companies(self, request: Request, body: Doc) -> Any:
        return [
            {"name": name, "realm_id": realm_id, "profile": self._profile(realm_id)}
            for realm_id, name in self.world.companies.names()
        ]

    def _profile(self, realm_id: str) -> str:
        """What kind of company it is, without opening one that waits."""
        found = self.world.companies.get(realm_id)
        return found.profile.key if found is not None else "small"

    def clock(self, request: Request, body: Doc) -> Any:
        now = self.world.clock.now()
        return {"now": now.isoformat(), "offset_seconds": round(self.world.clock.offset.total_seconds(), 3)}

    def move_clock(self, request: Request, body: Doc) -> Any:
        """`advance_seconds` moves it on, `set` makes an instant the present, `skew` is off machine time."""
        ui_actions.move_clock(self.world, body)
        return self.clock(request, body)

    def webhooks(self, request: Request, body: Doc) -> Any:
        return ui_actions.webhook_state(self.world)

    def set_webhooks(self, request: Request, body: Doc) -> Any:
        ui_actions.set_webhooks(self.world, body)
        return ui_actions.webhook_state(self.world)

    def faults(self, request: Request, body: Doc) -> Any:
        return [rule.doc() for rule in self.world.injector.rules.values()]

    def fault_kinds(self, request: Request, body: Doc) -> Any:
        """Every kind of fault with what it does."""
        return {
            **FAULT_KINDS,
            "code:<number>": "refused with this code; `status`, `message`, `detail` change it",
        }

    def add_fault(self, request: Request, body: Doc) -> Any:
        return self.world.injector.add(body).doc()

    def remove_faults(self, request: Request, body: Doc) -> Any:
        self.world.injector.remove(request.query_params.get("id"))
        return self.faults(request, body)

    def requests(self, request: Request, body: Doc) -> Any:
        since = int(request.query_params.get("since", "0"))
        return {"total": self.world.requests.total, "requests": self.world.requests.since(since)}

    def limits(self, request: Request, body: Doc) -> Any:
        return vars(self.world.limits.settings)

    def set_limits(self, request: Request, body: Doc) -> Any:
        """`per_minute`, `combined_per_minute`, `per_second`, `batch_per_minute`, `emails_per_day`; null switches a limit off."""
        settings = self.world.limits.settings
        for name, value in body.items():
            if not hasattr(settings, name):
                raise ValueError(f"there is no limit called {name}")
            setattr(settings, name, None if value is None else int(value))
        self.world.limits.clear()
        return vars(settings)

    def latency(self, request: Request, body: Doc) -> Any:
        return vars(self.world.latency)

    def set_latency(self, request: Request, body: Doc) -> Any:
        """`as_in_life` true or false, or milliseconds by kind: `read`, `query`, `cdc`, `write`, `send`, `pdf`, `batch`."""
        if "as_in_life" in body:
            self.world.latency.as_in_life(on=bool(body["as_in_life"]))
        for name, value in body.items():
            if name != "as_in_life":
                self.world.latency.change(name, int(value))
        return vars(self.world.latency)

    def set_oauth(self, request: Request, body: Doc) -> Any:
        """`rotation`: "every refresh", "daily", or a number of seconds of emulator time."""
        rotation = body.get("rotation", "daily")
        named = {"every refresh": 0.0, "daily": 86_400.0}
        self.world.tokens.rotation_seconds = named.get(str(rotation), -1.0)
        if self.world.tokens.rotation_seconds < 0:
            self.world.tokens.rotation_seconds = float(rotation)
        return {"rotation_seconds": int(self.world.tokens.rotation_seconds)}

    def reset(self, request: Request, body: Doc) -> Any:
        """Back to newly opened companies, as of a moment (`as_of`, else now); connections stay unless `all` is true."""
        as_of = datetime.fromisoformat(str(body["as_of"])) if "as_of" in body else None
        if as_of is not None and as_of.tzinfo is None:
            raise ValueError("as_of needs its offset from UTC")
        ui_actions.reset(self.world, everything=bool(body.get("all")), as_of=as_of)
        return self.companies(request, body)

    def dump(self, request: Request, body: Doc) -> Any:
        company = ui_actions.company(self.world, request.path_params["realm_id"])
        return {
            name: [
                row.text for row in sorted(table.rows.values(), key=lambda row: (len(row.qbo_id), row.qbo_id))
            ]
            for name, table in company.tables.items()
        }

    def disconnect(self, request: Request, body: Doc) -> Any:
        company = ui_actions.company(self.world, request.path_params["realm_id"])
        return {"ended": self.world.tokens.disconnect(company.realm_id)}

    def preferences(self, request: Request, body: Doc) -> Any:
        """Preferences by group, or plain names for the ones that are changed often."""
        company = ui_actions.company(self.world, request.path_params["realm_id"])
        return ui_actions.set_preferences(self.world, company, body).text

    def create(self, request: Request, body: Doc) -> Any:
        params = request.path_params
        company = ui_actions.company(self.world, params["realm_id"])
        return ui_actions.save(self.world, company, ui_actions.kind(params["kinds"]), body).text

    def show(self, request: Request, body: Doc) -> Any:
        params = request.path_params
        company = ui_actions.company(self.world, params["realm_id"])
        return ui_actions.row(company, ui_actions.kind(params["kinds"]), params["qbo_id"]).text

    def act(self, request: Request, body: Doc) -> Any:
        params = request.path_params
        company = ui_actions.company(self.world, params["realm_id"])
        kind = ui_actions.kind(params["kinds"])
        target = ui_actions.row(company, kind, params["qbo_id"])
        return ui_actions.act(self.world, company, target, action=params["action"], body=body)
