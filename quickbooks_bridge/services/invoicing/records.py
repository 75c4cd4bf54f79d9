"""The history of created invoices: written at their making, and continued with what happened to them since."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from quickbooks_bridge.domain.record_chain import ERASED, RecordEntry, digest_of, first_broken, recorded_body
from quickbooks_bridge.domain.remote import RemoteInvoice
from quickbooks_bridge.models import Invoice, InvoiceEvent, InvoiceIntent, InvoiceRecord

# How many events one run takes over.
AT_ONCE = 500
# Keys of an event's data that name a person or were written by hand.
_PERSONAL = frozenset({"to", "reason", "name"})


def record_entry(row: InvoiceRecord) -> RecordEntry:
    """Return a stored entry as it was sealed."""
    moment = row.occurred_at.astimezone(UTC)
    return RecordEntry(row.number, row.kind, moment, row.actor_id, row.data, row.previous, row.digest)


def record_creation(
    intent: InvoiceIntent, invoice: Invoice, remote: RemoteInvoice, *, tid: str, now: datetime
) -> None:
    """Write the first entries of an invoice: what it was made from, what was sent, what QuickBooks answered."""
    answered = {
        "id": remote.qbo_id,
        "number": remote.doc_number,
        "total": str(remote.total),
        "tax": str(remote.total_tax),
        "rate": "" if remote.exchange_rate is None else str(remote.exchange_rate),
        "intuit_tid": tid,
        "expected_total": str(intent.expected_total),
        "expected_tax": "" if intent.expected_tax is None else str(intent.expected_tax),
        "alarm": invoice.alarm,
    }
    entries = (
        ("decided", intent.created_at, dict(intent.context)),
        ("sent", intent.sent_at or now, {"body": recorded_body(intent.payload), "attempts": intent.attempts}),
        ("answered", now, answered),
    )
    last = RecordEntry(0, "", now, None, {})
    rows = []
    for kind, at, data in entries:
        last = _next(last, kind, at, intent.member_id, data)
        rows.append(_row(invoice.company.account_id, invoice.pk, last))
    # An invoice that is found a second time has its history already.
    InvoiceRecord.objects.bulk_create(rows, ignore_conflicts=True)


def _next(
    last: RecordEntry, kind: str, at: datetime, actor: int | None, data: Mapping[str, Any]
) -> RecordEntry:
    entry = RecordEntry(last.number + 1, kind, at.astimezone(UTC), actor, data, last.digest)
    return replace(entry, digest=digest_of(entry))


def _row(account: int, invoice: int, entry: RecordEntry, event: int | None = None) -> InvoiceRecord:
    return InvoiceRecord(
        account_id=account,
        invoice_id=invoice,
        number=entry.number,
        kind=entry.kind,
        occurred_at=entry.occurred_at,
        actor_id=entry.actor,
        data=entry.data,
        previous=entry.previous,
        digest=entry.digest,
        event_id=event,
    )


@transaction.atomic
def records_continue(invoices: Iterable[int] | None = None) -> int:
    """Take over what happened to created invoices since; returns how many entries were written.

    Done every few minutes and before a history is shown: what QuickBooks says need not wait for it.
    """
    waiting = InvoiceEvent.objects.filter(invoice__created_by_app=True, record__isnull=True)
    # The making itself is told by its own entries.
    waiting = waiting.exclude(kind="invoice.created").filter(invoice__records__number=1)
    if invoices is not None:
        waiting = waiting.filter(invoice__in=list(invoices))
    events: dict[int, list[InvoiceEvent]] = defaultdict(list)
    for event in waiting.order_by("occurred_at", "id")[:AT_ONCE]:
        events[event.invoice_id].append(event)
    # Whoever continues a history holds its invoice, so that no number is given twice.
    held = Invoice.objects.select_for_update(of=("self",)).filter(pk__in=events).order_by("pk")
    count = 0
    for invoice in held.values_list("pk", flat=True):
        newest = InvoiceRecord.objects.filter(invoice=invoice).order_by("-number").first()
        if newest is None:
            continue
        taken = set(
            InvoiceRecord.objects.filter(invoice=invoice, event__isnull=False).values_list(
                "event_id", flat=True
            )
        )
        last, rows = record_entry(newest), []
        for event in events[invoice]:
            if event.pk in taken:
                continue
            data = {
                key: str(value) for key, value in event.data.items() if key not in _PERSONAL and value
            } | {"source": event.source}
            last = _next(last, event.kind, event.occurred_at, event.actor_id, data)
            rows.append(_row(newest.account_id, invoice, last, event.pk))
        InvoiceRecord.objects.bulk_create(rows)
        count += len(rows)
    return count


def records_erased(rows: Iterable[InvoiceRecord], *, now: datetime) -> None:
    """Seal what an erasure left of entries by a further entry of each history, so that it can still be verified."""
    by_invoice: dict[int, list[InvoiceRecord]] = defaultdict(list)
    for row in rows:
        by_invoice[row.invoice_id].append(row)
    held = Invoice.objects.select_for_update(of=("self",)).filter(pk__in=by_invoice).order_by("pk")
    for invoice in held.values_list("pk", flat=True):
        newest = InvoiceRecord.objects.filter(invoice=invoice).latest("number")
        left = {str(row.number): digest_of(record_entry(row)) for row in by_invoice[invoice]}
        entry = _next(record_entry(newest), ERASED, now, None, {"left": left})
        _row(newest.account_id, invoice, entry).save(force_insert=True)


def broken_entry(rows: Iterable[InvoiceRecord]) -> int | None:
    """Return the number of the first entry of a history that no longer holds, None when all do."""
    return first_broken(record_entry(row) for row in rows)
