"""Celery tasks of the CRM side: webhooks that came from other CRMs, what is written back to them, erasures."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from .erasure.runs import erasures_continue
from .pipedrive.setting_up import set_up_due
from .pipedrive.tokens import refresh_idle
from .pipedrive.webhooks import changes_read, events_clean
from .pipedrive.writing import writes_send


@shared_task
def pipedrive_work() -> None:
    """Set up companies that are new, read what changed, write what is due."""
    now = timezone.now()
    set_up_due(now=now)
    changes_read(now=now)
    writes_send(now=now)


@shared_task
def pipedrive_care() -> None:
    """Keep tokens alive that nobody used for a week, and forget events that are too old to be repeated."""
    now = timezone.now()
    refresh_idle(now=now)
    events_clean(before=now - timedelta(days=7))


@shared_task
def erasures_work() -> None:
    """Go on with erasures of personal data that were begun."""
    erasures_continue(now=timezone.now())
