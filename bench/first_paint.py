"""How soon a panel in Pipedrive's frame shows something, against a page of our own in the same browser."""

import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import installed
from tests.demo import Demo

from .report import Figure, show

TIMES = 15
# A frame loads an empty page, exchanges its code, and asks for what it shows; Pipedrive is asked for the deal before that.
MOST = 4.0


def _first_content(page: Page, address: str, *, is_frame: bool) -> float:
    """Return the seconds until the invoices of a deal can be read."""
    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    place = page.frame_locator("#app-panel iframe") if is_frame else page
    place.get_by_role("heading", name="Invoice this deal in QuickBooks").wait_for()
    return time.perf_counter() - started


def first_paint() -> list[str]:
    """Measure both, one after the other in turn."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = Demo(Path(folder))
        browser = installed(playwright)
        if browser is None:
            print("first paint: no browser is installed")
            return []
        demo.start()
        try:
            demo.wait_for_greeting()
            crm = f"http://127.0.0.1:{demo.emulator_port + 60}"
            page = browser.new_page()
            page.goto(f"{crm}/deal/1")
            page.get_by_role("button", name="Install").first.click()
            page.get_by_role("button", name="Install").click()
            page.wait_for_url("**/app-settings")
            page.goto(f"{demo.crm}/login/")
            page.fill("[name=username]", "dana")
            page.fill("[name=password]", "bluestem-demo-2026")
            page.keyboard.press("Enter")
            page.wait_for_url("**/deals/")
            ours = f"{demo.crm}/deals/1/"
            for address, is_frame in ((f"{crm}/deal/1", True), (ours, False)):
                _first_content(page, address, is_frame=is_frame)
            framed, plain = [], []
            for _at in range(TIMES):
                framed.append(_first_content(page, f"{crm}/deal/1", is_frame=True))
                plain.append(_first_content(page, ours, is_frame=False))
        finally:
            browser.close()
            demo.end(signal.SIGTERM)
    ratio = statistics.median(framed) / statistics.median(plain)
    print(
        f"first content: {statistics.median(framed) * 1000:.0f} ms framed, {statistics.median(plain) * 1000:.0f} ms alone"
    )
    return show(
        "in Pipedrive's frame",
        [Figure("first content of a panel / of our own page", ratio, MOST, is_timed=True)],
    )


if __name__ == "__main__":
    sys.exit(1 if first_paint() else 0)
