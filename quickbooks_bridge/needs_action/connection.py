"""What of the connection to QuickBooks needs somebody: sign-in, consent, reads, background work."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min
from django.utils.translation import gettext as _

from crm_invoicing.ui.templatetags.ui import day_text
from deals.viewer import Viewer
from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import Connection, Outage, ReadsBlock, WebhookEvent
from quickbooks_bridge.selectors.connections import company_zone, open_reads_block
from quickbooks_bridge.selectors.pending_work import CONSENT_NOTICE
from quickbooks_bridge.services.operations.api_usage import ReadQuota, read_quota
from quickbooks_bridge.services.operations.heartbeat import STALE_AFTER, schedule_last_ran

from .issue import ERROR, WARNING, Actor, Issue, Topic

SLOW_AFTER = timedelta(minutes=15)


def connection_issues(viewer: Viewer, connection: Connection, *, now: datetime) -> Iterator[Issue]:
    """Return what only the connection's owner, or nobody but QuickBooks, can end."""
    is_owner = connection.owner_id == viewer.member.pk
    responsible = _("You, as the owner of the connection") if is_owner else connection.owner.name
    action = "reconnect" if is_owner else ""
    if connection.status == Connection.Status.NEEDS_RECONNECT:
        ended = connection.company.sync.last_error_at
        yield Issue(
            "reconnect", "reconnect", ERROR, _("QuickBooks needs a new sign-in"),
            _("Nothing is created and status stops. Reconnecting keeps every link."),
            responsible, Actor.ADMIN, Topic.CONNECTION, occurrence=connection.connected_at.isoformat(),
            since=time_text(ended, connection, now=now) if ended else _("not known"), since_at=ended,
            again=_("Not by itself"), action=action, member_id=connection.owner_id,
        )  # fmt: skip
    ends = connection.consent_expires_at
    if connection.is_active and ends and ends < now + CONSENT_NOTICE:
        day = day_text(ends.astimezone(company_zone(connection)).date())
        yield Issue(
            "consent", "consent", WARNING, _("The consent ends on %(when)s") % {"when": day},
            _("QuickBooks ends every consent after five years. Reconnect early and nothing is interrupted."),
            responsible, Actor.ADMIN, Topic.CONNECTION, occurrence=ends.isoformat(), action=action,
            member_id=connection.owner_id,
        )  # fmt: skip


def sync_issues(connection: Connection, *, now: datetime) -> Iterator[Issue]:
    """Return what keeps changes from arriving."""
    sync = connection.company.sync
    if sync.consecutive_failures and connection.is_active:
        began = outage_began(connection)
        due = sync.next_sync_at
        yield Issue(
            "not-read", "not_read", WARNING, _("QuickBooks could not be read"),
            _("What you see is what we knew before. It is tried again by itself."),
            _("QuickBooks"), Actor.QUICKBOOKS, Topic.CONNECTION, occurrence=began.isoformat() if began else "",
            since=time_text(began, connection, now=now) if began else "", since_at=began,
            again=_("By itself, next at %(when)s") % {"when": time_text(due, connection, now=now)} if due else "",
            action="sync", is_waiting=True,
        )  # fmt: skip
    beat = schedule_last_ran()
    if is_late(beat, now=now):
        yield Issue(
            "background", "background", ERROR, _("Background work is not running"),
            _("Status does not follow and unconfirmed invoices are not checked. Start worker and schedule."),
            _("Whoever runs this installation"), Actor.INSTALLATION, Topic.INSTALLATION,
            since=time_text(beat, connection, now=now) if beat else _("it never ran"), since_at=beat,
        )  # fmt: skip
    yield from _webhook_issues(connection, now=now)


def is_late(beat: datetime | None, *, now: datetime) -> bool:
    """Return whether background work has not run for too long; `beat` is when it last did."""
    return beat is None or now - beat > STALE_AFTER


def outage_began(connection: Connection) -> datetime | None:
    """Return since when the company could not be read, None when that is not known."""
    began = (
        Outage.objects.filter(company=connection.company_id, ended_at__isnull=True)
        .values_list("began_at", flat=True)
        .first()
    )
    return began or connection.company.sync.last_error_at


def _webhook_issues(connection: Connection, *, now: datetime) -> Iterator[Issue]:
    if not settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN:
        return
    waiting = WebhookEvent.objects.filter(
        realm_id=connection.company.realm_id,
        received_at__gt=now - timedelta(days=1),
        processed_at__isnull=True,
    ).aggregate(oldest=Min("received_at"))["oldest"]
    if waiting and now - waiting > SLOW_AFTER:
        yield Issue(
            "webhook-event", "webhook_event", WARNING, _("A webhook event has not been processed yet"),
            _("QuickBooks reported a change that was not fetched. It is fetched as soon as QuickBooks answers."),
            _("QuickBooks"), Actor.QUICKBOOKS, Topic.CONNECTION, occurrence=waiting.isoformat(),
            since=time_text(waiting, connection, now=now), since_at=waiting, action="sync", is_waiting=True,
        )  # fmt: skip


def reads_issues(connection: Connection, *, now: datetime) -> Iterator[Issue]:
    """Return what the month's reads need."""
    block = open_reads_block()
    if block is not None:
        yield _blocked(block, connection, now=now)
    quota = read_quota(now=now)
    if quota.is_slow:
        yield Issue(
            "reads", "reads", ERROR if quota.is_used_up else WARNING, _("The month's reads run short"),
            quota_words(quota), _("Whoever runs this installation"), Actor.INSTALLATION, Topic.INSTALLATION,
            occurrence=f"{now:%Y-%m}",
        )  # fmt: skip


def quota_words(quota: ReadQuota) -> str:
    """Return what the used part of the month's reads means."""
    if quota.is_used_up:
        return _("Background reads have stopped until the month is over. What people do goes on.")
    if quota.is_slow:
        return _("Background reads are slower until the month is over.")
    return _("Background reads slow down at 80% and stop at 95%. What people do always goes on.")


def _blocked(block: ReadsBlock, connection: Connection, *, now: datetime) -> Issue:
    """Return what an open block of the reads means; whether QuickBooks named it or it only looks so is a difference."""
    if block.is_said:
        title = _("QuickBooks refuses to be read until the month is over")
        words = _(
            "The monthly reads of this installation’s Intuit app are used up. Creating invoices goes on; statuses "
            "show what was known before. A larger plan at Intuit ends it at once."
        )
    else:
        title = _("QuickBooks has refused to be read for more than ten minutes")
        words = _(
            "It refuses every company although we ask slowly, so the monthly reads of this installation’s Intuit app "
            "may be used up. Creating invoices goes on; statuses show what was known before."
        )
    return Issue(
        "reads-block", "reads_block", ERROR, title, words,
        _("Whoever runs this installation"), Actor.INSTALLATION, Topic.INSTALLATION,
        occurrence=block.began_at.isoformat(), since=time_text(block.began_at, connection, now=now),
        since_at=block.began_at,
        again=_("By itself, next at %(when)s") % {"when": time_text(block.next_probe_at, connection, now=now)},
        action="sync",
    )  # fmt: skip
