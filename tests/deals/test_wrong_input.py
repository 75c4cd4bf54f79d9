"""What is typed wrong gets a message beside its field, and stays typed."""

import pytest
from django.urls import reverse

from deals.models import CustomField, Deal, DealLine, Organization, Person, Product

from ..fixtures import sign_in

pytestmark = pytest.mark.django_db

AWKWARD = 'O\'Neil & "Sons": <b>Bäckerei</b> 🥐'


def deal_data(deal, **changes) -> dict[str, str]:
    data = {
        "title": deal.title, "organization": str(deal.organization_id), "person": str(deal.person_id),
        "stage": str(deal.stage_id), "status": "open", "value": "1500", "currency": "USD", "owner": "",
        "closed_on": "",
    }  # fmt: skip
    return {**data, **changes}


def line_data(**changes) -> dict[str, str]:
    data = {
        "name": "Chair", "quantity": "2", "unit_price": "10", "discount": "0", "discount_kind": "percent",
        "tax_percent": "0", "comment": "",
    }  # fmt: skip
    return {**data, **changes}


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("title", "", "Fill this in."),
        ("title", "x" * 600, "Shorten this to 255 characters; it has 600 now."),
        ("value", "-1", "Write a value of zero or more."),
        ("value", "a lot", "Write a number, such as 1250.50."),
        ("value", "NaN", "Write a number, such as 1250.50."),
        ("value", "1e400", "smaller number"),
        ("value", "9" * 40, "smaller number"),
        ("value", "1.005", "fewer decimals"),
        ("currency", "DOLLARS", "Write the currency as its three letters"),
        ("currency", "QQQ", "three letters"),
        ("closed_on", "2026-02-30", "Write a day, such as 2026-03-13."),
        ("status", "gone", "Choose one from the list."),
        ("stage", "999999", "Choose one from the list."),
        ("stage", "²", "Choose one from the list."),
        ("custom_mail", "nobody", "Write an email address"),
        ("custom_seats", "many", "Write a number"),
        ("custom_seats", "9" * 40, "smaller number"),
        ("custom_ready", "soon", "Write a day"),
    ],
)
def test_a_deal_typed_wrong_says_what_to_do_and_keeps_what_was_typed(deal, rep, field, typed, says):
    for key, kind in (("mail", "email"), ("seats", "number"), ("ready", "date")):
        CustomField.objects.create(account=deal.account, entity="deal", key=key, label=key, kind=kind)
    answer = sign_in(rep.member).post(
        reverse("deals:deal_edit", args=[deal.pk]), deal_data(deal, **{field: typed})
    )
    assert answer.status_code == 422
    form = answer.context["form"]
    assert list(form.errors) == [field]
    assert says in form.errors[field][0]
    assert form[field].value() == typed
    assert "field-problem" in answer.content.decode()
    deal.refresh_from_db()
    assert deal.title == "Quill fit-out"


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"name": ""}, "name", "Choose a product or write what is sold."),
        ({"name": "x" * 600}, "name", "Shorten this"),
        ({"quantity": "0"}, "quantity", "more than zero"),
        ({"quantity": "-3"}, "quantity", "more than zero"),
        ({"quantity": "1" * 30}, "quantity", "smaller number"),
        ({"quantity": "1.123456"}, "quantity", "fewer decimals"),
        ({"unit_price": ""}, "unit_price", "Write a price."),
        ({"unit_price": "-5"}, "unit_price", "zero or more"),
        ({"discount": "101"}, "discount", "between 0 and 100"),
        ({"discount": "-1", "discount_kind": "amount"}, "discount", "zero or more"),
        ({"discount": "20.01", "discount_kind": "amount"}, "discount", "more than the line costs"),
        ({"tax_percent": "120"}, "tax_percent", "between 0 and 100"),
    ],
)
def test_a_line_typed_wrong_says_what_to_do_and_keeps_what_was_typed(deal, rep, changes, field, says):
    answer = sign_in(rep.member).post(reverse("deals:line_new", args=[deal.pk]), line_data(**changes))
    assert answer.status_code == 422
    form = answer.context["form"]
    assert list(form.errors) == [field]
    assert says in form.errors[field][0]
    assert form["quantity"].value() == line_data(**changes)["quantity"]
    assert deal.lines.count() == 1


