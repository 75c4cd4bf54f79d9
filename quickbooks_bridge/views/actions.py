"""What can be done with an invoice: void, delete, send, PDF, link, unlink, refresh, check."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from deals.viewer import Viewer
from quickbooks_bridge.access import deal_of, invoice_of, owner_required
from quickbooks_bridge.forms import SendForm
from quickbooks_bridge.gateway.errors import QuickBooksError, Unavailable
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent
from quickbooks_bridge.presenters import InvoiceRow, invoice_row
from quickbooks_bridge.selectors import payments_on
from quickbooks_bridge.services import customers as customer_service
from quickbooks_bridge.services import invoices as service
from quickbooks_bridge.services.index import connection_sync
from quickbooks_bridge.services.intents import intent_run
from quickbooks_bridge.wording import say


def _back(invoice: Invoice) -> HttpResponse:
    if invoice.deal_id:
        return redirect(reverse("deals:deal_detail", args=[invoice.deal_id]) + "?tab=invoice")
    return redirect("deals:deal_list")


def _allowed(row: InvoiceRow, action: str) -> bool:
    return any(entry.id == action for entry in row.actions)


def _say_refusal(request: HttpRequest, error: QuickBooksError) -> None:
    """Say in plain words why nothing was done, or that it is not known yet."""
    if isinstance(error, Unavailable) and error.outcome_unknown:
        text = _(
            "Not confirmed yet – checking. QuickBooks did not answer in time; the flag here becomes right by itself."
        )
    else:
        text = say(error.problem_code)
    messages.warning(request, text)


def _dialog(
    request: HttpRequest, template: str, row: InvoiceRow, *, status: int = 200, **context: Any
) -> HttpResponse:
    back = (
        reverse("deals:deal_detail", args=[row.invoice.deal_id]) + "?tab=invoice"
        if row.invoice.deal_id
        else "/"
    )
    return render(
        request, template, {"row": row, "invoice": row.invoice, "back": back, **context}, status=status
    )


def _seen_token(request: HttpRequest) -> int:
    text = request.POST.get("seen", "")
    return int(text) if text.isdigit() and len(text) < 9 else -1


@owner_required
def void(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Say what will happen, then void."""
    invoice = invoice_of(viewer, connection, pk)
    row = invoice_row(invoice, connection, now=timezone.now())
    if not _allowed(row, "void"):
        messages.warning(request, _("This invoice cannot be voided as it is now."))
        return _back(invoice)
    if request.method != "POST":
        return _dialog(request, "quickbooks/void.html", row, payments=payments_on(invoice))
    try:
        result = service.invoice_void(
            viewer, connection, invoice, seen_token=_seen_token(request), now=timezone.now()
        )
    except service.ChangedMeanwhile as changed:
        fresh = invoice_row(changed.invoice, connection, now=timezone.now())
        if not _allowed(fresh, "void"):
            messages.warning(request, _("The invoice changed in QuickBooks meanwhile; nothing was voided."))
            return _back(invoice)
        return _dialog(
            request,
            "quickbooks/void.html",
            fresh,
            status=409,
            payments=payments_on(changed.invoice),
            changed=True,
        )
    except QuickBooksError as error:
        _say_refusal(request, error)
        return _back(invoice)
    text = _("Invoice %(number)s is voided.") % {"number": row.number}
    if result.freed_payments:
        text += " " + ngettext(
            "Its payment stays as credit of the customer.",
            "Its %(n)s payments stay as credit of the customer.",
            result.freed_payments,
        ) % {"n": result.freed_payments}
    messages.success(request, text)
    return _back(invoice)


