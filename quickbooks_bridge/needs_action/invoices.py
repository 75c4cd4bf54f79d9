"""What of invoices needs somebody: refused ones, unconfirmed ones, figures that are not the promised ones."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from deals.models import Deal
from deals.rights import visible_deals
from deals.viewer import Viewer
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.messages.alarm_words import alarm_title, cause_text
from quickbooks_bridge.messages.problems import (
    Responsible,
    problem_text,
    responsible_for,
    responsible_text,
)
from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent, Notification
from quickbooks_bridge.selectors.connections import may_see_invoices
from quickbooks_bridge.selectors.pending_work import REJECTED_INTENTS, with_stored_alarm
from quickbooks_bridge.services.invoicing.intents import OPEN_STATES
from quickbooks_bridge.services.operations.notifications import reminder_key

from .issue import CHECKING, ERROR, WARNING, Actor, Issue, Topic

SLOW_AFTER = timedelta(minutes=15)
MOST = 50
ACTORS = {
    Responsible.YOURS: Actor.REP,
    Responsible.ADMIN: Actor.ADMIN,
    Responsible.ACCOUNTANT: Actor.ACCOUNTANT,
    Responsible.QUICKBOOKS: Actor.QUICKBOOKS,
}


def intent_issues(
    viewer: Viewer, connection: Connection, *, now: datetime, assigned: Sequence[int] = ()
) -> Iterator[Issue]:
    """Return the invoices that were refused, and those whose confirmation takes long."""
    rows = InvoiceIntent.objects.filter(
        Q(state__in=OPEN_STATES, created_at__lte=now - SLOW_AFTER) | REJECTED_INTENTS,
        account=connection.account_id,
    ).filter(seen_deal(viewer))
    if not viewer.is_admin:
        rows = rows.filter(Q(member=viewer.member.pk) | Q(pk__in=assigned))
    intents = list(
        rows.select_related("deal", "member")
        .defer("payload", "customer_payload", "form")
        .order_by("created_at")[:MOST]
    )
    sees = may_see_invoices(viewer, connection)
    refused = [intent for intent in intents if intent.state == InvoiceIntent.State.REJECTED]
    keys = [reminder_key(intent, now=now) for intent in refused]
    reminded = set(Notification.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
    for intent in intents:
        if intent.state != InvoiceIntent.State.REJECTED:
            yield _unconfirmed(intent, connection, now=now)
            continue
        issue = _refused(intent, viewer, connection, sees=sees, now=now)
        if intent.member_id != viewer.member.pk:
            is_reminded = reminder_key(intent, now=now) in reminded
            issue = replace(issue, remind=intent.pk, remind_name=intent.member.name, is_reminded=is_reminded)
        yield issue


def seen_deal(viewer: Viewer) -> Q:
    """Return the condition on rows with a `deal` that the viewer sees it; nothing for who sees all."""
    condition = visible_deals(viewer)
    return Q(Exists(Deal.objects.filter(condition, pk=OuterRef("deal")))) if condition else Q()


def deal_tab(deal_id: int) -> str:
    """Return the address of a deal's Invoice tab."""
    return reverse("deals:deal_detail", args=[deal_id]) + "?tab=invoice"


def _refused(
    intent: InvoiceIntent, viewer: Viewer, connection: Connection, *, sees: bool, now: datetime
) -> Issue:
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
    at = intent.finished_at or intent.created_at
    return Issue(
        f"intent-{intent.pk}", "refused", ERROR,
        _("Invoice for %(deal)s was refused") % {"deal": intent.deal.title}, why, who, ACTORS[responsible],
        Topic.INVOICES, occurrence=intent.request_id, subject=intent.deal.title,
        since=time_text(at, connection, now=now), since_at=at, again=_("Not by itself"),
        link=form if is_own else deal_tab(intent.deal_id),
        link_text=_("Open the form") if is_own else _("Open the deal"), about="invoice", is_solvable=True,
        member_id=intent.member_id, deal_id=intent.deal_id,
    )  # fmt: skip


def _unconfirmed(intent: InvoiceIntent, connection: Connection, *, now: datetime) -> Issue:
    due = intent.next_check_at
    return Issue(
        f"intent-{intent.pk}", "unconfirmed", CHECKING,
        _("Invoice for %(deal)s is not confirmed") % {"deal": intent.deal.title},
        _("It is checked again by itself, and never made twice."), _("QuickBooks"), Actor.QUICKBOOKS,
        Topic.INVOICES, occurrence=f"{intent.request_id}?", subject=intent.deal.title,
        since=time_text(intent.created_at, connection, now=now), since_at=intent.created_at,
        again=_("By itself, next at %(when)s") % {"when": time_text(due, connection, now=now)} if due else "",
        link=deal_tab(intent.deal_id), link_text=_("Open the deal"), is_waiting=True,
        member_id=intent.member_id, deal_id=intent.deal_id,
    )  # fmt: skip


def alarm_issues(
    viewer: Viewer, connection: Connection, *, now: datetime, assigned: Sequence[int] = ()
) -> Iterator[Issue]:
    """Return the invoices of deals whose tax, total or rate is not the one that was promised."""
    if not may_see_invoices(viewer, connection):
        return
    creator = InvoiceIntent.objects.filter(invoice=OuterRef("pk")).order_by("-pk").values("member")[:1]
    rows = with_stored_alarm(connection).filter(seen_deal(viewer)).annotate(creator=Subquery(creator))
    if not viewer.is_admin:
        rows = rows.filter(
            Q(creator=viewer.member.pk) | Q(creator=None, deal__owner=viewer.member.pk) | Q(pk__in=assigned)
        )
    for invoice in rows.select_related("deal").order_by("-pk")[:MOST]:
        yield _alarm(invoice, connection, now=now)


def _alarm(invoice: Invoice, connection: Connection, *, now: datetime) -> Issue:
    deal = invoice.deal
    assert deal is not None
    number = invoice.doc_number or invoice.qbo_id
    at = invoice.mirrored_at
    return Issue(
        f"alarm-{invoice.pk}", "figures", WARNING,
        _("Invoice %(number)s: %(what)s") % {"number": number, "what": alarm_title(invoice.alarm)},
        cause_text(invoice.alarm_cause), _("Your accountant"), Actor.ACCOUNTANT, Topic.FIGURES,
        occurrence=invoice.alarm, subject=number, since=time_text(at, connection, now=now), since_at=at,
        again=_("Not by itself"), action="alarm", link=deal_tab(deal.pk), link_text=_("Open the deal"),
        about="invoice", is_solvable=True, member_id=getattr(invoice, "creator", None) or deal.owner_id,
        deal_id=deal.pk, invoice_id=invoice.pk,
    )  # fmt: skip
