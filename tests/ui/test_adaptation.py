"""Pages as people adapt them: narrow and zoomed, with wider text spacing, forced colours, less motion, and coarse pointers."""

import json
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from tests.ui.pages import CONNECTED, Shown, World, signed_in, visit, world_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

MAIN = {
    "deals", "a deal, Invoice", "a deal, a menu", "a deal, Products", "a deal, the void dialog", "a deal, the send dialog",
    "edit organization", "invoice form", "invoice form, ready", "invoice form, everything open", "all invoices",
    "all invoices, range of days", "invoice history", "settings", "edit preset", "health", "needs action", "API and embedding", "import", "search results",
}  # fmt: skip
# WCAG 1.4.12: what a reader may set without losing anything.
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }");
    document.adoptedStyleSheets = [sheet];
}"""
# Text in a box that hides what does not fit; a scroller shows it, and a name that is cut on purpose has it in full elsewhere.
CUT_OFF = """() => [...document.querySelectorAll("main *, dialog[open] *, .sheet-foot *, .sheet-head *, .deal-head *")].filter((part) => {
    const style = getComputedStyle(part);
    const box = part.getBoundingClientRect();
    if (!part.textContent.trim() || box.width < 2 || box.height < 2 || part.matches(".sr-only, .filters-go, .truncate, svg *, option, .bar, .bar *")) return false;
    const hidesX = ["hidden", "clip"].includes(style.overflowX) && part.scrollWidth > part.clientWidth + 1;
    const hidesY = ["hidden", "clip"].includes(style.overflowY) && part.scrollHeight > part.clientHeight + 1;
    return hidesX || hidesY;
}).map((part) => part.outerHTML.slice(0, 120))"""
# Words that stand partly outside of the window and cannot be scrolled to.
OUTSIDE = """() => document.documentElement.scrollWidth > innerWidth ? [...document.querySelectorAll("body *")].filter((part) => {
    const box = part.getBoundingClientRect();
    return box.width && box.right > innerWidth + 1 && !part.closest(".table-scroll, .tabs, .stages, .pills");
}).slice(0, 4).map((part) => part.outerHTML.slice(0, 120)) : []"""
# WCAG 2.5.8: 24 by 24, or as much room around; links within sentences and what the browser draws are let off.
SMALL = """() => {
    const every = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=menuitem], [role=option], [role=switch]";
    const shown = [...document.querySelectorAll(every)].filter((part) => {
        if (part.closest(".sr-only") || part.matches(".sr-only, .filters-go, .skip, :disabled") || !part.checkVisibility({ opacityProperty: false, visibilityProperty: true })) return false;
        const box = part.getBoundingClientRect();
        // What is covered by an open menu or dialog is no target until that is closed.
        const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        const isCovered = hit && !part.contains(hit) && !hit.contains(part) && !hit.closest("label")?.contains(part);
        return box.width > 1 && box.height > 1 && !isCovered;
    });
    // A label is part of its control's target.
    const area = (part) => {
        const label = part.matches("input[type=checkbox], input[type=radio]") && part.closest("label");
        const after = getComputedStyle(part, "::before");
        const box = (label || part).getBoundingClientRect();
        const more = after.position === "absolute" && after.content !== "none" ? Math.max(0, -parseFloat(after.top) || 0) : 0;
        return { x: box.left - more, y: box.top - more, width: box.width + 2 * more, height: box.height + 2 * more };
    };
    const isInText = (part) => part.matches("a") && getComputedStyle(part).display === "inline"
        && [...part.parentElement.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const areas = new Map(shown.map((part) => [part, area(part)]));
    const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];
    const isFree = (part) => {
        const [x, y] = middle(areas.get(part));
        return shown.every((other) => {
            if (other === part || other.contains(part) || part.contains(other)) return true;
            const box = areas.get(other);
            const small = box.width < 24 || box.height < 24;
            const [ox, oy] = middle(box);
            const dx = small ? Math.abs(x - ox) : Math.max(box.x - x, x - box.x - box.width, 0);
            const dy = small ? Math.abs(y - oy) : Math.max(box.y - y, y - box.y - box.height, 0);
            return Math.hypot(dx, dy) >= (small ? 24 : 12);
        });
    };
    return shown.filter((part) => {
        const box = areas.get(part);
        return (box.width < 23.5 || box.height < 23.5) && !isInText(part) && !isFree(part);
    }).map((part) => `${Math.round(areas.get(part).width)}x${Math.round(areas.get(part).height)} ${part.outerHTML.slice(0, 110)}`);
}"""
MOVING = """() => [...document.querySelectorAll("*")].flatMap((part) => ["", "::before", "::after"].map((pseudo) => {
    const style = getComputedStyle(part, pseudo || undefined);
    const longest = (text) => Math.max(...text.split(",").map((one) => parseFloat(one) * (one.trim().endsWith("ms") ? 1 : 1000)));
    const moves = style.animationName !== "none" && (longest(style.animationDuration) > 10 || style.animationIterationCount === "infinite");
    const goes = style.transitionProperty !== "none" && longest(style.transitionDuration) > 10;
    return moves || goes || style.scrollBehavior === "smooth" ? `${part.outerHTML.slice(0, 90)} ${pseudo}` : null;
})).filter(Boolean).slice(0, 5)"""
# In forced colours a control is seen by its edge, its words or its picture; what is chosen by more than its background.
UNSEEN = """() => [...document.querySelectorAll("button, .btn, input:not([type=hidden], [type=search], [type=file]), select, textarea, .pill, .flag")].filter((part) => {
    const box = part.getBoundingClientRect();
    if (box.width < 2 || part.closest(".sr-only") || part.matches(".sr-only, .quiet-input, .skip") || getComputedStyle(part).opacity === "0") return false;
    const style = getComputedStyle(part);
    const edge = parseFloat(style.borderTopWidth) > 0 && style.borderTopStyle !== "none";
    return !edge && !part.textContent.trim() && !part.querySelector("svg") && !part.closest("[role=search]") && style.appearance === "none";
}).map((part) => part.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_the_browser():
    """Let the rows be read in this thread, where the browser's own event loop runs: only between its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


def seen(page: Page, shown: Shown, world: World, what: Any) -> Any:
    try:
        return what(visit(page, shown, world))
    except (Error, AssertionError) as error:  # the others are looked at all the same
        return str(error)[:600]


def told(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False)


def adapted(page: Page) -> dict[str, list[str]]:
    """Look at a page as it is, then in forced colours, then with wider spacing, which stays."""
    found = {"targets": page.evaluate(SMALL), "motion": page.evaluate(MOVING)}
    page.emulate_media(forced_colors="active")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    found["forced colours"] = page.evaluate(UNSEEN)
    page.emulate_media(forced_colors="none")
    page.evaluate(SPACING)
    found["text spacing"] = page.evaluate(CUT_OFF) + page.evaluate(OUTSIDE)
    return {what: problems for what, problems in found.items() if problems}


def test_targets_are_large_nothing_moves_and_neither_forced_colours_nor_wide_spacing_lose_anything(
    browser, live_server, connection, deal, admin
):
    world = world_of(deal, connection, live_server.url)
    context = signed_in(browser, admin.member, live_server.url)
    page = context.new_page()
    main = [one for one in CONNECTED if one.name in MAIN]
    assert len(main) == len(MAIN)
    found = {shown.name: problems for shown in main if (problems := seen(page, shown, world, adapted))}
    context.close()
    assert not found, told(found)


def test_zoomed_to_320_pixels_nothing_is_cut_off_and_nothing_scrolls_sideways(
    browser, live_server, connection, deal, admin
):
    world = world_of(deal, connection, live_server.url)
    context = signed_in(browser, admin.member, live_server.url, viewport={"width": 320, "height": 640})
    page = context.new_page()

    def narrow(page: Page) -> Any:
        before = page.evaluate(OUTSIDE) + page.evaluate(CUT_OFF)
        page.evaluate(SPACING)
        return before + page.evaluate(OUTSIDE)

    found = {}
    # The others open parts by pressing what a narrow window keeps in another place.
    for shown in (one for one in CONNECTED if one.name in MAIN and not one.name.startswith("invoice form,")):
        if problems := seen(page, shown, world, narrow):
            found[shown.name] = problems
    context.close()
    assert not found, told(found)
