"""Bundles: a product of QuickBooks that stands for several others and prints as one group.

A heading (kind "bundle") is followed by the lines of its products. A line belongs to the heading when it stands directly
below it and has the heading's product in `bundle_qbo_id`. Each has a price and a tax of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from .draft import DraftLine
from .money import line_amount, round_to

# As many decimals as QuickBooks documents of a price: what is rounded there still comes to its cent below a thousand pieces.
_PRICE_STEP = Decimal("0.00001")


@dataclass(frozen=True)
class BundlePart:
    """A product in a bundle, how many of it one bundle has, and what it costs by the price list."""

    item_qbo_id: str
    name: str
    quantity: Decimal
    unit_price: Decimal
    is_taxable: bool = False
    tax_code: str = ""


def bundle_end(lines: Sequence[DraftLine], at: int) -> int:
    """Return the place behind the last line that belongs to the heading at `at`."""
    bundle, end = lines[at].item_qbo_id, at + 1
    while end < len(lines) and lines[end].is_billed and lines[end].bundle_qbo_id == bundle:
        end += 1
    return end


def open_bundle(line: DraftLine, parts: Sequence[BundlePart], *, digits: int) -> tuple[DraftLine, ...]:
    """Return a line that is linked to a bundle as its heading and the lines of its products.

    They come to what the line came to, each in proportion to the price list; a line without a price takes the list's.
    """
    listed = [line_amount(line.quantity * part.quantity, part.unit_price, digits=digits) for part in parts]
    gross = line_amount(line.quantity, line.unit_price, digits=digits) or sum(listed, Decimal(0))
    net = line_amount(
        *((line.quantity, line.unit_price) if line.unit_price else (Decimal(1), gross)),
        discount=line.discount,
        discount_kind=line.discount_kind,
        digits=digits,
    )
    weights = listed if any(listed) else [Decimal(1)] * len(parts)
    sold = zip(parts, shares(gross, weights, digits), shares(net, weights, digits), strict=True)
    heading = replace(
        line, kind="bundle", unit_price=Decimal(0), discount=Decimal(0), is_taxable=False, tax_code=""
    )
    return (heading, *(_part_line(line, part, full, left) for part, full, left in sold))


def _part_line(line: DraftLine, part: BundlePart, gross: Decimal, net: Decimal) -> DraftLine:
    quantity = line.quantity * part.quantity
    price = part.unit_price
    if line_amount(quantity, price) != gross and quantity:
        price = (gross / quantity).quantize(_PRICE_STEP).normalize()
    return DraftLine(
        name=part.name,
        quantity=quantity,
        unit_price=price,
        discount=gross - net,
        discount_kind="amount" if gross != net else "percent",
        is_taxable=part.is_taxable,
        tax_code=part.tax_code,
        item_qbo_id=part.item_qbo_id,
        item_name=part.name,
        bundle_qbo_id=line.item_qbo_id,
        service_date=line.service_date,
        class_qbo_id=line.class_qbo_id,
    )


def shares(amount: Decimal, weights: Sequence[Decimal], digits: int) -> Iterator[Decimal]:
    """Return an amount in parts of these weights; together they are the amount, to the smallest coin."""
    whole, before, weight = sum(weights, Decimal(0)), Decimal(0), Decimal(0)
    for own in weights:
        weight += own
        until = round_to(amount * weight / whole, digits) if whole else Decimal(0)
        yield until - before
        before = until
