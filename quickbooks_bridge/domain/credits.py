"""Credit memos in payments: QuickBooks applies one to an invoice by a payment that holds a line for each of the two."""

from decimal import Decimal
from typing import Any

from .remote import RemotePayment

CREDIT_MEMO, INVOICE = "CreditMemo", "Invoice"
Line = dict[str, Any]


def targets(line: Line) -> set[str]:
    """Return the ids of what a payment line is about."""
    return {str(link.get("TxnId")) for link in line.get("LinkedTxn", ())}


def is_about(line: Line, kind: str) -> bool:
    """Return whether a payment line is about a transaction of a kind."""
    return any(link.get("TxnType") == kind for link in line.get("LinkedTxn", ()))


def _amount(line: Line) -> Decimal:
    return Decimal(str(line.get("Amount") or 0))


def lines_without(payment: RemotePayment, invoice_qbo_id: str) -> list[Line]:
    """Return a payment's lines without one invoice, and with no more of its credit memos than the others still need.

    Money comes first: what it does not cover is taken from the memos in their order.
    """
    kept = [line for line in payment.raw.get("Line", ()) if invoice_qbo_id not in targets(line)]
    needed = (
        sum((_amount(line) for line in kept if not is_about(line, CREDIT_MEMO)), Decimal(0)) - payment.total
    )
    lines = []
    for line in kept:
        if not is_about(line, CREDIT_MEMO):
            lines.append(line)
            continue
        taken = min(_amount(line), max(needed, Decimal(0)))
        needed -= taken
        if taken:
            lines.append({**line, "Amount": taken})
    return lines


def lines_restored(kept: list[Line], current: list[Line], invoice_qbo_id: str) -> list[Line]:
    """Return a payment's present lines with the one of an invoice, and the credit memos behind it, as they were."""
    memos = [line for line in kept if is_about(line, CREDIT_MEMO)]
    known = set().union(*(targets(line) for line in memos)) if memos else set()
    others = [line for line in current if not (is_about(line, CREDIT_MEMO) and targets(line) & known)]
    return [*others, *(line for line in kept if invoice_qbo_id in targets(line)), *memos]


def credited(*, total: Decimal, unapplied: Decimal, applied: Decimal) -> Decimal:
    """Return how much of what a payment settles came from credit memos and not from money."""
    return max(applied + unapplied - total, Decimal(0))
