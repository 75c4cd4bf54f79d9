"""How an entity is described: its properties, limits, queries and the rules that complete a write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from qbo_emulator.core.rows import Row, arranged
from qbo_emulator.core.split_names import words
from qbo_emulator.core.store import Company
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

COMMON = ("domain", "sparse", "Id", "SyncToken", "MetaData", "status")


class Family(StrEnum):
    """Transactions share one id sequence and can be deleted; names and lists are only made inactive."""

    TRANSACTION = "transaction"
    NAME = "name"
    LIST = "list"
    SINGLETON = "singleton"


@dataclass
class Write:
    """One create or update on its way: what was sent, what was there, what is known about the moment."""

    company: Company
    kind: EntityType
    sent: Doc
    before: Row | None
    now: datetime
    sparse: bool = False
    # True for a change made in QuickBooks' own pages, which may do more than the API may.
    via_ui: bool = False
    duplicate_number_allowed: bool = False

    @property
    def today(self) -> date:
        return self.company.today(self.now)

    @property
    def merged(self) -> Doc:
        """The sent properties, over the stored ones when the update is sparse."""
        if self.before is not None and self.sparse:
            return {**self.before.data, **self.sent}
        return self.sent

    def kept(self, name: str, default: Any) -> Any:
        """A property that a full update does not reset: sent value, else stored one, else `default`."""
        if self.sent.get(name) is not None:
            return self.sent[name]
        if self.before is not None and self.before.data.get(name) is not None:
            return self.before.data[name]
        return default


# What a write does to other objects, told by the versions before and after it; it may not refuse.
Effect = Callable[[Company, "Row | None", "Row | None", datetime], None]


@dataclass(frozen=True)
class EntityType:
    """The rules of one entity; `prepare` gives the properties to store, without Id, SyncToken, MetaData."""

    name: str
    family: Family
    order: tuple[str, ...]
    prepare: Callable[[Write], Doc]
    known: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    lengths: Mapping[str, int] = field(default_factory=dict)
    no_colon: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    queryable: Mapping[str, str] = field(default_factory=dict)
    indexed: tuple[str, ...] = ()
    label: str = "Name"
    operations: frozenset[str] = frozenset({"create", "read", "update", "query"})
    in_cdc: bool = True
    sequence: str = ""
    # The path and query name, where it is not the name of the JSON object.
    path: str = ""
    # Where /send finds and leaves the address; nothing when it must be told and is not kept.
    email: str = "BillEmail"
    # Estimates and purchase orders are numbered on their own, all other forms in one series.
    own_numbers: bool = False
    token_to_delete: bool = True
    effect: Effect | None = None
    # Properties that are kept and never answered.
    hidden: tuple[str, ...] = ()
    # The property that answers show in place of the row, under the kind that its Type names.
    template: str = ""
    # Of a list that a query answers as it does transactions.
    newest_first: bool = False

    def shown(self, row: Row) -> object:
        """The row as answers hold it."""
        if self.template:
            return {row.data["Type"]: row.data[self.template]}
        if not self.hidden:
            return row.text
        return {name: value for name, value in row.data.items() if name not in self.hidden}

    @property
    def is_newest_first(self) -> bool:
        """Whether a query without an order answers the newest change first, not the names in order."""
        return self.family is Family.TRANSACTION or self.newest_first

    @property
    def segment(self) -> str:
        return self.path or self.name.lower()

    @property
    def properties(self) -> list[str]:
        return list(dict.fromkeys((*self.order, *self.known, *COMMON)))

    @property
    def columns(self) -> tuple[str, ...]:
        """What a packed row keeps beside its text."""
        return tuple(dict.fromkeys((*self.queryable, *self.indexed, self.label)))

    def arrange(self, data: Doc) -> Doc:
        """The properties in the order QuickBooks writes them, those without a value left out."""
        return arranged(self.order, data)


REFERENCE = frozenset({"value", "name", "type"})
ADDRESS = frozenset(
    words(
        "Id Line1 Line2 Line3 Line4 Line5 City Country CountryCode CountrySubDivisionCode PostalCode "
        "PostalCodeSuffix County Lat Long Tag Note"
    )
)
ADDRESS_LENGTHS = {
    **{f"Line{number}": 500 for number in range(1, 6)},
    "City": 255,
    "Country": 255,
    "CountrySubDivisionCode": 255,
    "PostalCode": 30,
}
CONTACT = frozenset(
    {
        "Id",
        "Address",
        "FreeFormNumber",
        "URI",
        "Default",
        "Tag",
        "DeviceType",
        "CountryCode",
        "AreaCode",
        "ExchangeCode",
        "Extension",
    }
)
CONTACT_LENGTHS = {"Address": 100, "FreeFormNumber": 30, "URI": 1000}


def check_properties(kind: EntityType, body: Doc) -> None:
    """Refuse a property the entity does not have (2010), nested references, addresses and contacts too."""
    known = kind.properties
    for name, value in body.items():
        if name not in known:
            raise errors.unknown_property(name, kind.name, known)
        if isinstance(value, dict):
            _check_nested(name, value)


def _check_nested(name: str, value: Doc) -> None:
    if name.endswith("Ref"):
        owner, allowed = "ReferenceType", REFERENCE
    elif name.endswith("Addr") and name not in {"PrimaryEmailAddr", "WebAddr"}:
        owner, allowed = "PhysicalAddress", ADDRESS
    elif name in {"PrimaryEmailAddr", "WebAddr", "PrimaryPhone", "AlternatePhone", "Mobile", "Fax"}:
        owner, allowed = "ContactInfo", CONTACT
    else:
        return
    for inner in value:
        if inner not in allowed:
            raise errors.unknown_property(inner, owner, sorted(allowed))


def check_values(kind: EntityType, body: Doc) -> None:
    """Refuse texts that are too long (2050), hold a forbidden colon (2040), or are no email (2210)."""
    for name, maximum in kind.lengths.items():
        given = text_of(body.get(name))
        if given is not None and len(given) > maximum:
            raise errors.wrong_length(name, maximum, len(given))
    for name in kind.no_colon:
        given = body.get(name)
        if isinstance(given, str) and any(character in given for character in ":\t\n\r"):
            raise errors.invalid_characters(name)
    for name, value in body.items():
        if isinstance(value, dict):
            _check_nested_lengths(name, value)
    for name in kind.emails:
        check_email(name, body.get(name))


def _check_nested_lengths(name: str, value: Doc) -> None:
    limits: Mapping[str, int] = {}
    if name.endswith("Addr") and name not in {"PrimaryEmailAddr", "WebAddr"}:
        limits = ADDRESS_LENGTHS
    elif any(key in value for key in CONTACT_LENGTHS):
        limits = CONTACT_LENGTHS
    for inner, maximum in limits.items():
        given = value.get(inner)
        if isinstance(given, str) and len(given) > maximum:
            raise errors.wrong_length(f"{name}.{inner}", maximum, len(given))


def check_email(name: str, value: Any) -> None:
    """Refuse an address without `@` or dot (2210); a comma separates several."""
    address = value.get("Address") if isinstance(value, dict) else None
    if not address:
        return
    for part in str(address).split(","):
        local, at, host = part.strip().rpartition("@")
        if not at or not local or "." not in host or " " in part.strip() or host.endswith("."):
            raise errors.invalid_email(name)


def text_of(value: Any) -> str | None:
    """The text of a plain property or of one wrapped in `value`."""
    if isinstance(value, dict):
        value = value.get("value")
    return value if isinstance(value, str) else None
