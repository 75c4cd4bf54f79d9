"""The public Python clients used as their own documentation shows, against the emulator."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError
from pypdf import PdfReader
from quickbooks import QuickBooks
from quickbooks.batch import batch_create
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException, ValidationException
from quickbooks.objects.account import Account
from quickbooks.objects.base import EmailAddress
from quickbooks.objects.company_info import CompanyInfo
from quickbooks.objects.customer import Customer
from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
from quickbooks.objects.employee import Employee
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.payment import Payment, PaymentLine
from quickbooks.objects.preferences import Preferences
from quickbooks.objects.taxcode import TaxCode
from quickbooks.objects.taxrate import TaxRate
from quickbooks.objects.term import Term
from quickbooks.objects.vendor import Vendor

from tests.emulator_process import EmulatorProcess

REDIRECT = "http://localhost:9/callback"


@pytest.fixture
def auth(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> AuthClient:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    company = emulator.companies[0]
    return AuthClient(
        emulator.client_id,
        emulator.client_secret,
        REDIRECT,
        environment=emulator.discovery_url,
        access_token=company["access_token"],
    )


@pytest.fixture
def qb(auth: AuthClient, emulator: EmulatorProcess) -> QuickBooks:
    company = emulator.companies[0]

    class Local(QuickBooks):  # type: ignore[misc]
        api_url_v3 = sandbox_api_url_v3 = emulator.api_url

    return Local(
        auth_client=auth,
        refresh_token=company["refresh_token"],
        company_id=company["realm_id"],
        minorversion=75,
        use_decimal=True,
    )


def _invoice(qb: QuickBooks, amount: int = 100) -> Invoice:
    line = SalesItemLine()
    line.Amount = amount
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = Item.get(1, qb=qb).to_ref()
    line.SalesItemLineDetail.Qty = 2
    line.SalesItemLineDetail.UnitPrice = Decimal(amount) / 2
    invoice = Invoice()
    invoice.CustomerRef = Customer.get(1, qb=qb).to_ref()
    invoice.Line.append(line)
    return invoice.save(qb=qb)


@pytest.mark.parametrize(
    "kind",
    [
        Account,
        CompanyInfo,
        Customer,
        Employee,
        Invoice,
        Item,
        Payment,
        TaxCode,
        TaxRate,
        Term,
        Vendor,
    ],
)
def test_every_entity_is_listed_and_read(qb: QuickBooks, kind: Any) -> None:
    rows = kind.all(qb=qb, max_results=5)
    # Of tax codes the service gives all, whatever MAXRESULTS says.
    assert 1 <= len(rows) <= (5 if kind is not TaxCode else 1000)
    if kind is not CompanyInfo:
        assert kind.get(rows[0].Id, qb=qb).Id == rows[0].Id
        assert kind.count(qb=qb) >= len(rows)


def test_filter_where_and_query(qb: QuickBooks) -> None:
    assert Customer.filter(Active=True, DisplayName="O'Neil Surveying", qb=qb)[0].GivenName == "Pat"
    assert len(Customer.where("DisplayName LIKE 'A%'", order_by="DisplayName", max_results=3, qb=qb)) == 3
    assert len(Customer.choose(["Juniper Law", "Kestrel Aviation"], field="DisplayName", qb=qb)) == 2
    assert Invoice.query("SELECT * FROM Invoice ORDERBY Id MAXRESULTS 2", qb=qb)[0].Id == "1"


def test_customer_is_saved_changed_and_clashes_by_name(qb: QuickBooks) -> None:
    customer = Customer()
    customer.DisplayName = f"Library {id(qb)}"
    customer.PrimaryEmailAddr = EmailAddress()
    customer.PrimaryEmailAddr.Address = "lib@example.test"
    saved = customer.save(qb=qb)
    saved.Notes = "More"
    assert saved.save(qb=qb).SyncToken == "1"
    again = Customer()
    again.DisplayName = customer.DisplayName
    with pytest.raises(QuickbooksException) as caught:
        again.save(qb=qb)
    assert caught.value.error_code == 6240


def test_preferences_are_read(qb: QuickBooks) -> None:
    assert Preferences.get(qb=qb).CurrencyPrefs.HomeCurrency.value == "USD"


def test_invoice_walks_through_its_life(qb: QuickBooks) -> None:
    invoice = _invoice(qb)
    assert (invoice.TotalAmt, invoice.Balance) == (100, 100)
    text = PdfReader(io.BytesIO(invoice.download_pdf(qb=qb))).pages[0].extract_text()
    assert invoice.DocNumber in text
    invoice.send(qb=qb, send_to="someone@example.test")
    sent = Invoice.get(invoice.Id, qb=qb)
    assert sent.EmailStatus == "EmailSent"
    sent.void(qb=qb)
    voided = Invoice.get(invoice.Id, qb=qb)
    assert (voided.PrivateNote, voided.TotalAmt) == ("Voided", 0)
    voided.delete(qb=qb)
    with pytest.raises(ObjectNotFoundException):
        Invoice.get(invoice.Id, qb=qb)


def test_payment_is_linked_and_voided(qb: QuickBooks) -> None:
    invoice = _invoice(qb)
    line = PaymentLine()
    line.Amount = 60
    line.LinkedTxn.append(invoice.to_linked_txn())
    payment = Payment()
    payment.CustomerRef = invoice.CustomerRef
    payment.TotalAmt = 60
    payment.Line.append(line)
    saved = payment.save(qb=qb)
    assert Invoice.get(invoice.Id, qb=qb).Balance == 40
    saved.void(qb=qb)
    assert Invoice.get(invoice.Id, qb=qb).Balance == 100


def test_request_id_of_the_library_is_honoured(qb: QuickBooks) -> None:
    saved = []
    for _attempt in range(2):
        customer = Customer()
        customer.DisplayName = f"Once {id(qb)}"
        saved.append(customer.save(qb=qb, request_id="library-once"))
    assert saved[0].Id == saved[1].Id


def test_batch_creates_many(qb: QuickBooks) -> None:
    made = []
    for number in range(35):
        customer = Customer()
        customer.DisplayName = f"Batch {id(qb)} {number}"
        made.append(customer)
    result = batch_create(made, qb=qb)
    assert (len(result.successes), len(result.faults)) == (35, 0)


def test_change_data_capture_finds_live_and_deleted(qb: QuickBooks) -> None:
    kept, gone = _invoice(qb), _invoice(qb)
    gone.delete(qb=qb)
    since = (datetime.now().astimezone() - timedelta(minutes=1)).isoformat()
    answer = change_data_capture([Invoice], since, qb=qb)
    by_id = {row.Id: row for row in answer.Invoice}
    assert by_id[kept.Id].Balance == 100
    assert by_id[gone.Id].status == "Deleted"


def test_stale_object_and_bad_query_are_exceptions_with_codes(qb: QuickBooks) -> None:
    invoice = _invoice(qb)
    invoice.PrivateNote = "changed"
    invoice.save(qb=qb)
    invoice.PrivateNote = "changed again"
    with pytest.raises(QuickbooksException) as stale:
        invoice.save(qb=qb)
    assert stale.value.error_code == 5010
    with pytest.raises(ValidationException) as bad:
        qb.query("select * from Custmoer")
    assert bad.value.error_code == 4001


def test_oauth_library_goes_the_whole_way(auth: AuthClient, emulator: EmulatorProcess) -> None:
    url = auth.get_authorization_url([Scopes.ACCOUNTING], state_token="state")
    assert url.startswith(f"{emulator.url}/connect/oauth2?")
    page = requests.get(url, timeout=10)
    assert "Bluestem Office Interiors" in page.text
    form = {
        "client_id": emulator.client_id,
        "response_type": "code",
        "scope": Scopes.ACCOUNTING.value,
        "redirect_uri": REDIRECT,
        "state": "state",
        "realm_id": emulator.companies[0]["realm_id"],
        "decision": "connect",
    }
    back = requests.post(f"{emulator.url}/connect/oauth2", form, allow_redirects=False, timeout=10)
    code = back.headers["Location"].partition("code=")[2].partition("&")[0]
    auth.get_bearer_token(code, realm_id=emulator.companies[0]["realm_id"])
    assert (auth.expires_in, auth.x_refresh_token_expires_in) == (3600, 8_726_400)
    auth.refresh()
    assert auth.revoke() is True
    with pytest.raises(AuthClientError) as caught:
        auth.refresh()
    assert caught.value.status_code == 400
    assert caught.value.intuit_tid
