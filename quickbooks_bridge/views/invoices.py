"""The invoice form: filled from the deal, checked as it is typed, sent once; and its searches."""

import secrets
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from deals.models import Deal
from deals.selectors import load_snapshot
from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.access import deal_of, owner_required
from quickbooks_bridge.deal_panels import is_unchanged, render_sidebar, render_tab
from quickbooks_bridge.domain.customer_diff import FieldDiff, customer_diff
from quickbooks_bridge.domain.draft import InvoiceDraft, PresetFacts, build_draft
from quickbooks_bridge.domain.field_mapping import FieldMapping
from quickbooks_bridge.domain.preflight import CustomerFacts, ItemFacts, PreflightFacts, draft_problems
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.totals import Totals, draft_line_amount, draft_totals
from quickbooks_bridge.forms import FormState, draft_from_state, state_from_draft, state_from_post
from quickbooks_bridge.models import Connection, Customer, InvoiceIntent, Preset
from quickbooks_bridge.selectors import (
    company_today,
    customer_by_id,
    expected_tax_percent,
    item_links,
    items_by_id,
    linked_customer,
    search_customers,
    search_items,
)
from quickbooks_bridge.services.connection import settings_for
from quickbooks_bridge.services.customers import customer_facts, customer_suggestions, draft_facts
from quickbooks_bridge.services.invoices import invoice_create
from quickbooks_bridge.wording import problem_text

State = InvoiceIntent.State


@viewer_required
def panel(request: HttpRequest, viewer: Viewer, deal_pk: int, slot: str) -> HttpResponse:
    """Give the Invoice tab or the sidebar card alone, for pages that refresh them; nothing when they are still right."""
    deal = deal_of(viewer, deal_pk)
    if is_unchanged(viewer, deal, request.GET.get("seen", "")):
        return HttpResponse(status=204)
    return HttpResponse((render_tab if slot == "tab" else render_sidebar)(request, viewer, deal))


