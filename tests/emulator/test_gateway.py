from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from datetime import datetime

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
        ("429_json", 429, "application/json"),
        ("504", 504, "text/html"),
        ("unauthorized", 401, "application/json"),
        ("expired", 401, "application/json"),
        ("revoked", 401, "application/json"),
        ("forbidden", 403, "application/json"),
        ("403_html", 403, "text/html"),
        ("code:7001", 400, "application/json"),
        ("code:140", 400, "application/json"),
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


def test_block_of_the_months_reads_leaves_writes_alone(api: Api, faults) -> None:
    faults("reads_blocked", realm=api.realm_id)
    made = api.post("invoice", invoice_body("1"))
    assert made.status_code == 200
    qbo_id = made.json()["Invoice"]["Id"]
    reads = [
        api.get("invoice/" + qbo_id),
        api.get(f"invoice/{qbo_id}/pdf"),
        api.get("query", query="select * from Invoice"),
        api.get("cdc", entities="Invoice", changedSince="2020-01-01T00:00:00Z"),
        api.get("companyinfo/" + api.realm_id),
    ]
    assert {answer.status_code for answer in reads} == {429}
    assert all("Block All CorePlus for a Builder App" in answer.text for answer in reads)
    void = api.post("invoice", {"Id": qbo_id, "SyncToken": "0"}, operation="void")
    assert void.status_code == 200


@pytest.mark.parametrize("kind", ["reset_after", "timeout_after", "truncated"])
def test_answer_lost_after_commit_is_found_again_by_request_id(api: Api, faults, kind: str) -> None:
    faults(kind, "invoice.create", count=1, delay=0.2)
    before = api.query("select count(*) from Invoice")["totalCount"]
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
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


def test_every_kind_of_fault_is_listed_with_what_it_does(emulator: EmulatorProcess) -> None:
    kinds = emulator.control("GET", "/control/faults/kinds")
    assert {"timeout_after", "reset_before", "truncated", "slow_drip", "clock_skew", "code:<number>"} <= set(
        kinds
    )
    assert all(kinds.values())


@pytest.mark.parametrize(("kind", "status"), [("500_after", 500), ("504_after", 504)])
def test_server_side_failure_after_commit(api: Api, faults, kind: str, status: int) -> None:
    faults(kind, "invoice.create", count=1)
    before = api.query("select count(*) from Invoice")["totalCount"]
    answer = api.post("invoice", invoice_body("1", 5), requestid=kind)
    assert answer.status_code == status
    api.create("Invoice", invoice_body("1", 5), requestid=kind)
    assert api.query("select count(*) from Invoice")["totalCount"] == before + 1


def test_dripping_body_arrives_whole_but_late(api: Api, faults) -> None:
    faults("slow_drip", "term.read", count=1, delay=0.4)
    started = time.monotonic()
    assert api.ok(api.get("term/1"))["Term"]["Id"] == "1"
    assert time.monotonic() - started > 0.35


def test_clock_skew_shows_in_the_times_of_the_answer(api: Api, faults) -> None:
    right = datetime.fromisoformat(api.ok(api.get("term/1"))["time"])
    faults("clock_skew", "term.read", count=1, skew=-3600)
    wrong = datetime.fromisoformat(api.ok(api.get("term/1"))["time"])
    assert 3590 < (right - wrong).total_seconds() < 3610


def test_fault_can_let_requests_pass_and_say_what_it_likes(api: Api, faults) -> None:
    faults("code:6000", "term.read", skip=1, count=1, status=403, detail="Nein.")
    assert [api.get("term/1").status_code for _ in range(3)] == [200, 403, 200]
    assert api.emulator.control("GET", "/control/faults") == []


def test_chances_depend_on_seed_and_call_number_alone() -> None:
    def struck() -> list[int]:
        with EmulatorProcess("--company", "us-2", "--single", "--seed", "dice") as emulator:
            rule = {"kind": "500", "operation": "term.read", "probability": 0.4}
            emulator.control("POST", "/control/faults", rule)
            api = Api(emulator)
            return [api.get("term/1").status_code for _ in range(30)]

    first = struck()
    assert 4 < first.count(500) < 22
    assert struck() == first


def test_unknown_part_of_a_fault_is_refused(emulator: EmulatorProcess) -> None:
    with pytest.raises(requests.HTTPError, match="a fault has no propability"):
        emulator.control("POST", "/control/faults", {"kind": "500", "propability": 0.5})


