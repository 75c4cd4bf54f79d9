"""The hardest invoices of each kind of company, made in a real browser: what the page promises is what the books say."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from deals.models import Deal, DealLine
from quickbooks_bridge.models import Customer, InvoiceIntent, Item, TaxCode
from quickbooks_bridge.services.sync.company import initial_import

from ..bridge.company_forms import NOW
from ..emulator_process import EmulatorProcess
from ..fixtures import connect

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
KEYS = ("gb-reverse", "ca-quebec", "no-like", "us-multi")


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        patch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        yield


@pytest.fixture(scope="module")
def companies() -> Iterator[EmulatorProcess]:
    named = [part for key in KEYS for part in ("--company", key)]
    with EmulatorProcess(*named, "--single", "--seed", "7") as running:
        yield running


@pytest.fixture
def form(browser: Browser, live_server, admin, deal, companies, qbo, settings):
    """Return a way to open the form of a deal with these prices in one of the companies."""
    opened, problems = [], []
    settings.QUICKBOOKS_CLIENT_ID, settings.QUICKBOOKS_CLIENT_SECRET = (
        companies.client_id,
        companies.client_secret,
    )
    settings.QUICKBOOKS_DISCOVERY_URL, settings.QUICKBOOKS_API_URL = (
        companies.discovery_url,
        companies.api_url,
    )

    def start(key: str, *prices: str, currency: str = "") -> Page:
        made = connect(admin, companies, company=KEYS.index(key))
        assert initial_import(made, now=NOW)
        DealLine.objects.filter(deal=deal).delete()
        Deal.objects.filter(pk=deal.pk).update(currency=currency or made.company.home_currency, value=0)
        for price in prices:
            DealLine.objects.create(deal=deal, name="Work", quantity=1, unit_price=price, tax_percent=0)
        signed_in = Client()
        signed_in.force_login(admin.member.user)
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        context.add_cookies(
            [{"name": "sessionid", "value": signed_in.cookies["sessionid"].value, "url": live_server.url}]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        opened.append(context)
        page.goto(f"{live_server.url}/deals/{deal.pk}/invoices/new/")
        return page

    yield start
    for context in opened:
        context.close()
    assert problems == []


def pick(page: Page, field: str, words: str) -> None:
    """Find something in a search field and take the first that matches."""
    expect(page.locator("#invoice-form:not([data-checking])")).to_be_attached()
    page.fill(field, words)
    expect(page.locator(f"{field} ~ ul [role=option][aria-selected=true]")).to_be_visible()
    with page.expect_response(re.compile("/invoices/new/")):
        page.keyboard.press("Enter")


def new_customer(page: Page, name: str) -> None:
    page.locator("input[name=customer_mode][value=new]").check(force=True)
    page.fill("#id_new_display_name", name)


def lines(page: Page, *codes: str) -> None:
    """Link each line to a service and give it a tax code by its name."""
    item = Item.objects.filter(kind="Service", is_active=True).exclude(name__contains=":").first()
    assert item is not None
    for at, code in enumerate(codes):
        pick(page, f"#line-{at}-item", item.name)
        if code:
            row = TaxCode.objects.get(name=code)
            with page.expect_response(re.compile("/invoices/check/")):
                page.select_option(f"#line-{at}-code", row.qbo_id)


def books(page: Page, companies: EmulatorProcess) -> tuple[Decimal, dict[str, Any]]:
    """Create the invoice; returns the total that the page promised, and QuickBooks' invoice."""
    expect(page.locator("#invoice-form:not([data-checking])")).to_be_attached()
    expect(page.locator("#check .chip-ok")).to_be_visible()
    promised = page.locator("[data-total]").inner_text()
    page.locator("button[form=invoice-form]").last.click()
    page.wait_for_url(re.compile(r"/deals/\d+/\?tab=invoice"))
    intent = InvoiceIntent.objects.latest("pk")
    assert intent.invoice is not None
    realm = intent.company.realm_id
    made = companies.control("GET", f"/control/{realm}/invoices/{intent.invoice.qbo_id}")
    return Decimal(re.sub(r"[^\d.]", "", promised)), made


def total(made: dict[str, Any]) -> Decimal:
    return Decimal(str(made["TotalAmt"]))


def test_uk_reverse_charge_export_and_mixed_rates_with_the_tax_included(form, companies):
    page = form("gb-reverse", "1200.00", "333.33", "99.99")
    new_customer(page, "Reverse & Export Ltd")
    lines(page, "20.0% RC SG", "0.0% Z", "20.0% S")
    with page.expect_response(re.compile("/invoices/check/")):
        page.select_option("#id_tax_mode", "inclusive")
    expect(page.locator("#check")).to_contain_text("of which")
    promised, made = books(page, companies)
    assert promised == total(made) == Decimal("1633.32")
    assert Decimal(str(made["TxnTaxDetail"]["TotalTax"])) == Decimal("16.66")


def test_quebec_gst_with_qst_and_an_exempt_line(form, companies):
    page = form("ca-quebec", "4495.16", "250.00")
    new_customer(page, "Atelier Québec inc.")
    lines(page, "GST/QST QC - 9.975", "Exempt")
    promised, made = books(page, companies)
    assert promised == total(made) == Decimal("5418.31")


