"""Rules of what is bought: Bill, VendorCredit, Purchase, PurchaseOrder."""

from __future__ import annotations

from datetime import date, datetime

from qbo_emulator.core import ledger
from qbo_emulator.core.field_values import date_in, name_value, reference, reference_id, referred, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write, check_email
from qbo_emulator.core.split_names import words
from qbo_emulator.core.store import Company
from qbo_emulator.entities import expense_lines, links
from qbo_emulator.entities import sales_forms as forms
from qbo_emulator.entities import transactions as txn
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

PAYABLE_ACCOUNT = "Accounts Payable"
# The number QuickBooks keeps for the kind of purchase: expense, cheque, credit on a card.
TXN_TYPES = {"Cash": "54", "CreditCard": "54", "Check": "3"}
CARD_CREDIT = "11"
PAYMENT_TYPES = {
    "Cash": ("Bank", "Other Current Asset"),
    "Check": ("Bank",),
    "CreditCard": ("Credit Card",),
}
_PURCHASE_KNOWN = (
    *txn.KNOWN,
    *words("VendorAddr RemitToAddr IncludeInAnnualTPAR PurchaseEx Memo PayerRef SalesTermRef VendorRef"),
)


def _vendor_side(write: Write) -> tuple[Doc, Row]:
    """What a vendor's transaction has beyond date and number: who, which payable account, what."""
    row = txn.vendor(write)
    payable = txn.account(write, "APAccountRef", types=(PAYABLE_ACCOUNT,), needed=False)
    return {
        **txn.head(write, row),
        "VendorRef": reference(row),
        "APAccountRef": payable or txn.default_account(write, PAYABLE_ACCOUNT),
    }, row


def _due(write: Write, start: str, vendor: Row) -> tuple[Doc | None, str]:
    """Term and due date: what was sent, else by the vendor's term, else the day itself."""
    given = write.merged.get("SalesTermRef")
    if reference_id(given) is None and write.before is None:
        given = vendor.data.get("TermRef")
    term = referred(write.company, "Term", given, what="Terms")
    kept = {"value": term.qbo_id} if term else None
    sent = write.sent.get("DueDate") if not write.sparse else write.merged.get("DueDate")
    due = date_in("DueDate", sent)
    if due is None:
        day = date.fromisoformat(start)
        due = forms.term_date(day, term) if term else day
    return kept, due.isoformat()


def _vendor_address(write: Write, vendor: Row) -> Doc | None:
    """The address sent, else the vendor's own."""
    given: Doc | None = write.merged.get("VendorAddr")
    own: Doc | None = vendor.data.get("BillAddr")
    return given or own


def bill(write: Write) -> Doc:
    """The properties of a bill to store."""
    data, vendor = _vendor_side(write)
    lines, amount = expense_lines.read(write)
    links.check(write, links.ORDERS)
    term, due = _due(write, data["TxnDate"], vendor)
    own_id = write.before.qbo_id if write.before else None
    settled = ledger.applied_total(write.company, own_id) if own_id else stored(0)
    if own_id and settled and write.before and reference_id(write.before.data["VendorRef"]) != vendor.qbo_id:
        raise errors.business("The vendor cannot be changed while payments are linked.")
    return {
        **data,
        "SalesTermRef": term,
        "DueDate": due,
        "VendorAddr": _vendor_address(write, vendor),
        "Line": lines,
        "LinkedTxn": ledger.linked_transactions(write.company, write.merged, own_id) or None,
        "TotalAmt": txn.total(amount),
        # A smaller total than what is already paid leaves nothing open; the ledger gives the surplus back.
        "Balance": txn.total(max(amount - settled, stored(0))),
    }


def vendor_credit(write: Write) -> Doc:
    """The properties of a vendor credit to store."""
    data, _ = _vendor_side(write)
    lines, amount = expense_lines.read(write)
    own_id = write.before.qbo_id if write.before else None
    used = ledger.applied_total(write.company, own_id) if own_id else stored(0)
    if amount < used:
        raise errors.business("The vendor credit is already used for more than this total.")
    return {
        **data,
        "Line": lines,
        "LinkedTxn": ledger.linked_transactions(write.company, write.merged, own_id) or None,
        "TotalAmt": txn.total(amount),
        "Balance": txn.total(amount - used),
    }


