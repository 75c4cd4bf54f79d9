"""Receivables: what is open by how late it is, as a page and as a file."""

import csv
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm_invoicing.csv_export import Echo, safe_cell
from deals.selectors import search_words
from deals.viewer import Viewer
from quickbooks_bridge.domain.receivables import Bucket
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.models import Connection, Customer
from quickbooks_bridge.receivables_page.export import export_heads, export_rows
from quickbooks_bridge.receivables_page.page import receivables_context
from quickbooks_bridge.selectors.connections import company_today
from quickbooks_bridge.selectors.receivables import (
    GROUPS,
    INVOICE_SORTS,
    NO_OWNER,
    SUM_SORTS,
    USUAL_SORT,
    ReceivablesFilter,
)

from .permissions import invoice_access_required


def _wanted(request: HttpRequest) -> ReceivablesFilter:
    """Return the filter that the address asks for; what it cannot mean is left out."""
    asked = {
        name: search_words(request.GET.get(name, "")) for name in ("q", "customer", "currency", "bucket")
    }
    by = request.GET.get("by", "")
    by = by if by in GROUPS else GROUPS[0]
    sort = request.GET.get("sort", "")
    sorts = INVOICE_SORTS if by == "invoice" else SUM_SORTS
    rep, page = request.GET.get("rep", ""), request.GET.get("page", "")
    is_rep = is_digits(rep, longest=18) or rep == str(NO_OWNER)
    return ReceivablesFilter(
        by=by,
        currency=asked["currency"].upper()[:3],
        words=asked["q"],
        customer=asked["customer"],
        rep=int(rep) if is_rep else None,
        bucket=Bucket(asked["bucket"]) if asked["bucket"] in set(Bucket) else None,
        sort=sort if sort.removeprefix("-") in sorts else USUAL_SORT[by],
        page=int(page) if is_digits(page, longest=6) else 1,
    )


@require_safe
@invoice_access_required
def receivables(request: HttpRequest, viewer: Viewer, connection: Connection) -> HttpResponse:
    """Show what is open by currency and lateness, with rows by customer, sales rep or invoice."""
    wanted = _wanted(request)
    context = receivables_context(viewer, connection, wanted=wanted, now=timezone.now())
    if wanted.customer:
        named = Customer.objects.filter(company=connection.company_id, qbo_id=wanted.customer)
        name = named.values_list("display_name", flat=True).first()
        context["customer_name"] = name or f"#{wanted.customer}"
    return render(request, "quickbooks/receivables.html", context)


@require_safe
@invoice_access_required
def receivables_csv(request: HttpRequest, viewer: Viewer, connection: Connection) -> StreamingHttpResponse:
    """Return the shown filter's rows, all pages of them, as a file that spreadsheets open as it is."""
    today = company_today(connection, now=timezone.now())
    wanted = _wanted(request)
    rows = export_rows(viewer, connection, wanted=wanted, today=today, safe=safe_cell)
    response = StreamingHttpResponse(
        _csv(export_heads(wanted), rows),
        content_type="text/csv; charset=utf-8",
        headers={"X-Accel-Buffering": "no"},
    )
    response["Content-Disposition"] = f'attachment; filename="receivables-{today.isoformat()}.csv"'
    return response


def _csv(heads: list[str], rows: Iterator[list[str]]) -> Iterator[str]:
    writer = csv.writer(Echo(), quoting=csv.QUOTE_ALL)
    # Without the mark spreadsheets read the file in an old code page.
    yield "\ufeff" + str(writer.writerow(heads))
    for row in rows:
        yield str(writer.writerow(row))
