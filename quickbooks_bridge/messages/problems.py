"""What is said about a problem, from its one entry: title, message, who needs to act, a second way out."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from crm_invoicing.ui.templatetags.ui import money_plain
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem

from . import form_problems, quickbooks_problems
from .problem_kind import ProblemKind, Responsible, Text

__all__ = ["REGISTRY", "ProblemKind", "Responsible"]

REGISTRY: dict[str, ProblemKind] = {
    kind.code: kind for kind in form_problems.KINDS + quickbooks_problems.KINDS
}


def kind_of(code: str) -> ProblemKind:
    """Return the entry of a code; of one that nobody entered, that of an answer we do not know."""
    return REGISTRY.get(code, REGISTRY[ProblemCode.UNEXPECTED])


def _filled(text: Text, params: Mapping[str, str]) -> str:
    # A parameter that a refusal did not bring leaves a gap, never a failure.
    return str(text) % defaultdict(str, params)


def message_for(code: str, params: Mapping[str, str] | None = None) -> str:
    """Return the sentence of a code in the reader's language."""
    return _filled(kind_of(code).message, params or {})


def title_for(code: str, params: Mapping[str, str] | None = None) -> str:
    """Return the short name of a problem in the reader's language."""
    return _filled(kind_of(code).title, params or {})


def placed(problem: Problem) -> Problem:
    """Return a refusal of QuickBooks with the form field that it is about."""
    return problem if problem.field else replace(problem, field=kind_of(problem.code).form_field)


def problem_text(problem: Problem) -> str:
    """Return the sentence of a problem, with QuickBooks' own words behind it where only these name the cause."""
    text = message_for(problem.code, _readable(problem.params))
    detail = problem.params.get("detail", "")
    return text + " " + _("QuickBooks’ own words: “%(words)s”") % {"words": detail} if detail else text


def _readable(params: dict[str, str]) -> dict[str, str]:
    """Return the parameters with days and amounts as the reader's language writes them."""
    days = {key: params[key] for key in ("closed", "day") if params.get(key)}
    amounts = {key: params[key] for key in ("over",) if params.get(key)}
    return {
        **params,
        **{key: date_format(date.fromisoformat(value), "DATE_FORMAT") for key, value in days.items()},
        **{key: money_plain(Decimal(value), params.get("currency", "")) for key, value in amounts.items()},
    }


def responsible_for(code: str) -> Responsible:
    """Return who needs to act on a problem."""
    return kind_of(code).responsible


def responsible_text(responsible: Responsible) -> str:
    """Name who needs to act, as the answer to "Needs action from"."""
    return str(
        {
            Responsible.YOURS: _("You"),
            Responsible.ADMIN: _("An admin of your company"),
            Responsible.ACCOUNTANT: _("Your accountant"),
            Responsible.QUICKBOOKS: _("QuickBooks"),
        }[responsible]
    )


def alternative_for(code: str) -> str:
    """Return a second way to fix a problem, "" when there is none."""
    return str(kind_of(code).alternative)


def action_refusal(code: str, action: str, *, is_unknown: bool) -> dict[str, str]:
    """Return title, text, who needs to act and the kind of banner for an action that QuickBooks did not do.

    `action` is "void", "delete", "send", "pdf" or "pay_link"; `is_unknown` says that QuickBooks may have done it after all.
    """
    if is_unknown:
        return {
            "kind": "checking",
            "title": str(_("Not confirmed yet – checking")),
            "text": str(
                _("QuickBooks did not answer in time. What it did shows here by itself, within minutes.")
            ),
            "responsible": "",
        }
    titles = {
        "void": _("The invoice was not voided"),
        "delete": _("The invoice was not deleted"),
        "send": _("The invoice was not sent"),
        "pdf": _("The PDF could not be fetched"),
        "pay_link": _("The payment link could not be fetched"),
    }
    kind = kind_of(code)
    text = str(kind.action_message) or message_for(code)
    return {
        "kind": "offline" if kind.responsible is Responsible.QUICKBOOKS else "refused",
        "title": str(titles[action]),
        "text": text,
        "responsible": responsible_text(kind.action_responsible or kind.responsible),
    }
