"""How long changes take to show here: one small row a company and hour, written with the changes themselves."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection

from quickbooks_bridge.models import SyncLatencyHour

RETENTION = timedelta(days=14)
Latency = tuple[tuple[int, str], float]


def hour_of(moment: datetime) -> datetime:
    """Return the beginning of the hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def latency_record(delays: Iterable[Latency], *, now: datetime) -> int:
    """Add (account and company, seconds) to this hour's rows in one statement; gives how many rows it touched."""
    sums: dict[tuple[int, str], list[int]] = {}
    for owner, seconds in delays:
        whole = max(0, round(seconds))
        row = sums.setdefault(owner, [0, 0, 0])
        row[0], row[1], row[2] = row[0] + 1, row[1] + whole, max(row[2], whole)
    if not sums:
        return 0
    table = SyncLatencyHour._meta.db_table
    hour = connection.ops.adapt_datetimefield_value(hour_of(now))
    values = [
        value for (account, realm), row in sorted(sums.items()) for value in (account, realm, hour, *row)
    ]
    marks = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(sums))
    with connection.cursor() as cursor:
        # The only text put together here is our own table's name and marks.
        cursor.execute(
            f"INSERT INTO {table} (account_id, realm_id, hour, changes, total_seconds, max_seconds) VALUES {marks} "  # noqa: S608 - see above
            f"ON CONFLICT (account_id, realm_id, hour) DO UPDATE SET changes = {table}.changes + excluded.changes, "
            f"total_seconds = {table}.total_seconds + excluded.total_seconds, "
            f"max_seconds = CASE WHEN excluded.max_seconds > {table}.max_seconds THEN excluded.max_seconds ELSE {table}.max_seconds END",
            values,
        )
    return len(sums)


def latency_cleanup(*, now: datetime) -> None:
    """Drop hours nobody looks at any more."""
    SyncLatencyHour.objects.filter(hour__lt=now - RETENTION).delete()
