"""United States sales tax: by place, by hand, exempt, overridden."""

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
from tests.emulator.client import sales_line

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
TAX: dict[str, Any] = {"TaxCodeRef": {"value": "TAX"}}
AUSTIN = {"Line1": "1 Test St", "City": "Austin", "CountrySubDivisionCode": "TX", "PostalCode": "78701"}


@pytest.fixture(scope="module")
def books() -> Callable[[str], Company]:
    opened: dict[str, Company] = {}

    def of(key: str) -> Company:
        if key not in opened:
            opened[key] = open_company(key, 1, NOW, invoices=0, customers=1)
        return opened[key].twin("9341455000000099")

    return of


def save(company: Company, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    return engine.save(company, ENTITY_TYPES[kind], body, NOW).data


def invoice(company: Company, *lines: Any, customer: dict[str, Any] | None = None, **more: Any) -> Any:
    """A new invoice for a new customer without an address."""
    company.next_id("test customer")
    name = f"Somebody {company.sequences['test customer']}"
    buyer = save(company, "Customer", {"DisplayName": name, **(customer or {})})
    body = {"CustomerRef": {"value": buyer["Id"]}, "Line": list(lines) or [sales_line("100.00", **TAX)]}
    return save(company, "Invoice", {**body, **more})


def taxes(form: dict[str, Any]) -> list[Decimal]:
    return [Decimal(line["Amount"]) for line in form["TxnTaxDetail"].get("TaxLine", [])]


@pytest.mark.parametrize(
    ("ship", "expected"),
    [
        (AUSTIN, ["8.25"]),
        ({"City": "Austin", "CountrySubDivisionCode": "Texas"}, ["8.25"]),
        ({"Line1": "1 Pike St", "City": "Seattle", "CountrySubDivisionCode": "WA"}, ["6.50", "3.85"]),
        ({"City": "Spokane", "CountrySubDivisionCode": "WA", "PostalCode": "99201"}, ["6.50", "2.50"]),
        ({"CountrySubDivisionCode": "WA", "PostalCode": "98101"}, ["6.50", "3.85"]),
        ({"City": "Brooklyn", "CountrySubDivisionCode": "NY"}, ["4.00", "4.50", "0.38"]),
        ({"Line1": "Ada", "Line2": "5 Broadway", "Line3": "New York, NY 10004"}, ["4.00", "4.50", "0.38"]),
        ({"City": "Portland", "CountrySubDivisionCode": "OR", "PostalCode": "97201"}, ["0"]),
        ({"City": "Chicago", "CountrySubDivisionCode": "IL", "PostalCode": "60601"}, []),
        ({"City": "Toronto", "CountrySubDivisionCode": "ON", "Country": "Canada"}, []),
        ({"City": "Austin", "CountrySubDivisionCode": "TX", "Country": "USA"}, ["8.25"]),
        # What says no state counts as the company's own town.
        ({"Line1": "somewhere"}, ["8.25"]),
        (None, ["8.25"]),
    ],
)
def test_the_place_of_delivery_decides(
    books: Callable[[str], Company], ship: dict[str, str] | None, expected: list[str]
) -> None:
    company = books("us")
    form = invoice(company, **({"ShipAddr": ship} if ship else {}))
    assert taxes(form) == [Decimal(tax) for tax in expected]
    assert form["TotalAmt"] == 100 + sum(map(Decimal, expected))


def test_the_billing_address_decides_nothing(books: Callable[[str], Company]) -> None:
    seattle = {"City": "Seattle", "CountrySubDivisionCode": "WA"}
    assert taxes(invoice(books("us"), BillAddr=seattle, ShipAddr=AUSTIN)) == [Decimal("8.25")]


def test_without_an_address_there_is_no_tax_where_the_switch_says_so(books: Callable[[str], Company]) -> None:
    company = books("us")
    company.switches.change("ShipsToOwnTown", False)
    assert taxes(invoice(company)) == []
    assert taxes(invoice(company, ShipAddr=AUSTIN)) == [Decimal("8.25")]


def test_the_source_address_cannot_be_set(books: Callable[[str], Company]) -> None:
    seattle = {"Line1": "1 Pike St", "City": "Seattle", "CountrySubDivisionCode": "WA"}
    form = invoice(books("us"), ShipFromAddr=seattle, ShipAddr=AUSTIN)
    assert taxes(form) == [Decimal("8.25")]
    assert form["ShipFromAddr"]["City"] == "Austin"


def test_lines_items_and_customers_that_bear_no_tax(books: Callable[[str], Company]) -> None:
    company = books("us")
    mixed = [sales_line("100.00", **TAX), sales_line("50.00", TaxCodeRef={"value": "NON"})]
    assert taxes(invoice(company, *mixed, ShipAddr=AUSTIN)) == [Decimal("8.25")]
    # Item 1 is not taxable; a line without a code follows its item.
    assert taxes(invoice(company, sales_line("100.00", "1"), ShipAddr=AUSTIN)) == []
    assert taxes(invoice(company, customer={"Taxable": False}, ShipAddr=AUSTIN)) == []
    exempt = invoice(company, customer={"TaxExemptionReasonId": "15"}, ShipAddr=AUSTIN)
    assert (taxes(exempt), exempt["TaxExemptionRef"]) == ([], {"value": "15"})


def test_a_tax_that_is_sent_stands_and_is_spread_over_the_rates(books: Callable[[str], Company]) -> None:
    company = books("us")
    place = {"ShipAddr": {"City": "Brooklyn", "CountrySubDivisionCode": "NY"}}
    form = invoice(company, TxnTaxDetail={"TotalTax": "9.00"}, **place)
    assert taxes(form) == [Decimal("4.05"), Decimal("4.56"), Decimal("0.39")]
    assert form["TotalAmt"] == 109
    stub = {"Id": form["Id"], "SyncToken": "0", "sparse": True}
    noted = save(company, "Invoice", {**stub, "PrivateNote": "the tax of the quote"})
    assert noted["TotalAmt"] == 109
    worked_out = save(company, "Invoice", {**stub, "SyncToken": "1", "Line": [sales_line(200, **TAX)]})
    assert worked_out["TotalAmt"] == Decimal("217.75")


def test_manual_tax_is_that_of_the_code_and_none_for_exempt_customers(
    books: Callable[[str], Company],
) -> None:
    company = books("us-manual")
    tax_codes = company.table("TaxCode").rows.values()
    code = next(row.qbo_id for row in tax_codes if row.data["Name"] == "Tucson")
    detail = {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": code}}}
    assert taxes(invoice(company)) == []
    assert taxes(invoice(company, **detail)) == [Decimal("6.10"), Decimal("2.00"), Decimal("0.50")]
    assert taxes(invoice(company, customer={"Taxable": False}, **detail)) == []
    assert taxes(invoice(company, customer={"TaxExemptionReasonId": "1"}, **detail)) == []


def test_outside_the_states_a_tax_is_bounded(books: Callable[[str], Company]) -> None:
    company = books("gb")
    standard = next(row for row in company.table("TaxCode").rows.values() if row.data["Name"] == "20.0% S")
    line = sales_line("100.00", TaxCodeRef={"value": standard.qbo_id})
    rate = standard.data["SalesTaxRateList"]["TaxRateDetail"][0]["TaxRateRef"]["value"]

    def sent(amount: str) -> dict[str, Any]:
        tax_line = {"Amount": amount, "DetailType": "TaxLineDetail"}
        return {"TaxLine": [{**tax_line, "TaxLineDetail": {"TaxRateRef": {"value": rate}}}]}

    assert taxes(invoice(company, line, TxnTaxDetail=sent("20.01"))) == [Decimal("20.01")]
    with pytest.raises(Fault, match="6000"):
        invoice(company, line, TxnTaxDetail=sent("90"))
