"""Places on the deals list that other apps fill, so that this app need not know them: columns and filters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise

from .models import Deal
from .viewer import Viewer

Text = str | Promise


@dataclass(frozen=True)
class ColumnHeader:
    """The head of a column; `is_number` sets it right, `is_wide` drops it where there is no room."""

    label: Text
    is_number: bool = False
    is_wide: bool = False


@dataclass(frozen=True)
class DealColumns:
    """Columns of the deals list. `cells` gives finished HTML per deal for one page at once."""

    key: str
    heads: tuple[ColumnHeader, ...]
    is_shown: Callable[[Viewer], bool]
    cells: Callable[[Viewer, Sequence[Deal]], dict[int, tuple[str, ...]]]


@dataclass(frozen=True)
class DealFilter:
    """A filter of the deals list; `apply` narrows the deals by one of the values of `choices`."""

    key: str
    label: Text
    choices: tuple[tuple[str, Text], ...]
    is_shown: Callable[[Viewer], bool]
    apply: Callable[[Viewer, QuerySet[Deal], str], QuerySet[Deal]]


@dataclass(frozen=True)
class DealListButton:
    """A button beside the heading of the deals list, as finished HTML."""

    key: str
    is_shown: Callable[[Viewer], bool]
    render: Callable[[HttpRequest, Viewer], str]


@dataclass(frozen=True)
class DealListTab:
    """A saved filter above the deals list: a filter's key and one of its values."""

    label: Text
    filter: str
    value: str


@dataclass(frozen=True)
class DealListTabs:
    """Saved filters above the deals list. `counts` says how many deals each has, in their order, up to a number."""

    key: str
    tabs: tuple[DealListTab, ...]
    is_shown: Callable[[Viewer], bool]
    counts: Callable[[Viewer, QuerySet[Deal]], Sequence[str]]


_TABS: dict[str, DealListTabs] = {}
_BUTTONS: dict[str, DealListButton] = {}
_COLUMNS: dict[str, DealColumns] = {}
_FILTERS: dict[str, DealFilter] = {}


def register_tabs(tabs: DealListTabs) -> None:
    """Add saved filters to the deals list; the same key again replaces them."""
    _TABS[tabs.key] = tabs


def deal_tabs(viewer: Viewer, deals: QuerySet[Deal]) -> list[tuple[DealListTab, str]]:
    """Return the saved filters that this person sees, each with how many of the deals it has."""
    return [
        pair
        for tabs in _TABS.values()
        if tabs.is_shown(viewer)
        for pair in zip(tabs.tabs, tabs.counts(viewer, deals), strict=True)
    ]


def register_button(button: DealListButton) -> None:
    """Add a button to the deals list; the same key again replaces it."""
    _BUTTONS[button.key] = button


def deal_buttons(request: HttpRequest, viewer: Viewer) -> list[str]:
    """Return the buttons that this person sees."""
    return [button.render(request, viewer) for button in _BUTTONS.values() if button.is_shown(viewer)]


def register_columns(columns: DealColumns) -> None:
    """Add columns to the deals list; the same key again replaces them."""
    _COLUMNS[columns.key] = columns


def register_filter(added: DealFilter) -> None:
    """Add a filter to the deals list; the same key again replaces it."""
    _FILTERS[added.key] = added


def deal_columns(viewer: Viewer) -> list[DealColumns]:
    """Return the columns that this person sees."""
    return [columns for columns in _COLUMNS.values() if columns.is_shown(viewer)]


def deal_filters(viewer: Viewer) -> list[DealFilter]:
    """Return the filters that this person may use."""
    return [found for found in _FILTERS.values() if found.is_shown(viewer)]
