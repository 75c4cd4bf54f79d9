"""The main job against the QuickBooks emulator over HTTP: connect, create, follow, void, delete, disconnect."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from deals.models import Product, TimelineEntry
from quickbooks_bridge.deal_page.invoice_rows import invoice_row
from quickbooks_bridge.gateway.errors import Rejected
from quickbooks_bridge.models import (
    Connection,
    Customer,
    CustomerLink,
    Invoice,
    InvoiceIntent,
    Item,
    ItemLink,
)
from quickbooks_bridge.services.connections import consent as connecting
from quickbooks_bridge.services.invoicing.actions import InvoiceChanged
from quickbooks_bridge.services.invoicing.intents import intent_resume
from quickbooks_bridge.services.invoicing.voids import invoice_void
from quickbooks_bridge.services.mirror.events import InvoiceState
from quickbooks_bridge.services.sync.company import sync_company
from quickbooks_bridge.tasks.dispatch import dispatch_due_work
from tests.factories import company_of

from ..fixtures import connect, consent, sign_in

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


def an_item(connection: Connection) -> Item:
    return Item.objects.filter(company=connection.company, is_active=True, kind="Service").order_by("name")[0]


def form_data(connection: Connection, **changes) -> dict[str, str]:
    item = an_item(connection)
    return {
        "token": "token-1",
        "customer_mode": "new",
        "new_display_name": "Quill Sons",
        "to": "Quill & Sons",
        "address": "1 Elm St\nAustin, TX 78701",
        "email": "quinn@quill.example",
        "currency": "USD",
        "issue_date": now().date().isoformat(),
        "due_date": (now() + timedelta(days=7)).date().isoformat(),
        "lines-0-name": "Desk",
        "lines-0-quantity": "3",
        "lines-0-unit_price": "500",
        "lines-0-discount": "10",
        "lines-0-discount_kind": "percent",
        "lines-0-tax": "0",
        "lines-0-item": item.qbo_id,
        **changes,
    }


def create(client: Client, deal, connection, **changes):
    return client.post(f"/deals/{deal.pk}/invoices/new/", form_data(connection, **changes))


@pytest.fixture
def client(admin):
    return sign_in(admin.member)


@pytest.fixture
def invoice(client, deal, connection) -> Invoice:
    answer = create(client, deal, connection)
    assert answer.status_code == 302, answer.content.decode()
    return Invoice.objects.get(deal=deal)


def seen(invoice: Invoice) -> str:
    """What the dialog remembers of the invoice it shows."""
    return f"{invoice.total} {invoice.balance} {invoice.due_date or ''}"


def flag(invoice: Invoice, connection: Connection) -> str:
    invoice.refresh_from_db()
    return invoice_row(invoice, connection, now=now()).status


def test_deal_without_connection_shows_the_connect_prompt(client, deal):
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    assert "Connect QuickBooks" in page


def test_first_load_brings_lists_and_history(connection):
    assert connection.company.name == "Bluestem Office Interiors"
    assert connection.company.is_tax_automated
    assert Customer.objects.count() >= 60
    assert Item.objects.count() >= 25
    assert Invoice.objects.count() >= 80


def test_forged_and_replayed_states_are_refused(admin, qbo):
    answer = consent(qbo, connecting.oauth_start(admin, now=now()))
    with pytest.raises(connecting.ConnectionRefused) as forged:
        connecting.oauth_complete(admin, state="forged", code="x", realm_id="1", refused=False, now=now())
    assert forged.value.code == "state_unknown"
    facts = {
        "state": answer["state"],
        "code": answer["code"],
        "realm_id": answer["realmId"],
        "refused": False,
    }
    connecting.oauth_complete(admin, **facts, now=now())
    with pytest.raises(connecting.ConnectionRefused) as replayed:
        connecting.oauth_complete(admin, **facts, now=now())
    assert replayed.value.code == "state_used"


def test_second_person_cannot_connect_while_one_is_active(rep, connection):
    with pytest.raises(connecting.ConnectionRefused) as error:
        connecting.oauth_start(rep, now=now())
    assert error.value.code == "already_connected"


def test_form_is_filled_from_deal_and_mapping_without_a_call(client, deal, connection, qbo):
    before = qbo.control("GET", "/control/requests")
    page = client.get(f"/deals/{deal.pk}/invoices/new/").content.decode()
    for text in ("Quill &amp; Sons", "1 Elm St", "quinn@quill.example", 'value="3"', 'value="500"'):
        assert text in page
    client.get("/quickbooks/customers/?q=a")
    client.get("/quickbooks/items/?q=desk")
    client.get(f"/deals/{deal.pk}/")
    assert qbo.control("GET", "/control/requests") == before


def test_invoice_is_created_with_its_customer_and_links_are_remembered(invoice, deal, connection):
    assert invoice.total == Decimal("1350.00")
    assert invoice.created_by_app
    assert CustomerLink.objects.get(organization=deal.organization).customer_qbo_id == invoice.customer_qbo_id
    assert InvoiceIntent.objects.get().state == "succeeded"
    assert flag(invoice, connection) == "open"
    assert TimelineEntry.objects.filter(deal=deal, kind="invoice.created").count() == 1
    assert ItemLink.objects.count() == 1


def test_same_form_sent_twice_makes_one_invoice(client, invoice, deal, connection):
    assert create(client, deal, connection).status_code == 302
    assert Invoice.objects.filter(deal=deal).count() == 1
    assert InvoiceIntent.objects.count() == 1


def test_lost_answer_is_resolved_to_the_one_invoice(client, deal, connection, qbo):
    fault = {
        "realm": connection.company.realm_id,
        "operation": "invoice.create",
        "kind": "reset_after",
        "count": 1,
    }
    qbo.control("POST", "/control/faults", json=fault)
    count = Invoice.objects.count()
    assert create(client, deal, connection).status_code == 302
    intent = InvoiceIntent.objects.get()
    assert intent.state == "unknown"
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    assert "Not confirmed yet" in page
    intent = intent_resume(intent, connection, now=now() + timedelta(minutes=5), interactive=False)
    assert intent.state == "succeeded"
    assert sync_company(connection, now=now())
    assert Invoice.objects.count() == count + 1


def test_status_follows_payment_overpay_and_unpay(invoice, connection, qbo):
    base = f"/control/{connection.company.realm_id}/invoices/{invoice.qbo_id}"
    qbo.control("POST", f"{base}/pay", json={"amount": 350})
    assert sync_company(connection, now=now())
    assert flag(invoice, connection) == "partially_paid"
    qbo.control("POST", f"{base}/pay", json={})
    assert sync_company(connection, now=now())
    assert flag(invoice, connection) == "paid"
    qbo.control("POST", f"{base}/unpay", json={})
    assert sync_company(connection, now=now())
    assert flag(invoice, connection) == "open"
    qbo.control("POST", f"{base}/edit", json={"DueDate": "2020-01-01"})
    assert sync_company(connection, now=now())
    assert flag(invoice, connection) == "overdue"
    qbo.control("POST", f"{base}/delete", json={})
    assert sync_company(connection, now=now())
    assert flag(invoice, connection) == "deleted"


def test_void_of_a_paid_invoice_frees_the_payment(invoice, admin, connection, qbo):
    qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{invoice.qbo_id}/pay", json={})
    sync_company(connection, now=now())
    invoice.refresh_from_db()
    result = invoice_void(admin, connection, invoice, seen=InvoiceState.of(invoice), now=now())
    assert result.freed_payments == 1
    assert flag(invoice, connection) == "voided"
    sync_company(connection, now=now())
    assert flag(invoice, connection) == "voided"


def test_refused_void_puts_payments_back(invoice, admin, connection, qbo):
    qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{invoice.qbo_id}/pay", json={})
    sync_company(connection, now=now())
    invoice.refresh_from_db()
    fault = {
        "realm": connection.company.realm_id,
        "operation": "invoice.void",
        "kind": "code:6210",
        "count": 1,
    }
    qbo.control("POST", "/control/faults", json=fault)
    with pytest.raises(Rejected):
        invoice_void(admin, connection, invoice, seen=InvoiceState.of(invoice), now=now())
    sync_company(connection, now=now())
    assert flag(invoice, connection) == "paid"


def test_void_refuses_when_somebody_paid_meanwhile(invoice, admin, connection, qbo):
    seen = InvoiceState.of(invoice)
    qbo.control(
        "POST", f"/control/{connection.company.realm_id}/invoices/{invoice.qbo_id}/pay", json={"amount": 1}
    )
    with pytest.raises(InvoiceChanged):
        invoice_void(admin, connection, invoice, seen=seen, now=now())
    assert flag(invoice, connection) == "partially_paid"


def test_menu_actions_over_http(client, invoice, deal, connection):
    answer = client.get(f"/invoices/{invoice.pk}/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert client.post(f"/invoices/{invoice.pk}/send/", {"to": "no address"}).status_code == 422
    assert (
        client.post(
            f"/invoices/{invoice.pk}/send/", {"to": "new@quill.example", "seen": seen(invoice)}
        ).status_code
        == 302
    )
    invoice.refresh_from_db()
    assert invoice.email_status == "EmailSent"
    assert client.get(f"/invoices/{invoice.pk}/void/").status_code == 200
    assert client.post(f"/invoices/{invoice.pk}/void/", {"seen": seen(invoice)}).status_code == 302
    assert flag(invoice, connection) == "voided"
    assert client.get(f"/invoices/{invoice.pk}/void/").status_code == 302
    invoice.refresh_from_db()
    assert client.post(f"/invoices/{invoice.pk}/delete/", {"seen": seen(invoice)}).status_code == 302
    assert flag(invoice, connection) == "deleted"


def test_a_product_of_another_account_is_never_linked(client, deal, connection, stranger):
    theirs = Product.objects.create(account=stranger.account, name="Theirs", unit_price=1)
    assert create(client, deal, connection, **{"lines-0-product": str(theirs.pk)}).status_code == 302
    link = ItemLink.objects.get()
    assert (link.company_id, link.product_id, link.name_key) == (connection.company_id, None, "name:desk")


def test_invoice_of_a_former_company_can_still_be_taken_off_its_deal(client, invoice, deal, stranger):
    Invoice.objects.filter(pk=invoice.pk).update(company=company_of(deal.account, "former"))
    assert sign_in(stranger.member).post(f"/invoices/{invoice.pk}/unlink/").status_code == 404
    assert client.post(f"/invoices/{invoice.pk}/void/").status_code == 404
    assert client.post(f"/invoices/{invoice.pk}/unlink/").status_code == 302
    invoice.refresh_from_db()
    assert invoice.deal_id is None


def test_all_invoices_lists_links_and_unlinks(client, invoice, deal, connection):
    page = client.get(f"/deals/{deal.pk}/invoices/all/").content.decode()
    assert invoice.doc_number in page
    assert client.post(f"/invoices/{invoice.pk}/unlink/").status_code == 302
    invoice.refresh_from_db()
    assert invoice.deal is None
    assert client.post(f"/invoices/{invoice.pk}/link/{deal.pk}/").status_code == 302
    invoice.refresh_from_db()
    assert invoice.deal == deal


def test_webhook_is_stored_and_leads_to_one_sync(invoice, connection, qbo, settings, celery_direct):
    qbo.control("POST", f"/control/{connection.company.realm_id}/invoices/{invoice.qbo_id}/pay", json={})
    event = {"id": "1", "type": "qbo.invoice.updated.v1", "intuitentityid": invoice.qbo_id}
    body = json.dumps([{**event, "intuitaccountid": connection.company.realm_id}]).encode()
    key = settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN.encode()
    signature = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
    send = {"content_type": "application/json", "data": body}
    assert Client().post("/quickbooks/webhook/", **send, headers={"intuit-signature": "x"}).status_code == 401
    for _again in range(2):
        answer = Client().post("/quickbooks/webhook/", **send, headers={"intuit-signature": signature})
        assert answer.status_code == 200
    dispatch_due_work()
    assert flag(invoice, connection) == "paid"


@pytest.fixture
def celery_direct(settings):
    from crm_invoicing.celery import app

    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def test_disconnect_keeps_history_and_same_company_finds_links(client, invoice, deal, admin, connection, qbo):
    assert client.post("/quickbooks/disconnect/").status_code == 302
    connection.refresh_from_db()
    assert connection.status == "disconnected"
    assert not connection.access_token
    assert invoice.doc_number in client.get(f"/deals/{deal.pk}/").content.decode()
    with pytest.raises(connecting.ConnectionRefused) as other:
        connect(admin, qbo, company=1)
    assert other.value.code == "other_company"
    again = connect(admin, qbo)
    assert again.pk == connection.pk
    assert CustomerLink.objects.count() == 1


def test_others_see_no_invoices_and_strangers_get_404(invoice, deal, rep, stranger, connection):
    page = sign_in(rep.member).get(f"/deals/{deal.pk}/").content.decode()
    assert invoice.doc_number not in page
    assert "Invoices are visible to Ada" in page
    paths = [f"/deals/{deal.pk}/", f"/deals/{deal.pk}/edit/", f"/deals/{deal.pk}/invoices/new/"]
    paths += [f"/deals/{deal.pk}/invoices/all/", f"/deals/{deal.pk}/invoices/tab/"]
    paths += [f"/invoices/{invoice.pk}/{action}/" for action in ("void", "delete", "send", "pdf")]
    for path in paths:
        assert sign_in(stranger.member).get(path).status_code == 404, path


WRONG = [
    ({"lines-0-quantity": "0"}, "A quantity of zero bills nothing"),
    ({"lines-0-quantity": "-1"}, "comes to less than zero"),
    ({"lines-0-quantity": "many"}, "Write a number"),
    ({"lines-0-quantity": "1.1234567"}, "up to five decimals"),
    ({"lines-0-unit_price": "99999999999999"}, "too large for QuickBooks"),
    ({"lines-0-discount": "101"}, "larger than what it is taken off"),
    ({"lines-0-item": ""}, "has no QuickBooks product"),
    ({"email": "not an address"}, "a valid email address"),
    ({"email": "a..b@quill.example"}, "a valid email"),
    ({"new_display_name": ""}, "Choose a QuickBooks customer"),
    ({"new_display_name": "A: B"}, "contain a colon"),
    ({"new_display_name": "é" * 600}, "up to 500 characters"),
    ({"currency": "EUR"}, "would be other money"),
    ({"currency": ""}, "Choose the currency"),
    ({"due_date": "2023-11-01"}, "before the issue date"),
    ({"issue_date": "soon"}, "Write a date"),
    ({"lines-0-name": "", "lines-0-item": "", "lines-0-unit_price": "", "memo": "kept"}, "at least one line"),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG)
def test_wrong_input_gets_a_sentence_and_nothing_typed_is_lost(client, deal, connection, changes, sentence):
    answer = create(client, deal, connection, **changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "Quill &amp; Sons" in page
    assert InvoiceIntent.objects.count() == 0


REFUSALS = [
    ("code:6140", "already has this number"),
    ("code:6240", "already has this name"),
    ("code:610", "deleted or inactive"),
    ("code:6210", "books are closed"),
    ("429", "slow down"),
    ("503_html", ""),
]


@pytest.mark.parametrize(("kind", "sentence"), REFUSALS)
def test_refusals_of_quickbooks_are_said_in_plain_words(client, deal, connection, qbo, kind, sentence):
    fault = {"realm": connection.company.realm_id, "operation": "invoice.create", "kind": kind, "count": 1}
    qbo.control("POST", "/control/faults", json=fault)
    answer = create(client, deal, connection, token=f"t-{kind}")
    intent = InvoiceIntent.objects.get()
    if kind == "503_html":  # a server's failure says nothing about what it did
        assert intent.state == "unknown"
    else:
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert intent.state == "rejected"
