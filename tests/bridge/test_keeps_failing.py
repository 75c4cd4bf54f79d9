"""A create that fails for good ends: after many tries in an otherwise well company whoever can do something is told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from quickbooks_bridge.domain.payloads import NOTE_MARKER_DIGITS, marker_of
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent, Notification, SyncState
from quickbooks_bridge.services.invoicing.intents import TIME_IN_VAIN, TRIES_IN_VAIN, intent_resume
from quickbooks_bridge.services.operations.notifications import notification_send
from quickbooks_bridge.services.sync.company import sync_company

from ..fixtures import make_member, sign_in
from .test_invoice_lifecycle import form_data

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def failing(connection, qbo, admin, deal):
    """Sign in the person whose invoice QuickBooks fails to create, and give the row of what is being tried."""
    fault = {"kind": "500", "operation": "invoice.create", "realm": connection.company.realm_id}
    qbo.control("POST", "/control/faults", fault)
    form = form_data(connection, token="t", memo="Margin as agreed")
    sign_in(admin.member).post(f"/deals/{deal.pk}/invoices/new/", form)
    intent = InvoiceIntent.objects.get()
    assert intent.state == "unknown"
    return intent


def tried(intent: InvoiceIntent, connection: Connection, *, until: datetime) -> InvoiceIntent:
    """Do what the dispatch does until a moment, or until nothing is due."""
    while intent.state == "unknown" and intent.next_check_at and intent.next_check_at <= until:
        intent = intent_resume(intent, connection, now=intent.next_check_at, interactive=False)
    return intent


def test_it_ends_and_person_and_admin_are_told_what_to_press(
    failing, connection, account, admin, rep, deal, settings
):
    second = make_member(account, "bea", "admin")
    begun = failing.sent_at
    assert tried(failing, connection, until=begun + TIME_IN_VAIN - timedelta(minutes=11)).state == "unknown"
    intent = tried(InvoiceIntent.objects.get(), connection, until=begun + timedelta(hours=3))
    assert intent.state == "rejected"
    assert TRIES_IN_VAIN <= intent.attempts <= 60
    assert intent.finished_at - begun < TIME_IN_VAIN + timedelta(minutes=11)
    assert set(Notification.objects.values_list("member_id", "kind")) == {
        (admin.member.pk, "keeps_failing"),
        (second.pk, "keeps_failing"),
    }
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    for one in Notification.objects.all():
        one.member.user.email = "kept@quill.example"
        one.member.user.save()
        assert notification_send(one.pk, now=intent.finished_at)
    assert "it is not tried again" in mail.outbox[0].body
    client = sign_in(admin.member)
    page = client.get(f"/deals/{deal.pk}/?tab=invoice").content.decode()
    assert f"failed {intent.attempts} times to create it" in page
    assert "The invoice could not be created" in page
    assert "refused the invoice" not in page
    assert "Open the form" in page
    form = client.get(f"/deals/{deal.pk}/invoices/new/?intent={intent.pk}").content.decode()
    assert "Margin as agreed" in form
    assert "kept@quill.example" not in page


def test_sent_again_from_the_form_it_is_one_invoice(failing, connection, qbo, admin, deal):
    tried(failing, connection, until=failing.sent_at + timedelta(hours=3))
    qbo.control("DELETE", "/control/faults")
    again = form_data(connection, token="t", customer_mode="existing")
    again["customer"] = InvoiceIntent.objects.get().customer_qbo_id
    sign_in(admin.member).post(f"/deals/{deal.pk}/invoices/new/", again)
    assert InvoiceIntent.objects.get().state == "succeeded"
    assert Invoice.objects.filter(deal=deal).count() == 1


def test_company_that_is_not_well_is_waited_for(failing, connection):
    SyncState.objects.filter(pk=connection.pk).update(consecutive_failures=2)
    assert tried(failing, connection, until=failing.sent_at + timedelta(hours=3)).state == "unknown"


def test_reads_that_fail_prove_nothing(failing, connection, qbo):
    fault = {"kind": "500", "operation": "query", "realm": connection.company.realm_id}
    qbo.control("POST", "/control/faults", fault)
    assert tried(failing, connection, until=failing.sent_at + timedelta(hours=3)).state == "unknown"


def test_one_that_was_made_is_found_before_anybody_is_told(failing, connection, qbo):
    """Every answer is lost, the first of them after the invoice was written."""
    qbo.control("DELETE", "/control/faults")
    for kind, count in (("reset_after", 1), ("reset_before", 500)):
        fault = {
            "kind": kind,
            "operation": "invoice.create",
            "realm": connection.company.realm_id,
            "count": count,
        }
        qbo.control("POST", "/control/faults", fault)
    intent = tried(failing, connection, until=failing.sent_at + timedelta(hours=3))
    assert intent.state == "succeeded"
    assert not Notification.objects.exists()


def test_one_that_surfaces_later_belongs_to_its_deal(failing, connection, qbo, deal):
    intent = tried(failing, connection, until=failing.sent_at + timedelta(hours=3))
    assert intent.state == "rejected"
    qbo.control("DELETE", "/control/faults")
    from quickbooks_bridge.services.connections.lifecycle import client_for

    payload = {**intent.payload, "CustomerRef": {"value": intent.customer_qbo_id}}
    client_for(connection, interactive=True).invoice_create(payload, request_id="elsewhere")
    assert sync_company(connection, now=now())
    assert Invoice.objects.get(deal=deal).created_by_app
    assert InvoiceIntent.objects.get().state == "succeeded"


def test_marker_is_short_and_stands_below_the_memo(failing):
    note = failing.payload["PrivateNote"]
    assert note == f"Margin as agreed\n{marker_of(failing.request_id)}"
    assert len(marker_of(failing.request_id)) == len("CRM-") + NOTE_MARKER_DIGITS < 15
