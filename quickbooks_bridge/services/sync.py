"""The one door for what QuickBooks says: every answer, whoever asked for it, is applied here.

Older than stored is ignored, equal writes nothing, a change is one event and one line in the deal's change log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction

from deals.models import Member
from quickbooks_bridge.domain.remote import (
    RemoteChanges,
    RemoteCustomer,
    RemoteDeletion,
    RemoteInvoice,
    RemoteItem,
    RemotePayment,
    RemoteTaxCode,
    RemoteTerm,
)
from quickbooks_bridge.domain.status import is_void
from quickbooks_bridge.models import Connection, Customer, Invoice, Item, Payment, TaxCode, Term
from quickbooks_bridge.models.catalogue import RemoteRow

from .timeline import InvoiceNews, news_record

Row = TypeVar("Row", bound=RemoteRow)
CHUNK = 1000

_INVOICE_FIELDS = (
    "sync_token", "remote_updated_at", "doc_number", "customer_qbo_id", "customer_name", "currency", "txn_date",
    "due_date", "total", "balance", "total_tax", "deposit", "total_before", "is_voided", "is_deleted",
    "bill_email", "email_status", "emailed_at", "lines", "payment_qbo_ids", "closed_at", "seen_at",
)  # fmt: skip


def changes_apply(connection: Connection, changes: RemoteChanges, *, now: datetime, source: str) -> int:
    """Apply one answer of change data capture; gives how many rows changed."""
    written = customers_apply(connection, changes.customers)
    written += items_apply(connection, changes.items)
    written += payments_apply(connection, changes.payments)
    written += invoices_apply(connection, changes.invoices, now=now, source=source)
    written += deletions_apply(connection, changes.deletions, now=now, source=source)
    return written


def invoice_apply(
    connection: Connection, remote: RemoteInvoice, *, now: datetime, source: str, actor: Member | None = None
) -> Invoice:
    """Apply one invoice and give its row."""
    invoices_apply(connection, [remote], now=now, source=source, actor=actor)
    return Invoice.objects.get(
        account_id=connection.account_id, realm_id=connection.realm_id, qbo_id=remote.qbo_id
    )


def invoices_apply(
    connection: Connection,
    remotes: Sequence[RemoteInvoice],
    *,
    now: datetime,
    source: str,
    actor: Member | None = None,
) -> int:
    """Apply invoices in chunks; gives how many rows changed."""
    return sum(
        _invoice_chunk(connection, chunk, now=now, source=source, actor=actor) for chunk in _chunks(remotes)
    )


def _chunks(remotes: Sequence[Any]) -> Iterable[list[Any]]:
    """Give the newest state of each object once, in chunks: one id twice would trip an upsert."""
    newest: dict[str, Any] = {}
    for remote in remotes:
        known = newest.get(remote.qbo_id)
        if known is None or _stamp(remote) >= _stamp(known):
            newest[remote.qbo_id] = remote
    rows = list(newest.values())
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _stamp(remote: Any) -> tuple[datetime, int]:
    return remote.updated_at, remote.sync_token


def _known(model: type[Row], connection: Connection, ids: Iterable[str]) -> dict[str, Row]:
    """Lock and give the stored rows, so that two appliers of the same company take turns."""
    rows = model._default_manager.select_for_update().filter(
        account_id=connection.account_id, realm_id=connection.realm_id, qbo_id__in=list(ids)
    )
    return {row.qbo_id: row for row in rows}


def _is_news(row: RemoteRow, remote: Any) -> bool:
    """Tell whether `remote` is newer than what is stored."""
    if row.remote_updated_at is None:
        return True
    if remote.updated_at < row.remote_updated_at or remote.sync_token < row.sync_token:
        return False
    return _stamp(remote) != (row.remote_updated_at, row.sync_token)


@transaction.atomic
def _invoice_chunk(
    connection: Connection, remotes: list[RemoteInvoice], *, now: datetime, source: str, actor: Member | None
) -> int:
    known = _known(Invoice, connection, (remote.qbo_id for remote in remotes))
    new, changed, news = [], [], []
    for remote in remotes:
        row = known.get(remote.qbo_id)
        if row is None:
            row = Invoice(
                account_id=connection.account_id, realm_id=connection.realm_id, qbo_id=remote.qbo_id
            )
            _fill_invoice(row, remote, now=now)
            new.append(row)
        elif _is_news(row, remote):
            before = InvoiceNews.of(row)
            _fill_invoice(row, remote, now=now)
            changed.append(row)
            news.append((row, before))
    Invoice.objects.bulk_create(new, ignore_conflicts=True)
    Invoice.objects.bulk_update(changed, _INVOICE_FIELDS, batch_size=200)
    news_record(news, now=now, source=source, actor=actor)
    return len(new) + len(changed)


def _fill_invoice(row: Invoice, remote: RemoteInvoice, *, now: datetime) -> None:
    earlier = row.total if row.pk else Decimal(0)
    voided = is_void(remote, earlier_total=earlier, was_voided=row.is_voided)
    if remote.total > 0:
        row.total_before = remote.total
    if voided and not row.is_voided:
        row.closed_at = remote.updated_at
    row.is_voided, row.is_deleted = voided, False
    row.sync_token, row.remote_updated_at, row.seen_at = remote.sync_token, remote.updated_at, now
    for name in ("doc_number", "customer_qbo_id", "customer_name", "currency", "txn_date", "due_date", "total",
                 "balance", "total_tax", "deposit", "bill_email", "email_status"):  # fmt: skip
        setattr(row, name, getattr(remote, name))
    row.emailed_at = remote.emailed_at or row.emailed_at
    row.lines = _plain_lines(remote.lines)
    row.payment_qbo_ids = list(remote.payment_qbo_ids)


def _plain_lines(lines: Iterable[Any]) -> list[Any]:
    """Give lines as JSON stores them: exact numbers as text."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return str(value) if isinstance(value, Decimal) else value

    return [plain(line) for line in lines]


