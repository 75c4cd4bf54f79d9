"""The layout holds what other languages need: 40 % longer words, and lines from right to left, wide and narrow."""

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page

from deals.models import Deal
from quickbooks_bridge.models import Customer, CustomerLink, Invoice
from tests.i18n.pseudo import LANGUAGES, LONG, MIRRORED, write_pseudo

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

# Words that reach beyond the box that they stand in.
CUT = """() => [...document.querySelectorAll("button, .btn, .flag, .pill, .chip, th, label, legend, .segmented span")]
  .filter((one) => one.checkVisibility() && !one.closest(".sr-only") && one.clientWidth > 1)
  .filter((one) => {
    const box = one.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(one);
    const inner = [...one.querySelectorAll(".sr-only, input, select, textarea, svg")];
    const words = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
    const cut = [];
    while (words.nextNode()) {
      if (!words.currentNode.data.trim() || inner.some((other) => other.contains(words.currentNode))) continue;
      range.selectNodeContents(words.currentNode);
      cut.push(...[...range.getClientRects()].filter((at) => at.width > 1 && (at.right > box.right + 1 || at.left < box.left - 1)));
    }
    return cut.length;
  })
  .map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 60)}`)"""
# Who makes a page wider than its window.
WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= window.innerWidth) return [];
  const beyond = (box) => box.width > 1 && (box.right + scrollX > window.innerWidth + 1 || box.left + scrollX < -1);
  return [`${root.scrollWidth} > ${window.innerWidth}`, ...[...document.querySelectorAll("body *")]
    .filter((one) => one.checkVisibility() && getComputedStyle(one).position !== "fixed" && beyond(one.getBoundingClientRect()))
    .slice(0, 6).map((one) => `${one.tagName}.${one.getAttribute("class")}`)];
}"""
PAGES = {
    "deals": "/deals/",
    "deal": "/deals/{deal}/?tab=invoice",
    "deal_log": "/deals/{deal}/",
    "form": "/deals/{deal}/invoices/new/",
    "invoices": "/deals/{deal}/invoices/all/",
    "settings": "/quickbooks/",
    "health": "/quickbooks/health/",
    "inbox": "/needs-action/?tab=all",
    "receivables": "/quickbooks/receivables/",
    "account": "/account/",
}


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="module")
def words(tmp_path_factory) -> str:
    return str(write_pseudo(tmp_path_factory.mktemp("locale")))


@pytest.fixture
def addresses(settings, words, connection, deal: Deal) -> dict[str, str]:
    """A deal with invoices of a linked customer, in an installation that speaks the pseudo-languages."""
    settings.LOCALE_PATHS = [words]
    settings.LANGUAGES = LANGUAGES
    customer = Customer.objects.filter(company=connection.company, is_active=True).order_by("pk").first()
    assert customer is not None
    CustomerLink.objects.create(
        company=connection.company,
        organization=deal.organization,
        customer_qbo_id=customer.qbo_id,
        linked_at=connection.connected_at,
    )
    rows = Invoice.objects.filter(company=connection.company).order_by("pk").values_list("pk", flat=True)[:5]
    Invoice.objects.filter(pk__in=list(rows)).update(deal=deal, customer_qbo_id=customer.qbo_id)
    return {name: path.format(deal=deal.pk) for name, path in PAGES.items()}


def broken(page: Page) -> list[str]:
    return [*page.evaluate(WIDE), *page.evaluate(CUT)]


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("language", [LONG, MIRRORED])
def test_every_page_has_room_for_other_languages(
    browser: Browser, live_server, addresses, admin, language, width
):
    client = Client()
    client.force_login(admin.member.user)
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/login/")
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == MIRRORED else None)
    found = {"login": broken(page)}
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    for name, path in addresses.items():
        answer = page.goto(live_server.url + path)
        assert answer is not None
        assert answer.ok, path
        page.wait_for_function("document.documentElement.classList.contains('has-script')")
        found[name] = broken(page)
        if page.locator(".topbar-me").is_visible():
            page.locator(".topbar-me").click()
            found[f"{name}, menu"] = page.evaluate(WIDE)
    context.close()
    assert "\n".join(f"{name}: {problem}" for name, problems in found.items() for problem in problems) == ""
