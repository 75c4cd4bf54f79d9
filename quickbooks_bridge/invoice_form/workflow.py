"""What becomes of an invoice form: one call from what came in to what is shown, or where it leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from crm_invoicing.ui.templatetags.ui import money_text
from deals.crm_source import load_deal
from deals.models import Deal
from deals.viewer import Viewer
from quickbooks_bridge.domain.alarms import Alarm
from quickbooks_bridge.domain.draft import InvoiceDraft
from quickbooks_bridge.domain.money import parse_decimal, round_money
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.domain.totals import unexplained
from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.messages.alarm_words import alarm_title, cause_text
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent
from quickbooks_bridge.services.connections.lifecycle import failure_record
from quickbooks_bridge.services.invoicing.actions import invoice_link
from quickbooks_bridge.services.invoicing.attachments import attachment_add, attachment_remove
from quickbooks_bridge.services.invoicing.create import SituationChanged, invoice_create
from quickbooks_bridge.services.invoicing.items import item_activate, item_create
from quickbooks_bridge.services.invoicing.saved_drafts import (
    draft_delete,
    draft_get,
    draft_save,
    refused_intent,
    sent_intents,
)

from .actions import apply_dependencies, edit
from .checking import check
from .deal_changes import take_deal_lines
from .edit_context import FocusTarget
from .form_data import FormData, changed_since, load_form_data
from .form_state import FormState, state_from_json
from .line_edits import foreign_rate, item_take, list_price
from .prefill import filled_state, follow_exchange_rate, mapped_state, suggest_conversion_rate
from .submission_error import change_text

State = InvoiceIntent.State
# The action of the form's own button; the others are named by their buttons, such as `remove:2`.
CREATE, CHECK, START_OVER, ATTACH = "create", "check", "afresh", "attach"
ALL_LINES, TAKE_DEAL = "all_lines", "take_deal"


@dataclass(frozen=True)
class FormRequest:
    """Who works on which deal's form, and when."""

    viewer: Viewer
    connection: Connection
    deal: Deal
    now: datetime


@dataclass(frozen=True)
class FormInput:
    """A posted form: its fields as text, whether it was sent before, and the refused invoice that it corrects."""

    state: FormState
    was_sent: bool = False
    refused: str = ""
    files: tuple[UploadedFile[Any], ...] = ()


@dataclass
class FormOutcome:
    """Where the form leads: to be shown with `state`, or, where `leads_to` is not "", away with a message."""

    state: FormState | None = None
    data: FormData | None = None
    status: int = 200
    is_posted: bool = False
    focus: str = ""
    kept_at: datetime | None = None
    restored: str = ""
    refused: InvoiceIntent | None = None
    is_sent: bool = False
    # What others decided for the deal since the form was drawn; None when nothing was.
    changed: list[str] | None = None
    # Names of files that cannot be attached, with the codes of why.
    file_problems: list[tuple[str, str]] = field(default_factory=list)
    # "deal" or "form"; the message is a level of django.contrib.messages and its text.
    leads_to: str = ""
    message: tuple[int, str] | None = field(default=None)


def open_form(at: FormRequest, *, refused: str = "", installment: str = "") -> FormOutcome:
    """Return the form of a deal: a refused invoice to correct, what this person left, or filled from the deal.

    A deal of another CRM is read first, with its products; where that CRM does not answer, the last copy is used.
    """
    if not at.connection.is_active:
        words = _("QuickBooks is not connected. Connect it again to create invoices.")
        return FormOutcome(leads_to="deal", message=(messages.WARNING, words))
    load_deal(at.deal, at.viewer.member, now=at.now)
    if installment:
        return FormOutcome(filled_state(at.connection, at.deal, now=at.now, installment=installment))
    intent = _refused(at, refused)
    if intent is not None:
        state = state_from_json(intent.form)
        _take_made_customer(state, intent)
        return FormOutcome(state, is_posted=True, refused=intent)
    draft = draft_get(at.viewer, at.deal)
    if draft is None or draft.company_id != at.connection.company_id:
        return FormOutcome(filled_state(at.connection, at.deal, now=at.now))
    why = str(draft.state.get("why", "")) if isinstance(draft.state, dict) else ""
    return FormOutcome(state_from_json(draft.state), kept_at=draft.saved_at, restored=why or "left")


