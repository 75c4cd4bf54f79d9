"""What a customer paid or was credited, and what settles nothing yet: in the deal's strip and the API, until it is used."""

import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deals.models import ApiToken, Deal
from quickbooks_bridge.models import CreditMemo, Customer, CustomerLink, Payment, SyncState
from quickbooks_bridge.services.connections.lifecycle import client_for
from quickbooks_bridge.services.sync.company import request_reconciliation, sync_company

from ..fixtures import sign_in
from .company_forms import sellable

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


class Books:
    """One customer of a company on QuickBooks' own side."""

    def __init__(self, connection, deal, currency: str) -> None:
        self.connection, self.currency = connection, currency
        self.gateway = client_for(connection, interactive=True)
        name = f"Credit {uuid.uuid4().hex[:8]}"
        home = connection.company.home_currency
        money = {} if currency == home else {"CurrencyRef": {"value": currency}}
        self.customer = {"value": self.write("Customer", {"DisplayName": name, **money})["Id"]}
        self.money = money
        CustomerLink.objects.create(
            company=connection.company, organization=deal.organization, customer_qbo_id=self.customer["value"], linked_at=now()
        )  # fmt: skip
        self.item = sellable(connection)[0].qbo_id
        self.sync()

    def write(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        return self.gateway._write(kind, body, dict, request_id=uuid.uuid4().hex)

    def sync(self) -> None:
        assert sync_company(self.connection, now=now())

    def of(self, kind: str, amount: str) -> dict[str, Any]:
        sold = {"ItemRef": {"value": self.item}, "TaxCodeRef": {"value": "NON"}}
        line = {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": sold}
        return self.write(kind, {"CustomerRef": self.customer, **self.money, "Line": [line]})

    def pays(
        self, amount: str, *applied: tuple[str, str, str], before: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        lines = [
            {"Amount": one, "LinkedTxn": [{"TxnId": qbo_id, "TxnType": kind}]}
            for kind, qbo_id, one in applied
        ]
        body = {"CustomerRef": self.customer, **self.money, "TotalAmt": amount, "Line": lines}
        return self.write("Payment", {**(before or {}), **body})


@pytest.fixture(params=["USD", "EUR"])
def books(request, connected, deal):
    connection = connected("us-multi")
    Deal.objects.filter(pk=deal.pk).update(currency=request.param)
    return Books(connection, deal, request.param)


def strip_of(client, deal) -> str:
    return client.get(f"/deals/{deal.pk}/").content.decode()


def api(admin, deal) -> dict[str, str]:
    _row, token = ApiToken.objects.create(user=admin.member.user, expiry=None, name="t", rights="read")
    answer = Client().get(f"/api/v1/deals/{deal.pk}/invoices/", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return {one["currency"]: one["unused_credit"] for one in answer.json()["totals"]}


def test_credit_is_in_the_strip_until_it_is_used(admin, deal, books):
    client = sign_in(admin.member)
    assert "Credit not used yet" not in strip_of(client, deal)
    invoice, memo, payment = books.of("Invoice", "500"), books.of("CreditMemo", "30"), books.pays("120")
    assert (memo["RemainingCredit"], payment["UnappliedAmt"]) == (30, 120)
    books.sync()
    page = strip_of(client, deal)
    assert "Credit not used yet" in page
    assert ("$150.00" if books.currency == "USD" else "€150.00") in page
    assert api(admin, deal)[books.currency] == "150.00"
    # Half of the payment is applied, then the rest and the credit memo.
    half = books.pays("120", ("Invoice", invoice["Id"], "50"), before=payment)
    books.sync()
    assert api(admin, deal)[books.currency] == "100.00"
    books.pays("120", ("Invoice", invoice["Id"], "120"), before=half)
    books.pays("0", ("Invoice", invoice["Id"], "30"), ("CreditMemo", memo["Id"], "30"))
    books.sync()
    assert api(admin, deal)[books.currency] == "0.00"
    assert "Credit not used yet" not in strip_of(client, deal)
    assert CreditMemo.objects.get(company=books.connection.company, qbo_id=memo["Id"]).remaining == 0


def test_a_deleted_credit_memo_is_no_credit(admin, deal, books):
    memo = books.of("CreditMemo", "30")
    books.sync()
    assert api(admin, deal)[books.currency] == "30.00"
    http = books.gateway._http
    body = json.dumps({"Id": memo["Id"], "SyncToken": memo["SyncToken"]})
    url = f"{http.api_url}/company/{books.connection.company.realm_id}/creditmemo"
    http.post(url, body, params={"operation": "delete"}, request_id=uuid.uuid4().hex)
    books.sync()
    assert api(admin, deal)[books.currency] == "0.00"


def test_credit_of_others_and_of_other_currencies_is_none_of_the_strips(admin, deal, books):
    company = books.connection.company
    values = {"company": company, "txn_date": now().date(), "total": 9, "remote_updated_at": now()}
    other = "EUR" if books.currency == "USD" else "USD"
    CreditMemo.objects.create(
        qbo_id="x1", customer_qbo_id="nobody", currency=books.currency, remaining=9, **values
    )
    CreditMemo.objects.create(
        qbo_id="x2", customer_qbo_id=books.customer["value"], currency=other, remaining=9, **values
    )
    Payment.objects.create(
        qbo_id="x3", customer_qbo_id=books.customer["value"], currency=books.currency, unapplied=9, is_deleted=True, **values
    )  # fmt: skip
    assert set(api(admin, deal).values()) == {"0.00"}


def test_credit_costs_the_page_no_statement(admin, deal, books):
    client = sign_in(admin.member)

    def statements() -> int:
        strip_of(client, deal)
        with CaptureQueriesContext(database) as queries:
            strip_of(client, deal)
        return len(queries)

    before = statements()
    books.pays("120")
    books.of("CreditMemo", "30")
    books.sync()
    assert statements() == before


def test_credit_memos_of_before_are_read_by_import_and_comparison(admin, deal, books):
    memo = books.of("CreditMemo", "42.50")
    books.sync()
    row = CreditMemo.objects.get(company=books.connection.company, qbo_id=memo["Id"])
    assert (row.total, row.remaining, row.currency) == (Decimal("42.50"), Decimal("42.50"), books.currency)
    row.delete()
    assert request_reconciliation(books.connection, now=now())
    books.connection.refresh_from_db()
    books.sync()
    assert CreditMemo.objects.filter(company=books.connection.company, qbo_id=memo["Id"]).exists()
    progress = SyncState.objects.get(company=books.connection.company).import_progress
    assert progress["credit_memos"]["place"] is None
    assert Customer.objects.filter(company=books.connection.company).exists()
