"""Opens the lists of a company from the rows of its country: accounts, tax, items, customers, rates."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from math import sin
from random import Random

from qbo_emulator.core.store import Company
from qbo_emulator.json_codec import Doc
from qbo_emulator.seed.country import Country, abroad, customers
from qbo_emulator.seed.rows import add, place


def open_lists(company: Company, country: Country, now: datetime, dice: Random) -> None:
    """Everything but transactions."""
    for name, classification, kind, subtype, *own_id in country.accounts:
        if own_id:
            company.sequences["Account"] = int(own_id[0]) - 1
        body = {
            "Name": name,
            "Classification": classification,
            "AccountType": kind,
            "AccountSubType": subtype,
        }
        add(company, "Account", body, now)
    for row in country.terms:
        limit: Doc = (
            {"DueDays": int(row[1])}
            if len(row) == 2
            else {"DayOfMonthDue": int(row[1]), "DueNextMonthDays": int(row[2])}
        )
        add(company, "Term", {"Name": row[0], **limit}, now)
    for name, kind in country.methods:
        add(company, "PaymentMethod", {"Name": name, "Type": kind}, now)
    _taxes(company, country, now)
    _rates(company, country, now, dice)
    _items(company, country, now)
    if country.customers_first:
        open_customers(company, country, now, dice)
    for name in country.vendors:
        add(company, "Vendor", {"DisplayName": name, "CompanyName": name}, now)
    for given, family in country.employees:
        add(company, "Employee", {"GivenName": given, "FamilyName": family}, now)
    if not country.customers_first:
        open_customers(company, country, now, dice)


def _taxes(company: Company, country: Country, now: datetime) -> None:
    """Agencies, rates and codes; in the United States the two codes of lines come before them."""
    in_states = company.profile.country == "US"
    if in_states:
        for code, taxable in (("TAX", True), ("NON", False)):
            data = {"Name": code, "Description": code, "Active": True, "Taxable": taxable, "TaxGroup": False}
            place(company, "TaxCode", code, data, now)
    for name in country.agencies:
        add(company, "TaxAgency", {"DisplayName": name}, now)
    company.sequences |= {"TaxRate": country.first_rate - 1, "TaxCode": country.first_code - 1}
    ids: dict[str, str] = {}
    for name, percent, agency in country.rates:
        ids[name] = company.next_id("TaxRate")
        value = Decimal(percent)
        rate: Doc = {
            "Name": name,
            "Description": name,
            "Active": True,
            "RateValue": value,
            "AgencyRef": {"value": str(int(agency) + 1)},
            "SpecialTaxType": "ZERO_RATE" if not value else "NONE",
            "EffectiveTaxRate": [{"RateValue": value, "EffectiveDate": "2010-01-01T00:00:00-08:00"}],
            "DisplayType": "ReadOnly",
        }
        place(company, "TaxRate", ids[name], rate, now)
    for name, description, listed in country.codes:
        _code(company, name, description, {part: ids[part] for part in listed.split(",")}, now)


def _code(company: Company, name: str, description: str, rates: dict[str, str], now: datetime) -> None:
    details = [
        {
            "TaxRateRef": {"value": qbo_id, "name": rate},
            "TaxTypeApplicable": "TaxOnAmount",
            "TaxOrder": 0,
        }
        for rate, qbo_id in rates.items()
    ]
    data: Doc = {
        "Name": name,
        "Description": description,
        "Active": True,
        "Hidden": False,
        "Taxable": True,
        "TaxGroup": True,
        "SalesTaxRateList": {"TaxRateDetail": details},
        "PurchaseTaxRateList": {"TaxRateDetail": []},
        "TaxCodeConfigType": "SYSTEM_GENERATED",
    }
    place(company, "TaxCode", company.next_id("TaxCode"), data, now)


def _rates(company: Company, country: Country, now: datetime, dice: Random) -> None:
    """Active currencies, each with a rate for the first of every month and for today."""
    for code, first in {row[0]: Decimal(row[4]) for row in country.foreign}.items():
        add(company, "CompanyCurrency", {"Code": code}, now)
        shift = dice.random() * 6
        for month in range(15):
            moment = now + timedelta(days=30 * month)
            rate = first * Decimal(str(round(1 + 0.025 * sin(shift + month / 2.5), 5)))
            body = {
                "SourceCurrencyCode": code,
                "AsOfDate": moment.date().isoformat(),
                "Rate": rate.quantize(Decimal("0.000001")).normalize(),
            }
            add(company, "ExchangeRate", body, now)


def code_named(company: Company, name: str) -> str:
    """The id of a tax code."""
    rows = company.table("TaxCode").rows.values()
    return next(row.qbo_id for row in rows if row.data["Name"] == name)


def _items(company: Company, country: Country, now: datetime) -> None:
    in_states, started = company.profile.country == "US", now.date().isoformat()
    ids: dict[str, str] = {}
    for name, kind, sku, price, cost, tax, account, description in country.items:
        body: Doc = {
            "Name": name,
            "Type": kind,
            "Sku": sku,
            "UnitPrice": price,
            "PurchaseCost": cost,
            "IncomeAccountRef": {"value": account},
            "Description": description,
        }
        if in_states:
            body["Taxable"] = tax == "yes"
        elif country.codes:
            body |= {"SalesTaxCodeRef": {"value": code_named(company, tax)}, "SalesTaxIncluded": False}
        if kind == "Inventory":
            body |= {
                "AssetAccountRef": {"value": country.stock_account},
                "ExpenseAccountRef": {"value": country.cost_account},
                "QtyOnHand": 400,
                "InvStartDate": started,
            }
        ids[name] = add(company, "Item", body, now)
    name, parts = country.bundle
    if not name:
        return
    listed = [{"Qty": int(count), "ItemRef": {"value": ids[part], "name": part}} for part, count in parts]
    add(company, "Item", {"Name": name, "Type": "Group", "ItemGroupDetail": {"ItemGroupLine": listed}}, now)
    add(company, "Item", {"Name": "Range 2026", "Type": "Category"}, now)


def open_customers(company: Company, country: Country, now: datetime, dice: Random) -> None:
    """Customers; where several currencies are kept, two in five are of another one."""
    codes = [row[0] for row in country.foreign] if country.has_foreign_customers else []
    count = country.customer_count
    for place_in_list, body in enumerate(islice(customers(country, dice), count)):
        if codes and place_in_list % 5 in {1, 3}:
            body.update(abroad(country, dice, codes[place_in_list // 2 % len(codes)]))
        elif company.profile.country == "US" and place_in_list % 21 == 20:
            body["Taxable"] = False
        qbo_id = add(company, "Customer", body, now)
        if count - place_in_list in {3, 17} and not country.customers_first:
            add(company, "Customer", {"Id": qbo_id, "Active": False}, now)