def handle(at: FormRequest, posted: FormInput, action: str) -> FormOutcome:
    """Return what becomes of a posted form: the invoice is created, a button's change made, or all thrown away."""
    if action == START_OVER:
        draft_delete(at.viewer, at.deal)
        return FormOutcome(leads_to="form")
    problems = _keep_files(at, posted)
    if action == CREATE and not problems:
        return _create(at, posted.state)
    if action == CREATE:
        action = CHECK
    if action.startswith("detach:"):
        _detach(at, posted.state, action.partition(":")[2])
        action = CHECK
    if problems or action == ATTACH:
        outcome = _change(at, posted, CHECK)
        outcome.file_problems = problems
        return outcome
    if action.startswith("adopt:"):
        return _adopt(at, posted.state, action.partition(":")[2])
    return _change(at, posted, action)


def _keep_files(at: FormRequest, posted: FormInput) -> list[tuple[str, str]]:
    """Keep the posted files with the form; returns (name, problem code) of those that cannot be attached."""
    token, problems = posted.state.values["token"], []
    for file in posted.files:
        code = attachment_add(at.viewer, at.deal, file, token=token, now=at.now)
        if code:
            problems.append(((file.name or "")[:80], code))
    return problems


def _detach(at: FormRequest, state: FormState, pk: str) -> None:
    if is_digits(pk):
        attachment_remove(at.deal, state.values["token"], int(pk))


def reopen(posted: FormInput) -> FormOutcome:
    """Return a form that came too late to be trusted as it was typed; nothing of it is stored or sent."""
    return FormOutcome(posted.state, status=403, restored="too_old")


def _refused(at: FormRequest, pk: str) -> InvoiceIntent | None:
    """Return the refused invoice of this deal that an address or the form names, if its form is known."""
    if not is_digits(pk):
        return None
    intent = refused_intent(at.viewer, at.deal, at.connection.company_id, int(pk))
    return intent if intent is not None and intent.form else None


def _load(at: FormRequest, state: FormState, extra_items: list[str] | None = None) -> FormData:
    follow_exchange_rate(state, at.connection, now=at.now)
    data = load_form_data(at.connection, at.deal, state, now=at.now, extra_items=extra_items or ())
    suggest_conversion_rate(state, at.connection, data.around.deal_currency, data.customer, now=at.now)
    return data


def _save(at: FormRequest, outcome: FormOutcome) -> FormOutcome:
    """Keep the form, unless this very form was sent already."""
    assert outcome.state is not None
    if sent_intents(at.viewer.account, at.deal, outcome.state.values["token"]).exists():
        outcome.is_sent = True
    else:
        draft = draft_save(at.viewer, at.deal, at.connection, outcome.state.as_json(), now=at.now)
        outcome.kept_at = draft.saved_at
    return outcome


def _change(at: FormRequest, posted: FormInput, action: str) -> FormOutcome:
    """Do what a button says, keep the form, show it."""
    state = posted.state
    data = _load(at, state, _named_items(at, state, action))
    apply_dependencies(state, data.around)
    target = FocusTarget()
    if action == ALL_LINES:
        whole = mapped_state(at.connection, at.deal, now=at.now, is_whole=True)
        state.lines = whole.lines
        names = ("lines_billed", "lines_over", "lines_over_ok", "deal_seen")
        state.values |= {name: whole.values[name] for name in names}
        target = FocusTarget("line-0-quantity")
    elif action == TAKE_DEAL:
        take_deal_lines(state, mapped_state(at.connection, at.deal, now=at.now))
        target = FocusTarget("line-0-quantity")
    elif action.startswith(("activate:", "create_item:")):
        target = _change_item(state, data, action)
    elif action != CHECK:
        target = edit(state, action, data.around)
    if action != CHECK:
        data = _load(at, state)
        apply_dependencies(state, data.around)
    refused = _refused(at, posted.refused)
    outcome = FormOutcome(state, data, is_posted=posted.was_sent, focus=target.focus, refused=refused)
    return _save(at, outcome)


