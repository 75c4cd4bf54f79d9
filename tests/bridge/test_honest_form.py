"""The form promises no money that the books will not hold, and says beforehand what QuickBooks would refuse."""

from decimal import Decimal

import pytest

from deals.models import Deal, DealLine
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.messages.problems import problem_text
from quickbooks_bridge.models import (
    Company,
    Customer,
    Invoice,
    InvoiceIntent,
    InvoicePreset,
    Term,
)

from ..fixtures import sign_in
from .test_invoice_form import fields_of
from .test_invoice_lifecycle import an_item, create, form_data

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin):
    return sign_in(admin.member)


def address(deal) -> str:
    return f"/deals/{deal.pk}/invoices/new/"


def check(client, deal, connection, **changes) -> str:
    data = form_data(connection, **changes)
    return client.post(f"/deals/{deal.pk}/invoices/check/", data).content.decode()


def taxed(**more) -> dict[str, str]:
    return {
        "tax": "by_product",
        "tax_applied": "by_product",
        "lines-0-tax": "1",
        "lines-0-discount": "",
        "lines-0-quantity": "1",
        "lines-0-unit_price": "1000",
        **more,
    }


def in_books(qbo, connection) -> dict[str, object]:
    row = Invoice.objects.get(created_by_app=True)
    dump = qbo.control("GET", f"/control/{connection.company.realm_id}/dump")["Invoice"]
    return next(one for one in dump if one["Id"] == row.qbo_id)


# Sales tax of the United States


def test_automated_tax_is_no_figure_before_quickbooks_worked_it_out(client, deal, connection):
    page = check(client, deal, connection, **taxed())
    assert "QuickBooks works it out" in page
    assert "Total before tax" in page
    assert "82.50" not in page
    assert "8.25" not in page


@pytest.mark.parametrize(
    ("place", "tax"),
    [("1 Elm St\nAustin, TX 78701", "82.5"), ("9 Pine St\nPortland, OR 97205", "0"), ("1 Road\nLondon\nUnited Kingdom", "0")],
)  # fmt: skip
def test_where_it_is_delivered_decides_the_tax(client, deal, connection, qbo, place, tax):
    """Left out, ShipAddr would be the seller's own town, and all three would be taxed there."""
    assert create(client, deal, connection, **taxed(address=place)).status_code == 302
    made = in_books(qbo, connection)
    assert Decimal(str(made["TxnTaxDetail"]["TotalTax"])) == Decimal(tax)
    assert made["ShipAddr"]


@pytest.mark.parametrize(("own_town", "tax"), [(True, "82.5"), (False, "0")])
def test_without_a_place_a_person_decides_and_no_outcome_is_promised(
    client, deal, connection, qbo, own_town, tax
):
    qbo.control("POST", f"/control/{connection.company.realm_id}/preferences", {"ShipsToOwnTown": own_town})
    refused = create(client, deal, connection, **taxed(address=""))
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "No place for sales tax" in page
    assert "or not at all" in page
    assert not InvoiceIntent.objects.exists()
    decided = client.post(address(deal), {**fields_of(page), "do": "no_ship_to"}).content.decode()
    assert "Total before tax" in decided
    data = form_data(connection, **taxed(address="", no_ship_to="1"))
    assert client.post(address(deal), data).status_code == 302
    made = in_books(qbo, connection)
    assert Decimal(str(made["TxnTaxDetail"]["TotalTax"])) == Decimal(tax)


def test_created_customer_gets_both_addresses_in_parts(client, deal, connection, qbo):
    create(client, deal, connection)
    dump = qbo.control("GET", f"/control/{connection.company.realm_id}/dump")["Customer"]
    made = next(one for one in dump if one["DisplayName"] == "Quill Sons")
    for name in ("BillAddr", "ShipAddr"):
        parts = {
            key: made[name].get(key) for key in ("Line1", "City", "CountrySubDivisionCode", "PostalCode")
        }
        assert parts == {
            "Line1": "1 Elm St",
            "City": "Austin",
            "CountrySubDivisionCode": "TX",
            "PostalCode": "78701",
        }


def test_updating_a_customers_address_keeps_its_parts(client, deal, connection, qbo):
    customer = Customer.objects.filter(is_active=True).exclude(city="").first()
    create(
        client, deal, connection, customer_mode="existing", customer=customer.qbo_id, update_customer="1",
        address="77 Oak Ave\nDallas, TX 75201",
    )  # fmt: skip
    dump = qbo.control("GET", f"/control/{connection.company.realm_id}/dump")["Customer"]
    made = next(one for one in dump if one["Id"] == customer.qbo_id)["BillAddr"]
    assert (made["City"], made["CountrySubDivisionCode"], made["PostalCode"]) == ("Dallas", "TX", "75201")


