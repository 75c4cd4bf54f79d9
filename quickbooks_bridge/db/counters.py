"""Counters in rows: many are raised in one statement, and a first count makes its row."""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from crm_invoicing.row_source import fields_of

from .sql import insert_defaults, quote


def counters_add(
    model: type[models.Model],
    key: tuple[str, ...],
    added: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    *,
    highest: tuple[str, ...] = (),
) -> int:
    """Add to the rows of each `key`, in one statement; returns how many rows that were.

    A row of `rows` has the values of `key`, then what is added to `added`, then what `highest` are at least. Each key
    may stand there once, in the same order in every process, or two of them wait for each other.
    """
    if not rows:
        return 0
    database, columns = connections[DEFAULT_DB_ALIAS], (*key, *added, *highest)
    fixed, constants = insert_defaults(model, columns)
    fields, table = fields_of(model), quote(model._meta.db_table)
    sums = [f"{name} = {table}.{name} + excluded.{name}" for name in map(quote, added)]
    tops = [
        f"{name} = CASE WHEN excluded.{name} > {table}.{name} THEN excluded.{name} ELSE {table}.{name} END"
        for name in map(quote, highest)
    ]
    marks = "(" + ", ".join(["%s"] * (len(fixed) + len(columns))) + ")"
    params = [
        value
        for row in rows
        for value in (
            *constants,
            *(
                fields[name].get_db_prep_save(value, database)
                for name, value in zip(columns, row, strict=True)
            ),
        )
    ]
    with database.cursor() as cursor:
        # Only names of our own tables and columns, and markers, are put together here.
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(map(quote, [*fixed, *columns]))}) "  # noqa: S608 - see above
            f"VALUES {', '.join([marks] * len(rows))} "
            f"ON CONFLICT ({', '.join(map(quote, key))}) DO UPDATE SET {', '.join([*sums, *tops])}",
            params,
        )
    return len(rows)
