"""Notifications of new issues: mails to whom they concern, messages to chat channels, and who was given what."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from deals.models import Account, Member
from deals.viewer import Viewer
from quickbooks_bridge.models import ActionItem, ChatChannel, ChatMessage, Connection, Notification
from quickbooks_bridge.services.operations.action_items import items_reconcile
from quickbooks_bridge.services.operations.notifications import ASSIGNED, ISSUE, notifications_enqueue

from .collect import issues_of
from .inbox import seen_of, solved_title
from .issue import Issue

# Of these a mail goes out already when they happen (services/operations/notifications.py), or none could.
MAILED_ELSEWHERE = frozenset({"refused", "reconnect", "consent", "reads_block", "mail", "no_email"})
MOST_LINES = 10


def issues_check(connection: Connection, *, now: datetime) -> int:
    """Keep what is new and what is gone of an account's issues, and notify of the new ones; returns how many these are."""
    found = {issue.key: issue for issue in issues_of(_everybody(connection), connection, now=now)}
    begun = items_reconcile(connection.account, map(seen_of, found.values()), now=now)
    new = {row.key: row for row in begun if not found[row.key].is_waiting}
    if new:
        _mail(connection, [found[key] for key in new], new, now=now)
        _chat(connection.account, [found[key] for key in new], new, now=now)
    return len(new)


def _everybody(connection: Connection) -> Viewer:
    """Return a viewer who sees all that the connection's owner and the admins see together."""
    member = Member(pk=connection.owner_id, account=connection.account, role=Member.Role.OWNER)
    return Viewer(connection.account, member)


def _mail(connection: Connection, issues: list[Issue], rows: dict[str, ActionItem], *, now: datetime) -> None:
    mailed = [issue for issue in issues if issue.kind not in MAILED_ELSEWHERE]
    if not mailed:
        return
    members = Member.objects.filter(account=connection.account, user__is_active=True).select_related(
        "account"
    )
    notices: list[Notification] = []
    for member in members:
        keys = {
            issue.key
            for issue in mailed
            if issue.member_id == member.pk or (issue.member_id is None and member.is_admin)
        }
        if keys:
            notices += _notices(member, connection, keys, rows, now=now)
    notifications_enqueue(notices)


def _notices(
    member: Member, connection: Connection, keys: set[str], rows: dict[str, ActionItem], *, now: datetime
) -> list[Notification]:
    """Return the mails to one person, in their language and with the words that are meant for them."""
    with translation.override(member.language or settings.LANGUAGE_CODE):
        viewer = Viewer(connection.account, member)
        return [
            Notification(
                account_id=member.account_id, member=member, kind=ISSUE,
                key=f"{ISSUE}:{rows[issue.key].pk}:{member.pk}", created_at=now, next_try_at=now,
                data={
                    "topic": str(issue.topic), "item": rows[issue.key].pk, "subject": issue.title,
                    "text": issue_text(issue), "path": issue_path(issue),
                },
            )
            for issue in issues_of(viewer, connection, now=now)
            if issue.key in keys
        ]  # fmt: skip


def issue_text(issue: Issue) -> str:
    """Return what a mail says of an issue below its title."""
    lines = [issue.text, "", _("Needs action from: %(name)s") % {"name": issue.responsible}]
    if issue.since:
        lines.append(_("Since: %(when)s") % {"when": issue.since})
    if issue.again:
        lines.append(_("Tried again: %(when)s") % {"when": issue.again})
    return "\n".join(lines)


def issue_path(issue: Issue) -> str:
    """Return where an issue stands in the inbox."""
    return f"{reverse('quickbooks:inbox')}#issue-{issue.key}"


def assigned_notify(row: ActionItem, to: Member, *, by: Member, now: datetime) -> None:
    """Notify somebody that an issue was given to them."""
    with translation.override(to.language or settings.LANGUAGE_CODE):
        subject = _("%(name)s gave you: %(what)s") % {"name": by.name, "what": solved_title(row)}
        text = _("It waits in your inbox, with what happened, who is responsible and what fixes it:")
    path = f"{reverse('quickbooks:inbox')}#issue-{row.key}"
    data = {"topic": "assigned", "item": row.pk, "subject": subject, "text": text, "path": path}
    notifications_enqueue(
        [
            Notification(
                account_id=to.account_id, member=to, kind=ASSIGNED, key=f"{ASSIGNED}:{row.pk}:{to.pk}:{now.isoformat()}",
                data=data, created_at=now, next_try_at=now,
            )
        ]
    )  # fmt: skip


def _chat(account: Account, issues: list[Issue], rows: dict[str, ActionItem], *, now: datetime) -> None:
    """Have the account's channels get the new issues, in one message each."""
    messages = []
    for channel in ChatChannel.objects.filter(account=account, problem=""):
        wanted = [issue for issue in issues if issue.topic not in channel.muted]
        if not wanted:
            continue
        with translation.override(channel.language or settings.LANGUAGE_CODE):
            lines = [
                [chat_line(issue.kind), f"{reverse('quickbooks:inbox')}?tab=all#issue-{issue.key}"]
                for issue in wanted
            ]
            more = len(lines) - MOST_LINES
            if more > 0:
                lines = [
                    *lines[:MOST_LINES],
                    [_("And %(n)s more") % {"n": more}, reverse("quickbooks:inbox") + "?tab=all"],
                ]
            title = _("Needs action")
        newest = max(rows[issue.key].pk for issue in wanted)
        messages.append(
            ChatMessage(
                channel=channel, key=f"{channel.pk}:{newest}", data={"title": title, "lines": lines},
                created_at=now, next_try_at=now,
            )
        )  # fmt: skip
    ChatMessage.objects.bulk_create(messages, ignore_conflicts=True)


def chat_line(kind: str) -> str:
    """Return what a channel reads of an issue: no names and no amounts, for a channel also has readers without an account here."""
    lines = {
        "refused": _("QuickBooks refused an invoice"),
        "figures": _("An invoice’s tax or total is not the expected one"),
        "reconnect": _("QuickBooks needs a new sign-in"),
        "consent": _("The consent at QuickBooks ends soon"),
        "reads": _("The month’s reads run short"),
        "reads_block": _("QuickBooks refuses to be read"),
        "unreadable": _("An object of QuickBooks could not be understood"),
        "unserved": _("QuickBooks cannot read one of its own objects"),
        "unread_events": _("Webhook events could not be read"),
        "mail": _("A mail did not go out"),
        "no_email": _("Email is not set up"),
        "crm_sign_in": _("The CRM no longer accepts somebody’s permission"),
        "crm_writes": _("Something was not written into the CRM"),
        "crm_set_up": _("The CRM could not be set up"),
        "mapping": _("A mapped field is gone in the CRM"),
        "background": _("Background work is not running"),
    }
    return lines.get(kind, _("Something needs somebody"))
