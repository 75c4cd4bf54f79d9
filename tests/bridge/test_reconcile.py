"""Initial import and reconciliation against the QuickBooks emulator: nothing skipped, nothing kept that is gone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from quickbooks_bridge.models import Connection, Customer, Invoice, Item, Payment
from quickbooks_bridge.services.connections.lifecycle import client_for
from quickbooks_bridge.services.sync import company, cursor
from quickbooks_bridge.services.sync.company import initial_import, sync_company

from ..fixtures import connect

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


def synced(qbo, connection: Connection) -> bool:
    """Return whether every invoice and payment here is what QuickBooks holds."""
    dump = qbo.control("GET", f"/control/{connection.company.realm_id}/dump")
    for kind, model in (("Invoice", Invoice), ("Payment", Payment)):
        theirs = {row["Id"]: (int(row["SyncToken"]), Decimal(str(row["TotalAmt"]))) for row in dump[kind]}
        held = model._default_manager.filter(company=connection.company, is_deleted=False)
        ours = {row.qbo_id: (row.sync_token, row.total) for row in held}
        assert ours == theirs
    return bool(dump["Invoice"])


@pytest.fixture
def small_pages(monkeypatch):
    """Seven objects a page, so that the demo company has many pages."""
    monkeypatch.setattr(cursor.iter_pages, "__kwdefaults__", {**cursor.iter_pages.__kwdefaults__, "size": 7})


def test_first_load_in_many_pages_brings_everything(admin, qbo, small_pages):
    made = connect(admin, qbo)
    assert initial_import(made, now=now())
    assert synced(qbo, made)
    dump = qbo.control("GET", f"/control/{made.company.realm_id}/dump")
    assert Customer.objects.count() == len(dump["Customer"])
    assert Item.objects.count() == len(dump["Item"])


def test_interrupted_load_goes_on_where_it_was(admin, qbo, small_pages):
    made = connect(admin, qbo)
    qbo.control("POST", "/control/faults", {"kind": "503_html", "operation": "query", "count": 3})
    assert not initial_import(made, now=now())
    qbo.control("DELETE", "/control/faults")
    original = company.entity_apply
    pages_seen = []

    def stop_after_five(connection, entity, rows, **more):
        pages_seen.append(entity)
        if len(pages_seen) == 5:
            raise KeyboardInterrupt
        return original(connection, entity, rows, **more)

    company.entity_apply = stop_after_five
    try:
        with pytest.raises(KeyboardInterrupt):
            initial_import(made, now=now() + timedelta(minutes=1))
    finally:
        company.entity_apply = original
    before = qbo.control("GET", "/control/requests")["total"]
    assert initial_import(made, now=now() + timedelta(minutes=20))
    calls = [call["query"] for call in qbo.calls(since=before) if call["operation"] == "query"]
    assert calls[0].startswith("SELECT * FROM Item WHERE")
    assert "LastUpdatedTime >=" in calls[0]
    assert synced(qbo, made)


def test_what_was_deleted_while_signed_out_is_found_after_signing_in_again(admin, qbo):
    """As many are made meanwhile, so that counting before reading would not tell."""
    made = connect(admin, qbo)
    assert initial_import(made, now=now())
    qbo.control("POST", f"/control/{made.company.realm_id}/disconnect")
    invoices = qbo.control("GET", f"/control/{made.company.realm_id}/dump")["Invoice"]
    gone = [row["Id"] for row in invoices if row["Balance"] == row["TotalAmt"] > 0][:2]
    assert len(gone) == 2
    for qbo_id in gone:
        qbo.control("POST", f"/control/{made.company.realm_id}/invoices/{qbo_id}/delete")
        body = {key: invoices[-1][key] for key in ("CustomerRef", "Line")}
        qbo.control("POST", f"/control/{made.company.realm_id}/invoices", body)
    again = connect(admin, qbo)
    assert again.pk == made.pk
    assert initial_import(again, now=now())
    assert synced(qbo, again)
    assert Invoice.objects.filter(qbo_id__in=gone, is_deleted=True).count() == 2


def test_a_row_deleted_between_two_pages_hides_no_other(admin, qbo, small_pages):
    made = connect(admin, qbo)
    client = client_for(made, interactive=False)
    seen: set[str] = set()
    doomed: list[str] = []
    for rows, _place in cursor.iter_pages(client, "Invoice", cursor.Cursor()):
        seen.update(row.qbo_id for row in rows)
        if not doomed:
            doomed = [row.qbo_id for row in rows[:3]]
            for qbo_id in doomed:
                qbo.control("POST", f"/control/{made.company.realm_id}/invoices/{qbo_id}/delete")
    dump = qbo.control("GET", f"/control/{made.company.realm_id}/dump")
    assert {row["Id"] for row in dump["Invoice"]} <= seen


def test_forty_five_days_of_silence_lose_nothing(qbo, connection):
    base = f"/control/{connection.company.realm_id}/invoices"
    unpaid = [row for row in Invoice.objects.filter(balance__gt=0) if not row.payment_qbo_ids][:6]
    assert len(unpaid) == 6
    for row in unpaid[:2]:
        qbo.control("POST", f"{base}/{row.qbo_id}/delete")
    qbo.control("POST", f"{base}/{unpaid[2].qbo_id}/pay", {})
    qbo.control("POST", f"{base}/{unpaid[3].qbo_id}/void")
    assert sync_company(connection, now=now() + timedelta(days=45))
    assert synced(qbo, connection)
    flags = {row.qbo_id: (row.is_deleted, row.is_voided) for row in Invoice.objects.all()}
    assert [flags[row.qbo_id] for row in unpaid[:4]] == [
        (True, False),
        (True, False),
        (False, False),
        (False, True),
    ]


def test_a_window_of_over_a_thousand_changes_is_read_to_its_end(qbo, connection):
    customer, item = Customer.objects.filter(is_active=True)[0], Item.objects.filter(kind="Service")[0]
    for number in range(1_050):
        body = {
            "CustomerRef": {"value": customer.qbo_id},
            "PrivateNote": f"n{number}",
            "Line": [
                {
                    "DetailType": "SalesItemLineDetail",
                    "Amount": 10,
                    "SalesItemLineDetail": {"ItemRef": {"value": item.qbo_id}},
                }
            ],
        }
        qbo.control("POST", f"/control/{connection.company.realm_id}/invoices", body)
    gone = Invoice.objects.filter(balance__gt=0)[0]
    qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{gone.qbo_id}/delete")
    assert sync_company(connection, now=now())
    assert synced(qbo, connection)
    gone.refresh_from_db()
    assert gone.is_deleted
