from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Api

KEYS = [
    "Taxable",
    "Job",
    "BillWithParent",
    "Balance",
    "BalanceWithJobs",
    "CurrencyRef",
    "PreferredDeliveryMethod",
    "IsProject",
    "ClientEntityId",
    "domain",
    "sparse",
    "Id",
    "SyncToken",
    "MetaData",
    "FullyQualifiedName",
    "DisplayName",
    "PrintOnCheckName",
    "Active",
    "V4IDPseudonym",
    "DefaultTaxCodeRef",
]


def test_minimal_create_answers_the_recorded_customer(api: Api) -> None:
    name = f"Doe {id(api)}, Jane"
    answer = api.post("customer", {"DisplayName": name}, requestid="")
    customer = api.ok(answer)["Customer"]
    assert list(customer) == KEYS
    assert (customer["DisplayName"], customer["FullyQualifiedName"], customer["PrintOnCheckName"]) == (
        name,
    ) * 3
    assert customer["DefaultTaxCodeRef"] == {"value": "2"}
    assert (customer["Taxable"], customer["Job"], customer["PreferredDeliveryMethod"]) == (
        True,
        False,
        "Print",
    )
    assert '"Balance":0,' in answer.text


@pytest.mark.parametrize(
    "taken", ["Acme Dental Group", "ACME dental group", "Big Bend Lumber", "Helen Nakamura"]
)
def test_name_of_any_customer_vendor_or_employee_is_taken(api: Api, taken: str) -> None:
    answer = api.post("customer", {"DisplayName": taken})
    assert api.code(answer) == "6240"
    error = answer.json()["Fault"]["Error"][0]
    assert error["Message"] == "Duplicate Name Exists Error"
    assert error["Detail"].startswith("The name supplied already exists. : ")
    assert answer.json()["Fault"]["type"] == "ValidationFault"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"DisplayName": "A:B"}, "2040"),
        ({"DisplayName": "A\tB"}, "2040"),
        ({"GivenName": "A\nB"}, "2040"),
        ({"DisplayName": "x" * 501}, "2050"),
        ({"DisplayName": "Long title", "Title": "x" * 17}, "2050"),
        ({"DisplayName": "Long phone", "PrimaryPhone": {"FreeFormNumber": "1" * 31}}, "2050"),
        ({"DisplayName": "Bad mail", "PrimaryEmailAddr": {"Address": "a@b"}}, "2210"),
        ({"DisplayName": "Bad term", "SalesTermRef": {"value": "777"}}, "2500"),
        ({"Notes": "nameless"}, "6080"),
        ({"DisplayName": "Odd", "Shoe": 1}, "2010"),
    ],
)
def test_bad_customer_is_refused_with_the_code_of_the_vendor(
    api: Api, body: dict[str, Any], code: str
) -> None:
    assert api.code(api.post("customer", body)) == code


def test_name_is_composed_of_its_parts(api: Api) -> None:
    customer = api.create("Customer", {"GivenName": "Ana", "FamilyName": f"Lopez{id(api)}"})
    assert customer["DisplayName"] == f"Ana Lopez{id(api)}"


def test_inactive_customer_frees_its_name_and_hides_from_queries(api: Api) -> None:
    name = f"Going {id(api)}"
    customer = api.customer(name)
    after = api.create("Customer", {"Id": customer["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    assert (after["DisplayName"], after["FullyQualifiedName"]) == (f"{name} (deleted)",) * 2
    assert api.customer(name)["Id"] != customer["Id"]
    found = api.query(f"SELECT * FROM Customer WHERE Id = '{customer['Id']}'")
    assert found == {}
    both = api.query(f"SELECT * FROM Customer WHERE Id = '{customer['Id']}' AND Active IN (true, false)")
    assert len(both["Customer"]) == 1


def test_full_update_resets_to_defaults_as_recorded(api: Api) -> None:
    customer = api.customer(Notes="gone")
    body = {
        "DisplayName": f"Moe {id(api)}",
        "PrimaryPhone": {"FreeFormNumber": "(415) 444-1234"},
        "Id": customer["Id"],
        "SyncToken": "0",
    }
    after = api.create("Customer", body)
    assert set(after) == {*KEYS, "PrimaryPhone"}
    assert after["SyncToken"] == "1"


def test_tax_number_is_masked_on_read(api: Api) -> None:
    customer = api.customer(PrimaryTaxIdentifier="GB123456789")
    assert api.read("Customer", customer["Id"])["PrimaryTaxIdentifier"] == "XXXXXX56789"


def test_sub_customer_has_a_full_name_and_its_balance_reaches_the_parent(api: Api) -> None:
    parent = api.customer()
    child = api.customer(f"Branch {id(api)}", ParentRef={"value": parent["Id"]}, Job=True)
    assert child["FullyQualifiedName"] == f"{parent['DisplayName']}:{child['DisplayName']}"
    assert (child["Level"], child["Job"]) == (1, True)
    api.invoice(70, customer=child["Id"])
    after = api.read("Customer", parent["Id"])
    assert (after["Balance"], after["BalanceWithJobs"]) == (0, 70)


def test_balance_moves_with_invoices_without_a_new_sync_token(api: Api) -> None:
    customer = api.customer()
    invoice = api.invoice(80, customer=customer["Id"])
    assert api.read("Customer", customer["Id"])["Balance"] == 80
    api.pay(invoice, 30)
    after = api.read("Customer", customer["Id"])
    assert (after["Balance"], after["SyncToken"]) == (50, "0")
