"""The browser of the tests: an installed Chromium or Chrome, else Playwright's own, else the system's package."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed(playwright: Playwright) -> Browser | None:
    for path in filter(None, map(shutil.which, INSTALLED)):
        try:
            return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error:
            continue
    return None


def playwrights_own(playwright: Playwright) -> Browser | None:
    try:
        return playwright.chromium.launch(args=ARGUMENTS)
    except Error:
        pass
    run([sys.executable, "-m", "playwright", "install", "chromium"])
    try:
        return playwright.chromium.launch(args=ARGUMENTS)
    except Error:
        return None


def systems_package(playwright: Playwright) -> Browser | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    run(["apt-get", "update", "-qq"])
    run(["apt-get", "install", "-y", "-qq", "chromium"])
    return installed(playwright)


def run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=False, timeout=300, capture_output=True)
    except (OSError, subprocess.TimeoutExpired):
        return


WAYS: tuple[Callable[[Playwright], Browser | None], ...] = (installed, playwrights_own, systems_package)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module: while it runs its thread has an event loop, which database tests cannot stand."""
    with sync_playwright() as playwright:
        for way in WAYS:
            started = way(playwright)
            if started is not None:
                yield started
                started.close()
                return
    reason = "no Chromium or Chrome could be had, neither installed nor installable"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
