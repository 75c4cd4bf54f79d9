"""Objects of QuickBooks' that could not be understood: kept by name, tried again, let go when they can be read.

Whatever stands beside them in an answer is applied, and the time to ask from moves on: without these rows such an
object would be forgotten without a word.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from quickbooks_bridge.db.upsert import Key
from quickbooks_bridge.domain.json_values import ParseError
from quickbooks_bridge.domain.remote import VersionedObject
from quickbooks_bridge.models import (
    Company,
    CreditMemo,
    Customer,
    Invoice,
    Item,
    Location,
    Payment,
    SalesClass,
    UnreadableObject,
)
from quickbooks_bridge.models.catalog import RemoteRow

logger = logging.getLogger(__name__)

MODELS: Mapping[str, type[RemoteRow]] = {
    "Invoice": Invoice,
    "Payment": Payment,
    "CreditMemo": CreditMemo,
    "Customer": Customer,
    "Item": Item,
    "Class": SalesClass,
    "Department": Location,
}
# What an object of another shape does to those who read it; our own faults are found the same way, and said.
# Why QuickBooks itself fails at an object, and how one is named whose id nobody can read.
NOT_SERVED, NEAR = "not_served", "near-"
READ_ERRORS = (AttributeError, TypeError, ValueError, LookupError, ArithmeticError)
T = TypeVar("T")


@dataclass(frozen=True)
class ReadFailure:
    """Why an object could not be read, without anything of what it holds; `changed_at` is QuickBooks' own time of it."""

    reason: str
    changed_at: datetime | None


ReadFailures = dict[Key, ReadFailure]


def read_or_record(key: Key, remote: VersionedObject[T], odd: ReadFailures) -> T | None:
    """Read an object; one that cannot be read is added to `odd`, said in the log, and held against nobody else."""
    try:
        return remote.read()
    except READ_ERRORS as error:
        reason = str(error) if isinstance(error, ParseError) else type(error).__name__
        is_dated = remote.updated_at < datetime.max.replace(tzinfo=UTC)
        odd[key] = ReadFailure(reason[:80], remote.updated_at if is_dated else None)
        logger.error("object not understood", extra={"company": key[0], "id": key[1], "key": reason})
        return None


def unreadable_record(model: type[RemoteRow], odd: ReadFailures) -> None:
    """Keep what could not be read; an invoice here is marked as no longer the newest. No statement for none."""
    if not odd:
        return
    entity = model.__name__
    UnreadableObject.objects.bulk_create(
        [
            UnreadableObject(
                company_id=key[0], entity=entity, qbo_id=key[1], reason=one.reason,
                changed_at=one.changed_at, first_seen_at=Now(), last_seen_at=Now(),
            )
            for key, one in sorted(odd.items())
        ],
        update_conflicts=True,
        unique_fields=["company", "entity", "qbo_id"],
        update_fields=["reason", "changed_at", "last_seen_at"],
    )  # fmt: skip
    if model is Invoice:
        for key, one in odd.items():
            mine = Invoice.objects.filter(company_id=key[0], qbo_id=key[1])
            mine.filter(unreadable_since__isnull=True).update(unreadable_since=one.changed_at or Now())


def unserved_record(company: Company, *, now: datetime) -> Callable[[str, datetime | None, int], None]:
    """Return what keeps an object that QuickBooks cannot serve to anybody; its id is not known, only what came before it."""

    def note(entity: str, near: datetime | None, ordinal: int) -> None:
        moment = near.astimezone(UTC).strftime("%Y%m%dT%H%M%S") if near else "start"
        key = (company.pk, f"{NEAR}{moment}-{ordinal}")
        logger.error("object not served", extra={"company": company.pk, "id": key[1], "key": entity})
        unreadable_record(MODELS[entity], {key: ReadFailure(NOT_SERVED, near or now)})

    return note


def unserved_forget(company: Company, entity: str) -> None:
    """Forget the objects without an id of a kind that is about to be read from its beginning."""
    UnreadableObject.objects.filter(company=company, entity=entity, qbo_id__startswith=NEAR).delete()


def unserved_named(
    company: Company, model: type[RemoteRow], qbo_ids: Sequence[str], *, now: datetime
) -> None:
    """Keep objects that are here and cannot be served, by their ids; as many without an id were these."""
    if not qbo_ids:
        return
    unreadable_record(model, {(company.pk, qbo_id): ReadFailure(NOT_SERVED, now) for qbo_id in qbo_ids})
    nameless = UnreadableObject.objects.filter(
        company=company, entity=model.__name__, qbo_id__startswith=NEAR
    ).order_by("changed_at", "pk")
    UnreadableObject.objects.filter(pk__in=[row.pk for row in nameless[: len(qbo_ids)]]).delete()


def unreadable_missing_count(company: Company, model: type[RemoteRow]) -> int:
    """Return how many objects of a kind QuickBooks has that are not here because they could not be read."""
    here = model._default_manager.filter(company=company, qbo_id=OuterRef("qbo_id"))
    return UnreadableObject.objects.filter(~Exists(here), company=company, entity=model.__name__).count()


def has_unreadable() -> bool:
    """Return whether anything is unreadable."""
    return UnreadableObject.objects.exists()


def unreadable_release() -> int:
    """Forget what has been read since in a newer state, or is deleted; gives how many that were."""
    count = 0
    for entity, model in MODELS.items():
        newer: Any = model._default_manager.filter(company=OuterRef("company"), qbo_id=OuterRef("qbo_id"))
        is_newer = Q(remote_updated_at__gte=OuterRef("changed_at"))
        if model in (Invoice, Payment, CreditMemo):
            is_newer |= Q(is_deleted=True)
        count += UnreadableObject.objects.filter(Exists(newer.filter(is_newer)), entity=entity).delete()[0]
    return count
