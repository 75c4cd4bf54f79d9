"""Recorded XML answers: the same information as in JSON, in the vendor's elements and attributes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from urllib.parse import quote

import pytest

from tests.emulator.client import Api, invoice_body
from tests.emulator.conformance.recorded import full_customer

SPACE = "{http://schema.intuit.com/finance/v3}"
ACCEPT = {"Accept": "application/xml", "Content-Type": "application/xml"}


def _root(api: Api, path: str, status: int = 200) -> ET.Element:
    answer = api.session.get(f"{api.base}/{path}", headers=ACCEPT, timeout=10)
    assert answer.status_code == status, answer.text
    wanted = "application/xml;charset=UTF-8" if status == 200 else "application/xml"
    assert answer.headers["Content-Type"] == wanted
    assert answer.text.startswith('<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse ')
    root = ET.fromstring(answer.content)
    assert root.get("time")
    return root


def _query(api: Api, text: str, status: int = 200) -> ET.Element:
    return _root(api, f"query?query={quote(text)}", status)


def _fault(root: ET.Element) -> tuple[str | None, str | None, str | None, str | None]:
    (fault,) = root
    (error,) = fault
    assert (fault.tag, error.tag) == (f"{SPACE}Fault", f"{SPACE}Error")
    return (
        fault.get("type"),
        error.get("code"),
        error.findtext(f"{SPACE}Message"),
        error.findtext(f"{SPACE}Detail"),
    )


def test_flowlink_parser_token_list(api: Api) -> None:
    text = "Select * from Customer Where PrimaryEmailAddr.EmailAddress>test@x STARTPOSITION 1 MAXRESULTS 20"
    kind, code, message, detail = _fault(_query(api, text, 400))
    assert (kind, code, message) == ("ValidationFault", "4000", "Error parsing query")
    tokens = (
        '<EOF> |"." ...|<AND> ...|"between" ...|"contains" ...|"=" ...|"in" ...|"iterator" ...|"like" ...|'
        '"maxresults" ...|"!=" ...|<NOT> ...|<OR> ...|"order" ...|"orderby" ...|"startposition" ...|"=" ...|'
        '"!=" ...|"=" ...|"!=" ...|"=" ...|"!=" ...|"." ...|'
    )
    assert detail == (
        'QueryParserError: Encountered " ">" "> "" at line 1, column 59.\nWas expecting one of:\n    '
        + tokens.replace("|", "\n    ")
    )


def test_flowlink_parser_expected_paren(api: Api) -> None:
    _, code, _, detail = _fault(
        _query(api, "Select * from Customer Where PrimaryEmailAddr in Address = 'x'", 400)
    )
    assert code == "4000"
    assert detail is not None
    assert detail.endswith('Was expecting:\n    "(" ...\n    ')


@pytest.mark.parametrize("name", ["Email", "PrimaryEmailAddr.EmailAddress"])
def test_flowlink_property_not_found(api: Api, name: str) -> None:
    kind, code, message, detail = _fault(_query(api, f"Select * from Customer Where {name} = 'x'", 400))
    assert (kind, code, message) == ("ValidationFault", "4001", "Invalid query")
    assert detail == f"QueryValidationError: Property {name} not found for Entity Customer"


def test_flowlink_query_empty(api: Api) -> None:
    (only,) = _query(api, "Select * from Customer Where DisplayName = 'nobody at all'")
    assert (only.tag, only.attrib, len(only)) == (f"{SPACE}QueryResponse", {}, 0)


def test_flowlink_query_customer_by_email_3(api: Api) -> None:
    made = full_customer(api, "Recorded by email")
    mail = {"PrimaryEmailAddr": {"Address": "only@recorded.example"}}
    api.create("Customer", {"Id": made["Id"], "SyncToken": "0", "sparse": True, **mail})
    page = _query(api, "Select * from Customer Where PrimaryEmailAddr = 'only@recorded.example'")[0]
    assert page.attrib == {"startPosition": "1", "maxResults": "1"}
    (row,) = page
    assert row.attrib == {"domain": "QBO", "sparse": "false"}
    assert row.findtext(f"{SPACE}PrimaryEmailAddr/{SPACE}Address") == "only@recorded.example"


def test_flowlink_query_projection_items_2014(api: Api) -> None:
    text = (
        "select Name, QtyOnHand, Metadata.LastUpdatedTime from Item Where Metadata.LastUpdatedTime > "
        "'2014-04-13T18:48:56.001Z' Order By Metadata.LastUpdatedTime STARTPOSITION 1 MAXRESULTS 20"
    )
    page = _query(api, text)[0]
    updated = [row.findtext(f"{SPACE}MetaData/{SPACE}LastUpdatedTime") for row in page]
    assert updated == sorted(updated, key=str)
    for row in page:
        assert row.attrib == {"sparse": "true"}
        names = [child.tag.removeprefix(SPACE) for child in row]
        assert [name for name in names if name != "QtyOnHand"] == ["Id", "MetaData", "Name"]
        assert [child.tag for child in row[1]] == [f"{SPACE}LastUpdatedTime"]


def test_ruckus_query_validation_error(api: Api) -> None:
    kind, code, message, detail = _fault(_query(api, "select * from Invoice STARTPOSITION 0", 400))
    assert (kind, code, message) == ("ValidationFault", "4001", "Invalid query")
    assert detail == "QueryValidationError: value 0 is too small. Min allowed value is 1"


def test_ruckus_too_many_requests_error(api: Api) -> None:
    rule = {"kind": "429_xml", "operation": "term.read", "count": 1, "realm": api.realm_id}
    api.emulator.control("POST", "/control/faults", rule)
    answer = api.get("term/1")
    assert (answer.status_code, answer.headers["Content-Type"]) == (429, "application/xml")
    kind, code, message, detail = _fault(ET.fromstring(answer.content))
    assert (kind, code) == ("SERVICE", "3001")
    assert message == "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    assert detail == "The request limit was reached.  Try again later"


def test_ruckus_change_data_capture_response(api: Api) -> None:
    gone, settled = api.invoice(), api.invoice()
    since = gone["MetaData"]["LastUpdatedTime"]
    api.pay(settled, 10)
    api.ok(api.post("invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete"))
    path = f"cdc?entities=bill,invoice,payment,term&changedSince={quote(since)}"
    (response,) = _root(api, path)
    assert response.tag == f"{SPACE}CDCResponse"
    invoices = response[1]
    assert [page.tag for page in response] == [f"{SPACE}QueryResponse"] * 4
    assert len(response[3]) == 0
    assert invoices.get("startPosition") == "1"
    stub = invoices[-1]
    assert stub.attrib == {"domain": "QBO", "status": "Deleted"}
    assert [child.tag.removeprefix(SPACE) for child in stub] == ["Id", "MetaData"]
    paid = next(row for row in invoices if row.findtext(f"{SPACE}Id") == settled["Id"])
    assert [child.tag.removeprefix(SPACE) for child in paid][:3] == ["Id", "SyncToken", "MetaData"]
    assert paid.findtext(f"{SPACE}LinkedTxn/{SPACE}TxnType") == "Payment"


def test_ruckus_batch_response(api: Api) -> None:
    items = [
        {"bId": "1a", "operation": "create", "Invoice": invoice_body("1")},
        {"bId": "2b", "Query": "select"},
    ]
    headers = {"Accept": "application/xml", "Content-Type": "application/json"}
    answer = api.session.post(
        f"{api.base}/batch", json={"BatchItemRequest": items}, headers=headers, timeout=10
    )
    made, refused = ET.fromstring(answer.content)
    assert (made.get("bId"), refused.get("bId")) == ("1a", "2b")
    assert made[0].tag == f"{SPACE}Invoice"
    assert refused[0].get("type") == "ValidationFault"
