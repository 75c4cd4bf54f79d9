"""All invoices of a customer: one page of rows, counts by flag and sums; asks QuickBooks nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, Q, QuerySet, Sum

from deals.models import Deal
from quickbooks_bridge.domain.date_range import DateRange
from quickbooks_bridge.domain.money import parse_decimal
from quickbooks_bridge.domain.status import Status
from quickbooks_bridge.models import Connection, Invoice

from .deals import deal_totals, with_last_payment
from .invoices import with_status

SIZE = 50
SORTS = {
    "issued": "txn_date",
    "due": "due_date",
    "number": "doc_number",
    "total": "total",
    "balance": "balance",
}
CANDIDATES = 200


@dataclass(frozen=True)
class HistoryFilter:
    """What is looked for. `sort` is a key of `SORTS`, with a minus for descending; `words` number or amount."""

    range: DateRange = field(default_factory=DateRange)
    flag: str = ""
    words: str = ""
    sort: str = "-issued"
    page: int = 1


@dataclass(frozen=True)
class Sums:
    """Totals over live invoices in one currency, and what is outstanding by how late it is."""

    currency: str
    count: int
    invoiced: Decimal
    outstanding: Decimal
    open_count: int
    overdue: Decimal
    overdue_count: int
    not_due: Decimal
    late_30: Decimal
    late_60: Decimal
    late_more: Decimal

    @property
    def paid(self) -> Decimal:
        """What has been paid."""
        return self.invoiced - self.outstanding

    @property
    def paid_percent(self) -> int:
        """How much of what was invoiced is paid."""
        return int(self.paid * 100 / self.invoiced) if self.invoiced else 0


@dataclass(frozen=True)
class CustomerInvoices:
    """One page of rows (with `flag`), how many of each flag the range holds, sums, and what the foot adds up."""

    invoices: list[Invoice]
    counts: dict[str, int]
    sums: list[Sums]
    foot: list[Sums]
    count: int
    number: int

    @property
    def first(self) -> int:
        """Position of the first row shown."""
        return (self.number - 1) * SIZE + 1 if self.invoices else 0

    @property
    def last(self) -> int:
        """Position of the last row shown."""
        return self.first + len(self.invoices) - 1 if self.invoices else 0

    @property
    def has_next(self) -> bool:
        """Whether there is another page."""
        return self.last < self.count and bool(self.invoices)

    @property
    def next(self) -> int:
        """Number of the next page."""
        return self.number + 1

    @property
    def previous(self) -> int:
        """Number of the page before."""
        return self.number - 1

    is_capped = False


def invoices_of_customer(
    connection: Connection, customer_qbo_id: str, *, wanted: HistoryFilter, today: date
) -> CustomerInvoices:
    """Return the customer's invoices of the company, made here or in QuickBooks: four statements, however many."""
    rows = _matching(connection, customer_qbo_id, wanted, today=today)
    groups = _groups(rows, today=today)
    counts: dict[str, int] = {}
    for group in groups:
        counts[group["flag"]] = counts.get(group["flag"], 0) + group["count"]
    shown = [group for group in groups if wanted.flag in ("", group["flag"])]
    count = sum(group["count"] for group in shown)
    last_page = max(1, -(-count // SIZE))
    number = max(1, min(wanted.page, last_page))
    first = (number - 1) * SIZE
    ordered = _ordered(rows.filter(flag=wanted.flag) if wanted.flag else rows, wanted.sort)
    keys = list(ordered.values_list("pk", flat=True)[first : first + SIZE])
    found = with_last_payment(Invoice.objects.filter(pk__in=keys)).select_related("deal", "company")
    by_key = {invoice.pk: invoice for invoice in found} if keys else {}
    return CustomerInvoices(
        invoices=[by_key[key] for key in keys if key in by_key],
        counts=counts,
        sums=_sums(groups),
        foot=_sums(shown),
        count=count,
        number=number,
    )


def invoices_for_export(
    connection: Connection, customer_qbo_id: str, *, wanted: HistoryFilter, today: date
) -> Iterator[Invoice]:
    """Return all rows of the filter in its order, a few at a time."""
    rows = _matching(connection, customer_qbo_id, wanted, today=today)
    rows = rows.filter(flag=wanted.flag) if wanted.flag else rows
    return _ordered(rows, wanted.sort).select_related("deal", "company").iterator(chunk_size=500)


def _matching(
    connection: Connection, customer_qbo_id: str, wanted: HistoryFilter, *, today: date
) -> QuerySet[Any]:
    rows = Invoice.objects.filter(company=connection.company_id, customer_qbo_id=customer_qbo_id)
    if wanted.range.start:
        rows = rows.filter(txn_date__gte=wanted.range.start)
    if wanted.range.end:
        rows = rows.filter(txn_date__lte=wanted.range.end)
    if wanted.words:
        match = Q(doc_number__icontains=wanted.words)
        amount = parse_decimal(wanted.words.lstrip("$€£ ").removeprefix("kr"))
        if amount is not None and abs(amount) < 10**14:
            match |= Q(total=amount) | Q(balance=amount)
        rows = rows.filter(match)
    return with_status(rows, today=today)


def _ordered(rows: QuerySet[Any], sort: str) -> QuerySet[Any]:
    sign = "-" if sort.startswith("-") else ""
    column = SORTS.get(sort.removeprefix("-"), "txn_date")
    return rows.order_by(f"{sign}{column}", f"{sign}id")


def _groups(rows: QuerySet[Any], *, today: date) -> list[dict[str, Any]]:
    def owed(**when: Any) -> Sum:
        return Sum("balance", filter=Q(**when), default=Decimal(0), output_field=DecimalField())

    month, months = today - timedelta(days=30), today - timedelta(days=60)
    return list(
        rows.order_by()
        .values("flag", "currency")
        .annotate(
            count=Count("pk"),
            invoiced=Sum("total"),
            outstanding=Sum("balance"),
            open_count=Count("pk", filter=Q(balance__gt=0)),
            late=owed(due_date__lt=today),
            late_count=Count("pk", filter=Q(balance__gt=0, due_date__lt=today)),
            late_30=owed(due_date__lt=today, due_date__gte=month),
            late_60=owed(due_date__lt=month, due_date__gte=months),
            late_more=owed(due_date__lt=months),
        )
        .order_by("currency")
    )


def _sums(groups: list[dict[str, Any]]) -> list[Sums]:
    live = [group for group in groups if group["flag"] not in (Status.DELETED, Status.VOIDED)]
    found = []
    for currency in dict.fromkeys(group["currency"] for group in live):
        own = [group for group in live if group["currency"] == currency]

        def total(name: str, own: list[dict[str, Any]] = own) -> Any:
            return sum(group[name] for group in own)

        found.append(
            Sums(
                currency=currency,
                count=total("count"),
                invoiced=total("invoiced"),
                outstanding=total("outstanding"),
                open_count=total("open_count"),
                overdue=total("late"),
                overdue_count=total("late_count"),
                not_due=total("outstanding") - total("late"),
                late_30=total("late_30"),
                late_60=total("late_60"),
                late_more=total("late_more"),
            )
        )
    return found


def likely_part_of(
    deal: Deal, connection: Connection, customer_qbo_id: str, *, today: date, but_not: set[int]
) -> Invoice | None:
    """Return the newest unlinked live invoice of the customer that bills before tax exactly what the deal has left.

    Exact decimals decide, so the database only narrows down: no invoice below what is left can be it.
    """
    own = next((strip for strip in deal_totals(deal, today=today) if strip.currency == deal.currency), None)
    left = deal.value - (own.invoiced_net + own.converted_net if own else Decimal(0))
    if left <= 0:
        return None
    rows = (
        Invoice.objects.filter(
            company=connection.company_id,
            customer_qbo_id=customer_qbo_id,
            deal__isnull=True,
            is_voided=False,
            is_deleted=False,
            currency=deal.currency,
            total__gte=left,
        )
        .select_related("company")
        .exclude(pk__in=but_not)
        .order_by("-txn_date", "-id")[:CANDIDATES]
    )
    return next((row for row in rows if row.total - row.total_tax == left), None)
