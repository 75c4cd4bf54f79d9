"""Objects that cannot be understood: kept by name, everything beside them applied, tried again, let go when read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from quickbooks_bridge.domain import parsing
from quickbooks_bridge.models import Connection, Customer, Invoice, ParkedObject, Payment
from quickbooks_bridge.services import second_look
from quickbooks_bridge.services.index import comparison_ask, connection_load, connection_sync
from quickbooks_bridge.services.poll import connections_sync

from ..conftest import connect, sign_in

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def not_understood(monkeypatch, entity: str, ids: set[str], error: Exception) -> Iterator[None]:
    """As if QuickBooks wrote these objects in a way this version of the program does not know."""
    known = parsing.PARSERS[entity]

    def parse(obj, **more):
        if str(obj.get("Id")) in ids:
            raise error
        return known(obj, **more)

    with monkeypatch.context() as patch:
        patch.setitem(parsing.PARSERS, entity, parse)
        patch.setattr(parsing, f"parse_{entity.lower()}", parse)
        yield


def change(pretend, connection, qbo_id: str, act: str = "edit", **body) -> None:
    pretend.control("POST", f"/control/{connection.realm_id}/invoices/{qbo_id}/{act}", body)


def rows() -> list[tuple[str, str, str]]:
    found = ParkedObject.objects.order_by("entity", "qbo_id")
    return [(row.entity, row.qbo_id, row.reason) for row in found]


@pytest.fixture
def two(connection) -> list[Invoice]:
    """Two open invoices."""
    return list(Invoice.objects.filter(balance__gt=0, is_voided=False).order_by("pk")[:2])


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (parsing.UnreadableAnswer("TotalAmt"), "TotalAmt"),
        (AttributeError("'str' object has no attribute 'get'"), "AttributeError"),
    ],
)
@pytest.mark.parametrize("way", ["alone", "chunk"])
def test_one_that_cannot_be_read_is_parked_and_the_rest_applied(
    pretend, connection, two, monkeypatch, way, error, reason
):
    odd, good = two
    change(pretend, connection, odd.qbo_id, DueDate="2035-01-02")
    change(pretend, connection, good.qbo_id, DueDate="2035-01-03")
    with not_understood(monkeypatch, "Invoice", {odd.qbo_id}, error):
        if way == "alone":
            assert connection_sync(connection, now=now())
        else:
            assert connections_sync([connection.pk], now=now()).in_step == 1
    assert rows() == [("Invoice", odd.qbo_id, reason)]
    good.refresh_from_db()
    odd.refresh_from_db()
    assert good.due_date.isoformat() == "2035-01-03"
    assert odd.due_date.isoformat() != "2035-01-02"
    assert odd.unread_since is not None
    assert good.unread_since is None
    row = ParkedObject.objects.get()
    assert row.changed_at == odd.unread_since
    assert row.changed_at > odd.remote_updated_at


def test_it_is_let_go_when_its_next_change_can_be_read(pretend, connection, two, monkeypatch):
    odd = two[0]
    change(pretend, connection, odd.qbo_id, PrivateNote="a")
    with not_understood(monkeypatch, "Invoice", {odd.qbo_id}, parsing.UnreadableAnswer("Line")):
        assert connection_sync(connection, now=now())
        assert second_look.second_look(now=now()) == 0
    change(pretend, connection, odd.qbo_id, DueDate="2035-05-05")
    assert connection_sync(connection, now=now())
    assert second_look.second_look(now=now()) == 1
    odd.refresh_from_db()
    assert (odd.unread_since, odd.due_date.isoformat()) == (None, "2035-05-05")
    assert rows() == []


def test_a_newer_program_reads_it_by_itself_within_a_day(pretend, connection, two, monkeypatch):
    odd = two[0]
    customer = Customer.objects.filter(realm_id=connection.realm_id).first()
    change(pretend, connection, odd.qbo_id, DueDate="2035-05-05")
    with not_understood(monkeypatch, "Invoice", {odd.qbo_id}, KeyError("Line")):
        assert connection_sync(connection, now=now())
        ParkedObject.objects.create(
            account=connection.account, realm_id=connection.realm_id, entity="Customer", qbo_id=customer.qbo_id,
            reason="KeyError", first_at=now(), last_at=now(),
        )  # fmt: skip
        assert second_look.second_look(now=now() + DAY) == 1  # the customer
        assert [row[0] for row in rows()] == ["Invoice"]
        before = len(pretend.calls())
        assert second_look.second_look(now=now() + DAY + timedelta(hours=2)) == 0
        assert len(pretend.calls()) == before, "not tried again on the same day"
    assert second_look.second_look(now=now() + 2 * DAY + timedelta(minutes=1)) == 1
    odd.refresh_from_db()
    assert (odd.unread_since, odd.due_date.isoformat()) == (None, "2035-05-05")
    assert rows() == []


def test_one_that_quickbooks_deletes_is_let_go_and_marked_deleted(pretend, connection, two, monkeypatch):
    odd = two[0]
    change(pretend, connection, odd.qbo_id, PrivateNote="a")
    with not_understood(monkeypatch, "Invoice", {odd.qbo_id}, KeyError("x")):
        assert connection_sync(connection, now=now())
    change(pretend, connection, odd.qbo_id, "delete")
    assert second_look.second_look(now=now() + DAY) == 1
    odd.refresh_from_db()
    assert odd.is_deleted
    assert rows() == []


def test_failing_calls_leave_it_parked(pretend, connection, two, monkeypatch):
    odd = two[0]
    change(pretend, connection, odd.qbo_id, PrivateNote="a")
    with not_understood(monkeypatch, "Invoice", {odd.qbo_id}, KeyError("x")):
        assert connection_sync(connection, now=now())
    pretend.control("POST", "/control/faults", {"kind": "503_html", "operation": "query", "count": 9})
    assert second_look.second_look(now=now() + DAY) == 0
    pretend.control("DELETE", "/control/faults")
    assert len(rows()) == 1


def test_first_load_and_comparison_park_too_and_hide_no_deletion(admin, pretend, monkeypatch):
    made = connect(admin, pretend)
    dump = pretend.control("GET", f"/control/{made.realm_id}/dump")
    odd, gone = (row["Id"] for row in dump["Invoice"][:2])
    payment, item = dump["Payment"][0]["Id"], dump["Item"][0]["Id"]
    with (
        not_understood(monkeypatch, "Invoice", {odd}, KeyError("x")),
        not_understood(monkeypatch, "Payment", {payment}, KeyError("x")),
        not_understood(monkeypatch, "Item", {item}, KeyError("x")),
    ):
        assert connection_load(made, now=now())
        assert {row[:2] for row in rows()} == {("Invoice", odd), ("Payment", payment), ("Item", item)}
        assert Invoice.objects.filter(realm_id=made.realm_id).count() == len(dump["Invoice"]) - 1
        change(pretend, made, gone, "delete")
        made.refresh_from_db()
        # The announcement of the deletion is lost, and so is what change data capture knew of it.
        Connection.objects.update(watermark=now() + timedelta(minutes=10))
        assert comparison_ask(made, now=now())
        made.refresh_from_db()
        assert connection_sync(made, now=now())
    assert Invoice.objects.get(qbo_id=gone).is_deleted
    assert not Payment.objects.filter(qbo_id=payment).exists()


def test_deal_says_that_a_newer_state_could_not_be_read(pretend, connection, two, deal, admin, monkeypatch):
    odd = two[0]
    Invoice.objects.filter(pk=odd.pk).update(deal=deal)
    client = sign_in(admin.member)
    address = f"/deals/{deal.pk}/?tab=invoice"
    words = "could not be read here"
    assert words not in client.get(address).content.decode()
    change(pretend, connection, odd.qbo_id, PrivateNote="a")
    with not_understood(monkeypatch, "Invoice", {odd.qbo_id}, KeyError("x")):
        assert connection_sync(connection, now=now())
    assert client.get(address).content.decode().count(words) == 2  # tab and sidebar
    health = client.get("/quickbooks/health/").content.decode()
    assert f"Invoice {odd.qbo_id} of QuickBooks could not be understood" in health
    assert "KeyError" not in health


def test_nothing_parked_costs_one_statement_a_minute_and_none_in_a_cycle(
    pretend, connection, two, monkeypatch
):
    def cycle() -> int:
        change(pretend, connection, two[1].qbo_id, PrivateNote=str(now()))
        with CaptureQueriesContext(database) as caught:
            assert connection_sync(connection, now=now())
        return sum("parked" in query["sql"] for query in caught.captured_queries)

    assert cycle() == 0
    with CaptureQueriesContext(database) as caught:
        second_look.second_look(now=now())
    assert len(caught) == 1
