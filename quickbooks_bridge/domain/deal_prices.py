"""A deal's prices as an invoice takes them: tax taken out of prices that hold it, discounts, and parts billed by date."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from deals.snapshot import DealDiscountFacts, DealLineFacts, InstallmentFacts

from .draft import DiscountKind
from .money import line_amount, round_money, round_to

PRICE_DIGITS = 5
INSTALLMENT = "installment:"


def is_all_included(lines: Sequence[DealLineFacts]) -> bool:
    """Return whether every taxed price holds its tax, and there is one."""
    taxed = [line for line in lines if line.tax_percent > 0]
    return bool(taxed) and all(line.is_tax_included for line in taxed)


def net_line(line: DealLineFacts) -> DealLineFacts:
    """Return a line with its tax taken out of price and discount, where they hold it."""
    if not line.is_tax_included:
        return line
    factor = 1 + line.tax_percent / 100
    discount = line.discount
    if line.discount_kind == "amount":
        discount = round_money(discount / factor)
    price = round_to(line.unit_price / factor, PRICE_DIGITS)
    return replace(line, unit_price=price, discount=discount, is_tax_included=False)


def listed(lines: Iterable[DealLineFacts]) -> Decimal:
    """Return what lines of a deal come to before anything off the whole deal."""
    return sum(
        (
            line_amount(
                line.quantity, line.unit_price, discount=line.discount, discount_kind=line.discount_kind
            )
            for line in lines
        ),
        Decimal(0),
    )


def whole_discount(
    discounts: Sequence[DealDiscountFacts], lines: Sequence[DealLineFacts], *, of: Sequence[DealLineFacts]
) -> tuple[Decimal, DiscountKind]:
    """Return what is off the whole invoice and whether that is "percent" or an "amount".

    `lines` are those that are billed, `of` all of the deal's: an amount off the deal falls to a part of it in proportion.
    Several discounts become one amount, each of the list price, as the CRM adds them up.
    """
    if not discounts:
        return Decimal(0), "percent"
    if len(discounts) == 1 and discounts[0].kind == "percent":
        return discounts[0].amount, "percent"
    sold, whole = listed(lines), listed(of)
    share = sold / whole if whole else Decimal(1)
    off = sum(
        (one.amount / 100 * sold if one.kind == "percent" else one.amount * share for one in discounts),
        Decimal(0),
    )
    return round_money(off), "amount"


def installment_line(part: InstallmentFacts, number: int, count: int) -> DealLineFacts:
    """Return a part of the deal's value as the one line of an invoice."""
    return DealLineFacts(
        id=f"{INSTALLMENT}{part.id}", name=part.label or f"{number}/{count}", unit_price=part.amount
    )
