"""Whether QuickBooks' webhooks are reliable: then a company is asked once a day instead of every few minutes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from quickbooks_bridge.domain.remote import RemoteChanges
from quickbooks_bridge.models import Connection, SyncState, WebhookEvent

# A company where nothing changes sends no webhook: silence alone proves little.
RELIABLE_WITHIN = timedelta(days=30)
# Webhook events may come minutes after the change, so a younger change proves nothing yet. Not longer than answers
# overlap (index.OVERLAP): what was too young for one answer is in the next one again, however soon that is.
GRACE = timedelta(minutes=5)
# After a miss a webhook event counts as proof again when it comes this much later.
TRUST_AFTER = timedelta(hours=1)
CLOCK_SKEW = timedelta(minutes=5)


def webhooks_reliable(connection: Connection, *, now: datetime) -> bool:
    """Return whether changes of the company have proven to be reported by webhooks."""
    told, missed = connection.company.sync.last_webhook_at, connection.company.sync.last_missed_webhook_at
    if not settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN or told is None or told < now - RELIABLE_WITHIN:
        return False
    return missed is None or told > missed + TRUST_AFTER


def missed_webhooks_record(batch: Sequence[tuple[Connection, RemoteChanges]], *, now: datetime) -> None:
    """Keep which companies had a change of an invoice or payment that no webhook reported in time.

    Each change is judged once, when it is `GRACE` old by QuickBooks' clock.
    """
    unheard: dict[tuple[str, str, str], Connection] = {}
    for connection, changes in batch:
        sync = connection.company.sync
        since = sync.cdc_cursor
        if sync.last_webhook_at is None or since is None:
            continue
        for entity, rows in (("invoice", changes.invoices), ("payment", changes.payments)):
            for row in rows:
                if since - GRACE <= row.updated_at < changes.server_time - GRACE:
                    unheard[connection.company.realm_id, entity, row.qbo_id] = connection
    if not unheard:
        return
    heard = set(
        WebhookEvent.objects.filter(
            realm_id__in={key[0] for key in unheard},
            qbo_id__in={key[2] for key in unheard},
            received_at__gt=min(connection.company.sync.cdc_cursor or now for connection in unheard.values())
            - GRACE
            - CLOCK_SKEW,
        ).values_list("realm_id", "entity", "qbo_id")
    )
    missed = {connection.pk: connection for key, connection in unheard.items() if key not in heard}
    for connection in missed.values():
        connection.company.sync.last_missed_webhook_at = now
    if missed:
        SyncState.objects.filter(company__in=missed).update(last_missed_webhook_at=now)
