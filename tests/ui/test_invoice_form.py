"""The invoice form in a real browser: keyboard, search, remedies, drafts, two widths, with and without script."""

import re

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect

from deals.models import DealLine
from quickbooks_bridge.models import Customer, Invoice, InvoiceIntent, Item, SavedDraft

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def open_form(browser: Browser, live_server, connection, deal, admin):
    """Return a way to open the form in a fresh window; a script error or a refused resource is a failure."""
    opened, problems = [], []

    def start(**options) -> Page:
        signed_in = Client()
        signed_in.force_login(admin.member.user)
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 1000}, **options})
        context.add_cookies(
            [{"name": "sessionid", "value": signed_in.cookies["sessionid"].value, "url": live_server.url}]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        opened.append(context)
        page.goto(f"{live_server.url}/deals/{deal.pk}/invoices/new/")
        return page

    yield start
    for context in opened:
        context.close()
    assert problems == []


def typed(page: Page, field: str, words: str) -> None:
    with page.expect_response(re.compile("/invoices/check/")):
        page.fill(field, words)


def pressed(page: Page, key: str) -> None:
    with page.expect_response(re.compile("/invoices/new/")):
        page.keyboard.press(key)


def take_product(page: Page, field: str, words: str) -> None:
    expect(page.locator("#invoice-form:not([data-checking])")).to_be_attached()
    page.fill(field, words)
    expect(page.locator(f"{field} ~ ul [role=option][aria-selected=true]")).to_be_visible()
    pressed(page, "Enter")


def test_lines_are_worked_by_keyboard_alone(open_form, deal):
    page = open_form()
    page.focus("#line-0-unit_price")
    pressed(page, "Enter")
    expect(page.locator("#line-1-name")).to_be_focused()
    page.keyboard.type("Second")
    pressed(page, "Alt+ArrowUp")
    expect(page.locator("#line-0-name")).to_be_focused()
    expect(page.locator("#line-0-name")).to_have_value("Second")
    expect(page.locator("#line-1-name")).to_have_value("Desk")
    page.focus("#line-0-handle")
    page.keyboard.press("ArrowDown")
    page.get_by_role("menuitem", name="Move down").press("Enter")
    expect(page.locator("#line-1-name")).to_have_value("Second")
    expect(page.locator("#line-1-handle")).to_be_focused()


def test_linking_a_product_clears_the_warning_and_moves_on(open_form, deal):
    page = open_form()
    line = page.locator("#line-0")
    expect(line).to_have_class(re.compile("row-attention"))
    take_product(page, "#line-0-item", "design")
    expect(line).not_to_have_class(re.compile("row-attention"))
    expect(page.locator("#line-0-quantity")).to_be_focused()
    expect(page.locator("#check .check-fix")).to_have_count(1)
    expect(page.locator("#line-0-name")).to_have_value("Desk")


def test_a_late_answer_leaves_the_focus_where_the_person_went(open_form):
    page = open_form()
    page.locator("#id_to").wait_for()
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/invoices/**", hold_the_first)
    page.locator("#id_to").fill("Quill & Sons Ltd")
    with page.expect_request("**/invoices/**"):
        pass
    # The product is taken while the first question is still on its way; then the person goes on.
    page.fill("#line-0-item", "design")
    expect(page.locator("#line-0-item ~ ul [role=option][aria-selected=true]")).to_be_visible()
    page.keyboard.press("Enter")
    page.locator("#id_email").focus()
    page.keyboard.type("a")
    held[0].continue_()
    expect(page.locator("#line-0")).not_to_have_class(re.compile("row-attention"))
    page.keyboard.type("b")
    expect(page.locator("#id_email")).to_be_focused()
    expect(page.locator("#id_email")).to_have_value(re.compile("^ab"))
    expect(page.locator("#line-0-quantity")).to_have_value("3")


def test_totals_and_the_deal_follow_what_is_typed(open_form):
    page = open_form()
    typed(page, "#line-0-quantity", "2")
    expect(page.locator("#line-0-amount")).to_have_text("1,000.00")
    expect(page.locator("#foot-total")).to_contain_text("$1,0")
    expect(page.locator("#check")).to_contain_text("Still to invoice")
    expect(page.locator("#check").get_by_text("$500.00")).to_be_visible()
    expect(page.locator("#line-0-quantity")).to_be_focused()


def test_remedy_fixes_the_field_and_ticks_itself_off(open_form):
    page = open_form()
    page.locator("input[name=customer_mode][value=new]").check(force=True)
    typed(page, "#id_new_display_name", "Quill: Sons")
    field = page.locator("#id_new_display_name")
    expect(field).to_have_attribute("aria-invalid", "true")
    described = (field.get_attribute("aria-describedby") or "").split()
    assert "id_new_display_name_error" in described
    expect(page.locator("#id_new_display_name_error")).to_contain_text("contain a colon")
    page.locator("#check").get_by_role("button", name="Use “Quill Sons”").click()
    expect(field).to_have_value("Quill Sons")
    expect(field).to_be_focused()
    expect(page.locator("#id_new_display_name_error")).to_have_count(0)


def test_create_with_something_to_fix_goes_to_it_and_sends_nothing(open_form):
    page = open_form()
    page.get_by_role("button", name="Create invoice").click()
    expect(page.locator("#id_customer")).to_be_focused()
    expect(page.locator("#id_customer_error")).to_be_visible()
    page.locator("#check h3 a", has_text="Line 1 has no QuickBooks product").click()
    expect(page.locator("#line-0-item")).to_be_focused()
    assert InvoiceIntent.objects.count() == 0


def test_customer_is_chosen_by_search_and_the_difference_is_shown_while_typing(open_form):
    page = open_form()
    customer = (
        Customer.objects.filter(is_active=True, currency="USD").exclude(email="").order_by("display_name")[0]
    )
    page.fill("#id_customer", customer.display_name)
    expect(page.locator("#id_customer ~ ul [aria-selected=true]")).to_be_visible()
    pressed(page, "Enter")
    expect(page.locator(".customer-card")).to_contain_text(customer.display_name)
    typed(page, "#id_email", "new@quill.example")
    expect(page.locator("#update-customer ins", has_text="new@quill.example")).to_be_visible()
    expect(page.locator("#update-customer del", has_text=customer.email)).to_be_visible()
    typed(page, "#id_email", customer.email)
    expect(page.locator("#update-customer ins", has_text="example")).to_have_count(0)


def test_new_customer_is_the_last_entry_of_the_search(open_form):
    page = open_form()
    page.fill("#id_customer", "Quill")
    entry = page.get_by_role("option", name="New customer “Quill & Sons”")
    expect(entry).to_be_visible()
    entry.click()
    expect(page.locator("#id_new_display_name")).to_be_focused()
    expect(page.locator("#id_new_display_name")).to_have_value("Quill & Sons")
    expect(page.get_by_role("radio", name="New customer")).to_be_checked()


def test_product_is_created_from_the_search(open_form):
    page = open_form()
    page.fill("#line-0-item", "zzz")
    page.get_by_role("option", name="Create “Desk” in QuickBooks").click()
    expect(page.locator("#line-0-item")).to_have_value("Desk")
    expect(page.locator("#line-0")).not_to_have_class(re.compile("row-attention"))
    assert Item.objects.filter(name="Desk").count() == 1


def test_what_was_typed_is_there_after_leaving(open_form, deal):
    page = open_form()
    typed(page, "#id_to", "Half a name")
    expect(page.locator("#kept")).to_contain_text("Draft kept")
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(rf"/deals/{deal.pk}/\?tab=invoice"))
    again = open_form()
    expect(again.locator("#id_to")).to_have_value("Half a name")
    expect(again.get_by_text("We kept what you typed")).to_be_visible()
    again.get_by_role("button", name="Start afresh").click()
    expect(again.locator("#id_to")).to_have_value("Quill & Sons")
    assert SavedDraft.objects.count() == 0


def test_signed_out_while_typing_loses_nothing(open_form, admin):
    page = open_form()
    page.context.clear_cookies()
    page.fill("#id_to", "Typed without a session")
    expect(page.get_by_text("You are signed out").first).to_be_visible()
    expect(page.locator("#id_to")).to_have_value("Typed without a session")


def test_two_presses_of_create_make_one_invoice(open_form, deal):
    page = open_form()
    page.check("input[name=customer_mode][value=new]", force=True)
    take_product(page, "#line-0-item", "design")
    expect(page.locator("#check")).to_contain_text("Ready")
    page.get_by_role("button", name="Create invoice").dblclick()
    page.wait_for_url(re.compile("tab=invoice"))
    assert Invoice.objects.filter(deal=deal).count() == 1
    assert SavedDraft.objects.count() == 0


def test_what_was_typed_last_is_checked_before_creating(open_form, deal):
    page = open_form()
    page.check("input[name=customer_mode][value=new]", force=True)
    take_product(page, "#line-0-item", "design")
    expect(page.locator("#check")).to_contain_text("Ready")
    page.fill("#line-0-quantity", "a few")
    page.get_by_role("button", name="Create invoice").click()
    expect(page.locator("#line-0-quantity")).to_be_focused()
    assert "/invoices/new/" in page.url
    assert Invoice.objects.filter(deal=deal).count() == 0
    page.fill("#line-0-quantity", "3")
    page.get_by_role("button", name="Create invoice").click()
    page.wait_for_url(re.compile("tab=invoice"))
    assert Invoice.objects.filter(deal=deal).count() == 1


def test_control_and_enter_create(open_form, deal):
    page = open_form()
    page.check("input[name=customer_mode][value=new]", force=True)
    take_product(page, "#line-0-item", "design")
    expect(page.locator("#check")).to_contain_text("Ready")
    page.locator("#id_to").press("Control+Enter")
    page.wait_for_url(re.compile("tab=invoice"))
    assert Invoice.objects.filter(deal=deal).count() == 1


def test_form_works_without_script(open_form, deal):
    page = open_form(java_script_enabled=False)
    page.check("input[name=customer_mode][value=new]", force=True)
    item = Item.objects.filter(is_active=True, kind="Service").order_by("name")[0]
    page.fill("#line-0-item", item.name)
    page.get_by_role("button", name="Add line").click()
    page.fill("#line-1-name", "By hand")
    page.fill("#line-1-unit_price", "5")
    page.fill("#line-1-item", item.name)
    page.get_by_role("button", name="Update totals").click()
    expect(page.locator("#check")).to_contain_text("Ready")
    page.get_by_role("button", name="Create invoice").click()
    page.wait_for_url(re.compile("tab=invoice"))
    assert Invoice.objects.get(deal=deal).expected_total is not None
    assert len(InvoiceIntent.objects.get().payload["Line"]) == 2


@pytest.mark.parametrize(("width", "theme"), [(320, "dark"), (360, "light"), (768, "light"), (1000, "dark")])
def test_form_fits_every_width(open_form, deal, width, theme):
    DealLine.objects.create(
        deal=deal, name="A name without any blank " + "x" * 80, quantity=1, unit_price="123456.78"
    )
    page = open_form(viewport={"width": width, "height": 800}, color_scheme=theme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 640:
        expect(page.locator(".check-bar")).to_be_visible()
        return
    expect(page.locator("#line-0-name")).to_be_hidden()
    for name in ("Next", "Next"):
        page.get_by_role("button", name=name).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("#ready")).to_be_visible()
    page.locator("#check h3 a", has_text="Line 1").click()
    expect(page.locator("#line-0-item")).to_be_focused()
    assert page.locator("#line-0-item").bounding_box()["height"] >= 40
