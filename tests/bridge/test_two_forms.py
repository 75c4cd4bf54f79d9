"""Two open forms of one deal: the second press stops once, says what came between and by whom, and then goes through."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connections

from deals.viewer import Viewer
from quickbooks_bridge.domain.tax import NO_TAX
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent
from quickbooks_bridge.services.invoicing.create import SituationChanged, invoice_create

from ..fixtures import make_member, sign_in
from .test_invoice_form import fields_of
from .test_invoice_lifecycle import form_data

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(admin):
    return sign_in(admin.member)


def address(deal) -> str:
    return f"/deals/{deal.pk}/invoices/new/"


def opened(client, deal, connection, token: str, **changes) -> dict[str, str]:
    """What a form posts that was drawn now."""
    seen = fields_of(client.get(address(deal)).content.decode())["seen"]
    assert seen
    name = {"new_display_name": f"Quill {token}"}
    return form_data(connection, token=token, seen=seen, **{**name, **changes})


def test_second_form_stops_once_and_says_who_did_what(client, deal, connection):
    first, second = (opened(client, deal, connection, token) for token in ("one", "two"))
    assert client.post(address(deal), first).status_code == 302
    stopped = client.post(address(deal), second)
    assert stopped.status_code == 409
    page = stopped.content.decode()
    number = Invoice.objects.get(deal=deal).doc_number
    assert "The deal changed while this form was open" in page
    assert f"Ada created invoice {number} for $1,350.00." in page
    assert Invoice.objects.filter(deal=deal).count() == 1
    again = {**second, "seen": fields_of(page)["seen"], "again_reason": "the second half"}
    assert client.post(address(deal), again).status_code == 302
    assert Invoice.objects.filter(deal=deal).count() == 2


def test_checking_while_typing_does_not_count_as_having_seen_it(client, deal, connection):
    first, second = (opened(client, deal, connection, token) for token in ("one", "two"))
    client.post(address(deal), first)
    checked = client.post(f"/deals/{deal.pk}/invoices/check/", second).content.decode()
    assert fields_of(checked)["seen"] == second["seen"]
    assert client.post(address(deal), {**second, "seen": fields_of(checked)["seen"]}).status_code == 409


def test_invoice_that_is_not_confirmed_yet_counts_too(client, deal, connection, qbo):
    first, second = (opened(client, deal, connection, token) for token in ("one", "two"))
    qbo.control("POST", "/control/faults", {"kind": "reset_after", "operation": "invoice.create", "count": 1})
    client.post(address(deal), first)
    stopped = client.post(address(deal), second)
    assert stopped.status_code == 409
    assert "not confirmed yet" in stopped.content.decode()


def test_invoice_that_was_linked_meanwhile_counts_too(client, deal, connection):
    data = opened(client, deal, connection, "one")
    other = Invoice.objects.filter(balance__gt=0, deal=None)[0]
    Invoice.objects.filter(pk=other.pk).update(deal=deal)
    stopped = client.post(address(deal), data)
    assert stopped.status_code == 409
    assert "linked to it or taken off it" in stopped.content.decode()


def test_correcting_a_refused_invoice_is_not_stopped_by_itself(client, deal, connection, qbo):
    data = opened(client, deal, connection, "one")
    qbo.control("POST", "/control/faults", {"kind": "code:6000", "operation": "invoice.create", "count": 1})
    refused = client.post(address(deal), data)
    assert refused.status_code == 422
    drawn = fields_of(refused.content.decode())
    # the customer exists since the first press
    known = {name: drawn[name] for name in ("seen", "customer_mode", "customer")}
    assert client.post(address(deal), {**data, **known}).status_code == 302


def test_same_form_pressed_twice_is_still_one_invoice(client, deal, connection):
    data = opened(client, deal, connection, "one")
    assert client.post(address(deal), data).status_code == 302
    assert client.post(address(deal), data).status_code == 302
    assert Invoice.objects.filter(deal=deal).count() == 1


def test_of_two_presses_at_the_same_moment_one_wins_and_the_other_is_asked(deal, connection, account, admin):
    """Both forms were drawn from the same situation; that it has not changed yet is true for both."""
    rob = make_member(account, "rob", "admin")
    Connection.objects.update(owner=admin.member)
    client = sign_in(admin.member)
    forms = [opened(client, deal, connection, f"t{number}") for number in range(6)]
    codes = []

    def press(data: dict[str, str]) -> None:
        codes.append(sign_in(admin.member).post(address(deal), data).status_code)
        connections.close_all()

    threads = [threading.Thread(target=press, args=(data,)) for data in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rob.is_admin
    # Who looks once the other is decided is told that it bills the same, before that is a change of the situation.
    assert sorted(codes)[0] == 302
    assert set(sorted(codes)[1:]) <= {409, 422}
    assert Invoice.objects.filter(deal=deal).count() == 1


def test_the_row_itself_lets_one_decision_of_a_situation_through(deal, connection, admin, monkeypatch):
    """Whatever was looked up before: the second row of the same situation cannot be written."""
    from quickbooks_bridge.domain.draft import CustomerChoice, DraftLine, InvoiceDraft

    day = datetime.now(UTC).date()
    draft = InvoiceDraft(
        CustomerChoice(new_display_name="Quill"), "Quill", "", "", "", "USD", day, day,
        (DraftLine("Desk", item_qbo_id="1"),),
    )  # fmt: skip
    facts = {"rules": NO_TAX, "now": datetime.now(UTC), "seen": "0-0"}
    viewer = Viewer(deal.account, admin.member)
    invoice_create(viewer, deal, connection, draft, token="a", **facts)
    with pytest.raises(SituationChanged):
        invoice_create(viewer, deal, connection, draft, token="b", **facts)
    assert InvoiceIntent.objects.count() == 1
