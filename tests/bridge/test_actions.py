"""Void, delete, send and PDF through the views, with everything QuickBooks may answer."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from deals.models import TimelineEntry
from deals.timeline import timeline_line
from quickbooks_bridge.deal_page.invoice_rows import invoice_row
from quickbooks_bridge.gateway import rate_limiter, transport
from quickbooks_bridge.models import Connection, Invoice, Payment, VoidOperation
from quickbooks_bridge.services.connections.tokens import RETRY_AFTER_REFUSAL
from quickbooks_bridge.services.invoicing import voids
from quickbooks_bridge.services.sync.company import sync_company

from ..fixtures import sign_in
from .test_invoice_lifecycle import create

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def client(admin):
    return sign_in(admin.member)


@pytest.fixture
def invoice(client, deal, connection) -> Invoice:
    assert create(client, deal, connection).status_code == 302
    return Invoice.objects.get(deal=deal)


@pytest.fixture
def control(qbo, connection):
    """Press a button on QuickBooks' own pages, or switch a fault on."""

    def press(path: str, **body):
        return qbo.control("POST", f"/control/{connection.company.realm_id}/{path}", json=body)

    def fault(operation: str, kind: str, count: int = 1):
        body = {"realm": connection.company.realm_id, "operation": operation, "kind": kind, "count": count}
        return qbo.control("POST", "/control/faults", json=body)

    press.fault = fault
    return press


@pytest.fixture
def paid(invoice, connection, control) -> Invoice:
    """The invoice with a payment of 350 of its 1350."""
    control(f"invoices/{invoice.qbo_id}/pay", amount=350)
    assert sync_company(connection, now=now())
    invoice.refresh_from_db()
    assert invoice.balance == Decimal(1000)
    return invoice


def seen(invoice: Invoice) -> str:
    return f"{invoice.total} {invoice.balance} {invoice.due_date or ''}"


def flag(invoice: Invoice, connection: Connection) -> str:
    invoice.refresh_from_db()
    return invoice_row(invoice, connection, now=now()).status


def void(client, invoice, **data):
    return client.post(f"/invoices/{invoice.pk}/void/", {"seen": seen(invoice), **data})


def in_quickbooks(qbo, connection, invoice):
    return qbo.control("GET", f"/control/{connection.company.realm_id}/invoices/{invoice.qbo_id}")


def test_void_dialog_names_the_payment_and_what_the_deal_gets_back(client, paid):
    page = client.get(f"/invoices/{paid.pk}/void/").content.decode()
    assert "$350.00 has been paid on it." in page
    assert "The deal gets $1,350.00 back to invoice" in page
    assert page.index("Keep invoice") < page.index('btn-danger">')


def test_reason_of_a_void_stands_in_the_change_log_and_is_not_sent(client, paid, connection, qbo):
    assert void(client, paid, reason="Wrong  delivery address").status_code == 302
    entry = TimelineEntry.objects.get(kind="invoice.voided")
    assert entry.data["reason"] == "Wrong delivery address"
    assert "Wrong delivery address" in timeline_line(entry.kind, entry.data).detail
    assert "delivery" not in str(in_quickbooks(qbo, connection, paid))
    assert flag(paid, connection) == "voided"
    assert not VoidOperation.objects.filter(ended_at__isnull=True).exists()


def settle(connection: Connection, at: datetime) -> bool:
    """Do what the dispatch does with voids that are due; gives whether there was one and it is finished."""
    due = VoidOperation.objects.filter(ended_at__isnull=True, next_check_at__lte=at).select_related(
        "invoice", "member"
    )
    finished = [voids.void_resume(run, connection, now=at) for run in due]
    return any(finished)


REFUSALS = [
    ("code:6540", "already deposited", "accountant"),
    ("code:6480", "matched with the bank", "accountant"),
    ("code:6210", "books are closed", "accountant"),
    ("code:6450", "payment settles", "accountant"),
    ("code:5020", "may not do this in QuickBooks", "admin"),
]


