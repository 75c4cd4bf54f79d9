"""Names that somebody in QuickBooks has already, and customers that were merged: said who, and offered to link."""

import uuid
from datetime import UTC, datetime

import pytest

from quickbooks_bridge.models import Customer, CustomerLink, Invoice
from quickbooks_bridge.services.connections.lifecycle import client_for
from quickbooks_bridge.services.invoicing.customers import customer_heir
from quickbooks_bridge.services.sync.company import sync_company

from ..fixtures import sign_in
from .test_invoice_lifecycle import create, form_data

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin):
    return sign_in(admin.member)


@pytest.fixture
def write(connection):
    """Write something on QuickBooks' own side."""
    gateway = client_for(connection, interactive=True)
    return lambda kind, body: gateway._write(kind, body, dict, request_id=uuid.uuid4().hex)


def refused(client, deal, connection, name: str) -> str:
    form = form_data(connection, token="t", new_display_name=name)
    answer = client.post(f"/deals/{deal.pk}/invoices/new/", form)
    assert answer.status_code == 422
    return answer.content.decode()


def test_customer_made_elsewhere_a_minute_ago_is_offered(client, deal, connection, write):
    made = write("Customer", {"DisplayName": "Harbor Lights"})["Id"]
    assert not Customer.objects.filter(qbo_id=made).exists()
    page = refused(client, deal, connection, "Harbor Lights")
    assert Customer.objects.filter(qbo_id=made).exists()
    assert "Link Harbor Lights" in page
    assert f'value="customer:{made}"' in page
    linked = form_data(connection, token="t", customer_mode="existing", customer=made)
    assert client.post(f"/deals/{deal.pk}/invoices/new/", linked).status_code == 302
    assert Invoice.objects.get(deal=deal).customer_qbo_id == made


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("Vendor", "A vendor in QuickBooks is called Harbor Lights"),
        ("Employee", "An employee in QuickBooks is called Harbor Lights"),
    ],
)
def test_vendor_or_employee_is_said_to_be_one(client, deal, connection, write, kind, words):
    body = {"DisplayName": "Harbor Lights"}
    if kind == "Employee":
        body = {"GivenName": "Harbor", "FamilyName": "Lights", "DisplayName": "Harbor Lights"}
    write(kind, body)
    page = refused(client, deal, connection, "Harbor Lights")
    assert words in page
    assert "Use “Harbor Lights (customer)”" in page
    assert "Link Harbor Lights" not in page


def test_name_that_cannot_be_looked_up_is_refused_as_before(client, deal, connection, write, qbo):
    write("Customer", {"DisplayName": "Harbor Lights"})
    qbo.control("POST", "/control/faults", {"kind": "500", "operation": "query"})
    page = refused(client, deal, connection, "Harbor Lights")
    assert "A customer, vendor or employee in QuickBooks already has this name" in page


@pytest.fixture
def merged(client, deal, connection, write):
    """The deal's customer was merged into another one, who has its invoices now."""
    create(client, deal, connection)
    invoice = Invoice.objects.get(deal=deal)
    heir = write("Customer", {"DisplayName": "Quill Group"})["Id"]
    assert sync_company(connection, now=datetime.now(UTC))
    dead = Customer.objects.get(qbo_id=invoice.customer_qbo_id)
    Invoice.objects.filter(customer_qbo_id=dead.qbo_id).update(customer_qbo_id=heir)
    Customer.objects.filter(pk=dead.pk).update(is_active=False)
    assert CustomerLink.objects.get().customer_qbo_id == dead.qbo_id
    return dead, Customer.objects.get(qbo_id=heir)


def test_merged_customer_leads_to_the_one_that_has_the_invoices(client, deal, connection, merged):
    dead, heir = merged
    form = form_data(connection, token="t2", customer_mode="existing", customer=dead.qbo_id)
    page = client.post(f"/deals/{deal.pk}/invoices/check/", form).content.decode()
    assert "Link Quill Group: your invoices are there now" in page
    assert f'value="customer:{heir.qbo_id}"' in page
    taken = client.post(f"/deals/{deal.pk}/invoices/new/", {**form, "do": f"customer:{heir.qbo_id}"})
    assert "your invoices are there now" not in taken.content.decode()
    form |= {"customer": heir.qbo_id, "again_reason": "the second delivery"}
    assert client.post(f"/deals/{deal.pk}/invoices/new/", form).status_code == 302
    assert CustomerLink.objects.get().customer_qbo_id == heir.qbo_id


def test_inactive_customer_that_still_has_invoices_has_no_heir(deal, connection, merged):
    dead, heir = merged
    assert customer_heir(connection, deal, dead.qbo_id) == heir
    kept = Invoice.objects.filter(deal=None).first()
    Invoice.objects.filter(pk=kept.pk).update(customer_qbo_id=dead.qbo_id)
    assert customer_heir(connection, deal, dead.qbo_id) is None


def test_heir_is_active(deal, connection, merged):
    dead, heir = merged
    Customer.objects.filter(pk=heir.pk).update(is_active=False)
    assert customer_heir(connection, deal, dead.qbo_id) is None
