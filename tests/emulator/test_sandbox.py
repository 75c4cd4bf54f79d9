"""What public test suites assume of the company that developers are given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.emulator.client import Api, sales_line
from tests.emulator_process import EmulatorProcess


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Api]:
    with EmulatorProcess("--company", "sandbox", "--seed", "tests") as running:
        yield Api(running)


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["Name"] for row in rows]


def test_lists_stand_under_their_usual_ids_and_in_their_usual_numbers(sandbox: Api) -> None:
    assert [sandbox.read("Account", qbo_id)["Name"] for qbo_id in ("1", "4", "35", "42", "79", "86")] == [
        "Services",
        "Undeposited Funds",
        "Checking",
        "Visa",
        "Sales of Product Income",
        "Discounts given",
    ]
    counts = {
        kind: sandbox.query(f"select count(*) from {kind}")["totalCount"]
        for kind in ("Customer", "Vendor", "Item", "Term", "TaxRate", "Employee", "Invoice")
    }
    assert counts == {
        "Customer": 29, "Vendor": 26, "Item": 18, "Term": 5, "TaxRate": 3, "Employee": 2, "Invoice": 31,
    }  # fmt: skip
    for kind in (
        "Bill",
        "BillPayment",
        "CreditMemo",
        "Estimate",
        "Purchase",
        "PurchaseOrder",
        "VendorCredit",
        "SalesReceipt",
        "RefundReceipt",
        "Transfer",
        "CreditCardPaymentTxn",
        "JournalEntry",
        "TimeActivity",
        "Deposit",
        "Payment",
    ):
        path = {"CreditCardPaymentTxn": "CreditCardPayment"}.get(kind, kind)
        assert sandbox.query(f"select * from {path} maxresults 2")[kind], kind
    assert sandbox.read("Item", "10")["Name"] == "Pest Control"
    assert sandbox.read("Term", "3")["Name"] == "Net 30"


def test_currencies_and_preferences(sandbox: Api) -> None:
    assert sandbox.read("CompanyCurrency", "1")["Name"] == "Canadian Dollar"
    rate = sandbox.query("select * from ExchangeRate where SourceCurrencyCode = 'EUR' maxresults 1")
    assert rate["ExchangeRate"][0]["TargetCurrencyCode"] == "USD"
    assert {"Id", "SyncToken"} & set(rate["ExchangeRate"][0]) == set()
    prefs = sandbox.ok(sandbox.get("preferences"))["Preferences"]
    assert prefs["VendorAndPurchasesPrefs"]["BillableExpenseTracking"] is True
    assert prefs["TaxPrefs"] == {"UsingSalesTax": True, "PartnerTaxEnabled": False}
    assert prefs["CurrencyPrefs"]["MultiCurrencyEnabled"] is True


def test_tax_codes_are_all_given_whatever_is_asked_and_those_of_lines_first(sandbox: Api) -> None:
    found = sandbox.query("select * from TaxCode maxresults 1")
    assert names(found["TaxCode"]) == ["NON", "TAX", "California", "Tucson"]
    assert found["maxResults"] == 4
    sandbox.control("preferences", {"ListsTaxAndNon": False})
    assert names(sandbox.query("select * from TaxCode")["TaxCode"]) == ["California", "Tucson"]
    sandbox.control("preferences", {"ListsTaxAndNon": True})


def test_query_that_names_no_entity_is_unreadable(sandbox: Api) -> None:
    assert sandbox.code(sandbox.get("query", query="SELECT * FROM NULL")) == "4000"
    assert len(sandbox.query("select * from Invoice where Balance > 0 maxresults 3")["Invoice"]) == 3


def test_unknown_classes_and_locations_are_called_as_recorded(sandbox: Api) -> None:
    sandbox.control("preferences", {"ClassTrackingPerTxn": True, "TrackDepartments": True})
    body = {"CustomerRef": {"value": "1"}, "Line": [sales_line(10)]}
    for name, called in (("ClassRef", "Klasses"), ("DepartmentRef", "Depts")):
        answer = sandbox.post("invoice", {**body, name: {"value": "999"}})
        assert sandbox.code(answer) == "2500"
        assert called in answer.json()["Fault"]["Error"][0]["Detail"]
    sandbox.control("preferences", {"ClassTrackingPerTxn": False, "TrackDepartments": False})


def test_an_update_that_changes_nothing_keeps_token_and_time(sandbox: Api) -> None:
    term = sandbox.read("Term", "3")
    assert sandbox.create("Term", term) == term
    invoice = sandbox.invoice(40)
    same = {"Id": invoice["Id"], "SyncToken": "0", "sparse": "true", "DocNumber": invoice["DocNumber"]}
    assert sandbox.create("Invoice", same) == invoice
    # The word is as good as the value: the lines are not asked for again.
    noted = sandbox.create("Invoice", {**same, "PrivateNote": "new"})
    assert (noted["SyncToken"], noted["TotalAmt"]) == ("1", 40)


def test_batch_item_without_an_operation_is_a_create(sandbox: Api) -> None:
    item = {"bId": "1", "Customer": {"DisplayName": "Made without an operation"}}
    answer = sandbox.ok(sandbox.post("batch", {"BatchItemRequest": [item]}))
    assert answer["BatchItemResponse"][0]["Customer"]["SyncToken"] == "0"


def test_send_wants_no_body(sandbox: Api) -> None:
    invoice = sandbox.invoice(10, BillEmail={"Address": "ada@example.test"})
    assert sandbox.post(f"invoice/{invoice['Id']}/send", {"Id": invoice["Id"]}).status_code == 400
    assert sandbox.ok(sandbox.post(f"invoice/{invoice['Id']}/send"))["Invoice"]["EmailStatus"] == "EmailSent"


def test_rows_have_what_2024_and_2025_added(sandbox: Api) -> None:
    invoice = sandbox.invoice(100)
    assert set(invoice["MetaData"]) == {"CreateTime", "LastModifiedByRef", "LastUpdatedTime"}
    assert invoice["FreeFormAddress"] is True
    detail = invoice["Line"][0]["SalesItemLineDetail"]
    assert detail["ItemAccountRef"] == {"value": "1", "name": "Services"}
    customer = sandbox.read("Customer", invoice["CustomerRef"]["value"])
    assert (customer["IsProject"], customer["ClientEntityId"]) == (False, "0")
    assert len(customer["V4IDPseudonym"]) == 38
    body = {"Id": invoice["Id"], "SyncToken": "0"}
    void = sandbox.ok(sandbox.post("invoice", body, operation="void"))["Invoice"]
    assert "UnitPrice" not in void["Line"][0]["SalesItemLineDetail"]


def test_long_answers_are_compressed_for_those_who_take_it(sandbox: Api) -> None:
    answer = sandbox.get("query", query="select * from Invoice")
    assert answer.headers["Content-Encoding"] == "gzip"
    plain = requests.get(
        answer.url, headers={**sandbox.session.headers, "Accept-Encoding": "identity"}, timeout=10
    )
    assert "Content-Encoding" not in plain.headers
    assert plain.json()["QueryResponse"] == answer.json()["QueryResponse"]


def recurring_invoice(name: str, **more: Any) -> dict[str, Any]:
    info = {
        "Name": name,
        "RecurType": "Automated",
        "Active": True,
        "ScheduleInfo": {
            "StartDate": "2026-12-01",
            "IntervalType": "Monthly",
            "NumInterval": 1,
            "DayOfMonth": 1,
        },
    }
    return {
        "Invoice": {"CustomerRef": {"value": "1"}, "Line": [sales_line(100)], "RecurringInfo": info, **more}
    }


def test_recurring_transaction_is_made_changed_found_and_deleted(sandbox: Api) -> None:
    before = sandbox.query("select count(*) from Invoice")
    made = sandbox.create("RecurringTransaction", recurring_invoice("Upkeep"))["Invoice"]
    assert (made["SyncToken"], made["Deposit"], made["TotalAmt"]) == ("0", 0, 100)
    assert made["RecurringInfo"]["ScheduleInfo"]["NextDate"] == "2026-12-01"
    # A template posts nothing and uses up no number.
    assert sandbox.query("select count(*) from Invoice") == before
    found = sandbox.ok(sandbox.get(f"recurringtransaction/{made['Id']}"))["RecurringTransaction"]
    assert found == {"Invoice": made}
    changed = {key: value for key, value in made.items() if key != "Deposit"}
    changed["Line"] = [sales_line(250)]
    after = sandbox.create("RecurringTransaction", {"Invoice": changed})["Invoice"]
    assert (after["SyncToken"], after["TotalAmt"]) == ("1", 250)
    refused = sandbox.post("recurringtransaction", {"Invoice": {**changed, "SyncToken": "1", "Deposit": 0}})
    assert sandbox.code(refused) == "6000"
    line = {
        "Amount": 500,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "1"}},
    }
    info = {
        "Name": "Rent",
        "RecurType": "Reminded",
        "ScheduleInfo": {"IntervalType": "Weekly", "DayOfWeek": "Friday"},
    }
    bill = {"VendorRef": {"value": sandbox.query("select * from Vendor maxresults 1")["Vendor"][0]["Id"]}}
    sandbox.create("RecurringTransaction", {"Bill": {**bill, "Line": [line], "RecurringInfo": info}})
    bills = sandbox.query("select * from RecurringTransaction where Type = 'Bill'")["RecurringTransaction"]
    assert [set(entry) for entry in bills] == [{"Bill"}]
    stub = {"Invoice": {"Id": made["Id"], "SyncToken": "1"}}
    gone = sandbox.ok(sandbox.post("recurringtransaction", stub, operation="delete"))
    assert gone["RecurringTransaction"]["Invoice"]["status"] == "Deleted"
    assert sandbox.code(sandbox.get(f"recurringtransaction/{made['Id']}")) == "610"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "2020"),
        ({"Customer": {"DisplayName": "x"}}, "2010"),
        ({"Invoice": {"CustomerRef": {"value": "1"}, "Line": [sales_line(1)]}}, "2020"),
        (recurring_invoice(""), "2020"),
        (recurring_invoice("Twice", Line=[]), "2020"),
        (recurring_invoice("Strange", Novelty=1), "2010"),
    ],
)
def test_recurring_transactions_that_cannot_be(sandbox: Api, body: dict[str, Any], code: str) -> None:
    assert sandbox.code(sandbox.post("recurringtransaction", body)) == code


def test_journal_codes_are_kept(sandbox: Api) -> None:
    made = sandbox.create("JournalCode", {"Name": "VT", "Type": "Sales", "Description": "Sales"})
    assert sandbox.read("JournalCode", made["Id"]) == made
    assert sandbox.code(sandbox.post("journalcode", {"Name": "XX", "Type": "Novel"})) == "2170"


def report(api: Api, name: str, **asked: str) -> dict[str, Any]:
    return api.ok(api.get(f"reports/{name}", **asked))


def test_balance_sheet_balances_and_profit_follows_the_invoices(sandbox: Api) -> None:
    sheet = report(sandbox, "BalanceSheet")
    sides = [Decimal(row["Summary"]["ColData"][1]["value"]) for row in sheet["Rows"]["Row"]]
    assert sides[0] == sides[1] > 0
    today = datetime.now(UTC).date().isoformat()
    asked = {"start_date": "2020-01-01", "end_date": today}

    def income() -> Decimal:
        rows = report(sandbox, "ProfitAndLoss", **asked)["Rows"]["Row"]
        return Decimal(
            next(row for row in rows if row["group"] == "Income")["Summary"]["ColData"][1]["value"]
        )

    before = income()
    sandbox.invoice(300, TxnDate=today)
    assert income() == before + 300
    detail = report(sandbox, "ProfitAndLossDetail", **asked)
    assert detail["Header"]["ReportName"] == "ProfitAndLossDetail"


def test_profit_by_days_has_a_column_for_each(sandbox: Api) -> None:
    asked = {"start_date": "2026-11-01", "end_date": "2026-11-07", "summarize_column_by": "Days"}
    found = report(sandbox, "profitandloss", **asked)
    columns = found["Columns"]["Column"]
    days = [meta["Value"] for column in columns for meta in column["MetaData"] if meta["Name"] == "StartDate"]
    assert days == [f"2026-11-0{day}" for day in range(1, 8)]
    for row in found["Rows"]["Row"]:
        assert len(row["Summary"]["ColData"]) == len(columns)


def test_receivables_are_what_customers_owe(sandbox: Api) -> None:
    customers = sandbox.query("select * from Customer maxresults 1000")["Customer"]
    owed = sum(Decimal(str(row["Balance"])) for row in customers)
    for name in ("CustomerBalance", "AgedReceivables"):
        # Rows of other tests may bear a date that has not begun where the company is.
        last = report(sandbox, name, end_date="2099-12-31")["Rows"]["Row"][-1]["Summary"]["ColData"]
        assert (last[0]["value"], Decimal(last[-1]["value"])) == ("TOTAL", owed)


def test_reports_that_are_not_there_are_refused_at_once(sandbox: Api) -> None:
    assert sandbox.code(sandbox.get("reports/TrialBalance")) == "5020"
    assert sandbox.code(sandbox.get("reports/BalanceSheet", end_date="soon")) == "2060"


def test_bills_say_where_their_vendor_is(sandbox: Api) -> None:
    vendor = sandbox.create("Vendor", {"DisplayName": "Somewhere", "BillAddr": {"Line1": "1 Dock St"}})
    line = {
        "Amount": 5,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "7"}},
    }
    bill = sandbox.create("Bill", {"VendorRef": {"value": vendor["Id"]}, "Line": [line]})
    assert bill["VendorAddr"]["Line1"] == "1 Dock St"


def test_attachments_newest_first_and_many_in_one_batch(sandbox: Api) -> None:
    notes = [
        {"bId": str(number), "operation": "create", "Attachable": {"Note": f"note {number}"}}
        for number in range(25)
    ]
    answer = sandbox.ok(sandbox.post("batch", {"BatchItemRequest": notes}))
    assert all("Attachable" in entry for entry in answer["BatchItemResponse"])
    newest = sandbox.query("select * from Attachable maxresults 1")["Attachable"]
    assert newest[0]["Note"] == "note 24"


def test_a_card_payment_can_be_read_as_a_transfer(sandbox: Api) -> None:
    card = sandbox.query("select * from CreditCardPayment maxresults 1")["CreditCardPaymentTxn"][0]
    shown = sandbox.read("Transfer", card["Id"])
    assert (shown["Amount"], shown["FromAccountRef"]) == (card["Amount"], card["BankAccountRef"])
    assert sandbox.code(sandbox.get("transfer/999999")) == "610"
