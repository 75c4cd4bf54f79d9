"""The month's reads are used up at QuickBooks: a state of the whole installation, not an outage of a company.

Reads pause until the month is over or somebody tries again with success; what is written goes on. The allowance belongs to
the developer's workspace, so our own count may know nothing of it.
"""

import logging
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.models import Outage, ReadsBlock, SyncState
from quickbooks_bridge.selectors.connections import is_connected, open_reads_block, reads_block_forget

from .notifications import notify_reads_blocked

logger = logging.getLogger(__name__)

# The new month's first probe waits this long, and each further one as long again.
AFTER_MIDNIGHT, PROBE_AGAIN = timedelta(minutes=5), timedelta(hours=1)
# Reads of all companies refused for so long although we keep our own limits are the block, in other words.
THROTTLED_FOR = timedelta(minutes=10)
# It may still be a throttle, so it is tried again soon, and admins hear of it when it lasts. A refused read costs nothing.
LASTS = timedelta(hours=2)


def next_month(now: datetime) -> datetime:
    """Return when QuickBooks' next month begins, in UTC."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def reads_block_begin(*, is_said: bool, now: datetime) -> None:
    """Keep that reads are blocked, notify admins once, and plan the next probe.

    `is_said`: QuickBooks named the month's allowance. Otherwise it only looks so, which a throttle can too.
    """
    probe = next_month(now) + AFTER_MIDNIGHT if is_said else now + THROTTLED_FOR
    open_one = ReadsBlock.objects.filter(ended_at__isnull=True).first()
    if open_one is not None:
        _lasts(open_one, is_said=is_said, now=now)
        reads_block_forget()
        return
    try:
        with transaction.atomic():
            made = ReadsBlock.objects.create(began_at=now, next_probe_at=probe, is_said=is_said)
    except IntegrityError:  # another process met it at the same moment
        return
    finally:
        reads_block_forget()
    logger.warning("reads are blocked", extra={"until": probe.isoformat(), "said": is_said})
    if is_said:
        notify_reads_blocked(made.pk, is_over=False, now=now)


def _lasts(block: ReadsBlock, *, is_said: bool, now: datetime) -> None:
    """Plan the next probe of a block that is known, and notify when it is certain or has lasted."""
    is_said = is_said or block.is_said
    is_new_month = next_month(block.began_at) != next_month(now)
    if not is_said:
        probe = now + THROTTLED_FOR
    else:
        probe = now + PROBE_AGAIN if is_new_month else next_month(now) + AFTER_MIDNIGHT
    rows = ReadsBlock.objects.filter(pk=block.pk)
    if is_said and not block.is_said:
        rows.update(is_said=True, next_probe_at=probe)
    else:
        rows.filter(next_probe_at__lte=now).update(next_probe_at=probe)
    if is_said or now - block.began_at > LASTS:
        notify_reads_blocked(block.pk, is_over=False, now=now)


def reads_block_end(*, now: datetime) -> bool:
    """Keep that a read worked again: all companies are due; False when nothing was blocked."""
    block = open_reads_block()
    if block is None or not ReadsBlock.objects.filter(pk=block.pk, ended_at__isnull=True).update(
        ended_at=now
    ):
        return False
    reads_block_forget()
    SyncState.objects.filter(is_connected()).update(next_sync_at=now)
    logger.info("reads work again", extra={"since": block.began_at.isoformat()})
    if block.is_said or now - block.began_at > LASTS:
        notify_reads_blocked(block.pk, is_over=True, now=now)
    return True


def all_are_throttled(*, now: datetime) -> bool:
    """Return whether for ten minutes no company could be read for being throttled, and not one was read."""
    active = SyncState.objects.filter(is_connected())
    if active.filter(last_sync_at__gt=now - THROTTLED_FOR).exists():
        return False
    throttled = Outage.objects.filter(ended_at__isnull=True, problem=ProblemCode.THROTTLED)
    return throttled.filter(began_at__lt=now - THROTTLED_FOR).exists()
