"""The main job by keyboard alone, and what a screen reader is told on the way."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from deals.models import Deal
from quickbooks_bridge.models import Customer, Invoice
from tests.ui.pages import signed_in, unlinked_deal, world_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

# The focus is drawn on the element, or on the box or words that stand for it, and nothing sticky lies over it.
FOCUS = """() => {
    const part = document.activeElement;
    if (!part || part === document.body) return "the focus is lost";
    if (part.matches("main, dialog")) return "";
    const name = part.outerHTML.slice(0, 120);
    const drawn = (one, pseudo) => {
        const style = getComputedStyle(one, pseudo);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    };
    const standsFor = [part, part.nextElementSibling, part.closest("[role=search], label, .combo, .pair")].filter(Boolean);
    if (!standsFor.some((one) => drawn(one))) return `the focus is not drawn on ${name}`;
    const box = part.getBoundingClientRect();
    if (box.bottom <= 0 || box.top >= innerHeight) return `the focus is outside of the window: ${name}`;
    const points = [[.5, .5], [.1, .2], [.9, .8]].map(([x, y]) => document.elementFromPoint(box.x + box.width * x, box.y + box.height * y));
    const isSeen = points.some((hit) => hit && (part.contains(hit) || hit.contains(part) || hit.closest("label")?.contains(part) || part.nextElementSibling === hit));
    return isSeen || box.width < 2 ? "" : `something lies over ${name}`;
}"""


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def open_page(browser: Browser, live_server, connection, deal, admin):
    """Return a way to open a page of the admin; a script error is a failure."""
    contexts, problems = [], []

    def start(path: str, **options) -> Page:
        context = signed_in(browser, admin.member, live_server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(live_server.url + path)
        page.bring_to_front()
        # A key that comes before the first frame goes nowhere.
        page.wait_for_function(
            "document.documentElement.classList.contains('has-script') && document.hasFocus()"
        )
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return page

    yield start
    for context in contexts:
        context.close()
    assert problems == []


def focused(page: Page) -> Locator:
    """Look at what has the focus: it is there, drawn, and not covered."""
    assert page.evaluate(FOCUS) == ""
    return page.locator(":focus")


def tab_to(page: Page, target: Locator, key: str = "Tab", most: int = 90) -> None:
    """Press a key until the target has the focus, looking at every stop on the way."""
    for _press in range(most):
        page.keyboard.press(key)
        focused(page)
        if target.evaluate("part => part === document.activeElement"):
            return
    raise AssertionError(f"{target} is not reached by {key}")


def told(page: Page, words: str | re.Pattern[str], region: str = "#announce") -> None:
    expect(page.locator(region)).to_contain_text(words)


def settled(page: Page) -> None:
    expect(page.locator("#invoice-form:not([data-checking])")).to_be_attached()


def take(page: Page, field: Locator, words: str) -> None:
    """Search in a field that has the focus, hear how many there are, and take the first."""
    page.keyboard.type(words)
    active = page.locator("[role=option][aria-selected=true]")
    expect(active).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(field).to_have_attribute("aria-activedescendant", active.get_attribute("id") or "none")
    told(page, re.compile("match"))
    with page.expect_response(re.compile("/invoices/new/")):
        page.keyboard.press("Enter")
    settled(page)
    assert page.evaluate("document.activeElement !== document.body")


def test_an_invoice_is_made_and_voided_by_keyboard_alone(open_page, deal):
    made_for = unlinked_deal(deal)
    customer = (
        Customer.objects.filter(is_active=True, currency="USD").exclude(email="").order_by("display_name")[0]
    )
    page = open_page(f"/deals/{made_for.pk}/?tab=invoice")
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("Skip to content")
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#invoice-tab").get_by_role("link", name="Invoice", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/invoices/new/"))

    field = page.locator("#id_customer")
    tab_to(page, field)
    take(page, field, customer.display_name)
    expect(page.locator(".customer-card")).to_contain_text(customer.display_name)
    field = page.locator("#line-0-item")
    tab_to(page, field)
    take(page, field, "design")
    expect(page.locator("#line-0-quantity")).to_be_focused()
    told(page, re.compile("Ready|to fix"))
    expect(page.locator("#check")).to_contain_text("Ready")
    tab_to(page, page.get_by_role("button", name="Create invoice"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("tab=invoice"))
    made = Invoice.objects.get(deal=made_for)
    told(page, made.doc_number)

    row = page.locator(f"#invoice-{made.pk}")
    menu = row.locator("summary")
    tab_to(page, menu)
    page.keyboard.press("Enter")
    expect(focused(page)).to_have_attribute("role", "menuitem")
    expect(menu).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    page.keyboard.press("ArrowDown")
    tab_to(page, row.get_by_role("menuitem", name="Void"), "ArrowDown", most=8)
    page.keyboard.press("Enter")
    asked = page.get_by_role("dialog", name=re.compile("Void invoice"))
    expect(asked).to_be_visible()
    expect(focused(page)).to_have_text("Keep invoice")
    page.keyboard.press("Escape")
    expect(asked).not_to_be_visible()
    expect(menu).to_be_focused()

    page.keyboard.press("Enter")
    tab_to(page, row.get_by_role("menuitem", name="Void"), "ArrowDown", most=8)
    page.keyboard.press("Enter")
    tab_to(page, asked.get_by_role("button", name="Void invoice"), most=4)
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Voided")
    told(page, re.compile("[Vv]oided"))
    expect(page.locator(f"#invoice-{made.pk} summary")).to_be_focused()
    focused(page)


def test_every_stop_of_the_main_pages_is_drawn_and_not_covered(open_page, deal, connection, live_server):
    ids = world_of(deal, connection, live_server.url).ids
    page = open_page("/deals/", viewport={"width": 1280, "height": 600})
    for path in (
        "/deals/",
        "/deals/{deal}/?tab=invoice",
        "/deals/{deal}/invoices/new/",
        "/deals/{deal}/invoices/all/",
        "/quickbooks/",
    ):
        page.goto(live_server.url + path.format(**ids))
        for key, most in (("Tab", 70), ("Shift+Tab", 25)):
            for _press in range(most):
                page.keyboard.press(key)
                # Past the last stop is the browser's own frame.
                if page.evaluate("document.activeElement === document.body"):
                    break
                focused(page)


def test_a_refusal_is_told_and_has_the_focus(open_page, deal):
    page = open_page(f"/deals/{unlinked_deal(deal).pk}/invoices/new/")
    page.get_by_role("button", name="Create invoice").press("Enter")
    field = page.get_by_role("combobox", name="Customer", exact=False).first
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    described = (field.get_attribute("aria-describedby") or "").split()
    assert page.locator(f"#{described[0]}").inner_text().strip()
    focused(page)
    # Red is what is wrong; where the focus is, is drawn besides.
    ring = "part => getComputedStyle(part).outlineStyle"
    with_focus = field.evaluate(ring)
    page.keyboard.press("Tab")
    assert (with_focus, field.evaluate(ring)) == ("solid", "none")


def test_escape_closes_the_list_of_keys_and_gives_the_focus_back(open_page):
    page = open_page("/deals/")
    opener = page.get_by_role("button", name="Page keys")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Page keys")).to_be_visible()
    focused(page)
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_pages_are_walked_by_landmarks_headings_and_names(open_page, deal, connection, live_server):
    world_of(deal, connection, live_server.url)
    page = open_page(f"/deals/{deal.pk}/?tab=invoice")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    expect(page.get_by_role("banner")).to_be_visible()
    expect(page.get_by_role("search")).to_be_visible()
    expect(page.get_by_role("heading", level=1, name="Quill fit-out")).to_be_visible()
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_role("complementary", name="Details")).to_be_visible()
    table = page.get_by_role("table", name="Invoices of this deal")
    for head in ("Invoice", "Status", "Issued", "Due", "Total", "Balance", "Actions"):
        expect(table.get_by_role("columnheader", name=head, exact=True)).to_have_count(1)
    for status in ("Open", "Partially paid", "Paid", "Overdue", "Voided", "Deleted"):
        expect(table.get_by_role("cell", name=re.compile(status)).first).to_be_visible()
    names = page.locator("#invoice-table summary").evaluate_all(
        "all => all.map((part) => part.getAttribute('aria-label'))"
    )
    assert len(names) == len(set(names)) > 5
    expect(page.get_by_role("link", name="Invoice", exact=True).first).to_be_visible()
    expect(page.get_by_role("region", name="Change log")).to_be_visible()

    page.goto(f"{live_server.url}/deals/{unlinked_deal(deal).pk}/invoices/new/")
    expect(page.locator("body")).to_match_aria_snapshot(
        """
        - region "New invoice":
          - heading "New invoice" [level=1]
        - main:
          - region "Customer":
            - heading "Customer" [level=2]
          - region "Invoice details":
            - heading "Invoice details" [level=2]
          - region "Line items":
            - heading "Line items" [level=2]
            - group "Line 1":
              - combobox "QuickBooks product, line 1"
              - textbox "Quantity, line 1"
              - textbox "Price, line 1"
        - region "Total":
          - button "Create invoice"
        """
    )


def test_what_happens_elsewhere_is_told(open_page, deal, connection, live_server):
    ids = world_of(deal, connection, live_server.url).ids
    page = open_page(f"/deals/{deal.pk}/?tab=invoice")
    row = page.locator(f"#invoice-{ids['open']}")
    expect(row).to_contain_text("Open")
    row.locator("summary").focus()
    Invoice.objects.filter(pk=ids["open"]).update(balance=0)
    Deal.objects.filter(pk=deal.pk).update(title="Quill fit-out")
    with page.expect_response(re.compile("/invoices/tab/")):
        page.evaluate("document.body.dispatchEvent(new Event('poll-now'))")
    expect(row).to_contain_text("Paid")
    told(page, re.compile("Paid"))
    expect(row.locator("summary")).to_be_focused()
