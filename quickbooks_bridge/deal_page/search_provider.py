"""What the QuickBooks side adds to the search of every page: invoices, by number or customer."""

from django.db.models import Case, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from crm_invoicing.ui.templatetags.ui import money_text
from deals.search import SearchProvider, SearchResult, SearchResults, register_search_provider
from deals.viewer import Viewer
from quickbooks_bridge.domain.status import Status
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.selectors.connections import company_today, may_see_invoices
from quickbooks_bridge.selectors.customers import search_customers
from quickbooks_bridge.selectors.invoices import invoice_status
from quickbooks_bridge.selectors.request_context import RequestContext

from .invoice_rows import deep_link

CUSTOMERS = 20


def register_search_providers() -> None:
    """Add invoices to the search."""
    register_search_provider(SearchProvider("invoices", _("Invoices"), "document", find_invoices))


def find_invoices(viewer: Viewer, words: str, limit: int) -> SearchResults:
    """Find invoices: those whose number begins so, then the newest ones of the customers so called.

    Customers are looked for in their own small index, so that no name is searched in every invoice.
    """
    connection = RequestContext.of(viewer).connection
    if connection is None or not may_see_invoices(viewer, connection):
        return SearchResults()
    own = Invoice.objects.filter(company=connection.company_id).select_related("deal")
    found = _numbered(own, words.removeprefix("#"), limit + 1)
    customers, _count = search_customers(connection.company_id, words, limit=CUSTOMERS)
    if customers and len(found) <= limit:
        of_customers = own.filter(customer_qbo_id__in=[row.qbo_id for row in customers])
        known = {row.pk for row in found}
        newest = of_customers.order_by("-txn_date", "-id")[: limit + 1]
        found.extend(row for row in newest if row.pk not in known)
    today = company_today(connection, now=timezone.now())
    hits = [_hit(row, connection, invoice_status(row, today=today)) for row in found[:limit]]
    return SearchResults(hits, len(found) > limit)


def _numbered(own: QuerySet[Invoice], number: str, limit: int) -> list[Invoice]:
    """Return invoices whose number begins so, the one of just this number first; one without a number goes by its id."""
    if " " in number or not any(sign.isdigit() for sign in number):
        return []
    is_it = Q(doc_number__iexact=number) | Q(doc_number="", qbo_id=number)
    begins = Q(doc_number__istartswith=number) if len(number) > 1 else Q()
    ranked = own.filter(is_it | begins if begins else is_it).annotate(
        rank=Case(When(is_it, then=Value(0)), default=Value(1))
    )
    return list(ranked.order_by("rank", "-txn_date", "-id")[:limit])


def _hit(row: Invoice, connection: Connection, status: Status) -> SearchResult:
    """An invoice leads to its deal; one without a deal to its page in QuickBooks."""
    deal = row.deal
    return SearchResult(
        row.doc_number or f"#{row.qbo_id}",
        f"{reverse('deals:deal_detail', args=[deal.pk])}?tab=invoice" if deal else deep_link(row),
        note=f"{row.customer_name} · {deal.title if deal else _now('Not linked to a deal, opens in QuickBooks')}",
        side="" if status is Status.DELETED else money_text(row.total, row.currency),
        flag=status,
        is_outside=deal is None,
    )
