"""Benchmarks: counts and ratios, side by side in one run. `make bench` prints the tables and fails on a broken promise.

Times depend on the machine and are only shown; the ratio compares a row with the first of its group.
"""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_invoicing.settings")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

import django

django.setup()

import psutil
import requests
from django.conf import settings
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext, get_runner, setup_test_environment

from deals.models import Account, Deal, Organization, Stage
from deals.viewer import Viewer
from quickbooks_bridge.gateway import rate_limiter
from quickbooks_bridge.models import Connection, Customer, Invoice, InvoiceIntent
from quickbooks_bridge.selectors.connections import open_reads_block
from quickbooks_bridge.services.sync.company import initial_import, sync_company
from tests.bridge.test_invoice_lifecycle import form_data
from tests.demo import Demo
from tests.emulator_process import EmulatorProcess
from tests.fixtures import connect, make_member
from tests.polling import until

from . import emulator as emulator_bench

SIZES = (10, 1000, 100_000)


@dataclass(frozen=True)
class Row:
    """What one piece of work took."""

    group: str
    name: str
    calls: int
    statements: int
    cpu: float


class Bench:
    """A connected account with one deal, the QuickBooks emulator, and the rows measured so far."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self.emulator = emulator
        self.rows: list[Row] = []
        self.account = Account.objects.create(name="Bench")
        self.stage = Stage.objects.create(account=self.account, name="Won")
        self.viewer = Viewer(self.account, make_member(self.account, "bench", "admin"))
        self.link = connect(self.viewer, emulator)
        initial_import(self.link, now=datetime.now(UTC))
        self.link.refresh_from_db()
        self.client = Client()
        self.client.force_login(self.viewer.member.user)
        organization = Organization.objects.create(account=self.account, name="Bench org")
        self.deal = Deal.objects.create(
            account=self.account, stage=self.stage, title="Bench deal", organization=organization
        )
        self.client.get(f"/deals/{self.deal.pk}/")  # what is loaded once is no matter of one page

    def measure(self, group: str, name: str, work: Callable[[], Any]) -> Row:
        """Run it once and keep calls, statements and our own CPU."""
        before = self.emulator.control("GET", "/control/requests")["total"]
        with CaptureQueriesContext(database) as queries:
            started = time.process_time()
            work()
            spent = (time.process_time() - started) * 1000
        calls = self.emulator.control("GET", "/control/requests")["total"] - before
        self.rows.append(Row(group, name, calls, len(queries), spent))
        return self.rows[-1]

    def page(self, group: str, name: str, path: str) -> Row:
        def get() -> None:
            answer = self.client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)

        open_reads_block()  # what a process reads once in ten seconds is no matter of one page
        return self.measure(group, name, get)


def pages(bench: Bench) -> None:
    form = f"/deals/{bench.deal.pk}/invoices/new/"
    for name, path in (
        ("open the form", form),
        ("search a customer", "/quickbooks/customers/?q=den"),
        ("search a product", "/quickbooks/items/?q=desk"),
        ("open the deal", f"/deals/{bench.deal.pk}/"),
    ):
        assert bench.page("pages", name, path).calls == 0, f"{name} asked QuickBooks"


def creating(bench: Bench) -> None:
    path = f"/deals/{bench.deal.pk}/invoices/new/"
    customer = Customer.objects.filter(company=bench.link.company, is_active=True).order_by("display_name")[0]
    choices: tuple[tuple[str, dict[str, str], int], ...] = (
        ("for a linked customer", {"customer_mode": "existing", "customer": customer.qbo_id}, 1),
        ("for a new customer", {"customer_mode": "new", "new_display_name": "Bench customer"}, 2),
    )
    for at, (name, chosen, calls) in enumerate(choices):
        data = form_data(bench.link, token=f"bench-{at}", again_reason="measured once more", **chosen)
        row = bench.measure("create an invoice", name, partial(bench.client.post, path, data))
        made = InvoiceIntent.objects.filter(token=f"bench-{at}", state=InvoiceIntent.State.SUCCEEDED)
        assert made.exists(), f"{name}: not created"
        assert row.calls <= calls, f"{name}: {row.calls} calls, {calls} would do"


def syncing(bench: Bench) -> None:
    """A sync after none, ten and a thousand invoices changed."""
    emulator, realm = bench.emulator, bench.link.company.realm_id
    item = {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": 95}
    line = {"DetailType": "SalesItemLineDetail", "Amount": 95, "SalesItemLineDetail": item}
    body = {"CustomerRef": {"value": "1"}, "Line": [line]}
    ids = []
    for _number in range(1000):
        answer = emulator.control("POST", f"/control/{realm}/invoices", json=body)
        ids.append(str(answer.get("Invoice", answer)["Id"]))
    # Long enough ago to be no change any more, also within the overlap of two looks.
    emulator.control("POST", "/control/clock", json={"advance_seconds": 1200})
    later = datetime.now(UTC) + timedelta(seconds=1200)
    assert sync_company(bench.link, now=later)
    for count in (0, 10, 990, 1000):
        emulator.control("POST", "/control/clock", json={"advance_seconds": 1200})
        later += timedelta(seconds=1200)
        assert sync_company(bench.link, now=later)
        for qbo_id in ids[:count]:
            emulator.control(
                "POST", f"/control/{realm}/invoices/{qbo_id}/edit", json={"PrivateNote": f"n{count}"}
            )
        row = bench.measure("one sync", f"{count} changed", partial(sync_company, bench.link, now=later))
        # From a thousand objects on QuickBooks cuts its answer, and the rest is asked for page by page.
        assert row.calls <= (1 if count < 1000 else 11), f"{count} changed: {row.calls} calls"
    none, ten, many = bench.rows[-4:-1]
    assert many.statements <= ten.statements + 40, (none, ten, many)


def panels(bench: Bench) -> None:
    now = datetime.now(UTC)
    statements = []
    for count in SIZES:
        have = Invoice.objects.filter(deal=bench.deal).count()
        rows = (
            Invoice(
                deal=bench.deal, company=bench.link.company, qbo_id=f"b{number}",
                customer_qbo_id="1", txn_date=now.date(), total=100, balance=50, mirrored_at=now, remote_updated_at=now,
            )
            for number in range(have, count)
        )  # fmt: skip
        Invoice.objects.bulk_create(rows, batch_size=5000)
        row = bench.page("panel with invoices", f"{count} invoices", f"/deals/{bench.deal.pk}/invoices/tab/")
        assert row.calls == 0
        statements.append(row.statements)
    # One page needs no count of pages; beyond that nothing may come on top.
    assert max(statements) <= statements[0] + 1, f"the panel's statements grow: {statements}"


def lists(bench: Bench) -> None:
    statements = []
    for count in SIZES:
        have = Deal.objects.filter(account=bench.account).count()
        rows = (
            Deal(account=bench.account, stage=bench.stage, title=f"Deal {number}")
            for number in range(have, count)
        )
        Deal.objects.bulk_create(rows, batch_size=5000)
        statements.append(bench.page("list of deals", f"{count} deals", "/deals/").statements)
    bench.page("list of deals", "100000 deals, searched", "/deals/?q=Deal+77")
    # One page needs no count of pages; beyond that nothing may come on top.
    assert max(statements) <= statements[0] + 1, f"the list's statements grow: {statements}"


def show(rows: list[Row]) -> None:
    print(f"\n{'what':<42}{'QuickBooks calls':>17}{'SQL':>6}{'our CPU ms':>12}{'ratio':>8}")
    first: dict[str, float] = {}
    for row in rows:
        base = first.setdefault(row.group, row.cpu)
        name = f"{row.group}: {row.name}"
        ratio = row.cpu / base if base else 1
        print(f"{name:<42}{row.calls:>17}{row.statements:>6}{row.cpu:>12.1f}{ratio:>8.1f}")


def demo_run() -> list[str]:
    """Start the demo twice and watch it do nothing; gives the promises that were broken."""
    is_busy = os.getloadavg()[0] > (os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(Path(folder))
        demo.start()
        demo.wait_for_greeting()
        demo.end(15)
        began = time.monotonic()
        demo.start()
        until(lambda: _has_page(demo.port), seconds=60, what="first page")
        first_page = time.monotonic() - began
        demo.wait_for_greeting()
        until(lambda: demo.health().get("status") == "ok", seconds=60, what="the schedule runs")
        parts = [demo.parts()[name] for name in ("web", "worker")]
        memory = sum(_memory(part) for part in parts) / 1024**2
        before = sum(sum(part.cpu_times()[:2]) for part in parts)
        began = time.monotonic()
        time.sleep(20)
        idle = (sum(sum(part.cpu_times()[:2]) for part in parts) - before) / (time.monotonic() - began) * 100
        demo.end(15)
    print(f"\n{'the demo, started again':<42}{'measured':>12}{'promised':>12}")
    promises = (
        ("first page after", first_page, 5.0, "s"),
        ("web and worker use", memory, 250.0, "MB"),
        ("doing nothing, of a core", idle, 3.0, "%"),
    )
    for name, measured, most, unit in promises:
        print(f"{name:<42}{f'{measured:.1f} {unit}':>12}{f'< {most:.0f} {unit}':>12}")
    broken = [name for name, measured, most, _unit in promises if measured >= most]
    if broken and is_busy:
        print(f"Others keep this machine busy, so this is not judged: {', '.join(broken)}")
        return []
    return broken


def _has_page(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/login/", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def _memory(process: psutil.Process) -> int:
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))


def point_at(emulator: EmulatorProcess) -> None:
    settings.QUICKBOOKS_CLIENT_ID = emulator.client_id
    settings.QUICKBOOKS_CLIENT_SECRET = emulator.client_secret
    settings.QUICKBOOKS_DISCOVERY_URL = emulator.discovery_url
    settings.QUICKBOOKS_API_URL = emulator.api_url
    for name in ("PER_SECOND", "PER_MINUTE", "BACKGROUND_PER_MINUTE", "BACKGROUND_PER_SECOND"):
        setattr(rate_limiter, name, 10**6)


def main() -> None:
    broken = demo_run()
    setup_test_environment()
    runner = get_runner(settings)(verbosity=0, interactive=False)
    old = runner.setup_databases()
    try:
        with EmulatorProcess("--company", "us", "--seed", "7") as emulator:
            point_at(emulator)
            bench = Bench(emulator)
            for part in (pages, creating, syncing, panels, lists):
                part(bench)
            assert Connection.objects.count() == 1
            show(bench.rows)
    finally:
        runner.teardown_databases(old)
    print()
    emulator_bench.main()
    assert not broken, f"promises broken: {broken}"


if __name__ == "__main__":
    main()
