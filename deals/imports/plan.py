"""What an import would do: each row read and checked by the rules of the API, before anything is stored."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework import serializers

from deals import push
from deals.api.serializers import DealSerializer, OrganizationSerializer, PersonSerializer, ProductSerializer
from deals.models import Account, Deal, Member, Organization, Person, Product

from .csv_file import CsvFile
from .kinds import CUSTOM, NUMBERS

SOURCE = "csv"
MOST_ERRORS = 50
MODELS: dict[str, tuple[type[Any], type[serializers.Serializer[Any]]]] = {
    "organization": (Organization, OrganizationSerializer),
    "person": (Person, PersonSerializer),
    "product": (Product, ProductSerializer),
    "deal": (Deal, DealSerializer),
}
# The fields of a deal's line by the names of the columns.
_LINE = {
    "line_name": "name", "line_quantity": "quantity", "line_price": "unit_price", "line_discount": "discount",
    "line_tax": "tax_percent",
}  # fmt: skip
_NOT_OURS = ("organization", "person", "person_email", "stage")


@dataclass(frozen=True)
class RowError:
    """What is wrong with a row, counted as a spreadsheet does; `column` is the head of the column."""

    row: int
    column: str
    text: str


@dataclass
class ImportPlan:
    """The rows that would be stored, by their ids, and what is wrong with others."""

    kind: str
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    error_count: int = 0
    new: int = 0

    @property
    def updated(self) -> int:
        """How many are there already."""
        return len(self.rows) - self.new


def plan_import(
    account: Account, kind: str, file: CsvFile, mapping: Mapping[str, int], *, is_comma_decimal: bool
) -> ImportPlan:
    """Return what an import would do; nothing is stored."""
    plan = ImportPlan(kind)
    for number, cells in enumerate(file.rows, 2):
        values = {key: cells[at] for key, at in mapping.items() if cells[at]}
        _read(plan, file, mapping, number, _plain_numbers(values, is_comma_decimal=is_comma_decimal))
    model, _serializer = MODELS[kind]
    known = model._default_manager.filter(account=account, external_source=SOURCE)
    there = set(known.values_list("external_id", flat=True))
    plan.new = sum(1 for key in plan.rows if key not in there)
    return plan


def _plain_numbers(values: dict[str, str], *, is_comma_decimal: bool) -> dict[str, str]:
    """Return numbers with a dot before the decimals; what is none in this notation stays, to be refused."""
    return {
        key: plain_number(text, is_comma_decimal=is_comma_decimal) if key in NUMBERS else text
        for key, text in values.items()
    }


def plain_number(text: str, *, is_comma_decimal: bool) -> str:
    """Return a number in one notation alone: "1,234.50" is none where commas are decimal, and is left as it is."""
    bare = re.sub(r"[\s’']", "", text).replace("−", "-")
    bare = re.sub(r"^(-?)[^\d\-.,]+|[^\d.,]+$", r"\1", bare)
    group, mark = (r"\.", ",") if is_comma_decimal else (",", r"\.")
    if not re.fullmatch(rf"-?(\d+|\d{{1,3}}({group}\d{{3}})+)({mark}\d+)?", bare):
        return text
    return re.sub(group, "", bare).replace(",", ".")


def guess_notation(file: CsvFile, mapping: Mapping[str, int]) -> bool:
    """Return whether the file's numbers are more often written with a decimal comma than with a dot."""
    cells = [row[at] for key, at in mapping.items() if key in NUMBERS for row in file.rows if row[at]]

    def fit(*, comma: bool) -> int:
        return sum(
            1 for cell in cells if plain_number(cell, is_comma_decimal=comma) != cell or cell.isdigit()
        )

    return fit(comma=True) > fit(comma=False)


def _key(kind: str, values: Mapping[str, str]) -> str:
    """Return a row's id: the other program's, else what tells it from others, so that the same file updates."""
    if values.get("external_id"):
        return values["external_id"]
    telling = {
        "organization": ("name",),
        "person": ("email",) if values.get("email") else ("name", "organization"),
        "product": ("code",) if values.get("code") else ("name",),
        "deal": ("title", "organization"),
    }[kind]
    text = "|".join(" ".join(values.get(name, "").casefold().split()) for name in telling)
    return "auto-" + hashlib.sha256(text.encode()).hexdigest()[:24]


