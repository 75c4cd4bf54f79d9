"""Companies whose time is simulated: our clock and the pretend QuickBooks' move together, and work is done when the rows say so."""

import random
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests
from django.conf import settings
from django.utils import timezone

from deals.models import Account, Deal
from deals.viewer import Viewer
from quickbooks_bridge import tasks
from quickbooks_bridge.domain.payloads import MARKER
from quickbooks_bridge.models import Connection, InvoiceIntent
from quickbooks_bridge.selectors import company_today, with_status
from quickbooks_bridge.services import index, intents, poll, tokens
from quickbooks_bridge.services.index import sync_wanted
from quickbooks_bridge.services.intents import intent_run
from tests.conftest import connect, make_deal, make_member
from tests.emulator_process import EmulatorProcess

from .compared import invoices_of, mirrored, said_by_quickbooks
from .wall_clocks import Zone

# Nobody changes anything in the last minutes of an hour, and nothing fails: then all has to be in step.
MINUTE, HOUR, BUSY = timedelta(minutes=1), timedelta(hours=1), timedelta(minutes=40)
OUTAGES: tuple[tuple[int, int, tuple[dict[str, Any], ...]], ...] = (
    # The minutes of the hour at which it begins and ends, and what goes wrong meanwhile.
    (10, 25, ({"kind": "503_html"},)),
    (5, 35, ({"kind": "429", "operation": "cdc", "probability": 0.5},)),
    (5, 30, ({"kind": "500", "operation": "token"},)),
    (
        5,
        35,
        (
            {"kind": "truncated", "operation": "cdc", "probability": 0.5},
            {"kind": "500", "operation": "query"},
        ),
    ),
    (15, 20, ({"kind": "unauthorized", "operation": "token"},)),
    (
        5,
        35,
        ({"kind": "reset_before", "operation": "cdc", "probability": 0.3}, {"kind": "expired", "count": 3}),
    ),
)
# Where a worker dies, by the minute of the hour.
DEATHS = {20: "sync.before_commit", 30: "intent.after_post"}
LOST = ("reset_after", "500_after", "504_after", "truncated", "reset_before", "429")
ACTS = (
    "create",
    "create",
    "create",
    "pay",
    "part",
    "edit",
    "edit",
    "due",
    "send",
    "unpay",
    "unapply",
    "void",
    "delete",
)


class Killed(BaseException):
    """A process that ends between two statements; nothing of its own is written any more."""


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


