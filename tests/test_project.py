"""The project's own files: the index in README, the compose file, the pinned libraries."""

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent


def test_every_path_of_the_index_exists():
    paths = re.findall(r"^\| .* \| `([^`]+)` \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(paths) >= 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_picture_of_readme_exists():
    pictures = re.findall(r"\]\((docs/img/[^)]+)\)", (ROOT / "README.md").read_text())
    assert len(pictures) >= 3
    assert [path for path in pictures if not (ROOT / path).exists()] == []


def variables_of_the_settings() -> set[str]:
    source = (ROOT / "crm_invoicing" / "settings.py").read_text()
    return set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))


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
    assert variables_of_the_example() == read | {"POSTGRES_PASSWORD"}
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


def test_image_runs_as_nobody_special():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert lines.index("USER app") > max(at for at, line in enumerate(lines) if "collectstatic" in line)


@pytest.mark.parametrize("profile", [[], ["--profile", "emulator"]])
def test_a_compose_implementation_accepts_the_file(profile, tmp_path):
    """podman-compose asks podman for its version first, whatever is asked of it: a stand-in answers."""
    podman = tmp_path / "podman"
    podman.write_text("#!/bin/sh\necho podman version 5.0.0\n")
    podman.chmod(0o755)
    command = [str(Path(sys.executable).with_name("podman-compose")), "-f", str(ROOT / "docker-compose.yml")]
    given = {"SECRET_KEY": "s", "TOKEN_KEYS": "t", "POSTGRES_PASSWORD": "p"}
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
