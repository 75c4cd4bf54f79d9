"""The deals list: order, sums, and that it reads by index however many deals there are."""

import pytest
from django.db import connection as database

from deals import selectors
from deals.models import Deal

from ..fixtures import make_deal, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def deals(account, rep) -> list[Deal]:
    facts = [("Beta", 300, "USD"), ("alpha", 100, "USD"), ("Gamma", 200, "CAD")]
    return [
        make_deal(account, title=title, value=value, currency=currency) for title, value, currency in facts
    ]


def shown(client, query: str) -> list[int]:
    return [int(deal.value) for deal, _cells in client.get("/deals/" + query).context["rows"]]


def test_list_sorts_both_ways_and_says_so(deals, rep):
    client = sign_in(rep.member)
    assert shown(client, "") == [200, 100, 300]
    assert shown(client, "?sort=value") == [100, 200, 300]
    assert shown(client, "?sort=-value") == [300, 200, 100]
    assert shown(client, "?sort=owner") == [200, 100, 300]
    page = client.get("/deals/?sort=-value").content.decode()
    assert 'aria-sort="descending"' in page
    assert "sort=value" in page


def test_sums_are_per_currency_and_follow_the_filter(deals, rep):
    client = sign_in(rep.member)
    assert client.get("/deals/").context["sums"] == [("USD", 400), ("CAD", 200)]
    assert client.get("/deals/?q=gamma").context["sums"] == [("CAD", 200)]
    assert "CA$200.00" in client.get("/deals/?q=gamma").content.decode()


def test_list_too_long_to_add_up_says_so(deals, rep, monkeypatch):
    monkeypatch.setattr(selectors, "COUNT_LIMIT", 2)
    monkeypatch.setattr(selectors, "PAGE_SIZE", 2)
    page = sign_in(rep.member).get("/deals/").content.decode()
    assert "Narrow the list" in page


@pytest.mark.parametrize(
    ("sort", "index"), [("", "account"), ("title", "deal_by_title"), ("-value", "deal_by_value")]
)
def test_every_order_is_read_from_its_index(admin, sort, index):
    if database.vendor != "sqlite":
        pytest.skip("SQLite's own way to say how it reads")
    rows = selectors.deals_of(admin, filters={"sort": sort}).values_list("pk", flat=True)[:26]
    plan = rows.explain()
    assert index in plan
    assert "TEMP B-TREE" not in plan


def test_empty_list_and_empty_search_say_different_things(account, rep):
    client = sign_in(rep.member)
    assert "No deals yet" in client.get("/deals/").content.decode()
    assert "No deal matches" in client.get("/deals/?q=nothing").content.decode()
