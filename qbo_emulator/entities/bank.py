"""Rules of what moves between accounts: Deposit, Transfer, CreditCardPayment, JournalEntry."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from qbo_emulator.core.field_values import (
    amount_out,
    cents,
    number_in,
    reference,
    reference_id,
    referred,
    stored,
)
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.core.store import Company
from qbo_emulator.entities import transactions as txn
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

# What can wait for a deposit, and how a deposit names it.
DEPOSITABLE = ("Payment", "SalesReceipt", "RefundReceipt", "JournalEntry", "Transfer", "Purchase")
LINE_KNOWN = words(
    "Id LineNum Description Amount LinkedTxn DetailType DepositLineDetail JournalEntryLineDetail "
    "DescriptionLineDetail CustomField LineEx ProjectRef"
)


def _given_lines(write: Write) -> list[Doc]:
    given = write.merged.get("Line") or []
    if not isinstance(given, list) or not all(isinstance(line, dict) for line in given):
        raise errors.unreadable_body("Line")
    if not given:
        raise errors.required("Line")
    for line in given:
        for name in line:
            if name not in LINE_KNOWN:
                raise errors.unknown_property(name, "Line", list(LINE_KNOWN))
    return given


def _funds(write: Write, line: Doc) -> Doc | None:
    """A line that banks a payment or receipt; None for a line that brings money of its own."""
    links = [link for link in line.get("LinkedTxn") or [] if link.get("TxnId")]
    if not links:
        return None
    kind, qbo_id = str(links[0].get("TxnType")), str(links[0]["TxnId"])
    row = write.company.row(kind, qbo_id) if kind in DEPOSITABLE else None
    if row is None:
        raise errors.not_linkable(kind, qbo_id)
    own = write.before.qbo_id if write.before else None
    others = [link for link in row.data.get("LinkedTxn") or [] if link.get("TxnType") == "Deposit"]
    if any(link["TxnId"] != own for link in others):
        raise errors.deposited()
    amount = cents(number_in("Line.Amount", line.get("Amount")) or stored(0))
    total = stored(row.data.get("TotalAmt", row.data.get("Amount")))
    if kind in {"Payment", "SalesReceipt"} and amount != total:
        raise errors.business("A deposited transaction is deposited in full.")
    kept: Doc = {
        "Amount": amount_out(amount),
        "LinkedTxn": [{"TxnId": qbo_id, "TxnType": kind, "TxnLineId": str(links[0].get("TxnLineId") or "0")}],
    }
    detail: Doc = {}
    if row.data.get("PaymentMethodRef"):
        detail["PaymentMethodRef"] = {"value": reference_id(row.data["PaymentMethodRef"])}
    if row.data.get("PaymentRefNum"):
        detail["CheckNum"] = row.data["PaymentRefNum"]
    return {**kept, "DepositLineDetail": detail} if detail else kept


def _direct(write: Write, line: Doc, position: int) -> Doc:
    """A line that brings money from an account, maybe from somebody."""
    detail = line.get("DepositLineDetail")
    if not isinstance(detail, dict):
        raise errors.required("Line.DepositLineDetail")
    kept: Doc = {}
    if reference_id(detail.get("Entity")):
        kept["Entity"] = detail["Entity"]
    row = referred(write.company, "Class", detail.get("ClassRef"), what="Classes")
    if row is not None:
        kept["ClassRef"] = reference(row)
    kept["AccountRef"] = txn.account_of(write, "DepositLineDetail.AccountRef", detail.get("AccountRef"))
    method = referred(write.company, "PaymentMethod", detail.get("PaymentMethodRef"), what="PaymentMethods")
    if method is not None:
        kept["PaymentMethodRef"] = reference(method)
    if detail.get("CheckNum"):
        kept["CheckNum"] = str(detail["CheckNum"])
    amount = number_in("Line.Amount", line.get("Amount"))
    if amount is None:
        raise errors.required("Line.Amount")
    head: Doc = {"Id": str(position), "LineNum": position}
    if line.get("Description"):
        head["Description"] = str(line["Description"])
    tail = {"Amount": amount_out(amount), "DetailType": "DepositLineDetail", "DepositLineDetail": kept}
    return {**head, **tail}


def deposit(write: Write) -> Doc:
    """The properties of a bank deposit to store."""
    merged = write.merged
    data = txn.head(write)
    lines: list[Doc] = []
    own = 0
    for line in _given_lines(write):
        funds = _funds(write, line)
        if funds is None:
            own += 1
            funds = _direct(write, line, own)
        lines.append(funds)
    total = sum((stored(line["Amount"]) for line in lines), Decimal(0))
    back = merged.get("CashBack")
    kept_back: Doc | None = None
    if isinstance(back, dict) and number_in("CashBack.Amount", back.get("Amount")):
        amount = txn.positive("CashBack.Amount", back.get("Amount"))
        account = txn.account_of(write, "CashBack.AccountRef", back.get("AccountRef"))
        kept_back = {"AccountRef": account, "Amount": amount_out(amount), "Memo": back.get("Memo") or ""}
        total -= amount
    return {
        **data,
        "DepositToAccountRef": txn.account(
            write, "DepositToAccountRef", types=("Bank", "Other Current Asset", "Credit Card")
        ),
        "CashBack": kept_back,
        "TotalAmt": txn.total(total),
        "Line": lines,
    }


def deposit_effect(company: Company, before: Row | None, after: Row | None, now: datetime) -> None:
    """Mark what lies on the deposit; recordings show that neither its sync token nor its time moves."""
    source = after or before
    if source is None:
        return
    old, new = (_banked(row) for row in (before, after))
    for kind, qbo_id in dict.fromkeys((*old, *new)):
        row = company.row(kind, qbo_id)
        if row is None:
            continue
        links = [link for link in row.data.get("LinkedTxn") or [] if link.get("TxnType") != "Deposit"]
        if (kind, qbo_id) in new:
            links.append({"TxnId": source.qbo_id, "TxnType": "Deposit"})
        company.annotate(row, {"LinkedTxn": links if links or kind == "Payment" else None})


def _banked(row: Row | None) -> list[tuple[str, str]]:
    lines = row.data["Line"] if row is not None else []
    return [(link["TxnType"], link["TxnId"]) for line in lines for link in line.get("LinkedTxn", [])]


def transfer(write: Write) -> Doc:
    """The properties of a transfer between two accounts to store."""
    return {
        **txn.head(write),
        "FromAccountRef": txn.account(write, "FromAccountRef"),
        "ToAccountRef": txn.account(write, "ToAccountRef"),
        "Amount": amount_out(txn.positive("Amount", write.merged.get("Amount"))),
    }


def card_payment(write: Write) -> Doc:
    """The properties of a payment of a credit card's balance to store."""
    merged = write.merged
    vendor = txn.vendor(write) if reference_id(merged.get("VendorRef")) else None
    status = merged.get("PrintStatus")
    return {
        **txn.head(write),
        "BankAccountRef": txn.account(write, "BankAccountRef"),
        "CreditCardAccountRef": txn.account(write, "CreditCardAccountRef", types=("Credit Card",)),
        "Amount": amount_out(txn.positive("Amount", merged.get("Amount"))),
        "VendorRef": reference(vendor) if vendor else None,
        "CheckNum": merged.get("CheckNum"),
        "PrintStatus": status if status != "NotSet" else None,
        "Memo": merged.get("Memo"),
    }


