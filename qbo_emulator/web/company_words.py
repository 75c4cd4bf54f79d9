"""A company in one line: its country, money and tax."""

from __future__ import annotations

from qbo_emulator.core.store import Company

COUNTRY_WORDS = {
    "US": "United States",
    "GB": "United Kingdom",
    "CA": "Canada",
    "NO": "Norway",
    "FR": "France",
}


def about(company: Company) -> str:
    """Country, money and tax of the company in one line."""
    prefs, profile = company.preferences, company.profile
    money = f"{profile.currency_name} ({profile.currency})"
    if company.is_multicurrency:
        others = sorted(str(row.data["Code"]) for row in company.table("CompanyCurrency").rows.values())
        money += f", also {', '.join(others)}"
    tax = f"{profile.tax_word} by a code on the form"
    if not company.uses_sales_tax:
        tax = "No tax"
    elif company.has_tax_codes:
        tax = f"{profile.tax_word} by a code on every line"
    elif prefs["TaxPrefs"].get("PartnerTaxEnabled"):
        tax = "Automated sales tax"
    return f"{COUNTRY_WORDS[profile.country]}. {money}. {tax}."