def _named_items(at: FormRequest, state: FormState, action: str) -> list[str]:
    """Return the ids of the products that a button's action is about, besides those of the lines."""
    verb, *rest = action.split(":")
    if verb in {"link", "add_item"}:
        return rest
    return []


def _change_item(state: FormState, data: FormData, action: str) -> FocusTarget:
    """Make a line's product active, or create it; what QuickBooks refuses is said at the line."""
    verb, place, *rest = action.split(":")
    at = int(place) if is_digits(place, longest=3) else -1
    if not 0 <= at < len(state.lines):
        return FocusTarget()
    line = state.lines[at]
    problem = _activate(data, line) if verb == "activate" else _create_item(state, data, line, ":".join(rest))
    if problem is None:
        return FocusTarget(f"line-{at}-quantity")
    if problem.code:
        state.line_says[at] = problem
    return FocusTarget(f"line-{at}-item")


def _activate(data: FormData, line: dict[str, str]) -> Problem | None:
    """Return what kept the line's product from being made active; a problem without a code where it has none."""
    item = data.around.items.get(line["item"])
    if item is None:
        return Problem("", "item")
    try:
        item_activate(data.connection, item)
    except QuickBooksError as error:
        failure_record(data.connection, error, now=data.now)
        return Problem(error.problem_code or ProblemCode.UNEXPECTED, "item")
    line["item_label"] = item.name
    return None


def _create_item(state: FormState, data: FormData, line: dict[str, str], name: str) -> Problem | None:
    price = parse_decimal(
        line["unit_price"].strip() or "0",
        is_comma_decimal=data.around.is_comma_decimal,
    )
    tax, home = state.values["tax"], data.connection.company.home_currency
    currency, rate = foreign_rate(state.values, home)
    if currency and price is not None:
        # The price list is in home currency; without a rate nothing is written there.
        price = round_money(price * rate) if rate else Decimal(0)
    made = item_create(
        data.connection,
        name or line["item_label"] or line["name"],
        unit_price=price if price is not None and price >= 0 else Decimal(0),
        is_taxable=tax == "taxable" or (tax != "not_taxed" and line["tax"] == "1"),
        tax_code=line["code"] if line["code"] in data.around.codes else "",
        token=state.values["token"],
        now=data.now,
    )
    if isinstance(made, Problem):
        return made
    item_take(line, made, list_price(state.values, made, home))
    return None


def _create(at: FormRequest, state: FormState) -> FormOutcome:
    """Create the invoice, or show the form with what stands in the way."""
    data = _load(at, state)
    if data.sent is not None:
        return FormOutcome(leads_to="deal", message=(messages.INFO, _sent_text(data.sent)))
    if not at.connection.is_active:
        draft_save(at.viewer, at.deal, at.connection, state.as_json(), now=at.now)
        words = _("QuickBooks is not connected, so nothing was sent. What you typed is kept for when it is.")
        return FormOutcome(leads_to="deal", message=(messages.WARNING, words))
    apply_dependencies(state, data.around)
    if changed_since(data, state.values["seen"]) is not None:
        return _conflict(at, state, data)
    checked = check(state, data)
    if checked.draft is None or checked.is_blocked:
        return _save(at, FormOutcome(state, data, status=422, is_posted=True))
    # From here on what was typed is kept with the decision itself.
    try:
        intent = invoice_create(
            at.viewer,
            at.deal,
            at.connection,
            checked.draft,
            token=state.values["token"],
            rules=data.rules,
            stored=data.settings,
            preset=_preset_name(data, checked.draft),
            now=at.now,
            form=state.as_json(),
            seen=data.situation if state.values["seen"] else "",
        )
    except SituationChanged:
        return _conflict(at, state, _load(at, state))
    return _decided(at, state, intent)


