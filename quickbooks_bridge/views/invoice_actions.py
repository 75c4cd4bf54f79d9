"""What can be done with an invoice QuickBooks has: void, delete, send, PDF, link and unlink."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from deals.rights import Right
from deals.viewer import Viewer
from deals.viewer import viewer as viewer_behind
from quickbooks_bridge.deal_page.invoice_rows import InvoiceRow, invoice_row, method_text
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.gateway.errors import QuickBooksError, ReconnectRequired, Throttled, Unavailable
from quickbooks_bridge.messages.problems import action_refusal
from quickbooks_bridge.models import Connection, Invoice, Payment
from quickbooks_bridge.selectors.connections import company_zone
from quickbooks_bridge.selectors.deals import applied_to, credit_in, payments_of
from quickbooks_bridge.services.invoicing import actions as service
from quickbooks_bridge.services.invoicing.voids import invoice_void
from quickbooks_bridge.services.mirror.events import InvoiceState
from quickbooks_bridge.services.operations.person_limit import PERSON_LIMIT, person_asks

from .conflict_messages import conflict_text
from .permissions import invoice_access_required, invoice_or_404, linked_invoice_or_404, right_required
from .send_form import SendForm

LONGEST_REASON = 200


def back_address(request: HttpRequest, invoice: Invoice) -> str:
    """Return the page that led here: the one named, when it is ours, else the invoice's deal."""
    named = request.POST.get("back") or request.GET.get("back") or ""
    if named and url_has_allowed_host_and_scheme(named, allowed_hosts=None):
        return named
    if invoice.deal_id:
        return reverse("deals:deal_detail", args=[invoice.deal_id]) + "?tab=invoice"
    return reverse("deals:deal_list")


def _done(request: HttpRequest, invoice: Invoice) -> HttpResponse:
    """Go back; a dialog is told that it is over, and the page under it reads itself again."""
    if request.headers.get("X-Dialog"):
        return HttpResponse(status=204)
    return redirect(back_address(request, invoice))


def _is_allowed(row: InvoiceRow, action: str) -> bool:
    return any(entry.id == action for entry in row.actions)


def _row(viewer: Viewer, connection: Connection, invoice: Invoice) -> InvoiceRow:
    return invoice_row(invoice, connection, viewer=viewer, now=timezone.now())


