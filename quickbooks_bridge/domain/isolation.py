"""Finding the objects that QuickBooks cannot serve: a page is halved until each is alone, and the rest is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

# More of them in one page are no single objects any more: then the whole is out of order.
MOST_UNSERVED = 20


class TooManyUnserved(Exception):
    """So much of a page cannot be served that this is an outage."""


@dataclass
class IsolatedPage(Generic[T]):
    """What could be read, by position, and the positions that could not."""

    rows: dict[int, T] = field(default_factory=dict)
    unserved: list[int] = field(default_factory=list)


def isolate(
    read: Callable[[int, int], Sequence[T]], start: int, size: int, *, unserved: type[Exception]
) -> IsolatedPage[T]:
    """Return the objects at positions `start` to `start + size - 1`, each that `read(start, size)` can bring.

    `read` raises `unserved` when any object of its range cannot be served. Raises TooManyUnserved.
    """
    page: IsolatedPage[T] = IsolatedPage()
    ranges = [(start, size)]
    while ranges:
        at, count = ranges.pop(0)
        try:
            page.rows.update(enumerate(read(at, count), at))
        except unserved:
            if count == 1:
                page.unserved.append(at)
                if len(page.unserved) > MOST_UNSERVED:
                    raise TooManyUnserved from None
                continue
            half = count // 2
            ranges[:0] = [(at, half), (at + half, count - half)]
    return page