@owner_required
def invoice_new(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Open the form, or create the invoice from what was posted."""
    deal = deal_of(viewer, deal_pk)
    now = timezone.now()
    if not connection.is_active:
        messages.warning(request, _("QuickBooks is not connected. Connect it again to create invoices."))
        return redirect("deals:deal_detail", deal.pk)
    if request.method != "POST":
        state = _filled(request, viewer, connection, deal, now=now)
        return _form(request, viewer, connection, deal, state, [], now=now)
    state = state_from_post(request.POST)
    if "add_line" in request.POST:
        empty = dict.fromkeys(
            ("name", "description", "unit_price", "discount", "item", "item_label", "product"), ""
        )
        state.lines.append({**empty, "quantity": "1", "discount_kind": "percent", "tax": "0"})
        return _form(request, viewer, connection, deal, state, [], now=now)
    if not state.values["token"]:
        state.values["token"] = secrets.token_urlsafe(24)
    if _is_under_way(viewer, deal, state):
        return redirect(reverse("deals:deal_detail", args=[deal.pk]) + "?tab=invoice")
    draft, problems = draft_from_state(state)
    if draft is not None:
        problems = draft_problems(draft, _facts(connection, draft, now=now))
    blocking = [problem for problem in problems if problem.is_blocking]
    if draft is None or blocking or any(key.endswith("-remove") for key in request.POST):
        return _form(request, viewer, connection, deal, state, problems, now=now, status=422)
    intent = invoice_create(viewer, deal, connection, draft, token=state.values["token"], now=now)
    if intent.state == State.REFUSED:
        refused = [Problem.from_dict(problem) for problem in intent.problems]
        return _form(
            request, viewer, connection, deal, state, refused, now=now, status=422, refusal=intent.problems
        )
    if intent.state == State.CREATED:
        number = intent.invoice.doc_number if intent.invoice else ""
        messages.success(request, _("Invoice %(number)s is created in QuickBooks.") % {"number": number})
    return redirect(reverse("deals:deal_detail", args=[intent.deal_id]) + "?tab=invoice")


def _is_under_way(viewer: Viewer, deal: Deal, state: FormState) -> bool:
    """Tell whether this very form was sent before: a double click, the back button, another tab."""
    return (
        InvoiceIntent.objects.filter(account=viewer.account, deal=deal, token=state.values["token"])
        .exclude(state=State.REFUSED)
        .exists()
    )


def _filled(
    request: HttpRequest, viewer: Viewer, connection: Connection, deal: Deal, *, now: datetime
) -> FormState:
    """Fill the form from deal, mapping, remembered links and preset; asks QuickBooks nothing."""
    stored = settings_for(viewer.account)
    snapshot = load_snapshot(deal)
    links = item_links(
        viewer.account, connection.realm_id, [(line.product_id, line.name) for line in snapshot.lines]
    )
    items = items_by_id(viewer.account, connection.realm_id, links.values())
    customer = linked_customer(deal, connection.realm_id)
    wanted = request.GET.get("preset", "")
    presets = Preset.objects.filter(account=viewer.account)
    preset = presets.filter(pk=int(wanted)).first() if wanted.isdigit() and len(wanted) < 10 else None
    preset = preset or presets.filter(is_default=True).first()
    draft = build_draft(
        snapshot,
        FieldMapping(
            stored.to_field, stored.address_field, stored.email_field, stored.tax_id_field, stored.due_days
        ),
        customer_qbo_id=customer.qbo_id if customer else "",
        item_links=links,
        item_taxable={qbo_id: item.is_taxable for qbo_id, item in items.items()},
        today=company_today(connection, now=now),
        home_currency=connection.home_currency,
        preset=_preset_facts(preset),
    )
    labels = {qbo_id: item.name for qbo_id, item in items.items()}
    state = state_from_draft(draft, token=secrets.token_urlsafe(24), labels=labels)
    state.values["customer_mode"] = "existing"
    return state


def _preset_facts(preset: Preset | None) -> PresetFacts | None:
    if preset is None:
        return None
    return PresetFacts(
        id=str(preset.pk),
        name=preset.name,
        due_days=preset.due_days,
        tax=preset.tax,  # type: ignore[arg-type]
        currency=preset.currency,
        term_qbo_id=preset.term_qbo_id,
        message=preset.message,
        memo=preset.memo,
    )


def _facts(connection: Connection, draft: InvoiceDraft, *, now: datetime) -> PreflightFacts:
    account, realm = connection.account, connection.realm_id
    customer = customer_by_id(account, realm, draft.customer.qbo_id) if draft.customer.qbo_id else None
    items = items_by_id(account, realm, (line.item_qbo_id for line in draft.lines if line.item_qbo_id))
    name = " ".join(draft.customer.new_display_name.split())
    taken = (
        Customer.objects.filter(
            account=account, realm_id=realm, display_name__iexact=name, is_active=True
        ).exists()
        if draft.customer.is_new and name
        else False
    )
    return PreflightFacts(
        today=company_today(connection, now=now),
        home_currency=connection.home_currency,
        is_multicurrency=connection.is_multicurrency,
        is_tax_automated=connection.is_tax_automated,
        is_us=connection.country in {"US", "USA"},
        book_close_date=connection.book_close_date,
        customer=CustomerFacts(customer.display_name, customer.currency, customer.is_active)
        if customer
        else None,
        items={key: ItemFacts(item.name, item.is_active, item.kind) for key, item in items.items()},
        taken_names=frozenset({name.casefold()}) if taken else frozenset(),
    )


def _form(
    request: HttpRequest,
    viewer: Viewer,
    connection: Connection,
    deal: Deal,
    state: FormState,
    problems: list[Problem],
    *,
    now: datetime,
    status: int = 200,
    refusal: list[dict[str, Any]] | None = None,
) -> HttpResponse:
    context = {
        "deal": deal,
        "connection": connection,
        "state": state,
        "presets": Preset.objects.filter(account=viewer.account),
        "refusal": refusal,
        "empty_line": {
            "index": "NEW",
            "number": "",
            "values": {"quantity": "1", "discount_kind": "percent", "tax": "0"},
            "problems": {},
        },
        "origins": _origin_texts(state),
        **_checked(connection, deal, state, problems, now=now, is_shown=status != 200),
    }
    return render(request, "quickbooks/invoice_new.html", context, status=status)


def _origin_texts(state: FormState) -> dict[str, str]:
    groups = {"organization": _("Organization"), "person": _("Person"), "deal": _("Deal")}
    texts = {}
    for name, key in state.origins.items():
        group, _dot, field = key.partition(".")
        words = field.removeprefix("custom.").replace("_", " ")
        texts[name] = _("From %(group)s – %(field)s") % {"group": groups.get(group, group), "field": words}
    return texts


def _checked(
    connection: Connection,
    deal: Deal,
    state: FormState,
    problems: list[Problem],
    *,
    now: datetime,
    is_shown: bool,
) -> dict[str, Any]:
    """Give totals, problems by place, customer and diff for the state of the form."""
    draft, unreadable = draft_from_state(state)
    if draft is not None and not is_shown:
        problems = draft_problems(draft, _facts(connection, draft, now=now))
    problems = problems or unreadable
    by_field: dict[str, str] = {}
    by_line: dict[int, dict[str, str]] = {}
    for problem in problems:
        place = by_field if problem.line is None else by_line.setdefault(problem.line, {})
        place.setdefault(problem.field, problem_text(problem))
    customer = customer_by_id(connection.account, connection.realm_id, state.values["customer"])
    amounts = [draft_line_amount(line) for line in draft.lines] if draft else []
    lines = [
        {
            "number": at + 1,
            "index": at,
            "values": line,
            "problems": by_line.get(at, {}) if is_shown else {},
            "amount": amounts[at] if at < len(amounts) else None,
            "is_linked": bool(line["item"]) and "item" not in by_line.get(at, {}),
        }
        for at, line in enumerate(state.lines)
    ]
    blocking = [problem for problem in problems if problem.is_blocking]
    suggestions = []
    if customer is None:
        name = state.values["to"] or deal.title
        suggestions = customer_suggestions(connection, name=name, email=state.values["email"])
    return {
        "lines": lines,
        "checks": [(problem, problem_text(problem), _anchor(problem)) for problem in problems],
        "blocking": blocking,
        "errors": by_field if is_shown else {},
        "customer": customer,
        "diffs": _diffs(customer, draft) if customer and draft else (),
        "totals": _totals(connection, customer, draft),
        "suggestions": suggestions,
    }


def _diffs(customer: Customer, draft: InvoiceDraft) -> list[tuple[str, FieldDiff]]:
    labels = {"address": _("Address"), "email": _("Email"), "tax_id": _("Customer tax ID")}
    return [
        (labels[diff.field], diff) for diff in customer_diff(customer_facts(customer), draft_facts(draft))
    ]


def _totals(connection: Connection, customer: Customer | None, draft: InvoiceDraft | None) -> Totals | None:
    if draft is None:
        return None
    percent = expected_tax_percent(connection)
    return draft_totals(draft.lines, tax_percent=percent)


def _anchor(problem: Problem) -> str:
    if problem.line is not None:
        return f"line-{problem.line}-{problem.field}"
    return f"id_{problem.field}" if problem.field else "invoice-form"


@owner_required
def invoice_check(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Compute totals and checks of the form as it stands; nothing is stored or sent."""
    deal = deal_of(viewer, deal_pk)
    state = state_from_post(request.POST)
    context = {
        "deal": deal,
        "connection": connection,
        "state": state,
        **_checked(connection, deal, state, [], now=timezone.now(), is_shown=False),
    }
    return render(request, "quickbooks/_check.html", context)


@owner_required
def customer_search(request: HttpRequest, viewer: Viewer, connection: Connection) -> HttpResponse:
    """Find customers as somebody types, in the local index."""
    query = request.GET.get("q", "").strip()[:100]
    rows, count = search_customers(viewer.account, connection.realm_id, query)
    context = {"rows": rows, "count": count, "query": query}
    return render(request, "quickbooks/_customer_options.html", context)


@owner_required
def item_search(request: HttpRequest, viewer: Viewer, connection: Connection) -> HttpResponse:
    """Find products as somebody types, in the local index."""
    query = request.GET.get("q", "").strip()[:100]
    rows, count = search_items(viewer.account, connection.realm_id, query)
    context = {"rows": rows, "count": count, "query": query, "currency": connection.home_currency}
    return render(request, "quickbooks/_item_options.html", context)
