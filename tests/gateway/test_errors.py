"""What each refusal of QuickBooks means to the rest of the app."""

import json

import pytest

from quickbooks_bridge.gateway.errors import (
    RULES,
    AnswerUnserved,
    NotFound,
    ReadsBlocked,
    ReconnectRequired,
    Rejected,
    StaleObject,
    Throttled,
    Unavailable,
    UnexpectedAnswer,
    classify,
)
from quickbooks_bridge.messages.problems import placed


def fault(code: str, detail: str = "") -> bytes:
    error = {"Message": "Kundenspezifischer Text", "Detail": detail, "code": code, "element": "Line"}
    return json.dumps({"Fault": {"Error": [error], "type": "ValidationFault"}}).encode()


EXPECTED = {
    ReconnectRequired: "120 3100 3200",
    Throttled: "3001",
    Unavailable: "130 140 150 10000 10200",
    NotFound: "610",
    StaleObject: "5010",
    UnexpectedAnswer: "500 600 1040 2010 2030 2130 2170 4000 4001 10100",
    AnswerUnserved: "4002",
    Rejected: "620 800 900 2020 2040 2050 2060 2070 2080 2090 2100 2110 2120 2140 2150 2160 2210 2220 2290 2410 2500 5020 5030 6000 6070 6080 6090 6100 6140 "
    "6160 6170 6190 6200 6210 6230 6240 6250 6270 6420 6430 6440 6450 6480 6520 6540 6560 7001",
}
ROWS = [(code, kind) for kind, codes in EXPECTED.items() for code in codes.split()]


def test_every_known_code_is_expected_here():
    assert {code for code, _kind in ROWS} == set(RULES)


@pytest.mark.parametrize(("code", "kind"), ROWS)
def test_code_means_its_kind(code, kind):
    status = {ReconnectRequired: 403, Throttled: 429}.get(kind, 400)
    error = classify(status, {"intuit_tid": "1-tid"}, fault(code), is_write=True)
    assert type(error) is kind
    assert (error.code, error.status, error.intuit_tid) == (code, status, "1-tid")
    assert error.problem_code == RULES[code].problem_code
    assert error.retryable == (kind in {Throttled, Unavailable})


SHAPES = [
    (
        401,
        b'{"warnings":null,"fault":{"error":[{"code":"3200"}],"type":"AUTHENTICATION"}}',
        ReconnectRequired,
    ),
    (401, b"", ReconnectRequired),
    (403, fault("3100"), ReconnectRequired),
    (403, fault("3200"), ReconnectRequired),
    (403, fault("120"), ReconnectRequired),
    (403, fault("5020"), Rejected),
    (403, fault("6190"), Rejected),
    (403, fault("3001"), Throttled),
    (403, fault("140"), Unavailable),
    (403, b"<html><body>Forbidden</body></html>", UnexpectedAnswer),
    (403, b"", UnexpectedAnswer),
    (403, fault("99999"), UnexpectedAnswer),
    (401, fault("130"), Rejected),
    (400, fault("130"), Unavailable),
    (400, fault("7001"), Rejected),
    (500, fault("120"), Unavailable),
    (200, fault("6190"), Rejected),
    (429, fault("3001", "Policy: Block All CorePlus for a Builder App"), ReadsBlocked),
    (429, b"<html>block all coreplus</html>", ReadsBlocked),
    (400, b'<IntuitResponse><Fault><Error code="610"/></Fault></IntuitResponse>', NotFound),
    (400, b'<IntuitResponse><Fault><Error code="005010"/></Fault></IntuitResponse>', StaleObject),
    (429, b"<html>slow down</html>", Throttled),
    (503, b"<html>down</html>", Unavailable),
    (500, fault("610"), Unavailable),
    (200, fault("5010"), StaleObject),
    (200, b'{"CDCResponse":[{"QueryResponse":[]},{"Fault":{"Error":[{"code":"610"}]}}]}', NotFound),
    (200, b'{"BatchItemResponse":[{"bId":"1","Fault":{"Error":[{"code":"5010"}]}}]}', StaleObject),
    (400, b'{"Fault":{"Error":[{"Message":"no code"}]}}', UnexpectedAnswer),
    (400, fault("99999"), UnexpectedAnswer),
    (400, b'{"Fault":"broken"}', UnexpectedAnswer),
    (400, b"[]", UnexpectedAnswer),
    (400, b"\xff\x00", UnexpectedAnswer),
]


@pytest.mark.parametrize(("status", "body", "kind"), SHAPES)
def test_fault_of_any_shape_is_understood(status, body, kind):
    assert type(classify(status, {}, body, is_write=False)) is kind


def test_a_write_is_never_blocked_with_the_reads():
    body = fault("3001", "Policy: Block All CorePlus for a Builder App")
    assert type(classify(429, {}, body, is_write=True)) is Throttled


@pytest.mark.parametrize("is_write", [True, False])
def test_only_a_write_can_have_an_unknown_outcome(is_write):
    error = classify(503, {}, b"", is_write=is_write)
    assert isinstance(error, Unavailable)
    assert error.outcome_unknown is is_write


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("99999", 900), ("soon", 60), ("", 60)])
def test_wait_after_too_many_calls_is_bounded(header, seconds):
    error = classify(429, {"Retry-After": header}, b"", is_write=False)
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds


def test_duplicate_number_names_the_invoice_that_has_it():
    detail = "Duplicate Document Number Error : DocNumber=1045 is assigned to TxnType=Invoice with TxnId=146"
    error = classify(400, {}, fault("6140", detail), is_write=True)
    assert isinstance(error, Rejected)
    assert error.existing_qbo_id == "146"
    assert placed(error.problems[0]).field == "doc_number"


def test_text_of_a_fault_reaches_no_message():
    error = classify(400, {}, fault("2210", "ann@example.com is bad"), is_write=True)
    assert "ann@example.com" not in f"{error} {error!r} {vars(error)} {error.problems}"
