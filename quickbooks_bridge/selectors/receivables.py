"""Open invoices by how late they are: sums, rows by customer or sales rep, single invoices. The database adds up, not Python."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    DecimalField,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from deals.models import Deal
from deals.rights import visible_deals
from deals.viewer import Viewer
from quickbooks_bridge.domain.receivables import Bucket, due_range
from quickbooks_bridge.models import Connection, CreditMemo, Customer, Invoice, Payment

SIZE = 25
GROUPS = ("customer", "rep", "invoice")
SUM_SORTS = ("name", *(bucket.value for bucket in Bucket), "outstanding")
INVOICE_SORTS = {"number": "doc_number", "customer": "customer_name", "due": "due_date", "balance": "balance"}
USUAL_SORT = {"customer": "-outstanding", "rep": "-outstanding", "invoice": "due"}
# Whose deal it is, for invoices that nobody's is.
NO_DEAL, NO_OWNER = 0, -1
_CENT = Decimal("0.01")
# What a line of the file is made of: whole rows of invoice, deal and company take several times as long.
_EXPORTED = (
    *(
        "qbo_id",
        "doc_number",
        "customer_qbo_id",
        "customer_name",
        "currency",
        "txn_date",
        "due_date",
        "total",
    ),
    *("balance", "deposit", "is_voided", "is_deleted", "deal__title", "deal__owner__name"),
)


@dataclass(frozen=True)
class ReceivablesFilter:
    """What is looked for. `by` is one of `GROUPS`; `customer` a QuickBooks id, `rep` a member's key, `NO_DEAL` or `NO_OWNER`."""

    by: str = "customer"
    currency: str = ""
    words: str = ""
    customer: str = ""
    rep: int | None = None
    bucket: Bucket | None = None
    sort: str = "-outstanding"
    page: int = 1


@dataclass(frozen=True)
class Ageing:
    """What is open in one currency, by how late it is. `groups` is how many rows the list below has in it."""

    currency: str
    count: int
    customers: int
    groups: int
    amounts: dict[Bucket, Decimal]
    counts: dict[Bucket, int]

    @property
    def outstanding(self) -> Decimal:
        """What is open in all."""
        return sum(self.amounts.values(), Decimal(0))

    @property
    def overdue(self) -> Decimal:
        """What is late."""
        return self.outstanding - self.amounts[Bucket.NOT_DUE]

    @property
    def overdue_count(self) -> int:
        """How many invoices are late."""
        return self.count - self.counts[Bucket.NOT_DUE]

    @property
    def overdue_percent(self) -> int:
        """How much of what is open is late, in whole percent."""
        return int(self.overdue * 100 / self.outstanding) if self.outstanding else 0


@dataclass(frozen=True)
class SumRow:
    """What one customer or one sales rep has open in one currency; `key` is the customer's QuickBooks id or the member's key."""

    key: str
    name: str
    currency: str
    count: int
    amounts: dict[Bucket, Decimal]

    @property
    def outstanding(self) -> Decimal:
        """What is open in all."""
        return sum(self.amounts.values(), Decimal(0))

    @property
    def overdue(self) -> Decimal:
        """What is late."""
        return self.outstanding - self.amounts[Bucket.NOT_DUE]


@dataclass(frozen=True)
class ReceivablesPage:
    """A page of the list: `sums` by customer or rep, or `invoices`, and how many rows there are."""

    number: int
    count: int
    sums: list[SumRow] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)

    is_capped = False

    @property
    def _shown(self) -> int:
        return len(self.sums) or len(self.invoices)

    @property
    def first(self) -> int:
        """Position of the first row shown."""
        return (self.number - 1) * SIZE + 1 if self._shown else 0

    @property
    def last(self) -> int:
        """Position of the last row shown."""
        return self.first + self._shown - 1 if self._shown else 0

    @property
    def has_next(self) -> bool:
        """Whether there is another page."""
        return 0 < self.last < self.count

    @property
    def next(self) -> int:
        """Number of the next page."""
        return self.number + 1

    @property
    def previous(self) -> int:
        """Number of the page before."""
        return self.number - 1


def open_invoices(
    viewer: Viewer, connection: Connection, *, wanted: ReceivablesFilter, today: date
) -> QuerySet[Any]:
    """Return the invoices of the filter on which something is open; who sees only some deals sees only theirs."""
    rows = _within(viewer, connection, wanted)
    rows = rows.filter(currency=wanted.currency) if wanted.currency else rows
    return rows.filter(_in(wanted.bucket, today)) if wanted.bucket else rows


