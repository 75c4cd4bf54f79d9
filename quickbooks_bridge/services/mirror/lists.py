"""The mirror of lists and payments: newer states are written, the rest costs one read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from django.db import transaction

from quickbooks_bridge.db.upsert import KEY, Key, lock_existing, upsert_newer
from quickbooks_bridge.domain.remote import (
    RemoteCustomer,
    RemoteItem,
    RemotePayment,
    RemoteTaxCode,
    RemoteTerm,
    VersionedObject,
)
from quickbooks_bridge.models import Company, Customer, Item, Payment, TaxCode, Term
from quickbooks_bridge.models.catalog import RemoteRow

from .unreadable import ReadFailures, read_or_record, unreadable_record

T = TypeVar("T")
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
    return mirror_objects(Payment, remote_objects(company, remotes), PAYMENT, payment_values)


def customers_apply(company: Company, remotes: Iterable[VersionedObject[RemoteCustomer]]) -> int:
    """Mirror customers into the local index; gives how many rows changed."""
    return mirror_objects(Customer, remote_objects(company, remotes), CUSTOMER, customer_values)


def items_apply(company: Company, remotes: Iterable[VersionedObject[RemoteItem]]) -> int:
    """Mirror products into the local index; gives how many rows changed."""
    return mirror_objects(Item, remote_objects(company, remotes), ITEM, item_values)


def mirror_objects(
    model: type[RemoteRow],
    arrivals: RemoteObjects[T],
    columns: tuple[str, ...],
    values: Callable[[T], tuple[Any, ...]],
) -> int:
    """Write new and newer objects of any number of companies.

    A customer's time stamp moves with every invoice although nothing of the customer changed: equal columns write
    nothing. What arrives a second time is told by its stamp and not even read.
    """
    count = 0
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
                row = values(read)
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


PAYMENT = (
    "customer_qbo_id", "currency", "txn_date", "total", "unapplied", "reference", "method", "applied", "is_deleted",
)  # fmt: skip


def payment_values(remote: RemotePayment) -> tuple[Any, ...]:
    """Return what is stored of a payment, in the order of PAYMENT."""
    applied = [{"invoice": part.invoice_qbo_id, "amount": str(part.amount)} for part in remote.applied]
    return (
        remote.customer_qbo_id, remote.currency, remote.txn_date, remote.total, remote.unapplied,
        remote.reference[:60], remote.method[:60], applied, False,
    )  # fmt: skip


CUSTOMER = (
    "display_name", "company_name", "email", "currency", "line1", "line2", "line3", "city", "region", "postal_code",
    "country", "tax_id", "is_taxable", "term_qbo_id", "is_active", "created_on", "search_text",
)  # fmt: skip


def customer_values(remote: RemoteCustomer) -> tuple[Any, ...]:
    """Return what is stored of a customer, in the order of CUSTOMER."""
    address = remote.address
    words = (remote.display_name, remote.company_name, remote.email, address.city)
    rest = "\n".join(line for line in (address.line3, address.line4, address.line5) if line)
    return (
        remote.display_name, remote.company_name[:100], remote.email[:254], remote.currency, address.line1,
        address.line2, rest[:500], address.city, address.region, address.postal_code, address.country,
        remote.tax_id[:40], remote.is_taxable, remote.term_qbo_id, remote.is_active, remote.created_on,
        " ".join(word for word in words if word).casefold(),
    )  # fmt: skip


ITEM = (
    "name", "sku", "description", "kind", "unit_price", "is_taxable", "is_active", "income_account",
    "income_account_qbo_id", "quantity_on_hand", "search_text",
)  # fmt: skip


def item_values(remote: RemoteItem) -> tuple[Any, ...]:
    """Return what is stored of a item, in the order of ITEM."""
    return (
        remote.name[:255], remote.sku[:100], remote.description, remote.kind, remote.unit_price, remote.is_taxable,
        remote.is_active, remote.income_account[:255], remote.income_account_qbo_id, remote.quantity_on_hand,
        " ".join(part for part in (remote.name, remote.sku) if part).casefold(),
    )  # fmt: skip


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
