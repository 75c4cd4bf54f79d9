"""Reads rows of several tables in one statement: a page that shows a bit of many tables waits for one round trip.

Each part of the statement is an ordinary queryset; its rows travel as one JSON array in the order of the queryset.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.query import ModelIterable, QuerySet

Reader = Callable[[Any], Any]


class BatchSelection:
    """The answers to several querysets by the names under which they were asked; rows are built when wanted."""

    def __init__(self, shapes: dict[str, "_Shape"], texts: dict[str, str | None]) -> None:
        self._shapes, self._texts = shapes, texts

    def was_asked(self, name: str) -> bool:
        """Return whether there was such a part."""
        return name in self._shapes

    def rows(self, name: str) -> list[Any]:
        """Return a part's rows: objects of its model, or dicts where the queryset was narrowed by `values`."""
        text = self._texts.get(name)
        shape = self._shapes[name]
        return [shape.build(row) for row in json.loads(text, parse_float=Decimal)] if text else []

    def first(self, name: str) -> Any:
        """Return a part's first row, None when it has none."""
        return next(iter(self.rows(name)), None)


def batch_select(**parts: QuerySet[Any]) -> BatchSelection:
    """Read all `parts` in one statement.

    A part is a queryset of objects, annotated or not, or of `values`; foreign objects (`select_related`) do not come
    along but may be a part of their own.
    """
    return _Statement(parts).read(lambda param: param)


class PreparedBatch:
    """`read_together` whose SQL is made once: making it takes Django many times as long as the answer takes.

    `parts` gives the querysets out of named values, and may only put them into conditions: it is called with
    stand-ins, and the real values take their places in the finished statement. Values are keys, texts, dates and
    tuples of texts; a tuple of another length is another statement.
    """

    def __init__(self, parts: Callable[..., dict[str, QuerySet[Any]]]) -> None:
        self._parts = parts
        self._made: dict[tuple[int, ...], tuple[_Statement, dict[Any, tuple[str, int]]]] = {}

    def read(self, **values: Any) -> BatchSelection:
        """Read all parts with these values."""
        lengths = tuple(len(value) for value in values.values() if isinstance(value, tuple))
        if lengths not in self._made:
            self._made[lengths] = self._make(values)
        statement, places = self._made[lengths]
        adapt = connections[DEFAULT_DB_ALIAS].ops.adapt_datefield_value

        def real(param: Any) -> Any:
            if param not in places:
                return param
            name, at = places[param]
            value = values[name][at] if isinstance(values[name], tuple) else values[name]
            return adapt(value) if isinstance(value, date) else value

        return statement.read(real)

    def _make(self, values: dict[str, Any]) -> tuple["_Statement", dict[Any, tuple[str, int]]]:
        places: dict[Any, tuple[str, int]] = {}

        def stand_in(name: str, at: int, value: Any) -> Any:
            number = len(places) + 1
            if isinstance(value, date):
                stand_in = date.min + timedelta(days=number)
                places[connections[DEFAULT_DB_ALIAS].ops.adapt_datefield_value(stand_in)] = (name, at)
                return stand_in
            found: int | str = f"\x01{number}" if isinstance(value, str) else _NO_KEY + number
            places[found] = (name, at)
            return found

        statement = _Statement(
            self._parts(
                **{
                    name: [stand_in(name, at, one) for at, one in enumerate(value)]
                    if isinstance(value, tuple)
                    else stand_in(name, 0, value)
                    for name, value in values.items()
                }
            )
        )
        lost = {name for name, _at in places.values()} - {
            places[param][0] for param in statement.params if param in places
        }
        if lost:
            raise ValueError(f"values that no condition takes as they are: {sorted(lost)}")
        return statement, places


# No row has such a key, and both databases have room for it.
_NO_KEY = 2**61


