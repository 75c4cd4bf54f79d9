"""JSON as QuickBooks writes it: exact decimals in, exact decimals out, one text per row."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

Doc = dict[str, Any]


class Written(str):
    """JSON text that is already written and goes out as it is."""

    __slots__ = ()


def _array(values: list[Any]) -> str:
    return "[" + ",".join([encode(value) for value in values]) + "]"


def _object(doc: Doc) -> str:
    return "{" + ",".join([f"{encode_basestring(key)}:{encode(value)}" for key, value in doc.items()]) + "}"


_ENCODERS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    bool: lambda value: "true" if value else "false",
    type(None): lambda value: "null",
    int: str,
    Decimal: lambda value: format(value, "f"),
    float: repr,
    list: _array,
    tuple: lambda value: _array(list(value)),
    dict: _object,
    Written: str,
}


def encode(value: Any) -> str:
    """JSON text of plain values; a Decimal keeps its places (`100.00`), Written parts are put in unread."""
    return _ENCODERS[type(value)](value)


def _number(text: str) -> Decimal:
    number = Decimal(text)
    # Written out, a number such as 1e999999999 would fill the memory.
    if not -40 < number.adjusted() < 40:
        raise ValueError("a number is out of range")
    return number


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def decode(text: str | bytes) -> Any:
    """Plain values of a JSON text in UTF-8, numbers with a point as Decimal. ValueError when it is none."""
    try:
        read = text.decode() if isinstance(text, bytes) else text
        found = json.loads(read, parse_float=_number, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    if "\\u" in read:
        # A lone half of a surrogate pair cannot be written again.
        encode(found).encode()
    return found
