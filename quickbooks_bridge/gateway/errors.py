"""What QuickBooks' refusals mean: one table on HTTP status and fault code, closed by default.

Sources: Intuit's list of error codes and recorded answers. Fault texts are translated by QuickBooks, so they are never
branched on; the only text that is read is the transaction id in the detail of a duplicate number (6140), and the detail of
catch-alls is kept to be shown.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.texts import is_digits

THROTTLE_SECONDS = 60
# Until somebody or the new month asks again (services/reads_block.py).
READS_BLOCKED_SECONDS = 3600
LONGEST_FAULT = 20_000
LONGEST_DETAIL = 400
# Refusals whose code is a catch-all: only their detail names the cause.
NAMED_BY_DETAIL = frozenset({ProblemCode.BUSINESS_RULE})
# The name of the block's policy, "Block All CorePlus for a Builder App", which is not translated.
_BLOCKED = b"coreplus"
# What a 403 must say to be about the consent. Without such a code it is about the one call, or a proxy's own page.
CONSENT_CODES = frozenset({"3100", "3200", "120"})
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
    """The tokens are of no use any more; only the owner can fix it by signing in again."""


class Throttled(QuickBooksError):
    """Too many calls; `retry_after` is in seconds."""

    def __init__(self, code: str = "", *, retry_after: int = THROTTLE_SECONDS, **facts: Any) -> None:
        super().__init__(code, **facts)
        self.retry_after = retry_after


class ReadsBlocked(Throttled):
    """The month's metered reads of this installation are used up: reads are refused until it ends, writes go on."""


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
        super().__init__(
            code, outcome_unknown=False, **{**facts, "problem_code": ProblemCode.REFRESH_REFUSED}
        )


class StaleObject(QuickBooksError):
    """Somebody changed the object since it was read (5010)."""


class NotFound(QuickBooksError):
    """The object is deleted, or something it uses is gone or inactive (610)."""


class Rejected(QuickBooksError):
    """QuickBooks refuses the call for a reason a person can fix; `existing_qbo_id` comes with duplicate numbers."""

    def __init__(self, code: str = "", *, existing_qbo_id: str = "", detail: str = "", **facts: Any) -> None:
        super().__init__(code, **facts)
        self.existing_qbo_id = existing_qbo_id
        # QuickBooks' own words, for the person who sent it alone: they may name people, so no log gets them.
        self.detail = detail
        self.names: dict[str, str] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The refusal as something to show beside the form."""
        params = {"code": self.code, **self.names, **({"detail": self.detail} if self.detail else {})}
        return (Problem(self.problem_code, params=params),)


class UnexpectedAnswer(QuickBooksError):
    """An answer outside everything known: a mistake of ours or a change of QuickBooks'."""


class AnswerUnserved(UnexpectedAnswer):
    """QuickBooks fails at its own stored data: the same question without one object would be answered (4002)."""


@dataclass(frozen=True)
class _Rule:
    kind: type[QuickBooksError]
    problem_code: str


