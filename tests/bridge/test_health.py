"""The health page: for admins, from rows alone, each thing with its state, turn and button."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from quickbooks_bridge.models import CallCount, Connection, Notice, ParkedObject

from ..conftest import sign_in

pytestmark = pytest.mark.django_db
PAGE = "/quickbooks/health/"


def now() -> datetime:
    return datetime.now(UTC)


def shown(viewer) -> str:
    return sign_in(viewer.member).get(PAGE).content.decode()


def test_only_admins_see_it(connection, rep, stranger):
    assert sign_in(rep.member).get(PAGE).status_code == 404
    assert PAGE not in sign_in(rep.member).get("/deals/").content.decode()
    assert connection.company_name not in shown(stranger)
    assert sign_in(rep.member).post(PAGE + "sync/").status_code == 404


def test_it_is_shown_from_few_rows_and_without_a_call(pretend, connection, admin):
    client = sign_in(admin.member)
    client.get(PAGE)
    before = pretend.control("GET", "/control/requests")["total"]
    with CaptureQueriesContext(database) as queries:
        page = client.get(PAGE).content.decode()
    assert len(queries) <= 16
    assert pretend.control("GET", "/control/requests")["total"] == before
    assert connection.company_name in page
    assert "Alive" in page
    assert f"{now().year + 4}" in page or f"{now().year + 5}" in page


def test_an_ended_connection_says_whose_turn_it_is(connection, admin):
    Connection.objects.update(status="needs_reconnect", last_problem_at=now())
    page = shown(admin)
    assert "QuickBooks needs a new sign-in" in page
    assert "you own the connection" in page
    assert "Reconnect</button>" in page
    assert '<span class="bubble">1</span>' in page


def test_what_is_left_over_is_named_and_counted(connection, admin):
    facts = {"account": admin.account, "realm_id": connection.realm_id}
    ParkedObject.objects.create(
        **facts, entity="Invoice", qbo_id="77", reason="x", first_at=now(), last_at=now()
    )
    notice = Notice.objects.create(
        account=admin.account, member=admin.member, kind="reconnect", key="k", created_at=now(), attempts=2,
        next_try_at=now() + timedelta(hours=1),
    )  # fmt: skip
    page = shown(admin)
    assert "Invoice 77 of QuickBooks could not be understood" in page
    assert "A mail to Ada did not go out" in page
    assert '<span class="bubble">2</span>' in page
    sign_in(admin.member).post(PAGE + "notices/")
    notice.refresh_from_db()
    assert notice.next_try_at <= now()


def test_reads_are_held_against_the_allowance(connection, admin, settings):
    settings.QUICKBOOKS_MONTHLY_READS = 1000
    CallCount.objects.create(
        account=admin.account, realm_id=connection.realm_id, day=now().date(), purpose="person", reads=850
    )
    page = shown(admin)
    assert "850 of 1,000" in page
    assert "85% used" in page
    assert "Background reads are slower" in page


def test_sync_now_asks_quickbooks_once(pretend, connection, admin):
    Connection.objects.update(failures=2, last_problem="quickbooks_down", last_problem_at=now())
    assert "QuickBooks could not be read" in shown(admin)
    before = pretend.control("GET", "/control/requests")["total"]
    assert sign_in(admin.member).post(PAGE + "sync/").status_code == 302
    assert pretend.control("GET", "/control/requests")["total"] == before + 1
    assert "QuickBooks could not be read" not in shown(admin)
