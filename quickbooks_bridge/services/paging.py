"""Reading a whole entity in pages that neither skip nor stop when the company goes on working meanwhile.

Pages by position shift when a row before them is deleted, so each page starts at the time of the last change that the
former page ended with; what changes meanwhile moves to the end and is read once more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from quickbooks_bridge.domain.remote import Unread
from quickbooks_bridge.gateway.client import PAGE, QuickBooksClient

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """How far reading has come: objects changed since `since` (None: all), from position `start` among those."""

    since: datetime | None = None
    start: int = 1

    def as_dict(self) -> dict[str, Any]:
        """Give a JSON-ready form, read back by `from_dict`."""
        return {"since": self.since.isoformat() if self.since else None, "start": self.start}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> "Place":
        """Read what `as_dict` gave; a missing one is the beginning."""
        since = data.get("since")
        return Place(datetime.fromisoformat(since) if since else None, int(data.get("start", 1)))


def pages(
    client: QuickBooksClient, entity: str, place: Place, *, size: int = PAGE
) -> Iterator[tuple[tuple[Unread[Any], ...], Place | None]]:
    """Give each page with the place to go on from after it, None behind the last page."""
    while True:
        rows = client.listed(entity, since=place.since, start=place.start, size=size)
        if len(rows) < size:
            yield rows, None
            return
        # An object whose time cannot be read is taken for the newest of all, and is no place to go on from.
        last = max((row.updated_at for row in rows if row.updated_at < NEVER), default=place.since)
        place = Place(place.since, place.start + size) if last == place.since else Place(last)
        yield rows, place
