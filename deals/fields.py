"""The catalogue of fields an invoice can be filled from, and how one is read from a deal."""

from collections.abc import Iterable
from dataclasses import dataclass

from .snapshot import AddressFacts, DealSnapshot

GROUPS = ("organization", "person", "deal")


@dataclass(frozen=True)
class MappableField:
    """One choice of a field picker. `key` is `<group>.<name>`, custom fields `<group>.custom.<key>`."""

    key: str
    label: str
    group: str
    kind: str = "text"
    is_custom: bool = False


BUILT_IN: tuple[MappableField, ...] = (
    MappableField("organization.name", "Name", "organization"),
    MappableField("organization.address", "Address", "organization", "address"),
    MappableField("person.name", "Name", "person"),
    MappableField("person.email", "Email", "person", "email"),
    MappableField("person.phone", "Phone", "person"),
    MappableField("deal.title", "Title", "deal"),
)


@dataclass(frozen=True)
class CustomFieldFacts:
    """A custom field as an account defined it."""

    owner: str
    key: str
    label: str
    kind: str


def field_catalogue(custom_fields: Iterable[CustomFieldFacts]) -> tuple[MappableField, ...]:
    """Return all mappable fields, grouped in the order of `GROUPS`, built-in ones first within a group."""
    custom = [
        MappableField(
            f"{field.owner}.custom.{field.key}", field.label, field.owner, field.kind, is_custom=True
        )
        for field in custom_fields
    ]
    return tuple(field for group in GROUPS for field in (*BUILT_IN, *custom) if field.group == group)


def _address_text(address: AddressFacts) -> str:
    if address.text:
        return address.text
    region = " ".join(part for part in (address.region, address.postal_code) if part)
    city = ", ".join(part for part in (address.city, region) if part)
    return "\n".join(part for part in (address.street, city, address.country) if part)


def read_field(snapshot: DealSnapshot, key: str) -> str:
    """Return the text of the field `key` on this deal, or "" when it is unknown, deleted, empty or has no owner.

    Addresses come with newlines between their lines.
    """
    group, _, name = key.partition(".")
    source = {"organization": snapshot.organization, "person": snapshot.person, "deal": snapshot}.get(group)
    if source is None:
        return ""
    if name.startswith("custom."):
        return source.custom.get(name.removeprefix("custom."), "").strip()
    if key not in {field.key for field in BUILT_IN}:
        return ""
    value = getattr(source, name)
    return (_address_text(value) if isinstance(value, AddressFacts) else str(value)).strip()
