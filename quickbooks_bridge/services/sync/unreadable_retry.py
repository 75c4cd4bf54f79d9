"""Tries again what could not be read: so that a newer version of this program fixes what an older one had to leave."""

from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Q

from quickbooks_bridge.domain.remote import RemoteDeletion
from quickbooks_bridge.gateway.client import QuickBooksClient
from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.models import Connection, UnreadableObject
from quickbooks_bridge.selectors.connections import is_connected
from quickbooks_bridge.services.connections.lifecycle import client_for, failure_record
from quickbooks_bridge.services.mirror import invoices
from quickbooks_bridge.services.mirror.unreadable import (
    MODELS,
    NEAR,
    ReadFailures,
    has_unreadable,
    read_or_record,
    unreadable_record,
    unreadable_release,
    unserved_record,
)
from quickbooks_bridge.services.operations.api_usage import read_quota

from .cursor import Cursor, iter_pages
from .reconcile import entity_apply, ids_served

RETRY_INTERVAL = timedelta(days=1)
# A change that follows at once often fixes it, at no call.
FIRST_RETRY = timedelta(hours=1)
MAX_PER_RUN = 200
NEARBY_PAGE = 50


def retry_unreadable(*, now: datetime) -> int:
    """Release what was read meanwhile, and read again by id what is due; returns how many are readable now.

    With nothing unreadable this is one statement.
    """
    if not has_unreadable():
        return 0
    count = unreadable_release()
    if read_quota(now=now).is_slow:
        return count
    rows = list(_due(now))
    for company, of_company in groupby(rows, key=lambda row: row.company_id):
        connection = Connection.objects.select_related("account").get(company=company)
        for entity, some in groupby(of_company, key=lambda row: row.entity):
            count += _retry(connection, entity, list(some), now=now)
    return count


def _read_nameless(
    connection: Connection, client: QuickBooksClient, rows: list[UnreadableObject], *, now: datetime
) -> None:
    """Read once more around objects whose id is not known; one that can be served now is thereby here."""
    for row in rows:
        UnreadableObject.objects.filter(pk=row.pk).delete()
        place = Cursor(None if "start" in row.qbo_id else row.changed_at)
        note = unserved_record(connection.company, now=now)
        page, _next = next(iter_pages(client, row.entity, place, size=NEARBY_PAGE, unserved=note))
        entity_apply(connection.company, row.entity, page, now=now, source="compare")
        UnreadableObject.objects.filter(company=row.company_id, entity=row.entity, qbo_id=row.qbo_id).update(
            first_seen_at=row.first_seen_at, retried_at=now
        )


def _due(now: datetime) -> list[UnreadableObject]:
    is_due = Q(retried_at__isnull=True, first_seen_at__lt=now - FIRST_RETRY) | Q(
        retried_at__lt=now - RETRY_INTERVAL
    )
    rows = UnreadableObject.objects.filter(is_connected("company"), is_due)
    return list(rows.order_by("company_id", "entity", "qbo_id")[:MAX_PER_RUN])


def _retry(connection: Connection, entity: str, rows: list[UnreadableObject], *, now: datetime) -> int:
    mine = UnreadableObject.objects.filter(pk__in=[row.pk for row in rows])
    # Before the call: one that fails is not tried again with every retry.
    mine.update(retried_at=now)
    client = client_for(connection, interactive=False)
    named = [row.qbo_id for row in rows if not row.qbo_id.startswith(NEAR)]
    try:
        _read_nameless(connection, client, [row for row in rows if row.qbo_id.startswith(NEAR)], now=now)
        _ids, unserved = ids_served(client, entity, named)
        wanted = [qbo_id for qbo_id in named if qbo_id not in unserved]
        there = client.found(entity, wanted) if wanted else ()
    except QuickBooksError as error:
        failure_record(connection, error, now=now)
        return 0
    mine = mine.filter(qbo_id__in=named).exclude(qbo_id__in=unserved)
    known = {one.qbo_id for one in there} | set(unserved)
    gone = [qbo_id for qbo_id in named if qbo_id not in known]
    invoices.deletions_apply(
        connection.company,
        [RemoteDeletion(entity, qbo_id, now) for qbo_id in gone],
        now=now,
        source="compare",
    )
    odd: ReadFailures = {}
    good = [one for one in there if read_or_record((connection.company_id, one.qbo_id), one, odd) is not None]
    entity_apply(connection.company, entity, good, now=now, source="compare")
    unreadable_record(MODELS[entity], odd)
    return mine.exclude(qbo_id__in=[key[1] for key in odd]).delete()[0]
