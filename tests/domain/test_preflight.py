"""Every foreseeable refusal is told before anything is sent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from quickbooks_bridge.domain.draft import CustomerChoice, DraftLine, InvoiceDraft
from quickbooks_bridge.domain.preflight import CustomerFacts, ItemFacts, PreflightFacts, draft_problems

TODAY = date(2026, 3, 17)
LINE = DraftLine("Desk", quantity=Decimal(2), unit_price=Decimal("10.50"), item_qbo_id="7")
DRAFT = InvoiceDraft(
    CustomerChoice("1"), "Ann", "1 Road", "a@b.com", "", "USD", TODAY, date(2026, 3, 24), (LINE,)
)
FACTS = PreflightFacts(
    TODAY,
    "USD",
    is_tax_automated=True,
    book_close_date=date(2025, 12, 31),
    customer=CustomerFacts("Ann", "USD", is_active=True),
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
    ({"email": "a@b.com; c@d.com"}, "email_semicolon", "email"),
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
    ({"quantity": Decimal(-1)}, "quantity_negative", "quantity"),
    ({"quantity": Decimal("1.000001")}, "decimals_5", "quantity"),
    ({"unit_price": Decimal("-0.01")}, "price_negative", "unit_price"),
    ({"unit_price": Decimal("1.00000001")}, "decimals_7", "unit_price"),
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


def test_free_invoice_and_missing_address_only_warn():
    line = replace(LINE, unit_price=Decimal(0), is_taxable=True)
    found = draft_problems(replace(DRAFT, lines=(line,), address=""), FACTS)
    assert [(row.code, row.is_blocking) for row in found] == [
        ("address_missing", False),
        ("total_zero", False),
    ]


def test_zero_quantity_is_told():
    found = draft_problems(replace(DRAFT, lines=(LINE, replace(LINE, quantity=Decimal(0)))), FACTS)
    assert [(row.code, row.line) for row in found] == [("quantity_zero", 1)]
