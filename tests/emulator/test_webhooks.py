from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Empty, Queue
from typing import Any

import pytest
import requests

from tests.emulator.client import Api
from tests.emulator_process import EmulatorProcess


class Receiver:
    """A webhook address that keeps what it gets and answers with the statuses it is given, then 200."""

    def __init__(self) -> None:
        self.received: Queue[tuple[dict[str, str], bytes]] = Queue()
        self.statuses: list[int] = []
        self.hold: threading.Event | None = None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.hold is not None:
                    receiver.hold.wait(5)
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                self.send_response(status)
                self.end_headers()
                receiver.received.put(({key.lower(): value for key, value in self.headers.items()}, body))

            def log_message(self, format: str, *arguments: Any) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def next(self) -> tuple[dict[str, str], bytes]:
        return self.received.get(timeout=5)

    def events(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.next()[1])
        return found

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture
def receiver(emulator: EmulatorProcess) -> Iterator[Receiver]:
    receiver = Receiver()
    emulator.control("POST", "/control/webhooks", {"url": receiver.url})
    yield receiver
    usual = {
        "url": None,
        "enabled": True,
        "format": "cloudevents",
        "duplicate": False,
        "reorder": False,
        "drop": 0,
        "late": 0,
        "window_ms": 100,
        "withhold": False,
        "unknown_events": False,
        "deadline_seconds": 3,
    }
    emulator.control("POST", "/control/webhooks", usual)
    receiver.close()


def test_change_is_sent_signed_as_cloudevents(api: Api, receiver: Receiver) -> None:
    invoice = api.invoice(customer="1")
    headers, body = receiver.next()
    digest = hmac.new(api.emulator.verifier_token.encode(), body, hashlib.sha256).digest()
    assert headers["intuit-signature"] == base64.b64encode(digest).decode()
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["user-agent"] == "intuit_notification_server/0.1"
    events = json.loads(body)
    assert len(events) == 1
    assert set(events[0]) == {
        "specversion",
        "id",
        "source",
        "type",
        "datacontenttype",
        "time",
        "intuitentityid",
        "intuitaccountid",
        "data",
    }
    assert (events[0]["type"], events[0]["intuitentityid"]) == ("qbo.invoice.created.v1", invoice["Id"])
    assert (events[0]["intuitaccountid"], events[0]["data"]) == (api.realm_id, {})
    assert len(events[0]["time"].partition(".")[2]) == len("179851517Z")


def test_classic_format_has_the_old_shape(api: Api, receiver: Receiver) -> None:
    api.emulator.control("POST", "/control/webhooks", {"format": "classic"})
    invoice = api.invoice(customer="1")
    headers, body = receiver.next()
    doc = json.loads(body)
    assert headers["content-type"] == "application/json"
    (notice,) = doc["eventNotifications"]
    (entity,) = notice["dataChangeEvent"]["entities"]
    assert notice["realmId"] == api.realm_id
    assert {key: entity[key] for key in ("name", "id", "operation")} == {
        "name": "Invoice",
        "id": invoice["Id"],
        "operation": "Create",
    }
    assert entity["lastUpdated"].endswith("Z")


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("pay", ["qbo.payment.created.v1", "qbo.invoice.updated.v1"]),
        ("void", ["qbo.invoice.voided.v1"]),
        ("delete", ["qbo.invoice.deleted.v1"]),
        ("edit", ["qbo.invoice.updated.v1"]),
    ],
)
def test_what_happens_in_quickbooks_is_told_in_one_post(
    api: Api, receiver: Receiver, action: str, expected: list[str]
) -> None:
    invoice = api.invoice(customer="1")
    receiver.next()
    api.control(f"invoices/{invoice['Id']}/{action}", {"PrivateNote": "x"} if action == "edit" else {})
    assert [event["type"] for event in receiver.events()] == expected


