"""Calls counted, announcements trusted, notices sent once, keys changed under running processes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from quickbooks_bridge import crypto, tasks
from quickbooks_bridge.domain.webhooks import AnnouncedChange
from quickbooks_bridge.gateway import meter
from quickbooks_bridge.gateway.errors import ReconnectRequired
from quickbooks_bridge.models import CallCount, Connection, Invoice, Notice, WebhookEvent
from quickbooks_bridge.services import calls, tokens
from quickbooks_bridge.services.announced import GRACE, TRUST_AFTER, is_announced
from quickbooks_bridge.services.connection import client_for, note_failure
from quickbooks_bridge.services.index import OVERLAP, connection_sync, lists_due, lists_read, sync_wanted
from quickbooks_bridge.services.notices import expiry_notices, notice_send, reconnect_notice
from quickbooks_bridge.services.webhooks import announcements_store

from ..conftest import sign_in

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


def asked(pretend, since: int) -> int:
    return pretend.control("GET", "/control/requests")["total"] - since


def mark(pretend) -> int:
    return pretend.control("GET", "/control/requests")["total"]


def test_calls_are_counted_by_purpose_and_written_in_one_statement(connection):
    meter.drain_here()
    assert connection_sync(connection, now=now())
    client_for(connection, interactive=True).terms()
    with CaptureQueriesContext(database) as queries:
        assert calls.counts_write(at_once=True) == 2
    assert len(queries) == 1
    assert connection_sync(connection, now=now())
    calls.counts_write(at_once=True)
    rows = CallCount.objects.order_by("purpose").values_list("account_id", "purpose", "reads", "writes")
    assert list(rows) == [
        (connection.account_id, "background", 2, 0),
        (connection.account_id, "person", 1, 0),
    ]


def test_a_call_that_failed_costs_nothing(pretend, connection):
    meter.drain_here()
    pretend.control("POST", "/control/faults", {"kind": "503_html", "count": 9})
    assert not connection_sync(connection, now=now())
    assert meter.drain_here() == {}


def spend(connection: Connection, reads: int, settings) -> None:
    settings.QUICKBOOKS_MONTHLY_READS = 1000
    CallCount.objects.create(
        account=connection.account,
        realm_id=connection.realm_id,
        day=now().date(),
        purpose="person",
        reads=reads,
    )
    calls.budget_forget()


def test_at_eighty_per_cent_companies_are_asked_more_seldom(connection, settings):
    spend(connection, 800, settings)
    moment = now()
    assert connection_sync(connection, now=moment)
    connection.refresh_from_db()
    assert connection.next_sync_at > moment + timedelta(seconds=settings.QUICKBOOKS_POLL_SECONDS * 3)
    sync_wanted(connection, now=moment + timedelta(minutes=2), older_than=timedelta(minutes=1))
    assert Connection.objects.get().next_sync_at > moment + timedelta(minutes=3)


def test_at_ninety_five_per_cent_only_people_read(pretend, connection, settings):
    spend(connection, 950, settings)
    Connection.objects.update(next_sync_at=now() - timedelta(minutes=1))
    before = mark(pretend)
    assert ("sync", connection.pk) not in tasks._due(now())
    tasks.sync_connections([connection.pk])
    tasks.sync_connection(connection.pk)
    tasks.sync_due()
    assert asked(pretend, before) == 0
    assert connection_sync(connection, now=now(), interactive=True)


def test_the_forecast_goes_on_as_the_month_began():
    assert calls.forecast(100, now=datetime(2026, 11, 10, 23, tzinfo=UTC)) == 300


def announce(connection: Connection, qbo_id: str, at: datetime) -> None:
    change = AnnouncedChange(f"k{qbo_id}{at}", connection.realm_id, "invoice", qbo_id, "update")
    announcements_store((change,), now=at)
    connection.refresh_from_db()


def test_announced_companies_are_asked_once_a_day(connection, settings):
    moment = now()
    announce(connection, "1", moment)
    assert is_announced(connection, now=moment)
    assert connection_sync(connection, now=moment)
    connection.refresh_from_db()
    assert connection.next_sync_at > moment + timedelta(hours=20)
    settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN = ""
    assert not is_announced(connection, now=moment)


@pytest.fixture
def pass_by(pretend) -> Iterator[Callable[[timedelta], datetime]]:
    """Let time pass for QuickBooks; gives what time it is then. Afterwards it is now again."""

    def pass_(time: timedelta) -> datetime:
        told = pretend.control("POST", "/control/clock", {"advance_seconds": time.total_seconds()})
        return datetime.fromisoformat(told["now"])

    yield pass_
    pretend.control("POST", "/control/clock", {"set": now().isoformat()})


def pay_unheard(pretend, connection: Connection) -> str:
    row = Invoice.objects.filter(balance__gt=0, is_deleted=False)[0]
    pretend.control("POST", f"/control/{connection.realm_id}/invoices/{row.qbo_id}/pay", {})
    return row.qbo_id


def test_a_change_nobody_announced_brings_polling_back(pretend, connection, settings, pass_by):
    announce(connection, "1", now())
    assert connection_sync(connection, now=now())
    pay_unheard(pretend, connection)
    later = pass_by(GRACE * 2)
    assert connection_sync(connection, now=later)
    connection.refresh_from_db()
    assert connection.missed_at == later
    assert connection.next_sync_at < later + timedelta(seconds=settings.QUICKBOOKS_POLL_SECONDS * 2)
    announce(connection, "1", later + timedelta(minutes=5))
    assert not is_announced(connection, now=later + timedelta(minutes=6))
    announce(connection, "1", later + TRUST_AFTER * 2)
    assert is_announced(connection, now=later + TRUST_AFTER * 3)


def test_a_change_is_judged_when_old_enough_however_often_somebody_looks(pretend, connection, pass_by):
    """Looks every two minutes never meet a change that is new and old enough at once."""
    assert GRACE <= OVERLAP
    announce(connection, "1", now())
    assert connection_sync(connection, now=now())
    pay_unheard(pretend, connection)
    missed = []
    for _look in range(5):
        later = pass_by(timedelta(minutes=2))
        assert connection_sync(connection, now=later)
        connection.refresh_from_db()
        missed.append(connection.missed_at)
    assert missed[0] is None
    assert missed[-1] is not None
    assert len(set(missed)) == 2, "judged once"


def test_a_change_whose_announcement_may_still_come_is_no_miss(pretend, connection):
    announce(connection, "1", now())
    assert connection_sync(connection, now=now())
    pay_unheard(pretend, connection)
    assert connection_sync(connection, now=now())
    connection.refresh_from_db()
    assert connection.missed_at is None


def test_an_announced_change_is_no_miss(pretend, connection, pass_by):
    announce(connection, "1", now())
    assert connection_sync(connection, now=now())
    invoice = pay_unheard(pretend, connection)
    payment = max(
        pretend.control("GET", f"/control/{connection.realm_id}/dump")["Payment"], key=lambda p: int(p["Id"])
    )
    for entity, qbo_id in (("invoice", invoice), ("payment", payment["Id"])):
        WebhookEvent.objects.create(
            key=entity, realm_id=connection.realm_id, entity=entity, qbo_id=qbo_id, operation="update", received_at=now()
        )  # fmt: skip
    assert connection_sync(connection, now=pass_by(GRACE * 2))
    connection.refresh_from_db()
    assert connection.missed_at is None


def test_lists_are_read_daily_while_somebody_looks(pretend, connection):
    later = now() + timedelta(days=2)
    assert lists_due(now=later) == []
    sync_wanted(connection, now=later, older_than=timedelta(days=9))
    assert lists_due(now=later) == [connection.pk]
    late = Connection.objects.get()
    before = mark(pretend)
    assert lists_read(Connection.objects.get(), now=later)
    assert not lists_read(late, now=later)
    assert asked(pretend, before) == 5
    assert lists_due(now=later) == []


def with_address(connection: Connection) -> None:
    connection.owner.user.email = "owner@example.com"
    connection.owner.user.save()


def test_the_owner_is_told_once_that_signing_in_again_is_needed(connection, caplog):
    with_address(connection)
    moment = now()
    note_failure(connection, ReconnectRequired(code="3100"), now=moment)
    reconnect_notice(connection.pk, now=moment)
    notice = Notice.objects.get()
    assert ("notice", notice.pk) in tasks._due(moment)
    assert notice_send(notice.pk, now=moment)
    assert not notice_send(notice.pk, now=moment + timedelta(days=1))
    assert [message.to for message in mail.outbox] == [["owner@example.com"]]
    assert "reconnecting keeps every link" in mail.outbox[0].body
    assert "owner@example.com" not in caplog.text


def test_a_mail_that_does_not_go_out_is_tried_again_later(connection, settings):
    with_address(connection)
    moment = now()
    reconnect_notice(connection.pk, now=moment)
    notice = Notice.objects.get()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert not notice_send(notice.pk, now=moment)
    notice.refresh_from_db()
    assert (notice.attempts, notice.sent_at) == (1, None)
    assert notice.next_try_at > moment
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert notice_send(notice.pk, now=notice.next_try_at)


def test_without_a_mail_server_nothing_counts_as_sent_and_the_health_page_says_so(
    connection, settings, admin, caplog
):
    with_address(connection)
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    moment = now()
    reconnect_notice(connection.pk, now=moment)
    notice = Notice.objects.get()
    assert not notice_send(notice.pk, now=moment)
    notice.refresh_from_db()
    assert (notice.attempts, notice.sent_at) == (0, None)
    assert notice.next_try_at > moment
    page = sign_in(admin.member).get("/quickbooks/health/").content.decode()
    assert "1 email waits: email is not set up" in page
    assert "EMAIL_HOST" in page
    assert connection.owner.user.email not in " ".join(str(vars(record)) for record in caplog.records)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert notice_send(notice.pk, now=notice.next_try_at)


def test_a_notification_older_than_a_week_is_dropped_and_not_sent(connection):
    with_address(connection)
    reconnect_notice(connection.pk, now=now() - timedelta(days=8))
    notice = Notice.objects.get()
    assert not notice_send(notice.pk, now=now())
    assert not Notice.objects.exists()
    assert mail.outbox == []


def test_a_consent_that_ends_soon_is_told_once(connection):
    moment = now()
    expiry_notices(now=moment)
    assert not Notice.objects.exists()
    Connection.objects.update(hard_expires_at=moment + timedelta(days=20))
    expiry_notices(now=moment)
    expiry_notices(now=moment + timedelta(hours=1))
    assert [notice.kind for notice in Notice.objects.all()] == ["expires"]


def test_keys_are_changed_and_a_refresh_in_between_wins(connection, settings, monkeypatch, capsys):
    old, new = settings.TOKEN_KEYS[0], Fernet.generate_key().decode()
    settings.TOKEN_KEYS = [new, old]
    encrypt, refreshed = tokens.encrypt, []

    def refresh_first(plain, *, keys):
        if not refreshed:
            refreshed.append(True)
            Connection.objects.update(
                access_token=crypto.encrypt("fresh-access", keys=[old]),
                refresh_token=crypto.encrypt("fresh-refresh", keys=[old]),
                generation=connection.generation + 1,
            )
        return encrypt(plain, keys=keys)

    monkeypatch.setattr(tokens, "encrypt", refresh_first)
    call_command("rotate_keys")
    assert "1 of 1" in capsys.readouterr().out
    row = Connection.objects.get()
    assert crypto.decrypt(row.refresh_token, keys=[new]) == "fresh-refresh"
    assert crypto.decrypt(row.access_token, keys=[new]) == "fresh-access"