def test_norway_four_rates_with_a_discount_on_the_invoice(form, companies):
    page = form("no-like", "1000.00", "200.10", "99.99", "45.50")
    new_customer(page, "Fjellbakken Møbler AS")
    offered = [row.name for row in TaxCode.objects.filter(is_for_sales=True, is_active=True)]
    wanted = [next(name for name in offered if percent in name) for percent in ("25", "15", "12")]
    lines(page, *wanted, next(name for name in offered if re.search(r"\b0", name)))
    # A Norwegian's comma is a decimal mark.
    with page.expect_response(re.compile("/invoices/check/")):
        page.fill("#id_discount", "12,5")
    promised, made = books(page, companies)
    assert promised == total(made)
    assert Decimal(str(made["TxnTaxDetail"]["TotalTax"])) > 200


def test_a_bundle_opens_when_it_is_picked_and_its_quantity_is_followed(form, companies):
    page = form("us-multi", "10.00")
    new_customer(page, "Podcasters LLC")
    page.fill("#id_address", "5 Elm St\nBrooklyn, NY 11222")
    pick(page, "#line-0-item", "Podcast kit")
    expect(page.locator("[data-line]")).to_have_count(4)
    with page.expect_response(re.compile("/invoices/new/")):
        page.fill("#line-0-quantity", "3")
        page.keyboard.press("Tab")
    expect(page.locator("#line-1-quantity")).to_have_value("6")
    expect(page.locator("#line-0-amount")).to_have_text("30.00")
    _promised, made = books(page, companies)
    group = made["Line"][0]["GroupLineDetail"]
    assert sum(Decimal(str(part["Amount"])) for part in group["Line"]) == Decimal("30.00")


def test_yen_have_no_decimals(form, companies):
    page = form("us-multi", "1000.50", currency="JPY")
    yen = Customer.objects.filter(currency="JPY", is_active=True).first()
    assert yen is not None
    pick(page, "#id_customer", yen.display_name)
    lines(page, "")
    _promised, made = books(page, companies)
    assert made["CurrencyRef"]["value"] == "JPY"
    assert Decimal(str(made["Line"][0]["Amount"])) == 1001


def test_a_dollar_deal_is_converted_for_a_customer_in_euro(form, companies):
    page = form("us-multi", "500.00", currency="USD")
    euro = Customer.objects.filter(currency="EUR", is_active=True).first()
    assert euro is not None
    pick(page, "#id_customer", euro.display_name)
    expect(page.locator("#conversion")).to_contain_text("the invoice has to be in EUR")
    rate = Decimal(page.locator("#id_convert_rate").input_value())
    with page.expect_response(re.compile("/invoices/new/")):
        page.get_by_role("button", name="Convert to EUR").click()
    expect(page.locator("#line-0-unit_price")).to_have_value(
        f"{(500 * rate).quantize(Decimal('0.01')).normalize():f}"
    )
    lines(page, "")
    _promised, made = books(page, companies)
    assert made["CurrencyRef"]["value"] == "EUR"
    assert Decimal(str(made["ExchangeRate"])) != 1


def taxed(page: Page) -> None:
    with page.expect_response(re.compile("/invoices/check/")):
        page.select_option("#id_tax", "taxable")


def test_us_three_rates_are_before_tax_until_quickbooks_has_worked_them_out(form, companies):
    page = form("us-multi", "10.10")
    new_customer(page, "Three Rates LLC")
    page.fill("#id_address", "5 Elm St\nBrooklyn, NY 11222")
    lines(page, "")
    taxed(page)
    expect(page.locator("#foot-total")).to_contain_text("Total before tax")
    promised, made = books(page, companies)
    tax = Decimal(str(made["TxnTaxDetail"]["TotalTax"]))
    assert len(made["TxnTaxDetail"]["TaxLine"]) == 3
    assert promised == Decimal("10.10") == total(made) - tax


def test_us_exempt_customers_are_promised_no_tax(form, companies):
    page = form("us-multi", "1000.00")
    exempt = Customer.objects.filter(currency="USD", is_active=True).first()
    assert exempt is not None
    realm = exempt.company.realm_id
    companies.control("POST", f"/control/{realm}/customers/{exempt.qbo_id}/edit", {"Taxable": False})
    Customer.objects.filter(pk=exempt.pk).update(is_taxable=False)
    pick(page, "#id_customer", exempt.display_name)
    lines(page, "")
    taxed(page)
    expect(page.locator("#check")).to_contain_text("exempt from sales tax")
    promised, made = books(page, companies)
    assert promised == total(made) == 1000


def test_us_without_a_place_a_person_decides_first(form, companies):
    page = form("us-multi", "200.00")
    new_customer(page, "Nowhere LLC")
    page.fill("#id_address", "")
    lines(page, "")
    taxed(page)
    expect(page.locator("#check")).to_contain_text("No place for sales tax")
    with page.expect_response(re.compile("/invoices/new/")):
        page.get_by_role("button", name="Let QuickBooks decide").first.click()
    promised, made = books(page, companies)
    assert promised == total(made) - Decimal(str(made["TxnTaxDetail"]["TotalTax"])) == 200
