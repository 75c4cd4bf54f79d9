"""Every refusal of QuickBooks that can be foreseen, found before anything is sent."""

import re
from datetime import timedelta
from decimal import Decimal

from .company_facts import LONGEST_CUSTOM_FIELD
from .draft import InvoiceDraft
from .payloads import safe_display_name
from .preflight_facts import PreflightFacts
from .preflight_lines import LARGEST, line_problems
from .problem_codes import ProblemCode
from .problems import Problem
from .tax import TaxMode, TaxRegime
from .texts import comparable, is_email
from .totals import can_be_quoted, draft_totals, lines_total

LONGEST_NAME = 500
# A reason says more than yes.
SHORTEST_REASON = 5
_ABSURD = timedelta(days=5 * 366)


def draft_problems(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """List what must be fixed (`is_blocking`) and what is worth a look, in the order of the form."""
    problems: list[Problem] = []
    for check in (
        _customer,
        _texts,
        _number,
        _currency,
        _tax,
        _dates,
        _terms,
        _filing,
        line_problems,
        _sums,
        _twice,
    ):
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
            *((f"custom_{key}", text, LONGEST_CUSTOM_FIELD) for key, text in draft.custom_fields.items()),
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
    if draft.quoted_tax is not None and draft.quoted_tax < 0:
        return [Problem(ProblemCode.QUOTED_TAX_NEGATIVE, "quoted_tax")]
    if not any(line.is_taxable for line in draft.lines):
        # QuickBooks accepts a tax override only on an invoice with a taxable line.
        lost = bool(draft.quoted_tax) and can_be_quoted(facts.rules)
        return [Problem(ProblemCode.QUOTED_TAX_UNTAXED, "quoted_tax")] if lost else []
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
        if not line.is_billed:
            continue
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
    change = draft.conversion if draft.conversion and draft.conversion.source == facts.deal_currency else None
    # What the amounts are in: the deal's currency, or the one they were converted to.
    own = change.target if change is not None else facts.deal_currency
    if own and draft.currency != own:
        params = {"currency": own, "other": draft.currency}
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
        if not 0 < draft.exchange_rate < LARGEST:
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


def _filing(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """The terms, the class and the location that the invoice names can still be chosen."""
    found = [Problem(ProblemCode.TERM_GONE, "term")] if facts.is_term_gone else []
    if facts.preset is not None and facts.preset.lost:
        params = {"name": facts.preset.name, "parts": " ".join(facts.preset.lost)}
        found.append(Problem(ProblemCode.PRESET_LOST, "preset", params=params, is_blocking=False))
    if (
        draft.class_qbo_id
        and facts.facts.class_tracking == "invoice"
        and draft.class_qbo_id not in facts.classes
    ):
        found.append(Problem(ProblemCode.CLASS_GONE, "class"))
    if draft.location_qbo_id and facts.facts.has_locations and draft.location_qbo_id not in facts.locations:
        found.append(Problem(ProblemCode.LOCATION_GONE, "location"))
    return found


def _sums(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    found = _discount(draft, facts)
    if found:
        # What it comes to follows from a discount that has to change first.
        return found
    totals = draft_totals(draft, facts.rules)
    if draft.deposit:
        code = _deposit_problem(draft, facts, totals.total)
        found += [Problem(code, "deposit", params={"currency": draft.currency})] if code else []
    if any(line.is_billed for line in draft.lines):
        if totals.net < 0:
            return [*found, Problem(ProblemCode.TOTAL_BELOW_ZERO, "lines")]
        if totals.net == 0:
            return [*found, Problem(ProblemCode.TOTAL_ZERO, "lines", is_blocking=False)]
    if facts.deal_left is not None and totals.net > facts.deal_left:
        params = {"over": str(totals.net - facts.deal_left), "currency": draft.currency}
        return [*found, Problem(ProblemCode.OVER_DEAL, "lines", params=params, is_blocking=False)]
    return found


def _discount(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """A discount of the whole invoice is one that the company allows and the lines can bear."""
    if not draft.discount:
        return []
    if draft.discount < 0:
        return [Problem(ProblemCode.DISCOUNT_NEGATIVE, "discount")]
    if not facts.allows_discount:
        return [Problem(ProblemCode.DISCOUNT_OFF, "discount")]
    sold = lines_total(draft.lines, draft.currency)
    limit = Decimal(100) if draft.discount_kind == "percent" else max(sold, Decimal(0))
    return [Problem(ProblemCode.DISCOUNT_TOO_LARGE, "discount")] if draft.discount > limit else []


def _deposit_problem(draft: InvoiceDraft, facts: PreflightFacts, total: Decimal) -> str:
    if not facts.facts.allows_deposit:
        return ProblemCode.DEPOSIT_OFF
    if draft.deposit < 0:
        return ProblemCode.DEPOSIT_NEGATIVE
    return ProblemCode.DEPOSIT_TOO_LARGE if draft.deposit > total else ""


def _twice(draft: InvoiceDraft, facts: PreflightFacts) -> list[Problem]:
    """The same is billed twice only for a reason; what may be in QuickBooks already is named."""
    found = []
    if facts.identical:
        is_unexplained = len(draft.again_reason) < SHORTEST_REASON
        params = {"number": facts.identical}
        code = ProblemCode.IDENTICAL_INVOICE if is_unexplained else ProblemCode.BILLED_AGAIN
        found.append(Problem(code, "again_reason", params=params, is_blocking=is_unexplained))
    for one in facts.similar:
        params = {"id": one.id, "number": one.number, "amount": one.total, "day": one.day.isoformat()}
        found.append(Problem(ProblemCode.SIMILAR_INVOICE, "lines", params=params, is_blocking=False))
    return found
