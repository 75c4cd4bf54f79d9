"""New rows with every column, for the seed and for what is made through the API."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from pipedrive_emulator.core.store import Row, Store
from pipedrive_emulator.core.values import ADDRESS_PARTS

_SUBFIELDS = {
    "address": [(part, part.replace("_", " ").capitalize(), "varchar") for part in ADDRESS_PARTS],
    "monetary": [("value", "Amount", "double"), ("currency", "Currency", "varchar")],
    "daterange": [("value", "Start", "date"), ("until", "End", "date")],
    "time": [("value", "Time", "time"), ("timezone_id", "Time zone", "int")],
    "timerange": [("value", "Start", "time"), ("until", "End", "time"), ("timezone_id", "Time zone", "int")],
}


def custom_code(entity: str, name: str) -> str:
    """Return the 40 characters by which a custom field is known; the same name gives the same ones."""
    return hashlib.sha1(f"{entity}/{name}".encode(), usedforsecurity=False).hexdigest()


def subfields(kind: str, name: str) -> list[Row] | None:
    """Return the parts of a field whose values are objects."""
    parts = _SUBFIELDS.get(kind)
    if parts is None:
        return None
    return [
        {"field_code": code, "field_name": f"{label} of {name}", "field_type": part_kind}
        for code, label, part_kind in parts
    ]


def field_row(
    entity: str,
    code: str,
    name: str,
    kind: str,
    *,
    options: list[Row] | None = None,
    is_custom: bool = False,
    is_optional: bool = False,
) -> Row:
    """Return the definition of a field."""
    visible: Row = {"add_visible_flag": True, "details_visible_flag": True}
    row: Row = {
        "field_name": name,
        "field_code": code,
        "field_type": kind,
        "options": options,
        "subfields": subfields(kind, name),
        "is_custom_field": is_custom,
        "is_optional_response_field": is_optional,
        "ui_visibility": visible,
    }
    if entity in {"deal", "person"}:
        row["description"] = None
    if entity == "deal":
        visible["show_in_pipelines"] = {"show_in_all": True, "pipeline_ids": []}
        row["required_fields"] = {"enabled": False, "stage_ids": [], "statuses": {}}
    elif entity != "product":
        visible["show_in_add_deal_dialog"] = {"show": False, "order": None}
        row["required_fields"] = {"enabled": False}
    if entity != "product":
        row["important_fields"] = {"enabled": False, "stage_ids": []}
    return row


def no_customs(store: Store, entity: str) -> Row:
    """Return the custom fields of an entity without values."""
    return {code: None for code, field in store.fields[entity].items() if field["is_custom_field"]}


def _with_customs(store: Store, entity: str, row: Row, data: Row) -> Row:
    rest = dict(data)
    customs = {**no_customs(store, entity), **(rest.pop("custom_fields", None) or {})}
    return {**row, **rest, "custom_fields": customs}


def deal(store: Store, now: str, user_id: int, data: Row) -> Row:
    """Return a new deal."""
    stage = store.get("stage", data.get("stage_id")) or next(
        row
        for row in sorted(store.table("stage").values(), key=lambda row: row["order_nr"])
        if data.get("pipeline_id") in {None, row["pipeline_id"]}
    )
    row = {
        "id": store.next_id("deal"),
        "title": "",
        "creator_user_id": user_id,
        "owner_id": user_id,
        "value": 0,
        "person_id": None,
        "org_id": None,
        "stage_id": stage["id"],
        "pipeline_id": stage["pipeline_id"],
        "currency": next(iter(store.table("company").values()))["currency"],
        "archive_time": None,
        "add_time": now,
        "update_time": now,
        "stage_change_time": None,
        "status": "open",
        "is_archived": False,
        "is_deleted": False,
        "probability": None,
        "lost_reason": None,
        "visible_to": 3,
        "close_time": None,
        "won_time": None,
        "lost_time": None,
        "local_won_date": None,
        "local_lost_date": None,
        "local_close_date": None,
        "expected_close_date": None,
        "label_ids": [],
        "origin": "ManuallyCreated",
        "origin_id": None,
        "channel": None,
        "channel_id": None,
        "acv": None,
        "arr": None,
        "mrr": None,
    }
    return {**_with_customs(store, "deal", row, data), "pipeline_id": stage["pipeline_id"]}


def person(store: Store, now: str, user_id: int, data: Row) -> Row:
    """Return a new person; first and last name follow from the name."""
    first, _, last = str(data.get("name") or "").partition(" ")
    row = {
        "id": store.next_id("person"),
        "name": "",
        "first_name": first,
        "last_name": last or None,
        "owner_id": user_id,
        "org_id": None,
        "add_time": now,
        "update_time": now,
        "emails": [],
        "phones": [],
        "is_deleted": False,
        "visible_to": 3,
        "label_ids": [],
        "picture_id": None,
        "postal_address": None,
        "notes": None,
        "im": [],
        "birthday": None,
        "job_title": None,
    }
    return _with_customs(store, "person", row, data)


def organization(store: Store, now: str, user_id: int, data: Row) -> Row:
    """Return a new organization."""
    row = {
        "id": store.next_id("organization"),
        "name": "",
        "owner_id": user_id,
        "add_time": now,
        "update_time": now,
        "address": None,
        "is_deleted": False,
        "visible_to": 3,
        "label_ids": [],
        "website": None,
        "linkedin": None,
        "industry": None,
        "annual_revenue": None,
        "employee_count": None,
    }
    return _with_customs(store, "organization", row, data)


def _price(price: Row, owner: Row) -> Row:
    return {**owner, "price": 0, "currency": "USD", "cost": 0, "direct_cost": 0, "notes": "", **price}


def product(store: Store, now: str, user_id: int, data: Row) -> Row:
    """Return a new product."""
    row = {
        "id": store.next_id("product"),
        "name": "",
        "code": None,
        "description": None,
        "unit": None,
        "tax": 0,
        "category": None,
        "is_linkable": True,
        "is_deleted": False,
        "visible_to": 3,
        "owner_id": user_id,
        "add_time": now,
        "update_time": now,
        "billing_frequency": "one-time",
        "billing_frequency_cycles": None,
        "prices": [],
    }
    full = _with_customs(store, "product", row, data)
    full["prices"] = prices(full["id"], full["prices"])
    return full


def prices(product_id: int, given: list[Row]) -> list[Row]:
    """Return the prices of a product with every column."""
    return [_price(price, {"product_id": product_id}) for price in given]


def variation(store: Store, product_id: int, data: Row) -> Row:
    """Return a new variation of a product."""
    row_id = store.next_id("variation")
    given = [_price(price, {"product_variation_id": row_id}) for price in data.get("prices", [])]
    return {"id": row_id, "name": data["name"], "product_id": product_id, "prices": given}


def deal_product(store: Store, now: str, deal_row: Row, product_row: Row, data: Row) -> Row:
    """Return a new product line of a deal."""
    order = max((line["order_nr"] for line in store.lines(deal_row["id"])), default=0) + 1
    return {
        "id": store.next_id("deal_product"),
        "sum": 0,
        "tax": product_row["tax"],
        "deal_id": deal_row["id"],
        "name": product_row["name"],
        "product_id": product_row["id"],
        "product_variation_id": None,
        "order_nr": order,
        "add_time": now,
        "update_time": now,
        "comments": "",
        "currency": deal_row["currency"],
        "discount": 0,
        "quantity": 1,
        "item_price": 0,
        "tax_method": "inclusive",
        "discount_type": "percentage",
        "is_enabled": True,
        "billing_frequency": product_row["billing_frequency"],
        "billing_frequency_cycles": product_row["billing_frequency_cycles"],
        "billing_start_date": None,
        **data,
    }


def deal_discount(now: str, user_id: int, deal_id: int, data: Row) -> Row:
    """Return a new discount on a whole deal."""
    return {
        "id": str(uuid.uuid4()),
        "description": "",
        "amount": 0,
        "type": "percentage",
        "deal_id": deal_id,
        "created_at": now,
        "created_by": user_id,
        "updated_at": now,
        "updated_by": user_id,
        **data,
    }


def deal_installment(store: Store, deal_id: int, data: Row) -> Row:
    """Return a new installment of a deal."""
    return {"id": store.next_id("deal_installment"), "deal_id": deal_id, **data}


def note(store: Store, now: str, user_id: int, data: Row) -> Row:
    """Return a new note as it is kept; names are added when it is read."""
    row: dict[str, Any] = {
        "id": store.next_id("note"),
        "active_flag": True,
        "add_time": now,
        "content": "",
        "lead_id": None,
        "deal_id": None,
        "person_id": None,
        "org_id": None,
        "project_id": None,
        "last_update_user_id": None,
        "update_time": now,
        "user_id": user_id,
    }
    for owner in ("lead", "deal", "organization", "person", "project"):
        row[f"pinned_to_{owner}_flag"] = False
    return {**row, **data}
