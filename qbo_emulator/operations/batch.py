"""Batches: up to thirty independent operations in one request, each with its own answer or fault."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc
from qbo_emulator.operations import cdc, engine, recurring
from qbo_emulator.query.run import answer as query_answer

MOST_ITEMS = 30
# A request id of a batch is joined with the ids of its items.
LONGEST_ITEM_ID = 10


def answer(company: Company, body: Any, now: datetime, *, has_request_id: bool = False) -> Doc:
    """The BatchItemResponse list (1040 for more than thirty items, 2130 for item ids too long)."""
    items = body.get("BatchItemRequest") if isinstance(body, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise errors.required("BatchItemRequest")
    if len(items) > MOST_ITEMS:
        raise errors.batch_too_large(MOST_ITEMS)
    for item in items if has_request_id else ():
        if len(str(item.get("bId", ""))) > LONGEST_ITEM_ID:
            raise errors.request_id_malformed(str(item["bId"]), LONGEST_ITEM_ID)
    return {"BatchItemResponse": [_item(company, item, now) for item in items]}


def _item(company: Company, item: Doc, now: datetime) -> Doc:
    try:
        result = _performed(company, item, now)
    except errors.Fault as fault:
        result = {"Fault": fault.doc()}
    if "bId" in item:
        result["bId"] = item["bId"]
    return result


def _performed(company: Company, item: Doc, now: datetime) -> Doc:
    if "Query" in item:
        return {"QueryResponse": query_answer(company, str(item["Query"]), now)}
    asked = item.get("CDCQuery")
    if isinstance(asked, dict):
        entities = asked.get("Entities")
        listed = ",".join(map(str, entities)) if isinstance(entities, list) else entities
        return cdc.answer(company, listed, asked.get("ChangedSince"), now)
    name = next((key for key in item if key in ENTITY_TYPES), None)
    if name is None or not isinstance(item[name], dict):
        unknown = next((key for key in item if key not in {"bId", "operation", "optionsData"}), "Entity")
        raise errors.unknown_property(
            unknown, "BatchItemRequest", ["bId", "operation", "Query", *ENTITY_TYPES]
        )
    kind, body, operation = ENTITY_TYPES[name], item[name], item.get("operation") or "create"
    options = engine.Options(
        duplicate_number_allowed="allowduplicatedocnum" in str(item.get("optionsData", "")).lower()
    )
    if name == recurring.KIND:
        wrapped = item[name]
        if operation == "delete":
            return {name: recurring.remove(company, wrapped, now)}
        return {name: kind.shown(recurring.save(company, wrapped, now))}
    if operation == "delete":
        return {name: engine.remove(company, kind, body, now, options)}
    if operation not in {"create", "update"}:
        raise errors.invalid_enum("operation", operation)
    if operation == "update" and body.get("Id") in (None, ""):
        raise errors.required("Id")
    given = {key: value for key, value in body.items() if operation != "create" or key != "Id"}
    return {name: engine.save(company, kind, given, now, options).text}
