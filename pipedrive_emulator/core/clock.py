"""The emulator's own time, which tests can move on, and the ways Pipedrive writes a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """The time of the machine plus an offset."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC) + self.offset

    def seconds(self) -> float:
        """Return the present moment as seconds since 1970."""
        return self.now().timestamp()

    def advance(self, seconds: float) -> None:
        """Move the time on."""
        self.offset += timedelta(seconds=seconds)


def rfc3339(when: datetime) -> str:
    """Return a moment the way API v2 writes it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(when: datetime) -> str:
    """Return a moment the way API v1 writes it: UTC without saying so."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def millis(when: datetime) -> str:
    """Return a moment with milliseconds, as webhooks have it."""
    utc = when.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"
