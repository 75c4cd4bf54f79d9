"""Everything the form's templates show, computed once from its state."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_name
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_invoicing.ui.templatetags.ui import reader_locale
from quickbooks_bridge.deal_page.money_summary import Segment
from quickbooks_bridge.domain.address import physical_address, ship_to, ship_to_key
from quickbooks_bridge.domain.currencies import currency_codes
from quickbooks_bridge.domain.customer_diff import customer_diff
from quickbooks_bridge.domain.draft import InvoiceDraft
from quickbooks_bridge.domain.field_mapping import FIXED_TEXT
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.tax import TaxMode, TaxRegime
from quickbooks_bridge.domain.totals import (
    Totals,
    can_be_quoted,
    draft_totals,
)
from quickbooks_bridge.messages.tax_words import code_label, tax_word
from quickbooks_bridge.selectors.customers import outstanding_balance
from quickbooks_bridge.selectors.taxes import TaxEstimate, tax_estimate
from quickbooks_bridge.services.invoicing.attachments import attachments_of_form
from quickbooks_bridge.services.invoicing.customers import (
    customer_facts,
    customer_suggestions,
    delivery_address,
    draft_facts,
)
from quickbooks_bridge.services.invoicing.items import LikelyItem

from .checking import CheckedForm
from .fixes import FixContext
from .form_data import FormData, deal_left, is_us
from .form_state import (
    CUSTOM_FIELDS,
    CUSTOMER_FIELDS,
    FormState,
    conversion_of,
    read_day,
    tax_choice,
    tax_mode,
)
from .issues import PASSED, FormIssue, issue_of
from .line_context import likely_of_lines, line_rows, reason_words

SHOWN_PASSED = 5


def form_context(
    state: FormState,
    about: FormData,
    checked: CheckedForm,
    *,
    is_posted: bool,
    refused: Iterable[Problem] = (),
) -> dict[str, Any]:
    """Return what the templates show. With `is_posted` an empty form is told what it lacks beside the fields."""
    likely = likely_of_lines(state, about)
    helps = help_of(state, about, likely)
    problems = list(checked.problems)
    problems += [
        Problem(row.code, row.field, at, row.params, row.is_blocking) for at, row in state.line_says.items()
    ]
    checks = [replace(issue_of(problem, helps), is_refusal=True) for problem in refused]
    checks += [issue_of(problem, helps) for problem in problems]
    checks.sort(key=lambda entry: not entry.is_blocking)
    errors: dict[str, FormIssue] = {}
    for entry in checks:
        if entry.place and (is_posted or not entry.is_quiet) and entry.is_blocking:
            errors.setdefault(entry.place, entry)
    fixes = sum(entry.is_blocking for entry in checks)
    return {
        "deal": about.deal,
        "connection": about.connection,
        "state": state,
        "values": state.values,
        "presets": about.presets,
        "terms": about.terms,
        "lines": line_rows(state, about, checked, errors, likely, is_posted=is_posted),
        "fixes": [entry for entry in checks if entry.is_blocking],
        "warnings": [entry for entry in checks if not entry.is_blocking],
        "fix_words": ngettext("%(n)s thing to fix", "%(n)s things to fix", fixes) % {"n": fixes}
        if fixes
        else "",
        "signs": {
            "customer": any(entry.is_blocking and entry.anchor.startswith("id_") for entry in checks),
            "lines": any(entry.is_blocking and not entry.anchor.startswith("id_") for entry in checks),
        },
        "passed": [str(PASSED[code]) for code in checked.passed],
        "errors": errors,
        "hints": {name: _origin(state, about, name) for name in CUSTOMER_FIELDS},
        "customer": about.customer,
        "owed": outstanding_balance(about.connection, about.customer) if about.customer else None,
        "is_new": state.values["customer_mode"] == "new",
        "totals": _totals(about, checked.draft),
        "after": _after(about, checked.draft),
        "currencies": _currencies(state, about),
        "currency_hint": _currency_hint(state, about),
        "due_hint": _due_hint(state),
        "tax": tax_choice(state.values["tax"]),
        **_tax_context(state, about),
        **_extra_context(state, about, errors),
        "is_before_tax": _is_before_tax(about, checked.draft),
        "identical": checked.identical,
        "is_deal_changed": about.is_deal_changed,
        "estimate": _estimate(about, checked.draft),
        "suggestions": _suggestions(state, about),
        **_diff_context(about, checked.draft),
    }


def _tax_context(state: FormState, about: FormData) -> dict[str, Any]:
    """Return what the tax fields offer: by the regime of the company, in the words of its country."""
    company, rules = about.connection.company, about.rules
    day = read_day(state.values["issue_date"]) or about.around.today
    currency = state.values["currency"]
    return {
        "regime": rules.regime,
        "tax_mode": tax_mode(state.values["tax_mode"]),
        "has_codes": rules.regime is TaxRegime.CODES,
        "is_as_quoted": bool(state.values["quoted_tax"])
        or (about.settings.tax_policy == about.settings.TaxPolicy.AS_QUOTED and can_be_quoted(rules)),
        "is_out_of_scope": tax_mode(state.values["tax_mode"]) is TaxMode.OUT_OF_SCOPE,
        "tax_word": tax_word(company.country),
        "tax_codes": [
            {"id": code.qbo_id, "name": code_label(code.name, code.percent_on(day))}
            for code in rules.codes.values()
        ],
        "conversion": _conversion(state, about),
        "is_foreign": company.is_multicurrency and currency not in {"", company.home_currency},
    }


def _conversion(state: FormState, about: FormData) -> dict[str, Any] | None:
    """Return what the box of a conversion shows: one that was made, or one that the amounts need; None for neither."""
    made, own = conversion_of(state), about.around.deal_currency
    if made is not None:
        return {"made": made, "source": made.source, "target": made.target}
    customer, company = about.customer, about.connection.company
    wanted = customer.currency if customer is not None else state.values["currency"].strip().upper()
    target = wanted if company.is_multicurrency and len(wanted) == 3 else company.home_currency
    if not own or target == own:
        return None
    return {"made": None, "source": own, "target": target}


MORE_FIELDS = ("term", "message", "memo", "cc", "bcc", "class", "location", "pay_online", *CUSTOM_FIELDS)


def _extra_context(state: FormState, about: FormData, errors: dict[str, FormIssue]) -> dict[str, Any]:
    """Return what else the company's invoices have: what it has turned off is not shown."""
    company = about.connection.company
    facts = company.invoice_facts
    return {
        "facts": facts,
        "allows_discount": company.allows_discount,
        "classes": about.classes,
        "locations": about.locations,
        "has_line_classes": facts.class_tracking == "line" and bool(about.classes),
        "has_invoice_class": facts.class_tracking == "invoice" and bool(about.classes),
        "has_more": bool(attachments_of_form(about.deal, state.values["token"]))
        or any(state.values[name].strip() or name in errors for name in MORE_FIELDS),
        "more_words": _("Class, location, terms, copies, files, message, memo")
        if facts.lists
        else _("Terms, copies, files, message, memo"),
        "custom_fields": [(f"custom_{key}", name) for key, name in facts.custom_fields],
    }


