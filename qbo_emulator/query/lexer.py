"""Splits a query text into tokens that know their column, as the vendor's error texts name it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qbo_emulator.faults import errors

KEYWORDS = (
    "select count from where and or not like in order orderby by asc desc startposition maxresults "
    "true false between contains iterator current_date"
)
_KEYWORDS = frozenset(KEYWORDS.split(" "))
_PATTERN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<number>-?[0-9]+(?:\.[0-9]+)?(?![\w-]))
  | (?P<operator><=|>=|!=|<>|=|<|>)
  | (?P<punctuation>[(),.*])
  | (?P<word>[A-Za-z_][A-Za-z0-9_-]*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """One piece of a query; `kind` is end, string, number, word, keyword, operator, punctuation or other."""

    kind: str
    text: str
    line: int
    column: int

    @property
    def word(self) -> str:
        return self.text.lower()

    @property
    def value(self) -> str:
        """The text of a quoted value without its quotes and escapes."""
        if self.kind != "string":
            return self.text
        return re.sub(r"\\(.)", r"\1", self.text[1:-1], flags=re.DOTALL)

    @property
    def label(self) -> str:
        """How an error text calls it."""
        if self.kind == "end":
            return "<EOF>"
        names = {"word": "<IDENTIFIER>", "string": "<STRING_LITERAL>", "number": "<NUMBER>"}
        return (
            f'" {names[self.kind]} "{self.text} ""'
            if self.kind in names
            else f'" "{self.text}" "{self.text} ""'
        )


# Dashes and quotes of typography: the vendor's lexer stops at them, in literals too.
_UNREADABLE = re.compile("[\u2010-\u201f]")


def require_readable(text: str) -> None:
    """Refuse a text that holds a character the vendor's lexer does not know."""
    found = _UNREADABLE.search(text)
    if found is None:
        return
    before = text[: found.start()]
    column = len(before) - before.rfind("\n")
    literal = before[before.rfind("'") :] if before.replace("\\'", "").count("'") % 2 else ""
    code = ord(found.group())
    raise errors.unreadable_character(before.count("\n") + 1, column, f"\\u{code:04x}", code, literal)


def tokens(text: str) -> list[Token]:
    """All tokens of `text`, closed by an end token."""
    require_readable(text)
    found: list[Token] = []
    line, line_start = 1, 0
    for match in _PATTERN.finditer(text):
        kind, piece = match.lastgroup or "other", match.group()
        column = match.start() - line_start + 1
        if kind == "space":
            breaks = piece.count("\n")
            if breaks:
                line += breaks
                line_start = match.start() + piece.rindex("\n") + 1
            continue
        if kind == "word" and piece.lower() in _KEYWORDS:
            kind = "keyword"
        found.append(Token(kind, piece, line, column))
    found.append(Token("end", "", line, len(text) - line_start + 1))
    return found
