"""Writes whose answers get lost: whatever goes wrong, one request id makes one object and the books balance."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulator.client import Api, invoice_body
from tests.emulator_process import EmulatorProcess

FAULTS = (
    None, "reset_before", "reset_after", "timeout_before", "timeout_after", "truncated",
    "429", "429_xml", "500", "500_after", "503_html", "504", "504_after",
)  # fmt: skip
ACTIONS = ("create", "pay", "edit", "void", "delete", "unpay")
RUNS = itertools.count(1)

steps = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS),
        st.integers(0, 4),
        st.integers(1, 50_000),
        st.lists(st.sampled_from(FAULTS), max_size=3),
    ),
    min_size=1,
    max_size=14,
)


@pytest.fixture(scope="module")
def alone() -> Iterator[Api]:
    with EmulatorProcess("--company", "us-2", "--single", "--seed", "faulty") as running:
        yield Api(running)


@dataclass
class Sent:
    """A write that was asked for until it was answered."""

    request_id: str
    status: int
    text: str


class Client:
    """Sends each write again, under its request id, until there is an answer that means something."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.run = next(RUNS)
        self.sent: list[Sent] = []

    def write(self, kind: str, body: dict[str, Any], faults: list[str | None], **params: str) -> Sent:
        control = self.api.emulator.control
        request_id = f"run {self.run} write {len(self.sent)}"
        for fault in (*faults, None):
            if fault is not None:
                control("POST", "/control/faults", {"kind": fault, "count": 1, "delay": 0.01})
            try:
                answer = self.api.post(kind.lower(), body, requestid=request_id, **params)
                text = answer.text
            except requests.RequestException:
                continue
            if answer.status_code in {200, 400}:
                break
        control("DELETE", "/control/faults")
        self.sent.append(Sent(request_id, answer.status_code, text))
        return self.sent[-1]

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        answer = requests.get(f"{self.api.emulator.url}/control/{self.api.realm_id}/dump", timeout=30)
        found: dict[str, list[dict[str, Any]]] = json.loads(answer.text, parse_float=Decimal)
        return found

    def step(self, action: str, number: int, cents: int, faults: list[str | None]) -> None:
        amount = Decimal(cents) / 100
        note = f"run {self.run} write {len(self.sent)}"
        if action == "create":
            self.write("Invoice", invoice_body(str(1 + number), amount, PrivateNote=note), faults)
            return
        books = self.dump()
        kind = "Payment" if action == "unpay" else "Invoice"
        if not books[kind]:
            return
        target = books[kind][-1 - number % len(books[kind])]
        stub = {"Id": target["Id"], "SyncToken": target["SyncToken"]}
        if action == "pay":
            link = {"TxnId": target["Id"], "TxnType": "Invoice"}
            body = {
                "CustomerRef": target["CustomerRef"],
                "TotalAmt": amount,
                "PrivateNote": note,
                "Line": [{"Amount": amount, "LinkedTxn": [link]}],
            }
            self.write("Payment", body, faults)
        elif action == "edit":
            lines = invoice_body("1", amount)["Line"]
            self.write("Invoice", {**stub, "sparse": True, "Line": lines}, faults)
        else:
            operation = "void" if action == "void" else "delete"
            self.write(kind, stub, faults, operation=operation)


def _check_books(books: dict[str, list[dict[str, Any]]]) -> None:
    settled: dict[str, Decimal] = {}
    owed: dict[str, Decimal] = {}
    for payment in books["Payment"]:
        for line in payment["Line"]:
            qbo_id = line["LinkedTxn"][0]["TxnId"]
            settled[qbo_id] = settled.get(qbo_id, Decimal(0)) + line["Amount"]
        left = payment["TotalAmt"] - sum(line["Amount"] for line in payment["Line"])
        assert payment["UnappliedAmt"] == left >= 0
        customer = payment["CustomerRef"]["value"]
        owed[customer] = owed.get(customer, Decimal(0)) - left
    for invoice in books["Invoice"]:
        assert invoice["Balance"] == invoice["TotalAmt"] - settled.pop(invoice["Id"], Decimal(0)) >= 0
        customer = invoice["CustomerRef"]["value"]
        owed[customer] = owed.get(customer, Decimal(0)) + invoice["Balance"]
    assert settled == {}
    for customer in books["Customer"]:
        assert customer["Balance"] == owed.get(customer["Id"], 0)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_lost_answers_never_double_a_write(
    alone: Api, actions: list[tuple[str, int, int, list[str | None]]]
) -> None:
    client = Client(alone)
    made: list[tuple[str, str, str]] = []
    for action, number, cents, faults in actions:
        count = len(client.sent)
        client.step(action, number, cents, faults)
        if len(client.sent) > count and action in {"create", "pay"} and client.sent[-1].status == 200:
            kind = "Invoice" if action == "create" else "Payment"
            body = json.loads(client.sent[-1].text)[kind]
            made.append((kind, body["Id"], body["PrivateNote"]))
        _check_books(client.dump())
    assert len({(kind, qbo_id) for kind, qbo_id, _ in made}) == len(made)
    books = client.dump()
    for kind in ("Invoice", "Payment"):
        notes = [row.get("PrivateNote", "").removeprefix("Voided - ") for row in books[kind]]
        ours = [note for note in notes if note.startswith(f"run {client.run} ")]
        assert len(ours) == len(set(ours)), "a write was done twice"
        asked = {note for of, _, note in made if of == kind}
        assert set(ours) <= asked, "something was made that was never answered"
