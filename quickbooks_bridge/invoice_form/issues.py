"""What "Ready to invoice?" says: each problem with its title, its sentence and the buttons that fix it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.messages.problems import kind_of, placed, problem_text, title_for

from .fixes import FIXES, Fix, FixContext
from .form_state import FormState

# What a passed check says.
PASSED: dict[str, str | Promise] = {
    "pass_customer": _("Customer is active in QuickBooks"),
    "pass_name": _("Customer name is free of forbidden characters"),
    "pass_email": _("Email address is complete"),
    "pass_address": _("QuickBooks can tell where it is delivered, for sales tax"),
    "pass_codes": _("The tax codes are offered for sales in QuickBooks"),
    "pass_currency": _("QuickBooks accepts the currency"),
    "pass_books": _("Books are open on the issue date"),
    "pass_items": _("Every line has an active QuickBooks product"),
    "pass_numbers": _("Quantities, prices and discounts add up"),
    "pass_texts": _("No text is too long for QuickBooks"),
    "pass_deal": _("Not more than what is left of the deal"),
}

# What is not wrong until somebody presses Create: an empty form does not blame.
NOT_YET = frozenset({ProblemCode.CUSTOMER_MISSING, ProblemCode.NO_LINES, ProblemCode.LINE_UNNAMED})


@dataclass(frozen=True)
class FormIssue:
    """One entry of the list. `anchor` is the id of the field it is about; `place` where its sentence stands.

    `is_refusal` is what QuickBooks said last time: it is shown, but trying again is not hindered by it.
    """

    title: str
    text: str
    anchor: str
    place: str
    is_blocking: bool
    is_quiet: bool = False
    is_refusal: bool = False
    remedies: tuple[Fix, ...] = ()


def issue_of(problem: Problem, helps: FixContext) -> FormIssue:
    """Return the entry of a problem; its `line` counts the lines of the form."""
    problem = placed(problem)
    fixes = FIXES.get(kind_of(problem.code).fix)
    params = dict(problem.params)
    if problem.line is not None:
        params["number"] = str(problem.line + 1)
    problem = Problem(problem.code, problem.field, problem.line, params, problem.is_blocking)
    return FormIssue(
        title=title_for(problem.code, params),
        text=_text(problem, helps),
        anchor=anchor_of(problem, helps.state),
        place=place_of(problem, helps.state),
        is_blocking=problem.is_blocking,
        is_quiet=problem.code in NOT_YET,
        remedies=tuple(fixes(problem, helps)) if fixes else (),
    )


def _text(problem: Problem, helps: FixContext) -> str:
    text = problem_text(problem)
    likely = helps.likely.get(problem.line) if problem.line is not None else None
    if problem.code == ProblemCode.LINE_UNLINKED and likely is not None:
        return f"{text} " + _("We found a likely one: %(item)s.") % {"item": likely.item.name}
    return text


def place_of(problem: Problem, state: FormState) -> str:
    """Return the name of the field a problem belongs to: "email", "2-quantity", "" for the whole form."""
    if problem.line is not None:
        return f"{problem.line}-{problem.field}"
    if problem.field == "customer" and state.values["customer_mode"] == "new":
        return "new_display_name"
    return problem.field


def anchor_of(problem: Problem, state: FormState) -> str:
    """Return the id of the field a problem is about."""
    place = place_of(problem, state)
    if problem.line is not None:
        return f"line-{place}"
    if place == "lines":
        return "line-0-name" if state.lines else "add-line"
    return f"id_{place}" if place else "invoice-form"
