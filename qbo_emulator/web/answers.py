"""Answers of the accounting API: headers, JSON or XML, faults of both layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qbo_emulator import json_codec
from qbo_emulator.core.clock import pacific_ms
from qbo_emulator.core.id_generator import Entropy
from qbo_emulator.core.xml_text import xml_answer
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

VERSION = "2026.114"
SUCCESS_HEADERS = {
    "QBO-Version": VERSION,
    "Service-Time": "total=12, db=5",
    "Expires": "0",
    "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private",
}


@dataclass
class Answer:
    """One answer before it goes out; the body of JSON answers is kept as text."""

    status: int
    body: str | bytes
    media: str
    headers: dict[str, str] = field(default_factory=dict)
    # The layer before the service answers without the service's trace headers.
    is_from_service: bool = True


def wants_json(accept: str) -> bool:
    """Only a client that names JSON gets it; everyone else gets XML, as in the real API."""
    return "json" in accept.lower()


def tid(entropy: Entropy, now: datetime) -> str:
    """A trace id in the form of the Intuit-Tid header."""
    return f"1-{int(now.timestamp()):08x}-{entropy.hex(24)}"


def success(doc: Doc, now: datetime, *, as_json: bool) -> Answer:
    """200 with the document and the time."""
    body = json_codec.encode({**doc, "time": pacific_ms(now)})
    if as_json:
        return Answer(200, body, "application/json;charset=utf-8", dict(SUCCESS_HEADERS))
    xml = xml_answer(json_codec.decode(body))
    return Answer(200, xml, "application/xml;charset=UTF-8", dict(SUCCESS_HEADERS))


def refusal(fault: errors.Fault, now: datetime, *, as_json: bool, status: int | None = None) -> Answer:
    """The answer to a refused request; an unusable id is answered without a time."""
    doc: Doc = {"Fault": fault.doc()}
    if fault.code != "2030":
        doc["time"] = pacific_ms(now)
    return fault_document(doc, status or fault.status, as_json=as_json)


def fault_document(doc: Doc, status: int, *, as_json: bool) -> Answer:
    if as_json:
        return Answer(status, json_codec.encode(doc), "application/json")
    return Answer(status, xml_answer(doc), "application/xml")


def gateway_refusal(fault: errors.GatewayFault, now: datetime, *, as_json: bool) -> Answer:
    """The answer of the layer before the service: its own JSON shape, or the common XML one."""
    headers = {}
    if fault.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="Intuit", error="invalid_token"'
    if as_json:
        body = json_codec.encode(fault.doc(int(now.timestamp() * 1000)))
        return Answer(fault.status, body, "application/json", headers, is_from_service=False)
    error: dict[str, Any] = {"Message": fault.message, "Detail": fault.detail, "code": fault.code}
    doc: Doc = {"Fault": {"Error": [error], "type": fault.kind}, "time": pacific_ms(now)}
    return Answer(fault.status, xml_answer(doc), "application/xml", headers, is_from_service=False)
