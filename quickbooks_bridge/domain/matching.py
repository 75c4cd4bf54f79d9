"""Which QuickBooks entry probably means the same as a CRM name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

_SUFFIXES = re.compile(r"\b(inc|llc|pllc|ltd|as|gmbh|corp|co|group|company)\b\.?")
_NOT_WORD = re.compile(r"[^\w ]+")


@dataclass(frozen=True)
class Candidate:
    """An entry to compare with."""

    qbo_id: str
    name: str
    email: str = ""


@dataclass(frozen=True)
class Suggestion:
    """A likely match and why: "same_name", "same_email" or "similar_name"."""

    qbo_id: str
    reason: str


def name_key(name: str) -> str:
    """Give a name without case, punctuation and company suffixes."""
    return " ".join(_SUFFIXES.sub(" ", _NOT_WORD.sub(" ", name.casefold())).split())


def suggest(
    name: str, candidates: Iterable[Candidate], *, email: str = "", limit: int = 3
) -> list[Suggestion]:
    """Give the likeliest entries, best first; nothing below 72 % likeness."""
    wanted = name_key(name)
    scored: list[tuple[float, str, str]] = []
    for candidate in candidates:
        key = name_key(candidate.name)
        if key == wanted and wanted:
            scored.append((2.0, candidate.qbo_id, "same_name"))
        elif email and candidate.email.casefold() == email.casefold():
            scored.append((1.5, candidate.qbo_id, "same_email"))
        else:
            ratio = SequenceMatcher(None, wanted, key).ratio() if wanted and key else 0.0
            if ratio >= 0.72:
                scored.append((ratio, candidate.qbo_id, "similar_name"))
    scored.sort(key=lambda row: (-row[0], row[1]))
    return [Suggestion(qbo_id, reason) for _score, qbo_id, reason in scored[:limit]]
