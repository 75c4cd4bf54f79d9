"""Turns query tokens into a Query, with the vendor's error texts (4000) for what cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from qbo_emulator.faults import errors
from qbo_emulator.query.lexer import Token, tokens

OPERATORS = ("=", "!=", "<>", "<", ">", "<=", ">=")
AFTER_PROPERTY = (
    "<EOF> ",
    '"." ...',
    "<AND> ...",
    '"between" ...',
    '"contains" ...',
    '"=" ...',
    '"in" ...',
    '"iterator" ...',
    '"like" ...',
    '"maxresults" ...',
    '"!=" ...',
    "<NOT> ...",
    "<OR> ...",
    '"order" ...',
    '"orderby" ...',
    '"startposition" ...',
    *('"=" ...', '"!=" ...') * 3,
    '"." ...',
)

_WHOLE = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True)
class Condition:
    """One comparison; `values` holds one value, or all of an IN list."""

    name: str
    operator: str
    values: tuple[str, ...]


@dataclass
class Query:
    """A query as it was written; names keep their spelling."""

    entity: str = ""
    columns: list[str] = field(default_factory=list)
    count: bool = False
    conditions: list[Condition] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    start: int | None = None
    limit: int | None = None


class Parser:
    """Reads one query from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.at = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def refuse(self, *expected: str) -> errors.Fault:
        token = self.token
        one_of = " one of" if len(expected) > 1 else ""
        lines = "".join(f"    {item}\n" for item in expected)
        detail = (
            f"Encountered {token.label} at line {token.line}, column {token.column}.\n"
            f"Was expecting{one_of}:\n{lines}    "
        )
        return errors.query_unreadable(detail)

    def take(self) -> Token:
        token = self.token
        self.at += 1
        return token

    def accept(self, *words: str) -> bool:
        """Step over the words if they come next."""
        ahead = self.tokens[self.at : self.at + len(words)]
        if [token.word for token in ahead] == list(words) and all(token.kind != "string" for token in ahead):
            self.at += len(words)
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise self.refuse(f'"{word}" ...')

    def query(self) -> Query:
        found = Query()
        self.expect("select")
        self._columns(found)
        self.expect("from")
        if self.token.kind not in {"word", "keyword"} or self.token.word == "null":
            raise self.refuse("<IDENTIFIER> ...")
        found.entity = self.take().text
        if self.accept("where"):
            found.conditions.append(self._condition())
            while self.accept("and"):
                found.conditions.append(self._condition())
        self._tail(found)
        if self.token.kind != "end":
            raise self.refuse(*AFTER_PROPERTY)
        return found

    def _columns(self, found: Query) -> None:
        if self.accept("count", "(", "*", ")"):
            found.count = True
            return
        while True:
            if self.accept("*"):
                found.columns.append("*")
            else:
                found.columns.append(self._name())
            if not self.accept(","):
                return

    def _name(self) -> str:
        if self.token.kind not in {"word", "keyword"} or self.token.word in {"from", "where"}:
            raise self.refuse("<IDENTIFIER> ...")
        parts = [self.take().text]
        while self.accept("."):
            if self.token.kind not in {"word", "keyword"}:
                raise self.refuse("<IDENTIFIER> ...")
            parts.append(self.take().text)
        return ".".join(parts)

    def _is_value(self, offset: int = 0) -> bool:
        token = self.tokens[min(self.at + offset, len(self.tokens) - 1)]
        return token.kind in {"string", "number"} or token.word in {"true", "false", "current_date"}

    def _value(self) -> str:
        if not self._is_value():
            raise self.refuse("<STRING_LITERAL> ...", "<NUMBER> ...", '"true" ...', '"false" ...')
        return self.take().value

    def _condition(self) -> Condition:
        name = self._name()
        if self.accept("in"):
            if not self.accept("("):
                raise self.refuse('"(" ...')
            values = [self._value()]
            while self.accept(","):
                values.append(self._value())
            if not self.accept(")"):
                raise self.refuse('")" ...', '"," ...')
            return Condition(name, "in", tuple(values))
        if self.accept("like"):
            return Condition(name, "like", (self._value(),))
        if self.accept("between"):
            # The grammar knows it, the service does not answer it.
            low = self._value()
            self.expect("and")
            return Condition(name, "between", (low, self._value()))
        operator = self.token.text
        # The vendor's parser stops at the operator itself when no value follows it.
        if self.token.kind != "operator" or operator not in OPERATORS or not self._is_value(1):
            raise self.refuse(*AFTER_PROPERTY)
        self.take()
        return Condition(name, "!=" if operator == "<>" else operator, (self._value(),))

    def _tail(self, found: Query) -> None:
        while True:
            if self.accept("orderby") or self.accept("order", "by"):
                found.order.append(self._direction())
                while self.accept(","):
                    found.order.append(self._direction())
            elif self.accept("startposition"):
                found.start = self._count()
            elif self.accept("maxresults"):
                found.limit = self._count()
            else:
                return

    def _direction(self) -> tuple[str, bool]:
        name = self._name()
        descending = self.accept("desc")
        if not descending:
            self.accept("asc")
        return name, descending

    def _count(self) -> int:
        if self.token.kind not in {"number", "string"} or not _WHOLE.fullmatch(self.token.value):
            raise self.refuse("<NUMBER> ...")
        return int(self.take().value)


def parse(text: str) -> Query:
    """The query in `text` (Fault 4000 when it cannot be read)."""
    return Parser(text).query()
