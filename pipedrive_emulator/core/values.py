"""Values of custom fields: what each type takes, and how webhooks spell it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from pipedrive_emulator.core.errors import invalid
from pipedrive_emulator.core.store import Row

ADDRESS_PARTS = (
    "value",
    "street_number",
    "route",
    "subpremise",
    "sublocality",
    "locality",
    "admin_area_level_1",
    "admin_area_level_2",
    "country",
    "postal_code",
    "formatted_address",
)
CUSTOM_TYPES = (
    "varchar",
    "text",
    "double",
    "phone",
    "date",
    "daterange",
    "time",
    "timerange",
    "set",
    "enum",
    "varchar_auto",
    "address",
    "monetary",
    "org",
    "people",
    "user",
)
_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")


def is_integer(value: Any) -> bool:
    """Return whether a JSON value is a whole number; true and false are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Return whether a JSON value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_date(value: Any) -> bool:
    """Return whether a JSON value is a date as text."""
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and bool(_TIME.match(value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _part(value: Any, name: str, test: Callable[[Any], bool], *, needed: bool = True) -> bool:
    if not isinstance(value, dict):
        return False
    found = value.get(name)
    return (found is None and not needed) or test(found)


def _is_money(value: Any) -> bool:
    return _part(value, "value", is_number) and _part(value, "currency", _is_text)


def _is_range(value: Any, test: Callable[[Any], bool]) -> bool:
    return _part(value, "value", test) and _part(value, "until", test)


def _fits(field: Row, value: Any) -> bool:
    kind = field["field_type"]
    known = {option["id"] for option in field["options"] or []}
    tests: dict[str, Callable[[Any], bool]] = {
        "double": is_number,
        "date": is_date,
        "monetary": _is_money,
        "enum": lambda given: is_integer(given) and given in known,
        "set": lambda given: (
            isinstance(given, list) and all(is_integer(one) and one in known for one in given)
        ),
        "daterange": lambda given: _is_range(given, is_date),
        "time": lambda given: _part(given, "value", _is_time),
        "timerange": lambda given: _is_range(given, _is_time),
        "address": lambda given: _part(given, "value", _is_text),
        **dict.fromkeys(("user", "org", "people"), is_integer),
    }
    return tests.get(kind, _is_text)(value)


def address(given: dict[str, Any]) -> Row:
    """Return an address with every part, the missing ones as empty text."""
    full = {part: given.get(part) or "" for part in ADDRESS_PARTS}
    full["formatted_address"] = full["formatted_address"] or full["value"]
    return full


def checked(field: Row, value: Any) -> Any:
    """Return a value as it is kept; refuses one that the type of the field does not take."""
    if value is None:
        return None
    if not _fits(field, value):
        raise invalid(f"Validation failed: custom_fields.{field['field_code']}: not a {field['field_type']}")
    if field["field_type"] == "address":
        return address(value)
    return value


def for_webhook(field: Row, value: Any) -> Row | None:
    """Return a value with its type, the way webhooks carry it."""
    kind = field["field_type"]
    if value is None:
        return None
    if kind in {"enum", "user", "people", "org"}:
        return {"type": kind, "id": value}
    if kind == "set":
        return {"type": kind, "values": [{"id": option} for option in value]}
    if kind in {"daterange", "timerange"}:
        rest = {key: part for key, part in value.items() if key in {"until", "timezone_id"}}
        return {"type": kind, "from": value["value"], **rest}
    if kind == "time":
        return {"type": kind, "value": value["value"], "timezone_id": value.get("timezone_id")}
    if isinstance(value, dict):
        return {"type": kind, **value}
    return {"type": kind, "value": value}
