"""Kinds of change-log lines: how a stored entry is put into the reader's language."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .models import TimelineEntry
from .viewer import Viewer


@dataclass(frozen=True)
class TimelineLine:
    """An entry in words: `parts` are texts, and (text, url) pairs where a text is a link."""

    icon: str
    tone: str
    parts: tuple[str | tuple[str, str], ...]
    note: str = ""


Renderer = Callable[[dict[str, Any]], TimelineLine]
_RENDERERS: dict[str, Renderer] = {}
_GATES: dict[str, Callable[[Viewer], bool]] = {}


def register_kind(kind: str, renderer: Renderer) -> None:
    """Tell how entries of `kind` read. Apps call this when they start."""
    _RENDERERS[kind] = renderer


def register_gate(prefix: str, may_see: Callable[[Viewer], bool]) -> None:
    """Tell who may read entries whose kind begins with `prefix`."""
    _GATES[prefix] = may_see


def hidden_prefixes(viewer: Viewer) -> list[str]:
    """Give the beginnings of the kinds that the viewer may not read."""
    return [prefix for prefix, may_see in _GATES.items() if not may_see(viewer)]


def timeline_line(entry: TimelineEntry) -> TimelineLine:
    """Give the entry in words; an unknown kind (an app that is gone) shows its name."""
    renderer = _RENDERERS.get(entry.kind)
    return renderer(entry.data) if renderer else TimelineLine("info", "neutral", (entry.kind,))
