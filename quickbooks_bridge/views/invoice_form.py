"""The invoice form: filled from the deal, checked as it is typed, sent once; nothing typed is lost."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deals.models import Deal
from deals.viewer import Viewer
from quickbooks_bridge.domain.deep_links import customer_link, web_url
from quickbooks_bridge.domain.money import parse_decimal
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.invoice_form.actions import FocusTarget, apply_dependencies, edit, item_take
from quickbooks_bridge.invoice_form.form_data import FormData, changed_since, load_form_data
from quickbooks_bridge.invoice_form.form_state import FormState, state_from_json, state_from_post
from quickbooks_bridge.invoice_form.prefill import filled_state, new_token, take_typed_names
from quickbooks_bridge.invoice_form.submission_error import change_text, failure_of, refused_problems
from quickbooks_bridge.invoice_form.template_context import check, form_context, help_of
from quickbooks_bridge.models import Connection, InvoiceIntent
from quickbooks_bridge.selectors.connections import company_zone
from quickbooks_bridge.services.connections.lifecycle import failure_record
from quickbooks_bridge.services.invoicing.create import SituationChanged, invoice_create
from quickbooks_bridge.services.invoicing.items import item_activate, item_create
from quickbooks_bridge.services.invoicing.saved_drafts import (
    draft_delete,
    draft_get,
    draft_save,
    refused_intent,
    sent_intents,
)

from .login_recovery import keeps_form_when_signed_out
from .permissions import deal_or_404, invoice_access_required

State = InvoiceIntent.State


@dataclass
class Showing:
    """One showing of the form: what it says above itself, and where the focus goes."""

    status: int = 200
    is_posted: bool = False
    focus: str = ""
    kept_at: datetime | None = None
    restored: str = ""
    refused: InvoiceIntent | None = None
    is_sent: bool = False
    # What others decided for the deal since the form was drawn; None when nothing was.
    changed: list[str] | None = None


@keeps_form_when_signed_out
@invoice_access_required
def invoice_new(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Open the form, change it by one of its buttons, or create the invoice from what was posted."""
    deal = deal_or_404(viewer, deal_pk)
    now = timezone.now()
    if request.method != "POST":
        return _open(request, viewer, connection, deal, now=now)
    if request.POST.get("do") == "afresh":
        draft_delete(viewer, deal)
        return redirect("quickbooks:invoice_new", deal.pk)
    state = _posted_state(request, connection)
    if "do" in request.POST:
        return _changed(request, viewer, connection, deal, state, str(request.POST["do"]), now=now)
    return _created(request, viewer, connection, deal, state, now=now)


