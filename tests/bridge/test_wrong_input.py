"""Input of the invoice form that is too much, on a strange day, or meant for a company that has changed meanwhile."""

import secrets
from decimal import Decimal

import pytest

from deals.models import Deal, DealLine
from quickbooks_bridge.invoice_form.actions import edit
from quickbooks_bridge.invoice_form.checking import left_out
from quickbooks_bridge.invoice_form.edit_context import EditContext
from quickbooks_bridge.invoice_form.form_state import FIELDS, FormState
from quickbooks_bridge.models import Customer, InvoiceIntent, Item, ItemLink, TaxCode, Term
from quickbooks_bridge.services.sync.company import reference_lists_refresh

from ..fixtures import sign_in
from .company_forms import NOW, create, in_books, line, page_of, sellable
from .test_invoice_form import fields_of

pytestmark = pytest.mark.django_db


def service(connection):
    return next(item for item in sellable(connection) if item.kind == "Service")


def address(deal):
    return f"/deals/{deal.pk}/invoices/new/"


def edited(client, deal, fields, do):
    return client.post(address(deal), {**fields, "do": do})


def new_customer():
    return {"customer_mode": "new", "new_display_name": f"Wrong input {secrets.token_hex(4)} Ltd"}


def kinds(fields):
    return [fields[key] for key in fields if key.startswith("lines-") and key.endswith("-kind")]


def products(deal, item, *prices, quantity=1):
    """Write products of one name on the deal, linked to this one of QuickBooks."""
    DealLine.objects.filter(deal=deal).delete()
    DealLine.objects.bulk_create(
        DealLine(deal=deal, name="Bulb", quantity=quantity, unit_price=price, tax_percent=0, position=at)
        for at, price in enumerate(prices)
    )
    ItemLink.objects.create(
        company=item.company, name_key="name:bulb", item_qbo_id=item.qbo_id, linked_at=NOW
    )
    Deal.objects.filter(pk=deal.pk).update(value=quantity * sum(map(Decimal, prices)), currency="GBP")


def test_a_deal_of_ten_thousand_products_is_billed_in_parts_and_says_what_is_left(
    admin, deal, companies, connected
):
    connection = connected("gb")
    client = sign_in(admin.member)
    products(deal, service(connection), *["0.01"] * 10_000)
    page = client.get(address(deal)).content.decode()
    assert "9250 more lines of the deal, which come to 92.50 GBP, are left for the next invoice" in page
    fields = fields_of(page) | new_customer()
    assert len(kinds(fields)) == 750
    assert "Invoice these lines now" in page
    known = fields | {"lines_over_ok": "1"}
    made = in_books(companies, connection, create(client, deal, known))
    assert len([one for one in made["Line"] if one["DetailType"] == "SalesItemLineDetail"]) == 750
    # The next invoice begins where this one ended.
    page = client.get(address(deal)).content.decode()
    assert "8500 more lines of the deal, which come to 85.00 GBP" in page
    assert "What is left of the deal" in page


def test_what_is_billed_is_not_filled_in_again_and_comes_back_on_demand(admin, deal, companies, connected):
    connection = connected("gb")
    client = sign_in(admin.member)
    products(deal, service(connection), "10.00", "20.00", "30.00", quantity=4)
    fields = page_of(client, deal) | new_customer()
    # Half of the first, all of the second; the third waits.
    fields |= {"lines-0-quantity": "1"}
    fields = fields_of(edited(client, deal, fields, "remove:2").content.decode())
    intent = create(client, deal, fields)
    first, second, third = DealLine.objects.filter(deal=deal).order_by("position")
    assert intent.allocation == [
        {"line": str(first.pk), "quantity": "1", "net": "10.00", "tax": ["2"]},
        {"line": str(second.pk), "quantity": "4", "net": "80.00", "tax": ["2"]},
    ]
    fields = page_of(client, deal)
    rest = [(fields[f"lines-{at}-source"], fields[f"lines-{at}-quantity"]) for at in range(2)]
    assert rest == [(str(first.pk), "3"), (str(third.pk), "4")]
    assert len(kinds(fields)) == 2
    whole = fields_of(edited(client, deal, fields, "all_lines").content.decode())
    assert [whole[f"lines-{at}-quantity"] for at in range(3)] == ["4", "4", "4"]
    # A voided invoice bills nothing.
    intent.invoice.is_voided = True
    intent.invoice.save(update_fields=["is_voided"])
    edited(client, deal, fields, "afresh")
    assert len(kinds(page_of(client, deal))) == 3


