"""Single sign-on in a real browser with an independent provider, node's oidc-provider, as it is."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from crm_invoicing.crm_settings import OidcSettings
from deals.models import Member, SignInIdentity
from deals.people.invitations import invite
from tests.fixtures import PASSWORD, make_member
from tests.polling import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests/npm/provider.mjs"


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


def _node() -> str:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    found = shutil.which("node", path=path)
    if found is None or not (SCRIPT.parent / "node_modules/oidc-provider").exists():
        reason = "there is no node, or oidc-provider is not installed: make install-dev"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture
def provider(settings, live_server) -> Iterator[str]:
    """Start the provider; returns its address."""
    port = free_port()
    callback = f"{live_server.url}/login/oidc/callback/"
    running = subprocess.Popen(
        [_node(), str(SCRIPT), str(port), "crm", "a-secret-of-the-client", callback],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert running.stdout is not None
        assert any("listening" in line for line in running.stdout)
        cache.clear()
        settings.PUBLIC_URL = live_server.url
        settings.OIDC = OidcSettings(f"http://localhost:{port}", "crm", "a-secret-of-the-client", "Acme ID")
        yield settings.OIDC.issuer
    finally:
        running.kill()
        running.wait()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def sign_in_there(page: Page, name: str, *, consents: bool = True) -> None:
    page.fill("[name=login]", name)
    page.fill("[name=password]", "any will do")
    page.get_by_role("button", name="Sign-in").click()
    if consents:
        page.get_by_role("button", name="Continue").click()


def test_a_member_signs_in_and_proves_once_more_who_they_are(page, provider, live_server, account):
    member = make_member(account, "rob")
    member.user.email = "rob@team.example"
    member.user.set_unusable_password()
    member.user.save()
    page.goto(f"{live_server.url}/login/?next=/products/")
    page.get_by_role("link", name="Sign in with Acme ID").click()
    sign_in_there(page, "rob")
    page.wait_for_url("**/products/")
    assert SignInIdentity.objects.get().issuer == provider
    assert SignInIdentity.objects.get().user == member.user
    page.goto(f"{live_server.url}/account/")
    expect(page.get_by_text("rob@team.example")).to_be_visible()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("link", name="Sign in once more with Acme ID").click()
    sign_in_there(page, "rob", consents=False)
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()


def test_strangers_stay_out_and_the_invited_need_no_password(page, provider, live_server, account):
    page.goto(f"{live_server.url}/login/oidc/")
    owner = make_member(account, "olga", "owner")
    sign_in_there(page, "nia-unverified")
    expect(page.get_by_role("heading", name="does not vouch for your address")).to_be_visible()
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/login/oidc/")
    sign_in_there(page, "nia")
    expect(page.get_by_role("heading", name="You are not a member here")).to_be_visible()
    path = invite(owner, email="nia@team.example", name="Nia", role="rep", now=timezone.now()).path
    page.goto(f"{live_server.url}{path}")
    page.get_by_role("link", name="Join with Acme ID").click()
    expect(page.locator("#toasts")).to_contain_text("Welcome to Testers.")
    assert not Member.objects.get(name="nia Vouched").user.has_usable_password()
    # Refused there.
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/login/oidc/")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", name="Acme ID did not let you in")).to_be_visible()
    page.get_by_role("link", name="Begin again").click()
    page.fill("[name=username]", "olga")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/deals/")
