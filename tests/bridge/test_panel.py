"""What a deal's Invoice tab, sidebar and change log show, and how little it costs."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from deals.models import DealLine, TimelineEntry
from deals.timeline import change_log
from deals.viewer import Viewer
from quickbooks_bridge.db.panel_state import panel_state
from quickbooks_bridge.deal_page import panel_data as deal_look_module
from quickbooks_bridge.deal_page.panel_data import DealPanelData
from quickbooks_bridge.deal_page.panels import panel_context, panel_etag
from quickbooks_bridge.models import (
    Connection,
    Customer,
    CustomerLink,
    Invoice,
    InvoiceIntent,
    Payment,
    SyncState,
)
from quickbooks_bridge.selectors.connections import company_today
from tests.factories import company_of, connection_make

from ..fixtures import make_deal, sign_in

pytestmark = pytest.mark.django_db
ZONE = "America/Chicago"
TODAY = datetime.now(ZoneInfo(ZONE)).date()


@pytest.fixture
def connection(account, admin) -> Connection:
    """A connected company, without any QuickBooks to ask."""
    return connection_make(
        account,
        admin.member,
        realm_id="123",
        name="Bluestem",
        time_zone=ZONE,
        import_state="done",
        last_sync_at=datetime.now(UTC),
        last_viewed_at=datetime.now(UTC),
        next_sync_at=datetime.now(UTC),
        connected_at=datetime.now(UTC),
    )


@pytest.fixture
def client(admin):
    return sign_in(admin.member)


def an_invoice(deal, number: int, **facts) -> Invoice:
    values = {
        "total": Decimal("100.00"),
        "balance": Decimal("100.00"),
        "txn_date": TODAY - timedelta(days=number % 300),
        "due_date": TODAY + timedelta(days=3),
        **facts,
    }
    return Invoice.objects.create(
        company=company_of(deal.account, "123"),
        qbo_id=str(number),
        doc_number=f"N{number}",
        deal=deal,
        customer_qbo_id="7",
        sync_token=0,
        remote_updated_at=datetime.now(UTC),
        mirrored_at=datetime.now(UTC),
        **values,
    )


def an_intent(deal, viewer, **facts) -> InvoiceIntent:
    values = {
        "state": "unknown",
        "token": "t",
        "request_id": "request-1",
        "payload": {
            "CustomerRef": {"value": "7"},
            "Line": [{"Amount": "200", "DetailType": "SalesItemLineDetail"}],
        },
        "currency": deal.currency,
        "expected_total": Decimal("216.50"),
        "expected_tax": Decimal("16.50"),
        "created_at": datetime.now(UTC),
        "sent_at": datetime.now(UTC),
        "next_check_at": datetime.now(UTC) + timedelta(seconds=8),
        "attempts": 3,
        **facts,
    }
    return InvoiceIntent.objects.create(
        account=deal.account,
        deal=deal,
        member=viewer.member,
        company=company_of(deal.account, "123"),
        **values,
    )


def cells(context, strip: int = 0) -> dict[str, dict[str, Any]]:
    return {cell["label"]: cell for cell in context["strips"][strip]["cells"]}


def test_strip_says_what_is_paid_due_late_and_left(admin, deal, connection):
    an_invoice(deal, 1, total=Decimal("400"), balance=Decimal("0"))
    an_invoice(deal, 2, total=Decimal("216"), total_tax=Decimal("16"), balance=Decimal("116"))
    an_invoice(deal, 3, due_date=TODAY - timedelta(days=11))
    an_invoice(deal, 4, is_voided=True, total=Decimal("0"), balance=Decimal("0"))
    context = panel_context(admin, deal)
    found = cells(context)
    assert found["Invoiced"]["amount"] == "$716.00"
    assert found["Invoiced"]["note"] == "$700.00 before tax"
    assert (found["Paid"]["amount"], found["Paid"]["note"]) == ("$500.00", "69% of invoiced")
    assert found["Outstanding"]["note"] == "$116.00 not yet due"
    assert (found["Overdue"]["amount"], found["Overdue"]["note"]) == ("$100.00", "1 invoice, 11 days")
    assert found["Still to invoice"]["amount"] == "$800.00"
    assert sum(part.share for part in context["strips"][0]["segments"]) == pytest.approx(
        100, abs=Decimal("0.3")
    )
    assert "Of the deal value $1,500.00, before tax: paid 33%" in context["strips"][0]["bar_text"]


def test_unconfirmed_amount_is_kept_out_of_what_is_left_and_of_what_is_invoiced(admin, deal, connection):
    an_intent(deal, admin)
    context = panel_context(admin, deal)
    found = cells(context)
    assert found["Invoiced"]["amount"] == "$0.00"
    assert found["Still to invoice"]["amount"] == "$1,300.00"
    assert found["Still to invoice"]["more"] == "$216.50 not confirmed"
    kinds = {part.kind: part.share for part in context["strips"][0]["segments"]}
    assert kinds["unconfirmed"] == Decimal("13.3")


def test_each_currency_has_its_strip_the_deals_own_first(admin, deal, connection):
    an_invoice(deal, 1, currency="CAD")
    an_invoice(deal, 2)
    context = panel_context(admin, deal)
    assert [strip["currency"] for strip in context["strips"]] == ["USD", "CAD"]
    assert "Deal value" not in cells(context, 1)


def test_panel_reads_as_many_statements_for_one_row_as_for_many(client, deal, connection, account):
    address = f"/deals/{deal.pk}/invoices/tab/"
    Customer.objects.create(
        company=company_of(account, "123"), qbo_id="7", display_name="Quill", sync_token=0
    )
    CustomerLink.objects.create(
        company=company_of(account, "123"),
        organization=deal.organization,
        customer_qbo_id="7",
        linked_at=datetime.now(UTC),
    )
    counts = []
    for numbers in (range(1, 2), range(2, 24)):
        for number in numbers:
            an_invoice(deal, number, payment_qbo_ids=[str(number)], balance=Decimal(0))
            Payment.objects.create(
                company=company_of(account, "123"),
                qbo_id=str(number),
                customer_qbo_id="7",
                txn_date=TODAY,
                total=100,
                sync_token=0,
                method="Bank transfer",
            )
        client.get(address)  # the session is read once
        with CaptureQueriesContext(database) as queries:
            page = client.get(address).content.decode()
        counts.append(len(queries))
    assert page.count("<tr id=") == 10
    assert "by bank transfer" in page
    assert counts[0] == counts[1] <= 10


def address_of_look(client, deal, slot: str = "tab") -> str:
    page = client.get(f"/deals/{deal.pk}/invoices/{slot}/").content.decode()
    return page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")


@pytest.mark.parametrize("slot", ["tab", "sidebar"])
def test_look_at_a_page_that_is_still_right_costs_three_statements_and_says_nothing(
    client, deal, connection, slot
):
    an_invoice(deal, 1)
    address = address_of_look(client, deal, slot)
    with CaptureQueriesContext(database) as queries:
        assert client.get(address).status_code == 204
    assert len(queries) == 3, "who is asking, the connection, the state of the deal"
    SyncState.objects.update(
        consecutive_failures=3, last_error="quickbooks_down", last_error_at=datetime.now(UTC)
    )
    assert client.get(address).status_code == 200


def test_when_the_panel_changes_the_page_is_told_to_read_the_change_log_anew(client, deal, connection):
    seen = panel_context(Viewer(deal.account, connection.owner), deal)["etag"]
    still = client.get(f"/deals/{deal.pk}/invoices/sidebar/?seen={seen}")
    assert (still.status_code, still.headers.get("HX-Trigger")) == (204, None)
    TimelineEntry.objects.create(
        account=deal.account, deal=deal, occurred_at=datetime.now(UTC), kind="deal.moved",
        data={"before": "Won", "after": "Delivery"},
    )  # fmt: skip
    changed = client.get(f"/deals/{deal.pk}/invoices/sidebar/?seen={seen}")
    assert "deal-changed" in changed.headers["HX-Trigger"]
    log = client.get(f"/deals/{deal.pk}/log/?tab=products").content.decode()
    assert log.lstrip().startswith('<section class="card" id="deal-log"')
    assert "Delivery" in log
    assert "log/?tab=products" in log  # what it asks for next keeps the page's own address


def test_look_at_what_is_old_wakes_the_worker_once_at_one_statement_more(client, deal, connection):
    an_invoice(deal, 1)
    SyncState.objects.update(
        last_sync_at=datetime.now(UTC) - timedelta(minutes=3),
        next_sync_at=datetime.now(UTC) + timedelta(hours=1),
    )
    address = address_of_look(client, deal)
    assert Connection.objects.get().company.sync.next_sync_at <= datetime.now(UTC)
    SyncState.objects.update(next_sync_at=datetime.now(UTC) + timedelta(hours=1))
    for statements in (4, 3):
        with CaptureQueriesContext(database) as queries:
            assert client.get(address).status_code == 204
        assert len(queries) == statements
    assert Connection.objects.get().company.sync.next_sync_at <= datetime.now(UTC)


CHANGES = {
    "number": lambda deal: Invoice.objects.filter(deal=deal).update(doc_number="N99"),
    "unlinked": lambda deal: Invoice.objects.filter(deal=deal).update(deal=None),
    "another one": lambda deal: an_invoice(deal, 2),
    "deleted": lambda deal: Invoice.objects.filter(deal=deal).delete(),
    "value": lambda deal: deal.save(),
    "product": lambda deal: DealLine.objects.create(deal=deal, name="One more"),
    "customer": lambda deal: CustomerLink.objects.create(
        company=company_of(deal.account, "123"),
        organization=deal.organization,
        customer_qbo_id="7",
        linked_at=datetime.now(UTC),
    ),
    "payment": lambda deal: SyncState.objects.update(last_sync_at=datetime.now(UTC)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_what_is_shown_is_told(client, deal, connection, account, change):
    Customer.objects.create(
        company=company_of(account, "123"), qbo_id="7", display_name="Quill", sync_token=0
    )
    an_invoice(deal, 1)
    address = address_of_look(client, deal)
    assert client.get(address).status_code == 204
    CHANGES[change](deal)
    assert client.get(address).status_code == 200


def test_what_becomes_overdue_at_the_companys_midnight_is_told(admin, deal, connection):
    an_invoice(deal, 1, due_date=TODAY)
    now = datetime.now(UTC)
    days = [now + timedelta(days=number) for number in (0, 0, 1)]
    state = panel_state(deal.account.pk, deal.pk, connection.company_id)
    etags = [panel_etag(admin, connection, state, now=moment) for moment in days]
    assert etags[0] == etags[1] != etags[2]
    data = DealPanelData(deal, connection, state, page=1, size=10)
    late = [data.sums(today=TODAY + timedelta(days=number))[0]["overdue"] for number in (0, 1, 0)]
    assert late == [0, 100, 0]


def test_today_is_the_date_where_the_company_is(connection):
    late = datetime(2026, 9, 17, 3, tzinfo=UTC)
    assert company_today(connection, now=late) == date(2026, 9, 16)
    connection.company.time_zone = "Pacific/Kiritimati"
    assert company_today(connection, now=datetime(2026, 9, 17, 12, tzinfo=UTC)) == date(2026, 9, 18)


def test_a_deals_former_own_link_hides_no_change_of_its_organizations(client, account, deal, connection):
    company = company_of(account, "123")
    for number in ("7", "8", "9"):
        Customer.objects.create(company=company, qbo_id=number, display_name=f"Quill {number}")
    linked = {"company": company, "linked_at": datetime.now(UTC)}
    # From before the deal had an organization.
    CustomerLink.objects.create(**linked, deal=deal, customer_qbo_id="9")
    link = CustomerLink.objects.create(**linked, organization=deal.organization, customer_qbo_id="7")
    address = address_of_look(client, deal)
    assert client.get(address).status_code == 204
    CustomerLink.objects.filter(pk=link.pk).update(customer_qbo_id="8")
    assert client.get(address).status_code == 200


def test_company_in_another_time_zone_than_the_account_has_its_own_date(client, deal, connection):
    deal.account.time_zone, connection.company.time_zone = (
        "Pacific/Kiritimati",
        "Pacific/Niue",
    )  # 25 hours apart
    deal.account.save()
    connection.company.save()
    an_invoice(deal, 1, due_date=datetime.now(ZoneInfo("Pacific/Niue")).date())
    page = client.get(f"/deals/{deal.pk}/invoices/tab/").content.decode()
    assert "Nothing is late" in page


def test_sums_of_a_large_deal_are_kept_until_an_invoice_of_it_changes(
    client, deal, connection, account, monkeypatch
):
    monkeypatch.setattr(deal_look_module, "LARGE", 3)
    for number in range(1, 5):
        an_invoice(deal, number)
    other = make_deal(account)

    def look() -> tuple[bool, str]:
        with CaptureQueriesContext(database) as queries:
            page = client.get(f"/deals/{deal.pk}/invoices/tab/").content.decode()
        assert len(queries) <= 10
        return any('SUM("quickbooks_bridge_invoice"."total")' in one["sql"] for one in queries), page

    assert look()[0]
    assert "$400.00" in look()[1]
    assert not look()[0]
    an_invoice(other, 9)
    assert not look()[0]
    Invoice.objects.filter(deal=deal, qbo_id="1").update(total=Decimal("1100.00"))
    has_summed, page = look()
    assert has_summed
    assert "$1,400.00" in page
    assert not look()[0]


def test_more_than_a_page_of_invoices_can_be_paged_and_shown_at_once(client, deal, connection):
    for number in range(1, 31):
        an_invoice(deal, number)
    first = client.get(f"/deals/{deal.pk}/invoices/tab/").content.decode()
    assert first.count("<tr id=") == 10
    assert "1–10 of 30 invoices" in first
    last = client.get(f"/deals/{deal.pk}/invoices/tab/?page=3").content.decode()
    assert last.count("<tr id=") == 10
    assert "21–30 of 30 invoices" in last
    everything = client.get(f"/deals/{deal.pk}/invoices/tab/?rows=all").content.decode()
    assert everything.count("<tr id=") == 30
    assert client.get(f"/deals/{deal.pk}/invoices/tab/?page=99999999").status_code == 200


def test_waiting_invoice_says_when_it_was_sent_and_is_asked_for_again(client, deal, admin, connection):
    an_intent(deal, admin)
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    assert "Not confirmed yet – checking" in page
    assert "by you · checked 2 times" in page
    assert "Next check in" in page
    assert "Look in QuickBooks" in page
    assert page.count("btn-primary") == 1


def test_day_of_sending_is_that_of_the_company(client, deal, admin, connection):
    an_intent(deal, admin, sent_at=datetime(2025, 3, 14, 4, 0, 1, tzinfo=UTC))
    assert "Sent Mar 13, 2025, 23:00:01 by you" in client.get(f"/deals/{deal.pk}/").content.decode()


def test_late_refusal_is_a_card_until_it_is_dismissed(client, deal, admin, connection, stranger, rep):
    problems = [{"code": "books_closed_there", "params": {"code": "6210"}, "tid": "1-abc"}]
    intent = an_intent(deal, admin, state="rejected", problems=problems, finished_at=datetime.now(UTC))
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    for text in (
        "QuickBooks refused the invoice: $216.50",
        "The books are closed",
        "No invoice was created.",
        "> You<",
        "Your accountant can open the period",
        f"invoices/new/?intent={intent.pk}",
        "code 6210",
        "1-abc",
        "request-1",
    ):
        assert text in page
    address = f"/intents/{intent.pk}/dismiss/"
    assert sign_in(stranger.member).post(address).status_code == 404
    assert sign_in(rep.member).post(address).status_code == 404
    assert client.get(address).status_code == 405
    assert client.post(address).status_code == 302
    assert "refused the invoice" not in client.get(f"/deals/{deal.pk}/").content.decode()


def test_overdue_line_stands_at_midnight_after_the_due_date_where_the_company_is(admin, deal, connection):
    due = date(2026, 3, 6)
    an_invoice(deal, 1, total=Decimal("13423"), balance=Decimal("8423"), due_date=due)
    log, has_more = change_log(admin, deal, limit=20)
    line = next(entry for entry in log if entry.line.icon == "overdue")
    text = "".join(text for text, _url in line.line.pieces)
    assert text == "Invoice N1 became overdue: $8,423.00 of $13,423.00 is unpaid"
    assert line.line.pieces[1][1].endswith("pagereq=invoice%3FtxnId%3D1")
    assert line.below == "Due date passed"
    assert line.occurred_at == datetime(2026, 3, 7, tzinfo=ZoneInfo(ZONE))
    assert not has_more


def test_rep_who_is_not_let_in_reads_nothing_of_invoices(rep, deal, connection):
    an_invoice(deal, 1, due_date=TODAY - timedelta(days=3))
    log, _more = change_log(rep, deal, limit=20)
    assert not [entry for entry in log if entry.line.icon == "overdue"]
    page = sign_in(rep.member).get(f"/deals/{deal.pk}/").content.decode()
    assert not re.search(r"\bN1\b", page)
    assert "Invoices are visible to Ada" in page


BANNERS = [
    (
        {"status": "needs_reconnect", "last_error_at": datetime.now(UTC)},
        "needs you to sign in again",
        "Reconnect",
    ),
    (
        {"status": "disconnected", "disconnected_at": datetime.now(UTC)},
        "QuickBooks is disconnected",
        "Connect again",
    ),
    (
        {"consecutive_failures": 2, "last_error": "quickbooks_down", "last_error_at": datetime.now(UTC)},
        "QuickBooks is not answering",
        "",
    ),
]


@pytest.mark.parametrize(("facts", "title", "button"), BANNERS)
def test_one_banner_at_a_time_the_gravest_and_history_stays(
    client, deal, admin, connection, facts, title, button
):
    an_invoice(deal, 1)
    an_intent(deal, admin)
    of_connection = {name: facts[name] for name in ("status", "disconnected_at") if name in facts}
    if of_connection:
        Connection.objects.update(**of_connection)
    of_sync = {name: value for name, value in facts.items() if name not in of_connection}
    SyncState.objects.update(next_sync_at=datetime.now(UTC) + timedelta(minutes=2), **of_sync)
    tab = client.get(f"/deals/{deal.pk}/invoices/tab/").content.decode()
    assert tab.count('class="banner ') == 1
    assert title in tab
    assert "N1" in tab
    if button:
        assert button in tab
        assert tab.count("btn-primary") == 1
    else:
        assert "in 2 minutes" in tab
        assert "btn-primary" not in tab


def test_first_reading_shows_how_far_it_is(client, deal, connection):
    progress = {"items": {"done": 26, "total": 26}, "customers": {"done": 14, "total": 74}}
    SyncState.objects.update(import_state="running", import_progress=progress)
    tab = client.get(f"/deals/{deal.pk}/invoices/tab/").content.decode()
    assert "Reading Bluestem" in tab
    assert "40 of 100" in tab
    assert "40%" in tab
    assert "14 of 74" in tab


def test_deal_without_invoices_says_what_is_left_and_how_to_begin(client, deal, connection):
    tab = client.get(f"/deals/{deal.pk}/invoices/tab/").content.decode()
    assert "$1,500.00 is still to invoice." in tab
    assert "product is ready to become a line" in tab
    assert tab.count("btn-primary") == 1


def test_every_new_address_of_another_account_is_not_found(deal, admin, connection, stranger):
    invoice, intent = an_invoice(deal, 1), an_intent(deal, admin)
    other = sign_in(stranger.member)
    for path in ("void", "delete", "send", "unlink"):
        assert other.post(f"/invoices/{invoice.pk}/{path}/").status_code == 404
    for path in ("check", "dismiss"):
        assert other.post(f"/intents/{intent.pk}/{path}/").status_code == 404
    for path in ("invoices/tab", "invoices/sidebar", "customer/unlink"):
        assert other.get(f"/deals/{deal.pk}/{path}/").status_code == 404
    assert other.post(f"/deals/{deal.pk}/invoices/refresh/").status_code == 404
