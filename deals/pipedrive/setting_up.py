"""What a company needs after its installation and once a day: its people, its fields, its webhooks."""

import logging
from datetime import datetime, timedelta

from deals.models import PipedriveCompany

from .errors import PipedriveError
from .fields import fields_read
from .installs import people_read
from .tokens import client_for
from .webhooks import webhooks_register

log = logging.getLogger(__name__)

AGAIN, AFTER_FAILURE, LEASE = timedelta(days=1), timedelta(minutes=2), timedelta(minutes=5)


def set_up_due(*, now: datetime) -> int:
    """See to the companies that are due; returns how many were. What fails is tried again, and nothing else waits for it."""
    due = PipedriveCompany.objects.filter(removed_at__isnull=True, set_up_due_at__lte=now)
    count = 0
    for company in due.select_related("account", "integration"):
        mine = PipedriveCompany.objects.filter(pk=company.pk, set_up_due_at=company.set_up_due_at)
        if mine.update(set_up_due_at=now + LEASE):
            count += set_up(company, now=now)
    return count


def set_up(company: PipedriveCompany, *, now: datetime) -> bool:
    """Read people and fields and ask for webhooks; returns whether all of it worked."""
    stored = PipedriveCompany.objects.filter(pk=company.pk)
    try:
        client = client_for(company)
        people_read(company, client)
        fields_read(company, client, now=now)
        webhooks_register(company, client)
    except PipedriveError as error:
        log.warning("pipedrive company not set up yet", extra={"company": company.pk, "code": error.code})
        stored.update(set_up_due_at=now + AFTER_FAILURE)
        return False
    stored.update(set_up_at=now, set_up_due_at=now + AGAIN)
    return True
