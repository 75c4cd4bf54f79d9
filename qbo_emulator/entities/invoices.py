"""Rules of the invoice and the credit memo."""

from __future__ import annotations

from datetime import datetime

from qbo_emulator.core import ledger
from qbo_emulator.core.field_values import (
    amount_out,
    date_in,
    home_amounts,
    reference,
    reference_id,
    referred,
    stored,
)
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.core.store import Company
from qbo_emulator.entities import links
from qbo_emulator.entities import sales_forms as forms
from qbo_emulator.entities.currency import form_money
from qbo_emulator.entities.sales_lines import ITEM_ACCOUNTS_SINCE, LineReader, calculation_of
from qbo_emulator.entities.sales_tax import form_tax
from qbo_emulator.faults import errors, sales
from qbo_emulator.json_codec import Doc

# What a refusal of an unknown reference calls the kind.
LOCATION_TYPES = ("WithinFrance", "FranceOverseas", "OutsideFranceWithinEU", "OutsideEU")
REFUSED_AS = {"Class": "Klasses", "Department": "Depts"}
_META = "domain sparse Id SyncToken MetaData"
INVOICE_ORDER = words(
    "Deposit AllowIPNPayment AllowOnlinePayment AllowOnlineCreditCardPayment AllowOnlineACHPayment "
    f"{_META} CustomField DocNumber TxnDate DepartmentRef CurrencyRef ExchangeRate PrivateNote LinkedTxn Line "
    "TxnTaxDetail "
    "CustomerRef CustomerMemo BillAddr ShipAddr ShipFromAddr FreeFormAddress ClassRef SalesTermRef DueDate "
    "ShipMethodRef ShipDate TrackingNum GlobalTaxCalculation TotalAmt HomeTotalAmt ApplyTaxAfterDiscount PrintStatus EmailStatus BillEmail "
    "BillEmailCc BillEmailBcc Balance HomeBalance DeliveryInfo DepositToAccountRef ProjectRef TaxExemptionRef "
    "TransactionLocationType"
)
INVOICE_KNOWN = words(
    "HomeTotalAmt TxnSource RecurringInfo callToAction AutoDocNumber ECloudStatusTimeStamp TaxFormNum FOB "
    "InvoiceEx InvoiceLink PONumber PaymentMethodRef EInvoiceStatus RecurDataRef SalesRepRef ExchangeRate "
    "invoiceStatusLog TaxFormType LessCIS TxnStatus HomeBalance ConvenienceFeeDetail DiscountRate "
    "PaymentDetailsMessage TransactionLocationType RemitToRef PaymentRefNum Tag TxnApprovalInfo NameAndId "
    "invoiceStatus GlobalTaxCalculation TaxExemptionRef ProjectRef"
)
MEMO_ORDER = words(
    f"RemainingCredit {_META} CustomField DocNumber TxnDate DepartmentRef CurrencyRef ExchangeRate PrivateNote LinkedTxn "
    "Line TxnTaxDetail CustomerRef CustomerMemo BillAddr ShipAddr ClassRef GlobalTaxCalculation TotalAmt HomeTotalAmt ApplyTaxAfterDiscount "
    "PrintStatus EmailStatus BillEmail BillEmailCc BillEmailBcc Balance HomeBalance DeliveryInfo"
)
FORM_QUERY = {
    "Id": "id",
    "DocNumber": "text",
    "TxnDate": "date",
    "CustomerRef": "id",
    "Balance": "number",
    "TotalAmt": "number",
    "MetaData.CreateTime": "moment",
    "MetaData.LastUpdatedTime": "moment",
}


def _check_update(write: Write, customer: Row | None) -> None:
    """What closed books, deposits and payments forbid about changing a form that exists."""
    before = write.before
    if write.via_ui or before is None:
        return
    ledger.check_books_open(write.company, before.data.get("TxnDate"))
    changes_money = not write.sparse or {"Line", "CustomerRef", "Deposit"} & set(write.sent)
    payments = ledger.payments_of(write.company, before.qbo_id)
    held = (before, *payments)
    if changes_money and any(ledger.is_deposited(row.data) for row in held):
        raise errors.deposited()
    customer_id = customer.qbo_id if customer else None
    if payments and reference_id(before.data.get("CustomerRef")) != customer_id:
        raise errors.business("The customer cannot be changed while payments are linked.")


