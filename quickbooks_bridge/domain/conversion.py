"""A deal's amounts taken into another currency, at a rate that is stated and a day that it holds for."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .currencies import digits_of
from .money import round_to

LARGEST_RATE = Decimal(10) ** 7


@dataclass(frozen=True)
class Conversion:
    """`rate` units of `target` for one unit of `source`, on a day."""

    source: str
    target: str
    rate: Decimal
    day: date

    def converted(self, amount: Decimal) -> Decimal:
        """Return an amount of the deal in the currency of the invoice, in that currency's decimals."""
        return round_to(amount * self.rate, digits_of(self.target))

    def reverted(self, amount: Decimal) -> Decimal:
        """Return what an amount of the invoice is of the deal, in the deal's decimals."""
        return round_to(amount / self.rate, digits_of(self.source))


def is_usable(rate: Decimal | None) -> bool:
    """Return whether amounts can be converted at a rate."""
    return rate is not None and 0 < rate < LARGEST_RATE


def cross_rate(
    source: str, target: str, *, home: str, source_rate: Decimal | None, target_rate: Decimal | None
) -> Decimal | None:
    """Return the units of `target` for one of `source` by what one unit of each is worth at home; None where unknown."""
    one = Decimal(1) if source == home else source_rate
    other = Decimal(1) if target == home else target_rate
    if not one or not other:
        return None
    return (one / other).quantize(Decimal("0.000001")).normalize()
