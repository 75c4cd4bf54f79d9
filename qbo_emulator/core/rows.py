"""Rows and tables: versions of objects kept as text, with indexes, in the order of their last change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from qbo_emulator.json_codec import Doc, Written, decode, encode


@lru_cache(maxsize=4096)
def _unpacked(text: str) -> Doc:
    found: Doc = decode(text)
    return found


def stored_property(data: Doc, name: str) -> Any:
    """A property by its name or by a path such as MetaData.CreateTime; of a list the first entry counts."""
    if "." not in name:
        return data.get(name)
    value: Any = data
    for part in name.split("."):
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(part) if isinstance(value, dict) else None
    return value


class Row:
    """One version of one object; replaced, never changed, so that its JSON text is written once.

    A packed row keeps only its text and the cells that queries compare: a quarter of the memory.
    """

    __slots__ = ("_data", "_text", "active", "cells", "kind", "qbo_id", "updated")

    def __init__(self, kind: str, qbo_id: str, data: Doc, updated: datetime) -> None:
        self.kind = kind
        self.qbo_id = qbo_id
        self.updated = updated
        self.active = data.get("Active", True) is not False
        self.cells: tuple[Any, ...] | None = None
        self._data: Doc | None = data
        self._text: Written | None = None

    @classmethod
    def packed(
        cls,
        kind: str,
        qbo_id: str,
        text: str,
        updated: datetime,
        cells: tuple[Any, ...],
        *,
        active: bool = True,
    ) -> Row:
        """A row that is kept as text from the beginning; `cells` in the order of the table's columns."""
        row = cls.__new__(cls)
        row.kind, row.qbo_id, row.updated, row.active = kind, qbo_id, updated, active
        row.cells, row._data, row._text = cells, None, Written(text)
        return row

    def pack(self, columns: tuple[str, ...]) -> None:
        """Keep the text and the cells of `columns` only."""
        if self._data is not None:
            self.cells = tuple(cell_of(stored_property(self._data, name)) for name in columns)
            self._text, self._data = self.text, None

    @property
    def data(self) -> Doc:
        return self._data if self._data is not None else _unpacked(str(self._text))

    @property
    def text(self) -> Written:
        if self._text is None:
            self._text = Written(encode(self._data))
        return self._text


def cell_of(value: Any) -> Any:
    """A property as a query compares it: references and addresses without what surrounds them."""
    return value.get("value", value.get("Address")) if isinstance(value, dict) else value


def arranged(order: Iterable[str], data: Doc) -> Doc:
    """The properties in this order, others after them, those without a value left out."""
    first = {name: data[name] for name in order if data.get(name) is not None}
    rest = {name: value for name, value in data.items() if name not in first and value is not None}
    return first | rest


def index_key(value: Any) -> str | None:
    """What an index files a property under: reference ids, addresses and texts without their case."""
    value = cell_of(value)
    return None if value is None else str(value).casefold()


def _file(entries: dict[str, str | dict[str, None]], key: str, qbo_id: str) -> None:
    filed = entries.get(key)
    if filed is None or filed == qbo_id:
        entries[key] = qbo_id
    elif isinstance(filed, str):
        entries[key] = {filed: None, qbo_id: None}
    else:
        filed[qbo_id] = None


def _unfile(entries: dict[str, str | dict[str, None]], key: str, qbo_id: str) -> None:
    filed = entries[key]
    if isinstance(filed, dict):
        filed.pop(qbo_id, None)
    if not filed or filed == qbo_id:
        del entries[key]


