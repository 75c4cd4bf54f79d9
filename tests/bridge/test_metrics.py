"""What a monitoring system reads: who may, what it says, and that it costs the same however many companies there are."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from deals.models import Account
from quickbooks_bridge.models import (
    ApiUsage,
    Connection,
    InvoiceIntent,
    Notification,
    Outage,
    SyncLatencyHour,
    UnreadableObject,
    WebhookEvent,
)
from quickbooks_bridge.services.operations.heartbeat import heartbeat_write
from tests.factories import company_of, connection_make

from ..fixtures import make_member

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-the-watching-machine"
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _opened(settings) -> Iterator[None]:
    settings.METRICS_TOKEN = TOKEN
    with time_machine.travel(NOW, tick=False):
        yield


def read(token: str = TOKEN, **headers: str):
    return Client().get("/metrics", headers={"Authorization": f"Bearer {token}", **headers})


def figures() -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels in the order of their names."""
    answer = read()
    assert answer.status_code == 200
    return {
        (
            sample.name.removeprefix("crm_invoicing_"),
            *(sample.labels[name] for name in sorted(sample.labels)),
        ): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def company(number: int, **facts) -> Connection:
    account = Account.objects.create(name=f"Company {number}")
    owner = make_member(account, f"owner{number}", "admin")
    return connection_make(
        account,
        owner,
        **{
            "realm_id": str(number), "name": f"Realm {number}", "connected_at": NOW, "import_state": "done",
            "last_sync_at": NOW - timedelta(seconds=30), **facts,
        },
    )  # fmt: skip


@pytest.mark.parametrize("given", ["", "wrong", TOKEN[:-1], TOKEN + "x", "ø"])
def test_who_brings_no_token_reads_nothing(given):
    answer = read(given)
    assert answer.status_code == 401
    assert "METRICS_TOKEN" in answer.content.decode()
    assert b"crm_invoicing" not in answer.content
    assert TOKEN.encode() not in answer.content


def test_without_a_token_set_there_is_no_such_page(settings):
    settings.METRICS_TOKEN = ""
    assert read("").status_code == 404
    assert read().status_code == 404


def test_both_formats_are_spoken():
    assert read().headers["Content-Type"].startswith("text/plain")
    answer = read(Accept="application/openmetrics-text; version=1.0.0")
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert answer.content.endswith(b"# EOF\n")


def test_an_idle_installation_has_every_figure_at_rest():
    found = figures()
    assert found["scheduler_last_beat_timestamp_seconds",] == 0
    for kind in (
        "webhook_event",
        "invoice",
        "void",
        "notification",
        "outage",
        "unreadable",
        "rejected_invoice",
    ):
        assert found["pending", kind] == 0
        assert found["pending_oldest_seconds", kind] == 0
    assert found["quickbooks_calls_total", "read", "background"] == 0
    assert found["sync_overdue_seconds",] == 0


def test_companies_are_counted_by_state_and_by_how_long_ago_they_were_looked_at():
    heartbeat_write(now=NOW)
    company(1, next_sync_at=NOW - timedelta(seconds=90))
    company(2, last_sync_at=NOW - timedelta(minutes=12), consecutive_failures=3)
    company(3, status="needs_reconnect")
    company(4, import_state="running", last_sync_at=None)
    found = figures()
    assert found["scheduler_last_beat_timestamp_seconds",] == pytest.approx(NOW.timestamp(), abs=1)
    assert (found["connections", "active"], found["connections", "needs_reconnect"]) == (3, 1)
    assert (found["connections_failing",], found["connections_loading",]) == (1, 1)
    assert found["sync_overdue_seconds",] == 90
    assert found["sync_age_seconds_max",] == 720
    assert [found["connections_synced", within] for within in ("60", "600", "900")] == [1, 1, 2]


def test_what_waits_is_counted_with_its_age(deal, admin):
    link = company(1)
    ago = NOW - timedelta(minutes=5)
    InvoiceIntent.objects.create(
        account=deal.account, deal=deal, member=admin.member, company=company_of(deal.account, "1"), token="t", request_id="r", payload={},
  currency="USD", expected_total=1, created_at=ago, state="unknown",
    )  # fmt: skip
    UnreadableObject.objects.create(
        company=company_of(link.account, "1"),
        entity="Invoice",
        qbo_id="5",
        reason="KeyError",
        first_seen_at=ago,
        last_seen_at=NOW,
    )
    Outage.objects.create(company=company_of(link.account, "1"), problem="unavailable", began_at=ago)
    Notification.objects.create(
        account=link.account, member=link.owner, kind="reconnect", key="k", created_at=ago, next_try_at=NOW
    )
    for realm, key in (("1", "a"), ("gone", "b")):
        WebhookEvent.objects.create(
            event_id=key, realm_id=realm, entity="invoice", qbo_id="1", operation="update", received_at=ago
        )
    found = figures()
    for kind in ("invoice", "unreadable", "outage", "notification", "webhook_event"):
        assert found["pending", kind] == 1
        assert found["pending_oldest_seconds", kind] == 300


def test_calls_of_this_month_and_delays_of_the_last_hours_are_told(settings):
    settings.QUICKBOOKS_MONTHLY_READS = 500_000
    link = company(1)
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    counted = {"company": company_of(link.account, "1")}
    ApiUsage.objects.create(**counted, day=NOW.date(), purpose="background", reads=40, writes=2)
    ApiUsage.objects.create(**counted, day=NOW.date(), purpose="person", reads=3, writes=4)
    ApiUsage.objects.create(**counted, day=NOW.date() - timedelta(days=40), purpose="person", reads=999)
    SyncLatencyHour.objects.create(**counted, hour=hour, changes=4, total_seconds=100, max_seconds=70)
    SyncLatencyHour.objects.create(
        **counted, hour=hour - timedelta(hours=9), changes=4, total_seconds=4000, max_seconds=3000
    )
    found = figures()
    assert found["quickbooks_calls_total", "read", "background"] == 40
    assert found["quickbooks_calls_total", "write", "person"] == 4
    assert found["quickbooks_reads_allowed",] == 500_000
    assert found["quickbooks_reads_forecast",] >= 43
    assert (found["change_delay_seconds_max",], found["change_delay_seconds_mean",]) == (70, 25)


def test_nothing_tells_companies_or_people_apart_and_statements_do_not_grow():
    def look() -> tuple[int, int, str]:
        with CaptureQueriesContext(database) as caught:
            text = read().content.decode()
        return len(caught), len(text.splitlines()), text

    company(1)
    few = look()
    for number in range(2, 30):
        company(number)
    many = look()
    assert few[:2] == many[:2]
    assert many[0] <= 7
    assert not any(word in many[2] for word in ("Realm", "Company", "owner", "realm"))


def test_broker_is_told_where_there_is_one(settings):
    assert ("broker_up",) not in figures()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert figures()["broker_up",] == 0
