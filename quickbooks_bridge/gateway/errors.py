"""What QuickBooks' refusals mean: one table on HTTP status and fault code, closed by default.

Sources: Intuit's list of error codes and recorded answers. Fault texts are translated by QuickBooks, so they are never
branched on; the only text that is read is the transaction id in the detail of a duplicate number (6140).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quickbooks_bridge.domain.problems import Problem

THROTTLE_SECONDS = 60
_XML_CODE = re.compile(rb"<Error[^>]*\bcode=\"(\d+)\"")
_TXN_ID = re.compile(r"TxnId=(\d+)")


class QuickBooksError(Exception):
    """The root of everything that can go wrong at the gateway; attributes answer what every catcher asks."""

    def __init__(
        self,
        code: str = "",
        *,
        status: int | None = None,
        intuit_tid: str = "",
        element: str = "",
        problem_code: str = "",
    ) -> None:
        super().__init__(f"QuickBooks answered {status or 'nothing'}, code {code or 'none'}")
        self.code = code
        self.status = status
        self.intuit_tid = intuit_tid
        self.element = element
        self.problem_code = problem_code

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later by itself."""
        return isinstance(self, Throttled | Unavailable)


class ReconnectRequired(QuickBooksError):
    """The tokens are of no use any more; only the owner can mend it by signing in again."""


class Throttled(QuickBooksError):
    """Too many calls; `retry_after` is in seconds."""

    def __init__(self, code: str = "", *, retry_after: int = THROTTLE_SECONDS, **facts: Any) -> None:
        super().__init__(code, **facts)
        self.retry_after = retry_after


class Unavailable(QuickBooksError):
    """No usable answer. With `outcome_unknown` a write may or may not have happened."""

    def __init__(self, code: str = "", *, outcome_unknown: bool, **facts: Any) -> None:
        super().__init__(code, **facts)
        self.outcome_unknown = outcome_unknown


class TokenRefused(Unavailable):
    """A call was refused although its token had just been renewed, so nothing happened.

    Whose consent is gone gets no new token: this is trouble of QuickBooks' own, unless it lasts.
    """

    def __init__(self, code: str = "", **facts: Any) -> None:
        super().__init__(code, outcome_unknown=False, **{**facts, "problem_code": "refresh_refused"})


class StaleObject(QuickBooksError):
    """Somebody changed the object since it was read (5010)."""


class NotFound(QuickBooksError):
    """The object is deleted, or something it uses is gone or inactive (610)."""


class Rejected(QuickBooksError):
    """QuickBooks refuses the call for a reason a person can mend; `existing_qbo_id` comes with duplicate numbers."""

    def __init__(self, code: str = "", *, existing_qbo_id: str = "", **facts: Any) -> None:
        super().__init__(code, **facts)
        self.existing_qbo_id = existing_qbo_id

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The refusal as something to show beside the form."""
        return (Problem(self.problem_code, _FIELDS.get(self.code, ""), params={"code": self.code}),)


class UnexpectedAnswer(QuickBooksError):
    """An answer outside everything known: a mistake of ours or a change of QuickBooks'."""


@dataclass(frozen=True)
class _Rule:
    kind: type[QuickBooksError]
    problem_code: str


