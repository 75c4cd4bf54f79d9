"""The range of days in a real browser: typing in several forms, and the calendar by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


@pytest.fixture
def opened(page):
    page.locator("details[data-range] > summary").click()
    return page


def test_fields_speak_like_people_and_send_plain_days(opened):
    expect(opened.get_by_label("First day")).to_have_value("Jan 1, 2026")
    opened.get_by_label("First day").fill("13.3.2025")
    opened.get_by_label("Last day").fill("4/30")
    opened.get_by_role("button", name="Show range").click()
    opened.wait_for_url(re.compile(r"/ranged\?from=2025-03-13&to=\d{4}-04-30$"))


def test_typing_moves_the_calendar(opened):
    opened.get_by_label("Last day").fill("13 feb 2025")
    expect(opened.locator("[data-range-title]")).to_have_text("February 2025")


def test_calendar_is_worked_by_keyboard_alone(opened):
    opened.get_by_label("First day").focus()
    opened.keyboard.press("ArrowDown")
    day = opened.locator("[data-day]:focus")
    expect(day).to_have_attribute("data-day", "2026-03-17")
    for key, reached in (
        ("ArrowRight", "2026-03-18"),
        ("ArrowDown", "2026-03-25"),
        ("PageDown", "2026-04-25"),
        ("PageUp", "2026-03-25"),
        ("Shift+PageUp", "2025-03-25"),
        ("ArrowUp", "2025-03-18"),
        ("ArrowLeft", "2025-03-17"),
        ("Home", "2025-03-16"),
        ("End", "2025-03-22"),
    ):
        opened.keyboard.press(key)
        expect(opened.locator("[data-day]:focus")).to_have_attribute("data-day", reached)
    opened.keyboard.press("Enter")
    expect(opened.get_by_label("First day")).to_have_value("Mar 22, 2025")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Enter")
    expect(opened.get_by_label("Last day")).to_have_value("Mar 29, 2025")
    assert opened.locator(".is-within").count() == 6
    assert opened.get_by_role("gridcell", name="Saturday, March 22, 2025").count() == 1


def test_short_months_hold_the_end(opened):
    opened.get_by_label("Last day").fill("2026-01-31")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("PageDown")
    expect(opened.locator("[data-day]:focus")).to_have_attribute("data-day", "2026-02-28")


def test_escape_closes_and_gives_the_focus_back(opened):
    opened.get_by_label("First day").focus()
    opened.keyboard.press("Escape")
    expect(opened.locator("details[data-range]")).not_to_have_attribute("open", "")
    expect(opened.locator("details[data-range] > summary")).to_be_focused()


def test_day_that_is_none_is_said_before_anything_is_sent(opened):
    address = opened.url
    opened.get_by_label("Last day").fill("someday")
    opened.get_by_role("button", name="Show range").click()
    expect(opened.locator("details[data-range] [role=alert]")).to_have_text("This is no day we can read.")
    expect(opened.get_by_label("Last day")).to_be_focused()
    expect(opened.get_by_label("Last day")).to_have_value("someday")
    assert opened.url == address
