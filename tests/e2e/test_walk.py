"""A person walks the main job in a real browser, against the demo as README starts it; the parts follow one another."""

import os
import re
import signal
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect
from pypdf import PdfReader

from tests.demo import Demo
from tests.prepared import put_prepared

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "artefacts"
# `make screenshots` keeps the ones README shows.
KEPT = ROOT / os.environ["SCREENSHOTS"] if os.environ.get("SCREENSHOTS") else None
README = ("deal", "deal-320-dark", "form", "settings")
PASSWORD = "bluestem-demo-2026"
COMPANY = "Bluestem Office Interiors"
DEAL = "Pecan Dental: seating"
SOON = 20_000


class Person:
    """Somebody signed in, in a window of their own; a page that fails is noted."""

    def __init__(self, browser: Browser, crm: str, username: str) -> None:
        self.crm = crm
        self.errors: list[str] = []
        self.page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        self.page.set_default_timeout(SOON)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "response",
            lambda answer: self.errors.append(answer.url) if answer.status >= 500 else None,
        )
        self.page.goto(f"{crm}/login/")
        self.page.locator("#id_username").fill(username)
        self.page.locator("#id_password").fill(PASSWORD)
        self.page.locator("#id_password").press("Enter")
        self.page.wait_for_url(re.compile("/deals/"))

    def go(self, path: str) -> Page:
        self.page.goto(self.crm + path)
        return self.page

    def deal(self, title: str = DEAL) -> Page:
        """Find a deal as people do, and open its Invoice tab."""
        self.go("/deals/?q=" + title.replace(" ", "+").replace(":", "%3A"))
        self.page.get_by_role("link", name=title).first.click()
        self.page.wait_for_url(re.compile(r"/deals/\d+/"))
        return self.page

    def shot(self, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
        if KEPT and name in README:
            KEPT.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=KEPT / f"{name}.png", full_page=name == "settings")


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
    yield person
    assert person.errors == []


@pytest.fixture(scope="module")
def realm(demo) -> str:
    companies = demo.control("GET", "companies")["list"]
    return next(one["realm_id"] for one in companies if one["name"] == COMPANY)


def consent(page: Page, button: str = "Connect", company: str = "") -> None:
    """Answer the consent page of the QuickBooks emulator."""
    page.wait_for_url(re.compile("connect/oauth2"))
    if company:
        choice = page.get_by_label(company)
        if choice.count():
            choice.first.check()
        else:
            page.locator("select").first.select_option(label=company)
    page.get_by_role("button", name=button).first.click()


def tab(page: Page) -> Locator:
    return page.locator("#invoice-tab")


def first_row(page: Page) -> Locator:
    return tab(page).locator("tbody tr").first


def menu(row: Locator) -> list[str]:
    """Open the menu of an invoice and give what it offers."""
    row.locator("summary").click()
    entries = row.get_by_role("menuitem")
    expect(entries.first).to_be_visible()
    return [" ".join(text.split()) for text in entries.all_inner_texts()]


def choose(page: Page, field: Locator, words: str) -> None:
    """Type into a search field and take the first that is found."""
    found = page.locator("[role=option]:not([aria-disabled=true]):visible")
    option = found.filter(has_text=re.compile(re.escape(words), re.IGNORECASE)).first
    for _attempt in range(5):
        field.click()
        field.fill("")
        field.press_sequentially(words, delay=10)
        try:
            with page.expect_response(re.compile("/check/|/preview/"), timeout=8000):
                option.click(timeout=4000)
        except TimeoutError:
            continue
        # The answer moves the focus: the next field is used after that.
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return
    raise AssertionError(f"{words} cannot be chosen")


def money(text: str) -> str:
    """The number in a sum of money as a page writes it."""
    found = re.search(r"[\d,]+\.\d\d", text)
    assert found, text
    return found.group()


