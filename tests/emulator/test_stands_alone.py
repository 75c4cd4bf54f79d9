"""The emulator's folder is all that is needed: copied away it serves, and it installs as a package of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "qbo_emulator"
PRODUCT = ("crm_invoicing", "deals", "quickbooks_bridge", "django", "quickbooks")
PROBE = """
import importlib.util, json, sys
import qbo_emulator.app, qbo_emulator.cli, qbo_emulator.core.pdf
loaded = [name for name in %r if name in sys.modules]
print(json.dumps({"from": qbo_emulator.__file__, "loaded": loaded}))
"""


def _served(command: list[str], cwd: Path, environment: dict[str, str]) -> None:
    """Start the emulator by a command, read one object through the API, stop it."""
    arguments = [*command, "--port", "0", "--company", "us-2", "--single"]
    process = subprocess.Popen(arguments, cwd=cwd, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        started = json.loads(process.stdout.readline())
        company = started["companies"][0]
        answer = requests.get(
            f"{started['url']}/v3/company/{company['realm_id']}/customer/1",
            headers={"Authorization": f"Bearer {company['access_token']}", "Accept": "application/json"},
            timeout=10,
        )
        assert answer.json()["Customer"]["Id"] == "1"
    finally:
        process.terminate()
        code = process.wait(10)
        assert process.stdout is not None
        process.stdout.close()
    assert code == 0


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTHON"))}


def test_copied_folder_serves_without_the_rest(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "qbo_emulator", ignore=shutil.ignore_patterns("__pycache__"))
    probe = subprocess.run(
        [sys.executable, "-c", PROBE % (PRODUCT,)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=_environment(),
        check=True,
    )
    found = json.loads(probe.stdout)
    assert Path(found["from"]).parent == tmp_path / "qbo_emulator"
    assert found["loaded"] == []
    _served([sys.executable, "-m", "qbo_emulator"], tmp_path, _environment())


def test_every_folder_with_code_is_part_of_the_package() -> None:
    import tomllib

    described = tomllib.loads((FOLDER / "pyproject.toml").read_text())
    folders = {
        ".".join(("qbo_emulator", *path.parent.relative_to(FOLDER).parts))
        for path in FOLDER.rglob("__init__.py")
        if "build" not in path.relative_to(FOLDER).parts
    }
    assert set(described["tool"]["setuptools"]["packages"]) == folders
    assert described["project"]["readme"] == "README.md"
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = {need.split(">")[0] for need in whole["project"]["optional-dependencies"]["emulator"]}
    assert needed | {"tzdata"} == {need.split(">")[0] for need in described["project"]["dependencies"]}


@pytest.mark.skipif(
    not os.environ.get("TEST_INSTALL"), reason="installs packages; set TEST_INSTALL=1 to run it"
)
def test_installs_into_an_empty_environment(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(FOLDER, source, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    binaries = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([str(binaries / "python"), "-m", "pip", "install", "-q", str(source)], check=True)
    _served([str(binaries / "qbo-emulator")], tmp_path, _environment())
