"""A company of any size: forms the rules wrote once, with customers, dates and fates of their own."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any

from qbo_emulator.core.clock import pacific
from qbo_emulator.core.field_values import amount_out, cents, stored
from qbo_emulator.core.rows import Row, cell_of, stored_property
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.entities.sales_forms import term_date
from qbo_emulator.entities.sales_lines import ITEM_ACCOUNTS_SINCE
from qbo_emulator.entities.tax_places import taxed_place
from qbo_emulator.json_codec import Doc, Written, encode
from qbo_emulator.operations import engine
from qbo_emulator.seed.country import Country, customers
from qbo_emulator.seed.history import Basket, basket_body
from qbo_emulator.seed.rows import add

DAYS = 3 * 365
# How long before now such a company was opened.
BEFORE = timedelta(days=DAYS + 30)
BASKETS = 1500
DIFFERS = (
    "Id",
    "SyncToken",
    "MetaData",
    "DocNumber",
    "TxnDate",
    "DueDate",
    "Balance",
    "LinkedTxn",
    "CustomerRef",
    "FreeFormAddress",
)
COPIED = ("BillAddr", "ShipAddr", "SalesTermRef", "BillEmail")


@dataclass
class _Buyer:
    """A customer with the parts of its invoices that are always the same."""

    row: Row
    taxed: bool
    term: Row | None
    written: Doc
    owes: Decimal = Decimal(0)
    touched: datetime | None = None


@dataclass(slots=True)
class _Form:
    """An invoice to be, with what became of it."""

    at: datetime
    buyer: _Buyer
    basket: int
    total: Decimal
    payments: list[tuple[datetime, Decimal]] = field(default_factory=list)
    voided: datetime | None = None
    qbo_id: str = ""
    number: str = ""
    payment_ids: list[str] = field(default_factory=list)

    @property
    def updated(self) -> datetime:
        return self.voided or (self.payments[-1][0] if self.payments else self.at)

    @property
    def balance(self) -> Decimal:
        if self.voided:
            return Decimal(0)
        return self.total - sum((amount for _, amount in self.payments), Decimal(0))


class Bulk:
    """Fills a company that has lists but no transactions."""

    def __init__(self, company: Company, country: Country, now: datetime, dice: Random) -> None:
        self.company, self.country, self.now, self.dice = company, country, now, dice
        self.opened = now - BEFORE

    def fill(self, *, customers: int, invoices: int) -> None:
        """Write that many customers (at least those that are there) and invoices with their payments."""
        gc.disable()
        try:
            self._customers(customers)
            buyers = self._buyers()
            # A company without invoices needs no examples of them; making those is most of what opening one takes.
            plain, void = self._baskets(buyers) if invoices else ([], [])
            forms = self._plan(invoices, buyers, plain)
            self._number(forms)
            self._write(forms, plain, void)
            self._owe(buyers)
            self.company.pack()
        finally:
            gc.enable()
            gc.collect()
            gc.freeze()

    def _customers(self, wanted: int) -> None:
        there = len(self.company.table("Customer").rows)
        bodies = (body for body in customers(self.country, self.dice))
        fresh = (body for body in bodies if self.company.name_owner(body["DisplayName"]) is None)
        for body in islice(fresh, max(wanted - there, 0)):
            add(self.company, "Customer", body, self.opened)

    def _buyers(self) -> list[_Buyer]:
        home = self.company.profile.currency
        found = []
        for row in self.company.table("Customer").rows.values():
            data = row.data
            if not row.active or data["CurrencyRef"]["value"] != home or data.get("ParentRef"):
                continue
            reference = {"value": row.qbo_id, "name": data["FullyQualifiedName"]}
            written: Doc = {"CustomerRef": Written(encode(reference))}
            for source, name in (
                ("BillAddr", "BillAddr"),
                ("ShipAddr", "ShipAddr"),
                ("PrimaryEmailAddr", "BillEmail"),
            ):
                if data.get(source):
                    written[name] = Written(encode(data[source]))
            if data.get("BillAddr") and self.company.switches.rows_as_of >= ITEM_ACCOUNTS_SINCE:
                written["FreeFormAddress"] = Written("true")
            term_id = (data.get("SalesTermRef") or {}).get("value")
            term = self.company.row("Term", term_id) if term_id else None
            if term is not None:
                written["SalesTermRef"] = Written(encode({"value": term.qbo_id, "name": term.data["Name"]}))
            placed = taxed_place(self.company, data.get("ShipAddr")) is not None
            taxed = self.company.has_tax_codes or (placed and bool(data.get("Taxable", True)))
            found.append(_Buyer(row, taxed, term, written))
        return found

    def _baskets(self, buyers: list[_Buyer]) -> tuple[list[Basket], list[Basket]]:
        """Forms as the rules write them, taxed and untaxed by turns, and the same voided."""
        # The company may not yet have the day that the clock has; stock counts from its first one.
        at = self.opened + timedelta(days=2)
        scratch = self.company.twin(self.company.realm_id)
        items = [
            row
            for row in scratch.table("Item").rows.values()
            if row.active
            and row.data["Type"] not in {"Category", "Group"}
            and stored(row.data.get("UnitPrice"))
        ]
        examples = [next((b for b in buyers if b.taxed is taxed), buyers[0]) for taxed in (True, False)]
        plain, void = [], []
        kind = ENTITY_TYPES["Invoice"]
        for number in range(BASKETS):
            body = basket_body(scratch, self.dice, examples[number % 2].row, items, scratch.today(at))
            row = engine.save(scratch, kind, body, at, engine.PAGE)
            plain.append(self._constant(row.data))
            after = engine.void(scratch, kind, {"Id": row.qbo_id}, at, engine.PAGE)
            void.append(self._constant(after.data))
        return plain, void

    def _constant(self, data: Doc) -> Basket:
        parts = {
            name: value if name in DIFFERS or name in COPIED else Written(encode(value))
            for name, value in data.items()
        }
        return Basket(parts, stored(data["TotalAmt"]))

    def _plan(self, invoices: int, buyers: list[_Buyer], plain: list[Basket]) -> list[_Form]:
        """Who buys what and when: trade grows by half a year on year; a tenth of the buyers buy most."""
        dice = self.dice
        weights = [min(dice.paretovariate(1.2), 60) for _ in buyers]
        chosen = dice.choices(range(len(buyers)), weights, k=invoices)
        forms = []
        for place in chosen:
            buyer = buyers[place]
            ago = DAYS * (1 - dice.random() ** 0.7)
            at = self.now - timedelta(days=ago, seconds=dice.randrange(1, 86_400))
            basket = dice.randrange(BASKETS // 2) * 2 + (0 if buyer.taxed else 1)
            form = _Form(at, buyer, basket, plain[basket].total)
            self._fate(form)
            forms.append(form)
        forms.sort(key=lambda form: form.at)
        return forms

    def _fate(self, form: _Form) -> None:
        """Most are paid around their due date, some late or in two parts, a few void or never paid."""
        dice, age = self.dice, (self.now - form.at).total_seconds() / 86_400
        luck = dice.random()
        if luck < 0.03:
            if age > 2:
                form.voided = form.at + timedelta(days=dice.uniform(0.5, min(age - 1, 20)))
            return
        if luck < 0.055 or not form.total:
            return
        days = max(1.0, dice.gauss(27, 14)) if luck < 0.93 else dice.uniform(45, 240)
        if days >= age:
            return
        first = form.at + timedelta(days=days)
        if luck < 0.90:
            form.payments.append((first, form.total))
            return
        part = max(cents(form.total * Decimal("0.4")), Decimal("0.01"))
        form.payments.append((first, part))
        later = days + dice.uniform(5, 60)
        if later < age and form.total > part:
            form.payments.append((form.at + timedelta(days=later), form.total - part))

    def _number(self, forms: list[_Form]) -> None:
        """Ids in the order things were made; all transactions share one sequence."""
        births: list[tuple[datetime, int, _Form]] = []
        for form in forms:
            births.append((form.at, 0, form))
            births.extend((at, 1, form) for at, _ in form.payments)
        births.sort(key=lambda birth: (birth[0], birth[1]))
        for _, order, form in births:
            qbo_id = self.company.next_id("txn")
            if order:
                form.payment_ids.append(qbo_id)
            else:
                form.qbo_id = qbo_id
        for number, form in enumerate(forms, start=self.company.highest_number + 1):
            form.number = str(number)
        self.company.highest_number += len(forms)

    def _write(self, forms: list[_Form], plain: list[Basket], void: list[Basket]) -> None:
        table = self.company.own("Invoice")
        for form in sorted(forms, key=lambda form: form.updated):
            basket = (void if form.voided else plain)[form.basket]
            data = self._invoice(form, basket)
            balance, buyer = form.balance, form.buyer
            buyer.owes += balance
            buyer.touched = max(form.updated, buyer.touched or form.updated)
            table.put(self._packed("Invoice", data, form.updated))
            if form.payments:
                self.company.applied[form.qbo_id] = dict(
                    zip(form.payment_ids, (amount for _, amount in form.payments), strict=True)
                )
        self._payments(forms)
        self.company.revision += 1

    def _invoice(self, form: _Form, basket: Basket) -> Doc:
        day = self.company.today(form.at)
        due = term_date(day, form.buyer.term) if form.buyer.term else day + timedelta(days=30)
        data: Doc = {name: value for name, value in basket.parts.items() if name not in COPIED}
        data |= form.buyer.written
        data |= {
            "Id": form.qbo_id,
            "SyncToken": str(len(form.payments) + (form.voided is not None)),
            "MetaData": _meta(form.at, form.updated),
            "DocNumber": form.number,
            "TxnDate": day.isoformat(),
            "DueDate": due.isoformat(),
            "Balance": amount_out(form.balance),
            "LinkedTxn": [{"TxnId": qbo_id, "TxnType": "Payment"} for qbo_id in form.payment_ids],
        }
        if "HomeBalance" in data:
            data["HomeBalance"] = data["Balance"]
        return ENTITY_TYPES["Invoice"].arrange(data)

    def _packed(self, kind: str, data: Doc, at: datetime) -> Row:
        """A row as text with its cells."""
        columns = self.company.table(kind).columns
        cells = tuple(_cell(data, name) for name in columns)
        return Row.packed(kind, data["Id"], encode(data), at, cells)

    def _payments(self, forms: list[_Form]) -> None:
        table, methods = self.company.own("Payment"), [str(n) for n in (2, 2, 5, 3)]
        born = [
            (at, amount, form, place) for form in forms for place, (at, amount) in enumerate(form.payments)
        ]
        born.sort(key=lambda entry: (entry[0], int(entry[2].payment_ids[entry[3]])))
        home = {"value": self.company.profile.currency, "name": self.company.profile.currency_name}
        money: Doc = {"CurrencyRef": Written(encode(home))}
        if self.company.is_multicurrency:
            money["ExchangeRate"] = 1
        for at, amount, form, place in born:
            paid = amount_out(amount)
            line = {
                "Amount": paid,
                "LinkedTxn": [{"TxnId": form.qbo_id, "TxnType": "Invoice"}],
            }
            data: Doc = {
                "CustomerRef": form.buyer.written["CustomerRef"],
                "DepositToAccountRef": {"value": "4"},
                "PaymentMethodRef": {"value": self.dice.choice(methods)},
                "PaymentRefNum": str(self.dice.randrange(1000, 99_999)),
                "TotalAmt": paid,
                "UnappliedAmt": 0,
                "ProcessPayment": False,
                "domain": "QBO",
                "sparse": False,
                "Id": form.payment_ids[place],
                "SyncToken": "0",
                "MetaData": _meta(at, at),
                "TxnDate": self.company.today(at).isoformat(),
                **money,
                "LinkedTxn": [],
                "Line": [line],
            }
            table.put(self._packed("Payment", ENTITY_TYPES["Payment"].arrange(data), at))

    def _owe(self, buyers: list[_Buyer]) -> None:
        """Balances of the customers, moved when their last form or payment did."""
        moved = [buyer for buyer in buyers if buyer.touched is not None]
        for buyer in sorted(moved, key=lambda buyer: buyer.touched or self.opened):
            owed = amount_out(buyer.owes)
            changes = {"Balance": owed, "BalanceWithJobs": owed}
            self.company.rewrite(buyer.row, changes, buyer.touched or self.opened, bump=False)


def _meta(created: datetime, updated: datetime) -> Doc:
    first = pacific(created)
    return {"CreateTime": first, "LastUpdatedTime": first if updated == created else pacific(updated)}


def _cell(data: Doc, name: str) -> Any:
    """A cell of a form; references of a buyer are written already, so their id is read from the text."""
    value = stored_property(data, name)
    if isinstance(value, Written):
        text = str(value)
        return text.split('"', 4)[3] if text.startswith('{"value"') else _number(text)
    return cell_of(value)


def _number(text: str) -> Any:
    return Decimal(text) if text.replace(".", "", 1).lstrip("-").isdigit() else text.strip('"')
