"""Every foreseeable refusal is told before anything is sent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from quickbooks_bridge.domain.company_facts import CompanyFacts
from quickbooks_bridge.domain.conversion import Conversion
from quickbooks_bridge.domain.draft import CustomerChoice, DraftLine, InvoiceDraft, PresetFacts
from quickbooks_bridge.domain.duplicates import SimilarInvoice
from quickbooks_bridge.domain.preflight import draft_problems
from quickbooks_bridge.domain.preflight_facts import CustomerFacts, ItemFacts, PreflightFacts, TermRule
from quickbooks_bridge.domain.preflight_lines import MOST_LINES
from quickbooks_bridge.domain.tax import SalesRate, TaxCodeFacts, TaxMode, TaxRegime, TaxRules

TODAY = date(2026, 3, 17)
LINE = DraftLine("Desk", quantity=Decimal(2), unit_price=Decimal("10.50"), item_qbo_id="7")
DRAFT = InvoiceDraft(
    CustomerChoice("1"), "Ann", "1 Road", "a@b.com", "", "USD", TODAY, date(2026, 3, 24), (LINE,)
)
CUSTOMER = CustomerFacts("Ann", "USD", is_active=True)
FACTS = PreflightFacts(
    TODAY,
    "USD",
    book_close_date=date(2025, 12, 31),
    customer=CUSTOMER,
    items={
        "7": ItemFacts("Desk", is_active=True, kind="Service"),
        "8": ItemFacts("Old", is_active=False, kind="Service"),
        "9": ItemFacts("Group", is_active=True, kind="Category"),
    },
    taken_names=frozenset({"ann"}),
)


def new(name):
    return {"customer": CustomerChoice(new_display_name=name)}


DRAFTS = [
    (new(" "), "customer_missing", "customer"),
    (new("A:B"), "name_forbidden", "new_display_name"),
    (new("A\nB"), "name_forbidden", "new_display_name"),
    (new("n" * 501), "name_too_long", "new_display_name"),
    (new("ANN"), "name_taken", "new_display_name"),
    ({"to": "n" * 501}, "text_too_long", "to"),
    ({"tax_id": "1" * 17}, "text_too_long", "tax_id"),
    ({"doc_number": "1" * 22}, "text_too_long", "doc_number"),
    ({"message": "m" * 1001}, "text_too_long", "message"),
    ({"memo": "m" * 4001}, "text_too_long", "memo"),
    ({"email": "ann"}, "email_bad", "email"),
    ({"email": "a@b.com,"}, "email_bad", "email"),
    ({"email": "a" * 99 + "@b.com"}, "email_bad", "email"),
    ({"email": "a@b.com; c@d.com"}, "email_bad", "email"),
    ({"email": "a..b@x.com"}, "email_bad", "email"),
    ({"email": ".a@x.com"}, "email_bad", "email"),
    ({"currency": ""}, "currency_missing", "currency"),
    ({"currency": "EUR"}, "currency_off", "currency"),
    ({"issue_date": date(2025, 12, 31)}, "books_closed", "issue_date"),
    ({"issue_date": date(2006, 1, 1), "due_date": date(2006, 1, 8)}, "date_absurd", "issue_date"),
    ({"due_date": date(2026, 3, 16)}, "due_before_issue", "due_date"),
    ({"due_date": date(2036, 3, 16)}, "date_absurd", "due_date"),
    ({"lines": ()}, "no_lines", "lines"),
]


@pytest.mark.parametrize(("change", "code", "field"), DRAFTS)
def test_wrong_form_field_is_told(change, code, field):
    found = draft_problems(replace(DRAFT, **change), FACTS)
    assert [(row.code, row.field, row.is_blocking) for row in found] == [(code, field, True)]


LINES = [
    ({"name": " "}, "line_unnamed", "name"),
    ({"description": "d" * 4001}, "line_text_too_long", "description"),
    ({"item_qbo_id": ""}, "line_unlinked", "item"),
    ({"item_qbo_id": "404"}, "item_gone", "item"),
    ({"item_qbo_id": "8"}, "item_inactive", "item"),
    ({"item_qbo_id": "9"}, "item_category", "item"),
    ({"quantity": Decimal("1.000001")}, "decimals_5", "quantity"),
    ({"unit_price": Decimal("1.00000001")}, "decimals_5", "unit_price"),
    ({"unit_price": Decimal(10) ** 10}, "number_too_large", "unit_price"),
    ({"discount": Decimal(-1)}, "discount_negative", "discount"),
    ({"discount": Decimal("100.01")}, "discount_too_large", "discount"),
    ({"discount": Decimal("21.01"), "discount_kind": "amount"}, "discount_too_large", "discount"),
]


@pytest.mark.parametrize(("change", "code", "field"), LINES)
def test_wrong_line_is_told_with_its_place(change, code, field):
    draft = replace(DRAFT, lines=(LINE, replace(LINE, **change)))
    found = draft_problems(draft, FACTS)
    assert [(row.code, row.field, row.line) for row in found] == [(code, field, 1)]


@pytest.mark.parametrize(
    "change", [{}, {"email": ""}, {"email": "a@b.com, c@d.com"}, new("Ann's \U0001f33b"), {"due_date": TODAY}]
)
def test_sound_draft_has_no_problem(change):
    assert draft_problems(replace(DRAFT, **change), FACTS) == []


def test_customer_of_another_currency_is_told():
    facts = replace(FACTS, customer=CustomerFacts("Ann", "CAD", is_active=True), is_multicurrency=True)
    assert [row.code for row in draft_problems(DRAFT, facts)] == ["currency_mismatch"]


def test_inactive_or_missing_customer_is_told():
    inactive = replace(FACTS, customer=CustomerFacts("Ann", "USD", is_active=False))
    assert [row.code for row in draft_problems(DRAFT, inactive)] == ["customer_inactive"]
    assert [row.code for row in draft_problems(DRAFT, replace(FACTS, customer=None))] == ["customer_gone"]


def test_free_invoice_only_warns():
    line = replace(LINE, unit_price=Decimal(0), is_taxable=True)
    found = draft_problems(replace(DRAFT, lines=(line,), address=""), FACTS)
    assert [(row.code, row.is_blocking) for row in found] == [("total_zero", False)]


TAXED = replace(DRAFT, lines=(replace(LINE, is_taxable=True),))
STANDARD = TaxCodeFacts("3", "20.0% S", (SalesRate("7", "20.0% S (Sales)", Decimal(20)),))
AUTOMATED, MANUAL, CODES = (
    TaxRules(regime, {"3": STANDARD}) for regime in (TaxRegime.AUTOMATED, TaxRegime.MANUAL, TaxRegime.CODES)
)
US_TAX = replace(FACTS, rules=AUTOMATED)
# What of the company, the customer and the place decides what may be promised: code and whether it hinders.
TAX = {
    "automated, place known": (US_TAX, []),
    "automated, no place": (replace(US_TAX, has_ship_to=False), [("ship_to_missing", True)]),
    "automated, no place, a person decided": (
        replace(US_TAX, has_ship_to=False, is_ship_to_waived=True),
        [("ship_to_missing", False)],
    ),
    "exempt customer": (
        replace(US_TAX, has_ship_to=False, customer=replace(CUSTOMER, is_taxable=False)),
        [("customer_exempt", False)],
    ),
    "manual sales tax": (replace(US_TAX, rules=MANUAL), [("tax_by_hand", False)]),
    "no sales tax": (replace(FACTS, has_ship_to=False), []),
    "VAT": (replace(US_TAX, rules=CODES, is_us=False), [("tax_code_missing", True)]),
    "abroad, not registered": (replace(FACTS, is_us=False), []),
}


@pytest.mark.parametrize(("facts", "problems"), TAX.values(), ids=TAX)
def test_what_decides_the_tax_is_said_before_anything_is_sent(facts, problems):
    assert [(row.code, row.is_blocking) for row in draft_problems(TAXED, facts)] == problems


def test_untaxed_lines_need_no_place():
    assert draft_problems(DRAFT, replace(US_TAX, has_ship_to=False)) == []


@pytest.mark.parametrize(
    ("draft", "facts", "code"),
    [
        ("USD", {"deal_currency": "EUR"}, "currency_relabelled"),
        ("EUR", {"deal_currency": "USD", "is_multicurrency": True}, "currency_relabelled"),
        ("EUR", {"deal_currency": "EUR"}, "currency_off"),
        ("EUR", {"deal_currency": "EUR", "is_multicurrency": True}, "currency_mismatch"),
        ("EUR", {"deal_currency": "EUR", "is_multicurrency": True, "customer": None}, "rate_missing"),
        ("USD", {"deal_currency": "", "customer": None}, None),
    ],
)
def test_an_amount_is_neither_relabelled_nor_sent_without_a_rate(draft, facts, code):
    given = replace(DRAFT, currency=draft, customer=CustomerChoice(new_display_name="Bo"))
    found = draft_problems(given, replace(FACTS, **{"customer": None, **facts}))
    wanted = code if code != "currency_mismatch" else "rate_missing"
    assert [row.code for row in found if row.is_blocking] == ([wanted] if wanted else [])
    if code == "currency_mismatch":
        found = draft_problems(replace(given, customer=DRAFT.customer), replace(FACTS, **facts))
        assert [row.code for row in found] == ["currency_mismatch"]


def test_more_lines_than_quickbooks_takes_are_refused_with_the_money_left_out():
    lines = (replace(LINE, quantity=Decimal(1), unit_price=Decimal(1)),) * (MOST_LINES + 5)
    (problem,) = draft_problems(replace(DRAFT, lines=lines), FACTS)
    assert (problem.code, problem.is_blocking) == ("lines_too_many", True)
    assert problem.params == {"count": "755", "most": "750", "amount": "5.00 USD"}
    assert draft_problems(replace(DRAFT, lines=lines[:MOST_LINES]), FACTS) == []


NUMBERS = [
    ("", False, "", None),
    ("1050", False, "Ann", ("number_taken", True)),
    ("1051", False, "", None),
    ("", True, "", ("number_empty", False)),
    ("1050", True, "Ann", ("number_taken_write", True)),
    ("1051", True, "", None),
]


@pytest.mark.parametrize(("number", "is_custom", "taken_by", "problem"), NUMBERS)
def test_number_that_is_taken_or_missing_is_said(number, is_custom, taken_by, problem):
    facts = replace(FACTS, has_custom_numbers=is_custom, number_taken_by=taken_by, next_number="1051")
    found = draft_problems(replace(DRAFT, doc_number=number), facts)
    assert [(row.code, row.is_blocking) for row in found] == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("due", "is_customers", "code"),
    [
        (DRAFT.due_date, False, None),
        (date(2026, 4, 16), False, "term_differs"),
        (date(2026, 4, 16), True, "term_of_customer"),
        (None, False, None),
    ],
)
def test_terms_that_mean_another_day_are_said(due, is_customers, code):
    facts = replace(FACTS, term=TermRule("Net 30", due, is_customers=is_customers))
    found = draft_problems(DRAFT, facts)
    assert [(row.code, row.is_blocking) for row in found] == ([(code, False)] if code else [])


def test_zero_quantity_is_told():
    found = draft_problems(replace(DRAFT, lines=(LINE, replace(LINE, quantity=Decimal(0)))), FACTS)
    assert [(row.code, row.line) for row in found] == [("quantity_zero", 1)]


VAT = replace(FACTS, rules=CODES, is_us=False)


@pytest.mark.parametrize(
    ("code", "mode", "problems"),
    [
        ("3", TaxMode.EXCLUSIVE, []),
        ("3", TaxMode.INCLUSIVE, []),
        ("", TaxMode.EXCLUSIVE, [("tax_code_missing", 0)]),
        ("99", TaxMode.INCLUSIVE, [("tax_code_gone", 0)]),
        ("", TaxMode.OUT_OF_SCOPE, []),
    ],
)
def test_every_line_bears_a_code_that_is_offered(code, mode, problems):
    draft = replace(DRAFT, lines=(replace(LINE, tax_code=code),), tax_mode=mode)
    assert [(row.code, row.line) for row in draft_problems(draft, VAT)] == problems


def test_a_rate_of_the_form_must_be_offered():
    facts = replace(FACTS, rules=MANUAL)
    assert draft_problems(replace(TAXED, form_tax_code="3"), facts) == []
    found = draft_problems(replace(TAXED, form_tax_code="99"), facts)
    assert [row.code for row in found] == ["form_tax_code_gone"]


@pytest.mark.parametrize(
    ("rate", "codes"), [("1.16", []), (None, ["rate_missing"]), ("0", ["rate_wrong"]), ("-1", ["rate_wrong"])]
)
def test_a_foreign_invoice_needs_a_rate_above_zero(rate, codes):
    facts = replace(FACTS, is_multicurrency=True, customer=replace(CUSTOMER, currency="EUR"))
    draft = replace(DRAFT, currency="EUR", exchange_rate=Decimal(rate) if rate else None)
    assert [row.code for row in draft_problems(draft, facts)] == codes


DEEP = [
    ({"discount": Decimal(5)}, {"allows_discount": False}, "discount_off", True),
    ({"discount": Decimal(101)}, {}, "discount_too_large", True),
    ({"deposit": Decimal(1)}, {}, "deposit_off", True),
    ({"deposit": Decimal(22)}, {"facts": CompanyFacts(allows_deposit=True)}, "deposit_too_large", True),
    ({"lines": (replace(LINE, unit_price=Decimal(-1)),)}, {}, "total_below_zero", True),
    ({"lines": (replace(LINE, unit_price=Decimal(0)),)}, {}, "total_zero", False),
    ({}, {"deal_left": Decimal(20)}, "over_deal", False),
    ({}, {"identical": "1043"}, "identical_invoice", True),
    ({"again_reason": "the second month"}, {"identical": "1043"}, "billed_again", False),
    ({"quoted_tax": Decimal(-1)}, {"rules": TaxRules(TaxRegime.AUTOMATED)}, "quoted_tax_negative", True),
    ({"quoted_tax": Decimal(1)}, {"rules": TaxRules(TaxRegime.AUTOMATED)}, "quoted_tax_untaxed", True),
    ({"class_qbo_id": "5"}, {"facts": CompanyFacts(class_tracking="invoice")}, "class_gone", True),
    ({"location_qbo_id": "5"}, {"facts": CompanyFacts(has_locations=True)}, "location_gone", True),
    ({}, {"preset": PresetFacts("1", "Export", lost=("term",))}, "preset_lost", False),
    ({}, {"similar": (SimilarInvoice("1", "1043", "$21.00", TODAY),)}, "similar_invoice", False),
    ({"currency": "EUR"}, {"deal_currency": "USD"}, "currency_relabelled", True),
    ({"conversion": Conversion("EUR", "USD", Decimal(2), TODAY)}, {"deal_currency": "EUR"}, "", False),
    (
        {"lines": (DraftLine("a note", kind="text"), LINE, DraftLine("", kind="subtotal"))},
        {},
        "",
        False,
    ),
    ({"lines": (DraftLine("a note", kind="text"),)}, {}, "no_lines", True),
    ({"lines": (DraftLine(" ", kind="text"), LINE)}, {}, "line_unnamed", True),
]


@pytest.mark.parametrize(("change", "facts", "code", "is_blocking"), DEEP)
def test_what_the_depth_of_an_invoice_adds_is_told_too(change, facts, code, is_blocking):
    found = draft_problems(replace(DRAFT, **change), replace(FACTS, **facts))
    assert [(row.code, row.is_blocking) for row in found] == ([(code, is_blocking)] if code else [])


STOCK = ItemFacts(
    "Lamp", is_active=True, kind="Inventory", on_hand=Decimal(2), counted_since=date(2026, 3, 1)
)


@pytest.mark.parametrize(
    ("quantity", "day", "codes"),
    [
        ("2", TODAY, []),
        ("2.5", TODAY, ["stock_short"]),
        ("2", date(2026, 2, 28), ["stock_not_counted"]),
        ("3", date(2026, 2, 28), ["stock_not_counted", "stock_short"]),
    ],
)
def test_counted_stock_is_sold_from_its_first_day_on_and_not_twice(quantity, day, codes):
    facts = replace(FACTS, items={"7": STOCK})
    draft = replace(DRAFT, issue_date=day, lines=(replace(LINE, quantity=Decimal(quantity)),))
    assert [row.code for row in draft_problems(draft, facts)] == codes
    halves = tuple(replace(LINE, quantity=Decimal(quantity) / 2) for _half in range(2))
    assert {row.code for row in draft_problems(replace(draft, lines=halves), facts)} == set(codes)
