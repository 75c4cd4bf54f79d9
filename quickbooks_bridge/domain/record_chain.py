"""The history of a created invoice: entries that each seal the one before, and what of a request body is recorded."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# What names a person stays out: the trail outlives an erasure.
_LEFT_OUT = frozenset({"BillEmail", "BillEmailCc", "BillEmailBcc", "CustomerMemo", "PrivateNote", "BillAddr"})
# An entry that says which earlier ones an erasure changed, and what each is sealed as from then on.
ERASED = "erased"
_PLACE = ("City", "CountrySubDivisionCode", "PostalCode", "Country")


@dataclass(frozen=True)
class RecordEntry:
    """One entry as it is sealed; `data` holds JSON values alone."""

    number: int
    kind: str
    occurred_at: datetime
    actor: int | None
    data: Mapping[str, Any]
    previous: str = ""
    digest: str = ""


def digest_of(entry: RecordEntry) -> str:
    """Return the SHA-256 of an entry and of the digest before it, over JSON with sorted keys."""
    sealed = {
        "number": entry.number,
        "kind": entry.kind,
        "at": entry.occurred_at.isoformat(),
        "actor": entry.actor,
        "data": entry.data,
        "previous": entry.previous,
    }
    text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def first_broken(entries: Iterable[RecordEntry]) -> int | None:
    """Return the number of the first entry that was changed, or that follows one that is missing; None when all hold.

    An entry that an erasure changed holds where a later one of kind ERASED seals what is left of it.
    """
    rows = list(entries)
    left: dict[str, str] = {}
    for entry in rows:
        if entry.kind == ERASED:
            left |= entry.data.get("left", {})
    previous, expected = "", 1
    for entry in rows:
        content = digest_of(entry)
        is_sealed = content in {entry.digest, left.get(str(entry.number))}
        if entry.number != expected or entry.previous != previous or not is_sealed:
            return entry.number
        previous, expected = entry.digest, expected + 1
    return None


def recorded_body(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the history keeps of a body that was sent: figures and references, no address, email or free text."""
    recorded = {key: value for key, value in payload.items() if key not in _LEFT_OUT}
    ship_to = payload.get("ShipAddr")
    if isinstance(ship_to, dict):
        recorded["ShipAddr"] = {key: ship_to[key] for key in _PLACE if ship_to.get(key)}
    return recorded
