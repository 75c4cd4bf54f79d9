"""The status of stored invoices."""

from datetime import date

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When

from quickbooks_bridge.domain.alarms import Alarm
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


# Stands in `Invoice.alarm` once somebody has looked.
CHECKED = "checked"


def alarm_of(invoice: Invoice) -> str:
    """Return what is odd about an invoice (domain.alarms.Alarm), "" for nothing or for what was checked.

    Any foreign invoice that is booked one to one is odd, whoever made it.
    """
    if invoice.is_voided or invoice.is_deleted or invoice.alarm == CHECKED:
        return ""
    is_foreign = invoice.currency != invoice.company.home_currency
    return invoice.alarm or (Alarm.RATE_ONE if is_foreign and invoice.exchange_rate == 1 else "")


def has_alarm() -> Q:
    """Return the same rule as a condition on invoices."""
    booked_at_one = Q(alarm="", exchange_rate=1) & ~Q(currency=F("company__home_currency"))
    return Q(is_voided=False, is_deleted=False) & (~Q(alarm__in=("", CHECKED)) | booked_at_one)
