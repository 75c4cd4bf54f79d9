"""The search of every page: deals, organizations, people, and invoices for those who see them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from deals.models import Organization
from quickbooks_bridge.models import Connection, Customer, Invoice
from tests.factories import company_of, connection_make

from ..fixtures import make_deal, sign_in

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
TODAY = NOW.date()


@pytest.fixture
def connected(admin, account) -> Connection:
    return connection_make(account, admin.member, realm_id="1", name="Bluestem", connected_at=NOW,
        import_state="done", last_sync_at=NOW, time_zone="UTC",
    )  # fmt: skip


@pytest.fixture
def customer(connected) -> Customer:
    return Customer.objects.create(
        company=company_of(connected.account, "1"), qbo_id="7", display_name="Ridgeline Dental", is_active=True,
        search_text="ridgeline dental", remote_updated_at=NOW,
    )  # fmt: skip


def invoice(account, number: str, deal=None, **facts) -> Invoice:
    return Invoice.objects.create(
        **{
            "company": company_of(account, "1"), "qbo_id": f"9{number}", "doc_number": number,
            "customer_qbo_id": "7", "customer_name": "Ridgeline Dental", "deal": deal, "txn_date": TODAY,
            "due_date": TODAY + timedelta(days=9), "total": 100, "balance": 100, "mirrored_at": NOW, **facts,
        }
    )  # fmt: skip


def found(client, words: str) -> dict[str, list[Any]]:
    answer = client.get("/search/", {"q": words})
    assert answer.status_code == 200
    return {group.finder.key: list(group.hits.rows) for group in answer.context["groups"]}


def test_an_invoice_is_found_by_its_number_and_leads_to_its_deal(admin, deal, connected):
    invoice(deal.account, "INV-1062", deal, due_date=TODAY - timedelta(days=2))
    invoice(deal.account, "INV-10620", deal)
    for words in ("INV-1062", "inv-1062", "#INV-1062", " INV-1062 "):
        hits = found(sign_in(admin.member), words)["invoices"]
        assert [hit.title for hit in hits] == ["INV-1062", "INV-10620"]
    assert hits[0].url == f"/deals/{deal.pk}/?tab=invoice"
    assert hits[0].flag == "overdue"
    assert hits[0].side == "$100.00"
    assert not hits[0].is_outside
    assert "invoices" not in found(sign_in(admin.member), "1062")
    assert "invoices" not in found(sign_in(admin.member), "INV-")


def test_invoices_of_a_customer_are_found_by_name_newest_first_and_bounded(admin, deal, customer):
    for number in range(12):
        invoice(deal.account, str(1000 + number), deal, txn_date=TODAY - timedelta(days=number))
    client = sign_in(admin.member)
    hits = found(client, "ridge")["invoices"]
    assert [hit.title for hit in hits] == [str(1000 + number) for number in range(8)]
    page = client.get("/search/?q=ridge").content.decode()
    assert "type more of the number or name" in page
    options = client.get("/search/?q=ridge", headers={"HX-Request": "true"}).content.decode()
    assert options.count('role="option"') == 4  # three, and the way to the rest
    assert "<html" not in options


def test_an_invoice_without_deal_says_so_and_opens_quickbooks(admin, account, customer):
    invoice(account, "77")
    (hit,) = found(sign_in(admin.member), "77")["invoices"]
    assert hit.is_outside
    assert "Not linked to a deal" in hit.note
    assert "txnId%3D977" in hit.url


def test_a_kind_that_has_exactly_the_words_comes_first(admin, deal, connected):
    invoice(deal.account, "1062", deal)
    make_deal(deal.account, title="Order 1062 of spring")
    assert list(found(sign_in(admin.member), "1062")) == ["invoices", "deals"]
    assert list(found(sign_in(admin.member), "spring")) == ["deals"]


def test_who_sees_no_invoices_finds_none(rep, stranger, deal, customer):
    invoice(deal.account, "77", deal)
    assert found(sign_in(rep.member), "77") == {}
    assert found(sign_in(stranger.member), "77") == {}
    assert found(sign_in(stranger.member), "quill") == {}


def test_deals_organizations_and_people_are_found_and_lead_to_their_pages(rep, deal):
    client = sign_in(rep.member)
    hits = found(client, "quill")
    assert list(hits) == ["deals", "organizations", "people"]
    for rows in hits.values():
        assert client.get(rows[0].url).status_code == 200


def test_more_than_fit_lead_to_the_list_with_the_same_words(rep, account):
    for number in range(11):
        make_deal(account, title=f"A & B {number}")
    page = sign_in(rep.member).get("/search/", {"q": "A & B"}).content.decode()
    assert "/deals/?q=A+%26+B" in page


@pytest.mark.parametrize("words", ["", "   ", "nothing at all", "'\"<b>", "x" * 5000, "²"])
def test_odd_and_empty_words_give_a_page(admin, customer, words):
    client = sign_in(admin.member)
    assert found(client, words) == {}
    assert "<b>" not in client.get("/search/", {"q": words}).content.decode()


def test_statements_do_not_grow_with_what_is_found(admin, account, customer):
    client = sign_in(admin.member)

    def statements() -> int:
        with CaptureQueriesContext(
            database,
        ) as caught:
            client.get("/search/?q=ridge")
        return len(caught)

    def more(count: int) -> None:
        for number in range(count):
            made = make_deal(account, title=f"Ridge {number}")
            Organization.objects.create(account=account, name=f"Ridge {number}")
            invoice(account, f"{made.pk}", made)

    more(2)
    few = statements()
    more(8)
    assert statements() == few
