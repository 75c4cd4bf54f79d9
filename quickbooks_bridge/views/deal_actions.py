"""What can be done from a deal: refresh, check an unconfirmed invoice, dismiss a refusal, unlink the customer."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deals.rights import Right
from deals.viewer import Viewer
from quickbooks_bridge.deal_page.intent_cards import search_link
from quickbooks_bridge.deal_page.invoice_rows import as_of
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent
from quickbooks_bridge.selectors.connections import open_reads_block
from quickbooks_bridge.selectors.customers import linked_customer
from quickbooks_bridge.services.invoicing import customers as customer_service
from quickbooks_bridge.services.invoicing.create import intent_abandon, intent_dismiss
from quickbooks_bridge.services.invoicing.intents import intent_resume
from quickbooks_bridge.services.sync.company import sync_company

from .limits import person_limited
from .permissions import deal_or_404, invoice_access_required, next_path, right_required


def _tab(deal_pk: int) -> str:
    return reverse("deals:deal_detail", args=[deal_pk]) + "?tab=invoice"


@require_POST
@invoice_access_required
def refresh(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Ask QuickBooks for all changes now: one call. A page with scripts gets news only and stays as it is."""
    deal = deal_or_404(viewer, deal_pk)
    now = timezone.now()
    limited = person_limited(viewer) if connection.is_active else ""
    is_read = not limited and connection.is_active and sync_company(connection, now=now, interactive=True)
    connection.refresh_from_db()
    if limited:
        text = limited
    elif is_read:
        text = _("%(as_of)s: up to date with QuickBooks.") % {"as_of": as_of(connection, now=now)}
    elif connection.is_active and open_reads_block() is not None:
        text = _("QuickBooks’ monthly reads are used up. You see what we knew before.")
    elif connection.is_active and not connection.company.sync.consecutive_failures:
        text = _("QuickBooks is being read already.")
    elif connection.is_active:
        text = _("QuickBooks is not answering. You see what we knew before.")
    else:
        text = _("QuickBooks is not connected. You see what we knew before.")
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        news = (
            {"toast": {"message": text}} if is_read else {"announce": {"message": text, "how": "assertive"}}
        )
        response["HX-Trigger"] = json.dumps({**news, "poll-now": {}})
        return response
    if not is_read:
        messages.warning(request, text)
    return redirect(next_path(request, _tab(deal.pk)))


def _intent(viewer: Viewer, pk: int) -> InvoiceIntent:
    rows = InvoiceIntent.objects.select_related("deal", "member")
    if viewer.only_deal is not None:
        rows = rows.filter(deal=viewer.only_deal)
    return get_object_or_404(rows, account=viewer.account, pk=pk)


@require_POST
@right_required(Right.CREATE)
def check(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Find out now what became of an unconfirmed invoice."""
    intent = _intent(viewer, pk)
    limited = ""
    if connection.is_active and connection.company_id == intent.company_id:
        limited = person_limited(viewer)
    if limited:
        messages.warning(request, limited)
    elif connection.is_active and connection.company_id == intent.company_id:
        intent = intent_resume(intent, connection, now=timezone.now(), interactive=True)
    if intent.state == InvoiceIntent.State.SUCCEEDED:
        messages.success(request, _("Invoice %(number)s was created.") % {"number": intent.invoice})
    return redirect(_tab(intent.deal_id))


@require_POST
@right_required(Right.CREATE)
def dismiss(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Take a refusal off the deal page."""
    intent = _intent(viewer, pk)
    intent_dismiss(intent, now=timezone.now())
    return redirect(_tab(intent.deal_id))


@right_required(Right.CREATE)
def abandon(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Ask, then end an unconfirmed invoice whose company is no longer connected."""
    intent = _intent(viewer, pk)
    back = _tab(intent.deal_id)
    if request.method != "POST":
        context = {"intent": intent, "link": search_link(intent), "back": back}
        return render(request, "quickbooks/abandon_intent.html", context)
    if intent_abandon(intent, now=timezone.now(), actor=viewer.member):
        messages.success(request, _("No longer checked. Its amount counts as still to invoice."))
    else:
        messages.info(request, _("Nothing was stopped: QuickBooks has answered, or can be asked again."))
    if request.headers.get("X-Dialog"):
        return HttpResponse(status=204)
    return redirect(back)


@right_required(Right.CREATE)
def unlink_customer(
    request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int
) -> HttpResponse:
    """Ask, then forget which customer the deal's organization or person is."""
    deal = deal_or_404(viewer, deal_pk)
    customer = linked_customer(deal, connection.company_id)
    if request.method != "POST":
        context = {
            "deal": deal,
            "customer": customer,
            "count": Invoice.objects.filter(deal=deal).count(),
            "back": _tab(deal.pk),
        }
        return render(request, "quickbooks/unlink_customer.html", context)
    if customer_service.customer_unlink(deal, connection, viewer, now=timezone.now()):
        messages.success(request, _("Unlinked. The next invoice asks for a customer again."))
    if request.headers.get("X-Dialog"):
        return HttpResponse(status=204)
    return redirect(_tab(deal.pk))
