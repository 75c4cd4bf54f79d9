"""Money: exact decimals, rounded the way QuickBooks rounds."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
LONGEST_NUMBER = 40
COMMA_COUNTRIES = frozenset(
    {"AT", "BE", "BR", "DE", "DK", "ES", "FI", "FR", "IT", "NL", "NO", "PL", "PT", "SE"}
)
# What people put between thousands besides commas and dots.
_SPACES = re.compile("[ \u00a0\u2009\u202f'\u2019]")
_ONE_GROUP = re.compile(r"-?[1-9]\d{0,2},\d{3}", re.ASCII)
_WHOLE, _PART = re.compile(r"-?\d*", re.ASCII), re.compile(r"\d*", re.ASCII)


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


def printed_amount(amount: Decimal, currency: str, *, country: str) -> str:
    """Return an amount as people of a country read it: "1,234.50 USD", "1 234,50 NOK"."""
    text = f"{amount:,.2f}"
    if is_comma_decimal(country):
        text = text.replace(",", "\u00a0").replace(".", ",")
    return f"{text} {currency}"


def parse_decimal(text: str, *, is_comma_decimal: bool = False) -> Decimal | None:
    """Read a typed number ("1,234.50", "1.234,50", "1 234,5", "1'234.50"); None when it is not one.

    What stands once before three digits, as in "1,234", separates thousands, unless commas are decimal where it is typed.
    """
    text = _SPACES.sub("", text.strip()).replace("\u2212", "-")
    comma, dot = text.rfind(","), text.rfind(".")
    if len(text) > LONGEST_NUMBER:
        return None
    if comma >= 0 and dot >= 0:
        mark, group = (",", ".") if comma > dot else (".", ",")
    elif comma >= 0:
        is_group = text.count(",") > 1 or (_ONE_GROUP.fullmatch(text) and not is_comma_decimal)
        mark, group = (".", ",") if is_group else (",", ".")
    else:
        mark, group = (",", ".") if text.count(".") > 1 else (".", ",")
    whole, _point, part = text.partition(mark)
    if not _PART.fullmatch(part) or not (
        _WHOLE.fullmatch(whole) if group not in whole else _grouped(whole, group)
    ):
        return None
    try:
        return Decimal(f"{whole.replace(group, '')}.{part}" if part else whole.replace(group, ""))
    except InvalidOperation:
        return None


def is_comma_decimal(country: str) -> bool:
    """Return whether people of a country write a comma before the decimals."""
    return country in COMMA_COUNTRIES


def _grouped(whole: str, group: str) -> bool:
    """Return whether the digits before the decimal mark are in groups of three."""
    first, *rest = whole.removeprefix("-").split(group)
    return 1 <= len(first) <= 3 and (first + "".join(rest)).isdecimal() and all(len(one) == 3 for one in rest)
