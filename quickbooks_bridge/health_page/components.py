"""What the page is put together from: tiles, findings, and the whole of both."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

OK, WARNING, ERROR, CHECKING = "ok", "warning", "error", "checking"
ICONS = {OK: "check-circle", WARNING: "attention", ERROR: "attention", CHECKING: "unknown"}


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
class HealthIssue:
    """Something that needs somebody; `action` names what the page draws: "reconnect", "sync", "notices" or a link.

    `about` is "invoice" where one invoice is what a person has to see to; `is_waiting` says that nobody has to act.
    """

    key: str
    state: str
    title: str
    text: str
    responsible: str
    since: str = ""
    again: str = ""
    action: str = ""
    link: str = ""
    link_text: str = ""
    about: str = ""
    is_waiting: bool = False
    # The refused invoice whose creator can be reminded, and whether that was done today.
    remind: int = 0
    remind_name: str = ""
    is_reminded: bool = False

    @property
    def weight(self) -> int:
        """Return its place: what is broken, what somebody should see to, what resolves itself."""
        return 0 if self.state == ERROR else 2 if self.is_waiting else 1

    @property
    def icon(self) -> str:
        """Name the drawing of the state."""
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
    findings: list[HealthIssue] = field(default_factory=list)
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


def grouped(number: int) -> str:
    """Return a count as the reader's language writes it."""
    return str(number_format(number, force_grouping=True))


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
