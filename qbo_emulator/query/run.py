"""Answers a parsed query from the tables, with the default orders and hidden rows of the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from qbo_emulator.core.clock import moment
from qbo_emulator.core.rows import Row, Table, index_key
from qbo_emulator.core.schema import EntityType
from qbo_emulator.core.store import Company
from qbo_emulator.entities import BY_SEGMENT
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc
from qbo_emulator.query.parser import Condition, Query, parse

DEFAULT_LIMIT, HIGHEST_LIMIT = 100, 1000
CHANGED = "MetaData.LastUpdatedTime"
Test = Callable[[Row], bool]


def answer(company: Company, text: str, now: datetime) -> Doc:
    """The QueryResponse of a query text (4000 unreadable, 4001 against the rules)."""
    query = parse(text)
    kind = BY_SEGMENT.get(query.entity.lower())
    if kind is None or "query" not in kind.operations:
        raise errors.query_invalid(f"invalid context declaration: {query.entity}")
    start, limit = _window(query)
    today = company.today(now)
    conditions = [_canonical(kind, condition, today) for condition in query.conditions]
    order = [(_property(kind, name), descending) for name, descending in query.order]
    columns = [_column(kind, name) for name in query.columns]
    if kind.name == "TaxCode":
        # A known fault of the real service: it gives all of them whatever MAXRESULTS says.
        limit = max(limit, HIGHEST_LIMIT)
    rows = _selected(company.table(kind.name), kind, conditions, order)
    if kind.name == "TaxCode" and not company.switches.lists_tax_and_non:
        rows = (row for row in rows if row.qbo_id.isdigit())
    if query.count:
        return {"totalCount": sum(1 for _ in rows)}
    page = list(islice(rows, start - 1, start - 1 + limit))
    if not page:
        return {}
    company.require_served(kind.name, (row.qbo_id for row in page))
    texts = [kind.shown(row) if "*" in columns else _projected(kind, row, columns) for row in page]
    return {kind.name: texts, "startPosition": start, "maxResults": len(page)}


def _window(query: Query) -> tuple[int, int]:
    start = 1 if query.start is None else query.start
    limit = DEFAULT_LIMIT if query.limit is None else query.limit
    for value in (start, limit):
        if value < 1:
            raise errors.query_invalid(f"value {value} is too small. Min allowed value is 1")
    if limit > HIGHEST_LIMIT:
        raise errors.query_invalid(f"value {limit} is too large. Max allowed value is {HIGHEST_LIMIT}")
    return start, limit


def _property(kind: EntityType, name: str) -> str:
    """The property in its own spelling (4001 when the entity has none, or none that can be asked for)."""
    for known in kind.queryable:
        if known.lower() == name.lower():
            return known
    if any(known.lower() == name.lower() for known in kind.properties):
        raise errors.query_invalid(f"property '{name}' is not queryable")
    raise errors.query_invalid(f"Property {name} not found for Entity {kind.name}")


def _column(kind: EntityType, name: str) -> str:
    if name == "*":
        return name
    head = name.split(".", maxsplit=1)[0].lower()
    for known in kind.properties:
        if known.lower() == head:
            return known if "." not in name else f"{known}.{_tail(known, name)}"
    raise errors.query_invalid(f"Property {name} not found for Entity {kind.name}")


def _tail(known: str, name: str) -> str:
    tail = name.split(".", maxsplit=1)[1]
    spellings = {"createtime": "CreateTime", "lastupdatedtime": "LastUpdatedTime"}
    return spellings.get(tail.lower(), tail) if known == "MetaData" else tail


def _projected(kind: EntityType, row: Row, columns: list[str]) -> Doc:
    """Only the properties asked for, with the Id and in the entity's order; such rows are sparse."""
    found: Doc = {}
    for column in columns:
        head, _, tail = column.partition(".")
        value = row.data.get(head)
        if value is None:
            continue
        found[head] = {**found.get(head, {}), tail: value.get(tail)} if tail else value
    found |= {"sparse": True, "Id": row.qbo_id}
    found.pop("domain", None)
    return kind.arrange(found)


def _read(kind_of_value: str, name: str, text: str) -> Any:
    """A compared value in the type of the property (4001 when it is of another)."""
    try:
        if kind_of_value == "number":
            return Decimal(text)
        if kind_of_value == "date":
            return date.fromisoformat(text[:10])
        if kind_of_value == "moment":
            return moment(text)
    except (InvalidOperation, ValueError, OverflowError):
        raise errors.query_invalid(f"Value {text} of property {name} has the wrong format") from None
    if kind_of_value == "bool":
        return text.lower() == "true"
    return text.casefold()


def _comparable(kind_of_value: str, value: Any) -> Any:
    if value is None:
        return "" if kind_of_value in {"text", "id"} else None
    if kind_of_value == "number":
        return Decimal(value)
    if kind_of_value == "date":
        return date.fromisoformat(value)
    if kind_of_value == "moment":
        return datetime.fromisoformat(value)
    return value if kind_of_value == "bool" else index_key(value)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda own, given: bool(own == given),
    "!=": lambda own, given: bool(own != given),
    "<": lambda own, given: bool(own < given),
    ">": lambda own, given: bool(own > given),
    "<=": lambda own, given: bool(own <= given),
    ">=": lambda own, given: bool(own >= given),
}