def test_1_connecting_in_every_way_it_can_go(dana, demo, browser):
    page = dana.deal()
    expect(page.get_by_text("Invoice this deal in QuickBooks")).to_be_visible()
    dana.shot("before-connecting")
    answers: list[str] = []
    page.on("request", lambda sent: answers.append(sent.url) if "/callback/" in sent.url else None)

    page.get_by_role("button", name="Connect QuickBooks").click()
    page.wait_for_url(re.compile("connect/oauth2"))
    dana.shot("consent")
    page.get_by_role("button", name="No, thanks").click()
    page.wait_for_url(f"{demo.crm}/**")
    expect(page.get_by_text("You chose not to connect")).to_be_visible()

    dana.go("/quickbooks/callback/?state=forged&code=abc&realmId=123")
    expect(page.get_by_text("This answer was not asked for here")).to_be_visible()

    # The initial import is made slow enough to be seen.
    demo.control("POST", "faults", kind="slow", operation="query", delay=0.8)
    dana.deal()
    page.get_by_role("button", name="Connect QuickBooks").click()
    consent(page)
    page.wait_for_url(re.compile(f"{demo.crm}/quickbooks/"))
    expect(page.get_by_text(f"Connected to {COMPANY}").first).to_be_visible()
    expect(page.locator("progress").first).to_be_visible()
    dana.shot("first-load")
    demo.control("DELETE", "faults")
    expect(page.locator("progress")).to_have_count(0, timeout=40_000)

    dana.go(answers[-1].removeprefix(demo.crm))
    expect(page.get_by_text("This answer was already used")).to_be_visible()

    demo.rows("update deals_member set role = 'admin' where name = 'Mei Kato'")
    mei = Person(browser, demo.crm, "mei")
    mei.go("/quickbooks/")
    mei.page.evaluate(
        """() => {
            const form = document.createElement("form");
            form.method = "post";
            form.action = "/quickbooks/connect/";
            form.append(document.querySelector("[name=csrfmiddlewaretoken]").cloneNode());
            document.body.append(form);
            form.submit();
        }"""
    )
    expect(mei.page.get_by_text("Dana Whitfield has already connected").first).to_be_visible()
    demo.rows("update deals_member set role = 'rep' where name = 'Mei Kato'")
    mei.page.context.close()


def test_2_settings_show_how_an_invoice_would_be_filled(dana):
    page = dana.go("/quickbooks/")
    for label in ("To", "Address", "Email", "Customer tax ID"):
        expect(page.get_by_label(re.compile(f"^{label}")).first).to_be_visible()
    page.get_by_label("Preview with").select_option(label="Marlow Dental: three-clinic fit-out")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Marlow Dental Group")
    choose(page, page.get_by_label(re.compile("^Customer tax ID")).first, "Tax ID")
    expect(preview).to_contain_text("74-2981150")
    page.get_by_label(re.compile("^Due")).first.fill("14")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_load_state()
    page.goto(page.url.split("#")[0])
    expect(page.get_by_label(re.compile("^Due")).first).to_have_value("14")
    expect(page.get_by_label(re.compile("^Customer tax ID")).first).to_have_value(re.compile("Tax ID"))
    page.get_by_label("Preview with").select_option(label="Marlow Dental: three-clinic fit-out")
    expect(page.locator("#preview")).to_contain_text("74-2981150")
    dana.shot("settings")


def test_3_lists_are_searched_added_to_and_edited(dana):
    page = dana.go("/deals/?q=dental")
    assert page.locator("tbody tr").count() >= 5
    dana.shot("deals")
    for path, name in (
        ("organizations", "Bramble Bikes"),
        ("people", "Bo Bramble"),
        ("products", "Bike rack"),
    ):
        page = dana.go(f"/{path}/new/")
        page.get_by_label("Name", exact=False).first.fill(name)
        price = page.get_by_label(re.compile("price", re.IGNORECASE))
        if price.count():
            price.first.fill("250")
        page.get_by_role("button", name="Save").click()
        page.wait_for_url(lambda url: "/new/" not in url)
        dana.go(f"/{path}/?q={name.replace(' ', '+')}")
        page.get_by_role("link", name=name).first.click()
        page.get_by_label("Name", exact=False).first.fill(f"{name} Co")
        page.get_by_role("button", name="Save").click()
        dana.go(f"/{path}/?q={name.replace(' ', '+')}")
        expect(page.get_by_role("link", name=f"{name} Co").first).to_be_visible()


