"""What an invoice costs in calls to QuickBooks: none to fill and check the form, one to create, one more for each addition."""

import secrets

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from deals.models import Deal
from quickbooks_bridge.models import Customer
from quickbooks_bridge.services.invoicing.attachments import attachments_send

from ..fixtures import sign_in
from .company_forms import create, line, page_of, sellable
from .test_attachments import soon

pytestmark = pytest.mark.django_db


@pytest.fixture
def spent(companies):
    """Return a way to ask which calls were made since the last time."""
    seen = companies.control("GET", "/control/requests")["total"]

    def since() -> list[str]:
        nonlocal seen
        answer = companies.control("GET", f"/control/requests?since={seen}")
        seen = answer["total"]
        return [call["operation"] for call in answer["requests"]]

    return since


@pytest.mark.parametrize("key", ["us-multi", "gb-multi"])
def test_the_budget_of_an_invoice(admin, deal, connected, spent, key):
    connection = connected(key)
    client, item = sign_in(admin.member), next(one for one in sellable(connection) if one.kind == "Service")
    code = item.tax_code_qbo_id or "2"
    foreign = Customer.objects.filter(company=connection.company, is_active=True).exclude(
        currency=connection.company.home_currency
    )[0]
    spent()
    fields = page_of(client, deal)
    client.post(f"/deals/{deal.pk}/invoices/check/", fields)
    assert spent() == []
    fields |= line(0, item, code=code) | {
        "customer_mode": "new",
        "new_display_name": f"Cost {secrets.token_hex(4)}",
    }
    file = SimpleUploadedFile("terms.pdf", b"%PDF", content_type="application/pdf")
    client.post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": "attach", "files": [file]})
    assert spent() == []
    create(client, deal, fields)
    assert spent() == ["customer.create", "invoice.create"]
    assert attachments_send(now=soon()) == 1
    assert spent() == ["upload.unknown"]
    # A foreign currency costs one read for its rate on a day, which the next form finds.
    Deal.objects.filter(pk=deal.pk).update(currency=foreign.currency, value=0)
    abroad = page_of(client, deal) | line(0, item, code=code, unit_price="77") | {
        "customer_mode": "existing", "customer": foreign.qbo_id, "currency": foreign.currency,
    }  # fmt: skip
    assert spent() == ["exchangerate.read"]
    create(client, deal, abroad)
    assert spent() == ["invoice.create"]
    page_of(client, deal)
    assert spent() == []
