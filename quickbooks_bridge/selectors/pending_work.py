"""What needs somebody's action, as every page counts it."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, Now

from deals.mail import mail_is_set_up
from deals.viewer import Viewer
from quickbooks_bridge.models import (
    ActionItem,
    ChatChannel,
    Connection,
    Invoice,
    InvoiceIntent,
    Notification,
    ReadsBlock,
    UnreadableObject,
)

from .connections import may_see_invoices
from .invoices import CHECKED

REJECTED_INTENTS = Q(state=InvoiceIntent.State.REJECTED, dismissed_at__isnull=True)
CONSENT_NOTICE = timedelta(days=30)
MOST = 200
# Issues (needs_action) that take more than a statement to find.
FOUND_BY_LOOKING = (
    "background", "chat", "consent", "crm_set_up", "crm_sign_in", "crm_writes", "mapping", "no_email", "reads",
    "reads_block", "unread_events",
)  # fmt: skip
# Nobody in particular: the admins'.
ADMINS = 0


def with_stored_alarm(connection: Connection) -> QuerySet[Invoice]:
    """Return the invoices of deals that were created with figures that nobody expected, until somebody has checked them."""
    rows = Invoice.objects.filter(~Q(alarm=""), company=connection.company_id, deal__isnull=False)
    return rows.exclude(alarm=CHECKED).filter(is_voided=False, is_deleted=False)


def needs_action_count(viewer: Viewer, connection: Connection | None) -> int:
    """Return how many issues wait for the viewer, in one statement: their own, those assigned to them, the admins' for admins."""
    if connection is None:
        return 0
    member = viewer.member
    first, *rest = _parts(viewer, connection)
    holders: dict[str, int] = {}
    hidden: set[str] = set()
    assigned: dict[str, int] = {}
    for what, key, who in first.union(*rest, all=True)[:MOST]:
        if what == "hidden":
            hidden.add(key)
        elif what == "assigned":
            assigned[key] = who
        else:
            holders[key] = who
    if connection.status == Connection.Status.NEEDS_RECONNECT:
        holders["reconnect"] = connection.owner_id
    if "consent" in holders:
        holders["consent"] = connection.owner_id
    holders |= {key: who for key, who in assigned.items() if key in holders or who == member.pk}
    mine = {member.pk, ADMINS} if viewer.is_admin else {member.pk}
    return sum(who in mine and key not in hidden for key, who in holders.items())


def _parts(viewer: Viewer, connection: Connection) -> list[QuerySet[Any]]:
    """Return queries of (what, key, whose), to be joined."""
    account = connection.account_id
    live = ActionItem.objects.filter(account=account, gone_at__isnull=True)
    is_hidden = Q(solved_at__isnull=False) | Q(snoozed_until__gt=Now())
    refused = InvoiceIntent.objects.filter(REJECTED_INTENTS, account=account)
    parts = [
        _named(refused, "intent-", F("member_id")),
        _named(live.filter(is_hidden), "", Value(ADMINS), what="hidden"),
        _named(
            live.filter(assigned_to__isnull=False).exclude(is_hidden),
            "",
            F("assigned_to_id"),
            what="assigned",
        ),
    ]
    if may_see_invoices(viewer, connection):
        creator = InvoiceIntent.objects.filter(invoice=OuterRef("pk")).order_by("-pk").values("member")[:1]
        whose = Coalesce(Subquery(creator), F("deal__owner_id"), Value(ADMINS))
        parts.append(_named(with_stored_alarm(connection), "alarm-", whose))
    if viewer.is_admin:
        unsent = Notification.objects.filter(
            account=account, sent_at__isnull=True, is_skipped=False, attempts__gt=0
        )
        unreadable = UnreadableObject.objects.filter(company=connection.company_id)
        # What shows in no row of its own is counted as it was found last, half a minute or an hour ago.
        found = live.filter(kind__in=FOUND_BY_LOOKING).exclude(is_hidden)
        parts += [
            _named(unsent, "notice-", Value(ADMINS)),
            _named(unreadable, "unreadable-", Value(ADMINS)),
            _named(found, "", Value(ADMINS)),
        ]
    return parts


def _named(rows: QuerySet[Any], prefix: str, whose: Any, *, what: str = "") -> QuerySet[Any]:
    """Return rows as (what, key, whose)."""
    key = Concat(Value(prefix), Cast("pk", CharField()), output_field=CharField()) if prefix else F("key")
    named: QuerySet[Any] = rows.order_by().annotate(
        what=Value(what, output_field=CharField()), named=key, whose=Cast(whose, IntegerField())
    )
    found: QuerySet[Any] = named.values_list("what", "named", "whose")
    return found


def connections_with_issues(*, now: datetime, is_all: bool = False) -> QuerySet[Connection]:
    """Return the connections whose rows say that something may need somebody, or did a moment ago; with `is_all` every one."""
    connected = Connection.objects.exclude(status=Connection.Status.DISCONNECTED)
    rows = connected.select_related("account", "company__sync", "owner")
    if is_all:
        return rows
    of_account = {"account": OuterRef("account")}
    alarms = Invoice.objects.filter(~Q(alarm=""), company=OuterRef("company"), deal__isnull=False)
    unsent = Notification.objects.filter(sent_at__isnull=True, is_skipped=False)
    if mail_is_set_up():
        unsent = unsent.filter(attempts__gt=0)
    return rows.filter(
        Q(status=Connection.Status.NEEDS_RECONNECT)
        | Q(company__sync__consecutive_failures__gt=0)
        | Q(consent_expires_at__lt=now + CONSENT_NOTICE)
        | Exists(ActionItem.objects.filter(gone_at__isnull=True, **of_account))
        | Exists(InvoiceIntent.objects.filter(REJECTED_INTENTS, **of_account))
        | Exists(alarms.exclude(alarm=CHECKED))
        | Exists(UnreadableObject.objects.filter(company=OuterRef("company")))
        | Exists(unsent.filter(**of_account))
        | Exists(ChatChannel.objects.filter(~Q(problem=""), **of_account))
        | Exists(ReadsBlock.objects.filter(ended_at__isnull=True))
    )
