"""What one refused call says of the connection: nothing, until a read of the company is refused as well."""

from datetime import UTC, datetime, timedelta

import pytest

from quickbooks_bridge.gateway.errors import ReconnectRequired, Rejected
from quickbooks_bridge.models import Connection, InvoiceIntent
from quickbooks_bridge.selectors.connections import company_zone
from quickbooks_bridge.services.connections.lifecycle import client_for, failure_record
from quickbooks_bridge.services.sync.batch import sync_batch
from quickbooks_bridge.services.sync.company import sync_company

from ..fixtures import sign_in
from .test_invoice_lifecycle import form_data

pytestmark = pytest.mark.django_db(transaction=True)


def now() -> datetime:
    return datetime.now(UTC)


def fault(qbo, kind: str, operation: str = "*", **more) -> None:
    qbo.control("POST", "/control/faults", {"kind": kind, "operation": operation, **more})


def status(connection: Connection) -> str:
    return Connection.objects.get(pk=connection.pk).status


ONE_CALL = [
    ("code:5020", {"status": 403}),
    ("code:6190", {"status": 403}),
    ("403_html", {}),
    ("code:99999", {"status": 403}),
    ("forbidden", {}),
]


@pytest.mark.parametrize(("kind", "more"), ONE_CALL, ids=[kind for kind, _more in ONE_CALL])
def test_create_that_is_refused_with_403_ends_no_connection(connection, qbo, deal, admin, kind, more):
    fault(qbo, kind, "invoice.create", **more)
    client = sign_in(admin.member)
    client.post(f"/deals/{deal.pk}/invoices/new/", form_data(connection, token="t1"))
    assert InvoiceIntent.objects.get().state != "succeeded"
    assert status(connection) == "active"
    assert sync_company(connection, now=now())


def test_sync_behind_a_proxy_that_refuses_ends_no_connection(connection, qbo):
    fault(qbo, "403_html")
    for ask in (sync_company, lambda one, now: sync_batch([one.pk], now=now)):
        ask(connection, now=now() + timedelta(hours=1))
    assert status(connection) == "active"
    qbo.control("DELETE", "/control/faults")
    assert sync_company(connection, now=now())


def test_company_that_refuses_everything_needs_its_owner(connection, qbo):
    fault(qbo, "forbidden")
    assert not sync_company(connection, now=now())
    assert status(connection) == "needs_reconnect"


def test_a_401_after_renewing_needs_no_further_proof(connection):
    failure_record(connection, ReconnectRequired("invalid_grant"), now=now())
    assert status(connection) == "needs_reconnect"


@pytest.mark.parametrize(("kind", "more"), [("code:7001", {}), ("code:130", {"status": 401})])
def test_company_that_is_not_served_is_asked_seldom_and_says_who_has_to_act(
    connection, qbo, deal, admin, kind, more
):
    fault(qbo, kind, **more)
    moment = now()
    assert not sync_company(connection, now=moment)
    row = Connection.objects.get(pk=connection.pk)
    assert row.status == "active"
    assert row.company.sync.next_sync_at >= moment + timedelta(hours=5)
    page = sign_in(admin.member).get(f"/deals/{deal.pk}/").content.decode()
    assert "QuickBooks does not serve this company to us" in page
    assert "Needs action from: an admin" in page


def test_wrong_cluster_is_not_answered_by_renewing_the_token(connection, qbo):
    fault(qbo, "code:130", status=401)
    before = qbo.control("GET", "/control/requests")["total"]
    with pytest.raises(Rejected):
        client_for(connection, interactive=True).company_info()
    made = [call["operation"] for call in qbo.calls(since=before)]
    assert made == ["companyinfo.read"]


@pytest.mark.parametrize(
    ("named", "of_account", "zone"),
    [
        ("Europe/Oslo", "America/Chicago", "Europe/Oslo"),
        ("US Mountain Time", "America/Denver", "America/Denver"),
        ("", "America/Denver", "America/Denver"),
        ("../etc", "nowhere", "UTC"),
    ],
)
def test_unknown_time_zone_falls_to_the_accounts(connection, named, of_account, zone):
    connection.company.time_zone, connection.account.time_zone = named, of_account
    assert company_zone(connection).key == zone
