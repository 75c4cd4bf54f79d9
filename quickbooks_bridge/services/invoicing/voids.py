"""Voiding an invoice that payments may settle: nothing is half done, whatever is refused or lost on the way.

QuickBooks' API refuses to void what a payment settles, so payments are taken off first and stay as the customer's
credit. What they settled is kept in a row before the first of them is touched; a refusal writes it back at once, and
when the answer is lost or the process dies, the dispatch finishes it (`void_resume`).
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from deals.viewer import Viewer
from quickbooks_bridge.domain.credits import CREDIT_MEMO, is_about, lines_restored, targets
from quickbooks_bridge.domain.remote import RemoteInvoice, RemotePayment
from quickbooks_bridge.gateway.client import QuickBooksClient
from quickbooks_bridge.gateway.errors import NotFound, QuickBooksError, StaleObject, Unavailable
from quickbooks_bridge.models import Connection, Invoice, VoidOperation
from quickbooks_bridge.services.connections.lifecycle import client_for
from quickbooks_bridge.services.mirror import invoices
from quickbooks_bridge.services.mirror.events import InvoiceState, event_add_details, record_invoice_event

from .actions import InvoiceChanged, record_if_disconnected, refresh_for_action

logger = logging.getLogger(__name__)

# Longer than every call of one void together may take: until then whoever began it is still at it.
VOID_LEASE = timedelta(minutes=5)
# After so long somebody else has decided what the payments settle; what was not put back is told.
ABANDON_AFTER = timedelta(days=7)
# When QuickBooks only asked us to slow down, the payments go back as soon as it listens again.
RETRY_DELAY = timedelta(minutes=1)


@dataclass(frozen=True)
class VoidResult:
    """A voided invoice, how many payments became credit of the customer, and whether a credit memo has its own back."""

    invoice: Invoice
    freed_payments: int
    is_credit_back: bool = False


def invoice_void(
    viewer: Viewer,
    connection: Connection,
    invoice: Invoice,
    *,
    seen: InvoiceState,
    now: datetime,
    reason: str = "",
) -> VoidResult:
    """Void an invoice; payments that settle it are taken off first and stay as the customer's credit.

    Already voided counts as done. Raises ChangedMeanwhile and QuickBooks' errors; after `Unavailable` with an unknown
    outcome the dispatch finishes what was begun.
    """
    client = client_for(connection, interactive=True)
    try:
        remote = refresh_for_action(client, connection, invoice, seen=seen, now=now)
    except QuickBooksError as error:
        record_if_disconnected(connection, error, now=now)
        raise
    if remote is None:
        raise InvoiceChanged(invoice, seen)
    if invoice.is_voided:
        return VoidResult(invoice, 0)
    begun = _start(viewer, client, connection, invoice, remote, reason, now=now)
    try:
        voided = _void(client, connection, invoice, begun)
    except QuickBooksError as error:
        record_if_disconnected(connection, error, now=now)
        if not _is_unknown(error) and not _roll_back(client, connection, invoice, begun, now=now):
            VoidOperation.objects.filter(pk=begun.pk).update(next_check_at=now + RETRY_DELAY)
            raise Unavailable(error.code, outcome_unknown=True, problem_code=error.problem_code) from error
        raise
    applied = invoices.invoice_apply(
        connection.company, voided, now=now, source="action", actor=viewer.member
    )
    _explain(applied, begun)
    _end(begun, now=now)
    settling = [kept for kept in begun.payments if _is_money(kept)]
    return VoidResult(applied, len(settling), any(_has_credit(kept) for kept in begun.payments))


def _has_credit(kept: dict[str, Any]) -> bool:
    return any(is_about(line, CREDIT_MEMO) for line in kept["lines"])


def _is_money(kept: dict[str, Any]) -> bool:
    """Return whether a payment holds money, and not only a credit memo's credit."""
    amounts = [
        Decimal(str(line.get("Amount") or 0)) * (-1 if is_about(line, CREDIT_MEMO) else 1)
        for line in kept["lines"]
    ]
    return sum(amounts, Decimal(0)) > 0


def _explain(invoice: Invoice, begun: VoidOperation) -> None:
    """Say in the change log who voided it, and why."""
    if begun.member is not None:
        details = {"reason": begun.reason} if begun.reason else {}
        event_add_details(invoice, "invoice.voided", details, actor=begun.member)


def _is_unknown(error: QuickBooksError) -> bool:
    return isinstance(error, Unavailable) and error.outcome_unknown


def _start(
    viewer: Viewer,
    client: QuickBooksClient,
    connection: Connection,
    invoice: Invoice,
    remote: RemoteInvoice,
    reason: str,
    *,
    now: datetime,
) -> VoidOperation:
    """Read the payments and keep what they settle, before any of them is changed."""
    payments = []
    try:
        for payment_id in remote.payment_qbo_ids:
            payment = client.payment_read(payment_id)
            payments.append({"qbo_id": payment.qbo_id, "lines": _plain(payment.raw.get("Line", ()))})
    except QuickBooksError as error:
        record_if_disconnected(connection, error, now=now)
        raise
    return VoidOperation.objects.create(
        account_id=connection.account_id,
        invoice=invoice,
        member=viewer.member,
        request_id=uuid.uuid4().hex,
        payments=payments,
        reason=reason,
        started_at=now,
        next_check_at=now + VOID_LEASE,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Decimal) else value


