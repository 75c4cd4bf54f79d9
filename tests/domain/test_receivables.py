"""Lateness: the days on which a bucket begins and ends, the quartiles of a habit, and when cash is expected."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quickbooks_bridge.domain.receivables import (
    Bucket,
    CashRange,
    Habit,
    bucket_of,
    due_range,
    expected_cash,
    habit_of,
    year_before,
)

TODAY = date(2026, 3, 17)
DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@pytest.mark.parametrize(
    ("late", "bucket"),
    [
        (None, Bucket.NOT_DUE),
        (-400, Bucket.NOT_DUE),
        (-1, Bucket.NOT_DUE),
        (0, Bucket.NOT_DUE),
        (1, Bucket.LATE_30),
        (30, Bucket.LATE_30),
        (31, Bucket.LATE_60),
        (60, Bucket.LATE_60),
        (61, Bucket.LATE_90),
        (90, Bucket.LATE_90),
        (91, Bucket.LATE_MORE),
        (9000, Bucket.LATE_MORE),
    ],
)
def test_bucket_begins_and_ends_with_its_day(late, bucket):
    due = None if late is None else TODAY - timedelta(days=late)
    assert bucket_of(due, today=TODAY) is bucket


@pytest.mark.parametrize(
    ("zone", "bucket"),
    [
        ("Pacific/Auckland", Bucket.LATE_30),
        ("UTC", Bucket.LATE_30),
        ("America/Los_Angeles", Bucket.NOT_DUE),
    ],
)
def test_invoice_becomes_late_at_the_companys_midnight(zone, bucket):
    now = datetime(2026, 3, 18, 5, 0, tzinfo=UTC)
    today = now.astimezone(ZoneInfo(zone)).date()
    assert bucket_of(date(2026, 3, 17), today=today) is bucket


@given(due=st.none() | DAYS, today=DAYS)
def test_every_invoice_is_in_exactly_one_bucket(due, today):
    assert [bucket for bucket in Bucket if due in due_range(bucket, today=today)] == [
        bucket_of(due, today=today)
    ]


@given(today=DAYS)
def test_buckets_follow_each_other_without_a_gap(today):
    ranges = [due_range(bucket, today=today) for bucket in Bucket]
    assert len(ranges) == 5
    for later, earlier in pairwise(ranges):
        assert later.first - timedelta(days=1) == earlier.last
    assert ranges[0].last is None
    assert ranges[-1].first is None


def test_year_before_leap_day():
    assert year_before(date(2028, 2, 29)) == date(2027, 2, 28)
    assert year_before(TODAY) == date(2025, 3, 17)


@pytest.mark.parametrize(
    ("days", "habit"),
    [
        ([], None),
        ([5, 6], None),
        ([5, 1, 9], Habit(3, 1, 5, 9)),
        ([1, 2, 3, 4], Habit(4, 1, 3, 3)),
        ([-4, -3, -2, -1], Habit(4, -4, -2, -2)),
        ([0, 0, 0], Habit(3, 0, 0, 0)),
        ([10, 2, 7, 1, 8, 3, 5], Habit(7, 2, 5, 8)),
    ],
)
def test_habit_is_the_quartiles_of_at_least_three(days, habit):
    assert habit_of(days) == habit


@given(st.lists(st.integers(-400, 4000), min_size=3, max_size=60))
def test_habit_lies_within_what_happened(days):
    habit = habit_of(days)
    assert habit is not None
    assert min(days) <= habit.early <= habit.usual <= habit.late <= max(days)
    assert 0 <= habit.usual - median(days) <= 0.5
    assert sum(day <= habit.early for day in days) * 4 >= len(days)
    assert sum(day <= habit.late for day in days) * 4 >= 3 * len(days)
    assert {habit.early, habit.late} <= set(days)


@given(st.permutations([3, 1, 4, 1, 5, 9, 2, 6]))
def test_order_of_payments_does_not_matter(days):
    assert habit_of(days) == habit_of(sorted(days))


def test_cash_is_expected_between_the_quartiles_and_never_before_today():
    habit = Habit(8, -2, 4, 10)
    due = TODAY + timedelta(days=5)
    assert expected_cash(due, habit, today=TODAY) == CashRange(
        TODAY + timedelta(days=3), TODAY + timedelta(days=15)
    )
    late = TODAY - timedelta(days=6)
    assert expected_cash(late, habit, today=TODAY) == CashRange(TODAY, TODAY + timedelta(days=4))
    very_late = TODAY - timedelta(days=60)
    assert expected_cash(very_late, habit, today=TODAY) == CashRange(TODAY, TODAY)


def test_nothing_is_expected_where_nothing_is_known():
    assert expected_cash(None, Habit(3, 0, 0, 0), today=TODAY) is None
    assert expected_cash(TODAY, None, today=TODAY) is None


@given(due=st.dates(), today=DAYS, days=st.lists(st.integers(-5000, 5000), min_size=3, max_size=9))
def test_expected_range_is_in_order_and_not_in_the_past(due, today, days):
    found = expected_cash(due, habit_of(days), today=today)
    assert found is not None
    assert today <= found.first <= found.last
