"""The lines of an invoice as they are sent to QuickBooks."""

from decimal import Decimal
from typing import Any

from .bundles import bundle_end
from .company_profile import PayloadProfile, format_decimal
from .currencies import digits_of
from .draft import DraftLine, InvoiceDraft
from .money import line_amount, printed_amount
from .tax import TaxMode, TaxRegime, taxed_line
from .texts import comparable
from .totals import billed_lines, draft_line_amount, subtotal_at

# QuickBooks documents five decimals of a price.
PRICE_DECIMALS = 5
LONGEST_DESCRIPTION = 4000
_PRICE_STEP = Decimal(1).scaleb(-PRICE_DECIMALS)


def line_payloads(draft: InvoiceDraft, profile: PayloadProfile) -> list[dict[str, Any]]:
    """Return the lines of the body of POST /invoice, its discount last."""
    sent, at = [], 0
    while at < len(draft.lines):
        line, end = draft.lines[at], at + 1
        if line.kind == "subtotal":
            amount = printed_amount(subtotal_at(draft, at), draft.currency, country=profile.country)
            sent.append(_text_line(f"{line.name}: {amount}" if line.name else amount))
        elif line.kind == "text":
            sent.append(_text_line(line_description(line)))
        elif line.kind == "bundle":
            end = bundle_end(draft.lines, at)
            sent.append(_bundle_line(line, _item_lines(draft.lines[at + 1 : end], draft, profile)))
        else:
            sent += _item_lines((line,), draft, profile)
        at = end
    return [*sent, *_discount_line(draft, profile)]


def _item_lines(
    lines: tuple[DraftLine, ...], draft: InvoiceDraft, profile: PayloadProfile
) -> list[dict[str, Any]]:
    return [_item_line(one, draft, profile) for one in billed_lines(draft.with_lines(lines))]


def _bundle_line(line: DraftLine, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the heading of a bundle with the lines of its products; it has no amount of its own."""
    return {
        "DetailType": "GroupLineDetail",
        "Description": line_description(line)[:LONGEST_DESCRIPTION],
        "GroupLineDetail": {
            "GroupItemRef": {"value": line.item_qbo_id},
            "Quantity": format_decimal(line.quantity),
            "Line": parts,
        },
    }


def _text_line(text: str) -> dict[str, Any]:
    """Return a line that is a text; QuickBooks keeps one subtotal at the end alone, so those between are texts too."""
    return {
        "DetailType": "DescriptionOnly",
        "Description": text[:LONGEST_DESCRIPTION],
        "DescriptionLineDetail": {},
    }


def _discount_line(draft: InvoiceDraft, profile: PayloadProfile) -> list[dict[str, Any]]:
    """Return the discount of the whole invoice, none or one: QuickBooks takes no second."""
    if not draft.discount:
        return []
    is_percent = draft.discount_kind == "percent"
    detail: dict[str, Any] = {"PercentBased": is_percent}
    line: dict[str, Any] = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail}
    if is_percent:
        detail["DiscountPercent"] = format_decimal(draft.discount)
    else:
        line["Amount"] = format_decimal(draft.discount)
    if profile.facts.discount_account:
        detail["DiscountAccountRef"] = {"value": profile.facts.discount_account}
    return [line]


def _item_line(line: DraftLine, draft: InvoiceDraft, profile: PayloadProfile) -> dict[str, Any]:
    digits = digits_of(draft.currency)
    amount = draft_line_amount(line, digits)
    detail: dict[str, Any] = {"ItemRef": {"value": line.item_qbo_id}}
    price = line.unit_price
    if profile.is_us:
        detail["TaxCodeRef"] = {"value": "TAX" if line.is_taxable else "NON"}
    elif profile.rules.regime is TaxRegime.CODES and draft.tax_mode is not TaxMode.OUT_OF_SCOPE:
        detail["TaxCodeRef"] = {"value": line.tax_code}
        if draft.tax_mode is TaxMode.INCLUSIVE:
            # QuickBooks keeps the amount without tax, and beside it what was agreed.
            parts = taxed_line(amount, line.tax_code, profile.rules, draft.tax_mode, draft.issue_date, digits)
            detail["TaxInclusiveAmt"] = format_decimal(parts.gross)
            percent = profile.rules.percent(line.tax_code, draft.issue_date)
            amount, price = parts.net, (price / (1 + percent / 100)).quantize(_PRICE_STEP)
    if line.service_date is not None and profile.facts.allows_service_date:
        detail["ServiceDate"] = line.service_date.isoformat()
    if line.class_qbo_id and profile.facts.class_tracking == "line":
        detail["ClassRef"] = {"value": line.class_qbo_id}
    description = line_description(line)
    if line.discount:
        description = f"{description} (-{_discount_words(line)})"
    sent = unit_price_for(line.quantity, amount, preferred=price, digits=digits)
    if sent is None:
        description = f"{description} ({format_decimal(line.quantity)} x {format_decimal(line.unit_price)})"
    else:
        detail["Qty"] = format_decimal(line.quantity)
        detail["UnitPrice"] = format_decimal(sent)
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": format_decimal(amount),
        "Description": description[:LONGEST_DESCRIPTION],
        "SalesItemLineDetail": detail,
    }


def _discount_words(line: DraftLine) -> str:
    number = format_decimal(line.discount)
    return f"{number}%" if line.discount_kind == "percent" else number


def line_description(line: DraftLine) -> str:
    """Return what the invoice says of a line: its name and its comment, unless the comment or the product says the name."""
    name, comment = line.name.strip(), line.description.strip()
    if not comment or not name or comparable(comment).startswith(comparable(name)):
        return comment or name
    if comparable(line.item_name) == comparable(name):
        return comment
    return f"{name}\n{comment}"


def unit_price_for(
    quantity: Decimal, amount: Decimal, *, preferred: Decimal, digits: int = 2
) -> Decimal | None:
    """Return a unit price with at most five decimals whose product with `quantity` rounds to `amount`.

    QuickBooks multiplies what it is sent and refuses a line that differs by a cent (fault 6070). None when no
    such price exists; the line is then sent with its amount alone.
    """
    if line_amount(quantity, preferred, digits=digits) == amount:
        return preferred
    if not quantity:
        return None
    price = (amount / quantity).quantize(_PRICE_STEP)
    return price if line_amount(quantity, price, digits=digits) == amount else None
