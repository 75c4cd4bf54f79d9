"""What the health page draws from: delays by the hour, outages from failure to recovery, comparisons, who is told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from quickbooks_bridge import tasks
from quickbooks_bridge.gateway.errors import ReconnectRequired, Rejected, Unavailable
from quickbooks_bridge.models import (
    Connection,
    Invoice,
    InvoiceIntent,
    InvoicingSettings,
    Notice,
    Outage,
    SyncHour,
)
from quickbooks_bridge.services import index, intents, pace
from quickbooks_bridge.services.connection import connection_disconnect, note_failure, settings_for
from quickbooks_bridge.services.index import comparison_ask, connection_load, connection_sync
from quickbooks_bridge.services.notices import expiry_notices, notice_send
from quickbooks_bridge.services.outages import outages_tidy
from quickbooks_bridge.services.poll import connections_sync

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


def pay_one(pretend, connection: Connection) -> str:
    row = Invoice.objects.filter(realm_id=connection.realm_id, balance__gt=0, is_deleted=False)[0]
    pretend.control("POST", f"/control/{connection.realm_id}/invoices/{row.qbo_id}/pay", {})
    return row.qbo_id


def fail(connection: Connection, at: datetime) -> None:
    connection.refresh_from_db()
    note_failure(connection, Unavailable(outcome_unknown=False, problem_code="quickbooks_down"), now=at)


@pytest.mark.parametrize("way", ["alone", "in a chunk"])
def test_a_change_is_measured_once_however_often_it_comes(pretend, connection, way):
    def look() -> None:
        if way == "alone":
            assert connection_sync(connection, now=now())
        else:
            assert connections_sync([connection.pk], now=now()).in_step == 1

    look()
    SyncHour.objects.all().delete()
    pay_one(pretend, connection)
    for _time in range(2):
        look()
    row = SyncHour.objects.get()
    assert (row.account_id, row.realm_id, row.changes) == (connection.account_id, connection.realm_id, 1)
    assert row.hour == pace.hour_of(now())
    assert 0 <= row.seconds == row.worst < 60


def test_hours_add_up_and_keep_the_worst(connection):
    owner = (connection.account_id, connection.realm_id)
    at = datetime(2026, 3, 17, 12, 59, tzinfo=UTC)
    assert pace.delays_add([(owner, 40.2), (owner, -3)], now=at) == 1
    assert SyncHour.objects.get().worst == 40
    assert pace.delays_add([(owner, 200)], now=at) == 1
    assert pace.delays_add([(owner, 7)], now=at) == 1
    pace.delays_add([(owner, 1)], now=at + timedelta(minutes=1))
    with CaptureQueriesContext(database) as queries:
        assert pace.delays_add([], now=at) == 0
    assert len(queries) == 0
    rows = SyncHour.objects.order_by("hour").values_list("hour", "changes", "seconds", "worst")
    assert list(rows) == [
        (at.replace(minute=0), 4, 247, 200),
        (at.replace(hour=13, minute=0), 1, 1, 1),
    ]


def test_an_outage_runs_from_the_first_failure_to_the_next_good_look(pretend, connection):
    start = now() - timedelta(minutes=9)
    fail(connection, start)
    fail(connection, start + timedelta(minutes=3))
    assert Outage.objects.get().began_at == start
    assert connection_sync(connection, now=now())
    over = Outage.objects.get()
    assert (over.problem, over.began_at) == ("quickbooks_down", start)
    assert over.ended_at > start
    # Soon after it is the same one, much later another.
    fail(connection, over.ended_at + timedelta(minutes=2))
    assert Outage.objects.get().ended_at is None
    assert connections_sync([connection.pk], now=now()).in_step == 1
    ended = Outage.objects.get().ended_at
    assert ended is not None
    fail(connection, ended + timedelta(minutes=20))
    assert Outage.objects.count() == 2


def test_a_look_that_finds_nothing_after_none_that_failed_asks_for_no_outage(connection):
    assert connection_sync(connection, now=now())
    with CaptureQueriesContext(database) as queries:
        assert connection_sync(connection, now=now())
        assert connections_sync([connection.pk], now=now()).in_step == 1
    tables = (Outage._meta.db_table, SyncHour._meta.db_table)
    assert [one["sql"] for one in queries if any(table in one["sql"] for table in tables)] == []


def test_loading_and_disconnecting_end_an_outage(connection):
    fail(connection, now())
    Connection.objects.update(import_state="waiting", import_progress={})
    assert connection_load(connection, now=now())
    assert Outage.objects.get().ended_at is not None
    fail(connection, now() + timedelta(hours=1))
    connection_disconnect(connection, now=now() + timedelta(hours=2))
    assert Outage.objects.filter(ended_at__isnull=True).count() == 0


def test_what_is_old_goes_and_a_missed_end_is_found(connection):
    facts = {"account_id": connection.account_id, "realm_id": connection.realm_id}
    old, recent = now() - timedelta(days=15), now() - timedelta(hours=1)
    Outage.objects.create(**facts, began_at=old, ended_at=old)
    stuck = Outage.objects.create(**facts, began_at=recent)
    for at in (old, recent):
        SyncHour.objects.create(**facts, hour=pace.hour_of(at), changes=1)
    Connection.objects.update(failures=1, last_sync_at=now())
    outages_tidy(now=now())
    stuck.refresh_from_db()
    assert stuck.ended_at is None
    Connection.objects.update(failures=0)
    tasks.tidy()
    stuck.refresh_from_db()
    assert stuck.ended_at == Connection.objects.get().last_sync_at
    assert Outage.objects.count() == 1
    assert SyncHour.objects.get().hour == pace.hour_of(recent)


def test_a_comparison_finds_what_is_wrong_here_and_only_that(pretend, connection):
    assert connection_sync(connection, now=now())
    wrong = Invoice.objects.filter(balance=0, is_voided=False, is_deleted=False).order_by("pk")[0]
    Invoice.objects.filter(pk=wrong.pk).update(
        balance=1, sync_token=0, remote_updated_at=wrong.remote_updated_at - timedelta(days=9)
    )
    Invoice.objects.create(
        account=connection.account, realm_id=connection.realm_id, qbo_id="99999", customer_qbo_id="1",
        txn_date=now().date(), sync_token=0, remote_updated_at=now() - timedelta(days=2), seen_at=now(),
    )  # fmt: skip
    pay_one(pretend, connection)
    assert comparison_ask(connection, now=now())
    assert Connection.objects.get().next_sync_at <= now()
    assert connections_sync([connection.pk], now=now()).alone == [connection.pk]
    assert connection_sync(connection, now=now())
    connection.refresh_from_db()
    wrong.refresh_from_db()
    assert wrong.balance == 0
    assert (connection.differences, connection.compare_asked_at) == (2, None)
    assert connection.compared_at is not None
    assert Invoice.objects.get(qbo_id="99999").is_deleted
    assert comparison_ask(connection, now=now())
    assert connection_sync(connection, now=now())
    connection.refresh_from_db()
    assert connection.differences == 0


def test_what_changes_while_everything_is_compared_is_no_difference(pretend, connection, monkeypatch):
    original = index.catch_up

    def paid_meanwhile(*args, **more):
        pay_one(pretend, connection)
        return original(*args, **more)

    monkeypatch.setattr(index, "catch_up", paid_meanwhile)
    paid = Invoice.objects.filter(balance=0).count()
    assert comparison_ask(connection, now=now())
    assert connection_sync(connection, now=now())
    connection.refresh_from_db()
    assert connection.differences == 0
    assert Invoice.objects.filter(balance=0).count() == paid + 1


def test_nobody_compares_a_company_that_is_not_connected(connection):
    Connection.objects.update(status="needs_reconnect")
    assert not comparison_ask(connection, now=now())


def intent_of(connection: Connection, deal, **facts) -> InvoiceIntent:
    return InvoiceIntent.objects.create(
        account=deal.account, deal=deal, member=connection.owner, realm_id=connection.realm_id, token="t",
        request_id="r1", payload={"CustomerRef": {"value": "1"}}, payload_digest="d", currency="USD",
        expected_total=1, created_at=now(), **{"state": "sending", "attempts": 2, **facts},
    )  # fmt: skip


def refuse(connection: Connection, intent: InvoiceIntent, *, can_tell: bool) -> None:
    error = Rejected("6210", problem_code="books_closed_there")
    intents._note(intent, connection, error, is_open=False, can_tell=can_tell, now=now())


def test_a_refusal_that_nobody_waited_for_reaches_its_creator(connection, deal):
    type(connection.owner.user).objects.update(email="ada@testers.example")
    refuse(connection, intent_of(connection, deal), can_tell=True)
    assert not Notice.objects.exists()
    InvoiceIntent.objects.update(state="sending")
    refuse(connection, InvoiceIntent.objects.get(), can_tell=False)
    row = Notice.objects.get()
    assert row.member == connection.owner
    assert notice_send(row.pk, now=now())
    sent = mail.outbox[-1]
    assert sent.subject == "QuickBooks refused the invoice for Quill fit-out"
    assert f"/deals/{deal.pk}/?tab=invoice" in sent.body
    InvoiceIntent.objects.update(state="sending")
    refuse(connection, InvoiceIntent.objects.get(), can_tell=False)
    assert Notice.objects.count() == 1


def test_long_delays_reach_admins_once_an_outage_and_only_where_wanted(connection, rep):
    settings_for(connection.account)
    start = now() - timedelta(hours=2)
    for minutes in (0, 20):
        fail(connection, start + timedelta(minutes=minutes))
    assert not Notice.objects.exists()
    InvoicingSettings.objects.update(tells_delay=True)
    fail(connection, start + timedelta(minutes=25))
    assert Outage.objects.get().told_at == start + timedelta(minutes=25)
    fail(connection, start + timedelta(minutes=40))
    assert [row.member.name for row in Notice.objects.all()] == ["Ada"]
    assert "do not show" in mail_of(Notice.objects.get())
    assert connection_sync(connection, now=start + timedelta(minutes=45))
    for minutes, notices in ((60, 1), (70, 1), (80, 2)):
        fail(connection, start + timedelta(minutes=minutes))
        assert Notice.objects.count() == notices


def mail_of(row: Notice) -> str:
    type(row.member.user).objects.update(email="ada@testers.example")
    assert notice_send(row.pk, now=row.created_at)
    return mail.outbox[-1].subject


@pytest.mark.parametrize("wanted", [True, False])
def test_switches_truly_switch(connection, deal, wanted):
    settings_for(connection.account)
    InvoicingSettings.objects.update(tells_ended=wanted, tells_refused=wanted)
    Connection.objects.update(hard_expires_at=now() + timedelta(days=9))
    expiry_notices(now=now())
    refuse(connection, intent_of(connection, deal), can_tell=False)
    note_failure(connection, ReconnectRequired(problem_code="reconnect"), now=now())
    kinds = sorted(Notice.objects.values_list("kind", flat=True))
    assert kinds == (["expires", "reconnect", "refused"] if wanted else [])
