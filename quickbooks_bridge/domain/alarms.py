"""What of a created invoice an accountant should look at: QuickBooks' figures are not the promised ones."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from .totals import unexplained

# A cent for each rate that QuickBooks may round otherwise.
ROUNDING = Decimal("0.05")


class Alarm(StrEnum):
    """What is odd about an invoice; the gravest one is kept."""

    RATE_ONE = "rate_one"
    TAX_ZERO = "tax_zero"
    TOTAL_DIFFERS = "total_differs"


class Cause(StrEnum):
    """Why, as far as the figures tell."""

    EXEMPT = "exempt"
    NO_PLACE = "no_place"
    NOT_COLLECTED = "not_collected"
    ROUNDING = "rounding"
    TAX_CHANGED = "tax_changed"
    LINES_CHANGED = "lines_changed"
    RATE_NOT_KEPT = "rate_not_kept"


@dataclass(frozen=True)
class Expected:
    """What the page promised. `tax` is None where only QuickBooks knew it: `total` is before tax then.

    `taxable` is what the lines marked as taxable come to, `has_place` whether the invoice carried a place of delivery.
    """

    total: Decimal
    tax: Decimal | None
    taxable: Decimal = Decimal(0)
    has_place: bool = True
    rate: Decimal | None = None


@dataclass(frozen=True)
class Finding:
    """An alarm with its likely cause."""

    alarm: Alarm
    cause: Cause


def creation_finding(
    expected: Expected, *, total: Decimal, total_tax: Decimal, exchange_rate: Decimal | None
) -> Finding | None:
    """Return what is odd about an invoice that was just created, None where all is as promised."""
    if expected.rate is not None and exchange_rate == 1 != expected.rate:
        return Finding(Alarm.RATE_ONE, Cause.RATE_NOT_KEPT)
    if not total_tax and (expected.tax or (expected.tax is None and expected.taxable)):
        return Finding(Alarm.TAX_ZERO, _no_tax_cause(expected))
    off = unexplained(expected.total, expected.tax, total=total, total_tax=total_tax)
    if not off:
        return None
    of_tax = Decimal(0) if expected.tax is None else total_tax - expected.tax
    if off != of_tax:
        return Finding(Alarm.TOTAL_DIFFERS, Cause.LINES_CHANGED)
    is_small = abs(off) <= ROUNDING
    return Finding(Alarm.TOTAL_DIFFERS, Cause.ROUNDING if is_small else Cause.TAX_CHANGED)


def _no_tax_cause(expected: Expected) -> Cause:
    if not expected.has_place:
        return Cause.NO_PLACE
    return Cause.NOT_COLLECTED if expected.tax is None else Cause.EXEMPT
