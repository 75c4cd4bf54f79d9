"""Days as people type them, and the quick ranges."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quickbooks_bridge.domain.date_range import PRESETS, DateRange, parse_day, preset_range

TODAY = date(2026, 3, 17)
MONTHS = {
    name: number
    for number, name in enumerate(
        "january february march april may june july august september october november december".split(), 1
    )
} | {"mars": 3, "desember": 12}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-13", (2026, 3, 13)),
        (" 2026/3/13 ", (2026, 3, 13)),
        ("3/13/2026", (2026, 3, 13)),
        ("3/4/26", (2026, 3, 4)),
        ("13/3/2026", (2026, 3, 13)),
        ("13.3.2026", (2026, 3, 13)),
        ("4.3.26", (2026, 3, 4)),
        ("4.3.", (2026, 3, 4)),
        ("3/4", (2026, 3, 4)),
        ("Mar 13, 2026", (2026, 3, 13)),
        ("mar 13", (2026, 3, 13)),
        ("13 March 2025", (2025, 3, 13)),
        ("13. mars 2026", (2026, 3, 13)),
        ("1. des. 2025", (2025, 12, 1)),
        ("TODAY", (2026, 3, 17)),
        ("2024-02-29", (2024, 2, 29)),
    ],
)
def test_typed_day_is_read(text, day):
    assert parse_day(text, today=TODAY, months=MONTHS) == date(*day)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-02-30", "32/13/2026", "13", "ma 13", "march", "March 2026", "0/0/0", "²/3/2026", "x" * 500, "9999999999"],
)  # fmt: skip
def test_what_is_no_day_is_none(text):
    assert parse_day(text, today=TODAY, months=MONTHS) is None


def test_language_decides_where_both_orders_are_possible():
    assert parse_day("3/4/2026", today=TODAY) == date(2026, 3, 4)
    assert parse_day("3/4/2026", today=TODAY, day_first=True) == date(2026, 4, 3)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_iso_and_pointed_days_come_back_as_themselves(day):
    assert parse_day(day.isoformat(), today=TODAY) == day
    assert parse_day(f"{day.day}.{day.month}.{day.year}", today=TODAY) == day


def test_quick_ranges():
    assert len(PRESETS) == 6
    assert preset_range("this_month", today=TODAY) == DateRange(date(2026, 3, 1), date(2026, 3, 31))
    assert preset_range("this_quarter", today=date(2026, 12, 5)) == DateRange(
        date(2026, 10, 1), date(2026, 12, 31)
    )
    assert preset_range("this_year", today=TODAY) == DateRange(date(2026, 1, 1), date(2026, 12, 31))
    assert preset_range("last_12_months", today=date(2024, 2, 29)).start == date(2023, 2, 28)
    assert preset_range("everything", today=TODAY) == DateRange()


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.sampled_from(PRESETS))
def test_every_quick_range_holds_today(today, key):
    found = preset_range(key, today=today)
    assert (found.start or date.min) <= today <= (found.end or date.max)
    assert found.start is None or today - found.start <= timedelta(days=366)
