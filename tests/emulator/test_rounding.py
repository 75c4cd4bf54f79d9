"""Every rule that decides a cent: pinned to a genuine answer, or called a guess in its name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.faults.errors import Fault
from qbo_emulator.operations import engine
from qbo_emulator.seed.build import open_company
from qbo_emulator.seed.opening import code_named
from tests.emulator.client import sales_line

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def books() -> Callable[[str], Company]:
    opened: dict[str, Company] = {}

    def of(key: str) -> Company:
        if key not in opened:
            opened[key] = open_company(key, 1, NOW, invoices=0)
            opened[key].preferences["SalesFormsPrefs"]["AllowDiscount"] = True
        return opened[key]

    return of


def invoice(company: Company, *lines: Any, **more: Any) -> dict[str, Any]:
    customers = company.table("Customer").rows.values()
    home = company.profile.currency
    own = next(row for row in customers if row.active and row.data["CurrencyRef"]["value"] == home)
    body = {"CustomerRef": {"value": own.qbo_id}, "Line": list(lines), **more}
    return engine.save(company, ENTITY_TYPES["Invoice"], body, NOW).data


def coded(company: Company, amount: Any, code: str, **more: Any) -> dict[str, Any]:
    return sales_line(amount, TaxCodeRef={"value": code_named(company, code)}, **more)


def discount(amount: Any = None, percent: Any = None) -> dict[str, Any]:
    detail = {"PercentBased": percent is not None, "DiscountPercent": percent}
    return {"Amount": amount, "DetailType": "DiscountLineDetail", "DiscountLineDetail": detail}


def taxes(form: dict[str, Any]) -> list[Decimal]:
    return [Decimal(line["Amount"]) for line in form["TxnTaxDetail"]["TaxLine"]]


def test_tax_is_rounded_once_for_each_rate_as_quickbooks_ruby_547_answered(books: Any) -> None:
    """4,495.16 at 9.975 % is 448.39; rounded line by line these three come to 448.40."""
    company = books("ca-quebec")
    amounts = ("0.06", "0.06", "4495.04")
    lines = [coded(company, amount, "GST/QST QC - 9.975") for amount in amounts]
    assert sum(map(Decimal, amounts)) == Decimal("4495.16")
    by_line = sum(round(Decimal(amount) * Decimal("0.09975"), 2) for amount in amounts)
    assert (taxes(invoice(company, *lines))[1], by_line) == (Decimal("448.39"), Decimal("448.40"))


def test_tax_of_the_states_is_its_rate_of_the_taxable_sum_as_an_answer_of_2024_has_it(books: Any) -> None:
    """335.25 at 8 % is 26.82 (invoice 130 of the sample company)."""
    company = books("sandbox")
    taxed: dict[str, Any] = {"TaxCodeRef": {"value": "TAX"}}
    lines = [sales_line("275.00", **taxed), sales_line("12.75", **taxed), sales_line("47.50", **taxed)]
    form = invoice(company, *lines, TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}})
    assert (taxes(form), form["TotalAmt"]) == ([Decimal("26.82")], Decimal("362.07"))


def test_an_amount_is_price_times_quantity_to_the_cent_as_documented(books: Any) -> None:
    company = books("us")
    kept = sales_line("100.00", UnitPrice=Decimal("33.33333"), Qty=3)
    assert invoice(company, kept)["TotalAmt"] == 100
    with pytest.raises(Fault, match="6070"):
        invoice(company, sales_line("100.00", UnitPrice=Decimal("33.33"), Qty=3))


def test_guess_half_a_cent_of_tax_is_rounded_up(books: Any) -> None:
    company = books("gb")
    # 0.325 and 0.225: half to even would give 0.32 and 0.22.
    assert taxes(invoice(company, coded(company, "6.50", "5.0% R"))) == [Decimal("0.33")]
    assert taxes(invoice(company, coded(company, "4.50", "5.0% R"))) == [Decimal("0.23")]


def test_guess_what_is_agreed_with_tax_stays_and_the_tax_is_the_rest(books: Any) -> None:
    company = books("gb")
    line = coded(company, "8.33", "20.0% S", TaxInclusiveAmt="10.00")
    form = invoice(company, line, GlobalTaxCalculation="TaxInclusive")
    assert (form["TotalAmt"], taxes(form)) == (Decimal("10.00"), [Decimal("1.67")])


def test_guess_a_fixed_discount_where_amounts_include_tax_is_taken_from_them(books: Any) -> None:
    company = books("gb")
    line = coded(company, "100.00", "20.0% S", TaxInclusiveAmt="120.00")
    form = invoice(company, line, discount(12), GlobalTaxCalculation="TaxInclusive")
    assert (form["TotalAmt"], taxes(form)) == (Decimal("108.00"), [Decimal("18.00")])


def test_guess_a_discount_is_shared_by_the_amounts_under_each_code_and_the_last_takes_the_rest(
    books: Any,
) -> None:
    company = books("gb")
    lines = [coded(company, "10.00", "20.0% S"), coded(company, "20.00", "5.0% R"), discount(Decimal("1.00"))]
    nets = [
        line["TaxLineDetail"]["NetAmountTaxable"]
        for line in invoice(company, *lines)["TxnTaxDetail"]["TaxLine"]
    ]
    assert nets == [Decimal("9.67"), Decimal("19.33")]


def test_guess_a_tax_that_is_sent_is_spread_by_what_each_rate_gives_and_the_last_takes_the_rest(
    books: Any,
) -> None:
    company = books("us-manual")
    taxed = sales_line("100.00", TaxCodeRef={"value": "TAX"})
    detail = {"TxnTaxCodeRef": {"value": code_named(company, "Tucson")}, "TotalTax": "10.00"}
    assert taxes(invoice(company, taxed, TxnTaxDetail=detail)) == [
        Decimal("7.09"),
        Decimal("2.33"),
        Decimal("0.58"),
    ]


def test_guess_yen_have_no_decimals(books: Any) -> None:
    company = books("gb-multi")
    yen = next(
        row for row in company.table("Customer").rows.values() if row.data["CurrencyRef"]["value"] == "JPY"
    )
    body = {
        "CustomerRef": {"value": yen.qbo_id},
        "CurrencyRef": {"value": "JPY"},
        "ExchangeRate": "0.005",
        "Line": [coded(company, "1000.50", "20.0% S")],
    }
    form = engine.save(company, ENTITY_TYPES["Invoice"], body, NOW).data
    assert (form["TotalAmt"], taxes(form), form["HomeTotalAmt"]) == (
        1201,
        [Decimal(200)],
        Decimal("6.01"),
    )


def test_guess_prices_and_quantities_have_five_decimals(books: Any) -> None:
    company = books("us")
    line = sales_line("1.00", UnitPrice=Decimal("0.3333333"), Qty=3)
    kept = invoice(company, line)["Line"][0]["SalesItemLineDetail"]
    assert kept["UnitPrice"] == Decimal("0.33333")
    company.switches.change("LongDecimals", "refused")
    with pytest.raises(Fault, match="2050"):
        invoice(company, line)
    company.switches.change("LongDecimals", "rounded")
