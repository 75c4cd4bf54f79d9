"""The deal's invoices inside another program's page, on another site: no cookie, no storage, a token in memory."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from crm_invoicing.processes import BASE
from deals.embed.sessions import integration_create
from deals.models import Deal, DealLine, EmbedIntegration, EmbedSession, MemberIdentity
from quickbooks_bridge.models import Invoice, Item, ItemLink

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def host(live_server, settings, account, deal, admin) -> Iterator[str]:
    """The example CRM in a process of its own, on 127.0.0.1: another site than localhost. Returns its address."""
    settings.PUBLIC_URL = live_server.url
    Deal.objects.filter(pk=deal.pk).update(external_source="api", external_id="deal-1")
    integration, secret = integration_create(account, "Example CRM", [])
    MemberIdentity.objects.create(integration=integration, external_id="u-1", member=admin.member)
    process = subprocess.Popen(
        [sys.executable, "docs/example_host/host.py", "--app", live_server.url, "--issuer", integration.issuer,
         "--deal", "deal-1", "--title", "Quill fit-out", "--port", "0", "--away", f"{live_server.url}/deals/external/deal-1/"],
        cwd=BASE, env={**os.environ, "EXAMPLE_HOST_SECRET": secret}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    type(integration).objects.update(origins=[address.rstrip("/")])
    yield address
    process.terminate()
    process.wait(10)


@pytest.fixture
def opened(browser: Browser, host) -> Iterator[Page]:
    problems: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(host)
    yield page
    assert context.cookies() == []
    context.close()
    assert problems == []


def panel(page: Page) -> FrameLocator:
    return page.frame_locator("#panel")


def modal(page: Page) -> FrameLocator:
    return page.frame_locator("#modal iframe")


@pytest.fixture
def ready(connection, deal):
    item = Item.objects.filter(company=connection.company, kind="Service", is_active=True).first()
    DealLine.objects.filter(deal=deal).delete()
    DealLine.objects.create(deal=deal, name="Work", quantity=2, unit_price="50", tax_percent=0)
    ItemLink.objects.create(
        company=connection.company,
        name_key="name:work",
        item_qbo_id=item.qbo_id,
        linked_at=connection.connected_at,
    )
    return deal


def test_an_invoice_is_made_voided_and_seen_inside_the_frame(ready, opened, qbo):
    page = opened
    expect(panel(page).get_by_role("link", name="Invoice", exact=True)).to_be_visible()
    assert page.frames[1].evaluate("location.href").count("token") == 0
    assert page.frames[1].evaluate("document.cookie") == ""
    panel(page).get_by_role("link", name="Invoice", exact=True).click()
    form = modal(page)
    expect(form.get_by_role("heading", name="New invoice")).to_be_visible()
    form.locator("input[name=customer_mode][value=new]").check(force=True)
    form.locator("#id_new_display_name").fill("Framed LLC")
    form.locator("#id_address").fill("1 Elm St\nAustin, TX 78701")
    expect(form.locator("#check")).to_contain_text("Ready")
    form.get_by_role("button", name="Create invoice").click()
    expect(page.locator("#modal")).not_to_be_visible()
    invoice = Invoice.objects.get(deal=ready)
    row = panel(page).locator(f"tr:has-text('{invoice.doc_number}')")
    expect(row).to_contain_text("Open")
    # Nothing is cut off at the panel's width: its menu is there to be pressed.
    wide, there = panel(page).locator("#invoice-tab").evaluate("part => [part.scrollWidth, part.clientWidth]")
    assert wide <= there
    # The panel takes the height of what it shows.
    if os.environ.get("SCREENSHOTS"):
        page.screenshot(path=BASE / os.environ["SCREENSHOTS"] / "embedded.png")
    assert 300 < page.locator("#panel").evaluate("frame => frame.offsetHeight") <= 750
    row.locator("details[data-menu] summary").click()
    row.get_by_role("menuitem", name=re.compile("Void")).click()
    panel(page).get_by_role("button", name=re.compile("^Void")).click()
    expect(row).to_contain_text("Voided")
    invoice.refresh_from_db()
    assert invoice.is_voided


def test_a_mistake_in_the_form_is_put_right_inside_the_frame(ready, opened, qbo):
    page = opened
    panel(page).get_by_role("link", name="Invoice", exact=True).click()
    form = modal(page)
    form.locator("input[name=customer_mode][value=new]").check(force=True)
    form.locator("#id_email").fill("no address")
    form.get_by_role("button", name="Create invoice").click()
    expect(form.locator("#id_email")).to_be_focused()
    assert not Invoice.objects.filter(deal=ready).exists()
    form.locator("#id_email").fill("pay@framed.example")
    form.locator("#id_address").fill("1 Elm St\nAustin, TX 78701")
    expect(form.locator("#check")).to_contain_text("Ready")
    form.get_by_role("button", name="Create invoice").click()
    expect(page.locator("#modal")).not_to_be_visible()
    assert Invoice.objects.filter(deal=ready).count() == 1


def test_an_expired_token_is_renewed_by_the_host_and_what_was_pressed_is_done(ready, opened, qbo):
    page = opened
    expect(panel(page).get_by_role("link", name="Invoice", exact=True)).to_be_visible()
    EmbedSession.objects.update(expires_at="2020-01-01T00:00:00Z")
    with page.expect_response(lambda answer: "/invoices/refresh/" in answer.url and answer.status == 204):
        panel(page).get_by_role("button", name="Refresh").first.click()
    assert EmbedSession.objects.filter(expires_at__year__gt=2021).exists()
    # A page that is followed by a link is renewed on its way, too.
    EmbedSession.objects.update(expires_at="2020-01-01T00:00:00Z")
    panel(page).get_by_role("link", name="Invoice", exact=True).click()
    expect(modal(page).get_by_role("heading", name="New invoice")).to_be_visible()


def test_a_host_that_gives_no_token_leaves_a_button(ready, opened):
    page = opened
    expect(panel(page).get_by_role("link", name="Invoice", exact=True)).to_be_visible()
    page.route("**/token?*", lambda route: route.abort())
    EmbedSession.objects.update(expires_at="2020-01-01T00:00:00Z")
    panel(page).get_by_role("button", name="Refresh").first.click()
    expect(panel(page).get_by_text("This view has expired")).to_be_visible()
    page.unroute("**/token?*")
    panel(page).get_by_role("button", name="Renew").click()
    expect(panel(page).get_by_text("This view has expired")).not_to_be_visible()
    expect(panel(page).get_by_role("link", name="Invoice", exact=True)).to_be_visible()


def test_light_and_dark_follow_the_host(ready, opened):
    page = opened
    expect(panel(page).locator("html[data-theme=light]")).to_be_attached()
    page.get_by_role("button", name="Dark").click()
    expect(panel(page).locator("html[data-theme=dark]")).to_be_attached()


def test_a_host_that_is_not_named_holds_no_frame(browser: Browser, ready, host):
    EmbedIntegration.objects.update(origins=["https://elsewhere.example"])
    context = browser.new_context()
    page = context.new_page()
    page.goto(host)
    # The page was asked for and not shown: its script never ran, so the code was never exchanged.
    expect(panel(page).locator("#embed-shell")).to_have_count(0)
    assert EmbedSession.objects.filter(code_digest__isnull=False).count() == 1
    assert not EmbedSession.objects.filter(token_digest__isnull=False).exists()
    context.close()


def test_words_of_another_origin_are_not_heard(ready, opened):
    page = opened
    expect(panel(page).get_by_role("link", name="Invoice", exact=True)).to_be_visible()
    inside = page.frames[1]
    # A message of the frame's own window, and of no host, changes nothing.
    inside.evaluate("window.postMessage({ target: 'crm-invoicing', type: 'theme', theme: 'dark' }, '*')")
    expect(panel(page).locator("html[data-theme=light]")).to_be_attached()
