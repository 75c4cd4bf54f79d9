"""Whether the schedule runs: written by the sweep now and then, read by the health page and the doctor."""

from datetime import datetime, timedelta

from quickbooks_bridge.models import Heartbeat

SCHEDULE = "schedule"
EVERY = timedelta(seconds=15)
LATE = timedelta(minutes=2)


def heartbeat_write(*, now: datetime) -> None:
    """Keep that the schedule ran just now."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=SCHEDULE, at=now)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def schedule_last_ran() -> datetime | None:
    """Give when the schedule last said that it runs, at most `EVERY` late; None when it never did."""
    row = Heartbeat.objects.filter(name=SCHEDULE).first()
    return row.at if row is not None else None