def test_exempt_customer_is_promised_no_tax_and_gets_none(client, deal, connection, qbo):
    customer = Customer.objects.filter(is_active=True).first()
    Customer.objects.filter(pk=customer.pk).update(is_taxable=False)
    qbo.control(
        "POST", f"/control/{connection.company.realm_id}/customers/{customer.qbo_id}/edit", {"Taxable": False}
    )
    chosen = taxed(customer_mode="existing", customer=customer.qbo_id)
    page = check(client, deal, connection, **chosen)
    assert "exempt from sales tax" in page
    assert "Total before tax" not in page
    create(client, deal, connection, **chosen)
    assert (
        Decimal(str(in_books(qbo, connection)["TotalAmt"]))
        == InvoiceIntent.objects.get().expected_total
        == 1000
    )


def test_manual_sales_tax_is_promised_as_the_books_will_have_it(client, deal, connection, qbo):
    qbo.control(
        "POST",
        f"/control/{connection.company.realm_id}/preferences",
        {"TaxPrefs": {"PartnerTaxEnabled": False}},
    )
    Company.objects.update(is_tax_automated=False)
    page = check(client, deal, connection, **taxed())
    assert "With none chosen QuickBooks adds no sales tax" in page
    create(client, deal, connection, **taxed())
    assert (
        Decimal(str(in_books(qbo, connection)["TotalAmt"]))
        == InvoiceIntent.objects.get().expected_total
        == 1000
    )


# Currency


def test_no_button_turns_euros_into_dollars(client, deal, connection):
    Deal.objects.filter(pk=deal.pk).update(currency="EUR", value=1000)
    page = client.get(address(deal)).content.decode()
    assert "Switch invoice to USD" not in page
    posted = client.post(address(deal), {**fields_of(page), "do": "currency:USD"}).content.decode()
    assert fields_of(posted)["currency"] == "EUR"
    for currency in ("EUR", "USD"):
        answer = create(client, deal, connection, currency=currency)
        assert answer.status_code == 422
        assert "Switch invoice to USD" not in answer.content.decode()
    assert not InvoiceIntent.objects.exists()


def test_no_preset_turns_euros_into_dollars(client, deal, connection, account):
    InvoicePreset.objects.filter(account=account).update(currency="USD")
    Deal.objects.filter(pk=deal.pk).update(currency="EUR")
    page = client.get(address(deal)).content.decode()
    assert fields_of(page)["currency"] == "EUR"
    chosen = {
        **fields_of(page),
        "preset": str(InvoicePreset.objects.get().pk),
        "preset_applied": "",
        "do": "check",
    }
    assert fields_of(client.post(address(deal), chosen).content.decode())["currency"] == "EUR"


def test_a_deal_without_amounts_takes_the_presets_currency(client, deal, connection, account):
    InvoicePreset.objects.filter(account=account).update(currency="USD")
    DealLine.objects.all().delete()
    Deal.objects.filter(pk=deal.pk).update(currency="EUR", value=0)
    assert fields_of(client.get(address(deal)).content.decode())["currency"] == "USD"


# Lines


def test_two_hundred_and_five_lines_are_all_invoiced(client, deal, connection, qbo):
    item = an_item(connection).qbo_id
    lines = {}
    for at in range(205):
        lines |= {
            f"lines-{at}-name": f"Chair {at}",
            f"lines-{at}-quantity": "1",
            f"lines-{at}-unit_price": "1",
        }
        lines |= {f"lines-{at}-item": item, f"lines-{at}-discount": "", f"lines-{at}-tax": "0"}
    assert create(client, deal, connection, **lines).status_code == 302
    assert Decimal(str(in_books(qbo, connection)["TotalAmt"])) == 205


def test_more_lines_than_quickbooks_takes_are_kept_and_refused(client, deal, connection):
    lines = {}
    for at in range(755):
        lines |= {
            f"lines-{at}-name": f"Chair {at}",
            f"lines-{at}-quantity": "1",
            f"lines-{at}-unit_price": "1",
        }
        lines |= {f"lines-{at}-item": an_item.__name__, f"lines-{at}-tax": "0", f"lines-{at}-discount": ""}
    answer = create(client, deal, connection, **lines)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Too many lines for one invoice" in page
    assert "5.00 USD" in page
    assert 'name="lines-754-name"' in page
    assert not InvoiceIntent.objects.exists()


