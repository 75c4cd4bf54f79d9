"""JSON and XML as QuickBooks writes them: exact decimals in, exact decimals out, one text per row."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any
from xml.sax.saxutils import escape, quoteattr

Doc = dict[str, Any]

NAMESPACE = "http://schema.intuit.com/finance/v3"


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


def decode(text: str | bytes) -> Any:
    """Plain values of a JSON text, numbers with a point as Decimal. ValueError when it is no JSON."""
    return json.loads(text, parse_float=Decimal)


def _is_reference(value: Doc) -> bool:
    return "value" in value and set(value) <= {"value", "name", "type"}


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, dict):
        if _is_reference(value):
            label = f" name={quoteattr(value['name'])}" if "name" in value else ""
            return f"<{name}{label}>{escape(str(value['value']))}</{name}>"
        attributes = "".join(
            f" {key}={quoteattr(_scalar(value[key]))}"
            for key in ("domain", "sparse", "status", "startPosition", "maxResults", "totalCount")
            if key in value
        )
        inner = "".join(
            _element(key, item)
            for key, item in value.items()
            if key not in {"domain", "sparse", "status", "startPosition", "maxResults", "totalCount"}
        )
        return f"<{name}{attributes}>{inner}</{name}>" if inner else f"<{name}{attributes}/>"
    return f"<{name}>{escape(_scalar(value))}</{name}>"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def xml_answer(doc: Doc) -> str:
    """The XML form of an answer whose JSON form is `doc`; faults keep code and element as attributes."""
    time = f" time={quoteattr(doc['time'])}" if "time" in doc else ""
    parts = []
    for key, value in doc.items():
        if key == "Fault":
            parts.append(_fault(value))
        elif key != "time":
            parts.append(_element(key, value))
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<IntuitResponse xmlns="{NAMESPACE}"{time}>{"".join(parts)}</IntuitResponse>'
    )


def _fault(fault: Doc) -> str:
    errors = []
    for error in fault["Error"]:
        attributes = "".join(f" {key}={quoteattr(error[key])}" for key in ("code", "element") if key in error)
        errors.append(
            f"<Error{attributes}>"
            + "".join(
                f"<{key}>{escape(error[key], {chr(34): '&quot;'})}</{key}>"
                for key in ("Message", "Detail")
                if key in error
            )
            + "</Error>"
        )
    return f'<Fault type="{fault["type"]}">{"".join(errors)}</Fault>'
