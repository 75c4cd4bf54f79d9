"""API v2: definitions of fields."""

from __future__ import annotations

import secrets

from pipedrive_emulator.api import bodies
from pipedrive_emulator.api.call import Call, page, success
from pipedrive_emulator.api.reading import Handler
from pipedrive_emulator.core.errors import forbidden, invalid, not_found
from pipedrive_emulator.core.rows import field_row
from pipedrive_emulator.core.store import Row, is_admin
from pipedrive_emulator.core.values import CUSTOM_TYPES

EXTRAS = ("ui_visibility", "important_fields", "required_fields")


def _options(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict) and bodies.filled(one.get("label")) for one in value
    )


def _anything(value: object) -> bool:
    return True


NEW: dict[str, bodies.Test] = {
    "field_name": bodies.filled,
    "field_type": bodies.one_of(*CUSTOM_TYPES),
    "options": _options,
    "description": bodies.maybe(bodies.text),
    **dict.fromkeys(EXTRAS, _anything),
}
CHANGED = {name: test for name, test in NEW.items() if name not in {"field_type", "options"}}


def _shown(call: Call, field: Row) -> Row:
    wanted = call.several("include_fields")
    for name in wanted:
        if name not in EXTRAS:
            raise invalid(f"Validation failed: include_fields: {name} is not known")
    return {name: value for name, value in field.items() if name not in EXTRAS or name in wanted}


def lister(entity: str) -> Handler:
    """Return the handler that lists the fields of an entity."""

    def handler(call: Call) -> Row:
        fields = call.store.fields[entity].values()
        ordered = [{"id": place, "field": field} for place, field in enumerate(fields)]
        found, cursor = page(call, ordered, ())
        data = [_shown(call, row["field"]) for row in found]
        return success(data, additional_data={"next_cursor": cursor})

    return handler


def _field(call: Call, entity: str) -> Row:
    field = call.store.fields[entity].get(call.path["code"])
    if field is None:
        raise not_found("Field")
    return field


def getter(entity: str) -> Handler:
    """Return the handler that reads the definition of one field."""

    def handler(call: Call) -> Row:
        return success(_shown(call, _field(call, entity)))

    return handler


def _only_admins(call: Call) -> None:
    if not is_admin(call.user):
        raise forbidden("You do not have permissions to do this")


def creator(entity: str) -> Handler:
    """Return the handler that makes a custom field."""

    def handler(call: Call) -> Row:
        _only_admins(call)
        data = bodies.read(call, NEW, ("field_name", "field_type"))
        kind = data["field_type"]
        if (kind in {"enum", "set"}) != bool(data.get("options")):
            raise invalid("Validation failed: options: are for fields of type enum and set, and needed there")
        options = [
            {"id": call.store.next_id("option"), "label": one["label"], "color": None}
            for one in data.get("options", [])
        ]
        code = secrets.token_hex(20)
        row = field_row(entity, code, data["field_name"], kind, options=options or None, is_custom=True)
        row.update({name: data[name] for name in (*EXTRAS, "description") if name in data and name in row})
        call.changes.field(entity, "create", row)
        return success(_shown(call, row))

    return handler


def updater(entity: str) -> Handler:
    """Return the handler that changes the definition of a field."""

    def handler(call: Call) -> Row:
        _only_admins(call)
        field = _field(call, entity)
        data = bodies.read(call, CHANGED)
        call.changes.field(entity, "change", {**field, **data}, field)
        return success(_shown(call, {**field, **data}))

    return handler


def deleter(entity: str) -> Handler:
    """Return the handler that deletes a custom field."""

    def handler(call: Call) -> Row:
        _only_admins(call)
        field = _field(call, entity)
        if not field["is_custom_field"]:
            raise forbidden("Only custom fields can be deleted")
        call.changes.field(entity, "delete", field)
        return success({"field_code": field["field_code"]})

    return handler
