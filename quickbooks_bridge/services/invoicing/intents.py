"""Making an invoice exactly once: decided in a row first, sent with an idempotency key, repeated until known."""

import logging
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from deals.models import Member
from quickbooks_bridge.db.crash_points import crash_point
from quickbooks_bridge.domain.alarms import Expected, creation_finding
from quickbooks_bridge.domain.payloads import marker_of
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import KEEPS_FAILING, Problem
from quickbooks_bridge.domain.remote import RemoteInvoice
from quickbooks_bridge.domain.totals import unexplained
from quickbooks_bridge.gateway.client import QuickBooksClient
from quickbooks_bridge.gateway.errors import (
    QuickBooksError,
    ReconnectRequired,
    Rejected,
    StaleObject,
    Throttled,
    Unavailable,
    UnexpectedAnswer,
)
from quickbooks_bridge.messages.problems import placed
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent, SyncState
from quickbooks_bridge.services.connections.lifecycle import client_for, failure_record
from quickbooks_bridge.services.mirror import invoices as mirror_invoices
from quickbooks_bridge.services.mirror.events import created_event_data, record_invoice_event
from quickbooks_bridge.services.operations.notifications import notify_invoice_failed, notify_keeps_failing

from .attachments import attachments_bind
from .customers import customer_link
from .records import record_creation
from .taken_names import name_refusal

logger = logging.getLogger(__name__)

State = InvoiceIntent.State
OPEN_STATES = (State.PENDING, State.SENDING, State.UNKNOWN)
REQUEST_ID_USED = "600"
SEND_LEASE = timedelta(seconds=150)
# QuickBooks does not say how long it remembers request ids; after a day the marker is asked for first.
REQUEST_ID_LIFETIME = timedelta(hours=20)
MAX_RETRY_DELAY = timedelta(minutes=10)
# Somebody may still be looking at the deal: what is that young is asked for often.
YOUNG, LONGEST_WAIT_YOUNG = timedelta(minutes=10), timedelta(seconds=20)
# What fails so often and for so long, while the company can be read and the invoice is not in it, fails for good.
TRIES_IN_VAIN, TIME_IN_VAIN = 20, timedelta(hours=1)


# One that kept failing is sought no more, but should it be there after all it is the deal's.
_MAY_SURFACE = Q(state__in=OPEN_STATES) | Q(state=State.REJECTED, problems__0__code=KEEPS_FAILING)


def initial_claim(now: datetime) -> dict[str, Any]:
    """Return the columns of an intent whose first try begins with its decision, in the process that decided."""
    return {
        "state": State.SENDING,
        "lease_until": now + SEND_LEASE,
        "next_check_at": now + SEND_LEASE,
        "attempts": 1,
        "sent_at": now,
    }


def intent_resume(
    intent: InvoiceIntent, connection: Connection, *, now: datetime, interactive: bool
) -> InvoiceIntent:
    """Send, or send again, what the intent says; gives it with its new state. Never raises QuickBooks' errors.

    One process at a time: the lease is claimed by a conditional UPDATE. A killed process' lease runs out, and the
    same request id then finds what it had done.
    """
    claimed = (
        InvoiceIntent.objects.filter(pk=intent.pk, state__in=OPEN_STATES)
        .filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
        .update(
            state=State.SENDING,
            lease_until=now + SEND_LEASE,
            next_check_at=now + SEND_LEASE,
            attempts=F("attempts") + 1,
        )
    )
    intent.refresh_from_db()
    return intent_send(intent, connection, now=now, interactive=interactive) if claimed else intent


