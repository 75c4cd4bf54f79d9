"""Invoices written back to Pipedrive: notes and fields, each once, also when an answer is lost; nothing starts a loop."""

from datetime import timedelta
from decimal import Decimal

import pytest
import requests
import time_machine
from django.utils import timezone

from deals.models import CrmWrite, CustomField, PipedriveCompany, PipedriveToken
from deals.pipedrive.setting_up import set_up_due
from deals.pipedrive.webhooks import changes_read
from deals.pipedrive.writing import MOST_ATTEMPTS, writes_send
from quickbooks_bridge.models import DealReport, Invoice, InvoiceEvent, InvoicingSettings
from quickbooks_bridge.services.sync.crm_reports import crm_reports_send
from tests.fixtures import sign_in

from .conftest import APP, deal_of, deliver, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(crm, admin, connection, settings):
    """Install in the account that is connected with QuickBooks, with notes switched on a minute ago and a deal opened."""
    settings.PUBLIC_URL = APP
    browser = sign_in(admin.member)
    state = state_of(browser.post("/pipedrive/install/")["Location"])
    browser.get("/pipedrive/callback/", {"code": crm.code(), "state": state})
    set_up_due(now=timezone.now())
    made = PipedriveCompany.objects.select_related("account", "integration").get()
    crm.frame()
    PipedriveCompany.objects.update(notes_since=timezone.now() - timedelta(minutes=1))
    made.refresh_from_db()
    return made


@pytest.fixture
def invoice(connection, company) -> Invoice:
    now = timezone.now()
    made = Invoice.objects.create(
        company=connection.company, qbo_id="9042", doc_number="1042", customer_qbo_id="7", deal=deal_of(1),
        txn_date=now.date(), due_date=now.date() + timedelta(days=30), total=Decimal(500), balance=Decimal(500),
        created_by_app=True, mirrored_at=now,
    )  # fmt: skip
    InvoiceEvent.objects.create(
        account=connection.account, invoice=made, occurred_at=now, kind="invoice.created", source="app"
    )
    return made


def notes(crm) -> list[str]:
    rows = crm.running.world.store.table("note").values()
    return [row["content"] for row in rows if row["deal_id"] == 1 and "Invoice" in row["content"]]


def write_back(now=None) -> int:
    now = now or timezone.now()
    crm_reports_send(now=now)
    return writes_send(now=now)


def test_an_invoice_is_noted_when_it_is_made_and_when_it_is_paid_once_each(crm, invoice):
    assert write_back() == 1
    assert len(notes(crm)) == 1
    assert "1042" in notes(crm)[0]
    assert "$500.00" in notes(crm)[0]
    assert write_back() == 0
    Invoice.objects.filter(pk=invoice.pk).update(balance=0)
    assert write_back() == 1
    Invoice.objects.filter(pk=invoice.pk).update(balance=500)
    write_back()
    Invoice.objects.filter(pk=invoice.pk).update(balance=0)
    assert write_back() == 0
    assert len(notes(crm)) == 2


def test_lateness_is_noted_when_the_day_comes(crm, invoice):
    Invoice.objects.filter(pk=invoice.pk).update(due_date=timezone.now().date() + timedelta(days=2))
    write_back()
    tomorrow = timezone.now() + timedelta(days=1)
    assert write_back(tomorrow) == 0
    assert write_back(timezone.now() + timedelta(days=4)) == 1
    assert "is overdue" in notes(crm)[-1]


def test_a_void_is_noted_with_what_it_was(crm, invoice):
    write_back()
    Invoice.objects.filter(pk=invoice.pk).update(is_voided=True, total=0, balance=0, original_total=500)
    write_back()
    assert "$500.00" in notes(crm)[-1]
    assert "voided" in notes(crm)[-1]


def test_what_was_there_before_notes_were_wanted_stays_unsaid(crm, invoice):
    PipedriveCompany.objects.update(notes_since=timezone.now() + timedelta(hours=1))
    assert write_back() == 0
    assert notes(crm) == []
    later = timezone.now() + timedelta(hours=2)
    Invoice.objects.filter(pk=invoice.pk).update(balance=0)
    # The first look since then: it may have been paid before.
    assert write_back(later) == 0
    assert DealReport.objects.get().reported_at == later


def test_nothing_is_written_while_nobody_wants_it(crm, invoice):
    PipedriveCompany.objects.update(notes_since=None)
    crm.control("reset-calls")
    assert write_back() == 0
    assert crm.calls() == []
    assert not CrmWrite.objects.exists()


def test_a_note_whose_answer_was_lost_is_looked_for_before_it_is_sent_again(crm, invoice):
    crm.control("faults", kind="drop_after", count=1, path="/api/v1/notes")
    now = timezone.now()
    assert write_back(now) == 0
    assert len(notes(crm)) == 1
    assert CrmWrite.objects.get().state == CrmWrite.State.SENDING
    assert writes_send(now=now + timedelta(minutes=5)) == 1
    assert len(notes(crm)) == 1


def test_a_note_that_never_arrived_is_sent_again(crm, invoice):
    crm.control("faults", kind="drop", count=1, path="/api/v1/notes")
    now = timezone.now()
    assert write_back(now) == 0
    assert notes(crm) == []
    assert writes_send(now=now) == 0
    assert writes_send(now=now + timedelta(minutes=5)) == 1
    assert len(notes(crm)) == 1


def test_a_process_that_died_in_between_doubles_nothing(crm, invoice):
    write_back()
    CrmWrite.objects.update(state=CrmWrite.State.SENDING, lease_until=timezone.now() - timedelta(minutes=1))
    assert write_back() == 1
    assert len(notes(crm)) == 1


