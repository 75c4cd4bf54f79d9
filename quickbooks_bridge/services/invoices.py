"""Making invoices out of drafts, and what can be done with an invoice afterwards."""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from deals.models import Deal
from deals.viewer import Viewer
from quickbooks_bridge.domain.customer_diff import customer_diff
from quickbooks_bridge.domain.draft import InvoiceDraft
from quickbooks_bridge.domain.payloads import (
    PayloadProfile,
    customer_create_payload,
    customer_update_payload,
    invoice_payload,
    payload_digest,
)
from quickbooks_bridge.domain.remote import RemoteDeletion, RemoteInvoice, RemotePayment
from quickbooks_bridge.domain.totals import draft_totals
from quickbooks_bridge.gateway.client import QuickBooksClient
from quickbooks_bridge.gateway.errors import NotFound, QuickBooksError, StaleObject
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent
from quickbooks_bridge.selectors import customer_by_id, expected_tax_percent

from . import sync
from .connection import client_for, note_failure
from .customers import customer_facts, draft_facts
from .intents import intent_run
from .items import item_links_remember
from .timeline import invoice_event

logger = logging.getLogger(__name__)


class ChangedMeanwhile(Exception):
    """The invoice is no longer as the person saw it; nothing was done. `invoice` is its present row."""

    def __init__(self, invoice: Invoice) -> None:
        super().__init__("changed meanwhile")
        self.invoice = invoice


@dataclass(frozen=True)
class VoidResult:
    """A voided invoice, and how many payments became credit of the customer."""

    invoice: Invoice
    freed_payments: int


def payload_profile(connection: Connection) -> PayloadProfile:
    """Give what of the company decides how an invoice is written."""
    return PayloadProfile(
        country=connection.country,
        home_currency=connection.home_currency,
        is_multicurrency=connection.is_multicurrency,
    )


def invoice_create(
    viewer: Viewer, deal: Deal, connection: Connection, draft: InvoiceDraft, *, token: str, now: datetime
) -> InvoiceIntent:
    """Decide on an invoice and send it. The same `token` again gives the same intent, sent once.

    A refused one may be corrected and sent again under its token; anything else is never sent twice.
    """
    intent, is_new = _intent(viewer, deal, connection, draft, token=token, now=now)
    if is_new:
        item_links_remember(connection, draft.lines, now=now)
    if intent.state in (InvoiceIntent.State.NEW, InvoiceIntent.State.UNKNOWN):
        intent = intent_run(intent, connection, now=now, interactive=True)
    return intent


def _intent(
    viewer: Viewer, deal: Deal, connection: Connection, draft: InvoiceDraft, *, token: str, now: datetime
) -> tuple[InvoiceIntent, bool]:
    values = _intent_values(viewer, deal, connection, draft, now=now)
    try:
        with transaction.atomic():
            created = InvoiceIntent.objects.create(account=viewer.account, token=token, **values)
            return created, True
    except IntegrityError:
        existing = InvoiceIntent.objects.get(account=viewer.account, token=token)
    if existing.deal_id == deal.pk and existing.state == InvoiceIntent.State.REFUSED:
        fresh = {**values, "state": InvoiceIntent.State.NEW, "attempts": 0, "problems": [], "sent_at": None}
        if existing.customer_qbo_id:  # the customer was made before the invoice was refused
            fresh["customer_payload"] = None
        if InvoiceIntent.objects.filter(pk=existing.pk, state=InvoiceIntent.State.REFUSED).update(**fresh):
            existing.refresh_from_db()
            return existing, True
        existing.refresh_from_db()
    return existing, False


def _intent_values(
    viewer: Viewer, deal: Deal, connection: Connection, draft: InvoiceDraft, *, now: datetime
) -> dict[str, object]:
    profile = payload_profile(connection)
    request_id = uuid.uuid4().hex
    customer_payload = None
    if draft.customer.is_new:
        customer_payload = customer_create_payload(draft, profile=profile)
    elif draft.customer.update_in_quickbooks:
        customer_payload = _customer_update(connection, draft, profile)
    payload = invoice_payload(
        draft, customer_qbo_id=draft.customer.qbo_id, profile=profile, marker=request_id
    )
    totals = draft_totals(draft.lines, tax_percent=expected_tax_percent(connection))
    return {
        "deal": deal,
        "member": viewer.member,
        "realm_id": connection.realm_id,
        "request_id": request_id,
        "payload": payload,
        "payload_digest": payload_digest(payload),
        "customer_request_id": uuid.uuid4().hex if customer_payload else "",
        "customer_payload": customer_payload,
        "currency": draft.currency,
        "expected_total": totals.total,
        "next_check_at": now,
        "created_at": now,
    }


def _customer_update(
    connection: Connection, draft: InvoiceDraft, profile: PayloadProfile
) -> dict[str, object] | None:
    """Give the sparse update for the fields that differ, None when none does."""
    customer = customer_by_id(connection.account, connection.realm_id, draft.customer.qbo_id)
    if customer is None:
        return None
    diffs = customer_diff(customer_facts(customer), draft_facts(draft))
    fields = [diff.field for diff in diffs if diff.is_changed]
    if not fields:
        return None
    return customer_update_payload(
        draft, qbo_id=customer.qbo_id, sync_token=customer.sync_token, fields=fields, profile=profile
    )


def _read(
    client: QuickBooksClient, connection: Connection, invoice: Invoice, *, now: datetime
) -> RemoteInvoice | None:
    """Read the invoice afresh and apply it; None when it is deleted in QuickBooks."""
    try:
        remote = client.invoice_read(invoice.qbo_id)
    except NotFound:
        _apply_deletion(connection, invoice, now=now)
        return None
    sync.invoices_apply(connection, [remote], now=now, source="action")
    return remote


