"""What of mails and chat messages needs somebody: those that did not go out."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deals.mail import mail_is_set_up
from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import ChatChannel, Connection, Notification

from .issue import WARNING, Actor, Issue, Topic, grouped

MOST = 5


def delivery_issues(connection: Connection, *, now: datetime) -> Iterator[Issue]:
    """Return the notifications that reached nobody."""
    unsent = Notification.objects.filter(
        account=connection.account_id, sent_at__isnull=True, is_skipped=False
    )
    if not mail_is_set_up():
        yield from _no_email(unsent.count(), connection, now=now)
    failed = unsent.filter(Q(attempts__gt=0) | Q(next_try_at__isnull=True)).order_by("pk")
    for notice in failed.select_related("member")[:MOST]:
        yield _mail(notice, connection, now=now)
    for channel in ChatChannel.objects.filter(account=connection.account_id).exclude(problem=""):
        yield _channel(channel, connection, now=now)


def _mail(notice: Notification, connection: Connection, *, now: datetime) -> Issue:
    due = notice.next_try_at
    if notice.data.get("is_refused"):
        why = _(
            "The mail server refuses this person’s address. It may be mistyped: they can change it in My account."
        )
    elif due:
        why = _("The mail settings of the installation may be wrong.")
    else:
        why = _("Nobody entered an address for this person.")
    return Issue(
        f"notice-{notice.pk}", "mail", WARNING,
        _("A mail to %(name)s did not go out") % {"name": notice.member.name},
        why,
        _("Whoever runs this installation"), Actor.INSTALLATION, Topic.INSTALLATION,
        subject=notice.member.name, since=time_text(notice.created_at, connection, now=now),
        since_at=notice.created_at,
        again=_("By itself, next at %(when)s") % {"when": time_text(due, connection, now=now)}
        if due
        else _("Not by itself"),
        action="notices", is_solvable=True,
    )  # fmt: skip


def _no_email(count: int, connection: Connection, *, now: datetime) -> Iterator[Issue]:
    """Return that notifications wait because this installation has no mail server."""
    if not count:
        return
    waiting = Notification.objects.filter(
        account=connection.account_id, sent_at__isnull=True, is_skipped=False
    )
    began = waiting.earliest("created_at").created_at
    title = ngettext(
        "%(count)s email waits: email is not set up", "%(count)s emails wait: email is not set up", count
    )
    yield Issue(
        "no-email", "no_email", WARNING, title % {"count": grouped(count)},
        _("Nobody got them. Set EMAIL_HOST and restart; what is younger than a week is then sent."),
        _("Whoever runs this installation"), Actor.INSTALLATION, Topic.INSTALLATION,
        since=time_text(began, connection, now=now), since_at=began, again=_("By itself, once email is set up"),
    )  # fmt: skip


def _channel(channel: ChatChannel, connection: Connection, *, now: datetime) -> Issue:
    """Say that a channel of Slack or Teams no longer takes messages."""
    return Issue(
        f"chat-{channel.pk}", "chat", WARNING,
        _("%(app)s takes no messages from us any more") % {"app": channel.get_kind_display()},
        _("Its webhook was removed or switched off there. Make a new one and enter its address here."),
        _("An admin"), Actor.ADMIN, Topic.INSTALLATION, occurrence=str(channel.problem_at or ""),
        subject=channel.get_kind_display(),
        since=time_text(channel.problem_at, connection, now=now) if channel.problem_at else "",
        since_at=channel.problem_at, again=_("Not by itself"),
        link=reverse("quickbooks:chat"), link_text=_("Enter a new address"),
    )  # fmt: skip
