"""Whether QuickBooks' announcements can be relied on: then a company is asked once a day instead of every few minutes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from quickbooks_bridge.domain.remote import RemoteChanges
from quickbooks_bridge.models import Connection, WebhookEvent

# A company where nothing changes announces nothing: silence alone proves little.
RECENT = timedelta(days=30)
# Announcements may come minutes after the change, so a younger change proves nothing yet. Not longer than answers
# overlap (index.OVERLAP): what was too young for one answer is in the next one again, however soon that is.
GRACE = timedelta(minutes=5)
# After a miss an announcement counts as proof again when it comes this much later.
TRUST_AFTER = timedelta(hours=1)
SKEW = timedelta(minutes=5)


def is_announced(connection: Connection, *, now: datetime) -> bool:
    """Tell whether changes of the company have proven to be announced."""
    told, missed = connection.announced_at, connection.missed_at
    if not settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN or told is None or told < now - RECENT:
        return False
    return missed is None or told > missed + TRUST_AFTER


def note_missed(batch: Sequence[tuple[Connection, RemoteChanges]], *, now: datetime) -> None:
    """Keep which companies had a change of an invoice or payment that no announcement told of in time.

    Each change is judged once, when it is `GRACE` old by QuickBooks' clock.
    """
    unheard: dict[tuple[str, str, str], Connection] = {}
    for connection, changes in batch:
        since = connection.watermark
        if connection.announced_at is None or since is None:
            continue
        for entity, rows in (("invoice", changes.invoices), ("payment", changes.payments)):
            for row in rows:
                if since - GRACE <= row.updated_at < changes.server_time - GRACE:
                    unheard[connection.realm_id, entity, row.qbo_id] = connection
    if not unheard:
        return
    heard = set(
        WebhookEvent.objects.filter(
            realm_id__in={key[0] for key in unheard},
            qbo_id__in={key[2] for key in unheard},
            received_at__gt=min(connection.watermark or now for connection in unheard.values())
            - GRACE
            - SKEW,
        ).values_list("realm_id", "entity", "qbo_id")
    )
    missed = {connection.pk: connection for key, connection in unheard.items() if key not in heard}
    for connection in missed.values():
        connection.missed_at = now
    if missed:
        Connection.objects.filter(pk__in=missed).update(missed_at=now)
