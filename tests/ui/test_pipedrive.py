"""The app inside Pipedrive, in a real browser: the vendor's own script in our pages, and a page on another site around them."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests
from django.utils import timezone
from playwright.sync_api import Browser, FrameLocator, Page, expect

from crm_invoicing.processes import BASE
from deals.models import Account, Deal, EmbedSession, PipedriveCompany, SpentContext
from deals.pipedrive.setting_up import set_up_due
from deals.pipedrive.webhooks import changes_read
from pipedrive_emulator.server import Running
from pipedrive_emulator.world import Settings
from quickbooks_bridge.models import Connection, Invoice, Item, ItemLink
from tests.fixtures import import_once
from tests.polling import until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SECRET = "a-secret-of-the-app-that-is-long-enough"


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def crm(live_server, settings) -> Iterator[Running]:
    """Return an emulated Pipedrive on 127.0.0.1, another site than localhost, that frames the live server."""
    settings.PUBLIC_URL = live_server.url
    settings.PIPEDRIVE_CLIENT_ID, settings.PIPEDRIVE_CLIENT_SECRET = "demo-app", SECRET
    emulated = replace(
        Settings(), app_url=live_server.url, callback_url=f"{live_server.url}/pipedrive/callback/",
        client_secret=SECRET, burst=10_000,
    )  # fmt: skip
    with Running(emulated) as running:
        settings.PIPEDRIVE_OAUTH_URL = running.url
        settings.PIPEDRIVE_API_HOSTS = settings.PIPEDRIVE_FRAMERS = [running.url]
        directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        extended = {**directives, "form-action": [*directives["form-action"], running.url]}
        settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": extended}
        yield running


@pytest.fixture
def page(browser: Browser, crm) -> Iterator[Page]:
    problems: list[str] = []
    context = browser.new_context(viewport={"width": 1300, "height": 950})
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


def control(crm: Running, name: str, **body):
    answer = requests.post(f"{crm.url}/control/{name}", json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def panel(page: Page) -> FrameLocator:
    return page.frame_locator("#app-panel iframe")


def modal(page: Page) -> FrameLocator:
    return page.frame_locator("dialog.custom-modal iframe")


def install(page: Page, crm: Running) -> None:
    page.goto(f"{crm.url}/deal/1")
    page.get_by_role("button", name="Install").first.click()
    page.get_by_role("button", name="Install").click()
    page.wait_for_url(re.compile("app-settings"))


@pytest.fixture
def installed(page, crm) -> PipedriveCompany:
    install(page, crm)
    set_up_due(now=timezone.now())
    return PipedriveCompany.objects.get()


@pytest.fixture
def connected(installed, page, crm, qbo, settings, live_server) -> Connection:
    """Connect QuickBooks the way a person does: from the panel, in a new tab."""
    settings.PUBLIC_URL = live_server.url
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    extended = {**directives, "form-action": [*directives["form-action"], qbo.url]}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": extended}
    page.goto(f"{crm.url}/deal/1")
    with page.context.expect_page() as opening:
        panel(page).get_by_role("link", name="Connect QuickBooks").click()
    tab = opening.value
    expect(tab.get_by_role("heading", name="Go on as Dana Whitfield?")).to_be_visible()
    tab.get_by_role("button", name="Go on").click()
    expect(tab.get_by_role("button", name="Connect QuickBooks").first).to_be_visible()
    tab.get_by_role("button", name="Connect QuickBooks").first.click()
    tab.get_by_role("button", name="Connect", exact=True).first.click()
    expect(tab.get_by_role("heading", name=re.compile("Connected to"))).to_be_visible()
    tab.close()
    made = Connection.objects.get(owner__name="Dana Whitfield")
    import_once(made)
    # The panel notices by itself.
    page.bring_to_front()
    expect(panel(page).get_by_role("link", name="Invoice", exact=True)).to_be_visible(timeout=15_000)
    return made


def linked(made: Connection) -> None:
    """Link the deal's three products, so that the form is ready."""
    item = Item.objects.filter(company=made.company, kind="Service", is_active=True).first()
    assert item is not None
    for product in ("Oak workbench", "Cordless drill", "Site survey"):
        ItemLink.objects.create(
            company=made.company, name_key=f"name:{product.casefold()}", item_qbo_id=item.qbo_id,
            linked_at=made.connected_at,
        )  # fmt: skip


