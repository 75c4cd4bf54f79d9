"""Writing rows while a company is opened: through the rules, or as they are where no rule writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qbo_emulator import engine
from qbo_emulator.clock import pacific
from qbo_emulator.entities import KINDS
from qbo_emulator.store import Company
from qbo_emulator.wire import Doc


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
    company.put(kind, KINDS[kind].arrange(data), now)


def add(company: Company, kind: str, body: dict[str, Any], now: datetime) -> str:
    """Create something as QuickBooks' own pages do; gives its id."""
    return engine.save(company, KINDS[kind], body, now, engine.PAGE).qbo_id
