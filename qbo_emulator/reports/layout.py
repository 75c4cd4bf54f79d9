"""The shape every report has: header, columns, rows, sections with their summaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from qbo_emulator.core.clock import pacific
from qbo_emulator.core.store import Company
from qbo_emulator.json_codec import Doc


@dataclass(frozen=True)
class Period:
    """The first and the last day of a column or of a whole report."""

    start: date
    end: date
    title: str = "Total"


def money(value: Decimal) -> str:
    return f"{value:.2f}"


def cells(title: str, amounts: Sequence[Decimal], qbo_id: str | None = None) -> list[Doc]:
    """The cells of one row."""
    head: Doc = {"value": title} if qbo_id is None else {"value": title, "id": qbo_id}
    return [head, *({"value": money(amount)} for amount in amounts)]


def data_row(title: str, amounts: Sequence[Decimal], qbo_id: str | None = None) -> Doc:
    return {"ColData": cells(title, amounts, qbo_id), "type": "Data"}


def section(title: str, group: str, rows: list[Doc], totals: Sequence[Decimal]) -> Doc:
    """A section with its rows and what they come to."""
    head = [{"value": title}, *({"value": ""} for _ in totals)]
    return {
        "Header": {"ColData": head},
        "Rows": {"Row": rows},
        "Summary": {"ColData": cells(f"Total {title}", totals)},
        "type": "Section",
        "group": group,
    }


def result(title: str, group: str, totals: Sequence[Decimal]) -> Doc:
    """A line that is the result of sections above it."""
    return {"Summary": {"ColData": cells(title, totals)}, "type": "Section", "group": group}


def columns(first: str, kind: str, periods: Sequence[Period], *, dated: bool) -> Doc:
    """The columns of a report over periods; where they are dated, each names its days."""
    listed: list[Doc] = [
        {"ColTitle": first, "ColType": kind, "MetaData": [{"Name": "ColKey", "Value": kind.lower()}]}
    ]
    for period in periods:
        meta = [{"Name": "ColKey", "Value": period.title.lower() if not dated else period.title}]
        if dated:
            meta[:0] = [
                {"Name": "StartDate", "Value": period.start.isoformat()},
                {"Name": "EndDate", "Value": period.end.isoformat()},
            ]
        listed.append({"ColTitle": period.title, "ColType": "Money", "MetaData": meta})
    if dated:
        listed.append(
            {
                "ColTitle": "Total",
                "ColType": "Money",
                "MetaData": [{"Name": "ColKey", "Value": "total"}],
            }
        )
    return {"Column": listed}


def report(
    company: Company, name: str, whole: Period, now: datetime, *, body: Doc, summarized: str, basis: str
) -> Doc:
    """The whole report: its header before its columns and rows."""
    header: Doc = {
        "Time": pacific(now),
        "ReportName": name,
        "ReportBasis": basis,
        "StartPeriod": whole.start.isoformat(),
        "EndPeriod": whole.end.isoformat(),
        "SummarizeColumnsBy": summarized,
        "Currency": company.profile.currency,
        "Option": [
            {"Name": "AccountingStandard", "Value": "GAAP"},
            {"Name": "NoReportData", "Value": "false" if body["Rows"].get("Row") else "true"},
        ],
    }
    return {"Header": header, **body}


def split(whole: Period, by: str) -> list[Period]:
    """The columns a period falls into: the whole, its days or its months."""
    if by == "Days":
        count = (whole.end - whole.start).days + 1
        days = (whole.start + timedelta(days=number) for number in range(count))
        return [Period(day, day, f"{day:%b} {day.day}, {day.year}") for day in days]
    if by == "Month":
        found, first = [], whole.start
        while first <= whole.end:
            following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
            last = min(following - timedelta(days=1), whole.end)
            found.append(Period(first, last, f"{first:%b} {first.year}"))
            first = following
        return found
    return [whole]
