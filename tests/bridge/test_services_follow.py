"""After each service the rows here are what a fresh fetch would bring, and their events say what changed."""

from datetime import UTC, datetime

import pytest

from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.services.sync.company import sync_company

from ..fixtures import sign_in
from ..follows import follows
from .test_invoice_lifecycle import create, seen

pytestmark = pytest.mark.django_db


def press(qbo, connection: Connection, path: str, **body) -> None:
    qbo.control("POST", f"/control/{connection.company.realm_id}/{path}", json=body)


ACTIONS = {
    "void": lambda client, row: client.post(f"/invoices/{row.pk}/void/", {"seen": seen(row)}),
    "delete": lambda client, row: client.post(f"/invoices/{row.pk}/delete/", {"seen": seen(row)}),
    "send": lambda client, row: client.post(
        f"/invoices/{row.pk}/send/", {"seen": seen(row), "to": "a@quill.example"}
    ),
}
IN_QUICKBOOKS = {
    "pay": {"amount": 350},
    "void": {},
    "delete": {},
    "edit": {"DueDate": "2027-03-01"},
}


def test_creating(connection, qbo, admin, deal):
    with follows(connection, qbo):
        assert create(sign_in(admin.member), deal, connection).status_code == 302


@pytest.mark.parametrize("is_paid", [False, True], ids=["open", "paid in part"])
@pytest.mark.parametrize("action", ACTIONS)
def test_what_a_person_does(connection, qbo, admin, deal, action, is_paid):
    client = sign_in(admin.member)
    create(client, deal, connection)
    row = Invoice.objects.get(deal=deal)
    if is_paid:
        press(qbo, connection, f"invoices/{row.qbo_id}/pay", amount=350)
        assert sync_company(connection, now=datetime.now(UTC))
        row.refresh_from_db()
    with follows(connection, qbo):
        assert ACTIONS[action](client, row).status_code == 302


@pytest.mark.parametrize("what", IN_QUICKBOOKS)
def test_what_happens_in_quickbooks(connection, qbo, admin, deal, what):
    create(sign_in(admin.member), deal, connection)
    row = Invoice.objects.get(deal=deal)
    with follows(connection, qbo):
        press(qbo, connection, f"invoices/{row.qbo_id}/{what}", **IN_QUICKBOOKS[what])


def test_the_check_itself_fails_where_nothing_changes(connection, qbo):
    with pytest.raises(AssertionError, match="nothing changed"), follows(connection, qbo):
        pass
