"""R3 and R4: whatever webhook events and polls go through, rows end equal to QuickBooks'."""

import base64
import hashlib
import hmac
import json
import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from tests.polling import until

from .conftest import drift
from .scorecard import record, size


def change(place, random_one: random.Random, ids: list[str]) -> None:
    """One thing that somebody does in QuickBooks, tried until QuickBooks takes it."""
    while not _try(place, random_one, ids):
        pass


def _try(place, random_one: random.Random, ids: list[str]) -> bool:
    what = random_one.choice(["pay", "edit", "edit", "send", "void", "delete", "unpay", "create"])
    base = f"/control/{place.realm}/invoices"
    bodies: dict[str, Any] = {
        "pay": {"amount": random_one.randint(1, 40)},
        "edit": {"PrivateNote": uuid.uuid4().hex},
        "create": {
            "CustomerRef": {"value": "1"},
            "Line": [
                {
                    "DetailType": "SalesItemLineDetail",
                    "Amount": 50,
                    "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
                }
            ],
        },
    }
    path = base if what == "create" else f"{base}/{random_one.choice(ids)}/{what}"
    # A void of a void, a payment of nothing and the like are refused.
    answer = requests.post(place.emulator.url + path, json=bodies.get(what, {}), timeout=20)
    if what == "create" and answer.ok:
        ids.append(str(answer.json().get("Invoice", answer.json())["Id"]))
    return answer.ok


def stamps(place) -> dict[str, str]:
    """The time of the last change of every invoice and payment in QuickBooks."""
    dump = place.dump()
    return {
        f"{kind} {row['Id']}": row["MetaData"]["LastUpdatedTime"] + row["SyncToken"]
        for kind in ("Invoice", "Payment")
        for row in dump[kind]
    }


def webhook_body(realm: str, qbo_id: str, key: str, *, name: str = "Invoice") -> bytes:
    entity = {"name": name, "id": qbo_id, "operation": "Update", "lastUpdated": key}
    return json.dumps(
        {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": [entity]}}]}
    ).encode()


def sign(body: bytes, token: str) -> str:
    return base64.b64encode(hmac.new(token.encode(), body, hashlib.sha256).digest()).decode()


def test_announcements_lost_doubled_shuffled_late_and_forged(site):
    """A quarter as many changes as deliveries; of ten webhook events two are lost, the rest come up to seven times."""
    count = size("WEBHOOKS", quick=120, long=10_000)
    place = site(QUICKBOOKS_POLL_SECONDS="3600")
    place.start("web", "worker")
    dice = random.Random(4)
    ids = list(place.run("held()"))
    events = [(dice.choice(ids), uuid.uuid4().hex) for _event in range(count // 4)]
    kept = [event for event in events if dice.random() > 0.2]
    sent = [event for event in kept for _copy in range(dice.randint(4, 7))][:count]
    dice.shuffle(sent)
    for _change in range(min(count // 4, 600)):
        change(place, dice, ids)
    address, times, refused = f"{place.url}/quickbooks/webhook/", [], []
    verifier = place.emulator.verifier_token

    def deliver(event: tuple[str, str]) -> None:
        body = webhook_body(place.realm, *event)
        begun = time.perf_counter()
        answer = requests.post(
            address, data=body, headers={"intuit-signature": sign(body, verifier)}, timeout=30
        )
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            refused.append(answer.status_code)

    def forge(number: int) -> int:
        body = webhook_body(place.realm, "1", f"forged-{number}")
        signatures = ["", "x", sign(body, "guess"), sign(body + b" ", verifier), sign(body, verifier)[:-2]]
        return requests.post(
            address, data=body, headers={"intuit-signature": signatures[number % 5]}, timeout=30
        ).status_code

    with ThreadPoolExecutor(4) as pool:
        forged = pool.map(forge, range(max(20, count // 100)))
        list(pool.map(deliver, sent))
        record("R3", f"{len(sent)} deliveries: genuine ones refused", len(refused), 0)
        record("R3", "forged ones accepted", sum(1 for status in forged if status == 200), 0)
    # What no webhook event told is found by the dispatch of the day.
    place.run("due_now()")
    until(lambda: place.run("unhandled()") == 0, seconds=60, what="every webhook event is acted on")
    place.run("due_now()")
    until(lambda: drift(place) == 0, seconds=60, what="up to date")
    record("R3", f"{len(sent)} deliveries: rows that differ afterwards", drift(place), 0)
    times.sort()
    record("R3", "answer p99, ms, four senders on a busy machine", round(times[int(len(times) * 0.99)]), 1000)


def test_polls_fail_are_cut_and_stay_away(site):
    """Half of all reading calls fail; then more than 1,000 changes at once; then 45 days of silence."""
    count = size("CHANGES", quick=60, long=10_000)
    place = site(QUICKBOOKS_POLL_SECONDS="1")
    place.start("worker")
    dice = random.Random(9)
    ids = list(place.run("held()"))
    for operation in ("cdc", "query"):
        for kind, chance in (("500", 0.2), ("503_html", 0.2), ("reset_before", 0.25)):
            place.emulator.control(
                "POST", "/control/faults", {"kind": kind, "operation": operation, "probability": chance}
            )
    for number in range(count // 2):
        change(place, dice, ids)
        if number % 50 == 0:
            place.run("due_now()")

    def synced() -> bool:
        place.run("due_now()")
        return drift(place) == 0

    until(synced, seconds=240, what="up to date although half of the calls fail")
    record("R4", f"half of the calls fail, {count // 2} changes: missed", drift(place), 0)
    place.emulator.control("DELETE", "/control/faults")
    place.kill("worker")
    burst = max(count // 2, 1100 if count > 1000 else 30)
    before = stamps(place)
    for _number in range(burst):
        change(place, dice, ids)
    after = stamps(place)
    changed = sum(1 for key, stamp in after.items() if before.get(key) != stamp) + len(
        before.keys() - after.keys()
    )
    record(
        "R4",
        "objects changed in one pause, of which an answer holds 1,000",
        changed,
        min(burst // 3, 1001),
        at_least=True,
    )
    place.start("worker")
    until(synced, seconds=240, what="up to date after an answer that was cut")
    record("R4", f"{burst} changes in one pause: missed", drift(place), 0)
    place.kill("worker")
    silent = max(20, count // 50)
    for _number in range(silent):
        change(place, dice, ids)
    place.run("silence(days=45)")
    place.start("worker")
    until(synced, seconds=240, what="up to date after 45 days")
    record("R4", f"{silent} changes and deletions in 45 days of silence: missed", drift(place), 0)
