"""What the scripts do for keyboard and screen reader, in a real browser under the strict policy."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Handler

pytestmark = pytest.mark.e2e


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id")


def test_menu_opens_moves_jumps_and_gives_the_focus_back(page):
    button = page.get_by_label("Actions for invoice 1058")
    button.focus()
    page.keyboard.press("ArrowDown")
    expect(button).to_have_attribute("aria-expanded", "true")
    assert focused(page) == "Send by email…"
    page.keyboard.press("ArrowUp")
    assert focused(page) == "Void…"
    page.keyboard.press("d")
    assert focused(page) == "Download PDF"
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_question_opens_over_the_page_with_the_safe_way_out_focused(page):
    button = page.get_by_label("Actions for invoice 1058")
    button.click()
    page.get_by_role("menuitem", name="Void…").click()
    dialog = page.get_by_role("dialog", name="Void invoice 1058?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("link", name="Keep invoice")).to_be_focused()
    assert dialog.locator("form").get_attribute("action").endswith("/void")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_safe_button_of_a_question_closes_it_without_leaving_the_page(page, gallery_url):
    page.get_by_label("Actions for invoice 1058").click()
    page.get_by_role("menuitem", name="Void…").click()
    page.get_by_role("link", name="Keep invoice").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.url.rstrip("/") == gallery_url


def test_combobox_is_worked_by_keyboard_alone(page):
    field = page.get_by_role("combobox", name="QuickBooks product")
    page.evaluate("document.addEventListener('combobox:select', (e) => (window.taken = e.detail))")
    # The list of the last letter, not one of those before: it would begin anew under the arrow.
    with page.expect_response(re.compile(r"q=install(&|$)")):
        field.press_sequentially("install")
    listed = page.get_by_role("option")
    expect(listed).to_have_count(3)
    expect(field).to_have_attribute("aria-expanded", "true")
    assert field.get_attribute("aria-activedescendant") == listed.nth(0).get_attribute("id")
    field.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") == listed.nth(1).get_attribute("id")
    field.press("Enter")
    expect(field).to_have_value("Installation – after hours")
    expect(page.locator("[name=item]")).to_have_value("1")
    assert page.evaluate("window.taken.price") == "95"
    assert Handler.posts == []


def test_escape_closes_the_list_first_and_clears_the_field_second(page):
    field = page.get_by_role("combobox", name="QuickBooks product")
    field.press_sequentially("monitor")
    expect(page.get_by_role("option")).to_have_count(1)
    field.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("monitor")
    field.press("Escape")
    expect(field).to_have_value("")


def test_words_that_were_not_taken_do_not_pretend_to_be_the_choice(page):
    field = page.get_by_role("combobox", name="QuickBooks product")
    field.press_sequentially("after")
    expect(page.get_by_role("option")).to_have_count(1)
    field.press("Enter")
    field.press_sequentially("monitor")
    page.locator("#mail").focus()
    expect(field).to_have_value("Installation – after hours")


def test_search_of_the_page_leads_where_the_arrows_point_and_else_to_all_finds(page, gallery_url):
    field = page.get_by_role("combobox", name="Search everything")
    field.press_sequentially("ma")
    finds = page.get_by_role("option")
    expect(finds).to_have_count(2)
    assert field.get_attribute("aria-activedescendant") is None
    field.press("ArrowDown")
    field.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") == finds.nth(1).get_attribute("id")
    field.press("Enter")
    page.wait_for_url("**/at/person")

    page.goto(gallery_url)
    field.press_sequentially("ma")
    expect(finds).to_have_count(2)
    field.press("Enter")
    page.wait_for_url("**/found?q=ma")

    page.goto(gallery_url)
    field.press_sequentially("ma")
    finds.first.click()
    page.wait_for_url("**/at/deal")


def test_segment_shows_its_part_and_a_link_opens_what_hides_a_field(page):
    expect(page.locator("#name")).to_be_hidden()
    page.get_by_role("link", name="Show the name").click()
    expect(page.locator("#name")).to_be_focused()
    expect(page.locator("#item")).to_be_hidden()


def test_form_is_sent_once_however_often_it_is_pressed(page):
    create = page.get_by_role("button", name="Create")
    with page.expect_request("**/create"):
        create.dispatch_event("click")
        create.dispatch_event("click")
        create.dispatch_event("click")
    expect(create).to_have_attribute("aria-busy", "true")
    assert Handler.posts == ["/create"]


def test_page_keys_rest_while_somebody_types(page):
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Page keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#mail").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#mail")).to_have_value("?accounts@marlowdental.example")


def test_signed_out_meanwhile_is_said_and_loses_nothing(page):
    page.get_by_role("combobox", name="Signed out meanwhile").press_sequentially("abc")
    expect(page.get_by_text("You are signed out", exact=True)).to_be_visible()
    expect(page.locator("#announce-now")).to_contain_text("Nothing typed here is lost")
    expect(page.locator("#lost")).to_have_value("abc")
    expect(page.get_by_role("link", name="Sign in in a new tab")).to_have_attribute("target", "_blank")


def test_toast_is_shown_spoken_and_can_be_closed(page):
    page.evaluate("htmx.trigger(document.body, 'toast', {message: 'Invoice 1067 is on its way.'})")
    toast = page.locator(".toast")
    expect(toast).to_contain_text("Invoice 1067 is on its way.")
    expect(page.locator("#announce")).to_have_text("Invoice 1067 is on its way.")
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 1000, 640, 360, 320])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_scrolls_sideways(page, width, theme):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 800})
    inner, outer = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert inner <= outer


def test_targets_are_large_enough_to_hit(page):
    page.set_viewport_size({"width": 360, "height": 800})
    boxes = page.locator("main :is(.btn, summary, input:not([type=hidden], [type=radio], [type=checkbox]))")
    assert boxes.count() > 8
    sizes = [box.bounding_box() for box in boxes.all() if box.is_visible()]
    assert [size for size in sizes if min(size["width"], size["height"]) < 24] == []


@pytest.fixture
def live(page):
    """The gallery with the way into what htmx does with an answer; the policy there forbids `eval`."""
    page.evaluate(
        """() => {
          const part = document.querySelector('tbody');
          part.id = 'rows';
          window.lookAt = (change) => {
            const copy = part.cloneNode(true);
            change(copy);
            const answer = document.createDocumentFragment();
            answer.append(copy);
            document.dispatchEvent(new CustomEvent('in-place', {detail: {target: part, fragment: answer}}));
          };
        }"""
    )
    return page


def test_status_that_changed_by_itself_is_spoken_and_tinted(live):
    live.evaluate("window.lookAt((copy) => (copy.querySelector('.flag').textContent = 'Paid'))")
    expect(live.locator("#announce")).to_have_text("1058: Paid")
    expect(live.locator("[data-invoice='1']")).to_have_class("row-changed")
    expect(live.locator("[data-invoice='1']")).not_to_have_class("row-changed", timeout=4000)


def test_what_is_the_same_stays_the_same_element_and_keeps_the_focus(live):
    link = live.locator("[data-invoice='1'] a")
    link.focus()
    live.evaluate("window.kept = document.querySelector('[data-invoice] a')")
    live.evaluate("window.lookAt((copy) => (copy.querySelector('.late').textContent = '12 days late'))")
    expect(live.locator("[data-invoice='1'] .late")).to_have_text("12 days late")
    expect(link).to_be_focused()
    assert live.evaluate("window.kept.isConnected")


def test_open_menu_is_left_alone_by_news(live):
    live.evaluate(
        """() => {
          const cell = document.querySelector('[data-invoice] td:last-child');
          cell.append(document.querySelector('details[data-menu]:has([aria-label*="1058"])'));
        }"""
    )
    live.get_by_label("Actions for invoice 1058").click()
    live.evaluate(
        """window.lookAt((copy) => {
          copy.querySelector('.flag').textContent = 'Paid';
          copy.querySelector('[role=menuitem]').textContent = 'Something else';
        })"""
    )
    expect(live.locator("[data-invoice='1'] .flag")).to_have_text("Paid")
    expect(live.get_by_role("menuitem", name="Send by email…")).to_be_visible()


def test_one_part_asks_for_all_and_the_others_only_when_there_is_news(page):
    """Two parts that look after themselves: quiet looks take turns, and news reaches both at once."""
    asked: list[tuple[str, int]] = []
    news = {"left": 2}

    def answer(route) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        is_new = bool(asked) and len(asked) >= 2 and news["left"] > 0
        news["left"] -= is_new
        asked.append((name, 200 if is_new else 204))
        body = f'<div id="{name}" hx-get="/polled/{name}" hx-trigger="poll" hx-ext="in-place" hx-swap="in-place" data-poll></div>'
        route.fulfill(status=200 if is_new else 204, body=body if is_new else "", content_type="text/html")

    page.route("**/polled/*", answer)
    page.evaluate(
        """() => { for (const name of ['one', 'two']) {
          const part = document.createElement('div');
          Object.assign(part, {id: name});
          part.dataset.poll = '';
          part.setAttribute('hx-get', `/polled/${name}`);
          part.setAttribute('hx-trigger', 'poll');
          part.setAttribute('hx-swap', 'in-place');
          part.setAttribute('hx-ext', 'in-place');
          document.body.append(part);
          htmx.process(part);
        } }"""
    )
    with page.expect_response(lambda _answer: len(asked) >= 6, timeout=15_000):
        pass
    assert asked[:6] == [("one", 204), ("two", 204), ("one", 200), ("two", 200), ("two", 204), ("one", 204)]
