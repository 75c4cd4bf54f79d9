"""Every kind of company makes invoices through the form, and QuickBooks' figure is the one that the page promised."""

from decimal import Decimal
from random import Random

import pytest

from deals.models import Deal, DealLine, TimelineEntry
from quickbooks_bridge.domain.tax import TaxRegime
from quickbooks_bridge.models import (
    Customer,
    ExchangeRate,
    InvoiceIntent,
    InvoicingSettings,
    Item,
    ItemLink,
    TaxCode,
)
from quickbooks_bridge.selectors.taxes import tax_regime, tax_rules

from ..fixtures import sign_in
from .company_forms import KEYS, NOW, create, in_books, lines, page_of
from .test_invoice_form import fields_of

pytestmark = pytest.mark.django_db
EACH = 10


@pytest.mark.parametrize("key", KEYS)
def test_ten_invoices_read_back_equal_to_the_cent(admin, deal, companies, connected, key):
    connection = connected(key)
    client, dice = sign_in(admin.member), Random(f"invoices of {key}")
    regime = tax_regime(connection.company)
    offered = TaxCode.objects.filter(company=connection.company, is_for_sales=True, is_active=True)
    codes = [code.qbo_id for code in offered if code.qbo_id not in {"TAX", "NON"}]
    home = connection.company.home_currency
    style = "line" if KEYS.index(key) % 2 else "net"
    InvoicingSettings.objects.update_or_create(account=admin.account, defaults={"discount_style": style})
    buyers = list(Customer.objects.filter(company=connection.company, is_active=True))
    for number in range(EACH):
        buyer = dice.choice(buyers)
        Deal.objects.filter(pk=deal.pk).update(currency=buyer.currency)
        fields = page_of(client, deal) | lines(dice, connection, codes if regime is TaxRegime.CODES else [])
        fields |= {
            "customer_mode": "existing",
            "customer": buyer.qbo_id,
            "currency": buyer.currency,
            "address": "1 Elm St\nAustin, TX 78701" if connection.company.country == "US" else "",
            "tax_mode": dice.choice(("exclusive", "inclusive", "out_of_scope")),
            "discount": dice.choice(("", "", "5", "12.5")),
            "discount_kind": dice.choice(("percent", "amount")),
            "form_tax_code": dice.choice(["", *codes]) if regime is TaxRegime.MANUAL else "",
        }
        intent = create(client, deal, fields)
        assert intent.state == InvoiceIntent.State.SUCCEEDED, (number, intent.problems, intent.payload)
        made = in_books(companies, connection, intent)
        total, tax = (Decimal(str(amount)) for amount in (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"]))
        # Under automated sales tax the page says what it comes to before the tax.
        promised = total - tax if regime is TaxRegime.AUTOMATED and buyer.is_taxable else total
        assert intent.expected_total == promised, (number, intent.payload, made)
        if buyer.currency != home:
            assert Decimal(str(made["ExchangeRate"])) not in {Decimal(0), Decimal(1)}


def test_a_rate_is_asked_once_for_a_currency_and_a_day(admin, deal, companies, connected):
    connected("us-multi")
    client = sign_in(admin.member)
    Deal.objects.filter(pk=deal.pk).update(currency="EUR")
    before = companies.control("GET", "/control/requests")["total"]
    first, second = page_of(client, deal), page_of(client, deal)
    asked = companies.control("GET", f"/control/requests?since={before}")["requests"]
    assert [call["operation"] for call in asked] == ["exchangerate.read"]
    assert first["exchange_rate"] == second["exchange_rate"] != ""
    assert ExchangeRate.objects.get().currency == "EUR"
    # What a person writes stays as long as currency and day do.
    typed = {**first, "exchange_rate": "1.25"}
    again = client.post(f"/deals/{deal.pk}/invoices/new/", {**typed, "do": "add_line"}).content.decode()
    assert fields_of(again)["exchange_rate"] == "1.25"
    moved = {**typed, "issue_date": "2026-01-05"}
    other = client.post(f"/deals/{deal.pk}/invoices/new/", {**moved, "do": "add_line"}).content.decode()
    assert fields_of(other)["exchange_rate"] != "1.25"


def test_lines_begin_with_the_code_of_their_product_then_of_the_customer(admin, deal, connected):
    connection = connected("gb")
    client = sign_in(admin.member)
    book = Item.objects.get(company=connection.company, name="Lighting handbook")
    zero = TaxCode.objects.get(company=connection.company, name="0.0% Z")
    fields = page_of(client, deal)
    posted = client.post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": "add_line"}).content.decode()
    linked = client.post(
        f"/deals/{deal.pk}/invoices/new/", {**fields_of(posted), "do": f"link:0:{book.qbo_id}"}
    ).content.decode()
    assert fields_of(linked)["lines-0-code"] == zero.qbo_id
    assert "MVA" not in linked
    assert "VAT" in linked


def test_codes_of_purchases_hidden_and_inactive_ones_are_not_offered(connected):
    company = connected("gb").company
    usual = TaxCode.objects.filter(company=company, is_for_sales=True, is_active=True).first()
    assert usual is not None
    for qbo_id, facts in (("901", {"is_for_sales": False}), ("902", {"is_active": False})):
        TaxCode.objects.create(
            company=company,
            qbo_id=qbo_id,
            name=qbo_id,
            sync_token=0,
            remote_updated_at=NOW,
            rates=usual.rates,
            **facts,
        )
    offered = set(tax_rules(company, None).codes)
    assert usual.qbo_id in offered
    assert not offered & {"901", "902"}


def test_a_code_that_is_gone_is_said_before_anything_is_sent(admin, deal, companies, connected):
    connection = connected("no-like")
    client = sign_in(admin.member)
    item = Item.objects.filter(company=connection.company, is_active=True, kind="Service").first()
    fields = page_of(client, deal) | {
        "customer_mode": "new", "new_display_name": "Quill AS", "lines-0-name": item.name,
        "lines-0-item": item.qbo_id, "lines-0-quantity": "1", "lines-0-unit_price": "10", "lines-0-code": "999",
        "lines-0-tax": "0", "lines-0-discount": "", "lines-0-discount_kind": "percent",
    }  # fmt: skip
    before = companies.control("GET", "/control/requests")["total"]
    answer = client.post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": "create"})
    assert answer.status_code == 422
    assert "no longer offered for sales" in answer.content.decode()
    assert companies.control("GET", "/control/requests")["total"] == before
    assert "MVA" in answer.content.decode()


def test_a_total_that_differs_from_the_promised_one_is_said_at_once_and_written_down(
    admin, deal, companies, connected
):
    connection = connected("us-manual")
    client = sign_in(admin.member)
    buyer = Customer.objects.filter(company=connection.company, is_active=True, is_taxable=True).last()
    # Exempt in QuickBooks since the list was read: the page still promises tax.
    realm = connection.company.realm_id
    companies.control("POST", f"/control/{realm}/customers/{buyer.qbo_id}/edit", {"Taxable": False})
    item = Item.objects.get(company=connection.company, name="Services")
    tucson = TaxCode.objects.get(company=connection.company, name="Tucson")
    fields = page_of(client, deal) | {
        "customer_mode": "existing", "customer": buyer.qbo_id, "lines-0-name": "Mixing", "lines-0-item": item.qbo_id,
        "lines-0-quantity": "1", "lines-0-unit_price": "100", "lines-0-tax": "1", "lines-0-discount": "",
        "lines-0-discount_kind": "percent", "form_tax_code": tucson.qbo_id,
    }  # fmt: skip
    intent = create(client, deal, fields)
    assert (intent.expected_total, intent.expected_tax) == (Decimal("108.60"), Decimal("8.60"))
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    assert "It came to $100.00 there; $108.60 was expected" in page
    entry = TimelineEntry.objects.get(deal=deal, kind="invoice.differs")
    assert entry.data["expected"] == "108.60"


def bundle_form(client, deal, bundle, **more):
    return page_of(client, deal) | {
        "customer_mode": "new", "new_display_name": "Kits & Sons", "lines-0-name": "Kit", "lines-0-item": bundle.qbo_id,
        "lines-0-quantity": "3", "lines-0-unit_price": "", "lines-0-discount": "", "lines-0-discount_kind": "percent",
        "lines-0-code": "", "lines-0-tax": "0",
    } | more  # fmt: skip


def edited(client, deal, fields, do):
    return fields_of(client.post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": do}).content.decode())


@pytest.mark.parametrize("key", ["gb", "us-multi", "no-like"])
def test_a_bundle_is_one_group_in_quickbooks(admin, deal, companies, connected, key):
    connection = connected(key)
    client = sign_in(admin.member)
    bundle = Item.objects.get(company=connection.company, kind="Group")
    assert len(bundle.parts) == 3
    fields = bundle_form(client, deal, bundle)
    refused = client.post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": "create"})
    assert refused.status_code == 422
    assert "is a bundle" in refused.content.decode()
    taken = edited(client, deal, fields, "bundle:0")
    assert (taken["lines-0-kind"], taken["lines-0-item"]) == ("bundle", bundle.qbo_id)
    parts = [(taken[f"lines-{at}-item"], taken[f"lines-{at}-quantity"]) for at in range(1, 4)]
    assert parts == [(qbo_id, str(3 * int(quantity))) for qbo_id, quantity in bundle.parts]
    # Fewer of the bundle are fewer of each.
    taken = edited(client, deal, {**taken, "lines-0-quantity": "2"}, "times:0")
    assert [taken[f"lines-{at}-quantity"] for at in range(1, 4)] == [
        str(2 * int(each)) for _id, each in bundle.parts
    ]
    intent = create(client, deal, taken)
    made = in_books(companies, connection, intent)
    group = made["Line"][0]
    assert group["DetailType"] == "GroupLineDetail"
    assert [part["SalesItemLineDetail"]["ItemRef"]["value"] for part in group["GroupLineDetail"]["Line"]] == [
        qbo_id for qbo_id, _quantity in bundle.parts
    ]
    untaxed = Decimal(str(made["TotalAmt"])) - (
        Decimal(str(made["TxnTaxDetail"]["TotalTax"])) if intent.expected_tax is None else 0
    )
    assert untaxed == intent.expected_total > 0


def test_a_deals_product_that_is_a_bundle_opens_with_the_form_at_the_deals_price(
    admin, deal, companies, connected
):
    connection = connected("gb")
    client = sign_in(admin.member)
    bundle = Item.objects.get(company=connection.company, kind="Group")
    DealLine.objects.filter(deal=deal).delete()
    DealLine.objects.create(
        deal=deal, name="Meeting room", quantity=2, unit_price=Decimal("100.01"), tax_percent=0
    )
    ItemLink.objects.create(
        company=connection.company, name_key="name:meeting room", item_qbo_id=bundle.qbo_id, linked_at=NOW
    )
    Deal.objects.filter(pk=deal.pk).update(value=Decimal("200.02"), currency="GBP")
    fields = page_of(client, deal)
    assert [fields[f"lines-{at}-kind"] for at in range(4)] == ["bundle", "item", "item", "item"]
    assert fields["lines-0-name"] == "Meeting room"
    made = in_books(
        companies,
        connection,
        create(client, deal, fields | {"customer_mode": "new", "new_display_name": "Bundled & Sons"}),
    )
    net = Decimal(str(made["TotalAmt"])) - Decimal(str(made["TxnTaxDetail"]["TotalTax"]))
    assert net == Decimal("200.02")
    # The next deal of the same product finds the bundle again.
    assert ItemLink.objects.get(company=connection.company).item_qbo_id == bundle.qbo_id


def test_a_heading_moves_and_goes_with_its_products_and_can_be_left_out(admin, deal, companies, connected):
    connection = connected("gb")
    client = sign_in(admin.member)
    bundle = Item.objects.get(company=connection.company, kind="Group")
    taken = edited(client, deal, bundle_form(client, deal, bundle), "bundle:0")
    after = edited(client, deal, edited(client, deal, taken, "add_text"), "down:0")
    count = len([key for key in after if key.endswith("-kind")])
    kinds = [after[f"lines-{at}-kind"] for at in range(count)]
    place = kinds.index("bundle")
    assert place > 0
    assert [after[f"lines-{at}-bundle"] for at in range(place + 1, place + 4)] == [bundle.qbo_id] * 3
    alone = edited(client, deal, after, f"unbundle:{place}")
    assert "bundle" not in [alone[key] for key in alone if key.endswith("-kind")]
    assert len([key for key in alone if key.endswith("-kind")]) == count - 1
    gone = edited(client, deal, after, f"remove:{place}")
    assert len([key for key in gone if key.endswith("-kind")]) == count - 4


def test_copies_of_the_email_reach_quickbooks_and_are_checked(admin, deal, companies, connected):
    connection = connected("us-2")
    client = sign_in(admin.member)
    item = Item.objects.get(company=connection.company, name="Services")
    fields = page_of(client, deal) | {
        "customer_mode": "new", "new_display_name": "Copied Co", "lines-0-name": "Work", "lines-0-item": item.qbo_id,
        "lines-0-quantity": "1", "lines-0-unit_price": "5", "lines-0-discount": "", "lines-0-discount_kind": "percent",
        "lines-0-tax": "0", "cc": "desk@quill.com; ada@quill.com", "bcc": "no address",
    }  # fmt: skip
    address = f"/deals/{deal.pk}/invoices/new/"
    refused = client.post(address, {**fields, "do": "create"}).content.decode()
    assert "isn’t a valid email address" in refused
    made = in_books(companies, connection, create(client, deal, {**fields, "bcc": "books@quill.com"}))
    assert made["BillEmailCc"] == {"Address": "desk@quill.com, ada@quill.com"}
    assert made["BillEmailBcc"] == {"Address": "books@quill.com"}


def test_a_rate_that_quickbooks_does_not_give_is_asked_once_and_again_on_demand(
    admin, deal, companies, connected
):
    connected("us-multi")
    client = sign_in(admin.member)
    Deal.objects.filter(pk=deal.pk).update(currency="SEK")  # a currency without any rate in these books
    before = companies.control("GET", "/control/requests")["total"]

    def asked():
        calls = companies.control("GET", f"/control/requests?since={before}")["requests"]
        return [call["operation"] for call in calls].count("exchangerate.read")

    address = f"/deals/{deal.pk}/invoices/new/"
    fields = page_of(client, deal)
    for _keystroke in range(3):
        page = client.post(address, {**fields, "do": "check"}).content.decode()
        fields = fields_of(page)
    assert asked() == 1
    assert "Ask QuickBooks again" in page
    client.post(address, {**fields, "do": "ask_rate"})
    assert asked() == 2