class _Statement:
    """The finished SQL of several querysets, and how its answer is read."""

    def __init__(self, parts: dict[str, QuerySet[Any]]) -> None:
        vendor = connections[DEFAULT_DB_ALIAS].vendor
        self._shapes: dict[str, _Shape] = {}
        self._asked: list[str] = []
        self.params: list[Any] = []
        selects: list[str] = []
        for name, rows in parts.items():
            self._shapes[name] = shape = _Shape(rows)
            try:
                sql, params = shape.compiler.as_sql(with_col_aliases=True)
            except EmptyResultSet:
                continue
            shape.learn()
            # Only SQL that Django made and names of our own columns are put together here.
            selects.append(f"(SELECT {shape.array(vendor)} FROM ({sql}) AS t)")  # noqa: S608 - see above
            self.params.extend(params)
            self._asked.append(name)
        self._sql = f"SELECT {', '.join(selects)}" if selects else ""

    def read(self, real: Callable[[Any], Any]) -> BatchSelection:
        """Execute it, each parameter replaced by what `real` gives for it."""
        if not self._sql:
            return BatchSelection(self._shapes, {})
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(self._sql, [real(param) for param in self.params])
            return BatchSelection(self._shapes, dict(zip(self._asked, cursor.fetchone(), strict=True)))


class _Shape:
    """How the columns of one queryset are named, written and read."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        self._rows = rows
        self._is_model = rows._iterable_class is ModelIterable
        self.compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        self._columns: list[tuple[str, models.Field[Any, Any]]] = []
        self._names: list[str] = []
        self._own = 0
        self._readers: list[tuple[int, Reader]] = []

    def learn(self) -> None:
        """Take from the compiled queryset which columns it has."""
        added = self._rows.query.annotation_select
        for expression, _sql, alias in self.compiler.select:
            self._columns.append((alias, expression.output_field))
            self._names.append(alias if alias in added else expression.target.attname)
        self._own = len(self._columns) - len(added)
        for at, (_alias, field) in enumerate(self._columns):
            reader = _reader(field)
            if reader is not None:
                self._readers.append((at, reader))

    def array(self, vendor: str) -> str:
        """Return the expression that makes one JSON array of all rows `t`."""
        is_sqlite = vendor == "sqlite"
        quoted = [
            f't."{alias}"::text' if isinstance(field, models.JSONField) and not is_sqlite else f't."{alias}"'
            for alias, field in self._columns
        ]
        if is_sqlite:
            return f"json_group_array(json_array({', '.join(quoted)}))"
        return f"json_agg(json_build_array({', '.join(quoted)}))::text"

    def build(self, row: list[Any]) -> Any:
        """Return one row as the queryset itself would."""
        for at, read in self._readers:
            if row[at] is not None:
                row[at] = read(row[at])
        if not self._is_model:
            return dict(zip(self._names, row, strict=True))
        built = self._rows.model.from_db(DEFAULT_DB_ALIAS, self._names[: self._own], row[: self._own])
        for name, value in zip(self._names[self._own :], row[self._own :], strict=True):
            setattr(built, name, value)
        return built


def _reader(field: "models.Field[Any, Any]") -> Reader | None:
    """Return how a value that came as JSON becomes the field's own, None where it is that already."""
    if isinstance(field, models.JSONField):
        return json.loads
    if isinstance(field, models.DecimalField):
        step = None if field.decimal_places is None else Decimal(1).scaleb(-field.decimal_places)
        return lambda value: Decimal(value) if step is None else Decimal(value).quantize(step)
    if isinstance(field, models.DateTimeField):
        return _instant
    if isinstance(field, models.DateField):
        return date.fromisoformat
    return bool if isinstance(field, models.BooleanField) else None


def _instant(text: str) -> datetime:
    # SQLite keeps instants in UTC and without their zone.
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def attach_related(rows: Sequence[Any], name: str, others: Sequence[Any]) -> None:
    """Return each of `rows` its foreign object `name` out of `others`, as `select_related` would."""
    by_key = {other.pk: other for other in others}
    for row in rows:
        key = getattr(row, f"{name}_id")
        if key in by_key:
            setattr(row, name, by_key[key])
