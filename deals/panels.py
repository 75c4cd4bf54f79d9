"""Places on the deal page that other apps fill, so that this app need not know them."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise

from .models import Deal
from .viewer import Viewer


@dataclass(frozen=True)
class DealPanel:
    """A tab in the main column (`slot` "tab"), a card of the sidebar ("sidebar"), or what a frame shows ("frame").

    `render` gives the finished HTML; `count` gives the number shown in the tab, or None.
    """

    key: str
    slot: str
    label: str | Promise
    icon: str
    render: Callable[[HttpRequest, Viewer, Deal], str]
    count: Callable[[Viewer, Deal], int | None] = lambda viewer, deal: None


_PANELS: dict[str, DealPanel] = {}


def register_panel(panel: DealPanel) -> None:
    """Add a panel to every deal page; the same key again replaces it."""
    _PANELS[panel.key] = panel


def deal_panels(slot: str) -> list[DealPanel]:
    """Return the panels of one slot in the order in which they were registered."""
    return [panel for panel in _PANELS.values() if panel.slot == slot]
