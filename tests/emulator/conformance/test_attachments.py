"""Recorded uploads, reads and deletions of attachments."""

from __future__ import annotations

import json
from typing import Any

import requests

from tests.emulator.client import Api
from tests.emulator.conformance.recorded import ATTACHABLE, answered, plain_invoice, read, write
from tests.emulator.conformance.shapes import assert_shape

BOUNDARY = "-----------TestMultipartPost-0001"


def _upload(api: Api, kind: str, qbo_id: str) -> requests.Response:
    """An upload with the parts, names and headers of the recorded one."""
    described = {
        "AttachableRef": [{"EntityRef": {"type": kind, "value": qbo_id}}],
        "FileName": "note.xml",
        "ContentType": "text/xml",
    }
    parts = (
        ("file_metadata_01", "attachment.json", "application/json", json.dumps(described)),
        ("file_content_01", "note.xml", "text/xml", "<?xml version='1.0'?>\n<note>test</note>\n"),
    )
    body = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        f"Content-Length: {len(content)}\r\nContent-Type: {media}\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"{content}\r\n"
        for name, filename, media, content in parts
    )
    return api.session.post(
        f"{api.base}/upload",
        data=f"{body}--{BOUNDARY}--\r\n",
        headers={"Accept": "application/json", "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
        timeout=10,
    )


def _attached(api: Api) -> dict[str, Any]:
    invoice = plain_invoice(api, str(api.customer(BillAddr=None, ShipAddr=None)["Id"]))["Invoice"]
    found: dict[str, Any] = answered(_upload(api, "Invoice", invoice["Id"]))
    assert found["AttachableResponse"][0]["Attachable"]["AttachableRef"][0]["EntityRef"] == {
        "value": invoice["Id"],
        "type": "Invoice",
    }
    return found


def test_attachment_create_for_invoice_1(api: Api) -> None:
    body = _attached(api)
    assert_shape("{AttachableResponse:[{Attachable:" + ATTACHABLE + "}] time:ms}", body)
    made = body["AttachableResponse"][0]["Attachable"]
    assert made["FileAccessUri"] == f"/v3/company/{api.realm_id}/download/{made['Id']}"
    assert (made["Size"], made["AttachableRef"][0]["IncludeOnSend"]) == (40, False)


def test_attachment_read_attachment_1(api: Api) -> None:
    made = _attached(api)["AttachableResponse"][0]["Attachable"]
    body = answered(read(api, f"attachable/{made['Id']}"))
    assert_shape("{Attachable:" + ATTACHABLE + " time:ms}", body)


def test_attachment_delete_attachment_1(api: Api) -> None:
    """Recorded with the Id alone, without a sync token."""
    made = _attached(api)["AttachableResponse"][0]["Attachable"]
    body = answered(write(api, "attachable?operation=delete", json.dumps({"Id": made["Id"]})))
    assert_shape("{Attachable:{domain:s status:s Id:s} time:ms}", body)
    assert body["Attachable"]["status"] == "Deleted"


def test_attachment_error_estimate_1(api: Api) -> None:
    body = answered(_upload(api, "Estimate", "987654"))
    assert_shape("{AttachableResponse:[{Fault:{Error:[$ERROR_AT] type:s}}] time:ms}", body)
    fault = body["AttachableResponse"][0]["Fault"]
    assert (fault["type"], fault["Error"][0]["code"]) == ("ValidationFault", "6000")
    assert fault["Error"][0]["Detail"] == (
        "Business Validation Error: The entity Estimate 987654 that you are trying to link does not exist. "
        "Estimate 987654"
    )
