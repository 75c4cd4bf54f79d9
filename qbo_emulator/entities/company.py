"""Rules of the two objects that exist once: CompanyInfo and Preferences."""

from __future__ import annotations

from zoneinfo import available_timezones

from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

_META = ("domain", "sparse", "Id", "SyncToken", "MetaData")
INFO = words(
    "CompanyName LegalName CompanyAddr CustomerCommunicationAddr LegalAddr CustomerCommunicationEmailAddr "
    "PrimaryPhone CompanyStartDate FiscalYearStartMonth Country Email WebAddr SupportedLanguages "
    "DefaultTimeZone NameValue"
)
GROUPS = words(
    "AccountingInfoPrefs ProductAndServicesPrefs SalesFormsPrefs EmailMessagesPrefs VendorAndPurchasesPrefs "
    "TimeTrackingPrefs TaxPrefs CurrencyPrefs ReportPrefs OtherPrefs"
)


def company_info(write: Write) -> Doc:
    """CompanyInfo takes single properties and keeps the rest."""
    before = write.before.data if write.before else {}
    zone = write.sent.get("DefaultTimeZone")
    if zone is not None and zone not in available_timezones():
        raise errors.invalid_enum("DefaultTimeZone", zone)
    return {name: write.sent.get(name, before.get(name)) for name in INFO}


def preferences(write: Write) -> Doc:
    """Preferences merge group by group; a property set to nothing leaves its group."""
    before = write.before.data if write.before else {}
    merged: Doc = {}
    for name in GROUPS:
        group = {**before.get(name, {}), **(write.sent.get(name) or {})}
        merged[name] = {key: value for key, value in group.items() if value is not None and value != ""}
    return merged


COMPANY_KINDS = (
    EntityType(
        name="CompanyInfo",
        family=Family.SINGLETON,
        order=(*INFO, *_META),
        prepare=company_info,
        queryable={"Id": "id", "CompanyName": "text", "MetaData.LastUpdatedTime": "moment"},
        label="CompanyName",
        operations=frozenset({"read", "update", "query"}),
    ),
    EntityType(
        name="Preferences",
        family=Family.SINGLETON,
        order=(*GROUPS, *_META),
        prepare=preferences,
        queryable={"Id": "id", "MetaData.LastUpdatedTime": "moment"},
        label="Id",
        operations=frozenset({"read", "update", "query"}),
    ),
)
