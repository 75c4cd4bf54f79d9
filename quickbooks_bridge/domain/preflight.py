"""Every refusal of QuickBooks that can be foreseen, found before anything is sent."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from quickbooks_bridge.domain.problem_codes import ProblemCode

from .draft import DraftLine, InvoiceDraft
from .money import line_amount
from .payloads import PRICE_DECIMALS, safe_display_name
from .problems import Problem
from .tax import NO_TAX, TaxMode, TaxRegime, TaxRules
from .texts import comparable, is_email
from .totals import draft_totals, lines_total

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
    rules: TaxRules = NO_TAX
    is_us: bool = True
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
            return [Problem(ProblemCode.CUSTOMER_GONE, "customer")]
        if not facts.customer.is_active:
            return [
                Problem(
                    ProblemCode.CUSTOMER_INACTIVE, "customer", params={"name": facts.customer.display_name}
                )
            ]
        return []
    name = draft.customer.new_display_name
    if not name.strip():
        return [Problem(ProblemCode.CUSTOMER_MISSING, "customer")]
    if re.search(r"[:\t\r\n]", name):
        return [
            Problem(ProblemCode.NAME_FORBIDDEN, "new_display_name", params={"free": safe_display_name(name)})
        ]
    if len(name) > LONGEST_NAME:
        return [Problem(ProblemCode.NAME_TOO_LONG, "new_display_name", params={"longest": str(LONGEST_NAME)})]
    if comparable(name) in facts.taken_names:
        return [Problem(ProblemCode.NAME_TAKEN, "new_display_name", params={"name": name})]
    return []


def _texts(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    problems = [
        Problem(ProblemCode.TEXT_TOO_LONG, name, params={"longest": str(longest)})
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
    for name, text in (("email", draft.email), ("cc", draft.cc), ("bcc", draft.bcc)):
        addresses = [part.strip() for part in text.split(",")] if text else []
        if not all(is_email(address) for address in addresses) or len(text) > 100:
            problems.append(Problem(ProblemCode.EMAIL_BAD, name))
    return problems


def _number(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """Numbers are given by QuickBooks, or by people where the company chose so: then an empty one stays empty."""
    if draft.doc_number and facts.number_taken_by:
        code = ProblemCode.NUMBER_TAKEN_WRITE if facts.has_custom_numbers else ProblemCode.NUMBER_TAKEN
        return [
            Problem(code, "doc_number", params={"name": facts.number_taken_by, "free": facts.next_number})
        ]
    if not draft.doc_number and facts.has_custom_numbers:
        return [
            Problem(
                ProblemCode.NUMBER_EMPTY, "doc_number", params={"free": facts.next_number}, is_blocking=False
            )
        ]
    return []


def _tax(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """What decides the tax must be there: a code on every line, one for the form, or the place of delivery."""
    regime = facts.rules.regime
    if regime is TaxRegime.NONE:
        return []
    if regime is TaxRegime.CODES:
        return _codes(draft, facts)
    if not any(line.is_taxable for line in draft.lines):
        return []
    if facts.customer is not None and not facts.customer.is_taxable:
        params = {"name": facts.customer.display_name}
        return [Problem(ProblemCode.CUSTOMER_EXEMPT, "tax", params=params, is_blocking=False)]
    if regime is TaxRegime.MANUAL:
        if not draft.form_tax_code:
            return [Problem(ProblemCode.TAX_BY_HAND, "form_tax_code", is_blocking=False)]
        is_known = draft.form_tax_code in facts.rules.codes
        return [] if is_known else [Problem(ProblemCode.FORM_TAX_CODE_GONE, "form_tax_code")]
    if not facts.has_ship_to:
        return [Problem(ProblemCode.SHIP_TO_MISSING, "address", is_blocking=not facts.is_ship_to_waived)]
    return []


def _codes(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """Each line bears a code that is offered, unless the whole invoice is outside the scope of the tax."""
    if draft.tax_mode is TaxMode.OUT_OF_SCOPE:
        return []
    found = []
    for at, line in enumerate(draft.lines):
        # A line without a product gets its code with it.
        if line.tax_code in facts.rules.codes or not (line.tax_code or line.item_qbo_id):
            continue
        code = ProblemCode.TAX_CODE_GONE if line.tax_code else ProblemCode.TAX_CODE_MISSING
        found.append(Problem(code, "code", line=at, params={"name": line.name}))
    return found


def _terms(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """Terms print beside the due date: where they mean another day, somebody should know."""
    if facts.term is None or facts.term.due is None or facts.term.due == draft.due_date:
        return []
    code = ProblemCode.TERM_OF_CUSTOMER if facts.term.is_customers else ProblemCode.TERM_DIFFERS
    params = {"name": facts.term.name, "day": facts.term.due.isoformat()}
    return [Problem(code, "due_date", params=params, is_blocking=False)]


def _currency(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    if not re.fullmatch(r"[A-Z]{3}", draft.currency):
        return [Problem(ProblemCode.CURRENCY_MISSING, "currency")]
    if facts.deal_currency and draft.currency != facts.deal_currency:
        params = {"currency": facts.deal_currency, "other": draft.currency}
        return [Problem(ProblemCode.CURRENCY_RELABELLED, "currency", params=params)]
    if draft.currency != facts.home_currency and not facts.is_multicurrency:
        return [Problem(ProblemCode.CURRENCY_OFF, "currency", params={"home": facts.home_currency})]
    if facts.customer is not None and facts.customer.currency != draft.currency:
        params = {"name": facts.customer.display_name, "currency": facts.customer.currency}
        return [Problem(ProblemCode.CURRENCY_MISMATCH, "currency", params=params)]
    if draft.currency != facts.home_currency:
        params = {"currency": draft.currency, "home": facts.home_currency}
        if draft.exchange_rate is None:
            return [Problem(ProblemCode.RATE_MISSING, "exchange_rate", params=params)]
        if not 0 < draft.exchange_rate < _LARGEST:
            return [Problem(ProblemCode.RATE_WRONG, "exchange_rate", params=params)]
    return []


def _dates(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    problems = []
    if abs(draft.issue_date - facts.today) > _ABSURD:
        problems.append(Problem(ProblemCode.DATE_ABSURD, "issue_date"))
    elif facts.book_close_date is not None and draft.issue_date <= facts.book_close_date:
        params = {"closed": facts.book_close_date.isoformat()}
        problems.append(Problem(ProblemCode.BOOKS_CLOSED, "issue_date", params=params))
    if draft.due_date < draft.issue_date:
        problems.append(Problem(ProblemCode.DUE_BEFORE_ISSUE, "due_date"))
    elif draft.due_date - draft.issue_date > _ABSURD:
        problems.append(Problem(ProblemCode.DATE_ABSURD, "due_date"))
    return problems


def _lines(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    if not draft.lines:
        return [Problem(ProblemCode.NO_LINES, "lines")]
    if len(draft.lines) > MOST_LINES:
        left_out = lines_total(draft.lines[MOST_LINES:], draft.currency)
        params = {
            "count": str(len(draft.lines)),
            "most": str(MOST_LINES),
            "amount": f"{left_out} {draft.currency}",
        }
        return [Problem(ProblemCode.LINES_TOO_MANY, "lines", params=params)]
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
        return ProblemCode.LINE_UNNAMED, "name"
    if len(line.description) > 3900 or len(line.name) > 3900:
        return ProblemCode.LINE_TEXT_TOO_LONG, "description"
    return None


def _line_item(line: DraftLine, facts: PreflightFacts) -> tuple[str, str] | None:
    if not line.item_qbo_id:
        return ProblemCode.LINE_UNLINKED, "item"
    item = facts.items.get(line.item_qbo_id)
    if item is None:
        return ProblemCode.ITEM_GONE, "item"
    if item.kind == "Category":
        return ProblemCode.ITEM_CATEGORY, "item"
    if item.kind == "Group":
        return ProblemCode.ITEM_BUNDLE, "item"
    return None if item.is_active else (ProblemCode.ITEM_INACTIVE, "item")


def _line_quantity(line: DraftLine, facts: PreflightFacts) -> tuple[str, str] | None:
    if line.quantity == 0:
        return ProblemCode.QUANTITY_ZERO, "quantity"
    if line.quantity < 0:
        return ProblemCode.QUANTITY_NEGATIVE, "quantity"
    return _size(line.quantity, 5, "quantity")


def _line_price(line: DraftLine, facts: PreflightFacts) -> tuple[str, str] | None:
    if line.unit_price < 0:
        return ProblemCode.PRICE_NEGATIVE, "unit_price"
    if abs(line.quantity * line.unit_price) >= _LARGEST:
        return ProblemCode.NUMBER_TOO_LARGE, "unit_price"
    return _size(line.unit_price, PRICE_DECIMALS, "unit_price")


def _line_discount(line: DraftLine, facts: PreflightFacts) -> tuple[str, str] | None:
    if line.discount < 0:
        return ProblemCode.DISCOUNT_NEGATIVE, "discount"
    gross = line_amount(abs(line.quantity), abs(line.unit_price))
    limit = Decimal(100) if line.discount_kind == "percent" else gross
    return (
        (ProblemCode.DISCOUNT_TOO_LARGE, "discount")
        if line.discount > limit
        else _size(line.discount, 5, "discount")
    )


def _size(number: Decimal, places: int, name: str) -> tuple[str, str] | None:
    if abs(number) >= _LARGEST:
        return ProblemCode.NUMBER_TOO_LARGE, name
    exponent = number.normalize().as_tuple().exponent
    return (f"decimals_{places}", name) if isinstance(exponent, int) and -exponent > places else None


def _sums(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    totals = draft_totals(draft, facts.rules)
    if draft.lines and totals.net == 0:
        return [Problem(ProblemCode.TOTAL_ZERO, "lines", is_blocking=False)]
    if facts.deal_left is not None and totals.net > facts.deal_left:
        params = {"over": str(totals.net - facts.deal_left), "currency": draft.currency}
        return [Problem(ProblemCode.OVER_DEAL, "lines", params=params, is_blocking=False)]
    return []
