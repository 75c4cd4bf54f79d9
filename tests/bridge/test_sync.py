"""What QuickBooks says is applied once, in whatever order and by whomever it is brought."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from deals.models import TimelineEntry
from quickbooks_bridge.db.upsert import lock_existing, upsert_newer
from quickbooks_bridge.domain.payloads import NOTE_MARKER
from quickbooks_bridge.domain.remote import (
    LazyObject,
    RemoteAddress,
    RemoteChanges,
    RemoteCustomer,
    RemoteDeletion,
    RemoteInvoice,
)
from quickbooks_bridge.models import Connection, Customer, Invoice, InvoiceEvent, InvoiceIntent
from quickbooks_bridge.services.invoicing.intents import match_created_invoices
from quickbooks_bridge.services.mirror import invoices
from tests.factories import company_of, connection_make

from ..fixtures import make_deal

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)


def invoice(number: int = 1, *, token: int = 0, minutes: int = 0, **facts) -> RemoteInvoice:
    known = {
        "qbo_id": str(number),
        "sync_token": token,
        "updated_at": NOW + timedelta(minutes=minutes),
        "doc_number": str(1000 + number),
        "customer_qbo_id": "7",
        "customer_name": "Quill",
        "currency": "USD",
        "txn_date": date(2026, 3, 1),
        "due_date": date(2026, 3, 31),
        "total": Decimal("100.00"),
        "balance": Decimal("100.00"),
        "total_tax": Decimal(0),
        "deposit": Decimal(0),
        "bill_email": "",
        "email_status": "NotSet",
        "emailed_at": None,
        "is_all_zero": False,
        "is_void_marked": False,
        "payment_qbo_ids": (),
    }
    return RemoteInvoice(**{**known, **facts})


def paid(remote: RemoteInvoice, amount: str) -> RemoteInvoice:
    return RemoteInvoice._replace(
        remote,
        balance=remote.balance - Decimal(amount),
        sync_token=remote.sync_token + 1,
        updated_at=remote.updated_at + timedelta(minutes=1),
        payment_qbo_ids=("55",),
    )


def voided(remote: RemoteInvoice) -> RemoteInvoice:
    return RemoteInvoice._replace(
        remote,
        total=Decimal(0),
        balance=Decimal(0),
        is_all_zero=True,
        is_void_marked=True,
        payment_qbo_ids=(),
        sync_token=remote.sync_token + 1,
        updated_at=remote.updated_at + timedelta(minutes=1),
    )


@pytest.fixture
def connection(account, admin) -> Connection:
    return connection_make(account, admin.member, realm_id="9", connected_at=NOW)


def apply(connection: Connection, *remotes: RemoteInvoice) -> int:
    return invoices.invoices_apply(connection.company, remotes, now=NOW, source="sync")


def row() -> Invoice:
    return Invoice.objects.get(qbo_id="1")


def test_every_order_of_arrival_ends_in_the_newest_state(connection):
    made = invoice()
    history = [made, paid(made, "40"), paid(paid(made, "40"), "60"), voided(paid(paid(made, "40"), "60"))]
    orders = list(itertools.permutations(history))
    assert len(orders) == 24
    for order in orders:
        Invoice.objects.all().delete()
        for remote in order:
            apply(connection, remote)
        assert (row().is_voided, row().total, row().sync_token) == (True, Decimal(0), 3)


@pytest.mark.parametrize(
    ("changes", "is_voided"),
    [
        ({}, False),  # somebody set the amounts to zero in QuickBooks: settled
        ({"has_no_quantities": True}, True),  # the word is gone from the note, or in another language
        ({"has_no_quantities": True, "payment_qbo_ids": ("55",)}, False),
        ({"is_void_marked": True}, True),
    ],
)
def test_zero_alone_is_settled_and_not_voided(connection, changes, is_voided):
    apply(connection, invoice())
    apply(connection, voided(invoice())._replace(**{"is_void_marked": False, **changes}))
    assert (row().is_voided, row().balance) == (is_voided, Decimal(0))


def test_same_state_again_writes_nothing(connection):
    assert apply(connection, invoice()) == 1
    with CaptureQueriesContext(database) as queries:
        assert apply(connection, invoice(), invoice()) == 0
    statements = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "WITH"))]
    assert statements == []


def test_an_older_state_never_overwrites_even_when_it_is_written_last(connection):
    """Two processes that read the same row before either writes: the statement itself decides."""
    apply(connection, paid(invoice(), "40"))
    names = ("company_id", "qbo_id", "sync_token", "remote_updated_at", "balance", "txn_date",
             "customer_qbo_id", "mirrored_at", "payment_qbo_ids", "doc_number", "customer_name", "currency",
             "total", "total_tax", "deposit", "original_total", "is_voided", "is_deleted", "bill_email",
             "email_status")  # fmt: skip
    old = invoice()
    values = (connection.company_id, "1", old.sync_token, old.updated_at, old.balance, old.txn_date, "7", NOW,
              [], "", "", "USD", 0, 0, 0, 0, False, False, "", "")  # fmt: skip
    assert upsert_newer(Invoice, names, [values]) == {}
    assert row().balance == Decimal("60.00")


def test_a_change_is_one_event_and_one_line_in_the_change_log(connection, account):
    apply(connection, invoice())
    Invoice.objects.update(deal=make_deal(account))
    apply(connection, paid(invoice(), "40"))
    apply(connection, paid(invoice(), "40"))
    assert [event.kind for event in InvoiceEvent.objects.all()] == ["invoice.payment"]
    entry = TimelineEntry.objects.get()
    assert (entry.kind, entry.data["amount"], entry.data["balance"]) == ("invoice.payment", "40.00", "60.00")


def test_stored_values_come_back_as_they_were(connection):
    apply(
        connection, invoice(emailed_at=NOW, payment_qbo_ids=("55", "56"), customer_name='Zoë\'s "A" & \\ 🪑')
    )
    stored = row()
    assert stored.remote_updated_at == NOW
    assert (stored.txn_date, stored.due_date, stored.emailed_at) == (date(2026, 3, 1), date(2026, 3, 31), NOW)
    assert stored.payment_qbo_ids == ["55", "56"]
    assert stored.customer_name == 'Zoë\'s "A" & \\ 🪑'
    assert (stored.total, stored.created_by_app, stored.deal_id) == (Decimal("100.00"), False, None)


def test_rows_that_are_alike_in_some_columns_are_each_written_with_their_own(connection):
    facts = [
        {},
        {"customer_name": "Marlow", "emailed_at": NOW},
        {"due_date": None, "total_tax": Decimal("8.25")},
        {"total": Decimal("999999999999.99"), "balance": Decimal("0.10"), "payment_qbo_ids": ("55",)},
    ]
    apply(connection, *(invoice(number, **own) for number, own in enumerate(facts, 1)))
    for number, own in enumerate(facts, 1):
        given, stored = invoice(number, **own), Invoice.objects.get(qbo_id=str(number))
        assert tuple(stored.payment_qbo_ids) == given.payment_qbo_ids
        names = ("doc_number", "customer_name", "due_date", "total", "balance", "total_tax", "emailed_at")
        assert [getattr(stored, name) for name in names] == [getattr(given, name) for name in names]


def test_what_is_stored_is_read_exactly(connection):
    given = invoice(
        total=Decimal("999999999999.99"), balance=Decimal("0.10"), emailed_at=NOW + timedelta(microseconds=7)
    )
    apply(connection, given)
    key = (connection.company_id, "1")
    names = (
        "total",
        "balance",
        "due_date",
        "remote_updated_at",
        "emailed_at",
        "voided_or_deleted_at",
        "is_voided",
        "payment_qbo_ids",
    )
    stored = lock_existing(Invoice, [key, (key[0], "2")], names)
    assert stored == {
        key: (given.total, given.balance, given.due_date, given.updated_at, given.emailed_at, None, False, [])
    }
    assert str(stored[key][1]) == "0.10"


def test_deleted_stays_deleted_until_seen_alive_later(connection):
    apply(connection, invoice())
    gone = RemoteDeletion("Invoice", "1", NOW + timedelta(minutes=5))
    for _again in range(2):
        invoices.deletions_apply(connection.company, [gone], now=NOW, source="sync")
    apply(connection, paid(invoice(), "10"))
    assert row().is_deleted
    apply(connection, invoice(token=4, minutes=6))
    assert not row().is_deleted
    assert [event.kind for event in InvoiceEvent.objects.order_by("id")] == [
        "invoice.deleted",
        "invoice.restored",
    ]


def test_one_object_that_cannot_be_read_keeps_no_other_back(connection):
    def broken(obj):
        from quickbooks_bridge.domain.parsing import ParseError

        raise ParseError("TxnDate")

    bad = LazyObject("2", 0, NOW, {}, broken)
    assert (
        invoices.invoices_apply(connection.company, [invoice(1), bad, invoice(3)], now=NOW, source="sync")
        == 2
    )
    assert sorted(Invoice.objects.values_list("qbo_id", flat=True)) == ["1", "3"]


def customer(*, token: int = 0, minutes: int = 0, **facts) -> RemoteCustomer:
    known = {
        "qbo_id": "7", "sync_token": token, "updated_at": NOW + timedelta(minutes=minutes), "display_name": "Quill",
        "company_name": "", "email": "", "currency": "USD", "address": RemoteAddress(), "tax_id": "",
        "balance": Decimal(0), "is_taxable": True, "term_qbo_id": "", "is_active": True,
    }  # fmt: skip
    return RemoteCustomer(**{**known, **facts})


def test_a_customer_whose_balance_moved_writes_nothing(connection):
    assert invoices.customers_apply(connection.company, [customer()]) == 1
    assert invoices.customers_apply(connection.company, [customer(minutes=5, balance=Decimal(90))]) == 0
    assert (
        invoices.customers_apply(
            connection.company, [customer(minutes=6, token=1, display_name="Quill & Co")]
        )
        == 1
    )
    assert Customer.objects.get().display_name == "Quill & Co"


def test_a_thousand_changes_take_a_fixed_number_of_statements(connection, account):
    deal = make_deal(account)
    apply(connection, *(invoice(number) for number in range(1, 1001)))
    Invoice.objects.update(deal=deal)
    with CaptureQueriesContext(database) as queries:
        written = apply(connection, *(paid(invoice(number), "40") for number in range(1, 1001)))
    assert written == 1000
    assert InvoiceEvent.objects.count() == TimelineEntry.objects.count() == 1000
    counted = [query for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(counted) <= 5


def test_one_company_never_writes_into_another(connection, stranger):
    theirs = connection_make(stranger.account, stranger.member, realm_id="9", connected_at=NOW)
    batch = [
        (connection, RemoteChanges(server_time=NOW, invoices=(invoice(),))),
        (theirs, RemoteChanges(server_time=NOW, invoices=(paid(invoice(), "40"),))),
    ]
    assert invoices.cdc_apply(batch, now=NOW, source="sync") == 2
    balances = {found.company_id: found.balance for found in Invoice.objects.all()}
    assert balances == {connection.company_id: Decimal(100), theirs.company_id: Decimal(60)}


def test_an_invoice_whose_answer_was_lost_is_recognised_by_its_marker(connection, account, admin):
    intent = InvoiceIntent.objects.create(
        account=account, deal=make_deal(account), member=admin.member, company=company_of(account, "9"), token="t", request_id="abc",
        state="unknown", payload={},  currency="USD", expected_total=100, created_at=NOW,
        sent_at=NOW,
    )  # fmt: skip
    found = invoice(private_note=f"Thanks\n{NOTE_MARKER}abc")
    batch = [(connection, RemoteChanges(server_time=NOW, invoices=(invoice(2), found)))]
    for count in (1, 0):
        assert match_created_invoices(batch, now=NOW) == count
    intent.refresh_from_db()
    assert (intent.state, intent.invoice.qbo_id, intent.invoice.deal_id) == ("succeeded", "1", intent.deal_id)
    assert [event.kind for event in InvoiceEvent.objects.all()] == ["invoice.created"]
