"""A past to start with: invoices that were paid, part paid, voided, left open or overdue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from qbo_emulator.core.field_values import amount_out, cents, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.json_codec import Doc
from qbo_emulator.operations import engine, exchange
from qbo_emulator.seed.opening import code_named
from qbo_emulator.seed.us_rows import MEMOS

# What becomes of an invoice, by how often; only old ones can be paid.
FATES = ("paid", "paid", "paid", "paid", "paid", "part", "open", "open", "void", "two payments")


@dataclass
class _Event:
    at: datetime
    act: Callable[[datetime], None]


@dataclass
class _Past:
    """What the past is made of: who buys what, the dice, and what is still to come."""

    company: Company
    now: datetime
    dice: Random
    customers: list[Row]
    items: list[Row]
    events: list[_Event]
    memos: tuple[str, ...]

    def invoice(self, fate: str) -> Callable[[datetime], None]:
        """The birth of an invoice, which plans what becomes of it."""

        def act(at: datetime) -> None:
            body = self._body(at)
            row = engine.save(self.company, ENTITY_TYPES["Invoice"], body, at, engine.PAGE)
            self._plan(row, at, fate)

        return act

    def _body(self, at: datetime) -> Doc:
        company, dice = self.company, self.dice
        customer = dice.choice(self.customers)
        body = basket_body(company, dice, customer, self.items, company.today(at))
        if customer.data.get("PrimaryEmailAddr"):
            body["BillEmail"] = dict(customer.data["PrimaryEmailAddr"])
        if dice.random() < 0.4:
            body["CustomerMemo"] = {"value": dice.choice(self.memos)}
        if company.has_tax_codes and dice.random() < 0.25:
            body["GlobalTaxCalculation"] = "TaxInclusive"
        return body

    def _plan(self, row: Row, at: datetime, fate: str) -> None:
        last = (self.now - at).days - 1
        if last <= 2:
            return
        if fate == "void":
            self._at(_later(at, self.dice, min(last, 9)), _void(self.company, row.qbo_id))
        elif fate in {"paid", "two payments", "part"}:
            share = Decimal(1) if fate == "paid" else Decimal("0.4")
            first = _later(at, self.dice, min(last, 40))
            self._at(first, _pay(self.company, row.qbo_id, share, self.dice))
            left = (self.now - first).days
            if fate == "two payments" and left > 2:
                second = _later(first, self.dice, min(left - 1, 20))
                self._at(second, _pay(self.company, row.qbo_id, Decimal(1), self.dice))

    def _at(self, at: datetime, act: Callable[[datetime], None]) -> None:
        self.events.append(_Event(at, act))


def play(
    company: Company, now: datetime, dice: Random, *, invoices: int, memos: tuple[str, ...] = MEMOS
) -> None:
    """Write `invoices` invoices over the past year with what became of them, oldest first."""
    customers = [row for row in company.table("Customer").rows.values() if row.active]
    items = [
        row
        for row in company.table("Item").rows.values()
        if row.active and row.data["Type"] not in {"Category", "Group"} and stored(row.data.get("UnitPrice"))
    ]
    events: list[_Event] = []
    past = _Past(company, now, dice, customers, items, events, memos)
    for number in range(invoices):
        days_ago = 360 * (invoices - number) / invoices
        at = now - timedelta(days=days_ago, minutes=dice.randrange(240))
        fate = dice.choice(FATES) if days_ago > 25 else dice.choice(("open", "open", "open", "paid"))
        events.append(_Event(at, past.invoice(fate)))
    while events:
        events.sort(key=lambda event: event.at, reverse=True)
        event = events.pop()
        event.act(event.at)
    _deposit_one(company, now)


def _later(at: datetime, dice: Random, days: int) -> datetime:
    return at + timedelta(days=dice.uniform(1, max(days, 2)))


def money_of(company: Company, customer: Row, day: date) -> tuple[Doc, Decimal]:
    """What a form says about its currency, and the home units of one unit of it."""
    code = str(customer.data["CurrencyRef"]["value"])
    if code == company.profile.currency:
        return {}, Decimal(1)
    rate = exchange.rate_as_of(company, code, day) or Decimal(1)
    return {"CurrencyRef": {"value": code}, "ExchangeRate": rate}, rate


# Where goods go decides the code in Canada; elsewhere the item's own does.
PROVINCES = {
    "ON": "HST ON",
    "NS": "HST NS",
    "NB": "HST NB 2016",
    "BC": "GST/PST BC",
    "SK": "GST/PST SK 2017",
    "MB": "GST/PST MB",
    "QC": "GST/QST QC - 9.975",
    "AB": "GST",
    "YT": "GST",
}


def code_of(company: Company, item: Row, customer: Row) -> Doc | None:
    """The tax code a bookkeeper would choose."""
    own = item.data.get("SalesTaxCodeRef")
    if own is None or company.profile.country != "CA":
        return {"value": own["value"]} if own else None
    name = company.tables["TaxCode"].rows[own["value"]].data["Name"]
    if customer.data["CurrencyRef"]["value"] != company.profile.currency:
        return {"value": code_named(company, "Zero-rated")}
    place = (customer.data.get("ShipAddr") or {}).get("CountrySubDivisionCode")
    if name in PROVINCES.values() and place in PROVINCES:
        return {"value": code_named(company, PROVINCES[place])}
    return {"value": own["value"]}


def _pay(company: Company, qbo_id: str, share: Decimal, dice: Random) -> Callable[[datetime], None]:
    def act(at: datetime) -> None:
        row = company.row("Invoice", qbo_id)
        if row is None or not stored(row.data["Balance"]):
            return
        amount = cents(stored(row.data["Balance"]) * share)
        body = {
            "CustomerRef": {"value": row.data["CustomerRef"]["value"]},
            "TotalAmt": amount_out(amount),
            "PaymentMethodRef": {"value": dice.choice(("2", "2", "5", "3"))},
            "PaymentRefNum": str(dice.randrange(1000, 9999)),
            "Line": [{"Amount": amount_out(amount), "LinkedTxn": [{"TxnId": qbo_id, "TxnType": "Invoice"}]}],
            **same_money(company, row),
        }
        engine.save(company, ENTITY_TYPES["Payment"], body, at, engine.PAGE)

    return act


@dataclass(frozen=True)
class Basket:
    """An invoice as the rules wrote it, part by part, and its total."""

    parts: Doc
    total: Decimal


def basket_body(company: Company, dice: Random, customer: Row, items: list[Row], day: date) -> Doc:
    """Some products for a customer, at the prices of the day."""
    money, rate = money_of(company, customer, day)
    lines = []
    for item in dice.sample(items, dice.choice((1, 1, 2, 2, 3, 4)) if len(items) > 4 else 1):
        price = stored(item.data["UnitPrice"])
        quantity = dice.choice((1, 2, 3, 4, 6, 8, 12)) if price < 1000 else dice.choice((1, 1, 2))
        price = cents(price / rate) if money else price
        detail: Doc = {"ItemRef": {"value": item.qbo_id}, "UnitPrice": price, "Qty": quantity}
        detail["TaxCodeRef"] = code_of(company, item, customer)
        lines.append(
            {
                "DetailType": "SalesItemLineDetail",
                "Amount": cents(price * quantity),
                "Description": item.data.get("Description"),
                "SalesItemLineDetail": detail,
            }
        )
    return {"CustomerRef": {"value": customer.qbo_id}, "Line": lines, **money}


def same_money(company: Company, form: Row) -> Doc:
    """Currency and rate of another form, for one that settles it."""
    if not company.is_multicurrency:
        return {}
    return {name: form.data.get(name) for name in ("CurrencyRef", "ExchangeRate")}


def _void(company: Company, qbo_id: str) -> Callable[[datetime], None]:
    def act(at: datetime) -> None:
        engine.void(company, ENTITY_TYPES["Invoice"], {"Id": qbo_id}, at, engine.PAGE)

    return act


def _deposit_one(company: Company, now: datetime) -> None:
    """One old payment that settles an invoice in full is deposited."""
    for payment in company.table("Payment").rows.values():
        if payment.data.get("Line"):
            engine.deposit(company, payment, now - timedelta(hours=2))
            return
