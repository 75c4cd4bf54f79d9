from __future__ import annotations

from typing import Any

import requests

from tests.emulator.client import Api, invoice_body
from tests.emulator_process import EmulatorProcess


def _since(api: Api, entities: str, since: str) -> list[dict[str, Any]]:
    body = api.ok(api.get("cdc", entities=entities, changedSince=since))
    assert list(body) == ["CDCResponse", "time"]
    assert len(body["CDCResponse"]) == 1
    answers: list[dict[str, Any]] = body["CDCResponse"][0]["QueryResponse"]
    return answers


def _now(api: Api) -> str:
    return str(api.ok(api.get(f"companyinfo/{api.realm_id}"))["time"])


def test_answers_follow_the_request_and_nothing_is_an_empty_object(api: Api) -> None:
    since = _now(api)
    invoice = api.invoice()
    answers = _since(api, "Payment,invoice,Term", since)
    assert len(answers) == 3
    assert (answers[0], answers[2]) == ({}, {})
    assert list(answers[1]) == ["Invoice", "startPosition", "maxResults"]
    assert answers[1]["Invoice"] == [api.read("Invoice", invoice["Id"])]


def test_changes_come_oldest_first_and_deleted_stubs_last(api: Api) -> None:
    gone, first, second = api.invoice(), api.invoice(), api.invoice()
    since = _now(api)
    api.ok(api.post("invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete"))
    for invoice in (second, first):
        api.create("Invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="void")
    rows = _since(api, "Invoice", since)[0]["Invoice"]
    assert [row["Id"] for row in rows] == [second["Id"], first["Id"], gone["Id"]]
    assert rows[2] == {
        "domain": "QBO",
        "status": "Deleted",
        "Id": gone["Id"],
        "MetaData": {"LastUpdatedTime": rows[2]["MetaData"]["LastUpdatedTime"]},
    }
    assert rows[0]["PrivateNote"] == "Voided"


def test_payment_brings_its_invoice_and_customer_along(api: Api) -> None:
    invoice = api.invoice()
    since = _now(api)
    payment = api.pay(invoice, 10)
    answers = _since(api, "Invoice,Payment,Customer", since)
    assert [row["Id"] for row in answers[0]["Invoice"]] == [invoice["Id"]]
    assert [row["Id"] for row in answers[1]["Payment"]] == [payment["Id"]]
    assert [row["Id"] for row in answers[2]["Customer"]] == [invoice["CustomerRef"]["value"]]


def test_tax_codes_and_unknown_entities_cannot_be_followed(api: Api) -> None:
    for entity in ("TaxCode", "Nonsense"):
        assert api.code(api.get("cdc", entities=entity, changedSince="2026-01-01T00:00:00Z")) == "4001"
    assert api.code(api.get("cdc", entities="Invoice")) == "2020"


def test_very_old_moment_is_answered(api: Api) -> None:
    rows = _since(api, "Invoice", "2011-10-10T09:00:00-07:00")[0]["Invoice"]
    updated = [row["MetaData"]["LastUpdatedTime"] for row in rows]
    assert len(updated) > 90


def test_batch_answers_each_item_by_itself(api: Api) -> None:
    memo = api.invoice()
    items = [
        {"bId": "b1", "operation": "create", "Vendor": {"DisplayName": f"Boraski {id(api)}"}},
        {"bId": "b2", "operation": "delete", "Invoice": {"Id": "999999", "SyncToken": "0"}},
        {"bId": "b3", "operation": "update", "Invoice": {"Id": memo["Id"], "SyncToken": "9", "sparse": True}},
        {"bId": "b4", "Query": "select * from Term where Name = 'Net 30'"},
    ]
    body = api.ok(api.post("batch", {"BatchItemRequest": items}))
    assert list(body) == ["BatchItemResponse", "time"]
    made, missing, stale, found = body["BatchItemResponse"]
    assert list(made) == ["Vendor", "bId"]
    assert list(made["Vendor"])[:3] == ["Balance", "Vendor1099", "CurrencyRef"]
    assert missing["Fault"]["Error"][0]["code"] == "610"
    assert missing["Fault"]["Error"][0]["element"] == ""
    assert stale["Fault"]["Error"][0]["code"] == "5010"
    assert found["QueryResponse"]["Term"][0]["DueDays"] == 30
    assert [item["bId"] for item in body["BatchItemResponse"]] == ["b1", "b2", "b3", "b4"]


def test_batch_holds_thirty_items(api: Api) -> None:
    item = {"bId": "b", "Query": "select count(*) from Term"}
    assert len(api.ok(api.post("batch", {"BatchItemRequest": [item] * 30}))["BatchItemResponse"]) == 30
    assert api.code(api.post("batch", {"BatchItemRequest": [item] * 31})) == "1040"


def test_repeated_request_id_answers_the_same_bytes_and_does_nothing(api: Api) -> None:
    body = invoice_body("1", 3)
    first = api.post("invoice", body, requestid="once-and-only")
    count = api.query("select count(*) from Invoice")
    second = api.post("invoice", body, requestid="once-and-only")
    assert (second.status_code, second.content) == (200, first.content)
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert api.query("select count(*) from Invoice") == count


def test_request_id_for_another_request_is_600(api: Api) -> None:
    invoice = api.create("Invoice", invoice_body("1", 3), requestid="taken")
    assert api.code(api.post("invoice", invoice_body("1", 4), requestid="taken")) == "600"
    stub = {"Id": invoice["Id"], "SyncToken": "0"}
    assert api.code(api.post("invoice", stub, operation="void", requestid="taken")) == "600"
    assert api.code(api.post("invoice", invoice_body("1"), requestid="x" * 51)) == "2130"


def test_refused_request_does_not_use_its_request_id_up(api: Api) -> None:
    assert api.code(api.post("invoice", {"BadJson": 1}, requestid="try-again")) == "2010"
    assert api.create("Invoice", invoice_body("1", 3), requestid="try-again")["TotalAmt"] == 3


def test_same_request_id_is_free_in_another_company(api: Api) -> None:
    api.create("Invoice", invoice_body("1", 3), requestid="per company")
    other = Api(api.emulator, 1)
    assert other.create("Invoice", invoice_body("1", 4), requestid="per company")["TotalAmt"] == 4


def test_changes_are_a_thousand_in_all_and_oldest_first(own_emulator: EmulatorProcess) -> None:
    api = Api(own_emulator)
    since = _now(api)
    for number in range(0, 1010, 30):
        items = [
            {"bId": str(n), "operation": "create", "Vendor": {"DisplayName": f"Many {number + n}"}}
            for n in range(30)
        ]
        api.ok(api.post("batch", {"BatchItemRequest": items}))
    api.customer()
    vendors, customers = _since(api, "Vendor,Customer", since)
    assert (len(vendors["Vendor"]), vendors["maxResults"], customers) == (1000, 1000, {})
    assert vendors["Vendor"][0]["DisplayName"] == "Many 0"


def test_deletions_are_told_for_thirty_days(own_emulator: EmulatorProcess) -> None:
    api = Api(own_emulator)
    since, gone = _now(api), api.invoice()
    api.ok(api.post("invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete"))

    def told() -> list[str]:
        api.emulator.control("POST", "/control/clock", {"skew": days * 86_400 - 60})
        token = _fresh(own_emulator)
        api.session.headers["Authorization"] = f"Bearer {token}"
        return [row["Id"] for row in _since(api, "Invoice", since)[0].get("Invoice", []) if "status" in row]

    days = 29
    assert told() == [gone["Id"]]
    days = 31
    assert told() == []


def _fresh(emulator: EmulatorProcess) -> str:
    company = emulator.companies[0]
    answer = requests.post(
        f"{emulator.url}/oauth2/v1/tokens/bearer",
        {"grant_type": "refresh_token", "refresh_token": company["refresh_token"]},
        auth=(emulator.client_id, emulator.client_secret),
        timeout=10,
    ).json()
    company["refresh_token"] = answer["refresh_token"]
    return str(answer["access_token"])


def test_batch_can_ask_for_changes(api: Api) -> None:
    since, invoice = _now(api), api.invoice()
    asked = {"bId": "c", "CDCQuery": {"Entities": "Invoice,Term", "ChangedSince": since}}
    (item,) = api.ok(api.post("batch", {"BatchItemRequest": [asked]}))["BatchItemResponse"]
    changed, nothing = item["CDCResponse"][0]["QueryResponse"]
    assert [row["Id"] for row in changed["Invoice"]] == [invoice["Id"]]
    assert nothing == {}


def test_ids_of_a_batch_with_a_request_id_are_short(api: Api) -> None:
    def ask(item_id: str, request_id: str) -> requests.Response:
        item = {"bId": item_id, "Query": "select count(*) from Term"}
        return api.post("batch", {"BatchItemRequest": [item]}, requestid=request_id)

    assert ask("b" * 10, "x" * 36).status_code == 200
    assert api.code(ask("b" * 11, "y" * 36)) == "2130"
    assert api.code(ask("b", "z" * 37)) == "2130"
    long_id = {"bId": "b" * 36, "Query": "select count(*) from Term"}
    assert api.post("batch", {"BatchItemRequest": [long_id]}).status_code == 200
