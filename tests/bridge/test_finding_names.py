"""The right one is found among hundreds: ranked before anything is cut, the exact hit first, children with their parents."""

import pytest

from deals.models import Organization
from deals.selectors import list_by_name
from quickbooks_bridge.domain.draft import DraftLine
from quickbooks_bridge.domain.line_payloads import line_description
from quickbooks_bridge.domain.parsing import parse_customer
from quickbooks_bridge.models import Connection, Customer, Item
from quickbooks_bridge.selectors.customers import search_customers
from quickbooks_bridge.selectors.items import search_items
from quickbooks_bridge.services.invoicing.customers import customer_suggestions, find_customer_by_name
from quickbooks_bridge.services.invoicing.items import suggest_items
from tests.factories import company_of, connection_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(account, admin) -> Connection:
    from datetime import UTC, datetime

    return connection_make(account, admin.member, realm_id="9", connected_at=datetime.now(UTC))


def customers(company: Connection, *names: str) -> None:
    Customer.objects.bulk_create(
        Customer(
            company=company_of(company.account, "9"),
            qbo_id=str(at),
            display_name=name,
            search_text=name.casefold(),
        )
        for at, name in enumerate(names, Customer.objects.count() + 1)
    )


def items(company: Connection, *names: str) -> None:
    Item.objects.bulk_create(
        Item(company=company_of(company.account, "9"), qbo_id=str(at), name=name, search_text=name.casefold())
        for at, name in enumerate(names, 1)
    )


def test_a_common_word_pushes_nobody_out_of_the_suggestions(company):
    customers(company, *(f"The Company Number {number}" for number in range(400)), "The Zenith Inc.")
    found = customer_suggestions(company, name="The Zenith", email="")
    assert found[0][0].display_name == "The Zenith Inc."


def test_likely_product_is_found_among_a_thousand(company):
    items(company, *(f"Cable type {number}" for number in range(1000)), "Zebra cable")
    assert suggest_items(company, {0: "Zebra cable"})[0].name == "Zebra cable"


def test_exact_hit_comes_first_then_what_begins_so(company):
    customers(company, *(f"Abc Ibex {number}" for number in range(120)), "Ibexes United", "Ibex")
    found, count = search_customers(company.company_id, "ibex")
    assert [row.display_name for row in found[:3]] == ["Ibex", "Ibexes United", "Abc Ibex 0"]
    assert count == 100
    items(company, *(f"Abc Ibex {number}" for number in range(120)), "Ibex")
    assert search_items(company.company_id, "ibex")[0][0].name == "Ibex"


def test_exact_hit_comes_first_among_the_crms_own_rows_too(account):
    Organization.objects.bulk_create(Organization(account=account, name=f"Abc Ibex {at}") for at in range(60))
    Organization.objects.create(account=account, name="Ibex")
    assert list_by_name(Organization, account, "ibex")[0].name == "Ibex"


def test_sub_customer_is_shown_with_its_parent(company):
    row = {
        "Id": "7", "SyncToken": "0", "MetaData": {"LastUpdatedTime": "2026-03-02T09:00:00-08:00"},
        "DisplayName": "Kitchen", "FullyQualifiedName": "Harper Estate:Kitchen",
    }  # fmt: skip
    assert parse_customer(row).display_name == "Harper Estate:Kitchen"
    customers(company, "Harper Estate:Kitchen")
    assert search_customers(company.company_id, "harper")[1] == 1
    assert find_customer_by_name(company, "Kitchen") is None


def test_name_with_unseen_signs_counts_as_taken(company):
    customers(company, "Acme")
    assert find_customer_by_name(company, "Acme\u200b") == Customer.objects.get()


LINES = [
    ("Oak desk", "Delivery included", "Furniture", "Oak desk\nDelivery included"),
    ("Oak desk", "", "Furniture", "Oak desk"),
    ("", "Delivery included", "Furniture", "Delivery included"),
    ("Oak desk", "Oak desk, white", "Furniture", "Oak desk, white"),
    ("Oak desk", "Delivery included", "Oak Desk", "Delivery included"),
    ("Oak desk", "Oak desk", "Furniture", "Oak desk"),
]


@pytest.mark.parametrize(("name", "comment", "item", "said"), LINES, ids=range(len(LINES)))
def test_line_says_its_name_and_its_comment_each_once(name, comment, item, said):
    line = DraftLine(name, description=comment, item_name=item, item_qbo_id="1")
    assert line_description(line) == said
