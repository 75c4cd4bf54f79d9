"""Rules of applying and asking, each alone: a rule that is kept in two places has a test for each of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from quickbooks_bridge.db.upsert import upsert_newer
from quickbooks_bridge.domain.money import line_amount, round_money
from quickbooks_bridge.domain.remote import RemoteDeletion
from quickbooks_bridge.models import Connection, Invoice, Item, SyncState
from quickbooks_bridge.services.mirror import invoices, lists
from quickbooks_bridge.services.sync.batch import sync_batch
from quickbooks_bridge.services.sync.company import initial_import, sync_company
from tests.factories import company_of, connection_make

from ..fixtures import connect, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
# Time and sync token of what arrives, against 12:00 and 5 of what is stored: whether it is newer.
STAMPS = [
    (LATER, 6, True),
    (LATER, 5, True),
    (NOW, 6, True),
    (NOW, 5, False),
    (EARLIER, 5, False),
    (NOW, 4, False),
    (EARLIER, 6, False),
    (LATER, 4, False),
    (EARLIER, 4, False),
]


class Arriving:
    def __init__(self, updated_at: datetime, sync_token: int) -> None:
        self.qbo_id, self.updated_at, self.sync_token = "1", updated_at, sync_token


@pytest.mark.parametrize(("at", "token", "is_newer"), STAMPS)
def test_python_lets_only_what_is_newer_through(at, token, is_newer):
    assert lists.is_newer(Arriving(at, token), 5, NOW) is is_newer


def test_python_lets_anything_through_where_nothing_is_known_yet():
    assert lists.is_newer(Arriving(EARLIER, 0), 5, None)


@pytest.fixture
def row(account, admin) -> Connection:
    return connection_make(account, admin.member, realm_id="9", connected_at=NOW)


ITEM = (*lists.VERSION_COLUMNS, "name", "unit_price")


def write(connection: Connection, name: str, at: datetime, token: int) -> bool:
    """Write past the check in Python, as a process does that read before another one wrote."""
    values = (connection.company_id, "1", token, at, name, Decimal(1))
    return bool(upsert_newer(Item, ITEM, [values]))


@pytest.mark.parametrize(("at", "token", "is_newer"), STAMPS)
def test_the_statement_itself_writes_only_what_is_newer(row, at, token, is_newer):
    assert write(row, "stored", NOW, 5)
    assert write(row, "arrived", at, token) is is_newer
    assert Item.objects.get().name == ("arrived" if is_newer else "stored")


def invoice_row(connection: Connection, **facts) -> Invoice:
    known = {"txn_date": NOW.date(), "currency": "USD", "total": 100, "balance": 100, "mirrored_at": NOW}
    return Invoice.objects.create(
        company=company_of(connection.account, "9"), qbo_id="1", remote_updated_at=NOW, **{**known, **facts}
    )


@pytest.mark.parametrize(
    ("at", "is_deleted"), [(EARLIER, False), (NOW, True), (LATER, True)], ids=["older", "same", "newer"]
)
def test_a_deletion_older_than_the_row_deletes_nothing(row, at, is_deleted):
    """QuickBooks can restore: what it said of the invoice after its deletion is the truth."""
    invoice = invoice_row(row)
    count = invoices.deletions_apply(
        row.company, [RemoteDeletion("Invoice", "1", at)], now=LATER, source="sync"
    )
    invoice.refresh_from_db()
    assert (invoice.is_deleted, bool(count)) == (is_deleted, is_deleted)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("0.005", "0.01"), ("0.015", "0.02"), ("0.025", "0.03"), ("2.675", "2.68"), ("0.0049999", "0.00"),
     ("-0.005", "-0.01"), ("-0.025", "-0.03"), ("1.004", "1.00"), ("1.0050000001", "1.01")],
)  # fmt: skip
def test_half_a_cent_is_rounded_away_from_zero(amount, rounded):
    assert str(round_money(Decimal(amount))) == rounded


def test_a_line_is_rounded_once_and_half_up():
    assert line_amount(Decimal("0.5"), Decimal("0.25")) == Decimal("0.13")
    assert line_amount(Decimal(3), Decimal("0.835")) == Decimal("2.51")
    assert line_amount(Decimal(1), Decimal("0.25"), discount=Decimal(50)) == Decimal("0.13")


def mark(qbo) -> int:
    return qbo.control("GET", "/control/requests")["total"]


def calls(qbo, since: int) -> list[dict[str, object]]:
    return [call for call in qbo.calls(since=since) if call["operation"] in ("cdc", "query")]


ASKERS = {
    "one company": lambda made, now: sync_company(made, now=now),
    "a chunk of companies": lambda made, now: sync_batch([made.pk], now=now),
}


@pytest.mark.parametrize("ask", ASKERS.values(), ids=ASKERS)
def test_changes_are_asked_for_from_five_minutes_before_the_last_answer(connection, qbo, ask):
    now = datetime.now(UTC)
    assert sync_company(connection, now=now)
    connection.refresh_from_db()
    answered_at, before = connection.company.sync.cdc_cursor, mark(qbo)
    ask(connection, now + timedelta(minutes=1))
    asked = [call["changed_since"] for call in calls(qbo, before) if call["operation"] == "cdc"]
    assert len(asked) == 1
    overlap = answered_at - datetime.fromisoformat(str(asked[0]))
    assert timedelta(minutes=5) <= overlap < timedelta(minutes=5, seconds=1)


@pytest.mark.parametrize("ask", ASKERS.values(), ids=ASKERS)
@pytest.mark.parametrize(
    ("silence", "operations"),
    [
        (timedelta(days=28, hours=23), {"one company": {"cdc"}, "a chunk of companies": {"cdc"}}),
        (timedelta(days=29, hours=1), {"one company": {"cdc", "query"}, "a chunk of companies": set()}),
    ],
    ids=["under 29 days", "over 29 days"],
)
def test_change_data_capture_alone_is_trusted_for_29_days(connection, qbo, ask, silence, operations):
    """QuickBooks keeps 30 and says nothing of what is older: beyond that everything is read by queries, company by company."""
    now = datetime.now(UTC)
    SyncState.objects.filter(pk=connection.pk).update(cdc_cursor=now - silence)
    connection.refresh_from_db()
    before = mark(qbo)
    ask(connection, now)
    name = next(name for name, one in ASKERS.items() if one is ask)
    assert {call["operation"] for call in calls(qbo, before)} == operations[name]


def test_two_accounts_of_one_quickbooks_company_read_nothing_of_each_other(connection, stranger, qbo):
    """Both mirror the same invoices, each in rows of its own, and either's key opens nothing for the other."""
    theirs = connect(stranger, qbo)
    assert theirs.company.realm_id == connection.company.realm_id
    assert initial_import(theirs, now=datetime.now(UTC))
    ours = Invoice.objects.filter(company=connection.company, balance__gt=0, is_voided=False)[0]
    own = Invoice.objects.get(company=theirs.company, qbo_id=ours.qbo_id)
    client = sign_in(stranger.member)
    for action in ("void", "delete", "send", "pdf"):
        assert client.get(f"/invoices/{own.pk}/{action}/").status_code == 200, action
        assert client.get(f"/invoices/{ours.pk}/{action}/").status_code == 404, action
        assert client.post(f"/invoices/{ours.pk}/{action}/", {"seen": "x"}).status_code in (404, 405), action
    ours.refresh_from_db()
    assert not ours.is_voided
    assert not ours.is_deleted
