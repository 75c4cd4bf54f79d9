"""What transactions post to accounts, in home currency: the general ledger that reports are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from qbo_emulator.core.field_values import cents, reference_id, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.json_codec import Doc

Leg = tuple[str, Decimal]


@dataclass(frozen=True)
class Posting:
    """An amount on an account, a debit above zero, with the transaction it comes from."""

    account: str
    amount: Decimal
    day: str
    row: Row


def postings(company: Company, *, until: str) -> Iterator[Posting]:
    """Every posting dated on or before a day; those of one transaction add up to nothing."""
    for kind, legs_of in LEGS.items():
        for row in company.table(kind).rows.values():
            day = str(row.data.get("TxnDate") or "")
            if day > until:
                continue
            rate = stored(row.data.get("ExchangeRate") or 1)
            for account, amount in _balanced([(a, cents(v * rate)) for a, v in legs_of(company, row.data)]):
                if amount:
                    yield Posting(account, amount, day, row)


def _balanced(legs: list[Leg]) -> list[Leg]:
    """The legs, the first of them as large as the others need, so that rounding leaves nothing over."""
    if not legs:
        return []
    rest = sum((amount for _, amount in legs[1:]), Decimal(0))
    return [(legs[0][0], -rest), *legs[1:]]


def first_of(company: Company, account_type: str, subtype: str | None = None) -> str:
    """The id of the first account of a type, and of a subtype where there is one of it; nothing without any."""
    rows = [row for row in company.table("Account").by_id() if row.data["AccountType"] == account_type]
    fitting = [row for row in rows if row.data.get("AccountSubType") == subtype]
    return (fitting or rows)[0].qbo_id if rows else ""


def _ref(data: Doc, name: str) -> str:
    return reference_id(data.get(name)) or ""


def _tax_account(company: Company) -> str:
    return first_of(company, "Other Current Liability", "SalesTaxPayable")


def _undeposited(company: Company) -> str:
    return first_of(company, "Other Current Asset", "UndepositedFunds")


def _sales(company: Company, data: Doc) -> Iterator[Leg]:
    """Income, discount and tax of a sales form, as credits; lines of bundles one by one."""
    pending = list(data.get("Line") or [])
    while pending:
        line = pending.pop(0)
        kind = line.get("DetailType")
        if kind == "GroupLineDetail":
            pending[:0] = line["GroupLineDetail"].get("Line") or []
        elif kind == "DiscountLineDetail":
            yield _ref(line[kind], "DiscountAccountRef"), stored(line.get("Amount"))
        elif kind == "SalesItemLineDetail":
            item = company.row("Item", _ref(line[kind], "ItemRef"))
            own = _ref(item.data, "IncomeAccountRef") if item is not None else ""
            yield own or first_of(company, "Income"), -stored(line.get("Amount"))
    tax = stored((data.get("TxnTaxDetail") or {}).get("TotalTax"))
    if tax:
        yield _tax_account(company), -tax


def _invoice(company: Company, data: Doc) -> list[Leg]:
    legs = [(first_of(company, "Accounts Receivable"), Decimal(0)), *_sales(company, data)]
    if stored(data.get("Deposit")):
        legs.append((_undeposited(company), stored(data["Deposit"])))
    return legs


def _reversed(legs: list[Leg]) -> list[Leg]:
    return [(account, -amount) for account, amount in legs]


def _credit_memo(company: Company, data: Doc) -> list[Leg]:
    return _reversed(_invoice(company, data))


def _receipt(company: Company, data: Doc) -> list[Leg]:
    return [
        (_ref(data, "DepositToAccountRef") or _undeposited(company), Decimal(0)),
        *_sales(company, data),
    ]


def _refund(company: Company, data: Doc) -> list[Leg]:
    return _reversed(_receipt(company, data))


def _payment(company: Company, data: Doc) -> list[Leg]:
    into = _ref(data, "DepositToAccountRef") or _undeposited(company)
    return [(into, Decimal(0)), (first_of(company, "Accounts Receivable"), -stored(data.get("TotalAmt")))]


def _spent(company: Company, data: Doc) -> Iterator[Leg]:
    for line in data.get("Line") or []:
        kind = str(line.get("DetailType"))
        detail = line.get(kind) or {}
        amount = stored(line.get("Amount"))
        if kind == "AccountBasedExpenseLineDetail":
            yield _ref(detail, "AccountRef"), amount
        elif kind == "ItemBasedExpenseLineDetail":
            item = company.row("Item", _ref(detail, "ItemRef"))
            own = item.data if item is not None else {}
            account = _ref(own, "AssetAccountRef") or _ref(own, "ExpenseAccountRef")
            yield account or first_of(company, "Cost of Goods Sold"), amount


def _bill(company: Company, data: Doc) -> list[Leg]:
    payable = _ref(data, "APAccountRef") or first_of(company, "Accounts Payable")
    return [(payable, Decimal(0)), *_spent(company, data)]


def _vendor_credit(company: Company, data: Doc) -> list[Leg]:
    return _reversed(_bill(company, data))


def _bill_payment(company: Company, data: Doc) -> list[Leg]:
    payable = _ref(data, "APAccountRef") or first_of(company, "Accounts Payable")
    check, card = data.get("CheckPayment") or {}, data.get("CreditCardPayment") or {}
    paid_from = _ref(check, "BankAccountRef") or _ref(card, "CCAccountRef") or first_of(company, "Bank")
    return [(payable, Decimal(0)), (paid_from, -stored(data.get("TotalAmt")))]


def _purchase(company: Company, data: Doc) -> list[Leg]:
    legs = [(_ref(data, "AccountRef"), Decimal(0)), *_spent(company, data)]
    return _reversed(legs) if data.get("Credit") else legs


def _deposit(company: Company, data: Doc) -> list[Leg]:
    legs: list[Leg] = [(_ref(data, "DepositToAccountRef"), Decimal(0))]
    for line in data.get("Line") or []:
        own = _ref(line.get("DepositLineDetail") or {}, "AccountRef")
        account = _undeposited(company) if line.get("LinkedTxn") else own or first_of(company, "Income")
        legs.append((account, -stored(line.get("Amount"))))
    back = data.get("CashBack") or {}
    if stored(back.get("Amount")):
        legs.append((_ref(back, "AccountRef"), stored(back["Amount"])))
    return legs


def _journal(company: Company, data: Doc) -> list[Leg]:
    legs = []
    for line in data.get("Line") or []:
        detail = line.get("JournalEntryLineDetail") or {}
        sign = -1 if detail.get("PostingType") == "Credit" else 1
        legs.append((_ref(detail, "AccountRef"), sign * stored(line.get("Amount"))))
    return legs


def _transfer(company: Company, data: Doc) -> list[Leg]:
    return [
        (_ref(data, "ToAccountRef"), Decimal(0)),
        (_ref(data, "FromAccountRef"), -stored(data.get("Amount"))),
    ]


def _card_payment(company: Company, data: Doc) -> list[Leg]:
    return [
        (_ref(data, "CreditCardAccountRef"), Decimal(0)),
        (_ref(data, "BankAccountRef"), -stored(data.get("Amount"))),
    ]


LEGS: dict[str, Callable[[Company, Doc], list[Leg]]] = {
    "Invoice": _invoice,
    "CreditMemo": _credit_memo,
    "SalesReceipt": _receipt,
    "RefundReceipt": _refund,
    "Payment": _payment,
    "Bill": _bill,
    "VendorCredit": _vendor_credit,
    "BillPayment": _bill_payment,
    "Purchase": _purchase,
    "Deposit": _deposit,
    "JournalEntry": _journal,
    "Transfer": _transfer,
    "CreditCardPaymentTxn": _card_payment,
}
