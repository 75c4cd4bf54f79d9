"""What the health page says: facts of the rows, each with its state, since when, whose turn it is and what to do."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Max, Min, Q, Sum
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deals.templatetags.ui import day_text
from deals.viewer import Viewer
from quickbooks_bridge.connection_words import time_text
from quickbooks_bridge.models import (
    CallCount,
    Connection,
    InvoiceIntent,
    Notice,
    ParkedObject,
    VoidRun,
    WebhookEvent,
)
from quickbooks_bridge.selectors import REFUSED, company_zone
from quickbooks_bridge.services.announced import is_announced
from quickbooks_bridge.services.calls import Budget, forecast, month_start
from quickbooks_bridge.services.heartbeat import LATE, schedule_last_ran
from quickbooks_bridge.services.intents import UNFINISHED

OK, LOOK, BAD = "ok", "look", "bad"
SOON = timedelta(days=30)
SLOW_NEWS = timedelta(minutes=15)
ICONS = {OK: "check-circle", LOOK: "attention", BAD: "overdue"}


@dataclass(frozen=True)
class Tile:
    """One answer at a glance."""

    title: str
    state: str
    value: str
    note: str

    @property
    def icon(self) -> str:
        """Name the drawing of the state; the words beside it say the same."""
        return ICONS[self.state]


@dataclass(frozen=True)
class Finding:
    """Something that needs somebody; `action` names what the page draws: "reconnect", "sync", "notices" or a link."""

    state: str
    title: str
    text: str
    turn: str
    since: str = ""
    action: str = ""
    link: str = ""

    @property
    def icon(self) -> str:
        """Name the drawing of the state."""
        return ICONS[self.state]


@dataclass
class Health:
    """Everything the page shows."""

    tiles: list[Tile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    reads: dict[str, Any] = field(default_factory=dict)

    @property
    def is_bad(self) -> bool:
        """Whether something is broken rather than to be looked at."""
        return any(finding.state == BAD for finding in self.findings)


def health_of(viewer: Viewer, connection: Connection, *, now: datetime) -> Health:
    """Look at the rows of the viewer's account; QuickBooks is asked nothing."""
    health = Health()
    _connection(health, viewer, connection, now)
    _sync(health, connection, now)
    _announcements(health, connection, now)
    _work(health, connection, now)
    _reads(health, connection, now)
    return health


def _connection(health: Health, viewer: Viewer, connection: Connection, now: datetime) -> None:
    def when(at: datetime | None) -> str:
        return time_text(at, connection, now=now) if at else _("not known")

    def day(at: datetime | None) -> str:
        return day_text(at.astimezone(company_zone(connection)).date()) if at else _("not known")

    owner = connection.owner.name
    is_owner = connection.owner_id == viewer.member.pk
    turn = _("Yours: you own the connection") if is_owner else owner
    if connection.status == Connection.Status.NEEDS_RECONNECT:
        health.tiles.append(Tile(_("Connection"), BAD, _("Ended"), _("Reconnect to go on")))
        health.findings.append(
            Finding(
                BAD,
                _("QuickBooks needs a new sign-in"),
                _("Nothing is created and status stops. Reconnecting keeps every link."),
                turn,
                when(connection.last_problem_at),
                "reconnect" if is_owner else "",
            )
        )
    elif connection.status == Connection.Status.DISCONNECTED:
        health.tiles.append(
            Tile(_("Connection"), LOOK, _("Disconnected"), _("The settings page connects again"))
        )
    else:
        renewal = _("Access renews itself by %(when)s") % {"when": when(connection.access_expires_at)}
        health.tiles.append(Tile(_("Connection"), OK, _("Alive"), renewal))
    ends = connection.hard_expires_at
    if connection.is_active and ends and ends < now + SOON:
        health.findings.append(
            Finding(
                LOOK,
                _("The consent ends on %(when)s") % {"when": day(ends)},
                _(
                    "QuickBooks ends every consent after five years. Reconnect early and nothing is interrupted."
                ),
                turn,
                "",
                "reconnect" if is_owner else "",
            )
        )
    days = (now - connection.connected_at).days
    consent = ngettext("%(count)s day ago", "%(count)s days ago", days) % {"count": days}
    health.facts += [
        (_("Company"), connection.company_name),
        (_("Owner"), owner),
        (_("Consent given"), consent if days else _("today")),
        (_("Tokens renewed"), when(connection.tokens_stored_at)),
        (_("Access good until"), when(connection.access_expires_at)),
        (_("Renewable until"), day(connection.refresh_expires_at)),
        (_("Consent ends"), day(ends) if ends else _("not told by QuickBooks")),
    ]


