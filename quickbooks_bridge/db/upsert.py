"""Writes many mirrored rows in one statement, never an older state over a newer one.

Django's bulk_create(update_conflicts=True) lets an older answer overwrite a newer one, so the condition stands in the
statement itself: two processes that apply answers in the wrong order still end with the newer state.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from quickbooks_bridge.models.catalog import RemoteRow

from .sql import KEY, Columns, Dialect, Key, Model, Values
from .upsert_postgresql import PostgreSQL
from .upsert_sqlite import SQLite

__all__ = ["KEY", "Key", "bulk_update_values", "lock_existing", "upsert_newer"]
_DIALECTS: dict[str, Dialect] = {"postgresql": PostgreSQL(), "sqlite": SQLite()}


def _dialect() -> Dialect:
    return _DIALECTS[connections[DEFAULT_DB_ALIAS].vendor]


def lock_existing(
    model: type[RemoteRow], keys: Iterable[Key], columns: Columns
) -> dict[Key, tuple[Any, ...]]:
    """Return `columns` of the rows of `keys`, locked, so that appliers of the same objects take turns."""
    wanted = set(keys)
    if not wanted:
        return {}
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        rows = _dialect().lock(cursor, model, (*KEY, *columns), wanted)
    found = ((tuple(row[:2]), tuple(row[2:])) for row in rows)
    return {key: values for key, values in found if key in wanted}


def upsert_newer(model: type[RemoteRow], columns: Columns, rows: Sequence[Values]) -> dict[Key, int]:
    """Insert `rows` or overwrite older ones; returns key and primary key of those that were written.

    `columns` are in the order of each row's values; they include KEY, sync_token and remote_updated_at. Each key may
    stand in `rows` once.
    """
    if not rows:
        return {}
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        written = _dialect().upsert(cursor, model, columns, rows)
    return {(row[0], row[1]): row[2] for row in written}


def bulk_update_values(model: Model, columns: Columns, rows: Sequence[Values]) -> None:
    """Set `columns` of each row to its own values; a row of `rows` is a primary key and then values of `columns`.

    One statement on PostgreSQL, one for each thousand rows on SQLite.
    """
    if rows:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            _dialect().update(cursor, model, columns, rows)
