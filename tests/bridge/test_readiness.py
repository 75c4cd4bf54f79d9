"""Will it invoice? The form's check over all open deals, without a call, with a column, filters and the money held up."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from deals.models import Deal, DealLine
from quickbooks_bridge.invoice_form.readiness import readiness_check, readiness_due
from quickbooks_bridge.models import Customer, CustomerLink, DealReadiness, InvoicingSettings, Item, ItemLink
from quickbooks_bridge.services.connections.lifecycle import settings_for
from quickbooks_bridge.tasks.maintenance import check_readiness

from ..fixtures import make_deal, sign_in
from .company_forms import NOW, sellable

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(admin, deal, connected):
    connection = connected("us-multi")
    settings_for(admin.account)
    item = sellable(connection)[0]
    DealLine.objects.create(deal=deal, name="Known thing", quantity=1, unit_price="100", tax_percent="0")
    Deal.objects.filter(pk=deal.pk).update(value=100)
    ItemLink.objects.create(
        company=connection.company, name_key="name:known thing", item_qbo_id=item.qbo_id, linked_at=NOW
    )
    return connection


def unknown(account, title, **facts):
    made = make_deal(account, title=title, **{"value": 50, **facts})
    DealLine.objects.create(deal=made, name="Nobody knows it", quantity=1, unit_price="50", tax_percent="0")
    return made


def test_every_open_deal_is_checked_as_its_form_would_be(admin, deal, companies, books):
    blocked = unknown(admin.account, "Blocked", person=None, organization=deal.organization)
    lost = unknown(admin.account, "Lost", status="lost")
    before = companies.control("GET", "/control/requests")["total"]
    assert readiness_check(admin.account, now=NOW) == 2
    assert companies.control("GET", "/control/requests")["total"] == before
    assert DealReadiness.objects.get(deal=deal).is_ready
    row = DealReadiness.objects.get(deal=blocked)
    assert (row.is_ready, row.codes, row.amount) == (False, " line_unlinked ", 50)
    assert row.lacks == " email "
    assert not DealReadiness.objects.filter(deal=lost).exists()
    client = sign_in(admin.member)
    page = client.get("/deals/").content.decode()
    assert "Will it invoice?" in page
    assert "has no QuickBooks product" in page
    only = client.get("/deals/?readiness=blocked").content.decode()
    assert "Blocked" in only
    assert deal.title not in only
    assert "$50.00" in only
    lacking = client.get("/deals/?readiness=lacks_email").content.decode()
    assert "Blocked" in lacking
    assert deal.title not in lacking
    assert "1 deal has no email address" in client.get("/quickbooks/").content.decode()


def test_an_inactive_customer_and_product_are_found_overnight(admin, deal, books):
    customer = Customer.objects.filter(company=books.company, is_active=True, currency="USD").first()
    CustomerLink.objects.create(
        company=books.company, organization=deal.organization, customer_qbo_id=customer.qbo_id, linked_at=NOW
    )
    readiness_check(admin.account, now=NOW)
    assert DealReadiness.objects.get(deal=deal).is_ready
    Customer.objects.filter(pk=customer.pk).update(is_active=False)
    Item.objects.filter(company=books.company).update(is_active=False)
    InvoicingSettings.objects.filter(account=admin.account).update(readiness_due_at=NOW - timedelta(days=1))
    check_readiness()
    row = DealReadiness.objects.get(deal=deal)
    assert "customer_inactive" in row.codes
    assert "item_inactive" in row.codes


def test_what_is_invoiced_in_full_or_lost_is_in_nobodys_way(admin, deal, books):
    readiness_check(admin.account, now=NOW)
    Deal.objects.filter(pk=deal.pk).update(status="lost")
    assert readiness_check(admin.account, now=NOW + timedelta(hours=1)) == 0
    assert not DealReadiness.objects.exists()


def test_asked_for_it_is_due_at_once_and_by_one_worker_alone(admin, rep, deal, books):
    client = sign_in(admin.member)
    InvoicingSettings.objects.filter(account=admin.account).update(readiness_due_at=NOW + timedelta(hours=9))
    assert readiness_due(now=NOW) == []
    page = client.post("/quickbooks/readiness/", {"next": "/deals/?q=x"}, follow=True)
    assert "being checked" in page.content.decode()
    later = NOW + timedelta(hours=1)
    assert readiness_due(now=later) == [admin.account]
    assert readiness_due(now=later) == []
    assert sign_in(rep.member).post("/quickbooks/readiness/").status_code == 404


def test_the_column_costs_one_statement_however_many_deals(admin, deal, books):
    client = sign_in(admin.member)

    def statements():
        with CaptureQueriesContext(database) as queries:
            client.get("/deals/")
        return len(queries)

    readiness_check(admin.account, now=NOW)
    few = statements()
    for number in range(12):
        unknown(admin.account, f"Deal {number}")
    readiness_check(admin.account, now=NOW)
    assert statements() <= few
