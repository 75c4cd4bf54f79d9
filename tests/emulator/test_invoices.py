from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from tests.emulator.client import Api, invoice_body, sales_line

KEYS = [
    "AllowIPNPayment",
    "AllowOnlinePayment",
    "AllowOnlineCreditCardPayment",
    "AllowOnlineACHPayment",
    "domain",
    "sparse",
    "Id",
    "SyncToken",
    "MetaData",
    "CustomField",
    "DocNumber",
    "TxnDate",
    "CurrencyRef",
    "LinkedTxn",
    "Line",
    "TxnTaxDetail",
    "CustomerRef",
    "BillAddr",
    "ShipAddr",
    "FreeFormAddress",
    "DueDate",
    "TotalAmt",
    "ApplyTaxAfterDiscount",
    "PrintStatus",
    "EmailStatus",
    "Balance",
]


def test_minimal_create_answers_the_recorded_key_set_in_the_recorded_order(api: Api) -> None:
    answer = api.post("invoice", invoice_body(api.customer()["Id"], 100.0))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    assert answer.headers["Intuit-Tid"].count("-") == 2
    assert {"QBO-Version", "Service-Time", "Cache-Control"} <= {
        name.title().replace("Qbo", "QBO") for name in answer.headers
    }
    body = answer.json()
    assert list(body) == ["Invoice", "time"]
    assert list(body["Invoice"]) == KEYS
    assert '"TotalAmt":100.00' in answer.text
    assert '"TotalTax":0}' in answer.text


def test_minimal_create_fills_in_what_quickbooks_fills_in(api: Api) -> None:
    customer = api.customer()
    invoice = api.invoice(100, customer=customer["Id"])
    assert invoice["SyncToken"] == "0"
    assert invoice["Line"] == [
        {
            "Id": "1",
            "LineNum": 1,
            "Amount": 100,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "1", "name": "Services"},
                "ItemAccountRef": {"value": "7", "name": "Services"},
                "TaxCodeRef": {"value": "NON"},
            },
        },
        {"Amount": 100, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
    ]
    assert invoice["TxnTaxDetail"] == {"TotalTax": 0}
    assert invoice["BillAddr"] == customer["BillAddr"]
    assert date.fromisoformat(invoice["DueDate"]) - date.fromisoformat(invoice["TxnDate"]) == timedelta(30)
    assert invoice["CustomField"] == [{"DefinitionId": "1", "Name": "PO Number", "Type": "StringType"}]
    assert (invoice["PrintStatus"], invoice["EmailStatus"]) == ("NeedToPrint", "NotSet")
    assert invoice["MetaData"]["CreateTime"][-6:] in {"-08:00", "-07:00"}
    assert "." not in invoice["MetaData"]["CreateTime"]


def test_void_zeroes_the_amounts_and_keeps_the_rest(api: Api) -> None:
    body = invoice_body(api.customer()["Id"])
    body["Line"] = [sales_line(100, UnitPrice=50, Qty=2), sales_line(30)]
    before = api.create("Invoice", {**body, "PrivateNote": "old note"})
    answer = api.post("invoice", {"Id": before["Id"], "SyncToken": "0"}, operation="void")
    after = api.ok(answer)["Invoice"]
    changed = {"SyncToken", "MetaData", "PrivateNote", "Line", "TotalAmt", "Balance"}
    assert {key: value for key, value in after.items() if key not in changed} == {
        key: value for key, value in before.items() if key not in changed
    }
    assert (after["SyncToken"], after["TotalAmt"], after["Balance"]) == ("1", 0, 0)
    assert after["PrivateNote"] == "Voided - old note"
    assert [line["Amount"] for line in after["Line"]] == [0, 0, 0]
    detail = after["Line"][0]["SalesItemLineDetail"]
    assert (detail["Qty"], detail.get("UnitPrice")) == (0, None)
    assert '"TotalAmt":0,' in answer.text