def fill_lines(page: Page, words: list[str]) -> None:
    """Tie each line to a QuickBooks product."""
    lines = page.locator("fieldset.line:has(input[type=text][id$='-item'])")
    assert lines.count() >= len(words)
    for at, word in enumerate(words):
        choose(page, lines.nth(at).locator("input[type=text][id$='-item']"), word)


def total_of_the_form(page: Page) -> str:
    shown = page.locator("#foot-total output, #check [data-total]").first
    return money(shown.inner_text())


def create(page: Page) -> None:
    page.get_by_role("button", name="Create invoice").last.click()
    page.wait_for_url(re.compile(r"/deals/\d+/\?tab=invoice"))


def test_4_an_invoice_is_filled_in_checked_and_created(dana, demo, realm):
    page = dana.deal()
    page.get_by_role("link", name="Invoice", exact=True).and_(page.locator(".btn")).click()
    page.wait_for_url(re.compile("invoices/new"))
    page.locator("input[name=customer_mode][value=existing]").check(force=True)
    choose(page, page.locator("#id_customer"), "Pecan Street Dental")
    expect(page.locator("#id_to")).to_have_value(re.compile("Pecan Street Dental"))
    fill_lines(page, ["Guest chair", "Delivery, local"])
    expect(page.locator("#check")).to_contain_text("Ready")
    dana.shot("form")
    # Automated sales tax is QuickBooks' to know: the form shows the total before it, the deal what it came to.
    expect(page.locator("#check")).to_contain_text("QuickBooks works it out")
    total = total_of_the_form(page)
    create(page)
    row = first_row(page)
    expect(row).to_contain_text("Open")
    made = demo.control("GET", f"{realm}/invoices/{row.get_attribute('data-invoice')}")
    tax = made["TxnTaxDetail"]["TotalTax"]
    assert tax > 0
    assert f"{made['TotalAmt'] - tax:,.2f}" == total
    expect(row).to_contain_text(f"{made['TotalAmt']:,.2f}")
    expect(page.locator(".log")).to_contain_text("was created")
    expect(page.locator("#quickbooks-card")).to_contain_text("Pecan Street Dental")


def test_4_a_new_customer_and_an_update_of_a_linked_one(dana, demo, realm):
    page = dana.deal("Oak Hill Dental: storage")
    page.get_by_role("link", name="Invoice", exact=True).and_(page.locator(".btn")).click()
    page.locator("input[name=customer_mode][value=new]").check(force=True)
    fill_lines(page, ["Storage cabinet", "Delivery, local"])
    expect(page.locator("#check")).to_contain_text("Ready")
    create(page)
    customers = demo.control("GET", f"{realm}/dump")["Customer"]
    assert [one for one in customers if one["DisplayName"] == "Oak Hill Family Dental"]

    page.get_by_role("link", name="Invoice", exact=True).and_(page.locator(".btn")).click()
    page.wait_for_url(re.compile("invoices/new"))
    page.locator("#id_email").fill("billing@oakhill.example")
    page.locator("#id_email").blur()
    page.locator("input[name=update_customer]").check(force=True)
    # What was tied to the deal's products is remembered.
    linked = page.locator("input[type=hidden][name^='lines-'][name$='-item']")
    assert all(linked.nth(at).input_value() for at in range(2))
    # The same was billed a moment ago: once more needs a reason.
    expect(page.locator("#check")).to_contain_text("of this deal bills exactly this")
    page.locator("#id_again_reason").fill("The second of two deliveries")
    expect(page.locator("#check")).to_contain_text("Ready")
    expect(page.locator("#check .chip-ok")).to_be_visible()
    create(page)
    customers = demo.control("GET", f"{realm}/dump")["Customer"]
    changed = next(one for one in customers if one["DisplayName"] == "Oak Hill Family Dental")
    assert changed["PrimaryEmailAddr"]["Address"] == "billing@oakhill.example"


