"""The project's own files: the index in README, the compose file, the pinned libraries."""

import re
from importlib.metadata import version
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


def test_every_path_of_the_index_exists():
    paths = re.findall(r"^\| .* \| `([^`]+)` \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(paths) >= 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_compose_names_only_variables_the_settings_read():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    settings = (ROOT / "crm_invoicing" / "settings.py").read_text()
    names = compose["services"]["web"]["environment"]
    assert len(names) >= 10
    known = {"DATABASE_URL": 'env.db("DATABASE_URL"'}
    assert [name for name in names if known.get(name, f'"{name}"') not in settings] == []
    assert {"web", "worker", "beat", "postgres", "redis", "emulator"} <= set(compose["services"])


def test_pinned_libraries_are_the_ones_the_gateway_was_written_for():
    assert version("python-quickbooks").startswith("0.9.")
    assert version("intuit-oauth") == "1.2.6"


def test_lock_files_name_no_registry():
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / name).read_text()
