"""What is left when a process was too slow, nobody waited, the database was away or a refresh was lost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.models import F

from crm_invoicing import encryption
from quickbooks_bridge.db import crash_points
from quickbooks_bridge.domain.payloads import marker_of
from quickbooks_bridge.messages.problems import message_for
from quickbooks_bridge.models import Connection, InvoiceIntent, Notification, Outage
from quickbooks_bridge.services.connections import tokens
from quickbooks_bridge.services.connections.lifecycle import MAX_TOKEN_REFUSAL, client_for
from quickbooks_bridge.services.connections.tokens import ConnectionTokenSource
from quickbooks_bridge.services.invoicing import intents
from quickbooks_bridge.services.invoicing.intents import intent_resume
from quickbooks_bridge.services.sync.company import sync_company

from ..brokers.scene import decide
from ..fixtures import sign_in

pytestmark = pytest.mark.django_db
State = InvoiceIntent.State


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def intent(connection, deal) -> InvoiceIntent:
    made = InvoiceIntent.objects.get(pk=decide(deal.pk))
    made.payload["PrivateNote"] = marker_of(made.request_id)
    made.save()
    return made


@pytest.mark.parametrize("kind", ["429", "503_html", "reset_before"])
def test_what_nobody_waits_for_is_tried_again(qbo, connection, intent, kind):
    """The web process died before it sent: the dispatch's first try is nobody's to be told about."""
    fault = {"kind": kind, "operation": "invoice.create", "count": 1}
    qbo.control("POST", "/control/faults", fault)
    assert intent_resume(intent, connection, now=now(), interactive=False).state == State.UNKNOWN
    later = intent.next_check_at + timedelta(seconds=1)
    from quickbooks_bridge.gateway import rate_limiter

    rate_limiter.default_limiter.cache_clear()  # a minute has passed for it too
    assert intent_resume(intent, connection, now=later, interactive=False).state == State.SUCCEEDED


@pytest.mark.parametrize("refusal", ["code:6240", "200_fault", "missing_code"])
def test_refusal_of_a_repetition_does_not_hide_what_the_first_try_made(qbo, connection, intent, refusal):
    """Its person would send it again under another request id, and there would be two."""
    for kind in ("reset_after", refusal):
        qbo.control("POST", "/control/faults", {"kind": kind, "operation": "invoice.create", "count": 1})
        intent_resume(intent, connection, now=intent.next_check_at or now(), interactive=False)
    assert intent.state == State.SUCCEEDED
    rows = qbo.control("GET", f"/control/{connection.company.realm_id}/dump")["Invoice"]
    assert sum(1 for row in rows if marker_of(intent.request_id) in str(row.get("PrivateNote"))) == 1


def test_a_young_decision_is_asked_for_often_and_an_old_one_seldom(qbo, connection, intent):
    """Five unlucky answers in a row must not push the sixth question past five minutes."""
    qbo.control("POST", "/control/faults", {"kind": "503_html", "operation": "invoice.create"})
    at, begun = now(), now()
    for _time in range(12):
        intent_resume(intent, connection, now=at, interactive=False)
        assert intent.state == State.UNKNOWN
        waits = intent.next_check_at - at
        at = intent.next_check_at
    assert at - begun < timedelta(minutes=5)
    assert waits == timedelta(seconds=20)
    intent_resume(intent, connection, now=begun + timedelta(hours=1), interactive=False)
    assert intent.next_check_at - begun > timedelta(hours=1, minutes=9)


@pytest.mark.parametrize("kind", ["429", "reset_after", "code:6240"])
def test_who_was_slower_than_the_lease_does_not_undo_what_another_found(
    qbo, connection, intent, kind, monkeypatch
):
    """A second process had the answer long before the first one's call ended in a fault."""
    qbo.control("POST", "/control/faults", {"kind": kind, "operation": "invoice.create", "count": 1})
    slow = intents._send

    def while_another_finishes(*given, **named):
        monkeypatch.setattr(intents, "_send", slow)
        try:
            return slow(*given, **named)
        finally:
            from quickbooks_bridge.gateway import rate_limiter

            rate_limiter.default_limiter.cache_clear()
            late = now() + intents.SEND_LEASE + timedelta(seconds=1)
            other = InvoiceIntent.objects.get(pk=intent.pk)
            assert intent_resume(other, connection, now=late, interactive=False).state == State.SUCCEEDED

    monkeypatch.setattr(intents, "_send", while_another_finishes)
    assert intent_resume(intent, connection, now=now(), interactive=True).state == State.SUCCEEDED


