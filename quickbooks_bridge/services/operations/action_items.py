"""What people decide about issues, and whether an issue is new, still there or gone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from deals.models import Account, Member
from quickbooks_bridge.models import ActionItem

LONGEST_SNOOZE = timedelta(days=92)
RETENTION = timedelta(days=90)


@dataclass(frozen=True)
class Seen:
    """An issue as it is found in the rows now; `since` is when it began, None where that is not known."""

    key: str
    kind: str
    occurrence: str
    subject: str = ""
    since: datetime | None = None


def live_items(account: Account) -> dict[str, ActionItem]:
    """Return what is known of the account's live issues, by key."""
    rows = ActionItem.objects.filter(account=account, gone_at__isnull=True)
    return {row.key: row for row in rows.select_related("assigned_to")}


def is_same(row: ActionItem, seen: Seen) -> bool:
    """Return whether a row is about this occurrence of an issue."""
    return row.occurrence == seen.occurrence[:80]


def item_of(account: Account, seen: Seen, *, now: datetime) -> ActionItem:
    """Return the live row of an issue, begun if there is none or only one of an earlier occurrence."""
    live = ActionItem.objects.filter(account=account, key=seen.key, gone_at__isnull=True)
    row = live.first()
    if row is not None and is_same(row, seen):
        return row
    try:
        with transaction.atomic():
            _end(live, now=now)
            return ActionItem.objects.create(
                account=account, key=seen.key, kind=seen.kind, occurrence=seen.occurrence[:80],
                subject=seen.subject[:200], opened_at=seen.since or now,
            )  # fmt: skip
    except IntegrityError:  # somebody else began it at the same moment
        return live.get()


def _end(live: QuerySet[ActionItem], *, now: datetime) -> None:
    """End live rows; what nobody solved has ended by itself."""
    live.filter(solved_at__isnull=True).update(solved_at=now)
    live.update(gone_at=now)


def items_reconcile(account: Account, found: Iterable[Seen], *, now: datetime) -> list[ActionItem]:
    """Begin the rows of new issues and end those of issues that are gone; returns what was begun."""
    live, begun, there = live_items(account), [], set()
    for seen in found:
        there.add(seen.key)
        row = live.get(seen.key)
        if row is None or not is_same(row, seen):
            new = item_of(account, seen, now=now)
            if row is None or new.pk != row.pk:
                begun.append(new)
    gone = [row.pk for key, row in live.items() if key not in there]
    if gone:
        _end(ActionItem.objects.filter(pk__in=gone, gone_at__isnull=True), now=now)
    return begun


def item_assign(row: ActionItem, to: Member | None, *, by: Member, seen_holder: int | None) -> bool:
    """Assign an issue to somebody, or to nobody in particular; False when somebody else gave it away meanwhile.

    `seen_holder` is who had it as the page showed it.
    """
    mine = ActionItem.objects.filter(
        pk=row.pk, assigned_to=seen_holder, solved_at__isnull=True, gone_at__isnull=True
    )
    return bool(mine.update(assigned_to=to, assigned_by=by, snoozed_until=None))


def item_snooze(row: ActionItem, until: datetime | None, *, now: datetime) -> None:
    """Hide an issue until a time, at most three months; None brings it back now."""
    if until is not None:
        until = min(until, now + LONGEST_SNOOZE)
    ActionItem.objects.filter(pk=row.pk, solved_at__isnull=True).update(snoozed_until=until)


def item_solve(row: ActionItem, *, by: Member, now: datetime) -> bool:
    """Keep that a person solved an issue; False when it was solved already."""
    live = ActionItem.objects.filter(pk=row.pk, solved_at__isnull=True)
    return bool(live.update(solved_at=now, solved_by=by, snoozed_until=None))


def item_reopen(row: ActionItem) -> bool:
    """Bring back an issue that was called solved and is still there."""
    live = ActionItem.objects.filter(pk=row.pk, gone_at__isnull=True, solved_at__isnull=False)
    return bool(live.update(solved_at=None, solved_by=None))


def solved_items(account: Account, *, since: datetime) -> QuerySet[ActionItem]:
    """Return what was solved since a time, the newest first."""
    rows = ActionItem.objects.filter(account=account, solved_at__gt=since)
    return rows.select_related("solved_by").order_by("-solved_at")


def items_cleanup(*, now: datetime) -> None:
    """Drop what was over long ago."""
    ActionItem.objects.filter(gone_at__lt=now - RETENTION).delete()