def _journal_line(write: Write, line: Doc, number: int) -> tuple[Doc, Decimal]:
    """The line to store and what it adds to the debit side."""
    head: Doc = {"Id": str(number)}
    if line.get("Description"):
        head["Description"] = str(line["Description"])
    if line.get("DetailType") == "DescriptionOnly":
        return {**head, "DetailType": "DescriptionOnly", "DescriptionLineDetail": {}}, Decimal(0)
    if line.get("DetailType") != "JournalEntryLineDetail":
        raise errors.invalid_enum("DetailType", line.get("DetailType"))
    detail = line.get("JournalEntryLineDetail")
    if not isinstance(detail, dict):
        raise errors.required("Line.JournalEntryLineDetail")
    side = detail.get("PostingType")
    if side not in {"Debit", "Credit"}:
        raise errors.invalid_enum("PostingType", side)
    amount = txn.positive("Line.Amount", line.get("Amount"))
    kept: Doc = {"PostingType": side}
    entity = _journal_entity(write, detail)
    if entity is not None:
        kept["Entity"] = entity
    account = txn.account_of(write, "AccountRef", detail.get("AccountRef"))
    kept["AccountRef"] = account
    _check_journal_account(write, account, entity)
    for name, kind in (("ClassRef", "Class"), ("DepartmentRef", "Department")):
        row = referred(write.company, kind, detail.get(name), what=kind)
        if row is not None:
            kept[name] = reference(row)
    tail = {
        "Amount": amount_out(amount),
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": kept,
    }
    return {**head, **tail}, amount if side == "Debit" else -amount


