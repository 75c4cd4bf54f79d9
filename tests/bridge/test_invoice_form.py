"""The invoice form over HTTP: its buttons work without script, nothing typed is lost, nothing is made twice."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deals.models import DealLine
from quickbooks_bridge.models import (
    Customer,
    CustomerLink,
    Invoice,
    InvoiceIntent,
    InvoicePreset,
    Item,
    ItemLink,
    SavedDraft,
    Term,
)

from ..fixtures import PASSWORD, make_deal, sign_in
from .test_invoice_lifecycle import an_item, create, form_data

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin):
    return sign_in(admin.member)


def address(deal) -> str:
    return f"/deals/{deal.pk}/invoices/new/"


def fields_of(page: str) -> dict[str, str]:
    """What a browser without script would post: every named field of the form with its value."""
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: dict[str, str] = {}
            self.select = self.area = ""

        def handle_starttag(self, tag, attrs):
            a = dict(attrs)
            name = a.get("name") or ""
            if tag == "input" and name and (a.get("type") not in {"radio", "checkbox"} or "checked" in a):
                self.found[name] = a.get("value") or ""
            if tag == "select":
                self.select = name
            if tag == "option" and self.select and ("selected" in a or self.select not in self.found):
                self.found[self.select] = a.get("value") or ""
            if tag == "textarea":
                self.area = name
                self.found[name] = ""

        def handle_endtag(self, tag):
            if tag == "select":
                self.select = ""
            if tag == "textarea":
                self.area = ""

        def handle_data(self, data):
            if self.area:
                self.found[self.area] += data

    reader = Reader()
    reader.feed(page)
    return {key: value.removeprefix("\n") for key, value in reader.found.items()}


def press(client: Client, deal, fields: dict[str, str], do: str):
    return client.post(address(deal), {**fields, "do": do})


def opened(client: Client, deal) -> dict[str, str]:
    return fields_of(client.get(address(deal)).content.decode())


def after(client: Client, deal, fields: dict[str, str], do: str) -> dict[str, str]:
    answer = press(client, deal, fields, do)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return fields_of(answer.content.decode())


# Buttons


def test_lines_are_added_moved_and_removed_without_script_and_everything_typed_stays(
    client, deal, connection
):
    fields = opened(client, deal) | {"memo": "typed", "lines-0-description": "as typed"}
    fields = after(client, deal, fields, "add_line")
    fields["lines-1-name"] = "Second"
    fields = after(client, deal, fields, "up:1")
    assert (fields["lines-0-name"], fields["lines-1-name"]) == ("Second", "Desk")
    assert fields["lines-1-description"] == "as typed"
    fields = after(client, deal, fields, "remove:0")
    assert fields["lines-0-name"] == "Desk"
    assert "lines-1-name" not in fields
    assert fields["memo"] == "typed"
    assert InvoiceIntent.objects.count() == 0


def test_product_is_linked_by_typing_its_name_without_script(client, deal, connection):
    item = an_item(connection)
    fields = opened(client, deal) | {"lines-0-item_label": item.name.upper()}
    fields = after(client, deal, fields, "check")
    assert fields["lines-0-item"] == item.qbo_id
    fields["lines-0-item_label"] = "something else"
    assert after(client, deal, fields, "check")["lines-0-item"] == ""


def test_customer_is_found_by_typing_the_name_without_script(client, deal, connection):
    customer = Customer.objects.filter(is_active=True)[0]
    fields = opened(client, deal) | {"customer_label": customer.display_name}
    page = press(client, deal, fields, "check").content.decode()
    assert fields_of(page)["customer"] == customer.qbo_id
    assert "Linked" in page
    assert fields_of(press(client, deal, fields_of(page), "unlink").content.decode())["customer"] == ""


def test_likely_product_is_linked_with_one_press(client, deal, connection):
    DealLine.objects.filter(deal=deal).update(name="Task chair", product=None)
    page = client.get(address(deal)).content.decode()
    do = re.search(r'value="(link:0:\d+)"', page)
    assert do
    fields = after(client, deal, fields_of(page), do.group(1))
    assert fields["lines-0-item_label"].startswith("Task chair")
    assert fields["lines-0-unit_price"] == "500"


REMEDIES = [
    ({"customer_mode": "new", "new_display_name": "A: B\tC"}, "name:free", "new_display_name", "A B C"),
    (
        {"customer_mode": "new", "new_display_name": "Quill"},
        "name:suffix",
        "new_display_name",
        "Quill (customer)",
    ),
    ({"currency": "EUR"}, "currency:USD", "currency", "USD"),
    ({"doc_number": "1001"}, "no_number", "doc_number", ""),
    ({"lines-0-item": "404", "lines-0-item_label": ""}, "unlink_item:0", "lines-0-item", ""),
]


@pytest.mark.parametrize(("typed", "do", "name", "fixed"), REMEDIES)
def test_remedy_mends_its_field(client, deal, connection, typed, do, name, fixed):
    fields = opened(client, deal) | typed
    assert after(client, deal, fields, do)[name] == fixed


@pytest.mark.parametrize(
    "do",
    [
        "",
        "nonsense",
        "remove:99",
        "up:x",
        "link:0",
        "link:0:none",
        "activate:7",
        "create_item:-1",
        "currency:E",
    ],
)
def test_forged_button_changes_nothing(client, deal, connection, do):
    fields = opened(client, deal)
    changed = after(client, deal, fields, do)
    assert {key: value for key, value in changed.items() if key not in {"csrfmiddlewaretoken", "posted"}} == {
        key: value for key, value in fields.items() if key not in {"csrfmiddlewaretoken", "posted"}
    }


def test_inactive_product_is_made_active_in_quickbooks(client, deal, connection):
    item = Item.objects.filter(is_active=False)[0]
    fields = opened(client, deal) | {"lines-0-item": item.qbo_id, "scripted": "1"}
    page = press(client, deal, fields, "check").content.decode()
    assert "is inactive in QuickBooks" in page
    assert 'value="activate:0"' in page
    page = press(client, deal, fields, "activate:0").content.decode()
    item.refresh_from_db()
    assert item.is_active
    assert 'value="activate:0"' not in page


def test_product_is_created_in_quickbooks_once_and_linked(client, deal, connection):
    fields = opened(client, deal) | {"lines-0-name": "Crate: large"}
    changed = after(client, deal, fields, "create_item:0")
    item = Item.objects.get(name="Crate large")
    assert changed["lines-0-item"] == item.qbo_id
    assert (item.kind, item.unit_price) == ("Service", 500)
    assert item.income_account_qbo_id
    after(client, deal, fields, "create_item:0")
    assert Item.objects.filter(name__startswith="Crate large").count() == 1


def test_product_name_that_is_taken_offers_the_one_there(client, deal, connection):
    item = an_item(connection)
    gone = item.qbo_id
    item.delete()  # the index has not heard of it yet
    fields = opened(client, deal) | {"lines-0-name": item.name}
    page = press(client, deal, fields, "create_item:0").content.decode()
    assert "already has a product called" in page
    assert f'value="link:0:{gone}"' in page


def test_quickbooks_down_is_said_at_the_line_when_a_product_is_created(client, deal, connection, qbo):
    fault = {"realm": connection.company.realm_id, "operation": "item.create", "kind": "503_html", "count": 1}
    qbo.control("POST", "/control/faults", json=fault)
    fields = opened(client, deal) | {"lines-0-name": "Crate"}
    page = press(client, deal, fields, "create_item:0").content.decode()
    assert "QuickBooks is not answering" in page
    assert fields_of(page)["lines-0-name"] == "Crate"


def test_quickbooks_product_is_added_as_a_line(client, deal, connection):
    item = an_item(connection)
    fields = opened(client, deal)
    fields = after(client, deal, fields, f"add_item:{item.qbo_id}")
    assert (fields["lines-1-name"], fields["lines-1-item"]) == (item.name, item.qbo_id)
    fields = after(client, deal, fields | {"add_item_label": item.name}, "check")
    assert fields["lines-2-item"] == item.qbo_id


# What follows what


def test_due_date_follows_the_issue_date_until_somebody_writes_one(client, deal, connection):
    fields = opened(client, deal) | {"issue_date": "2026-03-13"}
    fields = after(client, deal, fields, "check")
    assert fields["due_date"] == "2026-03-20"
    fields = after(client, deal, fields | {"due_date": "2026-04-01"}, "check")
    fields = after(client, deal, fields | {"issue_date": "2026-03-14"}, "check")
    assert fields["due_date"] == "2026-04-01"
    assert after(client, deal, fields, "due_follow")["due_date"] == "2026-03-21"


def test_terms_move_the_due_date_and_are_sent(client, deal, connection):
    term = Term.objects.filter(due_days=30)[0]
    fields = opened(client, deal) | {"issue_date": "2026-03-13", "term": term.qbo_id}
    fields = after(client, deal, fields, "check")
    assert fields["due_date"] == "2026-04-12"
    create(client, deal, connection, term=term.qbo_id, token="terms")
    assert InvoiceIntent.objects.get().payload["SalesTermRef"] == {"value": term.qbo_id}


def test_preset_applies_its_own_fields_and_keeps_what_was_typed(client, deal, connection):
    preset = InvoicePreset.objects.create(
        account=deal.account, name="Net 14", due_days=14, tax="not_taxed", message="Thanks", memo="Ours"
    )
    fields = opened(client, deal) | {
        "issue_date": "2026-03-13",
        "message": "My own words",
        "to": "Typed",
        "preset": str(preset.pk),
    }
    fields = after(client, deal, fields, "check")
    assert (fields["due_date"], fields["tax"], fields["memo"]) == ("2026-03-27", "not_taxed", "Ours")
    assert (fields["message"], fields["to"]) == ("My own words", "Typed")


@pytest.mark.parametrize(("tax", "code"), [("taxable", "TAX"), ("not_taxed", "NON"), ("by_product", "NON")])
def test_tax_of_the_whole_invoice_overrides_the_lines(client, deal, connection, tax, code):
    answer = create(client, deal, connection, tax=tax, tax_applied=tax)
    assert answer.status_code == 302
    line = InvoiceIntent.objects.get().payload["Line"][0]
    assert line["SalesItemLineDetail"]["TaxCodeRef"]["value"] == code


def test_customer_update_shows_what_would_change_and_writes_it(client, deal, connection):
    customer = Customer.objects.filter(is_active=True, currency="USD").exclude(email="")[0]
    fields = opened(client, deal) | {
        "customer": customer.qbo_id,
        "customer_mode": "existing",
        "scripted": "1",
    }
    page = press(client, deal, fields, "check").content.decode()
    assert re.search(r"[1-9] of [1-9] fields differ", page)
    assert f"<del>{customer.email}</del>" in page
    assert "<ins>quinn@quill.example</ins>" in page
    facts = {"customer_mode": "existing", "customer": customer.qbo_id, "update_customer": "1"}
    assert create(client, deal, connection, **facts).status_code == 302
    customer.refresh_from_db()
    assert customer.email == "quinn@quill.example"
    page = press(client, deal, {**fields, "address": "", "token": "x"}, "check").content.decode()
    assert "fields differ" not in page


# Nothing typed is lost


def test_form_is_kept_while_typing_and_given_back(client, deal, connection, admin):
    fields = opened(client, deal) | {"memo": "half a tho", "lines-0-quantity": "many"}
    page = client.post(f"/deals/{deal.pk}/invoices/check/", fields).content.decode()
    assert "Draft kept" in page
    page = client.get(address(deal)).content.decode()
    assert "We kept what you typed" in page
    assert fields_of(page)["memo"] == "half a tho"
    assert fields_of(page)["lines-0-quantity"] == "many"
    assert client.post(address(deal), {"do": "afresh"}).status_code == 302
    assert "We kept" not in client.get(address(deal)).content.decode()


def test_kept_form_goes_once_the_invoice_is_created_and_stays_gone(client, deal, connection):
    data = form_data(connection)
    client.post(f"/deals/{deal.pk}/invoices/check/", data)
    assert SavedDraft.objects.count() == 1
    assert client.post(address(deal), data).status_code == 302
    assert SavedDraft.objects.count() == 0
    late = client.post(f"/deals/{deal.pk}/invoices/check/", data).content.decode()
    assert SavedDraft.objects.count() == 0
    assert "This form was already sent" in late


def test_back_button_says_that_the_form_is_an_invoice_already(client, deal, connection):
    create(client, deal, connection)
    again = client.post(address(deal), form_data(connection), follow=True).content.decode()
    assert "This form is already invoice" in again
    assert InvoiceIntent.objects.count() == 1


def test_second_tab_continues_the_same_form_and_makes_no_second_invoice(client, deal, connection):
    first = opened(client, deal)
    client.post(f"/deals/{deal.pk}/invoices/check/", first | {"memo": "x"})
    second = opened(client, deal)
    assert second["token"] == first["token"]


def test_form_of_one_person_is_not_given_to_another(client, deal, connection, rep, stranger):
    client.post(f"/deals/{deal.pk}/invoices/check/", opened(client, deal) | {"memo": "private"})
    assert sign_in(stranger.member).get(address(deal)).status_code == 404
    assert sign_in(rep.member).get(address(deal)).status_code == 404


def test_signed_out_post_comes_back_after_signing_in_and_was_not_sent(client, deal, connection, admin):
    data = form_data(connection, memo="<b>typed & kept</b>")
    stranger = Client()
    page = stranger.post(address(deal), data).content.decode()
    assert "nothing has been sent" in page
    assert "typed & kept" not in page
    kept = fields_of(page)["kept"]
    sign = f"/deals/{deal.pk}/invoices/new/sign-in/"
    wrong = stranger.post(sign, {"username": "ada", "password": "wrong", "kept": kept}).content.decode()
    assert fields_of(wrong)["kept"] == kept
    answer = stranger.post(sign, {"username": "ada", "password": PASSWORD, "kept": kept})
    assert answer["Location"] == address(deal)
    page = stranger.get(address(deal)).content.decode()
    assert "You were signed out; nothing has been sent" in page
    assert fields_of(page)["memo"] == "<b>typed & kept</b>"
    assert InvoiceIntent.objects.count() == 0
    assert stranger.post(address(deal), fields_of(page)).status_code == 302
    assert InvoiceIntent.objects.get().state == "succeeded"


def test_forged_kept_form_is_ignored(deal, connection, admin):
    sign = f"/deals/{deal.pk}/invoices/new/sign-in/"
    Client().post(sign, {"username": "ada", "password": PASSWORD, "kept": "forged:value"})
    assert SavedDraft.objects.count() == 0


def test_form_with_an_old_token_is_shown_again_and_not_sent(deal, connection, admin):
    browser = Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})
    browser.force_login(admin.member.user)
    answer = browser.post(address(deal), form_data(connection, memo="typed long ago"))
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "nothing has been sent" in page
    assert fields_of(page)["memo"] == "typed long ago"
    assert (InvoiceIntent.objects.count(), SavedDraft.objects.count()) == (0, 0)


def test_form_posted_by_another_site_gets_nothing(deal, connection, admin):
    browser = Client(enforce_csrf_checks=True, headers={"origin": "https://evil.example"})
    browser.force_login(admin.member.user)
    answer = browser.post(address(deal), form_data(connection, memo="planted"))
    assert answer.status_code == 403
    assert "planted" not in answer.content.decode()


def test_connection_that_died_keeps_the_form(client, deal, connection):
    connection.status = "needs_reconnect"
    connection.save()
    answer = client.post(address(deal), form_data(connection, memo="kept"), follow=True)
    assert "What you typed is kept" in answer.content.decode()
    assert SavedDraft.objects.get().state["values"]["memo"] == "kept"


# Refusals


def refuse(qbo, connection, kind: str, operation: str = "invoice.create") -> None:
    fault = {"realm": connection.company.realm_id, "operation": operation, "kind": kind, "count": 1}
    qbo.control("POST", "/control/faults", json=fault)


REFUSED = [
    ("code:6140", 'value="no_number"', ">You<"),
    ("code:6210", "Your accountant", ">You<"),
    ("429", "Press Create invoice again", "QuickBooks"),
    ("code:610", "deleted or inactive", ">You<"),
    ("code:5010", "same moment", ">You<"),
]


@pytest.mark.parametrize(("kind", "offers", "turn"), REFUSED)
def test_refusal_says_whose_turn_it_is_and_keeps_everything(
    client, deal, connection, qbo, kind, offers, turn
):
    refuse(qbo, connection, kind)
    page = create(client, deal, connection, doc_number="77", memo="kept").content.decode()
    assert "Needs action from" in page
    assert turn in page
    assert offers in page.replace("&#x27;", "'")
    assert "Details for support" in page
    assert fields_of(page)["memo"] == "kept"
    assert SavedDraft.objects.get().state["values"]["memo"] == "kept"
    assert InvoiceIntent.objects.get().form["values"]["memo"] == "kept"


def test_refused_invoice_opens_in_the_form_again(client, deal, connection, qbo, stranger):
    refuse(qbo, connection, "code:6140")
    create(client, deal, connection, doc_number="77", memo="kept")
    SavedDraft.objects.all().delete()
    intent = InvoiceIntent.objects.get()
    page = client.get(f"{address(deal)}?intent={intent.pk}").content.decode()
    assert "Needs action from" in page
    assert fields_of(page)["memo"] == "kept"
    assert fields_of(page)["token"] == intent.token
    for forged in ("0", "x", "99999999999999999999", str(intent.pk + 1)):
        assert "Needs action from" not in client.get(f"{address(deal)}?intent={forged}").content.decode()
    other = make_deal(deal.account, title="Another")
    assert "Needs action from" not in client.get(f"{address(other)}?intent={intent.pk}").content.decode()


def test_refusal_stays_until_its_field_is_changed_and_hinders_no_second_try(client, deal, connection, qbo):
    refuse(qbo, connection, "code:6140")
    fields = fields_of(create(client, deal, connection, doc_number="77").content.decode())
    page = press(client, deal, fields | {"memo": "typed since"}, "check").content.decode()
    assert "Needs action from" in page
    assert "Another document already has this number" in page
    changed = press(client, deal, fields | {"doc_number": "78"}, "check").content.decode()
    assert "Needs action from" not in changed
    assert "already has this number" not in changed
    assert client.post(address(deal), fields).status_code == 302


def test_customer_made_before_a_refusal_is_chosen_and_not_made_again(client, deal, connection, qbo):
    refuse(qbo, connection, "code:6140")
    page = create(client, deal, connection, doc_number="77").content.decode()
    fields = fields_of(page)
    made = Customer.objects.get(display_name="Quill Sons")
    assert (fields["customer_mode"], fields["customer"]) == ("existing", made.qbo_id)
    assert client.post(address(deal), fields | {"doc_number": ""}).status_code == 302
    assert Customer.objects.filter(display_name__startswith="Quill Sons").count() == 1
    assert InvoiceIntent.objects.get().state == "succeeded"


def test_other_customer_chosen_after_a_refusal_gets_the_invoice(client, deal, connection, qbo):
    refuse(qbo, connection, "code:6140")
    fields = fields_of(create(client, deal, connection, doc_number="77").content.decode())
    other = Customer.objects.filter(is_active=True, currency="USD").exclude(display_name="Quill Sons")[0]
    assert (
        client.post(
            address(deal), fields | {"doc_number": "", "customer": other.qbo_id, "scripted": "1"}
        ).status_code
        == 302
    )
    assert Invoice.objects.get(deal=deal).customer_qbo_id == other.qbo_id


def test_name_of_a_vendor_is_told_with_a_free_one(client, deal, connection, qbo):
    refuse(qbo, connection, "code:6240", "customer.create")
    page = create(client, deal, connection, new_display_name="Ridgeline Studio").content.decode()
    assert "A customer, vendor or employee" in page
    assert "Use “Ridgeline Studio (customer)”" in page
    fields = after(client, deal, fields_of(page), "name:suffix")
    assert client.post(address(deal), fields).status_code == 302
    assert Customer.objects.filter(display_name="Ridgeline Studio (customer)").exists()


# Odd deals and odd words


def test_bare_deal_opens_and_says_what_is_missing(client, account, connection):
    bare = make_deal(account, title="Bare")
    page = client.get(address(bare)).content.decode()
    assert "No lines yet" in page
    assert "is empty in the CRM" in page
    answer = client.post(address(bare), fields_of(page))
    assert answer.status_code == 422
    assert "needs at least one line" in answer.content.decode()


def test_deleted_mapped_field_is_said_at_its_field(client, deal, connection, account):
    settings = account.invoicing_settings
    settings.tax_id_field = "organization.custom.gone"
    settings.save()
    assert "no longer exists" in client.get(address(deal)).content.decode()


@pytest.mark.parametrize(
    "change", [{"address": "1 Elm St, Austin", "street": "", "city": ""}, {"address": ""}]
)
def test_address_in_one_line_or_in_parts_fills_the_form(client, deal, connection, change):
    for name, value in change.items():
        setattr(deal.organization, name, value)
    deal.organization.save()
    assert "1 Elm St" in opened(client, deal)["address"]


NAMES = ["Quote \" and ' marks", "Smith & Sons <b>", "Bloom \U0001f33b", "Étoile d'Or"]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_survive_the_round_trip(client, deal, connection, name):
    answer = create(client, deal, connection, new_display_name=name, **{"lines-0-name": name})
    assert answer.status_code == 302
    assert Customer.objects.filter(display_name=name).exists()


@pytest.mark.parametrize("days", ["-5", "999999999", "x", ""])
def test_absurd_offset_leaves_the_due_date_alone(client, deal, connection, days):
    fields = opened(client, deal) | {"due_days": days, "issue_date": "2026-03-13"}
    before = fields["due_date"]
    assert after(client, deal, fields, "check")["due_date"] == before


def test_inactive_customer_is_told_with_a_way_out(client, deal, connection):
    customer = Customer.objects.filter(is_active=False)[0]
    fields = opened(client, deal) | {"customer": customer.qbo_id, "scripted": "1"}
    page = client.post(address(deal), fields).content.decode()
    assert "is inactive in QuickBooks" in page
    assert 'value="change"' in page


def test_closed_books_offer_today(client, deal, connection):
    connection.company.book_close_date = date(2026, 2, 28)
    connection.company.save()
    fields = opened(client, deal) | {"issue_date": "2026-02-24"}
    page = press(client, deal, fields, "check").content.decode()
    assert "The books are closed" in page
    today = after(client, deal, fields, "today")["issue_date"]
    assert abs(date.fromisoformat(today) - datetime.now(UTC).date()) <= timedelta(days=1)


def test_two_hundred_lines_are_read(client, deal, connection):
    item = an_item(connection)
    data = form_data(connection)
    for at in range(200):
        data |= {
            f"lines-{at}-{name}": data[f"lines-0-{name}"]
            for name in ("name", "quantity", "unit_price", "discount", "discount_kind", "tax")
        }
        data[f"lines-{at}-item"] = item.qbo_id
    page = client.post(f"/deals/{deal.pk}/invoices/check/", data).content.decode()
    assert len(re.findall("data-line=", page)) == 200


# Cost


def statements(client: Client, method: str, path: str, data=None) -> int:
    with CaptureQueriesContext(
        database,
    ) as seen:
        answer = client.get(path) if method == "GET" else client.post(path, data)
    assert answer.status_code == 200
    return len(seen)


def test_form_check_and_searches_ask_quickbooks_nothing_and_cost_the_same_for_any_number_of_lines(
    client, deal, connection, qbo
):
    before = qbo.control("GET", "/control/requests")
    client.get(address(deal))
    few = statements(client, "GET", address(deal))
    data = opened(client, deal)
    check = f"/deals/{deal.pk}/invoices/check/"
    client.post(check, data)
    few_checked = statements(client, "POST", check, data)
    SavedDraft.objects.all().delete()
    for at in range(60):
        DealLine.objects.create(deal=deal, name=f"Task chair {at}", quantity=1, unit_price=5, position=at + 1)
    many = statements(client, "GET", address(deal))
    data = opened(client, deal)
    client.post(check, data)
    assert (few, few_checked) == (many, statements(client, "POST", check, data))
    assert many <= 30
    assert statements(client, "GET", f"/quickbooks/customers/?q=a&deal={deal.pk}") <= 16
    assert statements(client, "GET", "/quickbooks/items/?q=desk&name=desk&create=1") <= 8
    assert qbo.control("GET", "/control/requests") == before


def test_searches_suggest_first_and_show_inactive_ones_without_offering_them(client, deal, connection):
    twin = Customer.objects.filter(is_active=True)[0]
    deal.organization.name = twin.display_name
    deal.organization.save()
    page = client.get(f"/quickbooks/customers/?deal={deal.pk}&q=").content.decode()
    assert page.index("Suggested") < page.index(twin.display_name) < page.index("Others")
    assert "same name" in page
    assert "New customer" in page
    inactive = Customer.objects.filter(is_active=False)[0]
    page = client.get(f"/quickbooks/customers/?q={inactive.display_name.split()[0]}").content.decode()
    assert re.search(rf'data-value="{inactive.qbo_id}"[^>]*aria-disabled="true"', page)


def test_links_are_remembered_for_the_next_invoice(client, deal, connection):
    create(client, deal, connection)
    assert ItemLink.objects.count() == 1
    assert CustomerLink.objects.count() == 1
    page = client.get(address(deal)).content.decode()
    assert "Quill Sons" in page
    assert fields_of(page)["customer"] == CustomerLink.objects.get().customer_qbo_id
