"""Failures on demand, for trying out how a client copes."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipedrive_emulator.core.store import Row

KINDS = {
    "429": "too many calls, with Retry-After",
    "cloudflare": "403 with an HTML page of the network in front",
    "500": "500 with a JSON body",
    "html": "502 with an HTML page",
    "drop": "the connection is closed without an answer",
    "half": "200 with JSON that breaks off in the middle; the call has taken effect",
    "drop_after": "the call takes effect and the connection is closed without an answer",
}


@dataclass
class Fault:
    """One failure, for the next `count` calls below `path`."""

    kind: str
    count: int
    path: str

    def doc(self) -> Row:
        """Return the failure as the control API shows it."""
        return {"kind": self.kind, "count": self.count, "path": self.path}


@dataclass
class Faults:
    """The failures still to come."""

    waiting: list[Fault] = field(default_factory=list)

    def add(self, doc: Row) -> Fault:
        """Take a failure from its JSON form (ValueError says what is wrong)."""
        kind = str(doc.get("kind", "")).removeprefix("timeout-less ")
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        fault = Fault(kind, int(doc.get("count", 1)), str(doc.get("path") or ""))
        self.waiting.append(fault)
        return fault

    def take(self, path: str) -> str | None:
        """Return the kind of failure for a call, or nothing."""
        for fault in self.waiting:
            if fault.count > 0 and path.startswith(fault.path):
                fault.count -= 1
                if fault.count == 0:
                    self.waiting.remove(fault)
                return fault.kind
        return None
