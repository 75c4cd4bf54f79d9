"""The deal's products change while the form is open: it is said, and taken over without losing what was typed."""

import pytest

from deals.models import DealLine
from quickbooks_bridge.models import Item, ItemLink

from ..fixtures import sign_in
from .company_forms import NOW, create, in_books, page_of, sellable
from .test_invoice_form import fields_of

pytestmark = pytest.mark.django_db
SAID = "products changed since this form was filled"


@pytest.fixture
def gb(connected):
    """A company whose lines bear a tax code."""
    return connected("gb")


@pytest.fixture
def lines(deal, gb):
    """A deal of three products."""
    DealLine.objects.filter(deal=deal).delete()
    return [
        DealLine.objects.create(
            deal=deal, name=name, quantity=1, unit_price=price, tax_percent=0, position=at
        )
        for at, (name, price) in enumerate([("Desk", 100), ("Chair", 50), ("Lamp", 20)])
    ]


def press(client, deal, fields, do):
    return client.post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": do}).content.decode()


def shown(fields):
    count = len([key for key in fields if key.startswith("lines-") and key.endswith("-kind")])
    return [
        (fields[f"lines-{at}-name"], fields[f"lines-{at}-quantity"], fields[f"lines-{at}-unit_price"])
        for at in range(count)
    ]


def test_changed_new_and_removed_products_are_taken_over_and_typed_ones_stay(admin, deal, lines):
    client = sign_in(admin.member)
    fields = page_of(client, deal)
    assert SAID not in press(client, deal, fields, "check")
    # A person types over the second line, and adds one of their own.
    fields |= {"lines-1-unit_price": "45"}
    fields = fields_of(press(client, deal, fields, "add_line")) | {
        "lines-3-name": "By hand",
        "lines-3-unit_price": "5",
    }
    DealLine.objects.filter(pk=lines[0].pk).update(quantity=3)
    DealLine.objects.filter(pk=lines[1].pk).update(unit_price=55)
    lines[2].delete()
    DealLine.objects.create(deal=deal, name="Rug", quantity=2, unit_price=70, tax_percent=0, position=9)
    page = press(client, deal, fields, "check")
    assert SAID in page
    taken = fields_of(press(client, deal, fields_of(page), "take_deal"))
    assert shown(taken) == [
        ("Desk", "3", "100"),
        ("Chair", "1", "45"),
        ("By hand", "1", "5"),
        ("Rug", "2", "70"),
    ]
    assert SAID not in press(client, deal, taken, "check")


@pytest.fixture
def kit(deal, gb, lines):
    """A deal of one product that is a bundle of three in QuickBooks."""
    bundle = Item.objects.get(company=gb.company, kind="Group")
    DealLine.objects.filter(deal=deal).delete()
    ItemLink.objects.create(
        company=gb.company, name_key="name:room", item_qbo_id=bundle.qbo_id, linked_at=NOW
    )
    return DealLine.objects.create(deal=deal, name="Room", quantity=1, unit_price=300, tax_percent=0)


def test_a_bundle_follows_the_deal_until_somebody_types_into_it(admin, deal, kit):
    client = sign_in(admin.member)
    opened = page_of(client, deal)
    assert [opened[f"lines-{at}-kind"] for at in range(4)] == ["bundle", "item", "item", "item"]
    DealLine.objects.filter(pk=kit.pk).update(quantity=2)
    taken = fields_of(press(client, deal, opened, "take_deal"))
    assert taken["lines-0-quantity"] == "2"
    assert [taken[f"lines-{at}-quantity"] for at in range(1, 4)] == [
        str(2 * int(opened[f"lines-{at}-quantity"])) for at in range(1, 4)
    ]
    assert "lines-4-kind" not in taken
    DealLine.objects.filter(pk=kit.pk).update(quantity=3)
    typed = fields_of(press(client, deal, taken | {"lines-1-unit_price": "1.5"}, "take_deal"))
    assert [typed["lines-0-quantity"], typed["lines-1-unit_price"]] == ["2", "1.5"]
    DealLine.objects.filter(pk=kit.pk).delete()
    assert shown(fields_of(press(client, deal, taken, "take_deal"))) == []


def test_a_line_that_was_taken_out_stays_out(admin, deal, lines):
    client = sign_in(admin.member)
    fields = fields_of(press(client, deal, page_of(client, deal), "remove:1"))
    DealLine.objects.filter(pk=lines[0].pk).update(quantity=2)
    taken = fields_of(press(client, deal, fields, "take_deal"))
    assert shown(taken) == [("Desk", "2", "100"), ("Lamp", "1", "20")]


def test_what_was_taken_over_is_what_is_billed(admin, deal, companies, gb, lines):
    client = sign_in(admin.member)
    item = next(row for row in sellable(gb) if row.kind == "Service")
    fields = page_of(client, deal)
    for at in range(3):
        fields = fields_of(press(client, deal, fields, f"link:{at}:{item.qbo_id}"))
    DealLine.objects.filter(pk=lines[0].pk).update(quantity=2)
    fields = fields_of(press(client, deal, fields, "take_deal"))
    assert fields["lines-0-item"] == item.qbo_id
    fields |= {f"lines-{at}-code": "2" for at in range(3)}
    intent = create(
        client, deal, fields | {"customer_mode": "new", "new_display_name": f"Taken {NOW.timestamp()} Ltd"}
    )
    made = in_books(companies, gb, intent)
    assert [line["SalesItemLineDetail"]["Qty"] for line in made["Line"][:3]] == [2, 1, 1]
