"""All invoices of the linked customer, those made in QuickBooks too."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from deals.viewer import Viewer
from quickbooks_bridge.access import deal_of, owner_required
from quickbooks_bridge.customer_history import invoices_of_customer
from quickbooks_bridge.domain.status import Status
from quickbooks_bridge.models import Connection
from quickbooks_bridge.presenters import as_of, invoice_rows
from quickbooks_bridge.selectors import company_today, linked_customer

SIZE = 50


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@owner_required
def all_invoices(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Show the customer's invoices in a range of issue dates, with totals and counts by flag."""
    deal = deal_of(viewer, deal_pk)
    now = timezone.now()
    today = company_today(connection, now=now)
    customer = linked_customer(deal, connection.realm_id)
    start = _day(request.GET.get("from", "")) if "from" in request.GET else today - timedelta(days=365)
    end = _day(request.GET.get("to", ""))
    flag = request.GET.get("status", "")
    flag = flag if flag in set(Status) else ""
    number = request.GET.get("page", "1")
    page = int(number) if number.isdigit() and 0 < len(number) < 5 and int(number) else 1
    context: dict[str, Any] = {
        "deal": deal,
        "customer": customer,
        "connection": connection,
        "start": start,
        "end": end,
    }
    if customer is not None:
        found = invoices_of_customer(
            connection, customer.qbo_id, start=start, end=end, flag=flag, today=today, page=page, size=SIZE
        )
        context |= {
            "found": found,
            "rows": invoice_rows(found.invoices, connection, now=now),
            "flag": flag,
            "flags": [
                (status.value, found.counts[status.value]) for status in Status if status in found.counts
            ],
            "everything": sum(found.counts.values()),
            "as_of": as_of(connection),
            "next_page": page + 1 if page * SIZE < found.total_count else None,
            "previous_page": page - 1,
        }
    return render(request, "quickbooks/all_invoices.html", context)
