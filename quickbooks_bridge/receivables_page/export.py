"""The rows of the receivables page as cells of a CSV file, one row after the other."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import cast

from django.utils.translation import gettext as _

from deals.viewer import Viewer
from quickbooks_bridge.db.payment_habits import payment_habits
from quickbooks_bridge.deal_page.status_words import status_words
from quickbooks_bridge.domain.due_dates import days_late
from quickbooks_bridge.domain.receivables import Bucket, Habit, expected_cash
from quickbooks_bridge.domain.status import paid_share
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.selectors.invoices import invoice_status, status_facts
from quickbooks_bridge.selectors.receivables import (
    ReceivablesFilter,
    SumRow,
    receivables_export,
    sees_some,
    unapplied_by_customer,
)

from .page import row_name
from .words import bucket_label

Safe = Callable[[str], str]


def export_heads(wanted: ReceivablesFilter) -> list[str]:
    """Return the names of the columns."""
    if wanted.by == "invoice":
        return [
            _("Invoice"), _("Status"), _("Customer"), _("Sales rep"), _("Deal"), _("Issued"), _("Due"), _("Days late"),
            _("Currency"), _("Total"), _("Balance"), _("Expected from"), _("Expected to"),
        ]  # fmt: skip
    name = _("Sales rep") if wanted.by == "rep" else _("Customer")
    heads = [name, _("Currency"), *map(bucket_label, Bucket), _("Outstanding"), _("Invoices")]
    return heads if wanted.by == "rep" else [*heads, _("Usual days late"), _("Credit to apply")]


def export_rows(
    viewer: Viewer, connection: Connection, *, wanted: ReceivablesFilter, today: date, safe: Safe
) -> Iterator[list[str]]:
    """Return the cells of all rows of the filter, made as they are asked for; texts of people go through `safe`."""
    habits = payment_habits(connection.company_id, today=today) if wanted.by != "rep" else {}
    rows = receivables_export(viewer, connection, wanted=wanted, today=today)
    if wanted.by == "invoice":
        for invoice in cast("Iterator[Invoice]", rows):
            yield _invoice_cells(invoice, habits.get(invoice.customer_qbo_id), today=today, safe=safe)
        return
    is_whole = wanted.by == "customer" and not sees_some(viewer)
    credit = unapplied_by_customer(connection) if is_whole else {}
    for row in cast("Iterator[SumRow]", rows):
        cells = [safe(row_name(row, wanted.by)), row.currency]
        cells += [str(row.amounts[bucket]) for bucket in Bucket]
        cells += [str(row.outstanding), str(row.count)]
        if wanted.by == "customer":
            habit = habits.get(row.key)
            own = credit.get((row.key, row.currency))
            cells += [str(habit.usual) if habit else "", str(own) if own else ""]
        yield cells


def _invoice_cells(invoice: Invoice, habit: Habit | None, *, today: date, safe: Safe) -> list[str]:
    expected = expected_cash(invoice.due_date, habit, today=today)
    deal = invoice.deal
    return [
        safe(invoice.doc_number or f"#{invoice.qbo_id}"),
        status_words(invoice_status(invoice, today=today), paid_share(status_facts(invoice))),
        safe(invoice.customer_name),
        safe(deal.owner.name) if deal and deal.owner else "",
        safe(deal.title) if deal else "",
        invoice.txn_date.isoformat(),
        invoice.due_date.isoformat() if invoice.due_date else "",
        str(days_late(invoice.due_date, today=today)),
        invoice.currency,
        str(invoice.total),
        str(invoice.balance),
        expected.first.isoformat() if expected else "",
        expected.last.isoformat() if expected else "",
    ]
