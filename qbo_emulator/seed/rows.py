"""Writing rows while a company is opened: through the rules, or as they are where no rule writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qbo_emulator.core.clock import pacific
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.json_codec import Doc
from qbo_emulator.operations import engine


def place(company: Company, kind: str, qbo_id: str, data: Doc, now: datetime) -> None:
    """Store a row as it is, for what no rule writes."""
    stamp = pacific(now)
    data = {
        **data,
        "domain": "QBO",
        "sparse": False,
        "Id": qbo_id,
        "SyncToken": "0",
        "MetaData": {"CreateTime": stamp, "LastUpdatedTime": stamp},
    }
    company.put(kind, ENTITY_TYPES[kind].arrange(data), now)


def add(company: Company, kind: str, body: dict[str, Any], now: datetime) -> str:
    """Create something as QuickBooks' own pages do; gives its id."""
    return engine.save(company, ENTITY_TYPES[kind], body, now, engine.PAGE).qbo_id
