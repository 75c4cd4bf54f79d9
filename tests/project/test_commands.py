"""The doctor names each ill and its remedy; one poll by hand; system checks."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from deals.models import Account
from quickbooks_bridge.models import Connection, Heartbeat, Invoice, WebhookEvent
from quickbooks_bridge.services.operations.heartbeat import heartbeat_write

pytestmark = pytest.mark.django_db(transaction=True)


def told(command: str, *options: str) -> tuple[int, str]:
    """Exit code and all that is said."""
    out = StringIO()
    try:
        call_command(command, *options, stdout=out)
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


@pytest.fixture
def sound(connection, settings, live_server, tmp_path):
    """An installation in which all is well."""
    settings.DATA_DIR = tmp_path / "var"
    settings.DATA_DIR.mkdir(mode=0o700)
    settings.PUBLIC_URL = live_server.url
    heartbeat_write(now=datetime.now(UTC))
    assert told("doctor") == (0, "All is well.\n")
    return connection


def no_keys(connection, settings, qbo):
    settings.QUICKBOOKS_CLIENT_SECRET = ""


def wrong_keys(connection, settings, qbo):
    settings.QUICKBOOKS_CLIENT_SECRET = "wrong"


def no_network(connection, settings, qbo):
    settings.QUICKBOOKS_DISCOVERY_URL = "http://127.0.0.1:1/discovery"


def other_token_keys(connection, settings, qbo):
    settings.TOKEN_ENCRYPTION_KEYS = ["w7Tz0p4O8gD3h8o0mF1YdM2nYb5s8b9oO0r1m2n3b4c="]


def ended_at_quickbooks(connection, settings, qbo):
    qbo.control("POST", f"/control/{connection.company.realm_id}/disconnect")
    Connection.objects.update(access_expires_at=datetime.now(UTC), failed_refreshes=99)


def needs_reconnect(connection, settings, qbo):
    Connection.objects.update(status="needs_reconnect")


def silent_quickbooks(connection, settings, qbo):
    settings.QUICKBOOKS_API_URL = "http://127.0.0.1:1/v3"


def unreachable_webhook(connection, settings, qbo):
    settings.PUBLIC_URL = "http://127.0.0.1:1"


def wrong_webhook(connection, settings, qbo):
    settings.PUBLIC_URL = qbo.url


def plain_http(connection, settings, qbo):
    settings.QUICKBOOKS_DISCOVERY_URL = ""
    # Asking the real one is not for a test.
    settings.QUICKBOOKS_CLIENT_ID = ""


def stopped_schedule(connection, settings, qbo):
    heartbeat_write(now=datetime.now(UTC) - timedelta(hours=1))


def no_schedule(connection, settings, qbo):
    Heartbeat.objects.all().delete()


def no_redis(connection, settings, qbo):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


def waiting_news(connection, settings, qbo):
    WebhookEvent.objects.create(
        event_id="k",
        realm_id="1",
        entity="Invoice",
        qbo_id="1",
        operation="Update",
        received_at=datetime.now(UTC) - timedelta(hours=1),
    )


ILLS = [
    (no_keys, "QUICKBOOKS_CLIENT_SECRET is missing", "Keys & credentials"),
    (wrong_keys, "Intuit refuses QUICKBOOKS_CLIENT_ID", "Keys & credentials"),
    (no_network, "sign-in does not answer", "QUICKBOOKS_ENVIRONMENT"),
    (other_token_keys, "none of TOKEN_ENCRYPTION_KEYS opens", "Put the former key back"),
    (ended_at_quickbooks, "no longer accepts our connection", "presses Reconnect"),
    (needs_reconnect, "no longer accepts our connection", "presses Reconnect"),
    (silent_quickbooks, "does not answer (no_", "tried again"),
    (unreachable_webhook, "/quickbooks/webhook/ does not answer", "Check PUBLIC_URL"),
    (wrong_webhook, "instead of 401", "Check PUBLIC_URL"),
    (plain_http, "Intuit sends webhooks to https addresses only", "Set PUBLIC_URL"),
    (stopped_schedule, "Worker or schedule stopped", "make up"),
    (no_schedule, "have never run", "make up"),
    (no_redis, "Redis does not answer", "REDIS_URL"),
    (waiting_news, "1 webhook events have waited", "sync_quickbooks"),
]


@pytest.mark.parametrize(("ill", "what", "fix"), ILLS, ids=[ill[0].__name__ for ill in ILLS])
def test_doctor_names_the_ill_and_the_remedy(sound, settings, qbo, ill, what, fix):
    ill(sound, settings, qbo)
    code, said = told("doctor")
    assert code == 1
    assert what in said
    assert fix in said


def test_doctor_takes_a_missing_verifier_token_for_advice(sound, settings):
    settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN = ""
    code, said = told("doctor")
    assert code == 0
    assert "Advice: QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN is missing" in said


def test_doctor_finds_missing_migrations(sound):
    applied = MigrationRecorder.Migration.objects.filter(app="quickbooks_bridge").order_by("name")
    kept = applied.last()
    applied.filter(pk=kept.pk).delete()
    try:
        code, said = told("doctor")
    finally:
        kept.save(force_insert=True)
    assert code == 1
    assert "python manage.py migrate" in said


def test_doctor_can_look_at_the_schedule_alone(db, settings):
    settings.QUICKBOOKS_CLIENT_ID = ""
    assert told("doctor", "--schedule")[0] == 1
    heartbeat_write(now=datetime.now(UTC))
    assert told("doctor", "--schedule") == (0, "All is well.\n")


def test_poll_brings_changes_and_says_so(connection, qbo):
    row = Invoice.objects.filter(balance__gt=10, is_voided=False).first()
    assert row is not None
    qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{row.qbo_id}/pay", {})
    assert told("sync_quickbooks") == (0, f"{connection.company.name}: up to date\n")
    row.refresh_from_db()
    assert row.balance == 0


def test_poll_tells_what_did_not_answer(connection, settings):
    settings.QUICKBOOKS_API_URL = "http://127.0.0.1:1/v3"
    code, said = told("sync_quickbooks")
    assert code == 1
    assert "no answer" in said
    assert "doctor says why" in said


def test_poll_without_a_company_or_with_a_dead_one(db, connection):
    Connection.objects.update(status="needs_reconnect")
    code, said = told("sync_quickbooks")
    assert code == 1
    assert "connect again" in said
    Connection.objects.update(status="disconnected")
    assert told("sync_quickbooks") == (0, "No company is connected.\n")


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, set()),
        ({"TOKEN_ENCRYPTION_KEYS": []}, {"quickbooks.E002"}),
        ({"TOKEN_ENCRYPTION_KEYS": ["short"]}, {"quickbooks.E001"}),
        ({"QUICKBOOKS_ENVIRONMENT": "prod"}, {"quickbooks.E003"}),
        ({"QUICKBOOKS_DISCOVERY_URL": "sandbox"}, {"quickbooks.E006"}),
        (
            {"QUICKBOOKS_ENVIRONMENT": "production", "PUBLIC_URL": "http://crm.example"},
            {"quickbooks.E004"},
        ),
        (
            {
                "QUICKBOOKS_ENVIRONMENT": "production",
                "PUBLIC_URL": "https://crm.example",
                "QUICKBOOKS_API_URL": "http://api.example/v3",
            },
            {"quickbooks.E004"},
        ),
        ({"QUICKBOOKS_ENVIRONMENT": "production", "PUBLIC_URL": "https://crm.example"}, set()),
    ],
)
def test_system_checks_refuse_what_cannot_work_or_would_leak(settings, changes, ids):
    for name, value in changes.items():
        setattr(settings, name, value)
    assert {found.id for found in run_checks() if found.id.startswith("quickbooks.")} == ids


def test_insecure_transport_is_refused_for_production(settings, monkeypatch):
    settings.QUICKBOOKS_ENVIRONMENT, settings.PUBLIC_URL = "production", "https://crm.example"
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    assert [found.id for found in run_checks() if "quickbooks" in found.id] == ["quickbooks.E004"]


def test_create_member_makes_company_stages_and_person_or_nothing(db, monkeypatch):
    monkeypatch.setenv("NEW_PASSWORD", "short")
    code, said = told("create_member", "Acme", "ann", "--role", "admin")
    assert code == 1
    assert "12 characters" in said
    assert not Account.objects.exists()
    monkeypatch.setenv("NEW_PASSWORD", "a-long-enough-secret")
    assert told("create_member", "Acme", "ann", "--role", "admin")[0] == 0
    assert told("create_member", "Acme", "bob", "--name", "Bob")[0] == 0
    account = Account.objects.get()
    assert account.stages.exists()
    assert sorted(account.members.values_list("user__username", "name", "role")) == [
        ("ann", "ann", "admin"),
        ("bob", "Bob", "rep"),
    ]
    assert Client().login(username="ann", password="a-long-enough-secret")
    assert "exists already" in told("create_member", "Acme", "ann")[1]


def test_backup_is_whole_private_and_replaces_only_when_whole(tmp_path, settings, monkeypatch):
    file = tmp_path / "copy.sqlite3"
    live = sqlite3.connect(tmp_path / "live.sqlite3")
    live.execute("PRAGMA journal_mode=WAL")
    live.execute("CREATE TABLE kept (n)")
    live.execute("INSERT INTO kept VALUES (7)")
    live.commit()  # still open, still in its log: a plain copy of the file would miss it
    settings.IS_SQLITE = True
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(tmp_path / "live.sqlite3"))
    code, said = told("backup_sqlite", str(file))
    assert (code, "checked" in said) == (0, True)
    assert file.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(file)) as copy:
        assert copy.execute("SELECT n FROM kept").fetchall() == [(7,)]
    live.close()
    (tmp_path / "live.sqlite3").write_bytes(b"no database at all" * 100)
    code, said = told("backup_sqlite", str(file))
    assert (code, "as it was" in said) == (1, True)
    with closing(sqlite3.connect(file)) as copy:
        assert copy.execute("SELECT n FROM kept").fetchall() == [(7,)]
    assert not list(tmp_path.glob("*.part"))
    settings.IS_SQLITE = False
    assert "pg_dump" in told("backup_sqlite", str(file))[1]
