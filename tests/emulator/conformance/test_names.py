"""Recorded reads, queries and writes of customers and vendors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Api
from tests.emulator.conformance.recorded import (
    COUNT,
    CUSTOMER_ANY,
    CUSTOMER_FULL,
    CUSTOMER_PLAIN,
    FAULT,
    NOTHING,
    VENDOR_ANY,
    answered,
    ask,
    full_customer,
    page,
    read,
    refused,
    write,
)
from tests.emulator.conformance.shapes import assert_shape


def _rows(body: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = body["QueryResponse"][kind]
    assert body["QueryResponse"]["maxResults"] == len(rows)
    return rows


def test_create_customer_1(api: Api) -> None:
    body = answered(write(api, "customer?requestid=", json.dumps({"DisplayName": "Recorded, Jane"})))
    assert_shape("{Customer:" + CUSTOMER_PLAIN + " time:ms}", body)
    made = body["Customer"]
    assert (made["Taxable"], made["Job"], made["SyncToken"], made["PreferredDeliveryMethod"]) == (
        True, False, "0", "Print",
    )  # fmt: skip
    assert made["FullyQualifiedName"] == made["PrintOnCheckName"] == "Recorded, Jane"


def test_update_customer_1(api: Api) -> None:
    made = api.create("Customer", {"DisplayName": "Recorded before"})
    body = answered(read(api, f"customer/{made['Id']}?minorversion=8"))
    assert_shape("{Customer:" + CUSTOMER_PLAIN + " time:ms}", body)


def test_update_customer_2(api: Api) -> None:
    made = api.create("Customer", {"DisplayName": "Recorded, to be moved"})
    sent = {
        "DisplayName": "Recorded Moe",
        "PrimaryPhone": {"FreeFormNumber": "(512) 555-0101"},
        "Id": made["Id"],
        "SyncToken": "0",
    }
    body = answered(write(api, "customer?minorversion=8", json.dumps(sent)))
    assert_shape("{Customer:" + CUSTOMER_PLAIN + " time:ms}", body)
    after = body["Customer"]
    assert (after["SyncToken"], after["FullyQualifiedName"], after["PrintOnCheckName"]) == (
        "1", "Recorded Moe", "Recorded Moe",
    )  # fmt: skip
    assert after["MetaData"]["CreateTime"] == made["MetaData"]["CreateTime"]


def test_get_id_1(api: Api) -> None:
    made = full_customer(api, "Recorded Camp")
    body = answered(read(api, f"customer/{made['Id']}"))
    assert_shape("{Customer:" + CUSTOMER_FULL + " time:ms}", body)
    assert body["Customer"]["DefaultTaxCodeRef"]["value"]


def test_get_display_name_1(api: Api) -> None:
    full_customer(api, "Rec's Bird Sanctuary")
    body = answered(ask(api, r"SELECT * FROM Customer WHERE DisplayName = 'Rec\'s Bird Sanctuary'"))
    assert_shape(page("Customer", CUSTOMER_FULL), body)
    assert len(_rows(body, "Customer")) == 1


def test_misc_ampersand_1(api: Api) -> None:
    vendor = {
        "DisplayName": "Recorded & Associates",
        "CompanyName": "Recorded & Associates",
        "AcctNum": "000005641",
    }
    api.create("Vendor", {**vendor, "PrimaryPhone": {"FreeFormNumber": "(512) 555-0102"}})
    body = answered(ask(api, "SELECT * FROM Vendor WHERE DisplayName = 'Recorded & Associates'"))
    assert_shape(page("Vendor", VENDOR_ANY), body)
    assert [row["AcctNum"] for row in _rows(body, "Vendor")] == ["000005641"]


def test_get_inactive_vendors_1(api: Api) -> None:
    body = {"DisplayName": "Recorded Insurance", "TaxIdentifier": "99-5688293", "Vendor1099": True}
    made = api.create("Vendor", body)
    api.create("Vendor", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    found = answered(ask(api, "SELECT * FROM Vendor WHERE Active IN (true, false)"))
    assert_shape(page("Vendor", VENDOR_ANY), found)
    row = next(row for row in _rows(found, "Vendor") if row["Id"] == made["Id"])
    assert (row["TaxIdentifier"], row["Active"]) == ("XXXXXX8293", False)


def test_all_customers_1(api: Api) -> None:
    assert_shape(COUNT, answered(ask(api, "SELECT COUNT(*) FROM Customer")))


@pytest.mark.parametrize("recording", ["all_customers_2", "error_400_1"])
def test_all_customers_2_and_error_400_1(api: Api, recording: str) -> None:
    tail = " MAXRESULTS 1000 STARTPOSITION 1" if recording == "all_customers_2" else ""
    body = answered(ask(api, f"SELECT * FROM Customer{tail}"))
    assert_shape(page("Customer", CUSTOMER_ANY), body)
    names = [row["DisplayName"].casefold() for row in _rows(body, "Customer") if not row["Job"]]
    assert names == sorted(names)


def _ids(api: Api) -> str:
    rows = api.query("SELECT * FROM Customer MAXRESULTS 6")["Customer"]
    return "(" + ", ".join(f"'{row['Id']}'" for row in rows) + ")"


def test_all_alt_select_1(api: Api) -> None:
    body = answered(ask(api, f"SELECT count(*) FROM Customer WHERE Id IN {_ids(api)}"))
    assert_shape(COUNT, body)
    assert body["QueryResponse"]["totalCount"] == 6


@pytest.mark.parametrize(("number", "start"), [(2, 1), (3, 3), (4, 5), (5, 7)])
def test_all_alt_select_2_to_5(api: Api, number: int, start: int) -> None:
    text = (
        f"SELECT * FROM Customer WHERE Id IN {_ids(api)} AND Active IN ( true, false ) "
        f"MAXRESULTS 2 STARTPOSITION {start}"
    )
    body = answered(ask(api, text))
    if number == 5:
        assert_shape(NOTHING, body)
        return
    assert_shape(page("Customer", CUSTOMER_ANY), body)
    assert (body["QueryResponse"]["startPosition"], len(_rows(body, "Customer"))) == (start, 2)


def test_all_vendors_by_5_1(api: Api) -> None:
    assert_shape(COUNT, answered(ask(api, "SELECT COUNT(*) FROM Vendor")))


@pytest.mark.parametrize("number", range(2, 8))
def test_all_vendors_by_5_2_to_7(api: Api, number: int) -> None:
    """Six pages of five, each after the one before, the last one shorter."""
    total = api.query("SELECT COUNT(*) FROM Vendor")["totalCount"]
    for missing in range(max(0, 26 - total)):
        api.create("Vendor", {"DisplayName": f"Recorded page vendor {total + missing}"})
    start = 1 + (number - 2) * 5
    body = answered(ask(api, f"SELECT * FROM Vendor MAXRESULTS 5 STARTPOSITION {start}"))
    assert_shape(page("Vendor", VENDOR_ANY), body)
    assert body["QueryResponse"]["startPosition"] == start
    assert len(_rows(body, "Vendor")) == min(5, max(total, 26) - start + 1)


def test_error_validation_1(api: Api) -> None:
    full_customer(api, "Recorded Consulting")
    body = refused(write(api, "customer", json.dumps({"DisplayName": "Recorded Consulting"})), "6240")
    assert_shape(FAULT, body)
    error = body["Fault"]["Error"][0]
    assert error["Message"] == "Duplicate Name Exists Error"
    assert error["Detail"].startswith("The name supplied already exists. : ")
