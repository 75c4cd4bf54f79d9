"""Tasks, dispatch, killed worker, redelivery and duplicate messages, with real processes on both brokers."""

import signal

import psutil
import pytest
import redis

from crm_invoicing.celery import NICE
from tests.polling import until

from .conftest import Installation


def change(place: Installation) -> tuple[str, str]:
    """Somebody pays five dollars in QuickBooks; gives the invoice and the balance it then has."""
    qbo_id = place.run("some_open_invoice()")["qbo_id"]
    place.emulator.control("POST", f"/control/{place.realm}/invoices/{qbo_id}/pay", {"amount": 5})
    answer = place.emulator.control("GET", f"/control/{place.realm}/invoices/{qbo_id}")
    invoice = answer.get("Invoice", answer)
    return qbo_id, f"{float(invoice['Balance']):.2f}"


def in_quickbooks(place: Installation, intent: int) -> int:
    """How many invoices QuickBooks holds for a decision."""
    note = f"note {place.run(f'request_id({intent})')}"
    rows = place.emulator.control("GET", f"/control/{place.realm}/dump")["Invoice"]
    return sum(1 for row in rows if row.get("PrivateNote") == note)


def arrived(place: Installation, qbo_id: str, balance: str) -> bool:
    return bool(place.run(f"balance({qbo_id!r})") == balance)


def test_sweep_finds_what_is_due_and_nobody_woke(place):
    place.start()
    qbo_id, balance = change(place)
    place.run("make_due()")
    until(lambda: arrived(place, qbo_id, balance), what="the change is here")


def test_worker_gives_way_to_people(place):
    place.start()
    worker = place.workers[0].process
    family = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children(recursive=True)]
    assert {one.nice() for one in family} == {psutil.Process().nice() + NICE}


def test_announcement_is_acted_on_without_waiting_for_the_cycle(place):
    place.start()
    qbo_id, balance = change(place)
    assert place.run(f"announce({qbo_id!r})") == 200
    until(lambda: arrived(place, qbo_id, balance), what="the change is here")


def test_the_same_message_many_times_makes_one_invoice_and_one_event(place):
    place.start()
    intent = place.run(f"decide({place.deal})")
    place.run(f"at_once('invoices.resume_intent', {intent}, 8)")
    until(lambda: place.run(f"intent({intent})") == "succeeded", what="the invoice is known")
    assert in_quickbooks(place, intent) == 1
    qbo_id, balance = change(place)
    before = place.run(f"events({qbo_id!r})")
    place.run("make_due()")
    place.run("at_once('sync.sync_one_company', connection_pk(), 8)")
    until(lambda: arrived(place, qbo_id, balance), what="the change is here")
    place.run("at_once('sync.sync_one_company', connection_pk(), 8)")
    assert place.run(f"events({qbo_id!r})") == before + 1


@pytest.mark.parametrize("installation", ["redis"], indirect=True)
def test_wake_up_needs_no_sweep_where_there_is_a_broker(place):
    """Messages in memory reach no other process: there the dispatch is what starts work."""
    # A worker killed while it asks leaves its lease, which only the schedule would wait for.
    place.kill()
    place.run("rest()")
    place.start(schedule=False)
    qbo_id, balance = change(place)
    assert place.run(f"announce({qbo_id!r})") == 200
    until(lambda: arrived(place, qbo_id, balance), what="the change is here")


def test_killed_worker_leaves_one_invoice(place):
    """QuickBooks has written it, the answer is on its way, the worker dies: the next one finds it."""
    place.emulator.control(
        "POST", "/control/faults", {"kind": "timeout_after", "operation": "invoice.create", "delay": 15}
    )
    place.start()
    intent = place.run(f"decide({place.deal})")
    until(lambda: in_quickbooks(place, intent) == 1, what="QuickBooks has written it")
    assert place.run(f"intent({intent})") == "sending"
    place.kill()
    place.emulator.control("DELETE", "/control/faults")
    place.run("make_due()")
    place.start()
    until(lambda: place.run(f"intent({intent})") == "succeeded", what="the invoice is known")
    assert in_quickbooks(place, intent) == 1


def test_emptied_broker_loses_nothing(place):
    """Work was queued, nobody worked, and the queue is gone: the rows still say what is due."""
    place.kill()
    qbo_id, balance = change(place)
    intent = place.run(f"decide({place.deal})")
    assert place.run(f"announce({qbo_id!r})") == 200
    if place.broker == "redis":
        server = redis.Redis.from_url(place.redis_url)
        place.run(f"at_once('invoices.resume_intent', {intent}, 2)")
        assert server.llen("celery") >= 3
        server.flushdb()
    place.start()
    until(lambda: arrived(place, qbo_id, balance), what="the change is here")
    until(lambda: place.run(f"intent({intent})") == "succeeded", what="the invoice is known")


def test_asked_to_end_the_worker_finishes_what_it_does(place):
    place.emulator.control(
        "POST", "/control/faults", {"kind": "slow", "operation": "invoice.create", "delay": 2, "count": 1}
    )
    place.start()
    intent = place.run(f"decide({place.deal})")
    until(lambda: place.run(f"intent({intent})") == "sending", what="it is being sent")
    place.kill(signal.SIGTERM)
    assert place.run(f"intent({intent})") == "succeeded"
