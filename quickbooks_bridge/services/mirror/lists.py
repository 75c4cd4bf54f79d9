"""The mirror of lists and payments: newer states are written, the rest costs one read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from django.db import transaction

from quickbooks_bridge.db.upsert import KEY, Key, lock_existing, upsert_newer
from quickbooks_bridge.domain.remote import (
    RemoteCreditMemo,
    RemoteCustomer,
    RemoteItem,
    RemoteNamed,
    RemotePayment,
    RemoteTaxCode,
    RemoteTerm,
    VersionedObject,
)
from quickbooks_bridge.domain.tax import SalesRate
from quickbooks_bridge.models import (
    Company,
    CreditMemo,
    Customer,
    Item,
    Location,
    Payment,
    SalesClass,
    TaxCode,
    Term,
)
from quickbooks_bridge.models.catalog import RemoteRow

from .unreadable import ReadFailures, read_or_record, unreadable_record

T = TypeVar("T")
ColumnReaders = dict[str, Callable[[T], Any]]
RemoteObjects = Sequence[tuple[Company, VersionedObject[T]]]
VERSION_COLUMNS = (*KEY, "sync_token", "remote_updated_at")
WRITE_CHUNK = 1000


def remote_objects(
    company: Company, remotes: Iterable[VersionedObject[T]]
) -> list[tuple[Company, VersionedObject[T]]]:
    """Return objects with the company they are of."""
    return [(company, remote) for remote in remotes]


def newest_in_chunks(arrivals: RemoteObjects[T]) -> Iterator[dict[Key, VersionedObject[T]]]:
    """Return the newest state of each object once, in chunks: one key twice would trip an upsert."""
    newest: dict[Key, VersionedObject[T]] = {}
    for company, remote in arrivals:
        key = (company.pk, remote.qbo_id)
        known = newest.get(key)
        if known is None or (remote.updated_at, remote.sync_token) >= (known.updated_at, known.sync_token):
            newest[key] = remote
    keys = list(newest)
    for start in range(0, len(keys), WRITE_CHUNK):
        yield {key: newest[key] for key in keys[start : start + WRITE_CHUNK]}


def payments_apply(company: Company, remotes: Iterable[VersionedObject[RemotePayment]]) -> int:
    """Mirror payments; gives how many rows changed."""
    return mirror_objects(Payment, remote_objects(company, remotes), PAYMENT)


def credit_memos_apply(company: Company, remotes: Iterable[VersionedObject[RemoteCreditMemo]]) -> int:
    """Mirror credit memos; gives how many rows changed."""
    return mirror_objects(CreditMemo, remote_objects(company, remotes), CREDIT_MEMO)


def customers_apply(company: Company, remotes: Iterable[VersionedObject[RemoteCustomer]]) -> int:
    """Mirror customers into the local index; gives how many rows changed."""
    return mirror_objects(Customer, remote_objects(company, remotes), CUSTOMER)


def items_apply(company: Company, remotes: Iterable[VersionedObject[RemoteItem]]) -> int:
    """Mirror products into the local index; gives how many rows changed."""
    return mirror_objects(Item, remote_objects(company, remotes), ITEM)


def named_apply(company: Company, entity: str, remotes: Iterable[VersionedObject[RemoteNamed]]) -> int:
    """Mirror classes ("Class") or locations ("Department"); gives how many rows changed."""
    model: type[RemoteRow] = SalesClass if entity == "Class" else Location
    return mirror_objects(model, remote_objects(company, remotes), NAMED)


def mirror_objects(
    model: type[RemoteRow],
    arrivals: RemoteObjects[T],
    readers: ColumnReaders[T],
) -> int:
    """Write new and newer objects of any number of companies.

    A customer's time stamp moves with every invoice although nothing of the customer changed: equal columns write
    nothing. What arrives a second time is told by its stamp and not even read.
    """
    count, columns = 0, tuple(readers)
    for chunk in newest_in_chunks(arrivals):
        with transaction.atomic():
            known = lock_existing(model, chunk, ("sync_token", "remote_updated_at", *columns))
            rows = []
            odd: ReadFailures = {}
            for key, remote in chunk.items():
                before = known.get(key)
                if before is not None and not is_newer(remote, before[0], before[1]):
                    continue
                read = read_or_record(key, remote, odd)
                if read is None:
                    continue
                row = tuple(value_of(read) for value_of in readers.values())
                if before is None or tuple(before[2:]) != row:
                    rows.append((*key, remote.sync_token, remote.updated_at, *row))
            count += len(upsert_newer(model, (*VERSION_COLUMNS, *columns), rows))
            unreadable_record(model, odd)
    return count


def is_newer(remote: VersionedObject[Any], token: int, updated_at: Any) -> bool:
    """Return whether an object is newer than the stored stamp; older in either part is older."""
    if updated_at is None:
        return True
    if remote.updated_at < updated_at or remote.sync_token < token:
        return False
    return (remote.updated_at, remote.sync_token) != (updated_at, token)


# What is stored of an object besides its version: each column with how it is read, in one place.
PAYMENT: ColumnReaders[RemotePayment] = {
    "customer_qbo_id": lambda remote: remote.customer_qbo_id,
    "currency": lambda remote: remote.currency,
    "txn_date": lambda remote: remote.txn_date,
    "total": lambda remote: remote.total,
    "unapplied": lambda remote: remote.unapplied,
    "reference": lambda remote: remote.reference[:60],
    "method": lambda remote: remote.method[:60],
    "applied": lambda remote: [
        {"invoice": part.invoice_qbo_id, "amount": str(part.amount)} for part in remote.applied
    ],
    "is_deleted": lambda remote: False,
}

CREDIT_MEMO: ColumnReaders[RemoteCreditMemo] = {
    "doc_number": lambda remote: remote.doc_number[:30],
    "customer_qbo_id": lambda remote: remote.customer_qbo_id,
    "currency": lambda remote: remote.currency,
    "txn_date": lambda remote: remote.txn_date,
    "total": lambda remote: remote.total,
    "remaining": lambda remote: remote.remaining,
    "is_deleted": lambda remote: False,
}

CUSTOMER: ColumnReaders[RemoteCustomer] = {
    "display_name": lambda remote: remote.display_name,
    "company_name": lambda remote: remote.company_name[:100],
    "email": lambda remote: remote.email[:254],
    "currency": lambda remote: remote.currency,
    "line1": lambda remote: remote.address.line1,
    "line2": lambda remote: remote.address.line2,
    "line3": lambda remote: _joined("\n", remote.address.line3, remote.address.line4, remote.address.line5)[
        :500
    ],
    "city": lambda remote: remote.address.city,
    "region": lambda remote: remote.address.region,
    "postal_code": lambda remote: remote.address.postal_code,
    "country": lambda remote: remote.address.country,
    "ship_address": lambda remote: {key: text for key, text in asdict(remote.ship_address).items() if text},
    "tax_id": lambda remote: remote.tax_id[:40],
    "is_taxable": lambda remote: remote.is_taxable,
    "term_qbo_id": lambda remote: remote.term_qbo_id,
    "tax_code_qbo_id": lambda remote: remote.tax_code_qbo_id[:30],
    "is_active": lambda remote: remote.is_active,
    "created_on": lambda remote: remote.created_on,
    "search_text": lambda remote: _joined(
        " ", remote.display_name, remote.company_name, remote.email, remote.address.city
    ).casefold(),
}

ITEM: ColumnReaders[RemoteItem] = {
    "name": lambda remote: remote.name[:255],
    "sku": lambda remote: remote.sku[:100],
    "description": lambda remote: remote.description,
    "kind": lambda remote: remote.kind,
    "unit_price": lambda remote: remote.unit_price,
    "is_taxable": lambda remote: remote.is_taxable,
    "is_active": lambda remote: remote.is_active,
    "income_account": lambda remote: remote.income_account[:255],
    "income_account_qbo_id": lambda remote: remote.income_account_qbo_id,
    "quantity_on_hand": lambda remote: remote.quantity_on_hand,
    "inventory_start": lambda remote: remote.inventory_start,
    "tax_code_qbo_id": lambda remote: remote.tax_code_qbo_id[:30],
    "parts": lambda remote: [[item, str(quantity)] for item, quantity in remote.parts],
    "search_text": lambda remote: _joined(" ", remote.name, remote.sku).casefold(),
}


# Classes and locations alike.
NAMED: ColumnReaders[RemoteNamed] = {
    "name": lambda remote: remote.name[:500],
    "is_active": lambda remote: remote.is_active,
}


def _joined(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)


def _rate_stored(rate: SalesRate) -> dict[str, Any]:
    """Return a rate as the list of its tax code keeps it; exact numbers as text."""
    return {
        "id": rate.qbo_id,
        "name": rate.name,
        "percent": str(rate.percent),
        "since": [[day.isoformat(), str(percent)] for day, percent in rate.history],
    }


def tax_codes_apply(company: Company, remotes: Sequence[RemoteTaxCode]) -> None:
    """Replace the local list of tax codes."""
    _replace(
        TaxCode,
        company,
        [
            {
                "qbo_id": code.qbo_id,
                "name": code.name[:100],
                "rate_percent": code.rate_percent,
                "rates": [_rate_stored(rate) for rate in code.rates],
                "is_for_sales": code.is_for_sales,
                "is_taxable": code.is_taxable,
                "is_active": code.is_active,
            }
            for code in remotes
        ],
    )


def terms_apply(company: Company, remotes: Sequence[RemoteTerm]) -> None:
    """Replace the local list of payment terms."""
    _replace(
        Term,
        company,
        [
            {
                "qbo_id": term.qbo_id,
                "name": term.name[:60],
                "due_days": term.due_days,
                "day_of_month": term.day_of_month,
                "next_month_days": term.next_month_days,
                "is_active": term.is_active,
            }
            for term in remotes
        ],
    )


@transaction.atomic
def _replace(model: type[RemoteRow], company: Company, rows: Sequence[dict[str, Any]]) -> None:
    model._default_manager.filter(company=company).delete()
    model._default_manager.bulk_create([model(company=company, **row) for row in rows])
