"""How many calls a token may make in two seconds, and how many tokens a company may spend in a day."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipedrive_emulator.core.clock import Clock
from pipedrive_emulator.core.errors import over_limit

WINDOW_SECONDS = 2
SEARCH_BURST = 10
# The smallest plan with one seat.
DAILY_TOKENS = 30_000


@dataclass
class Limits:
    """Counters of the present window and of the present day."""

    clock: Clock
    burst: int = 80
    search_burst: int = SEARCH_BURST
    daily: int = DAILY_TOKENS
    spent: int = 0
    _day: str = ""
    _counts: dict[tuple[str, bool], tuple[int, int]] = field(default_factory=dict)

    def take(self, token: str, cost: int, *, is_search: bool) -> dict[str, str]:
        """Count a call and return the rate limit headers; refuses when a limit is reached."""
        seconds = self.clock.seconds()
        window = math.floor(seconds / WINDOW_SECONDS)
        reset = max(1, math.ceil((window + 1) * WINDOW_SECONDS - seconds))
        limit = min(self.burst, self.search_burst) if is_search else self.burst
        kept, count = self._counts.get((token, is_search), (window, 0))
        count = count + 1 if kept == window else 1
        self._counts[(token, is_search)] = (window, count)
        headers = {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(max(0, limit - count)),
            "x-ratelimit-reset": str(reset),
        }
        if count > limit:
            raise over_limit("request over limit", reset, headers)
        now = self.clock.now()
        self._new_day(now)
        if self.spent + cost > self.daily:
            headers["x-daily-ratelimit-token-remaining"] = str(max(0, self.daily - self.spent))
            raise over_limit("daily API token budget exceeded", seconds_to_midnight(now), headers)
        self.spent += cost
        return headers

    def _new_day(self, now: datetime) -> None:
        day = now.strftime("%Y-%m-%d")
        if day != self._day:
            self._day, self.spent = day, 0

    @property
    def remaining(self) -> int:
        """Return the tokens left for today."""
        self._new_day(self.clock.now())
        return max(0, self.daily - self.spent)

    def set_remaining(self, tokens: int) -> None:
        """Leave so many tokens for today."""
        self._new_day(self.clock.now())
        self.daily = self.spent + max(0, tokens)


def seconds_to_midnight(now: datetime) -> int:
    """Return the seconds until the budget is filled again."""
    tomorrow = (now.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return math.ceil((tomorrow - now).total_seconds())
