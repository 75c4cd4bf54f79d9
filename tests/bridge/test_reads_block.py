"""QuickBooks refuses all reads until the month is over: creating goes on, pages say as of when, nothing is lost or doubled."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core import mail
from django.test import Client

from quickbooks_bridge.gateway import rate_limiter
from quickbooks_bridge.gateway.errors import ReadsBlocked, Throttled
from quickbooks_bridge.models import (
    Connection,
    Invoice,
    InvoiceIntent,
    Notification,
    Outage,
    ReadsBlock,
    SyncState,
)
from quickbooks_bridge.selectors.connections import open_reads_block, reads_block_forget
from quickbooks_bridge.services.connections.lifecycle import client_for, failure_record
from quickbooks_bridge.services.invoicing.intents import intent_resume
from quickbooks_bridge.services.operations.notifications import notification_send
from quickbooks_bridge.services.operations.reads_block import next_month, reads_block_begin
from quickbooks_bridge.services.sync.company import reads_probe, sync_company
from quickbooks_bridge.services.sync.unreadable_retry import retry_unreadable
from quickbooks_bridge.tasks import dispatch, sync

from ..fixtures import sign_in
from .test_invoice_lifecycle import form_data

pytestmark = pytest.mark.django_db(transaction=True)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def blocked(connection, qbo):
    qbo.control("POST", "/control/faults", {"kind": "reads_blocked"})
    assert not sync_company(connection, now=now())
    assert open_reads_block() is not None
    return connection


def mark(qbo) -> int:
    return qbo.control("GET", "/control/requests")["total"]


def operations(qbo, since: int) -> list[str]:
    return [call["operation"] for call in qbo.calls(since=since) if call["realm_id"]]


def create(admin, deal, connection, token: str):
    return sign_in(admin.member).post(
        f"/deals/{deal.pk}/invoices/new/",
        form_data(
            connection, token=token, new_display_name=f"Quill {token}", again_reason="one for every day"
        ),
    )


def test_the_block_is_known_by_its_policy_and_by_no_other_429(connection, qbo):
    for kind, error in (("reads_blocked", ReadsBlocked), ("429_json", Throttled), ("429_xml", Throttled)):
        qbo.control("DELETE", "/control/faults")
        qbo.control("POST", "/control/faults", {"kind": kind})
        # As if the pause after the 429 before were over.
        rate_limiter.default_limiter.cache_clear()
        with pytest.raises(Throttled) as refused:
            client_for(connection, interactive=True).company_info()
        assert type(refused.value) is error


def test_it_is_a_state_of_the_installation_and_no_failure_of_a_company(blocked):
    row = Connection.objects.get(pk=blocked.pk)
    assert (row.company.sync.consecutive_failures, row.company.sync.last_error, row.status) == (
        0,
        "",
        "active",
    )
    assert not Outage.objects.exists()
    assert ReadsBlock.objects.count() == 1
    for _again in range(3):
        reads_block_begin(is_said=True, now=now())
    assert ReadsBlock.objects.count() == 1


def test_nothing_is_read_in_the_background_meanwhile(blocked, qbo):
    before = mark(qbo)
    later = now() + timedelta(days=1)
    connections_due = [pk for what, pk in dispatch.due_work(later) if what in ("sync", "load")]
    assert connections_due == []
    sync.sync_due()
    sync.sync_companies([blocked.pk])
    sync.sync_one_company(blocked.pk)
    sync.refresh_reference_lists()
    sync.retry_unreadable_objects()
    assert not sync_company(blocked, now=later)
    assert not reads_probe(now=now())
    assert retry_unreadable(now=now()) == 0
    assert operations(qbo, before) == []


def test_creating_goes_on_for_new_and_known_customers(blocked, qbo, admin, deal):
    before = mark(qbo)
    assert create(admin, deal, blocked, "one").status_code == 302
    assert InvoiceIntent.objects.get().state == "succeeded"
    assert set(operations(qbo, before)) == {"customer.create", "invoice.create"}


def test_unknown_outcome_is_settled_by_repeating_the_request_and_by_no_read(blocked, qbo, admin, deal):
    qbo.control("POST", "/control/faults", {"kind": "reset_after", "operation": "invoice.create", "count": 1})
    # The newer rule must strike first.
    qbo.control("DELETE", "/control/faults")
    for fault in (
        {"kind": "reset_after", "operation": "invoice.create", "count": 1},
        {"kind": "reads_blocked"},
    ):
        qbo.control("POST", "/control/faults", fault)
    create(admin, deal, blocked, "lost")
    intent = InvoiceIntent.objects.get()
    assert intent.state == "unknown"
    before = mark(qbo)
    intent_resume(intent, blocked, now=now() + timedelta(minutes=1), interactive=False)
    assert InvoiceIntent.objects.get().state == "succeeded"
    assert operations(qbo, before) == ["invoice.create"]
    made = qbo.control("GET", f"/control/{blocked.company.realm_id}/dump")["Invoice"]
    assert len([one for one in made if one["CustomerRef"]["name"] == "Quill lost"]) == 1


def test_pages_say_as_of_when_and_when_it_ends(blocked, admin, deal):
    client = sign_in(admin.member)
    page = client.get(f"/deals/{deal.pk}/?tab=invoice").content.decode()
    assert "monthly reads are used up" in page
    assert "as of" in page
    assert "up to date with QuickBooks" not in page
    assert "Creating invoices works" in page
    health = client.get("/quickbooks/health/").content.decode()
    assert "QuickBooks refuses to be read until the month is over" in health
    assert "Try again" in health
    refreshed = client.post(f"/deals/{deal.pk}/invoices/refresh/", headers={"HX-Request": "true"})
    assert "monthly reads are used up" in refreshed["HX-Trigger"]


def test_an_admin_can_try_again_and_success_ends_it_for_all(blocked, qbo, admin):
    client = sign_in(admin.member)
    client.post("/quickbooks/health/sync/")
    assert open_reads_block() is not None
    qbo.control("DELETE", "/control/faults")
    client.post("/quickbooks/health/sync/")
    assert open_reads_block() is None
    assert ReadsBlock.objects.get().ended_at is not None
    assert Connection.objects.get().company.sync.next_sync_at is not None


def test_admins_are_notified_once_when_it_begins_and_once_when_it_ends(blocked, qbo, admin, rep):
    admin.member.user.email = "ada@crm.example"
    admin.member.user.save()
    reads_block_begin(is_said=True, now=now())
    (begun,) = Notification.objects.filter(kind="reads_block")
    assert begun.member_id == admin.member.pk
    assert notification_send(begun.pk, now=now())
    assert "monthly reads" in mail.outbox[0].subject
    qbo.control("DELETE", "/control/faults")
    assert sync_company(blocked, now=now(), interactive=True)
    assert Notification.objects.filter(kind="reads_block_over").count() == 1


def test_it_ends_by_itself_with_one_probe_after_the_month(blocked, qbo):
    first = next_month(now())
    assert not reads_probe(now=first - timedelta(minutes=1))
    before = mark(qbo)
    assert not reads_probe(now=first + timedelta(minutes=6))
    assert operations(qbo, before) == ["companyinfo.read"]
    assert ReadsBlock.objects.get().next_probe_at == first + timedelta(minutes=66)
    qbo.control("DELETE", "/control/faults")
    assert reads_probe(now=first + timedelta(minutes=67))
    assert open_reads_block() is None


def test_all_companies_throttled_for_ten_minutes_are_the_block_in_other_words(connection, qbo):
    moment = now()
    SyncState.objects.update(last_sync_at=moment - timedelta(minutes=30))
    error = Throttled("3001", problem_code="throttled")
    failure_record(connection, error, now=moment)
    assert open_reads_block() is None
    connection.refresh_from_db()
    failure_record(connection, error, now=moment + timedelta(minutes=11))
    reads_block_forget()
    assert open_reads_block() is not None


def test_what_only_looks_like_the_block_is_tried_again_soon_and_told_when_it_lasts(connection, qbo):
    moment = now()
    reads_block_begin(is_said=False, now=moment)
    assert ReadsBlock.objects.get().next_probe_at == moment + timedelta(minutes=10)
    assert not Notification.objects.exists()
    reads_block_begin(is_said=False, now=moment + timedelta(minutes=10))
    assert ReadsBlock.objects.get().next_probe_at == moment + timedelta(minutes=20)
    assert not Notification.objects.exists()
    reads_block_begin(is_said=False, now=moment + timedelta(minutes=121))
    assert Notification.objects.filter(kind="reads_block").count() == 1
    reads_block_begin(is_said=True, now=moment + timedelta(minutes=122))
    block = ReadsBlock.objects.get()
    assert block.is_said
    assert block.next_probe_at == next_month(moment + timedelta(minutes=122)) + timedelta(minutes=5)
    assert Notification.objects.filter(kind="reads_block").count() == 1


def test_throttle_that_looked_like_the_block_ends_without_a_word(connection, qbo):
    moment = now()
    reads_block_begin(is_said=False, now=moment)
    assert not reads_probe(now=moment + timedelta(minutes=9))
    assert reads_probe(now=moment + timedelta(minutes=10))
    assert open_reads_block() is None
    assert not Notification.objects.exists()


def test_pages_do_not_claim_what_quickbooks_did_not_say(connection, admin, deal):
    reads_block_begin(is_said=False, now=now())
    client = sign_in(admin.member)
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    health = client.get("/quickbooks/health/").content.decode()
    assert "QuickBooks answers no questions at the moment" in page
    assert "has refused to be read for more than ten minutes" in health
    assert "are used up" not in page + health


def test_metric_tells_a_monitoring_system(blocked, settings):
    settings.METRICS_TOKEN = "m"
    text = Client().get("/metrics", headers={"Authorization": "Bearer m"}).content.decode()
    assert "crm_invoicing_reads_blocked 1.0" in text


def in_books(qbo, connection) -> dict[str, tuple[Decimal, Decimal]]:
    rows = qbo.control("GET", f"/control/{connection.company.realm_id}/dump")["Invoice"]
    return {row["Id"]: (Decimal(str(row["TotalAmt"])), Decimal(str(row["Balance"]))) for row in rows}


def mirrored(connection) -> dict[str, tuple[Decimal, Decimal]]:
    rows = Invoice.objects.filter(company=connection.company, is_deleted=False)
    return {row.qbo_id: (row.total, row.balance) for row in rows}


def test_ten_days_of_it(connection, qbo, admin, deal):
    """Invoices are created each day, some answers lost; people pay and change in QuickBooks; on the 1st all is equal again."""
    began = now()
    lost = {"kind": "reset_after", "operation": "invoice.create", "probability": 0.5}
    for fault in ({"kind": "reads_blocked"}, lost):
        qbo.control("POST", "/control/faults", fault)
    assert not sync_company(connection, now=began)
    reads = mark(qbo)
    for day in range(10):
        qbo.control("POST", "/control/clock", {"advance_seconds": 86_400})
        moment = began + timedelta(days=day + 1)
        with time_machine.travel(moment, tick=True):
            reads_block_forget()
            ReadsBlock.objects.update(next_probe_at=began + timedelta(days=11))
            create(admin, deal, connection, f"day{day}")
            for intent in InvoiceIntent.objects.exclude(state="succeeded"):
                for attempt in range(1, 9):
                    row = Connection.objects.get(pk=connection.pk)
                    intent.refresh_from_db()
                    intent_resume(intent, row, now=moment + timedelta(minutes=attempt), interactive=False)
            sync.sync_companies([connection.pk])
        unpaid = Invoice.objects.filter(balance__gt=0, payment_qbo_ids=[], created_by_app=False)[day]
        qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{unpaid.qbo_id}/pay", {})
    assert InvoiceIntent.objects.filter(state="succeeded").count() == 10
    assert {name for name in operations(qbo, reads) if "create" not in name} == set()
    assert mirrored(connection) != in_books(qbo, connection)
    qbo.control("DELETE", "/control/faults")
    with time_machine.travel(began + timedelta(days=11, minutes=1), tick=True):
        reads_block_forget()
        assert reads_probe(now=now())
        connection.refresh_from_db()
        assert sync_company(connection, now=now())
    assert mirrored(connection) == in_books(qbo, connection)
    names = [
        row["CustomerRef"]["name"]
        for row in qbo.control("GET", f"/control/{connection.company.realm_id}/dump")["Invoice"]
    ]
    assert sorted(name for name in names if name.startswith("Quill day")) == [
        f"Quill day{day}" for day in range(10)
    ]
