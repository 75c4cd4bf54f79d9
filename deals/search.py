"""What the search field of every page looks through: this app's own rows and what other apps add."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm_invoicing.ui.templatetags.ui import money_text

from . import selectors
from .models import Deal, Organization, Person
from .viewer import Viewer

Text = str | Promise


@dataclass(frozen=True)
class SearchResult:
    """One find: where it leads and what is said of it. `flag` is the code of a status flag; `is_outside` opens a new tab."""

    title: str
    url: str
    note: Text = ""
    side: str = ""
    flag: str = ""
    is_outside: bool = False


@dataclass(frozen=True)
class SearchResults:
    """What one finder found, at most as many as were asked for; `more_url` leads to all of them, where such a page is."""

    rows: Sequence[SearchResult] = ()
    has_more: bool = False
    more_url: str = ""


@dataclass(frozen=True)
class SearchProvider:
    """A kind of thing that can be found. `find` takes the viewer, the words and how many hits are wanted."""

    key: str
    label: Text
    icon: str
    find: Callable[[Viewer, str, int], SearchResults]


@dataclass(frozen=True)
class Group:
    """The hits of one finder."""

    finder: SearchProvider
    hits: SearchResults = field(default_factory=SearchResults)


_PROVIDERS: dict[str, SearchProvider] = {}


def register_search_provider(finder: SearchProvider) -> None:
    """Add a kind of thing to the search; the same key again replaces it."""
    _PROVIDERS[finder.key] = finder


def search(viewer: Viewer, words: str, *, limit: int) -> list[Group]:
    """Return what each finder finds, kinds without a hit left out; a kind that has exactly these words comes first."""
    if not words:
        return []
    groups = [Group(finder, finder.find(viewer, words, limit)) for finder in _PROVIDERS.values()]
    wanted = words.removeprefix("#").casefold()
    return sorted(
        (group for group in groups if group.hits.rows),
        key=lambda group: all(hit.title.casefold() != wanted for hit in group.hits.rows),
    )


def _all(name: str, words: str) -> str:
    return f"{reverse(name)}?{urlencode({'q': words})}"


def find_deals(viewer: Viewer, words: str, limit: int) -> SearchResults:
    """Find deals by title, organization or person, the newest first."""
    rows = list(selectors.deals_of(viewer, query=words)[: limit + 1])
    return SearchResults(
        [_deal(row) for row in rows[:limit]], len(rows) > limit, _all("deals:deal_list", words)
    )


def _deal(row: Deal) -> SearchResult:
    who = row.organization or row.person
    return SearchResult(
        row.title,
        reverse("deals:deal_detail", args=[row.pk]),
        note=" · ".join(filter(None, [who.name if who else "", row.stage.name if row.stage else ""])),
        side=money_text(row.value, row.currency),
    )


def find_organizations(viewer: Viewer, words: str, limit: int) -> SearchResults:
    """Find organizations by name."""
    rows = list(selectors.list_by_name(Organization, viewer.account, words)[: limit + 1])
    found = [
        SearchResult(row.name, reverse("deals:organization_edit", args=[row.pk]), note=row.city)
        for row in rows[:limit]
    ]
    return SearchResults(found, len(rows) > limit, _all("deals:organization_list", words))


def find_people(viewer: Viewer, words: str, limit: int) -> SearchResults:
    """Find people by name, email or organization."""
    rows = list(selectors.list_by_name(Person, viewer.account, words)[: limit + 1])
    found = [
        SearchResult(
            row.name,
            reverse("deals:person_edit", args=[row.pk]),
            note=row.organization.name if row.organization else row.email,
        )
        for row in rows[:limit]
    ]
    return SearchResults(found, len(rows) > limit, _all("deals:person_list", words))


def register_own() -> None:
    """Add this app's own rows."""
    register_search_provider(SearchProvider("deals", _("Deals"), "deals", find_deals))
    register_search_provider(
        SearchProvider("organizations", _("Organizations"), "building", find_organizations)
    )
    register_search_provider(SearchProvider("people", _("People"), "person", find_people))