# Numbers and terms


def test_company_that_numbers_itself_is_offered_the_next_number(client, deal, connection):
    Company.objects.update(has_custom_numbers=True)
    taken = Invoice.objects.exclude(doc_number="").order_by("-txn_date").first().doc_number
    page = check(client, deal, connection)
    assert "left empty, the invoice has no number" in page
    assert "QuickBooks gives the next one" not in page
    refused = check(client, deal, connection, doc_number=taken)
    assert "already has this number" in refused
    assert "QuickBooks gives the next one" not in refused
    assert 'value="number:' in page


def test_number_of_a_mirrored_invoice_is_refused_before_sending(client, deal, connection):
    taken = Invoice.objects.exclude(doc_number="").first().doc_number
    assert create(client, deal, connection, doc_number=taken).status_code == 422
    assert not InvoiceIntent.objects.exists()


def test_terms_by_day_of_month_move_the_due_date(client, deal, connection, account):
    term = Term.objects.create(company=connection.company, qbo_id="99", name="End of month", day_of_month=31)
    first = client.get(address(deal)).content.decode()
    fields = {**fields_of(first), "issue_date": "2026-11-10", "term": term.qbo_id, "do": "check"}
    moved = fields_of(client.post(address(deal), fields).content.decode())
    assert moved["due_date"] == "2026-11-30"
    later = {**moved, "issue_date": "2026-12-02", "do": "check"}
    assert fields_of(client.post(address(deal), later).content.decode())["due_date"] == "2026-12-31"


def test_customers_own_terms_are_said_and_taken_with_one_press(client, deal, connection):
    term = Term.objects.filter(due_days=60).first() or Term.objects.exclude(due_days=None).first()
    customer = Customer.objects.filter(is_active=True).first()
    Customer.objects.filter(pk=customer.pk).update(term_qbo_id=term.qbo_id)
    Term.objects.filter(pk=term.pk).update(due_days=60)
    chosen = {"customer_mode": "existing", "customer": customer.qbo_id}
    page = check(client, deal, connection, **chosen)
    assert "This customer&#x27;s terms" in page
    data = form_data(connection, **chosen, issue_date="2026-03-01", do=f"term:{term.qbo_id}")
    taken = fields_of(client.post(address(deal), data).content.decode())
    assert (taken["term"], taken["due_date"]) == (term.qbo_id, "2026-04-30")


# Refusals


def test_quickbooks_own_words_of_a_catch_all_are_shown_and_the_panel_is_not_green(
    client, deal, connection, qbo, caplog
):
    words = "Make sure all your transactions have a <b>VAT</b> rate before you save."
    qbo.control(
        "POST", "/control/faults",
        {"kind": "code:6000", "operation": "invoice.create", "detail": words, "count": 1},
    )  # fmt: skip
    answer = create(client, deal, connection)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Make sure all your transactions have a &lt;b&gt;VAT&lt;/b&gt; rate" in page
    assert "own words" in page
    assert "chip-ok" not in page
    again = client.post(f"/deals/{deal.pk}/invoices/check/", {**fields_of(page)}).content.decode()
    assert "chip-ok" not in again
    changed = {**fields_of(page), "memo": "something else"}
    assert "chip-ok" in client.post(f"/deals/{deal.pk}/invoices/check/", changed).content.decode()
    assert "VAT" not in " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)


def test_days_in_sentences_are_written_as_people_write_them():
    assert "2026" in problem_text(Problem("books_closed", params={"closed": "2026-11-27"}))
    assert "2026-11-27" not in problem_text(Problem("books_closed", params={"closed": "2026-11-27"}))


def test_foreign_invoice_is_refused_before_a_customer_is_made_for_good(client, deal, connection, qbo):
    Company.objects.update(is_multicurrency=True)
    Deal.objects.filter(pk=deal.pk).update(currency="EUR")
    before = qbo.control("GET", "/control/requests")["total"]
    answer = create(client, deal, connection, currency="EUR")
    assert answer.status_code == 422
    assert "gave no rate for EUR" in answer.content.decode()
    # One question for the rate, and nothing else.
    asked = qbo.control("GET", f"/control/requests?since={before}")["requests"]
    assert {call["operation"] for call in asked} == {"exchangerate.read"}