# Fault code -> what it means. Codes not listed are UnexpectedAnswer.
RULES: Mapping[str, _Rule] = {
    "3200": _Rule(ReconnectRequired, ProblemCode.RECONNECT),
    "3100": _Rule(ReconnectRequired, ProblemCode.RECONNECT),
    "120": _Rule(ReconnectRequired, ProblemCode.RECONNECT_AS_ADMIN),
    "3001": _Rule(Throttled, ProblemCode.THROTTLED),
    "130": _Rule(Unavailable, ProblemCode.QUICKBOOKS_DOWN),
    "140": _Rule(Unavailable, ProblemCode.QUICKBOOKS_DOWN),
    "150": _Rule(Unavailable, ProblemCode.QUICKBOOKS_DOWN),
    "500": _Rule(UnexpectedAnswer, ProblemCode.UNEXPECTED),
    "600": _Rule(UnexpectedAnswer, ProblemCode.REQUEST_ID_REUSED),
    "610": _Rule(NotFound, ProblemCode.OBJECT_GONE),
    "620": _Rule(Rejected, ProblemCode.CANNOT_LINK),
    "800": _Rule(Rejected, ProblemCode.HAS_DEPENDENTS),
    "900": _Rule(Rejected, ProblemCode.REFERENCE_BAD),
    "1040": _Rule(UnexpectedAnswer, ProblemCode.UNEXPECTED),
    "2010": _Rule(UnexpectedAnswer, ProblemCode.UNEXPECTED),
    "2020": _Rule(Rejected, ProblemCode.VALUE_MISSING),
    "2030": _Rule(UnexpectedAnswer, ProblemCode.UNEXPECTED),
    "2040": _Rule(Rejected, ProblemCode.NAME_FORBIDDEN),
    "2050": _Rule(Rejected, ProblemCode.TEXT_TOO_LONG_THERE),
    "2060": _Rule(Rejected, ProblemCode.VALUE_BAD),
    "2070": _Rule(Rejected, ProblemCode.VALUE_BAD),
    "2080": _Rule(Rejected, ProblemCode.VALUE_BAD),
    "2090": _Rule(Rejected, ProblemCode.VALUE_BAD),
    "2100": _Rule(Rejected, ProblemCode.VALUE_BAD),
    "2110": _Rule(Rejected, ProblemCode.VALUE_BAD),
    "2120": _Rule(Rejected, ProblemCode.VALUE_BAD),
    "2130": _Rule(UnexpectedAnswer, ProblemCode.UNEXPECTED),
    "2140": _Rule(Rejected, ProblemCode.VALUE_BAD),
    "2150": _Rule(Rejected, ProblemCode.VALUE_BAD),
    "2160": _Rule(Rejected, ProblemCode.VALUE_BAD),
    "2170": _Rule(UnexpectedAnswer, ProblemCode.UNEXPECTED),
    "2210": _Rule(Rejected, ProblemCode.EMAIL_BAD),
    "2220": _Rule(Rejected, ProblemCode.CURRENCY_REFUSED),
    "2290": _Rule(Rejected, ProblemCode.TOTAL_NEGATIVE),
    "2410": _Rule(Rejected, ProblemCode.CURRENCY_REFUSED),
    "2500": _Rule(Rejected, ProblemCode.REFERENCE_BAD),
    "4000": _Rule(UnexpectedAnswer, ProblemCode.UNEXPECTED),
    "4001": _Rule(UnexpectedAnswer, ProblemCode.UNEXPECTED),
    "4002": _Rule(AnswerUnserved, ProblemCode.UNEXPECTED),
    "5010": _Rule(StaleObject, ProblemCode.CHANGED_MEANWHILE),
    "5020": _Rule(Rejected, ProblemCode.NO_PERMISSION),
    "5030": _Rule(Rejected, ProblemCode.NOT_IN_EDITION),
    "6000": _Rule(Rejected, ProblemCode.BUSINESS_RULE),
    "6070": _Rule(Rejected, ProblemCode.AMOUNT_MISMATCH),
    "6080": _Rule(Rejected, ProblemCode.CUSTOMER_MISSING),
    "6090": _Rule(Rejected, ProblemCode.VALUE_BAD),
    "6100": _Rule(Rejected, ProblemCode.TAX_CODE_BAD),
    "6140": _Rule(Rejected, ProblemCode.NUMBER_TAKEN),
    "6160": _Rule(Rejected, ProblemCode.TAX_CODE_BAD),
    "6170": _Rule(Rejected, ProblemCode.TAX_CODE_BAD),
    "6190": _Rule(Rejected, ProblemCode.SUBSCRIPTION_ENDED),
    "6200": _Rule(Rejected, ProblemCode.BOOKS_CLOSED_THERE),
    "6210": _Rule(Rejected, ProblemCode.BOOKS_CLOSED_THERE),
    "6230": _Rule(Rejected, ProblemCode.TAX_CODE_BAD),
    "6240": _Rule(Rejected, ProblemCode.NAME_TAKEN_THERE),
    "6250": _Rule(Rejected, ProblemCode.CUSTOMER_GONE),
    "6270": _Rule(Rejected, ProblemCode.INVENTORY_DATE),
    "6420": _Rule(Rejected, ProblemCode.EMAIL_MISSING),
    "6430": _Rule(Rejected, ProblemCode.BUSINESS_RULE),
    "6440": _Rule(Rejected, ProblemCode.LINE_UNLINKED_THERE),
    "6450": _Rule(Rejected, ProblemCode.SETTLED),
    "6480": _Rule(Rejected, ProblemCode.RECONCILED),
    "6520": _Rule(Rejected, ProblemCode.INVENTORY_SHORT),
    "6540": _Rule(Rejected, ProblemCode.DEPOSITED),
    "6560": _Rule(Rejected, ProblemCode.BUSINESS_RULE),
    # The subscription has lapsed, or these keys belong to the other environment: nothing that time alone cures.
    "7001": _Rule(Rejected, ProblemCode.SHUT_OUT),
    "10000": _Rule(Unavailable, ProblemCode.QUICKBOOKS_DOWN),
    "10100": _Rule(UnexpectedAnswer, ProblemCode.UNEXPECTED),
    "10200": _Rule(Unavailable, ProblemCode.QUICKBOOKS_DOWN),
}


def _faults(body: bytes) -> list[dict[str, Any]]:
    """Return the errors of every known fault shape: service, gateway (lower case), XML, nested in a list."""
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


def _own_words(error: Mapping[str, Any]) -> str:
    text = str(error.get("Detail") or error.get("Message") or "")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:LONGEST_DETAIL]


def classify(status: int, headers: Mapping[str, str], body: bytes, *, is_write: bool) -> QuickBooksError:
    """Return the error an answer means. 429 and 5xx are known by the HTTP status alone, whatever the body says.

    A 403 goes by its code: only one of CONSENT_CODES speaks of the consent.
    """
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
        seconds = min(int(wait), 900) if is_digits(wait, longest=9) else THROTTLE_SECONDS
        if not is_write and _BLOCKED in body[:LONGEST_FAULT].lower():
            return ReadsBlocked(
                "3001", retry_after=READS_BLOCKED_SECONDS, problem_code=ProblemCode.READS_BLOCKED, **facts
            )
        return Throttled("3001", retry_after=seconds, problem_code=ProblemCode.THROTTLED, **facts)
    if status == 401 and code == "130":
        return Rejected(code, problem_code=ProblemCode.SHUT_OUT, **facts)
    if status == 401 or (status == 403 and code in CONSENT_CODES):
        problem = RULES["120"].problem_code if code == "120" else ProblemCode.RECONNECT
        return ReconnectRequired(code or str(status), problem_code=problem, **facts)
    rule = RULES.get(code)
    if status >= 500 or (rule and rule.kind is Unavailable):
        return Unavailable(
            code or str(status), outcome_unknown=is_write, problem_code=ProblemCode.QUICKBOOKS_DOWN, **facts
        )
    if rule is None:
        return UnexpectedAnswer(code or str(status), problem_code=ProblemCode.UNEXPECTED, **facts)
    facts["problem_code"] = rule.problem_code
    if rule.kind is Rejected:
        match = _TXN_ID.search(str(first.get("Detail") or "")) if code == "6140" else None
        detail = _own_words(first) if rule.problem_code in NAMED_BY_DETAIL else ""
        return Rejected(code, existing_qbo_id=match.group(1) if match else "", detail=detail, **facts)
    return rule.kind(code, **facts)
