"""Faults on demand: rules that say which requests go wrong, how, and how often."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase

from qbo_emulator.json_codec import Doc

# Every kind with what it does; the control API shows this list. `delay` is in seconds.
FAULT_KINDS: dict[str, str] = {
    "timeout_before": "no answer until the client leaves or `delay` passes; nothing is done",
    "timeout_after": "the same, but the request is done",
    "reset_before": "the connection is closed without an answer; nothing is done",
    "reset_after": "the same, but the request is done",
    "truncated": "done; the connection closes in the middle of the answer's body",
    "slow": "waits `delay`, then everything is as usual",
    "slow_drip": "done; the body trickles out over `delay`",
    "429": "throttled, in the format the client asks for",
    "429_json": "throttled, in JSON whatever the client asks for",
    "429_xml": "throttled, in XML whatever the client asks for",
    "email_quota": "sending only: the day's emails are used up (429)",
    "500": "system failure 10000 with status 500; nothing is done",
    "500_after": "the same, but the request is done",
    "503_html": "a proxy's web page with status 503; nothing is done",
    "504": "a proxy's web page with status 504; nothing is done",
    "504_after": "the same, but the request is done",
    "200_fault": "a fault inside an answer with status 200; nothing is done",
    "missing_code": "a fault without a code",
    "localised": "a refused request is refused in French; the codes stay",
    "unauthorized": "401 as for an expired token; `invalid_grant` at the token endpoint",
    "expired": "401 as for an expired token",
    "revoked": "401 as for a token that was revoked",
    "forbidden": "403, code 3100: the app may not use the company",
    "403_html": "a proxy's web page with status 403, without any code; nothing is done",
    "reads_blocked": "reads alone: 429, the month's metered reads are used up; writes work",
    "bad_payload": "500, code 10000, each time for one body: that of `payload`, else of the first write it meets",
    "wrong_cluster": "401, code 130: the company is served by another host",
    "lapsed": "400, code 7001: the subscription has ended",
    "clock_skew": "done `skew` seconds off the emulator's clock (default 300): times in the answer are wrong",
}
DEFAULT_DELAY = {"slow": 0.5, "slow_drip": 2.0}


def is_metered(operation: str) -> bool:
    """Whether the vendor meters an operation as a read; what is written is free."""
    return operation in {"query", "cdc", "batch"} or operation.rpartition(".")[2] in {"read", "pdf"}


@dataclass
class Rule:
    """One fault that waits for its requests."""

    id: str
    kind: str
    operation: str = "*"
    realm: str | None = None
    # How many requests it strikes; None is all.
    count: int | None = None
    # How many fitting requests it lets pass before it strikes the first.
    skip: int = 0
    probability: float = 1.0
    delay: float = 30.0
    skew: float = 300.0
    # Of the code:<n> kinds: the HTTP status and the texts, where the usual ones will not do.
    status: int | None = None
    message: str | None = None
    detail: str | None = None
    # Of bad_payload: a text in the bodies that cannot be taken; without one the first body met is remembered.
    payload: str | None = None
    hits: int = 0
    seen: int = 0

    def doc(self) -> Doc:
        return asdict(self)


class Injector:
    """The fault rules; the first that fits a request is used up by one."""

    def __init__(self, seed: str) -> None:
        self.rules: dict[str, Rule] = {}
        self._seed = seed
        self._added = 0

    def add(self, doc: Doc) -> Rule:
        """A rule from its JSON form (ValueError says what is wrong with it)."""
        kind = str(doc.get("kind", ""))
        if kind not in FAULT_KINDS and not (kind.startswith("code:") and kind[5:].isdigit()):
            raise ValueError(f"kind must be one of {', '.join(FAULT_KINDS)} or code:<number>, not {kind!r}")
        allowed = set(Rule.__dataclass_fields__) - {"id", "hits", "seen"}
        unknown = sorted(set(doc) - allowed)
        if unknown:
            raise ValueError(f"a fault has no {', '.join(unknown)}; it has {', '.join(sorted(allowed))}")
        self._added += 1
        rule = Rule(id=str(self._added), kind=kind, delay=DEFAULT_DELAY.get(kind, 30.0))
        for name, read in (
            ("operation", str), ("realm", str), ("count", int), ("skip", int), ("probability", float),
            ("payload", str), ("delay", float), ("skew", float), ("status", int), ("message", str), ("detail", str),
        ):  # fmt: skip
            if doc.get(name) not in (None, ""):
                setattr(rule, name, read(doc[name]))
        if rule.count is None or rule.count > 0:
            self.rules[rule.id] = rule
        return rule

    def take(self, realm_id: str | None, operation: str, body: bytes = b"") -> Rule | None:
        """The rule that strikes this request, if one does."""
        if not self.rules:
            return None
        for rule in list(self.rules.values()):
            if rule.realm is not None and rule.realm != realm_id:
                continue
            if not fnmatchcase(operation, rule.operation):
                continue
            if rule.kind == "reads_blocked" and not is_metered(operation):
                continue
            if rule.kind == "bad_payload" and not self._is_bad(rule, body):
                continue
            rule.seen += 1
            if rule.seen <= rule.skip or not self._strikes(rule):
                continue
            rule.hits += 1
            if rule.count is not None:
                rule.count -= 1
                if rule.count <= 0:
                    del self.rules[rule.id]
            return rule
        return None

    @staticmethod
    def _is_bad(rule: Rule, body: bytes) -> bool:
        """Whether a body is the one that cannot be taken."""
        if not body.strip():
            return False
        if rule.payload is None:
            rule.payload = body.decode("utf-8", "replace")
        return rule.payload in body.decode("utf-8", "replace")

    def _strikes(self, rule: Rule) -> bool:
        """Chance by rule and request number alone, so that the same calls meet the same faults again."""
        if rule.probability >= 1.0:
            return True
        drawn = hashlib.sha256(f"{self._seed}/fault {rule.id}/{rule.seen}".encode()).hexdigest()[:8]
        return int(drawn, 16) / 0x1_0000_0000 < rule.probability

    def remove(self, rule_id: str | None = None) -> None:
        """Take one rule away, or all; the next rule then counts as the first of its kind again."""
        if rule_id is None:
            self.rules.clear()
            self._added = 0
        else:
            self.rules.pop(rule_id, None)
