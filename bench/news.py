"""News of QuickBooks: how fast webhook events are taken in, and how soon a change stands on the page that somebody looks at.

BENCH_RATE and BENCH_SECONDS give the load, BENCH_CHANGES how many changes are followed each way.
"""

import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import psutil
import requests

from crm_invoicing.processes import BASE
from tests.emulator_process import EmulatorProcess
from tests.polling import free_port, until

from .report import Figure, show
from .site import ONE_MACHINE, Site, installation, run_parts

RATE = int(os.environ.get("BENCH_RATE", "200"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "60"))
COMPANIES = 20
CHANGES = int(os.environ.get("BENCH_CHANGES", "30"))
# What the page's own script does (static/js/polling.js).
LOOK_EVERY = 1.0
POLL = 20


def flood(kind: str) -> list[str]:
    """Announce changes of twenty companies hundreds of times a second."""
    arguments = ("--company", "us", "--single", "--companies", str(COMPANIES), "--seed", "7")
    with EmulatorProcess(*arguments, limits=True) as emulator, installation(kind, emulator) as site:
        from quickbooks_bridge.models import SyncState, WebhookEvent

        from .scale import connected

        small = [one for one in emulator.companies if "access_token" in one][1:]
        connected(small)
        later = datetime.now(UTC) + timedelta(hours=1)
        SyncState.objects.update(next_sync_at=later)
        site.start("web", "worker")
        calls = emulator.control("GET", "/control/requests")["total"]
        sender = _sender(site.port, emulator.verifier_token, [one["realm_id"] for one in small])
        assert sender.stdin is not None
        assert sender.stdout is not None
        qbo = psutil.Process(emulator.pid)
        before = {name: site.cpu(name) for name in site.children}
        theirs = sum(qbo.cpu_times()[:2])
        psutil.cpu_percent()
        sender.stdin.write("go\n")
        sender.stdin.flush()
        said = json.loads(sender.stdout.readline())
        sender.wait(30)
        busy = psutil.cpu_percent() / 100 * (os.cpu_count() or 1)
        cores = {name: (site.cpu(name) - before[name]) / said["seconds"] for name in site.children}
        theirs = (sum(qbo.cpu_times()[:2]) - theirs) / said["seconds"]
        began = time.monotonic()
        until(
            lambda: not WebhookEvent.objects.filter(processed_at__isnull=True).exists(),
            seconds=60,
            what="every webhook event is followed",
        )
        until(lambda: not SyncState.objects.filter(next_sync_at__lte=datetime.now(UTC)).exists(), seconds=60)
        after = time.monotonic() - began
        calls = emulator.control("GET", "/control/requests")["total"] - calls
        throttled = sum(call["status"] == 429 for call in emulator.calls())
        stored = set(WebhookEvent.objects.values_list("qbo_id", flat=True))
    return show(
        f"{RATE} webhook events a second for {SECONDS} s, {COMPANIES} companies: {kind}",
        [
            Figure("answered, ms: half", said["p50"]),
            Figure("   95 of 100", said["p95"]),
            Figure("   99 of 100", said["p99"], 100, is_timed=True),
            Figure("   slowest", said["max"]),
            Figure("not answered or refused though genuine, forged but taken", said["wrong"] + said["lost"], 0),
            Figure(f"forged ({said['forged']} sent) that were stored, genuine that were not",
                   len(stored ^ set(said["told"])), 0),
            Figure("calls to QuickBooks that came of it, for each company and second",
                   calls / COMPANIES / (said["seconds"] + after), 6),
            Figure("   of these refused as too many", throttled, 0),
            Figure("seconds until the last was followed", after, 15, is_timed=True),
            *(Figure(f"cores used: {name}", used) for name, used in cores.items()),
            Figure("cores used: everything on this machine", busy),
            Figure("cores used: sender", said["cores"]),
            Figure("cores used: QuickBooks emulator", theirs),
        ],
    )  # fmt: skip


