"""API v2: searching by words."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from pipedrive_emulator.api.call import Call, page_size, success
from pipedrive_emulator.api.reading import Handler
from pipedrive_emulator.core.errors import invalid
from pipedrive_emulator.core.store import Row, may_see

FIELDS = {
    "deal": ("custom_fields", "notes", "title"),
    "person": ("custom_fields", "email", "notes", "phone", "name"),
    "organization": ("address", "custom_fields", "notes", "name"),
    "product": ("code", "custom_fields", "name"),
}
SEARCHABLE = frozenset({"address", "varchar", "text", "varchar_auto", "double", "monetary", "phone"})


def _customs(call: Call, entity: str, row: Row) -> list[str]:
    found = []
    for code, value in row["custom_fields"].items():
        if value is not None and call.store.fields[entity][code]["field_type"] in SEARCHABLE:
            found.append(str(value["value"] if isinstance(value, dict) else value))
    return found


def _notes(call: Call, entity: str, row: Row) -> list[str]:
    owner = {"deal": "deal_id", "person": "person_id", "organization": "org_id"}.get(entity, "")
    return [note["content"] for note in call.store.table("note").values() if note.get(owner) == row["id"]]


def _texts(call: Call, entity: str, row: Row, fields: list[str]) -> Iterator[tuple[str, str]]:
    for field in fields:
        if field == "custom_fields":
            yield from ((field, text) for text in _customs(call, entity, row))
        elif field == "notes":
            yield from ((field, text) for text in _notes(call, entity, row))
        elif field in {"email", "phone"}:
            yield from ((field, one["value"]) for one in row[f"{field}s"])
        elif field == "address":
            yield field, (row["address"] or {}).get("value", "")
        else:
            yield field, row[field] or ""


def _link(call: Call, kind: str, row_id: Any, **more: Any) -> Row | None:
    found = call.store.get(kind, row_id)
    return {"id": found["id"], "name": found["name"], **more} if found else None


def _item(call: Call, entity: str, row: Row, hits: list[tuple[str, str]]) -> Row:
    item: Row = {
        "id": row["id"],
        "type": entity,
        "visible_to": row["visible_to"],
        "owner": {"id": row["owner_id"]},
    }
    item["custom_fields"] = [text for field, text in hits if field == "custom_fields"]
    if entity != "product":
        item["notes"] = [text for field, text in hits if field == "notes"]
    if entity == "deal":
        item |= {key: row[key] for key in ("title", "value", "currency", "status", "is_archived")}
        item["stage"] = _link(call, "stage", row["stage_id"])
        item["person"] = _link(call, "person", row["person_id"])
        item["organization"] = _link(call, "organization", row["org_id"])
        return item
    item["name"] = row["name"]
    if entity == "person":
        item["phones"] = [one["value"] for one in row["phones"]]
        item["emails"] = [one["value"] for one in row["emails"]]
        item["organization"] = _link(call, "organization", row["org_id"], address=None)
    elif entity == "organization":
        item["address"] = row["address"]["value"] if row["address"] else None
    else:
        item["code"] = row["code"]
    return item


def _passes(call: Call, entity: str, row: Row) -> bool:
    if row["is_deleted"] or not may_see(call.user, row):
        return False
    if entity == "deal":
        status = call.choice("status", ("open", "won", "lost"))
        wanted = (call.integer("person_id"), call.integer("organization_id"))
        found = (row["person_id"], row["org_id"])
        if status and row["status"] != status:
            return False
        return all(want in {None, have} for want, have in zip(wanted, found, strict=True))
    return entity != "person" or call.integer("organization_id") in {None, row["org_id"]}


def _term(call: Call) -> tuple[str, bool]:
    term, exact = (call.get("term") or "").strip(), call.boolean("exact_match")
    if len(term) < (1 if exact else 2):
        raise invalid("Validation failed: term: must have at least 2 characters, or 1 for an exact match")
    return term.casefold(), exact


def searcher(entity: str) -> Handler:
    """Return the handler that searches an entity."""

    def handler(call: Call) -> Row:
        term, exact = _term(call)
        fields = call.several("fields") or list(FIELDS[entity])
        for field in fields:
            if field not in FIELDS[entity]:
                raise invalid(f"Validation failed: fields: {field} is not known")
        items: list[Row] = []
        for row in call.store.table(entity).values():
            if not _passes(call, entity, row):
                continue
            hits = [
                (field, text)
                for field, text in _texts(call, entity, row, fields)
                if (text.casefold() == term if exact else term in text.casefold())
            ]
            if hits:
                score = max(len(term) / max(len(text), 1) for _field, text in hits)
                items.append({"result_score": round(score, 4), "item": _item(call, entity, row, hits)})
        items.sort(key=lambda found: (-found["result_score"], found["item"]["id"]))
        return _paged(call, items)

    return handler


def _paged(call: Call, items: list[Row]) -> Row:
    size, cursor = page_size(call), call.get("cursor")
    try:
        start = int(base64.urlsafe_b64decode(cursor)) if cursor else 0
    except ValueError:
        raise invalid("Validation failed: cursor: is invalid") from None
    end = start + size
    following = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(items) else None
    return success({"items": items[start:end]}, additional_data={"next_cursor": following})
