"""What the page is put together from: tiles, open issues, and the whole of both."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quickbooks_bridge.needs_action.inbox import Entry
from quickbooks_bridge.needs_action.issue import CHECKING, ERROR, ICONS, OK, WARNING, Issue, grouped

__all__ = [
    "CHECKING",
    "ERROR",
    "OK",
    "WARNING",
    "Health",
    "ResolvedIssue",
    "Tile",
    "Verdict",
    "grouped",
    "span_text",
]


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
class ResolvedIssue:
    """Something that needed somebody and does no more."""

    title: str
    text: str
    when: str


@dataclass(frozen=True)
class Verdict:
    """The answer to whether what people see can be trusted now."""

    kind: str
    title: str
    text: str
    target: str = ""


@dataclass
class Health:
    """Everything the page shows."""

    verdict: Verdict | None = None
    tiles: list[Tile] = field(default_factory=list)
    # What is open and not snoozed.
    entries: list[Entry] = field(default_factory=list)
    solved: list[ResolvedIssue] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    reads: dict[str, Any] = field(default_factory=dict)
    chart: Any = None
    events: Any = None
    copy: Any = None
    notifications: Any = None
    # Background work is late: nothing that is planned happens.
    is_late: bool = False
    is_used_up: bool = False

    @property
    def findings(self) -> list[Issue]:
        """Return the open issues, the gravest first."""
        return [entry.issue for entry in self.entries]


def span_text(seconds: float) -> str:
    """Return a length of time in its largest one or two units."""
    whole = round(seconds)
    if whole < 90:
        return _("%(n)s s") % {"n": whole}
    minutes = round(whole / 60)
    if minutes < 90:
        return _("%(n)s min") % {"n": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return (_("%(h)s h %(m)s min") if rest else _("%(h)s h")) % {"h": hours, "m": rest}
    days = round(hours / 24)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
