"""What each record type says about personal data. Apps declare their own when they start; a test misses none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import JSONField, Model, Q, TextField
from django.db.models.fields import CharField
from django.utils.functional import Promise

from .subject import Subject
from .words import Replacer

Text = str | Promise
# Stands for the label of the erased person in `emptied`.
LABEL = object()


@dataclass(frozen=True)
class Declaration:
    """What a record type holds of people, and what an erasure does to it.

    Each text and JSON field is in one of: `searched` (names and addresses in it are replaced), `addresses` (a list of mail
    addresses, the person's are taken out), `plain` (names nobody) and `sealed` (digests and secrets: never shown).
    `own` are the rows about the person: their `emptied` fields get other values, or the rows go (`is_deleted`).
    `near` are rows in which names are replaced that somebody else has, too.
    """

    model: type[Model]
    title: Text
    # The path from a row to its account, "" for rows of no account.
    account: str = ""
    removes: Text = ""
    keeps: Text = ""
    searched: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    sealed: frozenset[str] = frozenset()
    # A text that is unique: a replaced one gets the row's key, so that two stay two.
    unique: str = ""
    own: Callable[[Subject], Q] | None = None
    near: Callable[[Subject], Q] | None = None
    emptied: Mapping[str, Any] = field(default_factory=dict)
    is_deleted: bool = False
    # Changes what `searched` gave: takes the row, its changes and the replacer.
    rewrite: Callable[[Any, dict[str, Any], Replacer], dict[str, Any]] | None = None
    # Called in the same transaction with the rows that were changed.
    after: Callable[[Sequence[Any]], None] | None = None

    @property
    def name(self) -> str:
        """The name of the table's model, by which counts are kept."""
        return self.model.__name__

    @property
    def fields(self) -> frozenset[str]:
        """Every field that something is said about."""
        return self.searched | self.addresses | self.plain | self.sealed | frozenset(self.emptied)


def declare(model: type[Model], title: Text, *, texts: str = "", **more: Any) -> Declaration:
    """Return a declaration; names of fields are given with spaces between, those of `searched` as `texts`."""
    for name in ("addresses", "plain", "sealed"):
        more[name] = frozenset(str(more.get(name, "")).split())
    return Declaration(model, title, searched=frozenset(texts.split()), **more)


@dataclass(frozen=True)
class Elsewhere:
    """Somebody as another program has them: what was erased here comes back from there."""

    system: str
    text: str
    url: str = ""


_DECLARATIONS: dict[type[Model], Declaration] = {}
_ELSEWHERE: list[Callable[[Subject], list[Elsewhere]]] = []
_OBSTACLES: list[Callable[[Subject], str]] = []


def register_declarations(declarations: Sequence[Declaration]) -> None:
    """Add what an app says of its tables, in the order in which they are erased."""
    _DECLARATIONS.update({one.model: one for one in declarations})


def register_elsewhere(find: Callable[[Subject], list[Elsewhere]]) -> None:
    """Add who says where else a person is known."""
    if find not in _ELSEWHERE:
        _ELSEWHERE.append(find)


def register_obstacle(find: Callable[[Subject], str]) -> None:
    """Add who says why a person cannot be erased now, "" where nothing stands against it."""
    if find not in _OBSTACLES:
        _OBSTACLES.append(find)


def declarations() -> list[Declaration]:
    """Return every declaration."""
    return list(_DECLARATIONS.values())


def elsewhere(subject: Subject) -> list[Elsewhere]:
    """Return where else a person is known."""
    return [one for find in _ELSEWHERE for one in find(subject)]


def obstacles(subject: Subject) -> list[str]:
    """Return why a person cannot be erased now."""
    return [text for find in _OBSTACLES if (text := find(subject))]


def text_fields(model: type[Model]) -> set[str]:
    """Return the names of a table's text and JSON fields."""
    return {
        one.name
        for one in model._meta.concrete_fields
        if isinstance(one, CharField | TextField | JSONField) and not one.is_relation
    }
