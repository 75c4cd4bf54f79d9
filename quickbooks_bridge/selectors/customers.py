"""Customers of QuickBooks as stored here, and which of them deals are linked to."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Subquery, Sum

from deals.models import Deal
from deals.selectors import closeness
from quickbooks_bridge.models import (
    Connection,
    Customer,
    CustomerLink,
    Invoice,
)

from .credits import with_unused_credit


def customer_link_of(deal: Deal, company_id: int) -> CustomerLink | None:
    """Return the link of the deal's organization, of its person where it has none, or of the deal itself."""
    return _customer_links(deal, company_id).first()


def _customer_links(deal: Deal, company_id: int) -> QuerySet[CustomerLink]:
    return customer_links(deal).filter(company=company_id)


def customer_links(deal: Deal) -> QuerySet[CustomerLink]:
    """Return the customers that a deal is linked to, one in each company."""
    if deal.organization_id:
        return CustomerLink.objects.filter(organization_id=deal.organization_id)
    if deal.person_id:
        return CustomerLink.objects.filter(person_id=deal.person_id)
    return CustomerLink.objects.filter(deal=deal)


def customer_by_id(company_id: int, qbo_id: str) -> Customer | None:
    """Return one customer of the local index."""
    return Customer.objects.filter(company=company_id, qbo_id=qbo_id).first()


def linked_customer(deal: Deal, company_id: int) -> Customer | None:
    """Return the deal's QuickBooks customer from the local index."""
    links = _customer_links(deal, company_id).values("customer_qbo_id")[:1]
    return _by_link(company_id, links).first()


def linked_customer_with_credit(deal: Deal, company_id: int) -> tuple[Customer | None, Decimal]:
    """Return the deal's QuickBooks customer and the credit that they have not used yet: one statement."""
    links = _customer_links(deal, company_id).values("customer_qbo_id")[:1]
    found = with_unused_credit(_by_link(company_id, links)).first()
    credit: Decimal = getattr(found, "unused_credit", Decimal(0))
    return found, Decimal(credit).quantize(Decimal("0.01"))


def _by_link(company_id: int, links: Any) -> QuerySet[Customer]:
    return Customer.objects.filter(company=company_id, qbo_id=Subquery(links))


def outstanding_balance(connection: Connection, customer: Customer) -> Decimal:
    """Return what the customer's mirrored invoices leave open, in the customer's currency."""
    rows = Invoice.objects.filter(
        company=connection.company_id,
        customer_qbo_id=customer.qbo_id,
        currency=customer.currency,
        is_deleted=False,
        is_voided=False,
    )
    owed: Decimal = rows.aggregate(owed=Sum("balance", default=Decimal(0)))["owed"]
    return owed


def search_customers(company_id: int, query: str, *, limit: int = 8) -> tuple[list[Customer], int]:
    """Search the local index as somebody types; gives the first hits and how many there are, counted to 100."""
    rows = Customer.objects.filter(company=company_id)
    for word in query.casefold().split()[:6]:
        rows = rows.filter(search_text__contains=word)
    closest = closeness("display_name", query)
    found = list(rows.order_by("-is_active", closest, "display_name", "id")[:100])
    return found[:limit], len(found)
