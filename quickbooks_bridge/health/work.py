"""What waits for an answer, and what waits for a person."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quickbooks_bridge.connection_words import time_text
from quickbooks_bridge.models import Connection, InvoiceIntent, Notice, ParkedObject, VoidRun
from quickbooks_bridge.selectors import REFUSED
from quickbooks_bridge.services.intents import UNFINISHED

from .parts import BAD, LOOK, OK, Finding, Health, Tile

SLOW_NEWS = timedelta(minutes=15)


def work(health: Health, connection: Connection, now: datetime) -> None:
    """Say which invoices are not confirmed yet and which were refused."""
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
