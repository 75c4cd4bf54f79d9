"""Receivables in a real browser: no sideways scrolling, the chart as a table, filters by keyboard and without script."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from quickbooks_bridge.models import Connection, Invoice, Payment
from tests.factories import connection_make

from ..fixtures import make_deal

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PATH = "/quickbooks/receivables/"
WIDTHS = (1280, 320)


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def books(account, admin) -> Connection:
    """Open invoices of all ages in two currencies, long names, something paid of an overdue one, and credit."""
    now = datetime.now(UTC)
    today = now.date()
    made = connection_make(account, admin.member, realm_id="9", name="Bluestem", connected_at=now,
        import_state="done", last_sync_at=now, time_zone="UTC",
    )  # fmt: skip
    deal = make_deal(account, title="A deal with a title that does not want to end", owner=admin.member)
    for number in range(60):
        customer = number % 28
        Invoice.objects.create(
            company=made.company, qbo_id=str(number), doc_number=str(1000 + number), customer_qbo_id=str(customer),
            customer_name=f"Hill Country Dental Laboratories and Sons {customer}", total=123456, mirrored_at=now,
            balance=74073 if number % 3 == 0 else 123456, currency="CAD" if customer == 5 else "USD",
            txn_date=today, due_date=today - timedelta(days=number * 3 - 20), deal=deal if number % 2 else None,
        )  # fmt: skip
    Payment.objects.create(
        company=made.company, qbo_id="1", customer_qbo_id="3", txn_date=today, total=120, unapplied=120
    )
    return made


@pytest.fixture
def open_page(browser: Browser, live_server, books, admin) -> Iterator[Any]:
    """Return a way to open an address in a fresh window; a script error or a message on the console is a failure."""
    opened, problems = [], []

    def start(query: str = "", width: int = 1280, **options) -> Page:
        signed_in = Client()
        signed_in.force_login(admin.member.user)
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        context.add_cookies(
            [{"name": "sessionid", "value": signed_in.cookies["sessionid"].value, "url": live_server.url}]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
        opened.append(context)
        page.goto(f"{live_server.url}{PATH}{query}")
        return page

    yield start
    for context in opened:
        context.close()
    assert problems == []


def sideways(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("by", ["customer", "rep", "invoice"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_scrolls_sideways(open_page, width, by, theme):
    page = open_page(f"?by={by}", width, color_scheme=theme)
    expect(page.get_by_role("heading", name="Receivables")).to_be_visible()
    assert sideways(page) == 0
    wide = page.evaluate(
        "[...document.querySelectorAll('main .card *')]"
        ".filter((part) => part.getBoundingClientRect().right > innerWidth + 1 && !part.closest('.sr-only, .as-entries thead'))"
        ".map((part) => part.outerHTML.slice(0, 80))"
    )
    assert wide == []


@pytest.mark.parametrize("width", WIDTHS)
def test_chart_is_a_table_with_bars_of_their_size(open_page, width):
    page = open_page(width=width)
    chart = page.get_by_role("table", name="Outstanding by days late").first
    assert [row.inner_text() for row in chart.get_by_role("rowheader").all()] == [
        "Not yet due", "1–30 days", "31–60 days", "61–90 days", "Over 90 days",
    ]  # fmt: skip
    side = "height" if width > 600 else "width"
    bars = [bar.bounding_box() for bar in chart.locator("svg").all()]
    amounts = [
        float(cell.inner_text().strip("$").replace(",", ""))
        for cell in chart.locator(".age-amount > span").all()
    ]
    assert len(bars) == len(amounts) == 5
    largest = amounts.index(max(amounts))
    for bar, amount in zip(bars, amounts, strict=True):
        assert bar[side] == pytest.approx(bars[largest][side] * amount / amounts[largest], abs=4)


def test_overdue_says_what_is_paid(open_page):
    page = open_page("?by=invoice&bucket=late_more")
    row = page.locator("tbody tr", has=page.locator(".settled")).first
    expect(row.locator("[data-entry=flag]")).to_have_text("Overdue, 40% paid")


def test_filters_are_worked_by_keyboard_and_stand_in_the_address(open_page):
    page = open_page()
    page.get_by_role("link", name="Over 90 days").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**bucket=late_more**")
    page.get_by_role("link", name="Invoices", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**by=invoice**")
    assert "bucket=late_more" in page.url
    page.get_by_role("link", name="Balance").focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Balance")
    page.get_by_label("Sales rep").select_option("No deal")
    page.wait_for_url("**rep=0**")
    assert "bucket=late_more" in page.url
    expect(page.locator("main tbody td", has_text="No deal").first).to_be_visible()


def test_everything_works_without_script(open_page):
    page = open_page(java_script_enabled=False)
    page.get_by_role("searchbox", name="Customer", exact=True).fill("Sons 27")
    page.get_by_role("button", name="Show").click()
    assert "q=Sons+27" in page.url
    page.get_by_role("link", name="Hill Country Dental Laboratories and Sons 27").click()
    assert "customer=27" in page.url
    rows = page.locator("main .as-entries tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="Clear filters").first.click()
    expect(page.locator("main .as-entries tbody tr")).to_have_count(25)
    page.get_by_role("link", name="Next").click()
    assert "page=2" in page.url


def test_file_is_offered_with_the_same_filter(open_page):
    page = open_page("?by=rep&currency=USD")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename.startswith("receivables-")
    assert "currency=USD" in download.value.url
