"""What is sent to QuickBooks, built from a draft: JSON-ready, with exact numbers as text.

QuickBooks takes numeric text for numbers; text is also what survives storage in a JSON column unchanged.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .address import Address, named, parse_address, physical_address
from .currencies import digits_of
from .draft import DraftLine, InvoiceDraft
from .money import line_amount
from .tax import NO_TAX, QUICKBOOKS_MODES, TaxMode, TaxRegime, TaxRules, taxed_line
from .texts import comparable, visible
from .totals import draft_line_amount

NOTE_MARKER = "CRM-"
# Customers can read it on their statements, so it is no longer than it takes to be found again.
NOTE_MARKER_DIGITS = 10
_FORBIDDEN = re.compile(r"[:\t\r\n]+")
# QuickBooks documents five decimals of a price.
PRICE_DECIMALS = 5
_PRICE_STEP = Decimal(1).scaleb(-PRICE_DECIMALS)


@dataclass(frozen=True)
class PayloadProfile:
    """What of the company decides how an invoice is written."""

    country: str
    home_currency: str
    is_multicurrency: bool = False
    rules: TaxRules = NO_TAX

    @property
    def is_us(self) -> bool:
        """Whether lines are TAX or NON."""
        return self.country in {"US", "USA"}


def format_decimal(number: Decimal) -> str:
    """Write a number without exponent and without idle zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def safe_display_name(text: str) -> str:
    """Return `text` as QuickBooks takes names: no colon, tab or line break, at most 500 characters."""
    return " ".join(_FORBIDDEN.sub(" ", visible(text)).split())[:500]


def marker_of(request_id: str) -> str:
    """Return what stands in the memo of the invoice that a request makes: `CRM-` and ten hexadecimal digits."""
    return f"{NOTE_MARKER}{request_id[:NOTE_MARKER_DIGITS]}"


def invoice_payload(
    draft: InvoiceDraft,
    *,
    customer_qbo_id: str,
    profile: PayloadProfile,
    marker: str,
    delivery: Address | None = None,
) -> dict[str, Any]:
    """Return the body of POST /invoice. `marker` finds the invoice again should the answer be lost.

    `delivery` is where automated sales tax is due; without it QuickBooks may take the seller's own address for it.
    """
    note = "\n".join(part for part in (draft.memo, marker_of(marker)) if part)
    payload: dict[str, Any] = {
        "CustomerRef": {"value": customer_qbo_id},
        "TxnDate": draft.issue_date.isoformat(),
        "DueDate": draft.due_date.isoformat(),
        "Line": [_line(line, draft, profile) for line in draft.lines],
        "PrivateNote": note[:4000],
    }
    if profile.is_multicurrency:
        payload["CurrencyRef"] = {"value": draft.currency}
    if draft.exchange_rate is not None:
        payload["ExchangeRate"] = format_decimal(draft.exchange_rate)
    if profile.rules.regime is TaxRegime.CODES:
        payload["GlobalTaxCalculation"] = QUICKBOOKS_MODES[draft.tax_mode]
    if profile.rules.regime is TaxRegime.MANUAL and draft.form_tax_code:
        payload["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": draft.form_tax_code}}
    billing = parse_address(draft.address)
    if draft.address.strip():
        payload["BillAddr"] = physical_address(named(billing, draft.to))
    if delivery is not None or billing.lines:
        payload["ShipAddr"] = physical_address(delivery or billing)
    optional = {
        "BillEmail": {"Address": draft.email} if draft.email else None,
        "BillEmailCc": {"Address": draft.cc} if draft.cc else None,
        "BillEmailBcc": {"Address": draft.bcc} if draft.bcc else None,
        "CustomerMemo": {"value": draft.message} if draft.message else None,
        "SalesTermRef": {"value": draft.term_qbo_id} if draft.term_qbo_id else None,
        "DocNumber": draft.doc_number or None,
    }
    payload.update({key: value for key, value in optional.items() if value is not None})
    return payload


def _line(line: DraftLine, draft: InvoiceDraft, profile: PayloadProfile) -> dict[str, Any]:
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
    description = line_description(line)
    if line.discount:
        off = (
            f"{format_decimal(line.discount)}%"
            if line.discount_kind == "percent"
            else format_decimal(line.discount)
        )
        description = f"{description} (-{off})"
    sent = unit_price_for(line.quantity, amount, preferred=price, digits=digits)
    if sent is None:
        description = f"{description} ({format_decimal(line.quantity)} x {format_decimal(line.unit_price)})"
    else:
        detail["Qty"] = format_decimal(line.quantity)
        detail["UnitPrice"] = format_decimal(sent)
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": format_decimal(amount),
        "Description": description[:4000],
        "SalesItemLineDetail": detail,
    }


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


def customer_create_payload(draft: InvoiceDraft, *, profile: PayloadProfile) -> dict[str, Any]:
    """Return the body of POST /customer for the draft's new customer."""
    payload: dict[str, Any] = {"DisplayName": safe_display_name(draft.customer.new_display_name)}
    payload.update(customer_fields(draft, ("address", "email", "tax_id"), profile=profile))
    if "BillAddr" in payload:
        payload["ShipAddr"] = payload["BillAddr"]
    if profile.is_multicurrency:
        payload["CurrencyRef"] = {"value": draft.currency}
    return payload


def customer_update_payload(
    draft: InvoiceDraft, *, qbo_id: str, sync_token: int, fields: Iterable[str], profile: PayloadProfile
) -> dict[str, Any]:
    """Return a sparse update that overwrites `fields` ("address", "email", "tax_id") and nothing else."""
    return {
        "Id": qbo_id,
        "SyncToken": str(sync_token),
        "sparse": True,
        **customer_fields(draft, fields, profile=profile),
    }


def customer_fields(draft: InvoiceDraft, fields: Iterable[str], *, profile: PayloadProfile) -> dict[str, Any]:
    """Return the named fields in QuickBooks' own names, those without a value left out.

    A US customer has no tax id field; the resale number (16 characters) is where Americans keep it.
    """
    known: dict[str, tuple[str, Any]] = {
        "address": ("BillAddr", physical_address(parse_address(draft.address))),
        "email": ("PrimaryEmailAddr", {"Address": draft.email} if draft.email else None),
        "tax_id": ("ResaleNum" if profile.is_us else "PrimaryTaxIdentifier", draft.tax_id),
    }
    return {known[name][0]: known[name][1] for name in fields if known[name][1]}
