"""The bodies of webhooks: rows as webhooks spell them, which differs from the API in small things."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from pipedrive_emulator.core.store import ENTITIES, Row, Store
from pipedrive_emulator.core.values import for_webhook

FIELD_OBJECTS = {entity: f"{entity}_field" for entity in ENTITIES}
OBJECTS = (
    "activity",
    "board",
    "deal",
    "deal_field",
    "deal_installment",
    "deal_product",
    "lead",
    "lead_field",
    "note",
    "organization",
    "organization_field",
    "person",
    "person_field",
    "phase",
    "pipeline",
    "product",
    "product_field",
    "project",
    "project_field",
    "stage",
    "task",
    "user",
    "*",
)
ACTIONS = ("create", "change", "delete", "*")
# Columns of the API that the webhooks of an entity do not carry.
_LEFT_OUT = {
    "deal": ("is_deleted", "acv", "arr", "mrr", "local_won_date", "local_lost_date", "local_close_date"),
    "person": ("is_deleted", "label_ids", "notes", "im", "birthday", "job_title", "postal_address"),
    "organization": ("is_deleted", "label_ids", "org_id"),
    "product": ("is_deleted", "is_linkable", "billing_frequency", "billing_frequency_cycles"),
}


@dataclass
class Event:
    """One change of one row, before webhooks are made of it."""

    action: str
    entity: str
    entity_id: Any
    data: Row | None
    previous: Row | None
    user_id: int
    source: str
    extra: Row = field(default_factory=dict)
    correlation_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


def spelled(store: Store, entity: str, row: Row) -> Row:
    """Return a row, or the changed part of one, as webhooks spell it."""
    found = {key: value for key, value in row.items() if key not in _LEFT_OUT.get(entity, ())}
    if entity not in ENTITIES:
        return found
    if "visible_to" in found:
        found["visible_to"] = str(found["visible_to"])
    if "custom_fields" in found:
        found["custom_fields"] = {
            code: for_webhook(store.fields[entity][code], value)
            for code, value in row["custom_fields"].items()
            if code in store.fields[entity]
        }
    if entity in {"person", "organization"} and "label_ids" in row:
        found["label"] = row["label_ids"][0] if row["label_ids"] else None
    if entity == "organization" and "address" in row:
        found["country_code"] = None
        found["address"] = row["address"]["value"] if row["address"] else None
    if entity == "product":
        if "is_linkable" in row:
            found["selectable"] = row["is_linkable"]
        if found.get("category") is not None:
            found["category"] = str(found["category"])
    return found


def whole(store: Store, entity: str, row: Row) -> Row:
    """Return a whole row for a webhook, where only custom fields with a value are named."""
    found = spelled(store, entity, row)
    if entity in ENTITIES:
        found["custom_fields"] = {
            code: value for code, value in found["custom_fields"].items() if value is not None
        }
    return found


def changed_part(before: Row, after: Row) -> Row:
    """Return the former values of what changed; of custom fields only the changed ones."""
    part: Row = {}
    for key, value in before.items():
        if key == "custom_fields":
            inner = {code: old for code, old in value.items() if after[key].get(code) != old}
            inner.update(
                {code: None for code in after[key] if code not in value and after[key][code] is not None}
            )
            if inner:
                part[key] = inner
        elif after.get(key) != value:
            part[key] = value
    return part
