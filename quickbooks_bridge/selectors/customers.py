"""Customers of QuickBooks as stored here, and which of them deals are linked to."""

from decimal import Decimal

from django.db.models import Q, QuerySet, Subquery, Sum

from deals.models import Account, Deal
from deals.selectors import closeness
from quickbooks_bridge.models import (
    Connection,
    Customer,
    CustomerLink,
    Invoice,
)


def customer_link_of(deal: Deal, realm_id: str) -> CustomerLink | None:
    """Return the link of the deal's organization, of its person where it has none, or of the deal itself."""
    return _customer_links(deal, realm_id).first()


def _customer_links(deal: Deal, realm_id: str) -> QuerySet[CustomerLink]:
    links = CustomerLink.objects.filter(account_id=deal.account_id, realm_id=realm_id)
    if deal.organization_id:
        return links.filter(organization_id=deal.organization_id)
    if deal.person_id:
        return links.filter(person_id=deal.person_id)
    return links.filter(deal=deal)


def customer_by_id(account: Account, realm_id: str, qbo_id: str) -> Customer | None:
    """Return one customer of the local index."""
    return Customer.objects.filter(account=account, realm_id=realm_id, qbo_id=qbo_id).first()


def linked_customers(deals: QuerySet[Deal], connections: QuerySet[Connection]) -> QuerySet[Customer]:
    """Return the customer of one deal at one company, both still to be read: the same rule as `customer_link_of`."""
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
    """Return the deal's QuickBooks customer from the local index."""
    links = _customer_links(deal, realm_id).values("customer_qbo_id")[:1]
    return Customer.objects.filter(
        account_id=deal.account_id, realm_id=realm_id, qbo_id=Subquery(links)
    ).first()


def outstanding_balance(connection: Connection, customer: Customer) -> Decimal:
    """Return what the customer's mirrored invoices leave open, in the customer's currency."""
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
