"""Whether changes arrive: the last look, the schedule, QuickBooks' announcements."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext as _

from quickbooks_bridge.connection_words import time_text
from quickbooks_bridge.models import Connection, WebhookEvent
from quickbooks_bridge.services.announced import is_announced
from quickbooks_bridge.services.heartbeat import LATE, schedule_last_ran

from .parts import BAD, LOOK, OK, Finding, Health, Tile

SLOW_NEWS = timedelta(minutes=15)


def looks(health: Health, connection: Connection, now: datetime) -> None:
    """Say when QuickBooks was looked at last, and whether background work runs."""
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


def announcements(health: Health, connection: Connection, now: datetime) -> None:
    """Say whether QuickBooks tells of changes and whether they were followed."""
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
