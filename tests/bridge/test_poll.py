"""Many companies asked at once: one call each, the writing together, nobody held up by another."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from quickbooks_bridge.domain import parsing
from quickbooks_bridge.models import Connection, Invoice, SyncState, WebhookEvent
from quickbooks_bridge.services.sync import batch as batch_module
from quickbooks_bridge.services.sync import company
from quickbooks_bridge.services.sync.batch import sync_batch
from quickbooks_bridge.services.sync.company import SYNC_LEASE, initial_import, sync_company
from quickbooks_bridge.services.sync.webhook_inbox import BURST_PAUSE

from ..fixtures import connect

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def both(connection, stranger, qbo) -> list[Connection]:
    """Two accounts with a company each, both loaded."""
    theirs = connect(stranger, qbo, company=1)
    assert theirs.company.realm_id != connection.company.realm_id
    assert initial_import(theirs, now=now())
    for made in (connection, theirs):
        assert sync_company(made, now=now())
    return list(Connection.objects.order_by("pk"))


def cdc_calls(qbo, since: int) -> list[str]:
    return [call["realm_id"] for call in qbo.calls(since=since) if call["operation"] == "cdc"]


def mark(qbo) -> int:
    return qbo.control("GET", "/control/requests")["total"]


def pay_one(qbo, connection: Connection) -> str:
    row = Invoice.objects.filter(company=connection.company, balance__gt=0, is_deleted=False)[0]
    qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{row.qbo_id}/pay", {})
    return row.qbo_id


def test_each_company_is_asked_once_and_gets_its_own_changes(qbo, both):
    paid = {made.company.realm_id: pay_one(qbo, made) for made in both}
    before = mark(qbo)
    polled = sync_batch([made.pk for made in both], now=now())
    assert (polled.synced, polled.failed, polled.alone) == (2, 0, [])
    assert sorted(cdc_calls(qbo, before)) == sorted(paid)
    for realm, qbo_id in paid.items():
        assert Invoice.objects.get(company__realm_id=realm, qbo_id=qbo_id).balance == 0
    for made in Connection.objects.all():
        assert made.company.sync.sync_lease_until is None
        assert made.company.sync.next_sync_at > now() + timedelta(minutes=4)


def test_a_quiet_chunk_takes_the_same_statements_for_two_as_for_one(qbo, both):
    counts = []
    for pks in ([both[0].pk], [made.pk for made in both]):
        with CaptureQueriesContext(database) as queries:
            sync_batch(pks, now=now())
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_failing_company_waits_longer_and_delays_no_other(qbo, both):
    failing, fine = both
    qbo.control(
        "POST", "/control/faults", {"kind": "503_html", "realm": failing.company.realm_id, "count": 9}
    )
    polled = sync_batch([failing.pk, fine.pk], now=now())
    qbo.control("DELETE", "/control/faults")
    assert (polled.synced, polled.failed) == (1, 1)
    failing.refresh_from_db()
    assert (
        failing.company.sync.consecutive_failures,
        failing.company.sync.last_error,
        failing.company.sync.sync_lease_until,
    ) == (
        1,
        "quickbooks_down",
        None,
    )
    assert failing.company.sync.next_sync_at > now()


def test_a_company_somebody_else_asks_is_left_alone(qbo, both):
    SyncState.objects.filter(pk=both[0].pk).update(sync_lease_until=now() + SYNC_LEASE)
    before = mark(qbo)
    assert sync_batch([made.pk for made in both], now=now()).synced == 1
    assert cdc_calls(qbo, before) == [both[1].company.realm_id]


def test_tokens_near_their_end_get_a_turn_of_their_own(qbo, both):
    Connection.objects.filter(pk=both[0].pk).update(access_expires_at=now() + timedelta(minutes=1))
    polled = sync_batch([made.pk for made in both], now=now())
    assert (polled.synced, polled.alone) == (1, [both[0].pk])
    assert sync_company(both[0], now=now())


def test_what_was_announced_meanwhile_is_asked_for_again(qbo, both, monkeypatch):
    """Whatever its clock says: the machine that receives webhook events has another one."""
    moment = now()

    def announce(key: str, at: datetime) -> None:
        WebhookEvent.objects.create(
            event_id=key,
            realm_id=both[0].company.realm_id,
            entity="invoice",
            qbo_id="1",
            operation="update",
            received_at=at,
        )

    announce("early", moment + timedelta(seconds=5))
    ask, asked = batch_module._round, []

    def round_(waiting, max_wait):
        done = ask(waiting, max_wait)
        if not asked:
            announce("late", moment - timedelta(seconds=5))
            asked.append(done)
        return done

    monkeypatch.setattr(batch_module, "_round", round_)
    polled = sync_batch([made.pk for made in both], now=moment)
    assert [event.event_id for event in WebhookEvent.objects.filter(processed_at__isnull=True)] == ["late"]
    assert polled.again == [both[0].pk]
    assert Connection.objects.get(pk=both[0].pk).company.sync.next_sync_at <= moment + BURST_PAUSE


def test_an_answer_that_cannot_be_applied_fails_its_company_alone(qbo, both, monkeypatch):
    failing, fine = both
    apply = batch_module.invoices.cdc_apply

    def cdc_apply(batch, **more):
        if any(connection.pk == failing.pk for connection, _changes in batch):
            raise DataError("value too long: 'secret words'")
        return apply(batch, **more)

    monkeypatch.setattr(batch_module.invoices, "cdc_apply", cdc_apply)
    polled = sync_batch([failing.pk, fine.pk], now=now())
    assert (polled.synced, polled.failed) == (1, 1)
    failing.refresh_from_db()
    fine.refresh_from_db()
    assert (
        failing.company.sync.consecutive_failures,
        failing.company.sync.last_error,
        failing.company.sync.sync_lease_until,
    ) == (
        1,
        "unexpected",
        None,
    )
    assert failing.company.sync.next_sync_at > now()
    assert (fine.company.sync.consecutive_failures, fine.company.sync.sync_lease_until) == (0, None)
    assert not sync_company(failing, now=now())
    failing.refresh_from_db()
    assert (failing.company.sync.consecutive_failures, failing.company.sync.sync_lease_until) == (2, None)


def test_leases_of_those_that_still_wait_are_renewed_and_others_left(qbo, both):
    waits, done = both
    begun = time.monotonic()
    assert batch_module._extend_leases([waits], begun) == begun
    assert batch_module._extend_leases([waits], begun - SYNC_LEASE.total_seconds() / 2) > begun - 1
    waits.refresh_from_db()
    done.refresh_from_db()
    assert waits.company.sync.sync_lease_until > now() + SYNC_LEASE * 0.9
    assert done.company.sync.sync_lease_until is None


def test_who_was_slower_than_its_lease_leaves_the_next_ones_alone(qbo, both, monkeypatch):
    link, others = both[0], now() + SYNC_LEASE * 3
    sync_claimed = company._sync_claimed

    def slow(connection, **more):
        sync_claimed(connection, **more)
        SyncState.objects.filter(pk=connection.pk).update(sync_lease_until=others)

    monkeypatch.setattr(company, "_sync_claimed", slow)
    assert sync_company(link, now=now())
    link.refresh_from_db()
    assert link.company.sync.sync_lease_until == others


def test_an_answer_that_was_cut_is_read_by_the_companys_own_run(qbo, both, monkeypatch):
    """Change data capture gives a thousand objects at most and says of no more."""
    paid = {made.company.realm_id: pay_one(qbo, made) for made in both}
    monkeypatch.setattr(parsing, "CDC_LIMIT", 1)
    polled = sync_batch([made.pk for made in both], now=now())
    assert (polled.synced, sorted(polled.alone)) == (0, sorted(made.pk for made in both))
    assert all(
        Invoice.objects.get(company__realm_id=realm, qbo_id=one).balance for realm, one in paid.items()
    )