def help_of(state: FormState, about: FormData, likely: dict[int, LikelyItem]) -> FixContext:
    """Return what remedies are made of."""
    closed = about.connection.company.book_close_date
    namesake = about.namesake if about.namesake and about.namesake.is_active else None
    return FixContext(
        state=state,
        likely=likely,
        home_currency=about.connection.company.home_currency,
        is_today_open=closed is None or about.around.today > closed,
        namesake=namesake.display_name if namesake else "",
        namesake_id=namesake.qbo_id if namesake else "",
        deal_currency=about.around.deal_currency,
        customer_term=about.customer.term_qbo_id if about.customer else "",
        heir=about.heir.display_name if about.heir else "",
        heir_id=about.heir.qbo_id if about.heir else "",
    )


def _suggestions(state: FormState, about: FormData) -> list[tuple[Any, str]]:
    if about.customer is not None or state.values["customer_mode"] == "new":
        return []
    name = state.values["customer_label"] or state.values["to"] or about.deal.title
    found = customer_suggestions(
        about.connection, name=name, email=state.values["email"], tax_id=state.values["tax_id"]
    )
    return [(row, reason_words(suggestion.reasons)) for row, suggestion in found]


def _origin(state: FormState, about: FormData, name: str) -> str:
    """Say where a text came from, or why it is empty."""
    key = state.values[f"origin_{name}"]
    if not key:
        return ""
    path, _mark, why = key.partition("?")
    if path == FIXED_TEXT:
        return _("Fixed text from the settings")
    if why == "gone":
        return _("The CRM field chosen in the settings no longer exists.")
    group = {"organization": _("Organization"), "person": _("Person"), "deal": _("Deal")}.get(
        path.split(".")[0], ""
    )
    where = f"{group} – {_(about.labels.get(path, path.rpartition('.')[2]))}"
    if why == "empty":
        return _("%(field)s is empty in the CRM") % {"field": where}
    return _("From %(field)s") % {"field": where}


def _totals(about: FormData, draft: InvoiceDraft | None) -> Totals | None:
    return draft_totals(draft, about.rules) if draft else None


def _is_before_tax(about: FormData, draft: InvoiceDraft | None) -> bool:
    """Return whether the total lacks a tax that only QuickBooks knows."""
    if draft is None or draft_totals(draft, about.rules).tax is not None:
        return False
    return any(line.is_taxable for line in draft.lines)


