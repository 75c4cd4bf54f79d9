from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.faults.errors import Fault
from qbo_emulator.json_codec import decode, encode
from qbo_emulator.operations import cdc, engine
from qbo_emulator.seed.build import open_company
from tests.emulator.client import invoice_body

START = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
FOLLOWED = ("Invoice", "Payment", "Customer")
ACTIONS = (
    "create",
    "pay",
    "edit",
    "shrink",
    "unapply",
    "void",
    "delete",
    "page void",
    "delete payment",
    "void payment",
)

steps = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS), st.integers(0, 5), st.integers(1, 20_000).map(lambda c: Decimal(c) / 100)
    ),
    max_size=25,
)


def _stub(row: Row) -> dict[str, Any]:
    return {"Id": row.qbo_id, "SyncToken": row.data["SyncToken"], "sparse": True}


class Books:
    """Drives a small company through random steps; refusals are part of life."""

    def __init__(self) -> None:
        self.company: Company = open_company("us-2", 1, START)
        self.now = START

    def rows(self, kind: str) -> list[Row]:
        return sorted(self.company.table(kind).rows.values(), key=lambda row: int(row.qbo_id))

    def step(self, action: str, number: int, amount: Decimal) -> None:
        self.now += timedelta(seconds=1)
        invoices, payments = self.rows("Invoice"), self.rows("Payment")
        invoice = invoices[-1 - number % len(invoices)] if invoices else None
        payment = payments[-1 - number % len(payments)] if payments else None
        target = payment if "payment" in action or action == "unapply" else invoice
        if action != "create" and target is None:
            return
        before = {(row.kind, row.qbo_id): int(row.data["SyncToken"]) for row in invoices + payments}
        pictures = {
            (row.kind, row.qbo_id): decode(row.text) for row in self.rows("Invoice") + self.rows("Payment")
        }
        try:
            written = self._act(action, number, amount, target)
        except Fault:
            after = {
                (row.kind, row.qbo_id): int(row.data["SyncToken"])
                for row in self.rows("Invoice") + self.rows("Payment")
            }
            assert after == before
            return
        if written is not None and (written.kind, written.qbo_id) in before and action != "page void":
            former = pictures[(written.kind, written.qbo_id)]
            # An update that changes nothing leaves the token as it is.
            rises = decode(written.text) != former or action not in {"edit", "shrink", "unapply"}
            assert int(written.data["SyncToken"]) == int(former["SyncToken"]) + rises

    def _act(self, action: str, number: int, amount: Decimal, target: Row | None) -> Row | None:
        invoice, payment = ENTITY_TYPES["Invoice"], ENTITY_TYPES["Payment"]
        if action == "create":
            return engine.save(self.company, invoice, invoice_body(str(1 + number % 4), amount), self.now)
        assert target is not None
        stub = _stub(target)
        actions: dict[str, Callable[[], Row | None]] = {
            "pay": lambda: engine.save(self.company, payment, _payment(target, amount), self.now),
            "edit": lambda: engine.save(self.company, invoice, {**stub, "PrivateNote": "note"}, self.now),
            "shrink": lambda: engine.save(
                self.company, invoice, {**stub, "Line": invoice_body("1", amount)["Line"]}, self.now
            ),
            "unapply": lambda: engine.save(self.company, payment, {**stub, "Line": []}, self.now),
            "void": lambda: engine.void(self.company, invoice, stub, self.now),
            "page void": lambda: engine.void(self.company, invoice, stub, self.now, engine.PAGE),
            "void payment": lambda: engine.void(self.company, payment, stub, self.now),
        }
        if action in actions:
            return actions[action]()
        engine.remove(self.company, payment if action == "delete payment" else invoice, stub, self.now)
        return None

    def check(self) -> None:
        applied: dict[str, Decimal] = {}
        owed: dict[str, Decimal] = {}
        for payment in self.rows("Payment"):
            lines = payment.data["Line"]
            for line in lines:
                qbo_id = line["LinkedTxn"][0]["TxnId"]
                applied[qbo_id] = applied.get(qbo_id, Decimal(0)) + line["Amount"]
            left = payment.data["TotalAmt"] - sum(line["Amount"] for line in lines)
            assert payment.data["UnappliedAmt"] == left >= 0
            customer = payment.data["CustomerRef"]["value"]
            owed[customer] = owed.get(customer, Decimal(0)) - left
        for invoice in self.rows("Invoice"):
            data = invoice.data
            assert data["Balance"] == data["TotalAmt"] - applied.pop(invoice.qbo_id, Decimal(0)) >= 0
            payments = {link["TxnId"] for link in data["LinkedTxn"]}
            assert payments == set(self.company.applied.get(invoice.qbo_id, {}))
            customer = data["CustomerRef"]["value"]
            owed[customer] = owed.get(customer, Decimal(0)) + data["Balance"]
        assert applied == {}
        for row in self.rows("Customer"):
            assert row.data["Balance"] == owed.get(row.qbo_id, 0)

    def picture(self) -> dict[tuple[str, str], Any]:
        return {(kind, row.qbo_id): decode(row.text) for kind in FOLLOWED for row in self.rows(kind)}


def _payment(invoice: Row, amount: Decimal) -> dict[str, Any]:
    link = {"TxnId": invoice.qbo_id, "TxnType": "Invoice"}
    return {
        "CustomerRef": invoice.data["CustomerRef"],
        "TotalAmt": amount,
        "Line": [{"Amount": amount, "LinkedTxn": [link]}],
    }


@settings(max_examples=40, deadline=None)
@given(steps)
def test_balances_always_follow_the_payments(actions: list[tuple[str, int, Decimal]]) -> None:
    books = Books()
    for action in actions:
        books.step(*action)
        books.check()


@settings(max_examples=25, deadline=None)
@given(steps, st.integers(0, 24))
def test_changes_since_any_moment_replay_to_the_present(
    actions: list[tuple[str, int, Decimal]], cut: int
) -> None:
    books = Books()
    for action in actions[:cut]:
        books.step(*action)
    picture = books.picture()
    since = (books.now + timedelta(milliseconds=1)).isoformat()
    for action in actions[cut:]:
        books.step(*action)
    answers = decode(encode(cdc.answer(books.company, ",".join(FOLLOWED), since, books.now)))["CDCResponse"][
        0
    ]["QueryResponse"]
    assert len(answers) == len(FOLLOWED)
    for kind, answer in zip(FOLLOWED, answers, strict=True):
        for row in answer.get(kind, []):
            if row.get("status") == "Deleted":
                picture.pop((kind, row["Id"]), None)
            else:
                picture[(kind, row["Id"])] = row
    assert picture == books.picture()
