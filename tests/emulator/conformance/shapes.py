"""Shapes of recorded answers, written down as key lists, and the check that an answer has one of them.

A shape is written `{Key:type Other?:type}`: keys in the recorded order, `?` where not every recorded object has the
key. A list is `[shape]`, an always empty one `[]`. Types: `s` text, `b` boolean, `#` number, `d` date, `t` Pacific time
in whole seconds, `ms` Pacific time with milliseconds, `n` null. `$NAME` stands for a shape of PARTS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

PARTS = {
    "REF": "{value:s name:s}",
    "META": "{CreateTime:t LastUpdatedTime:t}",
    "ADDR": "{Id:s Line1:s City:s Country?:s CountrySubDivisionCode:s PostalCode:s Lat:s Long:s}",
    "FORM_ADDR": "{Id:s Line1:s Line2?:s Line3?:s Line4?:s City?:s CountrySubDivisionCode?:s PostalCode?:s "
    "Lat?:s Long?:s}",
    "OBJECT": "domain:s sparse:b Id:s SyncToken:s MetaData:$META",
    "PHONE": "{FreeFormNumber:s}",
    "FIELD": "{DefinitionId:s Name:s Type:s}",
    "ERROR": "{Message:s Detail:s code:s}",
    "ERROR_AT": "{Message:s Detail:s code:s element:s}",
    "LINK": "{TxnId:s TxnType:s}",
}
FORMS = {
    "s": re.compile(r".*", re.DOTALL),
    "d": re.compile(r"\d{4}-\d\d-\d\d"),
    "t": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0[78]:00"),
    "ms": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}-0[78]:00"),
}
TOKEN = re.compile(r"[{}\[\]]|[A-Za-z0-9_]+\??:|#|[a-z]+")


@dataclass(frozen=True)
class Shape:
    """`keys` of an object, `item` of a list, or the `scalar` type."""

    keys: dict[str, tuple[Shape, bool]] | None = None
    item: Shape | None = None
    scalar: str = ""


def shape(text: str) -> Shape:
    """The shape a text describes."""
    while "$" in text:
        text = re.sub(r"\$([A-Z_]+)", lambda match: PARTS[match[1]], text)
    tokens = TOKEN.findall(text)
    found = _read(tokens)
    assert not tokens, f"left over: {tokens}"
    return found


def _read(tokens: list[str]) -> Shape:
    token = tokens.pop(0)
    if token == "{":
        keys: dict[str, tuple[Shape, bool]] = {}
        while tokens[0] != "}":
            name = tokens.pop(0)[:-1]
            keys[name.rstrip("?")] = (_read(tokens), name.endswith("?"))
        tokens.pop(0)
        return Shape(keys=keys)
    if token == "[":
        item = None if tokens[0] == "]" else _read(tokens)
        assert tokens.pop(0) == "]"
        return Shape(scalar="list", item=item)
    return Shape(scalar=token)


def differences(wanted: Shape, value: Any, where: str = "answer") -> list[str]:
    """What is not as it was recorded: keys too many, missing or in another order, values of another type."""
    if wanted.keys is not None:
        return _object_differences(wanted.keys, value, where)
    if wanted.scalar == "list":
        if not isinstance(value, list):
            return [f"{where} is no list"]
        if wanted.item is None:
            return [f"{where} is not empty"] if value else []
        return [
            text for n, item in enumerate(value) for text in differences(wanted.item, item, f"{where}[{n}]")
        ]
    fits = {
        "b": isinstance(value, bool),
        "n": value is None,
        "#": isinstance(value, (int, Decimal)) and not isinstance(value, bool),
    }
    ok = fits.get(wanted.scalar)
    if ok is None:
        ok = isinstance(value, str) and FORMS[wanted.scalar].fullmatch(value) is not None
    return [] if ok else [f"{where} is {value!r}, not {wanted.scalar}"]


def _object_differences(keys: dict[str, tuple[Shape, bool]], value: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    found = [f"{where}.{name} was never recorded" for name in value if name not in keys]
    found += [
        f"{where}.{name} is missing" for name, (_, may) in keys.items() if name not in value and not may
    ]
    known = [name for name in value if name in keys]
    if known != [name for name in keys if name in value]:
        found.append(f"{where} has its keys in the order {known}")
    for name in known:
        found += differences(keys[name][0], value[name], f"{where}.{name}")
    return found


def assert_shape(text: str, value: Any) -> None:
    """Fail with every difference between an answer and a recorded shape."""
    found = differences(shape(text), value)
    assert not found, "\n".join(found)