def test_token_near_its_end_is_used_while_another_renews_it(connection):
    Connection.objects.update(
        access_expires_at=now() + timedelta(minutes=3), refresh_lease_until=now() + timedelta(minutes=1)
    )
    waits = []
    source = ConnectionTokenSource(connection.pk, wait=waits.append)
    assert source.access_token()
    assert waits == []


def test_nobody_waits_who_read_the_row_just_before_another_began_to_renew(connection):
    Connection.objects.update(access_expires_at=now() + timedelta(minutes=3), refresh_lease_until=None)
    read_before = Connection.objects.get(pk=connection.pk)
    Connection.objects.update(refresh_lease_until=now() + timedelta(minutes=1))
    waits = []
    assert ConnectionTokenSource(connection.pk, known=read_before, wait=waits.append).access_token()
    assert waits == []


def test_a_call_refused_although_tokens_were_just_renewed_proves_nothing_until_it_lasts(qbo, connection):
    """Whose consent is gone gets no new tokens; so a second 401 is QuickBooks' own trouble."""
    qbo.control("POST", "/control/faults", {"kind": "expired", "operation": "cdc", "count": 2})
    assert not sync_company(connection, now=now())
    connection.refresh_from_db()
    assert (connection.status, connection.company.sync.last_error) == ("active", "refresh_refused")
    assert connection.company.sync.next_sync_at is not None
    assert sync_company(connection, now=now())
    assert not Outage.objects.filter(ended_at__isnull=True).exists()
    qbo.control("POST", "/control/faults", {"kind": "expired", "operation": "cdc"})
    began = now()
    assert not sync_company(connection, now=began)
    assert not sync_company(connection, now=began + MAX_TOKEN_REFUSAL - timedelta(minutes=1))
    assert Connection.objects.get().status == "active"
    assert not sync_company(connection, now=began + MAX_TOKEN_REFUSAL + timedelta(minutes=1))
    assert Connection.objects.get().status == "needs_reconnect"
    assert Notification.objects.count() == 1


def test_a_person_whose_call_is_refused_twice_is_told_to_try_again_and_not_to_sign_in(qbo, connection, deal):
    qbo.control("POST", "/control/faults", {"kind": "expired", "operation": "invoice.create", "count": 2})
    intent = InvoiceIntent.objects.get(pk=decide(deal.pk))
    refused = intent_resume(intent, connection, now=now(), interactive=True)
    assert [one["code"] for one in refused.problems] == ["refresh_refused"]
    assert "try again" in message_for("refresh_refused")
    assert Connection.objects.get().status == "active"


def test_refusal_of_a_token_that_somebody_else_has_renewed_is_no_refusal(qbo, connection, monkeypatch):
    """Two refreshed with the same token; the slower one is told that it is dead."""
    source = ConnectionTokenSource(connection.pk)
    Connection.objects.update(access_expires_at=now())
    qbo.control("POST", "/control/faults", {"kind": "unauthorized", "operation": "token", "count": 1})
    real = tokens.oauth.refresh

    def while_another_renews(config, *, refresh_token):
        monkeypatch.setattr(tokens.oauth, "refresh", real)
        try:
            return real(config, refresh_token=refresh_token)
        finally:
            Connection.objects.update(refresh_lease_until=None)
            ConnectionTokenSource(connection.pk).access_token()

    monkeypatch.setattr(tokens.oauth, "refresh", while_another_renews)
    assert source.access_token() == ConnectionTokenSource(connection.pk).access_token()
    connection.refresh_from_db()
    assert (connection.failed_refreshes, connection.company.sync.last_error) == (0, "")


