"""What the statements of every database have in common: quoted names, constants of an insert, the condition of an upsert."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol

from django.db import DEFAULT_DB_ALIAS, connections, models

KEY = ("company_id", "qbo_id")
Values = Sequence[Any]
Key = tuple[int, str]
Model = type[models.Model]
Columns = tuple[str, ...]


class Dialect(Protocol):
    """What a database does its own way."""

    def lock(self, cursor: Any, model: Model, columns: Columns, keys: Iterable[Key]) -> Iterable[Values]:
        """Return `columns` of rows whose company and whose id are among those of `keys`, locked until the end."""

    def upsert(self, cursor: Any, model: Model, columns: Columns, rows: Sequence[Values]) -> Iterable[Values]:
        """Return KEY and id of the rows that were inserted, or overwritten because they were older."""

    def update(self, cursor: Any, model: Model, columns: Columns, rows: Sequence[Values]) -> None:
        """Set `columns` of each row, whose first value is its primary key."""


def quote(name: str) -> str:
    """Return a name as it stands in a statement."""
    return '"' + name.replace('"', '""') + '"'


def fields_of(model: Model) -> dict[str, Any]:
    """Return a model's fields by their columns."""
    return {field.attname: field for field in model._meta.concrete_fields}


@lru_cache(maxsize=32)
def insert_defaults(model: Model, columns: Columns) -> tuple[Columns, tuple[Any, ...]]:
    """Return the columns that only an insert fills, and their defaults."""
    connection = connections[DEFAULT_DB_ALIAS]
    fields = {
        name: field
        for name, field in fields_of(model).items()
        if name not in columns and not field.primary_key and not field.null
    }
    return tuple(fields), tuple(
        field.get_db_prep_save(field.get_default(), connection) for field in fields.values()
    )


@lru_cache(maxsize=32)
def insert_head(model: Model, columns: Columns) -> str:
    """Return the beginning of an insert: the columns with a default, then those of the rows."""
    fixed, _constants = insert_defaults(model, columns)
    return f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, [*fixed, *columns]))}) "


@lru_cache(maxsize=32)
def overwrite_older(model: Model, columns: Columns) -> str:
    """Return the end of an upsert: a row is overwritten only where both parts of its stamp are not newer."""
    table = quote(model._meta.db_table)
    changed = ", ".join(f"{quote(name)} = EXCLUDED.{quote(name)}" for name in columns if name not in KEY)
    return (
        f" ON CONFLICT ({', '.join(map(quote, KEY))}) DO UPDATE SET {changed} "
        f"WHERE {table}.remote_updated_at IS NULL OR (EXCLUDED.remote_updated_at >= {table}.remote_updated_at "
        f"AND EXCLUDED.sync_token >= {table}.sync_token "
        f"AND (EXCLUDED.remote_updated_at > {table}.remote_updated_at "
        f"OR EXCLUDED.sync_token > {table}.sync_token)) "
        f"RETURNING {', '.join(KEY)}, id"
    )
