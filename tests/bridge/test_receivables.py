"""Receivables: the same numbers as adding up slowly by hand, filters, expected cash, credit, the file, what it costs."""

import csv
import io
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from quickbooks_bridge.db.payment_habits import EVERYBODY, expected_months, payment_habits
from quickbooks_bridge.deal_page.status_words import status_words
from quickbooks_bridge.domain.receivables import Bucket, bucket_of, habit_of, year_before
from quickbooks_bridge.models import Connection, CreditMemo, Invoice, Payment
from quickbooks_bridge.selectors.receivables import (
    ReceivablesFilter,
    ageing_of,
    open_invoices,
    page_of_receivables,
    receivables_export,
    unapplied_credit,
)
from tests.factories import company_of, connection_make

from ..fixtures import make_deal, sign_in

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
TODAY = NOW.date()
REALM = "9341"
PATH = "/quickbooks/receivables/"


@pytest.fixture
def connected(admin, account) -> Connection:
    return connection_make(account, admin.member, realm_id=REALM, name="Bluestem", connected_at=NOW,
        import_state="done", last_sync_at=NOW, time_zone="UTC",
    )  # fmt: skip


@pytest.fixture
def client(admin, connected):
    return sign_in(admin.member)


def invoice(account, number: str, **facts) -> Invoice:
    total = Decimal(facts.pop("total", "100.00"))
    customer = facts.pop("customer", "7")
    values = {
        "company": company_of(account, facts.pop("realm", REALM)), "qbo_id": f"q{number}", "doc_number": number,
        "customer_qbo_id": customer, "customer_name": f"Customer {customer}", "txn_date": TODAY - timedelta(days=40),
        "due_date": TODAY, "total": total, "balance": total, "mirrored_at": NOW, **facts,
    }  # fmt: skip
    return Invoice.objects.create(**values)


def late(days: int) -> date:
    return TODAY - timedelta(days=days)


def payment(account, number: str, *, on: date, total="100.00", **facts) -> Payment:
    values = {
        "company": company_of(account, REALM), "qbo_id": f"p{number}", "customer_qbo_id": "7", "txn_date": on,
        "total": Decimal(total), **facts,
    }  # fmt: skip
    return Payment.objects.create(**values)


def settled(account, number: str, *, days_late: int, on: date | None = None, **facts) -> None:
    """An invoice that was paid so many days after its due date, by default a month ago."""
    on = on or late(30)
    kind = {"total": facts.pop("paid", "100.00"), "is_deleted": facts.pop("is_gone", False)}
    invoice(account, number, balance=0, due_date=on - timedelta(days=days_late), **facts)
    payment(account, number, on=on, applied=[{"invoice": f"q{number}", "amount": "100.00"}], **kind)


def text(answer) -> str:
    assert answer.status_code == 200, answer
    return " ".join(answer.content.decode().split())


def generated(account, deal, other_deal, count: int = 400) -> list[Invoice]:
    """Rows of every kind, the same in every run."""
    dice = random.Random(17)
    rows = []
    for number in range(count):
        total = Decimal(dice.randrange(1, 10**7)) / 100
        state = dice.choice(["open", "open", "part", "part", "paid", "voided", "deleted", "elsewhere"])
        balance = {"open": total, "part": (total * 2 / 3).quantize(Decimal("0.01")), "paid": Decimal(0)}
        rows.append(Invoice(
            company=company_of(account, "other" if state == "elsewhere" else REALM), qbo_id=f"g{number}",
            customer_qbo_id=str(dice.randrange(30)), customer_name="", currency=dice.choice(["USD", "USD", "EUR", "JPY"]),
            txn_date=TODAY - timedelta(days=200), total=total, balance=balance.get(state, total),
            due_date=dice.choice([None, *(TODAY - timedelta(days=days) for days in range(-40, 130))]),
            is_voided=state == "voided", is_deleted=state == "deleted", mirrored_at=NOW,
            deal=dice.choice([None, deal, other_deal]),
        ))  # fmt: skip
    for row in rows:
        row.customer_name = f"Customer {row.customer_qbo_id}"
    return Invoice.objects.bulk_create(rows)


