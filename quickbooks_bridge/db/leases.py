"""Leases: work belongs to whoever claimed it, until an instant; the claim of a killed worker runs out by itself.

A claim is one conditional UPDATE, so that of any number of processes one gets it. `rows` may be narrowed by columns of
their own table and by Exists, never across a relation: Django would put such a filter into a subquery, which
PostgreSQL does not ask again when it waited for a row.
"""

from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)


def lease_is_free(field: str, *, now: datetime) -> Q:
    """Return the condition that nobody holds the lease in `field`."""
    return Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__lt": now})


def lease_claim(rows: QuerySet[M], field: str, *, now: datetime, until: datetime, **also: Any) -> bool:
    """Take the lease of the row that `rows` holds, setting `also` with it; False when somebody has it."""
    return bool(rows.filter(lease_is_free(field, now=now)).update(**{field: until}, **also))


@transaction.atomic
def lease_claim_many(rows: QuerySet[M], field: str, *, now: datetime, until: datetime) -> list[Any]:
    """Take the leases of those of `rows` that are free; returns their keys.

    Rows are locked in one order and locked ones passed over, so that two workers with one list never wait for each other.
    """
    free = rows.filter(lease_is_free(field, now=now)).order_by("pk")
    keys = list(free.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    rows.model._default_manager.filter(pk__in=keys).update(**{field: until})
    return keys


def lease_extend(rows: QuerySet[M], field: str, *, until: datetime) -> None:
    """Keep leases that are held until a later instant."""
    rows.update(**{field: until})


def lease_release(rows: QuerySet[M], field: str, *, held_until: datetime | None) -> None:
    """Release a lease, unless somebody else took it meanwhile because this took longer than it may."""
    rows.filter(**{field: held_until}).update(**{field: None})