def _sender(port: int, token: str, realms: list[str]) -> "subprocess.Popen[str]":
    """Start the process that announces; it waits for a line to begin, and then gives what it met as one."""
    job = {
        "port": port, "rate": RATE, "seconds": SECONDS, "connections": 64, "token": token, "realms": realms,
    }  # fmt: skip
    sender = subprocess.Popen(
        [sys.executable, "-m", "bench.sender"],
        cwd=BASE, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert sender.stdin is not None
    assert sender.stdout is not None
    sender.stdin.write(json.dumps(job) + "\n")
    sender.stdin.flush()
    assert sender.stdout.readline() == "ready\n"
    return sender


class Looker(threading.Thread):
    """Somebody with a deal open: asks as the page's script does, and notes when the awaited amount is shown."""

    def __init__(self, site: Site, browser: requests.Session, deal: int) -> None:
        super().__init__(daemon=True)
        self.site, self.browser, self.deal = site, browser, deal
        self.over, self.awaited, self.mirrored_at = threading.Event(), "", 0.0
        self.requests = 0
        self._page = browser.get(f"{site.url}/deals/{deal}/", timeout=30).text

    def run(self) -> None:
        stamp = re.findall(r"invoices/tab/\?(seen=\w+)", self._page)[-1]
        time.sleep(random.random() * LOOK_EVERY)
        while not self.over.wait(LOOK_EVERY):
            try:
                answer = self.browser.get(
                    f"{self.site.url}/deals/{self.deal}/invoices/tab/?{stamp}", timeout=30
                )
            except requests.ConnectionError:  # the page's script tries again too
                continue
            self.requests += 1
            if answer.status_code == 200:
                stamp = re.findall(r"invoices/tab/\?(seen=\w+)", answer.text)[-1]
                if self.awaited and self.awaited in answer.text:
                    self.mirrored_at, self.awaited = time.monotonic(), ""


@dataclass
class Watch:
    """A company of its own with a deal, one invoice on it, and somebody who may look at it."""

    connection: Any
    invoice: str
    deal: int
    member: Any
    changed_at: float = 0.0
    total: Decimal = Decimal(0)

    @property
    def text(self) -> str:
        """The new amount as pages write it."""
        return f"{self.total:,.2f}"


def _watches(companies: list[dict[str, str]], emulator: EmulatorProcess) -> list[Watch]:
    from deals.models import Deal, Stage
    from quickbooks_bridge.models import Connection, Invoice
    from quickbooks_bridge.services.connections.lifecycle import client_for
    from quickbooks_bridge.services.mirror import invoices
    from tests.fixtures import make_member

    from .scale import connected

    made = []
    for number, pk in enumerate(connected(companies)):
        link = Connection.objects.select_related("account").get(pk=pk)
        member = make_member(link.account, f"looker-{number}", "admin")
        Connection.objects.filter(pk=pk).update(owner=member)
        stage = Stage.objects.create(account=link.account, name="Won")
        deal = Deal.objects.create(account=link.account, stage=stage, title="Watched")
        invoices.invoices_apply(
            link.company,
            client_for(link, interactive=True).listed("Invoice"),
            now=datetime.now(UTC),
            source="load",
        )
        invoice = Invoice.objects.filter(company__account=link.account).order_by("pk")[0]
        Invoice.objects.filter(pk=invoice.pk).update(deal=deal)
        made.append(Watch(link, invoice.qbo_id, deal.pk, member))
    return made


def _is_shown(looker: Any) -> bool:
    return not looker.awaited


def _change(emulator: EmulatorProcess, watch: Watch, nth: int) -> None:
    """Change the invoice's amount to one that no other has."""
    path = f"/control/{watch.connection.company.realm_id}/invoices/{watch.invoice}/edit"
    watch.changed_at = time.monotonic()
    answer = emulator.control("POST", path, {"lines": [{"amount": 50_000 + 7 * nth, "item": "1"}]})
    watch.total = Decimal(str(answer["TotalAmt"])).quantize(Decimal("0.01"))


def _show(title: str, taken: list[float], limit: float, more: list[Figure]) -> list[str]:
    taken.sort()
    at = [
        Figure(f"   {part} of 100", taken[min(len(taken) - 1, len(taken) * part // 100)]) for part in (50, 95)
    ]
    return show(
        title,
        [
            Figure(f"changes followed; seconds until shown: {len(taken)}; least", taken[0]),
            *at,
            Figure("   at most", taken[-1], limit, is_timed=True),
            *more,
        ],
    )


def with_webhook(kind: str) -> list[str]:
    """From a change in QuickBooks that a webhook reports, to the open deal page."""
    port = free_port()
    arguments = ("--company", "us", "--single", "--companies", "3", "--seed", "7")
    hook = ("--webhook-url", f"http://127.0.0.1:{port}/quickbooks/webhook/")
    with (
        EmulatorProcess(*arguments, *hook, limits=True) as emulator,
        installation(kind, emulator, port=port) as site,
    ):
        watches = _watches([one for one in emulator.companies if "access_token" in one][1:], emulator)
        site.start("web", "worker")
        lookers = [Looker(site, site.person(one.member), one.deal) for one in watches]
        for looker in lookers:
            looker.start()
        taken = []
        time.sleep(8)  # the first looks are over
        for nth in range(CHANGES):
            watch, looker = watches[nth % len(watches)], lookers[nth % len(watches)]
            time.sleep(random.uniform(0.3, 1.5))
            _change(emulator, watch, nth)
            looker.awaited = watch.text
            until(partial(_is_shown, looker), seconds=60, what="the change is shown")
            taken.append(looker.mirrored_at - watch.changed_at)
        for looker in lookers:
            looker.over.set()
    title = f"from a change with a webhook to the open page: {kind}"
    # QuickBooks' own wait before it announces is the emulator's tenth of a second here.
    return _show(title, taken, 2.1, [])


def viewed(kind: str) -> list[str]:
    """From a change that nobody announces to the open deal page, and to the row where nobody looks."""
    arguments = ("--company", "us", "--single", "--companies", str(CHANGES + 10), "--seed", "7")
    with (
        EmulatorProcess(*arguments, limits=True) as emulator,
        installation(kind, emulator, QUICKBOOKS_POLL_SECONDS="300") as site,
    ):
        watches = _watches([one for one in emulator.companies if "access_token" in one][1:], emulator)
        now = datetime.now(UTC)
        from quickbooks_bridge.models import SyncState

        for watch in watches:
            SyncState.objects.filter(pk=watch.connection.pk).update(
                last_sync_at=now - timedelta(seconds=random.uniform(0, 50)),
                next_sync_at=now + timedelta(seconds=250),
            )
        site.start("web", "worker")
        lookers = {one.deal: Looker(site, site.person(one.member), one.deal) for one in watches[:CHANGES]}
        for looker in lookers.values():
            looker.start()
        began, web = time.monotonic(), site.cpu("web")
        # Each at its own moment of the cycle of the company.
        for nth, watch in enumerate(watches[:CHANGES]):
            time.sleep(random.uniform(0, 60 / CHANGES))
            _change(emulator, watch, nth)
            lookers[watch.deal].awaited = watch.text
        until(
            lambda: not any(one.awaited for one in lookers.values()), seconds=90, what="all changes are shown"
        )
        spent, web = time.monotonic() - began, site.cpu("web") - web
        asked = sum(one.requests for one in lookers.values())
        for looker in lookers.values():
            looker.over.set()
        taken = [lookers[one.deal].mirrored_at - one.changed_at for one in watches[:CHANGES]]
    return _show(
        f"from a change without a webhook to the open page: {kind}",
        taken,
        60,
        [
            Figure("looks a second of all open pages", asked / spent),
            Figure("cores of web for these", web / spent),
            Figure("   processor time of a look, ms", web / asked * 1000),
        ],
    )


def polled(kind: str) -> list[str]:
    """From a change without a webhook to the row, where nobody looks; the poll is shortened to be waited for."""
    arguments = ("--company", "us", "--single", "--companies", str(CHANGES), "--seed", "7")
    with (
        EmulatorProcess(*arguments, limits=True) as emulator,
        installation(kind, emulator, QUICKBOOKS_POLL_SECONDS=str(POLL)) as site,
    ):
        from quickbooks_bridge.models import Invoice, SyncState

        watches = _watches([one for one in emulator.companies if "access_token" in one][1:], emulator)
        site.start("worker")
        until(
            lambda: not SyncState.objects.filter(last_sync_at=None).exists(), seconds=60, what="a first look"
        )
        began, left = time.monotonic(), list(enumerate(watches))
        waiting: dict[Decimal, Watch] = {}
        taken: list[float] = []
        while (left or waiting) and time.monotonic() - began < POLL * 4:
            # One after the other through a whole cycle and a half.
            while left and time.monotonic() - began > left[0][0] * POLL * 1.5 / CHANGES:
                nth, watch = left.pop(0)
                _change(emulator, watch, nth)
                waiting[watch.total] = watch
            found = set(Invoice.objects.filter(total__in=list(waiting)).values_list("total", flat=True))
            taken += [time.monotonic() - waiting.pop(total).changed_at for total in found]
            time.sleep(0.05)
        assert not waiting, f"{len(waiting)} changes are not there"
    dispatch = 1 if kind == ONE_MACHINE else 5
    return _show(
        f"from a change without a webhook to the row, asked every {POLL} s: {kind}",
        taken,
        POLL + dispatch,
        [],
    )


PARTS: dict[str, Callable[[str], list[str]]] = {
    "flood": flood,
    "webhook": with_webhook,
    "viewed": viewed,
    "polled": polled,
}


if __name__ == "__main__":
    run_parts("bench.news", PARTS)
