"""Answers as XML, for clients that do not ask for JSON: the same values in the vendor's elements."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from qbo_emulator.json_codec import Doc

NAMESPACE = "http://schema.intuit.com/finance/v3"
# What XML writes as attributes where JSON has properties.
ATTRIBUTES = ("domain", "sparse", "status", "bId", "startPosition", "maxResults", "totalCount")

# What every object begins with in XML, wherever JSON has it.
FIRST = ("Id", "SyncToken", "MetaData")


def _is_reference(value: Doc) -> bool:
    return "value" in value and set(value) <= {"value", "name", "type"}


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, dict):
        if name == "Fault":
            return _fault(value)
        if _is_reference(value):
            label = f" name={quoteattr(value['name'])}" if "name" in value else ""
            return f"<{name}{label}>{escape(str(value['value']))}</{name}>"
        attributes = "".join(f" {key}={quoteattr(_scalar(value[key]))}" for key in ATTRIBUTES if key in value)
        first = FIRST if not value.keys().isdisjoint(ATTRIBUTES) else ()
        ordered = dict.fromkeys((*(key for key in first if key in value), *value))
        inner = "".join(_element(key, value[key]) for key in ordered if key not in ATTRIBUTES)
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
        if key != "time":
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
