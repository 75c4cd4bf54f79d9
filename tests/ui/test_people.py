"""The pages that let somebody in, in a real browser: what a browser refuses, a test client does not."""

import re

import pytest
from django.core import mail
from playwright.sync_api import Browser, expect

from deals.models import Member
from deals.people.setup import setup_code
from tests.fixtures import PASSWORD, make_member

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
NEW = "a-new-password-of-mine"


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(autouse=True)
def _mail(settings, live_server):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PUBLIC_URL = live_server.url


@pytest.fixture
def page(browser: Browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_an_empty_installation_is_set_up_and_a_colleague_joins(page, browser, live_server, db):
    page.goto(f"{live_server.url}/setup/?code={setup_code()}")
    for name, text in (
        ("company", "Acme"),
        ("name", "Olga Owner"),
        ("email", "olga@acme.example"),
        ("password", NEW),
    ):
        page.fill(f"[name={name}]", text)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Getting started")).to_be_visible()
    page.get_by_role("button", name="Three samples").click()
    expect(page.get_by_role("link", name="Sample: website relaunch").first).to_be_visible()
    page.goto(f"{live_server.url}/team/")
    page.fill("[name=email]", "nia@acme.example")
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_text("nia@acme.example has been invited")).to_be_visible()
    found = re.search(r"http\S+/join/\S+", str(mail.outbox[0].body))
    assert found is not None
    other = browser.new_context().new_page()
    other.goto(found[0])
    other.fill("[name=name]", "Nia New")
    other.fill("[name=password]", NEW)
    other.get_by_role("button", name="Join").click()
    expect(other.locator("#toasts")).to_contain_text("Welcome to Acme.")
    assert Member.objects.get(name="Nia New").role == "rep"
    page.goto(f"{live_server.url}/team/")
    page.get_by_role("link", name="Rights of Nia New").click()
    page.get_by_label("Void and delete invoices").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Nia New has these rights from now on.")
    other.context.close()


def test_a_forgotten_password_and_an_address_by_their_links(page, live_server, account):
    member = make_member(account, "rob")
    page.goto(f"{live_server.url}/login/")
    page.fill("[name=username]", "rob")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/deals/")
    page.goto(f"{live_server.url}/account/")
    page.fill("[name=email]", "rob@team.example")
    page.fill("#id_email_password", PASSWORD)
    page.get_by_role("button", name="Confirm the address").click()
    expect(page.get_by_text("rob@team.example waits for its link")).to_be_visible()
    found = re.search(r"http\S+/account/address/\S+", str(mail.outbox[0].body))
    assert found is not None
    page.goto(found[0])
    page.get_by_role("button", name="This is my address").click()
    expect(page.locator("#toasts")).to_contain_text("Your address is confirmed.")
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/login/")
    page.get_by_role("link", name="Forgotten password?").click()
    page.fill("[name=email]", "rob@team.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look at your mail")).to_be_visible()
    found = re.search(r"http\S+/login/forgotten/\S+", str(mail.outbox[1].body))
    assert found is not None
    page.goto(found[0])
    page.fill("[name=new_password1]", NEW)
    page.fill("[name=new_password2]", NEW)
    page.get_by_role("button", name="Save the password").click()
    expect(page.locator("#toasts")).to_contain_text("Sign in with it.")
    member.user.refresh_from_db()
    assert member.user.check_password(NEW)
