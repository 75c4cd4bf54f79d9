"""The form read as a draft and checked: the same while typing, when it is sent, and for the nightly check of deals."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from quickbooks_bridge.domain.draft import InvoiceDraft
from quickbooks_bridge.domain.passed_checks import passed_checks
from quickbooks_bridge.domain.preflight import draft_problems
from quickbooks_bridge.domain.preflight_lines import MOST_LINES
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem

from .form_data import FormData, preflight_facts
from .form_state import (
    FormState,
    draft_from_state,
    line_places,
)


def left_out(state: FormState) -> list[Problem]:
    """Return what of the deal did not fit on the invoice: somebody has to know before it is created."""
    count, _space, amount = state.values["lines_over"].partition(" ")
    if not count:
        return []
    params = {"most": str(MOST_LINES), "count": count, "amount": amount}
    is_known = state.values["lines_over_ok"] == "1"
    return [Problem(ProblemCode.LINES_LEFT_OUT, "lines", params=params, is_blocking=not is_known)]


@dataclass(frozen=True)
class CheckedForm:
    """A state, read and checked. `problems` count the lines of the form; `draft` is None while unreadable."""

    draft: InvoiceDraft | None
    problems: list[Problem]
    passed: list[str]
    # The number of the deal's invoice that bills exactly this.
    identical: str = ""

    @property
    def is_blocked(self) -> bool:
        """Whether QuickBooks would refuse it."""
        return self.draft is None or any(problem.is_blocking for problem in self.problems)


def check(state: FormState, about: FormData) -> CheckedForm:
    """Check the form as it stands."""
    draft, problems = draft_from_state(state, is_comma_decimal=about.around.is_comma_decimal)
    if draft is None:
        return CheckedForm(None, problems, [])
    items = about.around.items
    named = (
        replace(line, item_name=items[line.item_qbo_id].name) if line.item_qbo_id in items else line
        for line in draft.lines
    )
    draft = replace(
        draft,
        lines=tuple(named),
        discount_style="line" if about.settings.discount_style == "line" else "net",
        discount_word=_("Discount"),
    )
    facts = preflight_facts(about, draft)
    found = draft_problems(draft, facts)
    places = line_places(state)
    placed = [
        problem
        if problem.line is None
        else Problem(problem.code, problem.field, places[problem.line], problem.params, problem.is_blocking)
        for problem in found
    ]
    placed += left_out(state)
    typed = state.values["email"].strip()
    if draft.email != typed and not any(problem.code == ProblemCode.EMAIL_BAD for problem in found):
        placed.append(
            Problem(ProblemCode.EMAIL_TIDIED, "email", params={"addresses": draft.email}, is_blocking=False)
        )
    return CheckedForm(draft, placed, passed_checks(draft, facts, found), facts.identical)