def test_two_companies_can_share_one_post(api: Api, receiver: Receiver) -> None:
    other = Api(api.emulator, 1)
    bodies = [
        api.emulator.control(
            "POST", f"/control/{one.realm_id}/terms", {"Name": f"T{id(receiver)}", "DueDays": 3}
        )
        for one in (api, other)
    ]
    assert len(bodies) == 2
    events = receiver.events()
    while len(events) < 2:
        events += receiver.events()
    assert {event["intuitaccountid"] for event in events} == {api.realm_id, other.realm_id}


def test_switched_off_nothing_is_sent_or_kept(api: Api, receiver: Receiver) -> None:
    api.emulator.control("POST", "/control/webhooks", {"enabled": False})
    api.invoice(customer="1")
    api.emulator.control("POST", "/control/webhooks", {"enabled": True})
    second = api.invoice(customer="1")
    assert [event["intuitentityid"] for event in receiver.events()] == [second["Id"]]


def test_duplicates_carry_the_same_id(api: Api, receiver: Receiver) -> None:
    api.emulator.control("POST", "/control/webhooks", {"duplicate": True})
    api.invoice(customer="1")
    assert receiver.events() == receiver.events()


def test_lost_deliveries_never_arrive(api: Api, receiver: Receiver) -> None:
    api.emulator.control("POST", "/control/webhooks", {"drop": 1})
    api.invoice(customer="1")
    with pytest.raises(Empty):
        receiver.received.get(timeout=0.4)
    deliveries = api.emulator.control("GET", "/control/webhooks")["deliveries"]
    assert deliveries[0]["state"] == "lost"


def _settled(emulator: EmulatorProcess) -> dict[str, Any]:
    """The newest delivery once its attempt is over; the answer reaches the emulator after the test."""
    for _look in range(500):
        delivery: dict[str, Any] = emulator.control("GET", "/control/webhooks")["deliveries"][0]
        if delivery["state"] != "sending":
            return delivery
    raise AssertionError("the delivery never ended")


def test_refused_delivery_is_tried_again_when_the_clock_says_so(own_emulator: EmulatorProcess) -> None:
    receiver = Receiver()
    try:
        ladder = (10, 20, 30, 300, 1_200, 7_200, 14_400, 21_600, 21_600)
        receiver.statuses = [500] * len(ladder)
        own_emulator.control("POST", "/control/webhooks", {"url": receiver.url})
        Api(own_emulator).invoice(customer="1")
        first = receiver.next()[1]
        for step in ladder:
            waiting = _settled(own_emulator)
            assert waiting["state"] == "waiting"
            now = datetime.fromisoformat(own_emulator.control("GET", "/control/clock")["now"])
            due = datetime.fromisoformat(waiting["due"])
            assert step - 5 < (due - now).total_seconds() <= step
            own_emulator.control("POST", "/control/clock", {"advance_seconds": step})
            assert receiver.next()[1] == first
        delivery = _settled(own_emulator)
        assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("delivered", 10, 200)
    finally:
        receiver.close()


def test_test_event_is_sent_on_request(api: Api, receiver: Receiver) -> None:
    api.emulator.control("POST", "/control/webhooks", {"send_test": api.realm_id})
    assert receiver.events()[0]["type"] == "qbo.invoice.updated.v1"


def _switch(api: Api, **settings: Any) -> None:
    api.emulator.control("POST", "/control/webhooks", settings)


def test_changes_within_the_window_share_a_delivery(api: Api, receiver: Receiver) -> None:
    _switch(api, window_ms=400)
    made = [api.invoice(customer="1")["Id"] for _ in range(3)]
    assert [event["intuitentityid"] for event in receiver.events()] == made


def test_order_is_turned_round_on_demand(api: Api, receiver: Receiver) -> None:
    _switch(api, window_ms=300, reorder=1)
    made = [api.invoice(customer="1")["Id"] for _ in range(2)]
    told = [receiver.events()[0]["intuitentityid"] for _ in made]
    assert sorted(told) == sorted(made)
    queued = api.emulator.control("GET", "/control/webhooks")["deliveries"][:2]
    assert [delivery["events"][0].split()[1] for delivery in queued] == made


