"""The invoice form: filled from the deal, checked as it is typed, sent once; nothing typed is lost."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from deals.crm_source import freshness_of
from deals.models import Deal
from deals.rights import Right
from deals.viewer import Viewer
from quickbooks_bridge.invoice_form import workflow
from quickbooks_bridge.invoice_form.form_data import load_form_data
from quickbooks_bridge.invoice_form.form_state import state_from_post
from quickbooks_bridge.invoice_form.page import page_context
from quickbooks_bridge.invoice_form.prefill import new_token, take_typed_names
from quickbooks_bridge.invoice_form.workflow import FormInput, FormOutcome, FormRequest
from quickbooks_bridge.models import Connection

from .login_recovery import keeps_form_when_signed_out
from .permissions import deal_or_404, right_required


@keeps_form_when_signed_out
@right_required(Right.CREATE)
def invoice_new(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Open the form, change it by one of its buttons, or create the invoice from what was posted."""
    at = _at(viewer, connection, deal_pk)
    if request.method != "POST":
        asked = {"refused": "intent", "installment": "installment"}
        named = {name: request.GET.get(key, "")[:60] for name, key in asked.items()}
        return _answer(request, at, workflow.open_form(at, **named))
    action = str(request.POST.get("do", workflow.CREATE))
    return _answer(request, at, workflow.handle(at, _posted(request, connection), action))


@require_POST
@right_required(Right.CREATE)
def invoice_check(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Show the form as it stands with totals and checks, and keep it; nothing is sent."""
    at = _at(viewer, connection, deal_pk)
    return _answer(request, at, workflow.handle(at, _posted(request, connection), workflow.CHECK))


@right_required(Right.CREATE)
def reopened(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Show a form that came too late to be trusted as it was typed; nothing of it is stored or sent."""
    at = _at(viewer, connection, deal_pk)
    return _answer(request, at, workflow.reopen(_posted(request, connection)))


def _at(viewer: Viewer, connection: Connection, deal_pk: int) -> FormRequest:
    return FormRequest(viewer, connection, deal_or_404(viewer, deal_pk), timezone.now())


def _posted(request: HttpRequest, connection: Connection) -> FormInput:
    state = state_from_post(request.POST)
    if not state.values["token"] or len(state.values["token"]) > 64:
        state.values["token"] = new_token()
    if request.POST.get("scripted") != "1":
        take_typed_names(state, connection, str(request.POST.get("add_item_label", ""))[:200])
    return FormInput(
        state,
        request.POST.get("posted") == "1",
        str(request.POST.get("refused", "")),
        tuple(request.FILES.getlist("files")),
    )


def _answer(request: HttpRequest, at: FormRequest, outcome: FormOutcome) -> HttpResponse:
    """Lead away with a message, or draw the form."""
    if outcome.message is not None:
        messages.add_message(request, *outcome.message)
    if outcome.state is None:
        return redirect(_deal(at.deal) if outcome.leads_to == "deal" else _form(at.deal))
    data = outcome.data or load_form_data(at.connection, at.deal, outcome.state, now=at.now)
    if request.method == "GET":
        outcome.state.values["seen"] = data.situation
    context = page_context(outcome, outcome.state, data) | {
        "deal_url": _deal(at.deal),
        "freshness": freshness_of(at.deal),
    }
    return render(request, "quickbooks/invoice_new.html", context, status=outcome.status)


def _deal(deal: Deal) -> str:
    return reverse("deals:deal_detail", args=[deal.pk]) + "?tab=invoice"


def _form(deal: Deal) -> str:
    return reverse("quickbooks:invoice_new", args=[deal.pk])
