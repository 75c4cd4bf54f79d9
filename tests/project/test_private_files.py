"""The embedded database, its folder and the keys are for one user of the machine; copies of them too."""

import os
import stat
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from crm_invoicing.private_files import keep_private, readable_by_others
from crm_invoicing.processes import BASE
from deals.models import Account
from quickbooks_bridge.services.doctor import file_findings


@pytest.fixture(autouse=True)
def _umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folder_that_others_could_read_is_repaired(tmp_path):
    folder = tmp_path / "var"
    (folder / "deep").mkdir(parents=True)
    for name in ("db.sqlite3", "db.sqlite3-wal", "secrets.json", "deep/emulator.json"):
        (folder / name).write_text("x")
        (folder / name).chmod(0o644)
    folder.chmod(0o755)
    (folder / "link").symlink_to("/")
    assert len(list(readable_by_others(folder))) == 6
    keep_private(folder)
    assert list(readable_by_others(folder)) == []
    assert mode(folder) == mode(folder / "deep") == 0o700
    assert mode(folder / "db.sqlite3") == 0o600
    (folder / "new").write_text("x")
    assert mode(folder / "new") == 0o600


def test_database_made_by_a_command_is_private(tmp_path):
    folder = tmp_path / "var"
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), "DATABASE_URL": "", "LOG_LEVEL": "ERROR"}
    # The first table makes the file; the others would take a quarter of a minute.
    command = [sys.executable, "manage.py", "migrate", "contenttypes", "0001", "--verbosity", "0"]
    subprocess.run(command, cwd=BASE, env=env, check=True, umask=0o022)
    assert (folder / "db.sqlite3").exists()
    assert list(readable_by_others(folder)) == []


def test_doctor_finds_files_that_others_can_read(tmp_path, settings):
    settings.DATA_DIR, settings.IS_SQLITE = tmp_path / "var", True
    keep_private(settings.DATA_DIR)
    (settings.DATA_DIR / "db.sqlite3").write_text("x")
    assert list(file_findings()) == []
    (settings.DATA_DIR / "db.sqlite3").chmod(0o640)
    (found,) = file_findings()
    assert "db.sqlite3" in found.what


def settings_of(tmp_path, **env: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **env}
    code = "import django; django.setup(); from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SECURE_HSTS_PRELOAD, s.SECURE_HSTS_INCLUDE_SUBDOMAINS)"
    given["DJANGO_SETTINGS_MODULE"] = "crm_invoicing.settings"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=BASE, env=given, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "env", [{"PUBLIC_URL": "https://crm.example"}, {"QUICKBOOKS_ENVIRONMENT": "production"}]
)
def test_debug_is_refused_where_it_would_show_secrets(tmp_path, env):
    done = settings_of(tmp_path, DEBUG="1", **env)
    assert done.returncode != 0
    assert "DEBUG=1 shows settings" in done.stderr
    assert settings_of(tmp_path, DEBUG="1").returncode == 0


def test_cookies_under_https_cannot_be_set_by_a_neighbouring_host(tmp_path):
    names = settings_of(tmp_path, PUBLIC_URL="https://crm.example").stdout.split()
    assert names == ["__Host-sessionid", "__Host-csrftoken", "False", "False"]
    chosen = {"HSTS_PRELOAD": "1", "HSTS_INCLUDE_SUBDOMAINS": "1"}
    assert settings_of(tmp_path, PUBLIC_URL="https://crm.example", **chosen).stdout.split()[2:] == [
        "True",
        "True",
    ]
    assert settings_of(tmp_path).stdout.split()[:2] == ["sessionid", "csrftoken"]


@pytest.mark.parametrize(
    ("old", "new"), [("SWEEP_SECONDS", "DISPATCH_INTERVAL_SECONDS"), ("TOKEN_KEYS", "TOKEN_ENCRYPTION_KEYS")]
)
def test_a_variable_set_under_its_former_name_is_refused_with_the_new_one(tmp_path, old, new):
    done = settings_of(tmp_path, **{old: "5"})
    assert done.returncode != 0
    assert f"{old} is now {new}" in done.stderr


@pytest.mark.parametrize("setting", [{"IS_HTTPS": True}, {"QUICKBOOKS_ENVIRONMENT": "production"}])
def test_demo_data_goes_into_no_real_installation(db, settings, setting):
    for name, value in setting.items():
        setattr(settings, name, value)
    with pytest.raises(CommandError, match="password that everybody knows"):
        call_command("seed_demo")
    assert not Account.objects.exists()


def test_demo_data_goes_into_no_database_with_a_company_of_its_own(account):
    with pytest.raises(CommandError, match="company of its own"):
        call_command("seed_demo")
    assert Account.objects.count() == 1
