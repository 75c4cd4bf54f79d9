"""What the health page draws from: delays by the hour, outages from failure to recovery, comparisons, who is told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from quickbooks_bridge.gateway.errors import ReconnectRequired, Rejected, Unavailable
from quickbooks_bridge.models import (
    Connection,
    Invoice,
    InvoiceIntent,
    InvoicingSettings,
    Notification,
    Outage,
    SyncLatencyHour,
    SyncState,
)
from quickbooks_bridge.services.connections.lifecycle import (
    connection_disconnect,
    failure_record,
    settings_for,
)
from quickbooks_bridge.services.invoicing import intents
from quickbooks_bridge.services.operations import sync_latency
from quickbooks_bridge.services.operations.notifications import notification_send, notify_consent_expiry
from quickbooks_bridge.services.operations.outages import outages_cleanup
from quickbooks_bridge.services.sync import company
from quickbooks_bridge.services.sync.batch import sync_batch
from quickbooks_bridge.services.sync.company import initial_import, request_reconciliation, sync_company
from quickbooks_bridge.tasks import maintenance

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


def pay_one(qbo, connection: Connection) -> str:
    row = Invoice.objects.filter(company=connection.company, balance__gt=1, is_deleted=False).order_by("pk")[
        0
    ]
    qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{row.qbo_id}/pay", {})
    return row.qbo_id


def fail(connection: Connection, at: datetime) -> None:
    connection.refresh_from_db()
    failure_record(connection, Unavailable(outcome_unknown=False, problem_code="quickbooks_down"), now=at)


@pytest.mark.parametrize("way", ["alone", "in a chunk"])
def test_a_change_is_measured_once_however_often_it_comes(qbo, connection, way):
    def look() -> None:
        if way == "alone":
            assert sync_company(connection, now=now())
        else:
            assert sync_batch([connection.pk], now=now()).synced == 1

    look()
    SyncLatencyHour.objects.all().delete()
    pay_one(qbo, connection)
    for _time in range(2):
        look()
    row = SyncLatencyHour.objects.get()
    assert (row.company_id, row.changes) == (connection.company_id, 1)
    assert row.hour == sync_latency.hour_of(now())
    assert 0 <= row.total_seconds == row.max_seconds < 60


def test_hours_add_up_and_keep_the_worst(connection):
    owner = connection.company_id
    at = datetime(2026, 3, 17, 12, 59, tzinfo=UTC)
    assert sync_latency.latency_record([(owner, 40.2), (owner, -3)], now=at) == 1
    assert SyncLatencyHour.objects.get().max_seconds == 40
    assert sync_latency.latency_record([(owner, 200)], now=at) == 1
    assert sync_latency.latency_record([(owner, 7)], now=at) == 1
    sync_latency.latency_record([(owner, 1)], now=at + timedelta(minutes=1))
    with CaptureQueriesContext(database) as queries:
        assert sync_latency.latency_record([], now=at) == 0
    assert len(queries) == 0
    rows = SyncLatencyHour.objects.order_by("hour").values_list(
        "hour", "changes", "total_seconds", "max_seconds"
    )
    assert list(rows) == [
        (at.replace(minute=0), 4, 247, 200),
        (at.replace(hour=13, minute=0), 1, 1, 1),
    ]


def test_an_outage_runs_from_the_first_failure_to_the_next_good_look(qbo, connection):
    start = now() - timedelta(minutes=9)
    fail(connection, start)
    fail(connection, start + timedelta(minutes=3))
    assert Outage.objects.get().began_at == start
    assert sync_company(connection, now=now())
    over = Outage.objects.get()
    assert (over.problem, over.began_at) == ("quickbooks_down", start)
    assert over.ended_at > start
    # Soon after it is the same one, much later another.
    fail(connection, over.ended_at + timedelta(minutes=2))
    assert Outage.objects.get().ended_at is None
    assert sync_batch([connection.pk], now=now()).synced == 1
    ended = Outage.objects.get().ended_at
    assert ended is not None
    fail(connection, ended + timedelta(minutes=20))
    assert Outage.objects.count() == 2


def test_a_look_that_finds_nothing_after_none_that_failed_asks_for_no_outage(connection):
    assert sync_company(connection, now=now())
    with CaptureQueriesContext(database) as queries:
        assert sync_company(connection, now=now())
        assert sync_batch([connection.pk], now=now()).synced == 1
    tables = (Outage._meta.db_table, SyncLatencyHour._meta.db_table)
    assert [one["sql"] for one in queries if any(table in one["sql"] for table in tables)] == []


def test_loading_and_disconnecting_end_an_outage(connection):
    fail(connection, now())
    SyncState.objects.update(import_state="waiting", import_progress={})
    assert initial_import(connection, now=now())
    assert Outage.objects.get().ended_at is not None
    fail(connection, now() + timedelta(hours=1))
    connection_disconnect(connection, now=now() + timedelta(hours=2))
    assert Outage.objects.filter(ended_at__isnull=True).count() == 0


def test_what_is_old_goes_and_a_missed_end_is_found(connection):
    facts = {"company": connection.company}
    old, recent = now() - timedelta(days=15), now() - timedelta(hours=1)
    Outage.objects.create(**facts, began_at=old, ended_at=old)
    stuck = Outage.objects.create(**facts, began_at=recent)
    for at in (old, recent):
        SyncLatencyHour.objects.create(**facts, hour=sync_latency.hour_of(at), changes=1)
    SyncState.objects.update(consecutive_failures=1, last_sync_at=now())
    outages_cleanup(now=now())
    stuck.refresh_from_db()
    assert stuck.ended_at is None
    SyncState.objects.update(consecutive_failures=0)
    maintenance.cleanup()
    stuck.refresh_from_db()
    assert stuck.ended_at == Connection.objects.get().company.sync.last_sync_at
    assert Outage.objects.count() == 1
    assert SyncLatencyHour.objects.get().hour == sync_latency.hour_of(recent)


def test_a_comparison_finds_what_is_wrong_here_and_only_that(qbo, connection):
    assert sync_company(connection, now=now())
    wrong = Invoice.objects.filter(balance=0, is_voided=False, is_deleted=False).order_by("pk")[0]
    Invoice.objects.filter(pk=wrong.pk).update(
        balance=1, sync_token=0, remote_updated_at=wrong.remote_updated_at - timedelta(days=9)
    )
    Invoice.objects.create(
        company=connection.company, qbo_id="99999", customer_qbo_id="1",
        txn_date=now().date(), sync_token=0, remote_updated_at=now() - timedelta(days=2), mirrored_at=now(),
    )  # fmt: skip
    pay_one(qbo, connection)
    assert request_reconciliation(connection, now=now())
    assert Connection.objects.get().company.sync.next_sync_at <= now()
    assert sync_batch([connection.pk], now=now()).alone == [connection.pk]
    assert sync_company(connection, now=now())
    connection.refresh_from_db()
    wrong.refresh_from_db()
    assert wrong.balance == 0
    assert (
        connection.company.sync.reconcile_differences,
        connection.company.sync.reconcile_requested_at,
    ) == (2, None)
    assert connection.company.sync.reconciled_at is not None
    assert Invoice.objects.get(qbo_id="99999").is_deleted
    assert request_reconciliation(connection, now=now())
    assert sync_company(connection, now=now())
    connection.refresh_from_db()
    assert connection.company.sync.reconcile_differences == 0


def test_what_changes_while_everything_is_compared_is_no_difference(qbo, connection, monkeypatch):
    original = company.reconcile

    def paid_meanwhile(*args, **more):
        pay_one(qbo, connection)
        return original(*args, **more)

    monkeypatch.setattr(company, "reconcile", paid_meanwhile)
    paid = Invoice.objects.filter(balance=0).count()
    assert request_reconciliation(connection, now=now())
    assert sync_company(connection, now=now())
    connection.refresh_from_db()
    assert connection.company.sync.reconcile_differences == 0
    assert Invoice.objects.filter(balance=0).count() == paid + 1


def test_nobody_compares_a_company_that_is_not_connected(connection):
    Connection.objects.update(status="needs_reconnect")
    assert not request_reconciliation(connection, now=now())


def intent_of(connection: Connection, deal, **facts) -> InvoiceIntent:
    return InvoiceIntent.objects.create(
        account=deal.account, deal=deal, member=connection.owner, company=connection.company, token="t",
        request_id="r1", payload={"CustomerRef": {"value": "1"}},  currency="USD",
        expected_total=1, created_at=now(), **{"state": "sending", "attempts": 2, **facts},
    )  # fmt: skip


def refuse(connection: Connection, intent: InvoiceIntent, *, user_is_waiting: bool) -> None:
    error = Rejected("6210", problem_code="books_closed_there")
    intents._record_outcome(
        intent, connection, error, is_open=False, user_is_waiting=user_is_waiting, now=now()
    )


def test_a_refusal_that_nobody_waited_for_reaches_its_creator(connection, deal):
    type(connection.owner.user).objects.update(email="ada@testers.example")
    refuse(connection, intent_of(connection, deal), user_is_waiting=True)
    assert not Notification.objects.exists()
    InvoiceIntent.objects.update(state="sending")
    refuse(connection, InvoiceIntent.objects.get(), user_is_waiting=False)
    row = Notification.objects.get()
    assert row.member == connection.owner
    assert notification_send(row.pk, now=now())
    sent = mail.outbox[-1]
    assert sent.subject == "QuickBooks refused the invoice for Quill fit-out"
    assert f"/deals/{deal.pk}/?tab=invoice" in sent.body
    InvoiceIntent.objects.update(state="sending")
    refuse(connection, InvoiceIntent.objects.get(), user_is_waiting=False)
    assert Notification.objects.count() == 1


def test_long_delays_reach_admins_once_an_outage_and_only_where_wanted(connection, rep):
    settings_for(connection.account)
    start = now() - timedelta(hours=2)
    for minutes in (0, 20):
        fail(connection, start + timedelta(minutes=minutes))
    assert not Notification.objects.exists()
    InvoicingSettings.objects.update(notify_sync_delayed=True)
    fail(connection, start + timedelta(minutes=25))
    assert Outage.objects.get().notified_at == start + timedelta(minutes=25)
    fail(connection, start + timedelta(minutes=40))
    assert [row.member.name for row in Notification.objects.all()] == ["Ada"]
    assert "do not show" in mail_of(Notification.objects.get())
    assert sync_company(connection, now=start + timedelta(minutes=45))
    for minutes, notices in ((60, 1), (70, 1), (80, 2)):
        fail(connection, start + timedelta(minutes=minutes))
        assert Notification.objects.count() == notices


def mail_of(row: Notification) -> str:
    type(row.member.user).objects.update(email="ada@testers.example")
    assert notification_send(row.pk, now=row.created_at)
    return str(mail.outbox[-1].subject)


@pytest.mark.parametrize("wanted", [True, False])
def test_switches_truly_switch(connection, deal, wanted):
    settings_for(connection.account)
    InvoicingSettings.objects.update(notify_disconnected=wanted, notify_invoice_failed=wanted)
    Connection.objects.update(consent_expires_at=now() + timedelta(days=9))
    notify_consent_expiry(now=now())
    refuse(connection, intent_of(connection, deal), user_is_waiting=False)
    failure_record(connection, ReconnectRequired(problem_code="reconnect"), now=now())
    kinds = sorted(Notification.objects.values_list("kind", flat=True))
    assert kinds == (["expires", "reconnect", "refused"] if wanted else [])
