"""The health page: for admins, from rows alone, each thing with its state, turn and button."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from django.core import mail
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from quickbooks_bridge.gateway.rate_limiter import Usage
from quickbooks_bridge.health_page.latency_chart import chart
from quickbooks_bridge.models import (
    ApiUsage,
    Connection,
    Customer,
    Invoice,
    InvoiceEvent,
    InvoiceIntent,
    InvoicingSettings,
    Notification,
    Outage,
    SyncLatencyHour,
    SyncState,
    UnreadableObject,
)
from quickbooks_bridge.services.operations.notifications import notification_send
from quickbooks_bridge.services.operations.sync_latency import hour_of
from quickbooks_bridge.services.sync.company import sync_company
from tests.factories import company_of

from ..fixtures import make_member, sign_in

pytestmark = pytest.mark.django_db
PAGE = "/quickbooks/health/"


def now() -> datetime:
    return datetime.now(UTC)


def shown(viewer) -> str:
    return sign_in(viewer.member).get(PAGE).content.decode()


def test_only_admins_see_it(connection, rep, stranger):
    assert sign_in(rep.member).get(PAGE).status_code == 404
    assert sign_in(rep.member).get(PAGE + "part/").status_code == 404
    assert PAGE not in sign_in(rep.member).get("/deals/").content.decode()
    assert connection.company.name not in shown(stranger)
    for action in ("sync/", "compare/", "told/", "remind/", "notices/"):
        assert sign_in(rep.member).post(PAGE + action).status_code == 404


def test_it_is_shown_from_few_rows_and_without_a_call(qbo, connection, admin):
    client = sign_in(admin.member)
    client.get(PAGE)
    before = qbo.control("GET", "/control/requests")["total"]
    with CaptureQueriesContext(database) as queries:
        page = client.get(PAGE).content.decode()
    assert len(queries) <= 38
    assert qbo.control("GET", "/control/requests")["total"] == before
    assert connection.company.name in page
    assert "Alive" in page
    assert f"{now().year + 4}" in page or f"{now().year + 5}" in page


def test_an_ended_connection_says_whose_turn_it_is(connection, admin):
    Connection.objects.update(status="needs_reconnect")
    SyncState.objects.update(last_error_at=now())
    page = shown(admin)
    assert "QuickBooks needs a new sign-in" in page
    assert "You, as the owner of the connection" in page
    assert "Reconnect</button>" in page
    assert '<span class="bubble">1</span>' in page


def test_what_is_left_over_is_named_and_counted(connection, admin):
    facts = {"company": connection.company}
    UnreadableObject.objects.create(
        **facts, entity="Invoice", qbo_id="77", reason="x", first_seen_at=now(), last_seen_at=now()
    )
    notice = Notification.objects.create(
        account=admin.account, member=admin.member, kind="reconnect", key="k", created_at=now(), attempts=2,
        next_try_at=now() + timedelta(hours=1),
    )  # fmt: skip
    page = shown(admin)
    assert "Invoice 77 of QuickBooks could not be understood" in page
    assert "A mail to Ada did not go out" in page
    assert '<span class="bubble">2</span>' in page
    sign_in(admin.member).post(PAGE + "notices/")
    notice.refresh_from_db()
    assert notice.next_try_at <= now()


def test_reads_are_held_against_the_allowance(connection, admin, settings):
    settings.QUICKBOOKS_MONTHLY_READS = 1000
    ApiUsage.objects.create(company=connection.company, day=now().date(), purpose="person", reads=850)
    page = shown(admin)
    assert "<strong>850</strong> of 1,000" in page
    assert "85% used" in page
    assert "Background reads are slower" in page


def test_sync_now_asks_quickbooks_once(qbo, connection, admin):
    SyncState.objects.update(consecutive_failures=2, last_error="quickbooks_down", last_error_at=now())
    assert "QuickBooks could not be read" in shown(admin)
    before = qbo.control("GET", "/control/requests")["total"]
    assert sign_in(admin.member).post(PAGE + "sync/").status_code == 302
    assert qbo.control("GET", "/control/requests")["total"] == before + 1
    assert "QuickBooks could not be read" not in shown(admin)


def intent_of(connection, deal, **facts) -> InvoiceIntent:
    return InvoiceIntent.objects.create(
        account=deal.account, deal=deal, member=connection.owner, company=connection.company,
        token=facts.pop("token", "t"), request_id="r", payload={"CustomerRef": {"value": "1"}},        currency="USD", expected_total=1, **{"created_at": now(), **facts},
    )  # fmt: skip


def refused(connection, deal, **facts) -> InvoiceIntent:
    problems = [{"code": "books_closed_there", "field": "", "params": {"code": "6210"}}]
    return intent_of(connection, deal, state="rejected", finished_at=now(), problems=problems, **facts)


@pytest.fixture
def running(connection, monkeypatch):
    """A connection whose schedule runs and which was just read."""
    monkeypatch.setattr("quickbooks_bridge.health_page.sync_status.schedule_last_ran", now)
    monkeypatch.setattr("quickbooks_bridge.health_page.page.schedule_last_ran", now)
    monkeypatch.setattr("quickbooks_bridge.needs_action.connection.schedule_last_ran", now)
    assert sync_company(connection, now=now())
    connection.refresh_from_db()
    return connection


def test_the_verdict_says_whether_what_people_see_is_right(running, deal, admin):
    page = shown(admin)
    assert "Up to date with QuickBooks.</strong>" in page
    assert "banner-done" in page
    refused(running, deal)
    page = shown(admin)
    assert "Up to date with QuickBooks. One invoice needs a person." in page
    row = InvoiceIntent.objects.get()
    assert f'href="#issue-intent-{row.pk}"' in page
    assert f'id="issue-intent-{row.pk}"' in page
    assert "The books are closed" in page
    SyncState.objects.update(consecutive_failures=1, last_error="quickbooks_down", last_error_at=now())
    assert "Not up to date with QuickBooks since" in shown(admin)
    Connection.objects.update(status="needs_reconnect")
    assert "Sync has stopped: QuickBooks needs a new sign-in." in shown(admin)
    Connection.objects.update(status="disconnected")
    assert "QuickBooks is disconnected." in shown(admin)


def test_without_background_work_nothing_is_called_in_step(connection, admin):
    page = shown(admin)
    assert "Sync is paused." in page
    assert "Up to date with" not in page


def part(client, page: str, **more):
    address = re.search(r'hx-get="[^"?]*\?([^"]*)"', page)
    assert address is not None
    seen = parse_qs(address.group(1).replace("&amp;", "&"))["seen"][0]
    return client.get(PAGE + "part/", {"seen": seen, **more})


def test_a_look_that_finds_nothing_new_is_cheap_and_tells_the_time(running, deal, admin, monkeypatch):
    # However the clock stands: the page is drawn anew at the end of each of these spans.
    monkeypatch.setattr("quickbooks_bridge.health_page.page.STILL_RIGHT", 10**12)
    client = sign_in(admin.member)
    page = client.get(PAGE).content.decode()
    with CaptureQueriesContext(database) as queries:
        answer = part(client, page)
    assert (answer.status_code, answer.content) == (204, b"")
    assert '"polled": "' in answer["HX-Trigger"]
    assert len(queries) <= 8
    refused(running, deal)
    answer = part(client, page)
    assert answer.status_code == 200
    assert b"<html" not in answer.content
    assert b"One invoice needs a person." in answer.content


@pytest.mark.parametrize(
    "change",
    [
        lambda c: SyncState.objects.update(consecutive_failures=1),
        lambda c: SyncState.objects.update(last_sync_at=now() - timedelta(hours=1)),
        lambda c: InvoicingSettings.objects.update(notify_sync_delayed=True),
        lambda c: Outage.objects.create(company=c.company, began_at=now()),
        lambda c: UnreadableObject.objects.create(
            company=c.company, entity="Invoice", qbo_id="7", reason="x", first_seen_at=now(), last_seen_at=now()
        ),
        lambda c: InvoiceEvent.objects.create(
            account=c.account, invoice=c.account_invoice, occurred_at=now(), kind="invoice.paid", source="sync"
        ),
    ],
)  # fmt: skip
def test_what_changes_the_page_changes_the_answer(running, admin, change, monkeypatch):
    monkeypatch.setattr("quickbooks_bridge.health_page.page.STILL_RIGHT", 10**12)
    running.account_invoice = Invoice.objects.filter(company=running.company)[0]
    client = sign_in(admin.member)
    page = client.get(PAGE).content.decode()
    assert part(client, page).status_code == 204
    change(running)
    assert part(client, page).status_code == 200


def test_the_last_day_is_drawn_in_the_company_s_time(connection, admin):
    at = datetime(2026, 3, 17, 12, 40, tzinfo=UTC)
    facts = {"company": connection.company}
    empty = chart(connection, now=at)
    assert empty.is_empty
    assert "nothing to measure" in empty.summary
    for hours, changes, seconds, max_seconds in (
        (0, 2, 80, 60),
        (3, 1, 540, 540),
        (23, 5, 200, 44),
        (24, 9, 9, 9),
    ):
        hour = at.replace(minute=0) - timedelta(hours=hours)
        SyncLatencyHour.objects.create(
            **facts, hour=hour, changes=changes, total_seconds=seconds, max_seconds=max_seconds
        )
    Outage.objects.create(
        **facts, problem="quickbooks_down", began_at=at - timedelta(hours=3, minutes=20),
        ended_at=at - timedelta(hours=3, minutes=11),
    )  # fmt: skip
    drawn = chart(connection, now=at)
    # 13:00 UTC of the day before is 08:00 in Chicago's summer.
    assert connection.company.time_zone == "America/Chicago"
    assert [bar.hour for bar in drawn.bars] == ["08:00", "04:00", "07:00"]
    assert [bar.x for bar in drawn.bars] == [2, 202, 232]
    assert [bar.slowest for bar in drawn.bars] == ["44 s", "9 min", "60 s"]
    assert drawn.bars[2].typical == "40 s"
    (band,) = drawn.bands
    assert band.x == pytest.approx(203.33, abs=0.01)
    assert band.width == pytest.approx(1.5)
    assert all(0 <= bar.top <= 100 and bar.top + bar.height == pytest.approx(100) for bar in drawn.bars)
    assert drawn.summary == (
        "Typical 40 s, over 8 changes of invoices. The slowest took 9 min, in the hour from 04:00. "
        "04:20: QuickBooks did not answer for 9 min; everything was up to date by 04:29."
    )


def test_an_outage_that_lasts_is_drawn_until_now(connection):
    at = datetime(2026, 3, 17, 12, 30, tzinfo=UTC)
    facts = {"company": connection.company}
    Outage.objects.create(**facts, problem="throttled", began_at=at - timedelta(days=2))
    (band,) = chart(connection, now=at).bands
    assert (band.x, band.width) == (0, 235)
    assert "asked us to slow down, and that lasts" in chart(connection, now=at).summary


def test_what_happened_is_filtered_and_hidden_from_who_may_not_see_invoices(qbo, running, deal, admin):
    row = Invoice.objects.filter(company__account=running.account, balance__gt=0, is_deleted=False)[0]
    Invoice.objects.filter(pk=row.pk).update(deal=deal)
    qbo.control("POST", f"/control/{running.company.realm_id}/invoices/{row.qbo_id}/pay", {})
    assert sync_company(running, now=now())
    client = sign_in(admin.member)
    everything = client.get(PAGE).content.decode()
    payments = client.get(PAGE + "?kind=payments").content.decode()
    connecting = client.get(PAGE + "?kind=connection").content.decode()
    assert "was paid" in everything
    assert f'href="/deals/{deal.pk}/?tab=invoice">Quill fit-out' in everything
    assert "Interiors was connected" in everything
    assert "was paid" in payments
    assert "Interiors was connected" not in payments
    assert "was paid" not in connecting
    assert client.get(PAGE + "?kind=nonsense").status_code == 200
    other = make_member(running.account, "olga", "admin")
    theirs = sign_in(other).get(PAGE).content.decode()
    assert "was paid" not in theirs
    assert "visible to Ada only" in theirs


def test_solved_things_are_told_from_rows(running, deal, admin):
    start = now() - timedelta(hours=2)
    intent_of(
        running,
        deal,
        state="succeeded",
        attempts=3,
        created_at=start,
        finished_at=start + timedelta(minutes=4),
    )
    refused(running, deal, token="t2", dismissed_at=now())
    refused(running, deal, token="t3", dismissed_at=now() - timedelta(days=20))
    Outage.objects.create(
        company=running.company, problem="quickbooks_down", began_at=start,
        ended_at=start + timedelta(minutes=9),
    )  # fmt: skip
    page = shown(admin)
    assert 'Solved in the last 14 days <span class="count">3</span>' in page
    assert "finding that out took 4 min" in page
    assert "After 9 min it could be read again" in page


def test_switches_are_the_account_s_and_take_effect_at_once(running, admin):
    client = sign_in(admin.member)
    answer = client.post(
        PAGE + "told/", {"switch": "notify_sync_delayed", "on": "1"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 204
    assert "Emails turned on." in answer["HX-Trigger"]
    kept = InvoicingSettings.objects.get(account=running.account)
    assert (kept.notify_disconnected, kept.notify_invoice_failed, kept.notify_sync_delayed) == (
        True,
        True,
        True,
    )
    assert client.post(PAGE + "told/", {"switch": "notify_disconnected", "on": "0"}).status_code == 302
    kept.refresh_from_db()
    assert not kept.notify_disconnected
    assert client.post(PAGE + "told/", {"switch": "due_days", "on": "1"}).status_code == 404


def test_comparing_is_asked_for_and_its_result_shown(running, admin):
    client = sign_in(admin.member)
    assert "Compare everything" in client.get(PAGE).content.decode()
    client.post(PAGE + "compare/")
    page = client.get(PAGE).content.decode()
    assert "Being compared." in page
    assert "Compare everything" not in page
    assert sync_company(running, now=now())
    page = client.get(PAGE).content.decode()
    assert "Being compared." not in page
    assert "<dt>Differences found</dt><dd>0</dd>" in page


def test_the_local_copy_is_counted_for_the_company_alone(running, admin):
    invoices = Invoice.objects.filter(company=running.company, is_deleted=False).count()
    Invoice.objects.filter(pk=Invoice.objects.order_by("pk")[0].pk).update(
        company=company_of(running.account, "0")
    )
    page = shown(admin)
    assert f"<dt>Invoices</dt><dd>{invoices - 1}</dd>" in page
    assert f"<dt>Customers</dt><dd>{Customer.objects.count()}</dd>" in page


def test_the_creator_of_a_refused_invoice_is_reminded_once_a_day(running, deal, admin, rep):
    intent = refused(running, deal)
    assert "Remind Ada" not in shown(admin)
    InvoiceIntent.objects.update(member=rep.member)
    client = sign_in(admin.member)
    assert "Remind Rob" in client.get(PAGE).content.decode()
    for _time in range(2):
        client.post(PAGE + "remind/", {"intent": intent.pk})
    row = Notification.objects.get()
    assert (row.kind, row.member) == ("remind", rep.member)
    page = client.get(PAGE).content.decode()
    assert "Rob was reminded today" in page
    assert "Remind Rob" not in page
    type(rep.member.user).objects.update(email="rob@testers.example")
    assert notification_send(row.pk, now=now())
    assert mail.outbox[-1].subject == "Ada reminds you of the invoice for Quill fit-out"


@pytest.mark.parametrize("key", ["", "x", "9" * 40, "4711"])
def test_nobody_is_reminded_of_what_is_not_refused_here(running, admin, key):
    sign_in(admin.member).post(PAGE + "remind/", {"intent": key})
    assert not Notification.objects.exists()


def test_strangers_remind_nobody_and_switch_nothing(running, deal, stranger):
    intent = refused(running, deal)
    client = sign_in(stranger.member)
    client.post(PAGE + "remind/", {"intent": intent.pk})
    client.post(PAGE + "told/", {"switch": "notify_sync_delayed", "on": "1"})
    assert not Notification.objects.exists()
    assert not InvoicingSettings.objects.get(account=running.account).notify_sync_delayed


def test_more_to_say_takes_no_more_statements(running, deal, admin):
    client = sign_in(admin.member)

    def statements() -> int:
        with CaptureQueriesContext(database) as queries:
            client.get(PAGE)
        return len(queries)

    def one_of_each(at: int) -> None:
        refused(running, deal, token=f"r{at}")
        refused(running, deal, token=f"d{at}", dismissed_at=now())
        intent_of(running, deal, token=f"u{at}", state="unknown", created_at=now() - timedelta(hours=1))
        UnreadableObject.objects.create(
            company=running.company, entity="Invoice", qbo_id=str(at), reason="x",
            first_seen_at=now(), last_seen_at=now(),
        )  # fmt: skip
        Notification.objects.create(
            account=running.account, member=admin.member, kind="delay", key=f"k{at}", created_at=now(), attempts=1,
            next_try_at=now(),
        )  # fmt: skip
        Outage.objects.create(
            company=running.company, began_at=now() - timedelta(minutes=at + 1),
            ended_at=now(),
        )  # fmt: skip
        SyncLatencyHour.objects.create(
            company=running.company,
            hour=hour_of(now()) - timedelta(hours=at),
            changes=1,
        )

    client.get(PAGE)
    one_of_each(0)
    few = statements()
    for at in range(1, 12):
        one_of_each(at)
    assert statements() == few <= 38


def test_what_all_processes_count_together_is_shown(running, admin, monkeypatch):
    assert "Calls in the last minute" not in shown(admin)

    class Counting:
        def usage(self, realm_id: str) -> Usage:
            assert realm_id == running.company.realm_id
            return Usage(14, 3)

    monkeypatch.setattr("quickbooks_bridge.health_page.api_usage.default_limiter", lambda url: Counting())
    page = shown(admin)
    assert "<strong>14</strong> of 500" in page
    assert "<strong>3</strong> of 10" in page
