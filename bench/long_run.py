"""What takes long: the first reading of a large company while its worker is killed, and memory after thousands of tasks.

`make bench` runs it at a tenth of the sizes; BENCH_INVOICES=200000 and BENCH_TASKS=10000 are the promised ones.
"""

import base64
import hashlib
import hmac
import itertools
import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import psutil
import requests

from tests.emulator_process import EmulatorProcess
from tests.polling import until

from .report import Figure, show
from .site import Site, installation, run_parts

INVOICES = int(os.environ.get("BENCH_INVOICES", "20000"))
KILLS = int(os.environ.get("BENCH_KILLS", "4"))
# The schedule looks for due work so often here that its tasks are as many as the requests.
DISPATCH_SECONDS = 0.04
TASKS = int(os.environ.get("BENCH_TASKS", "1000"))

# How the pages say how far the reading is.
SAYS_SO = {"card": r'<progress value="(\d+)"', "health": r"(\d[^<]{0,12}) of [^<]{1,14} are here"}


class Onlooker(threading.Thread):
    """Somebody who watches the first reading: how far it says it is, and how long its page takes."""

    def __init__(self, site: Site, browser: requests.Session, paths: list[str]) -> None:
        super().__init__(daemon=True)
        self.site, self.browser, self.paths = site, browser, paths
        self.said: dict[str, list[int]] = {path: [] for path in paths}
        self.slowest, self.over = 0.0, threading.Event()

    def run(self) -> None:
        for path in itertools.cycle(self.paths):
            if self.over.wait(0.25):
                return
            began = time.monotonic()
            answer = self.browser.get(self.site.url + path, timeout=30)
            self.slowest = max(self.slowest, time.monotonic() - began)
            assert answer.status_code == 200, (path, answer.status_code)
            found = re.search(SAYS_SO["health" if "health" in path else "card"], answer.text)
            if found:
                self.said[path].append(int(re.sub(r"\D", "", found[1])))


def page_reads(emulator: EmulatorProcess) -> Counter[str]:
    """How often each page of a list was asked for."""
    asked = [str(call.get("query") or "") for call in emulator.calls()]
    return Counter(text for text in asked if "STARTPOSITION" in text.upper() and "COUNT(" not in text.upper())