def _apply_deletion(
    connection: Connection, invoice: Invoice, *, now: datetime, viewer: Viewer | None = None
) -> None:
    at = max(now, invoice.remote_updated_at or now)
    gone = RemoteDeletion("Invoice", invoice.qbo_id, at)
    actor = viewer.member if viewer else None
    sync.deletions_apply(connection, [gone], now=now, source="action", actor=actor)


def invoice_void(
    viewer: Viewer, connection: Connection, invoice: Invoice, *, seen_token: int, now: datetime
) -> VoidResult:
    """Void an invoice; payments that settle it are unapplied first and stay as the customer's credit.

    Nothing is half done: when QuickBooks refuses any step, payments already taken off are put back. Already voided
    counts as done. Raises ChangedMeanwhile and QuickBooks' errors.
    """
    client = client_for(connection, interactive=True)
    remote = _read(client, connection, invoice, now=now)
    invoice.refresh_from_db()
    if remote is None or invoice.is_deleted:
        raise ChangedMeanwhile(invoice)
    if invoice.is_voided:
        return VoidResult(invoice, 0)
    if remote.sync_token != seen_token:
        raise ChangedMeanwhile(invoice)
    freed: list[RemotePayment] = []
    try:
        for payment_id in remote.payment_qbo_ids:
            payment = client.payment_read(payment_id)
            freed.append(payment)
            unapplied = client.payment_unapply(
                payment, invoice_qbo_id=invoice.qbo_id, request_id=uuid.uuid4().hex
            )
            sync.payments_apply(connection, [unapplied])
        if freed:
            remote = client.invoice_read(invoice.qbo_id)
        voided = client.invoice_void(
            invoice.qbo_id, sync_token=remote.sync_token, request_id=uuid.uuid4().hex
        )
    except QuickBooksError as error:
        _put_back(client, connection, freed)
        note_failure_if_dead(connection, error, now=now)
        raise
    applied = sync.invoice_apply(connection, voided, now=now, source="action", actor=viewer.member)
    return VoidResult(applied, len(freed))


def _put_back(client: QuickBooksClient, connection: Connection, freed: list[RemotePayment]) -> None:
    """Settle with the payments again what they settled before; one whose lines are unchanged is left alone."""
    for before in reversed(freed):
        try:
            current = client.payment_read(before.qbo_id)
            if current.applied == before.applied:
                continue
            restored = client.payment_set_lines(
                current, before.raw.get("Line", ()), request_id=uuid.uuid4().hex
            )
            sync.payments_apply(connection, [restored])
        except QuickBooksError as error:
            logger.error(
                "payment not put back",
                extra={"realm": connection.realm_id, "payment": before.qbo_id, "code": error.code},
            )


def invoice_delete(
    viewer: Viewer, connection: Connection, invoice: Invoice, *, seen_token: int, now: datetime
) -> Invoice:
    """Delete an invoice in QuickBooks; its row stays with the flag Deleted. Already deleted counts as done."""
    client = client_for(connection, interactive=True)
    remote = _read(client, connection, invoice, now=now)
    if remote is not None:
        if remote.sync_token != seen_token:
            invoice.refresh_from_db()
            raise ChangedMeanwhile(invoice)
        try:
            client.invoice_delete(invoice.qbo_id, sync_token=remote.sync_token, request_id=uuid.uuid4().hex)
        except NotFound:
            pass  # somebody else was faster; what was wanted is so
        except StaleObject as error:
            raise ChangedMeanwhile(invoice) from error
        invoice.refresh_from_db()
        _apply_deletion(connection, invoice, now=now, viewer=viewer)
    invoice.refresh_from_db()
    return invoice


def invoice_send(
    viewer: Viewer, connection: Connection, invoice: Invoice, *, to: str, now: datetime
) -> Invoice:
    """Let QuickBooks mail the invoice."""
    client = client_for(connection, interactive=True)
    remote = client.invoice_send(invoice.qbo_id, to=to, request_id=uuid.uuid4().hex)
    return sync.invoice_apply(connection, remote, now=now, source="action", actor=viewer.member)


def invoice_pdf(connection: Connection, invoice: Invoice) -> bytes:
    """Give QuickBooks' PDF of the invoice."""
    return client_for(connection, interactive=True).invoice_pdf(invoice.qbo_id)


def invoice_link(viewer: Viewer, deal: Deal, invoice: Invoice, *, now: datetime) -> None:
    """Count an invoice toward a deal; nothing changes in QuickBooks."""
    Invoice.objects.filter(pk=invoice.pk).update(deal=deal)
    invoice.deal = deal
    data = {"number": invoice.doc_number or invoice.qbo_id, "qbo_id": invoice.qbo_id}
    invoice_event(invoice, "invoice.linked", data, now=now, source="person", actor=viewer.member)


def invoice_unlink(viewer: Viewer, invoice: Invoice, *, now: datetime) -> None:
    """Take an invoice off its deal; nothing changes in QuickBooks."""
    data = {"number": invoice.doc_number or invoice.qbo_id, "qbo_id": invoice.qbo_id}
    invoice_event(invoice, "invoice.unlinked", data, now=now, source="person", actor=viewer.member)
    Invoice.objects.filter(pk=invoice.pk).update(deal=None)


def note_failure_if_dead(connection: Connection, error: QuickBooksError, *, now: datetime) -> None:
    """Keep on the connection that QuickBooks no longer accepts it."""
    if not error.retryable and error.problem_code.startswith("reconnect"):
        note_failure(connection, error, now=now)
