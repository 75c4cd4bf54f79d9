from __future__ import annotations

import time
import xml.etree.ElementTree as ET

import pytest
import requests

from tests.emulator.client import Api, invoice_body
from tests.emulator_process import EmulatorProcess

GATEWAY_KEYS = [
    "warnings",
    "intuitObject",
    "fault",
    "report",
    "queryResponse",
    "batchItemResponse",
    "attachableResponse",
    "syncErrorResponse",
    "requestId",
    "time",
    "status",
    "cdcresponse",
]
SPACE = "{http://schema.intuit.com/finance/v3}"


@pytest.fixture
def faults(emulator: EmulatorProcess) -> object:
    """Adds a fault for the test's company; all are gone afterwards."""

    def add(kind: str, operation: str = "*", **more: object) -> None:
        emulator.control("POST", "/control/faults", {"kind": kind, "operation": operation, **more})

    yield add
    emulator.control("DELETE", "/control/faults")


@pytest.mark.parametrize("token", [None, "Bearer nonsense", "Basic abc"])
def test_missing_or_wrong_token_is_the_recorded_401(api: Api, token: str | None) -> None:
    headers = {"Accept": "application/json", **({"Authorization": token} if token else {})}
    answer = requests.get(f"{api.base}/customer/1", headers=headers, timeout=10)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert list(body) == GATEWAY_KEYS
    assert body["fault"]["type"] == "AUTHENTICATION"
    error = body["fault"]["error"][0]
    assert error["message"] == "message=AuthenticationFailed; errorCode=003200; statusCode=401"
    assert (error["code"], error["element"]) == ("3200", None)
    assert isinstance(body["time"], int)


def test_other_realm_is_403_3100(api: Api) -> None:
    other = api.emulator.companies[1]["realm_id"]
    for realm_id in (other, "123"):
        answer = api.session.get(f"{api.emulator.api_url}/company/{realm_id}/customer/1", timeout=10)
        assert answer.status_code == 403
        error = answer.json()["fault"]["error"][0]
        assert (error["code"], answer.json()["fault"]["type"]) == ("3100", "AUTHORIZATION")


