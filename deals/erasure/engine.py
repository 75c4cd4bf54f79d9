"""Finds the rows that hold something of a person, says what changes in each, and changes it, a chunk at a time."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Func, JSONField, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce

from deals.models import Erasure

from .registry import LABEL, Declaration, declarations
from .subject import Subject
from .words import needles

CHUNK = 200


@dataclass(frozen=True)
class Change:
    """A row that holds something of the person: `values` are its new ones, None where the row goes."""

    row: Any
    values: dict[str, Any] | None
    is_own: bool


class _Joined(Func):
    """Texts one after the other, without the nesting that Concat has: SQLite reads no more than some twenty levels."""

    template = "(%(expressions)s)"
    arg_joiner = " || "
    output_field = TextField()


class RunTaken(Exception):
    """Somebody else went on with the run meanwhile; what was begun is rolled back."""


@dataclass(frozen=True)
class Count:
    """How many rows of a record type are changed."""

    declaration: Declaration
    rows: int


def _rows(declaration: Declaration, subject: Subject) -> QuerySet[Any] | None:
    """Return the rows that may hold something of the person; more than do, never fewer. None where no row can."""
    is_candidate = declaration.own(subject) if declaration.own else Q()
    fields = [Cast(name, TextField()) for name in sorted(declaration.searched | declaration.addresses)]
    tests = [Q(all_texts__icontains=form) for form in needles(subject.names)] if fields else []
    if tests:
        is_candidate |= reduce(or_, tests)
    if not is_candidate or not declaration.account:
        return None
    # All texts of a row as one, so that each spelling is looked for once.
    text = _Joined(*(Coalesce(field, Value("")) for field in fields)) if fields else Value("")
    rows = declaration.model._base_manager.alias(all_texts=text)
    return rows.filter(is_candidate, **{declaration.account: subject.account}).order_by("pk")


def _flagged(declaration: Declaration, subject: Subject, keys: Sequence[Any]) -> tuple[set[Any], set[Any]]:
    """Return which of the rows are about the person, and which are near them."""
    found: list[set[Any]] = []
    for condition in (declaration.own, declaration.near):
        rows = declaration.model._base_manager.filter(pk__in=keys)
        found.append(
            set(rows.filter(condition(subject)).values_list("pk", flat=True)) if condition else set()
        )
    return found[0], found[1]


def changes(declaration: Declaration, subject: Subject, label: str, rows: Sequence[Any]) -> Iterator[Change]:
    """Yield what changes in each of the rows; nothing for one that holds nothing of the person any more."""
    own, near = _flagged(declaration, subject, [row.pk for row in rows])
    replacer = subject.replacer(label)
    for row in rows:
        is_own = row.pk in own
        if is_own and declaration.is_deleted:
            yield Change(row, None, is_own=True)
            continue
        is_near = is_own or row.pk in near
        values: dict[str, Any] = {}
        for name in declaration.searched:
            values[name] = replacer.value(getattr(row, name), is_near=is_near)
        for name in declaration.addresses:
            values[name] = replacer.addresses(getattr(row, name), is_near=is_near)
        if declaration.rewrite:
            changed = {name: value for name, value in values.items() if value != getattr(row, name)}
            values |= declaration.rewrite(row, changed, replacer) if changed else {}
        if is_own:
            # What is made of a row's own text is made of the text without the person.
            cleaned = copy(row)
            for name, value in values.items():
                setattr(cleaned, name, value)
            values |= {name: _emptied(cleaned, value, label) for name, value in declaration.emptied.items()}
        values = {
            name: _fitting(declaration, row, name, value)
            for name, value in values.items()
            if value != getattr(row, name)
        }
        if values:
            yield Change(row, values, is_own)


def _emptied(row: Model, value: Any, label: str) -> Any:
    if value is LABEL:
        return label
    return value(row, label) if callable(value) else value


def _fitting(declaration: Declaration, row: Model, name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name == declaration.unique:
        value = f"{value} {row.pk}"
    return value[: getattr(row._meta.get_field(name), "max_length", None)]


def counts(subject: Subject) -> list[Count]:
    """Return what an erasure would change, by record type; nothing is written."""
    found = []
    for declaration in declarations():
        total, last = 0, ""
        while rows := chunk(declaration, subject, last):
            total += sum(1 for _change in changes(declaration, subject, "…", rows))
            last = str(rows[-1].pk)
        if total:
            found.append(Count(declaration, total))
    return found


def chunk(declaration: Declaration, subject: Subject, last: str, *, is_held: bool = False) -> list[Any]:
    """Return the next rows after the key `last`; held against other writers with `is_held`."""
    rows = _rows(declaration, subject)
    if rows is None:
        return []
    if last:
        rows = rows.filter(pk__gt=last)
    if is_held:
        # Which rows they are is one statement, holding them the other: what is joined may be missing.
        keys = list(rows.values_list("pk", flat=True)[:CHUNK])
        rows = declaration.model._base_manager.select_for_update(of=("self",)).filter(pk__in=keys)
        return list(rows.order_by("pk"))
    return list(rows[:CHUNK])


@transaction.atomic
def erase_chunk(row: Erasure, subject: Subject) -> bool:
    """Erase the next chunk of a run and write down how far it is; False when there is nothing left to go through.

    Raises RunTaken when somebody else went on with it meanwhile.
    """
    steps = declarations()
    if row.step >= len(steps):
        return False
    declaration = steps[row.step]
    rows = chunk(declaration, subject, row.last_key, is_held=True)
    if not rows:
        _advance(row, step=row.step + 1, last_key="")
        return True
    done = list(changes(declaration, subject, row.label, rows))
    table = declaration.model._base_manager
    for change in done:
        if change.values is None:
            table.filter(pk=change.row.pk).delete()
        else:
            table.filter(pk=change.row.pk).update(**change.values)
            for name, value in change.values.items():
                setattr(change.row, name, value)
    if done and declaration.after:
        declaration.after([change.row for change in done])
    so_far = row.counts.get(declaration.name, 0) + len(done)
    _advance(
        row,
        last_key=str(rows[-1].pk),
        counts=row.counts | ({declaration.name: so_far} if done else {}),
        is_clean=row.is_clean and not done,
    )
    return True


def _advance(row: Erasure, **values: Any) -> None:
    here = Erasure.objects.filter(pk=row.pk, passes=row.passes, step=row.step, last_key=row.last_key)
    if not here.update(**values):
        raise RunTaken
    for name, value in values.items():
        setattr(row, name, value)


def held(subject: Subject) -> dict[str, list[dict[str, Any]]]:
    """Return what is held about a person, by record type: their own rows whole, of others only the texts that name them.

    Digests and secrets are left out.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for declaration in declarations():
        last = ""
        while rows := chunk(declaration, subject, last):
            for change in changes(declaration, subject, "", rows):
                found.setdefault(declaration.name, []).append(_held(declaration, change))
            last = str(rows[-1].pk)
    return found


def _held(declaration: Declaration, change: Change) -> dict[str, Any]:
    row = change.row
    if change.is_own:
        names = [one.attname for one in row._meta.concrete_fields if one.name not in declaration.sealed]
        return {
            name: bytes(value).hex() if isinstance(value := getattr(row, name), bytes | memoryview) else value
            for name in names
        }
    shown = {"id": row.pk}
    for name in sorted(change.values or {}):
        value = getattr(row, name)
        is_json = isinstance(row._meta.get_field(name), JSONField)
        shown[name] = _texts(value, change.values[name]) if is_json and change.values else value
    return shown


def _texts(before: Any, after: Any) -> Any:
    """Return of a JSON value the parts that name the person."""
    if isinstance(before, dict) and isinstance(after, dict):
        return {key: _texts(one, after.get(key)) for key, one in before.items() if one != after.get(key)}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [_texts(one, two) for one, two in zip(before, after, strict=True) if one != two]
    return before
