"""The edits that take a form's amounts into another currency and back."""

from crm_invoicing.ui.templatetags.ui import number
from quickbooks_bridge.domain.company_profile import format_decimal
from quickbooks_bridge.domain.conversion import Conversion, is_usable
from quickbooks_bridge.domain.money import parse_decimal

from .edit_context import EditContext, FocusTarget
from .form_state import FormState, conversion_of, read_day


def convert(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    """Take the amounts of the lines into another currency at the written rate; what they were is kept beside them."""
    values, target = state.values, rest[0] if rest else ""
    source = values["converted_from"] or around.deal_currency
    rate = parse_decimal(values["convert_rate"], is_comma_decimal=around.is_comma_decimal)
    is_code = target.isascii() and target.isalpha() and len(target) == 3
    if not source or not is_code or target == source or rate is None or not is_usable(rate):
        return FocusTarget("id_convert_rate")
    if values["converted_from"]:
        unconvert(state, [], around)
    change = Conversion(source, target, rate, read_day(values["issue_date"]) or around.today)
    for line in state.lines:
        line["price_before"], line["discount_before"] = line["unit_price"], line["discount"]
        line["unit_price"] = _converted(line["unit_price"], change, around)
        if line["discount_kind"] == "amount":
            line["discount"] = _converted(line["discount"], change, around)
    values.update(
        currency=target,
        converted_from=source,
        converted_to=target,
        converted_at=format_decimal(rate),
        converted_on=change.day.isoformat(),
        deposit=_converted(values["deposit"], change, around),
        quoted_tax=_converted(values["quoted_tax"], change, around),
    )
    if values["discount_kind"] == "amount":
        values["discount"] = _converted(values["discount"], change, around)
    return FocusTarget("id_currency")


def _converted(text: str, change: Conversion, around: EditContext) -> str:
    """Return a typed amount converted; what is no number stays as it was typed, to be corrected."""
    amount = parse_decimal(text, is_comma_decimal=around.is_comma_decimal) if text.strip() else None
    return text if amount is None else number(change.converted(amount))


def unconvert(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    """Take the amounts back into the deal's currency: those of lines that were converted as they were before."""
    values, change = state.values, conversion_of(state)
    if change is None:
        return FocusTarget()
    for line in state.lines:
        typed = parse_decimal(line["unit_price"], is_comma_decimal=around.is_comma_decimal)
        if line["price_before"]:
            line["unit_price"] = line["price_before"]
            if line["discount_kind"] == "amount":
                line["discount"] = line["discount_before"]
        elif typed is not None:
            line["unit_price"] = number(change.reverted(typed))
        line["price_before"] = line["discount_before"] = ""
    for name in ("deposit", "quoted_tax", *(("discount",) if values["discount_kind"] == "amount" else ())):
        typed = parse_decimal(values[name], is_comma_decimal=around.is_comma_decimal)
        values[name] = values[name] if typed is None else number(change.reverted(typed))
    values.update(
        currency=change.source, converted_from="", converted_to="", converted_at="", converted_on=""
    )
    return FocusTarget("id_currency")
