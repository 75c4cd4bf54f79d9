"""QuickBooks' announcements: stored, then turned into one look for changes per company."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from quickbooks_bridge.domain.webhooks import AnnouncedChange
from quickbooks_bridge.models import Connection, WebhookEvent

# A burst writes the moment of the last announcement once.
TOLD_EVERY = timedelta(minutes=1)


def announcements_store(changes: tuple[AnnouncedChange, ...], *, now: datetime) -> list[str]:
    """Store announced changes of known companies and make those companies due; gives their realms.

    A repeated announcement changes nothing, an unknown company is ignored.
    """
    realms = set(
        Connection.objects.filter(
            realm_id__in={change.realm_id for change in changes}, status=Connection.Status.ACTIVE
        ).values_list("realm_id", flat=True)
    )
    with transaction.atomic():
        WebhookEvent.objects.bulk_create(
            [
                WebhookEvent(
                    key=change.key,
                    realm_id=change.realm_id,
                    entity=change.entity,
                    qbo_id=change.qbo_id,
                    operation=change.operation,
                    received_at=now,
                )
                for change in changes
                if change.realm_id in realms
            ],
            ignore_conflicts=True,
        )
        # What fails at the moment keeps its own pause; the news is not lost meanwhile.
        due = Q(failures=0, next_sync_at__gt=now)
        is_told = Q(announced_at__isnull=True) | Q(announced_at__lt=now - TOLD_EVERY)
        Connection.objects.filter(due | is_told, realm_id__in=realms, status=Connection.Status.ACTIVE).update(
            announced_at=now, next_sync_at=Case(When(due, then=Value(now)), default=F("next_sync_at"))
        )
    return sorted(realms)
