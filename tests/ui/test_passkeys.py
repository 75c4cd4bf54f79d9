"""Passkeys in a real browser, whose authenticator is a virtual one of its own."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from deals.models import Passkey
from tests.fixtures import PASSWORD, make_member

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
OPTIONS = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


class Device:
    """The browser's virtual authenticator."""

    def __init__(self, page: Page) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable", {"enableUI": False})
        self.id = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})["authenticatorId"]

    def set(self, *, is_verified: bool) -> None:
        """Have the person unlock it from now on, or not."""
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": is_verified})

    def credentials(self) -> list[dict[str, Any]]:
        found = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return found["credentials"]


@pytest.fixture
def page(browser: Browser, settings, live_server) -> Iterator[Page]:
    settings.PUBLIC_URL = live_server.url
    context = browser.new_context()
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda problem: problems.append(str(problem)))
    yield opened
    context.close()
    assert problems == []


def enter(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/login/")
    page.fill("[name=username]", "rob")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/account/")
    page.get_by_role("link", name="Add a passkey").click()
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.fill("[name=name]", "Laptop")
    page.get_by_role("button", name="Make the passkey").click()


def leave(page: Page, live_server) -> None:
    # A page that is still on its way would end the next one's.
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/login/forgotten/sent/")


def test_a_passkey_is_added_signs_in_and_is_removed(page, live_server, account):
    make_member(account, "rob")
    device = Device(page)
    enter(page, live_server)
    add(page, live_server)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert len(device.credentials()) == 1
    # Otherwise the list of names would be answered before a person could press.
    page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    leave(page, live_server)
    page.goto(f"{live_server.url}/login/?next=/products/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/products/")
    # As the second step.
    leave(page, live_server)
    enter(page, live_server)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/deals/")
    page.goto(f"{live_server.url}/account/")
    page.get_by_role("link", name="Remove the passkey Laptop").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.locator("#toasts")).to_contain_text("signs nobody in any more")
    assert not Passkey.objects.exists()


def test_the_list_of_names_offers_it(page, live_server, account):
    make_member(account, "rob")
    Device(page)
    enter(page, live_server)
    add(page, live_server)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    leave(page, live_server)
    # The virtual authenticator answers what waits there by itself.
    page.goto(f"{live_server.url}/login/")
    page.wait_for_url("**/deals/")


def test_cancelling_says_so_and_changes_nothing(page, live_server, account):
    make_member(account, "rob")
    device = Device(page)
    device.set(is_verified=False)
    enter(page, live_server)
    add(page, live_server)
    note = page.locator("[data-passkey-note]")
    expect(note).to_contain_text("Nothing happened: it was cancelled")
    assert not Passkey.objects.exists()
    expect(page.get_by_role("button", name="Make the passkey")).not_to_have_attribute("aria-busy", "true")
    device.set(is_verified=True)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    # The same device twice.
    add_again = page.get_by_role("button", name="Make the passkey")
    page.goto(f"{live_server.url}/account/passkeys/new/")
    page.fill("[name=name]", "Again")
    add_again.click()
    expect(note).to_contain_text("This device has a passkey for your account already")


def test_at_another_address_it_says_where_it_works(page, live_server, settings, account):
    make_member(account, "rob")
    Device(page)
    settings.PUBLIC_URL = "https://crm.example"
    page.goto(f"{live_server.url}/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("[data-passkey-note]")).to_contain_text("Open it at https://crm.example")


def test_without_support_or_scripts_there_is_no_button(browser, page, live_server, account):
    make_member(account, "rob")
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto(f"{live_server.url}/login/")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("passkey"))).to_have_count(0)
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(f"{live_server.url}/login/")
    expect(plain.get_by_role("button", name=re.compile("passkey"))).to_have_count(0)
    plain.fill("[name=username]", "rob")
    plain.fill("[name=password]", PASSWORD)
    plain.get_by_role("button", name="Sign in", exact=True).click()
    plain.wait_for_url("**/deals/")
    plain.context.close()
