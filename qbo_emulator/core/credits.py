"""Credits that a company lets QuickBooks apply by itself: a new invoice may be born paid."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from qbo_emulator.core import ledger
from qbo_emulator.core.clock import pacific
from qbo_emulator.core.field_values import amount_out, reference_id, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.json_codec import Doc


def apply_by_itself(company: Company, invoice: Row, now: datetime) -> None:
    """Use the customer's unapplied payments, then credit memos, oldest first, as the preferences allow."""
    prefs = company.preferences["SalesFormsPrefs"]
    if prefs.get("AutoApplyCredit") or prefs.get("AutoApplyPayments"):
        for payment in _of_customer(company, "Payment", invoice, "UnappliedAmt"):
            _use_payment(company, payment, invoice.qbo_id, now)
    if prefs.get("AutoApplyCredit"):
        for memo in _of_customer(company, "CreditMemo", invoice, "RemainingCredit"):
            _use_memo(company, memo, invoice.qbo_id, now)


def _of_customer(company: Company, kind: str, invoice: Row, left: str) -> list[Row]:
    customer = reference_id(invoice.data.get("CustomerRef"))
    rows = company.table(kind).find("CustomerRef", customer)
    return sorted((row for row in rows if stored(row.data.get(left)) > 0), key=lambda row: int(row.qbo_id))


def _open(company: Company, qbo_id: str) -> Decimal:
    row = company.row("Invoice", qbo_id)
    return stored(row.data["Balance"]) if row is not None else Decimal(0)


def _line(kind: str, qbo_id: str, amount: Decimal) -> Doc:
    return {"Amount": amount_out(amount), "LinkedTxn": [{"TxnId": qbo_id, "TxnType": kind}]}


def _use_payment(company: Company, payment: Row, invoice_id: str, now: datetime) -> None:
    left = stored(payment.data["UnappliedAmt"])
    amount = min(left, _open(company, invoice_id))
    if amount <= 0:
        return
    lines = [*payment.data.get("Line", []), _line("Invoice", invoice_id, amount)]
    after = company.rewrite(payment, {"Line": lines, "UnappliedAmt": amount_out(left - amount)}, now)
    ledger.settle(company, payment, after, now, under_way=invoice_id)
    company.emit(after, "Update", now)


def _use_memo(company: Company, memo: Row, invoice_id: str, now: datetime) -> None:
    amount = min(stored(memo.data["RemainingCredit"]), _open(company, invoice_id))
    if amount <= 0:
        return
    stamp = pacific(now)
    data: Doc = {
        "CustomerRef": dict(memo.data["CustomerRef"]),
        "DepositToAccountRef": {"value": "4"},
        "TotalAmt": 0,
        "UnappliedAmt": 0,
        "ProcessPayment": False,
        "domain": "QBO",
        "sparse": False,
        "Id": company.next_id("txn"),
        "SyncToken": "0",
        "MetaData": {"CreateTime": stamp, "LastUpdatedTime": stamp},
        "TxnDate": company.today(now).isoformat(),
        **{name: memo.data[name] for name in ("CurrencyRef", "ExchangeRate") if name in memo.data},
        "PrivateNote": "Created by QB Online to link credits to charges.",
        "LinkedTxn": [],
        "Line": [_line("Invoice", invoice_id, amount), _line("CreditMemo", memo.qbo_id, amount)],
    }
    payment = company.put("Payment", data, now)
    ledger.settle(company, None, payment, now, under_way=invoice_id)
    company.emit(payment, "Create", now)