class Table:
    """All rows of one kind, in the order of their last change, with indexes by property."""

    def __init__(
        self,
        kind: str,
        *,
        indexed: Iterable[str] = (),
        label: str = "",
        columns: Iterable[str] = (),
        order: tuple[str, ...] = (),
    ) -> None:
        self.kind = kind
        self.label = label
        self.order = order
        self.columns = tuple(columns)
        self._places = {name: place for place, name in enumerate(self.columns)}
        self.rows: dict[str, Row] = {}
        self.changed: OrderedDict[str, None] = OrderedDict()
        self.deleted: OrderedDict[str, datetime] = OrderedDict()
        # value -> the id of the row that has it, or the ids in a dict once there are several
        self.indexes: dict[str, dict[str, str | dict[str, None]]] = {name: {} for name in indexed}
        # False once the clock was moved back: then the change order no longer is the time order.
        self.in_time_order = True
        self._latest: datetime | None = None
        self._alphabetical: list[Row] | None = None
        self._ids: list[str] | None = None

    def cell(self, row: Row, name: str) -> Any:
        """A property that queries compare, without unpacking a packed row."""
        place = self._places.get(name)
        if row.cells is not None and place is not None:
            return row.cells[place]
        return cell_of(stored_property(row.data, name))

    def put(self, row: Row) -> None:
        before = self.rows.get(row.qbo_id)
        if before is not None:
            self._unindex(before)
        else:
            self._ids = None
        self.rows[row.qbo_id] = row
        self.changed[row.qbo_id] = None
        self.changed.move_to_end(row.qbo_id)
        self.deleted.pop(row.qbo_id, None)
        self._note_time(row.updated)
        for name, entries in self.indexes.items():
            key = index_key(self.cell(row, name))
            if key is not None:
                _file(entries, key, row.qbo_id)
        if before is None or self.cell(before, self.label) != self.cell(row, self.label):
            self._alphabetical = None

    def replace(self, row: Row) -> None:
        """Put another version in the place of the same row as if nothing had happened to it."""
        self.rows[row.qbo_id] = row

    def copy(self) -> Table:
        """A table of the same rows that can be written without touching this one."""
        other = Table(
            self.kind, indexed=self.indexes, label=self.label, columns=self.columns, order=self.order
        )
        other.rows, other.changed = dict(self.rows), OrderedDict(self.changed)
        other.deleted = OrderedDict(self.deleted)
        other.indexes = {
            name: {key: filed if isinstance(filed, str) else dict(filed) for key, filed in entries.items()}
            for name, entries in self.indexes.items()
        }
        other.in_time_order, other._latest = self.in_time_order, self._latest
        return other

    def by_id(self) -> list[Row]:
        """Rows by the number that is their id; the order is kept until one comes or goes."""
        if self._ids is None:
            self._ids = sorted(self.rows, key=lambda qbo_id: (0, int(qbo_id)) if qbo_id.isdigit() else (1, 0))
        return [self.rows[qbo_id] for qbo_id in self._ids]

    def pack(self) -> None:
        """Keep every row as text; what is written later stays as it is."""
        for row in self.rows.values():
            row.pack(self.columns)

    def remove(self, row: Row, now: datetime) -> None:
        self._unindex(row)
        del self.rows[row.qbo_id]
        del self.changed[row.qbo_id]
        self.deleted[row.qbo_id] = now
        self._note_time(now)
        self._alphabetical = self._ids = None

    def _note_time(self, instant: datetime) -> None:
        if self._latest is not None and instant < self._latest:
            self.in_time_order = False
        else:
            self._latest = instant

    def _unindex(self, row: Row) -> None:
        for name, entries in self.indexes.items():
            key = index_key(self.cell(row, name))
            if key is not None:
                _unfile(entries, key, row.qbo_id)

    def find(self, name: str, value: Any) -> list[Row]:
        """Rows whose indexed property has this value, oldest first; KeyError when it has no index."""
        entries = self.indexes[name]
        key = index_key(value)
        filed = entries.get(key) if key is not None else None
        if filed is None:
            return []
        return [self.rows[qbo_id] for qbo_id in ((filed,) if isinstance(filed, str) else filed)]

    def newest_first(self) -> Iterator[Row]:
        return (self.rows[qbo_id] for qbo_id in reversed(self.changed))

    def alphabetical(self) -> list[Row]:
        """Rows by label; the sorted list is kept until a name changes, then the fresh rows are looked up."""
        if self._alphabetical is None:
            self._alphabetical = sorted(
                self.rows.values(), key=lambda row: str(self.cell(row, self.label) or "").casefold()
            )
        return [self.rows[row.qbo_id] for row in self._alphabetical]

    def changed_since(self, since: datetime | None) -> list[Row]:
        """Rows changed at or after `since`, oldest change first; None for all."""
        if since is None:
            return [self.rows[qbo_id] for qbo_id in self.changed]
        if not self.in_time_order:
            found = [row for row in self.rows.values() if row.updated >= since]
            return sorted(found, key=lambda row: row.updated)
        found = []
        for row in self.newest_first():
            if row.updated < since:
                break
            found.append(row)
        found.reverse()
        return found

    def deleted_since(self, since: datetime) -> list[tuple[str, datetime]]:
        return [(qbo_id, when) for qbo_id, when in self.deleted.items() if when >= since]
