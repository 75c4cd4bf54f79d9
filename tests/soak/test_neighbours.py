"""R7: a company that QuickBooks throttles holds no other up."""

import statistics
import time

import pytest
from django.utils import timezone

from quickbooks_bridge.models import Connection
from quickbooks_bridge.services.index import connection_load
from quickbooks_bridge.services.poll import connections_sync
from tests.conftest import connect

from .scorecard import IS_LONG, record, size

pytestmark = pytest.mark.django_db


def cycle(pks: list[int]) -> float:
    """Seconds that one look at all companies takes."""
    Connection.objects.update(sync_lease_until=None)
    begun = time.perf_counter()
    connections_sync(pks, now=timezone.now())
    return time.perf_counter() - begun


def test_a_throttled_company_holds_no_other_up(connection, stranger, pretend):
    """Its own calls wait; the next look leaves it out until QuickBooks' minute is over."""
    rounds = size("CYCLES", quick=15, long=300)
    other = connect(stranger, pretend, company=1)
    assert connection_load(other, now=timezone.now())
    cycle([other.pk])
    alone = statistics.median(cycle([other.pk]) for _round in range(rounds))
    pretend.control(
        "POST", "/control/faults", {"kind": "429", "operation": "*", "realm": connection.realm_id}
    )
    connections_sync([connection.pk], now=timezone.now())
    connection.refresh_from_db()
    assert connection.next_sync_at > timezone.now()
    assert connection.status == Connection.Status.ACTIVE
    beside = []
    for _round in range(rounds):
        due = Connection.objects.filter(next_sync_at__lte=timezone.now()).values_list("pk", flat=True)
        beside.append(cycle([*due, other.pk]))
    pretend.control("DELETE", "/control/faults")
    assert not Connection.objects.filter(pk=connection.pk, next_sync_at__lte=timezone.now()).exists()
    if IS_LONG:  # a ratio of milliseconds says nothing beside other tests
        ratio = statistics.median(beside) / alone
        record(
            "R7",
            f"{rounds} looks beside a throttled company: times the others' latency",
            round(ratio, 2),
            1.2,
        )
