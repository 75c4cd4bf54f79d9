"""What needs somebody's action."""

from django.db.models import CharField, Q, Value

from quickbooks_bridge.models import Connection, InvoiceIntent, Notification, UnreadableObject

REJECTED_INTENTS = Q(state=InvoiceIntent.State.REJECTED, dismissed_at__isnull=True)


def health_count(connection: Connection | None) -> int:
    """Return how many things need somebody, in one statement."""
    if connection is None:
        return 0
    mine = {"account_id": connection.account_id}
    rows = (
        InvoiceIntent.objects.filter(REJECTED_INTENTS, **mine)
        .annotate(what=_kind("refused"))
        .values_list("what", "pk")
    )
    rest = (
        UnreadableObject.objects.filter(company=connection.company_id)
        .annotate(what=_kind("unreadable"))
        .values_list("what", "pk"),
        Notification.objects.filter(**mine, sent_at__isnull=True, attempts__gt=0)
        .annotate(what=_kind("notice"))
        .values_list("what", "pk"),
    )
    kinds = {what for what, _pk in rows.union(*rest, all=True)[:200]}
    broken = connection.status == Connection.Status.NEEDS_RECONNECT or bool(
        connection.company.sync.consecutive_failures
    )
    return len(kinds) + broken


def _kind(name: str) -> Value:
    return Value(name, output_field=CharField())