def intent_send(
    intent: InvoiceIntent, connection: Connection, *, now: datetime, interactive: bool
) -> InvoiceIntent:
    """Send an intent whose lease this process holds (`first_lease`, `intent_run`); gives it with its new state."""
    crash_point("intent.after_claim")
    client = client_for(connection, interactive=interactive)
    # Only somebody who waits at the form can be told to try again; whatever else is put off is repeated here.
    user_is_waiting = interactive and intent.attempts == 1
    try:
        remote = _send(intent, connection, client, now=now)
    except QuickBooksError as error:
        _handle_error(intent, connection, client, error, user_is_waiting=user_is_waiting, now=now)
        intent.refresh_from_db()
    else:
        crash_point("intent.after_post")
        _finish(intent, connection, remote, now=now, tid=client.last_tid)
    return intent


def _send(
    intent: InvoiceIntent, connection: Connection, client: QuickBooksClient, *, now: datetime
) -> RemoteInvoice:
    if intent.customer_payload and not intent.customer_qbo_id:
        _send_customer(intent, connection, client, now=now)
    customer = intent.customer_qbo_id or intent.payload["CustomerRef"]["value"]
    sent_at = intent.sent_at
    if sent_at is not None and now - sent_at > REQUEST_ID_LIFETIME:
        found = _find_created(intent, client, customer, now=now)
        if found:
            return found
    if sent_at is None:
        InvoiceIntent.objects.filter(pk=intent.pk).update(sent_at=now)
    payload = {**intent.payload, "CustomerRef": {"value": customer}}
    crash_point("intent.before_post")
    try:
        return client.invoice_create(payload, request_id=intent.request_id)
    except UnexpectedAnswer as error:
        # QuickBooks says that this request id was used before; then its invoice can be found.
        found = _find_created(intent, client, customer, now=now) if error.code == REQUEST_ID_USED else None
        if found is None:
            raise
        return found


def _find_created(
    intent: InvoiceIntent, client: QuickBooksClient, customer: str, *, now: datetime
) -> RemoteInvoice | None:
    since = ((intent.sent_at or now) - timedelta(days=400)).date()
    if intent.payload.get("TxnDate"):
        since = min(since, date.fromisoformat(intent.payload["TxnDate"]))
    marker = marker_of(intent.request_id)
    return client.invoice_find(marker, customer_qbo_id=customer, since=since)


def match_created_invoices(batch: mirror_invoices.Batch, *, now: datetime) -> int:
    """Recognise invoices that answer an unfinished intent by the marker in their note; gives how many were found.

    So an invoice whose answer was lost is confirmed by the next sync, at no call of its own.
    """
    changed = [(connection, changes.invoices) for connection, changes in batch if changes.invoices]
    if not changed:
        return 0
    companies = {connection.company_id for connection, _invoices in changed}
    unfinished: dict[int, list[InvoiceIntent]] = {}
    open_ones = InvoiceIntent.objects.filter(_MAY_SURFACE, company__in=companies, sent_at__isnull=False)
    for intent in open_ones.select_related("deal", "member", "company"):
        unfinished.setdefault(intent.company_id, []).append(intent)
    count = 0
    for connection, invoices in changed:
        waiting = unfinished.get(connection.company_id)
        for remote in mirror_invoices.iter_readable(connection.company, invoices) if waiting else ():
            for intent in waiting or ():
                if marker_of(intent.request_id) in remote.private_note:
                    _finish(intent, connection, remote, now=now)
                    count += 1
    return count


def _send_customer(
    intent: InvoiceIntent, connection: Connection, client: QuickBooksClient, *, now: datetime
) -> None:
    """Create or update the customer first; its id is kept at once, so that it is never made twice.

    A new one is also linked at once: should the invoice then be refused, the next try finds the customer.
    """
    payload: dict[str, Any] = intent.customer_payload
    try:
        remote = client.customer_write(payload, request_id=intent.customer_request_id)
    except StaleObject:
        current = client.customer_read(str(payload["Id"]))
        payload = {**payload, "SyncToken": str(current.sync_token)}
        remote = client.customer_write(payload, request_id=uuid.uuid4().hex)
    except Rejected as error:
        if error.problem_code == ProblemCode.NAME_TAKEN_THERE:
            raise name_refusal(connection, client, str(payload.get("DisplayName", "")), error) from error
        raise
    crash_point("intent.after_customer")
    InvoiceIntent.objects.filter(pk=intent.pk).update(customer_qbo_id=remote.qbo_id)
    intent.customer_qbo_id = remote.qbo_id
    mirror_invoices.customers_apply(connection.company, [remote])
    if "Id" not in payload:
        customer_link(intent.deal, connection, remote.qbo_id, now=now)


