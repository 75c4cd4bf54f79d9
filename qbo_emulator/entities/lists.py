"""Rules of the short lists: terms, payment methods, classes, departments and tax."""

from __future__ import annotations

from qbo_emulator.core.field_values import number_in, number_out, reference, referred, stored
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.faults import errors
from qbo_emulator.faults.sales import not_in_edition
from qbo_emulator.json_codec import Doc

_META = "domain sparse Id SyncToken MetaData"
_QUERY = {
    "Id": "id",
    "Name": "text",
    "Active": "bool",
    "MetaData.CreateTime": "moment",
    "MetaData.LastUpdatedTime": "moment",
}
_READ_ONLY = frozenset({"read", "query"})


def named(write: Write) -> Doc:
    """Name and activity, with the name free among the active rows of the kind (6240)."""
    name = str(write.kept("Name", "")).strip()
    active = bool(write.kept("Active", True))
    if not active and not name.endswith(" (deleted)"):
        name += " (deleted)"
    for other in write.company.table(write.kind.name).find("Name", name):
        if write.before is None or other.qbo_id != write.before.qbo_id:
            raise errors.duplicate_name(None)
    return {"Name": name, "Active": active}


def term(write: Write) -> Doc:
    """The properties of a payment term to store."""
    merged = write.merged
    data = named(write)
    by_date = merged.get("DayOfMonthDue") is not None
    names = ("DayOfMonthDue", "DueNextMonthDays") if by_date else ("DueDays",)
    if not by_date and merged.get("DueDays") is None:
        raise errors.required("DueDays")
    data["Type"] = "DATE_DRIVEN" if by_date else "STANDARD"
    for name in (*names, "DiscountPercent", "DiscountDays"):
        value = number_in(name, merged.get(name))
        if value is not None:
            data[name] = number_out(value)
    days = data.get("DueDays", 0)
    if not 0 <= days <= 999:
        raise errors.invalid_number("DueDays", days)
    return {"DiscountPercent": 0, **data}


def payment_method(write: Write) -> Doc:
    return {**named(write), "Type": write.kept("Type", "NON_CREDIT_CARD")}


def segment(write: Write) -> Doc:
    """The properties of a class or a department to store; both nest."""
    if write.company.profile.is_simple and not write.via_ui:
        raise not_in_edition(write.kind.name)
    data = named(write)
    parent = referred(write.company, write.kind.name, write.merged.get("ParentRef"), what=write.kind.name)
    full = f"{parent.data['FullyQualifiedName']}:{data['Name']}" if parent else data["Name"]
    nested = "SubClass" if write.kind.name == "Class" else "SubDepartment"
    return {
        **data,
        nested: parent is not None,
        "FullyQualifiedName": full,
        "ParentRef": reference(parent) if parent else None,
    }


def journal_code(write: Write) -> Doc:
    """The properties of a journal code to store; French companies open with some, others may keep them too."""
    kind = str(write.kept("Type", "Others"))
    if kind not in JOURNAL_TYPES:
        raise errors.invalid_enum("Type", kind)
    return {**named(write), "Type": kind, "Description": write.merged.get("Description")}


def fixed(write: Write) -> Doc:
    """A row that only the emulator itself writes, as it is given."""
    return dict(write.merged)


def tax_rate(write: Write) -> Doc:
    return {**write.merged, "RateValue": number_out(stored(write.merged["RateValue"]))}


JOURNAL_TYPES = ("Expenses", "Sales", "Bank", "Nouveaux", "Wages", "Cash", "Others")

LIST_KINDS = (
    EntityType(
        name="Term",
        family=Family.LIST,
        order=words(
            f"Name Active Type DiscountPercent DueDays DiscountDays DayOfMonthDue DueNextMonthDays {_META}"
        ),
        known=("DiscountDayOfMonth",),
        prepare=term,
        required=("Name",),
        lengths={"Name": 31},
        queryable=_QUERY,
        indexed=("Name",),
    ),
    EntityType(
        name="PaymentMethod",
        family=Family.LIST,
        order=words(f"Name Active Type {_META}"),
        prepare=payment_method,
        required=("Name",),
        lengths={"Name": 31},
        queryable=_QUERY,
        indexed=("Name",),
    ),
    EntityType(
        name="Class",
        family=Family.LIST,
        order=words(f"Name SubClass ParentRef FullyQualifiedName Active {_META}"),
        prepare=segment,
        required=("Name",),
        lengths={"Name": 100},
        no_colon=("Name",),
        queryable={**_QUERY, "FullyQualifiedName": "text"},
        indexed=("Name",),
    ),
    EntityType(
        name="Department",
        family=Family.LIST,
        order=words(f"Name SubDepartment ParentRef FullyQualifiedName Active {_META}"),
        known=("Address",),
        prepare=segment,
        required=("Name",),
        lengths={"Name": 100},
        no_colon=("Name",),
        queryable={**_QUERY, "FullyQualifiedName": "text"},
        indexed=("Name",),
    ),
    EntityType(
        name="JournalCode",
        family=Family.LIST,
        order=words(f"Name Type Description Active {_META}"),
        prepare=journal_code,
        required=("Name",),
        lengths={"Name": 20, "Description": 100},
        queryable={**_QUERY, "Type": "text", "Description": "text"},
        indexed=("Name",),
        in_cdc=False,
    ),
    EntityType(
        name="TaxCode",
        family=Family.LIST,
        order=words(
            "Name Description Active Hidden Taxable TaxGroup TaxCodeConfigType SalesTaxRateList "
            f"PurchaseTaxRateList {_META}"
        ),
        prepare=fixed,
        queryable={**_QUERY, "Taxable": "bool", "TaxGroup": "bool", "Description": "text"},
        indexed=("Name",),
        operations=_READ_ONLY,
        in_cdc=False,
    ),
    EntityType(
        name="TaxRate",
        family=Family.LIST,
        order=words(
            f"Name Description Active RateValue AgencyRef SpecialTaxType EffectiveTaxRate DisplayType {_META}"
        ),
        prepare=tax_rate,
        queryable={**_QUERY, "RateValue": "number", "AgencyRef": "id"},
        indexed=("Name",),
        operations=_READ_ONLY,
        in_cdc=False,
    ),
)
