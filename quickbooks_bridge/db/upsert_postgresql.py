"""Upserts of PostgreSQL: all rows travel as one JSON array, so that a statement has the same text for any number."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
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


class PostgreSQL:
    """Statements of PostgreSQL; only names of our own tables and columns are put together in them."""

    def lock(self, cursor: Any, model: Model, columns: Columns, keys: Iterable[Key]) -> Iterable[Values]:
        """Return `columns` of rows whose company and whose id are among those of `keys`, locked until the end."""
        where = " AND ".join(f"{quote(name)} = ANY(%s)" for name in KEY)
        cursor.execute(
            f"SELECT {', '.join(map(quote, columns))} FROM {quote(model._meta.db_table)} WHERE {where} FOR UPDATE",  # noqa: S608 - see above
            [list(set(values)) for values in zip(*keys, strict=True)],
        )
        fields = fields_of(model)
        places = {at for at, name in enumerate(columns) if isinstance(fields[name], models.JSONField)}
        return [
            [
                json.loads(value) if at in places and value is not None else value
                for at, value in enumerate(row)
            ]
            if places
            else row
            for row in cursor.fetchall()
        ]

    def upsert(self, cursor: Any, model: Model, columns: Columns, rows: Sequence[Values]) -> Iterable[Values]:
        """Return KEY and id of the rows that were inserted, or overwritten because they were older."""
        _fixed, constants = insert_defaults(model, columns)
        cursor.execute(_upsert(model, columns), [*constants, _encode(rows)])
        return list(cursor.fetchall())

    def update(self, cursor: Any, model: Model, columns: Columns, rows: Sequence[Values]) -> None:
        """Set `columns` of each row, whose first value is its primary key."""
        fields, table = fields_of(model), quote(model._meta.db_table)
        changes = ", ".join(f"{quote(name)} = v.{quote(name)}" for name in columns)
        taken = ", ".join(
            f"{_extract(at, fields[name])} AS {quote(name)}" for at, name in enumerate(columns, 1)
        )
        source = f"SELECT (r->>0)::bigint AS key, {taken} FROM jsonb_array_elements(%s::jsonb) AS r"  # noqa: S608 - see above
        cursor.execute(
            f"UPDATE {table} SET {changes} FROM ({source}) AS v WHERE {table}.{quote(model._meta.pk.attname)} = v.key",  # noqa: S608
            [_encode(rows)],
        )


@lru_cache(maxsize=32)
def _upsert(model: Model, columns: Columns) -> str:
    fields = fields_of(model)
    fixed, _constants = insert_defaults(model, columns)
    taken = ", ".join(["%s"] * len(fixed) + [_extract(at, fields[name]) for at, name in enumerate(columns)])
    source = f"SELECT {taken} FROM jsonb_array_elements(%s::jsonb) AS r"  # noqa: S608 - our own columns
    return insert_head(model, columns) + source + overwrite_older(model, columns)


def _extract(at: int, field: Any) -> str:
    """Return the expression that reads the value at a place of a row's JSON array."""
    connection = connections[DEFAULT_DB_ALIAS]
    if isinstance(field, models.JSONField):
        return f"r->{at}"
    is_key = isinstance(field, models.ForeignKey)
    kind = field.target_field.rel_db_type(connection) if is_key else field.db_type(connection)
    return f"(r->>{at})::{kind}".replace("serial", "int")


def _encode(rows: Sequence[Values]) -> str:
    # PostgreSQL's JSON takes no NUL, and no text of QuickBooks' means one.
    return json.dumps(rows, default=_value).replace("\\u0000", "")


def _value(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