def counted(rows: list[Invoice]) -> list[Invoice]:
    return [
        row for row in rows
        if row.company.realm_id == REALM and row.balance > 0 and not row.is_voided and not row.is_deleted
    ]  # fmt: skip


@pytest.fixture
def many(account, deal, admin, connected) -> list[Invoice]:
    deal.owner = admin.member
    deal.save()
    nobodys = make_deal(account, title="Nobody's")
    type(nobodys).objects.filter(pk=nobodys.pk).update(owner=None)
    rows = counted(generated(account, deal, nobodys))
    assert len(rows) > 150
    return rows


@pytest.mark.parametrize("by", ["customer", "rep", "invoice"])
def test_ageing_is_what_adding_up_by_hand_gives(admin, connected, many, by):
    found = ageing_of(admin, connected, wanted=ReceivablesFilter(by=by), today=TODAY)
    assert [one.currency for one in found] == ["USD", "EUR", "JPY"]
    for one in found:
        own = [row for row in many if row.currency == one.currency]
        for bucket in Bucket:
            mine = [row.balance for row in own if bucket_of(row.due_date, today=TODAY) is bucket]
            assert (one.amounts[bucket], one.counts[bucket]) == (sum(mine, Decimal(0)), len(mine))
        assert one.outstanding == sum(row.balance for row in own)
        assert one.customers == len({row.customer_qbo_id for row in own})
        keys = {
            "customer": {row.customer_qbo_id for row in own},
            "rep": {(row.deal_id is None, row.deal and row.deal.owner_id) for row in own},
            "invoice": {row.pk for row in own},
        }
        assert one.groups == len(keys[by])


@pytest.mark.parametrize("bucket", [None, *Bucket])
@pytest.mark.parametrize("by", ["customer", "rep"])
def test_rows_are_what_adding_up_by_hand_gives(admin, connected, many, by, bucket):
    wanted = ReceivablesFilter(by=by, bucket=bucket)
    rows = list(receivables_export(admin, connected, wanted=wanted, today=TODAY))
    slow: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in many:
        if bucket in (None, bucket_of(row.due_date, today=TODAY)):
            owner = "0" if row.deal is None else str(row.deal.owner_id or -1)
            slow[owner if by == "rep" else row.customer_qbo_id, row.currency] += row.balance
    assert {(row.key, row.currency): row.outstanding for row in rows} == slow
    assert len(rows) == len(slow)
    in_dollars = [row.outstanding for row in rows if row.currency == "USD"]
    assert in_dollars == sorted(in_dollars, reverse=True)
    count = sum(one.groups for one in ageing_of(admin, connected, wanted=wanted, today=TODAY))
    assert count == len(slow)


def test_pages_hold_each_row_once(admin, connected, many):
    wanted = ReceivablesFilter(by="invoice", sort="-balance")
    seen = []
    for number in range(1, 100):
        asked = ReceivablesFilter(by="invoice", sort=wanted.sort, page=number)
        page = page_of_receivables(admin, connected, wanted=asked, today=TODAY, count=len(many))
        assert page.number == number
        seen += [row.pk for row in page.invoices]
        if not page.has_next:
            break
    assert len(seen) == len(set(seen)) == len(many)


def test_habits_are_the_quartiles_computed_by_hand(account, connected):
    dice = random.Random(5)
    slow: dict[str, list[int]] = defaultdict(list)
    for number in range(120):
        customer, days = str(dice.randrange(12)), dice.randrange(-20, 60)
        settled(account, str(number), days_late=days, customer=customer, on=late(dice.randrange(0, 360)))
        slow[customer].append(days)
        slow[EVERYBODY].append(days)
    wanted = {customer: habit_of(days) for customer, days in slow.items() if habit_of(days)}
    assert len(wanted) > 8
    assert payment_habits(connected.company_id, today=TODAY) == wanted
    some = payment_habits(connected.company_id, today=TODAY, customers=["3"])
    assert set(some) <= {"3", EVERYBODY}


