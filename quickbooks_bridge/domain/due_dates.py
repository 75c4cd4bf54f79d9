"""When an invoice is due."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from quickbooks_bridge.domain.problem_codes import ProblemCode

from .problems import Problem

LONGEST = 999


@dataclass(frozen=True)
class Terms:
    """Payment terms: so many days, or a day of the month.

    By day of month it is due on that day of the issue's month, or of the next one where fewer than `next_month_days` days
    are left to it; a month too short for the day has its last one.
    """

    days: int | None = None
    day_of_month: int | None = None
    next_month_days: int = 0

    def due(self, issued: date) -> date | None:
        """Return the day an invoice of this day is due; None for terms that say neither or reach beyond the calendar."""
        try:
            if self.days is not None:
                return issued + timedelta(days=self.days) if self.days <= LONGEST else None
            if self.day_of_month is None:
                return None
            year, month = issued.year, issued.month
            if issued.day > self.day_of_month - self.next_month_days:
                year, month = (year + 1, 1) if month == 12 else (year, month + 1)
            return date(year, month, min(max(self.day_of_month, 1), monthrange(year, month)[1]))
        except (OverflowError, ValueError):
            return None


def due_date(issued: date, *, days: int) -> date:
    """Return the day `days` after the issue date: issued 13 March, seven days, due 20 March."""
    return issued + timedelta(days=days)


def parse_due_days(text: str) -> int | Problem:
    """Read a typed number of days, 0 to 999."""
    text = text.strip()
    if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit():
        return Problem(ProblemCode.DUE_DAYS_NOT_A_NUMBER, "due_days")
    if text.startswith("-"):
        return Problem(ProblemCode.DUE_DAYS_NEGATIVE, "due_days")
    if len(text) > 6 or int(text) > LONGEST:
        return Problem(ProblemCode.DUE_DAYS_TOO_LONG, "due_days", params={"longest": str(LONGEST)})
    return int(text)


def days_late(due: date | None, *, today: date) -> int:
    """Return how many days after `due` it is, 0 when it is not late."""
    return max(0, (today - due).days) if due else 0
