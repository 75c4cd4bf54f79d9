"""An admin looks after the connection on the health page, in a real browser; the parts follow one another."""

import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.demo import Demo
from tests.prepared import put_prepared

from .test_walk import Person, consent

pytestmark = pytest.mark.e2e
PAGE = "/quickbooks/health/"
SLOW = 60_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo"))
    put_prepared(running.data / "db.sqlite3")
    running.start(QUICKBOOKS_POLL_SECONDS="5")
    running.wait_for_greeting()
    yield running
    assert running.end(signal.SIGINT) == 0


@pytest.fixture(scope="module")
def dana(browser, demo) -> Iterator[Person]:
    person = Person(browser, demo.crm, "dana")
    person.go("/quickbooks/").get_by_role("button", name="Connect QuickBooks").first.click()
    consent(person.page)
    person.page.wait_for_url(re.compile(f"{demo.crm}/quickbooks/"))
    yield person
    assert person.errors == []


def verdict(page: Page):
    return page.locator("#verdict")


def pay(demo: Demo) -> str:
    """Pay an invoice on the QuickBooks emulator; gives its number."""
    realm, qbo_id, number = demo.rows(
        "select c.realm_id, i.qbo_id, i.doc_number from quickbooks_bridge_invoice i "
        "join quickbooks_bridge_company c on c.id = i.company_id "
        "where balance > 0 and not is_voided and not is_deleted order by i.id desc limit 1"
    )[0]
    demo.control("POST", f"{realm}/invoices/{qbo_id}/pay")
    return str(number)


def test_news_come_in_place_and_leave_focus_scroll_and_what_is_open(dana, demo):
    page = dana.go(PAGE)
    expect(verdict(page)).to_contain_text("Up to date with QuickBooks.", timeout=SLOW)
    expect(verdict(page)).to_contain_text(re.compile(r"up to date on all \d+ invoices"))
    page.evaluate("window.isTheSamePage = true")
    page.locator("summary", has_text="What this company reads").click()
    switch = page.get_by_role("switch", name="Changes have not arrived for over 15 minutes")
    switch.focus()
    scrolled = page.evaluate("scrollY")
    at = page.locator("[data-polled]").inner_text()
    expect(page.locator("[data-polled]")).not_to_have_text(at, timeout=SLOW)
    number = pay(demo)
    expect(page.locator("#happened")).to_contain_text(f"Invoice {number} was paid", timeout=SLOW)
    expect(switch).to_be_focused()
    assert page.evaluate("[window.isTheSamePage, scrollY]") == [True, scrolled]
    expect(page.locator("details.health-more")).to_have_attribute("open", "")
    expect(page.locator("#chart-card")).to_contain_text("Typical")
    page.locator("summary", has_text="As a table").click()
    expect(page.get_by_role("table", name="Delay until a change shows here, by the hour")).to_be_visible()


def test_buttons_say_what_came_of_them_and_switches_switch_by_keyboard(dana, demo):
    page = dana.go(PAGE)
    page.get_by_role("button", name="Check now").click()
    expect(page.locator(".toast").first).to_contain_text("up to date with QuickBooks")
    switch = page.get_by_role("switch", name="Changes have not arrived for over 15 minutes")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(switch).to_be_focused()
    assert demo.rows(
        "select notify_sync_delayed from quickbooks_bridge_invoicingsettings where notify_sync_delayed"
    ) == [(1,)]
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    page.get_by_role("button", name="Compare everything").click()
    expect(page.locator("#copy-card")).to_contain_text("Differences found", timeout=SLOW)
    page.locator("#happened summary").click()
    page.get_by_role("menuitemradio", name="Connection").click()
    page.wait_for_url(re.compile("kind=connection"))
    expect(page.locator("#happened")).to_contain_text("was connected")
    expect(page.locator("#happened")).not_to_contain_text("was paid")


def test_trouble_and_recovery_show_by_themselves(dana, demo):
    page = dana.go(PAGE)
    demo.control("POST", "faults", kind="503_html", count=10_000)
    expect(verdict(page)).to_contain_text("Not up to date with QuickBooks since", timeout=SLOW)
    finding = page.locator("#issue-not-read")
    expect(finding).to_contain_text("It is tried again by itself")
    verdict(page).get_by_role("link", name="Show it").press("Enter")
    expect(finding).to_be_focused()
    demo.control("DELETE", "faults")
    finding.get_by_role("button", name="Try now").click()
    expect(verdict(page)).to_contain_text("Up to date with QuickBooks.", timeout=SLOW)
    expect(page.locator("#chart-card")).to_contain_text("QuickBooks did not answer for", timeout=SLOW)
    page.locator("summary", has_text="Solved in the last 14 days").click()
    expect(page.locator(".health-solved li").first).to_contain_text("it could be read again")


def test_it_fits_every_width_in_light_and_dark_and_everything_has_a_name(dana, demo):
    demo.rows(
        "insert into quickbooks_bridge_unreadableobject (company_id, entity, qbo_id, reason, first_seen_at, last_seen_at) "
        "select company_id, 'Invoice', '77', 'x', connected_at, connected_at from quickbooks_bridge_connection"
    )
    too_wide = []
    for width in (1440, 1000, 768, 320):
        dana.page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            dana.page.emulate_media(color_scheme=scheme)
            page = dana.go(PAGE)
            expect(verdict(page)).to_contain_text("One thing needs a person.")
            if page.evaluate("document.documentElement.scrollWidth") > width:
                too_wide.append((width, scheme))
            dana.shot(f"health-{width}-{scheme}")
    assert too_wide == []
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("#health :is(a, button, summary, progress, section)")].filter((part) => {
            const by = (part.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id));
            const words = by.map((one) => one?.textContent || "").join("") || part.getAttribute("aria-label") || part.textContent;
            return !words.trim();
        }).map((part) => part.outerHTML.slice(0, 90))"""
    )
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((part) => part.id)")
    small = page.evaluate(
        """() => [...document.querySelectorAll("#health :is(a.btn, button:not([role=switch]), summary)")]
            .filter((part) => part.getBoundingClientRect().height < 24).map((part) => part.outerHTML.slice(0, 90))"""
    )
    assert (nameless, small) == ([], [])
    assert len(ids) == len(set(ids))
