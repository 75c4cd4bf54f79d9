"""Reads behind a deal's Invoice tab and sidebar card: a fixed number of statements, whatever the deal has."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, Func, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value, When

from deals.models import Account, Deal
from quickbooks_bridge.domain.credits import credited
from quickbooks_bridge.models import Connection, DealReadiness, Invoice, InvoiceIntent, Payment

# Most deals have fewer; what a page costs is mostly its rows.
PAGE = 10
LONGEST_PAGE = 200
OPEN_INTENT_STATES = (InvoiceIntent.State.PENDING, InvoiceIntent.State.SENDING, InvoiceIntent.State.UNKNOWN)
CREDIT_METHOD = "credit memo"


@dataclass(frozen=True)
class DealInvoices:
    """The newest invoices of a deal: one page of them, and how many there are."""

    invoices: list[Invoice]
    total: int
    first: int = 1

    @property
    def last(self) -> int:
        """The number of the last one shown."""
        return self.first + len(self.invoices) - 1


@dataclass(frozen=True)
class DealIntents:
    """What was sent for a deal and is no invoice yet: unfinished, and refused after the person had left the form."""

    unfinished: list[InvoiceIntent]
    refused: list[InvoiceIntent]

    @staticmethod
    def of(rows: Sequence[InvoiceIntent]) -> "DealIntents":
        """Sort the rows of `open_intents`."""
        return DealIntents(
            [row for row in rows if row.state in OPEN_INTENT_STATES],
            [row for row in rows if row.state == InvoiceIntent.State.REJECTED],
        )


def open_intents(deal_pk: int) -> QuerySet[InvoiceIntent]:
    """Return a deal's unfinished intents and those refused in the background that nobody has dismissed, newest first."""
    refused = Q(state=InvoiceIntent.State.REJECTED, dismissed_at__isnull=True)
    return InvoiceIntent.objects.filter(Q(state__in=OPEN_INTENT_STATES) | refused, deal=deal_pk).order_by(
        "-id"
    )


class _Elements(Func):
    """The texts of a JSON array as the rows of a subquery."""

    template = "(SELECT value FROM json_each(%(expressions)s))"

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Return the same in PostgreSQL's words."""
        return self.as_sql(
            compiler, connection, template="(SELECT jsonb_array_elements_text(%(expressions)s))", **extra
        )


