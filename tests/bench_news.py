"""News of QuickBooks: how fast announcements are taken in, and how soon a change stands on the page that somebody looks at.

BENCH_RATE and BENCH_SECONDS give the load, BENCH_CHANGES how many changes are followed each way.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psutil

from crm_invoicing.processes import BASE

from .bench_site import Figure, each_apart, installation, show
from .emulator_process import EmulatorProcess
from .waiting import until

RATE = int(os.environ.get("BENCH_RATE", "500"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
COMPANIES = 20


def flood(kind: str) -> list[str]:
    """Announce changes of twenty companies hundreds of times a second."""
    arguments = ("--company", "us", "--single", "--companies", str(COMPANIES), "--seed", "7")
    with EmulatorProcess(*arguments, limits=True) as emulator, installation(kind, emulator) as site:
        from quickbooks_bridge.models import Connection, WebhookEvent

        from .bench_scale import connected

        small = [one for one in emulator.companies if "access_token" in one][1:]
        connected(small)
        later = datetime.now(UTC) + timedelta(hours=1)
        Connection.objects.update(next_sync_at=later)
        site.start("web", "worker")
        job = {
            "port": site.port,
            "rate": RATE,
            "seconds": SECONDS,
            "connections": 64,
            "token": emulator.verifier_token,
            "realms": [one["realm_id"] for one in small],
        }
        calls = emulator.control("GET", "/control/requests")["total"]
        sender = subprocess.Popen(
            [sys.executable, "-m", "tests.bench_sender"],
            cwd=BASE, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert sender.stdin is not None
        assert sender.stdout is not None
        sender.stdin.write(json.dumps(job) + "\n")
        sender.stdin.flush()
        assert sender.stdout.readline() == "ready\n"
        pretend = psutil.Process(emulator.pid)
        before = {name: site.cpu(name) for name in site.children}
        theirs = sum(pretend.cpu_times()[:2])
        psutil.cpu_percent()
        sender.stdin.write("go\n")
        sender.stdin.flush()
        said = json.loads(sender.stdout.readline())
        sender.wait(30)
        busy = psutil.cpu_percent() / 100 * (os.cpu_count() or 1)
        cores = {name: (site.cpu(name) - before[name]) / said["seconds"] for name in site.children}
        theirs = (sum(pretend.cpu_times()[:2]) - theirs) / said["seconds"]
        began = time.monotonic()
        until(
            lambda: not WebhookEvent.objects.filter(handled_at__isnull=True).exists(),
            seconds=60,
            what="every announcement is followed",
        )
        until(lambda: not Connection.objects.filter(next_sync_at__lte=datetime.now(UTC)).exists(), seconds=60)
        after = time.monotonic() - began
        calls = emulator.control("GET", "/control/requests")["total"] - calls
        throttled = sum(call["status"] == 429 for call in emulator.calls())
        stored = set(WebhookEvent.objects.values_list("qbo_id", flat=True))
    return show(
        f"{RATE} announcements a second for {SECONDS} s, {COMPANIES} companies: {kind}",
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
            Figure("cores used: pretend QuickBooks", theirs),
        ],
    )  # fmt: skip


PARTS: dict[str, Callable[[str], list[str]]] = {"flood": flood}


def main() -> None:
    if len(sys.argv) > 2:
        sys.exit(bool(PARTS[sys.argv[1]](sys.argv[2])))
    if each_apart("tests.bench_news", sys.argv[1:] or list(PARTS)):
        raise SystemExit("A promise was broken.")


if __name__ == "__main__":
    main()
