"""What one transaction does to others: payments settle invoices and bills, all move their party's balance."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from qbo_emulator.core.field_values import amount_out, home_amounts, reference_id, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

RECEIVABLE = ("Invoice", "CreditMemo")
PAYABLE = ("Bill", "VendorCredit")
SETTLED_KINDS = (*RECEIVABLE, *PAYABLE)
PAYER_KINDS = ("Payment", "BillPayment")
PAYER_TYPES = ("Payment", "BillPaymentCheck", "BillPaymentCreditCard")
# What stands open of each kind; the memo alone keeps it under another name.
OPEN = {"Invoice": "Balance", "CreditMemo": "RemainingCredit", "Bill": "Balance", "VendorCredit": "Balance"}
PARTIES = {"CustomerRef": "Customer", "VendorRef": "Vendor"}


def applications(payment: Doc) -> dict[str, Decimal]:
    """Transaction id to amount, for everything that the lines of a payment settle."""
    found: dict[str, Decimal] = {}
    for line in payment.get("Line", []):
        for link in line.get("LinkedTxn", []):
            if link.get("TxnType") in SETTLED_KINDS:
                qbo_id = str(link["TxnId"])
                found[qbo_id] = found.get(qbo_id, Decimal(0)) + stored(line.get("Amount"))
    return found


def applied_total(company: Company, qbo_id: str) -> Decimal:
    """How much of a transaction is settled by payments."""
    return sum(company.applied.get(qbo_id, {}).values(), Decimal(0))


def payments_of(company: Company, qbo_id: str) -> list[Row]:
    """The payments that settle a transaction, oldest first."""
    rows = (payer(company, payment_id) for payment_id in company.applied.get(qbo_id, {}))
    return [row for row in rows if row is not None]


def payer(company: Company, qbo_id: str) -> Row | None:
    return company.row("Payment", qbo_id) or company.row("BillPayment", qbo_id)


def is_deposited(payment: Doc) -> bool:
    return any(link.get("TxnType") == "Deposit" for link in payment.get("LinkedTxn", []))


def settled_row(company: Company, qbo_id: str) -> Row | None:
    for kind in SETTLED_KINDS:
        row = company.row(kind, qbo_id)
        if row is not None:
            return row
    return None


def check_books_open(company: Company, *dates: str | None) -> None:
    """Refuse a change to a transaction dated on or before the closing date (6210)."""
    closing = company.preferences["AccountingInfoPrefs"].get("BookCloseDate")
    if not closing:
        return
    for given in dates:
        if given and date.fromisoformat(given) <= date.fromisoformat(closing):
            raise errors.books_closed()


def open_part(row: Row) -> Decimal:
    """What a transaction adds to the balance of its customer or vendor."""
    data = row.data
    if row.kind in {"Invoice", "Bill"}:
        return stored(data.get("Balance"))
    if row.kind in {"CreditMemo", "VendorCredit"}:
        return -stored(data.get(OPEN[row.kind]))
    if row.kind == "Payment":
        return -stored(data.get("UnappliedAmt"))
    return -left_of_bill_payment(data) if row.kind == "BillPayment" else Decimal(0)


def left_of_bill_payment(data: Doc) -> Decimal:
    """What a bill payment holds beyond the bills it pays; vendor credits it uses up pay too."""
    left = stored(data.get("TotalAmt"))
    for line in data.get("Line", []):
        is_credit = any(link.get("TxnType") == "VendorCredit" for link in line.get("LinkedTxn", []))
        left += stored(line.get("Amount")) * (1 if is_credit else -1)
    return left


def move_balances(company: Company, before: Row | None, after: Row | None, now: datetime) -> None:
    """Carry the difference between two versions of a transaction into the balances of its parties.

    The party's LastUpdatedTime moves, the sync token does not.
    """
    deltas: dict[tuple[str, str], Decimal] = {}
    for row, sign in ((before, -1), (after, 1)):
        for name, kind in PARTIES.items():
            party_id = reference_id(row.data.get(name)) if row is not None else None
            if row is not None and party_id is not None:
                key = (kind, party_id)
                deltas[key] = deltas.get(key, Decimal(0)) + sign * open_part(row)
    for (kind, party_id), delta in deltas.items():
        if delta and kind == "Customer":
            _move_balance(company, party_id, delta, now)
        elif delta:
            _move_vendor_balance(company, party_id, delta, now)


def _move_vendor_balance(company: Company, vendor_id: str, delta: Decimal, now: datetime) -> None:
    row = company.row("Vendor", vendor_id)
    if row is not None:
        balance = amount_out(stored(row.data.get("Balance")) + delta)
        company.rewrite(row, {"Balance": balance}, now, bump=False)


def _move_balance(company: Company, customer_id: str, delta: Decimal, now: datetime) -> None:
    name = "Balance"
    row = company.row("Customer", customer_id)
    while row is not None:
        changes = {"BalanceWithJobs": amount_out(stored(row.data.get("BalanceWithJobs")) + delta)}
        if name == "Balance":
            changes["Balance"] = amount_out(stored(row.data.get("Balance")) + delta)
        company.rewrite(row, changes, now, bump=False)
        parent_id = reference_id(row.data.get("ParentRef"))
        row = company.row("Customer", parent_id) if parent_id else None
        name = "BalanceWithJobs"


def change(company: Company, row: Row, changes: Doc, now: datetime, *, is_write: bool = True) -> Row:
    """Rewrite a transaction as a consequence of another one: token up, balance carried, event told.

    Without `is_write` it only completes the write that is under way: the token stays, nothing is told.
    """
    after = company.rewrite(row, changes, now, bump=is_write)
    move_balances(company, row, after, now)
    if is_write:
        company.emit(after, "Update", now)
    return after


def open_amount(company: Company, row: Row) -> Decimal:
    """Total less deposit less what payments settle."""
    total = stored(row.data.get("TotalAmt")) - stored(row.data.get("Deposit"))
    return total - applied_total(company, row.qbo_id)


def settle_payment(
    company: Company, before: Row | None, after: Row | None, now: datetime, *, under_way: str | None = None
) -> None:
    """After a payment was written or removed: put it on, or take it off, what its lines settle.

    `under_way` names the transaction whose own write caused this; that write counts once.
    """
    source = after or before
    if source is None:
        return
    old = applications(before.data) if before else {}
    new = applications(after.data) if after else {}
    for qbo_id in dict.fromkeys((*old, *new)):
        if old.get(qbo_id) == new.get(qbo_id):
            continue
        settlements = company.applied.setdefault(qbo_id, {})
        if new.get(qbo_id):
            settlements[source.qbo_id] = new[qbo_id]
        else:
            settlements.pop(source.qbo_id, None)
        if not settlements:
            del company.applied[qbo_id]
        _refresh_settled(company, qbo_id, now, is_write=qbo_id != under_way)


def settle(company: Company, before: Row | None, after: Row, now: datetime, *, under_way: str) -> None:
    """Let a payment that another write changed or made have its effects."""
    move_balances(company, before, after, now)
    settle_payment(company, before, after, now, under_way=under_way)


def _refresh_settled(company: Company, qbo_id: str, now: datetime, *, is_write: bool) -> None:
    row = settled_row(company, qbo_id)
    if row is None:
        return
    links = linked_transactions(company, row.data, qbo_id)
    changes: Doc = {
        OPEN[row.kind]: amount_out(open_amount(company, row)),
        "LinkedTxn": links if row.kind in RECEIVABLE else links or None,
    }
    changes |= home_amounts({**row.data, **changes})
    change(company, row, changes, now, is_write=is_write)


def linked_transactions(company: Company, data: Doc, qbo_id: str | None) -> list[Doc]:
    """The links of a settled transaction: those written by clients, then one per payment."""
    others = [link for link in data.get("LinkedTxn") or [] if link.get("TxnType") not in PAYER_TYPES]
    payments = company.applied.get(qbo_id, {}) if qbo_id else {}
    return others + [
        {"TxnId": payment_id, "TxnType": _payer_type(company, payment_id)} for payment_id in payments
    ]


def _payer_type(company: Company, payment_id: str) -> str:
    row = company.row("BillPayment", payment_id)
    return f"BillPayment{row.data['PayType']}" if row is not None else "Payment"


def unapply(company: Company, qbo_id: str, now: datetime) -> list[Row]:
    """Take every payment off a transaction; the money stays with the customer as unapplied credit."""
    return [_reduce(company, payment, qbo_id, now) for payment in payments_of(company, qbo_id)]


def trim(company: Company, invoice: Row, now: datetime) -> None:
    """When an invoice shrank below what settles it, give the surplus back, newest payment first."""
    surplus = -open_amount(company, invoice)
    for payment in reversed(payments_of(company, invoice.qbo_id)):
        if surplus <= 0:
            return
        amount = company.applied[invoice.qbo_id][payment.qbo_id]
        taken = min(surplus, amount)
        _reduce(company, payment, invoice.qbo_id, now, left=amount - taken, under_way=invoice.qbo_id)
        surplus -= taken


def _reduce(
    company: Company,
    payment: Row,
    qbo_id: str,
    now: datetime,
    *,
    left: Decimal | None = None,
    under_way: str | None = None,
) -> Row:
    """Leave only `left` of a payment on a transaction; None or zero takes the line away."""
    lines = []
    freed = Decimal(0)
    for line in payment.data.get("Line", []):
        if not any(str(link["TxnId"]) == qbo_id for link in line.get("LinkedTxn", [])):
            lines.append(line)
            continue
        freed += stored(line["Amount"]) - (left or 0)
        if left:
            lines.append({**line, "Amount": amount_out(left)})
    changes: Doc = {"Line": lines}
    if payment.kind == "Payment":
        changes["UnappliedAmt"] = amount_out(stored(payment.data.get("UnappliedAmt")) + freed)
    after = company.rewrite(payment, changes, now)
    move_balances(company, payment, after, now)
    company.emit(after, "Update", now)
    settle_payment(company, payment, after, now, under_way=under_way)
    return after
