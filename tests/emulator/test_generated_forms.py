"""Ten thousand invoices of every combination: each is taken or refused with a typed fault, and its sums hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from qbo_emulator.core.currencies import digits_of
from qbo_emulator.core.field_values import cents, rounded, stored
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.faults.errors import Fault
from qbo_emulator.operations import engine
from qbo_emulator.seed.build import open_company

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
COMPANIES = (
    *("us", "us-manual", "us-multi", "us-simple", "sandbox"),
    *("gb", "gb-multi", "gb-unregistered", "gb-reverse", "ca", "ca-quebec", "fr", "no-like"),
)
EACH = 10_000 // len(COMPANIES) + 1
PLACES = (
    {"City": "Austin", "CountrySubDivisionCode": "TX"},
    {"City": "Seattle", "CountrySubDivisionCode": "WA", "PostalCode": "98101"},
    {"Line1": "5 Broadway", "Line2": "New York, NY 10004"},
    {"City": "Portland", "CountrySubDivisionCode": "OR"},
    {"City": "Chicago", "CountrySubDivisionCode": "IL"},
    {"City": "Lyon", "Country": "France"},
    {"Line1": "nowhere"},
    None,
)
# What a form may be refused for; anything else is an accident.
REFUSALS = {
    "2020",
    "2170",
    "2220",
    "2410",
    "2500",
    "5030",
    "6000",
    "6070",
    "6100",
    "6160",
    "6170",
    "610",
    "6270",
    "6520",
}


def line(dice: Random, company: Company) -> dict[str, Any]:
    """A line with or without price, quantity, code and class; now and then one that cannot be."""
    items = list(company.table("Item").rows)
    quantity = dice.choice((None, 1, 3, Decimal("0.5"), Decimal("1.234567")))
    price = dice.choice((None, Decimal("19.99"), Decimal("0.333333"), Decimal(100)))
    amount = cents(price * quantity) if price and quantity else Decimal(dice.randrange(0, 90_000)) / 100
    if company.is_multicurrency and dice.random() < 0.3:
        amount = amount.quantize(Decimal(1))
    detail: dict[str, Any] = {"ItemRef": {"value": dice.choice(items)}, "UnitPrice": price, "Qty": quantity}
    codes = [None, "TAX", "NON", *company.table("TaxCode").rows]
    if dice.random() < 0.9:
        detail["TaxCodeRef"] = {"value": dice.choice(codes)}
    if dice.random() < 0.1:
        detail["ClassRef"] = {"value": dice.choice(("1", "99"))}
    return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}


def document(dice: Random, company: Company) -> dict[str, Any]:
    lines = [line(dice, company) for _ in range(dice.randrange(1, 5))]
    if dice.random() < 0.3:
        discount = dice.choice(
            ({"PercentBased": True, "DiscountPercent": dice.choice((5, 10, 33))}, {"PercentBased": False})
        )
        lines.append({"Amount": 12, "DetailType": "DiscountLineDetail", "DiscountLineDetail": discount})
    if dice.random() < 0.2:
        lines.append({"DetailType": "DescriptionOnly", "Description": "Text", "DescriptionLineDetail": {}})
    body: dict[str, Any] = {
        "CustomerRef": {"value": dice.choice(list(company.table("Customer").rows))},
        "Line": lines,
    }
    customer = company.table("Customer").rows[body["CustomerRef"]["value"]].data
    if dice.random() < 0.8:
        body["CurrencyRef"] = {"value": customer["CurrencyRef"]["value"]}
    if dice.random() < 0.5:
        body["ExchangeRate"] = dice.choice((1, Decimal("1.2345"), 0))
    if (place := dice.choice(PLACES)) is not None:
        body["ShipAddr"] = place
    for name, choices in (
        ("GlobalTaxCalculation", (None, "TaxExcluded", "TaxInclusive", "NotApplicable")),
        ("ApplyTaxAfterDiscount", (None, True, False)),
        ("TransactionLocationType", (None, None, "OutsideEU", "Somewhere")),
        ("TxnTaxDetail", (None, None, {"TotalTax": 5}, {"TxnTaxCodeRef": {"value": "2"}}, {"TotalTax": 0})),
    ):
        value = dice.choice(choices)
        if value is not None:
            body[name] = value
    return body


def check(company: Company, form: dict[str, Any]) -> None:
    digits = digits_of(form["CurrencyRef"]["value"])
    kinds: defaultdict[str, Decimal] = defaultdict(Decimal)
    for entry in form["Line"]:
        kinds[entry["DetailType"]] += stored(entry.get("Amount"))
        assert rounded(stored(entry.get("Amount")), digits) == stored(entry.get("Amount"))
    tax = form["TxnTaxDetail"]
    assert kinds["SubTotalLineDetail"] == kinds["SalesItemLineDetail"]
    assert (
        form["TotalAmt"] == kinds["SubTotalLineDetail"] - kinds["DiscountLineDetail"] + tax["TotalTax"] >= 0
    )
    assert tax["TotalTax"] == sum(stored(entry["Amount"]) for entry in tax.get("TaxLine", []))
    assert form["Balance"] == form["TotalAmt"]
    if company.is_multicurrency:
        assert form["HomeTotalAmt"] == cents(form["TotalAmt"] * stored(form["ExchangeRate"]))
    if not company.uses_sales_tax:
        assert tax == {"TotalTax": 0}


def save(company: Company, body: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """The word taken and the form, or the code of the refusal."""
    try:
        return "taken", engine.save(company, ENTITY_TYPES["Invoice"], body, NOW).data
    except Fault as fault:
        return fault.code, None


@pytest.mark.parametrize("key", COMPANIES)
def test_generated_invoices_are_taken_or_refused_and_their_sums_hold(key: str) -> None:
    company = open_company(key, 1, NOW, invoices=0)
    company.preferences["SalesFormsPrefs"]["AllowDiscount"] = True
    dice, outcomes = Random(f"forms of {key}"), Counter[str]()
    for _ in range(EACH):
        body = document(dice, company)
        outcome, form = save(company, body)
        outcomes[outcome] += 1
        assert outcome == "taken" or outcome in REFUSALS, (outcome, body)
        if form is not None:
            check(company, form)
    # The generator makes enough of both, or it would prove nothing.
    assert EACH * 0.9 > outcomes["taken"] > EACH * 0.02, outcomes
