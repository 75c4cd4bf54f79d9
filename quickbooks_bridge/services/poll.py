"""Asking many companies for changes at once: the waiting happens side by side, the writing together.

Each company costs one call; what the answers of a chunk bring shares its statements, so that a quiet company costs
next to none. A company that is slow or fails holds nobody up: answers are applied in rounds as they come.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connections, transaction
from django.db.models import Q
from django.utils import timezone

from quickbooks_bridge.crypto import UnreadableToken, decrypt
from quickbooks_bridge.domain.remote import RemoteChanges
from quickbooks_bridge.fault_points import fault_point
from quickbooks_bridge.gateway.client import QuickBooksClient, api_base
from quickbooks_bridge.gateway.errors import AnswerUnserved, QuickBooksError
from quickbooks_bridge.gateway.limiter import Limiter, default_limiter
from quickbooks_bridge.models import Connection
from quickbooks_bridge.models.newest import update_many

from . import sync
from .announced import note_missed
from .index import LEASE, LOOK_BACK, OVERLAP, next_look, not_applied, note_pace, sync_failed
from .intents import intents_adopt
from .parked import ODD
from .tokens import REFRESH_BEFORE
from .webhooks import announced_meanwhile, announcements_handled, announcements_open

logger = logging.getLogger(__name__)

CHUNK = 200
AT_ONCE = 64
ABOUT_NOW = timedelta(seconds=0.25)
OWN_RUN = timedelta(seconds=15)
# How long the answers of a round may wait for slower ones before they are applied.
ROUND_SECONDS = 2.0


class _NeedsOwnRun(Exception):
    """Not a case for the chunk: tokens to be renewed, or more to read than one answer."""


class _RowTokens:
    """The access token that came with the claimed row; renewing is left to the company's own run."""

    def __init__(self, token: str) -> None:
        self._token = token

    def access_token(self) -> str:
        """Give the token of the row."""
        return self._token

    def renew(self, stale: str) -> str:
        """Refuse: threads touch no database."""
        raise _NeedsOwnRun


@dataclass
class Polled:
    """What became of a chunk: how many companies are in step, and whose turn comes alone (`sync_connection`).

    `again` are those of whom more was announced while QuickBooks was answering.
    """

    in_step: int = 0
    failed: int = 0
    alone: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)


def connections_sync(
    pks: Sequence[int],
    *,
    now: datetime,
    patience: float = ROUND_SECONDS,
    again: Callable[[], None] = lambda: None,
) -> Polled:
    """Ask the companies among `pks` that nobody else is asking, one call each, and apply the answers.

    Answers wait at most `patience` seconds for slower ones. `again` is called as soon as some are due once more.
    """
    polled, begun = Polled(), time.monotonic()
    claimed = _claim(pks, now=now)
    announced = announcements_open(connection.realm_id for connection in claimed) if claimed else {}
    limiter = default_limiter(settings.REDIS_URL).for_many(
        [connection.realm_id for connection in claimed if _is_askable(connection, now)]
    )
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(claimed) or 1)) as pool:
        waiting = {pool.submit(_ask, connection, now, limiter): connection for connection in claimed}
        while waiting:
            done, known = _round(waiting, patience), len(polled.again)
            begun = _hold(list(waiting.values()), begun)
            limiter.give_back()
            _finish(done, polled, announced, now=now)
            if len(polled.again) > known:
                again()
            for future, _connection in done:
                del waiting[future]
    return polled


def companies_due(*, now: datetime) -> list[int]:
    """Give companies that are to be asked for changes now, at most `CHUNK`, those that wait longest first.

    Two machines' clocks differ a little: what is due in a moment counts as due.
    """
    free = Q(sync_lease_until__isnull=True) | Q(sync_lease_until__lt=now)
    due = Connection.objects.filter(
        free,
        status=Connection.Status.ACTIVE,
        import_state=Connection.Import.DONE,
        next_sync_at__lte=now + ABOUT_NOW,
    )
    return list(due.order_by("next_sync_at").values_list("pk", flat=True)[:CHUNK])


def _claim(pks: Sequence[int], *, now: datetime) -> list[Connection]:
    """Take the leases of the companies that are free, in one statement; gives their rows."""
    if not pks:
        return []
    database = connections[DEFAULT_DB_ALIAS]
    table = Connection._meta.db_table
    # Two workers with the same list must not wait for each other's rows in different orders.
    lock = " ORDER BY id FOR UPDATE SKIP LOCKED" if database.vendor == "postgresql" else ""
    marks = ", ".join(["%s"] * len(pks))
    at, until = (database.ops.adapt_datetimefield_value(moment) for moment in (now, now + LEASE))
    # The only text put together here is our own table's name.
    rows = Connection.objects.raw(
        f"UPDATE {table} SET sync_lease_until = %s WHERE id IN (SELECT id FROM {table} WHERE id IN ({marks}) "  # noqa: S608 - see above
        f"AND status = %s AND import_state = %s AND (sync_lease_until IS NULL OR sync_lease_until < %s){lock}) "
        "RETURNING *",
        [until, *pks, Connection.Status.ACTIVE, Connection.Import.DONE, at],
    )
    return list(rows)


