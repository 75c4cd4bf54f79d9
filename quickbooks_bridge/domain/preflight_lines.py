"""What of the lines of a draft QuickBooks would refuse, or nobody would mean."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from .bundles import bundle_end
from .draft import DraftLine, InvoiceDraft
from .line_payloads import PRICE_DECIMALS
from .money import line_amount
from .preflight_facts import PreflightFacts
from .problem_codes import ProblemCode
from .problems import Problem
from .totals import lines_total

# QuickBooks takes no more lines where tax is due.
MOST_LINES = 750
LARGEST = Decimal(10) ** 10
LONGEST_LINE_TEXT = 3900
LineProblem = tuple[str, str]


def line_problems(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """Return what is wrong with the lines, each with the index of its line."""
    if not any(line.is_billed for line in draft.lines):
        return [Problem(ProblemCode.NO_LINES, "lines")]
    if len(draft.lines) > MOST_LINES:
        left_out = lines_total(draft.lines[MOST_LINES:], draft.currency)
        params = {
            "count": str(len(draft.lines)),
            "most": str(MOST_LINES),
            "amount": f"{left_out} {draft.currency}",
        }
        return [Problem(ProblemCode.LINES_TOO_MANY, "lines", params=params)]
    found = []
    for index, line in enumerate(draft.lines):
        checks = _CHECKS_BY_KIND.get(line.kind, (_text,))
        for answer in (answer for check in checks if (answer := check(line, facts))):
            item = facts.items.get(line.item_qbo_id)
            params = {"name": line.name, "item": item.name if item else "", "number": str(index + 1)}
            found.append(Problem(answer[0], answer[1], line=index, params=params))
    return [*found, *_empty_bundles(draft, facts), *_stock(draft, facts)]


def _empty_bundles(draft: InvoiceDraft, facts: PreflightFacts) -> Iterator[Problem]:
    """QuickBooks fills a bundle that is sent without lines with its own products at its own prices."""
    for index, line in enumerate(draft.lines):
        if line.kind == "bundle" and bundle_end(draft.lines, index) == index + 1:
            item = facts.items.get(line.item_qbo_id)
            params = {"item": item.name if item else line.name, "number": str(index + 1)}
            yield Problem(ProblemCode.BUNDLE_EMPTY, "name", line=index, params=params)


def _text(line: DraftLine, facts: PreflightFacts) -> LineProblem | None:
    if line.kind != "subtotal" and not line.name.strip() and not line.description.strip():
        return ProblemCode.LINE_UNNAMED, "name"
    if len(line.description) > LONGEST_LINE_TEXT or len(line.name) > LONGEST_LINE_TEXT:
        return ProblemCode.LINE_TEXT_TOO_LONG, "description"
    return None


def _item(line: DraftLine, facts: PreflightFacts) -> LineProblem | None:
    if not line.item_qbo_id:
        return ProblemCode.LINE_UNLINKED, "item"
    item = facts.items.get(line.item_qbo_id)
    if item is None:
        return ProblemCode.ITEM_GONE, "item"
    if item.kind == "Category":
        return ProblemCode.ITEM_CATEGORY, "item"
    if item.kind == "Group" and line.kind != "bundle":
        return ProblemCode.ITEM_BUNDLE, "item"
    return None if item.is_active else (ProblemCode.ITEM_INACTIVE, "item")


def _quantity(line: DraftLine, facts: PreflightFacts) -> LineProblem | None:
    # With none of anything QuickBooks shows what a void leaves behind.
    return (ProblemCode.QUANTITY_ZERO, "quantity") if line.quantity == 0 else _size(line.quantity, "quantity")


def _price(line: DraftLine, facts: PreflightFacts) -> LineProblem | None:
    if abs(line.quantity * line.unit_price) >= LARGEST:
        return ProblemCode.NUMBER_TOO_LARGE, "unit_price"
    return _size(line.unit_price, "unit_price")


def _discount(line: DraftLine, facts: PreflightFacts) -> LineProblem | None:
    if line.discount < 0:
        return ProblemCode.DISCOUNT_NEGATIVE, "discount"
    gross = line_amount(line.quantity, line.unit_price)
    limit = Decimal(100) if line.discount_kind == "percent" else max(gross, Decimal(0))
    return (
        (ProblemCode.DISCOUNT_TOO_LARGE, "discount")
        if line.discount > limit
        else _size(line.discount, "discount")
    )


def _size(number: Decimal, name: str) -> LineProblem | None:
    if abs(number) >= LARGEST:
        return ProblemCode.NUMBER_TOO_LARGE, name
    exponent = number.normalize().as_tuple().exponent
    is_long = isinstance(exponent, int) and -exponent > PRICE_DECIMALS
    return (ProblemCode.DECIMALS_5, name) if is_long else None


def _class(line: DraftLine, facts: PreflightFacts) -> LineProblem | None:
    is_asked = line.class_qbo_id and facts.facts.class_tracking == "line"
    return (ProblemCode.CLASS_GONE, "class") if is_asked and line.class_qbo_id not in facts.classes else None


_CHECKS: tuple[Callable[[DraftLine, PreflightFacts], LineProblem | None], ...] = (
    _text,
    _item,
    _quantity,
    _price,
    _discount,
    _class,
)
_CHECKS_BY_KIND = {"item": _CHECKS, "bundle": (_text, _item, _quantity)}


def _stock(draft: InvoiceDraft, facts: PreflightFacts) -> Iterator[Problem]:
    """Counted stock: none is sold before it is counted; more than there is, only with open eyes."""
    wanted: dict[str, Decimal] = {}
    for index, line in enumerate(draft.lines):
        item = facts.items.get(line.item_qbo_id) if line.is_billed else None
        if item is None or item.on_hand is None:
            continue
        params = {"item": item.name, "number": str(index + 1)}
        if item.counted_since is not None and draft.issue_date < item.counted_since:
            params["day"] = item.counted_since.isoformat()
            yield Problem(ProblemCode.STOCK_NOT_COUNTED, "item", line=index, params=params)
        before = wanted.get(line.item_qbo_id, Decimal(0))
        wanted[line.item_qbo_id] = before + line.quantity
        if before <= item.on_hand < wanted[line.item_qbo_id]:
            params["left"] = f"{item.on_hand.normalize():f}"
            yield Problem(ProblemCode.STOCK_SHORT, "quantity", line=index, params=params, is_blocking=False)
