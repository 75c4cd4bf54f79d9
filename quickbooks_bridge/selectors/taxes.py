"""The tax codes of a company as stored here, and what they mean for an invoice."""

from datetime import date
from decimal import Decimal
from typing import Any

from quickbooks_bridge.domain.tax import SalesRate, TaxCodeFacts, TaxRegime, TaxRules, regime_of
from quickbooks_bridge.models import Company, Customer, TaxCode

# The codes of lines in the United States, which no form can bear.
LINE_CODES = ("TAX", "NON")


def tax_regime(company: Company) -> TaxRegime:
    """Return who decides the tax of the company's invoices."""
    return regime_of(
        country=company.country,
        uses_sales_tax=company.uses_sales_tax,
        is_tax_automated=company.is_tax_automated,
    )


def tax_rules(company: Company, customer: Customer | None) -> TaxRules:
    """Return what decides the tax of an invoice; the codes are those that a sale can bear, in the order of their names."""
    regime = tax_regime(company)
    codes: dict[str, TaxCodeFacts] = {}
    if regime in {TaxRegime.CODES, TaxRegime.MANUAL}:
        rows = TaxCode.objects.filter(company=company, is_active=True, is_for_sales=True)
        codes = {row.qbo_id: code_facts(row) for row in rows.exclude(qbo_id__in=LINE_CODES).order_by("name")}
    is_exempt = regime is not TaxRegime.CODES and customer is not None and not customer.is_taxable
    return TaxRules(regime, codes, is_exempt)


def code_facts(row: TaxCode) -> TaxCodeFacts:
    """Return a tax code as the pure core knows it."""
    return TaxCodeFacts(row.qbo_id, row.name, tuple(_rate(stored) for stored in row.rates))


def _rate(stored: dict[str, Any]) -> SalesRate:
    history = tuple((date.fromisoformat(day), Decimal(percent)) for day, percent in stored["since"])
    return SalesRate(stored["id"], stored["name"], Decimal(stored["percent"]), history)


def usual_code(rules: TaxRules, customer: Customer | None) -> str:
    """Return the tax code to begin with where a product has none: the customer's own, else the only one there is."""
    own = customer.tax_code_qbo_id if customer is not None else ""
    if own in rules.codes:
        return own
    return next(iter(rules.codes)) if len(rules.codes) == 1 else ""
