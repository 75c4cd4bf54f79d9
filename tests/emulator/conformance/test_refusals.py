"""Recorded refusals."""

from __future__ import annotations

import re

import requests

from tests.emulator.client import Api
from tests.emulator.conformance.recorded import FAULT, SENT, ask, read, refused, write
from tests.emulator.conformance.shapes import assert_shape


def test_error_400_2(api: Api) -> None:
    body = refused(ask(api, "SELECT * FROM Custmoer"), "4001")
    assert_shape(FAULT, body)
    error = body["Fault"]["Error"][0]
    assert error["Message"] == "Invalid query"
    assert error["Detail"] == "QueryValidationError: invalid context declaration: Custmoer"


def test_error_400_json_1(api: Api) -> None:
    body = refused(write(api, "invoice", '{"BadJson":true}'), "2010")
    assert_shape(FAULT, body)
    error = body["Fault"]["Error"][0]
    assert error["Message"] == "Request has invalid or unsupported property"
    detail = re.fullmatch(
        r'Property Name:Unrecognized field "BadJson" \(class com\.intuit\.schema\.finance\.v3\.Invoice\), '
        r"not marked as ignorable \((\d+) known properties: (.*) \[truncated\]\]\)\n specified is unsupported or invalid",
        error["Detail"],
    )
    assert detail is not None
    listed = re.findall(r'"(\w+)"', detail[2])
    assert len(listed) == 61 < int(detail[1])


def test_error_401_1(api: Api) -> None:
    headers = {**SENT, "Authorization": "Bearer expired"}
    answer = requests.get(f"{api.base}/customer/1", headers=headers, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/json")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'
    assert "X-SpanId" not in answer.headers
    assert_shape(
        "{warnings:n intuitObject:n fault:{error:[{message:s detail:s code:s element:n}] type:s} report:n "
        "queryResponse:n batchItemResponse:[] attachableResponse:[] syncErrorResponse:n requestId:n time:# status:n "
        "cdcresponse:[]}",
        answer.json(),
    )
    fault = answer.json()["fault"]
    assert (fault["type"], fault["error"][0]["code"]) == ("AUTHENTICATION", "3200")
    assert fault["error"][0]["message"] == "message=AuthenticationFailed; errorCode=003200; statusCode=401"


def test_error_500_1(api: Api) -> None:
    body = refused(read(api, "customer/1/5"), "500")
    assert_shape(FAULT, body)
    error = body["Fault"]["Error"][0]
    assert error["Message"] == "Unsupported Operation"
    path = f"/v3/company/{api.realm_id}/customer/1/5"
    assert error["Detail"].startswith(
        f"Operation Could not find resource for relative : {path} of full path: https://"
    )
    assert error["Detail"].endswith(f"{path} is not supported.")


def test_error_500_2(api: Api) -> None:
    body = refused(read(api, "customer/1.5"), "2030")
    assert_shape("{Fault:{Error:[$ERROR_AT] type:s}}", body)
    error = body["Fault"]["Error"][0]
    assert (error["Message"], error["element"]) == ("Invalid ID", "Id")
    assert error["Detail"] == "Id should be a valid number. Supplied value:1.5"
