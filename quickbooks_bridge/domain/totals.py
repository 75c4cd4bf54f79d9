"""What the lines of a draft add up to: the one place that page, expectation and comparison take it from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from .currencies import digits_of
from .draft import DraftLine, InvoiceDraft
from .money import line_amount, round_money
from .tax import TaxMode, TaxRegime, TaxRules, TaxShare, shares_of, taxed_line


@dataclass(frozen=True)
class Totals:
    """Sums of a draft in its currency. `tax` is None where only QuickBooks can tell; `total` then lacks it.

    With `is_tax_included` the subtotal holds the tax already. `home_total` is the total in home currency, for a foreign
    invoice whose rate is known.
    """

    subtotal: Decimal
    discount: Decimal
    taxable: Decimal
    tax: Decimal | None
    total: Decimal
    shares: tuple[TaxShare, ...] = field(default=())
    is_tax_included: bool = False
    home_total: Decimal | None = None

    @property
    def net(self) -> Decimal:
        """The total before tax."""
        return self.total - (self.tax or Decimal(0))


def unexplained(
    expected_total: Decimal, expected_tax: Decimal | None, *, total: Decimal, total_tax: Decimal
) -> Decimal:
    """Return by how much QuickBooks' total differs from the expected one.

    Where only QuickBooks knew the tax the expected total is before tax, and so is the comparison.
    """
    return (total - total_tax if expected_tax is None else total) - expected_total


def draft_line_amount(line: DraftLine, digits: int = 2) -> Decimal:
    """Return the amount of one line after its discount."""
    return line_amount(
        line.quantity,
        line.unit_price,
        discount=line.discount,
        discount_kind=line.discount_kind,
        digits=digits,
    )


def lines_total(lines: Sequence[DraftLine], currency: str = "") -> Decimal:
    """Return what lines come to as their prices have it, after their discounts."""
    digits = digits_of(currency)
    return sum((draft_line_amount(line, digits) for line in lines), Decimal(0))


def draft_totals(draft: InvoiceDraft, rules: TaxRules) -> Totals:
    """Add up a draft; the tax is rounded once for each rate, on the sum of what it taxes, as QuickBooks does it."""
    digits = digits_of(draft.currency)
    amounts = [draft_line_amount(line, digits) for line in draft.lines]
    listed = [line_amount(line.quantity, line.unit_price, digits=digits) for line in draft.lines]
    subtotal, sold = sum(listed, Decimal(0)), sum(amounts, Decimal(0))
    taxable = sum((a for a, line in zip(amounts, draft.lines, strict=True) if line.is_taxable), Decimal(0))
    mode, shares = draft.tax_mode, tuple[TaxShare, ...]()
    is_included = False
    if rules.regime is TaxRegime.CODES and mode is not TaxMode.OUT_OF_SCOPE:
        parts = [
            taxed_line(amount, line.tax_code, rules, mode, draft.issue_date, digits)
            for amount, line in zip(amounts, draft.lines, strict=True)
        ]
        shares = shares_of(parts, rules, mode, draft.issue_date, digits)
        taxable = sum((part.net for part in parts if rules.percent(part.code, draft.issue_date)), Decimal(0))
        is_included = mode is TaxMode.INCLUSIVE
    elif rules.regime is TaxRegime.MANUAL and draft.form_tax_code and not rules.is_customer_exempt:
        base = taxed_line(taxable, draft.form_tax_code, rules, TaxMode.EXCLUSIVE, draft.issue_date, digits)
        shares = shares_of([base], rules, TaxMode.EXCLUSIVE, draft.issue_date, digits)
    is_unknown = rules.regime is TaxRegime.AUTOMATED and not rules.is_customer_exempt
    tax = None if is_unknown else sum((share.tax for share in shares), Decimal(0))
    total = sold if is_included else sold + (tax or Decimal(0))
    home = round_money(total * draft.exchange_rate) if draft.exchange_rate else None
    return Totals(subtotal, subtotal - sold, taxable, tax, total, shares, is_included, home)
