"""The status of stored invoices."""

from datetime import date

from django.db.models import Case, CharField, F, QuerySet, Value, When

from quickbooks_bridge.domain.status import InvoiceFacts, Status, derive_status
from quickbooks_bridge.models import (
    Invoice,
)


def status_facts(invoice: Invoice) -> InvoiceFacts:
    """Return what the status follows from."""
    return InvoiceFacts(
        total=invoice.total,
        balance=invoice.balance,
        due_date=invoice.due_date,
        deposit=invoice.deposit,
        is_voided=invoice.is_voided,
        is_deleted=invoice.is_deleted,
    )


def invoice_status(invoice: Invoice, *, today: date) -> Status:
    """Return the flag of a stored invoice."""
    return derive_status(status_facts(invoice), today=today)


def with_status(invoices: QuerySet[Invoice], *, today: date) -> QuerySet[Invoice]:
    """Annotate `flag`: the same rule as domain/status.py, once more in SQL for filters and sums."""
    return invoices.annotate(
        flag=Case(
            When(is_deleted=True, then=Value(Status.DELETED)),
            When(is_voided=True, then=Value(Status.VOIDED)),
            When(balance__lte=0, then=Value(Status.PAID)),
            When(due_date__lt=today, then=Value(Status.OVERDUE)),
            When(balance__lt=F("total") - F("deposit"), then=Value(Status.PARTIALLY_PAID)),
            default=Value(Status.OPEN),
            output_field=CharField(),
        )
    )