@pytest.mark.parametrize(("kind", "sentence", "turn"), REFUSALS)
def test_refused_void_says_why_and_whose_turn_and_puts_the_payment_back(
    client, paid, connection, control, kind, sentence, turn
):
    control.fault("invoice.void", kind)
    answer = void(client, paid, reason="typed before")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert turn in page
    assert "typed before" in page
    assert flag(paid, connection) == "partially_paid"
    assert paid.balance == Decimal(1000)
    assert not VoidOperation.objects.filter(ended_at__isnull=True).exists()


def test_throttled_void_puts_the_payment_back_as_soon_as_it_listens(
    client, paid, connection, control, qbo, monkeypatch
):
    monkeypatch.setattr(transport, "INTERACTIVE_WAIT", 0)
    control.fault("invoice.void", "429")
    assert "Not confirmed yet" in void(client, paid).content.decode()
    assert in_quickbooks(qbo, connection, paid)["Balance"] == 1350
    rate_limiter.default_limiter.cache_clear()  # the minute that QuickBooks asked for is over
    assert settle(connection, now() + timedelta(minutes=2))
    assert flag(paid, connection) == "partially_paid"
    assert in_quickbooks(qbo, connection, paid)["Balance"] == 1000
    assert not VoidOperation.objects.filter(ended_at__isnull=True).exists()


def test_payment_that_is_deposited_in_earnest_stays_on_the_invoice(client, paid, connection, control):
    payment = Payment.objects.get(qbo_id=paid.payment_qbo_ids[0])
    control(f"payments/{payment.qbo_id}/deposit")
    sync_company(connection, now=now())
    paid.refresh_from_db()
    answer = void(client, paid)
    assert answer.status_code == 422
    assert "deposited" in answer.content.decode()
    assert flag(paid, connection) == "partially_paid"


def test_payment_that_cannot_be_put_back_is_told_in_the_change_log(client, paid, connection, control):
    control.fault("invoice.void", "code:6210")
    # The first write of the payment takes it off; the second, which puts it back, is refused.
    real = voids.QuickBooksClient.payment_set_lines
    calls = []

    def second_is_refused(self, payment, lines, *, request_id):
        calls.append(request_id)
        if len(calls) == 2:
            control.fault("payment.update", "code:6540")
        return real(self, payment, lines, request_id=request_id)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(voids.QuickBooksClient, "payment_set_lines", second_is_refused)
        assert void(client, paid).status_code == 422
    assert len(calls) == 2
    entry = TimelineEntry.objects.get(kind="invoice.not_put_back")
    assert Decimal(entry.data["amount"]) == 350
    assert flag(paid, connection) == "open"


def test_lost_answer_of_a_void_is_asked_for_again_at_once(client, paid, connection, control, qbo):
    control.fault("invoice.void", "reset_after")
    assert void(client, paid).status_code == 302
    assert flag(paid, connection) == "voided"
    assert in_quickbooks(qbo, connection, paid)["Balance"] == 0


def test_void_whose_answers_all_get_lost_becomes_right_by_itself(client, paid, connection, control, qbo):
    control.fault("invoice.void", "reset_after", count=2)
    answer = void(client, paid, reason="twice")
    assert "Not confirmed yet" in answer.content.decode()
    # While whoever began it may still be at it, nothing is touched.
    assert not settle(connection, now())
    assert VoidOperation.objects.filter(ended_at__isnull=True).count() == 1
    assert settle(connection, now() + voids.VOID_LEASE + timedelta(minutes=1))
    assert flag(paid, connection) == "voided"
    assert not VoidOperation.objects.filter(ended_at__isnull=True).exists()
    payment = Payment.objects.get(customer_qbo_id=paid.customer_qbo_id, total=350)
    assert in_quickbooks(qbo, connection, paid)["TotalAmt"] == 0
    assert payment.unapplied == 350
    assert TimelineEntry.objects.get(kind="invoice.voided").data["reason"] == "twice"