def _within(viewer: Viewer, connection: Connection, wanted: ReceivablesFilter) -> QuerySet[Any]:
    """Return the same in all currencies and however late."""
    rows: QuerySet[Any] = Invoice.objects.filter(
        company=connection.company_id, is_deleted=False, is_voided=False, balance__gt=0
    )
    if sees_some(viewer):
        rows = rows.filter(Exists(Deal.objects.filter(visible_deals(viewer), pk=OuterRef("deal"))))
    if wanted.customer:
        rows = rows.filter(customer_qbo_id=wanted.customer)
    if wanted.words:
        rows = rows.filter(customer_name__icontains=wanted.words)
    if wanted.rep == NO_DEAL:
        rows = rows.filter(deal__isnull=True)
    elif wanted.rep == NO_OWNER:
        rows = rows.filter(deal__isnull=False, deal__owner__isnull=True)
    elif wanted.rep is not None:
        rows = rows.filter(deal__owner=wanted.rep)
    return rows


def sees_some(viewer: Viewer) -> bool:
    """Return whether the viewer sees some deals only."""
    return bool(visible_deals(viewer))


def _in(bucket: Bucket, today: date) -> Q:
    """Return the condition that an invoice falls into a bucket."""
    due = due_range(bucket, today=today)
    found = Q()
    if due.first is not None:
        found &= Q(due_date__gte=due.first)
    if due.last is not None:
        found &= Q(due_date__lte=due.last)
    return found | Q(due_date__isnull=True) if due.has_undated else found


def _sums(today: date) -> dict[str, Any]:
    return {
        bucket.value: Sum(
            "balance", filter=_in(bucket, today), default=Decimal(0), output_field=DecimalField()
        )
        for bucket in Bucket
    }


def _amounts(row: dict[str, Any]) -> dict[Bucket, Decimal]:
    # SQLite adds up floats: to the cent they are right.
    return {bucket: Decimal(row[bucket.value]).quantize(_CENT) for bucket in Bucket}


def _keyed(rows: QuerySet[Any], by: str) -> QuerySet[Any]:
    """Annotate `key` and what its name is read from: the customer, or whose deal it is."""
    key: Any = F("customer_qbo_id")
    nobody = Case(
        When(deal__isnull=True, then=Value(NO_DEAL)), default=Value(NO_OWNER), output_field=IntegerField()
    )
    if by == "rep":
        key = Coalesce(F("deal__owner_id"), nobody, output_field=IntegerField())
    keyed: QuerySet[Any] = rows.annotate(key=key)
    return keyed


def ageing_of(
    viewer: Viewer, connection: Connection, *, wanted: ReceivablesFilter, today: date
) -> list[Ageing]:
    """Return what is open by currency and lateness, the company's own currency first: one statement.

    Currency and lateness of the filter do not narrow it: they choose among what it shows.
    """
    shown = _in(wanted.bucket, today) if wanted.bucket else Q()
    counted = "pk" if wanted.by == "invoice" else "key"
    groups = (
        _keyed(_within(viewer, connection, wanted), wanted.by)
        .order_by()
        .values("currency")
        .annotate(
            **_sums(today),
            **{f"{bucket}_count": Count("pk", filter=_in(bucket, today)) for bucket in Bucket},
            count=Count("pk"),
            customers=Count("customer_qbo_id", distinct=True),
            groups=Count(counted, distinct=True, filter=shown),
        )
    )
    found = [
        Ageing(
            row["currency"],
            row["count"],
            row["customers"],
            row["groups"],
            _amounts(row),
            {bucket: row[f"{bucket}_count"] for bucket in Bucket},
        )
        for row in groups
    ]
    home = connection.company.home_currency
    return sorted(found, key=lambda one: (one.currency != home, one.currency))


