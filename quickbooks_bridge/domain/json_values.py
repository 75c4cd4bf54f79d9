"""Values out of QuickBooks' JSON: absent keys are normal, unreadable ones are said by name."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from .texts import is_digits

ZERO = Decimal(0)
Json = dict[str, Any]


class ParseError(ValueError):
    """A required key is missing or is no value of its kind; the message names the key, never the value."""


def parse_moment(text: Any) -> datetime:
    """Read an ISO time with offset as aware UTC."""
    try:
        return _moment(str(text))
    except ValueError as error:
        raise ParseError("time") from error


# What is news is read twice: its stamp first, the rest later.
@lru_cache(maxsize=1024)
def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def text_at(obj: Json, key: str) -> str:
    """Return a text, "" where there is none."""
    value = obj.get(key)
    if type(value) is str:
        return value
    return "" if value is None else str(value)


def required_at(obj: Json, key: str) -> str:
    """Return a text that must be there."""
    value = obj.get(key)
    if value is None or value == "":
        raise ParseError(key)
    return value if type(value) is str else str(value)


def number_at(obj: Json, key: str) -> Decimal:
    """Return a number, zero where there is none."""
    value = obj.get(key)
    if type(value) is Decimal:
        return value
    if value is None or value == "":
        return ZERO
    try:
        return Decimal(value) if type(value) is int else Decimal(str(value))
    except InvalidOperation as error:
        raise ParseError(key) from error


def date_at(obj: Json, key: str) -> date | None:
    """Return a date, None where there is none."""
    value = obj.get(key)
    if not value:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise ParseError(key) from error


def ref_at(obj: Json, key: str, part: str = "value") -> str:
    """Return the id of a reference, or another part of it, "" where there is none."""
    ref = obj.get(key)
    return text_at(ref, part) if isinstance(ref, dict) else ""


def updated_at(obj: Json) -> datetime:
    """Return when QuickBooks changed an object."""
    meta = obj.get("MetaData")
    return parse_moment(required_at(meta if isinstance(meta, dict) else {}, "LastUpdatedTime"))


def sync_token_at(obj: Json) -> int:
    """Return an object's sync token."""
    value = required_at(obj, "SyncToken")
    if not is_digits(value):
        raise ParseError("SyncToken")
    return int(value)
