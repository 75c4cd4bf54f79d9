"""What the page is put together from: tiles, findings, and the whole of both."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import number_format

OK, LOOK, BAD = "ok", "look", "bad"
ICONS = {OK: "check-circle", LOOK: "attention", BAD: "overdue"}


@dataclass(frozen=True)
class Tile:
    """One answer at a glance."""

    title: str
    state: str
    value: str
    note: str

    @property
    def icon(self) -> str:
        """Name the drawing of the state; the words beside it say the same."""
        return ICONS[self.state]


@dataclass(frozen=True)
class Finding:
    """Something that needs somebody; `action` names what the page draws: "reconnect", "sync", "notices" or a link."""

    state: str
    title: str
    text: str
    turn: str
    since: str = ""
    action: str = ""
    link: str = ""

    @property
    def icon(self) -> str:
        """Name the drawing of the state."""
        return ICONS[self.state]


@dataclass
class Health:
    """Everything the page shows."""

    tiles: list[Tile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    reads: dict[str, Any] = field(default_factory=dict)

    @property
    def is_bad(self) -> bool:
        """Whether something is broken rather than to be looked at."""
        return any(finding.state == BAD for finding in self.findings)


def grouped(number: int) -> str:
    """Give a count as the reader's language writes it."""
    return number_format(number, force_grouping=True)
