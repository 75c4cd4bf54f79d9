"""What is sent to QuickBooks, built from a draft: JSON-ready, with exact numbers as text.

QuickBooks takes numeric text for numbers; text is also what survives storage in a JSON column unchanged.
"""

import re
from typing import Any

from .address import Address, named, parse_address, physical_address
from .company_profile import PayloadProfile, format_decimal
from .draft import InvoiceDraft
from .line_payloads import line_payloads
from .tax import QUICKBOOKS_MODES, TaxRegime
from .texts import visible
from .totals import can_be_quoted

NOTE_MARKER = "CRM-"
# Customers can read it on their statements, so it is no longer than it takes to be found again.
NOTE_MARKER_DIGITS = 10
_FORBIDDEN = re.compile(r"[:\t\r\n]+")


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
        "Line": line_payloads(draft, profile),
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
    if draft.quoted_tax is not None and can_be_quoted(profile.rules):
        payload.setdefault("TxnTaxDetail", {})["TotalTax"] = format_decimal(draft.quoted_tax)
    if draft.discount and profile.is_us:
        # Otherwise the tax is on what the lines come to before the discount.
        payload["ApplyTaxAfterDiscount"] = True
    payload |= _addresses(draft, delivery, profile.country)
    payload |= {key: value for key, value in _optional(draft, profile).items() if value is not None}
    return payload


def _addresses(draft: InvoiceDraft, delivery: Address | None, home: str) -> dict[str, Any]:
    billing, written = parse_address(draft.address, home), {}
    if draft.address.strip():
        written["BillAddr"] = physical_address(named(billing, draft.to))
    if delivery is not None or billing.lines:
        written["ShipAddr"] = physical_address(delivery or billing)
    return written


def _optional(draft: InvoiceDraft, profile: PayloadProfile) -> dict[str, Any]:
    """Return what an invoice may have, None where it has not; what the company has turned off is left out."""
    facts = profile.facts
    custom = [
        {"DefinitionId": key, "Name": name, "Type": "StringType", "StringValue": draft.custom_fields[key]}
        for key, name in facts.custom_fields
        if draft.custom_fields.get(key)
    ]
    classed = draft.class_qbo_id if facts.class_tracking == "invoice" else ""
    location = draft.location_qbo_id if facts.has_locations else ""
    pays = draft.can_pay_online and facts.takes_online_payments
    return {
        "BillEmail": {"Address": draft.email} if draft.email else None,
        "BillEmailCc": {"Address": draft.cc} if draft.cc else None,
        "BillEmailBcc": {"Address": draft.bcc} if draft.bcc else None,
        "CustomerMemo": {"value": draft.message} if draft.message else None,
        "SalesTermRef": {"value": draft.term_qbo_id} if draft.term_qbo_id else None,
        "DocNumber": draft.doc_number or None,
        "Deposit": format_decimal(draft.deposit) if draft.deposit else None,
        "ClassRef": {"value": classed} if classed else None,
        "DepartmentRef": {"value": location} if location else None,
        "CustomField": custom or None,
        "AllowOnlineCreditCardPayment": True if pays else None,
        "AllowOnlineACHPayment": True if pays else None,
    }
