"""Parts of statements that both databases share: quoted names, defaults of an insert, the condition of an upsert."""

from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from crm_invoicing.row_source import Columns, Model, fields_of

KEY = ("company_id", "qbo_id")
Key = tuple[int, str]


def quote(name: str) -> str:
    """Return a name as it stands in a statement."""
    return '"' + name.replace('"', '""') + '"'


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
