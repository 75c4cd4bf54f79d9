"""What the buttons of the lines do: add, remove, reorder, link, and open bundles."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm_invoicing.ui.templatetags.ui import number
from quickbooks_bridge.domain.bundles import BundlePart, open_bundle
from quickbooks_bridge.domain.currencies import digits_of
from quickbooks_bridge.domain.draft import LineKind
from quickbooks_bridge.domain.money import parse_decimal, round_to
from quickbooks_bridge.domain.preflight_lines import MOST_LINES
from quickbooks_bridge.models import Item

from .edit_context import EditContext, FocusTarget
from .form_state import NEW_LINE, FormState, is_days, line_texts, read_draft_line


def list_price(values: Mapping[str, str], item: Item, home_currency: str) -> Decimal | None:
    """Return a product's price by the list in the currency of the form; None in a foreign one without a rate.

    QuickBooks keeps prices in home currency alone.
    """
    currency, rate = foreign_rate(values, home_currency)
    if not currency:
        return item.unit_price
    return round_to(item.unit_price / rate, digits_of(currency)) if rate else None


def foreign_rate(values: Mapping[str, str], home_currency: str) -> tuple[str, Decimal | None]:
    """Return the foreign currency of a form, "" in home currency, and home units for one unit of it."""
    currency = values["currency"].strip().upper()
    if currency in {"", home_currency} or not home_currency:
        return "", None
    rate = parse_decimal(values["exchange_rate"]) if values["exchange_rate"].strip() else None
    return currency, rate if rate is not None and rate > 0 else None


def item_take(line: dict[str, str], item: Item, price: Decimal | None) -> None:
    """Link a line to a product; what is still empty on the line is filled from it."""
    line["item"], line["item_label"] = item.qbo_id, item.name
    line["name"] = line["name"] or item.name
    if not line["unit_price"].strip():
        line["unit_price"] = "" if price is None else number(price)
        line["description"] = line["description"] or item.description
    line["tax"] = "1" if item.is_taxable else "0"
    line["code"] = item.tax_code_qbo_id or line["code"]


def _at(state: FormState, rest: list[str]) -> int | None:
    at = int(rest[0]) if rest and is_days(rest[0]) else -1
    return at if 0 <= at < len(state.lines) else None


def _add_line(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    if len(state.lines) >= MOST_LINES:
        return FocusTarget()
    state.lines.append(dict(NEW_LINE))
    return FocusTarget(f"line-{len(state.lines) - 1}-name")


def _add_text(
    kind: LineKind, name: str | Promise = ""
) -> Callable[[FormState, list[str], EditContext], FocusTarget]:
    """Add a line without an amount of its own at the end."""

    def change(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
        if len(state.lines) >= MOST_LINES:
            return FocusTarget()
        state.lines.append({**NEW_LINE, "kind": kind, "name": str(name)})
        return FocusTarget(f"line-{len(state.lines) - 1}-name")

    return change


def _take(state: FormState, at: int, item: Item, around: EditContext) -> None:
    """Link a line to a product; a bundle opens into its products at once."""
    item_take(state.lines[at], item, list_price(state.values, item, around.home_currency))
    if item.parts:
        bundle_open(state, at, around)


def _add_item(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    item = around.items.get(rest[0]) if rest else None
    if item is None or len(state.lines) >= MOST_LINES:
        return FocusTarget()
    state.lines.append(dict(NEW_LINE))
    at = len(state.lines) - 1
    _take(state, at, item, around)
    return FocusTarget(f"line-{at}-quantity")


def group_end(state: FormState, at: int) -> int:
    """Return the place behind a line and, where it is the heading of a bundle, behind the lines of its products."""
    end, heading = at + 1, state.lines[at]
    while heading["kind"] == "bundle" and end < len(state.lines):
        line = state.lines[end]
        if line["kind"] != "item" or not line["item"] or line["bundle"] != heading["item"]:
            break
        end += 1
    return end


def _remove(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    """Take a line away; the heading of a bundle goes with its products."""
    at = _at(state, rest)
    if at is None:
        return FocusTarget()
    del state.lines[at : group_end(state, at)]
    return FocusTarget(f"line-{min(at, len(state.lines) - 1)}-name" if state.lines else "add-line")


def _shift(state: FormState, at: int, to: int) -> FocusTarget:
    """Move a line to another place, a heading with its products; places are those of the lines as they stand."""
    end = group_end(state, at)
    group = state.lines[at:end]
    if at <= to < end:
        return FocusTarget(f"line-{at}-handle")
    del state.lines[at:end]
    place = to if to < at else to - len(group) + 1
    state.lines[place:place] = group
    return FocusTarget(f"line-{place}-handle")


def _move(step: int) -> Callable[[FormState, list[str], EditContext], FocusTarget]:
    def change(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
        at = _at(state, rest)
        if at is None:
            return FocusTarget()
        to = at - 1 if step < 0 else group_end(state, at)
        return _shift(state, at, min(max(to, 0), len(state.lines) - 1))

    return change


def _move_to(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    at, to = _at(state, rest), _at(state, rest[1:])
    return FocusTarget() if at is None or to is None else _shift(state, at, to)


def _link(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    at = _at(state, rest)
    item = around.items.get(rest[1]) if len(rest) > 1 else None
    if at is None or item is None:
        return FocusTarget()
    _take(state, at, item, around)
    return FocusTarget(f"line-{at}-quantity")


def _unlink_item(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    at = _at(state, rest)
    if at is None:
        return FocusTarget()
    state.lines[at]["item"] = state.lines[at]["item_label"] = ""
    return FocusTarget(f"line-{at}-item")


def _parts(
    bundle: Item, values: Mapping[str, str], around: EditContext, *, is_priced: bool
) -> list[BundlePart]:
    """Return the products of a bundle that are known here, at their list prices.

    Where the bundle has a price of its own they only weigh, in whatever currency; else they are in the form's.
    """
    parts = []
    for qbo_id, quantity in bundle.parts:
        item = around.items.get(qbo_id)
        if item is not None:
            code = item.tax_code_qbo_id if item.tax_code_qbo_id in around.codes else around.usual_code
            price = item.unit_price if is_priced else list_price(values, item, around.home_currency)
            parts.append(
                BundlePart(qbo_id, item.name, Decimal(quantity), price or Decimal(0), item.is_taxable, code)
            )
    return parts


def bundle_open(state: FormState, at: int, around: EditContext) -> bool:
    """Put a bundle's heading and the lines of its products in the place of a line; False where that cannot be."""
    bundle = around.items.get(state.lines[at]["item"])
    line = read_draft_line(state.lines[at], is_comma_decimal=around.is_comma_decimal)
    if bundle is None or line is None:
        return False
    parts = _parts(bundle, state.values, around, is_priced=bool(line.unit_price))
    if not parts or len(state.lines) + len(parts) > MOST_LINES:
        return False
    opened = open_bundle(line, parts, digits=digits_of(state.values["currency"]))
    labels = {qbo_id: item.name for qbo_id, item in around.items.items()}
    state.lines[at : group_end(state, at)] = [line_texts(one, labels) for one in opened]
    return True