def test_from_the_first_press_in_pipedrive_to_a_paid_invoice_on_the_deal(connected, page, crm):
    made = connected
    assert Account.objects.get().name == "Bluestem Supply"
    page.goto(f"{crm.url}/deal/1")
    frame = panel(page)
    frame.get_by_role("link", name="Invoice", exact=True).click()
    form = modal(page)
    expect(form.get_by_role("heading", name="New invoice")).to_be_visible()
    expect(form.locator("#id_to")).to_have_value("Harbor & Pine Builders")
    expect(form.locator("#id_email")).to_have_value("billing@harborpine.example")
    form.locator("input[name=customer_mode][value=new]").check(force=True)
    for at in range(3):
        box = form.locator(f"#line-{at}-item")
        box.fill("design")
        expect(form.locator(f"#line-{at}-item ~ ul [role=option][aria-selected=true]")).to_be_visible()
        box.press("Enter")
        expect(form.locator("#check").get_by_text("Choose a product")).to_have_count(2 - at)
    expect(form.locator("#check")).to_contain_text("Ready")
    form.get_by_role("button", name="Create invoice").click()
    expect(page.locator("dialog.custom-modal")).to_have_count(0, timeout=20_000)
    invoice = Invoice.objects.get(company=made.company, deal__external_id="1")
    row = frame.locator(f"tr:has-text('{invoice.doc_number}')")
    expect(row).to_contain_text("Open")
    if os.environ.get("SCREENSHOTS"):
        page.screenshot(path=BASE / os.environ["SCREENSHOTS"] / "pipedrive.png")
    # Voiding is asked in Pipedrive's own dialog.
    row.locator("details[data-menu] summary").click()
    row.get_by_role("menuitem", name=re.compile("Void")).click()
    asked = page.locator("dialog.confirmation")
    expect(asked).to_contain_text(f"Void invoice {invoice.doc_number}?")
    asked.locator(".ok").click()
    expect(row).to_contain_text("Voided")
    invoice.refresh_from_db()
    assert invoice.is_voided
    cookies = [one for one in page.context.cookies() if "127.0.0.1" not in one["domain"]]
    assert all(one["name"] in {"sessionid", "csrftoken"} for one in cookies)


def test_the_panel_follows_theme_size_and_a_dialog_that_closes(installed, page, crm):
    page.goto(f"{crm.url}/deal/1")
    frame = panel(page)
    expect(frame.get_by_role("link", name="Connect QuickBooks")).to_be_visible()
    expect(frame.locator("html[data-theme=light]")).to_be_attached()
    page.locator("#theme-toggle").click()
    expect(frame.locator("html[data-theme=dark]")).to_be_attached()
    height = page.locator("#app-panel iframe").evaluate("frame => frame.offsetHeight")
    inside = frame.locator(".body").evaluate("part => Math.ceil(part.getBoundingClientRect().height)")
    assert 100 <= height <= 750
    assert abs(height - inside) <= 2
    # No cookie of ours reaches a frame, and nothing is stored there.
    assert page.frames[1].evaluate("document.cookie") == ""


def test_a_token_that_ran_out_is_renewed_by_pipedrive(installed, page, crm):
    page.goto(f"{crm.url}/deal/1")
    expect(panel(page).get_by_role("link", name="Connect QuickBooks")).to_be_visible()
    EmbedSession.objects.update(expires_at="2020-01-01T00:00:00Z")
    with page.context.expect_page() as opening:
        panel(page).get_by_role("link", name="Connect QuickBooks").click()
    expect(opening.value.get_by_role("heading", name="Go on as Dana Whitfield?")).to_be_visible()


def test_uninstalling_while_the_panel_is_open_ends_it_with_an_honest_page(installed, page, crm):
    page.goto(f"{crm.url}/deal/1")
    frame = panel(page)
    expect(frame.get_by_role("link", name="Connect QuickBooks")).to_be_visible()
    control(crm, "uninstall", user_id=9100001)
    until(lambda: not EmbedSession.objects.exists())
    frame.get_by_role("link", name="Connect QuickBooks").click()
    expect(frame.get_by_text("This view has expired")).to_be_visible()


def test_an_old_address_is_renewed_with_a_press(installed, page, crm):
    page.goto(f"{crm.url}/deal/1")
    expect(panel(page).get_by_role("link", name="Connect QuickBooks")).to_be_visible()
    page.locator("#app-panel iframe").evaluate("frame => frame.dataset.first = frame.src")
    SpentContext.objects.update(used_at="2020-01-01T00:00:00Z")
    page.locator("#app-panel iframe").evaluate("frame => { frame.src = frame.dataset.first }")
    renew = panel(page).get_by_role("button", name="Renew")
    expect(renew).to_be_visible()
    renew.click()
    # Four pages come after each other.
    prompt = panel(page).get_by_role("link", name="Connect QuickBooks")
    expect(prompt).to_be_visible(timeout=20_000)


def test_an_open_form_is_told_of_changed_products_and_takes_them_over(connected, page, crm):
    linked(connected)
    page.goto(f"{crm.url}/deal/1")
    panel(page).get_by_role("link", name="Invoice", exact=True).click()
    form = modal(page)
    expect(form.get_by_role("heading", name="New invoice")).to_be_visible()
    line = crm.world.store.lines(1)[0]
    control(crm, "change", object="deal_product", id=line["id"], data={"quantity": 7})
    control(crm, "webhooks", mode="flush")
    assert changes_read(now=timezone.now()) == 1
    form.locator("#id_email").fill("other@harborpine.example")
    expect(form.get_by_text("products changed since this form was filled")).to_be_visible()
    form.get_by_role("button", name="Take over").click()
    expect(form.locator("#line-0-quantity")).to_have_value("7")
    expect(form.locator("#id_email")).to_have_value("other@harborpine.example")


def test_the_settings_page_stands_in_pipedrive_and_maps_its_fields(installed, page, crm):
    page.goto(f"{crm.url}/settings/marketplace/app/demo-app/app-settings")
    frame = page.frame_locator("#app-settings iframe")
    expect(frame.get_by_role("heading", name="Field mapping")).to_be_visible()
    frame.locator("#id_due_days").fill("21")
    frame.get_by_role("button", name="Save").first.click()
    expect(page.locator(".snackbar")).to_contain_text("Saved")
    expect(frame.locator("#id_due_days")).to_have_value("21")
    assert Deal.objects.count() == 0