def test_void_that_never_arrived_gets_its_payments_back_by_itself(client, paid, connection, control):
    control.fault("invoice.void", "reset_before", count=2)
    assert "Not confirmed yet" in void(client, paid).content.decode()
    assert settle(connection, now() + voids.VOID_LEASE + timedelta(minutes=1))
    assert flag(paid, connection) == "partially_paid"
    assert paid.balance == Decimal(1000)
    assert not VoidOperation.objects.filter(ended_at__isnull=True).exists()


def test_void_that_nobody_could_finish_for_a_week_is_told_and_touches_no_payment(
    client, paid, connection, control
):
    control.fault("invoice.void", "reset_before", count=2)
    void(client, paid)
    assert settle(connection, now() + voids.ABANDON_AFTER + timedelta(hours=1))
    assert sync_company(connection, now=now())
    assert flag(paid, connection) == "open"
    assert Decimal(TimelineEntry.objects.get(kind="invoice.not_put_back").data["amount"]) == 350
    assert not VoidOperation.objects.filter(ended_at__isnull=True).exists()


def test_payment_that_came_meanwhile_is_named_and_nothing_is_voided(client, paid, connection, control):
    was = seen(paid)
    control(f"invoices/{paid.qbo_id}/pay", amount=200)
    answer = client.post(f"/invoices/{paid.pk}/void/", {"seen": was})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "changed while you were looking" in page
    assert "$200.00 was paid on it" in page
    assert "so nothing has been voided" in page
    assert "$800.00" in page
    assert flag(paid, connection) == "partially_paid"


@pytest.mark.parametrize(
    "text", ["sNaN 1", "NaN NaN", "1e1000 1e1000", "Infinity 0", "² ³", "", "1 1 9999-99-99"]
)
@pytest.mark.parametrize("action", ["void", "delete", "send"])
def test_amounts_that_were_never_shown_are_refused(client, invoice, action, text):
    answer = client.post(f"/invoices/{invoice.pk}/{action}/", {"seen": text, "to": "kept@quill.example"})
    assert 400 <= answer.status_code < 500
    invoice.refresh_from_db()
    assert not invoice.is_voided
    assert not invoice.is_deleted
    assert not invoice.emailed_at


def test_edit_that_the_person_could_not_see_does_not_stop_a_void(client, invoice, connection, control):
    control(f"invoices/{invoice.qbo_id}/edit", PrivateNote="a word of the accountant")
    assert void(client, invoice).status_code == 302
    assert flag(invoice, connection) == "voided"


def test_stale_token_between_reading_and_acting_is_read_again(client, invoice, connection, control):
    control.fault("invoice.void", "code:5010")
    assert void(client, invoice).status_code == 302
    assert flag(invoice, connection) == "voided"


def test_already_voided_and_already_deleted_count_as_done(client, invoice, connection, control):
    control(f"invoices/{invoice.qbo_id}/void")
    assert void(client, invoice).status_code == 302
    assert flag(invoice, connection) == "voided"
    control(f"invoices/{invoice.qbo_id}/delete")
    assert client.post(f"/invoices/{invoice.pk}/delete/", {"seen": seen(invoice)}).status_code == 302
    assert flag(invoice, connection) == "deleted"


ACTIONS = ["void", "delete", "send"]
ANSWERS = [
    ("429", 422, "slow down"),
    ("503_html", 422, "Not confirmed yet"),
    ("code:610", 422, "no longer has this invoice"),
]


EACH = [
    (action, *answer)
    for action in ACTIONS
    for answer in ANSWERS
    if (action, answer[0]) != ("delete", "code:610")  # gone is what was wanted
]


@pytest.mark.parametrize(("action", "kind", "status", "sentence"), EACH)
def test_each_action_says_what_quickbooks_answered(
    client, invoice, connection, control, action, kind, status, sentence
):
    control.fault(f"invoice.{action}", kind, count=2)
    data = {"seen": seen(invoice), "to": "kept@quill.example"}
    answer = client.post(f"/invoices/{invoice.pk}/{action}/", data)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    if action == "send":
        assert "kept@quill.example" in answer.content.decode()
    assert flag(invoice, connection) == "open"


