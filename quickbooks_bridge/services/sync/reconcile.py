"""When change data capture cannot tell: its answer was cut at 1,000 objects, or the last one is too long ago.

What changed is asked for by the time of its last change, which knows no limit; what was deleted is found by counting
first and comparing ids only where the counts differ.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quickbooks_bridge.domain.isolation import TooManyUnserved, isolate
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.remote import RemoteDeletion
from quickbooks_bridge.gateway.client import QuickBooksClient
from quickbooks_bridge.gateway.errors import AnswerUnserved, UnexpectedAnswer
from quickbooks_bridge.models import Company, Connection, CreditMemo, Invoice, Payment
from quickbooks_bridge.services.mirror import invoices
from quickbooks_bridge.services.mirror.unreadable import (
    unreadable_missing_count,
    unserved_forget,
    unserved_named,
    unserved_record,
)

from .cursor import Cursor, iter_pages

logger = logging.getLogger(__name__)

ID_BATCH = 300


@dataclass(frozen=True)
class ReconcileResult:
    """What a catching-up found.

    `server_time` is QuickBooks' time from before the first question, to ask from next. `differences` counts objects
    that should have been the same here already: changed before the last good answer and yet not known, or gone.
    """

    server_time: datetime
    differences: int


def reconcile(
    connection: Connection,
    client: QuickBooksClient,
    *,
    since: datetime | None,
    now: datetime,
    on_progress: Callable[[], object],
) -> ReconcileResult:
    """Bring everything changed since `since` here (None: everything) and mark what is gone.

    `alive` is called between pages.
    """
    company, cursor = connection.company, connection.company.sync.cdc_cursor
    # QuickBooks tells the time of a change in whole seconds.
    known_until = cursor.replace(microsecond=0) if cursor else None
    differences = 0
    server_time = client.changes(now, entities=("Customer",)).server_time
    for entity in ("Item", "Customer", "Invoice", "Payment", "CreditMemo"):
        if since is None:
            unserved_forget(company, entity)
        note = unserved_record(company, now=now)
        for rows, _place in iter_pages(client, entity, Cursor(since), unserved=note):
            older = [row for row in rows if known_until and row.updated_at < known_until]
            differences += entity_apply(company, entity, older, now=now, source="compare")
            entity_apply(company, entity, rows[len(older) :], now=now, source="compare")
            on_progress()
    differences += mark_missing_deleted(company, client, before=server_time, now=now, on_progress=on_progress)
    logger.info(
        "reconciled",
        extra={
            "realm": company.realm_id,
            "since": str(since),
            "differences": differences,
        },
    )
    return ReconcileResult(server_time, differences)


def entity_apply(company: Company, entity: str, rows: Sequence[Any], *, now: datetime, source: str) -> int:
    """Apply listed objects of a watched entity."""
    if entity == "Invoice":
        return invoices.invoices_apply(company, rows, now=now, source=source)
    if entity == "Payment":
        return invoices.payments_apply(company, rows)
    if entity == "CreditMemo":
        return invoices.credit_memos_apply(company, rows)
    if entity == "Customer":
        return invoices.customers_apply(company, rows)
    return invoices.items_apply(company, rows)


def ids_served(client: QuickBooksClient, entity: str, qbo_ids: Sequence[str]) -> tuple[set[str], list[str]]:
    """Return which of these QuickBooks has, and which it has but cannot serve."""

    def read(start: int, count: int) -> list[bool]:
        part = qbo_ids[start : start + count]
        found = client.existing_ids(entity, part)
        return [qbo_id in found for qbo_id in part]

    if not qbo_ids:
        return set(), []
    try:
        page = isolate(read, 0, len(qbo_ids), unserved=AnswerUnserved)
    except TooManyUnserved as error:
        raise UnexpectedAnswer("unserved", problem_code=ProblemCode.UNEXPECTED) from error
    return {qbo_ids[at] for at, is_there in page.rows.items() if is_there}, [
        qbo_ids[at] for at in page.unserved
    ]


def mark_missing_deleted(
    company: Company,
    client: QuickBooksClient,
    *,
    before: datetime,
    now: datetime,
    on_progress: Callable[[], object],
) -> int:
    """Mark invoices, payments and credit memos deleted that QuickBooks does not hold any more; gives how many.

    To be asked after everything else was read. What changed after `before` is left to change data capture.
    """
    return sum(
        _mark_deleted(company, client, entity, model, before=before, now=now, on_progress=on_progress)
        for entity, model in (("Invoice", Invoice), ("Payment", Payment), ("CreditMemo", CreditMemo))
    )


def _mark_deleted(
    company: Company,
    client: QuickBooksClient,
    entity: str,
    model: type[Invoice] | type[Payment] | type[CreditMemo],
    *,
    before: datetime,
    now: datetime,
    on_progress: Callable[[], object],
) -> int:
    held = model._default_manager.filter(company=company, is_deleted=False)
    # What could not be read is there too; without it one deletion could hide behind it.
    if held.count() + unreadable_missing_count(company, model) == client.count(entity):
        return 0
    count = 0
    ids = list(held.filter(remote_updated_at__lt=before).order_by("pk").values_list("qbo_id", flat=True))
    for start in range(0, len(ids), ID_BATCH):
        part = ids[start : start + ID_BATCH]
        there, unserved = ids_served(client, entity, part)
        unserved_named(company, model, unserved, now=now)
        missing = [qbo_id for qbo_id in part if qbo_id not in there and qbo_id not in unserved]
        gone = [RemoteDeletion(entity, qbo_id, before) for qbo_id in missing]
        count += invoices.deletions_apply(company, gone, now=now, source="compare")
        on_progress()
    return count
