"""What of QuickBooks' own data needs somebody: objects that cannot be read, events of unknown kinds."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quickbooks_bridge.domain.deep_links import invoice_link, web_url
from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import Connection, UnreadableEvents, UnreadableObject
from quickbooks_bridge.services.mirror.unreadable import NEAR, NOT_SERVED

from .issue import WARNING, Actor, Issue, Topic, grouped

RECENT_EVENTS = timedelta(days=7)
MOST = 10


def unreadable_issues(connection: Connection, *, now: datetime) -> Iterator[Issue]:
    """Return what QuickBooks does not serve, and what it serves and we do not understand."""
    rows = UnreadableObject.objects.filter(company=connection.company_id)
    for row in rows.order_by("first_seen_at")[:MOST]:
        yield (
            _unserved(row, connection, now=now)
            if row.reason == NOT_SERVED
            else _strange(row, connection, now=now)
        )
    yield from _unread_events(connection, now=now)


def _occurrence(row: UnreadableObject) -> str:
    return row.changed_at.isoformat() if row.changed_at else row.first_seen_at.isoformat()


def _strange(row: UnreadableObject, connection: Connection, *, now: datetime) -> Issue:
    at = row.changed_at or row.first_seen_at
    return Issue(
        f"unreadable-{row.pk}", "unreadable", WARNING,
        _("%(kind)s %(id)s of QuickBooks could not be understood") % {"kind": row.entity, "id": row.qbo_id},
        _("All others are up to date. Opening it in QuickBooks and saving it once more may help."),
        _("Whoever runs this installation"), Actor.INSTALLATION, Topic.CONNECTION, occurrence=_occurrence(row),
        subject=f"{row.entity} {row.qbo_id}", since=time_text(at, connection, now=now), since_at=at,
        again=_("By itself once a day, and with its next change"), is_solvable=True,
    )  # fmt: skip


def _unserved(row: UnreadableObject, connection: Connection, *, now: datetime) -> Issue:
    """Say that QuickBooks fails at one of its own objects, and how whoever keeps the books can cure it."""
    kinds = {
        "Invoice": _("invoice"),
        "Payment": _("payment"),
        "CreditMemo": _("credit memo"),
        "Customer": _("customer"),
        "Item": _("product"),
    }
    words = {"kind": kinds.get(row.entity, row.entity), "id": row.qbo_id}
    is_named = not row.qbo_id.startswith(NEAR)
    title = (
        _("QuickBooks cannot read its own %(kind)s %(id)s")
        if is_named
        else _("QuickBooks cannot read one %(kind)s")
    )
    text = _(
        "Mostly an email address in it is one that QuickBooks no longer takes: correct it there and save. What shows "
        "here of it may be old."
    )
    if not is_named and row.changed_at:
        words["when"] = time_text(row.changed_at, connection, now=now)
        text = _("It was last changed at or soon after %(when)s, and is not here.") % words + " " + text
    link = ""
    if is_named and row.entity == "Invoice":
        base = web_url(settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_WEB_URL)
        link = invoice_link(base, realm_id=connection.company.realm_id, qbo_id=row.qbo_id)
    return Issue(
        f"unreadable-{row.pk}", "unserved", WARNING, title % words, text,
        _("Whoever keeps the books in QuickBooks"), Actor.ACCOUNTANT, Topic.CONNECTION,
        occurrence=_occurrence(row), subject=f"{row.entity} {row.qbo_id}" if is_named else row.entity,
        since=time_text(row.first_seen_at, connection, now=now), since_at=row.first_seen_at,
        again=_("By itself once a day, and with its next change"), link=link,
        link_text=_("Open in QuickBooks") if link else "", is_solvable=True,
    )  # fmt: skip


def _unread_events(connection: Connection, *, now: datetime) -> Iterator[Issue]:
    """Return that QuickBooks sent events of a kind that this version does not read."""
    rows = UnreadableEvents.objects.filter(
        realm_id__in=("", connection.company.realm_id), last_seen_at__gt=now - RECENT_EVENTS
    ).aggregate(sum=Sum("count"), last=Max("last_seen_at"), day=Max("day"))
    if not rows["sum"]:
        return
    title = ngettext(
        "%(count)s webhook event could not be read", "%(count)s webhook events could not be read", rows["sum"]
    )
    yield Issue(
        "unread-events", "unread_events", WARNING, title % {"count": grouped(rows["sum"])},
        _(
            "QuickBooks sent a kind of event that this version does not know. Nothing is lost: changes are also "
            "fetched by polling. An update of this installation may be due."
        ),
        _("Whoever runs this installation"), Actor.INSTALLATION, Topic.INSTALLATION, occurrence=str(rows["day"]),
        since=time_text(rows["last"], connection, now=now), since_at=rows["last"], again=_("Not needed"),
        is_solvable=True,
    )  # fmt: skip
