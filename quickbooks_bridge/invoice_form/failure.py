"""What the form says above itself after QuickBooks refused: what happened, whose turn it is, what support needs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.models import Connection, InvoiceIntent
from quickbooks_bridge.wording import Turn, other_way, problem_text, turn_text, whose_turn

from .checks import Help, Remedy, check_of
from .state import FormState, state_from_json


@dataclass(frozen=True)
class Failure:
    """A refused invoice as a card."""

    title: str
    text: str
    turn: str
    other: str
    again: str
    at: datetime | None
    code: str
    tid: str
    remedies: tuple[Remedy, ...]


def failure_of(intent: InvoiceIntent, connection: Connection, helps: Help) -> Failure | None:
    """Give the card of a refused intent; None when it is not refused."""
    rows: list[dict[str, Any]] = intent.problems or []
    if intent.state != InvoiceIntent.State.REFUSED or not rows:
        return None
    problem = Problem.from_dict(rows[0])
    return Failure(
        title=_title(problem.code),
        text=_text(problem, intent),
        turn=_turn(problem, connection),
        other=other_way(problem.code),
        again=_again(problem),
        at=intent.finished_at,
        code=str(problem.params.get("code", "")),
        tid=str(rows[0].get("tid") or ""),
        remedies=check_of(problem, helps).remedies,
    )


def refused_problems(intent: InvoiceIntent, state: FormState) -> list[Problem] | None:
    """Give what QuickBooks refused that has a field of the form, to stand beside it until the field is changed.

    None once every such field is changed: the refusal is then about a form that is no more.
    """
    sent = state_from_json(intent.form).values
    problems = [problem for row in intent.problems or [] if (problem := Problem.from_dict(row)).field]
    same = [row for row in problems if state.values.get(row.field) == sent.get(row.field)]
    return same if same or not problems else None


def _title(code: str) -> str:
    if whose_turn(code) is Turn.QUICKBOOKS:
        return _("QuickBooks could not take the invoice just now")
    if code.startswith("reconnect"):
        return _("QuickBooks needs somebody to sign in again")
    return _("QuickBooks refused the invoice")


def _text(problem: Problem, intent: InvoiceIntent) -> str:
    text = problem_text(problem)
    made = _("No invoice was created.")
    if intent.customer_qbo_id and intent.customer_payload and "Id" not in intent.customer_payload:
        made = _("The new customer was created and is chosen below; no invoice was created.")
    return text if _("Nothing was created") in text else f"{text} {made}"


def _turn(problem: Problem, connection: Connection) -> str:
    if problem.code.startswith("reconnect"):
        return _("%(name)s's, who connected QuickBooks") % {"name": connection.owner.name}
    return turn_text(whose_turn(problem.code))


def _again(problem: Problem) -> str:
    if whose_turn(problem.code) is Turn.QUICKBOOKS:
        return _("Not by itself. Press Create invoice again in a minute; what you typed is kept.")
    return _("Not by itself; it would fail the same way")