def form(write: Write, *, customer_needed: bool = True) -> Doc:
    """The properties all sales forms have in common."""
    merged, company = write.merged, write.company
    named = customer_needed or reference_id(merged.get("CustomerRef")) is not None
    customer = forms.form_customer(write) if named else None
    start = forms.form_date(write)
    _check_update(write, customer)
    if not write.via_ui:
        ledger.check_books_open(company, start.isoformat())
    money = form_money(write, customer)
    number = forms.document_number(write)
    lines = LineReader(write, customer, start, str(money["CurrencyRef"]["value"])).read()
    bill, ship = (forms.form_address(write, name, customer) for name in ("BillAddr", "ShipAddr"))
    tax, tax_detail = form_tax(write, customer, lines, ship, start)
    total = forms.form_total(lines, tax)
    status = str(merged.get("PrintStatus") or ("NeedToPrint" if write.before is None else "NotSet"))
    if status not in {"NotSet", "NeedToPrint", "PrintComplete"}:
        raise errors.invalid_enum("PrintStatus", status)
    email = forms.form_email(write)
    data: Doc = {
        **email,
        "CustomField": forms.custom_fields(write),
        "DocNumber": number,
        "TxnDate": start.isoformat(),
        **money,
        "PrivateNote": merged.get("PrivateNote"),
        "Line": lines.stored,
        "TxnTaxDetail": tax_detail,
        "CustomerRef": reference(customer) if customer else None,
        "CustomerMemo": forms.memo(merged),
        "BillAddr": bill,
        "ShipAddr": ship,
        "TotalAmt": amount_out(total),
        "PrintStatus": status,
        "ProjectRef": merged.get("ProjectRef"),
        "TransactionLocationType": _location_type(write),
        "TaxExemptionRef": _exemption(customer),
    }
    if company.has_tax_codes:
        data["GlobalTaxCalculation"] = calculation_of(write)
    else:
        data["ApplyTaxAfterDiscount"] = bool(merged.get("ApplyTaxAfterDiscount", False))
    for name, kind, preference in (
        ("ClassRef", "Class", "ClassTrackingPerTxn"),
        ("DepartmentRef", "Department", "TrackDepartments"),
    ):
        if company.profile.is_simple and reference_id(write.sent.get(name)):
            raise sales.not_in_edition(name)
        used = company.preferences["AccountingInfoPrefs"].get(preference)
        row = referred(company, kind, merged.get(name), what=REFUSED_AS[kind]) if used else None
        data[name] = reference(row) if row else None
    forms.note_number(write, number)
    return data


def _location_type(write: Write) -> str | None:
    """Where a French form was delivered; other companies have no such property (2170 for another word)."""
    if write.company.profile.country != "FR":
        return None
    given = str(write.merged.get("TransactionLocationType") or LOCATION_TYPES[0])
    if given not in LOCATION_TYPES:
        raise errors.invalid_enum("TransactionLocationType", given)
    return given


def _exemption(customer: Row | None) -> Doc | None:
    """Why the customer of a form bears no sales tax."""
    reason = customer.data.get("TaxExemptionReasonId") if customer is not None else None
    return {"value": str(reason)} if reason else None


def _ship_from(write: Write) -> Doc | None:
    """ShipFromAddr as it was sent; under automated sales tax the source is the company's own address whatever is sent."""
    given: Doc | None = write.merged.get("ShipFromAddr")
    prefs = write.company.preferences["TaxPrefs"]
    if given and prefs.get("PartnerTaxEnabled") and not write.company.has_tax_codes:
        return dict(write.company.table("CompanyInfo").rows["1"].data["CompanyAddr"])
    return given


def _free_form(write: Write, data: Doc) -> bool | None:
    """FreeFormAddress: what was sent, and where rows are of 2024 or later, true for a form that has an address."""
    given = write.merged.get("FreeFormAddress")
    if given is not None:
        return bool(given) or None
    return True if write.company.switches.rows_as_of >= ITEM_ACCOUNTS_SINCE and data.get("BillAddr") else None


