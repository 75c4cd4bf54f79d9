"""Recorded invoices, receipts, estimates, batches and changes."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from tests.emulator.client import Api
from tests.emulator.conformance.recorded import (
    ESTIMATE,
    INVOICE,
    SALES_RECEIPT_ANY,
    SALES_RECEIPT_PLAIN,
    VENDOR_PLAIN,
    address,
    answered,
    ask,
    full_customer,
    page,
    plain_invoice,
    read,
    write,
)
from tests.emulator.conformance.shapes import assert_shape


def _customer(api: Api, name: str) -> str:
    return str(full_customer(api, name)["Id"])


def test_create_invoice_1(api: Api) -> None:
    body = plain_invoice(api, _customer(api, "Recorded buyer 1"))
    assert_shape("{Invoice:" + INVOICE + " time:ms}", body)
    made = body["Invoice"]
    assert [line["DetailType"] for line in made["Line"]] == ["SalesItemLineDetail", "SubTotalLineDetail"]
    assert list(made["Line"][0]["SalesItemLineDetail"]) == ["ItemRef", "TaxCodeRef"]
    assert list(made["Line"][1]) == ["Amount", "DetailType", "SubTotalLineDetail"]
    day = timedelta(days=30)
    assert date.fromisoformat(made["DueDate"]) == date.fromisoformat(made["TxnDate"]) + day
    assert (made["Balance"], made["TotalAmt"], made["SyncToken"]) == (
        Decimal("100.00"),
        Decimal("100.00"),
        "0",
    )
    assert (made["PrintStatus"], made["EmailStatus"]) == ("NeedToPrint", "NotSet")


def test_delete_invoice_1(api: Api) -> None:
    made = plain_invoice(api, _customer(api, "Recorded buyer 2"))["Invoice"]
    body = answered(read(api, f"invoice/{made['Id']}"))
    assert_shape("{Invoice:" + INVOICE + " time:ms}", body)
    assert body["Invoice"] == made


def test_delete_invoice_2(api: Api) -> None:
    made = plain_invoice(api, _customer(api, "Recorded buyer 3"))["Invoice"]
    body = answered(write(api, "invoice?operation=delete", json.dumps({"Id": made["Id"], "SyncToken": "0"})))
    assert_shape("{Invoice:{domain:s status:s Id:s} time:ms}", body)
    assert body["Invoice"] == {"domain": "QBO", "status": "Deleted", "Id": made["Id"]}


def test_void_invoice_1(api: Api) -> None:
    made = plain_invoice(api, _customer(api, "Recorded buyer 4"))["Invoice"]
    body = answered(read(api, f"invoice/{made['Id']}"))
    assert_shape("{Invoice:" + INVOICE + " time:ms}", body)
    assert "PrivateNote" not in body["Invoice"]


def test_void_invoice_2(api: Api) -> None:
    made = plain_invoice(api, _customer(api, "Recorded buyer 5"))["Invoice"]
    body = answered(write(api, "invoice?operation=void", json.dumps({"Id": made["Id"], "SyncToken": "0"})))
    assert_shape("{Invoice:" + INVOICE + " time:ms}", body)
    after = body["Invoice"]
    assert (after["PrivateNote"], after["SyncToken"], after["TotalAmt"], after["Balance"]) == (
        "Voided",
        "1",
        0,
        0,
    )
    assert [line["Amount"] for line in after["Line"]] == [0, 0]
    assert after["TxnTaxDetail"] == {"TotalTax": 0}
    for kept in ("DocNumber", "TxnDate", "DueDate", "BillAddr", "ShipAddr", "CustomerRef"):
        assert after[kept] == made[kept]


def _receipt(api: Api, **more: object) -> dict[str, object]:
    detail = {"ItemRef": {"value": "1"}, "UnitPrice": 75, "Qty": 4.5, "TaxCodeRef": {"value": "NON"}}
    line = {
        "Description": "Custom work",
        "Amount": 337.5,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": detail,
    }
    return api.create("SalesReceipt", {"Line": [line], **more})


def test_update_sales_receipt_1(api: Api) -> None:
    made = _receipt(api)
    body = answered(read(api, f"salesreceipt/{made['Id']}"))
    assert_shape("{SalesReceipt:" + SALES_RECEIPT_PLAIN + " time:ms}", body)
    assert body["SalesReceipt"]["Balance"] == 0


def test_update_sales_receipt_2(api: Api) -> None:
    made = _receipt(api)
    lines = [
        {key: value for key, value in line.items() if key not in {"Id", "LineNum"}}
        for line in cast("list[dict[str, Any]]", made["Line"])[:1]
    ]
    sent = json.dumps({"Line": lines, "Id": made["Id"], "SyncToken": "0"}, default=float)
    path = "salesreceipt?minorversion=4&requestid=a90bfae9-9c6b-4179-9c7e-000000000001"
    body = answered(write(api, path, sent))
    assert_shape("{SalesReceipt:" + SALES_RECEIPT_PLAIN + " time:ms}", body)
    after = body["SalesReceipt"]
    assert (after["SyncToken"], after["DocNumber"], after["TotalAmt"]) == (
        "1",
        made["DocNumber"],
        Decimal("337.50"),
    )
    assert after["Line"][0]["Id"] != made["Line"][0]["Id"]  # type: ignore[index]


def test_all_sales_receipts_1(api: Api) -> None:
    customer = {"value": _customer(api, "Recorded buyer 6")}
    first = _receipt(api, CustomerRef=customer, PrivateNote="A private note.", PaymentRefNum="10264")
    second = _receipt(api)
    body = answered(ask(api, "SELECT * FROM SalesReceipt MAXRESULTS 1000 STARTPOSITION 1"))
    assert_shape(page("SalesReceipt", SALES_RECEIPT_ANY), body)
    assert [row["Id"] for row in body["QueryResponse"]["SalesReceipt"][:2]] == [second["Id"], first["Id"]]


def test_batch_basic_1(api: Api) -> None:
    stale = _receipt(api)
    items = [
        {"bId": "bid1", "operation": "create", "Vendor": {"DisplayName": "Recorded Family Store"}},
        {"bId": "bid2", "operation": "delete", "Invoice": {"Id": "999999", "SyncToken": "0"}},
        {
            "bId": "bid3",
            "operation": "update",
            "SalesReceipt": {
                "domain": "QBO",
                "sparse": True,
                "Id": stale["Id"],
                "SyncToken": "7",
                "PrivateNote": "n",
            },
        },
        {"bId": "bid4", "Query": "select * from SalesReceipt where TotalAmt > '300.00'"},
    ]
    body = answered(write(api, "batch", json.dumps({"BatchItemRequest": items})))
    fault = "{Fault:{Error:[$ERROR_AT] type:s} bId:s}"
    rows = f"{{QueryResponse:{{SalesReceipt:[{SALES_RECEIPT_ANY}] startPosition:# maxResults:#}} bId:s}}"
    assert list(body) == ["BatchItemResponse", "time"]
    shapes = [f"{{Vendor:{VENDOR_PLAIN} bId:s}}", fault, fault, rows]
    for wanted, item in zip(shapes, body["BatchItemResponse"], strict=True):
        assert_shape(wanted, item)
    codes = [item["Fault"]["Error"][0]["code"] for item in body["BatchItemResponse"][1:3]]
    assert codes == ["610", "5010"]


def test_cdc_basic_1(api: Api) -> None:
    customer = _customer(api, "Recorded buyer 7")
    line = {
        "Amount": 300,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
    }
    for _number in range(2):
        api.create("Estimate", {"CustomerRef": {"value": customer}, "Line": [line], "BillAddr": address()})
    body = answered(read(api, "cdc?changedSince=2011-10-10T09:00:00-07:00&entities=estimate"))
    inner = f"{{Estimate:[{ESTIMATE}] startPosition:# maxResults:#}}"
    assert_shape(f"{{CDCResponse:[{{QueryResponse:[{inner}]}}] time:ms}}", body)
    rows = body["CDCResponse"][0]["QueryResponse"][0]["Estimate"]
    updated = [row["MetaData"]["LastUpdatedTime"] for row in rows]
    assert updated == sorted(updated)