@transaction.atomic
def deletions_apply(
    connection: Connection,
    deletions: Sequence[RemoteDeletion],
    *,
    now: datetime,
    source: str,
    actor: Member | None = None,
) -> int:
    """Mark what QuickBooks reports as deleted; rows and links stay."""
    count, news = 0, []
    invoices = {gone.qbo_id: gone for gone in deletions if gone.entity == "Invoice"}
    for row in _known(Invoice, connection, invoices).values():
        gone = invoices[row.qbo_id]
        if row.is_deleted or (row.remote_updated_at and gone.updated_at < row.remote_updated_at):
            continue
        before = InvoiceNews.of(row)
        row.is_deleted, row.balance, row.closed_at, row.seen_at = True, Decimal(0), gone.updated_at, now
        row.remote_updated_at = gone.updated_at
        row.save(update_fields=["is_deleted", "balance", "closed_at", "seen_at", "remote_updated_at"])
        news.append((row, before))
        count += 1
    news_record(news, now=now, source=source, actor=actor)
    payments = [gone.qbo_id for gone in deletions if gone.entity == "Payment"]
    count += Payment.objects.filter(
        account_id=connection.account_id, realm_id=connection.realm_id, qbo_id__in=payments, is_deleted=False
    ).update(is_deleted=True)
    return count


def payments_apply(connection: Connection, remotes: Sequence[RemotePayment]) -> int:
    """Mirror payments."""
    return _mirror(Payment, connection, remotes, _payment_columns)


def customers_apply(connection: Connection, remotes: Sequence[RemoteCustomer]) -> int:
    """Mirror customers into the local index."""
    return _mirror(Customer, connection, remotes, _customer_columns)


def items_apply(connection: Connection, remotes: Sequence[RemoteItem]) -> int:
    """Mirror products into the local index."""
    return _mirror(Item, connection, remotes, _item_columns)


def _mirror(model: type[Row], connection: Connection, remotes: Sequence[Any], columns: Any) -> int:
    """Write new and newer objects; a mere change of QuickBooks' time stamp writes nothing."""
    count = 0
    for chunk in _chunks(remotes):
        with transaction.atomic():
            known = _known(model, connection, (remote.qbo_id for remote in chunk))
            new, changed = [], []
            names: list[str] = []
            for remote in chunk:
                values = columns(remote)
                names = list(values)
                row = known.get(remote.qbo_id)
                if row is None:
                    new.append(
                        model(
                            account_id=connection.account_id,
                            realm_id=connection.realm_id,
                            qbo_id=remote.qbo_id,
                            remote_updated_at=remote.updated_at,
                            **values,
                        )
                    )
                elif _is_news(row, remote) and any(
                    getattr(row, key) != value for key, value in values.items()
                ):
                    for key, value in values.items():
                        setattr(row, key, value)
                    row.remote_updated_at = remote.updated_at
                    changed.append(row)
            model._default_manager.bulk_create(new, ignore_conflicts=True)
            if changed:
                model._default_manager.bulk_update(changed, [*names, "remote_updated_at"], batch_size=200)
            count += len(new) + len(changed)
    return count


def _payment_columns(remote: RemotePayment) -> dict[str, Any]:
    return {
        "sync_token": remote.sync_token,
        "customer_qbo_id": remote.customer_qbo_id,
        "currency": remote.currency,
        "txn_date": remote.txn_date,
        "total": remote.total,
        "unapplied": remote.unapplied,
        "reference": remote.reference[:60],
        "method": remote.method[:60],
        "applied": [{"invoice": part.invoice_qbo_id, "amount": str(part.amount)} for part in remote.applied],
        "is_deleted": False,
    }


def _customer_columns(remote: RemoteCustomer) -> dict[str, Any]:
    address = remote.address
    words = (remote.display_name, remote.company_name, remote.email, address.city)
    return {
        "sync_token": remote.sync_token,
        "display_name": remote.display_name,
        "company_name": remote.company_name[:100],
        "email": remote.email[:254],
        "currency": remote.currency,
        "line1": address.line1,
        "line2": address.line2,
        "line3": "\n".join(line for line in (address.line3, address.line4, address.line5) if line)[:500],
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
        "tax_id": remote.tax_id[:40],
        "balance": remote.balance,
        "is_taxable": remote.is_taxable,
        "term_qbo_id": remote.term_qbo_id,
        "is_active": remote.is_active,
        "created_on": remote.created_on,
        "search_text": " ".join(word for word in words if word).casefold(),
    }


def _item_columns(remote: RemoteItem) -> dict[str, Any]:
    columns = {key: value for key, value in asdict(remote).items() if key not in {"qbo_id", "updated_at"}}
    columns["name"] = remote.name[:255]
    columns["sku"] = remote.sku[:100]
    columns["search_text"] = " ".join(part for part in (remote.name, remote.sku) if part).casefold()
    return columns


def tax_codes_apply(connection: Connection, remotes: Sequence[RemoteTaxCode]) -> None:
    """Replace the local list of tax codes."""
    _replace(TaxCode, connection, remotes)


def terms_apply(connection: Connection, remotes: Sequence[RemoteTerm]) -> None:
    """Replace the local list of payment terms."""
    _replace(Term, connection, remotes)


@transaction.atomic
def _replace(model: type[Row], connection: Connection, remotes: Sequence[Any]) -> None:
    owner = {"account_id": connection.account_id, "realm_id": connection.realm_id}
    model._default_manager.filter(**owner).delete()
    model._default_manager.bulk_create([model(**owner, **asdict(remote)) for remote in remotes])
