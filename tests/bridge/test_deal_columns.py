"""What the deals list says of invoices: columns and filter, for people who see them, at one statement a page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from quickbooks_bridge.models import Connection, Invoice
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


def invoice(deal, number: str, total: int, **facts) -> Invoice:
    return Invoice.objects.create(
        **{
            "company": company_of(deal.account, "1"), "qbo_id": number, "doc_number": number, "customer_qbo_id": "7",
            "deal": deal, "txn_date": TODAY, "due_date": TODAY + timedelta(days=9), "total": total, "balance": total,
            "mirrored_at": NOW, **facts,
        }
    )  # fmt: skip


def titles(client, query: str) -> list[str]:
    return [deal.title for deal, _cells in client.get("/deals/" + query).context["rows"]]


def test_deal_shows_share_flags_and_what_is_outstanding(admin, deal, connected):
    invoice(deal, "1", 400, balance=0)
    invoice(deal, "2", 350, due_date=TODAY - timedelta(days=2))
    invoice(deal, "3", 999, is_voided=True, balance=0)
    page = " ".join(sign_in(admin.member).get("/deals/").content.decode().split())
    for words in ("Invoiced of value", "flag-overdue", "flag-paid", "+1", "$350.00", "50%"):
        assert words in page
    assert "None yet" not in page


def test_voided_invoices_bill_nothing_and_currencies_are_kept_apart(admin, deal, connected):
    invoice(deal, "1", 750, is_voided=True, balance=0)
    invoice(deal, "2", 80, currency="CAD")
    page = " ".join(sign_in(admin.member).get("/deals/").content.decode().split())
    assert "0%" in page
    assert "CA$80.00" in page


def test_filter_narrows_by_invoices(admin, deal, connected):
    other = make_deal(deal.account, title="No invoice")
    late = make_deal(deal.account, title="Late")
    invoice(deal, "1", 100)
    invoice(late, "2", 100, due_date=TODAY - timedelta(days=2))
    client = sign_in(admin.member)
    assert titles(client, "?invoices=some") == ["Late", "Quill fit-out"]
    assert titles(client, "?invoices=none") == [other.title]
    assert titles(client, "?invoices=overdue") == ["Late"]
    assert len(titles(client, "?invoices=nonsense")) == 3


def test_people_who_were_not_let_in_see_neither_columns_nor_filter(rep, deal, connected):
    invoice(deal, "1", 777)
    client = sign_in(rep.member)
    page = client.get("/deals/").content.decode()
    assert "Invoiced of value" not in page
    assert "777.00" not in page
    make_deal(deal.account, title="Another")
    assert len(titles(client, "?invoices=none")) == 2


def test_statements_do_not_grow_with_deals_or_invoices(admin, deal, connected):
    client = sign_in(admin.member)

    def statements() -> int:
        with CaptureQueriesContext(database) as queries:
            client.get("/deals/?invoices=some")
        return len(queries)

    invoice(deal, "1", 100)
    few = statements()
    for number in range(24):
        other = make_deal(deal.account, title=f"Deal {number}")
        invoice(other, f"a{number}", 10)
        invoice(other, f"b{number}", 10, balance=0)
    assert statements() <= few
    assert few <= 15
