"""Reads of the QuickBooks side; every one starts from an account and asks QuickBooks nothing."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Case, CharField, F, Q, QuerySet, Subquery, Sum, Value, When

from deals.models import Account, Deal
from deals.selectors import closeness
from deals.viewer import Viewer
from quickbooks_bridge.domain.draft import line_key
from quickbooks_bridge.domain.status import InvoiceFacts, Status, derive_status
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.models import (
    Connection,
    Customer,
    CustomerLink,
    Invoice,
    InvoiceIntent,
    Item,
    ItemLink,
    Notice,
    ParkedObject,
    ReadsBlock,
    Term,
)

REFUSED = Q(state=InvoiceIntent.State.REFUSED, dismissed_at__isnull=True)

BLOCK_CACHE_SECONDS = 10


def connection_for(account: Account) -> Connection | None:
    """Give the account's connection, also one that needs its owner, or None when there is none."""
    return (
        Connection.objects.filter(account=account)
        .exclude(status=Connection.Status.DISCONNECTED)
        .select_related("owner")
        .first()
    )


def connections_newest_first(account: Account | int) -> QuerySet[Connection]:
    """Give the account's connection, if there is one, and then those that were disconnected, the last one first."""
    is_over = Case(When(status=Connection.Status.DISCONNECTED, then=1), default=0)
    return Connection.objects.filter(account=account).order_by(is_over, "-disconnected_at")


def last_connection_for(account: Account) -> Connection | None:
    """Give the connection, or else the one disconnected last: history stays visible."""
    return connections_newest_first(account).select_related("owner").first()


@dataclass(frozen=True)
class Keepings:
    """What an account holds of one QuickBooks company: it stays when another one is connected."""

    invoices: int
    customers: int
    products: int

    @property
    def is_any(self) -> bool:
        """Whether there is anything to lose sight of."""
        return bool(self.invoices or self.customers or self.products)


def company_keepings(connection: Connection) -> Keepings:
    """Count the account's links to the connection's company."""
    realm = {"account_id": connection.account_id, "realm_id": connection.realm_id}
    return Keepings(
        invoices=Invoice.objects.filter(**realm, deal__isnull=False).count(),
        customers=CustomerLink.objects.filter(**realm).count(),
        products=ItemLink.objects.filter(**realm).count(),
    )


def connection_seen_by(viewer: Viewer) -> Connection | None:
    """Give `last_connection_for` the viewer's account, read once: a viewer lives as long as its request."""
    kept = viewer.member.__dict__
    if "_quickbooks_connection" not in kept:
        connection_keep(viewer, last_connection_for(viewer.account))
    found: Connection | None = kept["_quickbooks_connection"]
    return found


def connection_keep(viewer: Viewer, connection: Connection | None) -> None:
    """Keep for the rest of the request which connection the viewer sees."""
    if connection is not None:
        connection.account = viewer.account
    viewer.member.__dict__["_quickbooks_connection"] = connection


def may_see_invoices(viewer: Viewer, connection: Connection | None) -> bool:
    """Tell whether the viewer sees invoices: by default only the person who connected does."""
    return connection is not None and connection.owner_id == viewer.member.pk


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
    """Give today's date where the company is."""
    return now.astimezone(company_zone(connection)).date()


def company_zone(connection: Connection) -> ZoneInfo:
    """Return the company's time zone; the account's where QuickBooks names none, or one that does not exist."""
    return zone_named(connection.time_zone, connection.account.time_zone)


def zone_named(*names: str) -> ZoneInfo:
    """Return the first time zone of these names that exists, UTC where none does."""
    for name in names:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def facts_of(invoice: Invoice) -> InvoiceFacts:
    """Give what the status follows from."""
    return InvoiceFacts(
        total=invoice.total,
        balance=invoice.balance,
        due_date=invoice.due_date,
        deposit=invoice.deposit,
        is_voided=invoice.is_voided,
        is_deleted=invoice.is_deleted,
    )


def invoice_status(invoice: Invoice, *, today: date) -> Status:
    """Give the flag of a stored invoice."""
    return derive_status(facts_of(invoice), today=today)


def with_status(invoices: QuerySet[Invoice], *, today: date) -> QuerySet[Invoice]:
    """Annotate `flag`: the same rule as domain/status.py, once more in SQL for filters and sums."""
    return invoices.annotate(
        flag=Case(
            When(is_deleted=True, then=Value(Status.DELETED)),
            When(is_voided=True, then=Value(Status.VOIDED)),
            When(balance__lte=0, then=Value(Status.PAID)),
            When(due_date__lt=today, then=Value(Status.OVERDUE)),
            When(balance__lt=F("total") - F("deposit"), then=Value(Status.PARTIALLY_PAID)),
            default=Value(Status.OPEN),
            output_field=CharField(),
        )
    )


def customer_link_of(deal: Deal, realm_id: str) -> CustomerLink | None:
    """Give the link of the deal's organization, of its person where it has none, or of the deal itself."""
    return _customer_links(deal, realm_id).first()


def _customer_links(deal: Deal, realm_id: str) -> QuerySet[CustomerLink]:
    links = CustomerLink.objects.filter(account_id=deal.account_id, realm_id=realm_id)
    if deal.organization_id:
        return links.filter(organization_id=deal.organization_id)
    if deal.person_id:
        return links.filter(person_id=deal.person_id)
    return links.filter(deal=deal)


