"""Companies whose time is simulated: our clock and the QuickBooks emulator's move together, and work is done when the rows say so."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from crm_invoicing.encryption import decrypt
from deals.models import Account
from deals.viewer import Viewer
from quickbooks_bridge.deal_page.timeline_renderers import overdue_lines
from quickbooks_bridge.domain.payloads import marker_of
from quickbooks_bridge.models import Connection, InvoiceIntent, VoidOperation
from quickbooks_bridge.selectors.connections import company_today
from quickbooks_bridge.selectors.invoices import with_status
from quickbooks_bridge.services.sync import company as company_sync
from quickbooks_bridge.tasks import dispatch, maintenance, sync
from tests.emulator_process import EmulatorProcess
from tests.fixtures import connect, make_deal, make_member

from .compared import invoices_of, mirrored, said_by_quickbooks
from .people import Company, People, killed_at
from .wall_clocks import Zone

# Nobody changes anything in the last minutes of an hour, and nothing fails: then all has to be up to date.
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


class Simulation:
    """So many companies from an instant on, looked at every `step`; `figures` counts what was met and found."""

    def __init__(self, emulator: EmulatorProcess, traveller: Any, *, chance: float, step: timedelta) -> None:
        self.emulator, self._traveller = emulator, traveller
        self.step = step
        self.companies: list[Company] = []
        self.figures: Counter[str] = Counter()
        self.reconcile_differences: list[str] = []
        self.people = People(emulator.url, self.figures, chance=chance)
        self._refresh_tokens: set[str] = set()
        self.now = timezone.now()

    def open(self, numbers: Iterable[int], zones: tuple[Zone, ...], *, start: datetime) -> None:
        """Open the books anew as of `start` and connect, spread over an hour, as their tokens then end."""
        self._set(start)
        self.people.control("reset", {})
        waiting = list(numbers)
        for number in waiting:
            zone = zones[len(self.companies) % len(zones)]
            account = Account.objects.create(name=f"Account {number}", time_zone="UTC")
            viewer = Viewer(account, make_member(account, f"owner{number}", "admin"))
            realm = self.emulator.companies[number]["realm_id"]
            self.companies.append(Company(number, realm, zone, viewer, make_deal(account)))
            self.people.control(f"{realm}/companyinfos/1/edit", {"DefaultTimeZone": zone.name})
        parts = HOUR // self.step
        for part in range(parts):
            self._set(start + part * self.step)
            for company in self.companies[part::parts]:
                connect(company.viewer, self.emulator, company=company.number)
            dispatch.dispatch_due_work()
        self._set(start + HOUR)
        dispatch.dispatch_due_work()
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
                for rule in rules:
                    self.people.control("faults", rule)
            elif minute == ends:
                self.people.http.delete(f"{self.emulator.url}/control/faults").raise_for_status()
            if minute < BUSY // MINUTE:
                for company in self.companies:
                    self.people.work(company, now=self.now)
            with killed_at(DEATHS.get(minute, ""), self.figures):
                dispatch.dispatch_due_work()
            sync.probe_reads()
            if minute == 30:
                sync.refresh_reference_lists()
                maintenance.refresh_idle_tokens()
                maintenance.cleanup()
            self._pass(self.now + self.step)
        sync.probe_reads()
        dispatch.dispatch_due_work()
        self._compare(quiet_since=began + BUSY)

    def lose_tokens(self, company: Company) -> None:
        """The company ends the connection on QuickBooks' own pages."""
        self.people.control(f"{company.realm}/disconnect", {})
        company.cut_off_at = self.now

    def sign_in_again(self, company: Company) -> None:
        """The owner follows the request to sign in."""
        connect(company.viewer, self.emulator, company=company.number)
        company.cut_off_at = None

    def dump(self, company: Company) -> dict[str, list[dict[str, Any]]]:
        """All of a company's objects in QuickBooks."""
        answer = self.people.http.get(f"{self.emulator.url}/control/{company.realm}/dump", timeout=30)
        answer.raise_for_status()
        found: dict[str, list[dict[str, Any]]] = answer.json()
        return found

    def _set(self, at: datetime) -> None:
        self.now = at
        self._traveller.move_to(at, tick=False)
        self.people.control("clock", {"set": at.isoformat()})

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
                rows: Any = with_status(invoices_of(connection), today=today)
                for row in rows:
                    is_owed = not row.is_deleted and not row.is_voided and row.balance > 0
                    is_late = is_owed and row.due_date is not None and row.due_date < day
                    if (row.flag == "overdue") != is_late:
                        self._differ("midnight", company, f"invoice {row.qbo_id} is {row.flag} at {moment}")
                    key = (company.number, row.qbo_id)
                    self.figures["turned at midnight"] += (
                        is_late and key in before and before[key] != "overdue"
                    )
                    before[key] = row.flag

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
                or connection.company.sync.last_sync_at is None
                or connection.company.sync.last_sync_at < quiet_since
            ):
                self._differ(
                    "late",
                    company,
                    f"{connection.status}, last up to date {connection.company.sync.last_sync_at}",
                )
            dump = self.dump(company)
            company.invoices = [row["Id"] for row in dump["Invoice"]]
            theirs = said_by_quickbooks(dump, today=company.zone.day(self.now))
            ours = mirrored(connection, today=company_today(connection, now=timezone.now()))
            for key in {*theirs, *ours}:
                if theirs.get(key) != ours.get(key):
                    self._differ("drift", company, f"{key}: {ours.get(key)}, in QuickBooks {theirs.get(key)}")
            self.figures["rows compared"] += len(theirs)
            self._refresh_tokens.add(decrypt(connection.refresh_token, keys=settings.TOKEN_ENCRYPTION_KEYS))
            self.figures["refresh tokens"] = len(self._refresh_tokens)
            self._overdue_lines(company, connection)
            self._made_once(company, dump, quiet_since=quiet_since)

    def _leases(self, company: Company, connection: Connection) -> None:
        """Nothing runs at this moment, so nothing is held; and what is active is asked again soon."""
        for name in ("sync_lease_until", "import_lease_until", "refresh_lease_until"):
            held = getattr(connection if name.startswith("refresh") else connection.company.sync, name)
            if held is not None:
                self._differ("stuck", company, f"{name} {held}")
        latest = self.now + max(
            timedelta(seconds=settings.QUICKBOOKS_POLL_SECONDS * 1.1), company_sync.MAX_BACKOFF
        )
        if connection.is_active and (
            connection.company.sync.next_sync_at is None or connection.company.sync.next_sync_at > latest
        ):
            self._differ("stuck", company, f"next looked at {connection.company.sync.next_sync_at}")

    def _overdue_lines(self, company: Company, connection: Connection) -> None:
        """The change log tells of lateness at a midnight, whenever it is read."""
        for line in overdue_lines(company.deal, connection, now=timezone.now(), limit=25):
            at = line.occurred_at.astimezone(UTC)
            if at > self.now or at not in company.zone.midnights(at - MINUTE, at):
                self._differ("midnight", company, f"the change log tells of lateness at {at}")
            self.figures["lines of lateness"] += 1

    def _made_once(self, company: Company, dump: dict[str, Any], *, quiet_since: datetime) -> None:
        notes = "\n".join(str(row.get("PrivateNote", "")) for row in dump["Invoice"])
        for intent in InvoiceIntent.objects.filter(account=company.viewer.account):
            count = notes.count(marker_of(intent.request_id))
            if intent.finished_at is None and intent.created_at < quiet_since:
                self._differ(
                    "stuck", company, f"intent {intent.pk} is {intent.state} since {intent.created_at}"
                )
            # A created one may have been deleted since; then its row, compared above, says so.
            most = 0 if intent.state == InvoiceIntent.State.REJECTED else 1
            if count > most:
                self._differ(
                    "doubled", company, f"intent {intent.pk} is {intent.state} and there {count} times"
                )

        late = VoidOperation.objects.filter(
            account=company.viewer.account, ended_at__isnull=True, started_at__lt=quiet_since
        )
        for begun in late:
            self._differ("stuck", company, f"void of {begun.invoice.qbo_id} since {begun.started_at}")

    def _differ(self, kind: str, company: Company, what: str) -> None:
        self.figures[kind] += 1
        if len(self.reconcile_differences) < 20:
            self.reconcile_differences.append(f"{self.now:%d %H:%M} {kind}: company {company.number}: {what}")
