"""The pure rules: status, totals, due dates, payloads."""

import base64
import hashlib
import hmac
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quickbooks_bridge.domain.company_profile import format_decimal
from quickbooks_bridge.domain.draft import CustomerChoice, DraftLine, InvoiceDraft
from quickbooks_bridge.domain.due_dates import due_date, parse_due_days
from quickbooks_bridge.domain.line_payloads import unit_price_for
from quickbooks_bridge.domain.money import line_amount, parse_decimal, round_money
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.query import ANY_STATE, named, quote, select
from quickbooks_bridge.domain.status import InvoiceFacts, Status, derive_status, paid_share
from quickbooks_bridge.domain.tax import SalesRate, TaxCodeFacts, TaxRegime, TaxRules
from quickbooks_bridge.domain.totals import draft_totals
from quickbooks_bridge.domain.webhooks import signature_is_valid

TODAY = date(2026, 3, 17)
LATE, SOON = date(2026, 3, 16), date(2026, 3, 17)

CASES = [
    ("100", "100", SOON, {}, Status.OPEN),
    ("100", "100", LATE, {}, Status.OVERDUE),
    ("100", "40", SOON, {}, Status.PARTIALLY_PAID),
    ("100", "40", LATE, {}, Status.OVERDUE),
    ("100", "0", LATE, {}, Status.PAID),
    ("0", "0", LATE, {}, Status.PAID),
    ("0", "0", LATE, {"is_voided": True}, Status.VOIDED),
    ("100", "0", LATE, {"is_deleted": True}, Status.DELETED),
    ("100", "88", SOON, {"deposit": Decimal(12)}, Status.OPEN),
    ("100", "100", None, {}, Status.OPEN),
]


@pytest.mark.parametrize(("total", "balance", "due", "more", "flag"), CASES)
def test_status_follows_from_facts(total, balance, due, more, flag):
    facts = InvoiceFacts(Decimal(total), Decimal(balance), due, **more)
    assert derive_status(facts, today=TODAY) == flag


cents = st.decimals(min_value=0, max_value=10**7, places=2)


@given(cents, cents)
def test_paid_share_never_lies_at_the_ends(total, balance):
    share = paid_share(InvoiceFacts(total, min(total, balance), None))
    assert (share == 100) == (total > 0 and min(total, balance) == 0)
    assert 0 <= share <= 100


@given(
    st.decimals("0.00001", 10**5, places=5), st.decimals(0, 10**5, places=5), st.decimals(0, 100, places=2)
)
def test_price_that_is_sent_always_multiplies_to_the_amount(quantity, price, discount):
    amount = line_amount(quantity, price, discount=discount)
    sent = unit_price_for(quantity, amount, preferred=price)
    assert sent is None or round_money(quantity * sent) == amount


RATE = SalesRate("3", "Austin", Decimal("8.25"))
BY_HAND = TaxRules(TaxRegime.MANUAL, {"2": TaxCodeFacts("2", "Austin", (RATE,))})


def by_hand(lines):
    """A draft of these lines under the one rate of 8.25 percent."""
    day = date(2026, 3, 13)
    return InvoiceDraft(
        CustomerChoice("1"), "Ann", "", "", "", "USD", day, day, tuple(lines), form_tax_code="2"
    )


@given(st.lists(st.tuples(cents, st.booleans()), max_size=20))
def test_total_is_sum_of_lines_and_tax(rows):
    lines = [DraftLine("x", unit_price=price, is_taxable=taxed) for price, taxed in rows]
    totals = draft_totals(by_hand(lines), BY_HAND)
    assert totals.total == sum((price for price, _taxed in rows), Decimal(0)) + totals.tax
    assert totals.taxable <= totals.subtotal


def test_tax_is_rounded_once_on_the_sum_of_the_taxable_lines():
    lines = [DraftLine("x", unit_price=Decimal("0.06"), is_taxable=True) for _line in range(3)]
    # Each line alone would bear 0.00495, that is nothing.
    assert draft_totals(by_hand(lines), BY_HAND).tax == Decimal("0.01")


