"""What is owed by how late it is, how late a customer usually pays, and when cash can be expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

# Fewer settled invoices say nothing about a habit.
FEWEST_SETTLED = 3


class Bucket(StrEnum):
    """How late an open invoice is; the members stand in the order of a chart."""

    NOT_DUE = "not_due"
    LATE_30 = "late_30"
    LATE_60 = "late_60"
    LATE_90 = "late_90"
    LATE_MORE = "late_more"


# The most days late that each late bucket holds; the last one has no end.
_ENDS = {Bucket.LATE_30: 30, Bucket.LATE_60: 60, Bucket.LATE_90: 90}


@dataclass(frozen=True)
class DueRange:
    """The due dates of a bucket, both ends included; None where there is no end. Without a due date nothing is late."""

    first: date | None
    last: date | None
    has_undated: bool = False

    def __contains__(self, due: date | None) -> bool:
        """Return whether an invoice due on that day belongs to it."""
        if due is None:
            return self.has_undated
        return (self.first is None or due >= self.first) and (self.last is None or due <= self.last)


def due_range(bucket: Bucket, *, today: date) -> DueRange:
    """Return the due dates that fall into a bucket; `today` is the company's own date."""
    if bucket is Bucket.NOT_DUE:
        return DueRange(today, None, has_undated=True)
    most = _ENDS.get(bucket)
    least = {Bucket.LATE_30: 1, Bucket.LATE_60: 31, Bucket.LATE_90: 61, Bucket.LATE_MORE: 91}[bucket]
    first = today - timedelta(days=most) if most is not None else None
    return DueRange(first, today - timedelta(days=least))


def bucket_of(due: date | None, *, today: date) -> Bucket:
    """Return the bucket of an open invoice: on its due date it is not late yet."""
    return next(bucket for bucket in Bucket if due in due_range(bucket, today=today))


def year_before(today: date) -> date:
    """Return the same day a year earlier, 28 February for the 29th."""
    try:
        return today.replace(year=today.year - 1)
    except ValueError:
        return today.replace(year=today.year - 1, day=28)


@dataclass(frozen=True)
class Habit:
    """How late a customer's payments were, in days after the due date, below zero for early ones.

    A quarter of the settled invoices was paid by `early`, half by `usual`, three quarters by `late`.
    """

    settled: int
    early: int
    usual: int
    late: int


def habit_of(days_late: Sequence[int]) -> Habit | None:
    """Return the quartiles of the days that settled invoices were late; None when they are too few to tell.

    Quartiles are days that occurred (nearest rank); the median of an even number is the middle of two, rounded up.
    """
    count = len(days_late)
    if count < FEWEST_SETTLED:
        return None
    ordered = sorted(days_late)
    middle = ordered[(count + 1) // 2 - 1] + ordered[(count + 2) // 2 - 1]
    return Habit(
        settled=count,
        early=ordered[(count + 3) // 4 - 1],
        usual=(middle + 1) // 2,
        late=ordered[(3 * count + 3) // 4 - 1],
    )


@dataclass(frozen=True)
class CashRange:
    """The days between which an open invoice will probably be paid."""

    first: date
    last: date


def expected_cash(due: date | None, habit: Habit | None, *, today: date) -> CashRange | None:
    """Return when an open invoice will probably be paid, never before today; None when nothing is known to say so."""
    if due is None or habit is None:
        return None
    return CashRange(_from_today(due, habit.early, today=today), _from_today(due, habit.late, today=today))


def _from_today(due: date, days: int, *, today: date) -> date:
    try:
        return max(due + timedelta(days=days), today)
    except OverflowError:
        return max(due, today)
