"""A public client of another language: node-quickbooks goes through every entity, where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.emulator_process import EmulatorProcess

SOURCE = Path(__file__).resolve().parent.parent / "clients"
HOME = SOURCE.parent.parent / "build" / "clients"
HELLO = ("url", "client_id", "client_secret", "companies", "verifier_token")
PACKAGE = "node_modules/node-quickbooks/package.json"


def _home() -> Path:
    """Where the client is installed, installing it first when TEST_INSTALL=1 asks for that."""
    wanted = json.loads((SOURCE / "package.json").read_text())["dependencies"]["node-quickbooks"]
    for home in (SOURCE, HOME):
        installed = home / PACKAGE
        if installed.exists() and json.loads(installed.read_text())["version"] == wanted:
            return home
    npm = shutil.which("npm")
    if os.environ.get("TEST_INSTALL") != "1" or npm is None:
        pytest.skip("node-quickbooks is not installed; set TEST_INSTALL=1 to install it into build/clients")
    HOME.mkdir(parents=True, exist_ok=True)
    shutil.copy(SOURCE / "package.json", HOME / "package.json")
    quiet = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
    subprocess.run([npm, "install", *quiet], cwd=HOME, check=True, timeout=240)
    return HOME


def test_node_quickbooks_goes_through_every_entity(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    home = _home()
    with EmulatorProcess("--company", "us", "--single", "--seed", "node") as emulator:
        hello = tmp_path / "hello.json"
        hello.write_text(json.dumps({name: getattr(emulator, name) for name in HELLO}))
        done = subprocess.run(
            [node, str(SOURCE / "node_quickbooks.mjs"), str(hello)],
            env={**os.environ, "CLIENTS_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith("steps passed")
