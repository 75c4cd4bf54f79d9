"""The discount line of a sales form."""

from __future__ import annotations

from decimal import Decimal

from qbo_emulator.core.field_values import (
    amount_out,
    number_in,
    number_out,
    reference,
    reference_id,
    referred,
    rounded,
)
from qbo_emulator.core.store import Company
from qbo_emulator.faults import errors, sales
from qbo_emulator.json_codec import Doc


def discounted(
    company: Company, given: list[Doc], subtotal: Decimal, gross: Decimal, digits: int
) -> tuple[Doc, Decimal]:
    """The line to store and its amount; `gross` is what the lines come to with tax where amounts include it, else 0.

    6000 for a second discount line, and where discounts are turned off.
    """
    if len(given) > 1:
        raise errors.business("Only one discount line is allowed on a transaction.")
    prefs = company.preferences["SalesFormsPrefs"]
    if not prefs.get("AllowDiscount"):
        raise errors.business("Discounts are turned off in the company settings.")
    detail = given[0].get("DiscountLineDetail") or {}
    percent = number_in("DiscountPercent", detail.get("DiscountPercent"))
    amount = number_in("Line.Amount", given[0].get("Amount"))
    kept: Doc = {"PercentBased": bool(detail.get("PercentBased")) and percent is not None}
    if kept["PercentBased"] and percent is not None:
        amount = subtotal * percent / 100
        kept["DiscountPercent"] = number_out(percent)
    elif amount is not None and gross:
        # What is agreed is an amount with tax; kept is, as of the other lines, the part without.
        amount = subtotal * amount / gross
    if amount is None:
        raise sales.discount_missing()
    amount = rounded(amount, digits)
    account_id = reference_id(detail.get("DiscountAccountRef")) or prefs.get("DefaultDiscountAccount")
    account = referred(company, "Account", account_id, what="Accounts")
    if account is not None:
        kept["DiscountAccountRef"] = reference(account)
    for name in ("ClassRef", "TaxCodeRef"):
        if reference_id(detail.get(name)):
            kept[name] = {"value": reference_id(detail[name])}
    line = {"Amount": amount_out(amount), "DetailType": "DiscountLineDetail", "DiscountLineDetail": kept}
    return line, amount
