"""What an invoice comes to under each regime, and how it is written: whole bodies, one for each kind of company."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quickbooks_bridge.domain.company_profile import PayloadProfile
from quickbooks_bridge.domain.draft import CustomerChoice, DraftLine, InvoiceDraft
from quickbooks_bridge.domain.payloads import invoice_payload
from quickbooks_bridge.domain.tax import (
    SalesRate,
    TaxCodeFacts,
    TaxMode,
    TaxRegime,
    TaxRules,
    regime_of,
)
from quickbooks_bridge.domain.totals import draft_totals

DAY = date(2026, 3, 13)
STANDARD = TaxCodeFacts("3", "20.0% S", (SalesRate("7", "20.0% S (Sales)", Decimal(20)),))
REDUCED = TaxCodeFacts("4", "5.0% R", (SalesRate("8", "5.0% R (Sales)", Decimal(5)),))
QUEBEC = TaxCodeFacts(
    "9", "GST/QST", (SalesRate("11", "GST", Decimal(5)), SalesRate("12", "QST", Decimal("9.975")))
)
CODES = TaxRules(TaxRegime.CODES, {code.qbo_id: code for code in (STANDARD, REDUCED, QUEBEC)})
MANUAL = TaxRules(TaxRegime.MANUAL, {"9": QUEBEC})


def line(price, code="3", *, quantity=1, **more):
    return DraftLine(
        "Desk", quantity=Decimal(quantity), unit_price=Decimal(price), tax_code=code, item_qbo_id="5", **more
    )


def draft(*lines, **more):
    return InvoiceDraft(CustomerChoice("1"), "Ann", "", "", "", "GBP", DAY, DAY, lines, **more)


@pytest.mark.parametrize(
    ("country", "uses", "automated", "regime"),
    [
        ("US", True, True, TaxRegime.AUTOMATED),
        ("US", True, False, TaxRegime.MANUAL),
        ("US", False, False, TaxRegime.NONE),
        ("GB", True, False, TaxRegime.CODES),
        ("CA", False, False, TaxRegime.NONE),
    ],
)
def test_the_regime_follows_from_the_company(country, uses, automated, regime):
    assert regime_of(country=country, uses_sales_tax=uses, is_tax_automated=automated) is regime


def test_tax_is_rounded_once_for_each_rate():
    totals = draft_totals(draft(line("0.06", "9"), line("0.06", "9"), line("4495.04", "9")), CODES)
    assert [(share.name, share.tax) for share in totals.shares] == [
        ("GST", Decimal("224.76")),
        ("QST", Decimal("448.39")),
    ]
    assert totals.total == Decimal("5168.31")


def test_what_is_agreed_with_tax_stands():
    given = draft(line("10.00"), line("3.33", "4"), tax_mode=TaxMode.INCLUSIVE)
    totals = draft_totals(given, CODES)
    assert (totals.total, totals.tax, totals.net) == (Decimal("13.33"), Decimal("1.83"), Decimal("11.50"))


@given(
    st.lists(
        st.tuples(st.integers(1, 10**7), st.sampled_from(["3", "4", "9"]), st.integers(1, 9)),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(list(TaxMode)),
)
def test_the_parts_always_make_the_total(rows, mode):
    lines = [line(Decimal(cents) / 100, code, quantity=count) for cents, code, count in rows]
    totals = draft_totals(draft(*lines, tax_mode=mode), CODES)
    agreed = sum((Decimal(cents) / 100 * count for cents, _code, count in rows), Decimal(0))
    assert totals.tax == sum(share.tax for share in totals.shares)
    assert totals.total == agreed + (totals.tax if mode is TaxMode.EXCLUSIVE else 0)
    assert totals.net == totals.total - totals.tax


@given(
    st.lists(
        st.tuples(st.integers(1, 10**7), st.integers(0, 100), st.integers(1, 9)), min_size=1, max_size=6
    ),
    st.integers(0, 100),
    st.sampled_from([TaxMode.EXCLUSIVE, TaxMode.OUT_OF_SCOPE]),
)
def test_a_discount_costs_the_same_however_it_prints(rows, percent, mode):
    lines = [
        line(Decimal(cents) / 100, "3", quantity=count, discount=Decimal(off)) for cents, off, count in rows
    ]
    given = replace(draft(*lines, tax_mode=mode), discount=Decimal(percent))
    net, printed = (draft_totals(replace(given, discount_style=style), CODES) for style in ("net", "line"))
    assert net == printed
    assert net.net == net.subtotal - net.discount - net.invoice_discount


def test_out_of_scope_bears_no_tax():
    totals = draft_totals(draft(line("10.00"), tax_mode=TaxMode.OUT_OF_SCOPE), CODES)
    assert (totals.tax, totals.total, totals.shares) == (0, 10, ())


@pytest.mark.parametrize(
    ("rules", "tax"),
    [(MANUAL, "14.98"), (replace(MANUAL, is_customer_exempt=True), "0"), (TaxRules(TaxRegime.MANUAL), "0")],
)
def test_tax_by_hand_is_that_of_the_form_for_taxable_lines(rules, tax):
    given = draft(line("100.00", is_taxable=True), line("50.00"), form_tax_code="9")
    assert draft_totals(given, rules).tax == Decimal(tax)


@pytest.mark.parametrize(("exempt", "tax"), [(False, None), (True, 0)])
def test_automated_tax_is_known_for_exempt_customers_alone(exempt, tax):
    rules = TaxRules(TaxRegime.AUTOMATED, is_customer_exempt=exempt)
    assert draft_totals(draft(line("100.00", is_taxable=True)), rules).tax == tax


def test_a_rate_is_that_of_the_day():
    rate = SalesRate(
        "7", "VAT", Decimal(22), ((date(2020, 1, 1), Decimal(20)), (date(2026, 4, 1), Decimal(22)))
    )
    assert (rate.percent_on(DAY), rate.percent_on(date(2026, 4, 1))) == (20, 22)
    assert SalesRate("7", "VAT", Decimal(22)).percent_on(DAY) == 22


def test_yen_have_no_decimals_and_the_rate_gives_the_home_total():
    given = replace(draft(line("1000.50")), currency="JPY", exchange_rate=Decimal("0.005"))
    totals = draft_totals(given, CODES)
    assert (totals.total, totals.home_total) == (1201, Decimal("6.01"))


BASE = {
    "CustomerRef": {"value": "1"}, "TxnDate": "2026-03-13", "DueDate": "2026-03-13", "PrivateNote": "CRM-0123456789",
}  # fmt: skip


def body(given, country, rules, **more):
    profile = PayloadProfile(country, "GBP", rules=rules, **more)
    return invoice_payload(given, customer_qbo_id="1", profile=profile, marker="0123456789ab")


def sold(amount, price, quantity="1", **detail):
    inner = {"ItemRef": {"value": "5"}, **detail, "Qty": quantity, "UnitPrice": price}
    return {
        "DetailType": "SalesItemLineDetail", "Amount": amount, "Description": "Desk", "SalesItemLineDetail": inner,
    }  # fmt: skip


def test_body_of_a_company_with_codes():
    assert body(draft(line("10.00"), line("3.50", "4", quantity=2)), "GB", CODES) == {
        **BASE,
        "GlobalTaxCalculation": "TaxExcluded",
        "Line": [
            sold("10", "10", TaxCodeRef={"value": "3"}),
            sold("7", "3.5", "2", TaxCodeRef={"value": "4"}),
        ],
    }


def test_body_of_prices_that_include_tax():
    given = draft(line("10.00"), line("12.00", quantity=3), tax_mode=TaxMode.INCLUSIVE)
    assert body(given, "GB", CODES) == {
        **BASE,
        "GlobalTaxCalculation": "TaxInclusive",
        "Line": [
            sold("8.33", "8.33333", TaxCodeRef={"value": "3"}, TaxInclusiveAmt="10"),
            sold("30", "10", "3", TaxCodeRef={"value": "3"}, TaxInclusiveAmt="36"),
        ],
    }


def test_body_outside_the_scope_of_tax():
    given = draft(line("10.00", ""), tax_mode=TaxMode.OUT_OF_SCOPE)
    assert body(given, "GB", CODES) == {
        **BASE, "GlobalTaxCalculation": "NotApplicable", "Line": [sold("10", "10")],
    }  # fmt: skip


def test_body_of_a_company_that_is_not_registered():
    assert body(draft(line("10.00", "")), "GB", TaxRules()) == {**BASE, "Line": [sold("10", "10")]}


def test_body_under_tax_by_hand():
    given = draft(line("10.00", "", is_taxable=True), form_tax_code="9")
    assert body(given, "US", MANUAL) == {
        **BASE,
        "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "9"}},
        "Line": [sold("10", "10", TaxCodeRef={"value": "TAX"})],
    }


def test_body_of_a_foreign_invoice():
    given = replace(draft(line("10.00")), currency="EUR", exchange_rate=Decimal("0.857100"))
    assert body(given, "GB", CODES, is_multicurrency=True) == {
        **BASE,
        "CurrencyRef": {"value": "EUR"},
        "ExchangeRate": "0.8571",
        "GlobalTaxCalculation": "TaxExcluded",
        "Line": [sold("10", "10", TaxCodeRef={"value": "3"})],
    }
