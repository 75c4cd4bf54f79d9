"""Calls counted, webhook events trusted, notices sent once, keys changed under running processes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from crm_invoicing import encryption
from quickbooks_bridge.domain.webhooks import WebhookChange
from quickbooks_bridge.gateway import usage_counter
from quickbooks_bridge.gateway.errors import ReconnectRequired
from quickbooks_bridge.models import ApiUsage, Connection, Invoice, Notification, SyncState, WebhookEvent
from quickbooks_bridge.services.connections import tokens
from quickbooks_bridge.services.connections.lifecycle import client_for, failure_record
from quickbooks_bridge.services.operations import api_usage
from quickbooks_bridge.services.operations.notifications import (
    notification_send,
    notify_consent_expiry,
    notify_disconnected,
)
from quickbooks_bridge.services.sync.company import (
    OVERLAP,
    reference_lists_due,
    reference_lists_refresh,
    request_sync_if_stale,
    sync_company,
)
from quickbooks_bridge.services.sync.webhook_inbox import webhook_events_record
from quickbooks_bridge.services.sync.webhook_trust import GRACE, TRUST_AFTER, webhooks_reliable
from quickbooks_bridge.tasks import dispatch, sync

from ..fixtures import sign_in

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


def asked(qbo, since: int) -> int:
    return qbo.control("GET", "/control/requests")["total"] - since


def mark(qbo) -> int:
    return qbo.control("GET", "/control/requests")["total"]


def test_calls_are_counted_by_purpose_and_written_in_one_statement(connection):
    usage_counter.drain_here()
    assert sync_company(connection, now=now())
    client_for(connection, interactive=True).terms()
    with CaptureQueriesContext(database) as queries:
        assert api_usage.usage_flush_quietly(at_once=True) == 2
    assert len(queries) == 1
    assert sync_company(connection, now=now())
    api_usage.usage_flush_quietly(at_once=True)
    rows = ApiUsage.objects.order_by("purpose").values_list("company_id", "purpose", "reads", "writes")
    assert list(rows) == [
        (connection.company_id, "background", 2, 0),
        (connection.company_id, "person", 1, 0),
    ]


def test_a_call_that_failed_costs_nothing(qbo, connection):
    usage_counter.drain_here()
    qbo.control("POST", "/control/faults", {"kind": "503_html", "count": 9})
    assert not sync_company(connection, now=now())
    assert usage_counter.drain_here() == {}


def spend(connection: Connection, reads: int, settings) -> None:
    settings.QUICKBOOKS_MONTHLY_READS = 1000
    ApiUsage.objects.create(
        company=connection.company,
        day=now().date(),
        purpose="person",
        reads=reads,
    )
    api_usage.read_quota_forget()


def test_at_eighty_per_cent_companies_are_asked_more_seldom(connection, settings):
    spend(connection, 800, settings)
    moment = now()
    assert sync_company(connection, now=moment)
    connection.refresh_from_db()
    assert connection.company.sync.next_sync_at > moment + timedelta(
        seconds=settings.QUICKBOOKS_POLL_SECONDS * 3
    )
    request_sync_if_stale(connection, now=moment + timedelta(minutes=2), older_than=timedelta(minutes=1))
    assert Connection.objects.get().company.sync.next_sync_at > moment + timedelta(minutes=3)


def test_at_ninety_five_per_cent_only_people_read(qbo, connection, settings):
    spend(connection, 950, settings)
    SyncState.objects.update(next_sync_at=now() - timedelta(minutes=1))
    before = mark(qbo)
    assert ("sync", connection.pk) not in dispatch.due_work(now())
    sync.sync_companies([connection.pk])
    sync.sync_one_company(connection.pk)
    sync.sync_due()
    assert asked(qbo, before) == 0
    assert sync_company(connection, now=now(), interactive=True)


def test_the_forecast_goes_on_as_the_month_began():
    assert api_usage.forecast(100, now=datetime(2026, 11, 10, 23, tzinfo=UTC)) == 300


def announce(connection: Connection, qbo_id: str, at: datetime) -> None:
    change = WebhookChange(f"k{qbo_id}{at}", connection.company.realm_id, "invoice", qbo_id, "update")
    webhook_events_record((change,), now=at)
    connection.refresh_from_db()


def test_announced_companies_are_asked_once_a_day(connection, settings):
    moment = now()
    announce(connection, "1", moment)
    assert webhooks_reliable(connection, now=moment)
    assert sync_company(connection, now=moment)
    connection.refresh_from_db()
    assert connection.company.sync.next_sync_at > moment + timedelta(hours=20)
    settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN = ""
    assert not webhooks_reliable(connection, now=moment)


@pytest.fixture
def pass_by(qbo) -> Iterator[Callable[[timedelta], datetime]]:
    """Let time pass for QuickBooks; gives what time it is then. Afterwards it is now again."""

    def pass_(time: timedelta) -> datetime:
        told = qbo.control("POST", "/control/clock", {"advance_seconds": time.total_seconds()})
        return datetime.fromisoformat(told["now"])

    yield pass_
    qbo.control("POST", "/control/clock", {"set": now().isoformat()})


def pay_unheard(qbo, connection: Connection) -> str:
    row = Invoice.objects.filter(balance__gt=0, is_deleted=False)[0]
    qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{row.qbo_id}/pay", {})
    return row.qbo_id


def test_a_change_nobody_announced_brings_polling_back(qbo, connection, settings, pass_by):
    announce(connection, "1", now())
    assert sync_company(connection, now=now())
    pay_unheard(qbo, connection)
    later = pass_by(GRACE * 2)
    assert sync_company(connection, now=later)
    connection.refresh_from_db()
    assert connection.company.sync.last_missed_webhook_at == later
    assert connection.company.sync.next_sync_at < later + timedelta(
        seconds=settings.QUICKBOOKS_POLL_SECONDS * 2
    )
    announce(connection, "1", later + timedelta(minutes=5))
    assert not webhooks_reliable(connection, now=later + timedelta(minutes=6))
    announce(connection, "1", later + TRUST_AFTER * 2)
    assert webhooks_reliable(connection, now=later + TRUST_AFTER * 3)


def test_a_change_is_judged_when_old_enough_however_often_somebody_looks(qbo, connection, pass_by):
    """Looks every two minutes never meet a change that is new and old enough at once."""
    assert GRACE <= OVERLAP
    announce(connection, "1", now())
    assert sync_company(connection, now=now())
    pay_unheard(qbo, connection)
    missed = []
    for _look in range(5):
        later = pass_by(timedelta(minutes=2))
        assert sync_company(connection, now=later)
        connection.refresh_from_db()
        missed.append(connection.company.sync.last_missed_webhook_at)
    assert missed[0] is None
    assert missed[-1] is not None
    assert len(set(missed)) == 2, "judged once"


def test_a_change_whose_announcement_may_still_come_is_no_miss(qbo, connection):
    announce(connection, "1", now())
    assert sync_company(connection, now=now())
    pay_unheard(qbo, connection)
    assert sync_company(connection, now=now())
    connection.refresh_from_db()
    assert connection.company.sync.last_missed_webhook_at is None


def test_an_announced_change_is_no_miss(qbo, connection, pass_by):
    announce(connection, "1", now())
    assert sync_company(connection, now=now())
    invoice = pay_unheard(qbo, connection)
    payment = max(
        qbo.control("GET", f"/control/{connection.company.realm_id}/dump")["Payment"],
        key=lambda p: int(p["Id"]),
    )
    for entity, qbo_id in (("invoice", invoice), ("payment", payment["Id"])):
        WebhookEvent.objects.create(
            event_id=entity, realm_id=connection.company.realm_id, entity=entity, qbo_id=qbo_id, operation="update", received_at=now()
        )  # fmt: skip
    assert sync_company(connection, now=pass_by(GRACE * 2))
    connection.refresh_from_db()
    assert connection.company.sync.last_missed_webhook_at is None


def test_lists_are_read_daily_while_somebody_looks(qbo, connection):
    later = now() + timedelta(days=2)
    assert reference_lists_due(now=later) == []
    request_sync_if_stale(connection, now=later, older_than=timedelta(days=9))
    assert reference_lists_due(now=later) == [connection.pk]
    late = Connection.objects.get()
    before = mark(qbo)
    assert reference_lists_refresh(Connection.objects.get(), now=later)
    assert not reference_lists_refresh(late, now=later)
    assert asked(qbo, before) == 6
    assert reference_lists_due(now=later) == []


def with_address(connection: Connection) -> None:
    connection.owner.user.email = "owner@example.com"
    connection.owner.user.save()


def test_the_owner_is_told_once_that_signing_in_again_is_needed(connection, caplog):
    with_address(connection)
    moment = now()
    failure_record(connection, ReconnectRequired(code="3100"), now=moment)
    notify_disconnected(connection.pk, now=moment)
    notice = Notification.objects.get()
    assert ("notice", notice.pk) in dispatch.due_work(moment)
    assert notification_send(notice.pk, now=moment)
    assert not notification_send(notice.pk, now=moment + timedelta(days=1))
    assert [message.to for message in mail.outbox] == [["owner@example.com"]]
    assert "reconnecting keeps every link" in mail.outbox[0].body
    assert "owner@example.com" not in caplog.text


def test_a_mail_that_does_not_go_out_is_tried_again_later(connection, settings):
    with_address(connection)
    moment = now()
    notify_disconnected(connection.pk, now=moment)
    notice = Notification.objects.get()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert not notification_send(notice.pk, now=moment)
    notice.refresh_from_db()
    assert (notice.attempts, notice.sent_at) == (1, None)
    assert notice.next_try_at > moment
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert notification_send(notice.pk, now=notice.next_try_at)


def test_without_a_mail_server_nothing_counts_as_sent_and_the_health_page_says_so(
    connection, settings, admin, caplog
):
    with_address(connection)
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    moment = now()
    notify_disconnected(connection.pk, now=moment)
    notice = Notification.objects.get()
    assert not notification_send(notice.pk, now=moment)
    notice.refresh_from_db()
    assert (notice.attempts, notice.sent_at) == (0, None)
    assert notice.next_try_at > moment
    page = sign_in(admin.member).get("/quickbooks/health/").content.decode()
    assert "1 email waits: email is not set up" in page
    assert "EMAIL_HOST" in page
    assert connection.owner.user.email not in " ".join(str(vars(record)) for record in caplog.records)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert notification_send(notice.pk, now=notice.next_try_at)


def test_a_notification_older_than_a_week_is_dropped_and_not_sent(connection):
    with_address(connection)
    notify_disconnected(connection.pk, now=now() - timedelta(days=8))
    notice = Notification.objects.get()
    assert not notification_send(notice.pk, now=now())
    assert not Notification.objects.exists()
    assert mail.outbox == []


def test_a_consent_that_ends_soon_is_told_once(connection):
    moment = now()
    notify_consent_expiry(now=moment)
    assert not Notification.objects.exists()
    Connection.objects.update(consent_expires_at=moment + timedelta(days=20))
    notify_consent_expiry(now=moment)
    notify_consent_expiry(now=moment + timedelta(hours=1))
    assert [notice.kind for notice in Notification.objects.all()] == ["expires"]


def test_keys_are_changed_and_a_refresh_in_between_wins(connection, settings, monkeypatch, capsys):
    old, new = settings.TOKEN_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    settings.TOKEN_ENCRYPTION_KEYS = [new, old]
    encrypt, refreshed = tokens.encrypt, []

    def refresh_first(plain, *, keys):
        if not refreshed:
            refreshed.append(True)
            Connection.objects.update(
                access_token=encryption.encrypt("fresh-access", keys=[old]),
                refresh_token=encryption.encrypt("fresh-refresh", keys=[old]),
                token_version=connection.token_version + 1,
            )
        return encrypt(plain, keys=keys)

    monkeypatch.setattr(tokens, "encrypt", refresh_first)
    call_command("rotate_token_keys")
    assert "1 of 1" in capsys.readouterr().out
    row = Connection.objects.get()
    assert encryption.decrypt(row.refresh_token, keys=[new]) == "fresh-refresh"
    assert encryption.decrypt(row.access_token, keys=[new]) == "fresh-access"