def _read(
    plan: ImportPlan, file: CsvFile, mapping: Mapping[str, int], number: int, values: dict[str, str]
) -> None:
    kind = plan.kind
    _model, serializer = MODELS[kind]
    data: dict[str, Any] = {
        key: value
        for key, value in values.items()
        if key not in _LINE and key not in _NOT_OURS and not key.startswith(CUSTOM) and key != "external_id"
    }
    if "currency" in data:
        data["currency"] = data["currency"].upper()
    if "status" in data:
        data["status"] = data["status"].casefold()
    custom = {key.removeprefix(CUSTOM): text for key, text in values.items() if key.startswith(CUSTOM)}
    if custom:
        data["custom"] = custom
    line = {_LINE[key]: text for key, text in values.items() if key in _LINE}
    if line:
        data["lines"] = [line]
    given = serializer(data=data)
    if not given.is_valid():
        _refuse(plan, file, mapping, number, given.errors)
        return
    key = _key(kind, values)[:120]
    names = {name: values[name] for name in _NOT_OURS if values.get(name)}
    if kind == "deal" and key in plan.rows:
        # Several rows of one deal are its products.
        plan.rows[key].setdefault("lines", []).extend(given.validated_data.get("lines", []))
        return
    plan.rows[key] = dict(given.validated_data)
    plan.names[key] = names


def _refuse(
    plan: ImportPlan, file: CsvFile, mapping: Mapping[str, int], number: int, errors: Mapping[str, Any]
) -> None:
    back = {inner: outer for outer, inner in _LINE.items()}
    for name, found in errors.items():
        for key, texts in _flat(name, found, back):
            plan.error_count += 1
            if len(plan.errors) < MOST_ERRORS:
                column = file.columns[mapping[key]] if key in mapping else key
                text = texts[0] if isinstance(texts, list) and texts else _("This cannot be read.")
                plan.errors.append(RowError(number, column, str(text)))


def _flat(name: str, found: Any, back: Mapping[str, str]) -> list[tuple[str, Any]]:
    """Return (column, texts); errors of a deal's line are nested by its place, in a list or by its number."""
    if name != "lines":
        return [(name, found)]
    lines = list(found.values()) if isinstance(found, dict) else list(found)
    nested = [line for line in lines if isinstance(line, dict) and line]
    return [(back.get(inner, inner), texts) for line in nested for inner, texts in line.items()] or [
        ("line_name", found)
    ]


@transaction.atomic
def import_apply(plan: ImportPlan, account: Account, actor: Member, *, at: datetime) -> int:
    """Store all of a plan, or, where one row fails, none of it; returns how many rows."""
    model, _serializer = MODELS[plan.kind]
    for key, values in plan.rows.items():
        names = plan.names[key]
        row = dict(values)
        if "organization" in names:
            row["organization"] = _named(Organization, account, names["organization"])
        if plan.kind == "deal":
            if "person" in names or "person_email" in names:
                row["person"] = _person(account, names, row.get("organization"))
            if "stage" in names:
                row["stage"] = push.stage_named(account, names["stage"], is_made=True)
            push.deal_push(account, actor, key, row, at=at, source=SOURCE)
        else:
            push.named_push(model, account, key, row, source=SOURCE)
    return len(plan.rows)


def _named(model: type[Organization], account: Account, name: str) -> Organization:
    """Return the organization of this name, made where there is none."""
    name = " ".join(name.split())[:600]
    found = model.objects.filter(account=account, name__iexact=name).order_by("pk").first()
    return found or model.objects.create(account=account, name=name)


def _person(account: Account, names: Mapping[str, str], organization: Organization | None) -> Person:
    """Return the contact of this email, else of this name, made where there is none."""
    email, name = names.get("person_email", "")[:254], " ".join(names.get("person", "").split())[:600]
    rows = Person.objects.filter(account=account).order_by("pk")
    found = rows.filter(email__iexact=email).first() if email else rows.filter(name__iexact=name).first()
    return found or Person.objects.create(
        account=account, name=name or email, email=email, organization=organization
    )
