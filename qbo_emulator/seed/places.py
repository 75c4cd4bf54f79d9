"""The rates and codes of the places in which a company collects automated sales tax."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from qbo_emulator.core.store import Company
from qbo_emulator.entities.tax_places import PLACES, Place
from qbo_emulator.json_codec import Doc
from qbo_emulator.seed.rows import add, place

AGENCIES = {
    "TX": "Texas Comptroller of Public Accounts",
    "NY": "New York State Department of Taxation and Finance",
    "WA": "Washington State Department of Revenue",
    "OR": "Oregon Department of Revenue",
}


def open_places(company: Company, now: datetime) -> None:
    """Agencies, rates and codes of every place in the company's taxed states that are not there yet."""
    codes = {row.data["Name"] for row in company.table("TaxCode").rows.values()}
    for known in PLACES:
        if known.state in company.switches.taxed_states and known.code not in codes:
            _code(company, known, now)


def _code(company: Company, known: Place, now: datetime) -> None:
    agency = _agency(company, AGENCIES[known.state], now)
    details = []
    for number, (name, percent) in enumerate(known.rates):
        qbo_id = _rate(company, name, Decimal(percent), agency, now)
        details.append(
            {
                "TaxRateRef": {"value": qbo_id, "name": name},
                "TaxTypeApplicable": "TaxOnAmount",
                "TaxOrder": number,
            }
        )
    data: Doc = {
        "Name": known.code,
        "Description": "Sales tax, state and local",
        "Active": True,
        "Hidden": False,
        "Taxable": True,
        "TaxGroup": True,
        "SalesTaxRateList": {"TaxRateDetail": details},
        "PurchaseTaxRateList": {"TaxRateDetail": []},
        "TaxCodeConfigType": "SYSTEM_GENERATED",
    }
    place(company, "TaxCode", company.next_id("TaxCode"), data, now)


def _agency(company: Company, name: str, now: datetime) -> str:
    for row in company.table("TaxAgency").rows.values():
        if row.data["DisplayName"] == name:
            return row.qbo_id
    return add(company, "TaxAgency", {"DisplayName": name}, now)


def _rate(company: Company, name: str, percent: Decimal, agency: str, now: datetime) -> str:
    """The id of a rate of this name and percentage."""
    for row in company.table("TaxRate").rows.values():
        if row.data["Name"] == name and Decimal(row.data["RateValue"]) == percent:
            return row.qbo_id
    qbo_id = company.next_id("TaxRate")
    data: Doc = {
        "Name": name,
        "Description": name,
        "Active": True,
        "RateValue": percent,
        "AgencyRef": {"value": agency},
        "SpecialTaxType": "NONE" if percent else "ZERO_RATE",
        "EffectiveTaxRate": [{"RateValue": percent, "EffectiveDate": "2010-01-01T00:00:00-08:00"}],
        "DisplayType": "ReadOnly",
    }
    place(company, "TaxRate", qbo_id, data, now)
    return qbo_id