class Simulation:
    """So many companies from an instant on, looked at every `step`; `figures` counts what was met and found.

    `chance` is that of a change in a company and step.
    """

    def __init__(self, emulator: EmulatorProcess, traveller: Any, *, chance: float, step: timedelta) -> None:
        self.emulator, self._traveller = emulator, traveller
        self.step = step
        self.dice = random.Random(6)
        self.chance = chance
        self.companies: list[Company] = []
        self.figures: Counter[str] = Counter()
        self.differences: list[str] = []
        self._http = requests.Session()
        self.now = timezone.now()

    def open(self, numbers: Iterable[int], zones: tuple[Zone, ...], *, start: datetime) -> None:
        """Open the books anew as of `start` and connect, spread over an hour, as their tokens then end."""
        self._set(start)
        self._control("reset", {})
        waiting = list(numbers)
        for number in waiting:
            zone = zones[len(self.companies) % len(zones)]
            account = Account.objects.create(name=f"Account {number}", time_zone="UTC")
            viewer = Viewer(account, make_member(account, f"owner{number}", "admin"))
            realm = self.emulator.companies[number]["realm_id"]
            self.companies.append(Company(number, realm, zone, viewer, make_deal(account)))
            self._post(realm, "companyinfos/1/edit", {"DefaultTimeZone": zone.name})
        parts = HOUR // self.step
        for part in range(parts):
            self._set(start + part * self.step)
            for company in self.companies[part::parts]:
                connect(company.viewer, self.emulator, company=company.number)
            tasks.sweep()
        self._set(start + HOUR)
        tasks.sweep()
        for company in self.companies:
            company.invoices = [row["Id"] for row in self.dump(company)["Invoice"]]

    def hour(self, number: int) -> None:
        """Let an hour pass: changes and an outage, then quiet, then the comparison of everything."""
        began = self.now
        begins, ends, rules = OUTAGES[number % len(OUTAGES)]
        step = self.step // MINUTE
        begins = -(-begins // step) * step
        ends = max(-(-ends // step) * step, begins + step)
        while self.now < began + HOUR:
            minute = (self.now - began) // MINUTE
            if minute == begins:
                self._faults(rules)
            elif minute == ends:
                self._http.delete(f"{self.emulator.url}/control/faults").raise_for_status()
            if minute < BUSY // MINUTE:
                self._acts()
            with self._killed_at(DEATHS.get(minute, "")):
                tasks.sweep()
            if minute == 30:
                tasks.read_lists()
                tasks.keep_tokens_alive()
                tasks.tidy()
            self._pass(self.now + self.step)
        tasks.sweep()
        self._compare(quiet_since=began + BUSY)

    def lose_tokens(self, company: Company) -> None:
        """The company ends the connection on QuickBooks' own pages."""
        self._control(f"{company.realm}/disconnect", {})
        company.cut_off_at = self.now

    def sign_in_again(self, company: Company) -> None:
        """The owner follows the request to sign in."""
        connect(company.viewer, self.emulator, company=company.number)
        company.cut_off_at = None

    def dump(self, company: Company) -> dict[str, list[dict[str, Any]]]:
        """All of a company's objects in QuickBooks."""
        answer = self._http.get(f"{self.emulator.url}/control/{company.realm}/dump", timeout=30)
        answer.raise_for_status()
        found: dict[str, list[dict[str, Any]]] = answer.json()
        return found

    def _control(self, path: str, body: dict[str, Any]) -> None:
        self._http.post(f"{self.emulator.url}/control/{path}", json=body, timeout=30).raise_for_status()

    def _set(self, at: datetime) -> None:
        self.now = at
        self._traveller.move_to(at, tick=False)
        self._control("clock", {"set": at.isoformat()})

    def _pass(self, until: datetime) -> None:
        """Go on to an instant, and look at the flags around every midnight on the way."""
        met: dict[datetime, list[Company]] = {}
        for company in self.companies:
            for at in company.zone.midnights(self.now, until):
                met.setdefault(at, []).append(company)
        for at, companies in sorted(met.items()):
            self._midnight(at, companies)
        self._set(until)

    def _midnight(self, at: datetime, companies: list[Company]) -> None:
        """Hold the flags a second before and at midnight against due dates and the table of wall clocks."""
        before: dict[tuple[int, str], str] = {}
        for moment in (at - timedelta(seconds=1), at):
            self._traveller.move_to(moment, tick=False)
            for company in companies:
                connection, day = company.connection, company.zone.day(moment)
                today = company_today(connection, now=timezone.now())
                for row in with_status(invoices_of(connection), today=today):
                    is_owed = not row.is_deleted and not row.is_voided and row.balance > 0
                    is_late = is_owed and row.due_date is not None and row.due_date < day
                    if (row.flag == "overdue") != is_late:
                        self._differ("midnight", company, f"invoice {row.qbo_id} is {row.flag} at {moment}")
                    key = (company.number, row.qbo_id)
                    self.figures["turned at midnight"] += (
                        is_late and key in before and before[key] != "overdue"
                    )
                    before[key] = row.flag

    def _acts(self) -> None:
        for company in self.companies:
            if self.dice.random() < self.chance:
                self._act(company)
            if self.dice.random() < self.chance / 10:
                self._decide(company)
            if self.dice.random() < self.chance / 20:
                sync_wanted(company.connection, now=self.now, older_than=timedelta(minutes=1))

    def _act(self, company: Company) -> None:
        """One thing that somebody does in QuickBooks; what it refuses (a void of a void) is no change."""
        act = self.dice.choice(ACTS)
        due = company.zone.day(self.now) + timedelta(days=self.dice.randint(-1, 2))
        lines = [{"amount": self.dice.randint(20, 900), "item": "1"}]
        bodies: dict[str, Any] = {
            "part": {"amount": self.dice.randint(1, 60)},
            "edit": {"lines": lines},
            "due": {"DueDate": due.isoformat()},
            "send": {"sendTo": "office@gannet.example"},
        }
        names = {"part": "pay", "due": "edit"}
        if act == "create" or not company.invoices:
            made = self._post(company.realm, "invoices", invoice_body(lines[0]["amount"], due))
            if made is not None:
                company.invoices.append(str(made["Id"]))
        else:
            # The newer ones are what people work on.
            which = company.invoices[-1 - min(int(self.dice.expovariate(0.15)), len(company.invoices) - 1)]
            path = f"invoices/{which}/{names.get(act, act)}"
            if self._post(company.realm, path, bodies.get(act, {})) is not None:
                self.figures["changes"] += 1

    def _post(self, realm: str, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        answer = self._http.post(f"{self.emulator.url}/control/{realm}/{path}", json=body, timeout=30)
        found: Any = answer.json() if answer.ok else None
        return found

    def _decide(self, company: Company) -> None:
        """Somebody makes an invoice here; often the answer is lost."""
        connection = company.connection
        if self.dice.random() < 0.6:
            kind = self.dice.choice(LOST)
            rule = {"kind": kind, "operation": "invoice.create", "realm": company.realm, "count": 1}
            self._control("faults", rule)
        due = company.zone.day(self.now) + timedelta(days=self.dice.randint(0, 1))
        intent = intent_of(company, connection, amount=self.dice.randint(20, 900), due=due, now=self.now)
        if self.dice.random() < 0.7:
            intent_run(intent, connection, now=self.now, interactive=True)
        self.figures["made here"] += 1

    def _faults(self, rules: Iterable[dict[str, Any]]) -> None:
        for rule in rules:
            self._control("faults", rule)

    @contextmanager
    def _killed_at(self, label: str) -> Iterator[None]:
        """Let the worker die the first time it comes to a labelled place."""
        if not label:
            yield
            return

        def fault_point(reached: str) -> None:
            if reached == label and not met:
                met.append(reached)
                raise Killed

        met: list[str] = []
        modules: tuple[Any, ...] = (poll, index, intents, tokens)
        usual = [module.fault_point for module in modules]
        for module in modules:
            module.fault_point = fault_point
        try:
            with suppress(Killed):
                yield
        finally:
            for module, kept in zip(modules, usual, strict=True):
                module.fault_point = kept
        self.figures["killed"] += len(met)

    def _compare(self, *, quiet_since: datetime) -> None:
        """Hold every row against QuickBooks, and every lease and next time against the clock."""
        self.figures["hours"] += 1
        for company in self.companies:
            connection = company.connection
            self._leases(company, connection)
            if company.cut_off_at is not None:
                self.figures["hours cut off"] += 1
                continue
            self.figures["comparisons"] += 1
            if (
                not connection.is_active
                or connection.last_sync_at is None
                or connection.last_sync_at < quiet_since
            ):
                self._differ("late", company, f"{connection.status}, last in step {connection.last_sync_at}")
            dump = self.dump(company)
            company.invoices = [row["Id"] for row in dump["Invoice"]]
            theirs = said_by_quickbooks(dump, today=company.zone.day(self.now))
            ours = mirrored(connection, today=company_today(connection, now=timezone.now()))
            for key in {*theirs, *ours}:
                if theirs.get(key) != ours.get(key):
                    self._differ("drift", company, f"{key}: {ours.get(key)}, in QuickBooks {theirs.get(key)}")
            self.figures["rows compared"] += len(theirs)
            self._made_once(company, dump, quiet_since=quiet_since)

    def _leases(self, company: Company, connection: Connection) -> None:
        """Nothing runs at this moment, so nothing is held; and what is active is asked again soon."""
        for name in ("sync_lease_until", "import_lease_until", "refresh_lease_until"):
            if getattr(connection, name) is not None:
                self._differ("stuck", company, f"{name} {getattr(connection, name)}")
        latest = self.now + max(timedelta(seconds=settings.QUICKBOOKS_POLL_SECONDS * 1.1), index.SLOWEST)
        if connection.is_active and (connection.next_sync_at is None or connection.next_sync_at > latest):
            self._differ("stuck", company, f"next looked at {connection.next_sync_at}")

    def _made_once(self, company: Company, dump: dict[str, Any], *, quiet_since: datetime) -> None:
        notes = "\n".join(str(row.get("PrivateNote", "")) for row in dump["Invoice"])
        for intent in InvoiceIntent.objects.filter(account=company.viewer.account):
            count = notes.count(f"{MARKER}{intent.request_id}")
            if intent.finished_at is None and intent.created_at < quiet_since:
                self._differ(
                    "stuck", company, f"intent {intent.pk} is {intent.state} since {intent.created_at}"
                )
            # A created one may have been deleted since; then its row, compared above, says so.
            most = 0 if intent.state == InvoiceIntent.State.REFUSED else 1
            if count > most:
                self._differ(
                    "doubled", company, f"intent {intent.pk} is {intent.state} and there {count} times"
                )

    def _differ(self, kind: str, company: Company, what: str) -> None:
        self.figures[kind] += 1
        if len(self.differences) < 20:
            self.differences.append(f"{self.now:%d %H:%M} {kind}: company {company.number}: {what}")


def invoice_body(amount: int, due: Any, note: str = "") -> dict[str, Any]:
    """An invoice of one line as QuickBooks takes it."""
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": amount,
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": amount},
    }
    note_part = {"PrivateNote": note} if note else {}
    return {"CustomerRef": {"value": "1"}, "Line": [line], "DueDate": due.isoformat(), **note_part}


def intent_of(
    company: Company, connection: Connection, *, amount: int, due: Any, now: datetime
) -> InvoiceIntent:
    """An invoice somebody decided to make: the row as it is committed before anything is sent."""
    request_id = uuid.uuid4().hex
    return InvoiceIntent.objects.create(
        account=company.viewer.account,
        deal=company.deal,
        member=company.viewer.member,
        realm_id=connection.realm_id,
        token=request_id,
        request_id=request_id,
        payload=invoice_body(amount, due, f"{MARKER}{request_id}"),
        payload_digest="0" * 64,
        currency="USD",
        expected_total=amount,
        created_at=now,
        next_check_at=now,
    )