def _entity(write: Write) -> Doc | None:
    """Whom the money went to, of one of the three kinds of names; without a type the first that fits."""
    given = write.merged.get("EntityRef")
    qbo_id = reference_id(given)
    if qbo_id is None:
        return None
    kind = str(given.get("type") or "") if isinstance(given, dict) else ""
    kinds = (kind,) if kind in {"Vendor", "Customer", "Employee"} else ("Vendor", "Customer", "Employee")
    for name in kinds:
        row = write.company.row(name, qbo_id)
        if row is not None:
            return {**reference(row), "name": row.data["DisplayName"], "type": name}
    raise errors.invalid_reference("Names", qbo_id)


def purchase(write: Write) -> Doc:
    """The properties of an expense, cheque or card charge to store."""
    merged = write.merged
    kind = str(merged.get("PaymentType") or "")
    if kind not in PAYMENT_TYPES:
        raise errors.invalid_enum("PaymentType", kind) if kind else errors.required("PaymentType")
    paid_from = txn.account(write, "AccountRef", types=PAYMENT_TYPES[kind])
    data = txn.head(write)
    lines, amount = expense_lines.read(write, numbered=False)
    links.check(write, links.ORDERS)
    is_credit = kind == "CreditCard" and bool(merged.get("Credit", False))
    method = referred(write.company, "PaymentMethod", merged.get("PaymentMethodRef"), what="PaymentMethods")
    number = CARD_CREDIT if is_credit else TXN_TYPES[kind]
    return {
        **data,
        "AccountRef": paid_from,
        "PaymentMethodRef": reference(method) if method else None,
        "PaymentType": kind,
        "EntityRef": _entity(write),
        "Credit": is_credit if kind == "CreditCard" else None,
        "TotalAmt": txn.total(amount),
        "PrintStatus": str(merged.get("PrintStatus") or "NotSet") if kind == "Check" else None,
        "PurchaseEx": {"any": [name_value("TxnType", number)]},
        "LinkedTxn": merged.get("LinkedTxn") or None,
        "Line": lines,
    }


def purchase_order(write: Write) -> Doc:
    """The properties of a purchase order to store; it moves no money."""
    merged = write.merged
    data, vendor = _vendor_side(write)
    lines, amount = expense_lines.read(write)
    status = str(write.kept("POStatus", "Open"))
    if status not in {"Open", "Closed"}:
        raise errors.invalid_enum("POStatus", status)
    email = merged.get("POEmail")
    if "POEmail" in write.sent:
        check_email("POEmail", email)
    number = forms.document_number(write)
    forms.note_number(write, number)
    due = date_in("DueDate", merged.get("DueDate"))
    ship_to = referred(write.company, "Customer", merged.get("ShipTo"), what="Names")
    return {
        **data,
        "DocNumber": number,
        "CustomField": forms.custom_fields(write),
        "SalesTermRef": merged.get("SalesTermRef"),
        "DueDate": due.isoformat() if due else None,
        "VendorAddr": merged.get("VendorAddr") or vendor.data.get("BillAddr"),
        "ShipAddr": merged.get("ShipAddr"),
        "ShipTo": reference(ship_to) if ship_to else None,
        "ShipMethodRef": merged.get("ShipMethodRef"),
        "Memo": merged.get("Memo"),
        "POEmail": {"Address": email["Address"]}
        if isinstance(email, dict) and email.get("Address")
        else None,
        "EmailStatus": str(merged.get("EmailStatus") or "NotSet"),
        "POStatus": status,
        "LinkedTxn": write.before.data["LinkedTxn"] if write.before else [],
        "Line": lines,
        "TotalAmt": txn.total(amount),
    }


