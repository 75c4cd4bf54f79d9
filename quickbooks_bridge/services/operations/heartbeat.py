"""Whether background work can happen: the schedule's sign of life, and whether the broker answers."""

from datetime import datetime, timedelta

from quickbooks_bridge.models import Heartbeat

SCHEDULE = "schedule"
WRITE_INTERVAL = timedelta(seconds=15)
STALE_AFTER = timedelta(minutes=2)
ANSWER_WITHIN = 1.0


def heartbeat_write(*, now: datetime) -> None:
    """Keep that the schedule ran just now."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=SCHEDULE, beat_at=now)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["beat_at"],
    )


def schedule_last_ran() -> datetime | None:
    """Return when the schedule last said that it runs, at most `EVERY` late; None when it never did."""
    row = Heartbeat.objects.filter(name=SCHEDULE).first()
    return row.beat_at if row is not None else None


def broker_state(redis_url: str) -> str:
    """Return `ok`, `down`, or `in the worker` where no broker of its own is used."""
    if not redis_url:
        return "in the worker"
    import redis

    client = redis.Redis.from_url(
        redis_url, socket_connect_timeout=ANSWER_WITHIN, socket_timeout=ANSWER_WITHIN
    )
    try:
        client.ping()
    except redis.RedisError:
        return "down"
    finally:
        client.close()
    return "ok"
