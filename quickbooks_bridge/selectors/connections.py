"""The connection of an account, its company's day and zone, and whether reads are blocked."""

import time
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Case, Exists, OuterRef, QuerySet, When

from deals.models import Account
from deals.rights import Right
from deals.viewer import Viewer
from quickbooks_bridge.models import (
    Connection,
    CustomerLink,
    Invoice,
    ItemLink,
    ReadsBlock,
)

BLOCK_CACHE_SECONDS = 10


def is_connected(company: str = "pk") -> Exists:
    """Return the condition that the company, whose key the outer query has in `company`, may be asked."""
    return Exists(Connection.objects.filter(company=OuterRef(company), status=Connection.Status.ACTIVE))


def connection_for(account: Account) -> Connection | None:
    """Return the account's connection, also one that needs its owner, or None when there is none."""
    return (
        Connection.objects.filter(account=account)
        .exclude(status=Connection.Status.DISCONNECTED)
        .select_related("owner")
        .first()
    )


def connections_newest_first(account: Account | int) -> QuerySet[Connection]:
    """Return the account's connection, if there is one, and then those that were disconnected, the last one first."""
    is_over = Case(When(status=Connection.Status.DISCONNECTED, then=1), default=0)
    return Connection.objects.filter(account=account).order_by(is_over, "-disconnected_at")


def last_connection_for(account: Account) -> Connection | None:
    """Return the connection, or else the one disconnected last: history stays visible."""
    return connections_newest_first(account).select_related("owner").first()


@dataclass(frozen=True)
class LinkCounts:
    """What an account holds of one QuickBooks company: it stays when another one is connected."""

    invoices: int
    customers: int
    products: int

    @property
    def is_any(self) -> bool:
        """Whether there is anything to lose sight of."""
        return bool(self.invoices or self.customers or self.products)


def link_counts(connection: Connection) -> LinkCounts:
    """Count the account's links to the connection's company."""
    company = connection.company_id
    return LinkCounts(
        invoices=Invoice.objects.filter(company=company, deal__isnull=False).count(),
        customers=CustomerLink.objects.filter(company=company).count(),
        products=ItemLink.objects.filter(company=company).count(),
    )


def may_see_invoices(viewer: Viewer, connection: Connection | None) -> bool:
    """Return whether the viewer sees invoices: the person who connected does, others if the account shares and they may."""
    if connection is None:
        return False
    is_shared = viewer.account.shares_invoices and viewer.may(Right.VIEW)
    return is_shared or connection.owner_id == viewer.member.pk


class _BlockCache:
    """Whether reads are blocked, as this process knew a moment ago: every page asks."""

    known: tuple[float, ReadsBlock | None] | None = None


def open_reads_block() -> ReadsBlock | None:
    """Return the time in which QuickBooks refuses this installation's reads, None in all others."""
    moment = time.monotonic()
    if _BlockCache.known is None or moment - _BlockCache.known[0] > BLOCK_CACHE_SECONDS:
        _BlockCache.known = (moment, ReadsBlock.objects.filter(ended_at__isnull=True).first())
    return _BlockCache.known[1]


def reads_block_forget() -> None:
    """Let the next question be answered from the row."""
    _BlockCache.known = None


def company_today(connection: Connection, *, now: datetime) -> date:
    """Return today's date where the company is."""
    return now.astimezone(company_zone(connection)).date()


def company_zone(connection: Connection) -> ZoneInfo:
    """Return the company's time zone; the account's where QuickBooks names none, or one that does not exist."""
    return zone_named(connection.company.time_zone, connection.account.time_zone)


def zone_named(*names: str) -> ZoneInfo:
    """Return the first time zone of these names that exists, UTC where none does."""
    for name in names:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")
