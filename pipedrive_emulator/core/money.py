"""Sums of product lines and of whole deals, in exact decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pipedrive_emulator.core.store import Row, Store

CENT = Decimal("0.01")
HUNDRED = Decimal(100)


def _exact(value: Any) -> Decimal:
    return Decimal(str(value))


def number(value: Decimal) -> int | float:
    """Return an amount as JSON has it: whole without a point."""
    rounded = value.quantize(CENT, ROUND_HALF_UP)
    return int(rounded) if rounded == rounded.to_integral() else float(rounded)


def line_sum(line: Row) -> int | float:
    """Return the sum of a line: its price times quantity less its discount, with tax that comes on top."""
    gross = _exact(line["item_price"]) * _exact(line["quantity"])
    discount = _exact(line["discount"])
    net = gross - (gross * discount / HUNDRED if line["discount_type"] == "percentage" else discount)
    if line["tax_method"] == "exclusive":
        net += net * _exact(line["tax"]) / HUNDRED
    return number(net)


def deal_value(store: Store, deal: Row) -> int | float:
    """Return the value of a deal as its enabled lines and its discounts make it, or the one typed in."""
    lines = store.lines(deal["id"])
    if not lines:
        return deal["value"]  # type: ignore[no-any-return]
    total = sum((_exact(line_sum(line)) for line in lines if line["is_enabled"]), Decimal(0))
    full = total
    for discount in store.discounts(deal["id"]):
        amount = _exact(discount["amount"])
        total -= full * amount / HUNDRED if discount["type"] == "percentage" else amount
    return number(max(total, Decimal(0)))
