"""What the sample company has besides invoices: bills, purchases, estimates, receipts and the like, some of each kind."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from qbo_emulator.core.field_values import stored
from qbo_emulator.core.store import Company
from qbo_emulator.json_codec import Doc
from qbo_emulator.seed.rows import add

CHECKING, SAVINGS, VISA, LOAN, EXPENSES = (
    "35",
    "36",
    "42",
    "43",
    ("7", "11", "12", "15", "20", "24", "29", "56", "76", "77"),
)
BILLS, BILL_PAYMENTS, PURCHASES, ORDERS, ESTIMATES, RECEIPTS, TIMES = 15, 9, 24, 4, 4, 5, 6


class _Books:
    """The company with the dice that fill it."""

    def __init__(self, company: Company, now: datetime, dice: Random) -> None:
        self.company, self.now, self.dice = company, now, dice
        self.vendors = sorted(company.table("Vendor").rows, key=int)
        self.customers = sorted(company.table("Customer").rows, key=int)
        self.sold = [row.qbo_id for row in company.table("Item").by_id() if stored(row.data.get("UnitPrice"))]

    def add(self, kind: str, body: Doc, days_ago: float) -> str:
        at = self.now - timedelta(days=days_ago)
        return add(self.company, kind, {"TxnDate": self.company.today(at).isoformat(), **body}, at)

    def amount(self) -> str:
        return f"{self.dice.randrange(1200, 90_000) / 100:.2f}"

    def spent(self, amount: str) -> list[Doc]:
        kind = "AccountBasedExpenseLineDetail"
        return [
            {
                "Amount": amount,
                "DetailType": kind,
                kind: {"AccountRef": {"value": self.dice.choice(EXPENSES)}},
            }
        ]

    def sales(self) -> list[Doc]:
        item = self.company.row("Item", self.dice.choice(self.sold))
        assert item is not None
        price, quantity = stored(item.data["UnitPrice"]), self.dice.choice((1, 2, 3))
        detail = {"ItemRef": {"value": item.qbo_id}, "UnitPrice": price, "Qty": quantity}
        return [
            {"Amount": price * quantity, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
        ]

    def to(self, customer: str | None = None) -> Doc:
        return {"CustomerRef": {"value": customer or self.dice.choice(self.customers)}}


def fill(company: Company, now: datetime, dice: Random) -> None:
    """Write the purchases and the rarer sales of the last months."""
    books = _Books(company, now, dice)
    _purchases(books)
    _sales(books)
    for days, amount in ((50, "900.00"), (20, "350.00")):
        body: Doc = {
            "FromAccountRef": {"value": CHECKING},
            "ToAccountRef": {"value": SAVINGS},
            "Amount": amount,
        }
        books.add("Transfer", body, days)
    card: Doc = {
        "CreditCardAccountRef": {"value": VISA},
        "BankAccountRef": {"value": CHECKING},
        "Amount": "120.00",
    }
    books.add("CreditCardPaymentTxn", card, 12)
    legs = (("Debit", CHECKING), ("Credit", LOAN))
    lines = [
        {
            "Amount": "4000.00",
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}},
        }
        for side, account in legs
    ]
    books.add("JournalEntry", {"Line": lines}, 90)


def _purchases(books: _Books) -> None:
    dice = books.dice
    for number in range(BILLS):
        vendor, amount = books.vendors[number], books.amount()
        bill = books.add(
            "Bill", {"VendorRef": {"value": vendor}, "Line": books.spent(amount)}, 80 - 4 * number
        )
        if number < BILL_PAYMENTS:
            paid: Doc = {
                "VendorRef": {"value": vendor},
                "PayType": "Check",
                "CheckPayment": {"BankAccountRef": {"value": CHECKING}},
                "TotalAmt": amount,
                "Line": [{"Amount": amount, "LinkedTxn": [{"TxnId": bill, "TxnType": "Bill"}]}],
            }
            books.add("BillPayment", paid, 70 - 4 * number)
    for number in range(PURCHASES):
        kind, account = dice.choice((("Cash", CHECKING), ("Check", CHECKING), ("CreditCard", VISA)))
        body: Doc = {
            "PaymentType": kind,
            "AccountRef": {"value": account},
            "Line": books.spent(books.amount()),
        }
        books.add("Purchase", body, 85 - 3 * number)
    for number in range(ORDERS):
        kind = "ItemBasedExpenseLineDetail"
        detail = {"ItemRef": {"value": "11"}, "UnitPrice": 10, "Qty": 5 + number}
        line = {"Amount": 50 + 10 * number, "DetailType": kind, kind: detail}
        books.add(
            "PurchaseOrder", {"VendorRef": {"value": books.vendors[number]}, "Line": [line]}, 30 - 5 * number
        )
    vendor_credit: Doc = {"VendorRef": {"value": books.vendors[3]}, "Line": books.spent("41.00")}
    books.add("VendorCredit", vendor_credit, 25)


def _sales(books: _Books) -> None:
    for number in range(ESTIMATES):
        books.add("Estimate", {**books.to(), "Line": books.sales()}, 45 - 10 * number)
    for number in range(RECEIPTS):
        books.add("SalesReceipt", {**books.to(), "Line": books.sales()}, 60 - 9 * number)
    books.add("CreditMemo", {**books.to(), "Line": books.sales()}, 33)
    refund: Doc = {**books.to(), "Line": books.sales(), "DepositToAccountRef": {"value": CHECKING}}
    books.add("RefundReceipt", refund, 21)
    employees = sorted(books.company.table("Employee").rows, key=int)
    for number in range(TIMES):
        who = {"NameOf": "Employee", "EmployeeRef": {"value": employees[number % len(employees)]}}
        books.add("TimeActivity", {**who, "Hours": 2 + number, **books.to()}, 14 - number)
