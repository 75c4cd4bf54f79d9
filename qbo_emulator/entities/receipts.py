"""Rules of the sales forms that leave nothing open: Estimate, SalesReceipt, RefundReceipt."""

from __future__ import annotations

from qbo_emulator.core import ledger
from qbo_emulator.core.field_values import date_in, reference, referred
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.entities import transactions as txn
from qbo_emulator.entities.invoices import FORM_QUERY, INVOICE_KNOWN, form
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

STATUSES = ("Pending", "Accepted", "Closed", "Rejected", "Converted")
UNDEPOSITED = "UndepositedFunds"
MONEY_ACCOUNTS = ("Bank", "Other Current Asset", "Credit Card")


def estimate(write: Write) -> Doc:
    """The properties of an estimate to store; it moves no money and knows no balance."""
    merged = write.merged
    status = str(write.kept("TxnStatus", "Pending"))
    if status not in STATUSES:
        raise errors.invalid_enum("TxnStatus", status)
    dates = {
        name: date_in(name, merged.get(name))
        for name in ("ExpirationDate", "AcceptedDate", "DueDate", "ShipDate")
    }
    term = referred(write.company, "Term", merged.get("SalesTermRef"), what="Terms")
    return {
        **form(write),
        **{name: day.isoformat() if day else None for name, day in dates.items()},
        "AcceptedBy": merged.get("AcceptedBy"),
        "TxnStatus": status,
        "SalesTermRef": reference(term) if term else None,
        "ShipMethodRef": merged.get("ShipMethodRef"),
        "ShipFromAddr": merged.get("ShipFromAddr"),
        "TrackingNum": merged.get("TrackingNum"),
        "FreeFormAddress": merged.get("FreeFormAddress") or None,
        "LinkedTxn": write.before.data.get("LinkedTxn") if write.before else None,
    }


def _money(write: Write) -> Doc:
    """How the money of a receipt came or went; a deposited receipt is held fast (6540)."""
    merged = write.merged
    if write.before is not None and not write.via_ui and ledger.is_deposited(write.before.data):
        raise errors.deposited()
    method = referred(write.company, "PaymentMethod", merged.get("PaymentMethodRef"), what="PaymentMethods")
    return {
        "PaymentMethodRef": reference(method) if method else None,
        "PaymentRefNum": merged.get("PaymentRefNum"),
        "CreditCardPayment": merged.get("CreditCardPayment"),
        "Balance": 0,
        "LinkedTxn": write.before.data.get("LinkedTxn") if write.before else None,
    }


def sales_receipt(write: Write) -> Doc:
    """The properties of a sales receipt to store; without an account the money waits undeposited."""
    account = txn.account(write, "DepositToAccountRef", types=MONEY_ACCOUNTS, needed=False)
    shipped = date_in("ShipDate", write.merged.get("ShipDate"))
    return {
        **form(write, customer_needed=False),
        **_money(write),
        "ShipDate": shipped.isoformat() if shipped else None,
        "TrackingNum": write.merged.get("TrackingNum"),
        "ShipMethodRef": write.merged.get("ShipMethodRef"),
        "DepositToAccountRef": account or _undeposited(write),
    }


def refund_receipt(write: Write) -> Doc:
    """The properties of a refund to store; the account it is paid from must be named (2020)."""
    account = txn.account(write, "DepositToAccountRef", types=MONEY_ACCOUNTS)
    data = {**form(write, customer_needed=False), **_money(write), "DepositToAccountRef": account}
    if data["PaymentRefNum"] is None and data["PrintStatus"] == "NeedToPrint":
        data["PaymentRefNum"] = "To Print"
    return data | {"CheckPayment": write.merged.get("CheckPayment")}


def _undeposited(write: Write) -> Doc | None:
    rows = write.company.table("Account").rows.values()
    found = next((row for row in rows if row.data.get("AccountSubType") == UNDEPOSITED), None)
    return reference(found) if found else None


_HEAD = f"{txn.META} CustomField DocNumber TxnDate DepartmentRef CurrencyRef ExchangeRate PrivateNote"
_BODY = (
    "LinkedTxn Line TxnTaxDetail CustomerRef CustomerMemo BillAddr ShipAddr ShipFromAddr FreeFormAddress "
    "ClassRef SalesTermRef DueDate ShipMethodRef ShipDate TrackingNum GlobalTaxCalculation TotalAmt "
    "ApplyTaxAfterDiscount PrintStatus"
)
_EMAIL = "EmailStatus BillEmail BillEmailCc BillEmailBcc"
_MONEY = (
    "Balance PaymentMethodRef PaymentRefNum CheckPayment CreditCardPayment DeliveryInfo DepositToAccountRef"
)
_LENGTHS = {"DocNumber": 21, "PrivateNote": 4000, "PaymentRefNum": 21, "TrackingNum": 31}

RECEIPT_KINDS = (
    EntityType(
        name="Estimate",
        family=Family.TRANSACTION,
        order=words(
            f"ExpirationDate AcceptedBy AcceptedDate {_HEAD} TxnStatus {_BODY} {_EMAIL} DeliveryInfo"
        ),
        known=INVOICE_KNOWN,
        prepare=estimate,
        required=("CustomerRef", "Line"),
        lengths=_LENGTHS,
        queryable={
            **{name: kind for name, kind in FORM_QUERY.items() if name != "Balance"},
            "ExpirationDate": "date",
            "AcceptedBy": "text",
            "AcceptedDate": "date",
            "TxnStatus": "text",
        },
        indexed=("DocNumber", "CustomerRef"),
        label="DocNumber",
        operations=txn.FORM_OPERATIONS,
        sequence="txn",
        own_numbers=True,
    ),
    EntityType(
        name="SalesReceipt",
        family=Family.TRANSACTION,
        order=words(f"{_HEAD} {_BODY} {_EMAIL} {_MONEY}"),
        known=(*INVOICE_KNOWN, "PaymentType"),
        prepare=sales_receipt,
        required=("Line",),
        lengths=_LENGTHS,
        queryable={
            **FORM_QUERY,
            "PaymentRefNum": "text",
            "DepositToAccountRef": "id",
            "PaymentMethodRef": "id",
        },
        indexed=("DocNumber", "CustomerRef"),
        label="DocNumber",
        operations=txn.FORM_OPERATIONS | {"void"},
        sequence="txn",
    ),
    EntityType(
        name="RefundReceipt",
        family=Family.TRANSACTION,
        # No EmailStatus: recordings of refunds have none, though one may be sent.
        order=words(f"{_HEAD} {_BODY} BillEmail BillEmailCc BillEmailBcc {_MONEY}"),
        known=(*INVOICE_KNOWN, "PaymentType", "EmailStatus"),
        prepare=lambda write: {**refund_receipt(write), "EmailStatus": None},
        required=("DepositToAccountRef", "Line"),
        lengths=_LENGTHS,
        queryable={**FORM_QUERY, "PaymentRefNum": "text", "DepositToAccountRef": "id"},
        indexed=("DocNumber", "CustomerRef"),
        label="DocNumber",
        operations=txn.FORM_OPERATIONS,
        sequence="txn",
    ),
)
