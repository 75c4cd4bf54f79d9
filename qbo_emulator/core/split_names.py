"""Lists of names, written as one text where one name a line would bury the rules around them."""

from __future__ import annotations


def words(*texts: str) -> tuple[str, ...]:
    """The words of all texts, in order."""
    return tuple(word for text in texts for word in text.split())
