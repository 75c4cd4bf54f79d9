"""What a deal's Invoice tab and sidebar card show, read when it is wanted: a fixed number of statements."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from deals.models import Deal
from quickbooks_bridge.db.panel_state import PanelState
from quickbooks_bridge.models import Connection, Customer
from quickbooks_bridge.selectors.customers import linked_customer_with_credit
from quickbooks_bridge.selectors.deals import (
    DealIntents,
    DealInvoices,
    invoices_of_deal,
    open_intents,
    sums_of_deal,
)

# Adding up so many invoices takes longer than all the rest of a page, so the sums are kept.
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
    """One page of a deal's invoices and what stands around it, for people who see the connection's invoices."""

    def __init__(
        self, deal: Deal, connection: Connection, state: PanelState, *, page: int, size: int
    ) -> None:
        self.deal, self.connection, self._state = deal, connection, state
        self._first, self._size = (page - 1) * size, size
        self._sums: _Sums | None = None

    @cached_property
    def customer(self) -> Customer | None:
        """The deal's QuickBooks customer."""
        return self._customer_and_credit[0]

    @cached_property
    def _customer_and_credit(self) -> tuple[Customer | None, Decimal]:
        return linked_customer_with_credit(self.deal, self.connection.company_id)

    @property
    def credit(self) -> tuple[str, Decimal]:
        """The currency of the deal's customer, and what they have as credit that settles nothing yet."""
        customer, credit = self._customer_and_credit
        return (customer.currency, credit) if customer else ("", Decimal(0))

    @cached_property
    def intents(self) -> DealIntents:
        """What was sent and is no invoice yet."""
        rows = list(open_intents(self.deal.pk).select_related("member", "company"))
        for row in rows:
            row.deal = self.deal
        return DealIntents.of(rows)

    @property
    def line_count(self) -> int:
        """How many products the deal has."""
        return self._state.line_count

    def invoices(self, *, today: date) -> DealInvoices:
        """Return the page of invoices that was asked for."""
        rows = list(invoices_of_deal(self.deal.pk)[self._first : self._first + self._size])
        for row in rows:
            row.deal = self.deal
        return DealInvoices(rows, sum(row["count"] for row in self.sums(today=today)), self._first + 1)

    def sums(self, *, today: date) -> list[dict[str, Any]]:
        """Return the rows of `sums_of_deal` for the date where the company is."""
        if self._sums is None or self._sums.today != today:
            self._sums = self._read_sums(today)
        return self._sums.rows

    def _read_sums(self, today: date) -> _Sums:
        # Read before the sums: what changes in between makes them newer than their version, and they are read anew.
        pk, version = self.deal.pk, self._state.version
        cached = _cache.get(pk)
        if cached is not None and (cached.version, cached.today) == (version, today):
            return cached
        sums = _Sums(version, today, list(sums_of_deal(pk, today=today)))
        _cache_put(pk, sums)
        return sums


def _cache_put(pk: int, sums: _Sums) -> None:
    if sums.version is None or sum(row["count"] for row in sums.rows) < LARGE:
        _cache.pop(pk, None)
        return
    _cache[pk] = sums
    if len(_cache) > MAX_CACHED:
        _cache.popitem(last=False)