@pytest.mark.parametrize(("quantity", "amount"), [("1000000", "0.33"), ("700000", "0.02"), ("0", "5")])
def test_where_no_price_multiplies_to_the_amount_none_is_sent(quantity, amount):
    assert unit_price_for(Decimal(quantity), Decimal(amount), preferred=Decimal("1.5")) is None


def test_due_date_counts_from_the_issue_date():
    assert due_date(date(2026, 3, 13), days=7) == date(2026, 3, 20)


@pytest.mark.parametrize(
    ("text", "code"),
    [("-1", "due_days_negative"), ("1000", "due_days_too_long"), ("x", "due_days_not_a_number")],
)
def test_absurd_due_days_get_a_reason(text, code):
    problem = parse_due_days(text)
    assert isinstance(problem, Problem)
    assert problem.code == code


@pytest.mark.parametrize(
    ("text", "value", "in_norway"),
    [
        ("1,234.50", "1234.50", "1234.50"), (" 12 ", "12", "12"), ("1,234", "1234", "1.234"), ("0,125", "0.125", "0.125"),
        ("1,2", "1.2", "1.2"), ("12,5", "12.5", "12.5"), ("1.234,50", "1234.50", "1234.50"), ("1.234", "1.234", "1.234"),
        ("1 234,50", "1234.50", "1234.50"), ("1\u00a0234.5", "1234.5", "1234.5"), ("1'234.50", "1234.50", "1234.50"),
        ("1\u202f234,5", "1234.5", "1234.5"), ("1,234,567", "1234567", "1234567"), ("1.234.567", "1234567", "1234567"),
        ("1,234,567.8", "1234567.8", "1234567.8"), ("\u22125", "-5", "-5"), ("-1,5", "-1.5", "-1.5"), (".5", "0.5", "0.5"),
        ("5.", "5", "5"), ("12,34.5", None, None), ("1,23,456", None, None), ("1.2.3", None, None), ("nan", None, None),
        ("1e5", None, None), ("1.5e3", None, None), ("", None, None), ("-", None, None), (".", None, None), ("1,", "1", "1"),
        ("\u0661", None, None), ("9" * 41, None, None), ("1..5", None, None), ("1,5,", None, None),
    ],
)  # fmt: skip
def test_typed_numbers(text, value, in_norway):
    assert parse_decimal(text) == (None if value is None else Decimal(value))
    read = parse_decimal(text, is_comma_decimal=True)
    assert read == (None if in_norway is None else Decimal(in_norway))


@given(st.decimals(-(10**9), 10**9, places=5))
def test_our_own_numbers_are_read_back_whatever_the_country(number):
    for comma in (False, True):
        assert parse_decimal(format_decimal(number), is_comma_decimal=comma) == number


@given(st.text(st.characters(max_codepoint=127)))
def test_a_quoted_text_cannot_end_its_literal(text):
    inner = quote(text)[1:-1]
    at = 0
    while at < len(inner):
        assert inner[at] != "'"
        at += 2 if inner[at] == "\\" else 1
    assert at == len(inner)


@pytest.mark.parametrize("signature", ["", "x", "é", "aGVsbG8=", "===="])
def test_forged_signatures_are_refused(signature):
    assert not signature_is_valid(b"[]", signature, verifier_token="secret")
    assert not signature_is_valid(b"[]", signature, verifier_token="")


def test_without_a_verifier_token_no_signature_is_good():
    signature = base64.b64encode(hmac.new(b"", b"[]", hashlib.sha256).digest()).decode()
    assert not signature_is_valid(b"[]", signature, verifier_token="")


@given(st.text())
def test_no_query_holds_a_character_that_quickbooks_cannot_read(text):
    sentence = select("Item", where=(named("Name", text), ANY_STATE))
    assert sentence.isascii()


@pytest.mark.parametrize("text", ["O\u2019Neil", "\u201cFIRST\u201d", "a \u2013 b", "Zoë", "\U0001fa91"])
def test_a_text_that_is_not_ascii_cannot_be_a_literal(text):
    with pytest.raises(ValueError, match="ASCII"):
        quote(text)
    assert named("Name", text)[1] == "LIKE"


def test_a_plain_name_is_asked_for_as_it_is():
    assert named("DisplayName", "O'Neil & 50% (UK)") == ("DisplayName", "=", "O'Neil & 50% (UK)")
