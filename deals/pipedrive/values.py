"""Values as Pipedrive's API gives them, in the shapes of our own rows. Nothing here asks anybody."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

# Kinds of fields that hold a text, number, date or name that an invoice may be filled from, and what they are here.
KINDS = {
    "varchar": "text", "text": "text", "varchar_auto": "text", "phone": "text", "enum": "text", "set": "text",
    "user": "text", "people": "text", "org": "text", "time": "text", "timerange": "text", "daterange": "text",
    "varchar_options": "text", "address": "address", "double": "number", "int": "number", "monetary": "text",
    "date": "date",
}  # fmt: skip
# What every row has here already, by the names of both sides: personFields says "email", the person "emails".
BUILT_IN = {
    "organization": frozenset({"name", "address", "id"}),
    "person": frozenset({"name", "email", "emails", "phone", "phones", "id", "first_name", "last_name"}),
    "deal": frozenset(
        {"title", "value", "currency", "id", "org_id", "person_id", "stage_id", "pipeline_id", "status"}
    ),
}
# Which of the fields that Pipedrive itself made are worth a choice; the others say nothing to a customer.
OFFERED = {
    "organization": frozenset({"website", "owner_id"}),
    "person": frozenset({"job_title", "postal_address", "owner_id"}),
    "deal": frozenset({"expected_close_date", "won_time", "owner_id", "channel_id"}),
}
LONGEST_KEY, LONGEST_LABEL, LONGEST_TEXT = 60, 120, 4000
MOST_DIGITS = Decimal(10) ** 10


@dataclass(frozen=True)
class FieldFacts:
    """A field of Pipedrive's: `options` maps the ids of its choices to their names."""

    entity: str
    key: str
    label: str
    kind: str
    field_type: str
    options: Mapping[str, str] = field(default_factory=dict)
    is_custom: bool = False


def field_facts(entity: str, row: Mapping[str, Any]) -> FieldFacts | None:
    """Return a field an invoice may be filled from, None for one that it may not."""
    key, field_type = str(row.get("field_code") or ""), str(row.get("field_type") or "")
    is_custom = bool(row.get("is_custom_field"))
    kind = KINDS.get(field_type)
    if not key or len(key) > LONGEST_KEY or kind is None or key in BUILT_IN[entity]:
        return None
    if not is_custom and key not in OFFERED[entity]:
        return None
    options = row.get("options")
    names = {
        str(option["id"]): str(option.get("label") or "")
        for option in (options if isinstance(options, list) else [])
        if isinstance(option, dict) and "id" in option
    }
    label = str(row.get("field_name") or key)[:LONGEST_LABEL]
    return FieldFacts(entity, key, label, kind, field_type, names, is_custom)


def amount(value: Any) -> Decimal:
    """Return a number exactly as JSON wrote it; 0 for what is none."""
    try:
        found = (
            Decimal(str(value))
            if isinstance(value, int | float | str) and not isinstance(value, bool)
            else Decimal(0)
        )
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() and abs(found) < MOST_DIGITS else Decimal(0)


def day(value: Any) -> date | None:
    """Return a date, None for what is none."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def text_of(value: Any, facts: FieldFacts, names: Mapping[tuple[str, str], str]) -> str:
    """Return a field's value as people read it: choices and people by their names, addresses in lines.

    `names` has what ids stand for, by kind ("user", "people", "org") and id; one that is not there stays empty.
    """
    if value is None or value in ("", []):
        return ""
    if facts.field_type == "address":
        return address_text(value)[:LONGEST_TEXT]
    if facts.field_type in {"enum", "set", "varchar_options"}:
        entries = value if isinstance(value, list) else [value]
        return ", ".join(filter(None, (_option(entry, facts) for entry in entries)))[:LONGEST_TEXT]
    if facts.field_type in {"user", "people", "org"}:
        key = value.get("id") if isinstance(value, dict) else value
        return names.get((facts.field_type, str(key)), "")
    if isinstance(value, dict):
        return _compound(value, facts.field_type)[:LONGEST_TEXT]
    if isinstance(value, bool | list):
        return ""
    return str(value)[:LONGEST_TEXT]


def _option(entry: Any, facts: FieldFacts) -> str:
    if isinstance(entry, dict):
        return str(entry.get("label") or facts.options.get(str(entry.get("id")), ""))
    return facts.options.get(str(entry), str(entry) if facts.field_type == "varchar_options" else "")


def _compound(value: Mapping[str, Any], field_type: str) -> str:
    first, until = value.get("value", value.get("from")), value.get("until")
    if field_type == "monetary":
        return f"{amount(first):f} {value.get('currency') or ''}".strip() if first is not None else ""
    parts = [str(part) for part in (first, until) if part not in {None, ""}]
    return " – ".join(part[:5] if field_type in {"time", "timerange"} else part for part in parts)


def address_parts(value: Any) -> dict[str, str]:
    """Return the parts of an address as an organization's columns; the whole text where it has no parts."""
    if isinstance(value, str):
        return {
            "address": value[:LONGEST_TEXT],
            **dict.fromkeys(("street", "city", "region", "postal_code", "country"), ""),
        }
    found = value if isinstance(value, dict) else {}

    def part(name: str) -> str:
        return str(found.get(name) or "").strip()[:250]

    street = " ".join(filter(None, (part("street_number"), part("route"))))
    if part("subpremise"):
        street = ", ".join(filter(None, (street, part("subpremise"))))
    parts = {
        "street": street[:250],
        "city": part("locality") or part("sublocality"),
        "region": part("admin_area_level_1"),
        "postal_code": part("postal_code")[:30],
        "country": part("country"),
    }
    whole = str(found.get("formatted_address") or found.get("value") or "")
    has_parts = bool(parts["street"] and parts["city"])
    return {**parts, "address": "" if has_parts else whole[:LONGEST_TEXT]}