def test_only_money_of_the_last_year_on_settled_invoices_makes_a_habit(account, connected):
    for number in range(2):
        settled(account, f"good{number}", days_late=10)
    settled(account, "old", days_late=10, on=year_before(TODAY) - timedelta(days=1))
    settled(account, "credit memo", days_late=10, paid="0.00")
    settled(account, "payment deleted", days_late=10, is_gone=True)
    settled(account, "voided", days_late=10, is_voided=True)
    settled(account, "deleted", days_late=10, is_deleted=True)
    settled(account, "half", days_late=10)
    Invoice.objects.filter(qbo_id="qhalf").update(balance=50)
    settled(account, "other company", days_late=10, realm="other")
    assert payment_habits(connected.company_id, today=TODAY) == {}
    settled(account, "third", days_late=13, on=year_before(TODAY))
    habit = payment_habits(connected.company_id, today=TODAY)["7"]
    assert (habit.settled, habit.early, habit.usual, habit.late) == (3, 10, 10, 13)


def test_last_payment_of_money_is_the_one_that_settled(account, connected):
    for number in range(3):
        invoice(account, str(number), balance=0, due_date=late(100))
        part = [{"invoice": f"q{number}", "amount": "50.00"}]
        payment(account, f"{number}a", on=late(90), total="50", applied=part)
        payment(account, f"{number}b", on=late(80), total="50", applied=part)
        payment(account, f"{number}c", on=late(10), total="0", applied=part)
    assert payment_habits(connected.company_id, today=TODAY)["7"].usual == 20


def test_expected_cash_is_by_month_and_never_in_the_past(admin, account, connected):
    for number, days in enumerate((5, 10, 15)):
        settled(account, f"s{number}", days_late=days)
    due = TODAY + timedelta(days=70)
    invoice(account, "long late", due_date=late(300), total="10.10")
    invoice(account, "later", due_date=due, total="20.20")
    invoice(account, "undated", due_date=None, total="40.40")
    invoice(account, "unknown", customer="8", total="80.80")
    invoice(account, "void", is_voided=True, total="999")
    rows = open_invoices(admin, connected, wanted=ReceivablesFilter(), today=TODAY)
    found = expected_months(rows, connected.company_id, today=TODAY)
    assert [(one.month, one.count, one.amount) for one in found] == [
        (f"{TODAY:%Y-%m}", 1, Decimal("10.10")),
        (f"{due + timedelta(days=10):%Y-%m}", 1, Decimal("20.20")),
        (None, 2, Decimal("121.20")),
    ]


def test_page_says_how_much_how_late_and_when(client, account):
    for number, days in enumerate((4, 4, 4)):
        settled(account, f"s{number}", days_late=days)
    invoice(account, "1", total="200", balance="120", due_date=late(45))
    invoice(account, "2", total="50")
    payment(account, "credit", on=TODAY, unapplied="120.00", total="120")
    page = text(client.get(PATH))
    for words in ("$170.00", "70% of outstanding", "has $120.00 to apply", "Credit to apply", "4 days late", "2 invoices", "1 customer"):  # fmt: skip
        assert words in page
    page = text(client.get(PATH + "?by=invoice"))
    assert "Overdue" in page
    assert "40%" in page
    assert "Any day now" in page


def test_voided_and_deleted_invoices_never_count(client, account):
    invoice(account, "1", total="777", is_voided=True)
    invoice(account, "2", total="888", is_deleted=True)
    invoice(account, "3", total="999", balance=0)
    for by in ("customer", "rep", "invoice"):
        page = text(client.get(f"{PATH}?by={by}"))
        assert "Nobody owes anything" in page
        assert "777" not in page


def test_currencies_are_never_added_up(client, account):
    invoice(account, "1", total="200")
    invoice(account, "2", total="300", currency="CAD", customer="8")
    page = text(client.get(PATH))
    assert 'aria-label="Totals in CAD"' in page
    assert 'aria-label="Totals in USD"' in page
    assert "500.00" not in page
    page = text(client.get(PATH + "?currency=cad"))
    assert 'aria-label="Totals in USD"' not in page


