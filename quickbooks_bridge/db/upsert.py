"""Writes many mirrored rows in one statement, never an older state over a newer one.

Django's bulk_create(update_conflicts=True) lets an older answer overwrite a newer one, so the condition stands in the
statement itself: two processes that apply answers in the wrong order still end with the newer state.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from itertools import chain
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections, models

from deals.models import TimelineEntry
from quickbooks_bridge.models.catalog import RemoteRow
from quickbooks_bridge.models.invoices import Invoice, InvoiceEvent

KEY = ("account_id", "realm_id", "qbo_id")
# SQLite takes 32,766 parameters in a statement; the widest of these rows has eight.
_SQLITE_ROWS = 1000
Values = Sequence[Any]
Key = tuple[int, str, str]
# Places of columns, and what their values become.
Changes = tuple[tuple[int, Callable[[Any], Any]], ...]


class EventRow(NamedTuple):
    """One thing that happened to an invoice; it is told only when the invoice's row was really written."""

    account_id: int
    realm_id: str
    qbo_id: str
    at: datetime
    kind: str
    source: str
    data: Mapping[str, Any]
    actor_id: int | None = None


def lock_existing(
    model: type[RemoteRow], keys: Iterable[Key], names: tuple[str, ...]
) -> dict[Key, tuple[Any, ...]]:
    """Lock the rows of `keys` and give `names` of each, so that appliers of the same objects take turns."""
    wanted = set(keys)
    if not wanted:
        return {}
    connection = connections[DEFAULT_DB_ALIAS]
    is_sqlite = connection.vendor == "sqlite"
    lists = [sorted({key[at] for key in wanted}, key=str) for at in range(3)]
    any_of = "IN (SELECT value FROM json_each(%s))" if is_sqlite else "= ANY(%s)"
    columns = ", ".join(_selected(model, (*KEY, *names), connection.vendor))
    where = " AND ".join(f"{_quote(name)} {any_of}" for name in KEY)
    lock = "" if is_sqlite else " FOR UPDATE"
    with connection.cursor() as cursor:
        # Only names of columns and tables of our own models are put together here.
        cursor.execute(
            f"SELECT {columns} FROM {_quote(model._meta.db_table)} WHERE {where}{lock}",  # noqa: S608 - see above
            [json.dumps(values) for values in lists] if is_sqlite else lists,
        )
        rows = cursor.fetchall()
    read_columns = _changed_columns(rows, _readers(model, (*KEY, *names), connection.vendor))
    found = zip(zip(*read_columns[:3], strict=True), zip(*read_columns[3:], strict=True), strict=True)
    return {key: values for key, values in found if key in wanted}


@lru_cache(maxsize=32)
def _selected(model: type[models.Model], names: tuple[str, ...], vendor: str) -> tuple[str, ...]:
    """Return what is selected: SQLite's driver reads dates and instants slower than their text is read here."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return tuple(
        f"CAST({_quote(name)} AS text)"
        if vendor == "sqlite" and isinstance(fields[name], models.DateField)
        else _quote(name)
        for name in names
    )


@lru_cache(maxsize=32)
def _readers(model: type[models.Model], names: tuple[str, ...], vendor: str) -> Changes:
    """Return how columns are read that the driver does not give as Django does."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    readers: list[tuple[int, Callable[[Any], Any]]] = []
    for at, name in enumerate(names):
        field = fields[name]
        if isinstance(field, models.JSONField):
            readers.append((at, json.loads))
        elif vendor == "sqlite" and isinstance(field, models.DateTimeField):
            readers.append((at, _aware))
        elif vendor == "sqlite" and isinstance(field, models.DateField):
            readers.append((at, date.fromisoformat))
        elif vendor == "sqlite" and isinstance(field, models.DecimalField):
            readers.append((at, partial(_exact, f"%.{field.decimal_places}f")))
    return tuple(readers)


