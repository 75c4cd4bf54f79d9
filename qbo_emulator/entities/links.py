"""Links that close what they grew out of: an invoice its estimate, a bill or purchase its order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import Write
from qbo_emulator.core.store import Company
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc


@dataclass(frozen=True)
class Rule:
    """Which kind is closed, by which property, and whether that raises its sync token."""

    target: str
    status: str
    opened: str
    bump: bool


ESTIMATES = Rule("Estimate", "TxnStatus", "Pending", bump=False)
ORDERS = Rule("PurchaseOrder", "POStatus", "Open", bump=True)


def _targets(rule: Rule, data: Doc) -> list[str]:
    links = data.get("LinkedTxn") or []
    return [str(link.get("TxnId")) for link in links if link.get("TxnType") == rule.target]


def check(write: Write, rule: Rule) -> None:
    """Refuse a link to a transaction that is not there (620)."""
    for qbo_id in _targets(rule, write.sent):
        if write.company.row(rule.target, qbo_id) is None:
            raise errors.not_linkable(rule.target, qbo_id)


def follow(company: Company, rule: Rule, before: Row | None, after: Row | None, now: datetime) -> None:
    """Close what a transaction newly links to, open again what it no longer links to."""
    source = after or before
    if source is None:
        return
    old = _targets(rule, before.data) if before else []
    new = _targets(rule, after.data) if after else []
    for qbo_id in dict.fromkeys((*old, *new)):
        row = company.row(rule.target, qbo_id)
        if row is None or (qbo_id in old) == (qbo_id in new):
            continue
        links = [link for link in row.data.get("LinkedTxn") or [] if str(link["TxnId"]) != source.qbo_id]
        if qbo_id in new:
            links.append({"TxnId": source.qbo_id, "TxnType": source.kind})
        status = "Closed" if links else rule.opened
        keeps_empty = rule is ORDERS
        changes: Doc = {rule.status: status, "LinkedTxn": links if links or keeps_empty else None}
        changed = company.rewrite(row, changes, now, bump=rule.bump)
        if rule.bump:
            company.emit(changed, "Update", now)
