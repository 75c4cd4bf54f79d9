"""What the form says above itself after QuickBooks refused: what happened, who needs to act, what support needs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from crm_invoicing.ui.templatetags.ui import money_text
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.messages.problems import (
    Responsible,
    alternative_for,
    problem_text,
    responsible_for,
    responsible_text,
)
from quickbooks_bridge.models import Connection, InvoiceIntent

from .fixes import Fix, FixContext
from .form_state import FIELDS, FormState, state_from_json
from .issues import issue_of

# What the form itself changes after a refusal: a customer that was created is chosen, what follows was applied.
_NOT_TYPED = frozenset(
    {"token", "seen", "customer_mode", "customer", "tax", "tax_applied", "term_applied", "preset_applied"}
)


@dataclass(frozen=True)
class Failure:
    """A refused invoice as a card."""

    title: str
    text: str
    responsible: str
    other: str
    again: str
    at: datetime | None
    code: str
    tid: str
    remedies: tuple[Fix, ...]


def failure_of(intent: InvoiceIntent, connection: Connection, helps: FixContext) -> Failure | None:
    """Return the card of a refused intent; None when it is not refused."""
    rows: list[dict[str, Any]] = intent.problems or []
    if intent.state != InvoiceIntent.State.REJECTED or not rows:
        return None
    problem = Problem.from_dict(rows[0])
    return Failure(
        title=_title(problem.code),
        text=_text(problem, intent),
        responsible=_responsible(problem, connection),
        other=alternative_for(problem.code),
        again=_again(problem),
        at=intent.finished_at,
        code=str(problem.params.get("code", "")),
        tid=str(rows[0].get("tid") or ""),
        remedies=issue_of(problem, helps).remedies,
    )


def change_text(intent: InvoiceIntent) -> str:
    """Return what somebody decided for the deal, as a sentence: "Rob created invoice 1067 for $1,350.00."."""
    words = {
        "name": intent.member.name,
        "number": intent.invoice.doc_number or intent.invoice.qbo_id if intent.invoice else "",
        "amount": money_text(
            intent.invoice.total if intent.invoice else intent.expected_total, intent.currency
        ),
    }
    if intent.state == InvoiceIntent.State.SUCCEEDED:
        return _("%(name)s created invoice %(number)s for %(amount)s.") % words
    if intent.state == InvoiceIntent.State.REJECTED:
        return _("%(name)s tried to create an invoice for %(amount)s, which QuickBooks refused.") % words
    return _("%(name)s is creating an invoice for %(amount)s; it is not confirmed yet.") % words


def refused_problems(intent: InvoiceIntent, state: FormState) -> list[Problem] | None:
    """Return what QuickBooks refused, to stand in the list and beside its field until that is changed.

    None once every such field is changed: the refusal is then about a form that is no more.
    """
    sent = state_from_json(intent.form)
    problems = [Problem.from_dict(row) for row in intent.problems or []]
    placed = [row for row in problems if row.field]
    same = [row for row in placed if state.values.get(row.field) == sent.values.get(row.field)]
    if same or placed:
        return same or None
    # A refusal of no field stands until anything is changed; one that only time cures hinders nobody.
    ours = [row for row in problems if responsible_for(row.code) is not Responsible.QUICKBOOKS]
    return ours if _is_unchanged(state, sent) else []


def _is_unchanged(state: FormState, sent: FormState) -> bool:
    def typed(lines: list[dict[str, str]]) -> list[dict[str, str]]:
        # The name of a linked product is written by the page.
        return [{key: text for key, text in line.items() if key != "item_label"} for line in lines]

    return typed(state.lines) == typed(sent.lines) and all(
        state.values[name] == sent.values[name] for name in FIELDS if name not in _NOT_TYPED
    )


def _title(code: str) -> str:
    if responsible_for(code) is Responsible.QUICKBOOKS:
        return _("QuickBooks could not take the invoice just now")
    if code.startswith(ProblemCode.RECONNECT):
        return _("QuickBooks needs somebody to sign in again")
    return _("QuickBooks refused the invoice")


def _text(problem: Problem, intent: InvoiceIntent) -> str:
    text = problem_text(problem)
    made = _("No invoice was created.")
    if intent.customer_qbo_id and intent.customer_payload and "Id" not in intent.customer_payload:
        made = _("The new customer was created and is chosen below; no invoice was created.")
    return text if _("Nothing was created") in text else f"{text} {made}"


def _responsible(problem: Problem, connection: Connection) -> str:
    if problem.code.startswith(ProblemCode.RECONNECT):
        return _("%(name)s's, who connected QuickBooks") % {"name": connection.owner.name}
    return responsible_text(responsible_for(problem.code))


def _again(problem: Problem) -> str:
    if responsible_for(problem.code) is Responsible.QUICKBOOKS:
        return _("Not by itself. Press Create invoice again in a minute; what you typed is kept.")
    return _("Not by itself; it would fail the same way")
