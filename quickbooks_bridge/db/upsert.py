"""Writes many mirrored rows in one statement, never an older state over a newer one.

Django's bulk_create(update_conflicts=True) lets an older answer overwrite a newer one, so the condition stands in the
statement itself: two processes that apply answers in the wrong order still end with the newer state.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from crm_invoicing.row_source import Columns, Model, Values, row_sources
from quickbooks_bridge.models.catalog import RemoteRow

from .locked_rows import locked_rows
from .sql import KEY, Key, insert_defaults, insert_head, overwrite_older, quote

__all__ = ["KEY", "Key", "bulk_update_values", "lock_existing", "upsert_newer"]


def lock_existing(
    model: type[RemoteRow], keys: Iterable[Key], columns: Columns
) -> dict[Key, tuple[Any, ...]]:
    """Return `columns` of the rows of `keys`, locked, so that appliers of the same objects take turns."""
    wanted = set(keys)
    if not wanted:
        return {}
    rows = locked_rows(model, (*KEY, *columns), wanted)
    found = (((row[0], row[1]), tuple(row[2:])) for row in rows)
    return {key: values for key, values in found if key in wanted}


def upsert_newer(model: type[RemoteRow], columns: Columns, rows: Sequence[Values]) -> dict[Key, int]:
    """Insert `rows` or overwrite older ones; returns key and primary key of those that were written.

    `columns` are in the order of each row's values; they include KEY, sync_token and remote_updated_at. Each key may
    stand in `rows` once.
    """
    if not rows:
        return {}
    _fixed, constants = insert_defaults(model, columns)
    head, tail = insert_head(model, columns), overwrite_older(model, columns)
    written: dict[Key, int] = {}
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        for source, params in row_sources(model, columns, rows, constants=constants):
            cursor.execute(head + source + tail, params)
            written.update(((row[0], row[1]), row[2]) for row in cursor.fetchall())
    return written


def bulk_update_values(model: Model, columns: Columns, rows: Sequence[Values]) -> None:
    """Set `columns` of each row to its own values; a row of `rows` is a primary key and then values of `columns`."""
    if not rows:
        return
    table, key = quote(model._meta.db_table), model._meta.pk.attname
    changes = ", ".join(f"{quote(name)} = v.{quote(name)}" for name in columns)
    names = ", ".join(map(quote, (key, *columns)))
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        for source, params in row_sources(model, (key, *columns), rows):
            # Only names of our own tables and columns are put together here.
            cursor.execute(
                f"WITH v ({names}) AS ({source}) UPDATE {table} SET {changes} FROM v "  # noqa: S608
                f"WHERE {table}.{quote(key)} = v.{quote(key)}",
                params,
            )
