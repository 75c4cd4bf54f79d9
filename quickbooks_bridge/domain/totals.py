"""What the lines of a draft add up to: the one place that page, expectation and comparison take it from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from .currencies import digits_of
from .draft import DraftLine, InvoiceDraft
from .money import line_amount, round_money, round_to
from .tax import TaxedLine, TaxMode, TaxRegime, TaxRules, TaxShare, shares_of, taxed_line


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
    # Off the whole invoice, as QuickBooks keeps it: without tax.
    invoice_discount: Decimal = Decimal(0)
    deposit: Decimal = Decimal(0)

    @property
    def due(self) -> Decimal:
        """What is left to pay after the deposit."""
        return self.total - self.deposit

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


def billed_lines(draft: InvoiceDraft) -> Iterator[DraftLine]:
    """Return the lines as they are sent: where discounts print, each is a line of its own below the list price."""
    digits = digits_of(draft.currency)
    for line in draft.lines:
        off = line_amount(line.quantity, line.unit_price, digits=digits) - draft_line_amount(line, digits)
        if not off or draft.discount_style == "net" or not line.is_billed:
            yield line
        else:
            yield replace(line, discount=Decimal(0))
            yield replace(
                line,
                discount=Decimal(0),
                description="",
                quantity=Decimal(1),
                unit_price=-off,
                name=_discount_text(line, draft.discount_word),
            )


def _discount_text(line: DraftLine, word: str) -> str:
    """Return what a discount's own line says: the percentage as it was typed and what it is taken off."""
    percent = f"{line.discount.normalize():f}%" if line.discount_kind == "percent" else ""
    return " ".join(part for part in (word, percent, "–", line.name or line.item_name) if part)


def subtotal_at(draft: InvoiceDraft, at: int) -> Decimal:
    """Return what the lines before a subtotal come to, since the subtotal before it."""
    digits, total = digits_of(draft.currency), Decimal(0)
    for line in reversed(draft.lines[:at]):
        if line.kind == "subtotal":
            break
        if line.is_billed:
            total += draft_line_amount(line, digits)
    return total


@dataclass(frozen=True)
class _Sums:
    """The billed lines of a draft: what they come to with and without tax, and the invoice's own discount on them."""

    lines: tuple[TaxedLine, ...]
    net: Decimal
    gross: Decimal
    taxable: Decimal
    discount: Decimal


def _sums(draft: InvoiceDraft, rules: TaxRules, mode: TaxMode, digits: int) -> _Sums:
    billed = [line for line in billed_lines(draft) if line.is_billed]
    parts = tuple(
        taxed_line(draft_line_amount(line, digits), line.tax_code, rules, mode, draft.issue_date, digits)
        for line in billed
    )
    net = sum((part.net for part in parts), Decimal(0))
    gross = sum((part.gross for part in parts), Decimal(0))
    flagged = (part.net for part, line in zip(parts, billed, strict=True) if line.is_taxable)
    if draft.discount_kind == "percent":
        discount = net * draft.discount / 100
    elif mode is TaxMode.INCLUSIVE and gross:
        discount = net * draft.discount / gross
    else:
        discount = draft.discount
    return _Sums(parts, net, gross, sum(flagged, Decimal(0)), round_to(discount, digits))


def can_be_quoted(rules: TaxRules) -> bool:
    """Return whether QuickBooks keeps a tax that it is told: on invoices of the United States to who bears tax."""
    return rules.regime in {TaxRegime.AUTOMATED, TaxRegime.MANUAL} and not rules.is_customer_exempt


def draft_totals(draft: InvoiceDraft, rules: TaxRules) -> Totals:
    """Add up a draft; the tax is rounded once for each rate, on the sum of what it taxes, as QuickBooks does it."""
    digits, day = digits_of(draft.currency), draft.issue_date
    listed = [line_amount(line.quantity, line.unit_price, digits=digits) for line in draft.lines]
    subtotal, sold = sum(listed, Decimal(0)), lines_total(draft.lines, draft.currency)
    is_coded = rules.regime is TaxRegime.CODES and draft.tax_mode is not TaxMode.OUT_OF_SCOPE
    mode = draft.tax_mode if is_coded else TaxMode.EXCLUSIVE
    sums = _sums(draft, rules, mode, digits)
    taxable, shares = sums.taxable, tuple[TaxShare, ...]()
    if is_coded:
        shares = shares_of(sums.lines, rules, mode, day, digits, discount=sums.discount)
        taxable = sum((part.net for part in sums.lines if rules.percent(part.code, day)), Decimal(0))
    elif rules.regime is TaxRegime.MANUAL and draft.form_tax_code and not rules.is_customer_exempt:
        off = sums.discount * taxable / sums.net if sums.net else Decimal(0)
        base = taxed_line(round_to(taxable - off, digits), draft.form_tax_code, rules, mode, day, digits)
        shares = shares_of([base], rules, mode, day, digits)
    is_unknown = rules.regime is TaxRegime.AUTOMATED and not rules.is_customer_exempt
    tax = None if is_unknown else sum((share.tax for share in shares), Decimal(0))
    if draft.quoted_tax is not None and can_be_quoted(rules):
        tax, shares = draft.quoted_tax, ()
    total = sums.net - sums.discount + (tax or Decimal(0))
    return Totals(
        subtotal=subtotal,
        discount=subtotal - sold,
        taxable=taxable,
        tax=tax,
        total=total,
        shares=shares,
        is_tax_included=is_coded and mode is TaxMode.INCLUSIVE,
        home_total=round_money(total * draft.exchange_rate) if draft.exchange_rate else None,
        invoice_discount=sums.discount,
        deposit=draft.deposit,
    )
