"""What waits for an answer, what waits for a person, and what did and is over."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deals.viewer import Viewer
from quickbooks_bridge.connection_words import time_text
from quickbooks_bridge.domain.deep_links import invoice_link, web_url
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.models import (
    Connection,
    InvoiceIntent,
    Notice,
    Outage,
    ParkedObject,
    UnreadEvents,
    VoidRun,
)
from quickbooks_bridge.selectors import REFUSED, may_see_invoices
from quickbooks_bridge.services.intents import UNFINISHED
from quickbooks_bridge.services.notices import email_is_set_up, remind_key
from quickbooks_bridge.services.pace import KEPT
from quickbooks_bridge.services.parked import NEAR, NOT_SERVED
from quickbooks_bridge.wording import Turn, problem_text, turn_text, whose_turn

from .parts import BAD, CHECKING, LOOK, OK, Finding, Health, Solved, Tile, grouped, span_text

SLOW_NEWS = timedelta(minutes=15)
AT_MOST = 20
RECENT_EVENTS = timedelta(days=7)


def work(health: Health, viewer: Viewer, connection: Connection, now: datetime) -> None:
    """Say which invoices are not confirmed yet and which were refused."""
    mine = {"account_id": connection.account_id}
    intents = list(
        InvoiceIntent.objects.filter(Q(state__in=UNFINISHED) | REFUSED, **mine)
        .select_related("deal", "member")
        .defer("payload", "customer_payload", "form")
        .order_by("created_at")[:50]
    )
    voids = VoidRun.objects.filter(ended_at__isnull=True, **mine).count()
    unsure = [intent for intent in intents if intent.state in UNFINISHED]
    if unsure:
        note = _("Oldest since %(when)s") % {"when": time_text(unsure[0].created_at, connection, now=now)}
    else:
        note = _("Voids, taking payments off first") if voids else _("Nothing waits for an answer")
    count = len(unsure) + voids
    value = ngettext("%(count)s checking", "%(count)s checking", count) % {"count": count}
    health.tiles.append(
        Tile(_("Not confirmed yet"), CHECKING if count else OK, value if count else _("None"), note)
    )
    sees = may_see_invoices(viewer, connection)
    refused = [intent for intent in intents if intent.state == InvoiceIntent.State.REFUSED]
    keys = [remind_key(intent, now=now) for intent in refused]
    told = set(Notice.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
    for intent in refused:
        finding = _refused(intent, viewer, connection, sees=sees, now=now)
        if intent.member_id != viewer.member.pk:
            is_told = remind_key(intent, now=now) in told
            finding = replace(finding, remind=intent.pk, remind_name=intent.member.name, is_reminded=is_told)
        health.findings.append(finding)
    for intent in unsure:
        if now - intent.created_at >= SLOW_NEWS:
            health.findings.append(_unconfirmed(intent, connection, now=now))
    _left_over(health, connection, now)


def _tab(intent: InvoiceIntent) -> str:
    return reverse("deals:deal_detail", args=[intent.deal_id]) + "?tab=invoice"


def _refused(
    intent: InvoiceIntent, viewer: Viewer, connection: Connection, *, sees: bool, now: datetime
) -> Finding:
    """Say why, where the reader may see invoices, and lead to the form, where it is theirs."""
    problems = [Problem.from_dict(data) for data in intent.problems] or [Problem("unexpected")]
    turn = whose_turn(problems[0].code)
    is_own = sees and intent.realm_id == connection.realm_id
    form = reverse("quickbooks:invoice_new", args=[intent.deal_id]) + f"?intent={intent.pk}"
    why = problem_text(problems[0]) if sees else _("The deal says why, and leads back to the form.")
    if "Nothing was" not in why:
        why = _("Nothing was created.") + " " + why
    if turn is Turn.YOURS:
        who = _("Yours") if intent.member_id == viewer.member.pk else intent.member.name
    else:
        who = turn_text(turn)
    return Finding(
        f"intent-{intent.pk}",
        BAD,
        _("Invoice for %(deal)s was refused") % {"deal": intent.deal.title},
        why,
        who,
        since=time_text(intent.finished_at or intent.created_at, connection, now=now),
        again=_("Not by itself"),
        link=form if is_own else _tab(intent),
        link_text=_("Open the form") if is_own else _("Open the deal"),
        about="invoice",
    )


def _unconfirmed(intent: InvoiceIntent, connection: Connection, *, now: datetime) -> Finding:
    due = intent.next_check_at
    return Finding(
        f"intent-{intent.pk}",
        CHECKING,
        _("Invoice for %(deal)s is not confirmed") % {"deal": intent.deal.title},
        _("It is checked again by itself, and never made twice."),
        _("QuickBooks'"),
        since=time_text(intent.created_at, connection, now=now),
        again=_("By itself, next at %(when)s") % {"when": time_text(due, connection, now=now)} if due else "",
        link=_tab(intent),
        link_text=_("Open the deal"),
        is_waiting=True,
    )


def _left_over(health: Health, connection: Connection, now: datetime) -> None:
    mine = {"account_id": connection.account_id}
    parked = ParkedObject.objects.filter(**mine, realm_id=connection.realm_id)
    for row in parked.order_by("first_at")[:10]:
        if row.reason == NOT_SERVED:
            health.findings.append(_unserved(row, connection, now=now))
            continue
        health.findings.append(
            Finding(
                f"parked-{row.pk}",
                LOOK,
                _("%(kind)s %(id)s of QuickBooks could not be understood")
                % {"kind": row.entity, "id": row.qbo_id},
                _("All others are up to date. Opening it in QuickBooks and saving it once more may help."),
                _("Whoever runs this installation"),
                since=time_text(row.changed_at or row.first_at, connection, now=now),
                again=_("By itself once a day, and with its next change"),
            )
        )
    _unread_events(health, connection, now)
    _no_email(health, connection, now)
    unsent = Notice.objects.filter(**mine, sent_at__isnull=True).filter(
        Q(attempts__gt=0) | Q(next_try_at__isnull=True)
    )
    for notice in unsent.select_related("member")[:5]:
        due = notice.next_try_at
        health.findings.append(
            Finding(
                f"notice-{notice.pk}",
                LOOK,
                _("A mail to %(name)s did not go out") % {"name": notice.member.name},
                _("The mail settings of the installation may be wrong.")
                if due
                else _("Nobody entered an address for this person."),
                _("Whoever runs this installation"),
                since=time_text(notice.created_at, connection, now=now),
                again=_("By itself, next at %(when)s") % {"when": time_text(due, connection, now=now)}
                if due
                else _("Not by itself"),
                action="notices",
            )
        )


def _unserved(row: ParkedObject, connection: Connection, *, now: datetime) -> Finding:
    """Say that QuickBooks fails at one of its own objects, and how whoever keeps the books can cure it."""
    kinds = {
        "Invoice": _("invoice"),
        "Payment": _("payment"),
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
        link = invoice_link(base, realm_id=connection.realm_id, qbo_id=row.qbo_id)
    return Finding(
        f"parked-{row.pk}",
        LOOK,
        title % words,
        text,
        _("Whoever keeps the books in QuickBooks"),
        since=time_text(row.first_at, connection, now=now),
        again=_("By itself once a day, and with its next change"),
        link=link,
        link_text=_("Open in QuickBooks") if link else "",
    )


def _no_email(health: Health, connection: Connection, now: datetime) -> None:
    """Say that notifications wait because this installation has no mail server."""
    if email_is_set_up():
        return
    waiting = Notice.objects.filter(account_id=connection.account_id, sent_at__isnull=True)
    count = waiting.count()
    if not count:
        return
    title = ngettext(
        "%(count)s email waits: email is not set up", "%(count)s emails wait: email is not set up", count
    )
    health.findings.append(
        Finding(
            "no-email",
            LOOK,
            title % {"count": grouped(count)},
            _("Nobody got them. Set EMAIL_HOST and restart; what is younger than a week is then sent."),
            _("Whoever runs this installation"),
            since=time_text(waiting.earliest("created_at").created_at, connection, now=now),
            again=_("By itself, once email is set up"),
        )
    )


def _unread_events(health: Health, connection: Connection, now: datetime) -> None:
    """Say that QuickBooks sent events of a kind that this version does not read."""
    rows = UnreadEvents.objects.filter(
        realm_id__in=("", connection.realm_id), last_at__gt=now - RECENT_EVENTS
    ).aggregate(sum=Sum("count"), last=Max("last_at"))
    if not rows["sum"]:
        return
    count = rows["sum"]
    title = ngettext(
        "%(count)s webhook event could not be read", "%(count)s webhook events could not be read", count
    )
    health.findings.append(
        Finding(
            "unread-events",
            LOOK,
            title % {"count": grouped(count)},
            _(
                "QuickBooks sent a kind of event that this version does not know. Nothing is lost: changes are also "
                "fetched by polling. An update of this installation may be due."
            ),
            _("Whoever runs this installation"),
            since=time_text(rows["last"], connection, now=now),
            again=_("Not needed"),
        )
    )


OVER = {
    "quickbooks_down": lambda: _("QuickBooks did not answer"),
    "refresh_refused": lambda: _("QuickBooks did not accept our sign-in"),
    "throttled": lambda: _("QuickBooks asked us to slow down"),
    "reconnect": lambda: _("QuickBooks needed a new sign-in"),
    "reconnect_as_admin": lambda: _("QuickBooks needed a new sign-in"),
}


def trouble_text(problem: str) -> str:
    """Name what kept a company from being read, in the past tense."""
    words = OVER.get(problem)
    return words() if words else _("QuickBooks could not be read")


def solved(health: Health, connection: Connection, now: datetime) -> None:
    """Say what needed somebody in the last two weeks and does no more, newest first."""
    mine = {"account_id": connection.account_id}
    since = now - KEPT
    found: list[tuple[datetime, str, str]] = []
    intents = InvoiceIntent.objects.filter(
        Q(state=InvoiceIntent.State.CREATED, attempts__gt=1, finished_at__gt=since)
        | Q(state=InvoiceIntent.State.REFUSED, dismissed_at__gt=since),
        **mine,
    ).select_related("deal")
    for intent in intents.only("state", "created_at", "finished_at", "dismissed_at", "deal__title").order_by(
        "-id"
    )[:AT_MOST]:
        deal = {"deal": intent.deal.title}
        if intent.dismissed_at is not None:
            title = _("Invoice for %(deal)s was refused") % deal
            found.append((intent.dismissed_at, title, _("The refusal was put aside.")))
        elif intent.finished_at is not None:
            title = _("Invoice for %(deal)s was not confirmed") % deal
            took = span_text((intent.finished_at - intent.created_at).total_seconds())
            found.append(
                (
                    intent.finished_at,
                    title,
                    _("It was created, once; finding that out took %(span)s.") % {"span": took},
                )
            )
    outages = Outage.objects.filter(**mine, realm_id=connection.realm_id, ended_at__gt=since)
    for row in outages.order_by("-began_at")[:AT_MOST]:
        if row.ended_at is not None:
            took = span_text((row.ended_at - row.began_at).total_seconds())
            words = _("After %(span)s it could be read again; everything was caught up.") % {"span": took}
            found.append((row.ended_at, trouble_text(row.problem), words))
    late = Notice.objects.filter(**mine, sent_at__gt=since, attempts__gt=1).select_related("member")
    for notice in late.order_by("-sent_at")[:AT_MOST]:
        if notice.sent_at is not None:
            title = _("A mail to %(name)s did not go out") % {"name": notice.member.name}
            tries = ngettext(
                "It went out at the %(n)s. try.", "It went out at the %(n)s. try.", notice.attempts
            )
            found.append((notice.sent_at, title, tries % {"n": notice.attempts}))
    found.sort(key=lambda one: one[0], reverse=True)
    health.solved = [
        Solved(title, text, time_text(at, connection, now=now)) for at, title, text in found[:AT_MOST]
    ]
