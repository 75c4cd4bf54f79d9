"""Times in which a company could not be read: begun by a try that failed, ended by the next that worked."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from quickbooks_bridge.models import Connection, Outage

from .notifications import notify_sync_delayed
from .sync_latency import RETENTION

# Trouble that comes and goes is one trouble.
MERGE_WITHIN = timedelta(minutes=5)
LONG_OUTAGE = timedelta(minutes=15)


def outage_record(connection: Connection, problem: str, *, now: datetime) -> None:
    """Keep that a try failed: the first begins an outage, a later one tells admins when it lasts long.

    `connection.failures` is the number of tries that failed before this one.
    """
    mine = Outage.objects.filter(account_id=connection.account_id, realm_id=connection.realm_id)
    if connection.consecutive_failures:
        long_ones = mine.filter(
            ended_at__isnull=True, notified_at__isnull=True, began_at__lt=now - LONG_OUTAGE
        )
        wanted = long_ones.filter(account__invoicing_settings__notify_sync_delayed=True)
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
        [
            Outage(
                account_id=connection.account_id,
                realm_id=connection.realm_id,
                problem=problem,
                began_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def outage_longer_than(
    connection: Connection, problem: str, *, longer_than: timedelta, now: datetime
) -> bool:
    """Return whether the company's outage began with this problem, and longer ago than that."""
    mine = Outage.objects.filter(account_id=connection.account_id, realm_id=connection.realm_id)
    return mine.filter(problem=problem, ended_at__isnull=True, began_at__lt=now - longer_than).exists()


def outages_close(connections: Iterable[Connection], *, now: datetime) -> int:
    """End the outages of companies that were just read, at no statement for those that never failed."""
    failing = [row for row in connections if row.consecutive_failures]
    if not failing:
        return 0
    return Outage.objects.filter(
        account_id__in={row.account_id for row in failing},
        realm_id__in={row.realm_id for row in failing},
        ended_at__isnull=True,
    ).update(ended_at=now)


def outage_close(connection: Connection, *, now: datetime) -> None:
    """End the company's outage, whatever its row says: it was read in full, or is left alone from now on."""
    Outage.objects.filter(
        account_id=connection.account_id, realm_id=connection.realm_id, ended_at__isnull=True
    ).update(ended_at=now)


def outages_cleanup(*, now: datetime) -> None:
    """Drop old ones, and end those whose end was missed: their company has been read since."""
    Outage.objects.filter(ended_at__lt=now - RETENTION).delete()
    well = Connection.objects.filter(
        status=Connection.Status.ACTIVE, consecutive_failures=0, last_sync_at__isnull=False
    )
    for row in Outage.objects.filter(ended_at__isnull=True):
        seen = well.filter(account_id=row.account_id, realm_id=row.realm_id, last_sync_at__gt=row.began_at)
        ended = seen.values_list("last_sync_at", flat=True).first()
        if ended is not None:
            Outage.objects.filter(pk=row.pk, ended_at__isnull=True).update(ended_at=ended)
