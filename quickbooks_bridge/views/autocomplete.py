"""Search as you type in the invoice form: customers and products, from the local index."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from deals.selectors import load_snapshot
from deals.viewer import Viewer
from quickbooks_bridge.domain.field_mapping import fill_customer
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.invoice_form.line_context import reason_words
from quickbooks_bridge.models import Connection, Customer, Item
from quickbooks_bridge.selectors.customers import search_customers
from quickbooks_bridge.selectors.items import search_items
from quickbooks_bridge.services.connections.lifecycle import mapping_of, settings_for
from quickbooks_bridge.services.invoicing.customers import customer_suggestions
from quickbooks_bridge.services.invoicing.items import item_name, suggest_items

from .permissions import deal_or_404, invoice_access_required


def _query(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").strip()[:100]


@invoice_access_required
def customer_search(request: HttpRequest, viewer: Viewer, connection: Connection) -> HttpResponse:
    """Find customers as somebody types; those that probably are the deal's come first, with the reason."""
    query, deal_pk = _query(request, "q"), _query(request, "deal")
    rows, count = search_customers(connection.company_id, query)
    suggested: list[tuple[Customer, str]] = []
    new_name = query
    if is_digits(deal_pk):
        stored = settings_for(viewer.account)
        filled = fill_customer(load_snapshot(deal_or_404(viewer, int(deal_pk))), mapping_of(stored))
        found = customer_suggestions(
            connection, name=filled.to or query, email=filled.email, tax_id=filled.tax_id
        )
        words = query.casefold().split()
        suggested = [
            (row, reason_words(suggestion.reasons))
            for row, suggestion in found
            if all(word in row.search_text for word in words)
        ]
        if filled.to and filled.to.casefold().startswith(query.casefold()):
            new_name = filled.to
    likely = {row.pk for row, _why in suggested}
    context = {
        "suggested": suggested,
        "rows": [row for row in rows if row.pk not in likely],
        "count": count,
        "all": Customer.objects.filter(company=connection.company_id).count(),
        "query": query,
        "new_name": new_name,
    }
    return render(request, "quickbooks/_customer_options.html", context)


@invoice_access_required
def item_search(request: HttpRequest, viewer: Viewer, connection: Connection) -> HttpResponse:
    """Find products as somebody types; for an untouched field those that are like the line come first."""
    query, name = _query(request, "q"), _query(request, "name")
    rows, count = search_items(connection.company_id, query)
    likely: dict[int, Item] = suggest_items(connection, {0: name}) if name and not query else {}
    suggested = list(likely.values())
    context = {
        "suggested": suggested,
        "rows": [row for row in rows if row.pk not in {item.pk for item in suggested}],
        "count": count,
        "all": Item.objects.filter(company=connection.company_id).exclude(kind="Category").count(),
        "query": query,
        "new_name": item_name(name or query) if "create" in request.GET else "",
        "currency": connection.company.home_currency,
    }
    return render(request, "quickbooks/_item_options.html", context)
