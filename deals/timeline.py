"""Kinds of change-log lines: how a stored entry is put into the reader's language, and lines that are not stored."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .models import Deal
from .viewer import Viewer

Part = str | tuple[str, str]


@dataclass(frozen=True)
class TimelineLine:
    """An entry in words: `parts` are texts, and (text, url) pairs where a text is a link.

    `note` is said when nobody of ours acted, `beside` after the name of whoever did, `detail` in either case.
    """

    icon: str
    tone: str
    parts: tuple[Part, ...]
    note: str = ""
    beside: str = ""
    detail: str = ""

    @property
    def pieces(self) -> list[tuple[str, str]]:
        """Return every part as (text, url), the url "" where it is no link."""
        return [(part, "") if isinstance(part, str) else part for part in self.parts]

    def subtitle(self, actor: str) -> str:
        """Return the second line for somebody's deed, or for nobody's when `actor` is ""."""
        said = [actor, self.beside] if actor else [self.note]
        return " · ".join(part for part in (*said, self.detail) if part)


@dataclass(frozen=True)
class DerivedLine:
    """Something that happened by itself: no row tells of it, stored facts do."""

    occurred_at: datetime
    line: TimelineLine


@dataclass(frozen=True)
class LogLine:
    """A line of the change log as a page shows it."""

    occurred_at: datetime
    line: TimelineLine
    below: str


Renderer = Callable[[dict[str, Any]], TimelineLine]
Source = Callable[[Viewer, Deal, int], list[DerivedLine]]
_TYPES: dict[str, "EntryType"] = {}
_GATES: dict[str, Callable[[Viewer], bool]] = {}
_SOURCES: list[Source] = []


@dataclass(frozen=True)
class EntryType:
    """One kind of timeline entry: how it reads, and which keys of its data outlive an erasure request.

    `keeps` are keys whose values name no person; whatever else is in the data is emptied, also what is added later.
    """

    kind: str
    render: Renderer
    keeps: frozenset[str] = frozenset()


def register_entry_type(kind: str, render: Renderer, *, keeps: Iterable[str] = ()) -> None:
    """Add a kind of entry. Apps call this when they start."""
    _TYPES[kind] = EntryType(kind, render, frozenset(keeps))


def entry_types() -> dict[str, EntryType]:
    """Return every kind of entry by its name."""
    return dict(_TYPES)


def without_personal(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of an entry after an erasure; of a kind nobody knows any more nothing is left."""
    known = _TYPES.get(kind)
    return _emptied(data, known.keeps) if known else {}


def _emptied(value: Any, keeps: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: _emptied(one, keeps) if key in keeps else "" for key, one in value.items()}
    return [_emptied(one, keeps) for one in value] if isinstance(value, list) else value


def register_visibility(prefix: str, may_see: Callable[[Viewer], bool]) -> None:
    """Tell who may read entries whose kind begins with `prefix`."""
    _GATES[prefix] = may_see


def register_derived_entries(source: Source) -> None:
    """Add lines that are derived when the log is read; `source(viewer, deal, limit)` gives the newest ones."""
    if source not in _SOURCES:
        _SOURCES.append(source)


def hidden_prefixes(viewer: Viewer) -> list[str]:
    """Return the beginnings of the kinds that the viewer may not read; each gate is asked once."""
    answers = {may_see: may_see(viewer) for may_see in set(_GATES.values())}
    return [prefix for prefix, may_see in _GATES.items() if not answers[may_see]]


def timeline_line(kind: str, data: dict[str, Any]) -> TimelineLine:
    """Return an entry in words; an unknown kind (an app that is gone) shows its name."""
    known = _TYPES.get(kind)
    return known.render(data) if known else TimelineLine("info", "neutral", (kind,))


def change_log(viewer: Viewer, deal: Deal, *, limit: int) -> tuple[list[LogLine], bool]:
    """Return the newest lines that the viewer may read, and whether there are older ones."""
    entries = deal.timeline.select_related("actor")
    for prefix in hidden_prefixes(viewer):
        entries = entries.exclude(kind__startswith=prefix)
    lines = []
    for entry in entries[: limit + 1]:
        line = timeline_line(entry.kind, entry.data)
        lines.append(LogLine(entry.occurred_at, line, line.subtitle(entry.actor.name if entry.actor else "")))
    for source in _SOURCES:
        for derived in source(viewer, deal, limit + 1):
            lines.append(LogLine(derived.occurred_at, derived.line, derived.line.subtitle("")))
    lines.sort(key=lambda line: line.occurred_at, reverse=True)
    return lines[:limit], len(lines) > limit
