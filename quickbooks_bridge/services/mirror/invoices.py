"""The one door for what QuickBooks says: every answer, whoever asked for it, is applied here.

Older than stored is ignored, equal writes nothing, a change is one event and one line in the deal's change log.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from deals.models import Deal, Member
from quickbooks_bridge.db.upsert import Key, lock_existing, upsert_newer
from quickbooks_bridge.domain.remote import RemoteChanges, RemoteDeletion, RemoteInvoice, VersionedObject
from quickbooks_bridge.domain.status import is_void
from quickbooks_bridge.models import (
    Company,
    Connection,
    CreditMemo,
    Customer,
    Invoice,
    Item,
    Location,
    Payment,
    SalesClass,
)

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
    RemoteObjects,
    credit_memos_apply,
    customers_apply,
    is_newer,
    items_apply,
    named_apply,
    newest_in_chunks,
    payments_apply,
    remote_objects,
    tax_codes_apply,
    terms_apply,
)
from .unreadable import ReadFailures, read_or_record, unreadable_record

__all__ = [
    "AppliedChange", "Batch", "cdc_apply", "created_invoice_apply", "credit_memos_apply", "customers_apply",
    "deletions_apply", "invoice_apply", "invoices_apply", "items_apply", "iter_readable", "named_apply", "payments_apply",
    "tax_codes_apply", "terms_apply",
]  # fmt: skip


class _Stored(NamedTuple):
    """What a change of a stored invoice is compared with, and what it keeps; all but the last are columns."""

    sync_token: int
    remote_updated_at: datetime | None
    original_total: Decimal
    voided_or_deleted_at: datetime | None
    id: int
    deal_id: int | None
    state: InvoiceState

    @staticmethod
    def of(key: Key, row: tuple[Any, ...] | None) -> "_Stored | None":
        """Return what was read as `_STORED_COLUMNS`, which come from the same two classes."""
        if row is None:
            return None
        return _Stored._make((*row[:_KEPT], InvoiceState(key[1], *row[_KEPT:])))


_KEPT = len(_Stored._fields) - 1
_STORED_COLUMNS = (*_Stored._fields[:-1], *InvoiceState._fields[1:])
_TOKEN, _UPDATED_AT = map(_STORED_COLUMNS.index, ("sync_token", "remote_updated_at"))
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

    written = lists.mirror_objects(Customer, of("customers"), lists.CUSTOMER)
    written += lists.mirror_objects(Item, of("items"), lists.ITEM)
    written += lists.mirror_objects(SalesClass, of("classes"), lists.NAMED)
    written += lists.mirror_objects(Location, of("locations"), lists.NAMED)
    written += lists.mirror_objects(Payment, of("payments"), lists.PAYMENT)
    written += lists.mirror_objects(CreditMemo, of("credit_memos"), lists.CREDIT_MEMO)
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
    known = lock_existing(Invoice, chunk, _STORED_COLUMNS)
    rows: list[dict[str, Any]] = []
    news: dict[Key, list[NewInvoiceEvent]] = {}
    settled: list[Settled] = []
    odd: ReadFailures = {}
    for key, remote in chunk.items():
        row = known.get(key)
        # Most of an answer is known already; what it is compared with is put together only for the rest.
        if row is not None and not is_newer(remote, row[_TOKEN], row[_UPDATED_AT]):
            continue
        invoice = read_or_record(key, remote, odd)
        if invoice is None:
            continue
        stored = _Stored.of(key, row)
        before = stored.state if stored is not None else None
        after = _state(invoice, before)
        rows.append(_columns(key, invoice, after, stored, mirrored_at=now))
        if stored is None:
            continue
        company = companies[key[0]]
        for kind, data in detect_changes(after, stored.state):
            data["realm"] = company.realm_id
            if kind in _SETTLING:
                settled.append((key[0], invoice.payment_qbo_ids, data))
            event = NewInvoiceEvent(
                account_id=company.account_id,
                invoice_id=stored.id,
                deal_id=stored.deal_id,
                occurred_at=now,
                kind=kind,
                source=source,
                data=data,
                actor_id=actor.pk if actor else None,
            )
            news.setdefault(key, []).append(event)
    _name_credits(settled)
    written = _write(rows)
    events_insert([event for key in news if key in written for event in news[key]])
    unreadable_record(Invoice, odd)
    return [(key[0], chunk[key].updated_at) for key in written]


def _write(rows: Sequence[dict[str, Any]]) -> dict[Key, int]:
    """Write rows that have the same columns in the same order; returns those that were newer."""
    if not rows:
        return {}
    return upsert_newer(Invoice, tuple(rows[0]), [tuple(row.values()) for row in rows])


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


def _columns(
    key: Key, invoice: RemoteInvoice, state: InvoiceState, stored: _Stored | None, *, mirrored_at: datetime
) -> dict[str, Any]:
    """Return what is stored of an invoice, by column."""
    original_total = stored.original_total if stored is not None else Decimal(0)
    ended_at = stored.voided_or_deleted_at if stored is not None else None
    if state.is_voided and not (stored is not None and stored.state.is_voided):
        ended_at = invoice.updated_at
    return {
        "company_id": key[0],
        "qbo_id": key[1],
        "sync_token": invoice.sync_token,
        "remote_updated_at": invoice.updated_at,
        "doc_number": state.doc_number,
        "customer_qbo_id": invoice.customer_qbo_id,
        "customer_name": invoice.customer_name[:600],
        "currency": state.currency,
        "txn_date": invoice.txn_date,
        "due_date": state.due_date,
        "total": state.total,
        "balance": state.balance,
        "total_tax": invoice.total_tax,
        "deposit": invoice.deposit,
        "exchange_rate": invoice.exchange_rate,
        "original_total": state.total if state.total > 0 else original_total,
        "is_voided": state.is_voided,
        "is_deleted": False,
        "bill_email": invoice.bill_email[:500],
        "email_status": state.email_status,
        "emailed_at": state.emailed_at,
        "payment_qbo_ids": invoice.payment_qbo_ids,
        "voided_or_deleted_at": ended_at,
        "mirrored_at": mirrored_at,
        "unreadable_since": None,
    }


def created_invoice_apply(
    company: Company,
    remote: RemoteInvoice,
    *,
    deal: Deal,
    creation: Mapping[str, Any],
    now: datetime,
    actor: Member,
) -> Invoice | None:
    """Write the row of an invoice that QuickBooks has just made for a deal, and tell of it.

    `creation` are the columns that only its making fills: what was expected, and what is odd about it.

    Gives None, and writes nothing, when the same state is stored already: a webhook event was faster.
    """
    key = (company.pk, remote.qbo_id)
    values = {
        **_columns(key, remote, _state(remote, None), None, mirrored_at=now),
        "deal_id": deal.pk,
        "created_by_app": True,
        **creation,
    }
    row = Invoice(**values)
    row.company = company
    with transaction.atomic():
        written = _write([values])
        if key not in written:
            return None
        row.pk = written[key]
        row._state.adding = False
        data = created_event_data(row)
        record_invoice_event(row, "invoice.created", data, now=now, source="create", actor=actor)
    return row


def _state(remote: RemoteInvoice, before: InvoiceState | None) -> InvoiceState:
    """Return what of an invoice can be news."""
    earlier, was_voided = (before.total, before.is_voided) if before else (Decimal(0), False)
    return InvoiceState(
        qbo_id=remote.qbo_id,
        doc_number=remote.doc_number[:30],
        currency=remote.currency,
        total=remote.total,
        balance=remote.balance,
        due_date=remote.due_date,
        is_voided=is_void(remote, earlier_total=earlier, was_voided=was_voided),
        is_deleted=False,
        email_status=remote.email_status[:20],
        emailed_at=remote.emailed_at or (before.emailed_at if before else None),
        bill_email=remote.bill_email[:500],
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
    for model in (Payment, CreditMemo):
        count += _deleted_credits(
            model, {(company.pk, stub.qbo_id) for company, stub in gone if stub.entity == model.__name__}
        )
    return count


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
                    row.company.account_id, row.pk, now, kind, source, data, actor_id, row.deal_id
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
def _deleted_credits(model: type[Payment] | type[CreditMemo], keys: set[Key]) -> int:
    if not keys:
        return 0
    known = lock_existing(model, keys, ("id", "is_deleted"))
    present = [pk for pk, is_deleted in known.values() if not is_deleted]
    return model._default_manager.filter(pk__in=present).update(is_deleted=True) if present else 0
