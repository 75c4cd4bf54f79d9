"""Storing webhook events: two statements written by hand, for hundreds of webhooks a second arrive in a burst.

Django takes several times as long to put them together as a database to answer them. Only names of our own tables and
columns are put together here.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from crm_invoicing.row_source import row_sources
from quickbooks_bridge.models import Company, Connection, SyncState, WebhookEvent

from .sql import quote

COLUMNS = ("event_id", "realm_id", "entity", "qbo_id", "operation", "received_at")


def _connected(realm: str) -> str:
    """Return the condition that a company of the realm in `realm` is connected; takes the status as a parameter."""
    company, connection = quote(Company._meta.db_table), quote(Connection._meta.db_table)
    return (
        f"EXISTS (SELECT 1 FROM {company} c JOIN {connection} n ON n.company_id = c.id "  # noqa: S608
        f"WHERE c.realm_id = {realm} AND n.status = %s)"
    )


def webhook_events_insert(rows: Sequence[Sequence[Any]]) -> None:
    """Insert events, in the order of `COLUMNS`, of companies that are connected, unless they are there already."""
    names = ", ".join(map(quote, COLUMNS))
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        for source, params in row_sources(WebhookEvent, COLUMNS, rows):
            cursor.execute(
                f"WITH v ({names}) AS ({source}) INSERT INTO {quote(WebhookEvent._meta.db_table)} ({names}) "  # noqa: S608
                f"SELECT {names} FROM v WHERE {_connected('v.realm_id')} ON CONFLICT DO NOTHING",
                [*params, Connection.Status.ACTIVE],
            )


def companies_to_schedule(
    realms: Iterable[str], *, next_sync_after: datetime, last_webhook_before: datetime
) -> list[int]:
    """Return the connected companies of `realms` whose sync is far, or whose last webhook was not noted lately."""
    wanted = sorted(realms)
    database = connections[DEFAULT_DB_ALIAS]
    adapt = database.ops.adapt_datetimefield_value
    marks = ", ".join(["%s"] * len(wanted))
    company, connection = quote(Company._meta.db_table), quote(Connection._meta.db_table)
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT s.company_id FROM {quote(SyncState._meta.db_table)} s "  # noqa: S608
            f"JOIN {company} c ON c.id = s.company_id JOIN {connection} n ON n.company_id = c.id "
            f"WHERE c.realm_id IN ({marks}) AND n.status = %s AND "
            "((s.consecutive_failures = 0 AND s.next_sync_at > %s) OR s.last_webhook_at IS NULL "
            "OR s.last_webhook_at < %s) ORDER BY s.company_id",
            [*wanted, Connection.Status.ACTIVE, adapt(next_sync_after), adapt(last_webhook_before)],
        )
        return [row[0] for row in cursor.fetchall()]
