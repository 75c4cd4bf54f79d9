"""Which of a deal's lines an invoice bills, and how many of each: what billing in parts rests on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from deals.snapshot import DealLineFacts

from .bundles import bundle_end
from .currencies import digits_of
from .draft import DraftLine, InvoiceDraft
from .money import round_to
from .totals import lines_total


def allocation_of(draft: InvoiceDraft) -> list[dict[str, Any]]:
    """Return an entry for each line that bills a line of the deal: how many, what it comes to, and its tax.

    "line" is the deal line's id, "net" its amount after its discount and before any on the whole invoice, "tax" the tax
    code or, where lines bear none, whether it is taxed ("TAX" or "NON").
    """
    found = []
    for at, line in enumerate(draft.lines):
        if not line.source_id or line.kind not in {"item", "bundle"}:
            continue
        end = bundle_end(draft.lines, at) if line.kind == "bundle" else at + 1
        billed = [one for one in draft.lines[at:end] if one.is_billed]
        found.append(
            {
                "line": line.source_id,
                "quantity": f"{line.quantity.normalize():f}",
                "net": str(round_to(lines_total(billed, draft.currency), digits_of(draft.currency))),
                "tax": sorted({_tax(one) for one in billed}),
            }
        )
    return found


def _tax(line: DraftLine) -> str:
    return line.tax_code or ("TAX" if line.is_taxable else "NON")


def billed_quantities(allocations: Iterable[Sequence[Mapping[str, Any]]]) -> dict[str, Decimal]:
    """Return how many of each deal line several invoices bill together."""
    billed: dict[str, Decimal] = {}
    for entry in (entry for entries in allocations for entry in entries):
        billed[entry["line"]] = billed.get(entry["line"], Decimal(0)) + Decimal(entry["quantity"])
    return billed


def lines_left(
    lines: Sequence[DealLineFacts], billed: Mapping[str, Decimal]
) -> tuple[DealLineFacts, ...] | None:
    """Return what of a deal's lines no invoice bills yet; None where all of them or none are billed.

    An amount off a line that was billed in part is taken off in proportion.
    """
    left = [_rest(line, billed.get(line.id, Decimal(0))) for line in lines]
    rest = tuple(line for line in left if line is not None)
    return None if not rest or rest == tuple(lines) else rest


def _rest(line: DealLineFacts, billed: Decimal) -> DealLineFacts | None:
    if not billed or not line.quantity:
        return line
    # More than there is, or the other way round, is no rest.
    quantity = line.quantity - billed
    if quantity * line.quantity <= 0:
        return None
    discount = line.discount
    if line.discount_kind == "amount":
        discount = round_to(discount * quantity / line.quantity, 2)
    return replace(line, quantity=quantity, discount=discount)
