"""What people do in a simulated hour: in QuickBooks' own pages, and here with answers that are lost and processes that die."""

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import requests

from deals.models import Deal
from deals.viewer import Viewer
from quickbooks_bridge.domain.payloads import marker_of
from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent
from quickbooks_bridge.services.invoicing import intents
from quickbooks_bridge.services.invoicing.actions import InvoiceChanged, invoice_delete
from quickbooks_bridge.services.invoicing.intents import initial_claim, intent_send
from quickbooks_bridge.services.invoicing.voids import invoice_void
from quickbooks_bridge.services.mirror.events import InvoiceState
from quickbooks_bridge.services.sync import batch
from quickbooks_bridge.services.sync import company as company_sync
from quickbooks_bridge.services.sync.company import request_sync_if_stale

from .wall_clocks import Zone

LOST = ("reset_after", "500_after", "504_after", "truncated", "reset_before", "429")
# What is done in QuickBooks, as often as it stands here.
ACTS = "create create create pay part edit edit due send unpay unapply void delete".split()


class Killed(BaseException):
    """A process that ends between two statements; nothing of its own is written any more."""


@contextmanager
def killed_at(label: str, figures: Counter[str]) -> Iterator[None]:
    """Let this process' work end the first time it comes to a labelled place; none does for an empty label."""
    met: list[str] = []

    def crash_point(reached: str) -> None:
        if reached == label and not met:
            met.append(reached)
            raise Killed

    modules: tuple[Any, ...] = (batch, company_sync, intents)
    usual = [module.crash_point for module in modules]
    for module in modules:
        module.crash_point = crash_point
    try:
        with suppress(Killed):
            yield
    finally:
        for module, kept in zip(modules, usual, strict=True):
            module.crash_point = kept
    figures["killed"] += len(met)


@dataclass
class Company:
    """A company of QuickBooks and the account here that is connected to it."""

    number: int
    realm: str
    zone: Zone
    viewer: Viewer
    deal: Deal
    invoices: list[str] = field(default_factory=list)
    # Between the loss of its tokens and the new sign-in nothing can be compared.
    cut_off_at: datetime | None = None

    @property
    def connection(self) -> Connection:
        return Connection.objects.select_related("account").get(account=self.viewer.account)


class People:
    """All who work in the companies; `chance` is that of a change in a company each time they are asked."""

    def __init__(self, url: str, figures: Counter[str], *, chance: float) -> None:
        self.http = requests.Session()
        self.chance = chance
        self._url, self._figures = url, figures
        self._dice = random.Random(6)

    def control(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Ask the QuickBooks emulator's control API; None for a refusal."""
        answer = self.http.post(f"{self._url}/control/{path}", json=body, timeout=30)
        found: Any = answer.json() if answer.ok else None
        return found

    def work(self, company: Company, *, now: datetime) -> None:
        """What happens in one company at an instant, mostly little."""
        if self._dice.random() < self.chance:
            self._in_quickbooks(company, now=now)
        if self._dice.random() < self.chance / 10:
            self._make_here(company, now=now)
        if self._dice.random() < self.chance / 20:
            self._end_here(company, now=now)
        if self._dice.random() < self.chance / 20:
            request_sync_if_stale(company.connection, now=now, older_than=timedelta(minutes=1))

    def _in_quickbooks(self, company: Company, *, now: datetime) -> None:
        """One thing; what QuickBooks refuses (a void of a void) is no change."""
        act = self._dice.choice(ACTS)
        due = company.zone.day(now) + timedelta(days=self._dice.randint(-1, 2))
        amount = self._dice.randint(20, 900)
        if act == "create" or not company.invoices:
            made = self.control(f"{company.realm}/invoices", invoice_body(amount, due))
            if made is not None:
                company.invoices.append(str(made["Id"]))
                self._figures["changes"] += 1
            return
        bodies: dict[str, dict[str, Any]] = {
            "part": {"amount": amount / 10},
            "edit": {"lines": [{"amount": amount, "item": "1"}]},
            "due": {"DueDate": due.isoformat()},
            "send": {"sendTo": "office@gannet.example"},
        }
        body = bodies.get(act, {})
        # The newer ones are what people work on.
        age = min(int(self._dice.expovariate(0.15)), len(company.invoices) - 1)
        verb = {"part": "pay", "due": "edit"}.get(act, act)
        done = self.control(f"{company.realm}/invoices/{company.invoices[-1 - age]}/{verb}", body)
        self._figures["changes"] += done is not None

    def _lose_answer(self, company: Company, operation: str) -> None:
        rule = {"kind": self._dice.choice(LOST), "operation": operation, "realm": company.realm, "count": 1}
        self.control("faults", rule)

    def _make_here(self, company: Company, *, now: datetime) -> None:
        """Somebody makes an invoice; often the answer is lost, or the process dies before or after it was sent."""
        connection = company.connection
        if not connection.is_active:
            return
        if self._dice.random() < 0.5:
            self._lose_answer(company, "invoice.create")
        due = company.zone.day(now) + timedelta(days=self._dice.randint(0, 1))
        intent = decided(company, connection, amount=self._dice.randint(20, 900), due=due, now=now)
        label = self._dice.choice(["", "", "", "intent.after_claim", "intent.after_post"])
        with killed_at(label, self._figures):
            intent_send(intent, connection, now=now, interactive=True)
        self._figures["made here"] += 1

    def _end_here(self, company: Company, *, now: datetime) -> None:
        """Somebody voids or deletes an invoice, and the answer may be lost at any of the calls."""
        connection = company.connection
        rows = Invoice.objects.filter(
            company__account=company.viewer.account, is_deleted=False, is_voided=False
        )
        invoice = rows.order_by("-pk")[self._dice.randint(0, 3) :].first()
        if invoice is None or not connection.is_active:
            return
        if self._dice.random() < 0.5:
            self._lose_answer(
                company, self._dice.choice(["invoice.void", "invoice.delete", "payment.update"])
            )
        end: Any = self._dice.choice([invoice_void, invoice_void, invoice_delete])
        with suppress(QuickBooksError, InvoiceChanged):
            end(company.viewer, connection, invoice, seen=InvoiceState.of(invoice), now=now)
            self._figures["ended here"] += 1


def invoice_body(amount: int, due: date, note: str = "") -> dict[str, Any]:
    """An invoice of one line as QuickBooks takes it."""
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": amount,
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": amount},
    }
    note_part = {"PrivateNote": note} if note else {}
    return {"CustomerRef": {"value": "1"}, "Line": [line], "DueDate": due.isoformat(), **note_part}


def decided(
    company: Company, connection: Connection, *, amount: int, due: date, now: datetime
) -> InvoiceIntent:
    """An invoice somebody decided to make: the row as it is committed before anything is sent."""
    request_id = uuid.uuid4().hex
    return InvoiceIntent.objects.create(
        account=company.viewer.account,
        deal=company.deal,
        member=company.viewer.member,
        company=connection.company,
        token=request_id,
        request_id=request_id,
        payload=invoice_body(amount, due, marker_of(request_id)),
        currency="USD",
        expected_total=amount,
        created_at=now,
        **initial_claim(now),
    )
