"""Tries again what could not be read: so that a newer version of this program mends what an older one had to leave."""

from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Exists, OuterRef, Q

from quickbooks_bridge.domain.remote import RemoteDeletion
from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.models import Connection, ParkedObject

from . import sync
from .calls import budget
from .catch_up import entity_apply
from .connection import client_for, note_failure
from .parked import MODELS, Odds, let_go, park, parked_is_any, read_or_note

TRY_EVERY = timedelta(days=1)
# A change that follows at once often mends it, at no call.
TRY_FIRST = timedelta(hours=1)
AT_ONCE = 200


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
    try:
        there = client.found(entity, [row.qbo_id for row in rows])
    except QuickBooksError as error:
        note_failure(connection, error, now=now)
        return 0
    known = {one.qbo_id for one in there}
    gone = [row.qbo_id for row in rows if row.qbo_id not in known]
    sync.deletions_apply(
        connection, [RemoteDeletion(entity, qbo_id, now) for qbo_id in gone], now=now, source="compare"
    )
    odd: Odds = {}
    owner = (connection.account_id, connection.realm_id)
    good = [one for one in there if read_or_note((*owner, one.qbo_id), one, odd) is not None]
    entity_apply(connection, entity, good, now=now, source="compare")
    park(MODELS[entity], odd)
    return mine.exclude(qbo_id__in=[key[2] for key in odd]).delete()[0]
