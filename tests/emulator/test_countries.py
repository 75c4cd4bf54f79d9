"""Sales forms outside the single-currency company: tax codes, inclusive amounts, currencies, credits."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
from pypdf import PdfReader

from qbo_emulator.core.field_values import stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.faults.errors import Fault
from qbo_emulator.operations import engine, exchange
from qbo_emulator.seed.build import open_company
from qbo_emulator.seed.profiles import PROFILES
from qbo_emulator.web.invoice_state import state_of
from tests.emulator.client import Api, sales_line
from tests.emulator_process import EmulatorProcess

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
LARGE = ("us", "us-multi", "gb", "ca", "no-like")


class Books:
    """One company, written through the rules of the API."""

    def __init__(self, key: str) -> None:
        self.company: Company = open_company(key, 1, NOW)

    def save(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        return engine.save(self.company, ENTITY_TYPES[kind], body, NOW).data

    def refused(self, kind: str, body: dict[str, Any]) -> Fault:
        with pytest.raises(Fault) as refusal:
            self.save(kind, body)
        return refusal.value

    def invoice(self, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "CustomerRef": {"value": more.pop("customer", None) or self.customer()},
            "Line": list(lines),
            **more,
        }

    def customer(self, currency: str | None = None) -> str:
        wanted = currency or self.company.profile.currency
        return next(
            row.qbo_id
            for row in self.company.table("Customer").rows.values()
            if row.active and row.data["CurrencyRef"]["value"] == wanted and row.data.get("BillAddr")
        )

    def code(self, name: str) -> dict[str, str]:
        rows = self.company.table("TaxCode").rows.values()
        return {"value": next(row.qbo_id for row in rows if row.data["Name"] == name)}

    def prefer(self, group: str, **values: Any) -> None:
        body = {
            group: values,
            "Id": "1",
            "SyncToken": self.company.table("Preferences").rows["1"].data["SyncToken"],
        }
        engine.save(self.company, ENTITY_TYPES["Preferences"], body, NOW, engine.PAGE)


@pytest.fixture
def books() -> Callable[[str], Books]:
    return Books


def _taxes(form: dict[str, Any]) -> list[tuple[Any, Any, Any]]:
    details = [(line["Amount"], line["TaxLineDetail"]) for line in form["TxnTaxDetail"].get("TaxLine", [])]
    return [(amount, detail["TaxPercent"], detail["NetAmountTaxable"]) for amount, detail in details]


@pytest.mark.parametrize("key", LARGE)
def test_a_company_opens_with_lists_and_a_history_in_every_state(key: str) -> None:
    company = open_company(key, 1, NOW)
    sold = [
        row for row in company.table("Item").rows.values() if row.data["Type"] not in {"Category", "Group"}
    ]
    assert len(sold) >= 25
    assert len(company.table("Customer").rows) >= 60
    assert len(company.table("Account").rows) >= 24
    invoices = company.table("Invoice").rows.values()
    states = Counter(state_of(row.data, company.today(NOW))[0] for row in invoices)
    assert {"paid", "overdue", "open", "voided"} <= set(states)
    assert any(0 < stored(row.data["Balance"]) < stored(row.data["TotalAmt"]) for row in invoices)
    info = company.table("CompanyInfo").rows["1"].data
    assert info["Country"] == PROFILES[key].country
    assert len(info["CompanyAddr"]["Country"]) == 3
    assert info["DefaultTimeZone"] == PROFILES[key].zone
    names = {row.data["DisplayName"] for row in company.table("Customer").rows.values()}
    assert len(names) == len(company.table("Customer").rows)


@pytest.mark.parametrize("key", ["gb", "ca", "no-like"])
def test_a_line_without_a_tax_code_is_refused(books: Callable[[str], Books], key: str) -> None:
    own = books(key)
    code = next(iter(own.company.table("TaxCode").rows))
    only_on_form = {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": code}}}
    for more in ({}, {"GlobalTaxCalculation": "TaxExcluded"}, only_on_form):
        fault = own.refused("Invoice", own.invoice(sales_line(10), **more))
        assert fault.code == "6000"
        assert PROFILES[key].tax_word in fault.detail


def test_tax_is_rounded_once_for_each_rate(books: Callable[[str], Books]) -> None:
    own = books("gb")
    standard, reduced = own.code("20.0% S"), own.code("5.0% R")
    made = own.save(
        "Invoice",
        own.invoice(
            sales_line("0.12", TaxCodeRef=standard),
            sales_line("0.12", TaxCodeRef=standard),
            sales_line("0.12", TaxCodeRef=standard),
            sales_line("10.10", TaxCodeRef=reduced),
        ),
    )
    assert _taxes(made) == [(Decimal("0.07"), 20, Decimal("0.36")), (Decimal("0.51"), 5, Decimal("10.10"))]
    assert made["TotalAmt"] == Decimal("11.04")
    assert made["GlobalTaxCalculation"] == "TaxExcluded"
    assert "ApplyTaxAfterDiscount" not in made
    assert "TxnTaxCodeRef" not in made["TxnTaxDetail"]


def test_a_zero_rate_shows_what_it_was_not_paid_on(books: Callable[[str], Books]) -> None:
    own = books("gb")
    made = own.save("Invoice", own.invoice(sales_line("24.00", TaxCodeRef=own.code("0.0% Z"))))
    assert _taxes(made) == [(0, 0, Decimal("24.00"))]
    assert made["TotalAmt"] == Decimal("24.00")


def test_a_code_of_two_taxes_makes_two_tax_lines(books: Callable[[str], Books]) -> None:
    own = books("ca")
    lines = (
        sales_line("100.00", TaxCodeRef=own.code("GST/PST BC")),
        sales_line("50.00", TaxCodeRef=own.code("GST")),
    )
    made = own.save("Invoice", own.invoice(*lines))
    assert _taxes(made) == [(Decimal("7.50"), 5, Decimal("150.00")), (Decimal("7.00"), 7, Decimal("100.00"))]
    assert made["TotalAmt"] == Decimal("164.50")


def test_amounts_with_tax_keep_what_was_agreed(books: Callable[[str], Books]) -> None:
    own = books("ca")
    code = own.code("HST ON")
    lines = (
        sales_line("35.40", TaxCodeRef=code, TaxInclusiveAmt="40.00"),
        sales_line("4.42", TaxCodeRef=code, TaxInclusiveAmt="5.00"),
        {
            "DetailType": "DiscountLineDetail",
            "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 20},
        },
    )
    made = own.save("Invoice", own.invoice(*lines, GlobalTaxCalculation="TaxInclusive"))
    # 20 % off 45.00 agreed; net 39.82 less 7.96.
    assert made["TotalAmt"] == Decimal("36.00")
    assert _taxes(made) == [(Decimal("4.14"), 13, Decimal("31.86"))]
    assert made["Line"][0]["SalesItemLineDetail"]["TaxInclusiveAmt"] == Decimal("40.00")


def test_amounts_with_tax_are_worked_out_when_not_sent(books: Callable[[str], Books]) -> None:
    own = books("no-like")
    line = sales_line("99.99", TaxCodeRef=own.code("25 % MVA"), TaxInclusiveAmt=0)
    made = own.save("Invoice", own.invoice(line, GlobalTaxCalculation="TaxInclusive"))
    assert made["Line"][0]["SalesItemLineDetail"]["TaxInclusiveAmt"] == Decimal("124.99")
    assert made["TotalAmt"] == Decimal("124.99")


def test_not_applicable_means_no_tax_and_no_detail(books: Callable[[str], Books]) -> None:
    own = books("gb")
    made = own.save("Invoice", own.invoice(sales_line(10), GlobalTaxCalculation="NotApplicable"))
    assert made["TxnTaxDetail"] == {"TotalTax": 0}
    assert "TaxCodeRef" not in made["Line"][0]["SalesItemLineDetail"]
    detail = {"TxnTaxCodeRef": own.code("20.0% S")}
    body = own.invoice(sales_line(10), GlobalTaxCalculation="NotApplicable", TxnTaxDetail=detail)
    assert own.refused("Invoice", body).code == "6170"
    assert own.refused("Invoice", own.invoice(sales_line(10), GlobalTaxCalculation="Both")).code == "2170"


def test_stale_tax_that_is_sent_back_stays(books: Callable[[str], Books]) -> None:
    own = books("gb")
    code = own.code("20.0% S")
    made = own.save("Invoice", own.invoice(sales_line(100, TaxCodeRef=code)))
    stub = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    kept = own.save(
        "Invoice",
        {**stub, "Line": [sales_line(200, TaxCodeRef=code)], "TxnTaxDetail": made["TxnTaxDetail"]},
    )
    assert kept["TxnTaxDetail"]["TotalTax"] == 20
    again = own.save("Invoice", {**stub, "SyncToken": "1", "Line": [sales_line(200, TaxCodeRef=code)]})
    assert again["TxnTaxDetail"]["TotalTax"] == 40


def test_unknown_tax_codes_are_refused(books: Callable[[str], Books]) -> None:
    assert (
        books("gb").refused("Invoice", books("gb").invoice(sales_line(1, TaxCodeRef={"value": "TAX"}))).code
        == "2500"
    )


def test_several_rates_of_automated_tax(books: Callable[[str], Books]) -> None:
    own = books("us-multi")
    made = own.save("Invoice", own.invoice(sales_line("200.00", item="2", TaxCodeRef={"value": "TAX"})))
    assert [tax[:2] for tax in _taxes(made)] == [
        (8, 4),
        (9, Decimal("4.5")),
        (Decimal("0.75"), Decimal("0.375")),
    ]
    assert made["TxnTaxDetail"]["TxnTaxCodeRef"] == {"value": "2"}


def test_manual_tax_takes_the_code_of_the_form(books: Callable[[str], Books]) -> None:
    own = books("us-multi")
    own.prefer("TaxPrefs", PartnerTaxEnabled=False)
    line = sales_line("100.00", item="2", TaxCodeRef={"value": "TAX"})
    assert own.save("Invoice", own.invoice(line))["TxnTaxDetail"] == {"TotalTax": 0}
    coded = own.save("Invoice", own.invoice(line, TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}}))
    assert coded["TxnTaxDetail"]["TotalTax"] == Decimal("8.88")
    custom = {"TxnTaxCodeRef": {"value": "CustomSalesTax"}}
    assert own.refused("Invoice", own.invoice(line, TxnTaxDetail=custom)).code == "6160"
    unknown = {"TxnTaxCodeRef": {"value": "99"}}
    assert own.refused("Invoice", own.invoice(line, TxnTaxDetail=unknown)).code == "2500"


def test_a_foreign_form_has_currency_rate_and_home_amounts(books: Callable[[str], Books]) -> None:
    own = books("us-multi")
    customer = own.customer("EUR")
    euro = {"CurrencyRef": {"value": "EUR"}}
    body = own.invoice(sales_line("80.00", TaxCodeRef={"value": "NON"}), customer=customer)
    without = own.refused("Invoice", body)
    assert (without.code, "one foreign currency" in without.detail) == ("6000", True)
    at_one = own.save("Invoice", {**body, **euro})
    assert (at_one["ExchangeRate"], at_one["HomeTotalAmt"]) == (1, 80)
    own.company.switches.change("MissingExchangeRate", "refused")
    assert own.refused("Invoice", {**body, **euro}).code == "2410"
    assert own.refused("Invoice", {**body, "CurrencyRef": {"value": "GBP"}, "ExchangeRate": 1}).code == "6000"
    made = own.save("Invoice", {**body, **euro, "ExchangeRate": "1.25"})
    assert (made["ExchangeRate"], made["HomeTotalAmt"], made["HomeBalance"]) == (Decimal("1.25"), 100, 100)
    link = {"TxnId": made["Id"], "TxnType": "Invoice"}
    money = {"CustomerRef": {"value": customer}, "TotalAmt": 30, **euro, "ExchangeRate": "1.30"}
    own.save("Payment", {**money, "Line": [{"Amount": 30, "LinkedTxn": [link]}]})
    after = own.company.table("Invoice").rows[made["Id"]].data
    assert (after["Balance"], after["HomeBalance"], after["SyncToken"]) == (50, Decimal("62.50"), "1")


def test_a_home_form_of_a_company_with_currencies_has_the_rate_one(books: Callable[[str], Books]) -> None:
    own = books("us-multi")
    made = own.save("Invoice", own.invoice(sales_line(40, TaxCodeRef={"value": "NON"})))
    assert (made["ExchangeRate"], made["HomeTotalAmt"]) == (1, 40)


def test_a_customer_keeps_its_currency_and_activates_it(books: Callable[[str], Books]) -> None:
    own = books("us-multi")
    made = own.save("Customer", {"DisplayName": "Nordlys Lyd", "CurrencyRef": {"value": "NOK"}})
    assert made["CurrencyRef"] == {"value": "NOK", "name": "Norwegian Krone"}
    assert [row.data["Name"] for row in own.company.table("CompanyCurrency").find("Code", "NOK")] == [
        "Norwegian Krone"
    ]
    stub = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    assert own.save("Customer", {**stub, "CurrencyRef": {"value": "USD"}})["CurrencyRef"]["value"] == "NOK"
    assert own.refused("Customer", {"DisplayName": "X", "CurrencyRef": {"value": "QQQ"}}).code == "2220"


def test_one_currency_companies_refuse_others(books: Callable[[str], Books]) -> None:
    own = books("gb")
    line = sales_line(1, TaxCodeRef=own.code("20.0% S"))
    assert (
        own.refused("Invoice", own.invoice(line, CurrencyRef={"value": "EUR"}, ExchangeRate=1)).code == "2220"
    )
    assert own.refused("Customer", {"DisplayName": "X", "CurrencyRef": {"value": "EUR"}}).code == "2220"
    assert own.refused("CompanyCurrency", {"Code": "EUR"}).code == "6000"
    assert "ExchangeRate" not in own.save("Invoice", own.invoice(line, ExchangeRate=1))


def test_rates_are_of_a_day_and_can_be_set() -> None:
    company = open_company("us-multi", 1, NOW)
    exchange.save(company, {"SourceCurrencyCode": "EUR", "Rate": "1.5", "AsOfDate": "2026-11-20"}, NOW)
    exchange.save(company, {"SourceCurrencyCode": "EUR", "Rate": "1.6", "AsOfDate": "2026-11-20"}, NOW)
    found = exchange.answer(company, "eur", "2026-11-22", company.today(NOW))
    assert (found["Rate"], found["TargetCurrencyCode"], found["AsOfDate"]) == (
        Decimal("1.6"),
        "USD",
        "2026-11-22",
    )
    earlier = exchange.answer(company, "EUR", "2026-11-19", company.today(NOW))
    assert earlier["Rate"] != Decimal("1.6")
    with pytest.raises(Fault):
        exchange.answer(open_company("gb", 1, NOW), "EUR", None, NOW.date())


def test_a_voided_foreign_form_is_nothing_at_home_either(books: Callable[[str], Books]) -> None:
    own = books("us-multi")
    body = own.invoice(
        sales_line(80), customer=own.customer("GBP"), CurrencyRef={"value": "GBP"}, ExchangeRate="1.3"
    )
    made = own.save("Invoice", body)
    stub = {"Id": made["Id"], "SyncToken": "0"}
    voided = engine.void(own.company, ENTITY_TYPES["Invoice"], stub, NOW).data
    assert (voided["HomeTotalAmt"], voided["HomeBalance"], voided["ExchangeRate"]) == (0, 0, Decimal("1.3"))


def test_shipping_stands_below_the_subtotal(books: Callable[[str], Books]) -> None:
    own = books("us")
    ship = sales_line(15, item="SHIPPING_ITEM_ID")
    assert own.refused("Invoice", own.invoice(sales_line(100), ship)).code == "6000"
    own.prefer("SalesFormsPrefs", AllowShipping=True)
    made = own.save("Invoice", own.invoice(ship, sales_line(100)))
    kinds = [line["DetailType"] for line in made["Line"]]
    assert kinds == ["SalesItemLineDetail", "SubTotalLineDetail", "SalesItemLineDetail"]
    assert (made["Line"][1]["Amount"], made["TotalAmt"]) == (100, 115)


def test_a_bundle_unfolds_into_its_items(books: Callable[[str], Books]) -> None:
    own = books("gb")
    bundle = own.company.table("Item").find("Name", "Meeting room kit")[0]
    detail = {"GroupItemRef": {"value": bundle.qbo_id}, "Quantity": 2}
    made = own.save("Invoice", own.invoice({"DetailType": "GroupLineDetail", "GroupLineDetail": detail}))
    group = made["Line"][0]
    assert group["Amount"] == 0
    assert [line["SalesItemLineDetail"]["Qty"] for line in group["GroupLineDetail"]["Line"]] == [4, 2, 2]
    assert made["Line"][1]["Amount"] == Decimal("893.50")
    assert made["TxnTaxDetail"]["TotalTax"] == Decimal("178.70")
    voided = engine.void(own.company, ENTITY_TYPES["Invoice"], {"Id": made["Id"], "SyncToken": "0"}, NOW).data
    inner = voided["Line"][0]["GroupLineDetail"]["Line"][0]
    assert (inner["Amount"], inner["SalesItemLineDetail"].get("UnitPrice")) == (0, None)


def test_class_department_and_service_date_follow_the_preferences(books: Callable[[str], Books]) -> None:
    own = books("us")
    row = own.save("Class", {"Name": "North"})
    place = own.save("Department", {"Name": "Showroom"})
    line = sales_line(10, ClassRef={"value": row["Id"]}, ServiceDate="2026-11-01")
    body = own.invoice(line, ClassRef={"value": row["Id"]}, DepartmentRef={"value": place["Id"]})
    own.prefer("SalesFormsPrefs", AllowServiceDate=False)
    plain = own.save("Invoice", body)
    assert not {"ClassRef", "DepartmentRef"} & set(plain)
    assert not {"ClassRef", "ServiceDate"} & set(plain["Line"][0]["SalesItemLineDetail"])
    own.prefer("SalesFormsPrefs", AllowServiceDate=True)
    own.prefer(
        "AccountingInfoPrefs", ClassTrackingPerTxn=True, ClassTrackingPerTxnLine=True, TrackDepartments=True
    )
    full = own.save("Invoice", body)
    assert full["DepartmentRef"] == {"value": place["Id"], "name": "Showroom"}
    assert full["ClassRef"]["name"] == "North"
    assert {"ClassRef", "ServiceDate"} <= set(full["Line"][0]["SalesItemLineDetail"])


def test_more_taxable_lines_than_allowed_are_refused(books: Callable[[str], Books]) -> None:
    own = books("gb")
    code = own.code("20.0% S")
    lines = [sales_line(1, TaxCodeRef=code) for _ in range(751)]
    assert own.refused("Invoice", own.invoice(*lines)).code == "6000"
    assert len(own.save("Invoice", own.invoice(*lines[:750]))["Line"]) == 751


def _credit(own: Books, customer: str) -> tuple[Row, Row]:
    memo = own.save("CreditMemo", {"CustomerRef": {"value": customer}, "Line": [sales_line(30)]})
    payment = own.save("Payment", {"CustomerRef": {"value": customer}, "TotalAmt": 50})
    return own.company.table("CreditMemo").rows[memo["Id"]], own.company.table("Payment").rows[payment["Id"]]


def test_an_invoice_may_be_born_paid(books: Callable[[str], Books]) -> None:
    own = books("us-2")
    customer = own.save("Customer", {"DisplayName": "Early payer"})["Id"]
    memo, payment = _credit(own, customer)
    own.prefer("SalesFormsPrefs", AutoApplyCredit=True)
    made = own.save("Invoice", own.invoice(sales_line(80), customer=customer))
    assert (made["Balance"], made["SyncToken"]) == (0, "0")
    assert len(made["LinkedTxn"]) == 2
    assert own.company.table("Payment").rows[payment.qbo_id].data["UnappliedAmt"] == 0
    assert own.company.table("CreditMemo").rows[memo.qbo_id].data["RemainingCredit"] == 0
    assert own.company.table("Customer").rows[customer].data["Balance"] == 0


def test_payments_may_be_applied_alone(books: Callable[[str], Books]) -> None:
    own = books("us-2")
    customer = own.save("Customer", {"DisplayName": "Early payer"})["Id"]
    memo, _ = _credit(own, customer)
    own.prefer("SalesFormsPrefs", AutoApplyPayments=True)
    made = own.save("Invoice", own.invoice(sales_line(80), customer=customer))
    assert made["Balance"] == 30
    assert own.company.table("CreditMemo").rows[memo.qbo_id].data["RemainingCredit"] == 30


def test_what_was_delivered_cannot_be_written(books: Callable[[str], Books]) -> None:
    own = books("us-2")
    delivery = {"DeliveryType": "Email", "DeliveryTime": "2026-11-01T00:00:00-08:00"}
    assert own.refused("Invoice", own.invoice(sales_line(5), DeliveryInfo=delivery)).code == "2010"


@pytest.fixture(scope="module")
def abroad() -> Iterator[EmulatorProcess]:
    options = ("--single", "--company", "us-multi", "--company", "gb", "--seed", "abroad")
    with EmulatorProcess(*options) as running:
        yield running


def test_rates_and_currencies_over_http(abroad: EmulatorProcess) -> None:
    api = Api(abroad)
    found = api.ok(api.get("exchangerate", sourcecurrencycode="EUR", asofdate="2020-01-01"))["ExchangeRate"]
    assert (found["SourceCurrencyCode"], found["TargetCurrencyCode"]) == ("EUR", "USD")
    assert found["AsOfDate"] == "2020-01-01"
    body = {"SourceCurrencyCode": "EUR", "Rate": "1.75", "AsOfDate": "2026-01-02", "SyncToken": "0"}
    assert api.ok(api.post("exchangerate", body))["ExchangeRate"]["Rate"] == Decimal("1.75")
    again = api.ok(api.get("exchangerate", sourcecurrencycode="EUR", asofdate="2026-01-02"))
    assert again["ExchangeRate"]["Rate"] == Decimal("1.75")
    assert api.code(api.get("exchangerate")) == "2020"
    listed = api.query("select * from CompanyCurrency")["CompanyCurrency"]
    assert {row["Code"] for row in listed} == {"EUR", "GBP", "CAD", "JPY"}
    asked = "select * from ExchangeRate where SourceCurrencyCode in ('EUR') and AsOfDate = '2026-01-02'"
    assert [row["Rate"] for row in api.query(asked)["ExchangeRate"]] == [Decimal("1.75")]
    assert api.create("CompanyCurrency", {"Code": "SEK"})["Name"] == "Swedish Krona"
    assert Api(abroad, 1).code(Api(abroad, 1).get("exchangerate", sourcecurrencycode="EUR")) == "6000"


def _euro_invoice(api: Api, **more: Any) -> dict[str, Any]:
    customer = api.customer(CurrencyRef={"value": "EUR"})
    euro = {"CurrencyRef": {"value": "EUR"}, "ExchangeRate": "1.2"}
    return api.invoice(80, customer=customer["Id"], **euro, **more)


def test_the_invoice_link_is_shown_to_those_who_ask(abroad: EmulatorProcess) -> None:
    api = Api(abroad)
    online = {"AllowOnlineCreditCardPayment": True}
    email = {"BillEmail": {"Address": "buyer@example.com"}}
    full = _euro_invoice(api, **online, **email)
    assert "InvoiceLink" not in full

    def link(invoice: dict[str, Any], **params: str) -> Any:
        return api.ok(api.get(f"invoice/{invoice['Id']}", **params))["Invoice"].get("InvoiceLink")

    assert link(full, include="invoiceLink") == link(full, include="invoiceLink")
    assert link(full, include="invoiceLink").startswith(abroad.url)
    assert link(full) is None
    assert link(_euro_invoice(api, **email), include="invoiceLink") is None
    assert link(_euro_invoice(api, **online), include="invoiceLink") is None


def test_a_pdf_shows_currency_tax_and_what_was_voided(abroad: EmulatorProcess) -> None:
    euro, pounds = Api(abroad), Api(abroad, 1)

    def text(api: Api, invoice: dict[str, Any]) -> str:
        pdf = api.get(f"invoice/{invoice['Id']}/pdf").content
        return PdfReader(io.BytesIO(pdf)).pages[0].extract_text()

    made = _euro_invoice(euro)
    assert "EUR 80.00" in text(euro, made)
    code = next(
        row["Id"] for row in pounds.query("select * from TaxCode")["TaxCode"] if row["Name"] == "20.0% S"
    )
    line = sales_line("50.00", TaxCodeRef={"value": code})
    body = {"CustomerRef": {"value": pounds.customer("Zoë & Søn")["Id"]}, "Line": [line]}
    taxed = pounds.create("Invoice", body)
    shown = text(pounds, taxed)
    for part in (
        f"INVOICE {taxed['DocNumber']}",
        "Zoë & Søn",
        "VAT 20% of GBP 50.00",
        "GBP 60.00",
        "Services",
    ):
        assert part in shown
    assert "VOID" not in shown
    pounds.ok(pounds.post("invoice", {"Id": taxed["Id"], "SyncToken": "0"}, operation="void"))
    assert "VOID" in text(pounds, taxed)


def test_pages_for_people_name_country_currency_and_tax(abroad: EmulatorProcess) -> None:
    first, second = (abroad.companies[place]["realm_id"] for place in (0, 1))
    page = requests.get(abroad.url, params={"company": first}, timeout=10).text
    assert "United States Dollar (USD), also CAD, EUR, GBP, JPY" in page
    assert "EUR " in page
    assert (
        "VAT by a code on every line" in requests.get(abroad.url, params={"company": second}, timeout=10).text
    )


def test_a_payment_by_hand_is_in_the_currency_of_the_invoice(abroad: EmulatorProcess) -> None:
    api = Api(abroad)
    invoice = _euro_invoice(api)
    paid = api.control(f"invoices/{invoice['Id']}/pay", {"amount": 20})
    assert (paid["CurrencyRef"]["value"], paid["ExchangeRate"]) == ("EUR", 1.2)
    assert api.read("Invoice", invoice["Id"])["HomeBalance"] == 72
