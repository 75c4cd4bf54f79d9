"""The inbox of one viewer: issues with what people decided about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deals.models import Deal, Member
from deals.rights import Right, may, visible_deals
from deals.viewer import Viewer
from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import ActionItem, Connection
from quickbooks_bridge.services.operations.action_items import Seen, is_same, live_items, solved_items

from .collect import issues_of
from .issue import Issue

MINE, ALL, SNOOZED, SOLVED = "mine", "all", "snoozed", "solved"
TABS: dict[str, str | Promise] = {
    MINE: gettext_lazy("For me"),
    ALL: gettext_lazy("Everybody’s"),
    SNOOZED: gettext_lazy("Snoozed"),
    SOLVED: gettext_lazy("Solved"),
}
SOLVED_SHOWN = timedelta(days=30)
MOST_SOLVED = 100
# What somebody without the admins' pages could do nothing about.
FOR_REPS = frozenset({"refused", "unconfirmed", "figures"})


@dataclass(frozen=True)
class Entry:
    """An issue with who has it, until when it is snoozed, and whether the viewer has to see to it."""

    issue: Issue
    row: ActionItem | None
    holder: Member | None
    is_mine: bool
    snoozed: str = ""
    is_solved: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether it stands in the list of what is open."""
        return not self.snoozed and not self.is_solved

    @property
    def holder_key(self) -> str:
        """Return who has it, as a form says it; "" for nobody in particular."""
        return str(self.row.assigned_to_id or "") if self.row else ""


@dataclass(frozen=True)
class SolvedEntry:
    """Something that needed somebody and does no more."""

    title: str
    how: str
    when: str
    key: str
    can_reopen: bool


def seen_of(issue: Issue) -> Seen:
    """Return an issue as its row keeps it."""
    return Seen(issue.key, issue.kind, issue.occurrence, issue.subject, issue.since_at)


def entries_of(viewer: Viewer, connection: Connection, *, now: datetime) -> list[Entry]:
    """Return everything that concerns the viewer, snoozed and solved things too."""
    rows = live_items(viewer.account)
    assigned = frozenset(key for key, row in rows.items() if row.assigned_to_id == viewer.member.pk)
    found = issues_of(viewer, connection, now=now, assigned=assigned)
    return [_entry(issue, rows.get(issue.key), viewer, connection, now=now) for issue in found]


def _entry(
    issue: Issue, row: ActionItem | None, viewer: Viewer, connection: Connection, *, now: datetime
) -> Entry:
    if row is not None and not is_same(row, seen_of(issue)):
        row = None
    holder = row.assigned_to if row else None
    until = row.snoozed_until if row else None
    return Entry(
        issue, row, holder, whose(issue, row) in ({viewer.member.pk, None} if viewer.is_admin else {viewer.member.pk}),
        snoozed=time_text(until, connection, now=now) if until and until > now else "",
        is_solved=bool(row and row.solved_at),
    )  # fmt: skip


def whose(issue: Issue, row: ActionItem | None) -> int | None:
    """Return the member who has to see to an issue, None for the admins."""
    return row.assigned_to_id if row and row.assigned_to_id else issue.member_id


def listed(entries: Iterable[Entry], tab: str) -> list[Entry]:
    """Return what a tab lists."""
    if tab == SNOOZED:
        return [one for one in entries if one.snoozed and not one.is_solved]
    open_ones = [one for one in entries if one.is_shown]
    return open_ones if tab == ALL else [one for one in open_ones if one.is_mine]


class Assignees:
    """Who issues can be given to: whoever can do something about one and sees its deal. The members are read once."""

    def __init__(self, viewer: Viewer, entries: Sequence[Entry]) -> None:
        members = Member.objects.filter(account=viewer.account, user__is_active=True)
        self._members = list(members) if entries else []
        deals = {entry.issue.deal_id for entry in entries if entry.issue.deal_id}
        self._seen = {
            member.pk: set(Deal.objects.filter(condition, pk__in=deals).values_list("pk", flat=True))
            for member in self._members
            if deals and (condition := visible_deals(Viewer(viewer.account, member)))
        }

    def of(self, entry: Entry) -> list[Member]:
        """Return who an issue can be given to."""
        if entry.issue.kind not in FOR_REPS:
            return [member for member in self._members if member.is_admin]
        able = [member for member in self._members if may(member, Right.CREATE)]
        deal = entry.issue.deal_id
        return [one for one in able if deal is None or one.pk not in self._seen or deal in self._seen[one.pk]]


def snooze_times(now_local: datetime) -> list[tuple[str, str, datetime]]:
    """Return what an issue can be snoozed until: key, words, time; `now_local` is the reader's."""
    morning = now_local.replace(hour=8, minute=0, second=0, microsecond=0)
    monday = morning + timedelta(days=7 - now_local.weekday())
    return [
        ("hours", _("For 3 hours"), now_local + timedelta(hours=3)),
        ("tomorrow", _("Until tomorrow morning"), morning + timedelta(days=1)),
        ("monday", _("Until Monday morning"), monday),
        ("month", _("For 30 days"), morning + timedelta(days=30)),
    ]


def solved_entries(viewer: Viewer, connection: Connection, *, now: datetime) -> list[SolvedEntry]:
    """Return what was solved lately: admins all of it, others what they solved themselves."""
    rows = solved_items(viewer.account, since=now - SOLVED_SHOWN)
    if not viewer.is_admin:
        rows = rows.filter(solved_by=viewer.member.pk)
    return [
        SolvedEntry(
            solved_title(row),
            _("Solved by %(name)s") % {"name": row.solved_by.name} if row.solved_by else _("By itself"),
            time_text(row.solved_at, connection, now=now) if row.solved_at else "",
            row.key,
            can_reopen=row.gone_at is None and row.solved_by is not None,
        )
        for row in rows[:MOST_SOLVED]
    ]


def solved_title(row: ActionItem) -> str:
    """Return what an issue was, by its kind and what it was about."""
    titles = {
        "refused": _("Invoice for %(subject)s was refused"),
        "unconfirmed": _("Invoice for %(subject)s was not confirmed"),
        "figures": _("Figures of invoice %(subject)s were not the expected ones"),
        "reconnect": _("QuickBooks needed a new sign-in"),
        "consent": _("The consent was about to end"),
        "not_read": _("QuickBooks could not be read"),
        "background": _("Background work was not running"),
        "webhook_event": _("A webhook event was processed late"),
        "reads": _("The month’s reads ran short"),
        "reads_block": _("QuickBooks refused to be read"),
        "unreadable": _("%(subject)s of QuickBooks could not be understood"),
        "unserved": _("QuickBooks could not read its own %(subject)s"),
        "unread_events": _("Webhook events could not be read"),
        "mail": _("A mail to %(subject)s did not go out"),
        "no_email": _("Email was not set up"),
        "chat": _("%(subject)s took no messages"),
        "crm_sign_in": _("%(subject)s no longer accepted a permission"),
        "crm_writes": _("Notes or fields were not written into %(subject)s"),
        "crm_set_up": _("%(subject)s could not be set up"),
        "mapping": _("A mapped field was gone in the CRM"),
    }
    return titles.get(row.kind, _("Something needed somebody")) % {"subject": row.subject}
