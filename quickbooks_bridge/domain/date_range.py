"""A range of days as somebody chooses or types it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

PRESETS = ("this_month", "last_30_days", "this_quarter", "this_year", "last_12_months", "everything")
_ISO = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})")
_THREE = re.compile(r"(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{2}|\d{4})")
_TWO = re.compile(r"(\d{1,2})[-/.](\d{1,2})[.]?")
_WORDS = re.compile(r"(?:(\d{1,2})\.? +)?([^\W\d]+)\.?(?: +(\d{1,2}))?(?:,? +(\d{4}))?")


@dataclass(frozen=True)
class DateRange:
    """First and last day, both within; None leaves that end open."""

    start: date | None = None
    end: date | None = None


def preset_range(key: str, *, today: date) -> DateRange:
    """Return the range of a quick choice. Calendar periods are whole; rolling ones stay open toward the future."""
    if key == "this_month":
        return DateRange(today.replace(day=1), _month_end(today))
    if key == "this_quarter":
        first = today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1)
        return DateRange(first, _month_end(first.replace(month=first.month + 2)))
    if key == "this_year":
        return DateRange(date(today.year, 1, 1), date(today.year, 12, 31))
    if key == "last_30_days":
        return DateRange(today - timedelta(days=30))
    if key == "last_12_months":
        return DateRange(_day_or_before(today.year - 1, today.month, today.day))
    return DateRange()


def parse_day(
    text: str, *, today: date, months: Mapping[str, int] | None = None, day_first: bool = False
) -> date | None:
    """Read a typed day: 2026-03-13, 3/13/2026, 13.3.26, 13/3 of this year, "Mar 13", "13 March 2026", "today".

    A point always has the day first; with a slash `day_first` decides where both could be meant. `months` maps
    names in lower case to their number; three letters of a name are enough. None when it is no day.
    """
    text = " ".join(text.strip().lower().split())[:40]
    if text in {"today", "i dag"}:
        return today
    if found := _ISO.fullmatch(text):
        return _day(*found.groups())
    first = day_first or "." in text
    if found := _THREE.fullmatch(text):
        one, two, year = found.groups()
        return _of_two(one, two, year if len(year) == 4 else f"20{year}", day_first=first)
    if found := _TWO.fullmatch(text):
        one, two = found.groups()
        return _of_two(one, two, str(today.year), day_first=first)
    if found := _WORDS.fullmatch(text):
        before, name, after, year = found.groups()
        month = _month(name, months or {})
        if month and bool(before) != bool(after):
            return _day(year or str(today.year), str(month), before or after)
    return None


def _month(name: str, months: Mapping[str, int]) -> int | None:
    if name in months:
        return months[name]
    return next((number for word, number in months.items() if len(name) >= 3 and word.startswith(name)), None)


def _of_two(one: str, two: str, year: str, *, day_first: bool) -> date | None:
    orders = [(two, one), (one, two)] if day_first else [(one, two), (two, one)]
    return next((day for month, number in orders if (day := _day(year, month, number))), None)


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _day_or_before(year: int, month: int, day: int) -> date:
    return _day(str(year), str(month), str(day)) or _month_end(date(year, month, 1))


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
