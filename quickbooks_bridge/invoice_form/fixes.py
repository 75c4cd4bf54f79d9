"""The buttons that fix a problem of the invoice form, by the name that the problem's entry gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.services.invoicing.items import LikelyItem

from .form_state import FormState, is_days


@dataclass(frozen=True)
class Fix:
    """A button that fixes something: what it posts as `do`, or, without that, the field it leads to."""

    label: str
    do: str = ""
    icon: str = ""
    focus: str = ""


@dataclass(frozen=True)
class FixContext:
    """What remedies are made of besides the problem itself."""

    state: FormState
    likely: Mapping[int, LikelyItem]
    home_currency: str
    is_today_open: bool
    namesake: str = ""
    namesake_id: str = ""
    deal_currency: str = ""
    customer_term: str = ""
    heir: str = ""
    heir_id: str = ""


def _unlinked(problem: Problem, helps: FixContext) -> list[Fix]:
    at = problem.line or 0
    likely = helps.likely.get(at)
    another = Fix(str(_("Choose another")) if likely else str(_("Choose a product")), focus=f"line-{at}-item")
    if likely is None:
        return [another]
    return [Fix(str(_("Link it")), do=f"link:{at}:{likely.item.qbo_id}", icon="link"), another]


def _inactive(problem: Problem, helps: FixContext) -> list[Fix]:
    at = problem.line or 0
    return [
        Fix(str(_("Make active")), do=f"activate:{at}"),
        Fix(str(_("Choose another")), do=f"unlink_item:{at}"),
    ]


def _item_gone(problem: Problem, helps: FixContext) -> list[Fix]:
    return [Fix(str(_("Choose another")), do=f"unlink_item:{problem.line or 0}")]


def _item_taken(problem: Problem, helps: FixContext) -> list[Fix]:
    existing = problem.params.get("id", "")
    at = problem.line or 0
    return [Fix(str(_("Link it")), do=f"link:{at}:{existing}", icon="link")] if existing else []


def _name_forbidden(problem: Problem, helps: FixContext) -> list[Fix]:
    free = problem.params.get("free", "")
    label = _("Use “%(name)s”") % {"name": free[:60]} if free else ""
    return [Fix(label, do="name:free")] if free else []


def _name_taken(problem: Problem, helps: FixContext) -> list[Fix]:
    remedies = []
    if helps.namesake_id:
        label = _("Link %(name)s") % {"name": helps.namesake[:60]}
        remedies.append(Fix(label, do=f"customer:{helps.namesake_id}", icon="link"))
    suffixed = _("%(name)s (customer)") % {"name": helps.state.values["new_display_name"].strip()[:60]}
    remedies.append(Fix(_("Use “%(name)s”") % {"name": suffixed}, do="name:suffix"))
    remedies.append(Fix(str(_("Edit name")), focus="id_new_display_name"))
    return remedies


def _currency_home(problem: Problem, helps: FixContext) -> list[Fix]:
    """Offer a currency only where it is the one that the amounts are in, or nothing has an amount yet."""
    code = problem.params.get("currency") or problem.params.get("home") or helps.home_currency
    if helps.deal_currency not in {"", code}:
        return []
    return [Fix(_("Switch invoice to %(currency)s") % {"currency": code}, do=f"currency:{code}")]


def _convert(problem: Problem, helps: FixContext) -> list[Fix]:
    """Offer the currency of the amounts where it will do, and to state a rate where it will not."""
    fixes = _currency_home(problem, helps)
    return (
        fixes if not helps.deal_currency else [*fixes, Fix(str(_("State a rate")), focus="id_convert_rate")]
    )


def _ship_to(problem: Problem, helps: FixContext) -> list[Fix]:
    remedies = [
        Fix(str(_("Write city, state and ZIP code")), focus="id_address"),
        Fix(str(_("Invoice without tax")), do="no_tax"),
    ]
    if problem.is_blocking:
        remedies.append(Fix(str(_("Let QuickBooks decide")), do="no_ship_to"))
    return remedies


def _next_number(problem: Problem, helps: FixContext) -> list[Fix]:
    free = problem.params.get("free", "")
    return [Fix(_("Use %(number)s") % {"number": free}, do=f"number:{free}")] if free else []


def _term(problem: Problem, helps: FixContext) -> list[Fix]:
    label = _("Use %(name)s") % {"name": problem.params.get("name", "")[:40]}
    return [
        Fix(
            label,
            do=f"term:{helps.customer_term}" if problem.code == ProblemCode.TERM_OF_CUSTOMER else "term",
        )
    ]


def _currency_other(problem: Problem, helps: FixContext) -> list[Fix]:
    return [*_convert(problem, helps), Fix(str(_("Choose another customer")), do="change")]


def _another_customer(problem: Problem, helps: FixContext) -> list[Fix]:
    other = Fix(str(_("Choose another customer")), do="change")
    if not helps.heir_id:
        return [other]
    label = _("Link %(name)s: your invoices are there now") % {"name": helps.heir[:60]}
    return [Fix(label, do=f"customer:{helps.heir_id}", icon="link"), other]


def _books(problem: Problem, helps: FixContext) -> list[Fix]:
    return [Fix(str(_("Use today's date")), do="today")] if helps.is_today_open else []


def _due(problem: Problem, helps: FixContext) -> list[Fix]:
    days = helps.state.values["due_days"]
    if not is_days(days):
        return []
    return [Fix(_("Use %(n)s days after issue") % {"n": days}, do="due_follow")]


def _no_number(problem: Problem, helps: FixContext) -> list[Fix]:
    return [Fix(str(_("Leave the number empty")), do="no_number")]


def _remove_line(problem: Problem, helps: FixContext) -> list[Fix]:
    return [Fix(str(_("Remove the line")), do=f"remove:{problem.line or 0}")]


def _add_line(problem: Problem, helps: FixContext) -> list[Fix]:
    return [Fix(str(_("Add line")), do="add_line", icon="plus")]


def _date(problem: Problem, helps: FixContext) -> list[Fix]:
    if problem.field == "issue_date":
        return [Fix(str(_("Use today's date")), do="today")]
    return _due(problem, helps)


def _bundle(problem: Problem, helps: FixContext) -> list[Fix]:
    at = problem.line or 0
    return [
        Fix(str(_("Take its products")), do=f"bundle:{at}"),
        Fix(str(_("Choose another")), do=f"unlink_item:{at}"),
    ]


def _fill_bundle(problem: Problem, helps: FixContext) -> list[Fix]:
    at = problem.line or 0
    return [
        Fix(str(_("Take its products")), do=f"bundle:{at}"),
        Fix(str(_("Remove the line")), do=f"remove:{at}"),
    ]


def _bill_first_lines(problem: Problem, helps: FixContext) -> list[Fix]:
    return [Fix(str(_("Invoice these lines now")), do="first_lines")] if problem.is_blocking else []


def _ask_rate(problem: Problem, helps: FixContext) -> list[Fix]:
    return [
        Fix(str(_("Ask QuickBooks again")), do="ask_rate"),
        Fix(str(_("Write the rate")), focus="id_exchange_rate"),
    ]


def _choose_tax(problem: Problem, helps: FixContext) -> list[Fix]:
    return [Fix(str(_("Choose a tax code")), focus=f"line-{problem.line or 0}-code")]


def _adopt(problem: Problem, helps: FixContext) -> list[Fix]:
    label = _("Link invoice %(number)s to this deal instead") % {"number": problem.params.get("number", "")}
    return [Fix(label, do=f"adopt:{problem.params.get('id', '')}", icon="link")]


# By `fix` of the entries in messages/.
FIXES: dict[str, Callable[[Problem, FixContext], list[Fix]]] = {
    "link_product": _unlinked,
    "activate_product": _inactive,
    "choose_product": _item_gone,
    "link_namesake_product": _item_taken,
    "clean_name": _name_forbidden,
    "other_name": _name_taken,
    "switch_currency": _currency_home,
    "convert": _convert,
    "switch_currency_or_customer": _currency_other,
    "ship_to": _ship_to,
    "next_number": _next_number,
    "terms": _term,
    "other_customer": _another_customer,
    "today": _books,
    "due_date": _due,
    "no_number": _no_number,
    "remove_line": _remove_line,
    "add_line": _add_line,
    "date": _date,
    "ask_rate": _ask_rate,
    "choose_tax": _choose_tax,
    "open_bundle": _bundle,
    "fill_bundle": _fill_bundle,
    "bill_first_lines": _bill_first_lines,
    "adopt": _adopt,
}
