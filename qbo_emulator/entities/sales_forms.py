"""What all sales forms share: customer, dates, numbers, addresses, email and totals."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

from qbo_emulator.core.field_values import cents, date_in, reference_id, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import Write, check_email
from qbo_emulator.entities.sales_lines import Lines
from qbo_emulator.faults import errors
from qbo_emulator.faults.sales import read_only
from qbo_emulator.json_codec import Doc

DAYS_WITHOUT_TERM = 30
# Copies of a form's email that the preferences name for forms that name none.
COPIES = {"BillEmailCc": "SalesEmailCc", "BillEmailBcc": "SalesEmailBcc"}


def form_customer(write: Write) -> Row:
    """The customer of the form (2020 without one, 2500 unknown, 610 inactive when newly chosen)."""
    qbo_id = reference_id(write.merged.get("CustomerRef"))
    if qbo_id is None:
        raise errors.required("CustomerRef")
    row = write.company.row("Customer", qbo_id)
    if row is None:
        raise errors.invalid_reference("Names", qbo_id)
    if "CustomerRef" in write.sent and not row.active:
        raise errors.not_found()
    return row


def form_date(write: Write) -> date:
    return date_in("TxnDate", write.merged.get("TxnDate")) or write.today


def form_term(write: Write, customer: Row) -> Row | None:
    """The term sent, else the customer's, else the company's default."""
    company = write.company
    if write.sparse and "SalesTermRef" in write.sent and write.sent["SalesTermRef"] is None:
        return None
    qbo_id = reference_id(write.merged.get("SalesTermRef"))
    if qbo_id is None and write.before is None:
        qbo_id = reference_id(customer.data.get("SalesTermRef")) or reference_id(
            company.preferences["SalesFormsPrefs"].get("DefaultTerms")
        )
    if qbo_id is None:
        return None
    row = company.row("Term", qbo_id)
    if row is None:
        raise errors.invalid_reference("Terms", qbo_id)
    return row


def term_date(start: date, term: Row) -> date:
    """The due date of a term: days from the start, or a day of the month."""
    if term.data["Type"] == "STANDARD":
        return start + timedelta(days=int(term.data.get("DueDays", 0)))
    months = (
        1 if start.day <= int(term.data["DayOfMonthDue"]) - int(term.data.get("DueNextMonthDays") or 0) else 2
    )
    year, month = divmod(start.year * 12 + start.month - 1 + months - 1, 12)
    return date(year, month + 1, min(int(term.data["DayOfMonthDue"]), monthrange(year, month + 1)[1]))


def due_date(write: Write, start: date, term: Row | None) -> date:
    """The due date sent, else the stored one unless term was changed, else by term, else thirty days on."""
    given = date_in("DueDate", write.sent.get("DueDate"))
    if given is not None:
        return given
    if write.before is not None and write.sparse and not {"SalesTermRef", "DueDate"} & set(write.sent):
        kept = date_in("DueDate", write.before.data.get("DueDate"))
        if kept is not None:
            return kept
    return term_date(start, term) if term else start + timedelta(days=DAYS_WITHOUT_TERM)


def document_number(write: Write) -> str | None:
    """The number sent, or the next one when the company numbers by itself (6140 when it is taken)."""
    company, kind = write.company, write.kind
    given = write.merged.get("DocNumber")
    before = write.before.data.get("DocNumber") if write.before else None
    number = str(given) if given is not None else None
    if number is None:
        if company.preferences["SalesFormsPrefs"].get("CustomTxnNumbers"):
            return None
        return before or str(highest_number(write) + 1)
    if number != before and not write.duplicate_number_allowed:
        own = write.before.qbo_id if write.before else None
        for other in company.table(kind.name).find("DocNumber", number):
            if other.qbo_id != own:
                raise errors.duplicate_number(number, kind.name, other.qbo_id)
    return number


def highest_number(write: Write) -> int:
    """The highest number used in the series the form belongs to."""
    if write.kind.own_numbers:
        return write.company.sequences.get(f"{write.kind.name} number", 1000)
    return write.company.highest_number


def note_number(write: Write, number: str | None) -> None:
    """Raise the highest number used, so that numbering goes on above it; updates do not move it."""
    if write.before is not None or number is None or not number.isdigit() or len(number) > 12:
        return
    highest = max(highest_number(write), int(number))
    if write.kind.own_numbers:
        write.company.sequences[f"{write.kind.name} number"] = highest
    else:
        write.company.highest_number = highest


def form_address(write: Write, name: str, customer: Row | None) -> Doc | None:
    """The address sent or stored, else the whole address object of the customer."""
    own: Doc = customer.data if customer else {}
    moved = write.before is not None and reference_id(write.before.data.get("CustomerRef")) != (
        customer.qbo_id if customer else None
    )
    given = write.sent.get(name) if moved else write.merged.get(name)
    if not isinstance(given, dict):
        copied = own.get(name)
        return dict(copied) if copied else None
    plain = {key: value for key, value in given.items() if value not in (None, "") and key != "Id"}
    if not plain:
        return None
    for known in (write.before.data.get(name) if write.before else None, own.get(name)):
        if known and {key: value for key, value in known.items() if key != "Id"} == plain:
            return dict(known)
    return {"Id": write.company.next_id("address"), **plain}


def form_email(write: Write) -> Doc:
    """BillEmail and its copies; a form that is to be sent needs an address (6420)."""
    merged = write.merged
    kept: Doc = {}
    for name in ("BillEmail", "BillEmailCc", "BillEmailBcc"):
        value = merged.get(name)
        if write.before is None and name not in write.sent and name in COPIES:
            usual = write.company.preferences["SalesFormsPrefs"].get(COPIES[name])
            value = usual if isinstance(usual, dict) or not usual else {"Address": usual}
        if isinstance(value, dict) and value.get("Address"):
            if name in write.sent:
                check_email(name, value)
            kept[name] = {"Address": value["Address"]}
    status = str(merged.get("EmailStatus") or "NotSet")
    if status not in {"NotSet", "NeedToSend", "EmailSent"}:
        raise errors.invalid_enum("EmailStatus", status)
    if status == "NeedToSend" and "BillEmail" not in kept:
        raise errors.email_missing()
    if write.sent.get("DeliveryInfo") and not write.via_ui:
        raise read_only("DeliveryInfo")
    delivery = write.before.data.get("DeliveryInfo") if write.before else None
    return {**kept, "EmailStatus": status, "DeliveryInfo": delivery}


def memo(merged: Doc) -> Doc | None:
    """CustomerMemo, sent as an object or as a plain text (2050 over 1000 characters)."""
    given = merged.get("CustomerMemo")
    text = given.get("value") if isinstance(given, dict) else given
    if not text:
        return None
    if len(str(text)) > 1000:
        raise errors.wrong_length("CustomerMemo", 1000, len(str(text)))
    return {"value": str(text)}


def form_total(lines: Lines, tax: Decimal) -> Decimal:
    """The total of the form (6000 below zero)."""
    total = lines.subtotal - lines.discount + lines.beside + tax
    if total < 0:
        raise errors.business("Transaction amount must be 0 or greater.")
    return total


def form_deposit(write: Write, total: Decimal) -> Decimal | None:
    """The deposit taken with the form, where the company allows one and one was sent."""
    given = write.merged.get("Deposit")
    amount = stored(given) if given not in (None, "") else None
    if not amount:
        return None
    if not write.company.preferences["SalesFormsPrefs"].get("AllowDeposit"):
        raise errors.business("Deposits are turned off in the company settings.")
    if amount > total:
        raise errors.business("The deposit cannot be larger than the total.")
    return cents(amount)


def custom_fields(write: Write) -> list[Doc]:
    """The custom fields the company uses, with the values that were sent (2050 over 31 characters)."""
    sent = {
        str(field.get("DefinitionId")): field.get("StringValue")
        for field in write.merged.get("CustomField") or []
        if isinstance(field, dict)
    }
    defined = []
    for group in write.company.preferences["SalesFormsPrefs"].get("CustomField", []):
        for entry in group["CustomField"]:
            if entry["Type"] == "StringType":
                number = entry["Name"][-1]
                field: Doc = {"DefinitionId": number, "Name": entry["StringValue"], "Type": "StringType"}
                value = sent.get(number)
                if value:
                    if len(str(value)) > 31:
                        raise errors.wrong_length("StringValue", 31, len(str(value)))
                    field["StringValue"] = str(value)
                defined.append(field)
    return defined
