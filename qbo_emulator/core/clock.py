"""The emulator's movable clock and the way QuickBooks writes instants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")


def _machine_time() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Machine time plus an offset that the control API moves."""

    def __init__(self, *, source: Callable[[], datetime] = _machine_time) -> None:
        self._source = source
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """The emulator's present instant, aware UTC."""
        return self._source() + self.offset

    def advance(self, step: timedelta) -> None:
        """Move the clock by `step`; a negative step moves it back."""
        self.offset += step

    def set(self, instant: datetime) -> None:
        """Make `instant` (aware) the present; the clock runs on from there."""
        self.offset = instant - self._source()

    @contextmanager
    def off_by(self, seconds: float) -> Iterator[None]:
        """Inside, the clock is wrong by so many seconds."""
        before = self.offset
        self.offset += timedelta(seconds=seconds)
        try:
            yield
        finally:
            self.offset = before


def pacific(instant: datetime) -> str:
    """MetaData form: Pacific time, whole seconds, offset."""
    return instant.astimezone(PACIFIC).isoformat(timespec="seconds")


def pacific_ms(instant: datetime) -> str:
    """Form of the `time` field around an answer: Pacific time with milliseconds."""
    return instant.astimezone(PACIFIC).isoformat(timespec="milliseconds")


def moment(text: str) -> datetime:
    """Aware instant from an ISO text, Pacific when it names no offset (ValueError when it is none)."""
    parsed = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
    return parsed.replace(tzinfo=PACIFIC) if parsed.tzinfo is None else parsed
