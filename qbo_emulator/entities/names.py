"""Rules of the people and firms a company deals with: Customer, Vendor, Employee."""

from __future__ import annotations

from decimal import Decimal

from qbo_emulator.core.field_values import amount_out, date_in, number_in, number_out, reference_id, referred
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.entities.currency import party_currency
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

DELETED = " (deleted)"
PLAIN = words(
    "Title GivenName MiddleName FamilyName Suffix CompanyName PrimaryPhone AlternatePhone Mobile Fax "
    "PrimaryEmailAddr WebAddr"
)
NO_COLON = ("DisplayName", "Title", "GivenName", "MiddleName", "FamilyName", "Suffix", "PrintOnCheckName")
LENGTHS = {
    "DisplayName": 500,
    "Title": 16,
    "GivenName": 100,
    "MiddleName": 100,
    "FamilyName": 100,
    "Suffix": 16,
    "CompanyName": 100,
    "PrintOnCheckName": 110,
    "Notes": 2000,
    "ResaleNum": 16,
    "GSTIN": 15,
    "BusinessNumber": 10,
    "AcctNum": 100,
}
CUSTOMER_ORDER = words(
    "Taxable BillAddr ShipAddr Notes Job BillWithParent ParentRef Level SalesTermRef "
    "PaymentMethodRef Balance "
    "OpenBalanceDate BalanceWithJobs CurrencyRef PreferredDeliveryMethod ResaleNum TaxExemptionReasonId "
    "IsProject ClientEntityId domain sparse Id SyncToken MetaData Title GivenName MiddleName FamilyName Suffix FullyQualifiedName "
    "CompanyName DisplayName PrintOnCheckName Active V4IDPseudonym PrimaryPhone AlternatePhone Mobile Fax "
    "PrimaryEmailAddr WebAddr DefaultTaxCodeRef PrimaryTaxIdentifier SecondaryTaxIdentifier GSTIN "
    "GSTRegistrationType BusinessNumber CustomerTypeRef"
)
CUSTOMER_KNOWN = words(
    "AltContactName AttachableRef ClientEntityId ContactName CreditChargeInfo CreditLimit CustomField "
    "GivenNameYomi IntuitId IsProject JobInfo NameAndId NotifyViaSMS OtherAddr OtherContactInfo Organization "
    "OverDueBalance PriceLevelRef ProjectRef RootCustomerRef SalesRepRef Source TaxRegime TaxIdentifier "
    "TotalExpense TotalRevenue TxnLocationType UserId V4IDPseudonym ARAccountRef CCDetail BusinessPartner"
)
MOMENTS = {"MetaData.CreateTime": "moment", "MetaData.LastUpdatedTime": "moment"}


