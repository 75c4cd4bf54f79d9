"""What waits for an answer, what waits for a person, and what did and is over."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deals.mail import mail_is_set_up
from deals.viewer import Viewer
from quickbooks_bridge.domain.deep_links import invoice_link, web_url
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.messages.problems import (
    Responsible,
    kind_of,
    problem_text,
    responsible_for,
    responsible_text,
)
from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import (
    Connection,
    InvoiceIntent,
    Notification,
    Outage,
    UnreadableEvents,
    UnreadableObject,
    VoidOperation,
)
from quickbooks_bridge.selectors.connections import may_see_invoices
from quickbooks_bridge.selectors.pending_work import REJECTED_INTENTS
from quickbooks_bridge.services.invoicing.intents import OPEN_STATES
from quickbooks_bridge.services.mirror.unreadable import NEAR, NOT_SERVED
from quickbooks_bridge.services.operations.notifications import reminder_key
from quickbooks_bridge.services.operations.sync_latency import RETENTION

from .components import (
    CHECKING,
    ERROR,
    OK,
    WARNING,
    Health,
    HealthIssue,
    ResolvedIssue,
    Tile,
    grouped,
    span_text,
)

SLOW_AFTER = timedelta(minutes=15)
MAX_SHOWN = 20
RECENT_EVENTS = timedelta(days=7)


def pending_work(health: Health, viewer: Viewer, connection: Connection, now: datetime) -> None:
    """Say which invoices are not confirmed yet and which were refused."""
    mine = {"account_id": connection.account_id}
    intents = list(
        InvoiceIntent.objects.filter(Q(state__in=OPEN_STATES) | REJECTED_INTENTS, **mine)
        .select_related("deal", "member")
        .defer("payload", "customer_payload", "form")
        .order_by("created_at")[:50]
    )
    voids = VoidOperation.objects.filter(ended_at__isnull=True, **mine).count()
    unsure = [intent for intent in intents if intent.state in OPEN_STATES]
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
    refused = [intent for intent in intents if intent.state == InvoiceIntent.State.REJECTED]
    keys = [reminder_key(intent, now=now) for intent in refused]
    told = set(Notification.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
    for intent in refused:
        finding = _refused(intent, viewer, connection, sees=sees, now=now)
        if intent.member_id != viewer.member.pk:
            is_told = reminder_key(intent, now=now) in told
            finding = replace(finding, remind=intent.pk, remind_name=intent.member.name, is_reminded=is_told)
        health.findings.append(finding)
    for intent in unsure:
        if now - intent.created_at >= SLOW_AFTER:
            health.findings.append(_unconfirmed(intent, connection, now=now))
    _left_over(health, connection, now)


def _tab(intent: InvoiceIntent) -> str:
    return reverse("deals:deal_detail", args=[intent.deal_id]) + "?tab=invoice"


def _refused(
    intent: InvoiceIntent, viewer: Viewer, connection: Connection, *, sees: bool, now: datetime
) -> HealthIssue:
    """Say why, where the reader may see invoices, and lead to the form, where it is theirs."""
    problems = [Problem.from_dict(data) for data in intent.problems] or [Problem(ProblemCode.UNEXPECTED)]
    responsible = responsible_for(problems[0].code)
    is_own = sees and intent.company_id == connection.company_id
    form = reverse("quickbooks:invoice_new", args=[intent.deal_id]) + f"?intent={intent.pk}"
    why = problem_text(problems[0]) if sees else _("The deal says why, and leads back to the form.")
    if "Nothing was" not in why:
        why = _("Nothing was created.") + " " + why
    if responsible is Responsible.YOURS:
        who = _("You") if intent.member_id == viewer.member.pk else intent.member.name
    else:
        who = responsible_text(responsible)
    return HealthIssue(
        f"intent-{intent.pk}",
        ERROR,
        _("Invoice for %(deal)s was refused") % {"deal": intent.deal.title},
        why,
        who,
        since=time_text(intent.finished_at or intent.created_at, connection, now=now),
        again=_("Not by itself"),
        link=form if is_own else _tab(intent),
        link_text=_("Open the form") if is_own else _("Open the deal"),
        about="invoice",
    )


def _unconfirmed(intent: InvoiceIntent, connection: Connection, *, now: datetime) -> HealthIssue:
    due = intent.next_check_at
    return HealthIssue(
        f"intent-{intent.pk}",
        CHECKING,
        _("Invoice for %(deal)s is not confirmed") % {"deal": intent.deal.title},
        _("It is checked again by itself, and never made twice."),
        _("QuickBooks"),
        since=time_text(intent.created_at, connection, now=now),
        again=_("By itself, next at %(when)s") % {"when": time_text(due, connection, now=now)} if due else "",
        link=_tab(intent),
        link_text=_("Open the deal"),
        is_waiting=True,
    )


def _left_over(health: Health, connection: Connection, now: datetime) -> None:
    mine = {"account_id": connection.account_id}
    unreadable = UnreadableObject.objects.filter(company=connection.company_id)
    for row in unreadable.order_by("first_seen_at")[:10]:
        if row.reason == NOT_SERVED:
            health.findings.append(_unserved(row, connection, now=now))
            continue
        health.findings.append(
            HealthIssue(
                f"unreadable-{row.pk}",
                WARNING,
                _("%(kind)s %(id)s of QuickBooks could not be understood")
                % {"kind": row.entity, "id": row.qbo_id},
                _("All others are up to date. Opening it in QuickBooks and saving it once more may help."),
                _("Whoever runs this installation"),
                since=time_text(row.changed_at or row.first_seen_at, connection, now=now),
                again=_("By itself once a day, and with its next change"),
            )
        )
    _unread_events(health, connection, now)
    _no_email(health, connection, now)
    unsent = Notification.objects.filter(**mine, sent_at__isnull=True).filter(
        Q(attempts__gt=0) | Q(next_try_at__isnull=True)
    )
    for notice in unsent.select_related("member")[:5]:
        due = notice.next_try_at
        health.findings.append(
            HealthIssue(
                f"notice-{notice.pk}",
                WARNING,
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


def _unserved(row: UnreadableObject, connection: Connection, *, now: datetime) -> HealthIssue:
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
    return HealthIssue(
        f"unreadable-{row.pk}",
        WARNING,
        title % words,
        text,
        _("Whoever keeps the books in QuickBooks"),
        since=time_text(row.first_seen_at, connection, now=now),
        again=_("By itself once a day, and with its next change"),
        link=link,
        link_text=_("Open in QuickBooks") if link else "",
    )


def _no_email(health: Health, connection: Connection, now: datetime) -> None:
    """Say that notifications wait because this installation has no mail server."""
    if mail_is_set_up():
        return
    waiting = Notification.objects.filter(account_id=connection.account_id, sent_at__isnull=True)
    count = waiting.count()
    if not count:
        return
    title = ngettext(
        "%(count)s email waits: email is not set up", "%(count)s emails wait: email is not set up", count
    )
    health.findings.append(
        HealthIssue(
            "no-email",
            WARNING,
            title % {"count": grouped(count)},
            _("Nobody got them. Set EMAIL_HOST and restart; what is younger than a week is then sent."),
            _("Whoever runs this installation"),
            since=time_text(waiting.earliest("created_at").created_at, connection, now=now),
            again=_("By itself, once email is set up"),
        )
    )


def _unread_events(health: Health, connection: Connection, now: datetime) -> None:
    """Say that QuickBooks sent events of a kind that this version does not read."""
    rows = UnreadableEvents.objects.filter(
        realm_id__in=("", connection.company.realm_id), last_seen_at__gt=now - RECENT_EVENTS
    ).aggregate(sum=Sum("count"), last=Max("last_seen_at"))
    if not rows["sum"]:
        return
    count = rows["sum"]
    title = ngettext(
        "%(count)s webhook event could not be read", "%(count)s webhook events could not be read", count
    )
    health.findings.append(
        HealthIssue(
            "unread-events",
            WARNING,
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


def trouble_text(problem: str) -> str:
    """Name what kept a company from being read, in the past tense."""
    return str(kind_of(problem).resolved) or _("QuickBooks could not be read")


def resolved(health: Health, connection: Connection, now: datetime) -> None:
    """Say what needed somebody in the last two weeks and does no more, newest first."""
    mine = {"account_id": connection.account_id}
    since = now - RETENTION
    found: list[tuple[datetime, str, str]] = []
    intents = InvoiceIntent.objects.filter(
        Q(state=InvoiceIntent.State.SUCCEEDED, attempts__gt=1, finished_at__gt=since)
        | Q(state=InvoiceIntent.State.REJECTED, dismissed_at__gt=since),
        **mine,
    ).select_related("deal")
    for intent in intents.only("state", "created_at", "finished_at", "dismissed_at", "deal__title").order_by(
        "-id"
    )[:MAX_SHOWN]:
        deal = {"deal": intent.deal.title}
        if intent.dismissed_at is not None:
            title = _("Invoice for %(deal)s was refused") % deal
            found.append((intent.dismissed_at, title, _("The refusal was dismissed.")))
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
    outages = Outage.objects.filter(company=connection.company_id, ended_at__gt=since)
    for row in outages.order_by("-began_at")[:MAX_SHOWN]:
        if row.ended_at is not None:
            took = span_text((row.ended_at - row.began_at).total_seconds())
            words = _("After %(span)s it could be read again; everything is up to date.") % {"span": took}
            found.append((row.ended_at, trouble_text(row.problem), words))
    late = Notification.objects.filter(**mine, sent_at__gt=since, attempts__gt=1).select_related("member")
    for notice in late.order_by("-sent_at")[:MAX_SHOWN]:
        if notice.sent_at is not None:
            title = _("A mail to %(name)s did not go out") % {"name": notice.member.name}
            tries = _("Sent on attempt %(n)s.") % {"n": notice.attempts}
            found.append((notice.sent_at, title, tries))
    found.sort(key=lambda one: one[0], reverse=True)
    health.solved = [
        ResolvedIssue(title, text, time_text(at, connection, now=now))
        for at, title, text in found[:MAX_SHOWN]
    ]
