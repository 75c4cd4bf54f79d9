"""The digest: what is open for one member, in one mail, in their language."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deals.models import Member, NotificationChoices
from deals.notification_choices import next_digest, zone_of
from deals.viewer import Viewer
from quickbooks_bridge.models import Connection, Notification
from quickbooks_bridge.selectors.connections import connection_for
from quickbooks_bridge.services.operations.action_items import solved_items
from quickbooks_bridge.services.operations.notifications import DIGEST, notifications_enqueue

from .inbox import ALL, MINE, Entry, entries_of, listed, solved_title

logger = logging.getLogger(__name__)

MOST = 25


def digests_due(*, now: datetime) -> int:
    """Enqueue the digests that are due, each once; returns how many. Whoever has nothing open gets none."""
    due = NotificationChoices.objects.filter(next_digest_at__lte=now, member__user__is_active=True)
    made = 0
    for choices in due.select_related("member__account", "member__user"):
        member = choices.member
        at = choices.next_digest_at
        after = next_digest(choices, zone_of(member), now=now)
        mine = NotificationChoices.objects.filter(pk=choices.pk, next_digest_at=at)
        if not mine.update(next_digest_at=after) or at is None:
            continue
        words = _words(member, since=_since(choices, now=now), now=now)
        if words is not None:
            subject, text = words
            data = {"topic": "", "subject": subject, "text": text, "path": reverse("quickbooks:inbox")}
            notifications_enqueue(
                [
                    Notification(
                        account=member.account, member=member, kind=DIGEST, data=data, created_at=now,
                        key=f"{DIGEST}:{member.pk}:{at.isoformat()}", next_try_at=now,
                    )
                ]
            )  # fmt: skip
            made += 1
    return made


def _words(member: Member, *, since: datetime, now: datetime) -> tuple[str, str] | None:
    try:
        return _digest(member, since=since, now=now)
    except Exception:
        # What is wrong with one account keeps the others from nothing.
        logger.exception("digest not made", extra={"member": member.pk})
        return None


def _since(choices: NotificationChoices, *, now: datetime) -> datetime:
    """Return since when a digest says what was solved: since the one before."""
    is_weekly = choices.digest == NotificationChoices.Digest.WEEKLY
    return now - timedelta(days=7 if is_weekly else 1)


def _digest(member: Member, *, since: datetime, now: datetime) -> tuple[str, str] | None:
    """Return subject and text, None where nothing is open."""
    connection = connection_for(member.account)
    if connection is None:
        return None
    connection.account = member.account
    with translation.override(member.language or settings.LANGUAGE_CODE):
        entries = listed(entries_of(Viewer(member.account, member), connection, now=now), ALL)
        mine = listed(entries, MINE)
        if not entries:
            return None
        subject = ngettext(
            "%(n)s thing needs action in %(account)s", "%(n)s things need action in %(account)s", len(entries)
        ) % {"n": len(entries), "account": member.account.name}
        others = [one for one in entries if not one.is_mine]
        parts = [_part(_("For you"), mine), _part(_("For others"), others)]
        parts.append(_solved(member, connection, since=since))
        moment = now.astimezone(zone_of(member)).strftime("%H:%M")
        parts.append(_("As of %(time)s. Each with its button:") % {"time": moment})
        return subject, "\n\n".join(part for part in parts if part)


def _part(title: str, entries: list[Entry]) -> str:
    if not entries:
        return ""
    lines = [f"– {one.issue.title}{_held(one)}" for one in entries[:MOST]]
    more = len(entries) - MOST
    if more > 0:
        lines.append(_("– and %(n)s more") % {"n": more})
    return "\n".join([title, *lines])


def _held(entry: Entry) -> str:
    if entry.is_mine:
        return ""
    return f" ({entry.holder.name if entry.holder else entry.issue.responsible})"


def _solved(member: Member, connection: Connection, *, since: datetime) -> str:
    rows = solved_items(member.account, since=since)
    if not member.is_admin:
        rows = rows.filter(solved_by=member)
    lines = [f"– {solved_title(row)}" for row in rows[:MOST]]
    return "\n".join([_("Solved since the last one"), *lines]) if lines else ""
