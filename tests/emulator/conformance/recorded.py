"""What the recorded requests and answers have in common: how they were sent, which headers came back, the objects."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import requests

from tests.emulator.client import Api

SENT = {"Accept": "application/json", "Content-Type": "application/json;charset=UTF-8"}

_PEOPLE = "Balance:# BalanceWithJobs:# CurrencyRef:$REF PreferredDeliveryMethod:s $OBJECT"
CUSTOMER_PLAIN = (
    f"{{Taxable:b Job:b BillWithParent:b {_PEOPLE} FullyQualifiedName:s DisplayName:s PrintOnCheckName:s Active:b "
    "PrimaryPhone?:$PHONE DefaultTaxCodeRef:{value:s}}"
)
CUSTOMER_FULL = (
    f"{{Taxable:b BillAddr:$ADDR ShipAddr:$ADDR Job:b BillWithParent:b {_PEOPLE} GivenName:s FamilyName:s "
    "FullyQualifiedName:s CompanyName:s DisplayName:s PrintOnCheckName:s Active:b PrimaryPhone:$PHONE "
    "PrimaryEmailAddr:{Address:s} DefaultTaxCodeRef?:{value:s}}"
)
CUSTOMER_ANY = (
    "{Taxable:b BillAddr?:$FORM_ADDR ShipAddr?:$FORM_ADDR Job:b BillWithParent:b ParentRef?:{value:s} Level?:# SalesTermRef?:{value:s} "
    f"{_PEOPLE} GivenName?:s MiddleName?:s FamilyName?:s FullyQualifiedName:s CompanyName?:s DisplayName:s "
    "PrintOnCheckName:s Active:b PrimaryPhone?:$PHONE Mobile?:$PHONE Fax?:$PHONE PrimaryEmailAddr?:{Address:s} "
    "WebAddr?:{URI:s} DefaultTaxCodeRef?:{value:s}}"
)
VENDOR_PLAIN = "{Balance:# Vendor1099:b CurrencyRef:$REF $OBJECT DisplayName:s PrintOnCheckName:s Active:b}"
VENDOR_ANY = (
    "{BillAddr?:$FORM_ADDR TermRef?:{value:s} TaxIdentifier?:s Balance:# AcctNum?:s Vendor1099:b CurrencyRef:$REF "
    "$OBJECT Title?:s GivenName?:s MiddleName?:s FamilyName?:s Suffix?:s CompanyName?:s DisplayName:s "
    "PrintOnCheckName:s Active:b PrimaryPhone?:$PHONE Mobile?:$PHONE Fax?:$PHONE PrimaryEmailAddr?:{Address:s} "
    "WebAddr?:{URI:s}}"
)
_SALES_DETAIL = "SalesItemLineDetail?:{ItemRef:$REF UnitPrice?:# Qty?:# TaxCodeRef:{value:s}}"
LINES = (
    "[{Id?:s LineNum?:# Description?:s Amount:# DetailType:s DiscountLineDetail?:{PercentBased:b DiscountPercent:# "
    f"DiscountAccountRef:$REF}} SubTotalLineDetail?:{{}} {_SALES_DETAIL}}}]"
)
INVOICE = (
    "{AllowIPNPayment:b AllowOnlinePayment:b AllowOnlineCreditCardPayment:b AllowOnlineACHPayment:b $OBJECT "
    "CustomField:[$FIELD] DocNumber:s TxnDate:d CurrencyRef:$REF PrivateNote?:s LinkedTxn:[] "
    f"Line:{LINES} TxnTaxDetail:{{TotalTax:#}} CustomerRef:$REF BillAddr:$ADDR ShipAddr:$ADDR DueDate:d TotalAmt:# "
    "ApplyTaxAfterDiscount:b PrintStatus:s EmailStatus:s Balance:#}"
)
SALES_RECEIPT_PLAIN = (
    f"{{$OBJECT CustomField:[$FIELD] DocNumber:s TxnDate:d CurrencyRef:$REF Line:{LINES} TxnTaxDetail:{{TotalTax:#}} "
    "TotalAmt:# ApplyTaxAfterDiscount:b PrintStatus:s EmailStatus:s Balance:# DepositToAccountRef:$REF}"
)
SALES_RECEIPT_ANY = (
    "{$OBJECT CustomField:[$FIELD] DocNumber:s TxnDate:d CurrencyRef:$REF LinkedTxn?:[$LINK] PrivateNote?:s "
    f"Line:{LINES} TxnTaxDetail:{{TotalTax:#}} CustomerRef?:$REF CustomerMemo?:{{value:s}} BillAddr?:$FORM_ADDR "
    "ShipAddr?:$FORM_ADDR TotalAmt:# ApplyTaxAfterDiscount:b PrintStatus:s EmailStatus:s BillEmail?:{Address:s} "
    "Balance:# PaymentMethodRef?:$REF PaymentRefNum?:s DepositToAccountRef:$REF}"
)
ESTIMATE = (
    "{$OBJECT CustomField:[$FIELD] DocNumber:s TxnDate:d CurrencyRef:$REF TxnStatus:s LinkedTxn?:[$LINK] "
    f"Line:{LINES} TxnTaxDetail:{{TxnTaxCodeRef?:{{value:s}} TotalTax:# TaxLine?:[{{Amount:# DetailType:s "
    "TaxLineDetail:{TaxRateRef:{value:s} PercentBased:b TaxPercent:# NetAmountTaxable:#}}]} CustomerRef:$REF "
    "CustomerMemo?:{value:s} BillAddr:$FORM_ADDR ShipAddr?:$FORM_ADDR TotalAmt:# ApplyTaxAfterDiscount:b "
    "PrintStatus:s EmailStatus:s BillEmail?:{Address:s} DeliveryInfo?:{DeliveryType:s}}"
)
ATTACHABLE = (
    "{FileName:s FileAccessUri:s TempDownloadUri:s Size:# ContentType:s $OBJECT "
    "AttachableRef:[{EntityRef:{value:s type:s} IncludeOnSend:b}]}"
)
COUNT = "{QueryResponse:{totalCount:#} time:ms}"
NOTHING = "{QueryResponse:{} time:ms}"
FAULT = "{Fault:{Error:[$ERROR] type:s} time:ms}"


def page(kind: str, row: str) -> str:
    """The shape of a page of rows."""
    return f"{{QueryResponse:{{{kind}:[{row}] startPosition:# maxResults:#}} time:ms}}"


def ask(api: Api, text: str) -> requests.Response:
    """A query as it was recorded: in the address, blanks as %20."""
    return api.session.get(f"{api.base}/query?query={quote(text, safe='()*=,')}", headers=SENT, timeout=10)


def read(api: Api, path: str) -> requests.Response:
    return api.session.get(f"{api.base}/{path}", headers=SENT, timeout=10)


def write(api: Api, path: str, body: str) -> requests.Response:
    """A write with the exact text of a body."""
    return api.session.post(f"{api.base}/{path}", data=body, headers=SENT, timeout=10)


def answered(answer: requests.Response) -> dict[str, Any]:
    """The body of a success, whose headers are as recorded."""
    assert answer.status_code == 200, answer.text
    headers = answer.headers
    assert headers["Content-Type"] == "application/json;charset=utf-8"
    assert headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert headers["Expires"] == "0"
    assert re.fullmatch(r"total=\d+, db=\d+", headers["Service-Time"])
    assert re.fullmatch(r"\d+\.\d+", headers["QBO-Version"])
    _traced(headers)
    found: dict[str, Any] = answer.json(parse_float=Decimal)
    return found


def refused(answer: requests.Response, code: str) -> dict[str, Any]:
    """The body of a refusal with status 400, whose headers are as recorded."""
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert not {"Cache-Control", "QBO-Version", "Service-Time"} & set(answer.headers)
    _traced(answer.headers)
    found: dict[str, Any] = answer.json()
    assert found["Fault"]["Error"][0]["code"] == code
    assert found["Fault"]["type"] == "ValidationFault"
    return found


def _traced(headers: Any) -> None:
    assert re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{24}", headers["Intuit-Tid"])
    assert headers["X-Amzn-Trace-Id"] == f"Root={headers['Intuit-Tid']}"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers["X-SpanId"])
    assert headers["Server"] == "nginx"


def address(line: str = "12 Test Lane") -> dict[str, str]:
    """An address with the coordinates the real service looks up by itself."""
    return {
        "Line1": line,
        "City": "Austin",
        "CountrySubDivisionCode": "TX",
        "PostalCode": "78701",
        "Lat": "INVALID",
        "Long": "INVALID",
    }


def full_customer(api: Api, name: str) -> dict[str, Any]:
    """A customer with the properties of the recorded ones."""
    body = {
        "DisplayName": name,
        "CompanyName": "Test Birds",
        "GivenName": "Amy",
        "FamilyName": "Test",
        "BillAddr": address(),
        "ShipAddr": address(),
        "PrimaryPhone": {"FreeFormNumber": "(512) 555-0100"},
        "PrimaryEmailAddr": {"Address": "amy@test.example"},
    }
    return api.create("Customer", body)


def plain_invoice(api: Api, customer: str) -> dict[str, Any]:
    """The smallest invoice that was recorded: an amount, an item, a customer."""
    detail = {"ItemRef": {"value": "1", "name": "Services"}}
    line = {"Amount": 100.0, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    body = json.dumps({"Line": [line], "CustomerRef": {"value": customer}})
    found: dict[str, Any] = answered(write(api, "invoice", body))
    return found
