"""Request limits: so many a minute per company, so many a second per company and app."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, fields

from qbo_emulator.faults import errors


@dataclass
class LimitSettings:
    """The limits in force; None switches one off."""

    per_minute: int | None = 500
    combined_per_minute: int | None = 800
    per_second: int | None = 10
    batch_per_minute: int | None = 40
    # The vendor's sandbox stops at 40; a production company has no such limit.
    emails_per_day: int | None = None

    def switch_off(self) -> None:
        for limit in fields(self):
            setattr(self, limit.name, None)


class Limits:
    """Sliding windows over machine time: moving the emulator's clock does not reopen a closed gate."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self.settings = LimitSettings()
        self._now = now
        self._hits: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def check(self, realm_id: str, *, batch: bool = False, email: bool = False) -> None:
        """Count one request (GatewayFault 429 when a window is full)."""
        settings, present = self.settings, self._now()
        windows = [
            ("second", 1.0, settings.per_second),
            ("combined", 60.0, settings.combined_per_minute),
            ("batch", 60.0, settings.batch_per_minute) if batch else ("minute", 60.0, settings.per_minute),
        ]
        if email:
            windows.append(("emails", 86_400.0, settings.emails_per_day))
        counted = [
            (self._hits[realm_id, name], span, most) for name, span, most in windows if most is not None
        ]
        for hits, span, most in counted:
            while hits and hits[0] <= present - span:
                hits.popleft()
            if len(hits) >= most:
                raise errors.throttled()
        for hits, _span, _most in counted:
            hits.append(present)

    def clear(self) -> None:
        self._hits.clear()
