"""The control API: what a person would do in the product, and what tests need of the emulator itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipedrive_emulator.changes import APP, Changes
from pipedrive_emulator.core import rows
from pipedrive_emulator.core.clock import rfc3339
from pipedrive_emulator.core.faults import KINDS
from pipedrive_emulator.core.store import ENTITIES, Row, is_admin
from pipedrive_emulator.core.webhooks import MODES
from pipedrive_emulator.world import World

Handler = Callable[[Row], Any]


class ControlApi:
    """Routes below /control; bodies and answers are JSON."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        """Return the routes of the control API."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "state", self.state),
            ("GET", "faults", self.faults),
            ("POST", "faults", self.add_fault),
            ("DELETE", "faults", self.remove_faults),
            ("POST", "reset-calls", self.reset_calls),
            ("POST", "expire-tokens", self.expire_tokens),
            ("POST", "clock", self.move_clock),
            ("POST", "budget", self.set_budget),
            ("POST", "limits", self.set_limits),
            ("POST", "change", self.change),
            ("POST", "create", self.create),
            ("POST", "delete", self.delete),
            ("POST", "rename-field", self.rename_field),
            ("POST", "delete-field", self.delete_field),
            ("POST", "merge-organization", self.merge),
            ("POST", "install", self.install),
            ("POST", "uninstall", self.uninstall),
        ]
        routes = [
            Route(f"/control/{name}", self._answering(handler), methods=[method])
            for method, name, handler in table
        ]
        return [*routes, Route("/control/webhooks", self.webhooks, methods=["POST"])]

    def _answering(self, handler: Handler) -> Any:
        async def endpoint(request: Request) -> Response:
            try:
                body = await _body(request)
                with self.world.lock:
                    return JSONResponse(handler(body))
            except LookupError as missing:
                return JSONResponse({"problem": f"missing or unknown: {missing.args[0]}"}, 404)
            except (ValueError, TypeError) as problem:
                return JSONResponse({"problem": str(problem)}, 400)

        return endpoint

    def state(self, body: Row) -> Any:
        """Return the calls made, tokens spent, installations and webhook deliveries."""
        world = self.world
        return {
            "now": world.clock.now().isoformat(),
            "calls": list(world.calls),
            "tokens_spent": world.limits.spent,
            "tokens_remaining": world.limits.remaining,
            "installed": [user["id"] for user in world.users() if world.tokens.is_installed(user["id"])],
            "webhooks": list(world.store.table("webhook").values()),
            "webhook_mode": world.courier.mode,
            "idle": world.courier.is_idle,
            "deliveries": world.courier.docs(),
        }

    def reset_calls(self, body: Row) -> Any:
        """Forget the calls made, the tokens spent and the deliveries that are over."""
        self.world.calls.clear()
        self.world.limits.spent = 0
        self.world.courier.clear_finished()
        return {"ok": True}

    def faults(self, body: Row) -> Any:
        """Return the failures still to come, and the kinds there are."""
        return {"waiting": [fault.doc() for fault in self.world.faults.waiting], "kinds": KINDS}

    def add_fault(self, body: Row) -> Any:
        """Let the next `count` calls below `path` fail."""
        return self.world.faults.add(body).doc()

    def remove_faults(self, body: Row) -> Any:
        """Let no more calls fail."""
        self.world.faults.waiting.clear()
        return {"ok": True}

    def expire_tokens(self, body: Row) -> Any:
        """Make every access token run out."""
        return {"expired": self.world.tokens.expire_access()}

    def move_clock(self, body: Row) -> Any:
        """Move the time on by `advance_seconds`."""
        self.world.clock.advance(float(body["advance_seconds"]))
        return {"now": self.world.clock.now().isoformat()}

    def set_budget(self, body: Row) -> Any:
        """Leave `remaining` tokens for today."""
        self.world.limits.set_remaining(int(body["remaining"]))
        return {"remaining": self.world.limits.remaining}

    def set_limits(self, body: Row) -> Any:
        """Set `burst` and `search_burst`, the calls in two seconds."""
        limits = self.world.limits
        limits.burst = int(body.get("burst", limits.burst))
        limits.search_burst = int(body.get("search_burst", limits.search_burst))
        return {"burst": limits.burst, "search_burst": limits.search_burst}

    def _changes(self, body: Row) -> Changes:
        """Changes by the user that is named, or by the administrator."""
        admin = next(user for user in self.world.users() if is_admin(user))
        user = self.world.user(body["user_id"]) if "user_id" in body else admin
        if user is None:
            raise LookupError("user_id")
        return Changes(self.world, user, str(body.get("source", APP)))

    def _row(self, body: Row) -> Row:
        row = self.world.store.get(str(body["object"]), body["id"])
        if row is None:
            raise LookupError(f"{body['object']} {body['id']}")
        return row

    def change(self, body: Row) -> Any:
        """Change a row as a person in the product would; webhooks follow."""
        row, data = self._row(body), dict(body["data"])
        unknown = [name for name in data if name not in row]
        if unknown:
            raise LookupError(", ".join(unknown))
        return self._changes(body).update(str(body["object"]), row, data)

    def create(self, body: Row) -> Any:
        """Make a row as a person in the product would."""
        kind, data, store = str(body["object"]), dict(body["data"]), self.world.store
        changes, now = self._changes(body), rfc3339(self.world.clock.now())
        makers: dict[str, Callable[..., Row]] = {name: getattr(rows, name) for name in ENTITIES}
        if kind in makers:
            row = makers[kind](store, now, changes.user["id"], data)
        elif kind == "deal_product":
            product = store.table("product")[data["product_id"]]
            row = rows.deal_product(store, now, store.table("deal")[data["deal_id"]], product, data)
        elif kind == "deal_installment":
            row = rows.deal_installment(store, data["deal_id"], data)
        elif kind == "deal_discount":
            row = rows.deal_discount(now, changes.user["id"], data["deal_id"], data)
        else:
            raise LookupError(kind)
        return changes.create(kind, row)

    def delete(self, body: Row) -> Any:
        """Delete a row as a person in the product would."""
        self._changes(body).delete(str(body["object"]), self._row(body))
        return {"ok": True}

    def _field(self, body: Row) -> tuple[str, Row]:
        entity = str(body["object"])
        return entity, self.world.store.fields[entity][body["field_code"]]

    def rename_field(self, body: Row) -> Any:
        """Rename a field."""
        entity, field = self._field(body)
        renamed = {**field, "field_name": str(body["name"])}
        self._changes(body).field(entity, "change", renamed, field)
        return renamed

    def delete_field(self, body: Row) -> Any:
        """Delete a field with all its values."""
        entity, field = self._field(body)
        self._changes(body).field(entity, "delete", field)
        return {"ok": True}

    def merge(self, body: Row) -> Any:
        """Let the organization `id` go over into the organization `into`."""
        table = self.world.store.table("organization")
        loser, winner = table[body["id"]], table[body["into"]]
        self._changes(body).merge_organizations(loser, winner)
        return winner

    def install(self, body: Row) -> Any:
        """Return a code for a user, as if consent had been given on the page."""
        user = self.world.user(body["user_id"])
        if user is None:
            raise LookupError("user_id")
        address = self.world.settings.callback_url
        return {"code": self.world.tokens.new_code(user["id"], address, self.world.clock.now())}

    def uninstall(self, body: Row) -> Any:
        """Take the app away from a user; the app is notified."""
        return {"ended": self.world.uninstall(int(body["user_id"]))}

    async def webhooks(self, request: Request) -> Response:
        """Set `mode` to deliver, hold or drop; `flush` makes every waiting delivery once, at once."""
        try:
            mode = str((await _body(request)).get("mode"))
        except ValueError as problem:
            return JSONResponse({"problem": str(problem)}, 400)
        courier, made = self.world.courier, 0
        if mode == "flush":
            # Not on the event loop and not under the lock: the notified app may call the API.
            made = await run_in_threadpool(courier.flush)
        elif mode in MODES:
            courier.set_mode(mode)
        else:
            return JSONResponse({"problem": f"mode must be flush or one of {', '.join(MODES)}"}, 400)
        return JSONResponse({"mode": courier.mode, "made": made})


async def _body(request: Request) -> Row:
    raw = await request.body()
    body = json.loads(raw) if raw.strip() else {}
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body
