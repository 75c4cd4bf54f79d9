"""Creating without a page: the form filled from the deal, with what the caller sends instead, checked by the same rules."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from deals.crm_source import load_deal
from deals.models import Deal
from deals.viewer import Viewer
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.totals import draft_totals
from quickbooks_bridge.messages.problems import problem_text, title_for
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent
from quickbooks_bridge.selectors.items import items_by_id
from quickbooks_bridge.services.invoicing.create import SituationChanged, invoice_create

from .actions import apply_dependencies
from .checking import CheckedForm, check
from .fixes import FixContext
from .form_data import FormData, load_form_data
from .form_state import FormState
from .issues import issue_of
from .line_edits import item_take, list_price
from .prefill import filled_state, follow_exchange_rate

# By the names of the API; the form's own where they differ.
_FIELDS = {
    "to": "to", "address": "address", "email": "email", "tax_id": "tax_id", "issue_date": "issue_date",
    "due_date": "due_date", "number": "doc_number", "message": "message", "memo": "memo", "again_reason": "again_reason",
}  # fmt: skip


@dataclass(frozen=True)
class ApiOutcome:
    """What became of it: an invoice, something unconfirmed, or problems as JSON has them."""

    invoice: Invoice | None = None
    is_unconfirmed: bool = False
    # Somebody else decided on an invoice of this deal in the same moment.
    is_overtaken: bool = False
    problems: list[dict[str, Any]] = field(default_factory=list)


def _state(connection: Connection, deal: Deal, given: Mapping[str, Any], *, now: datetime) -> FormState:
    load_deal(deal, None, now=now)
    state = filled_state(connection, deal, now=now)
    if given.get("customer_quickbooks_id"):
        state.values.update(customer_mode="existing", customer=given["customer_quickbooks_id"])
    elif given.get("new_customer_name"):
        state.values.update(customer_mode="new", customer="", new_display_name=given["new_customer_name"])
    _link(connection, state, given.get("items") or {})
    for name, place in _FIELDS.items():
        if name in given:
            value = given[name]
            state.values[place] = value.isoformat() if isinstance(value, date) else value
    return state


def _link(connection: Connection, state: FormState, wanted: Mapping[str, str]) -> None:
    """Link the named lines of the deal to products; an id that is none is said by the check."""
    items = items_by_id(connection.company_id, wanted.values()) if wanted else {}
    for line in state.lines:
        qbo_id = wanted.get(line["source"], "")
        if not qbo_id or line["kind"] != "item":
            continue
        line["item"] = qbo_id
        if qbo_id in items:
            price = list_price(state.values, items[qbo_id], connection.company.home_currency)
            item_take(line, items[qbo_id], price)


def _checked(
    connection: Connection, deal: Deal, state: FormState, *, now: datetime
) -> tuple[FormData, CheckedForm]:
    follow_exchange_rate(state, connection, now=now)
    data = load_form_data(connection, deal, state, now=now)
    apply_dependencies(state, data.around)
    return data, check(state, data)


def _problems(state: FormState, data: FormData, checked: CheckedForm) -> list[dict[str, Any]]:
    helps = FixContext(state, {}, data.connection.company.home_currency, is_today_open=True)
    found = []
    for problem in checked.problems:
        issue = issue_of(problem, helps)
        found.append(
            {
                "code": str(problem.code),
                "title": issue.title,
                "detail": issue.text,
                "attr": issue.place,
                "is_blocking": problem.is_blocking,
            }
        )
    return found


def api_check(
    viewer: Viewer, connection: Connection, deal: Deal, given: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Return whether the deal's next invoice could be created, what it comes to, and what stands in the way."""
    state = _state(connection, deal, given, now=now)
    data, checked = _checked(connection, deal, state, now=now)
    total = draft_totals(checked.draft, data.rules).total if checked.draft is not None else None
    return {
        "is_ready": not checked.is_blocked and connection.is_active,
        "total": total,
        "problems": _problems(state, data, checked),
    }


def api_create(
    viewer: Viewer, connection: Connection, deal: Deal, given: Mapping[str, Any], *, key: str, now: datetime
) -> ApiOutcome:
    """Create the deal's next invoice; the same key finds the same decision, whatever happened to the first answer."""
    token = "api-" + hashlib.sha256(f"{viewer.account.pk} {key}".encode()).hexdigest()[:40]
    before = InvoiceIntent.objects.filter(account=viewer.account, token=token).first()
    if before is not None and before.state != InvoiceIntent.State.REJECTED:
        return _outcome(before)
    state = _state(connection, deal, given, now=now)
    state.values["token"] = token
    data, checked = _checked(connection, deal, state, now=now)
    if checked.draft is None or checked.is_blocked:
        return ApiOutcome(problems=_problems(state, data, checked))
    try:
        intent = invoice_create(
            viewer,
            deal,
            connection,
            checked.draft,
            token=token,
            rules=data.rules,
            stored=data.settings,
            now=now,
            form=state.as_json(),
            seen=data.situation,
        )
    except SituationChanged:
        return ApiOutcome(is_overtaken=True)
    return _outcome(intent)


def _outcome(intent: InvoiceIntent) -> ApiOutcome:
    if intent.state == InvoiceIntent.State.SUCCEEDED:
        return ApiOutcome(invoice=intent.invoice)
    if intent.state != InvoiceIntent.State.REJECTED:
        return ApiOutcome(is_unconfirmed=True)
    return ApiOutcome(problems=[_refusal(problem) for problem in intent.problems])


def _refusal(stored: Mapping[str, Any]) -> dict[str, Any]:
    problem = Problem.from_dict(dict(stored))
    return {
        "code": str(problem.code),
        "title": title_for(problem.code, problem.params),
        "detail": problem_text(problem),
        "attr": problem.field,
        "is_blocking": True,
    }
