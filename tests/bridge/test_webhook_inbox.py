"""Webhook events in bursts: stored together, woken once, and none left lying between two steps."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from quickbooks_bridge.domain.webhooks import WebhookChange
from quickbooks_bridge.models import Connection, SyncState, WebhookEvent
from quickbooks_bridge.services.sync import batch as batch_module
from quickbooks_bridge.services.sync import webhook_inbox
from quickbooks_bridge.services.sync.batch import sync_batch
from quickbooks_bridge.services.sync.company import initial_import
from quickbooks_bridge.services.sync.webhook_inbox import (
    reschedule_stale_events,
    webhook_events_record,
)
from quickbooks_bridge.tasks import sync

from ..fixtures import connect

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)


def change(realm: str, number: int = 1) -> WebhookChange:
    return WebhookChange(f"k{number}", realm, "invoice", str(number), "update")


@pytest.mark.django_db
def test_a_burst_wakes_a_company_once(connection):
    SyncState.objects.update(next_sync_at=NOW + timedelta(hours=1))
    woken = [
        webhook_events_record((change(connection.company.realm_id, number),), now=NOW) for number in range(5)
    ]
    assert woken == [{connection.pk: 0.0}, {}, {}, {}, {}]
    assert WebhookEvent.objects.count() == 5


@pytest.mark.django_db
def test_a_company_just_looked_at_is_given_a_moment(connection):
    """Webhook events that keep coming are gathered; the first one is processed at once."""
    SyncState.objects.update(next_sync_at=NOW + timedelta(hours=1), last_sync_at=NOW)
    at = NOW + webhook_inbox.BURST_PAUSE / 4
    assert webhook_events_record((change(connection.company.realm_id),), now=at) == {connection.pk: 0.75}
    assert Connection.objects.get().company.sync.next_sync_at == NOW + webhook_inbox.BURST_PAUSE


@pytest.mark.django_db
def test_a_company_that_nobody_knew_yet_is_asked_for(connection, stranger, qbo):
    assert webhook_events_record((change("no such"),), now=NOW) == {}
    other = connect(stranger, qbo, company=1)
    webhook_events_record((change(other.company.realm_id),), now=NOW)
    webhook_events_record((change("no such"),), now=NOW)
    assert [event.realm_id for event in WebhookEvent.objects.all()] == [other.company.realm_id]


@pytest.mark.django_db
def test_what_is_announced_while_quickbooks_answers_makes_due_again(connection, monkeypatch):
    now = datetime.now(UTC)
    webhook_events_record((change(connection.company.realm_id, 1),), now=now)
    ask = batch_module._ask

    def asked(row, *rest):
        answer = ask(row, *rest)
        fresh.append(WebhookChange("late", row.company.realm_id, "invoice", "2", "update"))
        return answer

    fresh: list[WebhookChange] = []
    monkeypatch.setattr(batch_module, "_ask", asked)
    applied = batch_module.invoices.cdc_apply

    def apply(batch, **rest):
        webhook_events_record(fresh, now=now + timedelta(seconds=1))
        return applied(batch, **rest)

    monkeypatch.setattr(batch_module.invoices, "cdc_apply", apply)
    polled = sync_batch([connection.pk], now=now)
    assert (polled.synced, polled.again) == (1, [connection.pk])
    assert Connection.objects.get().company.sync.next_sync_at == now + webhook_inbox.BURST_PAUSE
    assert list(
        WebhookEvent.objects.filter(processed_at__isnull=True).values_list("event_id", flat=True)
    ) == ["late"]


@pytest.mark.django_db
def test_companies_announced_together_are_asked_together(connection, stranger, qbo, monkeypatch):
    other = connect(stranger, qbo, company=1)
    assert initial_import(other, now=datetime.now(UTC))
    later = datetime.now(UTC) + timedelta(hours=1)
    SyncState.objects.update(next_sync_at=later, last_sync_at=None)
    webhook_events_record(
        (change(connection.company.realm_id, 1), change(other.company.realm_id, 2)), now=datetime.now(UTC)
    )
    chunks: list[list[int]] = []
    ask = sync.sync_batch
    monkeypatch.setattr(sync, "sync_batch", lambda pks, **how: chunks.append(sorted(pks)) or ask(pks, **how))
    # Each webhook event wakes; whoever comes second finds that its company was taken along.
    sync.sync_due()
    sync.sync_due()
    assert chunks == [sorted([connection.pk, other.pk])]
    assert not WebhookEvent.objects.filter(processed_at__isnull=True).exists()


@pytest.mark.django_db
def test_a_company_that_is_slow_to_answer_delays_nobody_who_was_announced_with_it(
    connection, stranger, qbo, monkeypatch
):
    other = connect(stranger, qbo, company=1)
    assert initial_import(other, now=datetime.now(UTC))
    told_again = threading.Event()
    ask = batch_module._ask

    def slow(row, *rest):
        if row.pk == connection.pk:
            in_time.append(told_again.wait(10))
        return ask(row, *rest)

    in_time: list[bool] = []
    monkeypatch.setattr(batch_module, "_ask", slow)
    # More events of the quick one came meanwhile: its next sync is scheduled before the slow one has answered.
    monkeypatch.setattr(
        batch_module,
        "reschedule_if_new_events",
        lambda realms, now: [other.pk] if other.company.realm_id in realms else [],
    )
    both = [connection.pk, other.pk]
    polled = sync_batch(both, now=datetime.now(UTC), max_wait=0.01, again=told_again.set)
    assert (in_time, polled.synced) == ([True], 2)


@pytest.mark.django_db
def test_companies_that_need_a_run_of_their_own_are_not_found_due_again_and_again(connection, monkeypatch):
    """All tokens have run out, as after an outage: each gets one message, not one with every dispatch."""
    sent: list[tuple[int, ...]] = []
    monkeypatch.setattr(sync.sync_one_company, "apply_async", lambda args, **how: sent.append(args))
    now = datetime.now(UTC)
    SyncState.objects.update(next_sync_at=now)
    Connection.objects.update(access_expires_at=now)
    sync.sync_due()
    sync.sync_due()
    assert sent == [(connection.pk,)]


@pytest.mark.django_db
def test_due_is_who_is_free_and_whose_time_has_come_or_comes_in_a_moment(connection):
    def due(**changed: object) -> bool:
        known = {"next_sync_at": NOW, "sync_lease_until": None, "status": "active", "import_state": "done"}
        values = {**known, **changed}
        Connection.objects.update(status=values.pop("status"))
        SyncState.objects.update(**values)
        return batch_module.due_companies(now=NOW) == [connection.pk]

    assert due()
    assert due(next_sync_at=NOW + batch_module.CLOCK_SKEW)
    assert due(sync_lease_until=NOW - timedelta(seconds=1))
    assert not due(next_sync_at=NOW + timedelta(seconds=1))
    assert not due(sync_lease_until=NOW + timedelta(seconds=1))
    assert not due(status="needs_reconnect")
    assert not due(import_state="running")


@pytest.mark.django_db
def test_news_that_a_dead_worker_left_behind_is_followed(connection):
    webhook_events_record((change(connection.company.realm_id),), now=NOW)
    SyncState.objects.update(next_sync_at=NOW + timedelta(days=1))
    reschedule_stale_events(now=NOW + webhook_inbox.STALE_AFTER)
    assert Connection.objects.get().company.sync.next_sync_at == NOW + timedelta(days=1)
    later = NOW + webhook_inbox.STALE_AFTER * 2
    reschedule_stale_events(now=later)
    assert Connection.objects.get().company.sync.next_sync_at == later
