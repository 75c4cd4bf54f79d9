"""Every refusal of QuickBooks that can be foreseen, found before anything is sent."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from .draft import DraftLine, InvoiceDraft
from .money import line_amount
from .payloads import safe_display_name
from .problems import Problem
from .texts import comparable, is_email
from .totals import draft_totals

LONGEST_NAME = 500
# QuickBooks takes no more lines where tax is due.
MOST_LINES = 750
_LARGEST = Decimal(10) ** 10
_ABSURD = timedelta(days=5 * 366)


@dataclass(frozen=True)
class CustomerFacts:
    """What the local index knows of the chosen QuickBooks customer."""

    display_name: str
    currency: str
    is_active: bool
    is_taxable: bool = True


@dataclass(frozen=True)
class ItemFacts:
    """What the local index knows of a QuickBooks product."""

    name: str
    is_active: bool
    kind: str


@dataclass(frozen=True)
class TermRule:
    """The payment terms that will print, and the due date they mean."""

    name: str
    due: date | None
    is_customers: bool = False


@dataclass(frozen=True)
class PreflightFacts:
    """What a draft is checked against. `taken_names` are comparable (texts.py) names QuickBooks already uses.

    `deal_left` is what the deal's value leaves to invoice before tax, None where that cannot be said. `deal_currency` is
    that of the deal's amounts, "" for a deal without any. `number_taken_by` names the invoice that has the number.
    """

    today: date
    home_currency: str
    is_multicurrency: bool = False
    is_tax_automated: bool = False
    is_us: bool = True
    uses_sales_tax: bool = False
    has_custom_numbers: bool = False
    number_taken_by: str = ""
    next_number: str = ""
    deal_currency: str = ""
    has_ship_to: bool = True
    is_ship_to_waived: bool = False
    term: TermRule | None = None
    book_close_date: date | None = None
    customer: CustomerFacts | None = None
    items: Mapping[str, ItemFacts] = field(default_factory=dict)
    taken_names: frozenset[str] = frozenset()
    deal_left: Decimal | None = None


def draft_problems(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """List what must be fixed (`is_blocking`) and what is worth a look, in the order of the form."""
    problems: list[Problem] = []
    for check in (_customer, _texts, _number, _currency, _tax, _dates, _terms, _lines, _sums):
        problems.extend(check(draft, facts))
    return problems


def _customer(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    if not draft.customer.is_new:
        if facts.customer is None:
            return [Problem("customer_gone", "customer")]
        if not facts.customer.is_active:
            return [Problem("customer_inactive", "customer", params={"name": facts.customer.display_name})]
        return []
    name = draft.customer.new_display_name
    if not name.strip():
        return [Problem("customer_missing", "customer")]
    if re.search(r"[:\t\r\n]", name):
        return [Problem("name_forbidden", "new_display_name", params={"free": safe_display_name(name)})]
    if len(name) > LONGEST_NAME:
        return [Problem("name_too_long", "new_display_name", params={"longest": str(LONGEST_NAME)})]
    if comparable(name) in facts.taken_names:
        return [Problem("name_taken", "new_display_name", params={"name": name})]
    return []


def _texts(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    problems = [
        Problem("text_too_long", name, params={"longest": str(longest)})
        for name, text, longest in (
            ("to", draft.to, 500),
            ("address", draft.address, 2000),
            ("tax_id", draft.tax_id, 16 if facts.is_us else 30),
            ("doc_number", draft.doc_number, 21),
            ("message", draft.message, 1000),
            ("memo", draft.memo, 3900),
        )
        if len(text) > longest
    ]
    addresses = [part.strip() for part in draft.email.split(",")] if draft.email else []
    if not all(is_email(address) for address in addresses) or len(draft.email) > 100:
        problems.append(Problem("email_bad", "email"))
    return problems


def _number(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """Numbers are given by QuickBooks, or by people where the company chose so: then an empty one stays empty."""
    if draft.doc_number and facts.number_taken_by:
        code = "number_taken_write" if facts.has_custom_numbers else "number_taken"
        return [
            Problem(code, "doc_number", params={"name": facts.number_taken_by, "free": facts.next_number})
        ]
    if not draft.doc_number and facts.has_custom_numbers:
        return [Problem("number_empty", "doc_number", params={"free": facts.next_number}, is_blocking=False)]
    return []


def _tax(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """What the page must not promise: tax outside the US is not supported yet, and in the US the place decides."""
    if not facts.uses_sales_tax:
        return []
    if not facts.is_us:
        return [Problem("tax_not_supported", "tax")]
    if not any(line.is_taxable for line in draft.lines):
        return []
    if facts.customer is not None and not facts.customer.is_taxable:
        params = {"name": facts.customer.display_name}
        return [Problem("customer_exempt", "tax", params=params, is_blocking=False)]
    if not facts.is_tax_automated:
        return [Problem("tax_by_hand", "tax", is_blocking=False)]
    if not facts.has_ship_to:
        return [Problem("ship_to_missing", "address", is_blocking=not facts.is_ship_to_waived)]
    return []


def _terms(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """Terms print beside the due date: where they mean another day, somebody should know."""
    if facts.term is None or facts.term.due is None or facts.term.due == draft.due_date:
        return []
    code = "term_of_customer" if facts.term.is_customers else "term_differs"
    params = {"name": facts.term.name, "day": facts.term.due.isoformat()}
    return [Problem(code, "due_date", params=params, is_blocking=False)]


def _currency(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    if not re.fullmatch(r"[A-Z]{3}", draft.currency):
        return [Problem("currency_missing", "currency")]
    if facts.deal_currency and draft.currency != facts.deal_currency:
        params = {"currency": facts.deal_currency, "other": draft.currency}
        return [Problem("currency_relabelled", "currency", params=params)]
    if draft.currency != facts.home_currency and not facts.is_multicurrency:
        return [Problem("currency_off", "currency", params={"home": facts.home_currency})]
    if facts.customer is not None and facts.customer.currency != draft.currency:
        params = {"name": facts.customer.display_name, "currency": facts.customer.currency}
        return [Problem("currency_mismatch", "currency", params=params)]
    if draft.currency != facts.home_currency:
        params = {"currency": draft.currency, "home": facts.home_currency}
        return [Problem("currency_foreign", "currency", params=params)]
    return []


def _dates(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    problems = []
    if abs(draft.issue_date - facts.today) > _ABSURD:
        problems.append(Problem("date_absurd", "issue_date"))
    elif facts.book_close_date is not None and draft.issue_date <= facts.book_close_date:
        params = {"closed": facts.book_close_date.isoformat()}
        problems.append(Problem("books_closed", "issue_date", params=params))
    if draft.due_date < draft.issue_date:
        problems.append(Problem("due_before_issue", "due_date"))
    elif draft.due_date - draft.issue_date > _ABSURD:
        problems.append(Problem("date_absurd", "due_date"))
    return problems


def _lines(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    if not draft.lines:
        return [Problem("no_lines", "lines")]
    if len(draft.lines) > MOST_LINES:
        left_out = draft_totals(draft.lines[MOST_LINES:], tax_percent=None).total
        params = {
            "count": str(len(draft.lines)),
            "most": str(MOST_LINES),
            "amount": f"{left_out} {draft.currency}",
        }
        return [Problem("lines_too_many", "lines", params=params)]
    checks: tuple[Callable[[DraftLine, PreflightFacts], tuple[str, str] | None], ...] = (
        _line_text,
        _line_item,
        _line_quantity,
        _line_price,
        _line_discount,
    )
    found = []
    for index, line in enumerate(draft.lines):
        for check in checks:
            answer = check(line, facts)
            if answer:
                item = facts.items.get(line.item_qbo_id)
                params = {"name": line.name, "item": item.name if item else "", "number": str(index + 1)}
                found.append(Problem(answer[0], answer[1], line=index, params=params))
    return found


def _line_text(line: DraftLine, facts: PreflightFacts) -> tuple[str, str] | None:
    if not line.name.strip() and not line.description.strip():
        return "line_unnamed", "name"
    if len(line.description) > 3900 or len(line.name) > 3900:
        return "line_text_too_long", "description"
    return None


def _line_item(line: DraftLine, facts: PreflightFacts) -> tuple[str, str] | None:
    if not line.item_qbo_id:
        return "line_unlinked", "item"
    item = facts.items.get(line.item_qbo_id)
    if item is None:
        return "item_gone", "item"
    if item.kind == "Category":
        return "item_category", "item"
    return None if item.is_active else ("item_inactive", "item")


def _line_quantity(line: DraftLine, facts: PreflightFacts) -> tuple[str, str] | None:
    if line.quantity == 0:
        return "quantity_zero", "quantity"
    if line.quantity < 0:
        return "quantity_negative", "quantity"
    return _size(line.quantity, 5, "quantity")


def _line_price(line: DraftLine, facts: PreflightFacts) -> tuple[str, str] | None:
    if line.unit_price < 0:
        return "price_negative", "unit_price"
    if abs(line.quantity * line.unit_price) >= _LARGEST:
        return "number_too_large", "unit_price"
    return _size(line.unit_price, 7, "unit_price")


def _line_discount(line: DraftLine, facts: PreflightFacts) -> tuple[str, str] | None:
    if line.discount < 0:
        return "discount_negative", "discount"
    gross = line_amount(abs(line.quantity), abs(line.unit_price))
    limit = Decimal(100) if line.discount_kind == "percent" else gross
    return (
        ("discount_too_large", "discount") if line.discount > limit else _size(line.discount, 5, "discount")
    )


def _size(number: Decimal, places: int, name: str) -> tuple[str, str] | None:
    if abs(number) >= _LARGEST:
        return "number_too_large", name
    exponent = number.normalize().as_tuple().exponent
    return (f"decimals_{places}", name) if isinstance(exponent, int) and -exponent > places else None


def _sums(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    totals = draft_totals(draft.lines, tax_percent=None)
    if draft.lines and totals.total == 0:
        return [Problem("total_zero", "lines", is_blocking=False)]
    if facts.deal_left is not None and totals.total > facts.deal_left:
        params = {"over": str(totals.total - facts.deal_left), "currency": draft.currency}
        return [Problem("over_deal", "lines", params=params, is_blocking=False)]
    return []


# What can be said to be in order, in the order of the form, with the problems that speak against it.
_PASSES: tuple[tuple[str, frozenset[str]], ...] = (
    ("pass_customer", frozenset({"customer_missing", "customer_gone", "customer_inactive"})),
    ("pass_name", frozenset({"name_forbidden", "name_too_long", "name_taken"})),
    ("pass_email", frozenset({"email_bad"})),
    ("pass_address", frozenset({"ship_to_missing", "customer_exempt", "tax_by_hand", "tax_not_supported"})),
    (
        "pass_currency",
        frozenset(
            {
                "currency_missing",
                "currency_off",
                "currency_mismatch",
                "currency_relabelled",
                "currency_foreign",
            }
        ),
    ),
    ("pass_books", frozenset({"books_closed", "date_absurd", "due_before_issue"})),
    (
        "pass_items",
        frozenset(
            {"no_lines", "lines_too_many", "line_unlinked", "item_gone", "item_inactive", "item_category"}
        ),
    ),
    (
        "pass_numbers",
        frozenset(
            {"no_lines", "quantity_zero", "quantity_negative", "price_negative", "discount_negative"}
            | {"discount_too_large", "number_too_large", "decimals_5", "decimals_7", "total_zero"}
        ),
    ),
    ("pass_texts", frozenset({"text_too_long", "line_unnamed", "line_text_too_long"})),
    ("pass_deal", frozenset({"over_deal", "no_lines"})),
)


def passed_checks(draft: InvoiceDraft, facts: PreflightFacts, problems: list[Problem]) -> list[str]:
    """Return the codes of what was checked and is in order; what does not apply is left out."""
    found = {problem.code for problem in problems}
    idle = set()
    idle.add("pass_customer" if facts.customer is None else "pass_name")
    if not draft.customer.new_display_name:
        idle.add("pass_name")
    if not draft.email:
        idle.add("pass_email")
    if (
        not facts.is_tax_automated
        or not facts.uses_sales_tax
        or not any(line.is_taxable for line in draft.lines)
    ):
        idle.add("pass_address")
    if facts.deal_left is None:
        idle.add("pass_deal")
    return [code for code, against in _PASSES if code not in idle and not found & against]
