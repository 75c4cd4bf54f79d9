"""What customers owe: balance by customer, and how long it has been due."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from qbo_emulator.core import ledger
from qbo_emulator.core.field_values import cents, reference_id, stored
from qbo_emulator.core.store import Company
from qbo_emulator.json_codec import Doc
from qbo_emulator.reports.layout import Period, columns, data_row, report, result

AGES = ("Current", "1 - 30", "31 - 60", "61 - 90", "91 and over")


def _owed(company: Company, day: date) -> dict[str, list[Decimal]]:
    """By customer id what is open in home currency by age on a day; credit that is left counts as current."""
    found: dict[str, list[Decimal]] = {}
    for kind in ("Invoice", "CreditMemo", "Payment"):
        for row in company.table(kind).rows.values():
            data = row.data
            amount = cents(ledger.open_part(row) * stored(data.get("ExchangeRate") or 1))
            if not amount or str(data["TxnDate"]) > day.isoformat():
                continue
            late = (day - date.fromisoformat(data["DueDate"])).days if kind == "Invoice" else 0
            place = 0 if late <= 0 else min((late - 1) // 30 + 1, len(AGES) - 1)
            found.setdefault(str(reference_id(data.get("CustomerRef"))), [Decimal(0)] * len(AGES))
            found[str(reference_id(data.get("CustomerRef")))][place] += amount
    return found


def _by_name(company: Company, found: dict[str, list[Decimal]]) -> list[tuple[str, str, list[Decimal]]]:
    named = []
    for qbo_id, amounts in found.items():
        row = company.row("Customer", qbo_id)
        named.append((str(row.data["FullyQualifiedName"]) if row else "Not specified", qbo_id, amounts))
    return sorted(named, key=lambda entry: entry[0].casefold())


def customer_balance(company: Company, whole: Period, basis: str, now: datetime) -> Doc:
    """CustomerBalance: a row for every customer that owes something or has credit."""
    named = _by_name(company, _owed(company, whole.end))
    rows = [data_row(name, [sum(amounts, Decimal(0))], qbo_id) for name, qbo_id, amounts in named]
    total = sum((sum(amounts, Decimal(0)) for _, _, amounts in named), Decimal(0))
    if rows:
        rows.append(result("TOTAL", "GrandTotal", [total]))
    body: Doc = {
        "Columns": columns("", "Customer", [whole], dated=False),
        "Rows": {"Row": rows} if rows else {},
    }
    return report(company, "CustomerBalance", whole, now, body=body, summarized="Total", basis=basis)


def aged_receivables(company: Company, whole: Period, basis: str, now: datetime) -> Doc:
    """AgedReceivables: what is open by how long it has been due, customer by customer."""
    named = _by_name(company, _owed(company, whole.end))
    rows = [data_row(name, [*amounts, sum(amounts, Decimal(0))], qbo_id) for name, qbo_id, amounts in named]
    totals = [sum((amounts[place] for _, _, amounts in named), Decimal(0)) for place in range(len(AGES))]
    if rows:
        rows.append(result("TOTAL", "GrandTotal", [*totals, sum(totals, Decimal(0))]))
    ages = [Period(whole.start, whole.end, title) for title in (*AGES, "Total")]
    body: Doc = {
        "Columns": columns("", "Customer", ages, dated=False),
        "Rows": {"Row": rows} if rows else {},
    }
    return report(company, "AgedReceivables", whole, now, body=body, summarized="Total", basis=basis)
