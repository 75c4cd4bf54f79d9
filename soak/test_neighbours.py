"""R7: a company that QuickBooks throttles holds no other up."""

import statistics
import time

import pytest
from django.utils import timezone

from quickbooks_bridge.models import Connection, SyncState
from quickbooks_bridge.services.sync.batch import sync_batch
from quickbooks_bridge.services.sync.company import initial_import
from tests.fixtures import connect

from .scorecard import IS_LONG, record, size

pytestmark = pytest.mark.django_db


def cycle(pks: list[int]) -> float:
    """Seconds that one look at all companies takes."""
    SyncState.objects.update(sync_lease_until=None)
    begun = time.perf_counter()
    sync_batch(pks, now=timezone.now())
    return time.perf_counter() - begun


def test_a_throttled_company_holds_no_other_up(connection, stranger, qbo):
    """Its own calls wait; the next look leaves it out until QuickBooks' minute is over."""
    seconds, rounds = size("THROTTLED_SECONDS", quick=0, long=600), size("CYCLES", quick=15, long=300)
    other = connect(stranger, qbo, company=1)
    assert initial_import(other, now=timezone.now())
    cycle([other.pk])
    alone = statistics.median(cycle([other.pk]) for _round in range(rounds))
    qbo.control(
        "POST", "/control/faults", {"kind": "429", "operation": "*", "realm": connection.company.realm_id}
    )
    sync_batch([connection.pk], now=timezone.now())
    connection.refresh_from_db()
    assert connection.company.sync.next_sync_at > timezone.now()
    assert connection.status == Connection.Status.ACTIVE
    beside, tried, began = [], 0, time.monotonic()
    # Looked at without a break, and past QuickBooks' minute, after which the throttled one is asked anew each time.
    while len(beside) < rounds or time.monotonic() - began < seconds:
        due = list(
            SyncState.objects.filter(next_sync_at__lte=timezone.now())
            .exclude(pk=other.pk)
            .values_list("pk", flat=True)
        )
        tried += len(due)
        beside.append(cycle([*due, other.pk]))
        if len(beside) >= rounds:
            time.sleep(0.25)
    qbo.control("DELETE", "/control/faults")
    connection.refresh_from_db()
    assert connection.status == Connection.Status.ACTIVE
    assert tried <= seconds // 60, "asked again and again although it is to be left alone"
    if IS_LONG:  # a ratio of milliseconds says nothing beside other tests
        ratio = statistics.median(beside) / alone
        record(
            "R7",
            f"{len(beside)} looks in {round(time.monotonic() - began)} s beside a throttled company: times the others' latency",
            round(ratio, 2),
            1.2,
        )
        record("R7", "times the throttled one was asked all the same", tried, seconds // 120, at_least=True)
