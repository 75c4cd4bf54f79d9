"""Every page and its main states, in light and dark, under axe-core: no violation of WCAG 2.2 AA or good practice."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.fixtures import make_deal
from tests.ui.pages import (
    CONNECTED,
    NEW_COMPANY,
    SIGNED_OUT,
    Shown,
    World,
    framed,
    signed_in,
    unlisted,
    visit,
    world_of,
)

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parents[1] / "npm/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (options) => {
    const found = await axe.run(document, options);
    return found.violations.map((rule) => [rule.id, rule.nodes.map((node) => [
        node.target.join(" "), node.html.slice(0, 160), node.any.concat(node.all, node.none).map((one) => one.message).join("; ").slice(0, 200)])]);
}"""

# A theme is there when two frames have been drawn in it; nothing moves, as motion is reduced.
AT_REST = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="module")
def axe() -> str:
    if AXE.is_file():
        return AXE.read_text()
    reason = "axe-core is not installed: `make install-dev` installs it from its npm package"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def violations(place: Any, axe: str, rules: dict[str, Any] | None = None) -> list[Any]:
    """Run axe-core in a page or frame. What is evaluated runs outside of the page's security policy."""
    if not place.evaluate("typeof axe !== 'undefined'"):
        place.evaluate(axe)
    options: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
    return list(place.evaluate(RUN, options | (rules or {"runOnly": {"type": "tag", "values": TAGS}})))


def both_themes(page: Page, axe: str, place: Any = None) -> dict[str, list[Any]]:
    """Run every rule in light; in dark those that the colours decide, as nothing else is another."""
    colours = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
    page.emulate_media(color_scheme="light")
    (place or page).evaluate(AT_REST)
    found = {"light": violations(place or page, axe)}
    page.emulate_media(color_scheme="dark")
    # Colours that are on their way from one theme to the other are none of either.
    (place or page).evaluate(AT_REST)
    found["dark"] = violations(place or page, axe, colours)
    return {theme: problems for theme, problems in found.items() if problems}


def walk(page: Page, axe: str, pages: tuple[Shown, ...], world: World) -> dict[str, Any]:
    found = {}
    for shown in pages:
        try:
            problems: Any = both_themes(visit(page, shown, world), axe)
        except (Error, AssertionError) as error:  # the others are looked at all the same
            problems = str(error)
        if problems:
            found[shown.name] = problems
    return found


def told(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False)


def test_every_page_is_in_a_list():
    assert unlisted() == set()


def test_pages_with_a_connection(browser: Browser, live_server, connection, deal, admin, axe):
    world = world_of(deal, connection, live_server.url)
    context = signed_in(browser, admin.member, live_server.url)
    found = walk(context.new_page(), axe, CONNECTED, world)
    context.close()
    assert not found, told(found)


def test_pages_of_a_new_company_and_of_nobody(browser: Browser, live_server, stranger, axe):
    own = make_deal(stranger.account, title="First deal")
    world = World(live_server.url, {"unconnected": own.pk})
    context = signed_in(browser, stranger.member, live_server.url)
    found = walk(context.new_page(), axe, NEW_COMPANY, world)
    context.close()
    context = signed_in(browser, None, live_server.url)
    found |= walk(context.new_page(), axe, SIGNED_OUT, world)
    context.close()
    assert not found, told(found)


def test_health_with_nothing_to_do(browser: Browser, live_server, connection, admin, axe):
    context = signed_in(browser, admin.member, live_server.url)
    world = World(live_server.url, {})
    found = walk(context.new_page(), axe, (Shown("health, all is well", "/quickbooks/health/"),), world)
    context.close()
    assert not found, told(found)


def test_the_panel_in_another_programs_page(
    browser: Browser, live_server, settings, connection, deal, admin, axe
):
    settings.PUBLIC_URL = live_server.url
    world_of(deal, connection, live_server.url)
    context = signed_in(browser, None, live_server.url)
    page = context.new_page()
    with framed(page, live_server.url, deal, admin.member) as frame:
        found: dict[str, Any] = dict(both_themes(page, axe, frame))
        frame.locator("details[data-menu] summary").first.click()
        if more := both_themes(page, axe, frame):
            found["menu"] = more
    context.close()
    assert not found, told(found)