def invoice(write: Write) -> Doc:
    """The properties of an invoice to store."""
    merged, company = write.merged, write.company
    customer = forms.form_customer(write)
    term = forms.form_term(write, customer)
    due = forms.due_date(write, forms.form_date(write), term)
    shipped = date_in("ShipDate", merged.get("ShipDate"))
    data = form(write)
    total = stored(data["TotalAmt"])
    deposit = forms.form_deposit(write, total)
    own_id = write.before.qbo_id if write.before else None
    settled = ledger.applied_total(company, own_id) if own_id else stored(0)
    links.check(write, links.ESTIMATES)
    linked = write.merged if write.before is None else write.before.data
    data |= {
        "AllowIPNPayment": False,
        "AllowOnlinePayment": False,
        "AllowOnlineCreditCardPayment": bool(merged.get("AllowOnlineCreditCardPayment", False)),
        "AllowOnlineACHPayment": bool(merged.get("AllowOnlineACHPayment", False)),
        "LinkedTxn": ledger.linked_transactions(
            company, {"LinkedTxn": linked.get("LinkedTxn") or []}, own_id
        ),
        "SalesTermRef": reference(term) if term else None,
        "DueDate": due.isoformat(),
        "ShipDate": shipped.isoformat() if shipped else None,
        "TrackingNum": merged.get("TrackingNum"),
        "ShipMethodRef": merged.get("ShipMethodRef"),
        "ShipFromAddr": _ship_from(write),
        "FreeFormAddress": _free_form(write, data),
        "Deposit": amount_out(deposit) if deposit is not None else None,
        # A smaller total than what is already paid leaves nothing open; the ledger gives the surplus back.
        "Balance": amount_out(max(total - (deposit or 0) - settled, stored(0))),
    }
    return data | home_amounts(data)


def credit_memo(write: Write) -> Doc:
    """The properties of a credit memo to store."""
    data = form(write)
    own_id = write.before.qbo_id if write.before else None
    used = ledger.applied_total(write.company, own_id) if own_id else stored(0)
    left = stored(data["TotalAmt"]) - used
    if left < 0:
        raise errors.business("The credit memo is already used for more than this total.")
    linked = write.before.data if write.before else {}
    data |= {
        "LinkedTxn": ledger.linked_transactions(write.company, linked, own_id),
        "RemainingCredit": amount_out(left),
        "Balance": 0,
    }
    return data | home_amounts(data)


def invoice_effect(company: Company, before: Row | None, after: Row | None, now: datetime) -> None:
    """A smaller total gives payments back; a linked estimate is closed."""
    if after is not None:
        ledger.trim(company, after, now)
    links.follow(company, links.ESTIMATES, before, after, now)


_LENGTHS = {"DocNumber": 21, "PrivateNote": 4000, "TrackingNum": 31}
_OPERATIONS = frozenset({"create", "read", "update", "query", "delete", "void", "send", "pdf"})

INVOICE_KINDS = (
    EntityType(
        name="Invoice",
        family=Family.TRANSACTION,
        order=INVOICE_ORDER,
        known=INVOICE_KNOWN,
        prepare=invoice,
        required=("Line", "CustomerRef"),
        lengths=_LENGTHS,
        queryable={**FORM_QUERY, "DueDate": "date", "SalesTermRef": "id", "ProjectRef": "id"},
        indexed=("DocNumber", "CustomerRef"),
        label="DocNumber",
        operations=_OPERATIONS,
        sequence="txn",
        effect=invoice_effect,
    ),
    EntityType(
        name="CreditMemo",
        family=Family.TRANSACTION,
        order=MEMO_ORDER,
        known=INVOICE_KNOWN,
        prepare=credit_memo,
        required=("Line", "CustomerRef"),
        lengths=_LENGTHS,
        queryable=FORM_QUERY,
        indexed=("DocNumber", "CustomerRef"),
        label="DocNumber",
        operations=_OPERATIONS,
        sequence="txn",
    ),
)