def on_the_control_page(page: Page, demo: Demo, number: str) -> Locator:
    """Open an invoice on the control page of the QuickBooks emulator."""
    page.goto(f"{demo.quickbooks}/?q={number}")
    found = page.locator("details", has_text=number).first
    if found.get_attribute("open") is None:
        found.locator("summary").first.click()
    return found


def test_5_the_status_follows_what_happens_in_quickbooks(dana, demo, realm, browser):
    page = dana.deal()
    row = first_row(page)
    qbo_id = row.get_attribute("data-invoice")
    number = row.locator("a").first.inner_text().strip()
    base = f"{realm}/invoices/{qbo_id}"

    office = browser.new_context(viewport={"width": 1200, "height": 900}).new_page()
    invoice = on_the_control_page(office, demo, number)
    invoice.get_by_label("Amount", exact=True).fill("1200")
    invoice.get_by_role("button", name="Record payment").click()
    expect(row).to_contain_text("Partially paid", timeout=SOON)
    office.context.close()
    dana.deal()
    expect(row).to_be_visible()
    dana.shot("deal")
    page.set_viewport_size({"width": 320, "height": 900})
    page.emulate_media(color_scheme="dark")
    dana.deal()
    dana.shot("deal-320-dark")
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.emulate_media(color_scheme="light")
    dana.deal()

    demo.control("POST", f"{base}/edit", DueDate="2020-01-02")
    expect(row).to_contain_text("Overdue", timeout=SOON)
    demo.control("POST", f"{base}/edit", DueDate="2035-01-02")
    expect(row).to_contain_text("Partially paid", timeout=SOON)
    demo.control("POST", f"{base}/edit", lines=[{"amount": 5000, "item": "1", "description": "All of it"}])
    expect(row).to_contain_text("5,0", timeout=SOON)

    demo.control("POST", "webhooks", enabled=False)
    demo.control("POST", f"{base}/pay")
    expect(row).to_contain_text("Paid", timeout=30_000)
    expect(row).not_to_contain_text("Partially")
    expect(page.locator("#quickbooks-card")).to_contain_text("Paid")
    # The change log follows too, on the page that has been open all the while.
    expect(page.locator(".log")).to_contain_text(f"Invoice {number} was paid", timeout=SOON)

    demo.control("POST", f"{base}/unpay")
    tab(page).get_by_role("button", name="Refresh").click()
    expect(row).to_contain_text("Open", timeout=SOON)
    demo.control("POST", "webhooks", enabled=True)
    dana.shot("deal-follows")


def test_6_the_menu_offers_what_state_and_quickbooks_allow(dana, demo, realm):
    page = dana.deal()
    row = first_row(page)
    qbo_id = row.get_attribute("data-invoice")
    offered = menu(row)
    assert offered == [
        "Send by email…",
        "Download PDF",
        "Open in QuickBooks",
        "Why is it like this?",
        "Unlink from deal",
        "Void…",
        "Delete…",
    ]
    dana.shot("menu")

    link = row.get_by_role("menuitem", name="Open in QuickBooks").get_attribute("href")
    assert link is not None
    assert re.search(rf"deeplinkcompanyid={realm}.*txnId%3D{qbo_id}", link)
    pdf = page.request.get(
        demo.crm + str(row.get_by_role("menuitem", name="Download PDF").get_attribute("href"))
    )
    assert pdf.headers["content-type"] == "application/pdf"
    assert (
        row.locator("a").first.inner_text().strip() in PdfReader(BytesIO(pdf.body())).pages[0].extract_text()
    )

    row.get_by_role("menuitem", name="Send by email").click()
    page.locator("#id_to:visible, [name=to]:visible").first.fill("front@pecandental.example")
    dana.shot("send")
    page.get_by_role("button", name="Send email").click()
    expect(page.locator(".log")).to_contain_text("front@pecandental.example")
    sent = demo.control("GET", f"{realm}/invoices/{qbo_id}")
    assert sent["EmailStatus"] == "EmailSent"
    assert sent["BillEmail"]["Address"] == "front@pecandental.example"

    demo.control("POST", f"{realm}/invoices/{qbo_id}/pay")
    expect(first_row(page)).to_contain_text("Paid", timeout=SOON)
    dana.deal()
    menu(first_row(page))
    first_row(page).get_by_role("menuitem", name="Void").click()
    expect(page.get_by_text(re.compile("credit for the customer")).first).to_be_visible()
    dana.shot("void")
    page.get_by_role("button", name="Void invoice").click()
    expect(first_row(page)).to_contain_text("Voided")
    dana.deal()
    assert "Void…" not in menu(first_row(page))
    page.keyboard.press("Escape")
    payments = demo.control("GET", f"{realm}/dump")["Payment"]
    assert any(float(one["UnappliedAmt"]) > 0 for one in payments)