def test_client_that_does_not_ask_for_json_gets_xml(api: Api) -> None:
    answer = api.session.get(f"{api.base}/customer/999999", headers={"Accept": "*/*"}, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/xml")
    root = ET.fromstring(answer.content)
    error = root.find(f"{SPACE}Fault/{SPACE}Error")
    assert error is not None
    assert (root.tag, error.get("code"), error.get("element")) == (f"{SPACE}IntuitResponse", "610", "")
    empty = api.session.get(
        f"{api.base}/query?query=select * from Term where Name = 'x'",
        headers={"Accept": "application/xml"},
        timeout=10,
    )
    assert empty.headers["Content-Type"] == "application/xml;charset=UTF-8"
    assert "<QueryResponse/>" in empty.text


def test_bad_path_is_500_with_status_400(api: Api) -> None:
    answer = api.get("customer/1/5")
    assert api.code(answer) == "500"
    error = answer.json()["Fault"]["Error"][0]
    assert error["Message"] == "Unsupported Operation"
    assert error["Detail"].startswith("Operation Could not find resource for relative : /v3/company/")
    assert api.code(api.get("nothing/1")) == "500"


def test_bad_id_is_2030_without_a_time(api: Api) -> None:
    answer = api.get("customer/1.5")
    assert answer.json() == {
        "Fault": {
            "Error": [
                {
                    "Message": "Invalid ID",
                    "Detail": "Id should be a valid number. Supplied value:1.5",
                    "code": "2030",
                    "element": "Id",
                }
            ],
            "type": "ValidationFault",
        }
    }


def test_body_that_is_no_json_is_2010(api: Api) -> None:
    answer = api.session.post(f"{api.base}/invoice", data="{", timeout=10)
    assert api.code(answer) == "2010"


def test_minor_version_changes_nothing(api: Api) -> None:
    assert api.get("companyinfo/" + api.realm_id, minorversion="8").json()["CompanyInfo"]["Country"] == "US"


@pytest.mark.parametrize(
    ("kind", "status", "media"),
    [
        ("429", 429, "application/json"),
        ("429_xml", 429, "application/xml"),
        ("500", 500, "application/json"),
        ("503_html", 503, "text/html"),
        ("200_fault", 200, "application/json"),
        ("missing_code", 400, "application/json"),
        ("unauthorized", 401, "application/json"),
        ("code:5010", 400, "application/json"),
    ],
)
def test_fault_answers_once_and_does_nothing(api: Api, faults, kind: str, status: int, media: str) -> None:
    count = api.query("select count(*) from Invoice")
    faults(kind, "invoice.create", count=1, realm=api.realm_id)
    answer = api.post("invoice", invoice_body("1"))
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (status, media)
    if kind in {"200_fault", "missing_code", "code:5010"}:
        assert ("code" in answer.json()["Fault"]["Error"][0]) is (kind != "missing_code")
    assert api.query("select count(*) from Invoice") == count
    assert api.post("invoice", invoice_body("1")).status_code == 200


@pytest.mark.parametrize("kind", ["reset_after", "timeout_after"])
def test_answer_lost_after_commit_is_found_again_by_request_id(api: Api, faults, kind: str) -> None:
    faults(kind, "invoice.create", count=1, delay=0.2)
    before = api.query("select count(*) from Invoice")["totalCount"]
    with pytest.raises(requests.ConnectionError):
        api.post("invoice", invoice_body("1", 5), requestid=f"lost {kind}")
    found = api.create("Invoice", invoice_body("1", 5), requestid=f"lost {kind}")
    assert api.query("select count(*) from Invoice")["totalCount"] == before + 1
    assert api.query("select * from Invoice maxresults 1")["Invoice"][0]["Id"] == found["Id"]


@pytest.mark.parametrize("kind", ["reset_before", "timeout_before"])
def test_answer_lost_before_commit_did_nothing(api: Api, faults, kind: str) -> None:
    faults(kind, "invoice.create", count=1, delay=0.2)
    before = api.query("select count(*) from Invoice")
    with pytest.raises(requests.ConnectionError):
        api.post("invoice", invoice_body("1", 5))
    assert api.query("select count(*) from Invoice") == before


def test_localised_refusal_keeps_the_code(api: Api, faults) -> None:
    taken = api.invoice()
    faults("localised", "invoice.create", count=1)
    answer = api.post("invoice", invoice_body("1", DocNumber=taken["DocNumber"]))
    assert api.code(answer) == "6140"
    error = answer.json()["Fault"]["Error"][0]
    assert error["Message"] == "Numéro de document en double"
    assert error["Detail"].endswith(f"TxnType=Facture with TxnId={taken['Id']}")


def test_fault_of_another_realm_or_operation_does_not_strike(api: Api, faults) -> None:
    faults("500", "invoice.create", realm="1")
    faults("500", "customer.*")
    assert api.post("invoice", invoice_body("1")).status_code == 200
    assert api.post("customer", {"DisplayName": "x"}).status_code == 500


def test_unknown_fault_is_refused_with_a_clear_problem(emulator: EmulatorProcess) -> None:
    with pytest.raises(requests.HTTPError, match="kind must be one of"):
        emulator.control("POST", "/control/faults", {"kind": "gremlin"})


def test_limits_answer_429_when_they_are_on(api: Api) -> None:
    api.emulator.control("POST", "/control/limits", {"per_second": 5, "per_minute": 500})
    try:
        started = time.monotonic()
        answers = [api.get("term/1") for _ in range(30)]
        refused = [answer for answer in answers if answer.status_code == 429]
        if time.monotonic() - started < 2:
            assert len(refused) >= 30 - 3 * 5
            assert refused[0].json()["fault"]["error"][0]["code"] == "3001"
    finally:
        api.emulator.control("POST", "/control/limits", {"per_second": None, "per_minute": None})


def test_request_log_tells_operation_status_and_request_id(api: Api) -> None:
    start = api.emulator.control("GET", "/control/requests")["total"]
    api.post("invoice", invoice_body("1"), requestid="logged")
    api.get("query", query="select count(*) from Term")
    calls = api.emulator.calls(start)
    assert [(call["operation"], call["status"], call["requestid"]) for call in calls] == [
        ("invoice.create", 200, "logged"),
        ("query", 200, None),
    ]
    assert calls[1]["query"] == "select count(*) from Term"
