"""Request limits: so many a minute per company, so many a second per company and app."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from qbo_emulator import faults


@dataclass
class LimitSettings:
    """The limits in force; None switches one off."""

    per_minute: int | None = 500
    per_second: int | None = 10
    batch_per_minute: int | None = 40


class Limits:
    """Sliding windows over machine time: moving the emulator's clock does not reopen a closed gate."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self.settings = LimitSettings()
        self._now = now
        self._hits: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def check(self, realm_id: str, *, batch: bool) -> None:
        """Count one request (GatewayFault 429 when a window is full)."""
        settings, present = self.settings, self._now()
        windows = [("minute", 60.0, settings.per_minute), ("second", 1.0, settings.per_second)]
        if batch:
            windows.append(("batch", 60.0, settings.batch_per_minute))
        for name, span, most in windows:
            hits = self._hits[(realm_id, name)]
            while hits and hits[0] <= present - span:
                hits.popleft()
            if most is not None and len(hits) >= most:
                raise faults.throttled()
        for name, _span, most in windows:
            if most is not None:
                self._hits[(realm_id, name)].append(present)

    def clear(self) -> None:
        self._hits.clear()
