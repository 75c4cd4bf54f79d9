"""The one door for what QuickBooks says: every answer, whoever asked for it, is applied here.

Older than stored is ignored, equal writes nothing, a change is one event and one line in the deal's change log.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from deals.models import Deal, Member
from quickbooks_bridge.db.upsert import Key, lock_existing, upsert_newer
from quickbooks_bridge.domain.remote import RemoteChanges, RemoteDeletion, RemoteInvoice, VersionedObject
from quickbooks_bridge.domain.status import is_void
from quickbooks_bridge.models import Company, Connection, Customer, Invoice, Item, Payment

from . import lists
from .events import (
    InvoiceState,
    NewInvoiceEvent,
    created_event_data,
    detect_changes,
    events_insert,
    record_invoice_event,
)
from .lists import (
    VERSION_COLUMNS,
    RemoteObjects,
    customers_apply,
    is_newer,
    items_apply,
    newest_in_chunks,
    payments_apply,
    remote_objects,
    tax_codes_apply,
    terms_apply,
)
from .unreadable import ReadFailures, read_or_record, unreadable_record

__all__ = [
    "AppliedChange",
    "Batch",
    "cdc_apply",
    "created_invoice_apply",
    "customers_apply",
    "deletions_apply",
    "invoice_apply",
    "invoices_apply",
    "items_apply",
    "iter_readable",
    "payments_apply",
    "tax_codes_apply",
    "terms_apply",
]  # fmt: skip

# What is compared with, besides the stamp, to tell what a change was.
COMPARED_COLUMNS = (
    "sync_token", "remote_updated_at", "original_total", "voided_or_deleted_at", "doc_number", "currency", "total",
    "balance", "due_date", "is_voided", "is_deleted", "email_status", "emailed_at", "bill_email", "id", "deal_id",
)  # fmt: skip
_COLUMNS = (
    *VERSION_COLUMNS, "doc_number", "customer_qbo_id", "customer_name", "currency", "txn_date", "due_date", "total", "balance",
    "total_tax", "deposit", "original_total", "is_voided", "is_deleted", "bill_email", "email_status", "emailed_at",
    "payment_qbo_ids", "voided_or_deleted_at", "mirrored_at", "unreadable_since",
)  # fmt: skip
Batch = Sequence[tuple[Connection, RemoteChanges]]
# An invoice with the payments that settle it, and what is told of that.
Settled = tuple[int, Sequence[str], dict[str, str]]
_SETTLING = frozenset({"invoice.paid", "invoice.payment"})
# The company whose invoice was news, and when QuickBooks had changed it.
AppliedChange = tuple[int, datetime]


def cdc_apply(batch: Batch, *, now: datetime, source: str, arrived: list[AppliedChange] | None = None) -> int:
    """Apply answers of change data capture of any number of companies; gives how many rows changed.

    Invoices that were news are added to `arrived`, with QuickBooks' time of the change.

    All companies of a batch share their statements, so a quiet company costs none.
    """

    def of(part: str) -> list[tuple[Company, Any]]:
        return [
            (connection.company, remote) for connection, changes in batch for remote in getattr(changes, part)
        ]

    written = lists.mirror_objects(Customer, of("customers"), lists.CUSTOMER, lists.customer_values)
    written += lists.mirror_objects(Item, of("items"), lists.ITEM, lists.item_values)
    written += lists.mirror_objects(Payment, of("payments"), lists.PAYMENT, lists.payment_values)
    invoices = _invoices(of("invoices"), now=now, source=source, actor=None)
    if arrived is not None:
        arrived.extend(invoices)
    written += len(invoices)
    written += _deletions(of("deletions"), now=now, source=source, actor=None)
    return written


def iter_readable(
    company: Company, invoices: Iterable[VersionedObject[RemoteInvoice]]
) -> Iterator[RemoteInvoice]:
    """Return the invoices of an answer that can be read."""
    for remote in invoices:
        read = read_or_record((company.pk, remote.qbo_id), remote, {})
        if read is not None:
            yield read


def invoice_apply(
    company: Company, remote: RemoteInvoice, *, now: datetime, source: str, actor: Member | None = None
) -> Invoice:
    """Apply one invoice and give its row."""
    invoices_apply(company, [remote], now=now, source=source, actor=actor)
    return Invoice.objects.select_related("company").get(company=company, qbo_id=remote.qbo_id)


def invoices_apply(
    company: Company,
    remotes: Iterable[VersionedObject[RemoteInvoice]],
    *,
    now: datetime,
    source: str,
    actor: Member | None = None,
) -> int:
    """Apply invoices in chunks; gives how many rows changed."""
    return len(_invoices(remote_objects(company, remotes), now=now, source=source, actor=actor))


def _invoices(
    arrivals: RemoteObjects[RemoteInvoice], *, now: datetime, source: str, actor: Member | None
) -> list[AppliedChange]:
    written: list[AppliedChange] = []
    companies = {company.pk: company for company, _remote in arrivals}
    for chunk in newest_in_chunks(arrivals):
        written.extend(_invoice_chunk(companies, chunk, now=now, source=source, actor=actor))
    return written


@transaction.atomic
def _invoice_chunk(
    companies: Mapping[int, Company],
    chunk: dict[Key, VersionedObject[RemoteInvoice]],
    *,
    now: datetime,
    source: str,
    actor: Member | None,
) -> list[AppliedChange]:
    known = lock_existing(Invoice, chunk, COMPARED_COLUMNS)
    rows: list[tuple[Any, ...]] = []
    news: dict[Key, list[NewInvoiceEvent]] = {}
    settled: list[Settled] = []
    odd: ReadFailures = {}
    actor_id = actor.pk if actor else None
    for key, remote in chunk.items():
        row = known.get(key)
        if row is not None and not is_newer(remote, row[0], row[1]):
            continue
        invoice = read_or_record(key, remote, odd)
        if invoice is None:
            continue
        before = InvoiceState(key[1], *row[4:-2]) if row is not None else None
        after = _facts(invoice, before)
        original_total, voided_or_deleted_at = row[2:4] if row is not None else (Decimal(0), None)
        if after.is_voided and not (before and before.is_voided):
            voided_or_deleted_at = remote.updated_at
        row_values = _values(
            key,
            invoice,
            after,
            original_total=original_total,
            voided_or_deleted_at=voided_or_deleted_at,
            mirrored_at=now,
        )
        rows.append(row_values)
        if row is None or before is None:
            continue
        company, (pk, deal_id) = companies[key[0]], row[-2:]
        for kind, data in detect_changes(after, before):
            data["realm"] = company.realm_id
            if kind in _SETTLING:
                settled.append((key[0], invoice.payment_qbo_ids, data))
            event = NewInvoiceEvent(company.account_id, pk, deal_id, now, kind, source, data, actor_id)
            news.setdefault(key, []).append(event)
    _name_credits(settled)
    written = upsert_newer(Invoice, _COLUMNS, rows)
    events_insert([event for key in news if key in written for event in news[key]])
    unreadable_record(Invoice, odd)
    return [(key[0], chunk[key].updated_at) for key in written]


def _name_credits(settled: Sequence[Settled]) -> None:
    """Tell credit from money in what is told: QuickBooks applies a credit memo by a payment of zero."""
    ids = {one for _company, payments, _data in settled for one in payments}
    if not ids:
        return
    companies = {company for company, _ids, _data in settled}
    rows = Payment.objects.filter(company__in=companies, qbo_id__in=ids, total=0)
    credits = set(rows.values_list("company_id", "qbo_id"))
    for company, payments, data in settled:
        if payments and all((company, one) in credits for one in payments):
            data["by"] = "credit"


def _values(
    key: Key,
    invoice: RemoteInvoice,
    facts: InvoiceState,
    *,
    original_total: Decimal,
    voided_or_deleted_at: datetime | None,
    mirrored_at: datetime,
) -> tuple[Any, ...]:
    """Return what is stored of an invoice, in the order of _COLUMNS."""
    return (
        *key, invoice.sync_token, invoice.updated_at, facts.doc_number, invoice.customer_qbo_id,
        invoice.customer_name[:600], facts.currency, invoice.txn_date, facts.due_date, facts.total, facts.balance,
        invoice.total_tax, invoice.deposit, facts.total if facts.total > 0 else original_total, facts.is_voided, False,
        invoice.bill_email[:500], facts.email_status, facts.emailed_at, invoice.payment_qbo_ids, voided_or_deleted_at, mirrored_at,
        None,
    )  # fmt: skip


def created_invoice_apply(
    company: Company,
    remote: RemoteInvoice,
    *,
    deal: Deal,
    expected_total: Decimal,
    now: datetime,
    actor: Member,
) -> Invoice | None:
    """Write the row of an invoice that QuickBooks has just made for a deal, and tell of it.

    Gives None, and writes nothing, when the same state is stored already: a webhook event was faster.
    """
    key = (company.pk, remote.qbo_id)
    facts = _facts(remote, None)
    columns = (*_COLUMNS, "deal_id", "created_by_app", "expected_total")
    values = _values(
        key, remote, facts, original_total=Decimal(0), voided_or_deleted_at=None, mirrored_at=now
    )
    row = Invoice(**dict(zip(columns, (*values, deal.pk, True, expected_total), strict=True)))
    row.company = company
    with transaction.atomic():
        written = upsert_newer(Invoice, columns, [(*values, deal.pk, True, expected_total)])
        if key not in written:
            return None
        row.pk = written[key]
        row._state.adding = False
        data = created_event_data(row)
        record_invoice_event(row, "invoice.created", data, now=now, source="create", actor=actor)
    return row


def _facts(remote: RemoteInvoice, before: InvoiceState | None) -> InvoiceState:
    """Return what of an invoice can be news."""
    earlier, was_voided = (before.total, before.is_voided) if before else (Decimal(0), False)
    # In the order of its fields, which takes a third of the time.
    return InvoiceState(
        remote.qbo_id,
        remote.doc_number[:30],
        remote.currency,
        remote.total,
        remote.balance,
        remote.due_date,
        is_void(remote, earlier_total=earlier, was_voided=was_voided),
        False,
        remote.email_status[:20],
        remote.emailed_at or (before.emailed_at if before else None),
        remote.bill_email[:500],
    )


def deletions_apply(
    company: Company,
    deletions: Iterable[RemoteDeletion],
    *,
    now: datetime,
    source: str,
    actor: Member | None = None,
) -> int:
    """Mark what QuickBooks reports as deleted; rows and links stay."""
    return _deletions([(company, gone) for gone in deletions], now=now, source=source, actor=actor)


def _deletions(
    gone: Sequence[tuple[Company, RemoteDeletion]], *, now: datetime, source: str, actor: Member | None
) -> int:
    if not gone:
        return 0
    invoices = {(company.pk, stub.qbo_id): stub for company, stub in gone if stub.entity == "Invoice"}
    keys = list(invoices)
    count = 0
    for start in range(0, len(keys), lists.WRITE_CHUNK):
        part = {key: invoices[key] for key in keys[start : start + lists.WRITE_CHUNK]}
        count += _deleted_invoices(part, now=now, source=source, actor=actor)
    payments = {(company.pk, stub.qbo_id) for company, stub in gone if stub.entity == "Payment"}
    return count + _deleted_payments(payments)


@transaction.atomic
def _deleted_invoices(
    part: dict[Key, RemoteDeletion], *, now: datetime, source: str, actor: Member | None
) -> int:
    rows = (
        Invoice.objects.select_for_update(of=("self",))
        .select_related("company")
        .filter(company__in={key[0] for key in part}, qbo_id__in={key[1] for key in part}, is_deleted=False)
    )
    changed: list[Invoice] = []
    news: list[NewInvoiceEvent] = []
    actor_id = actor.pk if actor else None
    for row in rows.order_by("pk"):
        stub = part.get((row.company_id, row.qbo_id))
        if stub is None or (row.remote_updated_at and stub.updated_at < row.remote_updated_at):
            continue
        before = InvoiceState.of(row)
        row.is_deleted, row.balance, row.voided_or_deleted_at, row.mirrored_at = (
            True,
            Decimal(0),
            stub.updated_at,
            now,
        )
        row.remote_updated_at = stub.updated_at
        changed.append(row)
        for kind, data in detect_changes(InvoiceState.of(row), before):
            data["realm"] = row.company.realm_id
            news.append(
                NewInvoiceEvent(
                    row.company.account_id, row.pk, row.deal_id, now, kind, source, data, actor_id
                )
            )
    Invoice.objects.bulk_update(
        changed,
        ["is_deleted", "balance", "voided_or_deleted_at", "mirrored_at", "remote_updated_at"],
        batch_size=250,
    )
    events_insert(news)
    return len(changed)


@transaction.atomic
def _deleted_payments(keys: set[Key]) -> int:
    if not keys:
        return 0
    known = lock_existing(Payment, keys, ("id", "is_deleted"))
    on_progress = [pk for pk, is_deleted in known.values() if not is_deleted]
    return Payment.objects.filter(pk__in=on_progress).update(is_deleted=True) if on_progress else 0
