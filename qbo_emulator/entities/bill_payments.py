"""Rules of the bill payment: which bills and vendor credits it settles, from which account."""

from __future__ import annotations

from decimal import Decimal

from qbo_emulator.core import ledger
from qbo_emulator.core.field_values import amount_out, cents, number_in, reference, reference_id, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.entities import transactions as txn
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

PRINT_STATUSES = ("NotSet", "NeedToPrint", "PrintComplete")


def _line(write: Write, line: Doc, vendor: Row) -> Doc | None:
    """One application to store; a line without amount or link settles nothing and is dropped."""
    amount = number_in("Line.Amount", line.get("Amount"))
    links = [link for link in line.get("LinkedTxn") or [] if link.get("TxnId")]
    if not amount or not links:
        return None
    if amount < 0:
        raise errors.invalid_number("Line.Amount", amount)
    kind, qbo_id = str(links[0].get("TxnType")), str(links[0]["TxnId"])
    if kind not in ledger.PAYABLE:
        raise errors.business(f"A bill payment cannot be linked to a transaction of type {kind}.")
    row = write.company.row(kind, qbo_id)
    if row is None:
        raise errors.not_found()
    if reference_id(row.data["VendorRef"]) != vendor.qbo_id:
        raise errors.business("The linked transaction belongs to another vendor.")
    own = write.before.qbo_id if write.before else ""
    mine = write.company.applied.get(qbo_id, {}).get(own, Decimal(0))
    amount = cents(amount)
    if amount > ledger.open_amount(write.company, row) + mine:
        raise errors.business("The amount applied is larger than the open balance of the linked transaction.")
    return {"Amount": amount_out(amount), "LinkedTxn": [{"TxnId": qbo_id, "TxnType": kind}]}


def _lines(write: Write, vendor: Row) -> list[Doc]:
    if write.before is not None and write.sparse and "Line" not in write.sent:
        kept: list[Doc] = write.before.data.get("Line", [])
        return kept
    read = [_line(write, line, vendor) for line in write.merged.get("Line") or []]
    lines = [line for line in read if line is not None]
    targets = [line["LinkedTxn"][0]["TxnId"] for line in lines]
    if len(targets) != len(set(targets)):
        raise errors.business("A bill payment can be linked to a transaction only once.")
    return lines


def _paid_from(write: Write, kind: str) -> Doc:
    """The account behind a cheque or a card, of the type that goes with it (6430)."""
    name, inner, types = {
        "Check": ("CheckPayment", "BankAccountRef", ("Bank",)),
        "CreditCard": ("CreditCardPayment", "CCAccountRef", ("Credit Card",)),
    }[kind]
    given = write.merged.get(name)
    if not isinstance(given, dict):
        raise errors.required(name)
    kept = {inner: txn.account_of(write, f"{name}.{inner}", given.get(inner), types=types)}
    if kind == "CreditCard":
        return {name: kept}
    status = str(given.get("PrintStatus") or "NotSet")
    if status not in PRINT_STATUSES:
        raise errors.invalid_enum("PrintStatus", status)
    return {name: {**kept, "PrintStatus": status}}


def bill_payment(write: Write) -> Doc:
    """The properties of a bill payment to store."""
    merged = write.merged
    vendor = txn.vendor(write)
    kind = str(merged.get("PayType") or "")
    if kind not in {"Check", "CreditCard"}:
        raise errors.invalid_enum("PayType", kind) if kind else errors.required("PayType")
    total = txn.positive("TotalAmt", merged.get("TotalAmt"))
    data = {
        **txn.head(write, vendor),
        "VendorRef": reference(vendor),
        "APAccountRef": txn.account(write, "APAccountRef", types=("Accounts Payable",), needed=False),
        "PayType": kind,
        **_paid_from(write, kind),
        "TotalAmt": amount_out(total),
        "Line": _lines(write, vendor),
    }
    if ledger.left_of_bill_payment(data) < stored(0):
        raise errors.business("The amounts applied add up to more than the payment.")
    return data


BILL_PAYMENT_KINDS = (
    EntityType(
        name="BillPayment",
        family=Family.TRANSACTION,
        order=words(
            "VendorRef APAccountRef PayType CheckPayment CreditCardPayment TotalAmt "
            f"{txn.META} DocNumber TxnDate DepartmentRef CurrencyRef PrivateNote Line"
        ),
        known=(*txn.KNOWN, "ProcessBillPayment", "PaymentMethodRef", "PayeeAddr"),
        prepare=bill_payment,
        required=("VendorRef", "PayType", "TotalAmt"),
        lengths=txn.LENGTHS,
        queryable={**txn.QUERY, "VendorRef": "id", "PayType": "text"},
        indexed=("VendorRef",),
        label="Id",
        operations=txn.OPERATIONS | {"void"},
        sequence="txn",
        effect=ledger.settle_payment,
    ),
)
