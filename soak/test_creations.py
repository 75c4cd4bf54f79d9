"""R1 and R8: an invoice is made exactly once, whatever fails and whoever dies; people on one deal do not collide."""

import random
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.polling import until

from .conftest import drift
from .scorecard import record, size

KINDS = (
    "timeout_before", "timeout_after", "reset_before", "reset_after", "429", "500", "503_html", "200_fault",
    "missing_code", "slow", "500_after", "504", "504_after", "429_json", "429_xml", "truncated", "slow_drip", "expired",
)  # fmt: skip
POINTS = (
    "intent.after_claim", "intent.before_post", "intent.after_post", "intent.before_commit", "sync.before_commit",
)  # fmt: skip
MINUTES = 5


def create(session: requests.Session, site, deal: int, fields: dict[str, str], *, until_time: float) -> bool:
    """What a person does: send the form, and send it again while nothing or no answer comes back."""
    while time.monotonic() < until_time:
        try:
            answer = session.post(
                f"{site.url}/deals/{deal}/invoices/new/", data=fields, timeout=40, allow_redirects=False
            )
        except requests.RequestException:
            time.sleep(0.1)
            continue
        if answer.status_code == 302:
            return True
        time.sleep(0.1)
    return False


def made(site) -> Counter[str]:
    """How many invoices QuickBooks holds by what their first line says."""
    return Counter(
        str(row["Line"][0].get("Description", "")).strip()
        for row in site.dump()["Invoice"]
        if row.get("Line")
    )


def run_creations(site, count: int, people: int) -> float:
    base, deal = site.run("form()"), site.deal
    session_keys = [site.session() for _person in range(people)]
    begun = time.monotonic()

    def one(number: int) -> bool:
        fields = {**base, "token": f"soak-{number}", "lines-0-name": f"soak {number}"}
        return create(session_keys[number % people], site, deal, fields, until_time=begun + 60 * MINUTES * 4)

    with ThreadPoolExecutor(people) as pool:
        done = list(pool.map(one, range(count)))
    record("R1", f"{count} creations: not taken", done.count(False), 0)
    return begun


def check_creations(site, count: int, name: str) -> None:
    until(lambda: site.run("open_work()") == 0, seconds=60 * MINUTES, what="all decisions are final")
    counts = made(site)
    wanted = [counts[f"soak {number}"] for number in range(count)]
    states = site.run("states()")
    for number, found in enumerate(wanted):
        if found != 1:
            print(f"soak {number}: {found} invoices, decision {states.get(f'soak-{number}')}")
    record(name, f"{count} creations: duplicates", sum(1 for n in wanted if n > 1), 0)
    record(name, f"{count} creations: lost", sum(1 for n in wanted if n == 0), 0)
    not_created = sum(1 for n in range(count) if states.get(f"soak-{n}", [""])[0] != "succeeded")
    record(name, f"{count} creations: not known as created", not_created, 0)
    record(name, f"{count} creations: stuck", site.run("stuck()"), 0)
    slowest = max(states[f"soak-{n}"][2] for n in range(count))
    record(name, f"{count} creations: slowest until final, seconds", round(slowest, 1), 60 * MINUTES)


def test_a_thousand_creations_while_everything_fails(site):
    count = size("CREATIONS", quick=10, long=1000)
    place = site()
    # Six people, and a fault in three of ten calls.
    share = 1 - (1 - 0.30) ** (1 / len(KINDS))
    chance = ",".join(f"{point}:0.01" for point in POINTS)
    place.start("web", "worker", CRASH_AT=chance)
    for kind in KINDS:
        place.emulator.control(
            "POST",
            "/control/faults",
            {"kind": kind, "operation": "invoice.create", "probability": share, "delay": 3},
        )
    for operation in ("cdc", "query", "token"):
        for kind in ("500", "503_html", "reset_before"):
            body = {"kind": kind, "operation": operation, "probability": 0.1}
            place.emulator.control("POST", "/control/faults", body)
    place.watch(CRASH_AT=chance)
    stop = threading.Event()

    def murderer() -> None:
        while not stop.wait(random.uniform(8, 16)):
            process = place.processes.get(random.choice(["web", "worker"]))
            if process is not None and process.poll() is None:
                process.kill()

    threading.Thread(target=murderer, daemon=True).start()
    begun = run_creations(place, count, people=6)
    stop.set()
    until(lambda: place.run("open_work()") == 0, seconds=60 * MINUTES, what="all decisions are final")
    # What was refused later stands as a card on the deal; its person sends the kept form again.
    refused = [int(token[5:]) for token, found in place.run("states()").items() if found[0] == "rejected"]
    print("refused later and sent again:", len(refused))
    place.emulator.control("DELETE", "/control/faults")
    base, session = place.run("form()"), place.session()
    for number in refused:
        fields = {**base, "token": f"soak-{number}", "lines-0-name": f"soak {number}"}
        assert create(session, place, place.deal, fields, until_time=time.monotonic() + 60)
    check_creations(place, count, "R1")
    place.emulator.control("DELETE", "/control/faults")
    record("R1", "processes killed meanwhile", place.kills, 1, at_least=True)
    record("R1", "took, seconds", round(time.monotonic() - begun), 3600)
    place.run("due_now()")
    until(lambda: drift(place) == 0, seconds=60, what="rows equal to QuickBooks'")


