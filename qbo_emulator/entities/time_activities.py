"""Rules of the time activity: who worked how long on what, for whom, and whether it is to be billed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from qbo_emulator.core.field_values import date_in, number_in, number_out, reference, referred
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.entities import transactions as txn
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

WORKERS = {"Employee": "EmployeeRef", "Vendor": "VendorRef"}
STATUSES = ("Billable", "NotBillable", "HasBeenBilled")


def _moment(name: str, value: object) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise errors.invalid_date(name, value) from None


def _worker(write: Write) -> tuple[str, Row]:
    kind = str(write.merged.get("NameOf") or "")
    if kind not in WORKERS:
        raise errors.invalid_enum("NameOf", kind) if kind else errors.required("NameOf")
    row = referred(write.company, kind, write.merged.get(WORKERS[kind]), what="Names")
    if row is None:
        raise errors.required(WORKERS[kind])
    return kind, row


def _whole(write: Write, name: str, most: int) -> int | None:
    value = number_in(name, write.merged.get(name))
    if value is None:
        return None
    if not 0 <= value <= most:
        raise errors.invalid_number(name, value)
    return int(value)


def _duration(write: Write) -> Doc:
    """Hours and minutes, or start and end: one of them must be there (2020)."""
    merged = write.merged
    start, end = (_moment(name, merged.get(name)) for name in ("StartTime", "EndTime"))
    data: Doc = {
        "Hours": _whole(write, "Hours", 8760),
        "Minutes": _whole(write, "Minutes", 59),
        "BreakHours": _whole(write, "BreakHours", 8760),
        "BreakMinutes": _whole(write, "BreakMinutes", 59),
    }
    if start is None and end is None:
        if data["Hours"] is None and data["Minutes"] is None:
            raise errors.required("Hours")
        return data
    if start is None or end is None or (start.tzinfo is None) != (end.tzinfo is None):
        raise errors.required("EndTime" if end is None else "StartTime")
    if end < start:
        raise errors.business("The end time is before the start time.")
    return data | {"StartTime": str(merged["StartTime"]), "EndTime": str(merged["EndTime"])}


def time_activity(write: Write) -> Doc:
    """The properties of a time activity to store."""
    merged, company = write.merged, write.company
    kind, worker = _worker(write)
    duration = _duration(write)
    started = _moment("StartTime", duration.get("StartTime"))
    day = date_in("TxnDate", merged.get("TxnDate")) or (started.date() if started else write.today)
    status = str(merged.get("BillableStatus") or "NotBillable")
    if status not in STATUSES:
        raise errors.invalid_enum("BillableStatus", status)
    data: Doc = {
        "TxnDate": day.isoformat(),
        "NameOf": kind,
        WORKERS[kind]: reference(worker),
        "BillableStatus": status,
        "Taxable": bool(merged.get("Taxable", False)),
        "HourlyRate": number_out(number_in("HourlyRate", merged.get("HourlyRate")) or Decimal(0)),
        **duration,
        "Description": merged.get("Description"),
    }
    cost = number_in("CostRate", merged.get("CostRate"))
    if cost is not None:
        data["CostRate"] = number_out(cost)
    for name, of, what in (
        ("CustomerRef", "Customer", "Names"),
        ("ItemRef", "Item", "Items"),
        ("ClassRef", "Class", "Classes"),
        ("DepartmentRef", "Department", "Department"),
    ):
        row = referred(company, of, merged.get(name), what=what)
        data[name] = reference(row) if row else None
    if status == "Billable" and data["CustomerRef"] is None:
        raise errors.business("Billable time needs a customer.")
    return data


TIME_KINDS = (
    EntityType(
        name="TimeActivity",
        family=Family.TRANSACTION,
        order=words(
            "TxnDate NameOf EmployeeRef VendorRef CustomerRef DepartmentRef ItemRef ClassRef BillableStatus "
            "Taxable HourlyRate CostRate Hours Minutes BreakHours BreakMinutes StartTime EndTime Description "
            f"{txn.META}"
        ),
        known=words(
            "TimeZone OtherNameRef PayrollItemRef Seconds TransactionLocationType AttachableRef ProjectRef "
            "TimeChargeId CostRate"
        ),
        prepare=time_activity,
        required=("NameOf",),
        lengths={"Description": 4000},
        queryable={
            "Id": "id",
            "TxnDate": "date",
            "NameOf": "text",
            "EmployeeRef": "id",
            "VendorRef": "id",
            "CustomerRef": "id",
            "BillableStatus": "text",
            "MetaData.CreateTime": "moment",
            "MetaData.LastUpdatedTime": "moment",
        },
        label="Id",
        operations=txn.OPERATIONS,
        in_cdc=False,
        sequence="TimeActivity",
    ),
)
