"""A credit memo that settles an invoice is credit and no money, and a void gives it its credit back."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from deals.models import TimelineEntry
from deals.timeline import timeline_line
from quickbooks_bridge.domain.credits import credited
from quickbooks_bridge.gateway.errors import Rejected
from quickbooks_bridge.models import Invoice, Payment
from quickbooks_bridge.selectors.deals import CREDIT_METHOD, credit_in, with_last_payment
from quickbooks_bridge.services.connections.lifecycle import client_for
from quickbooks_bridge.services.invoicing.voids import invoice_void
from quickbooks_bridge.services.mirror.events import InvoiceState
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
def write(connection):
    """Write something on QuickBooks' own side."""
    gateway = client_for(connection, interactive=True)
    return lambda kind, body: gateway._write(kind, body, dict, request_id=uuid.uuid4().hex)


@pytest.fixture
def in_quickbooks(connection):
    """What QuickBooks holds of an object."""
    gateway = client_for(connection, interactive=True)
    return lambda kind, qbo_id: gateway._http.get_single_object(kind, qbo_id)[kind]


@pytest.fixture
def settle(invoice, connection, write):
    """Apply a new credit memo, and money, to the invoice as QuickBooks does; gives the memo's and the payment's id."""

    def apply(credit: str, money: str = "0") -> tuple[str, str]:
        customer = {"value": invoice.customer_qbo_id}
        sold = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "NON"}}
        line = {"DetailType": "SalesItemLineDetail", "Amount": credit, "SalesItemLineDetail": sold}
        memo = write("CreditMemo", {"CustomerRef": customer, "Line": [line]})["Id"]
        parts = [
            ("Invoice", invoice.qbo_id, Decimal(credit) + Decimal(money)),
            ("CreditMemo", memo, Decimal(credit)),
        ]
        lines = [
            {"Amount": amount, "LinkedTxn": [{"TxnId": one, "TxnType": kind}]} for kind, one, amount in parts
        ]
        payment = write("Payment", {"CustomerRef": customer, "TotalAmt": money, "Line": lines})["Id"]
        assert sync_company(connection, now=now())
        invoice.refresh_from_db()
        return memo, payment

    return apply


def void(admin, connection, invoice):
    return invoice_void(admin, connection, invoice, seen=InvoiceState.of(invoice), now=now())


def test_credit_is_named_as_credit_everywhere(settle, invoice, client, deal):
    settle("1350.00")
    assert invoice.balance == 0
    entry = TimelineEntry.objects.get(kind="invoice.paid")
    line = timeline_line(entry.kind, entry.data)
    assert "settled by a credit memo" in str(line.parts)
    assert with_last_payment(Invoice.objects.filter(pk=invoice.pk)).get().paid_by == CREDIT_METHOD
    page = client.get(f"/deals/{deal.pk}/?tab=invoice").content.decode()
    assert "by credit memo" in page
    dialog = client.get(f"/invoices/{invoice.pk}/void/").content.decode()
    assert "$1,350.00 of it is settled by a credit memo." in dialog
    assert "has been paid on it" not in dialog
    assert "$0.00 has" not in dialog


def test_void_gives_the_memo_its_credit_back(settle, invoice, admin, connection, in_quickbooks):
    memo, payment = settle("1350.00")
    assert Decimal(str(in_quickbooks("CreditMemo", memo)["RemainingCredit"])) == 0
    result = void(admin, connection, invoice)
    assert (result.freed_payments, result.is_credit_back) == (0, True)
    assert Decimal(str(in_quickbooks("CreditMemo", memo)["RemainingCredit"])) == Decimal(1350)
    assert Decimal(str(in_quickbooks("Payment", payment)["UnappliedAmt"])) == 0


def test_money_beside_a_memo_stays_credit_of_the_customer(
    settle, invoice, client, admin, connection, in_quickbooks
):
    memo, payment = settle("350.00", "1000.00")
    dialog = client.get(f"/invoices/{invoice.pk}/void/").content.decode()
    assert "$1,000.00 has been paid on it." in dialog
    assert "$350.00 of it is settled by a credit memo." in dialog
    assert "invoice.paid" in TimelineEntry.objects.values_list("kind", flat=True)
    assert "was paid" in str(
        timeline_line(*TimelineEntry.objects.values_list("kind", "data").get(kind="invoice.paid")).parts
    )
    result = void(admin, connection, invoice)
    assert (result.freed_payments, result.is_credit_back) == (1, True)
    assert Decimal(str(in_quickbooks("CreditMemo", memo)["RemainingCredit"])) == Decimal(350)
    assert Decimal(str(in_quickbooks("Payment", payment)["UnappliedAmt"])) == Decimal(1000)


def test_refused_void_applies_the_memo_again(settle, invoice, admin, connection, qbo, in_quickbooks):
    memo, _payment = settle("1350.00")
    fault = {
        "realm": connection.company.realm_id,
        "operation": "invoice.void",
        "kind": "code:6210",
        "count": 1,
    }
    qbo.control("POST", "/control/faults", json=fault)
    with pytest.raises(Rejected):
        void(admin, connection, invoice)
    assert Decimal(str(in_quickbooks("CreditMemo", memo)["RemainingCredit"])) == 0
    assert Decimal(str(in_quickbooks("Invoice", invoice.qbo_id)["Balance"])) == 0
    assert not Invoice.objects.get(pk=invoice.pk).is_voided


@pytest.mark.parametrize(
    ("total", "unapplied", "applied", "expected"),
    [("0", "0", "80", "80"), ("100", "20", "80", "0"), ("50", "0", "80", "30"), ("100", "100", "0", "0")],
)
def test_what_is_not_money_is_credit(total, unapplied, applied, expected):
    amounts = {"total": Decimal(total), "unapplied": Decimal(unapplied), "applied": Decimal(applied)}
    assert credited(**amounts) == Decimal(expected)
    row = Payment(
        total=amounts["total"],
        unapplied=amounts["unapplied"],
        applied=[{"invoice": "7", "amount": applied}] if amounts["applied"] else [],
    )
    assert credit_in(row, Decimal(10)) == min(Decimal(expected), Decimal(10))
