"""What members are notified of, and when: topics, quiet hours, digests. Whoever sends a notification asks here."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext_lazy as _

from .models import Member, NotificationChoices

# What notifications are about, and what people read.
TOPICS = {
    "invoices": _("Invoices that were refused or could not be created"),
    "figures": _("Tax, totals and rates that are not the expected ones"),
    "connection": _("The connection to QuickBooks and its sync"),
    "crm": _("The CRM: permissions, fields, what is written back"),
    "installation": _("This installation: mail, reads, background work"),
    "assigned": _("Somebody assigns something to me, or reminds me"),
}
SATURDAY = 5
_DIGEST_DAYS = {
    NotificationChoices.Digest.DAILY: range(7),
    NotificationChoices.Digest.WEEKDAYS: range(5),
    NotificationChoices.Digest.WEEKLY: range(1),
}


def choices_of(member: Member) -> NotificationChoices:
    """Return a member's choices, of which none may be kept yet."""
    found = NotificationChoices.objects.filter(member=member).first()
    return found or NotificationChoices(member=member)


def zone_of(member: Member) -> ZoneInfo:
    """Return the time zone that a member's hours are of."""
    try:
        return ZoneInfo(member.time_zone or member.account.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def is_wanted(choices: NotificationChoices, topic: str) -> bool:
    """Return whether a topic is wanted."""
    return topic not in choices.muted


def quiet_until(choices: NotificationChoices, zone: ZoneInfo, *, now: datetime) -> datetime | None:
    """Return when the quiet hours end that `now` lies in, None outside of them.

    Hours from 20 until 7 pass midnight. A quiet weekend lasts until Monday, and into Monday's quiet hours.
    """
    moment = local = now.astimezone(zone)
    # Night and weekend may follow each other, so the end of one is asked for again; a week holds no more than these.
    for _turn in range(4):
        end = _end_of_quiet(choices, moment)
        if end is None:
            break
        moment = end
    return moment if moment > local else None


def _end_of_quiet(choices: NotificationChoices, local: datetime) -> datetime | None:
    if choices.is_quiet_at_weekends and local.weekday() >= SATURDAY:
        return _at(local, days=7 - local.weekday(), hour=0)
    begin, end = choices.quiet_from, choices.quiet_until
    if begin is None or end is None or begin == end:
        return None
    if begin < end:
        return _at(local, days=0, hour=end) if begin <= local.hour < end else None
    if local.hour >= begin:
        return _at(local, days=1, hour=end)
    return _at(local, days=0, hour=end) if local.hour < end else None


def _at(local: datetime, *, days: int, hour: int) -> datetime:
    """Return a whole hour of a day after a moment, in its time zone, where clocks may be changed in between."""
    return datetime.combine(local.date() + timedelta(days=days), time(hour), tzinfo=local.tzinfo)


def next_digest(choices: NotificationChoices, zone: ZoneInfo, *, now: datetime) -> datetime | None:
    """Return when the next digest is due after `now`, None for who wants none."""
    days = _DIGEST_DAYS.get(NotificationChoices.Digest(choices.digest))
    if days is None:
        return None
    local = now.astimezone(zone)
    for ahead in range(8):
        at = _at(local, days=ahead, hour=choices.digest_hour)
        if at > now and at.weekday() in days:
            return at
    return None
