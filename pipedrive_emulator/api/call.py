"""One call of the API: its parameters, read strictly."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipedrive_emulator.changes import API, Changes
from pipedrive_emulator.core.errors import invalid, not_found
from pipedrive_emulator.core.oauth import Grant
from pipedrive_emulator.core.store import Row, Store, may_see
from pipedrive_emulator.world import World

DEFAULT_LIMIT, MOST = 100, 500
MOST_IDS = 100


@dataclass
class Call:
    """What was asked, by whom."""

    world: World
    user: Row
    grant: Grant
    path: dict[str, str]
    query: list[tuple[str, str]]
    body: Any = None

    @property
    def store(self) -> Store:
        """Return the rows of the company."""
        return self.world.store

    @property
    def changes(self) -> Changes:
        """Return the way to change rows through the API as this user."""
        return Changes(self.world, self.user, API)

    def get(self, name: str) -> str | None:
        """Return a query parameter, the last one when it is given twice."""
        return next((value for key, value in reversed(self.query) if key == name), None)

    def integer(self, name: str) -> int | None:
        """Return a query parameter that is a whole number."""
        text = self.get(name)
        if text is None:
            return None
        if not text.isdecimal():
            raise invalid(f"Validation failed: {name}: must be a whole number")
        return int(text)

    def boolean(self, name: str) -> bool:
        """Return a query parameter that is `true` or `false`."""
        text = self.get(name)
        if text not in {None, "true", "false"}:
            raise invalid(f"Validation failed: {name}: must be true or false")
        return text == "true"

    def choice(self, name: str, allowed: tuple[str, ...], default: str = "") -> str:
        """Return a query parameter that is one of a few words."""
        text = self.get(name)
        if text is None:
            return default
        if text not in allowed:
            raise invalid(f"Validation failed: {name}: must be one of {', '.join(allowed)}")
        return text

    def several(self, name: str) -> list[str]:
        """Return a parameter that is a list of words with commas between them."""
        joined = ",".join(value for key, value in self.query if key == name)
        return [word.strip() for word in joined.split(",") if word.strip()]

    def ids(self, name: str) -> list[int] | None:
        """Return a parameter that is a list of ids, at most a hundred."""
        if self.get(name) is None:
            return None
        words = self.several(name)
        if not words or not all(word.isdecimal() for word in words):
            raise invalid(f"Validation failed: {name}: must be ids with commas between them")
        if len(words) > MOST_IDS:
            raise invalid(f"Validation failed: {name}: no more than {MOST_IDS} ids")
        return [int(word) for word in words]

    def moment(self, name: str) -> str | None:
        """Return a parameter that is a moment in RFC 3339."""
        text = self.get(name)
        if text is None:
            return None
        try:
            given = datetime.fromisoformat(text)
        except ValueError:
            given = None
        if given is None or given.tzinfo is None:
            raise invalid(f"Validation failed: {name}: must be a time as in RFC 3339")
        return text

    def path_id(self, name: str = "id") -> int:
        """Return an id out of the path."""
        text = self.path[name]
        if not text.isdecimal():
            raise invalid(f"Validation failed: {name}: must be a whole number")
        return int(text)

    def row(self, kind: str, row_id: Any) -> Row:
        """Return a row that this user may see; to anybody else it does not exist."""
        found = self.store.get(kind, row_id)
        if found is None or not may_see(self.user, found):
            raise not_found(kind.replace("_", " ").capitalize())
        return found

    def sees(self, kind: str, row_id: Any) -> bool:
        """Return whether a row exists for this user."""
        found = self.store.get(kind, row_id)
        return found is not None and may_see(self.user, found)


def success(data: Any, **more: Any) -> Row:
    """Return the body of an answer."""
    return {"success": True, "data": data, **more}


def encode_cursor(field: str, row: Row, direction: str) -> str:
    """Return the place behind a row as opaque text."""
    place = {"field": field, "fieldValue": row[field], "sortDirection": direction, "id": row["id"]}
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def decode_cursor(text: str, field: str, direction: str) -> tuple[Any, Any]:
    """Return what a cursor says; one of another order or of nobody's making is refused."""
    try:
        place = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if (place["field"], place["sortDirection"]) != (field, direction):
            raise invalid("Validation failed: cursor: belongs to another order")
        return place["fieldValue"], place["id"]
    except (ValueError, binascii.Error, KeyError, TypeError):
        raise invalid("Validation failed: cursor: is invalid") from None


def page_size(call: Call) -> int:
    """Return how many rows are asked for."""
    limit = call.integer("limit")
    if limit is not None and not 1 <= limit <= MOST:
        raise invalid(f"Validation failed: limit: must be from 1 to {MOST}")
    return limit or DEFAULT_LIMIT


def page(
    call: Call, rows: list[Row], orders: tuple[str, ...], default: str = "id"
) -> tuple[list[Row], str | None]:
    """Return one page of rows in the order asked for, and the cursor of the next page."""
    field = call.choice("sort_by", orders, default) if orders else default
    direction = call.choice("sort_direction", ("asc", "desc"), "asc") if orders else "asc"
    size = page_size(call)

    def key(row: Row) -> tuple[Any, Any]:
        return (row[field], row["id"])

    ordered = sorted(rows, key=key, reverse=direction == "desc")
    cursor = call.get("cursor")
    if cursor:
        last = decode_cursor(cursor, field, direction)
        try:
            ordered = [
                row for row in ordered if (key(row) < last if direction == "desc" else key(row) > last)
            ]
        except TypeError:
            raise invalid("Validation failed: cursor: is invalid") from None
    found = ordered[:size]
    more = len(ordered) > size
    return found, encode_cursor(field, found[-1], direction) if more else None
