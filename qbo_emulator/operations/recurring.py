"""Writing recurring transactions: the template is judged by the rules of its own kind, and posts nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qbo_emulator.core.clock import pacific
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Write, check_properties, check_values
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.entities.recurring import TEMPLATES, schedule
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc
from qbo_emulator.operations import engine

KIND = "RecurringTransaction"
# What only the transactions have that a template makes.
_NOT_OF_TEMPLATES = ("DocNumber", "TxnDate", "DueDate", "LinkedTxn")


def _template(body: Any) -> tuple[str, Doc]:
    """The kind and the properties of the one template in a body (2010 for another kind, 2020 for none)."""
    named = [name for name in body if isinstance(body[name], dict)]
    if not named:
        raise errors.required(KIND)
    if len(named) > 1 or named[0] not in TEMPLATES:
        raise errors.unknown_property(named[-1], KIND, sorted(TEMPLATES))
    return named[0], dict(body[named[0]])


def save(company: Company, body: Doc, now: datetime) -> Row:
    """Return the template created or, when it names an Id, updated."""
    name, sent = _template(body)
    before = _current(company, sent) if sent.get("Id") not in (None, "", 0, "0") else None
    if before is not None and before.data["Type"] != name:
        raise errors.not_found()
    if before is not None and str(sent.get("sparse")).lower() == "true":
        sent = {**before.data["Template"], **sent}
    elif sent.get("Deposit") is not None:
        # Its answers say Deposit 0, and it is refused when that is sent back: a known fault of the real service.
        raise errors.business("Deposit cannot be given for a recurring transaction.")
    info = schedule(sent.pop("RecurringInfo", None))
    for taken in company.table(KIND).find("Name", info["Name"]):
        if before is None or taken.qbo_id != before.qbo_id:
            raise errors.duplicate_name("recurring transaction")
    kind = ENTITY_TYPES[name]
    for left_out in ("RecurDataRef", "Deposit", *_NOT_OF_TEMPLATES):
        sent.pop(left_out, None)
    return _stored(company, kind, _judged(company, kind, sent, now), info, before, now)


def _judged(company: Company, kind: EntityType, sent: Doc, now: datetime) -> Doc:
    """What the rules of the kind make of a template, with nothing used up by it."""
    check_properties(kind, sent)
    given = engine.sent_properties(sent, clearing=False)
    for name in kind.required:
        if given.get(name) in (None, []):
            raise errors.required(name)
    check_values(kind, given)
    numbers, highest = dict(company.sequences), company.highest_number
    try:
        prepared = kind.prepare(Write(company=company, kind=kind, sent=given, before=None, now=now))
    finally:
        company.sequences, company.highest_number = numbers, highest
    return {name: value for name, value in prepared.items() if name not in _NOT_OF_TEMPLATES}


def _stored(
    company: Company, kind: EntityType, prepared: Doc, info: Doc, before: Row | None, now: datetime
) -> Row:
    identity = before.qbo_id if before else company.next_id(KIND)
    token = str(int(before.data["SyncToken"]) + 1) if before else "0"
    created = before.data["MetaData"]["CreateTime"] if before else pacific(now)
    head: Doc = {
        "domain": "QBO",
        "sparse": False,
        "Id": identity,
        "SyncToken": token,
        "MetaData": {"CreateTime": created, "LastUpdatedTime": pacific(now)},
    }
    more: Doc = {"RecurDataRef": {"value": identity}, "RecurringInfo": info}
    if kind.name == "Invoice":
        more["Deposit"] = 0
    template = kind.arrange({**prepared, **head, **more})
    return company.put(KIND, {"Type": kind.name, "Name": info["Name"], "Template": template, **head}, now)


def _current(company: Company, sent: Doc) -> Row:
    return engine.current(company, ENTITY_TYPES[KIND], sent)


def remove(company: Company, body: Doc, now: datetime) -> Doc:
    """Return the stub of a template that is deleted, under its kind."""
    name, sent = _template(body)
    row = _current(company, sent)
    company.own(KIND).remove(row, now)
    company.revision += 1
    return {name: {"domain": "QBO", "status": "Deleted", "Id": row.qbo_id}}
