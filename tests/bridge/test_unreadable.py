"""Objects that cannot be understood: kept by name, everything beside them applied, tried again, let go when read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from quickbooks_bridge.domain import parsing
from quickbooks_bridge.domain.json_values import ParseError
from quickbooks_bridge.models import Customer, Invoice, Payment, SyncState, UnreadableObject
from quickbooks_bridge.services.sync import unreadable_retry
from quickbooks_bridge.services.sync.batch import sync_batch
from quickbooks_bridge.services.sync.company import initial_import, request_reconciliation, sync_company

from ..fixtures import connect, sign_in

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


def change(qbo, connection, qbo_id: str, act: str = "edit", **body) -> None:
    qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{qbo_id}/{act}", body)


def rows() -> list[tuple[str, str, str]]:
    found = UnreadableObject.objects.order_by("entity", "qbo_id")
    return [(row.entity, row.qbo_id, row.reason) for row in found]


@pytest.fixture
def two(connection) -> list[Invoice]:
    """Two open invoices."""
    return list(Invoice.objects.filter(balance__gt=0, is_voided=False).order_by("pk")[:2])


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ParseError("TotalAmt"), "TotalAmt"),
        (AttributeError("'str' object has no attribute 'get'"), "AttributeError"),
    ],
)
@pytest.mark.parametrize("way", ["alone", "chunk"])
def test_one_that_cannot_be_read_is_parked_and_the_rest_applied(
    qbo, connection, two, monkeypatch, way, error, reason
):
    odd, good = two
    change(qbo, connection, odd.qbo_id, DueDate="2035-01-02")
    change(qbo, connection, good.qbo_id, DueDate="2035-01-03")
    with not_understood(monkeypatch, "Invoice", {odd.qbo_id}, error):
        if way == "alone":
            assert sync_company(connection, now=now())
        else:
            assert sync_batch([connection.pk], now=now()).synced == 1
    assert rows() == [("Invoice", odd.qbo_id, reason)]
    good.refresh_from_db()
    odd.refresh_from_db()
    assert good.due_date.isoformat() == "2035-01-03"
    assert odd.due_date.isoformat() != "2035-01-02"
    assert odd.unreadable_since is not None
    assert good.unreadable_since is None
    row = UnreadableObject.objects.get()
    assert row.changed_at == odd.unreadable_since
    assert row.changed_at > odd.remote_updated_at


def test_it_is_let_go_when_its_next_change_can_be_read(qbo, connection, two, monkeypatch):
    odd = two[0]
    change(qbo, connection, odd.qbo_id, PrivateNote="a")
    with not_understood(monkeypatch, "Invoice", {odd.qbo_id}, ParseError("Line")):
        assert sync_company(connection, now=now())
        assert unreadable_retry.retry_unreadable(now=now()) == 0
    change(qbo, connection, odd.qbo_id, DueDate="2035-05-05")
    assert sync_company(connection, now=now())
    assert unreadable_retry.retry_unreadable(now=now()) == 1
    odd.refresh_from_db()
    assert (odd.unreadable_since, odd.due_date.isoformat()) == (None, "2035-05-05")
    assert rows() == []


def test_a_newer_program_reads_it_by_itself_within_a_day(qbo, connection, two, monkeypatch):
    odd = two[0]
    customer = Customer.objects.filter(company=connection.company).first()
    change(qbo, connection, odd.qbo_id, DueDate="2035-05-05")
    with not_understood(monkeypatch, "Invoice", {odd.qbo_id}, KeyError("Line")):
        assert sync_company(connection, now=now())
        UnreadableObject.objects.create(
            company=connection.company, entity="Customer", qbo_id=customer.qbo_id,
            reason="KeyError", first_seen_at=now(), last_seen_at=now(),
        )  # fmt: skip
        assert unreadable_retry.retry_unreadable(now=now() + DAY) == 1  # the customer
        assert [row[0] for row in rows()] == ["Invoice"]
        before = len(qbo.calls())
        assert unreadable_retry.retry_unreadable(now=now() + DAY + timedelta(hours=2)) == 0
        assert len(qbo.calls()) == before, "not tried again on the same day"
    assert unreadable_retry.retry_unreadable(now=now() + 2 * DAY + timedelta(minutes=1)) == 1
    odd.refresh_from_db()
    assert (odd.unreadable_since, odd.due_date.isoformat()) == (None, "2035-05-05")
    assert rows() == []


def test_one_that_quickbooks_deletes_is_let_go_and_marked_deleted(qbo, connection, two, monkeypatch):
    odd = two[0]
    change(qbo, connection, odd.qbo_id, PrivateNote="a")
    with not_understood(monkeypatch, "Invoice", {odd.qbo_id}, KeyError("x")):
        assert sync_company(connection, now=now())
    change(qbo, connection, odd.qbo_id, "delete")
    assert unreadable_retry.retry_unreadable(now=now() + DAY) == 1
    odd.refresh_from_db()
    assert odd.is_deleted
    assert rows() == []


def test_failing_calls_leave_it_parked(qbo, connection, two, monkeypatch):
    odd = two[0]
    change(qbo, connection, odd.qbo_id, PrivateNote="a")
    with not_understood(monkeypatch, "Invoice", {odd.qbo_id}, KeyError("x")):
        assert sync_company(connection, now=now())
    qbo.control("POST", "/control/faults", {"kind": "503_html", "operation": "query", "count": 9})
    assert unreadable_retry.retry_unreadable(now=now() + DAY) == 0
    qbo.control("DELETE", "/control/faults")
    assert len(rows()) == 1


def test_first_load_and_comparison_park_too_and_hide_no_deletion(admin, qbo, monkeypatch):
    made = connect(admin, qbo)
    dump = qbo.control("GET", f"/control/{made.company.realm_id}/dump")
    odd, gone = (row["Id"] for row in dump["Invoice"][:2])
    payment, item = dump["Payment"][0]["Id"], dump["Item"][0]["Id"]
    with (
        not_understood(monkeypatch, "Invoice", {odd}, KeyError("x")),
        not_understood(monkeypatch, "Payment", {payment}, KeyError("x")),
        not_understood(monkeypatch, "Item", {item}, KeyError("x")),
    ):
        assert initial_import(made, now=now())
        assert {row[:2] for row in rows()} == {("Invoice", odd), ("Payment", payment), ("Item", item)}
        assert Invoice.objects.filter(company=made.company).count() == len(dump["Invoice"]) - 1
        change(qbo, made, gone, "delete")
        made.refresh_from_db()
        # The webhook event of the deletion is lost, and so is what change data capture knew of it.
        SyncState.objects.update(cdc_cursor=now() + timedelta(minutes=10))
        assert request_reconciliation(made, now=now())
        made.refresh_from_db()
        assert sync_company(made, now=now())
    assert Invoice.objects.get(qbo_id=gone).is_deleted
    assert not Payment.objects.filter(qbo_id=payment).exists()


def test_deal_says_that_a_newer_state_could_not_be_read(qbo, connection, two, deal, admin, monkeypatch):
    odd = two[0]
    Invoice.objects.filter(pk=odd.pk).update(deal=deal)
    client = sign_in(admin.member)
    address = f"/deals/{deal.pk}/?tab=invoice"
    words = "could not be read here"
    assert words not in client.get(address).content.decode()
    change(qbo, connection, odd.qbo_id, PrivateNote="a")
    with not_understood(monkeypatch, "Invoice", {odd.qbo_id}, KeyError("x")):
        assert sync_company(connection, now=now())
    assert client.get(address).content.decode().count(words) == 2  # tab and sidebar
    health = client.get("/quickbooks/health/").content.decode()
    assert f"Invoice {odd.qbo_id} of QuickBooks could not be understood" in health
    assert "KeyError" not in health


def test_nothing_unreadable_costs_one_statement_a_minute_and_none_in_a_cycle(
    qbo, connection, two, monkeypatch
):
    def cycle() -> int:
        change(qbo, connection, two[1].qbo_id, PrivateNote=str(now()))
        with CaptureQueriesContext(database) as caught:
            assert sync_company(connection, now=now())
        return sum("unreadableobject" in query["sql"] for query in caught.captured_queries)

    assert cycle() == 0
    with CaptureQueriesContext(database) as caught:
        unreadable_retry.retry_unreadable(now=now())
    assert len(caught) == 1
