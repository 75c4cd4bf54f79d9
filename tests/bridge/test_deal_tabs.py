"""Saved filters above the deals list: which deals each has, that counts are capped, and that they cost one statement."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from deals.models import Deal
from quickbooks_bridge.deal_page import list_tabs
from quickbooks_bridge.models import Connection, DealReadiness, Invoice
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
def client(admin, connected):
    return sign_in(admin.member)


def invoice(deal: Deal, number: str, total: str, **facts) -> Invoice:
    return Invoice.objects.create(
        **{
            "company": company_of(deal.account, "1"), "qbo_id": number, "customer_qbo_id": "7", "deal": deal,
            "txn_date": TODAY, "due_date": TODAY, "total": total, "balance": total, "mirrored_at": NOW, **facts,
        }
    )  # fmt: skip


def titles(client, query: str) -> set[str]:
    return {deal.title for deal, _cells in client.get("/deals/" + query).context["rows"]}


def tabs(client, query: str = "") -> dict[str, str]:
    return {str(tab["label"]): tab["count"] for tab in client.get("/deals/" + query).context["tabs"]}


@pytest.fixture
def deals(account, connected) -> dict[str, Deal]:
    made = {
        name: make_deal(account, title=name, value=1000)
        for name in ("nothing", "half", "whole", "late", "paid", "voided", "in euro", "euro unstated")
    }
    invoice(made["half"], "1", "550", total_tax="50", balance="0")
    invoice(made["whole"], "2", "1000")
    invoice(made["late"], "3", "1000", due_date=TODAY - timedelta(days=1))
    invoice(made["paid"], "4", "333.33", balance="0")
    invoice(made["paid"], "5", "333.33", balance="0")
    invoice(made["paid"], "6", "333.34", balance="0")
    invoice(made["voided"], "7", "500", balance="0", is_voided=True)
    invoice(made["in euro"], "8", "90", currency="EUR", deal_net="100", balance="0")
    invoice(made["euro unstated"], "9", "90", currency="EUR", balance="0")
    DealReadiness.objects.create(
        account=account, deal=made["nothing"], is_ready=False, checked_at=NOW, problems=[]
    )
    DealReadiness.objects.create(
        account=account, deal=made["half"], is_ready=True, checked_at=NOW, problems=[]
    )
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?invoices=none", {"nothing", "voided"}),
        ("?invoices=part", {"half", "in euro"}),
        ("?invoices=unpaid", {"whole", "late"}),
        ("?invoices=overdue", {"late"}),
        ("?readiness=blocked", {"nothing"}),
    ],
)
def test_each_tab_has_its_deals(client, deals, query, found):
    assert titles(client, query) == found


def test_counts_are_those_of_the_lists_whatever_else_is_filtered(client, deals):
    wanted = {
        "Not invoiced": "2", "Partly invoiced": "2", "Overdue": "1", "Unpaid": "2", "Cannot be invoiced": "1",
    }  # fmt: skip
    assert tabs(client) == wanted
    assert tabs(client, "?q=half&invoices=part") == wanted


def test_current_tab_is_marked(client, deals):
    page = client.get("/deals/?invoices=part")
    assert [str(tab["label"]) for tab in page.context["tabs"] if tab["is_current"]] == ["Partly invoiced"]
    assert not any(tab["is_current"] for tab in client.get("/deals/").context["tabs"])


def test_counts_end_where_counting_costs_more_than_it_says(client, deals, monkeypatch):
    monkeypatch.setattr(list_tabs, "COUNTED", 1)
    assert tabs(client)["Partly invoiced"] == "1+"
    assert tabs(client)["Overdue"] == "1"


def test_tabs_cost_one_statement(admin, client, deals, monkeypatch):
    def statements() -> int:
        with CaptureQueriesContext(database) as queries:
            client.get("/deals/")
        return len(queries)

    with_tabs = statements()
    monkeypatch.setattr("deals.list_extensions._TABS", {})
    assert with_tabs - statements() == 1


def test_people_who_see_no_invoices_have_no_tabs(rep, deals):
    assert sign_in(rep.member).get("/deals/").context["tabs"] == []