def test_connection_that_dies_while_acting_asks_for_a_new_sign_in(client, invoice, deal, connection, qbo):
    qbo.control("POST", f"/control/{connection.company.realm_id}/disconnect")
    # A refused refresh token may be a passing trouble at first; the last of the refusals ends the connection.
    assert len(RETRY_AFTER_REFUSAL) >= 1
    for _again in RETRY_AFTER_REFUSAL:
        text = void(client, invoice).content.decode()
        assert "QuickBooks does not accept our sign-in at the moment. Nothing was changed" in text
        Connection.objects.update(next_refresh_at=None, refresh_lease_until=None)
    answer = void(client, invoice)
    assert answer.status_code == 422
    assert "sign in to QuickBooks again" in answer.content.decode()
    connection.refresh_from_db()
    assert connection.status == "needs_reconnect"
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    assert "QuickBooks needs you to sign in again" in page
    assert page.count("btn-primary") == 1
    assert "Reconnect" in page


def test_lost_answer_of_a_delete_is_found_out_at_once(client, invoice, connection, control):
    control.fault("invoice.delete", "reset_after")
    assert client.post(f"/invoices/{invoice.pk}/delete/", {"seen": seen(invoice)}).status_code == 302
    assert flag(invoice, connection) == "deleted"


def test_second_sending_is_announced_and_several_addresses_are_taken(client, invoice, connection):
    page = client.get(f"/invoices/{invoice.pk}/send/").content.decode()
    assert "Already sent" not in page
    to = "a@quill.example, b@quill.example"
    answer = client.post(f"/invoices/{invoice.pk}/send/", {"seen": seen(invoice), "to": to})
    assert answer.status_code == 302
    assert "Already sent" in client.get(f"/invoices/{invoice.pk}/send/").content.decode()
    entry = TimelineEntry.objects.get(kind="invoice.emailed")
    assert "a@quill.example" in "".join(text for text, _url in timeline_line(entry.kind, entry.data).pieces)
    assert timeline_line(entry.kind, entry.data).subtitle("Ada") == "Ada · sent by QuickBooks"


def test_pdf_is_a_document_and_nothing_else(client, invoice):
    answer = client.get(f"/invoices/{invoice.pk}/pdf/")
    assert answer.content.startswith(b"%PDF-")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert answer["Content-Disposition"] == f'attachment; filename="invoice-{invoice.doc_number}.pdf"'
    shown = client.get(f"/invoices/{invoice.pk}/pdf/?show=1")
    assert shown["Content-Disposition"].startswith("inline")


def test_way_back_leads_to_our_own_pages_only(client, invoice):
    ours = client.get(f"/invoices/{invoice.pk}/void/?back=/deals/%3Fq=1").content.decode()
    assert 'href="/deals/?q=1"' in ours
    foreign = client.get(f"/invoices/{invoice.pk}/void/?back=https://evil.example/").content.decode()
    assert 'href="https://evil.example' not in foreign


def test_dialog_over_the_page_is_told_when_it_is_done(client, invoice):
    answer = client.post(f"/invoices/{invoice.pk}/void/", {"seen": seen(invoice)}, headers={"X-Dialog": "1"})
    assert answer.status_code == 204


def test_looking_at_a_question_changes_nothing(client, invoice, deal, connection, qbo):
    before = in_quickbooks(qbo, connection, invoice)
    for path in ("void", "delete", "send"):
        assert client.get(f"/invoices/{invoice.pk}/{path}/").status_code == 200
    for path in (f"/invoices/{invoice.pk}/unlink/", f"/deals/{deal.pk}/invoices/refresh/"):
        assert client.get(path).status_code == 405
    assert in_quickbooks(qbo, connection, invoice) == before
