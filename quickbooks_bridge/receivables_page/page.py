"""The receivables page: its chart, sums, expected cash and rows, from a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm_invoicing.ui.templatetags.ui import month_text
from deals.models import Member
from deals.viewer import Viewer
from quickbooks_bridge.db.payment_habits import EVERYBODY, ExpectedMonth, expected_months, payment_habits
from quickbooks_bridge.deal_page.invoice_rows import InvoiceRow, as_of, invoice_rows
from quickbooks_bridge.domain.receivables import Bucket, Habit, expected_cash
from quickbooks_bridge.models import Connection
from quickbooks_bridge.selectors.connections import company_today
from quickbooks_bridge.selectors.receivables import (
    NO_DEAL,
    NO_OWNER,
    Ageing,
    ReceivablesFilter,
    ReceivablesPage,
    SumRow,
    ageing_of,
    open_invoices,
    page_of_receivables,
    sees_some,
    unapplied_by_customer,
    unapplied_credit,
)

from .sort_heads import invoice_heads, sum_heads
from .words import bucket_label, cash_text, habit_text

# What the amount above the highest bar leaves of the chart's height, in percent.
HIGHEST = 84
# Months of expected cash that have a line each.
MONTHS = 4


@dataclass(frozen=True)
class AgeBar:
    """One bucket of the chart; `width` and `height` in percent of what there is, at least a hair where something is owed."""

    bucket: Bucket
    label: str
    amount: Decimal
    count: int
    width: int
    height: int


@dataclass(frozen=True)
class MonthOfCash:
    """What will probably come in within a month; `label` names it."""

    label: str
    amount: Decimal


@dataclass(frozen=True)
class CurrencyCard:
    """What is open in one currency: the chart, the sums, credit that is not applied yet, and expected cash."""

    ageing: Ageing
    bars: list[AgeBar]
    credit: Decimal
    months: list[MonthOfCash]


@dataclass(frozen=True)
class SumEntry:
    """A row by customer or sales rep: amounts by bucket, and what else is known of the customer."""

    row: SumRow
    name: str
    cells: list[Decimal | None]
    habit: str
    is_known: bool
    credit: Decimal


@dataclass(frozen=True)
class InvoiceEntry:
    """A row of one invoice, with when it will probably be paid."""

    row: InvoiceRow
    expected: str


def receivables_context(
    viewer: Viewer, connection: Connection, *, wanted: ReceivablesFilter, now: datetime
) -> dict[str, Any]:
    """Return what the page shows."""
    today = company_today(connection, now=now)
    ageing = ageing_of(viewer, connection, wanted=wanted, today=today)
    shown = [one for one in ageing if wanted.currency in ("", one.currency)]
    count = sum(one.groups for one in shown)
    page = page_of_receivables(viewer, connection, wanted=wanted, today=today, count=count)
    habits = payment_habits(connection.company_id, today=today, customers=_customers(page, wanted))
    reps = list(Member.objects.filter(account=viewer.account).values_list("pk", "name"))
    return {
        "wanted": wanted,
        "cards": _cards(viewer, connection, shown, wanted=wanted, today=today),
        "page": page,
        "entries": _entries(connection, page, habits, wanted=wanted, now=now, viewer=viewer),
        "sum_heads": sum_heads(wanted),
        "heads": invoice_heads(wanted),
        "foot": [_foot(one, wanted) for one in shown],
        "currencies": [one.currency for one in ageing],
        "reps": [*reps, (NO_DEAL, _("No deal")), (NO_OWNER, _("Deal without an owner"))],
        "pills": [
            (bucket, bucket_label(bucket), sum(one.counts[bucket] for one in shown)) for bucket in Bucket
        ],
        "everything": sum(one.count for one in shown),
        "as_of": as_of(connection, now=now),
        "usual": habit_text(habits.get(EVERYBODY)),
        "is_usual_known": EVERYBODY in habits,
    }


def _customers(page: ReceivablesPage, wanted: ReceivablesFilter) -> list[str]:
    if wanted.by == "invoice":
        return sorted({row.customer_qbo_id for row in page.invoices})
    return [row.key for row in page.sums] if wanted.by == "customer" else []


def _cards(
    viewer: Viewer, connection: Connection, shown: Sequence[Ageing], *, wanted: ReceivablesFilter, today: date
) -> list[CurrencyCard]:
    if not shown:
        return []
    rows = open_invoices(viewer, connection, wanted=wanted, today=today)
    months = expected_months(rows, connection.company_id, today=today)
    # Credit is a customer's and no deal's: it cannot be told whose deals it is for.
    is_whole = wanted.rep is None and not sees_some(viewer)
    credit = unapplied_credit(connection, wanted=wanted) if is_whole else {}
    return [
        CurrencyCard(
            one,
            _bars(one),
            credit.get(one.currency, Decimal(0)),
            _months([month for month in months if month.currency == one.currency]),
        )
        for one in shown
    ]


def _bars(ageing: Ageing) -> list[AgeBar]:
    most = max(ageing.amounts.values()) or Decimal(1)
    bars = []
    for bucket in Bucket:
        amount = ageing.amounts[bucket]
        width = max(1, int(amount * 100 / most)) if amount > 0 else 0
        height = max(2, int(amount * HIGHEST / most)) if amount > 0 else 0
        bars.append(AgeBar(bucket, bucket_label(bucket), amount, ageing.counts[bucket], width, height))
    return bars


def _months(months: list[ExpectedMonth]) -> list[MonthOfCash]:
    """Return the first months, what comes after them as one, and what nothing is known of."""
    known = [month for month in months if month.month is not None]
    later = known[MONTHS:]
    found = [_month(month) for month in known[:MONTHS]]
    if later:
        amount = sum((month.amount for month in later), Decimal(0))
        found.append(MonthOfCash(_("Later"), amount))
    return found + [_month(month) for month in months if month.month is None]


def _month(month: ExpectedMonth) -> MonthOfCash:
    if month.month is None:
        return MonthOfCash(_("Not enough known yet"), month.amount)
    year, number = map(int, month.month.split("-"))
    return MonthOfCash(month_text(date(year, number, 1)), month.amount)


def _foot(ageing: Ageing, wanted: ReceivablesFilter) -> dict[str, Any]:
    """Return the sums under the list, of the chosen bucket alone where one is chosen."""
    own = [bucket for bucket in Bucket if wanted.bucket in (None, bucket)]
    return {
        "currency": ageing.currency,
        "groups": ageing.groups,
        "cells": [_or_dash(ageing.amounts[bucket]) if bucket in own else None for bucket in Bucket],
        "outstanding": sum((ageing.amounts[bucket] for bucket in own), Decimal(0)),
    }


def _or_dash(amount: Decimal) -> Decimal | None:
    return amount or None


def _entries(
    connection: Connection,
    page: ReceivablesPage,
    habits: dict[str, Habit],
    *,
    wanted: ReceivablesFilter,
    viewer: Viewer,
    now: datetime,
) -> list[SumEntry] | list[InvoiceEntry]:
    if wanted.by == "invoice":
        today = company_today(connection, now=now)
        rows = invoice_rows(page.invoices, connection, viewer=viewer, now=now)
        return [InvoiceEntry(row, cash_text(_expected(row, habits, today), today=today)) for row in rows]
    is_customer = wanted.by == "customer"
    # What a customer has to apply is the company's to know, not of one deal.
    customers = [row.key for row in page.sums] if is_customer and not sees_some(viewer) else []
    credit = unapplied_by_customer(connection, customers) if customers else {}
    return [
        SumEntry(
            row=row,
            name=row_name(row, wanted.by),
            cells=[_or_dash(row.amounts[bucket]) for bucket in Bucket],
            habit=habit_text(habits.get(row.key)) if is_customer else "",
            is_known=row.key in habits,
            credit=credit.get((row.key, row.currency), Decimal(0)),
        )
        for row in page.sums
    ]


def _expected(row: InvoiceRow, habits: dict[str, Habit], today: date) -> Any:
    return expected_cash(row.invoice.due_date, habits.get(row.invoice.customer_qbo_id), today=today)


def row_name(row: SumRow, by: str) -> str:
    """Return the name of a customer or sales rep, or what stands for nobody."""
    nobody = {str(NO_DEAL): _("No deal"), str(NO_OWNER): _("Deal without an owner")}
    return nobody.get(row.key, row.name) if by == "rep" else row.name or f"#{row.key}"
