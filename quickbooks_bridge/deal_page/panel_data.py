"""One look at a deal: everything that its Invoice tab and sidebar card show, read in one statement.

A second one is needed only where the company's date is not the account's, or a large deal's invoices have changed.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from deals.models import Account, Deal, DealLine, Member, TimelineEntry
from quickbooks_bridge.db.batch_select import BatchSelection, PreparedBatch, attach_related, batch_select
from quickbooks_bridge.models import Connection, Customer, DealVersion, Invoice
from quickbooks_bridge.selectors.connections import connections_newest_first, zone_named
from quickbooks_bridge.selectors.customers import linked_customers
from quickbooks_bridge.selectors.deals import (
    PAGE,
    DealIntents,
    DealInvoices,
    open_intents,
    sums_of_deal,
    with_last_payment,
)

# Adding up so many invoices takes longer than all the rest of a look, so the sums are kept.
LARGE = 1000
MAX_CACHED = 200


@dataclass(frozen=True)
class _Sums:
    """A large deal's sums, right for as long as its version and the date are these."""

    version: int | None
    today: date
    rows: list[dict[str, Any]]


_cache: OrderedDict[int, _Sums] = OrderedDict()


class DealPanelData:
    """What was read of a deal; invoices and sums are built only when they are shown."""

    def __init__(self, found: BatchSelection, deal: Deal, *, guess: date, first: int) -> None:
        self._found, self._guess, self._first = found, guess, first
        self.deal = deal
        self.connection: Connection | None = found.first("connection")
        self.customer: Customer | None = found.first("customer")
        self.version = _version_of(found)
        self._sums: _Sums | None = None
        members, intents = found.rows("members"), found.rows("intents")
        attach_related(intents, "member", members)
        attach_related(intents, "deal", [deal])
        if self.connection is not None:
            attach_related([self.connection], "owner", members)
        self.intents = DealIntents.of(intents)

    @property
    def last_entry(self) -> int:
        """The key of the newest line in the deal's change log."""
        return getattr(self.deal, "last_entry", None) or 0

    @property
    def line_count(self) -> int:
        """How many products the deal has."""
        return getattr(self.deal, "line_count", None) or 0

    @cached_property
    def _rows(self) -> list[Invoice]:
        return self._found.rows("invoices")

    def invoices(self, *, today: date) -> DealInvoices:
        """Return the page of invoices that was asked for."""
        return DealInvoices(self._rows, sum(row["count"] for row in self.sums(today=today)), self._first)

    def sums(self, *, today: date) -> list[dict[str, Any]]:
        """Return the rows of `sums_of_deal` for the date where the company is."""
        if self._sums is None or self._sums.today != today:
            self._sums = self._add_up(today)
        return self._sums.rows

    def _add_up(self, today: date) -> _Sums:
        pk = self.deal.pk
        kept = _cache.get(pk)
        if kept is not None and (kept.version, kept.today) == (self.version, today):
            return kept
        found, version = self._found, self.version
        if not found.was_asked("sums") or today != self._guess:
            # Read together with the version: one read earlier could belong to older invoices than the sums.
            found = batch_select(
                version=DealVersion.objects.filter(pk=pk), sums=sums_of_deal(pk, today=today)
            )
            version = _version_of(found)
        sums = _Sums(version, today, found.rows("sums"))
        _cache_put(pk, sums)
        return sums


def deal_panel_data(
    account: Account, deal_pk: int, *, now: datetime, page: int = 1, size: int = PAGE
) -> DealPanelData | None:
    """Look at a deal of the account and one page of its invoices, newest first; None when there is no such deal."""
    guess = now.astimezone(zone_named(account.time_zone)).date()
    first = (page - 1) * size
    if deal_pk in _cache:
        found = _parts(first, size, has_sums=False).read(account=account.pk, deal=deal_pk)
    else:
        found = _parts(first, size, has_sums=True).read(account=account.pk, deal=deal_pk, today=guess)
    deal = found.first("deal")
    if deal is None:
        return None
    deal.account = account
    return DealPanelData(found, deal, guess=guess, first=first + 1)


@lru_cache(maxsize=64)
def _parts(first: int, size: int, *, has_sums: bool) -> PreparedBatch:
    """Return the statement of a look at a page of invoices that begins after the `first` ones."""

    def parts(account: int, deal: int, today: date | None = None) -> dict[str, QuerySet[Any]]:
        deals = Deal.objects.filter(account=account, pk=deal)
        connections = connections_newest_first(account)[:1]
        intents = open_intents(deal)
        lines = DealLine.objects.filter(deal=OuterRef("pk")).order_by().values("deal")
        entries = TimelineEntry.objects.filter(deal=OuterRef("pk"))
        invoices = with_last_payment(Invoice.objects.filter(deal=deal)).order_by("-txn_date", "-id")
        found: dict[str, QuerySet[Any]] = {
            "deal": deals.annotate(
                line_count=Subquery(lines.annotate(n=Count("pk")).values("n")),
                last_entry=Subquery(entries.order_by("-at", "-id").values("pk")[:1]),
            ),
            "connection": connections,
            "members": Member.objects.filter(
                Q(pk__in=intents.order_by().values("member")) | Q(pk=Subquery(connections.values("owner")))
            ),
            "customer": linked_customers(deals, connections),
            "intents": intents,
            "version": DealVersion.objects.filter(pk=deal),
            "invoices": invoices[first : first + size],
        }
        if has_sums and today:
            found["sums"] = sums_of_deal(deal, today=today)
        return found

    return PreparedBatch(parts)


def _version_of(found: BatchSelection) -> int | None:
    row = found.first("version")
    return row.version if row else None


def _cache_put(pk: int, sums: _Sums) -> None:
    if sums.version is None or sum(row["count"] for row in sums.rows) < LARGE:
        _cache.pop(pk, None)
        return
    _cache[pk] = sums
    if len(_cache) > MAX_CACHED:
        _cache.popitem(last=False)
