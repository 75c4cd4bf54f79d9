"""What the check of a draft can say is in order."""

from .draft import InvoiceDraft
from .preflight_facts import PreflightFacts
from .problem_codes import ProblemCode
from .problems import Problem
from .tax import TaxMode, TaxRegime

# What can be said to be in order, in the order of the form, with the problems that speak against it.
_PASSES: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "pass_customer",
        frozenset({ProblemCode.CUSTOMER_MISSING, ProblemCode.CUSTOMER_GONE, ProblemCode.CUSTOMER_INACTIVE}),
    ),
    ("pass_name", frozenset({ProblemCode.NAME_FORBIDDEN, ProblemCode.NAME_TOO_LONG, ProblemCode.NAME_TAKEN})),
    ("pass_email", frozenset({ProblemCode.EMAIL_BAD})),
    (
        "pass_address",
        frozenset(
            {
                ProblemCode.SHIP_TO_MISSING,
                ProblemCode.CUSTOMER_EXEMPT,
                ProblemCode.TAX_BY_HAND,
            }
        ),
    ),
    (
        "pass_codes",
        frozenset(
            {
                ProblemCode.TAX_CODE_MISSING,
                ProblemCode.TAX_CODE_GONE,
                ProblemCode.FORM_TAX_CODE_GONE,
                ProblemCode.TAX_BY_HAND,
            }
        ),
    ),
    (
        "pass_currency",
        frozenset(
            {
                ProblemCode.CURRENCY_MISSING,
                ProblemCode.CURRENCY_OFF,
                ProblemCode.CURRENCY_MISMATCH,
                ProblemCode.CURRENCY_RELABELLED,
                ProblemCode.RATE_MISSING,
                ProblemCode.RATE_WRONG,
            }
        ),
    ),
    (
        "pass_books",
        frozenset({ProblemCode.BOOKS_CLOSED, ProblemCode.DATE_ABSURD, ProblemCode.DUE_BEFORE_ISSUE}),
    ),
    (
        "pass_items",
        frozenset(
            {
                ProblemCode.NO_LINES,
                ProblemCode.LINES_TOO_MANY,
                ProblemCode.LINE_UNLINKED,
                ProblemCode.ITEM_GONE,
                ProblemCode.ITEM_INACTIVE,
                ProblemCode.ITEM_CATEGORY,
                ProblemCode.ITEM_BUNDLE,
                ProblemCode.BUNDLE_EMPTY,
                ProblemCode.STOCK_NOT_COUNTED,
            }
        ),
    ),
    (
        "pass_numbers",
        frozenset(
            {
                ProblemCode.NO_LINES,
                ProblemCode.QUANTITY_ZERO,
                ProblemCode.DISCOUNT_NEGATIVE,
            }
            | {
                ProblemCode.DISCOUNT_TOO_LARGE,
                ProblemCode.NUMBER_TOO_LARGE,
                ProblemCode.DECIMALS_5,
                ProblemCode.TOTAL_ZERO,
                ProblemCode.TOTAL_BELOW_ZERO,
                ProblemCode.DISCOUNT_OFF,
                ProblemCode.DEPOSIT_OFF,
                ProblemCode.DEPOSIT_NEGATIVE,
                ProblemCode.DEPOSIT_TOO_LARGE,
                ProblemCode.STOCK_SHORT,
            }
        ),
    ),
    (
        "pass_texts",
        frozenset({ProblemCode.TEXT_TOO_LONG, ProblemCode.LINE_UNNAMED, ProblemCode.LINE_TEXT_TOO_LONG}),
    ),
    ("pass_deal", frozenset({ProblemCode.OVER_DEAL, ProblemCode.NO_LINES})),
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
    regime = facts.rules.regime
    if regime is not TaxRegime.AUTOMATED or not any(line.is_taxable for line in draft.lines):
        idle.add("pass_address")
    is_coded = regime is TaxRegime.CODES and draft.tax_mode is not TaxMode.OUT_OF_SCOPE
    if not draft.lines or not (is_coded or draft.form_tax_code):
        idle.add("pass_codes")
    if facts.deal_left is None:
        idle.add("pass_deal")
    return [code for code, against in _PASSES if code not in idle and not found & against]
