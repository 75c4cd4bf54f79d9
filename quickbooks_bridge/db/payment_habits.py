"""How late customers pay, and the cash that this lets one expect: ranked and added up by the database, which has the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet

from quickbooks_bridge.domain.receivables import FEWEST_SETTLED, Habit, year_before
from quickbooks_bridge.models import Invoice, Payment

from .sql import quote

# The customer that stands for all of them.
EVERYBODY = ""

# A payment of zero only applies a credit memo: no money came, so it settles nothing here. An invoice counts with the last
# payment of money on it. `usual` is floored by way of a positive number, since both databases cut toward zero.
_HABITS = """
settled AS (
  SELECT i.customer_qbo_id AS customer, {days} AS days
  FROM (
    SELECT {of_part} AS invoice, MAX(p.txn_date) AS paid_on
    FROM {payment} p, {parts} part
    WHERE p.company_id = %s AND p.txn_date >= %s AND p.txn_date <= %s AND p.total > 0 AND NOT p.is_deleted
    GROUP BY 1
  ) paid
  JOIN {invoice} i ON i.company_id = %s AND i.qbo_id = paid.invoice
  WHERE i.balance <= 0 AND i.total > 0 AND NOT i.is_voided AND NOT i.is_deleted AND i.due_date IS NOT NULL
),
counted AS (
  SELECT customer, days FROM settled{only}
),
ranked AS (
  SELECT customer, days,
    ROW_NUMBER() OVER (PARTITION BY customer ORDER BY days) AS at,
    COUNT(*) OVER (PARTITION BY customer) AS settled
  FROM counted
),
habits AS (
  SELECT customer, settled,
    MAX(CASE WHEN at = (settled + 3) / 4 THEN days END) AS early,
    (MAX(CASE WHEN at = (settled + 1) / 2 THEN days END)
      + MAX(CASE WHEN at = (settled + 2) / 2 THEN days END) + 2000001) / 2 - 1000000 AS usual,
    MAX(CASE WHEN at = (3 * settled + 3) / 4 THEN days END) AS late
  FROM ranked WHERE settled >= %s
  GROUP BY customer, settled
)
"""
_EVERYBODYS = " UNION ALL SELECT '', days FROM settled"
_WORDS: dict[str, dict[str, str]] = {
    "sqlite": {
        "parts": "json_each(p.applied)",
        "of_part": "json_extract(part.value, '$.invoice')",
        "days": "CAST(julianday(paid.paid_on) - julianday(i.due_date) AS INTEGER)",
        "month": "strftime('%%Y-%%m', MAX(date(o.due_date, h.usual || ' days'), %s))",
    },
    "postgresql": {
        "parts": "jsonb_array_elements(p.applied)",
        "of_part": "part.value ->> 'invoice'",
        "days": "paid.paid_on - i.due_date",
        "month": "to_char(GREATEST(o.due_date + CAST(h.usual AS integer), CAST(%s AS date)), 'YYYY-MM')",
    },
}


@dataclass(frozen=True)
class ExpectedMonth:
    """What of a currency will probably come in within a month ("2026-03"); no month for what nothing is known of."""

    currency: str
    month: str | None
    count: int
    amount: Decimal


def _habits(
    company_id: int, today: date, *, only: str = "", values: Sequence[Any] = ()
) -> tuple[str, list[Any]]:
    """Return the common table expressions that end in `habits`, with their values; `only` narrows what is ranked."""
    text = _HABITS.format(
        payment=quote(Payment._meta.db_table),
        invoice=quote(Invoice._meta.db_table),
        only=only,
        **_WORDS[connections[DEFAULT_DB_ALIAS].vendor],
    )
    span = (year_before(today).isoformat(), today.isoformat())
    return text, [company_id, *span, company_id, *values, FEWEST_SETTLED]


def payment_habits(
    company_id: int, *, today: date, customers: Sequence[str] | None = None
) -> dict[str, Habit]:
    """Return how late customers paid within the last year by QuickBooks id, everybody under `EVERYBODY`: one statement.

    Whoever settled too few invoices is left out. Without `customers` all are returned.
    """
    only = ""
    if customers is not None:
        only = f" WHERE customer IN ({', '.join(['%s'] * len(customers)) or 'NULL'})"
    text, values = _habits(
        company_id,
        today,
        only=only + _EVERYBODYS,
        values=customers or (),
    )
    statement = f"WITH {text} SELECT customer, settled, early, usual, late FROM habits"  # noqa: S608
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(statement, values)
        return {row[0]: Habit(*map(int, row[1:])) for row in cursor.fetchall()}


def expected_months(open_invoices: QuerySet[Invoice], company_id: int, *, today: date) -> list[ExpectedMonth]:
    """Return when the open invoices of a query will probably be paid, by currency and month: one statement.

    Each invoice counts whole in the month in which half of its customer's payments have come, this one at the earliest.
    """
    text, values = _habits(company_id, today)
    words = _WORDS[connections[DEFAULT_DB_ALIAS].vendor]
    chosen = open_invoices.order_by().values("customer_qbo_id", "currency", "due_date", "balance")
    inner, inner_values = chosen.query.sql_with_params()
    # Cents as whole numbers: SQLite adds decimals as floats.
    statement = (
        f"WITH {text} SELECT o.currency, "  # noqa: S608 - names of our own, and a statement of the ORM
        f"CASE WHEN h.customer IS NULL OR o.due_date IS NULL THEN NULL ELSE {words['month']} END AS expected, "
        "COUNT(*), SUM(CAST(ROUND(o.balance * 100) AS BIGINT)) "
        f"FROM ({inner}) o LEFT JOIN habits h ON h.customer = o.customer_qbo_id "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    )
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(statement, [*values, today.isoformat(), *inner_values])
        rows = [
            ExpectedMonth(currency, month, count, Decimal(int(cents)).scaleb(-2))
            for currency, month, count, cents in cursor.fetchall()
        ]
    # What nothing is known of comes last on both databases.
    return sorted(rows, key=lambda row: (row.currency, row.month is None, row.month or ""))