def _dialog(
    request: HttpRequest,
    connection: Connection,
    name: str,
    invoice: Invoice,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    payments = [
        _payment(payment, invoice) for payment in payments_of(connection, [invoice]).get(invoice.qbo_id, [])
    ]
    credit = sum((payment["credit"] for payment in payments), Decimal(0))
    values = {
        "row": _row(viewer_behind(request), connection, invoice),
        "invoice": invoice,
        "back": back_address(request, invoice),
        "named_back": request.POST.get("back") or request.GET.get("back") or "",
        "seen": f"{invoice.total} {invoice.balance} {invoice.due_date or ''}",
        "payments": [payment for payment in payments if payment["amount"] > payment["credit"]],
        "paid": invoice.total - invoice.balance - credit,
        "credit": credit,
        "net": invoice.total - invoice.total_tax,
        "time_zone": company_zone(connection).key,
        **context,
    }
    return render(request, f"quickbooks/{name}.html", values, status=status)


def _payment(payment: Payment, invoice: Invoice) -> dict[str, Any]:
    """Return what a dialog says of a payment; `credit` is the part of `amount` that came from credit memos."""
    amount = applied_to(payment, invoice.qbo_id)
    return {
        "day": payment.txn_date,
        "method": method_text(payment.method),
        "amount": amount,
        "credit": credit_in(payment, amount),
        "reference": payment.reference,
    }


_NEVER_SHOWN = (Decimal(-1), Decimal(-1))
_LARGEST_SHOWN = Decimal(10) ** 15


def _seen(request: HttpRequest, invoice: Invoice) -> InvoiceState:
    """Return what the person saw of the invoice; whatever cannot be read was never on a screen of ours."""
    total, _space, rest = request.POST.get("seen", "").partition(" ")
    balance, _space, due = rest.partition(" ")
    now = InvoiceState.of(invoice)
    try:
        amounts = Decimal(total), Decimal(balance)
        due_date = date.fromisoformat(due) if due else None
    except (InvalidOperation, ValueError):
        amounts, due_date = _NEVER_SHOWN, None
    # A signalling NaN cannot even be compared, nor 1e1000 be written with two decimals.
    if not all(amount.is_finite() and abs(amount) < _LARGEST_SHOWN for amount in amounts):
        amounts = _NEVER_SHOWN
    return now._replace(
        total=amounts[0], balance=amounts[1], due_date=due_date, is_voided=False, is_deleted=False
    )


def refusal_of(error: QuickBooksError, action: str) -> dict[str, str]:
    """Put into words why nothing was done, or that it is not known yet, and who needs to act."""
    is_unknown = isinstance(error, Unavailable) and error.outcome_unknown
    return action_refusal(error.problem_code or _kind(error), action, is_unknown=is_unknown)


def _kind(error: QuickBooksError) -> str:
    """Name what went wrong before QuickBooks could say it: with our own limits or the tokens."""
    if isinstance(error, ReconnectRequired):
        return ProblemCode.RECONNECT
    if isinstance(error, Throttled):
        return ProblemCode.THROTTLED
    return ProblemCode.QUICKBOOKS_DOWN if isinstance(error, Unavailable) else ProblemCode.UNEXPECTED


def _not_allowed(request: HttpRequest, invoice: Invoice, text: str) -> HttpResponse:
    messages.warning(request, text)
    return _done(request, invoice)


@right_required(Right.VOID)
def void(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Say what will happen, then void."""
    invoice = invoice_or_404(viewer, connection, pk)
    if not _is_allowed(_row(viewer, connection, invoice), "void"):
        return _not_allowed(request, invoice, _("This invoice cannot be voided as it is now."))
    if request.method != "POST":
        return _dialog(request, connection, "void", invoice)
    reason = " ".join(request.POST.get("reason", "").split())[:LONGEST_REASON]
    now = timezone.now()
    try:
        result = invoice_void(
            viewer, connection, invoice, seen=_seen(request, invoice), now=now, reason=reason
        )
    except service.InvoiceChanged as changed:
        return _changed(request, connection, "void", changed, reason=reason)
    except QuickBooksError as error:
        invoice.refresh_from_db()
        refusal = refusal_of(error, "void")
        return _dialog(request, connection, "void", invoice, status=422, refusal=refusal, reason=reason)
    text = _("Invoice %(number)s is voided.") % {"number": _row(viewer, connection, invoice).number}
    if result.is_credit_back:
        text += " " + _("The credit memo that settled it has its credit back.")
    if result.freed_payments:
        text += " " + ngettext(
            "Its payment stays as credit of the customer.",
            "Its %(n)s payments stay as credit of the customer.",
            result.freed_payments,
        ) % {"n": result.freed_payments}
    messages.success(request, text)
    return _done(request, invoice)


def _changed(
    request: HttpRequest, connection: Connection, name: str, changed: service.InvoiceChanged, **context: Any
) -> HttpResponse:
    """Say what changed while the person was looking; what is still possible can be decided anew."""
    invoice = changed.invoice
    invoice.refresh_from_db()
    row = _row(viewer_behind(request), connection, invoice)
    done = {
        "void": _("so nothing has been voided"),
        "delete": _("so nothing has been deleted"),
        "send": _("so nothing has been sent"),
    }[name]
    title = _("Invoice %(n)s changed while you were looking") % {"n": row.number}
    text = conflict_text(invoice, changed.before, done, connection=connection)
    if not _is_allowed(row, name):
        return _not_allowed(request, invoice, f"{title}: {text}")
    values = {"changed_title": title, "changed_text": text, **context}
    return _dialog(request, connection, name, invoice, status=409, **values)


@right_required(Right.VOID)
def delete(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Ask, then delete in QuickBooks."""
    invoice = invoice_or_404(viewer, connection, pk)
    row = _row(viewer, connection, invoice)
    if not _is_allowed(row, "delete"):
        return _not_allowed(request, invoice, _("This invoice cannot be deleted as it is now."))
    may_void = _is_allowed(row, "void")
    if request.method != "POST":
        return _dialog(request, connection, "delete", invoice, may_void=may_void)
    try:
        service.invoice_delete(viewer, connection, invoice, seen=_seen(request, invoice), now=timezone.now())
    except service.InvoiceChanged as changed:
        return _changed(request, connection, "delete", changed, may_void=may_void)
    except QuickBooksError as error:
        refusal = refusal_of(error, "delete")
        return _dialog(request, connection, "delete", invoice, status=422, refusal=refusal, may_void=may_void)
    messages.success(request, _("Invoice %(number)s is deleted.") % {"number": row.number})
    return _done(request, invoice)


@right_required(Right.CREATE)
def send(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Ask for the address, then let QuickBooks send."""
    invoice = invoice_or_404(viewer, connection, pk)
    row = _row(viewer, connection, invoice)
    if not _is_allowed(row, "send"):
        return _not_allowed(request, invoice, _("This invoice cannot be sent as it is now."))
    form = SendForm(request.POST or None, initial={"to": invoice.bill_email})
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return _dialog(request, connection, "send", invoice, form=form, status=status)
    to = form.cleaned_data["to"]
    try:
        person_asks(viewer)
        service.invoice_send(
            viewer, connection, invoice, to=to, seen=_seen(request, invoice), now=timezone.now()
        )
    except service.InvoiceChanged as changed:
        return _changed(request, connection, "send", changed, form=form)
    except QuickBooksError as error:
        refusal = refusal_of(error, "send")
        status = 429 if error.problem_code == PERSON_LIMIT else 422
        return _dialog(request, connection, "send", invoice, status=status, form=form, refusal=refusal)
    data = {"number": row.number, "to": to}
    messages.success(request, _("Invoice %(number)s is on its way to %(to)s.") % data)
    return _done(request, invoice)


@require_GET
@invoice_access_required
def pdf(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Hand on QuickBooks' PDF as a download, or with `?show=1` to look at."""
    invoice = invoice_or_404(viewer, connection, pk)
    if not _is_allowed(_row(viewer, connection, invoice), "pdf"):
        return _not_allowed(request, invoice, _("This invoice has no PDF now."))
    try:
        person_asks(viewer)
        data = service.invoice_pdf(connection, invoice, now=timezone.now())
    except QuickBooksError as error:
        refusal = refusal_of(error, "pdf")
        messages.warning(request, f"{refusal['title']}. {refusal['text']}")
        return redirect(back_address(request, invoice))
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", invoice.doc_number or invoice.qbo_id).strip("-") or "invoice"
    how = "inline" if request.GET.get("show") == "1" else "attachment"
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'{how}; filename="invoice-{name}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    # Whatever a document from elsewhere holds, it is nobody's page here.
    response["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    return response


@require_POST
@right_required(Right.CREATE)
def unlink(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int) -> HttpResponse:
    """Take an invoice off its deal, one of a former company too: nothing of QuickBooks is touched."""
    invoice = linked_invoice_or_404(viewer, pk)
    back = back_address(request, invoice)
    if invoice.deal_id:
        service.invoice_unlink(viewer, invoice, now=timezone.now())
        messages.success(
            request,
            _("Invoice %(number)s is unlinked. Nothing changed in QuickBooks.") % {"number": invoice},
        )
    return redirect(back)