def initial_import(kind: str) -> list[str]:
    """Read a company of many invoices, killing the worker every so often."""
    customers = max(100, INVOICES // 10)
    began = time.monotonic()
    arguments = ("--company", "us", "--single", "--seed", "7", "--customers", str(customers))
    with EmulatorProcess(*arguments, "--invoices", str(INVOICES)) as emulator:
        opened = time.monotonic() - began
        assert emulator.pid is not None
        qbo = psutil.Process(emulator.pid)
        weighs = qbo.memory_info().rss / 2**20
        with installation(kind, emulator) as site:
            from deals.models import Account
            from deals.viewer import Viewer
            from tests.fixtures import connect, make_deal, make_member

            account = Account.objects.create(name="Bench")
            viewer = Viewer(account, make_member(account, "bench", "admin"))
            deal = make_deal(account)
            site.start("web")
            connection = connect(viewer, emulator)
            paths = ["/quickbooks/progress/", f"/deals/{deal.pk}/", "/quickbooks/health/"]
            onlooker = Onlooker(site, site.person(viewer.member), paths)
            onlooker.start()
            used = sum(qbo.cpu_times()[:2])
            began = time.monotonic()
            site.start("worker")
            _read_with_deaths(site, connection)
            took = time.monotonic() - began
            used = sum(qbo.cpu_times()[:2]) - used
            onlooker.over.set()
            onlooker.join(30)
            reads = page_reads(emulator)
            apart = _apart(connection)
            memory = site.watched["worker"]
    falls = sum(
        later < earlier for said in onlooker.said.values() for earlier, later in itertools.pairwise(said)
    )
    told = [len(set(said)) for said in onlooker.said.values()]
    return show(
        f"first reading of {INVOICES} invoices, {customers} customers, worker killed {KILLS} times: {kind}",
        [
            Figure("QuickBooks emulator: seconds to open its books", opened),
            Figure("QuickBooks emulator: memory, MB", weighs),
            Figure("seconds until all is read", took),
            Figure("   of these processor time of the QuickBooks emulator", used),
            Figure("worker, all its processes together at most, MB", memory.together, 300),
            Figure("worker, its largest process ever, MB", memory.largest, 300),
            Figure("pages asked for", sum(reads.values())),
            Figure("pages asked for again", sum(reads.values()) - len(reads), KILLS),
            Figure("invoices, payments, customers, products more or fewer than there", apart["count"], 0),
            Figure("invoices of three pages that differ", apart["rows"], 0),
            Figure("steps of progress seen where least are (deal, card, health)", -min(told), -3),
            Figure("progress went back", falls, 0),
            Figure("slowest page meanwhile, seconds", onlooker.slowest, 3, is_timed=True),
        ],
    )


def _read_with_deaths(site: Site, connection: Any) -> None:
    """Wait until all is read; the worker is killed after each of `KILLS` equal parts."""
    for nth in range(1, KILLS + 1):
        until(
            partial(_is_read, site, connection, nth / (KILLS + 1)),
            seconds=900,
            what=f"part {nth} of the reading",
        )
        site.kill("worker")
        # As if the time were over after which a killed worker's claim ends.
        ended = datetime.now(UTC) - timedelta(seconds=1)
        from quickbooks_bridge.models import SyncState

        SyncState.objects.update(import_lease_until=ended, next_sync_at=datetime.now(UTC))
        site.start("worker")
    until(lambda: _is_read(site, connection, 1.0), seconds=900, what="everything is read")


def _is_read(site: Site, connection: Any, part: float) -> bool:
    """Whether so much is read; looks at the worker's memory on the way."""
    site.look_at_memory("worker")
    connection.refresh_from_db()
    if connection.company.sync.import_state == "done":
        return True
    steps = (connection.company.sync.import_progress or {}).values()
    done, total = (sum(int(step[name]) for step in steps) for name in ("done", "total"))
    return part < 1 and total > 0 and done >= total * part


def _apart(connection: Any) -> dict[str, int]:
    """How far the rows here are from QuickBooks'."""
    from quickbooks_bridge.domain.query import ANY_STATE
    from quickbooks_bridge.models import Customer, Invoice, Item, Payment
    from quickbooks_bridge.services.connections.lifecycle import client_for

    client = client_for(connection, interactive=True)
    count = sum(abs(model.objects.count() - client.count(model.__name__)) for model in (Invoice, Payment))
    count += sum(
        abs(model.objects.count() - client.count(model.__name__, where=[ANY_STATE]))
        for model in (Customer, Item)
    )
    rows = 0
    for start in (1, max(1, INVOICES // 2), max(1, INVOICES - 1000)):
        theirs = {row.qbo_id: row for row in (one.read() for one in client.listed("Invoice", start=start))}
        ours = Invoice.objects.filter(qbo_id__in=theirs)
        held = {row.qbo_id: (row.total, row.balance, row.sync_token) for row in ours}
        for qbo_id, row in theirs.items():
            rows += held.get(qbo_id) != (Decimal(row.total), Decimal(row.balance), row.sync_token)
    return {"count": count, "rows": rows}


class Life:
    """What an installation does all day: one deal, somebody at it, and a company that goes on working."""

    def __init__(self, site: Site, emulator: EmulatorProcess) -> None:
        from deals.models import Account
        from deals.viewer import Viewer
        from quickbooks_bridge.models import Connection, Customer, Invoice, Item
        from tests.fixtures import connect, make_deal, make_member

        self.site, self.emulator = site, emulator
        account = Account.objects.create(name="Bench")
        viewer = Viewer(account, make_member(account, "bench", "admin"))
        self.deal = make_deal(account).pk
        self.connection = connect(viewer, emulator)
        site.start("web", "worker")
        until(
            lambda: Connection.objects.get().company.sync.import_state == "done",
            seconds=120,
            what="the company is read",
        )
        realm = self.connection.company.realm_id
        self.customer = (
            Customer.objects.filter(company__realm_id=realm, is_active=True).order_by("pk")[0].qbo_id
        )
        self.item = (
            Item.objects.filter(company__realm_id=realm, is_active=True, kind="Service")
            .order_by("pk")[0]
            .qbo_id
        )
        self.known = Invoice.objects.filter(is_voided=False).order_by("pk")[0].qbo_id
        self.browser = site.person(viewer.member)
        self.done, self.made = 0, 0
        # Few creations: an answer repeats what changed in the last five minutes, which here would be ever more of them.
        shares = (
            (56, self.look), (10, self.open_form), (10, self.open_pages), (22, self.announce), (2, self.create),
        )  # fmt: skip
        self.acts = [act for share, act in shares for _time in range(share)]

    def step(self) -> None:
        """Do one thing of what people and QuickBooks do; a hundred of them hold each kind in its share."""
        self.acts[self.done * 37 % 100]()
        self.done += 1

    def get(self, path: str) -> None:
        answer = self.browser.get(self.site.url + path, timeout=60)
        assert answer.status_code in {200, 204}, (path, answer.status_code)

    def look(self) -> None:
        self.get(f"/deals/{self.deal}/invoices/tab/?seen=0")

    def open_form(self) -> None:
        self.get(f"/deals/{self.deal}/invoices/new/")

    def open_pages(self) -> None:
        for path in (f"/deals/{self.deal}/", "/quickbooks/customers/?q=a", "/quickbooks/health/"):
            self.get(path)

    def announce(self) -> None:
        """Change an invoice, announce it, and let a task fetch it."""
        path = f"/control/{self.connection.company.realm_id}/invoices/{self.known}/edit"
        self.emulator.control("POST", path, {"PrivateNote": f"note {self.done}"})
        body = webhook_body(self.connection.company.realm_id, f"{self.done}")
        key = self.emulator.verifier_token.encode()
        signature = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
        answer = requests.post(
            f"{self.site.url}/quickbooks/webhook/", body, headers={"intuit-signature": signature}, timeout=60
        )
        assert answer.status_code == 200, answer.status_code

    def create(self) -> None:
        today = datetime.now(UTC).date()
        data = {
            "token": f"life-{self.made}", "again_reason": "another month", "customer_mode": "existing", "customer": self.customer, "to": "Life",
            "address": "1 Elm St", "email": "life@bench.example", "currency": "USD",
            "issue_date": today.isoformat(), "due_date": (today + timedelta(days=7)).isoformat(),
            "lines-0-name": "Life", "lines-0-quantity": "1", "lines-0-unit_price": "25", "lines-0-discount": "",
            "lines-0-discount_kind": "percent", "lines-0-tax": "0", "lines-0-item": self.item,
        }  # fmt: skip
        self.made += 1
        answer = self.browser.post(f"{self.site.url}/deals/{self.deal}/invoices/new/", data, timeout=60)
        assert answer.status_code == 200, answer.status_code


def webhook_body(realm: str, name: str) -> bytes:
    entity = {"name": "Invoice", "id": "1", "operation": "Update", "lastUpdated": name}
    return json.dumps(
        {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": [entity]}}]}
    ).encode()


def memory(kind: str) -> list[str]:
    """Live through thousands of requests and the tasks that come of them, and weigh web and worker on the way."""
    warm = 1000
    names = ("web", "worker")
    weights: dict[str, list[float]] = {name: [] for name in names}
    at: list[int] = []
    with (
        EmulatorProcess("--company", "us", "--single", "--seed", "7") as emulator,
        installation(
            kind, emulator, QUICKBOOKS_POLL_SECONDS="1", DISPATCH_INTERVAL_SECONDS=str(DISPATCH_SECONDS)
        ) as site,
    ):
        life = Life(site, emulator)
        began = time.monotonic()
        while life.done < warm + TASKS:
            life.step()
            if life.done >= warm and (life.done - warm) % max(1, TASKS // 20) == 0:
                at.append(life.done)
                for name in names:
                    weights[name].append(site.private(name))
        calls = emulator.control("GET", "/control/requests")["total"]
        dispatches = (time.monotonic() - began) / DISPATCH_SECONDS
    figures = [
        Figure("tasks that the schedule sent meanwhile, at most", dispatches),
        Figure("calls to QuickBooks meanwhile", calls),
    ]
    for name in names:
        first, last = (sum(part) / len(part) for part in (weights[name][:4], weights[name][-4:]))
        figures += [
            Figure(f"{name}: memory of its own after {warm} requests, MB", first),
            Figure("   after all of them, MB", last),
            Figure("   growth, of 100", (last - first) / first * 100, 4),
            Figure("   growth of the second half, KB for a thousand requests", slope(at, weights[name])),
        ]
    return show(f"{TASKS} requests and the tasks they lead to, after {warm} others: {kind}", figures)


def slope(at: list[int], weights: list[float]) -> float:
    """KB for a thousand requests by least squares, over the second half of the samples."""
    at, weights = at[len(at) // 2 :], weights[len(weights) // 2 :]
    middle, mean = sum(at) / len(at), sum(weights) / len(weights)
    spread = sum((x - middle) ** 2 for x in at)
    return sum((x - middle) * (y - mean) for x, y in zip(at, weights, strict=True)) / spread * 1000 * 1024


PARTS: dict[str, Callable[[str], list[str]]] = {"initial-import": initial_import, "memory": memory}


if __name__ == "__main__":
    run_parts("bench.long_run", PARTS)
