"""How the customer part of an invoice is filled from the CRM's fields."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from deals.fields import MappableField, read_field
from deals.snapshot import DealSnapshot
from quickbooks_bridge.domain.problem_codes import ProblemCode

from .problems import Problem

# The settings' four fields, and what is suggested for those that every account has.
MAPPED = ("to_field", "address_field", "email_field", "tax_id_field")
SUGGESTED = {
    "to_field": "organization.name",
    "address_field": "organization.address",
    "email_field": "person.email",
}

_TAX_ID_WORDS = ("vat", "tax id", "tax number", "org number", "organisation number", "ein")


# What can be filled besides the customer's four: copies, texts, and the company's own fields.
OTHER_SLOTS = ("cc", "message", "memo", "custom_1", "custom_2", "custom_3")
CUSTOMER_SLOTS = ("to", "address", "email", "tax_id")
SLOTS = (*CUSTOMER_SLOTS, *OTHER_SLOTS)
MOST_FALLBACKS, LONGEST_TEXT = 2, 1000
_OF_SEVERAL_LINES = frozenset({"address", "message", "memo"})


@dataclass(frozen=True)
class SlotRule:
    """What else fills a place of the invoice: fields in the order of preference, then a fixed text."""

    fields: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class FieldMapping:
    """Field keys (see deals/fields.py) for the four customer fields, "" for none, and days until due.

    `more` has by slot what is taken where the first field is empty, and what fills the other slots.
    """

    to: str = "organization.name"
    address: str = "organization.address"
    email: str = "person.email"
    tax_id: str = ""
    due_days: int = 7
    more: Mapping[str, SlotRule] = field(default_factory=dict)

    def candidates(self, slot: str) -> tuple[str, ...]:
        """Return the fields that can fill a slot, the preferred one first."""
        first = getattr(self, slot) if slot in CUSTOMER_SLOTS else ""
        return tuple(key for key in (first, *self.more.get(slot, SlotRule()).fields) if key)


@dataclass(frozen=True)
class FilledCustomer:
    """The filled places as text; `origins` names the field key each came from, `text` for a fixed one."""

    to: str
    address: str
    email: str
    tax_id: str
    origins: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


# Stands for the fixed text where an origin is named.
FIXED_TEXT = "text"


def fill_customer(snapshot: DealSnapshot, mapping: FieldMapping) -> FilledCustomer:
    """Read the mapped fields, each from the first one that is not empty; a deal without organization is its person's."""
    values: dict[str, str] = {}
    origins: dict[str, str] = {}
    for slot in SLOTS:
        value, origin = _filled(snapshot, mapping, slot)
        if not value and slot == "to" and snapshot.person is not None:
            value, origin = snapshot.person.name, "person.name"
        values[slot] = value if slot in _OF_SEVERAL_LINES else " ".join(value.split())
        if values[slot]:
            origins[slot] = origin
    others = {slot: values[slot] for slot in OTHER_SLOTS if values[slot]}
    return FilledCustomer(
        to=values["to"],
        address=values["address"],
        email=values["email"],
        tax_id=values["tax_id"],
        origins=origins,
        others=others,
    )


def _filled(snapshot: DealSnapshot, mapping: FieldMapping, slot: str) -> tuple[str, str]:
    for key in mapping.candidates(slot):
        value = read_field(snapshot, key)
        if value.strip():
            return value, key
    return mapping.more.get(slot, SlotRule()).text, FIXED_TEXT


def mapping_problems(mapping: FieldMapping, catalogue: Iterable[MappableField]) -> list[Problem]:
    """Name every mapped field that no longer exists."""
    known = {entry.key for entry in catalogue}
    wanted = {
        "to_field": mapping.to,
        "address_field": mapping.address,
        "email_field": mapping.email,
        "tax_id_field": mapping.tax_id,
    }
    return [Problem(ProblemCode.FIELD_GONE, name) for name, key in wanted.items() if key and key not in known]


def drop_missing_fields(mapping: FieldMapping, catalogue: Iterable[MappableField]) -> FieldMapping:
    """Return the mapping without fields that no longer exist: values they left behind fill nothing."""
    known = {"", *(entry.key for entry in catalogue)}

    def kept(key: str) -> str:
        return key if key in known else ""

    more = {
        slot: SlotRule(tuple(key for key in rule.fields if kept(key)), rule.text)
        for slot, rule in mapping.more.items()
    }
    return FieldMapping(
        kept(mapping.to),
        kept(mapping.address),
        kept(mapping.email),
        kept(mapping.tax_id),
        mapping.due_days,
        more,
    )


def rules_of(stored: object) -> dict[str, SlotRule]:
    """Read the rules as they are stored (`rules_stored`); what is none is left out."""
    rules = {}
    for slot, rule in stored.items() if isinstance(stored, dict) else ():
        if slot in SLOTS and isinstance(rule, dict):
            fields = tuple(str(key) for key in rule.get("fields") or ())[:MOST_FALLBACKS]
            rules[slot] = SlotRule(fields, str(rule.get("text") or "")[:LONGEST_TEXT])
    return rules


def rules_stored(rules: Mapping[str, SlotRule]) -> dict[str, object]:
    """Return a JSON-ready form of rules, without those that fill nothing."""
    return {
        slot: {"fields": list(rule.fields), "text": rule.text}
        for slot, rule in rules.items()
        if rule.fields or rule.text
    }


def suggested_tax_id_field(catalogue: Iterable[MappableField]) -> str:
    """Return the key of the custom field that is most likely a tax id, "" when there is none."""
    for entry in catalogue:
        if entry.is_custom and any(word in entry.label.casefold() for word in _TAX_ID_WORDS):
            return entry.key
    return ""
