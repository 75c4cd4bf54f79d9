"""What the calls of this installation add up to, and what that leaves for background reads this month."""

import calendar
import logging
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Sum
from redis import Redis

from quickbooks_bridge.db.counters import counters_add
from quickbooks_bridge.gateway import usage_counter
from quickbooks_bridge.models import ApiUsage

logger = logging.getLogger(__name__)

FLUSH_INTERVAL = 60
SLOW_AT, USED_UP_AT = 0.80, 0.95


@dataclass(frozen=True)
class ReadQuota:
    """Reads of this month against what is allowed; `allowed` 0 is no limit."""

    used: int
    allowed: int

    @property
    def is_slow(self) -> bool:
        """Whether background reads are made more seldom."""
        return bool(self.allowed) and self.used >= self.allowed * SLOW_AT

    @property
    def is_used_up(self) -> bool:
        """Whether only people's own actions read."""
        return bool(self.allowed) and self.used >= self.allowed * USED_UP_AT


class _Cache:
    """What this process did last, and when."""

    month: tuple[date, float, int] | None = None
    written: float = 0.0


def month_start(now: datetime) -> date:
    """Return the first day of the month that is counted."""
    return now.astimezone(UTC).date().replace(day=1)


def read_quota(*, now: datetime) -> ReadQuota:
    """Return the month's budget, at most a minute old: it is asked for with every page."""
    allowed = settings.QUICKBOOKS_MONTHLY_READS
    if not allowed:
        return ReadQuota(0, 0)
    month, moment = month_start(now), time.monotonic()
    kept = _Cache.month
    if kept is None or kept[0] != month or moment - kept[1] > FLUSH_INTERVAL:
        used = ApiUsage.objects.filter(day__gte=month).aggregate(sum=Sum("reads"))["sum"] or 0
        kept = _Cache.month = (month, moment, used)
    return ReadQuota(kept[2], allowed)


def read_quota_forget() -> None:
    """Let the next question be answered from the rows."""
    _Cache.month = None


def forecast(used: int, *, now: datetime) -> int:
    """Return what `used` reads so far come to by the end of the month."""
    today = now.astimezone(UTC)
    days = calendar.monthrange(today.year, today.month)[1]
    gone = today.day - 1 + (today.hour + 1) / 24
    return round(used / gone * days)


def usage_flush_quietly(*, at_once: bool = False) -> int:
    """Write down what was counted, in one statement and at most once a minute; gives how many rows it touched.

    What cannot be written is kept for the next time.
    """
    moment = time.monotonic()
    if not at_once and moment - _Cache.written < FLUSH_INTERVAL:
        return 0
    _Cache.written = moment
    counts = defaultdict(int, usage_counter.drain_here())
    if settings.REDIS_URL:
        client = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
        for key, times in usage_counter.drain_shared(
            client, every=0 if at_once else FLUSH_INTERVAL - 5
        ).items():
            counts[key] += times
        client.close()
    if not counts:
        return 0
    try:
        return _add(counts)
    except DatabaseError:
        usage_counter.give_back(counts)
        raise


def usage_flush(*, at_once: bool = False, **kwargs: object) -> None:
    """Write down what this process counted without ever being in the way of what calls it."""
    if not usage_counter.is_any_here():
        return
    try:
        usage_flush_quietly(at_once=at_once)
    except DatabaseError as error:
        logger.warning("calls not written down yet", extra={"kind": type(error).__name__})


def _add(counts: dict[str, int]) -> int:
    sums: dict[tuple[int, date, str], dict[str, int]] = defaultdict(lambda: {"reads": 0, "writes": 0})
    for key, times in counts.items():
        company, day, purpose, what = key.split("|")
        sums[int(company), date.fromisoformat(day), purpose][what] += times
    rows = [(*key, of["reads"], of["writes"]) for key, of in sorted(sums.items())]
    return counters_add(ApiUsage, ("company_id", "day", "purpose"), ("reads", "writes"), rows)
