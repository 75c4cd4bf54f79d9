"""Reads many mirrored rows by their keys, locked, and as Django would read them, at a fraction of its time."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from crm_invoicing.row_source import Columns, Converters, Model, fields_of

from .sql import KEY, Key, quote


def locked_rows(model: Model, columns: Columns, keys: Iterable[Key]) -> Iterable[Sequence[Any]]:
    """Return `columns` of rows whose company and whose id are among those of `keys`, locked until the end."""
    connection = connections[DEFAULT_DB_ALIAS]
    is_sqlite = connection.vendor == "sqlite"
    lists = [sorted(set(values)) for values in zip(*keys, strict=True)]
    any_of, lock = ("IN (SELECT value FROM json_each(%s))", "") if is_sqlite else ("= ANY(%s)", " FOR UPDATE")
    where = " AND ".join(f"{quote(name)} {any_of}" for name in KEY)
    selected = ", ".join(_selected(model, columns, connection.vendor))
    with connection.cursor() as cursor:
        # Only names of our own tables and columns are put together here.
        cursor.execute(
            f"SELECT {selected} FROM {quote(model._meta.db_table)} WHERE {where}{lock}",  # noqa: S608
            [json.dumps(values) for values in lists] if is_sqlite else lists,
        )
        rows = cursor.fetchall()
    readers = _readers(model, columns, connection.vendor)
    by_column = [_read(column, readers.get(at)) for at, column in enumerate(zip(*rows, strict=True))]
    return list(zip(*by_column, strict=True))


def _read(column: Sequence[Any], reader: Callable[[Any], Any] | None) -> Sequence[Any]:
    return column if reader is None else [None if value is None else reader(value) for value in column]


@lru_cache(maxsize=32)
def _selected(model: Model, columns: Columns, vendor: str) -> tuple[str, ...]:
    """Return what is selected: SQLite's driver reads dates and instants slower than their text is read here."""
    fields = fields_of(model)
    return tuple(
        f"CAST({quote(name)} AS text)"
        if vendor == "sqlite" and isinstance(fields[name], models.DateField)
        else quote(name)
        for name in columns
    )


@lru_cache(maxsize=32)
def _readers(model: Model, columns: Columns, vendor: str) -> Converters:
    """Return how columns are read that the driver does not give as Django does."""
    fields, readers = fields_of(model), Converters()
    for at, name in enumerate(columns):
        field = fields[name]
        if isinstance(field, models.JSONField):
            readers[at] = json.loads
        elif vendor != "sqlite":
            continue
        elif isinstance(field, models.DateTimeField):
            readers[at] = _aware
        elif isinstance(field, models.DateField):
            readers[at] = date.fromisoformat
        elif isinstance(field, models.DecimalField):
            readers[at] = partial(_exact, f"%.{field.decimal_places}f")
    return readers


def _aware(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


def _exact(form: str, value: float) -> Decimal:
    return Decimal(form % value)
