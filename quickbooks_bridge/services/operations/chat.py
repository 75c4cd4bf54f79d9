"""Channels of chat programs: added, tried, removed, and messages sent to them until they are there."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from crm_invoicing.encryption import UnreadableToken, decrypt, encrypt
from deals.chat import GONE, OK, chat_body, chat_post, kind_of_address
from deals.models import Member
from deals.trail import event_add
from quickbooks_bridge.models import ChatChannel, ChatMessage

logger = logging.getLogger(__name__)

PAUSE, LONGEST = timedelta(minutes=1), timedelta(hours=6)
# A refusal that says nothing about the address is believed only when it comes again and again.
DROP_AFTER = timedelta(days=1)
MOST_CHANNELS = 10


def channel_add(member: Member, address: str, muted: list[str], *, now: datetime) -> str:
    """Keep a channel if its address takes a message now; returns "" or why not: "address", "many", "gone", "later"."""
    kind = kind_of_address(address)
    if not kind:
        return "address"
    if ChatChannel.objects.filter(account=member.account_id).count() >= MOST_CHANNELS:
        return "many"
    outcome, _wait = chat_post(address, _greeting(kind, member))
    if outcome != OK:
        return outcome
    sealed = encrypt(address, keys=settings.TOKEN_ENCRYPTION_KEYS)
    channel = ChatChannel.objects.create(
        account=member.account, kind=kind, address=sealed, muted=muted, language=translation.get_language() or "",
        added_by=member, added_at=now, sent_at=now,
    )  # fmt: skip
    event_add(member.account_id, "chat.added", actor=member, what=channel.get_kind_display(), at=now)
    return ""


def _greeting(kind: str, member: Member) -> dict[str, object]:
    line = _("What needs action is posted here from now on. Names and amounts stay out of it.")
    return chat_body(kind, _("CRM invoicing"), [(line, f"{settings.PUBLIC_URL}/needs-action/")])


def channel_remove(channel: ChatChannel, *, by: Member, now: datetime) -> None:
    """Forget a channel."""
    event_add(channel.account_id, "chat.removed", actor=by, what=channel.get_kind_display(), at=now)
    channel.delete()


def channel_mute(channel: ChatChannel, muted: list[str]) -> None:
    """Set which topics a channel does not get."""
    ChatChannel.objects.filter(pk=channel.pk).update(muted=muted)


def channel_try(channel: ChatChannel, *, now: datetime) -> bool:
    """Post a message at once to see whether the address still takes one; it is in use again if it does."""
    line = _("This is a try: messages arrive.")
    body = chat_body(channel.kind, _("CRM invoicing"), [(line, f"{settings.PUBLIC_URL}/needs-action/")])
    outcome, _wait = chat_post(_address(channel), body)
    _note(channel, outcome, now=now)
    return outcome == OK


def _address(channel: ChatChannel) -> str:
    try:
        return decrypt(channel.address, keys=settings.TOKEN_ENCRYPTION_KEYS)
    except UnreadableToken:
        return ""


def _note(channel: ChatChannel, outcome: str, *, now: datetime) -> None:
    rows = ChatChannel.objects.filter(pk=channel.pk)
    if outcome == OK:
        rows.update(sent_at=now, problem="", problem_at=None)
    elif outcome == GONE:
        rows.filter(problem="").update(problem=GONE, problem_at=now)


def chat_send(pk: int, *, now: datetime) -> bool:
    """Send a due message; its next try is moved first, so that two workers never send it both."""
    row = ChatMessage.objects.select_related("channel").filter(pk=pk, sent_at__isnull=True).first()
    if row is None or row.next_try_at is None or row.next_try_at > now:
        return False
    wait = min(PAUSE * 2 ** min(row.attempts, 10), LONGEST)
    mine = ChatMessage.objects.filter(pk=pk, next_try_at=row.next_try_at)
    if not mine.update(next_try_at=now + wait, attempts=row.attempts + 1):
        return False
    if row.channel.problem or row.created_at < now - DROP_AFTER or not _address(row.channel):
        row.delete()
        return False
    lines = [(text, settings.PUBLIC_URL + path) for text, path in row.data["lines"]]
    outcome, asked = chat_post(_address(row.channel), chat_body(row.channel.kind, row.data["title"], lines))
    _note(row.channel, outcome, now=now)
    rows = ChatMessage.objects.filter(pk=pk)
    if outcome == OK:
        rows.update(sent_at=now, next_try_at=None)
    elif asked:
        rows.update(next_try_at=now + timedelta(seconds=min(asked, LONGEST.total_seconds())))
    return outcome == OK


def messages_cleanup(*, now: datetime) -> None:
    """Drop messages that were sent long ago, or that nobody needs any more."""
    ChatMessage.objects.filter(created_at__lt=now - timedelta(days=30)).delete()
