"""What else an invoice has: texts, subtotals, service dates, discount, deposit, class, location, own fields, presets."""

import secrets
from decimal import Decimal

import pytest

from deals.models import Deal, DealLine, Product
from quickbooks_bridge.models import (
    Company,
    Customer,
    InvoiceIntent,
    InvoicePreset,
    InvoicingSettings,
    Item,
    Location,
    SalesClass,
    Term,
)
from quickbooks_bridge.services.connections.lifecycle import settings_for
from quickbooks_bridge.services.sync.company import reference_lists_due, reference_lists_refresh, sync_company

from ..fixtures import sign_in
from .company_forms import NOW, create, in_books, line, page_of, sellable
from .test_invoice_form import fields_of

pytestmark = pytest.mark.django_db
ON = {
    "ClassTrackingPerTxnLine": True,
    "TrackDepartments": True,
    "AllowDeposit": True,
    "AllowServiceDate": True,
    "AllowDiscount": True,
}


@pytest.fixture
def gb(companies, connected):
    """A company in the United Kingdom with everything turned on; what was on before is put back."""
    connection = connected("gb")
    _switch(companies, connection, ON)
    yield connection
    _switch(
        companies, connection, {**dict.fromkeys(ON, False), "AllowServiceDate": True, "AllowDiscount": True}
    )


def _switch(companies, connection, choices):
    companies.control("POST", f"/control/{connection.company.realm_id}/preferences", choices)
    connection.company.refresh_from_db()
    assert reference_lists_refresh(connection, now=NOW)
    connection.refresh_from_db()


def service(connection):
    return next(item for item in sellable(connection) if item.kind == "Service")


def filled(client, deal, connection, **facts):
    fields = page_of(client, deal) | {
        "customer_mode": "new",
        "new_display_name": f"Depth {secrets.token_hex(4)} Ltd",
    }
    if "lines-0-item" not in facts:
        fields |= line(0, service(connection), code="2", unit_price="100")
    return fields | facts


def check(client, deal, fields):
    return client.post(f"/deals/{deal.pk}/invoices/check/", fields).content.decode()


def test_texts_and_subtotals_stand_between_the_lines(admin, deal, companies, gb):
    client, item = sign_in(admin.member), service(gb)
    address = f"/deals/{deal.pk}/invoices/new/"
    fields = filled(client, deal, gb)
    for do in ("add_text", "add_subtotal"):
        fields = fields_of(client.post(address, {**fields, "do": do}).content.decode())
    fields |= {"lines-1-name": "Delivered by hand"} | line(3, item, code="2", unit_price="50", quantity="-1")
    page = check(client, deal, fields)
    assert "100.00" in page
    intent = create(client, deal, fields)
    sent = [row for row in intent.payload["Line"] if row["DetailType"] == "DescriptionOnly"]
    assert [row["Description"] for row in sent] == ["Delivered by hand", "Subtotal: 100.00 GBP"]
    made = in_books(companies, gb, intent)
    kinds = [row["DetailType"] for row in made["Line"]]
    assert kinds[:4] == ["SalesItemLineDetail", "DescriptionOnly", "DescriptionOnly", "SalesItemLineDetail"]
    assert Decimal(str(made["TotalAmt"])) == intent.expected_total == Decimal("60.00")


def test_an_invoice_below_zero_is_refused_before_quickbooks_does(admin, deal, gb):
    client = sign_in(admin.member)
    fields = filled(client, deal, gb) | {"lines-0-unit_price": "-1"}
    answer = client.post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": "create"})
    assert answer.status_code == 422
    assert "comes to less than zero" in answer.content.decode()
    assert not InvoiceIntent.objects.exists()


def test_class_location_service_date_deposit_and_own_fields_reach_the_books(admin, deal, companies, gb):
    client = sign_in(admin.member)
    wholesale = SalesClass.objects.get(company=gb.company, name="Wholesale")
    office = Location.objects.get(company=gb.company, name="Main office")
    names = dict(gb.company.invoice_facts.custom_fields)
    fields = filled(client, deal, gb) | {
        "lines-0-service_date": "2026-03-04", "lines-0-class": wholesale.qbo_id, "location": office.qbo_id,
        "deposit": "20", "custom_1": "PO 7788", "discount": "10", "discount_kind": "percent",
    }  # fmt: skip
    page = check(client, deal, fields)
    assert "Left to pay" in page
    assert names["1"] in page
    made = in_books(companies, gb, create(client, deal, fields))
    detail = made["Line"][0]["SalesItemLineDetail"]
    assert detail["ServiceDate"] == "2026-03-04"
    assert detail["ClassRef"]["value"] == wholesale.qbo_id
    assert made["DepartmentRef"]["value"] == office.qbo_id
    assert made["CustomField"][0]["StringValue"] == "PO 7788"
    figures = {key: Decimal(str(made[key])) for key in ("Deposit", "TotalAmt", "Balance")}
    assert figures == {"Deposit": Decimal(20), "TotalAmt": Decimal(108), "Balance": Decimal(88)}


