"""Rules of what sales tax is made of beyond codes and rates: TaxAgency, the tax service, and Budget."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from qbo_emulator.core.clock import pacific
from qbo_emulator.core.field_values import number_in, number_out, reference
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.core.store import Company
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

_MOMENTS = {"MetaData.CreateTime": "moment", "MetaData.LastUpdatedTime": "moment"}
_READ_ONLY = frozenset({"read", "query"})
SERVICE_KNOWN = words("TaxCode TaxCodeId TaxRateDetails Id SyncToken domain sparse")
RATE_KNOWN = words("TaxRateName TaxRateId RateValue TaxAgencyId TaxApplicableOn TaxType")
LISTS = {"Sales": "SalesTaxRateList", "Purchase": "PurchaseTaxRateList"}


def agency(write: Write) -> Doc:
    """The properties of a tax agency to store, its name free among agencies (6240)."""
    name = str(write.merged.get("DisplayName") or "").strip()
    if not name:
        raise errors.required("DisplayName")
    if write.company.table("TaxAgency").find("DisplayName", name):
        raise errors.duplicate_name("tax agency")
    return {
        "TaxTrackedOnPurchases": bool(write.merged.get("TaxTrackedOnPurchases", False)),
        "TaxTrackedOnSales": bool(write.merged.get("TaxTrackedOnSales", True)),
        "TaxRegistrationNumber": write.merged.get("TaxRegistrationNumber"),
        "DisplayName": name,
    }


def fixed(write: Write) -> Doc:
    """A row that only the emulator itself writes, as it is given."""
    return dict(write.merged)


def create_code(company: Company, body: Any, now: datetime) -> Doc:
    """A tax code of existing and new rates: what POST /taxservice/taxcode answers.

    All is checked before anything is stored: 2010, 2020, 2500 for agency or rate, 6240 for a name in use.
    """
    for name in body:
        if name not in SERVICE_KNOWN:
            raise errors.unknown_property(name, "TaxService", list(SERVICE_KNOWN))
    code = str(body.get("TaxCode") or "").strip()
    if not code:
        raise errors.required("TaxCode")
    if company.table("TaxCode").find("Name", code):
        raise errors.duplicate_name("tax code")
    given = body.get("TaxRateDetails")
    if not isinstance(given, list) or not given:
        raise errors.required("TaxRateDetails")
    details = [_detail(company, detail) for detail in given]
    rates = [_rate(company, detail, now) for detail in details]
    row = _place(company, "TaxCode", _code(code, details, rates), now)
    answers = [_answered(detail, rate) for detail, rate in zip(details, rates, strict=True)]
    return {"TaxCode": code, "TaxCodeId": row.qbo_id, "TaxRateDetails": answers}


def _detail(company: Company, given: Any) -> Doc:
    """One rate as it was sent, checked."""
    if not isinstance(given, dict):
        raise errors.unreadable_body("TaxRateDetails")
    for name in given:
        if name not in RATE_KNOWN:
            raise errors.unknown_property(name, "TaxRateDetails", list(RATE_KNOWN))
    side = str(given.get("TaxApplicableOn") or "Sales")
    if side not in LISTS:
        raise errors.invalid_enum("TaxApplicableOn", side)
    known = given.get("TaxRateId")
    if known not in (None, ""):
        row = company.row("TaxRate", str(known))
        if row is None:
            raise errors.invalid_reference("TaxRates", str(known))
        return {"row": row, "side": side}
    name = str(given.get("TaxRateName") or "").strip()
    if not name:
        raise errors.required("TaxRateName")
    if company.table("TaxRate").find("Name", name):
        raise errors.Fault(
            "6240",
            "Duplicate Name Exists Error",
            "The name supplied already exists. : Another tax rate is already using this \n"
            "name. Please use a different name.",
            element="",
        )
    value = number_in("RateValue", given.get("RateValue"))
    if value is None:
        raise errors.required("RateValue")
    agency_id = str(given.get("TaxAgencyId") or "")
    if not agency_id:
        raise errors.required("TaxAgencyId")
    if company.row("TaxAgency", agency_id) is None:
        raise errors.invalid_reference("TaxAgencies", agency_id)
    return {"row": None, "side": side, "name": name, "value": value, "agency": agency_id}


def _rate(company: Company, detail: Doc, now: datetime) -> Row:
    known = detail["row"]
    if isinstance(known, Row):
        return known
    value: Decimal = detail["value"]
    data: Doc = {
        "Name": detail["name"],
        "Description": detail["name"],
        "Active": True,
        "RateValue": number_out(value),
        "AgencyRef": {"value": detail["agency"]},
        "SpecialTaxType": "NONE",
        "EffectiveTaxRate": [{"RateValue": number_out(value), "EffectiveDate": pacific(now)}],
        "DisplayType": "ReadOnly",
    }
    return _place(company, "TaxRate", data, now)


def _code(name: str, details: list[Doc], rates: list[Row]) -> Doc:
    lists: dict[str, list[Doc]] = {list_name: [] for list_name in LISTS.values()}
    for detail, rate in zip(details, rates, strict=True):
        entries = lists[LISTS[detail["side"]]]
        entries.append(
            {"TaxRateRef": reference(rate), "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": len(entries)}
        )
    return {
        "Name": name,
        "Description": name,
        "Active": True,
        "Hidden": False,
        "Taxable": True,
        "TaxGroup": True,
        "TaxCodeConfigType": "USER_DEFINED",
        **{list_name: {"TaxRateDetail": entries} for list_name, entries in lists.items()},
    }


def _answered(detail: Doc, rate: Row) -> Doc:
    return {
        "TaxRateName": rate.data["Name"],
        "TaxRateId": rate.qbo_id,
        "RateValue": rate.data["RateValue"],
        "TaxAgencyId": rate.data["AgencyRef"]["value"],
        "TaxApplicableOn": detail["side"],
    }


def _place(company: Company, kind: str, data: Doc, now: datetime) -> Row:
    stamp = pacific(now)
    head = {
        "domain": "QBO",
        "sparse": False,
        "Id": company.next_id(kind),
        "SyncToken": "0",
        "MetaData": {"CreateTime": stamp, "LastUpdatedTime": stamp},
    }
    return company.put(kind, {**data, **head}, now)


TAX_KINDS = (
    EntityType(
        name="TaxAgency",
        family=Family.LIST,
        order=words(
            "TaxTrackedOnPurchases TaxTrackedOnSales TaxRegistrationNumber LastFileDate domain sparse Id "
            "SyncToken MetaData DisplayName"
        ),
        known=words("TaxAgencyConfig PurchaseTaxAgency"),
        prepare=agency,
        required=("DisplayName",),
        lengths={"DisplayName": 100},
        queryable={"Id": "id", "DisplayName": "text", **_MOMENTS},
        indexed=("DisplayName",),
        label="DisplayName",
        operations=frozenset({"create", "read", "query"}),
        in_cdc=False,
    ),
    EntityType(
        name="CustomerType",
        family=Family.LIST,
        order=words("Name Active domain sparse Id SyncToken MetaData"),
        prepare=fixed,
        queryable={"Id": "id", "Name": "text", "Active": "bool", **_MOMENTS},
        operations=_READ_ONLY,
    ),
    EntityType(
        name="Budget",
        family=Family.LIST,
        order=words(
            "Name StartDate EndDate BudgetType BudgetEntryType Active BudgetDetail domain sparse Id SyncToken "
            "MetaData"
        ),
        prepare=fixed,
        queryable={"Id": "id", "Name": "text", "Active": "bool", "BudgetType": "text", **_MOMENTS},
        operations=_READ_ONLY,
    ),
)
