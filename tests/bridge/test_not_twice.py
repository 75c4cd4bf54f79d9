"""Nothing is billed twice unasked: not what the deal has billed, nor what QuickBooks has already."""

from decimal import Decimal

import pytest

from quickbooks_bridge.models import Customer, Invoice, InvoiceIntent, InvoiceRecord

from ..fixtures import make_deal, sign_in
from .company_forms import create, line, page_of, sellable
from .test_invoice_form import fields_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(admin, deal, connected):
    """A company with a customer that has invoices which no deal has."""
    connection = connected("us-2")
    customer = Customer.objects.filter(company=connection.company, is_active=True).first()
    return sign_in(admin.member), connection, customer


def filled(client, deal, connection, customer, **facts):
    item = next(one for one in sellable(connection) if one.kind == "Service")
    fields = page_of(client, deal) | line(0, item, unit_price="321.09", quantity="2")
    return fields | {"customer_mode": "existing", "customer": customer.qbo_id, **facts}


def press(client, deal, fields, do="create"):
    return client.post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": do})


def test_the_same_again_needs_a_reason_which_stays_in_its_history(deal, shop):
    client, connection, customer = shop
    first = create(client, deal, filled(client, deal, connection, customer)).invoice
    refused = press(client, deal, filled(client, deal, connection, customer))
    page = refused.content.decode()
    assert refused.status_code == 422
    assert f"Invoice {first.doc_number} of this deal bills exactly this" in page
    assert 'name="again_reason"' in page
    yes = press(client, deal, fields_of(page) | {"again_reason": "yes"})
    assert yes.status_code == 422
    # Other amounts, another quantity: another sale, which nobody asks about.
    other = press(client, deal, fields_of(page) | {"lines-0-quantity": "3"}, "check").content.decode()
    assert "again_reason" not in other
    intent = create(client, deal, fields_of(page) | {"again_reason": "Second month of the rental"})
    assert (
        InvoiceRecord.objects.get(invoice=intent.invoice, number=1).data["again_reason"].startswith("Second")
    )
    assert Invoice.objects.filter(deal=deal).count() == 2


def test_after_a_void_the_same_is_billed_without_a_question(deal, shop):
    client, connection, customer = shop
    first = create(client, deal, filled(client, deal, connection, customer)).invoice
    Invoice.objects.filter(pk=first.pk).update(is_voided=True)
    assert press(client, deal, filled(client, deal, connection, customer)).status_code == 302


def test_the_same_for_another_deal_is_another_sale(account, deal, shop):
    client, connection, customer = shop
    create(client, deal, filled(client, deal, connection, customer))
    other = make_deal(account, title="Other")
    assert press(client, other, filled(client, other, connection, customer)).status_code == 302


def test_an_invoice_that_quickbooks_has_is_offered_and_linked_instead(account, deal, shop):
    client, connection, customer = shop
    there = create(client, deal, filled(client, deal, connection, customer)).invoice
    Invoice.objects.filter(pk=there.pk).update(deal=None)
    other = make_deal(account, title="The same sale")
    fields = filled(client, other, connection, customer, **{"lines-0-unit_price": "322.00"})
    page = press(client, other, fields, "check").content.decode()
    assert f"Already in QuickBooks? Invoice {there.doc_number}" in page
    far = press(client, other, {**fields, "lines-0-unit_price": "340"}, "check").content.decode()
    assert "Already in QuickBooks?" not in far
    long_ago = {**fields, "issue_date": "2025-01-05", "due_date": "2025-02-05"}
    assert "Already in QuickBooks?" not in press(client, other, long_ago, "check").content.decode()
    answer = press(client, other, fields, f"adopt:{there.pk}")
    assert answer.status_code == 302
    there.refresh_from_db()
    assert there.deal_id == other.pk
    assert InvoiceIntent.objects.filter(deal=other).count() == 0
    assert there.total == Decimal("642.18")


@pytest.mark.parametrize("pk", ["0", "x", "999999999", ""])
def test_nothing_is_linked_that_is_another_deals_or_gone(deal, shop, pk):
    client, connection, customer = shop
    mine = create(client, deal, filled(client, deal, connection, customer)).invoice
    for chosen in (pk, str(mine.pk)):
        answer = press(client, deal, page_of(client, deal), f"adopt:{chosen}")
        assert answer.status_code == 302
    mine.refresh_from_db()
    assert mine.deal_id == deal.pk
    assert Invoice.objects.filter(deal=deal).count() == 1
