"""RecurringTransaction: a template of another kind with a schedule; answers name it by the kind it makes."""

from __future__ import annotations

from qbo_emulator.core.field_values import date_in, number_in
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

TEMPLATES = frozenset(
    words(
        "Bill CreditMemo Deposit Estimate Invoice JournalEntry Purchase PurchaseOrder RefundReceipt SalesReceipt "
        "Transfer VendorCredit"
    )
)
RECUR_TYPES = ("Automated", "Reminded", "UnScheduled")
INTERVALS = ("Daily", "Weekly", "Monthly", "Yearly")
_NUMBERS = words("NumInterval DaysBefore MaxOccurrences RemindDays DayOfMonth WeekOfMonth")


def schedule(given: object) -> Doc:
    """RecurringInfo to store (2020 without a name or a type, 2170 for a word that is none)."""
    if not isinstance(given, dict):
        raise errors.required("RecurringInfo")
    name = str(given.get("Name") or "").strip()
    if not name:
        raise errors.required("RecurringInfo.Name")
    recur_type = str(given.get("RecurType") or "")
    if recur_type not in RECUR_TYPES:
        raise errors.invalid_enum("RecurType", recur_type) if recur_type else errors.required("RecurType")
    info: Doc = {"Name": name, "RecurType": recur_type, "Active": bool(given.get("Active", True))}
    sent = given.get("ScheduleInfo")
    if not isinstance(sent, dict):
        return info
    interval = str(sent.get("IntervalType") or INTERVALS[2])
    if interval not in INTERVALS:
        raise errors.invalid_enum("IntervalType", interval)
    kept: Doc = {"IntervalType": interval}
    for number in _NUMBERS:
        value = number_in(number, sent.get(number))
        kept[number] = int(value) if value is not None else None
    for day in ("StartDate", "NextDate", "EndDate"):
        found = date_in(day, sent.get(day))
        kept[day] = found.isoformat() if found else None
    kept["NextDate"] = kept["NextDate"] or kept["StartDate"]
    kept |= {plain: sent.get(plain) for plain in ("DayOfWeek", "MonthOfYear")}
    return info | {"ScheduleInfo": {key: value for key, value in kept.items() if value is not None}}


def _written_elsewhere(write: Write) -> Doc:
    """A template is written by `operations.recurring`, which knows the rules of its kind."""
    return dict(write.merged)


RECURRING_KINDS = (
    EntityType(
        name="RecurringTransaction",
        family=Family.LIST,
        order=words("Type Name Template domain sparse Id SyncToken MetaData"),
        prepare=_written_elsewhere,
        queryable={
            "Id": "id",
            "Type": "text",
            "Name": "text",
            "MetaData.CreateTime": "moment",
            "MetaData.LastUpdatedTime": "moment",
        },
        indexed=("Name",),
        operations=frozenset({"create", "read", "update", "query", "delete"}),
        in_cdc=False,
        newest_first=True,
        template="Template",
    ),
)
