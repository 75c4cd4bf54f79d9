"""Everything of an account that needs somebody, looked up in rows; nobody is asked."""

from datetime import datetime

from deals.viewer import Viewer
from quickbooks_bridge.models import Connection

from .books import unreadable_issues
from .connection import connection_issues, reads_issues, sync_issues
from .crm import crm_issues, mapping_issues
from .delivery import delivery_issues
from .invoices import alarm_issues, intent_issues
from .issue import Issue


def issues_of(
    viewer: Viewer, connection: Connection, *, now: datetime, assigned: frozenset[str] = frozenset()
) -> list[Issue]:
    """Return the open issues that concern a viewer, the gravest first.

    Admins get all, others those of their own invoices and the `assigned` ones, of deals that they see.
    """
    found = [
        *intent_issues(viewer, connection, now=now, assigned=_keys(assigned, "intent-")),
        *alarm_issues(viewer, connection, now=now, assigned=_keys(assigned, "alarm-")),
    ]
    if viewer.is_admin or connection.owner_id == viewer.member.pk:
        found += connection_issues(viewer, connection, now=now)
    if viewer.is_admin:
        found += [
            *sync_issues(connection, now=now),
            *reads_issues(connection, now=now),
            *unreadable_issues(connection, now=now),
            *delivery_issues(connection, now=now),
            *crm_issues(connection, now=now),
            *mapping_issues(connection),
        ]
    return sorted(found, key=lambda one: one.weight)


def _keys(assigned: frozenset[str], prefix: str) -> list[int]:
    """Return the rows that issues of one kind are about."""
    return [int(key.removeprefix(prefix)) for key in assigned if key.startswith(prefix)]