# Fault code -> what it means. Codes not listed are UnexpectedAnswer.
RULES: Mapping[str, _Rule] = {
    "3200": _Rule(ReconnectRequired, "reconnect"),
    "3100": _Rule(ReconnectRequired, "reconnect"),
    "120": _Rule(ReconnectRequired, "reconnect_as_admin"),
    "3001": _Rule(Throttled, "throttled"),
    "130": _Rule(Unavailable, "quickbooks_down"),
    "140": _Rule(Unavailable, "quickbooks_down"),
    "150": _Rule(Unavailable, "quickbooks_down"),
    "500": _Rule(UnexpectedAnswer, "unexpected"),
    "600": _Rule(UnexpectedAnswer, "request_id_reused"),
    "610": _Rule(NotFound, "object_gone"),
    "620": _Rule(Rejected, "cannot_link"),
    "1040": _Rule(UnexpectedAnswer, "unexpected"),
    "2010": _Rule(UnexpectedAnswer, "unexpected"),
    "2020": _Rule(Rejected, "value_missing"),
    "2030": _Rule(UnexpectedAnswer, "unexpected"),
    "2040": _Rule(Rejected, "name_forbidden"),
    "2050": _Rule(Rejected, "text_too_long_there"),
    "2060": _Rule(Rejected, "value_bad"),
    "2090": _Rule(Rejected, "value_bad"),
    "2130": _Rule(UnexpectedAnswer, "unexpected"),
    "2170": _Rule(UnexpectedAnswer, "unexpected"),
    "2210": _Rule(Rejected, "email_bad"),
    "2220": _Rule(Rejected, "currency_refused"),
    "2290": _Rule(Rejected, "total_negative"),
    "2410": _Rule(Rejected, "currency_refused"),
    "2500": _Rule(Rejected, "reference_bad"),
    "4000": _Rule(UnexpectedAnswer, "unexpected"),
    "4001": _Rule(UnexpectedAnswer, "unexpected"),
    "4002": _Rule(UnexpectedAnswer, "unexpected"),
    "5010": _Rule(StaleObject, "changed_meanwhile"),
    "5020": _Rule(Rejected, "no_permission"),
    "5030": _Rule(Rejected, "not_in_edition"),
    "6000": _Rule(Rejected, "business_rule"),
    "6070": _Rule(Rejected, "amount_mismatch"),
    "6080": _Rule(Rejected, "customer_missing"),
    "6090": _Rule(Rejected, "value_bad"),
    "6100": _Rule(Rejected, "tax_code_bad"),
    "6140": _Rule(Rejected, "number_taken"),
    "6160": _Rule(Rejected, "tax_code_bad"),
    "6190": _Rule(Rejected, "subscription_ended"),
    "6200": _Rule(Rejected, "books_closed_there"),
    "6210": _Rule(Rejected, "books_closed_there"),
    "6240": _Rule(Rejected, "name_taken_there"),
    "6250": _Rule(Rejected, "customer_gone"),
    "6270": _Rule(Rejected, "inventory_date"),
    "6420": _Rule(Rejected, "email_missing"),
    "6430": _Rule(Rejected, "business_rule"),
    "6440": _Rule(Rejected, "line_unlinked_there"),
    "6450": _Rule(Rejected, "settled"),
    "6480": _Rule(Rejected, "reconciled"),
    "6520": _Rule(Rejected, "inventory_short"),
    "6540": _Rule(Rejected, "deposited"),
    "10000": _Rule(Unavailable, "quickbooks_down"),
    "10100": _Rule(UnexpectedAnswer, "unexpected"),
    "10200": _Rule(Unavailable, "quickbooks_down"),
}

_FIELDS = {
    "2210": "email",
    "6420": "email",
    "6140": "doc_number",
    "6240": "new_display_name",
    "6200": "issue_date",
    "6210": "issue_date",
    "6270": "issue_date",
    "6250": "customer",
    "2220": "currency",
    "2410": "currency",
}


def _faults(body: bytes) -> list[dict[str, Any]]:
    """Give the errors of every known fault shape: service, gateway (lower case), XML, nested in a list."""
    found = _XML_CODE.findall(body[:4000]) if body[:200].lstrip().startswith(b"<") else []
    if found:
        return [{"code": code.decode().lstrip("0")} for code in found]
    try:
        data = json.loads(body)
    except ValueError:
        return []
    if not isinstance(data, dict):
        return []
    for nested in ("CDCResponse", "BatchItemResponse"):
        rows = data.get(nested)
        if isinstance(rows, list):
            data = next((row for row in rows if isinstance(row, dict) and "Fault" in row), data)
    fault = data.get("Fault") or data.get("fault") or {}
    errors = (fault.get("Error") or fault.get("error") or []) if isinstance(fault, dict) else []
    return [error for error in errors if isinstance(error, dict)]


def classify(status: int, headers: Mapping[str, str], body: bytes, *, is_write: bool) -> QuickBooksError:
    """Give the error an answer means. 429 and 5xx are told by the HTTP status alone, whatever the body says."""
    errors = _faults(body)
    first = errors[0] if errors else {}
    code = str(first.get("code") or "")
    facts: dict[str, Any] = {
        "status": status,
        "intuit_tid": headers.get("intuit_tid") or headers.get("Intuit-Tid") or "",
        "element": str(first.get("element") or "")[:80],
    }
    if status == 429 or code == "3001":
        wait = headers.get("Retry-After") or ""
        seconds = min(int(wait), 900) if wait.isdigit() else THROTTLE_SECONDS
        return Throttled("3001", retry_after=seconds, problem_code="throttled", **facts)
    if status in {401, 403}:
        problem = RULES["120"].problem_code if code == "120" else "reconnect"
        return ReconnectRequired(code or str(status), problem_code=problem, **facts)
    rule = RULES.get(code)
    if status >= 500 or (rule and rule.kind is Unavailable):
        return Unavailable(
            code or str(status), outcome_unknown=is_write, problem_code="quickbooks_down", **facts
        )
    if rule is None:
        return UnexpectedAnswer(code or str(status), problem_code="unexpected", **facts)
    facts["problem_code"] = rule.problem_code
    if rule.kind is Rejected:
        match = _TXN_ID.search(str(first.get("Detail") or "")) if code == "6140" else None
        return Rejected(code, existing_qbo_id=match.group(1) if match else "", **facts)
    return rule.kind(code, **facts)
