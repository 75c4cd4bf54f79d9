"""When an invoice is due."""

from datetime import date, timedelta

from .problems import Problem

LONGEST = 999


def due_date(issued: date, *, days: int) -> date:
    """Give the day `days` after the issue date: issued 13 March, seven days, due 20 March."""
    return issued + timedelta(days=days)


def parse_due_days(text: str) -> int | Problem:
    """Read a typed number of days, 0 to 999."""
    text = text.strip()
    if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit():
        return Problem("due_days_not_a_number", "due_days")
    if text.startswith("-"):
        return Problem("due_days_negative", "due_days")
    if len(text) > 6 or int(text) > LONGEST:
        return Problem("due_days_too_long", "due_days", params={"longest": str(LONGEST)})
    return int(text)


def days_late(due: date | None, *, today: date) -> int:
    """Give how many days after `due` it is, 0 when it is not late."""
    return max(0, (today - due).days) if due else 0
