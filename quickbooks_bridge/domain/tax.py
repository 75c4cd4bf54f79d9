"""Sales tax: who works it out, which codes a line may bear, and what it comes to where that can be known here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from .money import round_to


class TaxRegime(StrEnum):
    """Who decides the tax of an invoice: nobody, QuickBooks by the place of delivery, one code for the form, or a code per line."""

    NONE = "none"
    AUTOMATED = "automated"
    MANUAL = "manual"
    CODES = "codes"


class TaxMode(StrEnum):
    """How the prices of an invoice with codes relate to its tax."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    OUT_OF_SCOPE = "out_of_scope"


# What QuickBooks calls the modes (GlobalTaxCalculation).
QUICKBOOKS_MODES = {
    TaxMode.EXCLUSIVE: "TaxExcluded",
    TaxMode.INCLUSIVE: "TaxInclusive",
    TaxMode.OUT_OF_SCOPE: "NotApplicable",
}


def regime_of(*, country: str, uses_sales_tax: bool, is_tax_automated: bool) -> TaxRegime:
    """Return the regime of a company by what its profile says."""
    if not uses_sales_tax:
        return TaxRegime.NONE
    if country not in {"US", "USA"}:
        return TaxRegime.CODES
    return TaxRegime.AUTOMATED if is_tax_automated else TaxRegime.MANUAL


@dataclass(frozen=True)
class SalesRate:
    """One rate of a tax code; `history` are its percentages with the day each begins, oldest first."""

    qbo_id: str
    name: str
    percent: Decimal
    history: tuple[tuple[date, Decimal], ...] = ()

    def percent_on(self, day: date) -> Decimal:
        """Return the percentage in force on a day."""
        begun = [percent for since, percent in self.history if since <= day]
        return begun[-1] if begun else self.percent


@dataclass(frozen=True)
class TaxCodeFacts:
    """A tax code that a sale can bear, with the rates behind it."""

    qbo_id: str
    name: str
    rates: tuple[SalesRate, ...] = ()

    def percent_on(self, day: date) -> Decimal:
        """Return what its rates add up to on a day."""
        return sum((rate.percent_on(day) for rate in self.rates), Decimal(0))


@dataclass(frozen=True)
class TaxRules:
    """What decides the tax of a draft: the regime, the codes by their ids, and whether the customer bears any."""

    regime: TaxRegime = TaxRegime.NONE
    codes: Mapping[str, TaxCodeFacts] = field(default_factory=dict)
    is_customer_exempt: bool = False

    def percent(self, code: str, day: date) -> Decimal:
        """Return the percentage of a code on a day, 0 for one that is not known."""
        found = self.codes.get(code)
        return found.percent_on(day) if found is not None else Decimal(0)


NO_TAX = TaxRules()


@dataclass(frozen=True)
class TaxShare:
    """What one rate adds to an invoice: its percentage of `base`."""

    rate_id: str
    name: str
    percent: Decimal
    base: Decimal
    tax: Decimal


@dataclass(frozen=True)
class TaxedLine:
    """A line's amounts under a code: without its tax, and with it where prices include tax."""

    code: str
    net: Decimal
    gross: Decimal


def taxed_line(
    amount: Decimal, code: str, rules: TaxRules, mode: TaxMode, day: date, digits: int
) -> TaxedLine:
    """Return the amounts of a line whose price says `amount`, which includes the tax or not as the mode has it."""
    if mode is not TaxMode.INCLUSIVE:
        return TaxedLine(code, amount, amount)
    return TaxedLine(code, round_to(amount / (1 + rules.percent(code, day) / 100), digits), amount)


@dataclass
class _CodeSum:
    """What the lines of one code come to, without tax and with it, after its part of the discount."""

    net: Decimal = Decimal(0)
    gross: Decimal = Decimal(0)


def _by_code(lines: Iterable[TaxedLine], discount: Decimal, digits: int) -> dict[str, _CodeSum]:
    """Return the sums by code; each bears its part of the discount, the last one what rounding leaves over."""
    sums: dict[str, _CodeSum] = {}
    for line in lines:
        own = sums.setdefault(line.code, _CodeSum())
        own.net, own.gross = own.net + line.net, own.gross + line.gross
    whole = sum((own.net for own in sums.values()), Decimal(0))
    if not discount or not whole:
        return sums
    left, last = discount, next(reversed(sums))
    for code, own in sums.items():
        part = left if code == last else round_to(own.net * discount / whole, digits)
        left -= part
        own.net, own.gross = own.net - part, own.gross * (1 - discount / whole)
    return sums


def shares_of(
    lines: Iterable[TaxedLine],
    rules: TaxRules,
    mode: TaxMode,
    day: date,
    digits: int,
    *,
    discount: Decimal = Decimal(0),
) -> tuple[TaxShare, ...]:
    """Return the tax of an invoice by rate, each rounded once over all that it taxes, after the invoice's discount.

    Where prices include tax the sum of what was agreed stands, so the largest share takes what rounding leaves over.
    """
    sums = _by_code(lines, discount, digits)
    bases: dict[str, Decimal] = {}
    rates: dict[str, SalesRate] = {}
    for code, own in sums.items():
        known = rules.codes.get(code)
        for rate in known.rates if known is not None else ():
            rates[rate.qbo_id] = rate
            bases[rate.qbo_id] = bases.get(rate.qbo_id, Decimal(0)) + own.net
    taxes = {key: round_to(base * rates[key].percent_on(day) / 100, digits) for key, base in bases.items()}
    if mode is TaxMode.INCLUSIVE and taxes:
        net = sum((own.net for own in sums.values()), Decimal(0))
        gross = round_to(sum((own.gross for own in sums.values()), Decimal(0)), digits)
        largest = max(taxes, key=lambda key: taxes[key])
        taxes[largest] += gross - net - sum(taxes.values())
    return tuple(
        TaxShare(key, rates[key].name, rates[key].percent_on(day), bases[key], tax)
        for key, tax in taxes.items()
    )