def customer_by_id(account: Account, realm_id: str, qbo_id: str) -> Customer | None:
    """Give one customer of the local index."""
    return Customer.objects.filter(account=account, realm_id=realm_id, qbo_id=qbo_id).first()


def linked_customers(deals: QuerySet[Deal], connections: QuerySet[Connection]) -> QuerySet[Customer]:
    """Give the customer of one deal at one company, both still to be read: the same rule as `customer_link_of`."""
    links = CustomerLink.objects.filter(
        Q(organization=Subquery(deals.values("organization")[:1]))
        | Q(person=Subquery(deals.filter(organization=None).values("person")[:1]))
        | Q(deal=Subquery(deals.filter(organization=None, person=None).values("pk")[:1])),
        account=Subquery(deals.values("account")[:1]),
        realm_id=Subquery(connections.values("realm_id")[:1]),
    )
    return Customer.objects.filter(
        account=Subquery(deals.values("account")[:1]),
        realm_id=Subquery(connections.values("realm_id")[:1]),
        qbo_id=Subquery(links.values("customer_qbo_id")[:1]),
    )


def linked_customer(deal: Deal, realm_id: str) -> Customer | None:
    """Give the deal's QuickBooks customer from the local index."""
    links = _customer_links(deal, realm_id).values("customer_qbo_id")[:1]
    return Customer.objects.filter(
        account_id=deal.account_id, realm_id=realm_id, qbo_id=Subquery(links)
    ).first()


def owed_by(connection: Connection, customer: Customer) -> Decimal:
    """Give what the customer's mirrored invoices leave open, in the customer's currency."""
    rows = Invoice.objects.filter(
        account_id=connection.account_id,
        realm_id=connection.realm_id,
        customer_qbo_id=customer.qbo_id,
        currency=customer.currency,
        is_deleted=False,
        is_voided=False,
    )
    owed: Decimal = rows.aggregate(owed=Sum("balance", default=Decimal(0)))["owed"]
    return owed


def items_by_id(account: Account, realm_id: str, qbo_ids: Iterable[str]) -> dict[str, Item]:
    """Give products of the local index by their QuickBooks id."""
    rows = Item.objects.filter(account=account, realm_id=realm_id, qbo_id__in=set(qbo_ids))
    return {item.qbo_id: item for item in rows}


def item_links(account: Account, realm_id: str, lines: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Give remembered products for (product id, name) pairs, by `line_key`."""
    products = {int(product) for product, _name in lines if is_digits(product)}
    names = {line_key("", name) for product, name in lines if not product}
    rows = ItemLink.objects.filter(account=account, realm_id=realm_id).filter(
        Q(product_id__in=products) | Q(product__isnull=True, name_key__in=names)
    )
    return {
        line_key(str(row.product_id or ""), row.name_key.removeprefix("name:")): row.item_qbo_id
        for row in rows
    }


def search_customers(
    account: Account, realm_id: str, query: str, *, limit: int = 8
) -> tuple[list[Customer], int]:
    """Search the local index as somebody types; gives the first hits and how many there are, counted to 100."""
    rows = Customer.objects.filter(account=account, realm_id=realm_id)
    for word in query.casefold().split()[:6]:
        rows = rows.filter(search_text__contains=word)
    closest = closeness("display_name", query)
    found = list(rows.order_by("-is_active", closest, "display_name", "id")[:100])
    return found[:limit], len(found)


def search_items(account: Account, realm_id: str, query: str, *, limit: int = 8) -> tuple[list[Item], int]:
    """Search products the same way; categories cannot be sold and are left out."""
    rows = Item.objects.filter(account=account, realm_id=realm_id).exclude(kind="Category")
    for word in query.casefold().split()[:6]:
        rows = rows.filter(search_text__contains=word)
    found = list(rows.order_by("-is_active", closeness("name", query), "name", "id")[:100])
    return found[:limit], len(found)


def terms_of(account: Account, realm_id: str) -> list[Term]:
    """Give the company's payment terms that can still be chosen, the shortest first."""
    rows = Term.objects.filter(account=account, realm_id=realm_id, is_active=True)
    return list(rows.order_by(F("due_days").asc(nulls_last=True), "name"))


def health_count(connection: Connection | None) -> int:
    """Give how many things need somebody, in one statement."""
    if connection is None:
        return 0
    mine = {"account_id": connection.account_id}
    rows = (
        InvoiceIntent.objects.filter(REFUSED, **mine)
        .annotate(what=_what("refused"))
        .values_list("what", "pk")
    )
    rest = (
        ParkedObject.objects.filter(**mine, realm_id=connection.realm_id)
        .annotate(what=_what("parked"))
        .values_list("what", "pk"),
        Notice.objects.filter(**mine, sent_at__isnull=True, attempts__gt=0)
        .annotate(what=_what("notice"))
        .values_list("what", "pk"),
    )
    kinds = {what for what, _pk in rows.union(*rest, all=True)[:200]}
    broken = connection.status == Connection.Status.NEEDS_RECONNECT or bool(connection.failures)
    return len(kinds) + broken


def _what(name: str) -> Value:
    return Value(name, output_field=CharField())