def address_text(value: Any) -> str:
    """Return an address in lines."""
    parts = address_parts(value)
    if parts["address"]:
        return "\n".join(piece.strip() for piece in parts["address"].split(", ") if piece.strip())
    place = ", ".join(
        filter(None, (parts["city"], " ".join(filter(None, (parts["region"], parts["postal_code"])))))
    )
    return "\n".join(filter(None, (parts["street"], place, parts["country"])))


def primary(entries: Any) -> str:
    """Return the value of the primary entry of a list of emails or phones, else the first one."""
    rows = [entry for entry in (entries if isinstance(entries, list) else []) if isinstance(entry, dict)]
    chosen = sorted(rows, key=lambda entry: not entry.get("primary"))
    return next((str(entry["value"]).strip() for entry in chosen if entry.get("value")), "")


def price_in(product: Mapping[str, Any], currency: str) -> tuple[Decimal, str]:
    """Return a product's list price in a currency, else its first one, with the currency it is in."""
    prices = [entry for entry in (product.get("prices") or []) if isinstance(entry, dict)]
    chosen = sorted(prices, key=lambda entry: entry.get("currency") != currency)
    if not chosen:
        return Decimal(0), currency
    return amount(chosen[0].get("price")), str(chosen[0].get("currency") or currency)


def line_values(row: Mapping[str, Any], variation: str) -> dict[str, Any]:
    """Return a product of a deal as the values of a deal line."""
    name = str(row.get("name") or "").strip() or str(row.get("product_id") or "")
    is_amount = row.get("discount_type") == "amount"
    method = row.get("tax_method")
    return {
        "external_id": str(row["id"]),
        "name": name[:255],
        "comment": "\n".join(filter(None, (variation, str(row.get("comments") or "").strip())))[
            :LONGEST_TEXT
        ],
        "quantity": amount(row.get("quantity")),
        "unit_price": amount(row.get("item_price")),
        "discount": amount(row.get("discount")),
        "discount_kind": "amount" if is_amount else "percent",
        "tax_percent": Decimal(0) if method == "none" else amount(row.get("tax")),
        "is_tax_included": method == "inclusive",
    }


def billed_lines(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the products of a deal that count, in the deal's order; those that were switched off do not."""
    kept = [row for row in rows if "id" in row and row.get("is_enabled", True) is not False]
    return sorted(kept, key=lambda row: (row.get("order_nr") or 0, row["id"]))


def discounts_of(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return what is off the whole deal, as the deal's column holds it."""
    return [
        {
            "kind": "amount" if row.get("type") == "amount" else "percent",
            "amount": f"{amount(row.get('amount')):f}",
            "label": str(row.get("description") or "")[:200],
        }
        for row in rows
        if amount(row.get("amount"))
    ]


def installments_of(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return when which part of the deal is to be billed, as the deal's column holds it: the earliest first."""
    found = [
        {
            "id": str(row["id"]),
            "amount": f"{amount(row.get('amount')):f}",
            "billed_on": billed.isoformat() if (billed := day(row.get("billing_date"))) else "",
            "label": str(row.get("description") or "")[:200],
        }
        for row in rows
        if "id" in row
    ]
    return sorted(found, key=lambda entry: (entry["billed_on"] or "9999", entry["id"]))