WRONG = [
    ({"deposit": "121"}, "The deposit is more than the invoice"),
    ({"deposit": "-1"}, "The deposit is below zero"),
    ({"deposit": "ten"}, "A number cannot be read"),
    ({"discount": "101", "discount_kind": "percent"}, "A discount is too large"),
    ({"discount": "100.01", "discount_kind": "amount"}, "A discount is too large"),
    ({"discount": "-1"}, "A discount is below zero"),
    ({"custom_1": "x" * 32}, "A text is too long"),
    ({"location": "999"}, "The location cannot be used"),
    ({"lines-0-class": "999"}, "The class cannot be used"),
    ({"lines-0-service_date": "31 February"}, "missing or cannot be read"),
]


@pytest.mark.parametrize(("facts", "words"), WRONG, ids=[str(facts) for facts, _words in WRONG])
def test_what_quickbooks_would_refuse_is_said_first(admin, deal, companies, gb, facts, words):
    client = sign_in(admin.member)
    before = companies.control("GET", "/control/requests")["total"]
    answer = client.post(
        f"/deals/{deal.pk}/invoices/new/", {**filled(client, deal, gb), **facts, "do": "create"}
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert companies.control("GET", "/control/requests")["total"] == before


def test_what_the_company_has_turned_off_is_neither_shown_nor_sent(admin, deal, companies, connected):
    connection = connected("no-like")
    Company.objects.filter(pk=connection.company_id).update(allows_discount=False, facts={})
    client = sign_in(admin.member)
    code = "6"
    fields = filled(client, deal, connection)
    page = check(client, deal, fields)
    for name in (
        "deposit",
        "class",
        "location",
        "lines-0-service_date",
        "lines-0-class",
        "custom_1",
        "pay_online",
    ):
        assert f'name="{name}"' not in page
    fields |= {"deposit": "5", "class": "1", "location": "1", "lines-0-code": code}
    refused = check(client, deal, fields)
    assert "Deposits are turned off in QuickBooks" in refused
    assert "Discounts are turned off" in check(client, deal, {**fields, "discount": "5"})


def test_a_class_that_is_renamed_or_retired_arrives_with_the_next_sync(admin, deal, companies, gb):
    client = sign_in(admin.member)
    retail = SalesClass.objects.get(company=gb.company, name="Retail")
    realm = gb.company.realm_id
    companies.control("POST", f"/control/{realm}/classes/{retail.qbo_id}/edit", {"Active": False})
    sync_company(gb, now=NOW)
    retail.refresh_from_db()
    assert not retail.is_active
    page = check(client, deal, {**filled(client, deal, gb), "lines-0-class": retail.qbo_id})
    assert "The class cannot be used" in page
    companies.control("POST", f"/control/{realm}/classes/{retail.qbo_id}/edit", {"Active": True})


def test_stock_that_is_counted_later_is_refused_and_too_little_is_said(admin, deal, companies, connected):
    connection = connected("us")
    client = sign_in(admin.member)
    item = Item.objects.filter(company=connection.company, kind="Inventory", quantity_on_hand__gt=0).first()
    assert item.inventory_start is not None
    more = str(int(item.quantity_on_hand) + 1)
    page = check(client, deal, filled(client, deal, connection, **line(0, item, quantity=more)))
    assert f"More than the stock of {item.name}" in page
    early = filled(client, deal, connection, **line(0, item)) | {
        "issue_date": "2019-01-01",
        "due_date": "2019-01-08",
    }
    assert "is counted from a later day" in check(client, deal, early)


def test_a_discount_prints_as_a_line_of_its_own_where_the_company_wants_it(admin, deal, companies, gb):
    client = sign_in(admin.member)
    InvoicingSettings.objects.update_or_create(account=admin.account, defaults={"discount_style": "line"})
    fields = filled(client, deal, gb) | {"lines-0-discount": "12.5", "lines-0-quantity": "3"}
    made = in_books(companies, gb, create(client, deal, fields))
    first, second = made["Line"][:2]
    assert (first["Amount"], first["SalesItemLineDetail"]["UnitPrice"]) == (300, 100)
    assert (second["Amount"], second["Description"].startswith("Discount 12.5% –")) == (-37.5, True)


def test_a_preset_of_another_company_gives_nothing_that_means_something_else_here(admin, deal, gb):
    other = Company.objects.create(account=admin.account, realm_id="1234")
    term = Term.objects.filter(company=gb.company).first()
    InvoicePreset.objects.filter(account=admin.account).delete()
    preset = InvoicePreset.objects.create(
        account=admin.account, name="Export", is_default=True, company=other, term_qbo_id=term.qbo_id,
        tax_code_qbo_id="2", message="Thank you",
    )  # fmt: skip
    client = sign_in(admin.member)
    page = client.get(f"/deals/{deal.pk}/invoices/new/").content.decode()
    fields = fields_of(page)
    assert (fields["term"], fields["message"]) == ("", "Thank you")
    assert "Part of the preset Export is gone" in page
    InvoicePreset.objects.filter(pk=preset.pk).update(company=gb.company)
    page = client.get(f"/deals/{deal.pk}/invoices/new/").content.decode()
    assert fields_of(page)["term"] == term.qbo_id
    assert "is gone" not in page


def test_only_the_ticked_parts_of_a_customer_are_overwritten(admin, deal, companies, gb):
    client = sign_in(admin.member)
    buyer = (
        Customer.objects.filter(company=gb.company, is_active=True).exclude(city="").exclude(email="").first()
    )
    fields = filled(client, deal, gb) | {
        "customer_mode": "existing", "customer": buyer.qbo_id, "currency": buyer.currency, "email": "new@quill.example",
        "address": "1 Road\nLeeds LS1 4AP\nUnited Kingdom", "update_customer": "1",
    }  # fmt: skip
    Deal.objects.filter(pk=deal.pk).update(currency=buyer.currency)
    page = check(client, deal, fields)
    assert 'name="update-city"' in page
    assert 'name="update-email"' in page
    fields |= {"update_shown": "street city postal_code email", "update-city": "1", "update-street": "1"}
    fields |= {"update-postal_code": "1"}
    create(client, deal, fields)
    dump = companies.control("GET", f"/control/{gb.company.realm_id}/dump")["Customer"]
    made = next(one for one in dump if one["Id"] == buyer.qbo_id)
    assert (made["BillAddr"]["City"], made["BillAddr"]["PostalCode"]) == ("Leeds", "LS1 4AP")
    assert made["PrimaryEmailAddr"]["Address"] == buyer.email


def test_a_quoted_tax_is_kept_by_quickbooks_where_the_account_wants_it(admin, deal, companies, connected):
    connection = connected("us-multi")
    client = sign_in(admin.member)
    assert (
        client.post("/quickbooks/choices/", {"tax_policy": "as_quoted", "discount_style": "net"}).status_code
        == 302
    )
    DealLine.objects.create(deal=deal, name="Mixing", quantity=2, unit_price="100", tax_percent="7.5")
    item = service(connection)
    fields = page_of(client, deal)
    assert fields["quoted_tax"] == "15"
    fields |= line(0, item, quantity="2", unit_price="100", tax="1") | {
        "customer_mode": "new", "new_display_name": f"Quoted {secrets.token_hex(4)}", "address": "1 Elm St\nBrooklyn, NY 11222",
    }  # fmt: skip
    page = check(client, deal, fields)
    assert "Sales tax, as quoted" in page
    assert "Total before tax" not in page
    untaxed = check(client, deal, {**fields, "lines-0-tax": "0"})
    assert "A tax is quoted, but no line is taxed" in untaxed
    intent = create(client, deal, fields)
    made = in_books(companies, connection, intent)
    assert Decimal(str(made["TotalAmt"])) == intent.expected_total == Decimal(215)


def test_only_an_admin_changes_how_invoices_are_written_and_only_to_what_is_offered(
    admin, rep, deal, connected
):
    connected("us-2")
    sign_in(rep.member).post("/quickbooks/choices/", {"tax_policy": "as_quoted", "discount_style": "line"})
    wrong = sign_in(admin.member).post(
        "/quickbooks/choices/", {"tax_policy": "free", "discount_style": "net"}, follow=True
    )
    assert "Nothing was saved" in wrong.content.decode()
    assert settings_for(admin.account).tax_policy == "quickbooks"
    assert settings_for(admin.account).discount_style == "net"


def test_discounts_of_invoices_are_booked_to_the_account_that_an_admin_chooses(admin, deal, companies, gb):
    client = sign_in(admin.member)
    names = dict(gb.company.income_accounts)
    wanted = next(qbo_id for qbo_id, name in names.items() if name == "Design Income")
    page = client.get("/quickbooks/").content.decode()
    assert "QuickBooks’ own choice: Discounts given" in page
    answer = client.post(
        "/quickbooks/choices/", {"discount_style": "net", "discount_account": "987"}, follow=True
    )
    assert "choose one of the choices" in answer.content.decode()
    client.post("/quickbooks/choices/", {"discount_style": "net", "discount_account": wanted})
    intent = create(client, deal, filled(client, deal, gb) | {"discount": "10", "discount_kind": "percent"})
    line = in_books(companies, gb, intent)["Line"][-1]
    assert line["DiscountLineDetail"]["DiscountAccountRef"]["value"] == wanted
    # One that is gone is not sent: QuickBooks would refuse every invoice with a discount.
    gb.company.refresh_from_db()
    gb.company.income_accounts = [pair for pair in gb.company.income_accounts if pair[0] != wanted]
    gb.company.save(update_fields=["income_accounts"])
    intent = create(client, deal, filled(client, deal, gb) | {"discount": "11", "discount_kind": "percent"})
    line = in_books(companies, gb, intent)["Line"][-1]
    assert names[line["DiscountLineDetail"]["DiscountAccountRef"]["value"]] == "Discounts given"


def test_the_first_product_takes_an_income_account_and_without_any_it_is_refused(admin, deal, connected):
    connection = connected("us-2")
    client = sign_in(admin.member)
    Item.objects.filter(company=connection.company).update(income_account_qbo_id="")
    fields = filled(client, deal, connection) | {
        "lines-0-item": "",
        "lines-0-item_label": f"First {secrets.token_hex(3)}",
    }
    address, do = f"/deals/{deal.pk}/invoices/new/", {"do": "create_item:0"}
    accounts = connection.company.income_accounts
    type(connection.company).objects.filter(pk=connection.company_id).update(income_accounts=[])
    assert "No income account known" in client.post(address, {**fields, **do}).content.decode()
    type(connection.company).objects.filter(pk=connection.company_id).update(income_accounts=accounts)
    assert "No income account known" not in client.post(address, {**fields, **do}).content.decode()
    made = Item.objects.get(company=connection.company, name=fields["lines-0-item_label"])
    assert made.income_account_qbo_id == accounts[0][0]


def test_what_surprised_the_form_is_read_again_and_foreseen_from_then_on(admin, deal, companies, gb):
    client = sign_in(admin.member)
    realm = gb.company.realm_id
    companies.control("POST", f"/control/{realm}/preferences", {"BookCloseDate": "2026-06-30"})
    fields = filled(client, deal, gb) | {"issue_date": "2026-05-01", "due_date": "2026-05-31"}
    refused = client.post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": "create"})
    assert refused.status_code == 422
    assert gb.pk in reference_lists_due(now=NOW)
    gb.refresh_from_db()
    assert reference_lists_refresh(gb, now=NOW)
    page = check(
        client, deal, filled(client, deal, gb) | {"issue_date": "2026-05-01", "due_date": "2026-05-31"}
    )
    companies.control("POST", f"/control/{realm}/preferences", {"BookCloseDate": None})
    assert "closed" in page


def test_a_product_is_suggested_by_its_sku_before_its_name(admin, deal, connected):
    connection = connected("us-multi")
    product = Product.objects.create(account=admin.account, name="Big speakers", code="sm-8")
    DealLine.objects.create(
        deal=deal, product=product, name="Studio monitor Five", quantity=1, unit_price="9"
    )
    page = sign_in(admin.member).get(f"/deals/{deal.pk}/invoices/new/").content.decode()
    eight = Item.objects.get(company=connection.company, sku="SM-8")
    assert f"{eight.name}? same SKU" in page
    Product.objects.filter(pk=product.pk).update(code="")
    page = sign_in(admin.member).get(f"/deals/{deal.pk}/invoices/new/").content.decode()
    assert "Studio monitor Five? " in page
    assert "same SKU" not in page


def test_a_product_that_is_created_bears_the_tax_code_of_its_line(admin, deal, companies, gb):
    name = f"New thing {secrets.token_hex(3)}"
    fields = filled(sign_in(admin.member), deal, gb) | {
        "lines-0-item": "", "lines-0-item_label": name, "lines-0-name": name, "lines-0-code": "2",
    }  # fmt: skip
    sign_in(admin.member).post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": "create_item:0"})
    made = Item.objects.get(company=gb.company, name=name)
    assert made.tax_code_qbo_id == "2"