def _preset_name(data: FormData, draft: InvoiceDraft) -> str:
    preset = data.around.presets.get(draft.preset_id)
    return preset.name if preset is not None else ""


def _adopt(at: FormRequest, state: FormState, pk: str) -> FormOutcome:
    """Link an invoice that QuickBooks has already, instead of making another; the form is over then."""
    mine = Invoice.objects.select_related("company").filter(
        company=at.connection.company_id, deal__isnull=True, is_deleted=False
    )
    if at.viewer.only_deal is not None:
        # A frame reaches what its form offers: invoices of the customer that is chosen in it.
        mine = mine.filter(customer_qbo_id=state.values["customer"] or "-")
    invoice = mine.filter(pk=int(pk)).first() if is_digits(pk) else None
    if invoice is None:
        words = _("That invoice belongs to a deal by now, or is gone. Nothing was linked.")
        return FormOutcome(leads_to="form", message=(messages.WARNING, words))
    invoice_link(at.viewer, at.deal, invoice, now=at.now)
    draft_delete(at.viewer, at.deal)
    words = _("Invoice %(number)s counts toward this deal. No other was made.") % {"number": invoice}
    return FormOutcome(leads_to="deal", message=(messages.SUCCESS, words))


def _decided(at: FormRequest, state: FormState, intent: InvoiceIntent) -> FormOutcome:
    if intent.state == State.REJECTED:
        _take_made_customer(state, intent)
        outcome = _save(at, FormOutcome(state, status=422, is_posted=True, refused=intent))
        at.connection.refresh_from_db()
        return outcome
    draft_delete(at.viewer, at.deal)
    if intent.state != State.SUCCEEDED:
        return FormOutcome(leads_to="deal")
    return FormOutcome(leads_to="deal", message=_created_message(intent))


def _created_message(intent: InvoiceIntent) -> tuple[int, str]:
    """Say that the invoice is there, and where QuickBooks' total is not the promised one, both figures."""
    invoice = intent.invoice
    number = invoice.doc_number if invoice else ""
    words = _("Invoice %(number)s is created in QuickBooks.") % {"number": number}
    if invoice is None:
        return messages.SUCCESS, words
    if not invoice.alarm:
        return messages.SUCCESS, words
    off = unexplained(
        intent.expected_total, intent.expected_tax, total=invoice.total, total_tax=invoice.total_tax
    )
    more = _("It came to %(total)s there; %(expected)s was expected.") % {
        "total": money_text(invoice.total, invoice.currency),
        "expected": money_text(invoice.total - off, invoice.currency),
    }
    title = "" if invoice.alarm == Alarm.TOTAL_DIFFERS else f"{alarm_title(invoice.alarm)}."
    said = (words, title, more if off else "", cause_text(invoice.alarm_cause))
    return messages.WARNING, " ".join(part for part in said if part)


def _conflict(at: FormRequest, state: FormState, data: FormData) -> FormOutcome:
    """Show once what was decided for the deal since the form was drawn; pressed again, the form knows of it."""
    changed = changed_since(data, state.values["seen"]) or []
    state.values["seen"] = data.situation
    texts = [change_text(one) for one in changed]
    return _save(at, FormOutcome(state, data, status=409, is_posted=True, changed=texts))


def _take_made_customer(state: FormState, intent: InvoiceIntent) -> None:
    """Choose the customer that was created before its invoice was refused, so that it is not created again."""
    if state.values["customer_mode"] == "new" and intent.customer_qbo_id:
        state.values.update(customer_mode="existing", customer=intent.customer_qbo_id)


def _sent_text(sent: InvoiceIntent) -> str:
    if sent.state == State.SUCCEEDED and sent.invoice is not None:
        words = _("This form is already invoice %(number)s. It was not sent again.")
        return words % {"number": sent.invoice.doc_number or sent.invoice.qbo_id}
    return _("This form was already sent. It is not sent again.")
