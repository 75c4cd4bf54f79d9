"""Which deal an invoice counts toward: link, unlink, several at once, move from another deal, and "not this deal"."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from deals.models import Deal
from deals.rights import Right
from deals.selectors import parse_pk
from deals.viewer import Viewer
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.services.invoicing import actions as service

from .permissions import deal_or_404, invoice_or_404, next_path, reachable_invoices, right_required

AT_ONCE = 200
DECLINED = "not_this_deal"


def not_this_deal(request: HttpRequest, deal: Deal) -> set[int]:
    """Return the invoices that this person said are no part of the deal."""
    return set(request.session.get(DECLINED, {}).get(str(deal.pk), []))


def _list_of(deal: Deal) -> str:
    return reverse("quickbooks:all_invoices", args=[deal.pk])


@require_POST
@right_required(Right.CREATE)
def links(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Link or unlink the chosen invoices of the list; those of other deals are left alone and counted."""
    deal = deal_or_404(viewer, deal_pk)
    back = redirect(next_path(request, _list_of(deal)))
    single = request.POST.get("link") or request.POST.get("unlink")
    texts = [single] if single else request.POST.getlist("invoice")[:AT_ONCE]
    keys = [key for text in texts if (key := parse_pk(text)) is not None]
    rows = list(reachable_invoices(viewer).filter(company=connection.company_id, pk__in=keys))
    if not rows:
        messages.warning(request, _("Choose at least one invoice first."))
        return back
    is_link = "link" in request.POST or request.POST.get("action") == "link"
    elsewhere = [row for row in rows if row.deal_id not in (None, deal.pk)]
    now = timezone.now()
    wanted = [row for row in rows if row.deal_id == (None if is_link else deal.pk)]
    for row in wanted:
        if is_link:
            service.invoice_link(viewer, deal, row, now=now)
        else:
            row.deal = deal
            service.invoice_unlink(viewer, row, now=now)
    _tell(request, wanted, is_link=is_link, elsewhere=len(elsewhere))
    return back


def _tell(request: HttpRequest, rows: list[Invoice], *, is_link: bool, elsewhere: int) -> None:
    if len(rows) == 1:
        text = (
            _("Invoice %(number)s counts toward this deal.")
            if is_link
            else _("Invoice %(number)s is unlinked. Nothing changed in QuickBooks.")
        )
        messages.success(request, text % {"number": rows[0]})
    elif rows:
        text = (
            _("%(n)s invoices count toward this deal.")
            if is_link
            else _("%(n)s invoices are unlinked. Nothing changed in QuickBooks.")
        )
        messages.success(request, text % {"n": len(rows)})
    if elsewhere:
        text = ngettext(
            "%(n)s invoice belongs to another deal and was left there. Its menu moves it.",
            "%(n)s invoices belong to other deals and were left there. Their menus move them.",
            elsewhere,
        )
        messages.warning(request, text % {"n": elsewhere})


@right_required(Right.CREATE)
def link(request: HttpRequest, viewer: Viewer, connection: Connection, pk: int, deal_pk: int) -> HttpResponse:
    """Count an invoice toward a deal; one that belongs to another deal is moved after a question only."""
    invoice, deal = invoice_or_404(viewer, connection, pk), deal_or_404(viewer, deal_pk)
    is_elsewhere = invoice.deal_id not in (None, deal.pk)
    if request.method != "POST" or (is_elsewhere and request.POST.get("from") != str(invoice.deal_id)):
        context = {"invoice": invoice, "deal": deal, "back": _list_of(deal)}
        return render(request, "quickbooks/move_invoice.html", context)
    now = timezone.now()
    if is_elsewhere:
        service.invoice_unlink(viewer, invoice, now=now)
    if invoice.deal_id != deal.pk or is_elsewhere:
        service.invoice_link(viewer, deal, invoice, now=now)
    messages.success(request, _("Invoice %(number)s counts toward this deal.") % {"number": invoice})
    return redirect(next_path(request, _list_of(deal)))


@require_POST
@right_required(Right.CREATE)
def decline(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Remember for this person that a suggested invoice is no part of the deal."""
    deal = deal_or_404(viewer, deal_pk)
    invoice = get_object_or_404(
        Invoice,
        company=connection.company_id,
        pk=parse_pk(request.POST.get("invoice", "")) or 0,
    )
    declined = request.session.get(DECLINED, {})
    declined[str(deal.pk)] = [*declined.get(str(deal.pk), []), invoice.pk][-50:]
    request.session[DECLINED] = declined
    messages.success(
        request, _("Invoice %(number)s is no longer suggested for this deal.") % {"number": invoice}
    )
    return redirect(next_path(request, _list_of(deal)))
