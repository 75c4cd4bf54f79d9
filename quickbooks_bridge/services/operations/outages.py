"""Times in which a company could not be read: begun by a try that failed, ended by the next that worked."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from quickbooks_bridge.models import Connection, Outage, SyncState

from .notifications import notify_sync_delayed
from .sync_latency import RETENTION

# Trouble that comes and goes is one trouble.
MERGE_WITHIN = timedelta(minutes=5)
LONG_OUTAGE = timedelta(minutes=15)


def outage_record(connection: Connection, problem: str, *, failed_before: int, now: datetime) -> None:
    """Keep that a try failed: the first begins an outage, a later one tells admins when it lasts long.

    `failed_before` is the number of tries that failed before this one.
    """
    mine = Outage.objects.filter(company=connection.company_id)
    if failed_before:
        long_ones = mine.filter(
            ended_at__isnull=True, notified_at__isnull=True, began_at__lt=now - LONG_OUTAGE
        )
        wanted = long_ones.filter(company__account__invoicing_settings__notify_sync_delayed=True)
        if wanted.update(notified_at=now):
            began = mine.filter(ended_at__isnull=True).values_list("pk", "began_at").first()
            if began is not None:
                notify_sync_delayed(connection, outage=began[0], since=began[1], now=now)
        return
    last = (
        mine.filter(ended_at__gt=now - MERGE_WITHIN, problem=problem).order_by("-ended_at").values("pk")[:1]
    )
    if mine.filter(ended_at__isnull=True).exists() or mine.filter(pk__in=last).update(ended_at=None):
        return
    Outage.objects.bulk_create(
        [Outage(company_id=connection.company_id, problem=problem, began_at=now)], ignore_conflicts=True
    )


def outage_longer_than(
    connection: Connection, problem: str, *, longer_than: timedelta, now: datetime
) -> bool:
    """Return whether the company's outage began with this problem, and longer ago than that."""
    mine = Outage.objects.filter(company=connection.company_id)
    return mine.filter(problem=problem, ended_at__isnull=True, began_at__lt=now - longer_than).exists()


def outages_close(connections: Iterable[Connection], *, now: datetime) -> int:
    """End the outages of companies that were just read, at no statement for those that never failed."""
    failing = [row.company_id for row in connections if row.company.sync.consecutive_failures]
    if not failing:
        return 0
    return Outage.objects.filter(company__in=failing, ended_at__isnull=True).update(ended_at=now)


def outage_close(connection: Connection, *, now: datetime) -> None:
    """End the company's outage, whatever its row says: it was read in full, or is left alone from now on."""
    Outage.objects.filter(company=connection.company_id, ended_at__isnull=True).update(ended_at=now)


def outages_cleanup(*, now: datetime) -> None:
    """Drop old ones, and end those whose end was missed: their company has been read since."""
    Outage.objects.filter(ended_at__lt=now - RETENTION).delete()
    well = SyncState.objects.filter(
        company__connection__status=Connection.Status.ACTIVE,
        consecutive_failures=0,
        last_sync_at__isnull=False,
    )
    for row in Outage.objects.filter(ended_at__isnull=True):
        seen = well.filter(company=row.company_id, last_sync_at__gt=row.began_at)
        ended = seen.values_list("last_sync_at", flat=True).first()
        if ended is not None:
            Outage.objects.filter(pk=row.pk, ended_at__isnull=True).update(ended_at=ended)
