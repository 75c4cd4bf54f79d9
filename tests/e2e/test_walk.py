"""A person walks the main job in a real browser, against the demo as README starts it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "artefacts"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def install_chromium() -> None:
    """Install a browser: Playwright's own, else the system's package."""
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, timeout=120)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False, timeout=120)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False, timeout=300)


def launch(playwright) -> Browser | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    for path in [found for name in names if (found := shutil.which(name))] + [None]:
        try:
            return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error:
            continue
    return None


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = launch(playwright)
        if started is None and os.environ.get("CI"):
            install_chromium()
            started = launch(playwright)
        if started is None:
            if os.environ.get("CI"):
                pytest.fail("no Chromium could be had")
            pytest.skip("no Chromium or Chrome is installed")
        yield started
        started.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[dict[str, str]]:
    port, emulator_port = free_port(), free_port()
    env = {key: value for key, value in os.environ.items() if not key.startswith(("QUICKBOOKS_", "DJANGO_"))}
    env |= {
        "PORT": str(port),
        "EMULATOR_PORT": str(emulator_port),
        "DATA_DIR": str(tmp_path_factory.mktemp("demo")),
        "QUICKBOOKS_POLL_SECONDS": "5",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "crm_invoicing.supervisor", "--demo"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Ctrl-C ends" in line:
            break
    yield {"crm": f"http://localhost:{port}", "quickbooks": f"http://127.0.0.1:{emulator_port}"}
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def sign_in(browser: Browser, crm: str, username: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.goto(f"{crm}/login/")
    page.fill("#id_username", username)
    page.fill("#id_password", "bluestem-demo-2026")
    page.click("button.btn-primary")
    page.wait_for_url(re.compile("/deals/"))
    return page


def pick(page: Page, field: str, words: str) -> None:
    page.click(field)
    page.fill(field, words)
    option = page.locator(f"{field} ~ ul [role=option]:not([aria-disabled=true])").first
    expect(option).to_be_visible()
    page.wait_for_timeout(400)
    option.click()


def test_a_rep_invoices_a_deal_and_its_status_follows(browser, demo):
    crm, quickbooks = demo["crm"], demo["quickbooks"]
    page = sign_in(browser, crm, "dana")
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("response", lambda answer: failures.append(answer.url) if answer.status >= 500 else None)

    page.goto(f"{crm}/deals/4/")
    expect(page.get_by_text("Invoice this deal in QuickBooks")).to_be_visible()
    shot(page, "before-connecting")
    page.click("text=Connect QuickBooks")
    page.wait_for_url(re.compile("connect/oauth2"))
    shot(page, "consent")
    page.click("button:has-text('Connect')")
    page.wait_for_url(f"{crm}/quickbooks/")
    expect(page.get_by_text("Connected to Bluestem Office Interiors").first).to_be_visible()
    expect(page.locator(".progress")).to_have_count(0, timeout=30_000)
    shot(page, "settings")

    page.goto(f"{crm}/deals/4/")
    page.click("#invoice-tab a.btn-primary")
    page.check("input[name=customer_mode][value=new]", force=True)
    count = page.locator("fieldset.line").count()
    assert count >= 2
    for at, words in enumerate(["chair", "deliv", "inst"][:count]):
        pick(page, f"#line-{at}-item", words)
    expect(page.locator("#check")).to_contain_text("Ready")
    shot(page, "form")
    total = page.locator("#check [data-total]").inner_text()
    page.click(".sheet-foot button[form=invoice-form]")
    page.wait_for_url(re.compile("tab=invoice"))
    row = page.locator("#invoice-tab tbody tr").first
    expect(row).to_contain_text("Open")
    expect(row).to_contain_text(total)
    expect(page.locator(".log")).to_contain_text("was created")
    shot(page, "deal")

    qbo_id = row.get_attribute("data-invoice")
    realm = requests.get(f"{quickbooks}/control/companies", timeout=5).json()[0]["realm_id"]
    base = f"{quickbooks}/control/{realm}/invoices/{qbo_id}"
    requests.post(f"{base}/pay", json={"amount": 100}, timeout=5).raise_for_status()
    expect(row).to_contain_text("Partially paid", timeout=15_000)
    requests.post(f"{quickbooks}/control/webhooks", json={"enabled": False}, timeout=5).raise_for_status()
    requests.post(f"{base}/pay", json={}, timeout=5).raise_for_status()
    expect(row).to_contain_text("Paid", timeout=20_000)

    row.locator("summary").click()
    shot(page, "menu")
    page.click("text=Void…")
    expect(page.get_by_text("become a credit for the customer").first).to_be_visible()
    shot(page, "void")
    page.click("button:has-text('Void invoice')")
    expect(page.locator("#invoice-tab tbody tr").first).to_contain_text("Voided")
    page.click("text=View all invoices")
    expect(page.locator(".table tbody tr").first).to_be_visible()
    shot(page, "all-invoices")

    other = sign_in(browser, crm, "tomas")
    other.goto(f"{crm}/deals/4/")
    expect(other.get_by_text("Invoices are visible to Dana Whitfield").first).to_be_visible()
    foreign = sign_in(browser, crm, "rita")
    assert foreign.goto(f"{crm}/deals/4/").status == 404
    assert failures == []


def test_pages_fit_a_narrow_dark_window(browser, demo):
    page = sign_in(browser, demo["crm"], "dana")
    page.set_viewport_size({"width": 320, "height": 900})
    page.emulate_media(color_scheme="dark")
    for name, path in (("deals", "/deals/"), ("deal", "/deals/1/"), ("settings", "/quickbooks/")):
        page.goto(demo["crm"] + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        shot(page, f"{name}-320-dark")