def _store_of_another(token: str) -> None:
    """Store what another process would: tokens of the next generation."""
    Connection.objects.update(
        access_token=encryption.encrypt(token, keys=settings.TOKEN_ENCRYPTION_KEYS), access_expires_at=now() + timedelta(hours=1),
        token_version=F("token_version") + 1, refresh_lease_until=None,
    )  # fmt: skip


def test_one_process_refreshes_and_the_others_wait_for_what_it_stores(connection, monkeypatch):
    Connection.objects.update(access_expires_at=now(), refresh_lease_until=now() + timedelta(minutes=1))
    asked = []
    monkeypatch.setattr(tokens.oauth, "refresh", lambda *how, **what: asked.append(what))
    source = ConnectionTokenSource(connection.pk, wait=lambda seconds: _store_of_another("of another"))
    assert source.access_token() == "of another"
    assert asked == []


def test_tokens_of_a_former_generation_are_not_stored(connection, monkeypatch):
    Connection.objects.update(access_expires_at=now())
    real = tokens.oauth.refresh

    def while_another_stores(config, *, refresh_token):
        pair = real(config, refresh_token=refresh_token)
        _store_of_another("newer")
        return pair

    monkeypatch.setattr(tokens.oauth, "refresh", while_another_stores)
    ConnectionTokenSource(connection.pk).access_token()
    assert ConnectionTokenSource(connection.pk).access_token() == "newer"


def test_new_tokens_outlive_a_database_that_is_away_for_a_moment(connection, monkeypatch):
    Connection.objects.update(access_expires_at=now())
    real, away, before = tokens.token_fields, [1, 2], connection.token_version

    def fields(pair, *, now):
        if away.pop() if away else False:
            raise OperationalError("the database system is starting up")
        return real(pair, now=now)

    monkeypatch.setattr(tokens, "token_fields", fields)
    waits = []
    token = ConnectionTokenSource(connection.pk, wait=waits.append).access_token()
    assert len(waits) == 2
    connection.refresh_from_db()
    assert connection.token_version == before + 1
    assert ConnectionTokenSource(connection.pk).access_token() == token


def test_database_that_does_not_answer_is_said_with_a_time_to_come_back(admin, monkeypatch, caplog):
    client = sign_in(admin.member)
    client.raise_request_exception = False

    def away(*given, **named):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", away)
    answer = client.get("/deals/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert b"never made twice" in answer.content
    assert "database does not serve" in caplog.messages


def test_other_failures_claim_nothing_that_nobody_knows(admin, monkeypatch):
    client = sign_in(admin.member)
    client.raise_request_exception = False

    def broken(*given, **named):
        raise KeyError("x")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", broken)
    answer = client.get("/deals/")
    assert answer.status_code == 500
    assert b"Nothing was sent" not in answer.content


def test_no_process_dies_unless_it_is_told_to(monkeypatch):
    ended = []
    monkeypatch.setattr(crash_points.os, "kill", lambda pid, number: ended.append(number))
    crash_points.crash_point("intent.after_post")
    assert ended == []
    monkeypatch.setattr(
        crash_points, "_WANTED", crash_points._wanted("intent.after_post, sync.before_commit:0")
    )
    crash_points.crash_point("intent.before_post")
    crash_points.crash_point("sync.before_commit")
    assert ended == []
    crash_points.crash_point("intent.after_post")
    assert len(ended) == 1


def test_after_a_day_the_invoice_is_looked_for_before_it_is_asked_for_again(qbo, connection, intent):
    """QuickBooks does not say how long it remembers request ids: by then it may have forgotten this one."""
    client = client_for(connection, interactive=True)
    made = client.invoice_create(intent.payload, request_id="forgotten")
    begun = now() - timedelta(hours=21)
    InvoiceIntent.objects.filter(pk=intent.pk).update(sent_at=begun, created_at=begun, state=State.UNKNOWN)
    intent.refresh_from_db()
    settled = intent_resume(intent, connection, now=now(), interactive=False)
    assert (settled.state, settled.invoice.qbo_id) == (State.SUCCEEDED, made.qbo_id)
    rows = qbo.control("GET", f"/control/{connection.company.realm_id}/dump")["Invoice"]
    assert sum(1 for row in rows if marker_of(intent.request_id) in str(row.get("PrivateNote"))) == 1
