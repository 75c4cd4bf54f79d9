"""Change data capture: what changed since a moment, entity by entity, deleted ones last."""

from __future__ import annotations

from datetime import datetime, timedelta

from qbo_emulator.core.clock import moment, pacific
from qbo_emulator.core.schema import EntityType
from qbo_emulator.core.store import Company
from qbo_emulator.entities import BY_SEGMENT
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

MOST_OBJECTS = 1000
KEPT = timedelta(days=30)


def answer(company: Company, entities: str | None, changed_since: str | None, now: datetime) -> Doc:
    """The CDCResponse for a comma list of entities and a moment (2020 missing, 4001 unknown)."""
    if not entities:
        raise errors.required("entities")
    if not changed_since:
        raise errors.required("changedSince")
    try:
        since = moment(changed_since)
    except ValueError:
        raise errors.invalid_date("changedSince", changed_since) from None
    # Beyond thirty days nothing is promised: what was deleted before is forgotten, what is there is told.
    gone_since = max(since, now - KEPT)
    kinds = [_kind(name.strip()) for name in entities.split(",") if name.strip()]
    left = MOST_OBJECTS
    responses = []
    for kind in kinds:
        response, used = _response(company, kind, since, gone_since, left)
        responses.append(response)
        left -= used
    return {"CDCResponse": [{"QueryResponse": responses}]}


def _kind(name: str) -> EntityType:
    kind = BY_SEGMENT.get(name.lower())
    if kind is None or not kind.in_cdc:
        raise errors.query_invalid(f"invalid context declaration: {name}")
    return kind


def _response(
    company: Company, kind: EntityType, since: datetime, gone_since: datetime, room: int
) -> tuple[Doc, int]:
    table = company.table(kind.name)
    changed = table.changed_since(since)[:room]
    company.require_served(kind.name, (row.qbo_id for row in changed))
    rows: list[object] = [row.text for row in changed]
    for qbo_id, when in table.deleted_since(gone_since)[: room - len(rows)]:
        rows.append(
            {
                "domain": "QBO",
                "status": "Deleted",
                "Id": qbo_id,
                "MetaData": {"LastUpdatedTime": pacific(when)},
            }
        )
    if not rows:
        return {}, 0
    return {kind.name: rows, "startPosition": 1, "maxResults": len(rows)}, len(rows)