def test_what_does_not_fit_is_in_the_way_until_somebody_knows():
    state = FormState({**dict.fromkeys(FIELDS, ""), "lines_over": "9250 92.50 GBP"}, [])
    assert [problem.is_blocking for problem in left_out(state)] == [True]
    edit(state, "first_lines", EditContext(NOW.date()))
    assert [problem.is_blocking for problem in left_out(state)] == [False]
    assert left_out(FormState(dict.fromkeys(FIELDS, ""), [])) == []


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2027-02-29", "A date is missing or cannot be read"),
        ("2999-01-01", "A date is far away"),
        ("0001-01-01", "A date is far away"),
        ("29.02.2028", "A date is missing or cannot be read"),
        ("", "A date is missing or cannot be read"),
    ],
)
def test_days_that_cannot_be_meant_are_said(admin, deal, connected, day, words):
    connection = connected("gb")
    client = sign_in(admin.member)
    fields = page_of(client, deal) | new_customer() | line(0, service(connection), code="2", unit_price="9")
    refused = edited(client, deal, fields | {"issue_date": day}, "create")
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert not InvoiceIntent.objects.exists()


def test_the_leap_day_and_terms_by_the_day_of_the_month(admin, deal, companies, connected):
    connection = connected("gb")
    client = sign_in(admin.member)
    term = Term.objects.filter(company=connection.company, day_of_month=31).first()
    assert term is not None
    fields = page_of(client, deal) | new_customer() | line(0, service(connection), code="2", unit_price="9")
    fields |= {"issue_date": "2028-01-31", "term": term.qbo_id}
    fields = fields_of(edited(client, deal, fields, "check").content.decode())
    made = in_books(companies, connection, create(client, deal, fields))
    assert (made["TxnDate"], made["DueDate"]) == ("2028-01-31", "2028-02-29")


def lose(companies, connection, **switches):
    companies.control("POST", f"/control/{connection.company.realm_id}/preferences", switches)


@pytest.fixture
def registered(companies, connected):
    """A company with VAT, whose registration is put back at the end."""
    connection = connected("gb")
    yield connection
    lose(companies, connection, UsingSalesTax=True)


def test_a_company_that_is_no_longer_registered_while_the_form_is_open(admin, deal, companies, registered):
    client = sign_in(admin.member)
    fields = page_of(client, deal) | new_customer() | line(0, service(registered), code="2", unit_price="9")
    lose(companies, registered, UsingSalesTax=False)
    intent = create(client, deal, fields)
    assert Decimal(str(in_books(companies, registered, intent)["TotalAmt"])) == 9
    # QuickBooks takes it without VAT, and nobody is left to find that out alone.
    assert "It came to £9.00 there; £10.80 was expected" in client.get(f"/deals/{deal.pk}/").content.decode()
    assert intent.invoice.alarm
    # Once the company is read again the form promises what comes.
    assert reference_lists_refresh(registered, now=NOW)
    fields = page_of(client, deal) | new_customer() | line(0, service(registered), code="2", unit_price="8")
    intent = create(client, deal, fields)
    assert Decimal(str(in_books(companies, registered, intent)["TotalAmt"])) == intent.expected_total == 8
    assert not intent.invoice.alarm


def test_a_company_that_no_longer_has_several_currencies(admin, deal, companies, connected):
    connection = connected("us-multi")
    client = sign_in(admin.member)
    Deal.objects.filter(pk=deal.pk).update(currency="EUR")
    euro = Customer.objects.filter(company=connection.company, currency="EUR", is_active=True).first()
    fields = page_of(client, deal) | {"customer_mode": "existing", "customer": euro.qbo_id}
    fields |= line(0, service(connection), unit_price="9")
    connection.company.is_multicurrency = False
    connection.company.save(update_fields=["is_multicurrency"])
    refused = edited(client, deal, fields, "create")
    connection.company.is_multicurrency = True
    connection.company.save(update_fields=["is_multicurrency"])
    assert refused.status_code == 422
    assert "EUR" in refused.content.decode()
    assert not InvoiceIntent.objects.exists()


@pytest.mark.parametrize("name", ["preset", "term", "code", "class"])
def test_what_is_deleted_while_the_form_is_open_is_said_or_left_out(admin, deal, companies, connected, name):
    connection = connected("gb")
    client = sign_in(admin.member)
    fields = page_of(client, deal) | new_customer() | line(0, service(connection), code="2", unit_price="9")
    gone = {
        "preset": {"preset": "987654"},
        "term": {"term": "987654"},
        "code": {"lines-0-code": "987654"},
        "class": {"class": "987654"},
    }[name]
    answer = edited(client, deal, fields | gone, "create")
    text, words = answer.content.decode(), {"term": "The terms cannot be used", "code": "tax code"}
    assert words.get(name, "") in text
    assert (answer.status_code == 422) is (name in words)
    assert not InvoiceIntent.objects.filter(state=InvoiceIntent.State.REJECTED).exists()


def test_letters_of_every_kind_reach_the_books_as_they_were_typed(admin, deal, companies, connected):
    connection = connected("no-like")
    client = sign_in(admin.member)
    item, code = (
        service(connection),
        TaxCode.objects.filter(company=connection.company, is_for_sales=True).first(),
    )
    assert Item.objects.filter(pk=item.pk).exists()
    words = "שלום עולם · 株式会社 · Ærlig \u200btalt · 👩‍🔧"
    fields = page_of(client, deal) | new_customer() | line(0, item, code=code.qbo_id, unit_price="9")
    made = in_books(companies, connection, create(client, deal, fields | {"lines-0-description": words}))
    assert words in made["Line"][0]["Description"]
