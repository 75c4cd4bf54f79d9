"""Upserts of SQLite: rows travel as parameters, as few as possible, for each of them costs."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from itertools import chain
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from .sql import (
    KEY,
    Columns,
    Key,
    Model,
    Values,
    fields_of,
    insert_defaults,
    insert_head,
    overwrite_older,
    quote,
)

# SQLite takes 32,766 parameters in a statement; the widest of the rows that are updated has eight.
_UPDATE_ROWS = 1000
# How the values of a column are read or written, by its place; the others pass as they are.
Converters = dict[int, Callable[[Any], Any]]


class SQLite:
    """Statements of SQLite; only names of our own tables and columns, and markers, are put together in them."""

    def lock(self, cursor: Any, model: Model, columns: Columns, keys: Iterable[Key]) -> Iterable[Values]:
        """Return `columns` of rows whose company and whose id are among those of `keys`; a writer is alone anyway."""
        where = " AND ".join(f"{quote(name)} IN (SELECT value FROM json_each(%s))" for name in KEY)  # noqa: S608
        cursor.execute(
            f"SELECT {', '.join(_selected(model, columns))} FROM {quote(model._meta.db_table)} WHERE {where}",  # noqa: S608 - see above
            [json.dumps(sorted(set(values))) for values in zip(*keys, strict=True)],
        )
        return list(zip(*_converted(cursor.fetchall(), _readers(model, columns)), strict=True))

    def upsert(self, cursor: Any, model: Model, columns: Columns, rows: Sequence[Values]) -> Iterable[Values]:
        """Return KEY and id of the rows that were inserted, or overwritten because they were older."""
        fixed, constants = insert_defaults(model, columns)
        driver = connections[DEFAULT_DB_ALIAS].connection
        limit = driver.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        size = max(1, limit // (len(columns) + len(fixed)))
        written: list[Values] = []
        for start in range(0, len(rows), size):
            source, params = _source(rows[start : start + size], model, columns, constants)
            cursor.execute(insert_head(model, columns) + source + overwrite_older(model, columns), params)
            written.extend(cursor.fetchall())
        return written

    def update(self, cursor: Any, model: Model, columns: Columns, rows: Sequence[Values]) -> None:
        """Set `columns` of each row, whose first value is its primary key."""
        table, key = quote(model._meta.db_table), model._meta.pk
        changes = ", ".join(f"{quote(name)} = v.{quote(name)}" for name in columns)
        named = ", ".join(f"column{at} AS {quote(name)}" for at, name in enumerate(columns, 2))
        marks = "(" + ", ".join(["%s"] * (len(columns) + 1)) + ")"
        for start in range(0, len(rows), _UPDATE_ROWS):
            part = rows[start : start + _UPDATE_ROWS]
            source = f"SELECT column1 AS key, {named} FROM (VALUES {', '.join([marks] * len(part))})"  # noqa: S608 - see above
            written = _converted(part, _writers(model, (key.attname, *columns)))
            params = list(chain.from_iterable(zip(*written, strict=True)))
            cursor.execute(
                f"UPDATE {table} SET {changes} FROM ({source}) AS v WHERE {quote(key.attname)} = v.key",  # noqa: S608
                params,
            )


def _source(
    rows: Sequence[Values], model: Model, columns: Columns, constants: Values
) -> tuple[str, list[Any]]:
    """Return a SELECT of rows, and its parameters; the ids tell the rows apart.

    A column that is the same in all rows is one parameter: a company's answer has many of those.
    """
    params, taken = list(constants), ["%s"] * len(constants)
    writers, key, varied = _writers(model, columns), columns.index("qbo_id"), []
    for at, column in enumerate(zip(*rows, strict=True)):
        is_alike = at != key and column.count(column[0]) == len(rows)
        values = _convert(column[:1] if is_alike else column, writers.get(at))
        if is_alike:
            taken.append("%s")
            params.extend(values)
        else:
            varied.append(values)
            taken.append(f"column{len(varied)}")
    marks = "(" + ", ".join(["%s"] * len(varied)) + ")"
    params.extend(chain.from_iterable(zip(*varied, strict=True)))
    # The condition keeps ON CONFLICT from being read as a join.
    source = f"SELECT {', '.join(taken)} FROM (VALUES {', '.join([marks] * len(rows))}) WHERE true"  # noqa: S608
    return source, params


@lru_cache(maxsize=32)
def _selected(model: Model, columns: Columns) -> tuple[str, ...]:
    """Return what is selected: the driver reads dates and instants slower than their text is read here."""
    fields = fields_of(model)
    return tuple(
        f"CAST({quote(name)} AS text)" if isinstance(fields[name], models.DateField) else quote(name)
        for name in columns
    )


@lru_cache(maxsize=32)
def _readers(model: Model, columns: Columns) -> Converters:
    """Return how columns are read that the driver does not give as Django does."""
    fields, readers = fields_of(model), Converters()
    for at, name in enumerate(columns):
        field = fields[name]
        if isinstance(field, models.JSONField):
            readers[at] = json.loads
        elif isinstance(field, models.DateTimeField):
            readers[at] = _aware
        elif isinstance(field, models.DateField):
            readers[at] = date.fromisoformat
        elif isinstance(field, models.DecimalField):
            readers[at] = partial(_exact, f"%.{field.decimal_places}f")
    return readers


@lru_cache(maxsize=32)
def _writers(model: Model, columns: Columns) -> Converters:
    """Return how columns are written that the driver writes not as Django does, or slowly."""
    fields, writers = fields_of(model), Converters()
    for at, name in enumerate(columns):
        field = fields[name]
        if isinstance(field, models.JSONField):
            writers[at] = _encode
        elif isinstance(field, models.DateTimeField):
            writers[at] = _instant
        elif isinstance(field, models.DateField | models.DecimalField):
            writers[at] = str
        elif isinstance(field, models.BooleanField):
            writers[at] = int
    return writers


def _converted(rows: Iterable[Values], converters: Converters) -> list[Sequence[Any]]:
    """Return the columns of rows, converted."""
    return [_convert(column, converters.get(at)) for at, column in enumerate(zip(*rows, strict=True))]


def _convert(column: Sequence[Any], converter: Callable[[Any], Any] | None) -> Sequence[Any]:
    if converter is None:
        return column
    return [None if value is None else converter(value) for value in column]


def _aware(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


def _exact(form: str, value: float) -> Decimal:
    return Decimal(form % value)


_encode_any = json.JSONEncoder(default=str, check_circular=False).encode


def _encode(value: Any) -> str:
    # Most lists are empty, and an encoder of the standard library is made anew for each value.
    return "[]" if value in ((), []) else _encode_any(value)


@lru_cache(maxsize=1024)
def _instant(moment: datetime) -> str:
    """Return an instant as Django stores it: text in UTC, which sorts."""
    return str(moment.astimezone(UTC).replace(tzinfo=None))
