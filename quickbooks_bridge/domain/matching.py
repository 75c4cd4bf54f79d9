"""Which QuickBooks entry probably means the same as a CRM name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from rapidfuzz import fuzz, process

from .texts import comparable

_SUFFIXES = re.compile(r"\b(inc|llc|pllc|ltd|as|gmbh|corp|co|group|company)\b\.?")
_NOT_WORD = re.compile(r"[^\w ]+")
_ALIKE = 0.72
_SHORTEST_WORD = 4
# How many of the likeliest are compared word by word.
CLOSE = 30


@dataclass(frozen=True)
class Candidate:
    """An entry to compare with."""

    qbo_id: str
    name: str
    email: str = ""
    tax_id: str = ""


@dataclass(frozen=True)
class Suggestion:
    """A likely match and why: "same_name", "same_tax_id", "same_email", "similar_name" or "shared_words"."""

    qbo_id: str
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The strongest reason."""
        return self.reasons[0]


def nearest(name: str, candidates: Iterable[Candidate], *, limit: int = CLOSE) -> list[Candidate]:
    """Return those whose names are most alike, the likeliest first: cheap enough for a whole company's list."""
    listed = list(candidates)
    keys = {at: name_key(candidate.name) for at, candidate in enumerate(listed)}
    found = process.extract(name_key(name), keys, scorer=fuzz.WRatio, limit=limit)
    return [listed[at] for _key, _score, at in found]


def name_key(name: str) -> str:
    """Return a name without case, punctuation and company suffixes."""
    return " ".join(_SUFFIXES.sub(" ", _NOT_WORD.sub(" ", comparable(name))).split())


def _similarity(wanted: str, key: str, *, by_words: bool) -> tuple[float, str]:
    """Return how alike two name keys are, and the reason; 0 below what is worth saying."""
    if not wanted or not key:
        return 0.0, ""
    if wanted == key:
        return 2.0, "same_name"
    ratio = SequenceMatcher(None, wanted, key).ratio()
    if ratio >= _ALIKE:
        return ratio, "similar_name"
    if not by_words:
        return 0.0, ""
    ours, theirs = set(wanted.split()), set(key.split())
    shared = {word for word in ours & theirs if len(word) >= _SHORTEST_WORD}
    is_contained = ours <= theirs or theirs <= ours
    if shared and (is_contained or len(ours & theirs) >= max(2, len(ours) - 1)):
        return 0.5 + ratio / 10, "shared_words"
    return 0.0, ""


def suggest(
    name: str,
    candidates: Iterable[Candidate],
    *,
    email: str = "",
    tax_id: str = "",
    by_words: bool = False,
    limit: int = 3,
) -> list[Suggestion]:
    """Return the likeliest entries, best first, each with every reason there is.

    `by_words` also takes names that share their words, in any order: right for products, too much for customers.
    """
    wanted = name_key(name)
    scored: list[tuple[float, str, tuple[str, ...]]] = []
    for candidate in candidates:
        score, reason = _similarity(wanted, name_key(candidate.name), by_words=by_words)
        reasons = [reason] if reason == "same_name" else []
        if tax_id and len(tax_id) >= 5 and candidate.tax_id[-5:] == tax_id[-5:]:
            score, reasons = max(score, 1.7), [*reasons, "same_tax_id"]
        if email and candidate.email.casefold() == email.casefold():
            score, reasons = max(score, 1.5), [*reasons, "same_email"]
        if reason and reason not in reasons:
            reasons.append(reason)
        if reasons:
            scored.append((score, candidate.qbo_id, tuple(reasons)))
    scored.sort(key=lambda row: (-row[0], row[1]))
    return [Suggestion(qbo_id, reasons) for _score, qbo_id, reasons in scored[:limit]]
