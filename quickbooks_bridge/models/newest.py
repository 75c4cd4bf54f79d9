"""Writes many mirrored rows in one statement, never an older state over a newer one.

Django's bulk_create(update_conflicts=True) lets an older answer overwrite a newer one, so the condition stands in the
statement itself: two processes that apply answers in the wrong order still end with the newer state.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from deals.models import TimelineEntry

from .catalogue import RemoteRow
from .invoices import Invoice, InvoiceEvent

KEY = ("account_id", "realm_id", "qbo_id")
# SQLite takes 32,766 parameters in a statement; the widest of these rows has eight.
_SQLITE_ROWS = 1000
Values = Sequence[Any]


@dataclass(frozen=True)
class News:
    """One thing that happened to an invoice; it is told only when the invoice's row was really written."""

    account_id: int
    realm_id: str
    qbo_id: str
    at: datetime
    kind: str
    source: str
    data: Mapping[str, Any]
    actor_id: int | None = None


def write_newest(
    model: type[RemoteRow], names: tuple[str, ...], rows: Sequence[Values], *, news: Sequence[News] = ()
) -> set[tuple[int, str, str]]:
    """Insert `rows` or overwrite older ones; gives the keys (account, realm, id) of the rows that were written.

    `names` are columns in the order of each row's values; they include KEY, sync_token and remote_updated_at. Each
    key may stand in `rows` once. `news` become events and change-log lines in the same transaction: on PostgreSQL in
    the same statement, on SQLite in two more.
    """
    if not rows:
        return set()
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            written = _write_sqlite(connection, cursor, model, names, rows)
            _tell_sqlite(cursor, written, news)
        else:
            insert, constants = _insert(model, names)
            params = [*constants, _postgres_json(rows)]
            if news:
                insert = _with_news(insert)
                params.append(_postgres_json([_flat(one) for one in news]))
            cursor.execute(insert, params)
            written = cursor.fetchall()
    return {(row[0], row[1], row[2]) for row in written}