def test_late_delivery_comes_when_the_clock_says_so(own_emulator: EmulatorProcess) -> None:
    receiver = Receiver()
    try:
        own_emulator.control(
            "POST", "/control/webhooks", {"url": receiver.url, "late": 1, "late_seconds": 900}
        )
        invoice = Api(own_emulator).invoice(customer="1")
        with pytest.raises(Empty):
            receiver.received.get(timeout=0.4)
        own_emulator.control("POST", "/control/clock", {"advance_seconds": 901})
        assert receiver.events()[0]["intuitentityid"] == invoice["Id"]
    finally:
        receiver.close()


def test_later_events_can_be_withheld_until_the_first_is_acknowledged(own_emulator: EmulatorProcess) -> None:
    receiver = Receiver()
    try:
        receiver.statuses = [500]
        own_emulator.control("POST", "/control/webhooks", {"url": receiver.url, "withhold": True})
        api = Api(own_emulator)
        first = api.invoice(customer="1")
        assert receiver.events()[0]["intuitentityid"] == first["Id"]
        assert _settled(own_emulator)["state"] == "waiting"
        second = api.invoice(customer="1")
        with pytest.raises(Empty):
            receiver.received.get(timeout=0.4)
        own_emulator.control("POST", "/control/clock", {"advance_seconds": 10})
        told = [receiver.events()[0]["intuitentityid"] for _ in range(2)]
        assert told == [first["Id"], second["Id"]]
    finally:
        receiver.close()


def test_answer_after_the_deadline_counts_as_none(api: Api, receiver: Receiver) -> None:
    receiver.hold = threading.Event()
    _switch(api, deadline_seconds=0.3)
    api.invoice(customer="1")
    end = time.monotonic() + 5
    while time.monotonic() < end:
        delivery = api.emulator.control("GET", "/control/webhooks")["deliveries"][0]
        if delivery["problem"]:
            break
    receiver.hold.set()
    assert (delivery["state"], delivery["status"], delivery["problem"]) == ("waiting", None, "TimeoutError")
    receiver.next()


def test_chances_of_a_seeded_run_repeat_themselves() -> None:
    def lost() -> list[str]:
        with EmulatorProcess("--company", "us-2", "--single", "--seed", "chance") as emulator:
            receiver = Receiver()
            try:
                emulator.control(
                    "POST", "/control/webhooks", {"url": receiver.url, "drop": 0.5, "window_ms": 1}
                )
                api = Api(emulator)
                for number in range(1, 9):
                    api.invoice(customer="1")
                    while len(emulator.control("GET", "/control/webhooks")["deliveries"]) < number:
                        pass
                deliveries = emulator.control("GET", "/control/webhooks")["deliveries"]
                return ["lost" if delivery["state"] == "lost" else "sent" for delivery in deliveries]
            finally:
                receiver.close()

    first = lost()
    assert set(first) == {"lost", "sent"}
    assert lost() == first


@pytest.mark.parametrize("wrong", [{"format": "smoke signals"}, {"volume": 3}, {"late": "often"}])
def test_unknown_switches_are_refused(api: Api, wrong: dict[str, Any]) -> None:
    with pytest.raises(requests.HTTPError, match="400"):
        _switch(api, **wrong)


@pytest.mark.parametrize("form", ["cloudevents", "classic"])
def test_events_nobody_knows_travel_with_the_good_ones(api: Api, receiver: Receiver, form: str) -> None:
    _switch(api, unknown_events=True, format=form)
    api.invoice(customer="1")
    body = json.loads(receiver.next()[1])
    if form == "cloudevents":
        types = [event and event["type"] for event in body]
        assert types[:2] == ["qbo.project.budget.created.v1", None]
        assert "intuitentityid" not in body[2]
        assert types[3].startswith("qbo.")
    else:
        entities = body["eventNotifications"][0]["dataChangeEvent"]["entities"]
        assert entities[:2] == [None, {"name": "Novelty"}]
        assert entities[2]["id"]
