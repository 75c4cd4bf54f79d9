"""Why an invoice is as it is: its history page, the same as a file, and the word that its figures are right."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from deals.rights import Right
from deals.viewer import Viewer
from quickbooks_bridge.deal_page.invoice_rows import invoice_row
from quickbooks_bridge.deal_page.record_lines import record_lines
from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.models import Connection, Invoice, InvoiceAttachment, InvoiceRecord
from quickbooks_bridge.selectors.connections import company_zone
from quickbooks_bridge.services.invoicing.actions import invoice_pay_link
from quickbooks_bridge.services.invoicing.alarms import alarm_check
from quickbooks_bridge.services.invoicing.records import broken_entry, record_entry, records_continue
from quickbooks_bridge.services.operations.person_limit import person_asks

from .invoice_actions import back_address, refusal_of
from .permissions import invoice_access_required, invoice_or_404, right_required


def _records(invoice: Invoice) -> list[InvoiceRecord]:
    records_continue([invoice.pk])
    return list(InvoiceRecord.objects.filter(invoice=invoice).select_related("actor").order_by("number"))


@require_safe
@invoice_access_required
def invoice_history(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Show what an invoice was made from, what was sent and answered, and what has changed since."""
    invoice = invoice_or_404(viewer, connection, pk)
    rows = _records(invoice)
    zone = company_zone(connection)
    context = {
        "row": invoice_row(invoice, connection, viewer=viewer, now=timezone.now()),
        "invoice": invoice,
        "lines": [record_lines(record, zone, currency=invoice.currency) for record in rows],
        "broken": broken_entry(rows),
        "last_digest": rows[-1].digest if rows else "",
        "back": back_address(request, invoice),
        "zone": zone,
        "attachments": InvoiceAttachment.objects.filter(invoice=invoice).defer("content").order_by("pk"),
    }
    return render(request, "quickbooks/invoice_history.html", context)


@require_safe
@invoice_access_required
def history_export(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Return the history as JSON: every entry with its digest, so that anybody can check the chain."""
    invoice = invoice_or_404(viewer, connection, pk)
    rows = _records(invoice)
    entries: list[dict[str, Any]] = [
        {
            "number": entry.number,
            "kind": entry.kind,
            "at": entry.occurred_at.isoformat(),
            "actor": entry.actor,
            "data": entry.data,
            "previous": entry.previous,
            "digest": entry.digest,
        }
        for entry in map(record_entry, rows)
    ]
    body = {
        "invoice": invoice.qbo_id,
        "company": connection.company.realm_id,
        "rule": "digest = SHA-256 of the entry without digest as JSON: sorted keys, no spaces, UTF-8",
        "entries": entries,
    }
    response = JsonResponse(body, json_dumps_params={"indent": 1, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="invoice-{invoice.pk}-history.json"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@right_required(Right.CREATE)
def alarm_checked(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Take what is odd off an invoice: somebody has looked and says that it is right."""
    invoice = invoice_or_404(viewer, connection, pk)
    if alarm_check(viewer, invoice, now=timezone.now()):
        messages.success(request, _("Invoice %(number)s is marked as checked.") % {"number": invoice})
    return redirect(back_address(request, invoice))


@require_POST
@invoice_access_required
def pay_link(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Ask QuickBooks where the customer pays an invoice online, and show it to be copied."""
    invoice = invoice_or_404(viewer, connection, pk)
    try:
        person_asks(viewer)
        link = invoice_pay_link(connection, invoice)
    except QuickBooksError as error:
        refusal = refusal_of(error, "pay_link")
        messages.warning(request, f"{refusal['title']}. {refusal['text']}")
        return redirect(back_address(request, invoice))
    if link:
        messages.success(request, _("Where invoice %(n)s is paid: %(link)s") % {"n": invoice, "link": link})
    else:
        messages.warning(
            request,
            _(
                "QuickBooks gives no payment link: the invoice needs an email address, something to pay, and online payments."
            ),
        )
    return redirect(back_address(request, invoice))
