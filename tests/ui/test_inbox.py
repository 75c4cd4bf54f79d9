"""The inbox in several browsers at once: given by one, seen by the other, by keyboard alone, and nothing twice."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from deals.models import Account, Deal
from quickbooks_bridge.models import InvoiceIntent
from quickbooks_bridge.services.operations.heartbeat import heartbeat_write
from tests.factories import connection_make
from tests.fixtures import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def refused(admin, rep, deal: Deal) -> InvoiceIntent:
    now = datetime.now(UTC)
    heartbeat_write(now=now)
    Account.objects.update(shares_invoices=True)
    connection = connection_make(deal.account, admin.member, realm_id="1", name="Bluestem", connected_at=now,
        import_state="done", last_sync_at=now, time_zone="UTC")  # fmt: skip
    return InvoiceIntent.objects.create(
        account=deal.account, deal=deal, member=admin.member, company=connection.company, token="t", request_id="r",
        payload={}, currency="USD", expected_total=1, created_at=now, finished_at=now, state="rejected",
        problems=[{"code": "books_closed_there", "field": "", "params": {}}],
    )  # fmt: skip


def entered(browser: Browser, url: str, name: str) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{url}/login/?next=/needs-action/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Needs action", level=1)).to_be_visible()
    return page


def test_it_is_given_by_keyboard_and_waits_for_the_other(browser, live_server, refused):
    ada, rob = (entered(browser, live_server.url, name) for name in ("ada", "rob"))
    expect(rob.get_by_text("Nothing needs you")).to_be_visible()
    title = "Invoice for Quill fit-out was refused"
    ada.locator("summary", has_text="Assign").focus()
    ada.keyboard.press("Enter")
    expect(ada.get_by_role("menuitem", name="Rob")).to_be_visible()
    ada.get_by_role("menuitem", name="Rob").focus()
    ada.keyboard.press("Enter")
    expect(ada.get_by_text("Rob has it now, and is notified.").last).to_be_visible()
    expect(ada.get_by_role("heading", name=title)).to_have_count(0)
    rob.reload()
    expect(rob.get_by_role("heading", name=title)).to_be_visible()
    expect(rob.locator(".rail .bubble")).to_have_text("1")
    # Both press at the same page: one solves it, the other reads that nothing is left to do.
    ada.goto(f"{live_server.url}/needs-action/?tab=all")
    rob.get_by_role("button", name="Mark as solved").click()
    expect(rob.get_by_text("Solved. It comes back only if it happens anew.").last).to_be_visible()
    ada.get_by_role("button", name="Mark as solved").click()
    expect(ada.get_by_text("This is solved already: nothing is left to do.").last).to_be_visible()
    for page in (ada, rob):
        page.context.close()


def test_a_support_bundle_is_a_file(browser, live_server, refused):
    ada = entered(browser, live_server.url, "ada")
    with ada.expect_download() as started:
        ada.get_by_role("link", name="Support bundle").click()
    assert started.value.suggested_filename.startswith(f"support-intent-{refused.pk}-")
    text = started.value.path().read_text()
    assert '"problem": "books_closed_there"' in text
    assert "Quill" not in text
    ada.context.close()
