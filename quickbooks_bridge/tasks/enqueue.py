"""Sending a task to the worker; where none is sent, the dispatch finds the row."""

import logging

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from quickbooks_bridge.services.sync.batch import FULL_SYNC_DELAY

logger = logging.getLogger(__name__)

# A task that nobody took by then is sent again, and an old one is not taken any more: a queue never piles up.
REQUEUE_AFTER = FULL_SYNC_DELAY


def enqueue(task: str, *args: object, seconds: float = 0) -> None:
    """Send a task, named as `module.function` of this package, to run in so many `seconds`.

    Where it is not sent, as without a broker, the dispatch finds the row within a second.
    """
    if not settings.REDIS_URL:
        return
    try:
        current_app.send_task(
            f"quickbooks_bridge.tasks.{task}",
            args=args,
            countdown=seconds or None,
            expires=REQUEUE_AFTER.total_seconds(),
            retry=False,
        )
    except OperationalError:
        logger.warning("task not sent: the broker does not answer", extra={"task": task})
