"""Many rows of a model as the SELECT of a statement: what INSERT, upsert and bulk UPDATE are made of.

PostgreSQL takes them as one JSON array, so that a statement has the same text for any number of rows. SQLite takes them
as parameters; each costs, so a column that is the same in all rows is one. Only names of our own tables and columns,
and markers, are put together here.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

Model = type[models.Model]
Columns = tuple[str, ...]
Values = Sequence[Any]
# How the values of a column are written, by its place; the others pass as they are.
Converters = dict[int, Callable[[Any], Any]]


def row_sources(
    model: Model, columns: Columns, rows: Sequence[Values], *, constants: Values = ()
) -> Iterator[tuple[str, list[Any]]]:
    """Return SELECTs of `constants` and `columns` with their parameters: one, or as many as SQLite's limit needs."""
    if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        yield _json_select(model, columns, len(constants)), [*constants, _json_rows(rows)]
        return
    limit = connections[DEFAULT_DB_ALIAS].connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    size = max(1, limit // (len(columns) + len(constants)))
    for start in range(0, len(rows), size):
        yield _values_select(model, columns, rows[start : start + size], constants)


def fields_of(model: Model) -> dict[str, Any]:
    """Return a model's fields by their columns."""
    return {field.attname: field for field in model._meta.concrete_fields}


@lru_cache(maxsize=64)
def _json_select(model: Model, columns: Columns, constants: int) -> str:
    fields = fields_of(model)
    taken = [_json_value(at, fields[name]) for at, name in enumerate(columns)]
    return f"SELECT {', '.join(['%s'] * constants + taken)} FROM jsonb_array_elements(%s::jsonb) AS r"  # noqa: S608


def _json_value(at: int, field: Any) -> str:
    """Return PostgreSQL's expression for the value at a place of a row."""
    connection = connections[DEFAULT_DB_ALIAS]
    if isinstance(field, models.JSONField):
        return f"r->{at}"
    is_key = isinstance(field, models.ForeignKey)
    kind = field.target_field.rel_db_type(connection) if is_key else field.db_type(connection)
    return f"(r->>{at})::{kind}".replace("serial", "int")


def _json_rows(rows: Sequence[Values]) -> str:
    # PostgreSQL's JSON takes no NUL, and no text of QuickBooks' means one.
    return json.dumps(rows, default=_json_default).replace("\\u0000", "")


def _json_default(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _values_select(
    model: Model, columns: Columns, rows: Sequence[Values], constants: Values
) -> tuple[str, list[Any]]:
    params, taken = list(constants), ["%s"] * len(constants)
    converters, varied = _converters(model, columns), list[Sequence[Any]]()
    by_column = list(zip(*rows, strict=True))
    alike = [column.count(column[0]) == len(rows) for column in by_column]
    if all(alike):
        # Something has to say how many rows there are.
        alike[0] = False
    for at, column in enumerate(by_column):
        values = _converted(column[:1] if alike[at] else column, converters.get(at))
        if alike[at]:
            taken.append("%s")
            params.extend(values)
        else:
            varied.append(values)
            taken.append(f"column{len(varied)}")
    marks = "(" + ", ".join(["%s"] * len(varied)) + ")"
    params.extend(chain.from_iterable(zip(*varied, strict=True)))
    # The condition keeps ON CONFLICT from being read as a join.
    values_of_all = ", ".join([marks] * len(rows))
    return f"SELECT {', '.join(taken)} FROM (VALUES {values_of_all}) WHERE true", params  # noqa: S608


@lru_cache(maxsize=64)
def _converters(model: Model, columns: Columns) -> Converters:
    """Return how columns are written that SQLite's driver writes not as Django does, or slowly."""
    fields, converters = fields_of(model), Converters()
    for at, name in enumerate(columns):
        field = fields[name]
        if isinstance(field, models.JSONField):
            converters[at] = _json
        elif isinstance(field, models.DateTimeField):
            converters[at] = _instant
        elif isinstance(field, models.DateField | models.DecimalField):
            converters[at] = str
        elif isinstance(field, models.BooleanField):
            converters[at] = int
    return converters


def _converted(column: Sequence[Any], converter: Callable[[Any], Any] | None) -> Sequence[Any]:
    if converter is None:
        return column
    return [None if value is None else converter(value) for value in column]


_encode = json.JSONEncoder(default=str, check_circular=False).encode


def _json(value: Any) -> str:
    # Most lists are empty, and an encoder of the standard library is made anew for each value.
    return "[]" if value in ((), []) else _encode(value)


@lru_cache(maxsize=1024)
def _instant(moment: datetime) -> str:
    """Return an instant as Django stores it in SQLite: text in UTC, which sorts."""
    return str(moment.astimezone(UTC).replace(tzinfo=None))
