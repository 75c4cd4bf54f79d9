"""What the form's templates show of its lines."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from quickbooks_bridge.domain.bundles import bundle_end
from quickbooks_bridge.domain.currencies import digits_of
from quickbooks_bridge.domain.draft import InvoiceDraft
from quickbooks_bridge.domain.totals import (
    draft_line_amount,
    lines_total,
    subtotal_at,
)
from quickbooks_bridge.services.invoicing.items import LikelyItem, item_name, likely_items

from .checking import CheckedForm
from .form_data import FormData
from .form_state import (
    FormState,
    is_blank,
    line_places,
)
from .issues import FormIssue
from .line_edits import group_end


def likely_of_lines(state: FormState, about: FormData) -> dict[int, LikelyItem]:
    """Return the product that each unlinked line probably means, by the place of the line."""
    names = {
        at: line["item_label"] or line["name"]
        for at, line in enumerate(state.lines)
        if line["kind"] == "item" and not line["item"] and (line["item_label"] or line["name"])
    }
    products = {at: state.lines[at]["product"] for at in names if state.lines[at]["product"]}
    return likely_items(about.connection, names, products) if names else {}


def reason_words(reasons: Iterable[str]) -> str:
    """Say why an entry is suggested: "same tax ID · same email"."""
    words = {
        "same_name": _("same name"),
        "same_tax_id": _("same tax ID"),
        "same_email": _("same email"),
        "similar_name": _("similar name"),
        "shared_words": _("shares words of the name"),
        "same_sku": _("same SKU"),
    }
    return " · ".join(words[reason] for reason in reasons)


def line_rows(
    state: FormState,
    about: FormData,
    checked: CheckedForm,
    errors: dict[str, FormIssue],
    likely: dict[int, LikelyItem],
    *,
    is_posted: bool,
) -> list[dict[str, Any]]:
    """Return what the templates show of each line."""
    amounts, subtotals = _line_amounts(state, checked.draft)
    classes = {row.qbo_id for row in about.classes}
    in_bundle = {place for at in range(len(state.lines)) for place in range(at + 1, group_end(state, at))}
    rows = []
    for at, line in enumerate(state.lines):
        item = about.around.items.get(line["item"])
        problems = {
            place.split("-", 1)[1]: entry for place, entry in errors.items() if place.startswith(f"{at}-")
        }
        if not is_posted and "item" in problems and not line["item"] and at not in state.line_says:
            problems.pop("item")  # the amber row and what is likely say it already
        rows.append(
            {
                "index": at,
                "id": str(at),
                "number": at + 1,
                "values": line,
                "problems": problems,
                "amount": amounts.get(at),
                "subtotal": subtotals.get(at),
                "is_class_known": line["class"] in classes,
                "item": item,
                "is_in_bundle": at in in_bundle,
                "is_linked": item is not None and item.is_active and item.kind != "Category",
                "is_blank": is_blank(line),
                "likely": likely[at].item if at in likely else None,
                "likely_reason": reason_words([likely[at].reason]) if at in likely else "",
                "new_name": item_name(line["item_label"] or line["name"]),
                "is_first": at == 0,
                "is_last": at == len(state.lines) - 1,
            }
        )
    return rows


def _line_amounts(
    state: FormState, draft: InvoiceDraft | None
) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """Return the amounts of the lines and of the subtotals, by their places in the form."""
    if draft is None:
        return {}, {}
    digits, places = digits_of(draft.currency), list(enumerate(line_places(state)))
    amounts = {
        place: draft_line_amount(draft.lines[at], digits) for at, place in places if draft.lines[at].is_billed
    }
    sums = {place: subtotal_at(draft, at) for at, place in places if draft.lines[at].kind == "subtotal"}
    for at, place in places:
        if draft.lines[at].kind == "bundle":
            sums[place] = lines_total(draft.lines[at + 1 : bundle_end(draft.lines, at)], draft.currency)
    return amounts, sums
