"""Which properties an answer has, in which order: as recorded answers of a sample company have them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Api, invoice_body, sales_line, words

META = "domain sparse Id SyncToken MetaData"


def _expense(amount: Any = 80, **detail: Any) -> dict[str, Any]:
    kind = "AccountBasedExpenseLineDetail"
    return {"Amount": amount, "DetailType": kind, kind: {"AccountRef": {"value": "16"}, **detail}}


def _bought(amount: Any = 125) -> dict[str, Any]:
    kind = "ItemBasedExpenseLineDetail"
    detail = {"ItemRef": {"value": "3"}, "UnitPrice": amount, "Qty": 1, "CustomerRef": {"value": "1"}}
    return {"Amount": amount, "DetailType": kind, "Description": "A desk", kind: detail}


def _side(side: str, account: str) -> dict[str, Any]:
    detail = {"PostingType": side, "AccountRef": {"value": account}}
    return {
        "Amount": 40,
        "Description": "Opening",
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": detail,
    }


VENDOR = {"VendorRef": {"value": "77"}}


@pytest.fixture(scope="module")
def vendor(api: Api) -> dict[str, Any]:
    address = {"Line1": "3 Mill Rd", "City": "Austin", "CountrySubDivisionCode": "TX", "PostalCode": "78701"}
    made = api.create(
        "Vendor", {"DisplayName": "Shapes of wood", "BillAddr": address, "TermRef": {"value": "4"}}
    )
    return {"VendorRef": {"value": made["Id"]}}


def test_bill(api: Api, vendor: dict[str, Any]) -> None:
    bill = api.create("Bill", {**vendor, "Line": [_expense(), _bought()]})
    assert list(bill) == words(
        f"SalesTermRef DueDate Balance {META} TxnDate CurrencyRef Line VendorRef APAccountRef TotalAmt VendorAddr"
    )
    account, item = bill["Line"]
    assert list(account) == words("Id LineNum Amount DetailType AccountBasedExpenseLineDetail")
    assert list(item) == words("Id LineNum Description Amount DetailType ItemBasedExpenseLineDetail")
    assert list(account["AccountBasedExpenseLineDetail"]) == words("AccountRef BillableStatus TaxCodeRef")
    assert list(item["ItemBasedExpenseLineDetail"]) == words(
        "CustomerRef BillableStatus ItemRef UnitPrice Qty TaxCodeRef"
    )
    assert bill["SalesTermRef"] == {"value": "4"}
    assert (bill["Balance"], bill["TotalAmt"]) == (205, 205)


def test_bill_payment_and_the_bill_it_pays(api: Api, vendor: dict[str, Any]) -> None:
    bill = api.create("Bill", {**vendor, "Line": [_expense()]})
    body = {
        **vendor,
        "PayType": "Check",
        "CheckPayment": {"BankAccountRef": {"value": "1"}},
        "TotalAmt": 80,
        "Line": [{"Amount": 80, "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}],
    }
    paid = api.create("BillPayment", body)
    assert list(paid) == words(f"VendorRef PayType CheckPayment TotalAmt {META} TxnDate CurrencyRef Line")
    assert paid["CheckPayment"] == {
        "BankAccountRef": {"value": "1", "name": "Checking"},
        "PrintStatus": "NotSet",
    }
    assert list(paid["Line"][0]) == ["Amount", "LinkedTxn"]
    settled = api.read("Bill", bill["Id"])
    assert list(settled) == words(
        f"SalesTermRef DueDate Balance {META} TxnDate CurrencyRef LinkedTxn Line VendorRef APAccountRef TotalAmt VendorAddr"
    )
    assert settled["LinkedTxn"] == [{"TxnId": paid["Id"], "TxnType": "BillPaymentCheck"}]
    assert settled["MetaData"]["LastUpdatedTime"] >= paid["MetaData"]["CreateTime"]


def test_purchase_by_card_and_by_cheque(api: Api, vendor: dict[str, Any]) -> None:
    body = {"AccountRef": {"value": "18"}, "PaymentType": "CreditCard", "Line": [_expense()]}
    entity = {"value": vendor["VendorRef"]["value"], "type": "Vendor"}
    card = api.create("Purchase", {**body, "EntityRef": entity})
    assert list(card) == words(
        f"AccountRef PaymentType EntityRef Credit TotalAmt PurchaseEx {META} TxnDate CurrencyRef Line"
    )
    assert list(card["EntityRef"]) == ["value", "name", "type"]
    assert list(card["Line"][0]) == words("Id Amount DetailType AccountBasedExpenseLineDetail")
    assert card["Credit"] is False
    cheque = api.create("Purchase", {**body, "AccountRef": {"value": "1"}, "PaymentType": "Check"})
    assert ("Credit" in cheque, cheque["PrintStatus"]) == (False, "NotSet")
    assert api.code(api.post("purchase", {**body, "AccountRef": {"value": "1"}})) == "6430"


def test_purchase_order(api: Api, vendor: dict[str, Any]) -> None:
    order = api.create("PurchaseOrder", {**vendor, "Line": [_bought()]})
    assert list(order) == words(
        f"VendorAddr EmailStatus POStatus {META} CustomField DocNumber TxnDate CurrencyRef LinkedTxn Line "
        "VendorRef APAccountRef TotalAmt"
    )
    assert (order["POStatus"], order["LinkedTxn"]) == ("Open", [])
    following = api.create("PurchaseOrder", {**vendor, "Line": [_bought()]})
    assert int(following["DocNumber"]) == int(order["DocNumber"]) + 1


def test_vendor_credit(api: Api, vendor: dict[str, Any]) -> None:
    credit = api.create("VendorCredit", {**vendor, "Line": [_expense()]})
    assert list(credit) == words(f"Balance {META} TxnDate CurrencyRef Line VendorRef APAccountRef TotalAmt")


def test_estimate(api: Api) -> None:
    customer = api.customer()["Id"]
    estimate = api.create("Estimate", invoice_body(customer, BillEmail={"Address": "a@b.test"}))
    assert list(estimate) == words(
        f"{META} CustomField DocNumber TxnDate CurrencyRef TxnStatus Line TxnTaxDetail CustomerRef BillAddr "
        "ShipAddr TotalAmt ApplyTaxAfterDiscount PrintStatus EmailStatus BillEmail"
    )
    invoice = api.invoice(customer=customer)
    assert int(estimate["DocNumber"]) < int(invoice["DocNumber"])


def test_sales_receipt_with_and_without_a_customer(api: Api) -> None:
    body = invoice_body(api.customer()["Id"], PaymentMethodRef={"value": "2"}, PaymentRefNum="10264")
    receipt = api.create("SalesReceipt", {**body, "DepositToAccountRef": {"value": "1"}})
    assert list(receipt) == words(
        f"{META} CustomField DocNumber TxnDate CurrencyRef Line TxnTaxDetail CustomerRef BillAddr ShipAddr "
        "TotalAmt ApplyTaxAfterDiscount PrintStatus EmailStatus Balance PaymentMethodRef PaymentRefNum "
        "DepositToAccountRef"
    )
    plain = api.create("SalesReceipt", {"Line": [sales_line(35)]})
    assert list(plain) == words(
        f"{META} CustomField DocNumber TxnDate CurrencyRef Line TxnTaxDetail TotalAmt ApplyTaxAfterDiscount "
        "PrintStatus EmailStatus Balance DepositToAccountRef"
    )
    assert plain["DepositToAccountRef"] == {"value": "4", "name": "Undeposited Funds"}


def test_refund_receipt(api: Api) -> None:
    body = invoice_body(api.customer()["Id"], DepositToAccountRef={"value": "1"}, PrintStatus="NotSet")
    refund = api.create("RefundReceipt", {**body, "PaymentMethodRef": {"value": "2"}})
    assert list(refund) == words(
        f"{META} CustomField DocNumber TxnDate CurrencyRef Line TxnTaxDetail CustomerRef BillAddr ShipAddr "
        "TotalAmt ApplyTaxAfterDiscount PrintStatus Balance PaymentMethodRef DepositToAccountRef"
    )
    without = {name: value for name, value in body.items() if name != "DepositToAccountRef"}
    assert api.code(api.post("refundreceipt", without)) == "2020"


def test_deposit_of_payments_with_cash_back(api: Api) -> None:
    payment = api.pay(api.invoice(108), 108, PaymentMethodRef={"value": "2"}, PaymentRefNum="6552")
    line = {"Amount": 108, "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": 0}]}
    back = {"AccountRef": {"value": "2"}, "Amount": 8, "Memo": "Change"}
    deposit = api.create("Deposit", {"DepositToAccountRef": {"value": "1"}, "Line": [line], "CashBack": back})
    assert list(deposit) == words(f"DepositToAccountRef CashBack TotalAmt {META} TxnDate CurrencyRef Line")
    assert deposit["Line"] == [
        {
            "Amount": 108,
            "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}],
            "DepositLineDetail": {"PaymentMethodRef": {"value": "2"}, "CheckNum": "6552"},
        }
    ]
    assert deposit["TotalAmt"] == 100
    held = api.read("Payment", payment["Id"])
    assert held["MetaData"] == payment["MetaData"]
    assert held["LinkedTxn"] == [{"TxnId": deposit["Id"], "TxnType": "Deposit"}]


def test_deposit_brings_money_of_its_own(api: Api) -> None:
    kind = "DepositLineDetail"
    line = {"Amount": 600, "DetailType": kind, kind: {"AccountRef": {"value": "22"}}}
    deposit = api.create("Deposit", {"DepositToAccountRef": {"value": "2"}, "Line": [line]})
    assert list(deposit["Line"][0]) == words("Id LineNum Amount DetailType DepositLineDetail")


def test_journal_entry(api: Api) -> None:
    entry = api.create(
        "JournalEntry", {"Line": [_side("Debit", "1"), _side("Credit", "2")], "DocNumber": "J1"}
    )
    assert list(entry) == words(f"Adjustment {META} DocNumber TxnDate CurrencyRef Line TxnTaxDetail")
    assert [line["Id"] for line in entry["Line"]] == ["0", "1"]
    assert list(entry["Line"][0]) == words("Id Description Amount DetailType JournalEntryLineDetail")
    assert entry["TxnTaxDetail"] == {}
    nobody = {"Line": [_side("Debit", "3"), _side("Credit", "2")]}
    assert api.code(api.post("journalentry", nobody)) == "6000"


def test_tax_agency(api: Api) -> None:
    agency = api.create("TaxAgency", {"DisplayName": "Agency of shapes"})
    assert list(agency) == words(f"TaxTrackedOnPurchases TaxTrackedOnSales {META} DisplayName")
    assert (agency["TaxTrackedOnPurchases"], agency["TaxTrackedOnSales"]) == (False, True)


def test_account(api: Api) -> None:
    account = api.create("Account", {"Name": "Till of shapes", "AccountType": "Bank"})
    assert list(account) == words(
        "Name SubAccount FullyQualifiedName Active Classification AccountType AccountSubType CurrentBalance "
        f"CurrentBalanceWithSubAccounts CurrencyRef {META}"
    )
    assert api.code(api.post("account", {"Name": "No type"})) == "6010"


def test_attached_file(api: Api) -> None:
    invoice = api.invoice()
    described = {
        "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": invoice["Id"]}}],
        "FileName": "a.xml",
    }
    files: dict[str, tuple[str, str | bytes, str]] = {
        "file_metadata_01": ("attachment.json", json.dumps(described), "application/json"),
        "file_content_01": ("a.xml", b"<a>\r\n</a>\r\n", "text/xml"),
    }
    answer = api.ok(api.session.post(f"{api.base}/upload", files=files, timeout=10))
    assert list(answer) == ["AttachableResponse", "time"]
    attached = answer["AttachableResponse"][0]["Attachable"]
    assert list(attached) == words(
        f"FileName FileAccessUri TempDownloadUri Size ContentType {META} AttachableRef"
    )
    assert attached["AttachableRef"] == [
        {"EntityRef": {"value": invoice["Id"], "type": "Invoice"}, "IncludeOnSend": False}
    ]
    assert (attached["Size"], attached["ContentType"]) == (11, "text/xml")
    gone = api.ok(api.post("attachable", {"Id": attached["Id"]}, operation="delete"))["Attachable"]
    assert gone == {"domain": "QBO", "status": "Deleted", "Id": attached["Id"]}


def test_void_of_a_sales_receipt(api: Api) -> None:
    made = api.create("SalesReceipt", {"Line": [sales_line(70, UnitPrice=35, Qty=2)]})
    stub = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    voided = api.ok(api.post("salesreceipt", stub, operation="update", include="void"))["SalesReceipt"]
    assert (voided["TotalAmt"], voided["PrivateNote"], voided["SyncToken"]) == (0, "Voided", "1")
    assert voided["Line"][0]["SalesItemLineDetail"]["Qty"] == 0
    assert voided["Line"][1] == {"Amount": 0, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}


def test_receipt_is_changed_fully_and_line_by_line(api: Api) -> None:
    made = api.create("SalesReceipt", {"Line": [sales_line(70)], "PrivateNote": "first"})
    line = {key: value for key, value in made["Line"][0].items() if key not in {"Id", "LineNum"}}
    changed = api.create("SalesReceipt", {"Id": made["Id"], "SyncToken": "0", "Line": [line]})
    # A line without its id is a new line, and a full update forgets what is left out.
    assert (changed["Line"][0]["Id"], "PrivateNote" in changed) == ("2", False)


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("bill", {"Line": [_expense()]}, "2020"),
        ("bill", {"VendorRef": {"value": "99999"}, "Line": [_expense()]}, "2500"),
        ("bill", {**VENDOR, "Line": []}, "2020"),
        ("bill", {**VENDOR, "Line": [_expense()], "Nonsense": 1}, "2010"),
        ("bill", {**VENDOR, "Line": [_expense(BillableStatus="Billable")]}, "6000"),
        ("bill", {**VENDOR, "Line": [_expense(AccountRef={"value": "999"})]}, "2500"),
        (
            "bill",
            {**VENDOR, "Line": [_expense()], "LinkedTxn": [{"TxnId": "9", "TxnType": "PurchaseOrder"}]},
            "620",
        ),
        ("billpayment", {**VENDOR, "TotalAmt": 5, "PayType": "Cash"}, "2170"),
        ("purchase", {"PaymentType": "Barter", "AccountRef": {"value": "1"}, "Line": [_expense()]}, "2170"),
        ("transfer", {"FromAccountRef": {"value": "1"}, "ToAccountRef": {"value": "2"}}, "2020"),
        ("timeactivity", {"NameOf": "Employee", "Hours": 2}, "2020"),
        ("timeactivity", {"NameOf": "Employee", "EmployeeRef": {"value": "$"}}, "2020"),
        ("attachable", {"Category": "Document"}, "2020"),
        (
            "attachable",
            {"Note": "x", "AttachableRef": [{"EntityRef": {"type": "Bill", "value": "9"}}]},
            "6000",
        ),
        ("estimate", {"CustomerRef": {"value": "1"}, "Line": [sales_line(1)], "TxnStatus": "Lost"}, "2170"),
        ("customertype", {"Name": "New"}, "500"),
        ("budget", {"Name": "New"}, "500"),
    ],
)
def test_what_is_refused(api: Api, kind: str, body: dict[str, Any], code: str) -> None:
    vendor = api.query("select * from Vendor maxresults 1")["Vendor"][0]["Id"]
    employee = api.query("select * from Employee maxresults 1")["Employee"][0]["Id"]
    filled = dict(body)
    if body.get("VendorRef") == VENDOR["VendorRef"]:
        filled["VendorRef"] = {"value": vendor}
    if "EmployeeRef" in body:
        filled["EmployeeRef"] = {"value": employee}
    assert api.code(api.post(kind, filled)) == code
