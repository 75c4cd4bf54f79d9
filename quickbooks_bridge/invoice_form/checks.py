"""What "Ready to invoice?" says: each problem with its title, its sentence and the buttons that mend it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.models import Item
from quickbooks_bridge.wording import problem_text

from .state import FormState, is_days

# A short name for what is wrong; the sentence (wording.py) stands below it and under the field.
TITLES: dict[str, str | Promise] = {
    "customer_missing": _("No customer yet"),
    "customer_gone": _("The customer is gone"),
    "customer_inactive": _("“%(name)s” is inactive in QuickBooks"),
    "name_forbidden": _("The name has a character QuickBooks refuses"),
    "name_too_long": _("The name is too long"),
    "name_taken": _("The name is taken"),
    "name_taken_there": _("The name is taken"),
    "name_of_vendor": _("A vendor has this name"),
    "name_of_employee": _("An employee has this name"),
    "text_too_long": _("A text is too long"),
    "email_tidied": _("The email addresses were tidied"),
    "email_bad": _("The email address is not complete"),
    "ship_to_missing": _("No place for sales tax"),
    "customer_exempt": _("The customer is exempt from sales tax"),
    "tax_by_hand": _("No sales tax is added"),
    "tax_not_supported": _("This company's tax cannot be chosen here yet"),
    "number_taken_write": _("The invoice number is taken"),
    "number_empty": _("The invoice will have no number"),
    "term_of_customer": _("Terms and due date differ"),
    "term_differs": _("Terms and due date differ"),
    "lines_too_many": _("Too many lines for one invoice"),
    "currency_relabelled": _("The currency differs from the deal's"),
    "currency_foreign": _("Foreign currency cannot be invoiced here yet"),
    "currency_missing": _("No currency"),
    "currency_off": _("QuickBooks bills in %(home)s only"),
    "currency_mismatch": _("The currency differs from the customer's"),
    "date_absurd": _("A date is far away"),
    "date_bad": _("A date is missing"),
    "books_closed": _("The books are closed for this date"),
    "books_closed_there": _("The books are closed for this date"),
    "due_before_issue": _("Due before it is issued"),
    "no_lines": _("Nothing to bill yet"),
    "line_unnamed": _("Line %(number)s has no name"),
    "line_text_too_long": _("The text of line %(number)s is too long"),
    "line_unlinked": _("Line %(number)s has no QuickBooks product"),
    "item_gone": _("The product of line %(number)s is gone"),
    "item_category": _("“%(item)s” is a category"),
    "item_inactive": _("“%(item)s” is inactive in QuickBooks"),
    "item_name_taken": _("QuickBooks already has this product"),
    "number_bad": _("A number on line %(number)s cannot be read"),
    "quantity_zero": _("Line %(number)s has no quantity"),
    "quantity_negative": _("The quantity of line %(number)s is below zero"),
    "price_negative": _("The price of line %(number)s is below zero"),
    "discount_negative": _("The discount of line %(number)s is below zero"),
    "discount_too_large": _("The discount of line %(number)s is too large"),
    "number_too_large": _("A number on line %(number)s is too large"),
    "decimals_5": _("Too many decimals on line %(number)s"),
    "decimals_7": _("Too many decimals on line %(number)s"),
    "total_zero": _("The invoice comes to zero"),
    "over_deal": _("More than the deal has left"),
    "number_taken": _("The invoice number is taken"),
    "object_gone": _("Something on it is no longer in QuickBooks"),
    "pass_customer": _("Customer is active in QuickBooks"),
    "pass_name": _("Customer name is free of forbidden characters"),
    "pass_email": _("Email address is complete"),
    "pass_address": _("QuickBooks can tell where it is delivered, for sales tax"),
    "pass_currency": _("Currency is one QuickBooks takes"),
    "pass_books": _("Books are open on the issue date"),
    "pass_items": _("Every line has an active QuickBooks product"),
    "pass_numbers": _("Quantities, prices and discounts add up"),
    "pass_texts": _("No text is longer than QuickBooks takes"),
    "pass_deal": _("Not more than what is left of the deal"),
}

# What is not wrong until somebody presses Create: an empty form does not blame.
NOT_YET = frozenset({"customer_missing", "no_lines", "line_unnamed"})


@dataclass(frozen=True)
class Remedy:
    """A button that mends something: what it posts as `do`, or, without that, the field it leads to."""

    label: str
    do: str = ""
    icon: str = ""
    focus: str = ""


@dataclass(frozen=True)
class Check:
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
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True)
class Help:
    """What remedies are made of besides the problem itself."""

    state: FormState
    likely: Mapping[int, Item]
    home_currency: str
    is_today_open: bool
    namesake: str = ""
    namesake_id: str = ""
    deal_currency: str = ""
    customer_term: str = ""
    heir: str = ""
    heir_id: str = ""


def title_of(code: str, params: Mapping[str, str] | None = None) -> str:
    """Give the short name of a problem or of a passed check."""
    known = dict.fromkeys(("name", "home", "item", "number"), "")
    return str(TITLES.get(code, _("QuickBooks refused it"))) % {**known, **(params or {})}


def check_of(problem: Problem, helps: Help) -> Check:
    """Give the entry of a problem; its `line` counts the lines of the form."""
    remedies = _REMEDIES.get(problem.code)
    params = dict(problem.params)
    if problem.line is not None:
        params["number"] = str(problem.line + 1)
    problem = Problem(problem.code, problem.field, problem.line, params, problem.is_blocking)
    return Check(
        title=title_of(problem.code, params),
        text=_text(problem, helps),
        anchor=anchor_of(problem, helps.state),
        place=place_of(problem, helps.state),
        is_blocking=problem.is_blocking,
        is_quiet=problem.code in NOT_YET,
        remedies=tuple(remedies(problem, helps)) if remedies else (),
    )


def _text(problem: Problem, helps: Help) -> str:
    text = problem_text(problem)
    likely = helps.likely.get(problem.line) if problem.line is not None else None
    if problem.code == "line_unlinked" and likely is not None:
        return f"{text} " + _("We found a likely one: %(item)s.") % {"item": likely.name}
    return text


def place_of(problem: Problem, state: FormState) -> str:
    """Give the name of the field a problem belongs to: "email", "2-quantity", "" for the whole form."""
    if problem.line is not None:
        return f"{problem.line}-{problem.field}"
    if problem.field == "customer" and state.values["customer_mode"] == "new":
        return "new_display_name"
    return problem.field


def anchor_of(problem: Problem, state: FormState) -> str:
    """Give the id of the field a problem is about."""
    place = place_of(problem, state)
    if problem.line is not None:
        return f"line-{place}"
    if place == "lines":
        return "line-0-name" if state.lines else "add-line"
    return f"id_{place}" if place else "invoice-form"


def _unlinked(problem: Problem, helps: Help) -> list[Remedy]:
    at = problem.line or 0
    likely = helps.likely.get(at)
    another = Remedy(
        str(_("Choose another")) if likely else str(_("Choose a product")), focus=f"line-{at}-item"
    )
    if likely is None:
        return [another]
    return [Remedy(str(_("Link it")), do=f"link:{at}:{likely.qbo_id}", icon="link"), another]


def _inactive(problem: Problem, helps: Help) -> list[Remedy]:
    at = problem.line or 0
    return [
        Remedy(str(_("Make active")), do=f"activate:{at}"),
        Remedy(str(_("Choose another")), do=f"unlink_item:{at}"),
    ]


def _item_gone(problem: Problem, helps: Help) -> list[Remedy]:
    return [Remedy(str(_("Choose another")), do=f"unlink_item:{problem.line or 0}")]


def _item_taken(problem: Problem, helps: Help) -> list[Remedy]:
    existing = problem.params.get("id", "")
    at = problem.line or 0
    return [Remedy(str(_("Link it")), do=f"link:{at}:{existing}", icon="link")] if existing else []


def _name_forbidden(problem: Problem, helps: Help) -> list[Remedy]:
    free = problem.params.get("free", "")
    label = _("Use “%(name)s”") % {"name": free[:60]} if free else ""
    return [Remedy(label, do="name:free")] if free else []


def _name_taken(problem: Problem, helps: Help) -> list[Remedy]:
    remedies = []
    if helps.namesake_id:
        label = _("Link %(name)s") % {"name": helps.namesake[:60]}
        remedies.append(Remedy(label, do=f"customer:{helps.namesake_id}", icon="link"))
    suffixed = _("%(name)s (customer)") % {"name": helps.state.values["new_display_name"].strip()[:60]}
    remedies.append(Remedy(_("Use “%(name)s”") % {"name": suffixed}, do="name:suffix"))
    remedies.append(Remedy(str(_("Edit name")), focus="id_new_display_name"))
    return remedies


def _currency_home(problem: Problem, helps: Help) -> list[Remedy]:
    """Offer a currency only where it is the one that the amounts are in, or nothing has an amount yet."""
    code = problem.params.get("currency") or problem.params.get("home") or helps.home_currency
    if helps.deal_currency not in {"", code}:
        return []
    return [Remedy(_("Switch invoice to %(currency)s") % {"currency": code}, do=f"currency:{code}")]


def _ship_to(problem: Problem, helps: Help) -> list[Remedy]:
    remedies = [
        Remedy(str(_("Write city, state and ZIP code")), focus="id_address"),
        Remedy(str(_("Invoice without tax")), do="no_tax"),
    ]
    if problem.is_blocking:
        remedies.append(Remedy(str(_("Let QuickBooks decide")), do="no_ship_to"))
    return remedies


def _next_number(problem: Problem, helps: Help) -> list[Remedy]:
    free = problem.params.get("free", "")
    return [Remedy(_("Use %(number)s") % {"number": free}, do=f"number:{free}")] if free else []


def _term(problem: Problem, helps: Help) -> list[Remedy]:
    label = _("Use %(name)s") % {"name": problem.params.get("name", "")[:40]}
    return [Remedy(label, do=f"term:{helps.customer_term}" if problem.code == "term_of_customer" else "term")]


def _currency_other(problem: Problem, helps: Help) -> list[Remedy]:
    return [*_currency_home(problem, helps), Remedy(str(_("Choose another customer")), do="change")]


def _another_customer(problem: Problem, helps: Help) -> list[Remedy]:
    other = Remedy(str(_("Choose another customer")), do="change")
    if not helps.heir_id:
        return [other]
    label = _("Link %(name)s: your invoices are there now") % {"name": helps.heir[:60]}
    return [Remedy(label, do=f"customer:{helps.heir_id}", icon="link"), other]


def _books(problem: Problem, helps: Help) -> list[Remedy]:
    return [Remedy(str(_("Use today's date")), do="today")] if helps.is_today_open else []


def _due(problem: Problem, helps: Help) -> list[Remedy]:
    days = helps.state.values["due_days"]
    if not is_days(days):
        return []
    return [Remedy(_("Use %(n)s days after issue") % {"n": days}, do="due_follow")]


def _no_number(problem: Problem, helps: Help) -> list[Remedy]:
    return [Remedy(str(_("Leave the number empty")), do="no_number")]


def _remove_line(problem: Problem, helps: Help) -> list[Remedy]:
    return [Remedy(str(_("Remove the line")), do=f"remove:{problem.line or 0}")]


def _add_line(problem: Problem, helps: Help) -> list[Remedy]:
    return [Remedy(str(_("Add line")), do="add_line", icon="plus")]


_REMEDIES: dict[str, Callable[[Problem, Help], list[Remedy]]] = {
    "line_unlinked": _unlinked,
    "item_inactive": _inactive,
    "item_gone": _item_gone,
    "item_category": _item_gone,
    "item_name_taken": _item_taken,
    "name_forbidden": _name_forbidden,
    "name_taken": _name_taken,
    "name_taken_there": _name_taken,
    "name_of_vendor": _name_taken,
    "name_of_employee": _name_taken,
    "currency_missing": _currency_home,
    "currency_off": _currency_home,
    "currency_refused": _currency_home,
    "currency_relabelled": _currency_home,
    "currency_mismatch": _currency_other,
    "ship_to_missing": _ship_to,
    "number_empty": _next_number,
    "number_taken_write": _next_number,
    "term_of_customer": _term,
    "term_differs": _term,
    "customer_inactive": _another_customer,
    "customer_gone": _another_customer,
    "books_closed": _books,
    "books_closed_there": _books,
    "date_absurd": lambda problem, helps: (
        [Remedy(str(_("Use today's date")), do="today")]
        if problem.field == "issue_date"
        else _due(problem, helps)
    ),
    "date_bad": lambda problem, helps: (
        [Remedy(str(_("Use today's date")), do="today")]
        if problem.field == "issue_date"
        else _due(problem, helps)
    ),
    "due_before_issue": _due,
    "number_taken": _no_number,
    "quantity_zero": _remove_line,
    "no_lines": _add_line,
}