def shown(client, query: str) -> set[str]:
    entries = client.get(PATH + query).context["entries"]
    return {entry.row.number if hasattr(entry.row, "number") else entry.name for entry in entries}


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", {"now", "old", "free"}),
        ("&bucket=not_due", {"now"}),
        ("&bucket=late_more", {"old"}),
        ("&bucket=late_60", set()),
        ("&bucket=<script>", {"now", "old", "free"}),
        ("&currency=EUR", {"free"}),
        ("&currency=xx", set()),
        ("&q=customer+8", {"old"}),
        ("&q=%25", set()),
        ("&customer=8", {"old"}),
        ("&customer=%27--", set()),
        ("&rep=0", {"old", "free"}),
        ("&rep=-1", set()),
        ("&rep=²", {"now", "old", "free"}),
        ("&rep=999999999999999999", set()),
        ("&sort=id;drop", {"now", "old", "free"}),
        ("&page=999999", {"now", "old", "free"}),
        ("&page=-1", {"now", "old", "free"}),
    ],
)
def test_filters_choose_the_rows(client, account, deal, admin, query, numbers):
    type(deal).objects.filter(pk=deal.pk).update(owner=admin.member)
    invoice(account, "now", deal=deal)
    invoice(account, "old", customer="8", due_date=late(91))
    invoice(account, "free", customer="9", due_date=late(1), currency="EUR")
    assert shown(client, f"?by=invoice{query}") == numbers


def test_rep_is_the_owner_of_the_deal(client, account, deal, admin):
    type(deal).objects.filter(pk=deal.pk).update(owner=admin.member)
    invoice(account, "1", deal=deal)
    invoice(account, "2")
    assert shown(client, "?by=rep") == {admin.member.name, "No deal"}
    assert shown(client, f"?by=invoice&rep={admin.member.pk}") == {"1"}


@pytest.mark.parametrize("sort", ["name", "-name", "not_due", "-late_more", "outstanding"])
@pytest.mark.parametrize("by", ["customer", "rep"])
def test_sorting_turns_when_pressed_again(client, account, by, sort):
    invoice(account, "1", customer="1", total="10")
    invoice(account, "2", customer="2", total="20", due_date=late(99))
    page = client.get(f"{PATH}?by={by}&sort={sort}")
    heads = {head.key: head for head in page.context["sum_heads"]}
    head = heads[sort.removeprefix("-")]
    assert head.sort == (sort[1:] if sort.startswith("-") else f"-{sort}")
    assert head.aria == ("descending" if sort.startswith("-") else "ascending")


def test_late_begins_at_midnight_of_the_company(admin, account, connected, monkeypatch):
    invoice(account, "1", due_date=date(2026, 3, 17))
    company = connected.company
    for zone, bucket in (("Pacific/Auckland", "late_30"), ("America/Los_Angeles", "not_due")):
        type(company).objects.filter(pk=company.pk).update(time_zone=zone)
        monkeypatch.setattr(
            "quickbooks_bridge.views.receivables.timezone.now", lambda: datetime(2026, 3, 18, 5, tzinfo=UTC)
        )
        page = sign_in(admin.member).get(f"{PATH}?by=invoice&bucket={bucket}")
        assert len(page.context["entries"]) == 1
        monkeypatch.undo()


def test_credit_counts_what_is_neither_applied_nor_deleted(account, connected):
    payment(account, "1", on=TODAY, unapplied="20.50")
    payment(account, "2", on=TODAY, unapplied="10", currency="CAD")
    payment(account, "3", on=TODAY, unapplied="99", is_deleted=True)
    payment(account, "4", on=TODAY, unapplied="0")
    memo = {"company": company_of(account, REALM), "customer_qbo_id": "7", "txn_date": TODAY, "total": 5}
    CreditMemo.objects.create(qbo_id="m1", remaining="4.50", **memo)
    CreditMemo.objects.create(qbo_id="m2", remaining=5, is_deleted=True, **memo)
    CreditMemo.objects.create(qbo_id="m3", remaining=0, **memo)
    found = unapplied_credit(connected, wanted=ReceivablesFilter())
    assert found == {"USD": Decimal("25.00"), "CAD": Decimal("10.00")}
    assert unapplied_credit(connected, wanted=ReceivablesFilter(customer="7", words="nobody")) == {}
    assert unapplied_credit(connected, wanted=ReceivablesFilter(customer="8")) == {}


