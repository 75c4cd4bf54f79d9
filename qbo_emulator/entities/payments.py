"""Rules of the customer payment: what it settles, and what is left of it."""

from __future__ import annotations

from decimal import Decimal

from qbo_emulator.core import ledger
from qbo_emulator.core.field_values import (
    amount_out,
    cents,
    name_value,
    number_in,
    reference,
    reference_id,
    referred,
    stored,
)
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.entities import sales_forms as forms
from qbo_emulator.entities.currency import form_money
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

UNDEPOSITED_FUNDS = "4"


def _family(write: Write, customer: Row) -> set[str]:
    """The customer and everyone below it: a parent may pay for its sub-customers."""
    ids = {customer.qbo_id}
    waiting = [customer.qbo_id]
    while waiting:
        for child in write.company.table("Customer").find("ParentRef", waiting.pop()):
            if child.qbo_id not in ids:
                ids.add(child.qbo_id)
                waiting.append(child.qbo_id)
    return ids


def _line(write: Write, line: Doc, family: set[str]) -> Doc | None:
    """One application to store; a line without amount or link settles nothing and is dropped."""
    amount = number_in("Line.Amount", line.get("Amount"))
    links = [link for link in line.get("LinkedTxn") or [] if link.get("TxnId")]
    if not amount or not links:
        return None
    if amount < 0:
        raise errors.invalid_number("Line.Amount", amount)
    link = links[0]
    kind, qbo_id = str(link.get("TxnType")), str(link["TxnId"])
    if kind not in ledger.RECEIVABLE:
        raise errors.business(f"A payment cannot be linked to a transaction of type {kind}.")
    row = write.company.row(kind, qbo_id)
    if row is None:
        raise errors.not_found()
    if reference_id(row.data.get("CustomerRef")) not in family:
        raise errors.business("The linked transaction belongs to another customer.")
    own = write.before.qbo_id if write.before else None
    mine = write.company.applied.get(qbo_id, {}).get(own or "", Decimal(0))
    available = ledger.open_amount(write.company, row) + mine
    amount = cents(amount)
    if amount > available:
        raise errors.business("The amount applied is larger than the open balance of the linked transaction.")
    extras = [name_value("txnId", qbo_id), name_value("txnOpenBalance", format(cents(available), "f"))]
    if row.data.get("DocNumber"):
        extras.append(name_value("txnReferenceNumber", row.data["DocNumber"]))
    return {
        "Amount": amount_out(amount),
        "LinkedTxn": [{"TxnId": qbo_id, "TxnType": kind}],
        "LineEx": {"any": extras},
    }


def _lines(write: Write, customer: Row) -> tuple[list[Doc], Decimal, Decimal]:
    """Applications to store, what they put on invoices, what they take from credit memos."""
    if write.before is not None and write.sparse and "Line" not in write.sent:
        lines = write.before.data.get("Line", [])
    else:
        family = _family(write, customer)
        read = [_line(write, line, family) for line in write.merged.get("Line") or []]
        lines = [line for line in read if line is not None]
        targets = [line["LinkedTxn"][0]["TxnId"] for line in lines]
        if len(targets) != len(set(targets)):
            raise errors.business("A payment can be linked to a transaction only once.")
    sums = {kind: Decimal(0) for kind in ledger.RECEIVABLE}
    for line in lines:
        sums[line["LinkedTxn"][0]["TxnType"]] += stored(line["Amount"])
    return lines, sums["Invoice"], sums["CreditMemo"]


def _check_update(write: Write) -> None:
    if write.before is None or write.via_ui:
        return
    ledger.check_books_open(write.company, write.before.data.get("TxnDate"))
    if ledger.is_deposited(write.before.data):
        raise errors.deposited()


def payment(write: Write) -> Doc:
    """The properties of a payment to store."""
    merged, company = write.merged, write.company
    customer = forms.form_customer(write)
    day = forms.form_date(write)
    _check_update(write)
    if not write.via_ui:
        ledger.check_books_open(company, day.isoformat())
    total = number_in("TotalAmt", merged.get("TotalAmt"))
    if total is None:
        raise errors.required("TotalAmt")
    if total < 0:
        raise errors.invalid_number("TotalAmt", total)
    lines, on_invoices, from_credit = _lines(write, customer)
    left = cents(total) + from_credit - on_invoices
    if left < 0:
        raise errors.business("The amounts applied add up to more than the payment.")
    method = referred(company, "PaymentMethod", merged.get("PaymentMethodRef"), what="PaymentMethods")
    account = referred(company, "Account", merged.get("DepositToAccountRef"), what="Accounts")
    return {
        "CustomerRef": reference(customer),
        "DepositToAccountRef": {"value": account.qbo_id if account else UNDEPOSITED_FUNDS},
        "PaymentMethodRef": {"value": method.qbo_id} if method else None,
        "PaymentRefNum": merged.get("PaymentRefNum"),
        "TotalAmt": amount_out(total),
        "UnappliedAmt": amount_out(left),
        "ProcessPayment": False,
        "TxnDate": day.isoformat(),
        **form_money(write, customer),
        "PrivateNote": merged.get("PrivateNote"),
        "LinkedTxn": write.before.data.get("LinkedTxn", []) if write.before else [],
        "Line": lines,
    }


PAYMENT_KINDS = (
    EntityType(
        name="Payment",
        family=Family.TRANSACTION,
        order=words(
            "CustomerRef DepositToAccountRef PaymentMethodRef PaymentRefNum TotalAmt UnappliedAmt "
            "ProcessPayment domain sparse Id SyncToken MetaData TxnDate CurrencyRef ExchangeRate PrivateNote "
            "LinkedTxn Line"
        ),
        known=words(
            "ARAccountRef CreditCardPayment CheckPayment ExchangeRate PaymentType TxnSource DepartmentRef "
            "TransactionLocationType TaxExemptionRef HomeTotalAmt HomeUnappliedAmt DocNumber ProjectRef "
            "TxnTaxDetail AttachableRef CustomField TxnStatus"
        ),
        prepare=payment,
        required=("CustomerRef", "TotalAmt"),
        lengths={"PaymentRefNum": 21, "PrivateNote": 4000},
        queryable={
            "Id": "id",
            "TxnDate": "date",
            "CustomerRef": "id",
            "TotalAmt": "number",
            "UnappliedAmt": "number",
            "PaymentRefNum": "text",
            "MetaData.CreateTime": "moment",
            "MetaData.LastUpdatedTime": "moment",
        },
        indexed=("CustomerRef", "PaymentRefNum"),
        label="Id",
        operations=frozenset({"create", "read", "update", "query", "delete", "void", "send", "pdf"}),
        sequence="txn",
        email="",
        effect=ledger.settle_payment,
    ),
)
