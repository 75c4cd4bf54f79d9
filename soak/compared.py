"""One form for what is mirrored here and for what QuickBooks holds, so that the two can be compared."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from quickbooks_bridge.models import Connection, Invoice, Payment
from quickbooks_bridge.selectors.invoices import with_status

# Of every object by kind and id: what people see of it.
Seen = dict[tuple[str, str], tuple[str, ...]]


def invoices_of(connection: Connection) -> QuerySet[Invoice]:
    """Every invoice here of a company."""
    return Invoice.objects.filter(company=connection.company)


def mirrored(connection: Connection, *, today: date) -> Seen:
    """What is here and not deleted."""
    seen: Seen = {}
    row: Any
    for row in with_status(invoices_of(connection), today=today):
        if row.flag != "deleted":
            due = row.due_date.isoformat() if row.due_date else ""
            seen["invoice", row.qbo_id] = (
                str(row.sync_token), money(row.total), money(row.balance), due, row.flag,
            )  # fmt: skip
    payments = Payment.objects.filter(company=connection.company, is_deleted=False)
    for row in payments:
        applied = sorted(f"{part['invoice']}: {money(part['amount'])}" for part in row.applied)
        seen["payment", row.qbo_id] = (
            str(row.sync_token), money(row.total), money(row.unapplied), row.txn_date.isoformat(), *applied,
        )  # fmt: skip
    return seen


def said_by_quickbooks(dump: dict[str, Any], *, today: date) -> Seen:
    """What QuickBooks holds, with the flag that follows from it on a day."""
    seen: Seen = {}
    for row in dump["Invoice"]:
        due = row.get("DueDate", "")
        seen["invoice", row["Id"]] = (
            row["SyncToken"], money(row["TotalAmt"]), money(row["Balance"]), due, _flag(row, today),
        )  # fmt: skip
    for row in dump["Payment"]:
        applied = sorted(
            f"{link['TxnId']}: {money(line['Amount'])}"
            for line in row.get("Line", [])
            for link in line["LinkedTxn"]
            if link["TxnType"] == "Invoice"
        )
        seen["payment", row["Id"]] = (
            row["SyncToken"], money(row["TotalAmt"]), money(row["UnappliedAmt"]), row["TxnDate"], *applied,
        )  # fmt: skip
    return seen


def _flag(row: dict[str, Any], today: date) -> str:
    total, balance = Decimal(str(row["TotalAmt"])), Decimal(str(row["Balance"]))
    if total == 0 and str(row.get("PrivateNote", "")).startswith("Voided"):
        return "voided"
    if balance == 0:
        return "paid"
    if row.get("DueDate") and date.fromisoformat(row["DueDate"]) < today:
        return "overdue"
    return "partially_paid" if balance < total - Decimal(str(row.get("Deposit", 0))) else "open"


def money(value: object) -> str:
    """An amount with its cents."""
    return f"{Decimal(str(value)):.2f}"
