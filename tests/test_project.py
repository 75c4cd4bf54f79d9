"""The project's own files: the index in README, the compose file, the pinned libraries."""

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from .mutations.rules import RULES

ROOT = Path(__file__).resolve().parent.parent


def has_symbol(name: str) -> bool:
    """Return whether `package.module::symbol`, or a module alone, can be imported."""
    module, _colons, symbol = name.partition("::")
    found = import_module(module)
    return not symbol or hasattr(found, symbol)


def test_every_symbol_of_the_index_exists():
    paths = re.findall(r"^\| .* \| `([^`]+\.py::\w+)` \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(paths) >= 30
    names = [path.replace(".py::", "::").replace("/", ".") for path in paths]
    assert [name for name in names if not has_symbol(name)] == []


def test_every_word_of_the_glossary_names_its_place():
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]+ \| (.+) \|$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE
    )[1:]
    assert len(rows) >= 30
    assert [word for word, place in rows if not has_symbol(place.strip("`"))] == []


def test_every_picture_of_readme_exists():
    pictures = re.findall(r"\]\((docs/img/[^)]+)\)", (ROOT / "README.md").read_text())
    assert len(pictures) >= 3
    assert [path for path in pictures if not (ROOT / path).exists()] == []


def variables_of_the_settings() -> set[str]:
    read: set[str] = set()
    for name in ("settings.py", "crm_settings.py", "web_server.py"):
        source = (ROOT / "crm_invoicing" / name).read_text()
        read |= set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    return read


def variables_of_the_example() -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


# Of one machine or of the image, so no matter of the compose file.
NOT_IN_COMPOSE = {"DATA_DIR", "PORT", "STATIC_ROOT", "DEBUG"}


def test_compose_file_and_example_name_each_variable_of_the_settings_and_no_other():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    read = variables_of_the_settings()
    assert len(read) >= 20
    for name in ("web", "worker", "beat", "migrate"):
        assert set(compose["services"][name]["environment"]) == read - NOT_IN_COMPOSE
    assert variables_of_the_example() == read | {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    asked = set(re.findall(r"\$\{([A-Z_]+)[:}]", (ROOT / "docker-compose.yml").read_text()))
    assert asked <= variables_of_the_example()


def test_services_start_again_and_tell_their_health():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert set(services) == {"migrate", "web", "worker", "beat", "postgres", "redis", "emulator"}
    for name, service in services.items():
        assert service["restart"] in {"unless-stopped", "on-failure"}, name
        assert name == "migrate" or service["healthcheck"]["test"], name
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["emulator"]["profiles"] == ["emulator"]


def test_image_runs_as_nobody_special_and_buffers_requests():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert lines.index("USER app") > max(at for at, line in enumerate(lines) if "collectstatic" in line)
    assert json.loads(lines[-1].removeprefix("CMD "))[:3] == ["python", "-m", "crm_invoicing.web_server"]


def test_containers_can_do_no_more_than_they_need():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["cpus"], name
        assert service["pids_limit"], name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
    assert [name for name, service in services.items() if "ports" in service] == ["web", "emulator"]
    assert "cap_add" not in services["web"]


def test_application_signs_in_to_redis_and_to_a_database_role_that_is_no_superuser():
    text = (ROOT / "docker-compose.yml").read_text()
    services = yaml.safe_load(text)["services"]
    assert services["web"]["environment"]["REDIS_URL"].startswith("redis://:${REDIS_PASSWORD:?")
    assert "--requirepass" in services["redis"]["command"][-1]
    assert services["web"]["environment"]["DATABASE_URL"].startswith("postgres://crm:")
    assert "POSTGRES_USER" not in services["postgres"]["environment"]
    script = next(line for line in services["postgres"]["volumes"] if "initdb.d" in line).partition(":")[0]
    sql = (ROOT / script).read_text()
    assert "CREATE ROLE crm LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION" in sql
    assert "ALTER ROLE postgres PASSWORD NULL" in sql


@pytest.mark.parametrize("profile", [[], ["--profile", "emulator"]])
def test_a_compose_implementation_accepts_the_file(profile, tmp_path):
    """podman-compose asks podman for its version first, whatever is asked of it: a stand-in answers."""
    podman = tmp_path / "podman"
    podman.write_text("#!/bin/sh\necho podman version 5.0.0\n")
    podman.chmod(0o755)
    command = [str(Path(sys.executable).with_name("podman-compose")), "-f", str(ROOT / "docker-compose.yml")]
    given = {"SECRET_KEY": "s", "TOKEN_ENCRYPTION_KEYS": "t", "POSTGRES_PASSWORD": "p", "REDIS_PASSWORD": "r"}
    paths = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"

    def config(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *profile, "config"],
            env={"PATH": paths, "HOME": str(tmp_path), **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    done = config(given)
    assert done.returncode == 0, done.stderr
    shown = yaml.safe_load(done.stdout)["services"]
    assert shown["web"]["environment"]["DATABASE_URL"] == "postgres://crm:p@postgres:5432/crm"
    assert ("emulator" in shown) == bool(profile)
    refused = config({**given, "SECRET_KEY": ""})
    assert refused.returncode != 0
    assert "give SECRET_KEY" in refused.stderr


def test_pinned_libraries_are_the_ones_the_gateway_was_written_for():
    assert version("python-quickbooks").startswith("0.9.")
    assert version("intuit-oauth") == "1.2.6"


def test_lock_files_name_no_registry():
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / name).read_text()


def test_bill_of_materials_names_every_locked_package_with_its_hashes(tmp_path):
    target = tmp_path / "sbom.json"
    tool = str(Path(sys.executable).with_name("cyclonedx-py"))
    lock = str(ROOT / "requirements.lock")
    subprocess.run([tool, "requirements", "--of", "JSON", "-o", str(target), lock], check=True, cwd=ROOT)
    components = json.loads(target.read_text())["components"]
    locked = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", Path(lock).read_text(), re.MULTILINE))
    assert len(locked) > 40
    assert {one["name"]: one["version"] for one in components} == locked
    assert all(one["externalReferences"][0]["hashes"] for one in components)


def test_every_test_that_the_security_page_names_exists():
    text = (ROOT / "docs/security.md").read_text()
    named, last = [], ""
    for path, test in re.findall(r"`(tests/[\w/.]*|…)(?:::(\w+))?`", text):
        last = last if path == "…" else path
        named.append((last, test))
    assert len(named) > 40
    missing = [
        (path, test)
        for path, test in named
        if not (ROOT / path).exists() or (test and f"def {test}(" not in (ROOT / path).read_text())
    ]
    assert missing == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules_that_mutations_break_are_where_the_list_says(rule):
    assert rule.right in (ROOT / rule.path).read_text()
    assert all((ROOT / test).exists() for test in rule.tests)
