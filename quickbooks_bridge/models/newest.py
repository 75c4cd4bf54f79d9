"""Writes many mirrored rows in one statement, never an older state over a newer one.

Django's bulk_create(update_conflicts=True) lets an older answer overwrite a newer one, so the condition stands in the
statement itself: two processes that apply answers in the wrong order still end with the newer state.
"""

import json
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
    is_sqlite = connection.vendor == "sqlite"
    as_json = _sqlite_json if is_sqlite else _postgres_json
    insert, constants = _insert(model, names, connection.vendor)
    with connection.cursor() as cursor:
        if is_sqlite:
            cursor.execute(insert, [*constants, as_json(rows)])
            written = cursor.fetchall()
            _tell_sqlite(cursor, written, news)
        elif news:
            cursor.execute(
                _with_news(insert), [*constants, as_json(rows), as_json([_flat(one) for one in news])]
            )
            written = cursor.fetchall()
        else:
            cursor.execute(insert, [*constants, as_json(rows)])
            written = cursor.fetchall()
    return {(row[0], row[1], row[2]) for row in written}


def _flat(one: News) -> Values:
    return (
        one.account_id, one.realm_id, one.qbo_id, one.at, one.kind, one.source, one.data, one.actor_id,
    )  # fmt: skip


def _postgres_json(value: Any) -> str:
    # PostgreSQL's JSON takes no NUL, and no text of QuickBooks' means one.
    return json.dumps(value, default=_postgres_value).replace("\\u0000", "")


def _postgres_value(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _sqlite_json(value: Any) -> str:
    return json.dumps(value, default=_sqlite_value)


def _sqlite_value(value: Any) -> str:
    """Give dates and instants as Django stores them in SQLite: text that sorts, instants in UTC."""
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    return value.isoformat() if isinstance(value, date) else str(value)


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=32)
def _insert(model: type[models.Model], names: tuple[str, ...], vendor: str) -> tuple[str, tuple[Any, ...]]:
    """Give the conditional upsert and the constants of columns that only an insert fills."""
    connection = connections[DEFAULT_DB_ALIAS]
    fields = {field.attname: field for field in model._meta.concrete_fields}
    fixed = [
        name
        for name, field in fields.items()
        if name not in names and not field.primary_key and not field.null
    ]
    table = _quote(model._meta.db_table)
    taken = [_taken(at, fields[name], connection, vendor) for at, name in enumerate(names)]
    source = "json_each(%s) WHERE true" if vendor == "sqlite" else "jsonb_array_elements(%s::jsonb) AS r"
    changed = ", ".join(f"{_quote(name)} = EXCLUDED.{_quote(name)}" for name in names if name not in KEY)
    tell = ", deal_id" if model is Invoice else ""
    # Only names of columns and tables of our own models are put together here.
    text = (
        f"INSERT INTO {table} ({', '.join(map(_quote, [*fixed, *names]))}) "  # noqa: S608 - see above
        f"SELECT {', '.join(['%s'] * len(fixed) + taken)} FROM {source} "
        f"ON CONFLICT ({', '.join(map(_quote, KEY))}) DO UPDATE SET {changed} "
        f"WHERE {table}.remote_updated_at IS NULL OR (EXCLUDED.remote_updated_at >= {table}.remote_updated_at "
        f"AND EXCLUDED.sync_token >= {table}.sync_token "
        f"AND (EXCLUDED.remote_updated_at > {table}.remote_updated_at "
        f"OR EXCLUDED.sync_token > {table}.sync_token)) "
        f"RETURNING account_id, realm_id, qbo_id, id{tell}"
    )
    constants = tuple(fields[name].get_db_prep_save(fields[name].get_default(), connection) for name in fixed)
    return text, constants


def _taken(at: int, field: Any, connection: Any, vendor: str) -> str:
    """Give the expression that reads the value at a place of a row's JSON array."""
    if vendor == "sqlite":
        return f"json_extract(value, '$[{at}]')"
    if isinstance(field, models.JSONField):
        return f"r->{at}"
    is_key = isinstance(field, models.ForeignKey)
    kind = field.target_field.rel_db_type(connection) if is_key else field.db_type(connection)
    return f"(r->>{at})::{kind}"


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
    taken = ", ".join(f"json_extract(value, '$[{at}]')" for at in range(len(names)))
    # Only names of columns and tables of our own models are put together here.
    cursor.execute(
        f"INSERT INTO {_quote(model._meta.db_table)} ({', '.join(map(_quote, names))}) "  # noqa: S608 - see above
        f"SELECT {taken} FROM json_each(%s)",
        [_sqlite_json(rows)],
    )


def update_many(model: type[models.Model], names: tuple[str, ...], rows: Sequence[Values]) -> int:
    """Give each row its own values in one statement; a row of `rows` is a primary key and then values of `names`."""
    if not rows:
        return 0
    connection = connections[DEFAULT_DB_ALIAS]
    fields = {field.attname: field for field in model._meta.concrete_fields}
    table = _quote(model._meta.db_table)
    key = _taken(0, fields[model._meta.pk.attname], connection, connection.vendor)
    taken = [_taken(at, fields[name], connection, connection.vendor) for at, name in enumerate(names, 1)]
    columns = ", ".join(
        f"{expression} AS {_quote(name)}" for name, expression in zip(names, taken, strict=True)
    )
    is_sqlite = connection.vendor == "sqlite"
    source = "json_each(%s)" if is_sqlite else "jsonb_array_elements(%s::jsonb) AS r"
    changes = ", ".join(f"{_quote(name)} = v.{_quote(name)}" for name in names)
    # Only names of columns and tables of our own models are put together here.
    text = (
        f"UPDATE {table} SET {changes} FROM (SELECT {key} AS key, {columns} FROM {source}) AS v "  # noqa: S608 - see above
        f"WHERE {table}.id = v.key"
    )
    with connection.cursor() as cursor:
        cursor.execute(text, [(_sqlite_json if is_sqlite else _postgres_json)(rows)])
        return int(cursor.rowcount)
