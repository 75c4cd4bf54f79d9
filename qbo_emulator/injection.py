"""Faults on demand: rules that say which requests go wrong, how, and how often."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase

from qbo_emulator.entropy import Entropy
from qbo_emulator.wire import Doc

KINDS = (
    "timeout_before",
    "timeout_after",
    "reset_before",
    "reset_after",
    "429",
    "429_xml",
    "500",
    "503_html",
    "200_fault",
    "missing_code",
    "localised",
    "slow",
    "unauthorized",
)


@dataclass
class Rule:
    """One fault that waits for its requests."""

    id: str
    kind: str
    operation: str = "*"
    realm: str | None = None
    count: int | None = None
    probability: float = 1.0
    delay: float = 30.0
    hits: int = 0

    def doc(self) -> Doc:
        return asdict(self)


class Injector:
    """The fault rules; the first that fits a request is used up by one."""

    def __init__(self, entropy: Entropy) -> None:
        self.rules: dict[str, Rule] = {}
        self._entropy = entropy
        self._added = 0

    def add(self, doc: Doc) -> Rule:
        """A rule from its JSON form (ValueError says what is wrong with it)."""
        kind = str(doc.get("kind", ""))
        if kind not in KINDS and not (kind.startswith("code:") and kind[5:].isdigit()):
            raise ValueError(f"kind must be one of {', '.join(KINDS)} or code:<number>, not {kind!r}")
        default_delay = 0.5 if kind == "slow" else 30.0
        self._added += 1
        rule = Rule(
            id=str(self._added),
            kind=kind,
            operation=str(doc.get("operation") or "*"),
            realm=str(doc["realm"]) if doc.get("realm") else None,
            count=int(doc["count"]) if doc.get("count") is not None else None,
            probability=float(doc.get("probability", 1.0)),
            delay=float(doc["delay"]) if doc.get("delay") is not None else default_delay,
        )
        self.rules[rule.id] = rule
        return rule

    def take(self, realm_id: str | None, operation: str) -> Rule | None:
        """The rule that strikes this request, if one does."""
        for rule in list(self.rules.values()):
            if rule.realm is not None and rule.realm != realm_id:
                continue
            if not fnmatchcase(operation, rule.operation):
                continue
            if rule.probability < 1.0 and self._entropy.fraction() >= rule.probability:
                continue
            rule.hits += 1
            if rule.count is not None:
                rule.count -= 1
                if rule.count <= 0:
                    del self.rules[rule.id]
            return rule
        return None

    def remove(self, rule_id: str | None = None) -> None:
        """Take one rule away, or all."""
        if rule_id is None:
            self.rules.clear()
        else:
            self.rules.pop(rule_id, None)