def test_a_line_takes_name_and_price_from_the_chosen_product(deal, rep):
    product = Product.objects.create(account=deal.account, name="Lamp", unit_price="79.50")
    data = line_data(name="", unit_price="", product=str(product.pk))
    sign_in(rep.member).post(reverse("deals:line_new", args=[deal.pk]), data)
    line = DealLine.objects.latest("pk")
    assert (line.name, str(line.unit_price)) == ("Lamp", "79.50000")


def test_names_with_quotes_markup_and_emoji_are_kept_and_shown_as_text(deal, rep):
    client = sign_in(rep.member)
    client.post(reverse("deals:organization_new"), {"name": AWKWARD})
    client.post(reverse("deals:deal_edit", args=[deal.pk]), deal_data(deal, title=AWKWARD))
    assert Organization.objects.filter(name=AWKWARD).count() == 1
    assert Deal.objects.get(pk=deal.pk).title == AWKWARD
    for path in (reverse("deals:deal_detail", args=[deal.pk]), reverse("deals:deal_list")):
        page = client.get(path, {"q": "neil"}).content.decode()
        assert "&lt;b&gt;" in page
        assert "<b>Bäckerei" not in page


def test_a_name_of_600_characters_is_an_organization(rep):
    client = sign_in(rep.member)
    client.post(reverse("deals:organization_new"), {"name": "x" * 600})
    assert Organization.objects.get().name == "x" * 600
    answer = client.post(reverse("deals:organization_new"), {"name": "x" * 601})
    assert "Shorten this to 600" in answer.context["form"].errors["name"][0]


def test_an_imported_address_may_stay_until_it_is_touched(deal, rep):
    person = Person.objects.create(account=deal.account, name="Grace", email="not an address")
    client = sign_in(rep.member)
    path = reverse("deals:person_edit", args=[person.pk])
    assert client.post(path, {"name": "Grace Mills", "email": "not an address"}).status_code == 302
    answer = client.post(path, {"name": "Grace Mills", "email": "still none"})
    assert "Write an email address" in answer.context["form"].errors["email"][0]


def test_custom_fields_are_kept_by_kind_and_others_stay(deal, rep):
    CustomField.objects.create(account=deal.account, entity="deal", key="po", label="PO number")
    Deal.objects.filter(pk=deal.pk).update(custom={"gone": "kept"})
    sign_in(rep.member).post(reverse("deals:deal_edit", args=[deal.pk]), deal_data(deal, custom_po="PO-7"))
    assert Deal.objects.get(pk=deal.pk).custom == {"gone": "kept", "po": "PO-7"}


@pytest.mark.parametrize(
    "query",
    ["?stage=²&owner=99999999999999999999&status=none", "?page=²", "?page=-1", "?q=%27--", "?page=99999999",
     "?q=" + "x" * 600, "?q=%25_%5C", "?stage=" + "9" * 18],
)  # fmt: skip
def test_odd_addresses_answer_a_page(deal, rep, query):
    assert sign_in(rep.member).get(reverse("deals:deal_list") + query).status_code == 200


@pytest.mark.parametrize(
    "name", ["deals:deal_list", "deals:organization_list", "deals:person_list", "deals:product_list"]
)
def test_what_no_database_can_be_asked_is_refused_with_a_page(deal, rep, name):
    answer = sign_in(rep.member).get(reverse(name) + "?q=%00")
    assert answer.status_code == 400
    assert "This page could not read what was sent" in answer.text


def test_an_absurd_row_number_answers_404(rep):
    assert sign_in(rep.member).get(f"/deals/{'9' * 40}/").status_code == 404