def bill_effect(company: Company, before: Row | None, after: Row | None, now: datetime) -> None:
    """A smaller total gives payments back; a linked order is closed."""
    if after is not None:
        ledger.trim(company, after, now)
    links.follow(company, links.ORDERS, before, after, now)


def purchase_effect(company: Company, before: Row | None, after: Row | None, now: datetime) -> None:
    links.follow(company, links.ORDERS, before, after, now)


_TAIL = "Line TxnTaxDetail VendorRef APAccountRef TotalAmt"
_HEAD = f"{txn.META} DocNumber TxnDate DepartmentRef CurrencyRef ExchangeRate PrivateNote LinkedTxn"

PURCHASE_KINDS = (
    EntityType(
        name="Bill",
        family=Family.TRANSACTION,
        order=words(f"SalesTermRef DueDate Balance {_HEAD} {_TAIL} VendorAddr"),
        known=_PURCHASE_KNOWN,
        prepare=bill,
        required=("VendorRef", "Line"),
        lengths=txn.LENGTHS,
        queryable={
            **txn.QUERY,
            "VendorRef": "id",
            "APAccountRef": "id",
            "DueDate": "date",
            "Balance": "number",
            "SalesTermRef": "id",
        },
        indexed=("VendorRef", "DocNumber"),
        label="DocNumber",
        operations=txn.OPERATIONS,
        sequence="txn",
        effect=bill_effect,
    ),
    EntityType(
        name="VendorCredit",
        family=Family.TRANSACTION,
        order=words(f"Balance {_HEAD} {_TAIL}"),
        # FromAccountRef and ToAccountRef are none of its own, yet a public client's object carries them.
        known=(*_PURCHASE_KNOWN, "FromAccountRef", "ToAccountRef"),
        prepare=vendor_credit,
        required=("VendorRef", "Line"),
        lengths=txn.LENGTHS,
        queryable={**txn.QUERY, "VendorRef": "id", "Balance": "number"},
        indexed=("VendorRef", "DocNumber"),
        label="DocNumber",
        operations=txn.OPERATIONS,
        sequence="txn",
    ),
    EntityType(
        name="Purchase",
        family=Family.TRANSACTION,
        order=words(
            "AccountRef PaymentMethodRef PaymentType EntityRef Credit RemitToAddr TotalAmt PrintStatus "
            f"PurchaseEx {_HEAD} Line TxnTaxDetail"
        ),
        known=(*_PURCHASE_KNOWN, "PaymentRefNum", "CheckPayment", "CreditCardPayment", "DueDate"),
        prepare=purchase,
        required=("PaymentType", "AccountRef", "Line"),
        lengths=txn.LENGTHS,
        queryable={
            **txn.QUERY,
            "PaymentType": "text",
            "AccountRef": "id",
            "EntityRef": "id",
            "Credit": "bool",
        },
        indexed=("DocNumber",),
        label="DocNumber",
        operations=txn.OPERATIONS,
        sequence="txn",
        effect=purchase_effect,
    ),
    EntityType(
        name="PurchaseOrder",
        family=Family.TRANSACTION,
        order=words(
            "SalesTermRef DueDate VendorAddr ShipAddr ShipTo ShipMethodRef POEmail EmailStatus POStatus "
            f"{txn.META} CustomField DocNumber TxnDate DepartmentRef CurrencyRef PrivateNote Memo LinkedTxn "
            f"{_TAIL}"
        ),
        known=(*_PURCHASE_KNOWN, "ClassRef", "TaxCodeRef", "ExpectedDate", "FOB", "TemplateRef"),
        prepare=purchase_order,
        required=("VendorRef", "Line"),
        lengths={**txn.LENGTHS, "Memo": 4000},
        queryable={**txn.QUERY, "VendorRef": "id", "POStatus": "text", "DueDate": "date"},
        indexed=("VendorRef", "DocNumber"),
        label="DocNumber",
        operations=txn.FORM_OPERATIONS,
        sequence="txn",
        email="POEmail",
        own_numbers=True,
    ),
)