def page_of_receivables(
    viewer: Viewer, connection: Connection, *, wanted: ReceivablesFilter, today: date, count: int
) -> ReceivablesPage:
    """Return a page of the list, of which `ageing_of` has counted `count` rows: one statement."""
    number = max(1, min(wanted.page, -(-count // SIZE)))
    part = slice((number - 1) * SIZE, number * SIZE)
    if wanted.by == "invoice":
        rows = _ordered_invoices(viewer, connection, wanted, today)
        return ReceivablesPage(number, count, invoices=list(rows[part]))
    return ReceivablesPage(
        number,
        count,
        sums=[_row(row) for row in _ordered_sums(viewer, connection, wanted, today)[part]],
    )


def receivables_export(
    viewer: Viewer, connection: Connection, *, wanted: ReceivablesFilter, today: date
) -> Iterator[SumRow] | Iterator[Invoice]:
    """Return all rows of the filter in its order, a few at a time."""
    if wanted.by == "invoice":
        rows = _ordered_invoices(viewer, connection, wanted, today)
        return (
            rows.select_related(None).select_related("deal__owner").only(*_EXPORTED).iterator(chunk_size=500)
        )
    return map(_row, _ordered_sums(viewer, connection, wanted, today).iterator(chunk_size=500))


def _row(row: dict[str, Any]) -> SumRow:
    return SumRow(str(row["key"]), row["name"] or "", row["currency"], row["count"], _amounts(row))


def _ordered_sums(
    viewer: Viewer, connection: Connection, wanted: ReceivablesFilter, today: date
) -> QuerySet[Any, Any]:
    rows = _keyed(open_invoices(viewer, connection, wanted=wanted, today=today), wanted.by)
    name = Max("deal__owner__name") if wanted.by == "rep" else Max("customer_name")
    summed: QuerySet[Any, Any] = (
        rows.order_by()
        .values("key", "currency")
        .annotate(**_sums(today), outstanding=Sum("balance"), count=Count("pk"), name=name)
    )
    sign, key = ("-" if wanted.sort.startswith("-") else ""), wanted.sort.removeprefix("-")
    key = key if key in SUM_SORTS else "outstanding"
    # Amounts of different currencies do not compare: each currency has its own order.
    apart = () if key == "name" else (_home_first(connection), "currency")
    return summed.order_by(*apart, f"{sign}{key}", "key", "currency")


def _ordered_invoices(
    viewer: Viewer, connection: Connection, wanted: ReceivablesFilter, today: date
) -> QuerySet[Any]:
    rows = open_invoices(viewer, connection, wanted=wanted, today=today)
    key = INVOICE_SORTS.get(wanted.sort.removeprefix("-"), "due_date")
    is_down = wanted.sort.startswith("-")
    order = F(key).desc(nulls_last=True) if is_down else F(key).asc(nulls_last=True)
    apart = (_home_first(connection), "currency") if key == "balance" else ()
    return rows.order_by(*apart, order, "-id" if is_down else "id").select_related("company", "deal__owner")


def _home_first(connection: Connection) -> Case:
    home = connection.company.home_currency
    return Case(When(currency=home, then=Value(0)), default=Value(1), output_field=IntegerField())


def unapplied_credit(connection: Connection, *, wanted: ReceivablesFilter) -> dict[str, Decimal]:
    """Return what customers have paid or been credited that settles nothing yet, by currency: one statement."""
    customers: Any = [wanted.customer] if wanted.customer else None
    if wanted.words:
        named = Customer.objects.filter(company=connection.company_id, display_name__icontains=wanted.words)
        customers = (named.filter(qbo_id=wanted.customer) if wanted.customer else named).values("qbo_id")
    found: dict[str, Decimal] = {}
    for _customer, currency, amount in _credit(connection, customers):
        found[currency] = found.get(currency, Decimal(0)) + Decimal(amount).quantize(_CENT)
    return found


def unapplied_by_customer(
    connection: Connection, customers: list[str] | None = None
) -> dict[tuple[str, str], Decimal]:
    """Return the same of some customers, or of all, by customer and currency: one statement."""
    found: dict[tuple[str, str], Decimal] = {}
    for customer, currency, amount in _credit(connection, customers):
        key = (customer, currency)
        found[key] = found.get(key, Decimal(0)) + Decimal(amount).quantize(_CENT)
    return found


def _credit(connection: Connection, customers: Any) -> Iterable[tuple[str, str, Decimal]]:
    """Return customer, currency and what is left of payments and, apart, of credit memos; of all for None."""
    parts: list[QuerySet[Any, Any]] = []
    for model, left in ((Payment, "unapplied"), (CreditMemo, "remaining")):
        rows: Any = model._default_manager.filter(
            company=connection.company_id, is_deleted=False, **{f"{left}__gt": 0}
        )
        rows = rows if customers is None else rows.filter(customer_qbo_id__in=customers)
        parts.append(rows.order_by().values_list("customer_qbo_id", "currency").annotate(amount=Sum(left)))
    return parts[0].union(parts[1], all=True)