def test_6_what_quickbooks_voids_or_deletes_itself_follows_too(dana, demo, realm):
    page = dana.deal("Oak Hill Dental: storage")
    rows = tab(page).locator("tbody tr")
    expect(rows).to_have_count(2)
    first, second = (rows.nth(at).get_attribute("data-invoice") for at in (0, 1))
    demo.control("POST", f"{realm}/invoices/{first}/void")
    expect(page.locator(f"tr[data-invoice='{first}']")).to_contain_text("Voided", timeout=SOON)
    demo.control("POST", f"{realm}/invoices/{second}/delete")
    expect(page.locator(f"tr[data-invoice='{second}']")).to_contain_text("Deleted", timeout=SOON)
    assert menu(page.locator(f"tr[data-invoice='{second}']")) == ["Unlink from deal", "Why is it like this?"]


def test_7_all_invoices_of_the_customer_are_linked_and_unlinked(dana, demo, realm):
    page = dana.deal()
    customer = str(page.locator("#quickbooks-card").get_by_text("Pecan Street Dental").first.inner_text())
    ids = {one["DisplayName"]: one["Id"] for one in demo.control("GET", f"{realm}/dump")["Customer"]}
    item = {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": 77}
    line = {"DetailType": "SalesItemLineDetail", "Amount": 77, "SalesItemLineDetail": item}
    demo.control("POST", f"{realm}/invoices", CustomerRef={"value": ids[customer]}, Line=[line])
    page.get_by_role("link", name="View all invoices").click()
    found = page.locator("table.as-entries tbody")
    expect(found.locator("tr").first).to_be_visible()
    until = time.monotonic() + 20
    while "77.00" not in found.inner_text():
        assert time.monotonic() < until, "made in QuickBooks, but not here"
        page.reload()
    dana.shot("all-invoices")
    made_there = found.locator("tr", has_text="77.00").first
    made_there.get_by_role("button", name=re.compile("^Link")).click()
    dana.deal()
    expect(tab(page).locator("tbody")).to_contain_text("77.00")
    page.get_by_role("link", name="View all invoices").click()
    page.locator("nav.pills a", has_text="Voided").click()
    expect(found.get_by_text("77.00")).to_have_count(0)
    flags = found.locator("tr").all_inner_texts()
    assert flags
    assert all("Voided" in text for text in flags)
    page.locator("nav.pills a", has_text="All").first.click()
    expect(found).to_contain_text("77.00")
    page.locator("details.range summary").click()
    page.get_by_label("First day").fill("2019-01-01")
    page.get_by_label("Last day").fill("2019-12-31")
    page.get_by_label("Last day").press("Enter")
    page.wait_for_url(re.compile("from=2019-01-01"))
    expect(page.get_by_text("77.00")).to_have_count(0)
    dana.deal()
    row = tab(page).locator("tbody tr", has_text="77.00").first
    menu(row)
    row.get_by_role("menuitem", name="Unlink from deal").click()
    expect(tab(page).locator("tbody")).not_to_contain_text("77.00")

    dana.deal("Oak Hill Dental: storage")
    page.locator("#quickbooks-card summary").click()
    page.get_by_role("menuitem", name="Unlink customer").click()
    page.get_by_role("button", name="Unlink", exact=True).click()
    expect(page.locator("#quickbooks-card")).to_contain_text("No customer linked")


def test_8_disconnecting_keeps_the_history_and_another_company_is_explained(dana, demo):
    page = dana.go("/quickbooks/")
    page.get_by_role("link", name="Disconnect").click()
    expect(page.get_by_text("Invoices stay in QuickBooks").first).to_be_visible()
    page.get_by_role("button", name="Disconnect", exact=True).click()
    expect(page.get_by_role("button", name=f"Connect {COMPANY}")).to_be_visible()
    dana.deal()
    expect(tab(page)).to_contain_text("Voided")

    dana.go("/quickbooks/")
    page.get_by_role("button", name=f"Connect {COMPANY}").click()
    consent(page, company="Prairie Lane Consulting")
    page.wait_for_url(f"{demo.crm}/**")
    expect(page.get_by_text("That is another QuickBooks company").first).to_be_visible()
    page.get_by_role("link", name="Connect another company instead").first.click()
    expect(page.get_by_text(f"These stay behind with {COMPANY}").first).to_be_visible()
    dana.shot("another-company")

    dana.go("/quickbooks/")
    page.get_by_role("button", name=f"Connect {COMPANY}").click()
    consent(page, company=COMPANY)
    page.wait_for_url(f"{demo.crm}/**")
    expect(page.get_by_text(f"Connected to {COMPANY}").first).to_be_visible()
    expect(page.locator("progress")).to_have_count(0, timeout=40_000)
    dana.deal()
    expect(page.locator("#quickbooks-card")).to_contain_text("Pecan Street Dental")
    expect(first_row(page)).to_contain_text("Voided")


def test_9_others_see_what_they_may(demo, browser):
    tomas = Person(browser, demo.crm, "tomas")
    tomas.deal()
    expect(tomas.page.get_by_text("Invoices are visible to Dana Whitfield").first).to_be_visible()
    address = tomas.page.url.split("?")[0]
    deal = address.rstrip("/").rpartition("/")[2]
    invoice = demo.rows(f"select id from quickbooks_bridge_invoice where deal_id = {deal}")[0][0]
    paths = (
        f"/deals/{deal}/",
        f"/deals/{deal}/edit/",
        f"/deals/{deal}/invoices/new/",
        f"/deals/{deal}/invoices/tab/",
        f"/deals/{deal}/invoices/sidebar/",
        f"/deals/{deal}/invoices/all/",
        f"/deals/{deal}/customer/unlink/",
        f"/invoices/{invoice}/void/",
        f"/invoices/{invoice}/delete/",
        f"/invoices/{invoice}/send/",
        f"/invoices/{invoice}/pdf/",
        "/organizations/1/",
        "/people/1/",
        "/products/1/",
    )
    rita = Person(browser, demo.crm, "rita")
    assert {path: rita.page.request.get(demo.crm + path).status for path in paths} == dict.fromkeys(
        paths, 404
    )
    assert tomas.errors + rita.errors == []


def test_pages_fit_wide_and_narrow_light_and_dark(dana):
    page = dana.deal("Marlow Dental: three-clinic fit-out")
    path = page.url.removeprefix(dana.crm)
    form = path.split("?")[0] + "invoices/new/"
    pages = {
        "deals": "/deals/",
        "deal": path,
        "settings": "/quickbooks/",
        "form": form,
        "all": path.split("?")[0] + "invoices/all/",
    }
    too_wide = []
    for width in (1440, 320):
        page.set_viewport_size({"width": width, "height": 1000})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for name, address in pages.items():
                dana.go(address)
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    too_wide.append((name, width, scheme))
                SHOTS.mkdir(exist_ok=True)
                page.screenshot(path=SHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
    assert too_wide == []
