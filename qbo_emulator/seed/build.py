"""Opens a company: its lists first, then a year of invoices and payments in the order they happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from qbo_emulator.core.store import Company, Profile
from qbo_emulator.entities import empty_tables
from qbo_emulator.json_codec import Doc
from qbo_emulator.seed import us_rows as rows
from qbo_emulator.seed.bulk import BEFORE, Bulk
from qbo_emulator.seed.history import play
from qbo_emulator.seed.opening import open_lists
from qbo_emulator.seed.places import open_places
from qbo_emulator.seed.preferences import company_info, preferences
from qbo_emulator.seed.profiles import COUNTRIES, PROFILES, US_FIRMS
from qbo_emulator.seed.rows import add, place
from qbo_emulator.seed.sandbox_books import fill as fill_sandbox

REALM_BASE = 9_341_455_000_000_000
DISCOUNT_ACCOUNT = "11"
# How many invoices a year has brought, where it is neither 96 nor the six of a small company.
USUAL_INVOICES = {"sandbox": 31}


def open_company(
    key: str,
    ordinal: int,
    now: datetime,
    *,
    customers: int | None = None,
    invoices: int | None = None,
    rows_as_of: int | None = None,
) -> Company:
    """The company of a profile with its history; `ordinal` tells companies of the same process apart.

    With `customers` or `invoices` its history is written in bulk, so that it can be of any size.
    """
    profile, is_small = PROFILES[key], key == "small"
    company = Company(profile=profile, realm_id=str(REALM_BASE + 17 * ordinal), tables=empty_tables())
    in_bulk = not is_small and (customers is not None or invoices is not None)
    opened = now - (BEFORE if in_bulk else timedelta(days=420))
    company.switches.taxed_states = profile.taxed_states
    company.switches.rows_as_of = rows_as_of or company.switches.rows_as_of
    place(company, "CompanyInfo", "1", company_info(profile, started=opened.date().isoformat()), opened)
    country = COUNTRIES.get(key)
    discount_account = country.discount_account if country else DISCOUNT_ACCOUNT
    prefs = preferences(profile, default_item="1", discount_account=discount_account)
    place(company, "Preferences", "1", prefs, opened)
    # Always the same books for a profile: tests and demos count on it, and no secret hangs on it.
    dice = Random(f"books of {key} {ordinal}" if is_small else f"books of {key}")  # noqa: S311
    if country is not None:
        _small_lists(company, opened)
        open_lists(company, country, opened, dice)
    else:
        _lists(company, opened)
        _small_lists(company, opened)
        _taxes(company, profile, opened)
        (_us if key == "us" else _small)(company, opened)
    open_places(company, opened)
    if profile.country == "FR":
        for name, kind, words in rows.JOURNAL_CODES:
            add(company, "JournalCode", {"Name": name, "Type": kind, "Description": words}, opened)
    if in_bulk:
        Bulk(company, country or US_FIRMS, now, dice).fill(customers=customers or 0, invoices=invoices or 0)
    else:
        usual = USUAL_INVOICES.get(key, 96 if key in {"us", *COUNTRIES} else 6)
        count = usual if invoices is None else invoices
        play(company, now, dice, invoices=count, memos=country.memos if country else rows.MEMOS)
    if key == "sandbox" and not in_bulk:
        fill_sandbox(company, now, dice)
    company.replays.clear()
    return company


def _lists(company: Company, now: datetime) -> None:
    for name, classification, kind, subtype in rows.ACCOUNTS:
        body = {
            "Name": name,
            "Classification": classification,
            "AccountType": kind,
            "AccountSubType": subtype,
        }
        add(company, "Account", body, now)
    for name, days in rows.TERMS:
        add(company, "Term", {"Name": name, "DueDays": days}, now)
    for name, kind in rows.PAYMENT_METHODS:
        add(company, "PaymentMethod", {"Name": name, "Type": kind}, now)


def _small_lists(company: Company, now: datetime) -> None:
    """Lists that clients can only read, and classes and locations, which the preferences can switch on."""
    for kind, names in (("Class", rows.CLASSES), ("Department", rows.LOCATIONS)):
        for name in names:
            add(company, kind, {"Name": name}, now)
    for number, name in enumerate(rows.CUSTOMER_TYPES, start=1):
        place(company, "CustomerType", str(number), {"Name": name, "Active": True}, now)
    year = now.year
    details = [
        {"BudgetDate": f"{year}-{month:02d}-01", "Amount": 2400, "AccountRef": {"value": "13"}}
        for month in range(1, 13)
    ]
    budget: Doc = {
        "Name": f"Warehouse {year}",
        "StartDate": f"{year}-01-01",
        "EndDate": f"{year}-12-31",
        "BudgetType": "ProfitAndLoss",
        "BudgetEntryType": "Monthly",
        "Active": True,
        "BudgetDetail": details,
    }
    place(company, "Budget", "1", budget, now)


def _taxes(company: Company, profile: Profile, now: datetime) -> None:
    for code, taxable in (("TAX", True), ("NON", False)):
        data = {"Name": code, "Description": code, "Active": True, "Taxable": taxable, "TaxGroup": False}
        place(company, "TaxCode", code, data, now)
    if profile.tax_percent is None:
        return
    add(company, "TaxAgency", {"DisplayName": "Texas Comptroller of Public Accounts"}, now)
    rate = {
        "Name": "Texas, Austin",
        "Description": "Sales tax, state and local",
        "Active": True,
        "RateValue": profile.tax_percent,
        "AgencyRef": {"value": "1"},
        "SpecialTaxType": "NONE",
        "EffectiveTaxRate": [
            {"RateValue": profile.tax_percent, "EffectiveDate": "2010-01-01T00:00:00-08:00"},
        ],
        "DisplayType": "ReadOnly",
    }
    place(company, "TaxRate", "3", rate, now)
    applies = {
        "TaxRateRef": {"value": "3", "name": "Texas, Austin"},
        "TaxTypeApplicable": "TaxOnAmount",
        "TaxOrder": 0,
    }
    code_data = {
        "Name": "Texas, Austin",
        "Description": "Sales tax, state and local",
        "Active": True,
        "Hidden": False,
        "Taxable": True,
        "TaxGroup": True,
        "SalesTaxRateList": {"TaxRateDetail": [applies]},
        "PurchaseTaxRateList": {"TaxRateDetail": []},
        "TaxCodeConfigType": "SYSTEM_GENERATED",
    }
    place(company, "TaxCode", "2", code_data, now)
    company.sequences["TaxRate"] = company.sequences["TaxCode"] = 3


def _us(company: Company, now: datetime) -> None:
    opened = now.date().isoformat()
    for name, kind, sku, price, cost, taxable, account, description in rows.ITEMS:
        body: Doc = {
            "Name": name,
            "Type": kind,
            "Sku": sku,
            "UnitPrice": price,
            "PurchaseCost": cost,
            "Taxable": taxable == "yes",
            "IncomeAccountRef": {"value": account},
            "Description": description,
        }
        if kind == "Inventory":
            body |= {
                "AssetAccountRef": {"value": "5"},
                "ExpenseAccountRef": {"value": "12"},
                "QtyOnHand": 400,
                "InvStartDate": opened,
            }
        qbo_id = add(company, "Item", body, now)
        if name in rows.INACTIVE_ITEMS:
            add(company, "Item", {"Id": qbo_id, "Active": False}, now)
    add(company, "Item", {"Name": rows.CATEGORY, "Type": "Category"}, now)
    name, parts = rows.BUNDLE
    ids = {row.data["Name"]: row.qbo_id for row in company.table("Item").rows.values()}
    listed = [{"Qty": int(count), "ItemRef": {"value": ids[part], "name": part}} for part, count in parts]
    add(company, "Item", {"Name": name, "Type": "Group", "ItemGroupDetail": {"ItemGroupLine": listed}}, now)
    _customers(company, now)
    for name in rows.VENDORS:
        add(company, "Vendor", {"DisplayName": name, "CompanyName": name}, now)
    for given, family in rows.EMPLOYEES:
        add(company, "Employee", {"GivenName": given, "FamilyName": family}, now)


def _customers(company: Company, now: datetime) -> None:
    ids: dict[str, str] = {}
    for name, given, family, email, line, city, state, postal, term in rows.CUSTOMERS:
        body: Doc = {
            "DisplayName": name,
            "CompanyName": name,
            "GivenName": given,
            "FamilyName": family,
            "Taxable": name not in rows.EXEMPT_CUSTOMERS,
            "PrimaryPhone": {"FreeFormNumber": f"(512) 555-{1000 + 7 * len(ids):04d}"},
        }
        if email:
            body["PrimaryEmailAddr"] = {"Address": email}
        if line:
            address = {"Line1": line, "City": city, "CountrySubDivisionCode": state, "PostalCode": postal}
            body |= {"BillAddr": address, "ShipAddr": dict(address)}
        if term:
            body["SalesTermRef"] = {"value": term}
        ids[name] = add(company, "Customer", body, now)
    for name, parent in rows.SUB_CUSTOMERS:
        parent_row = company.row("Customer", ids[parent])
        address = dict(parent_row.data["BillAddr"]) if parent_row else {}
        address.pop("Id", None)
        body = {"DisplayName": name, "Job": True, "ParentRef": {"value": ids[parent]}, "BillAddr": address}
        add(company, "Customer", body, now)
    for name in rows.INACTIVE_CUSTOMERS:
        add(company, "Customer", {"Id": ids[name], "Active": False}, now)


def _small(company: Company, now: datetime) -> None:
    for name, price in (
        ("Services", "90"),
        ("Consulting hours", "140"),
        ("Workshop day", "1600"),
        ("Travel", "0"),
    ):
        body = {"Name": name, "Type": "Service", "UnitPrice": price, "IncomeAccountRef": {"value": "7"}}
        add(company, "Item", body, now)
    for name in ("Fern Hollow Co-op", "Gannet Marine", "Hollis & Wray", "Inkwell Press"):
        address = {
            "Line1": "1 Prairie Rd",
            "City": "Austin",
            "CountrySubDivisionCode": "TX",
            "PostalCode": "78704",
        }
        slug = name.split(maxsplit=1)[0].lower()
        body = {
            "DisplayName": name,
            "BillAddr": address,
            "PrimaryEmailAddr": {"Address": f"office@{slug}.example"},
        }
        add(company, "Customer", body, now)
    add(company, "Vendor", {"DisplayName": "Co-working Commons"}, now)