def _write_sqlite(
    connection: Any, cursor: Any, model: type[RemoteRow], names: tuple[str, ...], rows: Sequence[Values]
) -> list[tuple[Any, ...]]:
    """Write in as few statements as SQLite's limit of parameters allows: one for a thousand invoices."""
    fixed, constants = _fixed(model, names)
    limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    size = max(1, limit // (len(names) + len(fixed)))
    written: list[tuple[Any, ...]] = []
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        marks = "(" + ", ".join(["%s"] * (len(fixed) + len(names))) + ")"
        insert = _head(model, names, fixed) + "VALUES " + ", ".join([marks] * len(part)) + _tail(model, names)
        params: list[Any] = []
        for row in part:
            params.extend(constants)
            params.extend(map(_sqlite_value, row))
        cursor.execute(insert, params)
        written.extend(cursor.fetchall())
    return written


def _flat(one: News) -> Values:
    return (
        one.account_id, one.realm_id, one.qbo_id, one.at, one.kind, one.source, one.data, one.actor_id,
    )  # fmt: skip


def _postgres_json(value: Any) -> str:
    # PostgreSQL's JSON takes no NUL, and no text of QuickBooks' means one.
    return json.dumps(value, default=_postgres_value).replace("\\u0000", "")


def _postgres_value(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _sqlite_value(value: Any) -> Any:
    """Give a value as Django stores it in SQLite: dates and instants as text that sorts, instants in UTC."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=str)
    return value.isoformat() if isinstance(value, date) else str(value)


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=32)
def _fixed(model: type[models.Model], names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Give the columns that only an insert fills, and their defaults."""
    connection = connections[DEFAULT_DB_ALIAS]
    fields = {
        field.attname: field
        for field in model._meta.concrete_fields
        if field.attname not in names and not field.primary_key and not field.null
    }
    return tuple(fields), tuple(
        field.get_db_prep_save(field.get_default(), connection) for field in fields.values()
    )


@lru_cache(maxsize=32)
def _insert(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
    """Give PostgreSQL's conditional upsert of the rows of one JSON array, and its constants."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    fixed, constants = _fixed(model, names)
    taken = ", ".join(["%s"] * len(fixed) + [_taken(at, fields[name]) for at, name in enumerate(names)])
    source = f"SELECT {taken} FROM jsonb_array_elements(%s::jsonb) AS r"  # noqa: S608 - our own columns
    return _head(model, names, fixed) + source + _tail(model, names), constants


@lru_cache(maxsize=32)
def _head(model: type[models.Model], names: tuple[str, ...], fixed: tuple[str, ...]) -> str:
    return f"INSERT INTO {_quote(model._meta.db_table)} ({', '.join(map(_quote, [*fixed, *names]))}) "


@lru_cache(maxsize=32)
def _tail(model: type[models.Model], names: tuple[str, ...]) -> str:
    table = _quote(model._meta.db_table)
    changed = ", ".join(f"{_quote(name)} = EXCLUDED.{_quote(name)}" for name in names if name not in KEY)
    tell = ", deal_id" if model is Invoice else ""
    return (
        f" ON CONFLICT ({', '.join(map(_quote, KEY))}) DO UPDATE SET {changed} "
        f"WHERE {table}.remote_updated_at IS NULL OR (EXCLUDED.remote_updated_at >= {table}.remote_updated_at "
        f"AND EXCLUDED.sync_token >= {table}.sync_token "
        f"AND (EXCLUDED.remote_updated_at > {table}.remote_updated_at "
        f"OR EXCLUDED.sync_token > {table}.sync_token)) "
        f"RETURNING account_id, realm_id, qbo_id, id{tell}"
    )


def _taken(at: int, field: Any) -> str:
    """Give PostgreSQL's expression that reads the value at a place of a row's JSON array."""
    connection = connections[DEFAULT_DB_ALIAS]
    if isinstance(field, models.JSONField):
        return f"r->{at}"
    is_key = isinstance(field, models.ForeignKey)
    kind = field.target_field.rel_db_type(connection) if is_key else field.db_type(connection)
    return f"(r->>{at})::{kind}".replace("serial", "int")


@lru_cache(maxsize=8)
def _with_news(insert: str) -> str:
    event, entry = _quote(InvoiceEvent._meta.db_table), _quote(TimelineEntry._meta.db_table)
    # Only names of columns and tables of our own models are put together here.
    return (
        f"WITH written AS ({insert}), "  # noqa: S608 - see above
        "told AS (SELECT w.account_id, w.id, w.deal_id, (n->>3)::timestamptz AS at, n->>4 AS kind, n->>5 AS source, "
        "n->6 AS data, (n->>7)::bigint AS actor_id "
        "FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS e(n, place) "
        "JOIN written w ON w.account_id = (n->>0)::bigint AND w.realm_id = n->>1 AND w.qbo_id = n->>2 "
        "ORDER BY place), "
        f"events AS (INSERT INTO {event} (account_id, invoice_id, at, kind, source, data, actor_id) "
        "SELECT account_id, id, at, kind, source, data, actor_id FROM told), "
        f"lines AS (INSERT INTO {entry} (account_id, deal_id, at, kind, data, actor_id) "
        "SELECT account_id, deal_id, at, kind, data, actor_id FROM told WHERE deal_id IS NOT NULL) "
        "SELECT account_id, realm_id, qbo_id, id, deal_id FROM written"
    )


def _tell_sqlite(cursor: Any, written: Sequence[tuple[Any, ...]], news: Sequence[News]) -> None:
    if not news:
        return
    rows = {(row[0], row[1], row[2]): (row[3], row[4]) for row in written}
    events, entries = [], []
    for one in news:
        found = rows.get((one.account_id, one.realm_id, one.qbo_id))
        if found is None:
            continue
        invoice_id, deal_id = found
        events.append((one.account_id, invoice_id, one.at, one.kind, one.source, one.data, one.actor_id))
        if deal_id is not None:
            entries.append((one.account_id, deal_id, one.at, one.kind, one.data, one.actor_id))
    _insert_sqlite(cursor, InvoiceEvent, "account_id invoice_id at kind source data actor_id", events)
    _insert_sqlite(cursor, TimelineEntry, "account_id deal_id at kind data actor_id", entries)


def _insert_sqlite(cursor: Any, model: type[models.Model], columns: str, rows: Sequence[Values]) -> None:
    if not rows:
        return
    names = columns.split()
    marks = "(" + ", ".join(["%s"] * len(names)) + ")"
    head = f"INSERT INTO {_quote(model._meta.db_table)} ({', '.join(map(_quote, names))}) VALUES "  # noqa: S608
    for start in range(0, len(rows), _SQLITE_ROWS):
        part = rows[start : start + _SQLITE_ROWS]
        params = [_sqlite_value(value) for row in part for value in row]
        cursor.execute(head + ", ".join([marks] * len(part)), params)


def update_many(model: type[models.Model], names: tuple[str, ...], rows: Sequence[Values]) -> None:
    """Give each row its own values; a row of `rows` is a primary key and then values of `names`.

    One statement on PostgreSQL, one for each thousand rows on SQLite.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    table = _quote(model._meta.db_table)
    changes = ", ".join(f"{_quote(name)} = v.{_quote(name)}" for name in names)
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        if connections[DEFAULT_DB_ALIAS].vendor == "sqlite":
            columns = ", ".join(f"column{at} AS {_quote(name)}" for at, name in enumerate(names, 2))
            marks = "(" + ", ".join(["%s"] * (len(names) + 1)) + ")"
            for start in range(0, len(rows), _SQLITE_ROWS):
                part = rows[start : start + _SQLITE_ROWS]
                # Only names of columns and tables of our own models are put together here.
                source = f"SELECT column1 AS key, {columns} FROM (VALUES {', '.join([marks] * len(part))})"  # noqa: S608
                params = [_sqlite_value(value) for row in part for value in row]
                cursor.execute(f"UPDATE {table} SET {changes} FROM ({source}) AS v WHERE id = v.key", params)  # noqa: S608
        elif rows:
            taken = ", ".join(
                f"{_taken(at, fields[name])} AS {_quote(name)}" for at, name in enumerate(names, 1)
            )
            source = f"SELECT (r->>0)::bigint AS key, {taken} FROM jsonb_array_elements(%s::jsonb) AS r"  # noqa: S608
            cursor.execute(
                f"UPDATE {table} SET {changes} FROM ({source}) AS v WHERE {table}.id = v.key",  # noqa: S608
                [_postgres_json(rows)],
            )
