"""What is peculiar to each kind of company, and the switches that stand for what nobody knows."""

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
from qbo_emulator.seed.profiles import PROFILES
from tests.emulator.client import sales_line

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def books() -> Callable[[str], Company]:
    opened: dict[str, Company] = {}

    def of(key: str) -> Company:
        if key not in opened:
            opened[key] = open_company(key, 1, NOW, invoices=0)
        return opened[key].twin("9341455000000099")

    return of


def buyer(company: Company, currency: str | None = None) -> str:
    wanted = currency or company.profile.currency
    customers = company.table("Customer").rows.values()
    return next(row.qbo_id for row in customers if row.active and row.data["CurrencyRef"]["value"] == wanted)


def invoice(company: Company, *lines: Any, customer: str | None = None, **more: Any) -> dict[str, Any]:
    body = {"CustomerRef": {"value": customer or buyer(company)}, "Line": list(lines), **more}
    return engine.save(company, ENTITY_TYPES["Invoice"], body, NOW).data


def coded(company: Company, amount: Any, code: str) -> dict[str, Any]:
    return sales_line(amount, TaxCodeRef={"value": code_named(company, code)})


def tax_of(form: dict[str, Any]) -> Decimal:
    return Decimal(form["TxnTaxDetail"]["TotalTax"])


@pytest.mark.parametrize("key", sorted(set(PROFILES) - {"us-2", "small", "sandbox"}))
def test_every_company_has_what_it_promises(books: Any, key: str) -> None:
    company = books(key)
    items = company.table("Item").rows.values()
    assert {"Service", "Inventory", "NonInventory", "Group", "Category"} <= {
        row.data["Type"] for row in items
    }
    assert len(company.table("Account").rows) >= 24
    assert len(company.table("Class").rows) == 3
    assert len(company.table("Department").rows) == 2


def test_a_company_without_vat_needs_no_code_and_has_none(books: Any) -> None:
    company = books("gb-unregistered")
    assert not company.table("TaxCode").rows
    form = invoice(company, sales_line("100.00"))
    assert (form["TotalAmt"], form["TxnTaxDetail"]) == (100, {"TotalTax": 0})


def test_under_reverse_charge_the_buyer_accounts_for_the_tax(books: Any) -> None:
    company = books("gb-reverse")
    assert tax_of(invoice(company, coded(company, "100.00", "20.0% RC CIS"))) == 0
    assert tax_of(invoice(company, coded(company, "100.00", "0.0% ECS"))) == 0
    assert tax_of(invoice(company, coded(company, "100.00", "20.0% S"))) == 20


def test_pounds_and_other_currencies(books: Any) -> None:
    company = books("gb-multi")
    line = coded(company, "100.00", "20.0% S")
    euro = {"CurrencyRef": {"value": "EUR"}, "ExchangeRate": "0.85"}
    form = invoice(company, line, customer=buyer(company, "EUR"), **euro)
    assert (form["TotalAmt"], form["HomeTotalAmt"]) == (120, 102)
    with pytest.raises(Fault, match="6000"):
        invoice(company, line, customer=buyer(company, "USD"), **euro)


def test_quebec_charges_two_taxes(books: Any) -> None:
    company = books("ca-quebec")
    form = invoice(company, coded(company, "100.00", "GST/QST QC - 9.975"))
    assert [line["Amount"] for line in form["TxnTaxDetail"]["TaxLine"]] == [5, Decimal("9.98")]


def test_france_says_where_a_form_was_delivered_and_others_do_not(books: Any) -> None:
    company = books("fr")
    line = coded(company, "100.00", "20 % FR")
    assert invoice(company, line)["TransactionLocationType"] == "WithinFrance"
    export = invoice(company, coded(company, "100.00", "0 % Export"), TransactionLocationType="OutsideEU")
    assert (export["TransactionLocationType"], tax_of(export)) == ("OutsideEU", Decimal(0))
    with pytest.raises(Fault, match="2170"):
        invoice(company, line, TransactionLocationType="Elsewhere")
    british = books("gb")
    assert "TransactionLocationType" not in invoice(british, coded(british, 1, "20.0% S"))


def test_simple_start_has_neither_classes_nor_currencies(books: Any) -> None:
    company = books("us-simple")
    for name, value in (("ClassRef", "1"), ("DepartmentRef", "1"), ("CurrencyRef", "EUR")):
        more: dict[str, Any] = {name: {"value": value}}
        with pytest.raises(Fault, match="5030"):
            invoice(company, sales_line(1), **more)
    with pytest.raises(Fault, match="5030"):
        invoice(company, sales_line(1, ClassRef={"value": "1"}))
    for kind, body in (
        ("Class", {"Name": "New"}),
        ("Customer", {"DisplayName": "Abroad", "CurrencyRef": {"value": "EUR"}}),
    ):
        with pytest.raises(Fault, match="5030"):
            engine.save(company, ENTITY_TYPES[kind], body, NOW)


def test_more_than_there_is_can_be_refused(books: Any) -> None:
    company = books("us")
    stocked = next(row for row in company.table("Item").rows.values() if row.data["Type"] == "Inventory")
    line = sales_line("500.00", stocked.qbo_id, UnitPrice=1, Qty=500)
    assert invoice(company, line)["TotalAmt"] >= 500
    company.switches.change("StockShortage", "refused")
    with pytest.raises(Fault, match="6520"):
        invoice(company, line)


def test_copies_of_the_email_come_from_the_preferences(books: Any) -> None:
    company = books("us")
    prefs = {"SalesFormsPrefs": {"SalesEmailCc": "desk@example.test", "SalesEmailBcc": "books@example.test"}}
    engine.save(company, ENTITY_TYPES["Preferences"], prefs, NOW, engine.PAGE)
    form = invoice(company, sales_line(1))
    assert (form["BillEmailCc"]["Address"], form["BillEmailBcc"]["Address"]) == (
        "desk@example.test",
        "books@example.test",
    )
    own = invoice(company, sales_line(1), BillEmailCc={"Address": "own@example.test"})
    assert own["BillEmailCc"]["Address"] == "own@example.test"


def test_a_bundle_needs_its_own_kind_of_line(books: Any) -> None:
    company = books("us")
    bundle = next(row for row in company.table("Item").rows.values() if row.data["Type"] == "Group")
    with pytest.raises(Fault, match="6000"):
        invoice(company, sales_line(1, bundle.qbo_id))
    group = {"DetailType": "GroupLineDetail", "GroupLineDetail": {"GroupItemRef": {"value": bundle.qbo_id}}}
    assert invoice(company, group)["TotalAmt"] > 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("MissingExchangeRate", "maybe"), ("RowsAsOf", 1999), ("ShipsToOwnTown", "yes"), ("TaxedStates", "TX")],
)
def test_switches_say_what_they_take(books: Any, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        books("us").switches.change(name, value)
