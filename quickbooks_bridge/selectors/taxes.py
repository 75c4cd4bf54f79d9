"""The tax codes of a company as stored here, and what they mean for an invoice."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from quickbooks_bridge.domain.money import round_money
from quickbooks_bridge.domain.tax import SalesRate, TaxCodeFacts, TaxRegime, TaxRules, regime_of
from quickbooks_bridge.models import Company, Customer, InvoiceIntent, TaxCode

from .invoices import CHECKED

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


# How far back an invoice still tells what the next one's tax will be.
ESTIMATE_DAYS = 400


@dataclass(frozen=True)
class TaxEstimate:
    """What the sales tax will probably be, and the invoice to the same place that says so."""

    amount: Decimal
    number: str
    day: date


def tax_estimate(
    company: Company, *, ship_to_key: str, taxable: Decimal, day: date, currency: str
) -> TaxEstimate | None:
    """Return the tax by the share that the last invoice delivered to the same place bore; None where there is none.

    Only QuickBooks knows the tax: this is what it was last time, and is shown as that.
    """
    if not ship_to_key or taxable <= 0:
        return None
    before = (
        InvoiceIntent.objects.filter(
            company=company,
            ship_to_key=ship_to_key,
            state=InvoiceIntent.State.SUCCEEDED,
            taxable__gt=0,
            currency=currency,
            payload__ApplyTaxAfterDiscount__isnull=True,
            payload__TxnTaxDetail__TotalTax__isnull=True,
            invoice__is_voided=False,
            invoice__is_deleted=False,
            invoice__alarm__in=("", CHECKED),
            invoice__txn_date__gte=day - timedelta(days=ESTIMATE_DAYS),
        )
        .select_related("invoice")
        .order_by("-pk")
        .first()
    )
    if before is None or before.invoice is None:
        return None
    share = before.invoice.total_tax / before.taxable
    known = before.invoice
    return TaxEstimate(round_money(taxable * share), known.doc_number or known.qbo_id, known.txn_date)
