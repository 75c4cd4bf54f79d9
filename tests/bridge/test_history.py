"""All invoices of a customer: range, search, sums, paging, export, and linking them to a deal."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from crm_invoicing.csv_export import safe_cell
from deals.models import TimelineEntry
from quickbooks_bridge.domain.status import Status
from quickbooks_bridge.models import Connection, Customer, CustomerLink, Invoice
from quickbooks_bridge.selectors.customer_invoices import HistoryFilter, invoices_of_customer
from tests.factories import company_of, connection_make

from ..fixtures import make_deal, sign_in

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
TODAY = NOW.date()
REALM = "9341"


@pytest.fixture
def connected(admin, account) -> Connection:
    return connection_make(account, admin.member, realm_id=REALM, name="Bluestem", connected_at=NOW,
        import_state="done", last_sync_at=NOW, time_zone="UTC",
    )  # fmt: skip


@pytest.fixture
def customer(connected, account, deal) -> Customer:
    CustomerLink.objects.create(
        company=company_of(account, REALM), organization=deal.organization, customer_qbo_id="7", linked_at=NOW
    )
    return Customer.objects.create(
        company=company_of(account, REALM), qbo_id="7", display_name="Quill & Sons"
    )


def invoice(account, number: str, **facts) -> Invoice:
    total = Decimal(facts.pop("total", "100.00"))
    realm = facts.pop("realm", REALM)
    values = {
        "company": company_of(account, realm), "qbo_id": f"q{number}", "doc_number": number, "customer_qbo_id": "7",
        "customer_name": "Quill & Sons", "txn_date": TODAY - timedelta(days=10), "due_date": TODAY + timedelta(days=20),
        "total": total, "balance": total, "mirrored_at": NOW, **facts,
    }  # fmt: skip
    return Invoice.objects.create(**values)


@pytest.fixture
def client(admin, customer):
    return sign_in(admin.member)


@pytest.fixture
def path(deal) -> str:
    return f"/deals/{deal.pk}/invoices/all/"


def text(answer) -> str:
    assert answer.status_code == 200, answer
    return " ".join(answer.content.decode().split())


def test_totals_say_how_much_how_many_and_how_late(client, account, path):
    invoice(account, "1", total="200", balance="110")
    invoice(account, "2", total="100", due_date=TODAY - timedelta(days=1))
    invoice(account, "3", total="50", due_date=TODAY - timedelta(days=45))
    invoice(account, "4", total="25", due_date=TODAY - timedelta(days=400))
    invoice(account, "5", total="0", balance="0", is_voided=True)
    invoice(account, "6", total="999", is_deleted=True)
    page = text(client.get(path))
    for words in ("$375.00", "24% of invoiced", "$285.00", "$175.00", "3 invoices", "6 invoices"):
        assert words in page
    assert "Not yet due $110.00, 1–30 days $100.00, 31–60 days $50.00, 61 days and more $25.00" in page


def test_currencies_are_never_added_up(client, account, path):
    invoice(account, "1", total="200")
    invoice(account, "2", total="300", currency="CAD")
    page = text(client.get(path))
    assert 'aria-label="Totals in CAD"' in page
    assert 'aria-label="Totals in USD"' in page
    assert "$500" not in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"new"}),
        ("?range=everything", {"new", "old"}),
        ("?range=last_30_days", {"new"}),
        ("?from=&to=", {"new", "old"}),
        (f"?from={TODAY - timedelta(days=900)}&to={TODAY - timedelta(days=400)}", {"old"}),
        (f"?to={TODAY - timedelta(days=900)}&from={TODAY - timedelta(days=400)}", {"old"}),
        ("?from=1/2/2020&to=today", {"new", "old"}),
        ("?range=nonsense", {"new"}),
        ("?status=paid&range=everything", set()),
        ("?status=open", {"new"}),
        ("?status=<script>", {"new"}),
        ("?q=ne", {"new"}),
        ("?q=$1,234.50", {"new"}),
        ("?q=1234.51", set()),
        ("?q=%27--", set()),
        ("?page=999999", {"new"}),
        ("?page=²", {"new"}),
        ("?sort=id;drop", {"new"}),
    ],
)
def test_filters_choose_the_rows(client, account, path, query, shown):
    invoice(account, "new", total="1234.50")
    invoice(account, "old", total="80", txn_date=TODAY - timedelta(days=500))
    answer = client.get(path + query)
    assert answer.status_code == 200
    assert {row.number for row in answer.context["rows"]} == shown


def test_day_that_cannot_be_read_is_said_and_stays_typed(client, account, path):
    invoice(account, "1")
    page = text(client.get(path + "?from=someday&to=2099-01-01"))
    assert "“someday” is no day we can read" in page
    assert 'value="someday"' in page
    assert 'value="2099-01-01"' in page


def test_heads_sort_and_say_so(client, account, path):
    for number, total in (("a", "30"), ("b", "10"), ("c", "20")):
        invoice(account, number, total=total)
    answer = client.get(path + "?sort=total")
    assert [row.number for row in answer.context["rows"]] == ["b", "c", "a"]
    page = text(answer)
    assert 'aria-sort="ascending"' in page
    assert "sort=-total" in page
    assert [row.number for row in client.get(path + "?sort=-total").context["rows"]] == ["a", "c", "b"]


def test_pages_are_cut_and_counted_without_more_statements(client, account, path):
    def statements() -> int:
        with CaptureQueriesContext(database) as queries:
            client.get(path)
        return len(queries)

    invoice(account, "first")
    few = statements()
    made = [Invoice(company=company_of(account, REALM), qbo_id=str(n), doc_number=str(n), customer_qbo_id="7",
                    txn_date=TODAY, total=1, balance=1, mirrored_at=NOW) for n in range(119)]  # fmt: skip
    Invoice.objects.bulk_create(made)
    assert statements() <= few
    assert few <= 16
    page = text(client.get(path + "?page=3"))
    assert "101–120" in page
    assert "of 120" in page


def test_rows_are_found_by_the_customer_s_index(connected, account):
    wanted = HistoryFilter()
    with CaptureQueriesContext(database) as queries:
        invoices_of_customer(connected, "7", wanted=wanted, today=TODAY)
    if database.vendor != "sqlite":
        pytest.skip("SQLite's own way to say how it reads")
    for query in queries:
        with database.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert "SCAN quickbooks_bridge_invoice" not in plan, plan
        assert "invoice_of_customer" in plan, plan


def test_export_opens_in_a_spreadsheet_and_holds_no_formula(client, account, path, deal):
    deal.title = "@SUM(1)"
    deal.save()
    invoice(account, "=2+5", deal=deal, customer_name="+cmd|' /C calc'!A0")
    invoice(account, 'Quo"te, Ø', is_deleted=True)
    answer = client.get(f"/deals/{deal.pk}/invoices/all.csv")
    body = b"".join(answer.streaming_content).decode()
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    assert body.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(body.removeprefix("\ufeff"))))
    assert len(rows) == 3
    cells = {cell for row in rows for cell in row}
    assert {"'=2+5", "'@SUM(1)", "'+cmd|' /C calc'!A0", 'Quo"te, Ø'} <= cells
    assert not any(cell[:1] in "=+-@" for cell in cells if cell)
    assert rows[1 if rows[2][0] == "'=2+5" else 2][-2:] == ["", ""]


def test_export_follows_the_filter(client, account, deal):
    invoice(account, "1")
    invoice(account, "2", txn_date=TODAY - timedelta(days=800))
    body = b"".join(client.get(f"/deals/{deal.pk}/invoices/all.csv").streaming_content).decode()
    assert '"1"' in body
    assert '"2"' not in body
    body = b"".join(
        client.get(f"/deals/{deal.pk}/invoices/all.csv?range=everything").streaming_content
    ).decode()
    assert '"2"' in body


def test_several_are_linked_and_unlinked_at_once_and_other_deals_are_left_alone(client, account, deal, path):
    other = make_deal(account, title="Other")
    one, two = invoice(account, "1"), invoice(account, "2")
    theirs = invoice(account, "3", deal=other)
    chosen = {"action": "link", "invoice": [one.pk, two.pk, theirs.pk, "x", "999999"], "next": path + "?q=1"}
    answer = client.post(f"/deals/{deal.pk}/invoices/links/", chosen)
    assert answer["Location"] == path + "?q=1"
    page = text(client.get(path))
    assert "2 invoices count toward this deal" in page
    assert "1 invoice belongs to another deal and was left there" in page
    theirs.refresh_from_db()
    assert theirs.deal == other
    assert Invoice.objects.filter(deal=deal).count() == 2
    assert TimelineEntry.objects.filter(deal=deal, kind="invoice.linked").count() == 2
    client.post(f"/deals/{deal.pk}/invoices/links/", {"action": "unlink", "invoice": [one.pk, theirs.pk]})
    assert set(Invoice.objects.filter(deal__isnull=False)) == {two, theirs}


def test_nothing_chosen_is_said(client, deal, path):
    client.post(f"/deals/{deal.pk}/invoices/links/", {"action": "link"})
    assert "Choose at least one invoice first" in text(client.get(path))


def test_only_own_addresses_are_gone_back_to(client, account, deal, path):
    one = invoice(account, "1")
    for foreign in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"):
        answer = client.post(f"/deals/{deal.pk}/invoices/links/", {"link": one.pk, "next": foreign})
        assert answer["Location"] == path


def test_invoice_of_another_deal_moves_after_a_question_only(client, account, deal):
    other = make_deal(account, title="Other fit-out")
    theirs = invoice(account, "3", deal=other)
    address = f"/invoices/{theirs.pk}/link/{deal.pk}/"
    assert "It counts toward Other fit-out now" in text(client.get(address))
    assert client.post(address).status_code == 200
    theirs.refresh_from_db()
    assert theirs.deal == other
    assert client.post(address, {"from": other.pk}).status_code == 302
    theirs.refresh_from_db()
    assert theirs.deal == deal
    assert TimelineEntry.objects.filter(deal=other, kind="invoice.unlinked").exists()
    assert TimelineEntry.objects.filter(deal=deal, kind="invoice.linked").exists()


SUGGESTED = "looks like part of this deal"


def test_invoice_that_bills_exactly_what_is_left_is_suggested(client, account, deal, path):
    invoice(account, "1", total="540", total_tax="40", deal=deal)
    fitting = invoice(account, "2", total="1082.50", total_tax="82.50")
    page = text(client.get(path))
    assert f"Invoice 2 {SUGGESTED}" in page
    client.post(f"/deals/{deal.pk}/invoices/links/", {"link": fitting.pk})
    assert SUGGESTED not in text(client.get(path))


@pytest.mark.parametrize(
    "facts",
    [
        {"total": "1500.01"},
        {"total": "1082.50"},
        {"total": "1500", "currency": "CAD"},
        {"total": "1500", "is_voided": True},
        {"total": "1500", "is_deleted": True},
        {"total": "1500", "customer_qbo_id": "8"},
        {"total": "1500", "realm": "other"},
    ],
)
def test_nothing_is_suggested_that_does_not_fit_to_the_cent(client, account, path, facts):
    invoice(account, "2", **facts)
    assert SUGGESTED not in text(client.get(path))


def test_declined_suggestion_stays_away(client, account, deal, path):
    fitting = invoice(account, "2", total="1500")
    assert SUGGESTED in text(client.get(path))
    client.post(f"/deals/{deal.pk}/invoices/not-this/", {"invoice": fitting.pk})
    assert SUGGESTED not in text(client.get(path))


def test_flags_in_sums_agree_with_the_rule(connected, account):
    made = [
        invoice(account, "1", total="10", balance="4"),
        invoice(account, "2", due_date=TODAY - timedelta(days=3)),
        invoice(account, "3", balance="0"),
    ]
    found = invoices_of_customer(
        connected, "7", wanted=HistoryFilter(), today=date(TODAY.year, TODAY.month, TODAY.day)
    )
    assert len(made) == len(found.invoices)
    assert found.counts == {Status.PARTIALLY_PAID: 1, Status.OVERDUE: 1, Status.PAID: 1}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", "＝1+1", "＋1", "－1", "＠x", "\x00=1", "\r=1", "\n=1"]
)
def test_no_cell_is_taken_for_a_formula(text):
    assert safe_cell(text) == f"'{text}"


def test_a_plain_cell_stays_as_it_is():
    assert [safe_cell(text) for text in ("Quill & Sons", "", "1001", "a=b")] == [
        "Quill & Sons",
        "",
        "1001",
        "a=b",
    ]