def _canonical(kind: EntityType, condition: Condition, today: date) -> Condition:
    """The condition with the property in its own spelling; Id can only be asked for by = and IN."""
    name = _property(kind, condition.name)
    if condition.operator == "between":
        raise errors.query_invalid("operator BETWEEN is not supported")
    if name == "Id" and condition.operator not in {"=", "in"}:
        raise errors.query_invalid(f"operator {condition.operator} is not supported for property Id")
    values = tuple(
        today.isoformat() if value.lower() == "current_date" else value for value in condition.values
    )
    return Condition(name, condition.operator, values)


def _test(table: Table, kind: EntityType, condition: Condition) -> Test:
    name, value_kind = condition.name, kind.queryable[condition.name]
    if condition.operator == "like":
        pattern = re.compile(
            ".*".join(re.escape(part) for part in re.split("%+", condition.values[0].casefold())), re.DOTALL
        )
        return lambda row: bool(pattern.fullmatch(str(_comparable("text", table.cell(row, name)))))
    if condition.operator == "in":
        wanted = {_read(value_kind, name, value) for value in condition.values}
        return lambda row: _comparable(value_kind, table.cell(row, name)) in wanted
    given = _read(value_kind, name, condition.values[0])
    if value_kind in {"text", "id"} and isinstance(given, str) and not given.strip():
        given = ""
    compare = _COMPARE[condition.operator]

    def test(row: Row) -> bool:
        own = _comparable(value_kind, table.cell(row, name))
        return own is not None and compare(own, given)

    return test


def _candidates(table: Table, kind: EntityType, conditions: list[Condition]) -> Iterable[Row] | None:
    """The rows that an index leaves over, or None when none of the conditions has an index."""
    for condition in conditions:
        if condition.operator not in {"=", "in"}:
            continue
        if condition.name == "Id":
            return [table.rows[value] for value in dict.fromkeys(condition.values) if value in table.rows]
        if condition.name in table.indexes and all(value.strip() for value in condition.values):
            found = {
                row.qbo_id: row for value in condition.values for row in table.find(condition.name, value)
            }
            return list(found.values())
    for condition in conditions:
        if condition.name == "MetaData.LastUpdatedTime" and condition.operator in {">", ">="}:
            since = _read("moment", condition.name, condition.values[0])
            return table.changed_since(since)
    return None


def _selected(
    table: Table, kind: EntityType, conditions: list[Condition], order: list[tuple[str, bool]]
) -> Iterable[Row]:
    tests = [_test(table, kind, condition) for condition in conditions]
    if "Active" in kind.properties and not any(condition.name == "Active" for condition in conditions):
        tests.append(lambda row: row.active)
    candidates = _candidates(table, kind, conditions)
    if candidates is None and order == [("Id", False)]:
        candidates, order = table.by_id(), []
    elif order == [(CHANGED, False)] and table.in_time_order and _is_by_change(table, conditions, candidates):
        # The order of the changes is the order asked for.
        candidates, order = table.changed_since(None) if candidates is None else candidates, []
    elif candidates is None:
        candidates = table.newest_first() if kind.is_newest_first else table.alphabetical()
        if kind.name == "TaxCode":
            # TAX and NON, which are no numbers, come before the others.
            candidates = sorted(candidates, key=lambda row: row.qbo_id.isdigit())
    elif not order:
        candidates = _default_order(list(candidates), table, by_change=kind.is_newest_first)
    rows: Iterable[Row] = candidates
    if tests:
        rows = (row for row in candidates if all(test(row) for test in tests))
    if order:
        rows = _ordered(list(rows), table, kind, order)
    return rows


def _is_by_change(table: Table, conditions: list[Condition], candidates: Iterable[Row] | None) -> bool:
    """Whether the candidates stand in the order of their last change, oldest first."""
    indexed = any(
        condition.operator in {"=", "in"} and (condition.name == "Id" or condition.name in table.indexes)
        for condition in conditions
    )
    return candidates is None or not indexed


def _default_order(rows: list[Row], table: Table, *, by_change: bool) -> list[Row]:
    """Transactions newest change first, everything else by name."""
    if by_change:
        return sorted(rows, key=lambda row: row.updated, reverse=True)
    return sorted(rows, key=lambda row: str(table.cell(row, table.label) or "").casefold())


def _ordered(rows: list[Row], table: Table, kind: EntityType, order: list[tuple[str, bool]]) -> list[Row]:
    for name, descending in reversed(order):
        value_kind = kind.queryable[name]

        def key(row: Row, name: str = name, value_kind: str = value_kind) -> tuple[bool, Any]:
            value = _comparable(value_kind, table.cell(row, name))
            if name == "Id" or (value_kind == "id" and str(value).isdigit()):
                return (True, (0, int(value)) if str(value).isdigit() else (1, str(value)))
            return (value is not None, value)

        rows.sort(key=key, reverse=descending)
    return rows
