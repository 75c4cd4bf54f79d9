"""How long changes take to show here: one small row a company and hour, written with the changes themselves."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from quickbooks_bridge.db.counters import counters_add
from quickbooks_bridge.models import SyncLatencyHour

RETENTION = timedelta(days=14)
Latency = tuple[int, float]


def hour_of(moment: datetime) -> datetime:
    """Return the beginning of the hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def latency_record(delays: Iterable[Latency], *, now: datetime) -> int:
    """Add (company, seconds) to this hour's rows in one statement; returns how many rows it touched."""
    hour, sums = hour_of(now), dict[int, list[int]]()
    for company, seconds in delays:
        whole = max(0, round(seconds))
        row = sums.setdefault(company, [0, 0, 0])
        row[0], row[1], row[2] = row[0] + 1, row[1] + whole, max(row[2], whole)
    rows = [(company, hour, *row) for company, row in sorted(sums.items())]
    return counters_add(
        SyncLatencyHour,
        ("company_id", "hour"),
        ("changes", "total_seconds"),
        rows,
        highest=("max_seconds",),
    )


def latency_cleanup(*, now: datetime) -> None:
    """Drop hours nobody looks at any more."""
    SyncLatencyHour.objects.filter(hour__lt=now - RETENTION).delete()
