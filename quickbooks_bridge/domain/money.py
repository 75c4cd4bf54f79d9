"""Money: exact decimals, rounded the way QuickBooks rounds."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
_NUMBER = re.compile(r"-?\d{1,3}(,\d{3})*(\.\d+)?|-?\d+(\.\d*)?|-?\.\d+")


def round_money(amount: Decimal) -> Decimal:
    """Return `amount` in cents, halves away from zero; QuickBooks keeps two places in every currency."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def round_to(amount: Decimal, digits: int) -> Decimal:
    """Return `amount` rounded to the decimals of its currency, halves away from zero, written with two."""
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP).quantize(CENT)


def line_amount(
    quantity: Decimal,
    unit_price: Decimal,
    *,
    discount: Decimal = Decimal(0),
    discount_kind: str = "percent",
    digits: int = 2,
) -> Decimal:
    """Return what a line costs after its discount (percent of the line, or an amount off it).

    `digits` are the decimals of its currency.
    """
    gross = quantity * unit_price
    off = gross * discount / 100 if discount_kind == "percent" else discount
    return round_to(gross - off, digits)


def parse_decimal(text: str) -> Decimal | None:
    """Read a typed number ("1,234.50", " 12 "); None when it is not one."""
    text = text.strip().replace("\u00a0", "").replace(" ", "")
    if len(text) > 40 or not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
