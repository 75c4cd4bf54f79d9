"""The names and addresses of one person in texts: found in whatever case, and replaced by a label."""

import html
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
SHORTEST_NUMBER, SHORTEST_RUN = 6, 3


def is_address(text: str) -> bool:
    """Return whether a text is a mail address."""
    return ADDRESS.fullmatch(text) is not None


def is_distinct(text: str) -> bool:
    """Return whether a text can be looked for inside others: an address, a phone number, a name of several words."""
    digits = sum(letter.isdigit() for letter in text)
    return is_address(text) or len(text.split()) > 1 or digits >= SHORTEST_NUMBER


def spellings(term: str) -> list[str]:
    """Return how a name may stand in a text: composed or not, family name first, escaped for HTML."""
    words = term.split()
    forms = [term, " ".join(words)]
    if len(words) > 1 and not is_address(term) and not any(letter.isdigit() for letter in term):
        forms.append(f"{words[-1]}, {' '.join(words[:-1])}")
    forms += [unicodedata.normalize(form, one) for form in ("NFC", "NFD") for one in forms]
    forms += [html.escape(one) for one in forms]
    return list(dict.fromkeys(one for one in forms if one))


def needles(terms: Iterable[str]) -> list[str]:
    """Return what columns are searched for: whatever holds one of the terms, however spelled, holds one of these.

    That is a term's longest run of plain letters: neither JSON nor HTML escapes it, no database minds its case, and it is
    the same with the family name first. A term without such a run is looked for in every way it may be stored.
    """
    forms: set[str] = set()
    for term in terms:
        runs = re.findall(r"[A-Za-z0-9@._+-]+" if is_address(term) else r"[A-Za-z0-9]+", term)
        longest = max(runs, key=len, default="")
        forms |= {longest.lower()} if len(longest) >= SHORTEST_RUN else _stored_spellings(term)
    kept: list[str] = []
    for form in sorted(forms, key=len):
        if not any(shorter in form for shorter in kept):
            kept.append(form)
    return kept


def _stored_spellings(term: str) -> set[str]:
    """Return how a column may hold a term: SQLite compares letters beyond ASCII by case, and escapes them in JSON."""
    forms = {
        case(form)
        for form in spellings(term)
        for case in (str, str.lower, str.upper, str.casefold, str.title)
    }
    return forms | {json.dumps(one, ensure_ascii=plain)[1:-1] for one in forms for plain in (True, False)}


class Replacer:
    """Puts `label` where somebody was named.

    `anywhere` are terms that are replaced inside every text; `whole` only where they are all of a text; `near` inside the
    texts of rows that are about the person, for names that are too short or that somebody else has, too.
    """

    def __init__(
        self, label: str, *, anywhere: Iterable[str], whole: Iterable[str], near: Iterable[str]
    ) -> None:
        anywhere = list(anywhere)
        self.label = label
        self._whole = {form.casefold() for term in whole for form in spellings(term)}
        self._patterns = {False: _pattern(anywhere), True: _pattern([*anywhere, *near])}

    def text(self, text: str, *, is_near: bool = False) -> str:
        """Return a text without the person; "" for one that was a mail address alone."""
        pattern = self._patterns[is_near]
        if text.strip().casefold() in self._whole:
            return self.label
        if pattern is None or not pattern.search(text):
            return text
        if is_address(text.strip()):
            return ""
        return pattern.sub(lambda found: self.label, text)

    def value(self, value: Any, *, is_near: bool = False) -> Any:
        """Return a JSON value without the person, keys included."""
        if isinstance(value, str):
            return self.text(value, is_near=is_near)
        if isinstance(value, dict):
            return {self._key(key): self.value(one, is_near=is_near) for key, one in value.items()}
        if isinstance(value, list):
            return [self.value(one, is_near=is_near) for one in value]
        return value

    def _key(self, key: str) -> str:
        pattern = self._patterns[False]
        return pattern.sub(lambda found: self.label, key) if pattern else key

    def addresses(self, text: str, *, is_near: bool = False) -> str:
        """Return a list of mail addresses without the person's."""
        kept = [part for part in re.split(r"[,;\s]+", text) if part and self.text(part) == part]
        return text if self.text(text, is_near=is_near) == text else ", ".join(kept)


def _pattern(terms: Iterable[str]) -> re.Pattern[str] | None:
    forms = sorted({form for term in terms for form in spellings(term)}, key=len, reverse=True)
    if not forms:
        return None
    # A part of a longer address or word is somebody else's.
    parts = [
        rf"(?<![\w.+-]){re.escape(form)}(?![\w-]|\.\w)"
        if is_address(form)
        else rf"(?<!\w){re.escape(form)}(?!\w)"
        for form in forms
    ]
    return re.compile("|".join(parts), re.IGNORECASE)
