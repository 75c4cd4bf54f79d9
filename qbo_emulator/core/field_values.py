"""Reading and writing single values: amounts, numbers, dates and references."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

CENT = Decimal("0.01")
LARGEST = Decimal(10) ** 11


def cents(value: Decimal) -> Decimal:
    """The amount rounded half up to two places."""
    return value.quantize(CENT, ROUND_HALF_UP)


def rounded(value: Decimal, digits: int) -> Decimal:
    """The amount rounded half up to the decimals its currency has, written with two."""
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP).quantize(CENT)


def decimals_within(name: str, value: Decimal | None, digits: int, *, refused: bool) -> Decimal | None:
    """The number with at most so many decimals: rounded half up, or refused with 2050 when there are more."""
    if value is None or -int(value.as_tuple().exponent) <= digits:
        return value
    if refused:
        raise errors.wrong_length(name, digits, -int(value.as_tuple().exponent))
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def amount_out(value: Decimal) -> Decimal | int:
    """An amount as answers write it: `0`, else two places."""
    amount = cents(value)
    return amount if amount else 0


def number_out(value: Decimal) -> Decimal | int:
    """A quantity or price as answers write it: no trailing zeros, no exponent."""
    if value == value.to_integral_value():
        return int(value)
    return Decimal(format(value.normalize(), "f"))


def number_in(name: str, value: Any) -> Decimal | None:
    """The number that was sent, as number or text; None for nothing or "" (2080 when it is none)."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise errors.invalid_number(name, value)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise errors.invalid_number(name, value) from None
    if not number.is_finite() or abs(number) >= LARGEST:
        raise errors.invalid_number(name, value)
    return number


def stored(value: Any) -> Decimal:
    """A stored number as Decimal; nothing is zero."""
    return Decimal(value or 0)


def date_in(name: str, value: Any) -> date | None:
    """The date that was sent; a time of day is cut off; None for nothing (2060 when it is no date)."""
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise errors.invalid_date(name, value) from None


def reference_id(value: Any) -> str | None:
    """The id in a reference that was sent as an object or plainly."""
    if isinstance(value, dict):
        value = value.get("value")
    return None if value in (None, "") else str(value)


def reference(row: Row) -> Doc:
    """A reference to a row with the name it has now."""
    name = row.data.get("FullyQualifiedName") or row.data.get("DisplayName") or row.data.get("Name")
    return {"value": row.qbo_id, "name": name} if name else {"value": row.qbo_id}


def referred(company: Company, kind: str, value: Any, *, what: str) -> Row | None:
    """The row a reference names, None for no reference (2500: no such row, 610: inactive)."""
    qbo_id = reference_id(value)
    if qbo_id is None:
        return None
    row = company.row(kind, qbo_id)
    if row is None:
        raise errors.invalid_reference(what, qbo_id)
    if not row.active:
        raise errors.not_found()
    return row


def home_currency(company: Company) -> Doc:
    return {"value": company.profile.currency, "name": company.profile.currency_name}


def home_amounts(data: Doc) -> Doc:
    """HomeTotalAmt and HomeBalance of a form that has a rate, nothing for one that has none."""
    if data.get("ExchangeRate") is None:
        return {}
    rate = stored(data["ExchangeRate"])
    pairs = (("TotalAmt", "HomeTotalAmt"), ("Balance", "HomeBalance"))
    return {home: amount_out(stored(data[name]) * rate) for name, home in pairs if name in data}


def name_value(name: str, value: str) -> Doc:
    """A name and a value the way the open-ended properties of the schema hold them."""
    return {
        "name": "{http://schema.intuit.com/finance/v3}NameValue",
        "declaredType": "com.intuit.schema.finance.v3.NameValue",
        "scope": "javax.xml.bind.JAXBElement$GlobalScope",
        "value": {"Name": name, "Value": value},
        "nil": False,
        "globalScope": True,
        "typeSubstituted": False,
    }
