"""API v1: notes."""

from __future__ import annotations

from typing import Any

from pipedrive_emulator.api.call import Call, success
from pipedrive_emulator.core import rows
from pipedrive_emulator.core.clean_html import sanitised
from pipedrive_emulator.core.clock import plain
from pipedrive_emulator.core.errors import invalid, not_found
from pipedrive_emulator.core.store import Row, may_see
from pipedrive_emulator.core.values import is_integer

OWNERS = {"deal_id": "deal", "person_id": "person", "org_id": "organization"}
PINS = tuple(f"pinned_to_{owner}_flag" for owner in ("lead", "deal", "organization", "person", "project"))
MOST_CHARACTERS = 100_000


def _shown(call: Call, note: Row) -> Row:
    store = call.store
    user = store.table("user")[note["user_id"]]
    deal, person = store.get("deal", note["deal_id"]), store.get("person", note["person_id"])
    organization = store.get("organization", note["org_id"])
    return {
        **note,
        "deal": {"title": deal["title"]} if deal else None,
        "organization": {"name": organization["name"]} if organization else None,
        "person": {"name": person["name"]} if person else None,
        "project": None,
        "user": {
            "email": user["email"],
            "icon_url": user["icon_url"],
            "is_you": user["id"] == call.user["id"],
            "name": user["name"],
        },
    }


def _number(call: Call, name: str, default: int) -> int:
    found = call.integer(name)
    return default if found is None else found


def list_notes(call: Call) -> Row:
    """Return notes, a page at a time as v1 has pages."""
    wanted = {name: call.integer(name) for name in (*OWNERS, "user_id")}
    found = [
        note
        for note in call.store.table("note").values()
        if note["active_flag"]
        and all(value is None or note[name] == value for name, value in wanted.items())
        and _may_see(call, note)
    ]
    start, limit = _number(call, "start", 0), min(_number(call, "limit", 100), 500)
    more = len(found) > start + limit
    pagination: dict[str, Any] = {"start": start, "limit": limit, "more_items_in_collection": more}
    if more:
        pagination["next_start"] = start + limit
    data = [_shown(call, note) for note in found[start : start + limit]]
    return success(data, additional_data={"pagination": pagination})


def _may_see(call: Call, note: Row) -> bool:
    owned = [call.store.get(kind, note[name]) for name, kind in OWNERS.items() if note[name] is not None]
    return all(row is not None and may_see(call.user, row) for row in owned)


def _note(call: Call) -> Row:
    note = call.store.get("note", call.path_id())
    if note is None or not note["active_flag"] or not _may_see(call, note):
        raise not_found("Note")
    return note


def _data(call: Call) -> Row:
    body = call.body
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object")
    data: Row = {}
    if "content" in body:
        if not isinstance(body["content"], str) or not body["content"].strip():
            raise invalid("Note content must be given")
        data["content"] = sanitised(body["content"])
        if len(data["content"]) > MOST_CHARACTERS:
            raise invalid("Note content is too long")
    for name, kind in OWNERS.items():
        if body.get(name) is None:
            continue
        if not is_integer(body[name]) or not call.sees(kind, body[name]):
            raise not_found(kind.capitalize())
        data[name] = body[name]
    for pin in PINS:
        if pin in body:
            if body[pin] not in (0, 1):
                raise invalid(f"{pin} must be 0 or 1")
            data[pin] = bool(body[pin])
    return data


def add_note(call: Call) -> Row:
    """Return the note just written."""
    data = _data(call)
    if "content" not in data:
        raise invalid("Note content must be given")
    if not any(name in data for name in OWNERS):
        raise invalid("A note needs a deal, a person or an organization")
    row = rows.note(call.store, plain(call.world.clock.now()), call.user["id"], data)
    return success(_shown(call, call.changes.create("note", row)))


def update_note(call: Call) -> Row:
    """Return a note as changed."""
    note = _note(call)
    call.changes.update("note", note, _data(call))
    note["update_time"] = plain(call.world.clock.now())
    note["last_update_user_id"] = call.user["id"]
    return success(_shown(call, note))


def delete_note(call: Call) -> Row:
    """Delete a note; the answer says only that it worked."""
    _note(call)["active_flag"] = False
    return success(data=True)
