"""Tries again what could not be read: so that a newer version of this program mends what an older one had to leave."""

from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Exists, OuterRef, Q

from quickbooks_bridge.domain.remote import RemoteDeletion
from quickbooks_bridge.gateway.client import QuickBooksClient
from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.models import Connection, ParkedObject

from . import sync
from .calls import budget
from .catch_up import entity_apply, ids_served
from .connection import client_for, note_failure
from .paging import Place, pages
from .parked import MODELS, NEAR, Odds, let_go, park, parked_is_any, read_or_note, unserved_note

TRY_EVERY = timedelta(days=1)
# A change that follows at once often mends it, at no call.
TRY_FIRST = timedelta(hours=1)
AT_ONCE = 200
NEARBY = 50


def second_look(*, now: datetime) -> int:
    """Let go of what was read meanwhile, and read again by id what is due; gives how many are no longer parked.

    With nothing parked this is one statement.
    """
    if not parked_is_any():
        return 0
    count = let_go()
    if budget(now=now).is_slow:
        return count
    rows = list(_due(now))
    for (account, realm), of_company in groupby(rows, key=lambda row: (row.account_id, row.realm_id)):
        connection = Connection.objects.select_related("account").get(
            account_id=account, realm_id=realm, status=Connection.Status.ACTIVE
        )
        for entity, some in groupby(of_company, key=lambda row: row.entity):
            count += _try(connection, entity, list(some), now=now)
    return count


def _read_nameless(
    connection: Connection, client: QuickBooksClient, rows: list[ParkedObject], *, now: datetime
) -> None:
    """Read once more around objects whose id is not known; one that can be served now is thereby here."""
    for row in rows:
        ParkedObject.objects.filter(pk=row.pk).delete()
        place = Place(None if "start" in row.qbo_id else row.changed_at)
        note = unserved_note(connection, now=now)
        page, _next = next(pages(client, row.entity, place, size=NEARBY, unserved=note))
        entity_apply(connection, row.entity, page, now=now, source="compare")
        ParkedObject.objects.filter(
            account_id=row.account_id, realm_id=row.realm_id, entity=row.entity, qbo_id=row.qbo_id
        ).update(first_at=row.first_at, tried_at=now)


def _due(now: datetime) -> list[ParkedObject]:
    active = Connection.objects.filter(
        account=OuterRef("account"), realm_id=OuterRef("realm_id"), status=Connection.Status.ACTIVE
    )
    is_due = Q(tried_at__isnull=True, first_at__lt=now - TRY_FIRST) | Q(tried_at__lt=now - TRY_EVERY)
    rows = ParkedObject.objects.filter(Exists(active), is_due)
    return list(rows.order_by("account_id", "realm_id", "entity", "qbo_id")[:AT_ONCE])


def _try(connection: Connection, entity: str, rows: list[ParkedObject], *, now: datetime) -> int:
    mine = ParkedObject.objects.filter(pk__in=[row.pk for row in rows])
    # Before the call: one that fails is not tried again with every look.
    mine.update(tried_at=now)
    client = client_for(connection, interactive=False)
    named = [row.qbo_id for row in rows if not row.qbo_id.startswith(NEAR)]
    try:
        _read_nameless(connection, client, [row for row in rows if row.qbo_id.startswith(NEAR)], now=now)
        _ids, unserved = ids_served(client, entity, named)
        wanted = [qbo_id for qbo_id in named if qbo_id not in unserved]
        there = client.found(entity, wanted) if wanted else ()
    except QuickBooksError as error:
        note_failure(connection, error, now=now)
        return 0
    mine = mine.filter(qbo_id__in=named).exclude(qbo_id__in=unserved)
    known = {one.qbo_id for one in there} | set(unserved)
    gone = [qbo_id for qbo_id in named if qbo_id not in known]
    sync.deletions_apply(
        connection, [RemoteDeletion(entity, qbo_id, now) for qbo_id in gone], now=now, source="compare"
    )
    odd: Odds = {}
    owner = (connection.account_id, connection.realm_id)
    good = [one for one in there if read_or_note((*owner, one.qbo_id), one, odd) is not None]
    entity_apply(connection, entity, good, now=now, source="compare")
    park(MODELS[entity], odd)
    return mine.exclude(qbo_id__in=[key[2] for key in odd]).delete()[0]
