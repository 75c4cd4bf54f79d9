"""What a fault on demand does to a request: whether it is done, and what is answered instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qbo_emulator.core.clock import pacific_ms
from qbo_emulator.faults import errors
from qbo_emulator.faults.catalog import by_code
from qbo_emulator.faults.injection import Rule
from qbo_emulator.json_codec import Doc
from qbo_emulator.web.answers import Answer, fault_document, gateway_refusal, refusal

DONE = frozenset({"slow", "slow_drip", "truncated", "localised", "clock_skew"})


@dataclass(frozen=True)
class Strike:
    """How a kind strikes."""

    is_done: bool
    is_silent: bool
    is_reset: bool


def strike_of(kind: str) -> Strike:
    verb, _, moment = kind.partition("_")
    return Strike(
        is_done=kind in DONE or moment == "after", is_silent=verb == "timeout", is_reset=verb == "reset"
    )


def _page(status: int, title: str) -> Answer:
    text = f"<html><head><title>{status} {title}</title></head><body><h1>{status} {title}</h1></body></html>"
    return Answer(status, text, "text/html")


def instead_of(rule: Rule, now: datetime, *, as_json: bool) -> Answer | None:
    """What is answered in place of the real answer; None where the real one goes out."""
    kind = rule.kind.removesuffix("_after")
    if kind.startswith("code:"):
        return _by_code(rule, now, as_json=as_json)
    error = {"Message": "An unexpected problem", "Detail": "No further information is available."}
    codeless: Doc = {"Fault": {"Error": [error], "type": "ValidationFault"}, "time": pacific_ms(now)}
    if kind == "200_fault":
        business = errors.business("The transaction was not saved.")
        return refusal(business, now, as_json=as_json, status=200)
    if kind == "missing_code":
        return fault_document(codeless, 400, as_json=as_json)
    if kind in {"500", "bad_payload"}:
        return refusal(errors.system_failure(), now, as_json=as_json)
    if kind in {"wrong_cluster", "lapsed"}:
        code, status = {"wrong_cluster": ("130", 401), "lapsed": ("7001", 400)}[kind]
        refused = by_code(code)
        refused.kind = "AuthenticationFault" if status == 401 else refused.kind
        return refusal(refused, now, as_json=as_json, status=status)
    pages = {
        "403_html": (403, "Forbidden"),
        "503_html": (503, "Service Unavailable"),
        "504": (504, "Gateway Time-out"),
    }
    if kind in pages:
        return _page(*pages[kind])
    gateway = {
        "429": (errors.throttled(), as_json),
        "429_json": (errors.throttled(), True),
        "429_xml": (errors.throttled(), False),
        "email_quota": (errors.throttled(), as_json),
        "reads_blocked": (errors.reads_blocked(), as_json),
        "unauthorized": (errors.unauthenticated("Token expired"), as_json),
        "expired": (errors.unauthenticated("Token expired"), as_json),
        "revoked": (errors.unauthenticated("Token revoked"), as_json),
        "forbidden": (errors.other_realm(), as_json),
    }
    if kind not in gateway:
        return None
    fault, in_json = gateway[kind]
    return gateway_refusal(fault, now, as_json=in_json)


def _by_code(rule: Rule, now: datetime, *, as_json: bool) -> Answer:
    fault = by_code(rule.kind[5:])
    fault.message = rule.message or fault.message
    fault.detail = rule.detail or fault.detail
    return refusal(fault, now, as_json=as_json, status=rule.status)