def _bundle(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    """Open the bundle that a line is linked to, or fill an emptied heading with its products again."""
    at = _at(state, rest)
    if at is not None:
        bundle_open(state, at, around)
    return FocusTarget(f"line-{at}-quantity")


def _unbundle(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    """Leave the products of a bundle as lines of their own, without its heading."""
    at = _at(state, rest)
    if at is None or state.lines[at]["kind"] != "bundle":
        return FocusTarget()
    for line in state.lines[at + 1 : group_end(state, at)]:
        line["bundle"] = ""
    del state.lines[at]
    return FocusTarget(f"line-{min(at, len(state.lines) - 1)}-name" if state.lines else "add-line")


def _times(state: FormState, rest: list[str], around: EditContext) -> FocusTarget:
    """Let the quantities of a bundle's products follow that of its heading."""
    at = _at(state, rest)
    bundle = around.items.get(state.lines[at]["item"]) if at is not None else None
    if at is None or bundle is None:
        return FocusTarget()
    typed = parse_decimal(state.lines[at]["quantity"], is_comma_decimal=around.is_comma_decimal)
    each = {qbo_id: Decimal(quantity) for qbo_id, quantity in bundle.parts}
    if typed is None:
        return FocusTarget()
    for line in state.lines[at + 1 : group_end(state, at)]:
        if line["item"] in each:
            _requantify(line, typed * each[line["item"]], around)
    return FocusTarget()


def _requantify(line: dict[str, str], quantity: Decimal, around: EditContext) -> None:
    """Write another quantity; an amount off the line changes in proportion."""
    read = read_draft_line(line, is_comma_decimal=around.is_comma_decimal)
    line["quantity"] = number(quantity)
    if read is not None and read.discount and read.discount_kind == "amount" and read.quantity:
        line["discount"] = number(round_to(read.discount * quantity / read.quantity, 2))


LINE_EDITS: dict[str, Callable[[FormState, list[str], EditContext], FocusTarget]] = {
    "add_line": _add_line,
    "add_text": _add_text("text"),
    "add_subtotal": _add_text("subtotal", _("Subtotal")),
    "add_item": _add_item,
    "remove": _remove,
    "up": _move(-1),
    "down": _move(1),
    "move": _move_to,
    "link": _link,
    "unlink_item": _unlink_item,
    "bundle": _bundle,
    "unbundle": _unbundle,
    "times": _times,
}
