"""What keeping up to date costs: a call against plain requests, a thousand changes against reading their JSON alone.

Printed by `make bench`, on one machine's database and on that of servers. Processor time is our own process' and shown as a
ratio to the work that nobody could save, measured in the same run.
"""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_invoicing.settings")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

import django

django.setup()

import psutil
import requests
from django.conf import settings
from django.db import connection as database
from django.test.utils import CaptureQueriesContext, get_runner, setup_test_environment

from crm_invoicing.encryption import encrypt
from crm_invoicing.gc_tuning import freeze_heap
from deals.models import Account, Deal, Stage
from quickbooks_bridge.domain.parsing import parse_cdc
from quickbooks_bridge.gateway.client import QuickBooksClient
from quickbooks_bridge.gateway.rate_limiter import LocalLimiter
from quickbooks_bridge.models import Company, Connection, Invoice, SyncState
from quickbooks_bridge.services.mirror import invoices
from quickbooks_bridge.services.sync.batch import BATCH_SIZE, sync_batch
from tests.emulator_process import EmulatorProcess
from tests.factories import connection_make
from tests.fixtures import make_member

from .api import api_calling
from .create import creating
from .panel import looking
from .pipedrive import pipedrive_opening
from .receivables import receivables_looking
from .report import Figure, show
from .rights import rights_reading
from .site import run_parts

REPEATS = 7
TURNS = 15
PLAIN_READS = 300
NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)