def _hold(waiting: Sequence[Connection], since: float) -> float:
    """Renew the leases of those that still wait when a third of their time is over; gives since when they hold."""
    if time.monotonic() - since < LEASE.total_seconds() / 3:
        return since
    until = timezone.now() + LEASE
    Connection.objects.filter(pk__in=[connection.pk for connection in waiting]).update(sync_lease_until=until)
    return time.monotonic()


def _is_askable(connection: Connection, now: datetime) -> bool:
    """Tell whether one call with the token of the row will do."""
    since, expires = connection.watermark, connection.access_expires_at
    is_near = since is not None and since >= now - LOOK_BACK and connection.compare_asked_at is None
    return is_near and expires is not None and expires - REFRESH_BEFORE > now


def _ask(connection: Connection, now: datetime, limiter: Limiter) -> RemoteChanges:
    """Ask one company, in a thread: no database here."""
    since = connection.watermark
    if since is None or not _is_askable(connection, now):
        raise _NeedsOwnRun
    try:
        token = decrypt(connection.access_token, keys=settings.TOKEN_KEYS)
    except UnreadableToken as error:
        raise _NeedsOwnRun from error
    client = QuickBooksClient(
        realm_id=connection.realm_id,
        tokens=_RowTokens(token),
        api_url=api_base(settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_API_URL),
        limiter=limiter,
        interactive=False,
        timeout=settings.QUICKBOOKS_TIMEOUT_SECONDS,
        account_id=connection.account_id,
        home_currency=connection.home_currency,
    )
    try:
        changes = client.changes(since - OVERLAP)
    except AnswerUnserved as error:
        raise _NeedsOwnRun from error
    if changes.is_full:
        raise _NeedsOwnRun
    return changes


Answered = tuple[Future[RemoteChanges], Connection]


def _round(waiting: dict[Future[RemoteChanges], Connection], patience: float) -> list[Answered]:
    """Wait until all have answered, or until some have and the others take long."""
    done, late = wait(waiting, timeout=patience)
    if late and not done:
        done, _late = wait(waiting, return_when=FIRST_COMPLETED)
    return [(future, waiting[future]) for future in done]


def _finish(
    done: Iterable[Answered], polled: Polled, announced: Mapping[str, list[int]], *, now: datetime
) -> None:
    batch: list[tuple[Connection, RemoteChanges]] = []
    alone: list[int] = []
    for future, connection in done:
        try:
            batch.append((connection, future.result()))
        except _NeedsOwnRun:
            alone.append(connection.pk)
        except QuickBooksError as error:
            sync_failed(connection, error, now=now)
            polled.failed += 1
    _apply_each(batch, polled, announced, now=now)
    if alone:
        # Due again only once the message for its own run would be too old to be taken: whoever asks for what is due
        # meanwhile would find it again and again.
        Connection.objects.filter(pk__in=alone).update(sync_lease_until=None, next_sync_at=now + OWN_RUN)
        polled.alone.extend(alone)


def _apply_each(
    batch: list[tuple[Connection, RemoteChanges]],
    polled: Polled,
    announced: Mapping[str, list[int]],
    *,
    now: datetime,
) -> None:
    """Apply answers together; where that does not work, one by one, so that one company fails alone."""
    if not batch:
        return
    try:
        polled.again.extend(_apply(batch, announced, now=now))
    except OperationalError:
        raise
    except (DatabaseError, *ODD) as error:
        if len(batch) == 1:
            connection = batch[0][0]
            sync_failed(connection, not_applied(connection, error), now=now)
            polled.failed += 1
            return
        for one in batch:
            _apply_each([one], polled, announced, now=now)
        return
    polled.in_step += len(batch)


def _apply(
    batch: list[tuple[Connection, RemoteChanges]], announced: Mapping[str, list[int]], *, now: datetime
) -> list[int]:
    """Apply answers and move each company's moment to ask from, in one transaction; gives who is due again.

    `announced` are the announcements that were there before QuickBooks was asked.
    """
    realms = [connection.realm_id for connection, _changes in batch]
    rows = [
        (connection.pk, changes.server_time, now, 0, "", next_look(connection, now=now), None)
        for connection, changes in batch
    ]
    with transaction.atomic():
        arrived: list[sync.Arrived] = []
        sync.changes_apply(batch, now=now, source="sync", arrived=arrived)
        note_pace(batch, arrived, now=now)
        intents_adopt(batch, now=now)
        note_missed(batch, now=now)
        update_many(Connection, _DONE, rows)
        announcements_handled([pk for realm in realms for pk in announced.get(realm, ())], now=now)
        fault_point("sync.before_commit")
    return announced_meanwhile(realms, now=now)


_DONE = (
    "watermark", "last_sync_at", "failures", "last_problem", "next_sync_at", "sync_lease_until",
)  # fmt: skip