def _void(
    client: QuickBooksClient, connection: Connection, invoice: Invoice, begun: VoidOperation
) -> RemoteInvoice:
    """Take the payments off and void. A lost answer is asked for once more under the same request id."""
    for kept in begun.payments:
        payment = client.payment_read(kept["qbo_id"])
        if any(part.invoice_qbo_id == invoice.qbo_id for part in payment.applied):
            _unapply(client, connection, payment, invoice.qbo_id)
    request_id = begun.request_id
    token = client.invoice_read(invoice.qbo_id).sync_token
    try:
        return client.invoice_void(invoice.qbo_id, sync_token=token, request_id=request_id)
    except StaleObject:
        fresh = client.invoice_read(invoice.qbo_id)
        if fresh.payment_qbo_ids:
            raise  # paid at this very moment: that is not what the person agreed to
        return client.invoice_void(invoice.qbo_id, sync_token=fresh.sync_token, request_id=uuid.uuid4().hex)
    except Unavailable as error:
        if not error.outcome_unknown:
            raise
        return client.invoice_void(invoice.qbo_id, sync_token=token, request_id=request_id)


def _unapply(
    client: QuickBooksClient, connection: Connection, payment: RemotePayment, invoice_qbo_id: str
) -> None:
    request_id = uuid.uuid4().hex
    try:
        freed = client.payment_unapply(payment, invoice_qbo_id=invoice_qbo_id, request_id=request_id)
    except Unavailable as error:
        if not error.outcome_unknown:
            raise
        freed = client.payment_unapply(payment, invoice_qbo_id=invoice_qbo_id, request_id=request_id)
    invoices.payments_apply(connection.company, [freed])


def _roll_back(
    client: QuickBooksClient,
    connection: Connection,
    invoice: Invoice,
    begun: VoidOperation,
    *,
    now: datetime,
) -> bool:
    """Settle the invoice with its payments again; gives whether nothing is left to do.

    A voided or deleted invoice is left alone. What QuickBooks refuses to put back is told in the change log.
    """
    is_done = True
    if not begun.payments:
        _end(begun, now=now)
        return True
    try:
        current = client.invoice_read(invoice.qbo_id)
    except NotFound:
        current = None
    except QuickBooksError:
        return False
    if current is None or current.is_all_zero:
        if current is not None:
            invoices.invoices_apply(connection.company, [current], now=now, source="action")
        _end(begun, now=now)
        return True
    lost = Decimal(0)
    for kept in reversed(begun.payments):
        try:
            _reapply_payment(client, connection, kept, invoice.qbo_id)
        except QuickBooksError as error:
            logger.error(
                "payment not put back",
                extra={"realm": connection.company.realm_id, "payment": kept["qbo_id"], "code": error.code},
            )
            if error.retryable:
                is_done = False
            else:
                lost += _settled_by(kept, invoice.qbo_id)
    try:
        remote = client.invoice_read(invoice.qbo_id)
        invoices.invoices_apply(connection.company, [remote], now=now, source="action")
    except QuickBooksError:
        is_done = False
    if is_done:
        _end(begun, now=now)
        if lost:
            _record_unrestored(invoice, lost, now=now)
    return is_done


def _record_unrestored(invoice: Invoice, lost: Decimal, *, now: datetime) -> None:
    """Say in the change log what no longer settles the invoice although it was not voided."""
    data = {
        "number": invoice.doc_number or invoice.qbo_id,
        "qbo_id": invoice.qbo_id,
        "currency": invoice.currency,
        "amount": str(lost),
    }
    invoice.refresh_from_db()
    record_invoice_event(invoice, "invoice.not_put_back", data, now=now, source="action", actor=None)


def _reapply_payment(
    client: QuickBooksClient, connection: Connection, kept: dict[str, Any], invoice_qbo_id: str
) -> None:
    """Write one payment's lines as they were; one that still settles the invoice is left alone."""
    try:
        current = client.payment_read(kept["qbo_id"])
    except NotFound:
        return  # deleted meanwhile: there is nothing to put back
    if any(part.invoice_qbo_id == invoice_qbo_id for part in current.applied):
        return
    lines = lines_restored(kept["lines"], list(current.raw.get("Line", ())), invoice_qbo_id)
    restored = client.payment_set_lines(current, lines, request_id=uuid.uuid4().hex)
    invoices.payments_apply(connection.company, [restored])


def _settled_by(kept: dict[str, Any], invoice_qbo_id: str) -> Decimal:
    amounts = (
        Decimal(str(line.get("Amount") or 0)) for line in kept["lines"] if invoice_qbo_id in targets(line)
    )
    return sum(amounts, Decimal(0))


def _end(begun: VoidOperation, *, now: datetime) -> None:
    begun.ended_at, begun.next_check_at = now, None
    begun.save(update_fields=["ended_at", "next_check_at"])


def void_resume(begun: VoidOperation, connection: Connection, *, now: datetime) -> bool:
    """Finish a void that was begun and not ended; gives whether nothing is left to do.

    A voided or deleted invoice needs nothing more; any other gets its payments back, for nobody waits for the void
    any longer. One process at a time: the next time to look is claimed by a conditional UPDATE.
    """
    mine = VoidOperation.objects.filter(pk=begun.pk, ended_at__isnull=True, next_check_at__lte=now)
    if not mine.update(next_check_at=now + VOID_LEASE):
        return False
    invoice = begun.invoice
    if begun.started_at < now - ABANDON_AFTER:
        _end(begun, now=now)
        lost = sum((_settled_by(kept, invoice.qbo_id) for kept in begun.payments), Decimal(0))
        if lost:
            _record_unrestored(invoice, lost, now=now)
        return True
    is_done = _roll_back(client_for(connection, interactive=False), connection, invoice, begun, now=now)
    invoice.refresh_from_db()
    if is_done and invoice.is_voided:
        _explain(invoice, begun)
    return is_done
