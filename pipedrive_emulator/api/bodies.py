"""Bodies of writing calls: which properties there are, of which type; nothing is converted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipedrive_emulator.api.call import Call
from pipedrive_emulator.core.errors import invalid
from pipedrive_emulator.core.store import Row
from pipedrive_emulator.core.values import address, checked, is_date, is_integer, is_number

Test = Callable[[Any], bool]


def text(value: Any) -> bool:
    """Return whether a value is text."""
    return isinstance(value, str)


def filled(value: Any) -> bool:
    """Return whether a value is text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def boolean(value: Any) -> bool:
    """Return whether a value is true or false."""
    return isinstance(value, bool)


def maybe(test: Test) -> Test:
    """Return the test that also takes null."""
    return lambda value: value is None or test(value)


def one_of(*allowed: Any) -> Test:
    """Return the test for one of a few values."""
    return lambda value: not isinstance(value, bool) and value in allowed


def integers(value: Any) -> bool:
    """Return whether a value is a list of whole numbers."""
    return isinstance(value, list) and all(is_integer(one) for one in value)


def _contacts(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict) and text(one.get("value")) and isinstance(one.get("primary", False), bool)
        for one in value
    )


def _prices(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict) and text(one.get("currency")) and is_number(one.get("price")) for one in value
    )


def _object(value: Any) -> bool:
    return isinstance(value, dict)


FREQUENCIES = ("one-time", "annually", "semi-annually", "quarterly", "monthly", "weekly")
VISIBLE = one_of(1, 3, 5, 7)
DEAL: dict[str, Test] = {
    "title": filled,
    "owner_id": is_integer,
    "person_id": maybe(is_integer),
    "org_id": maybe(is_integer),
    "pipeline_id": is_integer,
    "stage_id": is_integer,
    "value": is_number,
    "currency": text,
    "is_deleted": boolean,
    "is_archived": boolean,
    "archive_time": maybe(text),
    "status": one_of("open", "won", "lost", "deleted"),
    "probability": maybe(is_number),
    "lost_reason": maybe(text),
    "visible_to": VISIBLE,
    "close_time": maybe(text),
    "won_time": maybe(text),
    "lost_time": maybe(text),
    "expected_close_date": maybe(is_date),
    "label_ids": integers,
    "custom_fields": _object,
}
PERSON: dict[str, Test] = {
    "name": filled,
    "owner_id": is_integer,
    "org_id": maybe(is_integer),
    "add_time": text,
    "emails": _contacts,
    "phones": _contacts,
    "visible_to": VISIBLE,
    "label_ids": integers,
    "postal_address": maybe(_object),
    "notes": maybe(text),
    "im": _contacts,
    "birthday": maybe(is_date),
    "job_title": maybe(text),
    "custom_fields": _object,
}
ORGANIZATION: dict[str, Test] = {
    "name": filled,
    "owner_id": is_integer,
    "add_time": text,
    "visible_to": VISIBLE,
    "label_ids": integers,
    "address": maybe(_object),
    "website": maybe(text),
    "linkedin": maybe(text),
    "industry": maybe(is_integer),
    "annual_revenue": maybe(is_integer),
    "employee_count": maybe(is_integer),
    "custom_fields": _object,
}
_BILLING: dict[str, Test] = {
    "billing_frequency": one_of(*FREQUENCIES),
    "billing_frequency_cycles": maybe(is_integer),
}
PRODUCT: dict[str, Test] = {
    "name": filled,
    "code": maybe(text),
    "description": maybe(text),
    "unit": maybe(text),
    "tax": is_number,
    "category": maybe(is_number),
    "owner_id": is_integer,
    "is_linkable": boolean,
    "visible_to": VISIBLE,
    "prices": _prices,
    "custom_fields": _object,
    **_BILLING,
}
LINE: dict[str, Test] = {
    "product_id": is_integer,
    "item_price": is_number,
    "quantity": is_number,
    "tax": is_number,
    "comments": text,
    "discount": is_number,
    "is_enabled": boolean,
    "tax_method": one_of("exclusive", "inclusive", "none"),
    "discount_type": one_of("percentage", "amount"),
    "product_variation_id": maybe(is_integer),
    "billing_start_date": maybe(is_date),
    **_BILLING,
}
DISCOUNT: dict[str, Test] = {
    "description": filled,
    "amount": is_number,
    "type": one_of("percentage", "amount"),
}
INSTALLMENT: dict[str, Test] = {"description": filled, "amount": is_number, "billing_date": is_date}
SCHEMAS = {"deal": DEAL, "person": PERSON, "organization": ORGANIZATION, "product": PRODUCT}
REQUIRED = {"deal": ("title",), "person": ("name",), "organization": ("name",), "product": ("name",)}


def read(call: Call, schema: dict[str, Test], required: tuple[str, ...] = ()) -> Row:
    """Return the body of a call, every property of which is known and of its type."""
    body = call.body
    if not isinstance(body, dict):
        raise invalid("Validation failed: the body must be a JSON object")
    for name in required:
        if name not in body:
            raise invalid(f"Validation failed: {name}: is required")
    for name, value in body.items():
        if name not in schema:
            raise invalid(f"Validation failed: {name}: is not known")
        if not schema[name](value):
            raise invalid(f"Validation failed: {name}: is of the wrong type or not allowed")
    return dict(body)


def read_entity(call: Call, entity: str, *, new: bool) -> Row:
    """Return the body of a call that makes or changes one of the four main kinds."""
    data = read(call, SCHEMAS[entity], REQUIRED[entity] if new else ())
    fields = call.store.fields[entity]
    customs = data.get("custom_fields")
    if customs is not None:
        for code in customs:
            if code not in fields or not fields[code]["is_custom_field"]:
                raise invalid(f"Validation failed: custom_fields.{code}: is not known")
        data["custom_fields"] = {code: checked(fields[code], value) for code, value in customs.items()}
    for name in ("address", "postal_address"):
        if data.get(name) is not None:
            data[name] = address(data[name])
    _check_links(call, data)
    return data


def _check_links(call: Call, data: Row) -> None:
    links = (("person_id", "person"), ("org_id", "organization"), ("owner_id", "user"), ("stage_id", "stage"))
    for name, kind in (*links, ("pipeline_id", "pipeline")):
        if data.get(name) is not None and not call.sees(kind, data[name]):
            raise invalid(f"Validation failed: {name}: there is no {kind} {data[name]}")
    if "currency" in data:
        known = {row["code"] for row in call.store.table("currency").values()}
        if data["currency"] not in known:
            raise invalid(f"Validation failed: currency: {data['currency']} is not known")
