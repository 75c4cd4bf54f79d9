"""What is done to an invoice that QuickBooks has: delete, send, its PDF, and the tie to a deal."""

import uuid
from datetime import datetime
from urllib.parse import urlsplit

from deals.models import Deal
from deals.viewer import Viewer
from quickbooks_bridge.domain.remote import RemoteDeletion, RemoteInvoice
from quickbooks_bridge.gateway.client import QuickBooksClient
from quickbooks_bridge.gateway.errors import (
    NotFound,
    QuickBooksError,
    ReconnectRequired,
    StaleObject,
    Unavailable,
)
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.services.connections.lifecycle import client_for, failure_record
from quickbooks_bridge.services.mirror import invoices
from quickbooks_bridge.services.mirror.events import InvoiceState, record_invoice_event


class InvoiceChanged(Exception):
    """The invoice is no longer as the person saw it; nothing was done.

    `invoice` is its present row, `before` what the person had seen of it.
    """

    def __init__(self, invoice: Invoice, before: InvoiceState) -> None:
        super().__init__("changed meanwhile")
        self.invoice = invoice
        self.before = before


def refresh_for_action(
    client: QuickBooksClient, connection: Connection, invoice: Invoice, *, seen: InvoiceState, now: datetime
) -> RemoteInvoice | None:
    """Read the invoice afresh and apply it; None when it is deleted in QuickBooks.

    A change that the person could not have seen is no reason to stop; raises ChangedMeanwhile when money, date or
    state are not what was on the screen.
    """
    try:
        remote = client.invoice_read(invoice.qbo_id)
    except NotFound:
        deletion_apply(connection, invoice, now=now)
        return None
    invoices.invoices_apply(connection.company, [remote], now=now, source="action")
    invoice.refresh_from_db()
    if invoice.is_voided and not seen.is_voided:
        return remote
    if _displayed_fields(InvoiceState.of(invoice)) != _displayed_fields(seen):
        raise InvoiceChanged(invoice, seen)
    return remote


def _displayed_fields(news: InvoiceState) -> tuple[object, ...]:
    return news.total, news.balance, news.due_date, news.is_voided


def deletion_apply(
    connection: Connection, invoice: Invoice, *, now: datetime, viewer: Viewer | None = None
) -> None:
    """Apply that the invoice is deleted in QuickBooks."""
    at = max(now, invoice.remote_updated_at or now)
    gone = RemoteDeletion("Invoice", invoice.qbo_id, at)
    actor = viewer.member if viewer else None
    invoices.deletions_apply(connection.company, [gone], now=now, source="action", actor=actor)
    invoice.refresh_from_db()


def invoice_delete(
    viewer: Viewer, connection: Connection, invoice: Invoice, *, seen: InvoiceState, now: datetime
) -> Invoice:
    """Delete an invoice in QuickBooks; its row stays with the flag Deleted. Already deleted counts as done.

    Raises ChangedMeanwhile and QuickBooks' errors.
    """
    client = client_for(connection, interactive=True)
    try:
        for attempt in range(2):
            remote = refresh_for_action(client, connection, invoice, seen=seen, now=now)
            if remote is None:
                return invoice
            try:
                _delete(client, invoice, sync_token=remote.sync_token)
                break
            except StaleObject:
                # Somebody was faster between reading and deleting. When nothing the person saw has changed, the
                # new token is as good as the old one.
                if attempt:
                    raise
    except QuickBooksError as error:
        record_if_disconnected(connection, error, now=now)
        raise
    invoice.refresh_from_db()
    deletion_apply(connection, invoice, now=now, viewer=viewer)
    return invoice


def _delete(client: QuickBooksClient, invoice: Invoice, *, sync_token: int) -> None:
    """Delete, and find out at once what a lost answer would have said."""
    try:
        client.invoice_delete(invoice.qbo_id, sync_token=sync_token, request_id=uuid.uuid4().hex)
    except NotFound:
        return  # somebody else was faster; what was wanted is so
    except Unavailable as error:
        if not error.outcome_unknown:
            raise
        try:
            client.invoice_read(invoice.qbo_id)
        except NotFound:
            return
        raise


def invoice_send(
    viewer: Viewer, connection: Connection, invoice: Invoice, *, to: str, seen: InvoiceState, now: datetime
) -> Invoice:
    """Let QuickBooks mail the invoice, which is read first: what is sent is what the person saw.

    Raises ChangedMeanwhile and QuickBooks' errors.
    """
    client = client_for(connection, interactive=True)
    try:
        remote = refresh_for_action(client, connection, invoice, seen=seen, now=now)
        if remote is None or invoice.is_voided:
            raise InvoiceChanged(invoice, seen)
        sent = client.invoice_send(invoice.qbo_id, to=to, request_id=uuid.uuid4().hex)
    except QuickBooksError as error:
        record_if_disconnected(connection, error, now=now)
        raise
    return invoices.invoice_apply(connection.company, sent, now=now, source="action", actor=viewer.member)


def invoice_pdf(connection: Connection, invoice: Invoice, *, now: datetime) -> bytes:
    """Return QuickBooks' PDF of the invoice."""
    try:
        return client_for(connection, interactive=True).invoice_pdf(invoice.qbo_id)
    except QuickBooksError as error:
        record_if_disconnected(connection, error, now=now)
        raise


def invoice_pay_link(connection: Connection, invoice: Invoice) -> str:
    """Return the web address where the customer pays an invoice, "" where QuickBooks gives none; one read."""
    link = client_for(connection, interactive=True).invoice_pay_link(invoice.qbo_id)
    return link if urlsplit(link).scheme in {"http", "https"} else ""


def invoice_link(viewer: Viewer, deal: Deal, invoice: Invoice, *, now: datetime) -> None:
    """Count an invoice toward a deal; nothing changes in QuickBooks."""
    Invoice.objects.filter(pk=invoice.pk).update(deal=deal)
    invoice.deal = deal
    data = {"number": invoice.doc_number or invoice.qbo_id, "qbo_id": invoice.qbo_id}
    record_invoice_event(invoice, "invoice.linked", data, now=now, source="person", actor=viewer.member)


def invoice_unlink(viewer: Viewer, invoice: Invoice, *, now: datetime) -> None:
    """Take an invoice off its deal; nothing changes in QuickBooks."""
    data = {"number": invoice.doc_number or invoice.qbo_id, "qbo_id": invoice.qbo_id}
    record_invoice_event(invoice, "invoice.unlinked", data, now=now, source="person", actor=viewer.member)
    Invoice.objects.filter(pk=invoice.pk).update(deal=None)


def record_if_disconnected(connection: Connection, error: QuickBooksError, *, now: datetime) -> None:
    """Keep on the connection that QuickBooks no longer accepts it."""
    if isinstance(error, ReconnectRequired):
        failure_record(connection, error, now=now)