def _display_name(write: Write) -> str:
    merged = write.merged
    name = merged.get("DisplayName")
    if name is None and write.sparse and "DisplayName" in write.sent and write.before is not None:
        name = write.before.data["DisplayName"]
    if name is None:
        parts = [merged.get(part) for part in ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")]
        name = " ".join(str(part) for part in parts if part)
    name = str(name).strip()
    if not name:
        raise errors.name_missing()
    return name


def _free_name(write: Write) -> tuple[str, bool]:
    """The display name to store and whether the name is in use (active)."""
    name = _display_name(write)
    active = bool(write.kept("Active", True))
    if not active and not name.endswith(DELETED):
        name += DELETED
    elif active and name.endswith(DELETED) and write.before is not None and not write.before.active:
        name = name.removesuffix(DELETED)
    owner = write.company.name_owner(name)
    is_own = (
        owner is not None
        and write.before is not None
        and (owner.kind, owner.qbo_id) == (write.kind.name, write.before.qbo_id)
    )
    if owner is not None and not is_own:
        if not active:
            return f"{name} {write.before.qbo_id if write.before else ''}".strip(), active
        raise errors.duplicate_name("customer" if write.before else "customer, vendor or employee")
    return name, active


def _address(write: Write, name: str) -> Doc | None:
    given = write.merged.get(name)
    if not isinstance(given, dict):
        return None
    address = {key: value for key, value in given.items() if value not in (None, "") and key != "Id"}
    if not address:
        return None
    before = write.before.data.get(name) if write.before else None
    if before is not None and {key: value for key, value in before.items() if key != "Id"} == address:
        return dict(before)
    known_id = before.get("Id") if before else None
    return {"Id": known_id or write.company.next_id("address"), **address}


def _contacts(merged: Doc) -> Doc:
    """Plain properties and contact objects; an object whose only value is empty counts as nothing."""
    kept: Doc = {}
    for name in PLAIN:
        value = merged.get(name)
        if isinstance(value, dict):
            value = {key: part for key, part in value.items() if part not in (None, "")}
        if value not in (None, "", {}):
            kept[name] = value
    return kept


def masked(number: str) -> str:
    """A tax number as answers show it: all but the last five characters hidden."""
    return "X" * max(len(number) - 5, 0) + number[-5:]


def _tax_numbers(write: Write) -> Doc:
    """Tax numbers, kept masked as no answer shows more; writing the mask back destroys the number."""
    found: Doc = {}
    for name in ("PrimaryTaxIdentifier", "SecondaryTaxIdentifier"):
        value = write.merged.get(name)
        if value:
            found[name] = masked(str(value))
    return found


def _parent(write: Write) -> Row | None:
    if not write.merged.get("ParentRef"):
        return None
    parent = referred(write.company, "Customer", write.merged["ParentRef"], what="Names")
    if parent is not None and write.before is not None and parent.qbo_id == write.before.qbo_id:
        raise errors.Fault(
            "900", "Invalid parent", "A customer cannot be its own parent", element="ParentRef"
        )
    if parent is not None and int(parent.data.get("Level", 0)) >= 4:
        raise errors.business("A customer can have at most four levels of sub-customers.")
    return parent


def customer(write: Write) -> Doc:
    """The properties of a customer to store."""
    merged, company = write.merged, write.company
    name, active = _free_name(write)
    parent = _parent(write)
    for reference_name, kind, what in (
        ("SalesTermRef", "Term", "Terms"),
        ("PaymentMethodRef", "PaymentMethod", "PaymentMethods"),
    ):
        referred(company, kind, merged.get(reference_name), what=what)
    before = write.before.data if write.before else {}
    data: Doc = {
        **_contacts(merged),
        "DisplayName": name,
        "FullyQualifiedName": f"{parent.data['FullyQualifiedName']}:{name}" if parent else name,
        "PrintOnCheckName": merged.get("PrintOnCheckName") or merged.get("CompanyName") or name,
        "Active": active,
        # A reason to be exempt says that the customer is.
        "Taxable": bool(write.kept("Taxable", True)) and not merged.get("TaxExemptionReasonId"),
        "Job": parent is not None and bool(write.kept("Job", True)),
        "BillWithParent": bool(write.kept("BillWithParent", False)) and parent is not None,
        "Balance": before.get("Balance", 0),
        "BalanceWithJobs": before.get("BalanceWithJobs", 0),
        "CurrencyRef": party_currency(write),
        "PreferredDeliveryMethod": write.kept("PreferredDeliveryMethod", "Print"),
        "BillAddr": _address(write, "BillAddr"),
        "ShipAddr": _address(write, "ShipAddr"),
        **_tax_numbers(write),
    }
    if parent is not None:
        data |= {"ParentRef": {"value": parent.qbo_id}, "Level": int(parent.data.get("Level", 0)) + 1}
    for plain in (
        "Notes",
        "ResaleNum",
        "TaxExemptionReasonId",
        "GSTIN",
        "GSTRegistrationType",
        "BusinessNumber",
    ):
        data[plain] = merged.get(plain)
    for plain in ("SalesTermRef", "PaymentMethodRef"):
        qbo_id = reference_id(merged.get(plain))
        data[plain] = {"value": qbo_id} if qbo_id else None
    if company.uses_sales_tax and data["Taxable"]:
        usual = None if company.has_tax_codes else "2"
        code = referred(company, "TaxCode", merged.get("DefaultTaxCodeRef") or usual, what="TaxCodes")
        data["DefaultTaxCodeRef"] = {"value": code.qbo_id} if code else None
    return data


def _term(write: Write) -> Doc | None:
    term = referred(write.company, "Term", write.merged.get("TermRef"), what="Terms")
    return {"value": term.qbo_id} if term else None


def _rates(write: Write) -> Doc:
    """What an hour is billed and costs; zero is as good as nothing."""
    rates = {name: number_in(name, write.merged.get(name)) for name in ("BillRate", "CostRate")}
    return {name: number_out(rate) for name, rate in rates.items() if rate}


def vendor(write: Write) -> Doc:
    """The properties of a vendor to store."""
    merged = write.merged
    name, active = _free_name(write)
    before = write.before.data if write.before else {}
    number = merged.get("TaxIdentifier")
    return {
        **_contacts(merged),
        "DisplayName": name,
        "PrintOnCheckName": merged.get("PrintOnCheckName") or merged.get("CompanyName") or name,
        "Active": active,
        "Vendor1099": bool(write.kept("Vendor1099", False)),
        "Balance": before.get("Balance", amount_out(Decimal(0))),
        "CurrencyRef": party_currency(write),
        "BillAddr": _address(write, "BillAddr"),
        "AcctNum": merged.get("AcctNum"),
        # Recorded: six crosses whatever the length, then the last four.
        "TaxIdentifier": f"XXXXXX{str(number)[-4:]}" if number else None,
        "TermRef": _term(write),
        "APAccountRef": merged.get("APAccountRef"),
        "Notes": merged.get("Notes"),
        "TaxReportingBasis": merged.get("TaxReportingBasis"),
        **_rates(write),
    }


def employee(write: Write) -> Doc:
    """The properties of an employee to store."""
    name, active = _free_name(write)
    number = write.merged.get("SSN")
    return {
        **_contacts(write.merged),
        "DisplayName": name,
        "PrintOnCheckName": write.merged.get("PrintOnCheckName") or name,
        "Active": active,
        "BillableTime": bool(write.kept("BillableTime", False)),
        "PrimaryAddr": _address(write, "PrimaryAddr"),
        "EmployeeNumber": write.merged.get("EmployeeNumber"),
        "SSN": masked(str(number)) if number else None,
        "Gender": write.merged.get("Gender"),
        **{day: _day(write, day) for day in ("HiredDate", "ReleasedDate", "BirthDate")},
        **_rates(write),
    }


def _day(write: Write, name: str) -> str | None:
    day = date_in(name, write.merged.get(name))
    return day.isoformat() if day else None


_QUERY = {
    "Id": "id",
    "DisplayName": "text",
    "GivenName": "text",
    "MiddleName": "text",
    "FamilyName": "text",
    "CompanyName": "text",
    "PrintOnCheckName": "text",
    "PrimaryEmailAddr": "text",
    "Active": "bool",
    **MOMENTS,
}
_OPERATIONS = frozenset({"create", "read", "update", "query"})

NAME_KINDS = (
    EntityType(
        name="Customer",
        family=Family.NAME,
        order=CUSTOMER_ORDER,
        known=CUSTOMER_KNOWN,
        prepare=customer,
        lengths=LENGTHS,
        no_colon=NO_COLON,
        emails=("PrimaryEmailAddr",),
        queryable={
            **_QUERY,
            "FullyQualifiedName": "text",
            "Balance": "number",
            "Job": "bool",
            "ParentRef": "id",
            "Taxable": "bool",
        },
        indexed=("DisplayName", "PrimaryEmailAddr", "ParentRef"),
        label="FullyQualifiedName",
        operations=_OPERATIONS,
        sequence="name",
    ),
    EntityType(
        name="Vendor",
        family=Family.NAME,
        order=words(
            "BillAddr TaxIdentifier TermRef Balance BillRate CostRate AcctNum Vendor1099 TaxReportingBasis "
            "CurrencyRef APAccountRef Notes domain sparse "
            "Id SyncToken "
            "MetaData Title GivenName MiddleName FamilyName Suffix CompanyName DisplayName PrintOnCheckName "
            "Active V4IDPseudonym PrimaryPhone AlternatePhone Mobile Fax PrimaryEmailAddr WebAddr"
        ),
        known=words(
            "AltContactName BusinessNumber ContactName CreditLimit DefaultTaxCodeRef GSTIN GSTRegistrationType "
            "HasTPAR IsSubContractorCIS OpenBalanceDate Organization OtherAddr OtherContactInfo ParentRef "
            "PrefillAccountRef ShipAddr Source SubcontractorType T4AEligible T5018Eligible TaxCountry "
            "TaxIdEffectiveDate TDSEnabled TDSEntityTypeId TDSSectionTypeId UserId V4IDPseudonym VendorEx "
            "VendorPaymentBankDetail VendorTypeRef"
        ),
        prepare=vendor,
        lengths=LENGTHS,
        no_colon=NO_COLON,
        emails=("PrimaryEmailAddr",),
        queryable={**_QUERY, "Balance": "number"},
        indexed=("DisplayName",),
        label="DisplayName",
        operations=_OPERATIONS,
        sequence="name",
    ),
    EntityType(
        name="Employee",
        family=Family.NAME,
        order=words(
            "EmployeeNumber SSN PrimaryAddr BillableTime BillRate CostRate BirthDate Gender HiredDate "
            "ReleasedDate domain sparse Id SyncToken MetaData Title GivenName "
            "MiddleName FamilyName Suffix DisplayName PrintOnCheckName Active V4IDPseudonym PrimaryPhone AlternatePhone "
            "Mobile Fax PrimaryEmailAddr"
        ),
        known=("Organization", "V4IDPseudonym", "Department", "UserId"),
        prepare=employee,
        lengths=LENGTHS,
        no_colon=NO_COLON,
        emails=("PrimaryEmailAddr",),
        queryable=_QUERY,
        indexed=("DisplayName",),
        label="DisplayName",
        operations=_OPERATIONS,
        sequence="name",
    ),
)
