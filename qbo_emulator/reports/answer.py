"""Which report is asked for, over which period."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from qbo_emulator.core.field_values import date_in
from qbo_emulator.core.store import Company
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc
from qbo_emulator.reports.layout import Period
from qbo_emulator.reports.receivables import aged_receivables, customer_balance
from qbo_emulator.reports.statements import balance_sheet, profit_and_loss, profit_and_loss_detail

COLUMNS = {"total": "Total", "days": "Days", "month": "Month"}
# Only the accrual basis is worked out; a report that is asked for on the cash basis says that it is not.
BASES = {"accrual": "Accrual", "cash": "Accrual"}
MOST_DAYS = 366


def answer(company: Company, name: str, asked: dict[str, str], now: datetime) -> Doc:
    """Return a report by its name in any case: this year up to today unless dates are given.

    5020 for a report that is not there, 2060 for a date that is none, 2170 for an unknown column or basis.
    """
    today = company.today(now)
    end = (
        date_in("end_date", asked.get("end_date"))
        or date_in("report_date", asked.get("report_date"))
        or today
    )
    start = date_in("start_date", asked.get("start_date")) or date(end.year, 1, 1)
    if start > end:
        raise errors.business("The start date of a report must not be after its end date.")
    by = _chosen("summarize_column_by", COLUMNS, asked, "total")
    basis = _chosen("accounting_method", BASES, asked, "accrual")
    if by == "Days" and (end - start).days >= MOST_DAYS:
        raise errors.business(f"A report by days covers at most {MOST_DAYS} days.")
    whole = Period(start, end)
    simple: dict[str, Any] = {
        "balancesheet": balance_sheet,
        "profitandlossdetail": profit_and_loss_detail,
        "customerbalance": customer_balance,
        "agedreceivables": aged_receivables,
    }
    if name == "profitandloss":
        return profit_and_loss(company, whole, by, basis, now)
    if name not in simple:
        raise errors.no_report(name)
    found: Doc = simple[name](company, whole, basis, now)
    return found


def _chosen(name: str, known: dict[str, str], asked: dict[str, str], usual: str) -> str:
    given = str(asked.get(name) or usual).lower()
    given = "month" if given == "months" else given
    if given not in known:
        raise errors.invalid_enum(name, asked.get(name))
    return known[given]