def _sync(health: Health, connection: Connection, now: datetime) -> None:
    last, due = connection.last_sync_at, connection.next_sync_at
    oldest = (
        Connection.objects.filter(
            account_id=connection.account_id, status=Connection.Status.ACTIVE, next_sync_at__lt=now
        ).aggregate(oldest=Min("next_sync_at"))["oldest"]
    )  # fmt: skip
    beat = schedule_last_ran()
    is_late = beat is None or now - beat > LATE
    if connection.failures and connection.is_active:
        health.findings.append(
            Finding(
                LOOK,
                _("QuickBooks could not be read"),
                _("What you see is what we knew before. It is tried again by itself."),
                _("QuickBooks'"),
                time_text(connection.last_problem_at, connection, now=now)
                if connection.last_problem_at
                else "",
                "sync",
            )
        )
    if is_late:
        health.findings.append(
            Finding(
                BAD,
                _("Background work stands still"),
                _(
                    "Status does not follow and unconfirmed invoices are not checked. Start worker and schedule."
                ),
                _("Whoever runs this installation"),
                time_text(beat, connection, now=now) if beat else _("it never ran"),
            )
        )
    state = OK if last and not connection.failures and not is_late else LOOK
    value = time_text(last, connection, now=now) if last else _("Not yet")
    plan = _("Next at %(when)s") % {"when": time_text(due, connection, now=now)} if due else _("None planned")
    health.tiles.append(Tile(_("Last look at QuickBooks"), state, value, plan))
    waiting = (
        _("%(seconds)s seconds") % {"seconds": round((now - oldest).total_seconds())}
        if oldest
        else _("nothing")
    )
    health.facts += [
        (_("Waiting to be asked"), waiting),
        (_("Background work last seen"), time_text(beat, connection, now=now) if beat else _("never")),
    ]


def _announcements(health: Health, connection: Connection, now: datetime) -> None:
    day = WebhookEvent.objects.filter(
        realm_id=connection.realm_id, received_at__gt=now - timedelta(days=1)
    ).aggregate(
        count=Count("pk"),
        last=Max("received_at"),
        stuck=Min("received_at", filter=Q(handled_at__isnull=True)),
    )
    title = _("Announcements in 24 hours")
    if not settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN:
        health.tiles.append(Tile(title, LOOK, _("Off"), _("Changes are asked for instead; README says how")))
        return
    if is_announced(connection, now=now):
        note = _("Relied on: QuickBooks is asked once a day")
    else:
        note = _("Not proven: QuickBooks is asked regularly")
    health.tiles.append(Tile(title, OK, str(day["count"]), note))
    if day["stuck"] and now - day["stuck"] > SLOW_NEWS:
        health.findings.append(
            Finding(
                LOOK,
                _("An announcement has not been followed yet"),
                _(
                    "QuickBooks told of a change that was not fetched. It is fetched as soon as QuickBooks answers."
                ),
                _("QuickBooks'"),
                time_text(day["stuck"], connection, now=now),
                "sync",
            )
        )


