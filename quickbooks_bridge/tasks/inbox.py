"""Celery tasks of the inbox: new issues, digests, chat messages."""

import logging
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from quickbooks_bridge.models import Connection
from quickbooks_bridge.needs_action.alerts import issues_check
from quickbooks_bridge.needs_action.digest import digests_due
from quickbooks_bridge.selectors.pending_work import connections_with_issues
from quickbooks_bridge.services.operations.action_items import items_cleanup
from quickbooks_bridge.services.operations.chat import chat_send, messages_cleanup

logger = logging.getLogger(__name__)


@shared_task
def check_issues() -> None:
    """Keep what is new and what is gone where rows say that something may be, and enqueue digests that are due."""
    now = timezone.now()
    for connection in connections_with_issues(now=now).iterator():
        _check(connection, now=now)
    digests_due(now=now)


def _check(connection: Connection, *, now: datetime) -> None:
    try:
        issues_check(connection, now=now)
    except Exception:
        # What is wrong with one account keeps the others from nothing.
        logger.exception("issues not checked", extra={"connection": connection.pk})


@shared_task
def check_all_issues() -> None:
    """Look at every account: some issues, such as a mapped field that is gone, show in no row of their own."""
    now = timezone.now()
    for connection in connections_with_issues(now=now, is_all=True).iterator():
        _check(connection, now=now)
    items_cleanup(now=now)
    messages_cleanup(now=now)


@shared_task
def send_chat_message(pk: int) -> None:
    """Send a chat message that is due."""
    chat_send(pk, now=timezone.now())