@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_at_a_labelled_point_leaves_one_invoice(site, point):
    """The web process dies there; nobody presses the button again; the worker finishes it."""
    place = site()
    place.start("web", CRASH_AT=point)
    fields = {**place.run("form()"), "token": "soak-0", "lines-0-name": "soak 0"}
    session = place.session()
    if point.startswith("sync"):
        place.start("worker", CRASH_AT=point)
        create(session, place, place.deal, fields, until_time=time.monotonic() + 30)
        place.run("due_now()")
        until(lambda: place.processes["worker"].poll() is not None, seconds=30, what="it died")
        place.kill("worker")
    else:
        with pytest.raises(requests.RequestException):
            session.post(f"{place.url}/deals/{place.deal}/invoices/new/", data=fields, timeout=30)
        assert place.run("open_work()") == 1
    place.start("worker")
    until(lambda: place.run("open_work()") == 0, seconds=60, what="the invoice is known")
    record("R1", f"killed at {point}: invoices made", made(place)["soak 0"], 1)
    assert place.run("states()")["soak-0"][0] == "succeeded"


def test_processes_are_exchanged_while_people_work(site):
    """X26: web and worker are asked to end and started anew, again and again, as a new version is brought out."""
    count = size("RESTARTED", quick=10, long=1000)
    place = site()
    place.start("web", "worker")
    stop, restarts = threading.Event(), []

    def exchange() -> None:
        while not stop.wait(2):
            for name in ("web", "worker"):
                place.kill(name, signal.SIGTERM)
                place.start(name)
                restarts.append(name)

    thread = threading.Thread(target=exchange, daemon=True)
    thread.start()
    run_creations(place, count, people=4)
    stop.set()
    thread.join(120)
    check_creations(place, count, "R1 X26")
    record("R1 X26", "processes exchanged meanwhile", len(restarts), 2, at_least=True)
    place.run("due_now()")
    until(lambda: drift(place) == 0, seconds=60, what="rows equal to QuickBooks'")


def test_fifty_people_on_one_deal(site):
    """Fifty forms at once make fifty invoices; one form fifty times makes one; nobody sees a locked database."""
    count = size("PEOPLE", quick=8, long=50)
    place = site(LOG_LEVEL="INFO")
    place.start("web")
    base = place.run("form()")
    sessions = [place.session() for _person in range(count)]
    taken: list[int] = []

    def send(number: int, token: str) -> None:
        fields = {**base, "token": token, "lines-0-name": token}
        answer = sessions[number].post(
            f"{place.url}/deals/{place.deal}/invoices/new/", data=fields, timeout=120, allow_redirects=False
        )
        taken.append(answer.status_code)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda n: send(n, f"own {n}"), range(count)))
        record(
            "R8", f"{count} people at once: answers that are no success", sum(1 for c in taken if c != 302), 0
        )
        list(pool.map(lambda n: send(n, "same"), range(count)))
    place.start("worker")
    until(lambda: place.run("open_work()") == 0, seconds=60, what="all known")
    counts = made(place)
    record(
        "R8",
        f"{count} forms: invoices missing or doubled",
        sum(1 for n in range(count) if counts[f"own {n}"] != 1),
        0,
    )
    record("R8", f"one form {count} times: invoices", counts["same"], 1)
    record(
        "R8",
        "answers and log lines of a locked database",
        place.said("locked") + sum(c >= 500 for c in taken),
        0,
    )
    assert place.said("invoice created") >= count, "the log that was searched is the log"
