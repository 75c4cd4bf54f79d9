"""What the lines of a draft add up to."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from .draft import DraftLine
from .money import line_amount, round_money


@dataclass(frozen=True)
class Totals:
    """Sums of a draft in its currency. `tax` is None where only QuickBooks can tell; `total` then lacks it."""

    subtotal: Decimal
    discount: Decimal
    taxable: Decimal
    tax: Decimal | None
    total: Decimal
    tax_percent: Decimal | None


def draft_line_amount(line: DraftLine) -> Decimal:
    """Return the amount of one line after its discount."""
    return line_amount(
        line.quantity, line.unit_price, discount=line.discount, discount_kind=line.discount_kind
    )


def draft_totals(lines: Sequence[DraftLine], *, tax_percent: Decimal | None) -> Totals:
    """Add up: the tax is rounded once, on the sum of the taxable lines, as QuickBooks does it."""
    subtotal = sum((line_amount(line.quantity, line.unit_price) for line in lines), Decimal(0))
    net = sum((draft_line_amount(line) for line in lines), Decimal(0))
    taxable = sum((draft_line_amount(line) for line in lines if line.is_taxable), Decimal(0))
    tax = None if tax_percent is None else round_money(taxable * tax_percent / 100)
    return Totals(subtotal, subtotal - net, taxable, tax, net + (tax or Decimal(0)), tax_percent)