@require_POST
@invoice_access_required
def invoice_check(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Show the form as it stands with totals and checks, and keep it; nothing is sent."""
    deal = deal_or_404(viewer, deal_pk)
    state = _posted_state(request, connection)
    return _changed(request, viewer, connection, deal, state, "check", now=timezone.now())


@invoice_access_required
def reopened(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Show a form that came too late to be trusted as it was typed; nothing of it is stored or sent."""
    state = _posted_state(request, connection)
    showing = Showing(status=403, restored="too_old")
    return show(request, viewer, connection, deal_or_404(viewer, deal_pk), state, showing, now=timezone.now())


def _open(
    request: HttpRequest, viewer: Viewer, connection: Connection, deal: Deal, *, now: datetime
) -> HttpResponse:
    if not connection.is_active:
        messages.warning(request, _("QuickBooks is not connected. Connect it again to create invoices."))
        return redirect("deals:deal_detail", deal.pk)
    intent = _refused(viewer, connection, deal, request.GET.get("intent", ""))
    if intent is not None:
        state = state_from_json(intent.form)
        _take_made_customer(state, intent)
        showing = Showing(is_posted=True, refused=intent)
        return show(request, viewer, connection, deal, state, showing, now=now)
    kept = draft_get(viewer, deal)
    if kept is None or kept.company_id != connection.company_id:
        state = filled_state(viewer, connection, deal, now=now)
        return show(request, viewer, connection, deal, state, Showing(), now=now)
    state = state_from_json(kept.state)
    why = str(kept.state.get("why", "")) if isinstance(kept.state, dict) else ""
    showing = Showing(kept_at=kept.saved_at, restored=why or "left")
    return show(request, viewer, connection, deal, state, showing, now=now)


def _refused(viewer: Viewer, connection: Connection, deal: Deal, pk: str) -> InvoiceIntent | None:
    """Return the refused invoice of this deal that an address or the form names, if its form is known."""
    if not is_digits(pk):
        return None
    intent = refused_intent(viewer, deal, connection.company_id, int(pk))
    return intent if intent is not None and intent.form else None


def _posted_state(request: HttpRequest, connection: Connection) -> FormState:
    state = state_from_post(request.POST)
    if not state.values["token"] or len(state.values["token"]) > 64:
        state.values["token"] = new_token()
    if request.POST.get("scripted") != "1":
        take_typed_names(state, connection, str(request.POST.get("add_item_label", ""))[:200])
    return state


def _changed(
    request: HttpRequest,
    viewer: Viewer,
    connection: Connection,
    deal: Deal,
    state: FormState,
    do: str,
    *,
    now: datetime,
) -> HttpResponse:
    """Do what a button says, keep the form, show it."""
    named = do.split(":")[1:] if do.startswith(("link:", "add_item:")) else []
    about = load_form_data(connection, deal, state, now=now, extra_items=named)
    apply_dependencies(state, about.around)
    edited = FocusTarget()
    if do.startswith(("activate:", "create_item:")):
        edited = _ask_quickbooks(state, about, do)
    elif do != "check":
        edited = edit(state, do, about.around)
    if do != "check":
        about = load_form_data(connection, deal, state, now=now)
        apply_dependencies(state, about.around)
    showing = Showing(focus=edited.focus, is_posted=request.POST.get("posted") == "1")
    showing.refused = _refused(viewer, connection, deal, str(request.POST.get("refused", "")))
    _keep(viewer, connection, deal, state, showing, now=now)
    return show(request, viewer, connection, deal, state, showing, now=now, about=about)


def _keep(
    viewer: Viewer, connection: Connection, deal: Deal, state: FormState, showing: Showing, *, now: datetime
) -> None:
    """Keep the form, unless this very form was sent already."""
    if sent_intents(viewer.account, deal, state.values["token"]).exists():
        showing.is_sent = True
        return
    showing.kept_at = draft_save(viewer, deal, connection, state.as_json(), now=now).saved_at


def _ask_quickbooks(state: FormState, about: FormData, do: str) -> FocusTarget:
    """Make a line's product active, or create it; what QuickBooks refuses is said at the line."""
    verb, place, *rest = do.split(":")
    at = int(place) if is_digits(place, longest=3) else -1
    if not 0 <= at < len(state.lines):
        return FocusTarget()
    line = state.lines[at]
    focus = f"line-{at}-item"
    if verb == "activate":
        item = about.around.items.get(line["item"])
        if item is None:
            return FocusTarget(focus)
        try:
            item_activate(about.connection, item)
        except QuickBooksError as error:
            failure_record(about.connection, error, now=about.now)
            state.line_says[at] = Problem(error.problem_code or "unexpected", "item")
            return FocusTarget(focus)
        line["item_label"] = item.name
        return FocusTarget(f"line-{at}-quantity")
    price = parse_decimal(line["unit_price"].strip() or "0")
    made = item_create(
        about.connection,
        ":".join(rest) or line["item_label"] or line["name"],
        unit_price=price if price is not None and price >= 0 else Decimal(0),
        is_taxable=state.values["tax"] == "taxable"
        or (state.values["tax"] != "not_taxed" and line["tax"] == "1"),
        token=state.values["token"],
        now=about.now,
    )
    if isinstance(made, Problem):
        state.line_says[at] = made
        return FocusTarget(focus)
    item_take(line, made)
    return FocusTarget(f"line-{at}-quantity")


def _created(
    request: HttpRequest,
    viewer: Viewer,
    connection: Connection,
    deal: Deal,
    state: FormState,
    *,
    now: datetime,
) -> HttpResponse:
    """Create the invoice, or show the form with what stands in the way."""
    about = load_form_data(connection, deal, state, now=now)
    if about.sent is not None:
        _say_sent(request, about.sent)
        return _to_deal(deal)
    if not connection.is_active:
        draft_save(viewer, deal, connection, state.as_json(), now=now)
        messages.warning(
            request,
            _("QuickBooks is not connected, so nothing was sent. What you typed is kept for when it is."),
        )
        return _to_deal(deal)
    apply_dependencies(state, about.around)
    if changed_since(about, state.values["seen"]) is not None:
        return _stopped(request, viewer, connection, deal, state, about, now=now)
    checked = check(state, about)
    if checked.draft is None or checked.is_blocked:
        showing = Showing(status=422, is_posted=True)
        _keep(viewer, connection, deal, state, showing, now=now)
        return show(request, viewer, connection, deal, state, showing, now=now, about=about)
    # From here on what was typed is kept with the decision itself.
    try:
        intent = invoice_create(
            viewer,
            deal,
            connection,
            checked.draft,
            token=state.values["token"],
            tax_percent=about.tax_percent,
            now=now,
            form=state.as_json(),
            seen=about.situation if state.values["seen"] else "",
        )
    except SituationChanged:
        about = load_form_data(connection, deal, state, now=now)
        return _stopped(request, viewer, connection, deal, state, about, now=now)
    if intent.state == State.REJECTED:
        _take_made_customer(state, intent)
        showing = Showing(status=422, is_posted=True, refused=intent)
        _keep(viewer, connection, deal, state, showing, now=now)
        connection.refresh_from_db()
        return show(request, viewer, connection, deal, state, showing, now=now)
    draft_delete(viewer, deal)
    if intent.state == State.SUCCEEDED:
        number = intent.invoice.doc_number if intent.invoice else ""
        messages.success(request, _("Invoice %(number)s is created in QuickBooks.") % {"number": number})
    return _to_deal(deal)


def _stopped(
    request: HttpRequest,
    viewer: Viewer,
    connection: Connection,
    deal: Deal,
    state: FormState,
    about: FormData,
    *,
    now: datetime,
) -> HttpResponse:
    """Show once what was decided for the deal since the form was drawn; pressed again, the form knows of it."""
    changed = changed_since(about, state.values["seen"]) or []
    state.values["seen"] = about.situation
    showing = Showing(status=409, is_posted=True, changed=[change_text(one) for one in changed])
    _keep(viewer, connection, deal, state, showing, now=now)
    return show(request, viewer, connection, deal, state, showing, now=now, about=about)


def _take_made_customer(state: FormState, intent: InvoiceIntent) -> None:
    """Choose the customer that was created before its invoice was refused, so that it is not created again."""
    if state.values["customer_mode"] == "new" and intent.customer_qbo_id:
        state.values.update(customer_mode="existing", customer=intent.customer_qbo_id)


def _say_sent(request: HttpRequest, sent: InvoiceIntent) -> None:
    if sent.state == State.SUCCEEDED and sent.invoice is not None:
        words = _("This form is already invoice %(number)s. It was not sent again.")
        messages.info(request, words % {"number": sent.invoice.doc_number or sent.invoice.qbo_id})
    else:
        messages.info(request, _("This form was already sent. It is not sent again."))


def _to_deal(deal: Deal) -> HttpResponse:
    return redirect(reverse("deals:deal_detail", args=[deal.pk]) + "?tab=invoice")


def show(
    request: HttpRequest,
    viewer: Viewer,
    connection: Connection,
    deal: Deal,
    state: FormState,
    showing: Showing,
    *,
    now: datetime,
    about: FormData | None = None,
) -> HttpResponse:
    """Draw the form."""
    about = about or load_form_data(connection, deal, state, now=now)
    if request.method == "GET":
        state.values["seen"] = about.situation
    checked = check(state, about)
    refused = refused_problems(showing.refused, state) if showing.refused else []
    if refused is None:
        showing.refused, refused = None, []
    context: dict[str, Any] = form_context(
        state, about, checked, is_posted=showing.is_posted, refused=refused
    )
    if showing.refused:
        context["failure"] = failure_of(showing.refused, connection, help_of(state, about, {}))
    if about.customer is not None:
        base = web_url(settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_WEB_URL)
        context["customer_url"] = customer_link(
            base, realm_id=connection.company.realm_id, qbo_id=about.customer.qbo_id
        )
    context |= {
        "showing": showing,
        "zone": company_zone(connection),
        "deal_url": reverse("deals:deal_detail", args=[deal.pk]) + "?tab=invoice",
    }
    return render(request, "quickbooks/invoice_new.html", context, status=showing.status)
