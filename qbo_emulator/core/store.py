"""The books of one company: its tables, id sequences and the payment index."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from qbo_emulator.core.clock import pacific
from qbo_emulator.core.rows import Row, Table, arranged
from qbo_emulator.core.switches import Switches
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

NAME_KINDS = ("Customer", "Vendor", "Employee")


@dataclass(frozen=True)
class Profile:
    """What a kind of company is like: country, money, time zone and sales tax."""

    key: str
    name: str
    country: str
    currency: str
    currency_name: str
    zone: str
    tax_percent: Decimal | None = None
    user: str = "Robin Hale"
    # What the country calls its tax, in refusals and on printed forms.
    tax_word: str = "Sales tax"
    languages: str = "en"
    multicurrency: bool = False
    # The states in which automated sales tax collects.
    taxed_states: tuple[str, ...] = ()
    # Sales tax by the code that a form names, not by place.
    manual_tax: bool = False
    # Whether it charges tax at all, outside the United States.
    is_registered: bool = True
    edition: str = "Plus"
    # Whether what is bought can be billed to customers.
    bills_expenses: bool = False

    @property
    def is_simple(self) -> bool:
        """Simple Start knows neither classes nor locations nor other currencies."""
        return self.edition == "Simple Start"


@dataclass(frozen=True)
class Change:
    """One thing that happened to one object, as webhooks tell it."""

    realm_id: str
    kind: str
    qbo_id: str
    operation: str
    at: datetime
    # Of a merge: the object that is gone.
    deleted_id: str | None = None


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
    # Objects (kind, id) that reads cannot serve: whatever answer would hold one is a fault.
    unserved: set[tuple[str, str]] = field(default_factory=set)
    switches: Switches = field(default_factory=Switches)
    # the contents of attached files by the key in their address
    files: dict[str, bytes] = field(default_factory=dict)
    # where the outside world reaches this process
    public_url: str = ""
    replays: OrderedDict[str, Replay] = field(default_factory=OrderedDict)
    notify: Callable[[Change], None] = lambda change: None
    revision: int = 0
    # kinds whose table still belongs to the company this one is a twin of
    shared: set[str] = field(default_factory=set)

    def table(self, kind: str) -> Table:
        """The table of a kind, to read."""
        return self.tables[kind]

    def own(self, kind: str) -> Table:
        """The table of a kind, to write."""
        if kind in self.shared:
            self.shared.discard(kind)
            self.tables[kind] = self.tables[kind].copy()
        return self.tables[kind]

    def twin(self, realm_id: str) -> Company:
        """A company with the same books that shares all tables until it writes in them."""
        return Company(
            profile=self.profile,
            realm_id=realm_id,
            tables=dict(self.tables),
            sequences=dict(self.sequences),
            applied={qbo_id: dict(amounts) for qbo_id, amounts in self.applied.items()},
            highest_number=self.highest_number,
            switches=replace(self.switches),
            shared=set(self.tables),
        )

    def pack(self) -> None:
        """Keep all rows as text."""
        for kind, table in self.tables.items():
            if kind not in {"CompanyInfo", "Preferences"}:
                table.pack()

    def row(self, kind: str, qbo_id: object) -> Row | None:
        return self.tables[kind].rows.get(str(qbo_id))

    def require_served(self, kind: str, qbo_ids: Iterable[str]) -> None:
        """Refuse an answer that would hold an object which cannot be served (4002)."""
        if self.unserved and any((kind, qbo_id) in self.unserved for qbo_id in qbo_ids):
            raise errors.unserved()

    def next_id(self, sequence: str) -> str:
        self.sequences[sequence] = self.sequences.get(sequence, 0) + 1
        return str(self.sequences[sequence])

    @property
    def name(self) -> str:
        return str(self.tables["CompanyInfo"].rows["1"].data["CompanyName"])

    @property
    def user_id(self) -> str:
        """The id of the person whose changes these are, as LastModifiedByRef names it."""
        return str(int(self.realm_id) + 4)

    @property
    def preferences(self) -> Doc:
        return self.tables["Preferences"].rows["1"].data

    @property
    def uses_sales_tax(self) -> bool:
        return bool(self.preferences["TaxPrefs"].get("UsingSalesTax"))

    @property
    def has_tax_codes(self) -> bool:
        """Outside the United States every line names a tax code."""
        return self.profile.country != "US"

    @property
    def is_multicurrency(self) -> bool:
        return bool(self.preferences["CurrencyPrefs"].get("MultiCurrencyEnabled"))

    def today(self, now: datetime) -> date:
        """The company's date at this instant, in the time zone that its settings name."""
        info = self.tables["CompanyInfo"].rows.get("1")
        zone = info.data.get("DefaultTimeZone") if info is not None else None
        return now.astimezone(ZoneInfo(zone or self.profile.zone)).date()

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
        self.own(kind).put(row)
        self.revision += 1
        return row

    def rewrite(self, row: Row, changes: Doc, now: datetime, *, bump: bool = True) -> Row:
        """Store `row` with `changes`; the sync token rises unless `bump` is false."""
        data = {**row.data, **changes}
        if bump:
            data["SyncToken"] = str(int(row.data["SyncToken"]) + 1)
        data["MetaData"] = {**row.data["MetaData"], "LastUpdatedTime": pacific(now)}
        return self.put(row.kind, arranged(self.tables[row.kind].order, data), now)

    def annotate(self, row: Row, changes: Doc) -> Row:
        """Store `row` with `changes` that neither raise its sync token nor move its time."""
        data = arranged(self.tables[row.kind].order, {**row.data, **changes})
        noted = Row(row.kind, row.qbo_id, data, row.updated)
        self.own(row.kind).replace(noted)
        self.revision += 1
        return noted

    def emit(self, row: Row, operation: str, now: datetime, *, deleted_id: str | None = None) -> None:
        self.notify(Change(self.realm_id, row.kind, row.qbo_id, operation, now, deleted_id))
