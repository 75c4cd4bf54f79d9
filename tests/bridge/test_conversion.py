"""An amount is never relabelled: it leaves for another currency by a stated rate, or not at all."""

import secrets
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deals.models import Deal, DealLine
from quickbooks_bridge.domain.conversion import Conversion, cross_rate
from quickbooks_bridge.models import Customer, InvoiceIntent, InvoiceRecord
from quickbooks_bridge.selectors.deals import deal_totals

from ..fixtures import sign_in
from .company_forms import create, in_books, page_of, sellable
from .test_invoice_form import fields_of

pytestmark = pytest.mark.django_db
EURO = Conversion("EUR", "USD", Decimal("1.08"), date(2026, 3, 13))


@given(st.decimals("0.01", "999999", places=2), st.decimals("0.01", "500", places=4))
def test_there_and_back_is_the_same_to_the_step_of_the_coarser_currency(amount, rate):
    change = replace(EURO, rate=rate)
    step = max(Decimal("0.01"), Decimal("0.005") / rate + Decimal("0.005"))
    assert abs(change.reverted(change.converted(amount)) - amount) <= step


def test_yen_are_whole_and_cross_rates_go_by_home():
    assert replace(EURO, target="JPY", rate=Decimal("161.5")).converted(Decimal("10.33")) == 1668
    assert cross_rate("EUR", "USD", home="USD", source_rate=Decimal("1.08"), target_rate=None) == Decimal(
        "1.08"
    )
    assert cross_rate("USD", "EUR", home="USD", source_rate=None, target_rate=Decimal("1.25")) == Decimal(
        "0.8"
    )
    assert cross_rate("EUR", "GBP", home="USD", source_rate=None, target_rate=Decimal("1.25")) is None


@pytest.fixture
def euro_deal(deal, connected):
    """A deal of EUR 1,000 in a company that bills in dollars alone."""
    connection = connected("us-2")
    Deal.objects.filter(pk=deal.pk).update(currency="EUR", value=1000)
    DealLine.objects.create(deal=deal, name="Work", quantity=2, unit_price="500", tax_percent="0")
    deal.refresh_from_db()
    return connection


def filled(client, deal, connection):
    item = next(one for one in sellable(connection) if one.kind == "Service")
    fields = page_of(client, deal)
    linked = {"lines-0-item": item.qbo_id, "lines-0-item_label": item.name}
    return fields | linked | {"customer_mode": "new", "new_display_name": f"Euro {secrets.token_hex(4)}"}


def press(client, deal, fields, do):
    return client.post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": do})


def test_the_only_ways_out_are_a_stated_rate_or_another_deal(admin, deal, euro_deal):
    client = sign_in(admin.member)
    fields = filled(client, deal, euro_deal)
    refused = press(client, deal, fields, "create")
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "QuickBooks bills in USD only" in page
    assert 'value="currency:USD"' not in page
    for relabelled in ("currency:USD", "convert:USD"):
        after = fields_of(press(client, deal, fields, relabelled).content.decode())
        assert (after["currency"], after["lines-0-unit_price"]) == ("EUR", "500")
    for rate in ("", "0", "-1", "one", "1e9", "99999999"):
        after = fields_of(
            press(client, deal, {**fields, "convert_rate": rate}, "convert:USD").content.decode()
        )
        assert (after["currency"], after["converted_from"]) == ("EUR", "")


def test_converted_amounts_bill_the_deal_at_the_stated_rate_and_no_more(admin, deal, companies, euro_deal):
    client = sign_in(admin.member)
    fields = filled(client, deal, euro_deal) | {"convert_rate": "1.08", "lines-0-quantity": "1"}
    page = press(client, deal, fields, "convert:USD").content.decode()
    made = fields_of(page)
    assert (made["currency"], made["lines-0-unit_price"], made["lines-0-price_before"]) == (
        "USD",
        "540",
        "500",
    )
    assert "1 EUR = 1.08 USD" in page
    # The label alone cannot be moved on.
    assert (
        "would be other money" in press(client, deal, {**made, "currency": "GBP"}, "check").content.decode()
    )
    intent = create(client, deal, made)
    there = in_books(companies, euro_deal, intent)
    assert Decimal(str(there["TotalAmt"])) == 540
    strip = deal_totals(deal, today=date(2026, 12, 1))[0]
    assert (strip.currency, strip.converted_net) == ("EUR", Decimal(500))
    assert "€500.00 invoiced in another currency" in client.get(f"/deals/{deal.pk}/").content.decode()
    assert "1 EUR = 1.08 USD" in str(InvoiceRecord.objects.get(invoice=intent.invoice, number=1).data)
    again = filled(client, deal, euro_deal) | {"convert_rate": "1.08"}
    over = press(client, deal, fields_of(press(client, deal, again, "convert:USD").content.decode()), "check")
    assert "540.00" in over.content.decode()
    assert "ore than" in over.content.decode()


def test_going_back_gives_the_amounts_as_they_were(admin, deal, euro_deal):
    client = sign_in(admin.member)
    fields = filled(client, deal, euro_deal) | {
        "convert_rate": "1.0799", "lines-0-discount": "33.33", "lines-0-discount_kind": "amount", "deposit": "10",
    }  # fmt: skip
    there = fields_of(press(client, deal, fields, "convert:USD").content.decode())
    assert (there["lines-0-unit_price"], there["lines-0-discount"]) == ("539.95", "35.99")
    back = fields_of(press(client, deal, there, "unconvert").content.decode())
    assert (back["currency"], back["converted_from"]) == ("EUR", "")
    assert (back["lines-0-unit_price"], back["lines-0-discount"]) == ("500", "33.33")


def test_a_dollar_deal_for_a_euro_customer_is_converted_at_quickbooks_own_rate(
    admin, deal, companies, connected
):
    connection = connected("us-multi")
    Deal.objects.filter(pk=deal.pk).update(currency="USD", value=500)
    DealLine.objects.create(deal=deal, name="Work", quantity=1, unit_price="500", tax_percent="0")
    euro = Customer.objects.filter(company=connection.company, currency="EUR", is_active=True).first()
    client = sign_in(admin.member)
    fields = filled(client, deal, connection)
    page = press(
        client, deal, {**fields, "customer_mode": "existing"}, f"customer:{euro.qbo_id}"
    ).content.decode()
    assert "The deal is in USD, the invoice has to be in EUR" in page
    rate = fields_of(page)["convert_rate"]
    assert 0 < Decimal(rate) < 2
    there = fields_of(press(client, deal, fields_of(page), "convert:EUR").content.decode())
    intent = create(client, deal, there)
    made = in_books(companies, connection, intent)
    assert made["CurrencyRef"]["value"] == "EUR"
    assert Decimal(str(made["ExchangeRate"])) == Decimal(intent.payload["ExchangeRate"])
    assert intent.deal_net == Conversion("USD", "EUR", Decimal(rate), EURO.day).reverted(
        intent.expected_total
    )
    assert InvoiceIntent.objects.filter(deal=deal).count() == 1