def cpu(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Return the least processor time of several runs, in ms: what disturbs a run only ever adds."""
    spent = []
    for _time in range(repeats):
        started = time.process_time()
        work()
        spent.append((time.process_time() - started) * 1000)
    return min(spent)


def side_by_side(*works: Callable[[], Any]) -> list[float]:
    """Return the middle processor time of each work in ms, run in turns.

    Not the least: which runs the collector of garbage falls into is chance, and it spares the shortest work most often.
    """
    spent = [[cpu(work, 1) for work in works] for _turn in range(TURNS)]
    return [median(column) for column in zip(*spent, strict=True)]


def _lines() -> list[dict[str, Any]]:
    return [
        {
            "Id": str(at),
            "LineNum": at,
            "Description": "Sit/stand desk, 60 in, white oak top and graphite frame",
            "Amount": 275.00,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "5", "name": "Sit/stand desk"},
                "UnitPrice": 275,
                "Qty": 1,
                "ItemAccountRef": {"value": "79", "name": "Sales of Product Income"},
                "TaxCodeRef": {"value": "TAX"},
            },
        }
        for at in (1, 2, 3)
    ]


def _tax() -> dict[str, Any]:
    return {
        "TxnTaxCodeRef": {"value": "2"},
        "TotalTax": 68.06,
        "TaxLine": [
            {
                "Amount": 68.06,
                "DetailType": "TaxLineDetail",
                "TaxLineDetail": {
                    "TaxRateRef": {"value": "3"},
                    "PercentBased": True,
                    "TaxPercent": 8.25,
                    "NetAmountTaxable": 825.00,
                },
            }
        ],
    }


def invoice(number: int, *, token: int, balance: str) -> dict[str, Any]:
    """Return an invoice of three lines as QuickBooks writes it."""
    return {
        "AllowIPNPayment": False,
        "AllowOnlinePayment": False,
        "AllowOnlineCreditCardPayment": False,
        "AllowOnlineACHPayment": False,
        "domain": "QBO",
        "sparse": False,
        "Id": str(number),
        "SyncToken": str(token),
        "MetaData": {
            "CreateTime": "2026-03-01T09:00:00-08:00",
            "LastUpdatedTime": f"2026-03-02T09:{token:02}:00-08:00",
        },
        "CustomField": [],
        "DocNumber": str(1000 + number),
        "TxnDate": "2026-03-01",
        "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
        "LinkedTxn": [],
        "Line": [*_lines(), {"Amount": 825.00, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}],
        "TxnTaxDetail": _tax(),
        "CustomerRef": {"value": "24", "name": "Marlow Dental Group"},
        "CustomerMemo": {"value": "Thank you for your business."},
        "BillAddr": {
            "Id": "95",
            "Line1": "Marlow Dental Group",
            "Line2": "1200 W 6th St, Suite 400",
            "City": "Austin",
            "CountrySubDivisionCode": "TX",
            "PostalCode": "78703",
            "Lat": "30.2711286",
            "Long": "-97.7436995",
        },
        "ShipAddr": {
            "Id": "96",
            "Line1": "1200 W 6th St, Suite 400",
            "City": "Austin",
            "CountrySubDivisionCode": "TX",
            "PostalCode": "78703",
        },
        "FreeFormAddress": True,
        "SalesTermRef": {"value": "3", "name": "Net 30"},
        "DueDate": "2026-03-31",
        "TotalAmt": 893.06,
        "ApplyTaxAfterDiscount": False,
        "PrintStatus": "NeedToPrint",
        "EmailStatus": "NotSet",
        "BillEmail": {"Address": "accounts@marlowdental.example"},
        "Balance": float(balance),
    }


def answer(token: int, balance: str) -> str:
    rows = [invoice(number, token=token, balance=balance) for number in range(1, 1001)]
    parts = {"Invoice": rows, "startPosition": 1, "maxResults": len(rows)}
    return json.dumps({"CDCResponse": [{"QueryResponse": [parts]}], "time": "2026-03-03T00:00:00.000-08:00"})


def reconciling() -> list[Figure]:
    """A full answer of change data capture: nothing new, and everything changed on a deal."""
    account = Account.objects.create(name="Bench")
    member = make_member(account, "bench", "admin")
    stage = Stage.objects.create(account=account, name="Won")
    deal = Deal.objects.create(account=account, stage=stage, title="Bench deal")
    link = connection_make(account, member, realm_id="9", connected_at=NOW)

    def apply(text: str) -> None:
        changes = parse_cdc(json.loads(text, parse_float=Decimal))
        invoices.cdc_apply([(link, changes)], now=NOW, source="sync")

    first = answer(0, "893.06")
    apply(first)
    Invoice.objects.update(deal=deal)
    news = iter([answer(token, str(893 - token)) for token in range(1, TURNS + 2)])
    with CaptureQueriesContext(database) as queries:
        apply(next(news))
    # In turns, so that a processor that slows down meanwhile slows all three.
    alone, same, changed = side_by_side(
        lambda: json.loads(first, parse_float=Decimal), lambda: apply(first), lambda: apply(next(news))
    )
    counted = [
        one for one in queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]
    most = 4 if database.vendor == "postgresql" else 6
    return [
        Figure("statements for 1,000 changed invoices", len(counted), most),
        Figure("processor time, nothing changed / reading JSON", same / alone, 2),
        Figure("processor time, all changed / reading JSON", changed / alone, 3.5),
    ]


class Token:
    """An access token that is good."""

    def __init__(self, text: str) -> None:
        self._text = text

    def access_token(self) -> str:
        return self._text

    def force_refresh(self, stale: str) -> str:
        raise AssertionError("the token was refused")


def calling(emulator: EmulatorProcess) -> list[Figure]:
    """One read through the gateway beside the same read with requests over a kept-alive connection."""
    company = emulator.companies[0]
    token = company["access_token"]
    client = QuickBooksClient(
        realm_id=company["realm_id"],
        tokens=Token(token),
        api_url=emulator.api_url,
        limiter=LocalLimiter(),
        interactive=True,
        timeout=10,
    )
    qbo_id = client.listed("Invoice", size=1)[0].qbo_id
    url = f"{emulator.api_url}/company/{company['realm_id']}/invoice/{qbo_id}?minorversion=75"
    plain = requests.Session()
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def many(work: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            for _call in range(100):
                work()

        return run

    before = emulator.control("GET", "/control/requests")["total"]
    ours = cpu(many(lambda: client.invoice_read(qbo_id)), 5)
    calls = emulator.control("GET", "/control/requests")["total"] - before
    theirs = cpu(many(lambda: plain.get(url, headers=headers).json()), 5)
    return [
        Figure("processor time of a call / requests kept alive", ours / theirs, 1.4),
        Figure("calls for 500 reads", calls, 500),
    ]


def many_companies(count: int) -> list[Figure]:
    """One look for changes of many companies, two of a hundred with a change, by one process.

    The QuickBooks emulator answers on the same machine and takes its share of the seconds; the processor time is ours alone.
    """
    with EmulatorProcess("--company", "us", "--single", "--companies", str(count), "--seed", "7") as emulator:
        settings.QUICKBOOKS_API_URL = emulator.api_url
        small = [one for one in emulator.companies if "access_token" in one][1 : count + 1]
        pks = connected(small)
        _touch(emulator, small)
        plain = plain_change_reads(emulator, small)
        figures = _cycle("answers at once", pks, 30, plain)
        emulator.control("POST", "/control/faults", {"kind": "slow", "operation": "cdc", "delay": 0.2})
        figures += _cycle("answers after 200 ms", pks, 90, plain)
        struck = emulator.control("GET", "/control/faults")[0]["hits"]
    assert struck == len(pks), f"{struck} answers of {len(pks)} were slow"
    return figures


def plain_change_reads(emulator: EmulatorProcess, companies: list[dict[str, str]]) -> float:
    """Return the processor time, in ms, of one plain request for changes with its JSON read: what nobody could save."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    asked = companies[:PLAIN_READS]

    def read() -> None:
        for one in asked:
            _SESSION.get(
                f"{emulator.api_url}/company/{one['realm_id']}/cdc",
                params={"entities": "Invoice,Payment,Customer,Item", "changedSince": since},
                headers={"Authorization": f"Bearer {one['access_token']}", "Accept": "application/json"},
            ).json(parse_float=Decimal)

    return cpu(read, 3) / len(asked)


def _cycle(how: str, pks: list[int], most: float, plain: float) -> list[Figure]:
    batches = [pks[start : start + BATCH_SIZE] for start in range(0, len(pks), BATCH_SIZE)]
    memory = psutil.Process().memory_info().rss
    started, spent = time.monotonic(), time.process_time()
    with CaptureQueriesContext(database) as queries:
        polled = [sync_batch(batch, now=datetime.now(UTC)) for batch in batches]
    seconds = time.monotonic() - started
    spent = (time.process_time() - spent) * 1000
    grown = (psutil.Process().memory_info().rss - memory) / 2**20
    assert sum(one.synced for one in polled) == len(pks)
    statements = [one for one in queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    return [
        Figure(f"{len(pks)} companies, {how}: failed", sum(one.failed for one in polled), 0),
        Figure("   seconds for 10,000 of them at this pace", seconds * 10_000 / len(pks), most),
        Figure(
            "   processor time per company / one plain request with its JSON read",
            spent / len(pks) / plain,
            1.5,
        ),
        Figure("   the same in ms of this machine", spent / len(pks)),
        Figure("   statements per company", len(statements) / len(pks), 0.1),
        Figure("   memory grown, MB", grown, 150),
    ]


def connected(companies: list[dict[str, str]]) -> list[int]:
    account = Account.objects.create(name="Many")
    owner = make_member(account, "companies", "admin")
    accounts = Account.objects.bulk_create(Account(name=one["name"]) for one in companies)
    now = datetime.now(UTC)
    rows = Company.objects.bulk_create(
        Company(account=home, realm_id=one["realm_id"]) for home, one in zip(accounts, companies, strict=True)
    )
    SyncState.objects.bulk_create(SyncState(company=row, cdc_cursor=now, import_state="done") for row in rows)
    Connection.objects.bulk_create(
        Connection(
            company=row,
            account=row.account,
            owner=owner,
            access_token=encrypt(one["access_token"], keys=settings.TOKEN_ENCRYPTION_KEYS),
            access_expires_at=now + timedelta(hours=1),
            connected_at=now,
        )
        for row, one in zip(rows, companies, strict=True)
    )
    return [row.pk for row in rows]


def _touch(emulator: EmulatorProcess, companies: list[dict[str, str]]) -> None:
    """Let something happen in two of a hundred companies; the first touch of a company also builds it."""
    for one in companies:
        headers = {"Authorization": f"Bearer {one['access_token']}", "Accept": "application/json"}
        _SESSION.get(
            f"{emulator.api_url}/company/{one['realm_id']}/companyinfo/{one['realm_id']}", headers=headers
        )
    for one in companies[::50]:
        emulator.control("POST", f"/control/{one['realm_id']}/customers", {"DisplayName": "New one"})


_SESSION = requests.Session()


def measure(kind: str) -> list[str]:
    """Measure all of it on the database and with the limits that the environment names."""
    setup_test_environment()
    runner = get_runner(settings)(verbosity=0, interactive=False)
    old = runner.setup_databases()
    for name in ("PER_SECOND", "PER_MINUTE", "BACKGROUND_PER_MINUTE"):
        setattr(__import__("quickbooks_bridge.gateway.rate_limiter", fromlist=["x"]), name, 10**6)
    freeze_heap()  # as web and worker do
    try:
        figures = reconciling()
        with EmulatorProcess("--company", "us", "--seed", "7") as emulator:
            figures += calling(emulator) + creating(emulator)
        figures += many_companies(int(os.environ.get("BENCH_COMPANIES", "2000")))
        figures += looking() + api_calling() + pipedrive_opening() + receivables_looking()
        figures += rights_reading()
        return show(f"keeping up to date: {kind}", figures)
    finally:
        runner.teardown_databases(old)


if __name__ == "__main__":
    run_parts("bench.scale", {"keeping up to date": measure})