def test_faults_carry_no_caching_or_version_headers(api: Api) -> None:
    good, refused, gateway = (
        api.get("term/1"),
        api.get("term/x"),
        requests.get(f"{api.base}/term/1", timeout=10),
    )
    assert good.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert good.headers["Expires"] == "0"
    assert re.fullmatch(r"total=\d+, db=\d+", good.headers["Service-Time"])
    assert "QBO-Version" in good.headers
    for answer in (good, refused, gateway):
        assert re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{24}", answer.headers["Intuit-Tid"])
        assert answer.headers["Server"] == "nginx"
    for answer in (refused, gateway):
        assert not {"Cache-Control", "Expires", "QBO-Version", "Service-Time"} & set(answer.headers)
    assert good.headers["X-Amzn-Trace-Id"] == f"Root={good.headers['Intuit-Tid']}"
    assert "X-SpanId" not in gateway.headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_wrong_method_is_an_unsupported_operation(api: Api, method: str) -> None:
    answer = api.session.request(method, f"{api.base}/invoice/1", timeout=10)
    assert api.code(answer) == "500"


def test_body_that_is_not_utf8_is_the_documented_500(api: Api) -> None:
    answer = api.session.post(f"{api.base}/customer", data=b'{"DisplayName":"M\xfcller"}', timeout=10)
    assert api.code(answer) == "500"
    assert "MalformedByteSequenceException" in answer.json()["Fault"]["Error"][0]["Detail"]


@pytest.mark.parametrize(
    "body",
    [
        '{"DisplayName": "\\ud800"}',
        '{"Balance": NaN}',
        '{"Balance": 1e999999999}',
        "[" * 100_000,
        "[]",
        "null",
        '"text"',
        "",
    ],
)
def test_hostile_json_is_refused(api: Api, body: str) -> None:
    assert api.code(api.session.post(f"{api.base}/customer", data=body, timeout=10)) == "2010"


def test_xml_shows_what_the_json_says(api: Api) -> None:
    invoice = api.invoice()

    def xml(path: str, **params: str) -> ET.Element:
        answer = api.session.get(f"{api.base}/{path}", params=params, headers={"Accept": "*/*"}, timeout=10)
        assert answer.headers["Content-Type"] == "application/xml;charset=UTF-8"
        return ET.fromstring(answer.content)

    shown = xml(f"invoice/{invoice['Id']}").find(f"{SPACE}Invoice")
    assert shown is not None
    assert (shown.get("domain"), shown.get("sparse")) == ("QBO", "false")
    assert shown.findtext(f"{SPACE}TotalAmt") == "100.00"
    customer = shown.find(f"{SPACE}CustomerRef")
    assert customer is not None
    assert (customer.text, customer.get("name")) == (
        invoice["CustomerRef"]["value"],
        invoice["CustomerRef"]["name"],
    )
    assert len(shown.findall(f"{SPACE}Line")) == 2
    page = xml("query", query="select Name, Metadata.LastUpdatedTime from Item maxresults 2").find(
        f"{SPACE}QueryResponse"
    )
    assert page is not None
    assert (page.get("startPosition"), page.get("maxResults")) == ("1", "2")
    row = page.find(f"{SPACE}Item")
    assert row is not None
    assert row.attrib == {"sparse": "true"}
    assert [child.tag.removeprefix(SPACE) for child in row] == ["Id", "MetaData", "Name"]
    since = invoice["MetaData"]["LastUpdatedTime"]
    api.ok(api.post("invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="delete"))
    changes = xml("cdc", entities="Invoice", changedSince=since)
    gone = changes.findall(f"{SPACE}CDCResponse/{SPACE}QueryResponse/{SPACE}Invoice[@status='Deleted']")
    assert gone[-1].findtext(f"{SPACE}Id") == invoice["Id"]


def test_batch_items_carry_their_id_as_attribute_in_xml(api: Api) -> None:
    items = [{"bId": "b7", "Query": "select count(*) from Term"}]
    answer = api.session.post(
        f"{api.base}/batch",
        json={"BatchItemRequest": items},
        headers={"Accept": "application/xml"},
        timeout=10,
    )
    item = ET.fromstring(answer.content).find(f"{SPACE}BatchItemResponse")
    assert item is not None
    assert item.get("bId") == "b7"


@pytest.mark.parametrize(
    ("limit", "path"),
    [("per_minute", "term/1"), ("combined_per_minute", "term/1"), ("batch_per_minute", "batch")],
)
def test_each_limit_can_be_set(own_emulator: EmulatorProcess, limit: str, path: str) -> None:
    api = Api(own_emulator)
    own_emulator.control("POST", "/control/limits", {limit: 3})

    def ask() -> int:
        body = {"BatchItemRequest": [{"bId": "1", "Query": "select count(*) from Term"}]}
        return (api.post("batch", body) if path == "batch" else api.get(path)).status_code

    assert [ask() for _ in range(5)] == [200, 200, 200, 429, 429]
    other = Api(own_emulator, 1)
    assert other.get("term/1").status_code == 200


def test_emails_of_a_day_can_run_out(own_emulator: EmulatorProcess) -> None:
    api = Api(own_emulator)
    invoice = api.invoice()
    own_emulator.control("POST", "/control/limits", {"emails_per_day": 1})
    answers = [api.post(f"invoice/{invoice['Id']}/send", sendTo="a@b.example") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert api.get("term/1").status_code == 200