@transaction.atomic
def _finish(
    intent: InvoiceIntent, connection: Connection, remote: RemoteInvoice, *, now: datetime, tid: str = ""
) -> None:
    """Store the invoice, end the intent and remember the customer; who comes second tells nothing twice."""
    deal, actor = intent.deal, intent.member
    creation: dict[str, Any] = {
        "expected_total": intent.expected_total,
        "deal_net": intent.deal_net,
        **_alarm_columns(intent, remote),
    }
    invoice = mirror_invoices.created_invoice_apply(
        connection.company, remote, deal=deal, creation=creation, now=now, actor=actor
    )
    is_told = invoice is not None
    if invoice is None:
        invoice = mirror_invoices.invoice_apply(
            connection.company, remote, now=now, source="create", actor=actor
        )
        Invoice.objects.filter(pk=invoice.pk).update(deal=deal, created_by_app=True, **creation)
        invoice.deal, invoice.created_by_app, invoice.alarm = deal, True, str(creation["alarm"])
    end = {
        "state": State.SUCCEEDED,
        "finished_at": now,
        "lease_until": None,
        "next_check_at": None,
        "problems": [],
    }
    done = InvoiceIntent.objects.filter(_MAY_SURFACE, pk=intent.pk).update(invoice=invoice, **end)
    customer_link(deal, connection, remote.customer_qbo_id, now=now)
    if done and not is_told:
        record_invoice_event(
            invoice, "invoice.created", created_event_data(invoice), now=now, source="create", actor=actor
        )
    if done:
        _record_alarm(intent, invoice, now=now, actor=actor)
        record_creation(intent, invoice, remote, tid=tid, now=now)
        attachments_bind(deal, intent.token, invoice, now=now)
        intent.invoice = invoice
        for name, value in end.items():
            setattr(intent, name, value)
    else:
        intent.refresh_from_db()
    crash_point("intent.before_commit")
    logger.info(
        "invoice created",
        extra={"realm": intent.company.realm_id, "intent": intent.pk, "invoice": invoice.pk},
    )


def _alarm_columns(intent: InvoiceIntent, remote: RemoteInvoice) -> dict[str, str]:
    """Return what is odd about the figures that QuickBooks answered, and why, in the columns of the invoice."""
    ship_to = intent.payload.get("ShipAddr") or {}
    rate = intent.payload.get("ExchangeRate")
    expected = Expected(
        total=intent.expected_total,
        tax=intent.expected_tax,
        taxable=intent.taxable,
        has_place=bool(ship_to.get("PostalCode") or ship_to.get("Country")),
        rate=Decimal(rate) if rate else None,
    )
    finding = creation_finding(
        expected, total=remote.total, total_tax=remote.total_tax, exchange_rate=remote.exchange_rate
    )
    return {
        "alarm": str(finding.alarm) if finding else "",
        "alarm_cause": str(finding.cause) if finding else "",
    }


def _record_alarm(intent: InvoiceIntent, invoice: Invoice, *, now: datetime, actor: Member) -> None:
    """Write down that QuickBooks' figures are not the ones that the page promised."""
    if invoice.alarm:
        off = unexplained(
            intent.expected_total, intent.expected_tax, total=invoice.total, total_tax=invoice.total_tax
        )
        data = {
            **created_event_data(invoice),
            "expected": str(invoice.total - off),
            "alarm": invoice.alarm,
            "cause": invoice.alarm_cause,
        }
        record_invoice_event(invoice, "invoice.differs", data, now=now, source="create", actor=actor)


