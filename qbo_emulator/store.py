"""The books of one company: tables of rows with their indexes, id sequences and the payment index."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from qbo_emulator.clock import pacific
from qbo_emulator.wire import Doc, Written, encode

NAME_KINDS = ("Customer", "Vendor", "Employee")


class Row:
    """One version of one object; replaced, never changed, so that its JSON text is written once."""

    __slots__ = ("_text", "data", "kind", "qbo_id", "updated")

    def __init__(self, kind: str, qbo_id: str, data: Doc, updated: datetime) -> None:
        self.kind = kind
        self.qbo_id = qbo_id
        self.data = data
        self.updated = updated
        self._text: Written | None = None

    @property
    def text(self) -> Written:
        if self._text is None:
            self._text = Written(encode(self.data))
        return self._text

    @property
    def active(self) -> bool:
        return self.data.get("Active", True) is not False


def index_key(value: Any) -> str | None:
    """What an index files a property under: reference ids, addresses and texts without their case."""
    if isinstance(value, dict):
        value = value.get("value", value.get("Address"))
    return None if value is None else str(value).casefold()


class Table:
    """All rows of one kind, in the order of their last change, with indexes by property."""

    def __init__(self, kind: str, *, indexed: Iterable[str] = (), label: str = "") -> None:
        self.kind = kind
        self.label = label
        self.rows: dict[str, Row] = {}
        self.changed: OrderedDict[str, None] = OrderedDict()
        self.deleted: OrderedDict[str, datetime] = OrderedDict()
        self.indexes: dict[str, defaultdict[str, dict[str, None]]] = {
            name: defaultdict(dict) for name in indexed
        }
        # False once the clock was moved back: then the change order no longer is the time order.
        self.in_time_order = True
        self._latest: datetime | None = None
        self._alphabetical: list[Row] | None = None

    def put(self, row: Row) -> None:
        before = self.rows.get(row.qbo_id)
        if before is not None:
            self._unindex(before)
        self.rows[row.qbo_id] = row
        self.changed[row.qbo_id] = None
        self.changed.move_to_end(row.qbo_id)
        self.deleted.pop(row.qbo_id, None)
        self._note_time(row.updated)
        for name, entries in self.indexes.items():
            key = index_key(row.data.get(name))
            if key is not None:
                entries[key][row.qbo_id] = None
        if before is None or before.data.get(self.label) != row.data.get(self.label):
            self._alphabetical = None

    def remove(self, row: Row, now: datetime) -> None:
        self._unindex(row)
        del self.rows[row.qbo_id]
        del self.changed[row.qbo_id]
        self.deleted[row.qbo_id] = now
        self._note_time(now)
        self._alphabetical = None

    def _note_time(self, instant: datetime) -> None:
        if self._latest is not None and instant < self._latest:
            self.in_time_order = False
        else:
            self._latest = instant

    def _unindex(self, row: Row) -> None:
        for name, entries in self.indexes.items():
            key = index_key(row.data.get(name))
            if key is not None:
                bucket = entries[key]
                bucket.pop(row.qbo_id, None)
                if not bucket:
                    del entries[key]

    def find(self, name: str, value: Any) -> list[Row]:
        """Rows whose indexed property has this value, oldest first; KeyError when it has no index."""
        entries = self.indexes[name]
        key = index_key(value)
        return [self.rows[qbo_id] for qbo_id in entries.get(key, ())] if key is not None else []

    def newest_first(self) -> Iterator[Row]:
        return (self.rows[qbo_id] for qbo_id in reversed(self.changed))

    def alphabetical(self) -> list[Row]:
        """Rows by label; the sorted list is kept until a name changes, then the fresh rows are looked up."""
        if self._alphabetical is None:
            self._alphabetical = sorted(
                self.rows.values(), key=lambda row: str(row.data.get(self.label, "")).casefold()
            )
        return [self.rows[row.qbo_id] for row in self._alphabetical]

    def changed_since(self, since: datetime) -> list[Row]:
        """Rows changed at or after `since`, oldest change first."""
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


@dataclass(frozen=True)
class Profile:
    """What a kind of company is like: country, money, time zone and sales tax."""

    key: str
    name: str
    country: str
    currency: str
    currency_name: str
    zone: str
    tax_percent: Decimal | None
    user: str = "Robin Hale"


@dataclass(frozen=True)
class Change:
    """One thing that happened to one object, as webhooks tell it."""

    realm_id: str
    kind: str
    qbo_id: str
    operation: str
    at: datetime


@dataclass
class Replay:
    """A stored answer to a request that carried a request id."""

    fingerprint: str
    status: int
    body: str
    headers: dict[str, str]


@dataclass
class Company:
    """One realm with everything in it."""

    profile: Profile
    realm_id: str
    tables: dict[str, Table]
    sequences: dict[str, int] = field(default_factory=dict)
    # invoice id -> payment (or credit memo) id -> amount of it that settles the invoice
    applied: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    highest_number: int = 1000
    replays: OrderedDict[str, Replay] = field(default_factory=OrderedDict)
    notify: Callable[[Change], None] = lambda change: None
    revision: int = 0

    def table(self, kind: str) -> Table:
        return self.tables[kind]

    def row(self, kind: str, qbo_id: object) -> Row | None:
        return self.tables[kind].rows.get(str(qbo_id))

    def next_id(self, sequence: str) -> str:
        self.sequences[sequence] = self.sequences.get(sequence, 0) + 1
        return str(self.sequences[sequence])

    @property
    def name(self) -> str:
        return str(self.tables["CompanyInfo"].rows["1"].data["CompanyName"])

    @property
    def preferences(self) -> Doc:
        return self.tables["Preferences"].rows["1"].data

    @property
    def uses_sales_tax(self) -> bool:
        return bool(self.preferences["TaxPrefs"].get("UsingSalesTax"))

    def today(self, now: datetime) -> date:
        """The company's date at this instant."""
        return now.astimezone(ZoneInfo(self.profile.zone)).date()

    def name_owner(self, name: str) -> Row | None:
        """The customer, vendor or employee of this display name, if there is one."""
        for kind in NAME_KINDS:
            found = self.tables[kind].find("DisplayName", name)
            if found:
                return found[0]
        return None

    def put(self, kind: str, data: Doc, now: datetime) -> Row:
        """Store a version of an object whose Id, SyncToken and MetaData are already in `data`."""
        row = Row(kind, data["Id"], data, now)
        self.tables[kind].put(row)
        self.revision += 1
        return row

    def rewrite(self, row: Row, changes: Doc, now: datetime, *, bump: bool = True) -> Row:
        """Store `row` with `changes`; the sync token rises unless `bump` is false."""
        data = {**row.data, **changes}
        if bump:
            data["SyncToken"] = str(int(row.data["SyncToken"]) + 1)
        data["MetaData"] = {**row.data["MetaData"], "LastUpdatedTime": pacific(now)}
        return self.put(row.kind, data, now)

    def tell(self, row: Row, operation: str, now: datetime) -> None:
        self.notify(Change(self.realm_id, row.kind, row.qbo_id, operation, now))
