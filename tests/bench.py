"""Benchmarks: counts and ratios, side by side in one run. `make bench` prints the table."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_invoicing.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")

import django

django.setup()

from django.conf import settings
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext, get_runner, setup_test_environment

from deals.models import Account, Deal, Organization, Stage
from deals.viewer import Viewer
from quickbooks_bridge.gateway import limiter
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.services.index import connection_load, connection_sync

from .conftest import connect, make_member
from .emulator_process import EmulatorProcess

Row = tuple[str, int, int, float]


def measured(name: str, emulator: EmulatorProcess, work: Callable[[], Any]) -> Row:
    """Give name, QuickBooks calls, SQL statements and our own CPU in ms of one run."""
    before = len(_calls(emulator))
    with CaptureQueriesContext(database) as queries:
        started = time.process_time()
        work()
        spent = (time.process_time() - started) * 1000
    return name, len(_calls(emulator)) - before, len(queries), spent


def _calls(emulator: EmulatorProcess) -> list[Any]:
    answer = emulator.control("GET", "/control/requests")
    return answer["requests"] if isinstance(answer, dict) else answer


def _settings(emulator: EmulatorProcess) -> None:
    settings.QUICKBOOKS_CLIENT_ID = emulator.client_id
    settings.QUICKBOOKS_CLIENT_SECRET = emulator.client_secret
    settings.QUICKBOOKS_ENVIRONMENT = emulator.discovery_url
    settings.QUICKBOOKS_API_URL = emulator.api_url
    for name in ("PER_SECOND", "PER_MINUTE", "BACKGROUND_PER_MINUTE"):
        setattr(limiter, name, 10**6)


def _invoices(account: Account, deal: Deal, realm: str, count: int) -> None:
    now = datetime.now(UTC)
    have = Invoice.objects.filter(deal=deal).count()
    rows = (
        Invoice(
            account=account, deal=deal, realm_id=realm, qbo_id=f"b{number}", customer_qbo_id="1",
            txn_date=now.date(), total=100, balance=50, seen_at=now, remote_updated_at=now,
        )
        for number in range(have, count)
    )  # fmt: skip
    Invoice.objects.bulk_create(rows, batch_size=5000)


def _deals(account: Account, stage: Stage, count: int) -> None:
    have = Deal.objects.filter(account=account).count()
    rows = (Deal(account=account, stage=stage, title=f"Deal {number}") for number in range(have, count))
    Deal.objects.bulk_create(rows, batch_size=5000)


def run(emulator: EmulatorProcess) -> list[Row]:
    _settings(emulator)
    account = Account.objects.create(name="Bench")
    stage = Stage.objects.create(account=account, name="Won")
    member = make_member(account, "bench", "admin")
    link = connect(Viewer(account, member), emulator)
    connection_load(link, now=datetime.now(UTC))
    link.refresh_from_db()
    client = Client()
    client.force_login(member.user)
    organization = Organization.objects.create(account=account, name="Bench org")
    deal = Deal.objects.create(account=account, stage=stage, title="Bench deal", organization=organization)
    client.get(f"/deals/{deal.pk}/")
    rows = [
        measured("open the form", emulator, lambda: client.get(f"/deals/{deal.pk}/invoices/new/")),
        measured("customer search", emulator, lambda: client.get("/quickbooks/customers/?q=den")),
    ]
    for count in (0, 10):
        invoices = list(
            Invoice.objects.filter(realm_id=link.realm_id, is_deleted=False, is_voided=False)[:50]
        )
        for number in range(count):
            base = f"/control/{link.realm_id}/invoices/{invoices[number].qbo_id}"
            emulator.control("POST", f"{base}/edit", json={"PrivateNote": f"n{number}"})
        rows.append(
            measured(f"sync, {count} changed", emulator, lambda: connection_sync(link, now=datetime.now(UTC)))
        )
    for count in (10, 1000, 100_000):
        _invoices(account, deal, link.realm_id, count)
        rows.append(
            measured(
                f"panel, {count} invoices", emulator, lambda: client.get(f"/deals/{deal.pk}/invoices/tab/")
            )
        )
    for count in (10, 1000, 100_000):
        _deals(account, stage, count)
        rows.append(measured(f"deal list, {count} deals", emulator, lambda: client.get("/deals/")))
    rows.append(measured("deal search, 100000 deals", emulator, lambda: client.get("/deals/?q=Deal+77")))
    assert Connection.objects.count() == 1
    return rows


def main() -> None:
    setup_test_environment()
    runner = get_runner(settings)(verbosity=0, interactive=False)
    old = runner.setup_databases()
    try:
        with EmulatorProcess("--company", "us", "--seed", "7") as emulator:
            print(f"{'what':<28}{'QuickBooks calls':>18}{'SQL':>6}{'our CPU ms':>12}")
            for name, calls, statements, spent in run(emulator):
                print(f"{name:<28}{calls:>18}{statements:>6}{spent:>12.1f}")
    finally:
        runner.teardown_databases(old)


if __name__ == "__main__":
    main()