def _handle_error(
    intent: InvoiceIntent,
    connection: Connection,
    client: QuickBooksClient,
    error: QuickBooksError,
    *,
    user_is_waiting: bool,
    now: datetime,
) -> None:
    """Decide what an error means: refused for good, or not known yet.

    A refusal of a repetition proves nothing about the tries before it, whose answers were lost: the invoice is
    looked for by its marker before its person is told that there is none. So is one whose making fails again and again.
    """
    may_exist = (isinstance(error, Unavailable) and error.outcome_unknown) or (
        isinstance(error, UnexpectedAnswer) and (error.status in {None, 200} or error.code == REQUEST_ID_USED)
    )
    cannot_know = isinstance(error, Unavailable | Throttled | ReconnectRequired)
    is_in_vain = may_exist and _is_in_vain(intent, connection, now=now)
    is_open = not is_in_vain and (may_exist or (cannot_know and not user_is_waiting))
    customer = intent.customer_qbo_id or intent.payload["CustomerRef"]["value"]
    if not is_open and intent.attempts > 1 and customer:
        try:
            made = _find_created(intent, client, customer, now=now)
        except QuickBooksError:
            is_open = True
        else:
            if made is not None:
                _finish(intent, connection, made, now=now)
                return
    if is_in_vain and not is_open:
        error.problem_code = KEEPS_FAILING
    _record_outcome(intent, connection, error, is_open=is_open, user_is_waiting=user_is_waiting, now=now)


def _is_in_vain(intent: InvoiceIntent, connection: Connection, *, now: datetime) -> bool:
    """Return whether it was tried so often and long, with a company that is otherwise well, that it has to end."""
    is_long = intent.attempts >= TRIES_IN_VAIN and now - (intent.sent_at or now) >= TIME_IN_VAIN
    failing = SyncState.objects.filter(company=connection.company_id, consecutive_failures__gt=0)
    return is_long and not failing.exists()


def _record_outcome(
    intent: InvoiceIntent,
    connection: Connection,
    error: QuickBooksError,
    *,
    is_open: bool,
    user_is_waiting: bool,
    now: datetime,
) -> None:
    """Keep that it is refused for good, or when it is asked for again. Who is not at the form any more gets a mail.

    Who was slower than the lease says nothing: somebody else may know better by now.
    """
    if isinstance(error, ReconnectRequired):
        failure_record(connection, error, now=now)
    logger.warning(
        "invoice not confirmed",
        extra={
            "realm": intent.company.realm_id,
            "intent": intent.pk,
            "code": error.code,
            "intuit_tid": error.intuit_tid,
        },
    )
    mine = InvoiceIntent.objects.filter(
        pk=intent.pk, state=State.SENDING, attempts=intent.attempts, request_id=intent.request_id
    )
    if is_open:
        longest = LONGEST_WAIT_YOUNG if now - intent.created_at < YOUNG else MAX_RETRY_DELAY
        wait = min(timedelta(seconds=5) * 2 ** min(intent.attempts - 1, 8), longest)
        mine.update(state=State.UNKNOWN, lease_until=None, next_check_at=now + wait)
        return
    if isinstance(error, Rejected):
        # What the form did not foresee it does not know: the company and its lists are due to be read again.
        SyncState.objects.filter(company=connection.company_id).update(lists_refreshed_at=None)
        problems = [placed(problem) for problem in error.problems]
    else:
        params = {"code": error.code, "tries": str(intent.attempts)}
        problems = [Problem(error.problem_code or ProblemCode.UNEXPECTED, params=params)]
    refused = mine.update(
        state=State.REJECTED,
        lease_until=None,
        next_check_at=None,
        finished_at=now,
        problems=[{**problem.as_dict(), "tid": error.intuit_tid} for problem in problems],
    )
    if refused and problems[0].code == KEEPS_FAILING:
        notify_keeps_failing(intent, now=now)
    elif refused and not user_is_waiting:
        notify_invoice_failed(intent, now=now)