def _work(health: Health, connection: Connection, now: datetime) -> None:
    mine = {"account_id": connection.account_id}
    intents = list(
        InvoiceIntent.objects.filter(Q(state__in=UNFINISHED) | REFUSED, **mine)
        .select_related("deal", "member")
        .order_by("created_at")[:50]
    )
    open_voids = VoidRun.objects.filter(ended_at__isnull=True, **mine).count()
    unsure = [intent for intent in intents if intent.state in UNFINISHED]
    count = len(unsure) + open_voids
    note = (
        _("Oldest since %(when)s") % {"when": time_text(unsure[0].created_at, connection, now=now)}
        if unsure
        else _("Voids, taking payments off first")
        if open_voids
        else _("Nothing waits for an answer")
    )
    value = ngettext("%(count)s checking", "%(count)s checking", count) % {"count": count}
    health.tiles.append(
        Tile(_("Not confirmed yet"), LOOK if count else OK, value if count else _("None"), note)
    )
    for intent in intents:
        if intent.state in UNFINISHED and now - intent.created_at < SLOW_NEWS:
            continue
        is_refused = intent.state == InvoiceIntent.State.REFUSED
        title = (
            _("Invoice for %(deal)s was refused")
            if is_refused
            else _("Invoice for %(deal)s is not confirmed")
        )
        health.findings.append(
            Finding(
                BAD if is_refused else LOOK,
                title % {"deal": intent.deal.title},
                _("Nothing was created. The deal says why, and leads back to the form.")
                if is_refused
                else _("It is checked again by itself, and never made twice."),
                intent.member.name if is_refused else _("QuickBooks'"),
                time_text(intent.created_at, connection, now=now),
                "",
                reverse("deals:deal_detail", args=[intent.deal_id]) + "?tab=invoice",
            )
        )
    _left_over(health, connection, now)


def _left_over(health: Health, connection: Connection, now: datetime) -> None:
    mine = {"account_id": connection.account_id}
    parked = ParkedObject.objects.filter(**mine, realm_id=connection.realm_id)
    for row in parked.order_by("first_at")[:10]:
        health.findings.append(
            Finding(
                LOOK,
                _("%(kind)s %(id)s of QuickBooks could not be understood")
                % {"kind": row.entity, "id": row.qbo_id},
                _("All others are up to date. Saving it in QuickBooks once more has it read again."),
                _("Whoever runs this installation"),
                time_text(row.first_at, connection, now=now),
            )
        )
    unsent = Notice.objects.filter(**mine, sent_at__isnull=True).filter(
        Q(attempts__gt=0) | Q(next_try_at__isnull=True)
    )
    for notice in unsent.select_related("member")[:5]:
        has_address = notice.next_try_at is not None
        health.findings.append(
            Finding(
                LOOK,
                _("A mail to %(name)s did not go out") % {"name": notice.member.name},
                _("It is tried again by itself. The mail settings of the installation may be wrong.")
                if has_address
                else _("Nobody entered an address for this person."),
                _("Whoever runs this installation"),
                time_text(notice.created_at, connection, now=now),
                "notices",
            )
        )


def grouped(number: int) -> str:
    """Give a count as the reader's language writes it."""
    return number_format(number, force_grouping=True)


def _reads(health: Health, connection: Connection, now: datetime) -> None:
    month = month_start(now)
    today = now.date()
    rows = list(
        CallCount.objects.filter(
            account_id=connection.account_id, realm_id=connection.realm_id, day__gte=month
        )
        .values("purpose")
        .annotate(of_month=Sum("reads"), sent=Sum("writes"), of_day=Sum("reads", filter=Q(day=today)))
        .order_by(F("purpose").desc())
    )
    used = CallCount.objects.filter(day__gte=month).aggregate(sum=Sum("reads"))["sum"] or 0
    allowance = Budget(used, settings.QUICKBOOKS_MONTHLY_READS)
    labels = dict(CallCount.Purpose.choices)
    if allowance.is_used_up:
        words = _("Background reads have stopped until the month is over. What people do goes on.")
    elif allowance.is_slow:
        words = _("Background reads are slower until the month is over.")
    else:
        words = _("Background reads slow down at 80% and stop at 95%. What people do always goes on.")
    health.reads = {
        "rows": [
            {
                "label": labels[row["purpose"]],
                "today": grouped(row["of_day"] or 0),
                "month": grouped(row["of_month"] or 0),
                "writes": grouped(row["sent"] or 0),
            }
            for row in rows
        ],
        "used": grouped(used),
        "allowed": grouped(allowance.allowed) if allowance.allowed else "",
        "forecast": grouped(forecast(used, now=now)),
        "percent": min(100, round(used * 100 / allowance.allowed)) if allowance.allowed else 0,
        "words": words,
    }
    if allowance.is_slow:
        health.findings.append(
            Finding(
                BAD if allowance.is_used_up else LOOK,
                _("The month's reads run short"),
                words,
                _("Whoever runs this installation"),
            )
        )
