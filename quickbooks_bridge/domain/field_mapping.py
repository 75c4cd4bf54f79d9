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


@dataclass(frozen=True)
class FieldMapping:
    """Field keys (see deals/fields.py) for the four customer fields, "" for none, and days until due."""

    to: str = "organization.name"
    address: str = "organization.address"
    email: str = "person.email"
    tax_id: str = ""
    due_days: int = 7


@dataclass(frozen=True)
class FilledCustomer:
    """The customer fields as text; `origins` names the field key each came from."""

    to: str
    address: str
    email: str
    tax_id: str
    origins: Mapping[str, str] = field(default_factory=dict)


def fill_customer(snapshot: DealSnapshot, mapping: FieldMapping) -> FilledCustomer:
    """Read the mapped fields; a deal without organization is addressed to its person."""
    keys = {
        "to": mapping.to,
        "address": mapping.address,
        "email": mapping.email,
        "tax_id": mapping.tax_id,
    }
    values = {name: read_field(snapshot, key) if key else "" for name, key in keys.items()}
    if not values["to"] and snapshot.person is not None:
        values["to"], keys["to"] = snapshot.person.name, "person.name"
    one_line = {name: " ".join(values[name].split()) for name in ("to", "email", "tax_id")}
    origins = {name: key for name, key in keys.items() if values[name]}
    return FilledCustomer(one_line["to"], values["address"], one_line["email"], one_line["tax_id"], origins)


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

    return FieldMapping(
        kept(mapping.to), kept(mapping.address), kept(mapping.email), kept(mapping.tax_id), mapping.due_days
    )


def suggested_tax_id_field(catalogue: Iterable[MappableField]) -> str:
    """Return the key of the custom field that is most likely a tax id, "" when there is none."""
    for entry in catalogue:
        if entry.is_custom and any(word in entry.label.casefold() for word in _TAX_ID_WORDS):
            return entry.key
    return ""