@owner_required
def delete(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Ask, then delete in QuickBooks."""
    invoice = invoice_of(viewer, connection, pk)
    row = invoice_row(invoice, connection, now=timezone.now())
    if not _allowed(row, "delete"):
        messages.warning(request, _("This invoice cannot be deleted as it is now."))
        return _back(invoice)
    if request.method != "POST":
        return _dialog(request, "quickbooks/delete.html", row, payments=payments_on(invoice))
    try:
        service.invoice_delete(
            viewer, connection, invoice, seen_token=_seen_token(request), now=timezone.now()
        )
    except service.ChangedMeanwhile as changed:
        fresh = invoice_row(changed.invoice, connection, now=timezone.now())
        return _dialog(
            request,
            "quickbooks/delete.html",
            fresh,
            status=409,
            payments=payments_on(changed.invoice),
            changed=True,
        )
    except QuickBooksError as error:
        _say_refusal(request, error)
        return _back(invoice)
    messages.success(request, _("Invoice %(number)s is deleted.") % {"number": row.number})
    return _back(invoice)


@owner_required
def send(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Ask for the address, then let QuickBooks send."""
    invoice = invoice_of(viewer, connection, pk)
    row = invoice_row(invoice, connection, now=timezone.now())
    if not _allowed(row, "send"):
        messages.warning(request, _("This invoice cannot be sent as it is now."))
        return _back(invoice)
    form = SendForm(request.POST or None, initial={"to": invoice.bill_email})
    if request.method != "POST" or not form.is_valid():
        return _dialog(
            request, "quickbooks/send.html", row, form=form, status=422 if request.method == "POST" else 200
        )
    try:
        service.invoice_send(viewer, connection, invoice, to=form.cleaned_data["to"], now=timezone.now())
    except QuickBooksError as error:
        _say_refusal(request, error)
        return _back(invoice)
    data = {"number": row.number, "to": form.cleaned_data["to"]}
    messages.success(request, _("Invoice %(number)s is on its way to %(to)s.") % data)
    return _back(invoice)


@owner_required
def pdf(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Hand on QuickBooks' PDF as a download."""
    invoice = invoice_of(viewer, connection, pk)
    try:
        data = service.invoice_pdf(connection, invoice)
    except QuickBooksError as error:
        _say_refusal(request, error)
        return _back(invoice)
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", invoice.doc_number or invoice.qbo_id)
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="invoice-{name}.pdf"'
    return response


@require_POST
@owner_required
def link(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int, deal_pk: int) -> HttpResponse:
    """Count an invoice toward a deal."""
    invoice, deal = invoice_of(viewer, connection, pk), deal_of(viewer, deal_pk)
    service.invoice_link(viewer, deal, invoice, now=timezone.now())
    messages.success(request, _("Invoice %(number)s counts toward this deal.") % {"number": invoice})
    return redirect("quickbooks:all_invoices", deal.pk)


@require_POST
@owner_required
def unlink(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Take an invoice off its deal."""
    invoice = invoice_of(viewer, connection, pk)
    back = _back(invoice)
    if invoice.deal_id:
        service.invoice_unlink(viewer, invoice, now=timezone.now())
        messages.success(request, _("Unlinked. Nothing changed in QuickBooks."))
    return back


@owner_required
def unlink_customer(
    request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int
) -> HttpResponse:
    """Ask, then forget which customer the deal's organization or person is."""
    deal = deal_of(viewer, deal_pk)
    if request.method != "POST":
        return render(request, "quickbooks/unlink_customer.html", {"deal": deal})
    if customer_service.customer_unlink(deal, connection, viewer, now=timezone.now()):
        messages.success(request, _("Unlinked. The next invoice asks for a customer again."))
    return redirect("deals:deal_detail", deal.pk)


@require_POST
@owner_required
def refresh(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Ask QuickBooks for all changes now: one call."""
    deal = deal_of(viewer, deal_pk)
    if connection.is_active and not connection_sync(connection, now=timezone.now(), interactive=True):
        connection.refresh_from_db()
        if connection.failures:
            messages.warning(request, _("QuickBooks is not answering. You see what we knew before."))
    return redirect(reverse("deals:deal_detail", args=[deal.pk]) + "?tab=invoice")


@require_POST
@owner_required
def check(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Find out now what became of an unconfirmed invoice."""
    intent = get_object_or_404(InvoiceIntent, account=viewer.account, pk=pk)
    if connection.is_active and connection.realm_id == intent.realm_id:
        intent_run(intent, connection, now=timezone.now(), interactive=True)
    return redirect(reverse("deals:deal_detail", args=[intent.deal_id]) + "?tab=invoice")
