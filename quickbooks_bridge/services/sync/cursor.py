"""Reading a whole entity in pages that neither skip nor stop when the company goes on working meanwhile.

Pages by position shift when a row before them is deleted, so each page starts at the time of the last change that the
former page ended with; what changes meanwhile moves to the end and is read once more.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from quickbooks_bridge.domain.isolation import TooManyUnserved, isolate
from quickbooks_bridge.domain.remote import LazyObject
from quickbooks_bridge.gateway.client import PAGE, QuickBooksClient
from quickbooks_bridge.gateway.errors import AnswerUnserved

LazyRow = LazyObject[Any]
# What becomes of an object that cannot be served: its kind, the last change before it, and which of those behind it.
Unserved = Callable[[str, datetime | None, int], None]
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Cursor:
    """How far reading has come: objects changed since `since` (None: all), from position `start` among those."""

    since: datetime | None = None
    start: int = 1

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form, read back by `from_dict`."""
        return {"since": self.since.isoformat() if self.since else None, "start": self.start}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> "Cursor":
        """Read what `as_dict` gave; a missing one is the beginning."""
        since = data.get("since")
        return Cursor(datetime.fromisoformat(since) if since else None, int(data.get("start", 1)))


def _page(
    client: QuickBooksClient, entity: str, place: Cursor, size: int, unserved: Unserved | None
) -> tuple[tuple[LazyRow, ...], int]:
    """Return the rows of a page and how many objects it holds; what QuickBooks cannot serve goes to `unserved`."""

    def read(start: int, count: int) -> Sequence[LazyRow]:
        return client.listed(entity, since=place.since, start=start, size=count)

    try:
        rows = tuple(read(place.start, size))
        return rows, len(rows)
    except AnswerUnserved as error:
        if unserved is None:
            raise
        try:
            page = isolate(read, place.start, size, unserved=AnswerUnserved)
        except TooManyUnserved:
            raise error from None
    of_moment = Counter[datetime | None]()
    for position in page.unserved:
        before = [page.rows[at].updated_at for at in page.rows if at < position]
        near = before[-1] if before else place.since
        of_moment[near] += 1
        unserved(entity, near, of_moment[near])
    return tuple(page.rows.values()), len(page.rows) + len(page.unserved)


def iter_pages(
    client: QuickBooksClient,
    entity: str,
    place: Cursor,
    *,
    size: int = PAGE,
    unserved: Unserved | None = None,
) -> Iterator[tuple[tuple[LazyObject[Any], ...], Cursor | None]]:
    """Return each page with the place to go on from after it, None behind the last page."""
    while True:
        rows, count = _page(client, entity, place, size, unserved)
        if count < size:
            yield rows, None
            return
        # An object whose time cannot be read is taken for the newest of all, and is no place to go on from.
        last = max((row.updated_at for row in rows if row.updated_at < NEVER), default=place.since)
        place = Cursor(place.since, place.start + size) if last == place.since else Cursor(last)
        yield rows, place