def test_void_without_a_note_leaves_the_plain_marker_and_can_be_repeated(api: Api) -> None:
    invoice = api.invoice()
    once = api.create("Invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="void")
    assert once["PrivateNote"] == "Voided"
    assert list(once).index("PrivateNote") == list(once).index("CurrencyRef") + 1
    twice = api.create("Invoice", {"Id": invoice["Id"], "SyncToken": "1"}, operation="void")
    assert (twice["PrivateNote"], twice["SyncToken"]) == ("Voided", "2")


def test_delete_answers_a_stub_and_reading_afterwards_is_610(api: Api) -> None:
    invoice = api.invoice()
    answer = api.post("invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="delete")
    assert api.ok(answer)["Invoice"] == {"domain": "QBO", "status": "Deleted", "Id": invoice["Id"]}
    assert api.code(api.get(f"invoice/{invoice['Id']}")) == "610"
    assert api.code(api.post("invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="delete")) == "610"
    assert api.query(f"SELECT * FROM Invoice WHERE Id = '{invoice['Id']}'") == {}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"BadJson": True}, "2010"),
        ({"BillAddr": {"Line9": "x"}}, "2010"),
        ({"Line": []}, "2020"),
        ({"CustomerRef": None}, "2020"),
        ({"Line": [{"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}]}, "2020"),
        ({"DocNumber": "1234567890123456789012"}, "2050"),
        ({"PrivateNote": "n" * 4001}, "2050"),
        ({"CustomerMemo": {"value": "n" * 1001}}, "2050"),
        ({"TxnDate": "soon"}, "2060"),
        ({"Line": [sales_line("much")]}, "2080"),
        ({"EmailStatus": "Maybe"}, "2170"),
        ({"BillEmail": {"Address": "no address"}}, "2210"),
        ({"CurrencyRef": {"value": "EUR"}}, "2220"),
        ({"CustomerRef": {"value": "99999"}}, "2500"),
        ({"Line": [sales_line(1, "99999")]}, "2500"),
        ({"Line": [sales_line(100, UnitPrice=33.33, Qty=3)]}, "6070"),
        ({"Line": [sales_line(100, TaxCodeRef={"value": "2"})]}, "6100"),
        ({"Line": [sales_line(10), sales_line(-20)]}, "6000"),
        ({"EmailStatus": "NeedToSend"}, "6420"),
    ],
)
def test_bad_invoice_is_refused_with_the_code_of_the_vendor(
    api: Api, change: dict[str, Any], code: str
) -> None:
    before = api.query("SELECT COUNT(*) FROM Invoice")["totalCount"]
    assert api.code(api.post("invoice", {**invoice_body("1"), **change})) == code
    assert api.query("SELECT COUNT(*) FROM Invoice")["totalCount"] == before


def test_unknown_property_names_the_class_and_the_known_ones(api: Api) -> None:
    answer = api.post("invoice", {"BadJson": True})
    error = answer.json()["Fault"]["Error"][0]
    assert answer.headers["Content-Type"] == "application/json"
    assert error["Message"] == "Request has invalid or unsupported property"
    assert error["Detail"].startswith(
        'Property Name:Unrecognized field "BadJson" (class com.intuit.schema.finance.v3.Invoice), '
    )
    assert "[truncated]" in error["Detail"]
    assert set(error) == {"Message", "Detail", "code"}


def test_inactive_item_customer_and_category_cannot_be_used(api: Api) -> None:
    inactive = api.query("SELECT * FROM Item WHERE Active = false")["Item"][0]
    category = api.query("SELECT * FROM Item WHERE Type = 'Category'")["Item"][0]
    gone = api.query("SELECT * FROM Customer WHERE Active = false")["Customer"][0]
    assert (
        api.code(api.post("invoice", {**invoice_body("1"), "Line": [sales_line(1, inactive["Id"])]})) == "610"
    )
    assert (
        api.code(api.post("invoice", {**invoice_body("1"), "Line": [sales_line(1, category["Id"])]}))
        == "2500"
    )
    assert api.code(api.post("invoice", invoice_body(gone["Id"]))) == "610"


def test_guess_a_longer_unit_price_is_rounded_to_five_decimals(api: Api) -> None:
    body = {**invoice_body("1"), "Line": [sales_line(100, UnitPrice=33.333333, Qty=3)]}
    detail = api.create("Invoice", body)["Line"][0]["SalesItemLineDetail"]
    assert (detail["UnitPrice"], detail["Qty"]) == (Decimal("33.33333"), 3)


def test_stale_sync_token_is_5010_and_an_integer_token_is_fine(api: Api) -> None:
    invoice = api.invoice()
    body = {"Id": invoice["Id"], "sparse": True, "PrivateNote": "a"}
    assert api.create("Invoice", {**body, "SyncToken": 0})["SyncToken"] == "1"
    answer = api.post("invoice", {**body, "SyncToken": "0"})
    assert api.code(answer) == "5010"
    assert "were working on this at the same time" in answer.json()["Fault"]["Error"][0]["Detail"]


def test_sparse_update_keeps_what_it_does_not_name_and_lines_replace_lines(api: Api) -> None:
    body = {**invoice_body("1"), "Line": [sales_line(10), sales_line(20)], "PrivateNote": "kept"}
    invoice = api.create("Invoice", body)
    lines = [invoice["Line"][1], sales_line(5)]
    after = api.create(
        "Invoice",
        {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "Line": lines, "DueDate": "2030-01-31"},
    )
    assert [(line.get("Id"), line["Amount"]) for line in after["Line"]] == [("2", 20), ("3", 5), (None, 25)]
    assert (after["PrivateNote"], after["TotalAmt"], after["Balance"]) == ("kept", 25, 25)
    assert (after["DueDate"], after["DocNumber"]) == ("2030-01-31", invoice["DocNumber"])
    cleared = api.create(
        "Invoice", {"Id": invoice["Id"], "SyncToken": "1", "sparse": True, "PrivateNote": ""}
    )
    assert "PrivateNote" not in cleared


def test_full_update_drops_what_it_does_not_name(api: Api) -> None:
    invoice = api.create(
        "Invoice", {**invoice_body("1"), "PrivateNote": "gone", "CustomerMemo": {"value": "gone"}}
    )
    after = api.create("Invoice", {**invoice_body("1", 7), "Id": invoice["Id"], "SyncToken": "0"})
    assert not {"PrivateNote", "CustomerMemo"} & set(after)
    assert (after["TotalAmt"], after["DocNumber"]) == (7, invoice["DocNumber"])


def test_taxable_lines_are_taxed_where_there_is_an_address(api: Api) -> None:
    body = {**invoice_body("1"), "Line": [sales_line(100, TaxCodeRef={"value": "TAX"}), sales_line(50)]}
    invoice = api.create("Invoice", body)
    assert invoice["TxnTaxDetail"] == {
        "TxnTaxCodeRef": {"value": "2"},
        "TotalTax": Decimal("8.25"),
        "TaxLine": [
            {
                "Amount": Decimal("8.25"),
                "DetailType": "TaxLineDetail",
                "TaxLineDetail": {
                    "TaxRateRef": {"value": "3"},
                    "PercentBased": True,
                    "TaxPercent": Decimal("8.25"),
                    "NetAmountTaxable": 100,
                },
            }
        ],
    }
    assert invoice["TotalAmt"] == Decimal("158.25")


def test_automated_tax_goes_by_where_it_is_shipped(api: Api) -> None:
    """Without ShipAddr it is the company's own town, as documented, or nowhere, as one live log has it; never BillAddr."""
    nowhere = api.create("Customer", {"DisplayName": f"Nowhere {id(api)}"})["Id"]
    line = sales_line(100, TaxCodeRef={"value": "TAX"})
    texas = {"Line1": "1 Elm St", "City": "Austin", "CountrySubDivisionCode": "TX", "PostalCode": "78701"}
    oregon = {**texas, "City": "Portland", "CountrySubDivisionCode": "OR", "PostalCode": "97205"}

    def total(**addresses: Any) -> object:
        return api.create("Invoice", {**invoice_body(nowhere), "Line": [line], **addresses})["TotalAmt"]

    preferences = f"/control/{api.realm_id}/preferences"
    for own_town, without in ((True, Decimal("108.25")), (False, 100)):
        api.emulator.control("POST", preferences, {"ShipsToOwnTown": own_town})
        assert total() == without
        assert total(BillAddr=oregon) == without
        assert total(ShipAddr=oregon, BillAddr=texas) == 100
        assert total(ShipAddr=texas, BillAddr=oregon) == Decimal("108.25")
        assert total(ShipAddr={"Line1": "1 Elm St", "Line2": "Austin, TX 78701"}) == Decimal("108.25")
        assert total(ShipAddr={"Line1": "1 Road", "City": "London", "Country": "GB"}) == 100
    api.emulator.control("POST", preferences, {"ShipsToOwnTown": True})


def test_no_tax_for_exempt_customers_and_companies_without_tax(api: Api) -> None:
    exempt = api.customer(Taxable=False)
    line = sales_line(100, TaxCodeRef={"value": "TAX"})
    invoice = api.create("Invoice", {**invoice_body(exempt["Id"]), "Line": [line]})
    assert (invoice["TxnTaxDetail"], invoice["TotalAmt"]) == ({"TotalTax": 0}, 100)
    other = Api(api.emulator, 1)
    invoice = other.create("Invoice", {**invoice_body("1"), "Line": [line]})
    assert (invoice["TxnTaxDetail"], invoice["TotalAmt"]) == ({"TotalTax": 0}, 100)


def test_discount_line_follows_the_subtotal(api: Api) -> None:
    detail = {"PercentBased": True, "DiscountPercent": 10}
    discount = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail}
    invoice = api.create("Invoice", {**invoice_body("1"), "Line": [sales_line(50), discount]})
    assert [line["DetailType"] for line in invoice["Line"]] == [
        "SalesItemLineDetail",
        "SubTotalLineDetail",
        "DiscountLineDetail",
    ]
    assert (invoice["Line"][2]["Amount"], invoice["TotalAmt"]) == (5, 45)
    assert invoice["Line"][2]["DiscountLineDetail"]["DiscountAccountRef"]["name"] == "Discounts given"
    empty = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {}}
    assert api.code(api.post("invoice", {**invoice_body("1"), "Line": [sales_line(50), empty]})) == "6090"


def test_description_line_has_no_amount(api: Api) -> None:
    text = {"DetailType": "DescriptionOnly", "Description": "Only words", "DescriptionLineDetail": {}}
    invoice = api.create("Invoice", {**invoice_body("1"), "Line": [sales_line(5), text]})
    assert invoice["Line"][1] == {
        "Id": "2",
        "LineNum": 2,
        "Description": "Only words",
        "DetailType": "DescriptionOnly",
        "DescriptionLineDetail": {},
    }


def test_numbers_count_on_and_a_taken_number_is_named(api: Api) -> None:
    first, second = api.invoice(), api.invoice()
    assert int(second["DocNumber"]) == int(first["DocNumber"]) + 1
    answer = api.post("invoice", invoice_body("1", DocNumber=first["DocNumber"]))
    assert api.code(answer) == "6140"
    detail = answer.json()["Fault"]["Error"][0]["Detail"]
    assert detail.endswith(
        f"DocNumber={first['DocNumber']} is assigned to TxnType=Invoice with TxnId={first['Id']}"
    )
    doubled = api.post(
        "invoice", invoice_body("1", DocNumber=first["DocNumber"]), include="allowduplicatedocnum"
    )
    assert api.ok(doubled)["Invoice"]["DocNumber"] == first["DocNumber"]


def test_custom_numbers_leave_the_number_out(api: Api) -> None:
    api.control("preferences", {"CustomTxnNumbers": True})
    try:
        assert "DocNumber" not in api.invoice()
        own = f"A-{id(api) % 100000}"
        assert api.invoice(DocNumber=own)["DocNumber"] == own
    finally:
        api.control("preferences", {"CustomTxnNumbers": False})


def test_due_date_follows_the_term_sent_or_the_customers(api: Api) -> None:
    customer = api.customer(SalesTermRef={"value": "3"})
    inherited = api.invoice(customer=customer["Id"], TxnDate="2026-03-01")
    assert (inherited["SalesTermRef"], inherited["DueDate"]) == (
        {"value": "3", "name": "Net 15"},
        "2026-03-16",
    )
    chosen = api.invoice(customer=customer["Id"], TxnDate="2026-03-01", SalesTermRef={"value": "2"})
    assert chosen["DueDate"] == "2026-03-08"
    both = api.invoice(customer=customer["Id"], TxnDate="2026-03-01", DueDate="2026-05-05")
    assert (both["SalesTermRef"]["value"], both["DueDate"]) == ("3", "2026-05-05")


def test_own_address_gets_an_id_of_its_own(api: Api) -> None:
    customer = api.customer()
    invoice = api.invoice(customer=customer["Id"], BillAddr={"Line1": "Elsewhere 2"})
    assert invoice["BillAddr"]["Line1"] == "Elsewhere 2"
    assert invoice["BillAddr"]["Id"] != customer["BillAddr"]["Id"]
    assert invoice["ShipAddr"] == customer["ShipAddr"]


def test_empty_texts_of_client_libraries_count_as_nothing(api: Api) -> None:
    body = invoice_body(
        "1", DueDate="", TxnDate="", TotalAmt="", PrivateNote="", SyncToken=0, LinkedTxn=[], Balance=0
    )
    body["Line"][0]["Amount"] = "12.50"
    body["Line"][0]["SalesItemLineDetail"]["ItemRef"]["type"] = "Item"
    invoice = api.create(
        "Invoice", {**body, "GlobalTaxCalculation": "TaxExcluded", "ExchangeRate": 1, "Deposit": 0}
    )
    assert (invoice["TotalAmt"], invoice["Balance"]) == (Decimal("12.50"), Decimal("12.50"))
    assert not {"PrivateNote", "Deposit", "ExchangeRate", "GlobalTaxCalculation"} & set(invoice)


def test_send_marks_the_invoice_and_keeps_the_address(api: Api) -> None:
    invoice = api.invoice()
    assert api.code(api.post(f"invoice/{invoice['Id']}/send")) == "6420"
    sent = api.ok(api.post(f"invoice/{invoice['Id']}/send", sendTo="a@b.example"))["Invoice"]
    assert (sent["EmailStatus"], sent["BillEmail"]) == ("EmailSent", {"Address": "a@b.example"})
    assert set(sent["DeliveryInfo"]) == {"DeliveryType", "DeliveryTime"}
    assert api.code(api.post(f"invoice/{invoice['Id']}/send", sendTo="nobody")) == "2210"


@pytest.mark.parametrize("voided", [False, True])
def test_pdf_shows_number_and_total(api: Api, *, voided: bool) -> None:
    invoice = api.invoice("1234.5")
    if voided:
        api.create("Invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="void")
    answer = api.get(f"invoice/{invoice['Id']}/pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert invoice["DocNumber"] in text
    assert ("VOID" in text, "USD 1,234.50" in text) == (voided, not voided)


def test_closed_books_refuse_every_change(api: Api) -> None:
    old = api.invoice(TxnDate="2026-01-10")
    api.control("preferences", {"BookCloseDate": "2026-01-31"})
    try:
        stub = {"Id": old["Id"], "SyncToken": "0"}
        assert api.code(api.post("invoice", {**stub, "sparse": True, "PrivateNote": "x"})) == "6210"
        assert api.code(api.post("invoice", stub, operation="void")) == "6210"
        assert api.code(api.post("invoice", stub, operation="delete")) == "6210"
        assert api.code(api.post("invoice", invoice_body("1", TxnDate="2026-01-31"))) == "6210"
        assert api.invoice(TxnDate="2026-02-01")["TxnDate"] == "2026-02-01"
    finally:
        api.control("preferences", {"BookCloseDate": None})


def test_stocked_item_cannot_be_sold_before_its_start(api: Api) -> None:
    body = {**invoice_body("1", TxnDate="2019-06-20"), "Line": [sales_line(749, "3")]}
    assert api.code(api.post("invoice", body)) == "6270"


def test_custom_field_value_is_kept_and_limited(api: Api) -> None:
    fields = [{"DefinitionId": "1", "Type": "StringType", "StringValue": "PO 77"}]
    assert api.invoice(CustomField=fields)["CustomField"][0]["StringValue"] == "PO 77"
    fields[0]["StringValue"] = "x" * 32
    assert api.code(api.post("invoice", invoice_body("1", CustomField=fields))) == "2050"
