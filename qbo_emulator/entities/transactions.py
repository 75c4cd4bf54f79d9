"""What all transactions share beyond their lines: date, closed books, currency, accounts and parties."""

from __future__ import annotations

from decimal import Decimal

from qbo_emulator.core import ledger
from qbo_emulator.core.field_values import amount_out, date_in, number_in, reference, reference_id, referred
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import Write
from qbo_emulator.core.split_names import words
from qbo_emulator.entities.currency import form_money
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

OPERATIONS = frozenset({"create", "read", "update", "query", "delete"})
FORM_OPERATIONS = OPERATIONS | {"send", "pdf"}
LENGTHS = {"DocNumber": 21, "PrivateNote": 4000}
META = "domain sparse Id SyncToken MetaData"
QUERY = {
    "Id": "id",
    "DocNumber": "text",
    "TxnDate": "date",
    "TotalAmt": "number",
    "MetaData.CreateTime": "moment",
    "MetaData.LastUpdatedTime": "moment",
}
# Properties every transaction may be sent, whether or not the emulator makes anything of them.
KNOWN = words(
    "ExchangeRate GlobalTaxCalculation TxnTaxDetail TransactionLocationType TxnSource TxnStatus RecurDataRef "
    "HomeTotalAmt HomeBalance AttachableRef CustomField Tag TaxExemptionRef DepartmentRef DocNumber "
    "PrivateNote LinkedTxn Line TotalAmt CurrencyRef TxnDate"
)


def head(write: Write, party: Row | None = None) -> Doc:
    """Number, date, money, note and location, with the books open for the date (6210)."""
    merged = write.merged
    day = date_in("TxnDate", merged.get("TxnDate")) or write.today
    if not write.via_ui:
        before = write.before.data.get("TxnDate") if write.before else None
        ledger.check_books_open(write.company, before, day.isoformat())
        if write.before is not None and ledger.is_deposited(write.before.data):
            raise errors.deposited()
    department = referred(write.company, "Department", merged.get("DepartmentRef"), what="Department")
    number = merged.get("DocNumber")
    return {
        "DocNumber": str(number) if number is not None else None,
        "TxnDate": day.isoformat(),
        "DepartmentRef": reference(department) if department else None,
        **form_money(write, party, needs_rate=True),
        "PrivateNote": merged.get("PrivateNote"),
    }


def account(write: Write, name: str, *, types: tuple[str, ...] = (), needed: bool = True) -> Doc | None:
    """The account a property names (2020 missing, 2500 unknown, 6430 of the wrong type)."""
    return account_of(write, name, write.merged.get(name), types=types, needed=needed)


def account_of(
    write: Write, name: str, given: object, *, types: tuple[str, ...] = (), needed: bool = True
) -> Doc | None:
    row = referred(write.company, "Account", given, what="Accounts")
    if row is None:
        if needed:
            raise errors.required(name)
        return None
    if types and row.data["AccountType"] not in types:
        raise errors.wrong_account_type(name, " or ".join(types))
    return reference(row)


def default_account(write: Write, account_type: str) -> Doc | None:
    """The first account of a type, which QuickBooks takes when none is named."""
    rows = write.company.table("Account").rows.values()
    found = next((row for row in rows if row.active and row.data["AccountType"] == account_type), None)
    return reference(found) if found else None


def vendor(write: Write) -> Row:
    """The vendor of a purchase (2020 without one, 2500 unknown, 610 inactive when newly chosen)."""
    qbo_id = reference_id(write.merged.get("VendorRef"))
    if qbo_id is None:
        raise errors.required("VendorRef")
    row = write.company.row("Vendor", qbo_id)
    if row is None:
        raise errors.invalid_reference("Names", qbo_id)
    if "VendorRef" in write.sent and not row.active:
        raise errors.not_found()
    return row


def positive(name: str, value: object) -> Decimal:
    """An amount that must be there (2020) and may not be negative (2080)."""
    amount = number_in(name, value)
    if amount is None:
        raise errors.required(name)
    if amount < 0:
        raise errors.invalid_number(name, amount)
    return amount


def total(amount: Decimal) -> Decimal | int:
    """The total to store (6000 below zero)."""
    if amount < 0:
        raise errors.business("Transaction amount must be 0 or greater.")
    return amount_out(amount)
