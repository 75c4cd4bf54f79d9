"""What machines are told about this installation, and what its log lines hold."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from django.test import Client

from crm_invoicing import json_logging
from quickbooks_bridge.models import Heartbeat
from quickbooks_bridge.services.operations.heartbeat import heartbeat_write


@pytest.fixture
def lines():
    """The JSON lines that are written meanwhile."""
    written: list[dict[str, object]] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(self.format(record)))

    handler = Handler()
    handler.setFormatter(json_logging.JsonFormatter())
    handler.addFilter(json_logging.IdsFilter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def health() -> tuple[int, dict[str, object]]:
    answer = Client().get("/healthz")
    return answer.status_code, answer.json()


def test_health_tells_whether_the_schedule_runs(db):
    assert health() == (
        200,
        {
            "status": "degraded",
            "database": "ok",
            "broker": "in the worker",
            "schedule": {"state": "never ran"},
        },
    )
    heartbeat_write(now=datetime.now(UTC))
    assert health()[1]["status"] == "ok"
    heartbeat_write(now=datetime.now(UTC) - timedelta(minutes=10))
    assert Heartbeat.objects.count() == 1
    code, told = health()
    assert (code, told["status"]) == (200, "degraded")
    assert told["schedule"]["state"] == "late"


def test_health_is_503_when_the_database_is_down(db, monkeypatch):
    class Down:
        def cursor(self):
            raise OperationalError("no database")

    monkeypatch.setattr("crm_invoicing.health.connection", Down())
    assert health() == (503, {"status": "down", "database": "down"})


def test_health_says_when_redis_is_down(db, settings):
    heartbeat_write(now=datetime.now(UTC))
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    code, told = health()
    assert (code, told["status"], told["broker"]) == (200, "degraded", "down")


def test_calls_of_a_page_carry_its_request_id_and_nothing_private(lines, connection_page):
    answer, viewer_mail, link = connection_page
    calls = [line for line in lines if line["logger"] == "quickbooks"]
    assert calls
    for line in calls:
        assert line["request_id"] == answer["X-Request-ID"]
        assert line["realm"] == link.company.realm_id
        assert line["intuit_tid"]
        assert line["status"] == 200
    text = json.dumps(lines)
    assert "Bearer" not in text
    assert link.access_token not in text
    assert viewer_mail not in text


@pytest.fixture
def connection_page(lines, connection, admin, deal):
    """A page that asks QuickBooks, and what must not be found in its lines."""
    from tests.fixtures import sign_in

    client = sign_in(admin.member)
    lines.clear()
    answer = client.post(f"/deals/{deal.pk}/invoices/refresh/")
    connection.refresh_from_db()
    return answer, deal.person.email, connection


def test_lines_of_a_task_carry_its_id_and_the_request_that_woke_it(lines):
    headers: dict[str, object] = {}
    json_logging.request_id.set("page-1")
    json_logging.pass_on(headers=headers)
    json_logging.request_id.set("-")

    class Task:
        request = type("Request", (dict,), {"id": "task-1"})(headers)

    json_logging.begin_task(task=Task)
    logging.getLogger("a").info("inside")
    json_logging.end_task()
    logging.getLogger("a").info("after")
    assert [(line.get("task_id"), line.get("request_id")) for line in lines] == [
        ("task-1", "page-1"),
        (None, None),
    ]


def test_a_failure_is_told_without_what_the_database_quotes(lines):
    quoted = f"DETAIL: Failing row contains (quinn@{'quill'}.example)"
    try:
        try:
            raise OperationalError(quoted)
        except OperationalError as error:
            raise RuntimeError("while applying") from error
    except RuntimeError:
        logging.getLogger("a").exception("failed")
    told = str(lines[-1]["exception"])
    assert "RuntimeError: while applying" in told
    assert "OperationalError" in told
    assert "test_health_and_logs.py" in told
    assert "quill.example" not in told


def test_address_of_a_request_that_failed_is_logged_without_its_query(lines, admin, monkeypatch):
    from tests.fixtures import sign_in

    client = sign_in(admin.member)
    client.raise_request_exception = False
    monkeypatch.setattr("quickbooks_bridge.services.connections.consent.OAuthState.objects", None)
    client.get("/quickbooks/callback/?code=CANARYCODE&state=CANARYSTATE&realmId=1")
    text = json.dumps(lines)
    assert "GET /quickbooks/callback/" in text
    assert "CANARY" not in text


def test_refusals_of_who_is_signed_in_are_logged_without_what_was_asked_for(
    lines, admin, rep, stranger, deal
):
    from tests.fixtures import sign_in

    sign_in(stranger.member).get(f"/deals/{deal.pk}/?q=CANARY")
    sign_in(rep.member).get("/quickbooks/health/")
    Client().get("/nowhere/CANARY/")
    refused = [line for line in lines if line["message"] == "refused"]
    assert [(line["view"], line["status"], line["user"]) for line in refused] == [
        ("deals:deal_detail", 404, stranger.member.user_id),
        ("quickbooks:health", 404, rep.member.user_id),
    ]
    assert "CANARY" not in json.dumps(refused)