def rows_of(answer) -> list[dict[str, str]]:
    content = b"".join(answer.streaming_content).decode()
    assert content.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(content.removeprefix("\ufeff"))))


def test_file_has_the_filtered_rows_and_no_formula(client, account, deal):
    invoice(account, "=1+1", total="200", balance="120", due_date=late(2), deal=deal)
    invoice(account, "2", customer="8", customer_name="@SUM(A1)")
    rows = rows_of(client.get("/quickbooks/receivables.csv?by=invoice&sort=due"))
    assert [row["Invoice"] for row in rows] == ["'=1+1", "2"]
    assert rows[0]["Status"] == "Overdue, 40% paid"
    assert (rows[0]["Days late"], rows[0]["Balance"], rows[0]["Deal"]) == ("2", "120.00", deal.title)
    assert rows[1]["Customer"] == "'@SUM(A1)"
    rows = rows_of(client.get("/quickbooks/receivables.csv?bucket=late_30"))
    assert [(row["Customer"], row["1–30 days"], row["Outstanding"]) for row in rows] == [
        ("Customer 7", "120.00", "120.00")
    ]
    assert [row["Sales rep"] for row in rows_of(client.get("/quickbooks/receivables.csv?by=rep&rep=0"))] == [
        "No deal"
    ]


def test_file_is_written_as_it_is_read(client, account):
    Invoice.objects.bulk_create(
        Invoice(
            company=company_of(account, REALM), qbo_id=str(number), customer_qbo_id="7", txn_date=TODAY, total=5,
            balance=5, mirrored_at=NOW,
        )
        for number in range(3000)
    )  # fmt: skip
    answer = client.get("/quickbooks/receivables.csv?by=invoice")
    assert answer.streaming
    with CaptureQueriesContext(database) as queries:
        assert sum(1 for _part in answer.streaming_content) == 3001
    assert len(queries) <= 2


@pytest.mark.parametrize("by", ["customer", "rep", "invoice"])
def test_statements_do_not_grow_with_invoices(client, account, connected, deal, by):
    def statements() -> int:
        with CaptureQueriesContext(database) as queries:
            assert client.get(f"{PATH}?by={by}").status_code == 200
        return len(queries)

    settled(account, "s", days_late=3)
    invoice(account, "1")
    payment(account, "credit", on=TODAY, unapplied="5")
    few = statements()
    generated(account, deal, make_deal(account, title="Another"))
    assert statements() <= few
    assert few <= 14


def test_both_axes_are_said():
    assert status_words("overdue", 40) == "Overdue, 40% paid"
    assert status_words("overdue", 0) == "Overdue"
    assert status_words("paid", 100) == "Paid"


def test_rail_leads_here_only_for_people_who_see_invoices(client, rep):
    assert PATH in text(client.get("/deals/"))
    assert PATH not in text(sign_in(rep.member).get("/deals/"))
    assert sign_in(rep.member).get(PATH).status_code == 404


def test_who_sees_own_deals_only_sees_only_their_invoices(client, account, rep, deal):
    account.shares_invoices = True
    account.save()
    rep.member.deals_seen = "own"
    rep.member.save()
    mine = make_deal(account, title="Mine", owner=rep.member)
    invoice(account, "mine", deal=mine, total="10")
    invoice(account, "other", deal=deal, total="20")
    invoice(account, "nobody's", total="40")
    payment(account, "credit", on=TODAY, unapplied="777.00")
    browser = sign_in(rep.member)
    assert shown(browser, "?by=invoice") == {"mine"}
    assert "777" not in text(browser.get(PATH + "?q=customer"))
    assert len(rows_of(browser.get("/quickbooks/receivables.csv?by=invoice"))) == 1
