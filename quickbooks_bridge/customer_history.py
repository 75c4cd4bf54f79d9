"""All invoices of a customer: rows, counts and sums; asks QuickBooks nothing."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from quickbooks_bridge.domain.status import Status
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.selectors import with_status


@dataclass(frozen=True)
class CustomerInvoices:
    """All invoices of a customer in a range: rows (newest first), how many have each flag, and their sums."""

    invoices: list[Invoice]
    counts: dict[str, int]
    invoiced: Decimal
    paid: Decimal
    outstanding: Decimal
    overdue: Decimal
    total_count: int


def invoices_of_customer(
    connection: Connection,
    customer_qbo_id: str,
    *,
    start: date | None,
    end: date | None,
    flag: str,
    today: date,
    page: int = 1,
    size: int = 50,
) -> CustomerInvoices:
    """Give the customer's invoices of the company, made here or in QuickBooks, dated within the range."""
    rows = Invoice.objects.filter(
        account_id=connection.account_id, realm_id=connection.realm_id, customer_qbo_id=customer_qbo_id
    )
    if start:
        rows = rows.filter(txn_date__gte=start)
    if end:
        rows = rows.filter(txn_date__lte=end)
    flagged: QuerySet[Any] = with_status(rows, today=today)
    sums: dict[str, dict[str, Decimal]] = {}
    counts: dict[str, int] = {}
    for row in flagged.values("flag").annotate(count=Count("pk"), total=Sum("total"), balance=Sum("balance")):
        counts[row["flag"]] = row["count"]
        sums[row["flag"]] = {"total": row["total"], "balance": row["balance"]}
    live = [value for key, value in sums.items() if key not in {Status.DELETED, Status.VOIDED}]
    shown = flagged.filter(flag=flag) if flag else flagged
    first = (page - 1) * size
    invoices = list(shown.select_related("deal").order_by("-txn_date", "-id")[first : first + size])
    invoiced = sum((row["total"] for row in live), Decimal(0))
    outstanding = sum((row["balance"] for row in live), Decimal(0))
    return CustomerInvoices(
        invoices=invoices,
        counts=counts,
        invoiced=invoiced,
        paid=invoiced - outstanding,
        outstanding=outstanding,
        overdue=sums.get(Status.OVERDUE, {}).get("balance", Decimal(0)),
        total_count=counts.get(flag, 0) if flag else sum(counts.values()),
    )
