"""How fast the emulator itself is: requests per second and its CPU per request, one by one and sixteen at once."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import psutil

from tests.emulator_process import EmulatorProcess

SECONDS = 1.5
CLIENTS = 16


@dataclass(frozen=True)
class Measured:
    """One row of the table."""

    name: str
    clients: int
    per_second: float
    cpu_ms: float
    consecutive_failures: int


@dataclass(frozen=True)
class Work:
    """A kind of request; `body` makes the next body, None asks by GET."""

    name: str
    path: str
    body: Callable[[], str] | None = None


def works() -> list[Work]:
    numbers: Iterator[int] = itertools.count(1)
    query = quote("SELECT * FROM Invoice WHERE CustomerRef = '3' MAXRESULTS 10")

    def customer() -> str:
        return json.dumps({"DisplayName": f"Bench customer {next(numbers)}"})

    def invoice() -> str:
        line = {
            "Amount": 100,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
        }
        return json.dumps({"CustomerRef": {"value": "3"}, "Line": [line]})

    return [
        Work("read an invoice", "invoice/{invoice}"),
        Work("query ten invoices", f"query?query={query}"),
        Work("cdc, nothing new", "cdc?entities=Invoice,Payment&changedSince={now}"),
        Work("create a customer", "customer", customer),
        Work("create an invoice", "invoice", invoice),
        Work("cdc, a thousand changes", "cdc?entities=Invoice&changedSince={now}"),
    ]


def _run(emulator: EmulatorProcess, work: Work, base: str, clients: int) -> Measured:
    address = urlsplit(emulator.url)
    assert emulator.pid is not None
    process = psutil.Process(emulator.pid)
    headers = {
        "Authorization": f"Bearer {emulator.companies[0]['access_token']}",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }
    counts, consecutive_failures = [0] * clients, [0] * clients
    end = time.perf_counter() + SECONDS

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=30)
        while time.perf_counter() < end:
            method, body = ("GET", None) if work.body is None else ("POST", work.body())
            connection.request(method, base + work.path, body, headers)
            answer = connection.getresponse()
            answer.read()
            counts[number] += 1
            consecutive_failures[number] += answer.status != 200
        connection.close()

    spent, started = sum(process.cpu_times()[:2]), time.perf_counter()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, cpu = time.perf_counter() - started, sum(process.cpu_times()[:2]) - spent
    total = sum(counts)
    return Measured(work.name, clients, total / took, cpu / total * 1000, sum(consecutive_failures))


def run(emulator: EmulatorProcess) -> list[Measured]:
    """Measure every kind of request with one client and with sixteen."""
    base = f"/v3/company/{emulator.companies[0]['realm_id']}/"
    dump = emulator.control("GET", f"/control/{emulator.companies[0]['realm_id']}/dump")
    clock = emulator.control("GET", "/control/clock")["now"]
    known = {"{invoice}": dump["Invoice"][0]["Id"], "{now}": quote(clock)}
    measured = []
    for work in works():
        path = work.path
        for name, value in known.items():
            path = path.replace(name, value)
        for clients in (1, CLIENTS):
            measured.append(_run(emulator, Work(work.name, path, work.body), base, clients))
    return measured


def show(rows: list[Measured]) -> None:
    print(f"{'QuickBooks emulator':<28}{'clients':>8}{'requests/s':>12}{'its CPU ms':>12}{'failed':>8}")
    for row in rows:
        print(
            f"{row.name:<28}{row.clients:>8}{row.per_second:>12.0f}{row.cpu_ms:>12.3f}{row.consecutive_failures:>8}"
        )


def main() -> None:
    with EmulatorProcess("--company", "us", "--seed", "7") as emulator:
        show(run(emulator))


if __name__ == "__main__":
    main()
