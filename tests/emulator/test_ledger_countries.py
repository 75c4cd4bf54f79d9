"""Random lives of sales forms in every company: what must always hold of balances, tax and home amounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_emulator.core.currencies import digits_of
from qbo_emulator.core.field_values import cents, rounded, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.faults.errors import Fault
from qbo_emulator.json_codec import Doc, decode, encode
from qbo_emulator.operations import cdc, engine
from qbo_emulator.seed.build import open_company
from qbo_emulator.seed.history import code_of, money_of
from tests.emulator.client import sales_line

START = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
PROFILES = ("us", "us-multi", "us-manual", "gb", "gb-multi", "ca", "fr", "no-like")
FOLLOWED = ("Invoice", "CreditMemo", "Payment", "Customer")
ACTIONS = (
    "create",
    "credit",
    "pay",
    "overpay",
    "use credit",
    "lines",
    "deposit",
    "discount",
    "inclusive",
    "unpay",
    "void",
    "page void",
    "delete",
    "automatic",
)

steps = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS),
        st.integers(0, 7),
        st.integers(1, 3),
        st.integers(1, 90_000).map(lambda c: Decimal(c) / 100),
    ),
    max_size=18,
)


@cache
def _template(key: str) -> Company:
    company = open_company(key, 1, START)
    company.pack()
    return company


def _stub(row: Row) -> Doc:
    return {"Id": row.qbo_id, "SyncToken": row.data["SyncToken"], "sparse": True}


class Books:
    """A company of its own; only forms made here are looked at closely."""

    def __init__(self, key: str) -> None:
        self.company = _template(key).twin("1")
        self.now = START
        self.first = int(self.company.sequences["txn"])
        prefs = {"SalesFormsPrefs": {"AllowDeposit": True, "AllowDiscount": True}}
        self._prefer(prefs)
        rows = [row for row in self.company.table("Customer").rows.values() if row.active]
        home = self.company.profile.currency
        foreign = [row for row in rows if row.data["CurrencyRef"]["value"] != home]
        self.customers = [row.qbo_id for row in (rows[:4] + foreign[:4])]
        items = self.company.table("Item").rows.values()
        services = [row for row in items if row.active and row.data["Type"] == "Service"]
        # One of each tax code first, so that discounts are shared out between codes.
        firsts = {str(row.data.get("SalesTaxCodeRef")): row for row in reversed(services)}
        self.items = [*firsts.values(), *services][:4]

    def _prefer(self, groups: Doc) -> None:
        engine.save(self.company, ENTITY_TYPES["Preferences"], {"Id": "1", **groups}, self.now, engine.PAGE)

    def rows(self, kind: str) -> list[Row]:
        made = (row for row in self.company.table(kind).rows.values() if int(row.qbo_id) > self.first)
        return sorted(made, key=lambda row: int(row.qbo_id))

    def lines(self, customer: Row, count: int, amount: Decimal) -> list[Doc]:
        found = []
        for place in range(count):
            item = self.items[place % len(self.items)]
            code = code_of(self.company, item, customer)
            part = cents(amount / (place + 1))
            found.append(sales_line(part, item.qbo_id, **({"TaxCodeRef": code} if code else {})))
        return found

    def form(self, number: int, count: int, amount: Decimal) -> Doc:
        customer = self.company.table("Customer").rows[self.customers[number % len(self.customers)]]
        money, _ = money_of(self.company, customer, START.date())
        body = {"CustomerRef": {"value": customer.qbo_id}, "Line": self.lines(customer, count, amount)}
        return {**body, **money}

    def step(self, action: str, number: int, count: int, amount: Decimal) -> None:
        self.now += timedelta(seconds=1)
        before = self.tokens()
        try:
            written = self._act(action, number, count, amount)
        except Fault:
            assert self.tokens() == before
            return
        if written is not None and (written.kind, written.qbo_id) in before and action != "page void":
            assert int(written.data["SyncToken"]) == before[(written.kind, written.qbo_id)] + 1

    def tokens(self) -> dict[tuple[str, str], int]:
        kinds = ("Invoice", "CreditMemo", "Payment")
        return {(kind, row.qbo_id): int(row.data["SyncToken"]) for kind in kinds for row in self.rows(kind)}

    def _act(self, action: str, number: int, count: int, amount: Decimal) -> Row | None:
        if action == "automatic":
            self._prefer({"SalesFormsPrefs": {"AutoApplyCredit": number % 2 == 0}})
            return None
        if action in {"create", "credit", "discount", "inclusive", "deposit"}:
            return self._create(action, number, count, amount)
        invoices, payments = self.rows("Invoice"), self.rows("Payment")
        rows = payments if action == "unpay" else invoices
        if not rows:
            return None
        return self._on(rows[-1 - number % len(rows)], action, count, amount)

    def _create(self, action: str, number: int, count: int, amount: Decimal) -> Row:
        body = self.form(number, count, amount)
        if action == "discount":
            detail = {"PercentBased": True, "DiscountPercent": count * 7}
            body["Line"].append({"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail})
        if action == "inclusive" and self.company.has_tax_codes:
            body["GlobalTaxCalculation"] = "TaxInclusive"
        if action == "deposit":
            body["Deposit"] = cents(amount / 3)
        kind = "CreditMemo" if action == "credit" else "Invoice"
        return self.save(kind, body)

    def save(self, kind: str, body: Doc) -> Row:
        return engine.save(self.company, ENTITY_TYPES[kind], body, self.now)

    def _on(self, row: Row, action: str, count: int, amount: Decimal) -> Row | None:
        customer = self.company.table("Customer").rows[row.data["CustomerRef"]["value"]]
        invoice = ENTITY_TYPES["Invoice"]
        actions: dict[str, Callable[[], Row | None]] = {
            "pay": lambda: self._pay(row, min(amount, stored(row.data["Balance"])), Decimal(0)),
            "overpay": lambda: self._pay(row, stored(row.data["Balance"]), amount),
            "use credit": lambda: self._use_credit(row),
            "lines": lambda: self.save(
                "Invoice", {**_stub(row), "Line": self.lines(customer, count, amount)}
            ),
            "void": lambda: engine.void(self.company, invoice, _stub(row), self.now),
            "page void": lambda: engine.void(self.company, invoice, _stub(row), self.now, engine.PAGE),
        }
        if action in actions:
            return actions[action]()
        engine.remove(self.company, ENTITY_TYPES[row.kind], _stub(row), self.now)
        return None

    def _money(self, row: Row) -> Doc:
        return {name: row.data[name] for name in ("CurrencyRef", "ExchangeRate") if name in row.data}

    def _pay(self, invoice: Row, amount: Decimal, more: Decimal) -> Row:
        link = {"TxnId": invoice.qbo_id, "TxnType": "Invoice"}
        body = {"CustomerRef": invoice.data["CustomerRef"], "TotalAmt": amount + more, **self._money(invoice)}
        return self.save("Payment", {**body, "Line": [{"Amount": amount, "LinkedTxn": [link]}]})

    def _use_credit(self, invoice: Row) -> Row | None:
        customer = invoice.data["CustomerRef"]["value"]
        memos = [m for m in self.rows("CreditMemo") if m.data["CustomerRef"]["value"] == customer]
        if not memos:
            return None
        amount = min(stored(memos[0].data["RemainingCredit"]), stored(invoice.data["Balance"]))
        lines = [
            {"Amount": amount, "LinkedTxn": [{"TxnId": row.qbo_id, "TxnType": row.kind}]}
            for row in (invoice, memos[0])
        ]
        body = {"CustomerRef": invoice.data["CustomerRef"], "TotalAmt": 0, "Line": lines}
        return self.save("Payment", {**body, **self._money(invoice)})

    def check(self) -> None:
        applied: dict[str, Decimal] = {}
        for payment in self.rows("Payment"):
            used: dict[str, Decimal] = {"Invoice": Decimal(0), "CreditMemo": Decimal(0)}
            for line in payment.data["Line"]:
                link = line["LinkedTxn"][0]
                used[link["TxnType"]] += line["Amount"]
                applied[link["TxnId"]] = applied.get(link["TxnId"], Decimal(0)) + line["Amount"]
            left = payment.data["TotalAmt"] + used["CreditMemo"] - used["Invoice"]
            assert payment.data["UnappliedAmt"] == left >= 0
        for row in self.rows("Invoice"):
            data = row.data
            _check_sums(data)
            deposit = stored(data.get("Deposit"))
            assert data["Balance"] == data["TotalAmt"] - applied.get(row.qbo_id, 0) - deposit >= 0
            _check_home(self.company, data)
        for row in self.rows("CreditMemo"):
            _check_sums(row.data)
            assert row.data["RemainingCredit"] == row.data["TotalAmt"] - applied.get(row.qbo_id, 0) >= 0
        self._check_customers()

    def _check_customers(self) -> None:
        owed: dict[str, Decimal] = dict.fromkeys(self.customers, Decimal(0))
        signs = (
            ("Invoice", "Balance", 1),
            ("CreditMemo", "RemainingCredit", -1),
            ("Payment", "UnappliedAmt", -1),
        )
        for kind, name, sign in signs:
            for customer in owed:
                for row in self.company.table(kind).find("CustomerRef", customer):
                    owed[customer] += sign * stored(row.data[name])
        for customer, amount in owed.items():
            assert self.company.table("Customer").rows[customer].data["Balance"] == amount

    def picture(self) -> dict[tuple[str, str], Any]:
        tables = ((kind, self.company.table(kind).rows.values()) for kind in FOLLOWED)
        return {(kind, row.qbo_id): decode(row.text) for kind, rows in tables for row in rows}


def _check_sums(data: Doc) -> None:
    """Subtotal, discount and tax make the total; each tax line is its rate of its base."""
    lines = data["Line"]
    subtotal = next(line["Amount"] for line in lines if line["DetailType"] == "SubTotalLineDetail")
    sold = [line["Amount"] for line in lines if line["DetailType"] == "SalesItemLineDetail"]
    assert subtotal == sum(sold)
    discount = sum(line["Amount"] for line in lines if line["DetailType"] == "DiscountLineDetail")
    tax = data["TxnTaxDetail"]
    assert data["TotalAmt"] == subtotal - discount + tax["TotalTax"]
    assert tax["TotalTax"] == sum(line["Amount"] for line in tax.get("TaxLine", []))
    digits = digits_of(data["CurrencyRef"]["value"])
    slack = (
        Decimal(1).scaleb(-digits) * (len(sold) + 1)
        if data.get("GlobalTaxCalculation") == "TaxInclusive"
        else Decimal(0)
    )
    for line in tax.get("TaxLine", []):
        detail = line["TaxLineDetail"]
        exact = rounded(detail["NetAmountTaxable"] * Decimal(detail["TaxPercent"]) / 100, digits)
        assert abs(line["Amount"] - exact) <= slack


def _check_home(company: Company, data: Doc) -> None:
    if not company.is_multicurrency:
        assert not {"ExchangeRate", "HomeTotalAmt", "HomeBalance"} & set(data)
        return
    rate = stored(data["ExchangeRate"])
    assert data["HomeTotalAmt"] == cents(data["TotalAmt"] * rate)
    assert data["HomeBalance"] == cents(data["Balance"] * rate)


@pytest.mark.parametrize("key", PROFILES)
def test_the_books_hold_whatever_happens(key: str) -> None:
    @settings(max_examples=20, deadline=None)
    @given(steps)
    def lives(actions: list[tuple[str, int, int, Decimal]]) -> None:
        books = Books(key)
        for action in actions:
            books.step(*action)
            books.check()

    lives()


@pytest.mark.parametrize("key", PROFILES)
def test_changes_since_any_moment_lead_to_the_present(key: str) -> None:
    @settings(max_examples=12, deadline=None)
    @given(steps, st.integers(0, 17))
    def lives(actions: list[tuple[str, int, int, Decimal]], cut: int) -> None:
        books = Books(key)
        for action in actions[:cut]:
            books.step(*action)
        picture = books.picture()
        since = (books.now + timedelta(milliseconds=1)).isoformat()
        for action in actions[cut:]:
            books.step(*action)
        told = cdc.answer(books.company, ",".join(FOLLOWED), since, books.now)
        answers = decode(encode(told))["CDCResponse"][0]["QueryResponse"]
        for kind, answer in zip(FOLLOWED, answers, strict=True):
            for row in answer.get(kind, []):
                if row.get("status") == "Deleted":
                    picture.pop((kind, row["Id"]), None)
                else:
                    picture[(kind, row["Id"])] = row
        assert picture == books.picture()

    lives()