def with_last_payment(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Annotate `paid_on` and `paid_by`: date and method of the last payment that settles the invoice."""
    last = Payment.objects.filter(
        company=OuterRef("company"),
        qbo_id__in=_Elements(OuterRef("payment_qbo_ids")),
        is_deleted=False,
    ).order_by("-txn_date", "-id")
    return invoices.annotate(
        paid_on=Subquery(last.values("txn_date")[:1]),
        paid_by=Subquery(
            # QuickBooks applies a credit memo by a payment of zero, whose method says nothing.
            last.values(by=Case(When(total=0, then=Value(CREDIT_METHOD)), default="method"))[:1]
        ),
    )


def invoices_of_deal(deal_pk: int) -> QuerySet[Invoice]:
    """Return a deal's invoices with their last payments, newest first."""
    rows = Invoice.objects.filter(deal=deal_pk).select_related("company")
    return with_last_payment(rows).order_by("-txn_date", "-id")


def payments_of(connection: Connection, invoices: Iterable[Invoice]) -> dict[str, list[Payment]]:
    """Return the mirrored payments of many invoices by the invoice's QuickBooks id, latest last: one statement."""
    by_payment: dict[str, list[str]] = {}
    for invoice in invoices:
        if invoice.company_id == connection.company_id:
            for payment_id in invoice.payment_qbo_ids:
                by_payment.setdefault(str(payment_id), []).append(invoice.qbo_id)
    found: dict[str, list[Payment]] = {}
    if not by_payment:
        return found
    rows = Payment.objects.filter(
        company=connection.company_id,
        qbo_id__in=by_payment,
        is_deleted=False,
    )
    for payment in rows.order_by("txn_date", "id"):
        for qbo_id in by_payment[payment.qbo_id]:
            found.setdefault(qbo_id, []).append(payment)
    return found


def credit_in(payment: Payment, amount: Decimal) -> Decimal:
    """Return how much of the amount that a payment settles came from credit memos."""
    applied = sum((Decimal(part["amount"]) for part in payment.applied), Decimal(0))
    return min(credited(total=payment.total, unapplied=payment.unapplied, applied=applied), amount)


def applied_to(payment: Payment, invoice_qbo_id: str) -> Decimal:
    """Return how much of a payment settles one invoice, all of it when QuickBooks did not say."""
    parts = [Decimal(part["amount"]) for part in payment.applied if part["invoice"] == invoice_qbo_id]
    return sum(parts, Decimal(0)) if parts else payment.total


@dataclass(frozen=True)
class DealTotals:
    """Sums over a deal's live invoices in one currency; `invoiced_net` is before tax.

    `unconfirmed` and `unconfirmed_net` are what was sent and not confirmed yet: part of no other sum.
    """

    currency: str
    count: int = 0
    invoiced: Decimal = Decimal(0)
    invoiced_net: Decimal = Decimal(0)
    outstanding: Decimal = Decimal(0)
    overdue: Decimal = Decimal(0)
    overdue_count: int = 0
    overdue_since: date | None = None
    unconfirmed: Decimal = Decimal(0)
    unconfirmed_net: Decimal = Decimal(0)
    # Billed in other currencies, sent or confirmed, at the rates that were stated then.
    converted_net: Decimal = Decimal(0)
    # Of the deal's customer, whichever deal it was paid for: part of no other sum.
    unused_credit: Decimal = Decimal(0)

    @property
    def billed_net(self) -> Decimal:
        """What of a deal is billed or about to be, before tax, in whatever currency."""
        return self.invoiced_net + self.unconfirmed_net + self.converted_net

    @property
    def paid(self) -> Decimal:
        """What was paid of it."""
        return self.invoiced - self.outstanding


def sums_of_deal(deal_pk: int, *, today: date) -> QuerySet[Any, Any]:
    """Add up a deal's invoices by currency, the live ones and those that are none apart; read from one index alone."""
    late = Q(due_date__lt=today, balance__gt=0)
    return (
        Invoice.objects.filter(deal=deal_pk)
        .values("is_deleted", "is_voided", "currency")
        .annotate(
            count=Count("pk"),
            invoiced=Sum("total"),
            tax=Sum("total_tax"),
            converted=Sum("deal_net"),
            outstanding=Sum("balance"),
            overdue=Sum("balance", filter=late, default=Decimal(0)),
            overdue_count=Count("pk", filter=late),
            overdue_since=Min("due_date", filter=late),
        )
        .order_by()
    )


def totals_by_currency(
    deal: Deal,
    sums: Iterable[dict[str, Any]],
    unfinished: Sequence[InvoiceIntent] = (),
    *,
    credit: tuple[str, Decimal] = ("", Decimal(0)),
) -> list[DealTotals]:
    """Return one strip per currency of the deal out of `sums_of_deal`, its own first, also when nothing is invoiced.

    `credit` is a currency and what the deal's customer has not used of it.
    """
    live = {row["currency"]: row for row in sums if not row["is_deleted"] and not row["is_voided"]}
    currencies = {deal.currency, *live, *(intent.currency for intent in unfinished)}
    credit_currency, unused = credit
    currencies |= {credit_currency} if unused else set()
    others = [row["converted"] for code, row in live.items() if code != deal.currency]
    others += [intent.deal_net for intent in unfinished if intent.currency != deal.currency]
    converted = sum((amount for amount in others if amount is not None), Decimal(0))
    strips = []
    for currency in sorted(currencies, key=lambda code: (code != deal.currency, code)):
        waiting = [intent for intent in unfinished if intent.currency == currency]
        strip = DealTotals(
            currency,
            unconfirmed=sum((intent.expected_total for intent in waiting), Decimal(0)),
            unconfirmed_net=sum((intent_net(intent) for intent in waiting), Decimal(0)),
            converted_net=converted if currency == deal.currency else Decimal(0),
            unused_credit=unused if currency == credit_currency else Decimal(0),
        )
        row = live.get(currency)
        if row is not None:
            strip = replace(
                strip,
                count=row["count"],
                invoiced=row["invoiced"],
                invoiced_net=row["invoiced"] - row["tax"],
                outstanding=row["outstanding"],
                overdue=row["overdue"],
                overdue_count=row["overdue_count"],
                overdue_since=row["overdue_since"],
            )
        strips.append(strip)
    return strips


def deal_totals(deal: Deal, *, today: date) -> list[DealTotals]:
    """Return the deal's strips without what is not confirmed: one statement."""
    return totals_by_currency(deal, sums_of_deal(deal.pk, today=today))


def intent_net(intent: InvoiceIntent) -> Decimal:
    """Return what an intent bills before tax."""
    return intent.expected_total - (intent.expected_tax or Decimal(0))


def overdue_of_deal(deal: Deal, *, today: date, limit: int) -> list[Invoice]:
    """Return the deal's unpaid invoices whose due date has passed, the latest to become late first."""
    return list(
        Invoice.objects.filter(
            deal=deal, is_deleted=False, is_voided=False, balance__gt=0, due_date__lt=today
        )
        .select_related("company")
        .only("qbo_id", "company__realm_id", "doc_number", "currency", "total", "balance", "due_date")
        .order_by("-due_date", "-id")[:limit]
    )


def lacking_counts(account: Account) -> dict[str, int]:
    """Return how many deals of the last check lack what is mapped, by place; one statement."""
    places = ("address", "email", "tax_id")
    found = DealReadiness.objects.filter(account=account).aggregate(
        **{place: Count("pk", filter=Q(lacks__contains=f" {place} ")) for place in places}
    )
    return {place: count for place, count in found.items() if count}