def _estimate(about: FormData, draft: InvoiceDraft | None) -> TaxEstimate | None:
    """Return what the tax of an invoice to the same place was, where only QuickBooks knows this one's."""
    if draft is None or about.rules.regime is not TaxRegime.AUTOMATED or not _is_before_tax(about, draft):
        return None
    company, customer = about.connection.company, about.customer
    known = delivery_address(customer) if customer is not None and draft.customer.qbo_id else None
    place = ship_to(draft.address, known, company.country)
    totals = draft_totals(draft, about.rules)
    if place is None or totals.invoice_discount:
        return None
    return tax_estimate(
        company,
        ship_to_key=ship_to_key(physical_address(place)),
        taxable=totals.taxable,
        day=draft.issue_date,
        currency=draft.currency,
    )


def _after(about: FormData, draft: InvoiceDraft | None) -> dict[str, Any] | None:
    """Return the deal once this invoice exists: what is invoiced before tax, what is left, the bar."""
    if draft is None or draft.currency != about.deal.currency or deal_left(about, draft) is None:
        return None
    zero = Decimal(0)
    value, strip = about.deal.value, about.strip
    this = draft_totals(draft, about.rules).net
    before, waiting = strip.invoiced_net + strip.converted_net, strip.unconfirmed_net
    whole = max(value, before + waiting + this)
    ratio = strip.invoiced_net / strip.invoiced if strip.invoiced else zero
    parts = (
        ("paid", strip.paid * ratio),
        ("due", (strip.outstanding - strip.overdue) * ratio),
        ("overdue", strip.overdue * ratio),
        ("unconfirmed", waiting),
        ("converted", strip.converted_net),
        ("this", this),
    )
    return {
        "value": value,
        "before": before,
        "waiting": waiting,
        "this": this,
        "left": max(zero, value - before - waiting - this),
        "over": max(zero, before + waiting + this - value),
        "segments": [Segment(kind, (amount * 100 / whole).quantize(Decimal("0.1"))) for kind, amount in parts]
        if whole
        else [],
    }


def _currencies(state: FormState, about: FormData) -> list[tuple[str, str]]:
    extra = (
        state.values["currency"].strip().upper()[:3],
        about.customer.currency if about.customer else "",
    )
    codes = currency_codes(
        home=about.connection.company.home_currency,
        is_multicurrency=about.connection.company.is_multicurrency,
        extra=extra,
    )
    return [(code, str(get_currency_name(code, locale=reader_locale()))) for code in codes]


def _currency_hint(state: FormState, about: FormData) -> str:
    if about.customer and about.customer.currency == state.values["currency"]:
        return _("Same as the customer")
    if not about.connection.company.is_multicurrency:
        return _("QuickBooks accepts %(currency)s only") % {
            "currency": about.connection.company.home_currency
        }
    if state.values["customer_mode"] == "new":
        return _("Cannot be changed after the first invoice")
    return ""


def _due_hint(state: FormState) -> str:
    issued, due = read_day(state.values["issue_date"]), read_day(state.values["due_date"])
    if issued is None or due is None or due < issued:
        return ""
    days = (due - issued).days
    if not days:
        return _("On the issue date")
    return ngettext("%(n)s day after issue", "%(n)s days after issue", days) % {"n": days}


def _diff_context(about: FormData, draft: InvoiceDraft | None) -> dict[str, Any]:
    if about.customer is None or draft is None or draft.customer.is_new:
        return {"diffs": [], "diff_words": ""}
    labels = {
        "street": _("Street"),
        "city": _("City"),
        "region": _("State or region"),
        "postal_code": _("Postal code"),
        "country": _("Country"),
        "email": _("Email"),
        "tax_id": _("Customer tax ID"),
    }
    found = customer_diff(
        customer_facts(about.customer), draft_facts(draft, about.connection.company.country)
    )
    is_kept_out = is_us(about.connection) and not about.settings.us_tax_id_field
    # A part that neither side has is no row.
    diffs = [
        (labels[diff.field], diff)
        for diff in found
        if (diff.before or diff.is_changed) and not (is_kept_out and diff.field == "tax_id")
    ]
    changed = sum(diff.is_changed for _label, diff in diffs)
    if not changed:
        return {"diffs": [], "diff_words": ""}
    words = ngettext("%(n)s of %(all)s fields differs.", "%(n)s of %(all)s fields differ.", changed)
    return {
        "diffs": diffs,
        "diff_words": words % {"n": changed, "all": len(diffs)},
        "update_shown": " ".join(diff.field for _label, diff in diffs if diff.is_changed),
        "update_skipped": draft.customer.skipped_parts,
    }