def _journal_entity(write: Write, detail: Doc) -> Doc | None:
    given = detail.get("Entity")
    if not isinstance(given, dict) or reference_id(given.get("EntityRef")) is None:
        return None
    kind = str(given.get("Type") or "")
    if kind not in {"Customer", "Vendor", "Employee"}:
        raise errors.invalid_enum("Entity.Type", kind)
    row = referred(write.company, kind, given["EntityRef"], what="Names")
    return {"Type": kind, "EntityRef": reference(row)} if row else None


def _check_journal_account(write: Write, account: Doc | None, entity: Doc | None) -> None:
    """A receivable needs its customer and a payable its vendor (6000)."""
    row = write.company.row("Account", account["value"]) if account else None
    needed = {"Accounts Receivable": "Customer", "Accounts Payable": "Vendor"}
    kind = needed.get(row.data["AccountType"]) if row else None
    if kind and (entity is None or entity["Type"] != kind):
        raise errors.business(
            f"When you use {row.data['AccountType'] if row else ''}, you must choose a "
            f"{kind.lower()} in the Name field."
        )


def journal_entry(write: Write) -> Doc:
    """The properties of a journal entry to store; its lines count from 0 and have no number."""
    data = txn.head(write)
    lines: list[Doc] = []
    difference = Decimal(0)
    for number, line in enumerate(_given_lines(write)):
        stored_line, amount = _journal_line(write, line, number)
        lines.append(stored_line)
        difference += amount
    if difference:
        raise errors.business("Debits and credits of the transaction are not equal.")
    return {
        **data,
        "Adjustment": bool(write.kept("Adjustment", False)),
        "LinkedTxn": write.before.data.get("LinkedTxn") if write.before else None,
        "Line": lines,
        "TxnTaxDetail": {},
    }


_HEAD = f"{txn.META} DocNumber TxnDate DepartmentRef CurrencyRef ExchangeRate PrivateNote LinkedTxn Line"
_QUERY = {name: kind for name, kind in txn.QUERY.items() if name != "TotalAmt"}


def as_transfer(company: Company, qbo_id: str) -> Doc | None:
    """A card payment the way a Transfer shows it: a public test suite reads one by the id of the other."""
    row = company.row("CreditCardPaymentTxn", qbo_id)
    if row is None:
        return None
    data = {name: value for name, value in row.data.items() if name not in _ONLY_OF_CARDS}
    return {
        "FromAccountRef": row.data["BankAccountRef"],
        "ToAccountRef": row.data["CreditCardAccountRef"],
        **data,
    }


_ONLY_OF_CARDS = frozenset(words("BankAccountRef CreditCardAccountRef VendorRef CheckNum PrintStatus Memo"))

BANK_KINDS = (
    EntityType(
        name="Deposit",
        family=Family.TRANSACTION,
        order=words(f"DepositToAccountRef CashBack TotalAmt {_HEAD}"),
        known=txn.KNOWN,
        prepare=deposit,
        required=("DepositToAccountRef", "Line"),
        lengths=txn.LENGTHS,
        queryable={**txn.QUERY, "DepositToAccountRef": "id"},
        label="Id",
        operations=txn.OPERATIONS,
        sequence="txn",
        effect=deposit_effect,
    ),
    EntityType(
        name="Transfer",
        family=Family.TRANSACTION,
        order=words(f"FromAccountRef ToAccountRef Amount {_HEAD}"),
        known=txn.KNOWN,
        prepare=transfer,
        required=("FromAccountRef", "ToAccountRef", "Amount"),
        lengths=txn.LENGTHS,
        queryable={**_QUERY, "Amount": "number"},
        label="Id",
        operations=txn.OPERATIONS,
        sequence="txn",
    ),
    EntityType(
        name="CreditCardPaymentTxn",
        path="creditcardpayment",
        family=Family.TRANSACTION,
        order=words(
            f"BankAccountRef CreditCardAccountRef Amount VendorRef CheckNum PrintStatus Memo {_HEAD}"
        ),
        known=txn.KNOWN,
        prepare=card_payment,
        required=("BankAccountRef", "CreditCardAccountRef", "Amount"),
        lengths=txn.LENGTHS,
        queryable={**_QUERY, "Amount": "number"},
        label="Id",
        operations=txn.OPERATIONS,
        sequence="txn",
    ),
    EntityType(
        name="JournalEntry",
        family=Family.TRANSACTION,
        order=words(f"Adjustment {_HEAD} TxnTaxDetail"),
        known=(*txn.KNOWN, "TaxRateRef"),
        prepare=journal_entry,
        required=("Line",),
        lengths=txn.LENGTHS,
        queryable={**_QUERY, "Adjustment": "bool"},
        label="Id",
        operations=txn.OPERATIONS,
        sequence="txn",
    ),
)