def _aware(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


def _exact(form: str, value: float) -> Decimal:
    return Decimal(form % value)


def _changed_columns(rows: Iterable[Values], changes: Changes) -> list[Sequence[Any]]:
    """Return the columns of rows, those at the places of `changes` changed."""
    change = dict(changes)
    return [_changed(column, change.get(at)) for at, column in enumerate(zip(*rows, strict=True))]


def _changed(column: Sequence[Any], change: Callable[[Any], Any] | None) -> Sequence[Any]:
    if change is None:
        return column
    return [None if value is None else change(value) for value in column]


def upsert_newer(
    model: type[RemoteRow], names: tuple[str, ...], rows: Sequence[Values], *, news: Sequence[EventRow] = ()
) -> dict[Key, int]:
    """Insert `rows` or overwrite older ones; gives (account, realm, id) and row key of those that were written.

    `names` are columns in the order of each row's values; they include KEY, sync_token and remote_updated_at. Each
    key may stand in `rows` once. `news` become events and change-log lines in the same transaction: on PostgreSQL in
    the same statement, on SQLite in two more.
    """
    if not rows:
        return {}
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            written = _write_sqlite(connection, cursor, model, names, rows)
            _tell_sqlite(cursor, {row[:3]: row[3] for row in written}, news)
        else:
            insert, constants = _insert(model, names)
            params = [*constants, _postgres_json(rows)]
            if news:
                insert = _with_news(insert)
                params.append(_postgres_json(news))
            cursor.execute(insert, params)
            written = cursor.fetchall()
    return {row[:3]: row[3] for row in written}


def _write_sqlite(
    connection: Any, cursor: Any, model: type[RemoteRow], names: tuple[str, ...], rows: Sequence[Values]
) -> list[tuple[Any, ...]]:
    """Write in as few statements as SQLite's limit of parameters allows: one for a thousand invoices."""
    fixed, constants = _insert_defaults(model, names)
    limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    size = max(1, limit // (len(names) + len(fixed)))
    odd = _adapters(model, names)
    written: list[tuple[Any, ...]] = []
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        source, params = _source(part, odd, key=names.index("qbo_id"), constants=constants)
        cursor.execute(_head(model, names, fixed) + source + _tail(model, names), params)
        written.extend(cursor.fetchall())
    return written


def _source(
    rows: Sequence[Values], odd: Changes, *, key: int, constants: Values = ()
) -> tuple[str, list[Any]]:
    """Return a SELECT of rows for SQLite, and its parameters; the column at `key` tells the rows apart.

    Every parameter costs, so a column that is the same in all rows is one: a company's answer has many of those.
    """
    params, taken = list(constants), ["%s"] * len(constants)
    written, varied = dict(odd), []
    for at, column in enumerate(zip(*rows, strict=True)):
        is_alike = at != key and column.count(column[0]) == len(rows)
        values = _changed(column[:1] if is_alike else column, written.get(at))
        if is_alike:
            taken.append("%s")
            params.extend(values)
        else:
            varied.append(values)
            taken.append(f"column{len(varied)}")
    marks = "(" + ", ".join(["%s"] * len(varied)) + ")"
    params.extend(chain.from_iterable(zip(*varied, strict=True)))
    # Only markers and names of columns are put together here; the condition keeps ON CONFLICT from being read as a join.
    source = f"SELECT {', '.join(taken)} FROM (VALUES {', '.join([marks] * len(rows))}) WHERE true"  # noqa: S608
    return source, params


def _postgres_json(value: Any) -> str:
    # PostgreSQL's JSON takes no NUL, and no text of QuickBooks' means one.
    return json.dumps(value, default=_postgres_value).replace("\\u0000", "")


def _postgres_value(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


_encode_any = json.JSONEncoder(default=str, check_circular=False).encode


def _encode(value: Any) -> str:
    # Most lists are empty, and an encoder of the standard library is made anew for each value.
    return "[]" if value in ((), []) else _encode_any(value)


@lru_cache(maxsize=32)
def _adapters(model: type[models.Model], names: tuple[str, ...]) -> Changes:
    """Return the places of columns that SQLite's driver writes not as Django does, or slowly, and how they are written."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return tuple((at, write) for at, name in enumerate(names) if (write := _writer(fields[name])) is not None)


def _writer(field: Any) -> Callable[[Any], Any] | None:
    """Return how a value is stored in SQLite: JSON as text, instants as text in UTC that sorts."""
    if isinstance(field, models.JSONField):
        return _encode
    if isinstance(field, models.DateTimeField):
        return _instant
    if isinstance(field, models.DateField | models.DecimalField):
        return str
    return int if isinstance(field, models.BooleanField) else None


@lru_cache(maxsize=1024)
def _instant(moment: datetime) -> str:
    return str(moment.astimezone(UTC).replace(tzinfo=None))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=32)
def _insert_defaults(
    model: type[models.Model], names: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Return the columns that only an insert fills, and their defaults."""
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
    """Return PostgreSQL's conditional upsert of the rows of one JSON array, and its constants."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    fixed, constants = _insert_defaults(model, names)
    taken = ", ".join(
        ["%s"] * len(fixed) + [_json_extract(at, fields[name]) for at, name in enumerate(names)]
    )
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


def _json_extract(at: int, field: Any) -> str:
    """Return PostgreSQL's expression that reads the value at a place of a row's JSON array."""
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


def _tell_sqlite(cursor: Any, written: Mapping[Key, int], news: Sequence[EventRow]) -> None:
    """Write events, and out of them, within the database, the lines of change logs."""
    told = [(written[one[:3]], one) for one in news if one[:3] in written]
    event, entry, invoice = (_quote(m._meta.db_table) for m in (InvoiceEvent, TimelineEntry, Invoice))
    for start in range(0, len(told), _SQLITE_ROWS):
        part = told[start : start + _SQLITE_ROWS]
        rows = [
            (row, one.account_id, one.at, one.kind, one.source, _encode(one.data), one.actor_id)
            for row, one in part
        ]
        source, params = _source(rows, ((2, _instant),), key=0)
        # Only names of columns and tables of our own models are put together here.
        cursor.execute(
            f"INSERT INTO {event} (invoice_id, account_id, at, kind, source, data, actor_id) {source}",
            params,
        )
        # Nobody else writes meanwhile, so that the new keys follow each other.
        last = cursor.lastrowid
        cursor.execute(
            f"INSERT INTO {entry} (account_id, deal_id, at, kind, data, actor_id) "  # noqa: S608 - see above
            "SELECT e.account_id, i.deal_id, e.at, e.kind, e.data, e.actor_id "
            f"FROM {event} AS e JOIN {invoice} AS i ON i.id = e.invoice_id "
            "WHERE e.id BETWEEN %s AND %s AND i.deal_id IS NOT NULL ORDER BY e.id",
            [last - len(part) + 1, last],
        )


def bulk_update_values(model: type[models.Model], names: tuple[str, ...], rows: Sequence[Values]) -> None:
    """Return each row its own values; a row of `rows` is a primary key and then values of `names`.

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
                odd = _adapters(model, (model._meta.pk.attname, *names))
                params = list(chain.from_iterable(zip(*_changed_columns(part, odd), strict=True)))
                cursor.execute(f"UPDATE {table} SET {changes} FROM ({source}) AS v WHERE id = v.key", params)  # noqa: S608
        elif rows:
            taken = ", ".join(
                f"{_json_extract(at, fields[name])} AS {_quote(name)}" for at, name in enumerate(names, 1)
            )
            source = f"SELECT (r->>0)::bigint AS key, {taken} FROM jsonb_array_elements(%s::jsonb) AS r"  # noqa: S608
            cursor.execute(
                f"UPDATE {table} SET {changes} FROM ({source}) AS v WHERE {table}.id = v.key",  # noqa: S608
                [_postgres_json(rows)],
            )
