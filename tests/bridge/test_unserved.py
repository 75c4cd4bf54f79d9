"""One object that QuickBooks itself cannot serve fails every answer that holds it: it is found alone, and the rest is here."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quickbooks_bridge.domain.isolation import MOST_UNSERVED, TooManyUnserved, isolate
from quickbooks_bridge.domain.payloads import marker_of
from quickbooks_bridge.gateway.errors import AnswerUnserved
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent, SyncState, UnreadableObject
from quickbooks_bridge.services.connections.lifecycle import client_for
from quickbooks_bridge.services.invoicing.intents import intent_resume
from quickbooks_bridge.services.sync import cursor
from quickbooks_bridge.services.sync.batch import sync_batch
from quickbooks_bridge.services.sync.company import initial_import, request_reconciliation, sync_company
from quickbooks_bridge.services.sync.unreadable_retry import retry_unreadable

from ..fixtures import connect, sign_in
from .test_invoice_lifecycle import create

pytestmark = pytest.mark.django_db(transaction=True)


class Broken(Exception):
    pass


@given(st.sets(st.integers(1, 300), max_size=MOST_UNSERVED), st.integers(1, 300))
def test_every_other_object_is_read_whichever_cannot_be_served(broken, size):
    calls = []

    def read(start: int, count: int) -> list[int]:
        calls.append(count)
        wanted = range(start, min(start + count, 301))
        if broken & set(wanted):
            raise Broken
        return list(wanted)

    page = isolate(read, 1, size, unserved=Broken)
    inside = {position for position in broken if position <= size}
    assert page.unserved == sorted(inside)
    assert page.rows == {position: position for position in range(1, size + 1) if position not in inside}
    assert len(calls) <= 1 + len(inside) * 2 * (size.bit_length() + 1)


def test_a_page_of_which_nothing_can_be_served_is_an_outage():
    calls = []

    def read(start: int, count: int) -> list[int]:
        calls.append(count)
        raise Broken

    with pytest.raises(TooManyUnserved):
        isolate(read, 1, 1000, unserved=Broken)
    assert len(calls) < 80


def now() -> datetime:
    return datetime.now(UTC)


def dump(qbo, connection: Connection) -> list[dict[str, object]]:
    return qbo.control("GET", f"/control/{connection.company.realm_id}/dump")["Invoice"]


def unserve(qbo, connection: Connection, *qbo_ids: str, action: str = "unserve") -> None:
    for qbo_id in qbo_ids:
        qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{qbo_id}/{action}")


def here() -> set[str]:
    return set(Invoice.objects.filter(is_deleted=False).values_list("qbo_id", flat=True))


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(cursor.iter_pages, "__kwdefaults__", {**cursor.iter_pages.__kwdefaults__, "size": 20})


@pytest.mark.parametrize("places", [[5], [19, 20], [0, 7, 30, 31, 60]], ids=["one", "two together", "five"])
def test_initial_import_brings_all_the_others_and_says_which_it_left(admin, qbo, small_pages, places):
    made = connect(admin, qbo)
    ids = [
        row["Id"] for row in sorted(dump(qbo, made), key=lambda row: str(row["MetaData"]["LastUpdatedTime"]))
    ]
    broken = {ids[place] for place in places}
    unserve(qbo, made, *broken)
    before = qbo.control("GET", "/control/requests")["total"]
    assert initial_import(made, now=now())
    assert here() == set(ids) - broken
    assert UnreadableObject.objects.filter(reason="not_served").count() == len(broken)
    assert qbo.control("GET", "/control/requests")["total"] - before < 60 + 25 * len(broken)
    page = sign_in(admin.member).get("/quickbooks/health/").content.decode()
    assert "QuickBooks cannot read one invoice" in page
    assert "Whoever keeps the books in QuickBooks" in page


def pay_one(qbo, connection: Connection) -> str:
    row = Invoice.objects.filter(balance__gt=0, payment_qbo_ids=[], is_deleted=False)[0]
    qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{row.qbo_id}/pay", {})
    return row.qbo_id


ASKERS = {
    "one company": lambda made: [made.pk] if sync_company(made, now=now()) else [],
    "a chunk, then alone": lambda made: [
        pk
        for pk in sync_batch([made.pk], now=now()).alone
        if sync_company(Connection.objects.get(pk=pk), now=now() + timedelta(minutes=2))
    ],
}


@pytest.mark.parametrize("ask", ASKERS.values(), ids=ASKERS)
def test_changes_beside_it_arrive_and_the_next_polls_cost_one_call_again(connection, qbo, ask):
    changed = Invoice.objects.filter(balance__gt=0).order_by("-id")[0].qbo_id
    qbo.control(
        "POST", f"/control/{connection.company.realm_id}/invoices/{changed}/edit", {"PrivateNote": "x"}
    )
    unserve(qbo, connection, changed)
    paid = pay_one(qbo, connection)
    assert paid != changed
    assert ask(connection) == [connection.pk]
    assert Invoice.objects.get(qbo_id=paid).balance == 0
    assert UnreadableObject.objects.filter(reason="not_served").exists()
    assert Connection.objects.get().company.sync.consecutive_failures == 0
    qbo.control("POST", "/control/clock", {"advance_seconds": 600})
    SyncState.objects.update(
        cdc_cursor=Connection.objects.get().company.sync.cdc_cursor + timedelta(minutes=10)
    )
    connection.refresh_from_db()
    before = qbo.control("GET", "/control/requests")["total"]
    assert sync_company(connection, now=now())
    calls = [call["operation"] for call in qbo.calls(since=before) if call["realm_id"]]
    assert calls == ["cdc"]


def test_full_comparison_names_it_and_takes_it_for_no_deletion(connection, qbo, admin):
    broken = Invoice.objects.filter(balance__gt=0).order_by("id")[3].qbo_id
    gone = Invoice.objects.filter(balance__gt=0, payment_qbo_ids=[]).order_by("id")[5].qbo_id
    unserve(qbo, connection, broken)
    qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{gone}/delete")
    assert request_reconciliation(connection, now=now())
    connection.refresh_from_db()
    assert sync_company(connection, now=now())
    assert not Invoice.objects.get(qbo_id=broken).is_deleted
    assert Invoice.objects.get(qbo_id=gone).is_deleted
    page = sign_in(admin.member).get("/quickbooks/health/").content.decode()
    assert "QuickBooks cannot read" in page


def test_corrected_object_arrives_and_is_nobodys_trouble_any_more(admin, qbo, small_pages):
    made = connect(admin, qbo)
    broken = dump(qbo, made)[10]["Id"]
    unserve(qbo, made, broken)
    assert initial_import(made, now=now())
    assert broken not in here()
    assert retry_unreadable(now=now() + timedelta(hours=2)) == 0
    assert UnreadableObject.objects.filter(reason="not_served").count() == 1
    qbo.control(
        "POST",
        f"/control/{made.company.realm_id}/invoices/{broken}/edit",
        {"BillEmail": {"Address": "ok@quill.example"}},
    )
    made.refresh_from_db()
    assert sync_company(made, now=now())
    assert broken in here()
    retry_unreadable(now=now() + timedelta(days=2))
    assert not UnreadableObject.objects.filter(reason="not_served").exists()


def test_object_without_change_is_read_by_the_daily_retry_once_quickbooks_can(admin, qbo, small_pages):
    made = connect(admin, qbo)
    broken = dump(qbo, made)[10]["Id"]
    unserve(qbo, made, broken)
    assert initial_import(made, now=now())
    unserve(qbo, made, broken, action="serve")
    retry_unreadable(now=now() + timedelta(hours=2))
    assert broken in here()
    assert not UnreadableObject.objects.filter(reason="not_served").exists()


def test_invoice_that_cannot_be_read_is_never_taken_for_absent(connection, qbo, admin, deal):
    """Its answer was lost and QuickBooks then refuses the repetition: it may be the very one that cannot be served."""
    qbo.control("POST", "/control/faults", {"kind": "reset_after", "operation": "invoice.create", "count": 1})
    create(sign_in(admin.member), deal, connection)
    intent = InvoiceIntent.objects.get()
    assert intent.state == "unknown"
    made = next(row for row in dump(qbo, connection) if marker_of(intent.request_id) in str(row))
    unserve(qbo, connection, made["Id"])
    qbo.control("POST", "/control/faults", {"kind": "code:6000", "operation": "invoice.create", "count": 1})
    intent_resume(intent, connection, now=now() + timedelta(minutes=1), interactive=False)
    assert InvoiceIntent.objects.get().state == "unknown"
    with pytest.raises(AnswerUnserved):
        client_for(connection, interactive=True).invoice_find(
            "nothing",
            customer_qbo_id=str(made["CustomerRef"]["value"]),
            since=now().date() - timedelta(days=9),
        )
    unserve(qbo, connection, made["Id"], action="serve")
    intent_resume(intent, connection, now=now() + timedelta(minutes=9), interactive=False)
    assert InvoiceIntent.objects.get().state == "succeeded"
    assert Invoice.objects.filter(deal=deal).count() == 1
    assert Invoice.objects.get(deal=deal).total > Decimal(0)