def test_the_limit_is_waited_for_and_counts_as_no_attempt(crm, invoice):
    crm.control("faults", kind="429", count=1)
    now = timezone.now()
    assert write_back(now) == 0
    write = CrmWrite.objects.get()
    assert (write.state, write.attempts, write.problem) == ("due", 0, "limited")
    assert write.due_at > now
    with time_machine.travel(write.due_at + timedelta(seconds=1), tick=False):
        assert write_back() == 1


def test_after_many_failures_it_is_given_up_and_says_so(crm, invoice, connection):
    crm.control("faults", kind="500", count=500)
    now = timezone.now()
    crm_reports_send(now=now)
    for _attempt in range(MOST_ATTEMPTS + 2):
        now += timedelta(days=1)
        writes_send(now=now)
    write = CrmWrite.objects.get()
    assert (write.state, write.problem) == ("failed", "unreachable")
    # Nothing dies in silence: the health page says so, and a press tries again without doubling anything.
    browser = sign_in(connection.owner)
    assert (
        "1 note or field was not written into Pipedrive"
        in browser.get("/quickbooks/health/").content.decode()
    )
    assert "could not be written into Pipedrive" in browser.get("/access/").content.decode()
    requests.delete(f"{crm.url}/control/faults", timeout=5)
    browser.post("/pipedrive/retry/")
    assert writes_send(now=timezone.now() + timedelta(seconds=1)) == 1
    assert len(notes(crm)) == 1
    assert "not written" not in browser.get("/quickbooks/health/").content.decode()


def test_fields_follow_the_invoices_and_are_written_when_they_differ(crm, company, invoice):
    keys = dict(CustomField.objects.filter(entity="deal").values_list("label", "key"))
    PipedriveCompany.objects.update(
        notes_since=None,
        status_field=keys["Purchase order"],
        invoiced_field=keys["Budget"],
        outstanding_field=keys["Margin"],
    )
    assert write_back() == 1
    values = crm.running.world.store.get("deal", 1)["custom_fields"]
    assert values[keys["Purchase order"]] == "Open"
    assert values[keys["Budget"]] == {"value": 500, "currency": "USD"}
    assert values[keys["Margin"]] == 500
    assert write_back() == 0
    Invoice.objects.filter(pk=invoice.pk).update(balance=0)
    assert write_back() == 1
    values = crm.running.world.store.get("deal", 1)["custom_fields"]
    assert (values[keys["Purchase order"]], values[keys["Margin"]]) == ("Paid", 0)


def test_a_change_that_changes_no_field_writes_none(crm, company, invoice):
    keys = dict(CustomField.objects.filter(entity="deal").values_list("label", "key"))
    PipedriveCompany.objects.update(notes_since=None, outstanding_field=keys["Margin"])
    assert write_back() == 1
    Invoice.objects.filter(pk=invoice.pk).update(email_status="EmailSent")
    assert write_back() == 0


def test_our_own_writes_start_no_loop(crm, company, invoice):
    keys = dict(CustomField.objects.filter(entity="deal").values_list("label", "key"))
    PipedriveCompany.objects.update(outstanding_field=keys["Margin"])
    for _round in range(5):
        write_back()
        deliver(crm, company)
        changes_read(now=timezone.now())
    patches = [call for call in crm.calls() if call.startswith("PATCH")]
    assert len(patches) == 1
    assert len(notes(crm)) == 1


def test_a_field_that_is_gone_is_left_out(crm, company, invoice):
    PipedriveCompany.objects.update(notes_since=None, status_field="gone", outstanding_field="gone-too")
    assert write_back() == 0
    page = (
        sign_in(invoice.deal.account.members.get(role="admin")).get("/pipedrive/write-back/").content.decode()
    )
    assert "the chosen field is gone in Pipedrive" in page


def test_the_settings_refuse_one_field_for_two_amounts(crm, company, admin):
    keys = dict(CustomField.objects.filter(entity="deal").values_list("label", "key"))
    browser = sign_in(admin.member)
    answer = browser.post(
        "/pipedrive/write-back/", {"paid_field": keys["Margin"], "invoiced_field": keys["Margin"]}
    )
    assert answer.status_code == 422
    assert "a field of its own" in answer.content.decode()
    answer = browser.post("/pipedrive/write-back/", {"notes": "on", "paid_field": keys["Margin"]})
    assert answer.status_code == 302
    company.refresh_from_db()
    assert (company.paid_field, company.notes_since is not None) == (keys["Margin"], True)


def test_a_mapped_field_that_is_gone_is_on_the_health_page_at_once(crm, company, connection):
    field = CustomField.objects.get(entity="organization", label="Tax ID")
    InvoicingSettings.objects.update_or_create(
        account=connection.account, defaults={"tax_id_field": f"organization.custom.{field.key}"}
    )
    browser = sign_in(connection.owner)
    assert "is gone in the CRM" not in browser.get("/quickbooks/health/").content.decode()
    crm.control("delete-field", object="organization", field_code=field.key)
    deliver(crm, company)
    changes_read(now=timezone.now())
    assert (
        "The field for Customer tax ID is gone in the CRM"
        in browser.get("/quickbooks/health/").content.decode()
    )


def test_a_permission_that_ended_is_on_the_health_page(crm, company, connection):
    PipedriveToken.objects.update(broken_at=timezone.now())
    page = sign_in(connection.owner).get("/quickbooks/health/").content.decode()
    assert "Pipedrive no longer accepts a permission" in page


def test_reps_change_none_of_it(company, rep):
    answer = sign_in(rep.member).post("/pipedrive/write-back/", {"notes": ""})
    assert answer.status_code == 302
    company.refresh_from_db()
    assert company.notes_since is not None
