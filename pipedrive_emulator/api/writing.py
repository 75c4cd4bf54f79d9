"""API v2: making, changing and deleting rows."""

from __future__ import annotations

from collections.abc import Callable

from pipedrive_emulator.api import bodies
from pipedrive_emulator.api.call import Call, success
from pipedrive_emulator.api.reading import Handler, shown
from pipedrive_emulator.core import rows
from pipedrive_emulator.core.clock import rfc3339
from pipedrive_emulator.core.errors import invalid, not_found
from pipedrive_emulator.core.store import Row

MAKERS: dict[str, Callable[..., Row]] = {
    "deal": rows.deal,
    "person": rows.person,
    "organization": rows.organization,
    "product": rows.product,
}


def now(call: Call) -> str:
    """Return the present moment as rows keep it."""
    return rfc3339(call.world.clock.now())


def creator(entity: str) -> Handler:
    """Return the handler that makes a row."""

    def handler(call: Call) -> Row:
        data = bodies.read_entity(call, entity, new=True)
        row = MAKERS[entity](call.store, now(call), call.user["id"], data)
        return success(shown(call, entity, call.changes.create(entity, row)))

    return handler


def updater(entity: str) -> Handler:
    """Return the handler that changes a row."""

    def handler(call: Call) -> Row:
        row = call.row(entity, call.path_id())
        data = bodies.read_entity(call, entity, new=False)
        if entity == "deal" and row["is_archived"] and data.get("is_archived", True):
            raise invalid("An archived deal cannot be edited")
        if row["is_deleted"]:
            raise not_found(entity.capitalize())
        if entity == "product" and "prices" in data:
            data["prices"] = rows.prices(row["id"], data["prices"])
        if entity == "deal" and "pipeline_id" in data and "stage_id" not in data:
            data["stage_id"] = _first_stage(call, data["pipeline_id"])
        return success(shown(call, entity, call.changes.update(entity, row, data)))

    return handler


def _first_stage(call: Call, pipeline_id: int) -> int:
    stages = [row for row in call.store.table("stage").values() if row["pipeline_id"] == pipeline_id]
    return int(min(stages, key=lambda row: row["order_nr"])["id"])


def deleter(entity: str) -> Handler:
    """Return the handler that marks a row as deleted."""

    def handler(call: Call) -> Row:
        row = call.row(entity, call.path_id())
        if row["is_deleted"]:
            raise not_found(entity.capitalize())
        call.changes.delete(entity, row)
        return success({"id": row["id"]})

    return handler
