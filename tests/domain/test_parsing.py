"""An invoice of QuickBooks' is read key by key, each into the fact that bears its name."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from quickbooks_bridge.domain.parsing import lazy, parse_cdc, parse_company, parse_invoice

WHOLE = {
    "Id": "5",
    "SyncToken": "3",
    "MetaData": {"LastUpdatedTime": "2026-03-02T09:00:00-08:00"},
    "DocNumber": "1005",
    "CustomerRef": {"value": "24", "name": "Marlow Dental Group"},
    "CurrencyRef": {"value": "CAD"},
    "TxnDate": "2026-03-01",
    "DueDate": "2026-03-31",
    "TotalAmt": Decimal("893.06"),
    "Balance": Decimal("500.5"),
    "TxnTaxDetail": {"TotalTax": Decimal("68.06")},
    "Deposit": 10,
    "ExchangeRate": Decimal("0.7312"),
    "BillEmail": {"Address": "accounts@marlowdental.example"},
    "EmailStatus": "EmailSent",
    "DeliveryInfo": {"DeliveryTime": "2026-03-02T10:00:00-08:00"},
    "LinkedTxn": [{"TxnId": "71", "TxnType": "Payment"}, {"TxnId": "72", "TxnType": "Estimate"}],
    "PrivateNote": "ours",
}


def test_every_key_of_an_invoice_becomes_the_fact_of_its_name():
    assert parse_invoice(WHOLE)._asdict() == {
        "qbo_id": "5",
        "sync_token": 3,
        "updated_at": datetime(2026, 3, 2, 17, tzinfo=UTC),
        "doc_number": "1005",
        "customer_qbo_id": "24",
        "customer_name": "Marlow Dental Group",
        "currency": "CAD",
        "txn_date": date(2026, 3, 1),
        "due_date": date(2026, 3, 31),
        "total": Decimal("893.06"),
        "balance": Decimal("500.5"),
        "total_tax": Decimal("68.06"),
        "deposit": Decimal(10),
        "bill_email": "accounts@marlowdental.example",
        "email_status": "EmailSent",
        "emailed_at": datetime(2026, 3, 2, 18, tzinfo=UTC),
        "is_all_zero": False,
        "is_void_marked": False,
        "payment_qbo_ids": ("71",),
        "private_note": "ours",
        "has_no_quantities": False,
        "exchange_rate": Decimal("0.7312"),
    }


def test_absent_keys_are_normal():
    least = {key: WHOLE[key] for key in ("Id", "SyncToken", "MetaData", "TxnDate")}
    read = parse_invoice({**least, "PrivateNote": "Voided - by Ann"})
    assert (read.customer_qbo_id, read.customer_name) == ("", "")
    assert (read.total, read.due_date, read.emailed_at, read.payment_qbo_ids) == (Decimal(0), None, None, ())
    assert (read.is_all_zero, read.is_void_marked) == (True, True)


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ([{"Qty": 0, "UnitPrice": 0}], True),
        ([{"Qty": 0}, {}], True),
        ([{"Qty": 1, "UnitPrice": 0}], False),
        ([{"UnitPrice": 0}], False),
        ([], False),
    ],
)
def test_void_empties_quantities_and_prices(details, expected):
    lines = [{"Amount": 0, "SalesItemLineDetail": detail} for detail in details]
    read = parse_invoice({**WHOLE, "TotalAmt": 0, "Balance": 0, "Line": lines})
    assert (read.is_all_zero, read.has_no_quantities) == (True, expected)


def test_what_names_no_currency_is_in_the_home_currency():
    bare = {key: value for key, value in WHOLE.items() if key != "CurrencyRef"}
    customer = {"Id": "7", "SyncToken": "0", "MetaData": WHOLE["MetaData"], "DisplayName": "Quill"}
    answer = {
        "CDCResponse": [
            {"QueryResponse": [{"Invoice": [bare]}, {"Payment": [bare]}, {"Customer": [customer]}]}
        ],
        "time": "2026-03-03T00:00:00-08:00",
    }
    changes = parse_cdc(answer, home_currency="GBP")
    read = [one.read() for one in (*changes.invoices, *changes.payments, *changes.customers)]
    assert [one.currency for one in read] == ["GBP", "GBP", "GBP"]
    assert lazy("Invoice", [bare], home_currency="NOK")[0].read().currency == "NOK"
    assert lazy("Invoice", [WHOLE], home_currency="NOK")[0].read().currency == "CAD"


@pytest.mark.parametrize(
    ("country", "currency"),
    [("US", "USD"), ("GB", "GBP"), ("GBR", "GBP"), ("CAN", "CAD"), ("NO", "NOK"), ("FR", "EUR")],
)
def test_home_currency_that_is_not_named_is_the_countrys(country, currency):
    info = {"CompanyName": "X", "Country": country}
    assert parse_company(info, {}).home_currency == currency
    assert parse_company(info, {"CurrencyPrefs": {"HomeCurrency": {"value": "EUR"}}}).home_currency == "EUR"
