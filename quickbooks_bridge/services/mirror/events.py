"""What happened to invoices, told once: as an event of the invoice and as a line of its deal's change log."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from deals.bulk_insert import bulk_insert
from deals.models import Member
from deals.services import NewTimelineEntry, timeline_bulk_add, timeline_entry_amend
from quickbooks_bridge.models import Invoice, InvoiceEvent


class InvoiceState(NamedTuple):
    """What of an invoice can be news; two of them, before and after, tell what a change was."""

    qbo_id: str
    doc_number: str
    currency: str
    total: Decimal
    balance: Decimal
    due_date: date | None
    is_voided: bool
    is_deleted: bool
    email_status: str
    emailed_at: datetime | None
    bill_email: str = ""

    @staticmethod
    def of(row: Invoice) -> "InvoiceState":
        """Return the facts of a row."""
        return InvoiceState(**{name: getattr(row, name) for name in InvoiceState._fields})


def detect_changes(row: InvoiceState, before: InvoiceState) -> list[tuple[str, dict[str, str]]]:
    """Return (kind, data) for every change somebody would want to read of."""
    data = {"number": row.doc_number or row.qbo_id, "qbo_id": row.qbo_id, "currency": row.currency}
    if row.is_deleted:
        return [] if before.is_deleted else [("invoice.deleted", {**data, "amount": str(before.total)})]
    if row.is_voided:
        return [] if before.is_voided else [("invoice.voided", {**data, "amount": str(before.total)})]
    found: list[tuple[str, dict[str, str]]] = []
    if before.is_deleted or before.is_voided:
        found.append(("invoice.restored", {**data, "amount": str(row.total)}))
        return found
    if row.total != before.total:
        changed = {**data, "before": str(before.total), "after": str(row.total)}
        found.append(("invoice.amount_changed", changed))
    paid = (row.total - row.balance) - (before.total - before.balance)
    if paid > 0:
        kind = "invoice.paid" if row.balance <= 0 else "invoice.payment"
        found.append((kind, {**data, "amount": str(paid), "balance": str(row.balance)}))
    elif paid < 0:
        found.append(("invoice.unpaid", {**data, "amount": str(-paid), "balance": str(row.balance)}))
    if row.due_date != before.due_date and row.due_date:
        found.append(("invoice.due_moved", {**data, "due": row.due_date.isoformat()}))
    was_sent = row.email_status == "EmailSent" and (
        before.email_status != "EmailSent" or row.emailed_at != before.emailed_at
    )
    if was_sent:
        found.append(("invoice.emailed", {**data, "to": row.bill_email}))
    return found


def created_event_data(row: Invoice) -> dict[str, str]:
    """Return what is told of an invoice that was just made."""
    return {
        "number": row.doc_number or row.qbo_id,
        "qbo_id": row.qbo_id,
        "currency": row.currency,
        "amount": str(row.total),
        "due": row.due_date.isoformat() if row.due_date else "",
    }


class NewInvoiceEvent(NamedTuple):
    """Something that happened to an invoice and is to be written; `deal_id` is whose timeline tells of it."""

    account_id: int
    invoice_id: int
    occurred_at: datetime
    kind: str
    source: str
    data: Mapping[str, Any]
    actor_id: int | None
    deal_id: int | None


# The deal, which comes last, is not the event's but its timeline's.
_EVENT_COLUMNS = NewInvoiceEvent._fields[:-1]


def events_insert(events: Sequence[NewInvoiceEvent]) -> None:
    """Write events, and entries of the timelines of the deals that show them: two statements for any number."""
    bulk_insert(InvoiceEvent, _EVENT_COLUMNS, [event[:-1] for event in events])
    timeline_bulk_add(
        NewTimelineEntry(
            event.account_id, event.deal_id, event.occurred_at, event.kind, event.data, event.actor_id
        )
        for event in events
        if event.deal_id is not None
    )


def record_invoice_event(
    row: Invoice, kind: str, data: dict[str, Any], *, now: datetime, source: str, actor: Member | None
) -> None:
    """Write one event and, when the invoice belongs to a deal, one entry of that deal's timeline."""
    data = {**data, "realm": row.company.realm_id}
    actor_id = actor.pk if actor else None
    events_insert(
        [NewInvoiceEvent(row.company.account_id, row.pk, now, kind, source, data, actor_id, row.deal_id)]
    )


def event_add_details(row: Invoice, kind: str, details: dict[str, str], *, actor: Member) -> None:
    """Add to the latest event of a kind, and to its timeline entry, who did it and why.

    QuickBooks' webhook may have reported it before the answer to the person's own call did.
    """
    event = InvoiceEvent.objects.filter(invoice=row, kind=kind).first()
    if event is None:
        return
    data = {**event.data, **details}
    InvoiceEvent.objects.filter(pk=event.pk).update(data=data, actor=actor)
    if row.deal_id is not None:
        timeline_entry_amend(
            row.deal_id,
            kind,
            occurred_at=event.occurred_at,
            matching={"qbo_id": row.qbo_id},
            data=data,
            actor=actor,
        )
