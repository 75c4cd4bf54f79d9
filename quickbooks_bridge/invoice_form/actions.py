"""What the buttons of the invoice form do to its texts; the same with and without script.

A button posts `do`, such as `remove:2` or `link:0:17`. The server also follows what depends on something else: the
due date on the issue date and the terms, the tax of the lines on the choice for the whole invoice.
"""

from collections.abc import Callable

from quickbooks_bridge.domain.due_dates import Terms
from quickbooks_bridge.domain.payloads import safe_display_name

from .conversion_edits import convert, unconvert
from .edit_context import EditContext, FocusTarget
from .form_state import FormState, is_days, read_day
from .line_edits import LINE_EDITS


def apply_dependencies(state: FormState, around: EditContext) -> None:
    """Apply what follows from what a person changed: preset, terms, due date, tax of the lines."""
    values = state.values
    if values["preset"] != values["preset_applied"]:
        _apply_preset(state, around)
    if values["term"] != values["term_applied"]:
        values["term_applied"] = values["term"]
        term = around.terms.get(values["term"])
        if term is not None:
            values["due_days"] = "" if term.days is None else str(term.days)
            values["due_computed"] = values["due_date"]
    if values["tax"] != values["tax_applied"]:
        values["tax_applied"] = values["tax"]
        if values["tax"] == "by_product":
            for line in state.lines:
                if line["item"] in around.items:
                    line["tax"] = "1" if around.items[line["item"]].is_taxable else "0"
    _fill_codes(state, around)
    _follow_due_date(values, around)


def _fill_codes(state: FormState, around: EditContext) -> None:
    """Write a tax code on lines that have none: that of their product, else the usual one."""
    for line in state.lines if around.codes else ():
        item = around.items.get(line["item"])
        if not line["code"] and line["kind"] == "item":
            own = item.tax_code_qbo_id if item is not None else ""
            line["code"] = own if own in around.codes else around.usual_code


def _follow_due_date(values: dict[str, str], around: EditContext) -> None:
    """Move the due date along, unless somebody wrote one of their own."""
    issued = read_day(values["issue_date"])
    if issued is None or (values["due_date"] != values["due_computed"] and values["due_date"].strip()):
        return
    term = Terms(int(values["due_days"])) if is_days(values["due_days"]) else around.terms.get(values["term"])
    due = term.due(issued) if term is not None else None
    if due is not None:
        values["due_date"] = values["due_computed"] = due.isoformat()


def _apply_preset(state: FormState, around: EditContext) -> None:
    """Write the preset's own fields; words a person wrote are never replaced by it."""
    values = state.values
    before = around.presets.get(values["preset_applied"])
    preset = around.presets.get(values["preset"])
    values["preset_applied"] = values["preset"]
    if preset is None:
        return
    if preset.due_days is not None:
        values["due_days"], values["due_computed"] = str(preset.due_days), values["due_date"]
    if preset.currency and not around.deal_currency:
        values["currency"] = preset.currency
    values["tax"] = preset.tax
    values["class"] = preset.class_qbo_id or values["class"]
    values["location"] = preset.location_qbo_id or values["location"]
    if preset.tax_code:
        values["form_tax_code"] = preset.tax_code
        for line in state.lines:
            line["code"] = preset.tax_code if line["kind"] == "item" else ""
    values["term"] = values["term_applied"] = preset.term_qbo_id or values["term"]
    for name in ("message", "memo"):
        told = getattr(before, name) if before else ""
        if getattr(preset, name) and values[name].strip() in {"", told.strip()}:
            values[name] = getattr(preset, name)


def edit(state: FormState, do: str, around: EditContext) -> FocusTarget:
    """Do what a button says; what is unknown or out of range does nothing."""
    verb, *rest = do.split(":")
    change = _EDITS.get(verb)
    return change(state, rest, around) if change else FocusTarget()


def _customer(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    if not rest or not rest[0]:
        return FocusTarget()
    state.values.update(customer=rest[0][:30], customer_label="", customer_open="", customer_mode="existing")
    return FocusTarget("id_to")


def _values(focus: str, **changes: str) -> Callable[[FormState, list[str], EditContext], FocusTarget]:
    def change(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
        state.values.update(changes)
        return FocusTarget(focus)

    return change


def _new_customer(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    name = ":".join(rest).strip()
    state.values.update(customer_mode="new", customer="", customer_label="", customer_open="")
    if name:
        state.values["new_display_name"] = name
    return FocusTarget("id_new_display_name")


def _name(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    """Write the display name without what QuickBooks forbids, or with "(customer)" behind it."""
    name = safe_display_name(state.values["new_display_name"])
    if rest == ["suffix"]:
        name = f"{name[:489]} (customer)"
    state.values["new_display_name"] = name
    return FocusTarget("id_new_display_name")


def _currency(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    """Take the currency that the amounts are in; another one would relabel them."""
    code = rest[0] if rest else ""
    if code.isascii() and code.isalpha() and len(code) == 3 and around.deal_currency in {"", code}:
        state.values["currency"] = code
    return FocusTarget("id_currency")


def _number(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    state.values["doc_number"] = ":".join(rest)[:21]
    return FocusTarget("id_doc_number")


def _term(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    """Take the due date of the terms that print."""
    values = state.values
    chosen = rest[0] if rest and rest[0] in around.terms else values["term"]
    values["term"] = values["term_applied"] = chosen
    if chosen in around.terms:
        days = around.terms[chosen].days
        values["due_days"] = "" if days is None else str(days)
        values["due_computed"] = values["due_date"]
    return FocusTarget("id_due_date")


def _ask_rate(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    """Forget for which currency and day the rate was asked, so that it is asked again."""
    state.values.update(exchange_rate="", rate_for="")
    return FocusTarget("id_exchange_rate")


def _today(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    state.values["issue_date"] = around.today.isoformat()
    return FocusTarget("id_issue_date")


def _due_follow(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    state.values["due_computed"] = state.values["due_date"]
    return FocusTarget("id_due_date")


_EDITS: dict[str, Callable[[FormState, list[str], EditContext], FocusTarget]] = {
    **LINE_EDITS,
    "customer": _customer,
    "unlink": _values("id_customer", customer="", customer_label="", customer_open=""),
    "change": _values("id_customer", customer_open="1"),
    "keep_customer": _values("id_to", customer_open="", customer_label=""),
    "new_customer": _new_customer,
    "existing_customer": _values("id_customer", customer_mode="existing"),
    "name": _name,
    "currency": _currency,
    "convert": convert,
    "unconvert": unconvert,
    "number": _number,
    "term": _term,
    "no_ship_to": _values("id_address", no_ship_to="1"),
    "no_tax": _values("id_tax", tax="not_taxed", tax_applied="not_taxed"),
    "ask_rate": _ask_rate,
    "first_lines": _values("id_lines", lines_over_ok="1"),
    "today": _today,
    "no_number": _values("id_doc_number", doc_number=""),
    "due_follow": _due_follow,
}
