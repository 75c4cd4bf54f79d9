from __future__ import annotations

import json
import socket
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.emulator.client import Api, sales_line
from tests.emulator_process import ROOT, EmulatorProcess


def test_company_opens_with_believable_books(api: Api) -> None:
    dump = api.emulator.control("GET", f"/control/{api.realm_id}/dump")
    customers, items = dump["Customer"], dump["Item"]
    assert len(customers) >= 60
    assert len(items) >= 30
    assert sum(1 for row in customers if not row["Active"]) >= 2
    assert sum(1 for row in items if not row["Active"]) == 2
    assert {row["Type"] for row in items} == {"Service", "NonInventory", "Inventory", "Category", "Group"}
    assert any("BillAddr" not in row for row in customers)
    assert any("PrimaryEmailAddr" not in row for row in customers)
    assert [term["Name"] for term in dump["Term"][:5]] == [
        "Due on receipt",
        "Net 7",
        "Net 15",
        "Net 30",
        "Net 60",
    ]
    invoices = dump["Invoice"]
    assert len(invoices) >= 80
    states = {
        "voided": [r for r in invoices if r["TotalAmt"] == 0 and r.get("PrivateNote") == "Voided"],
        "paid": [r for r in invoices if r["TotalAmt"] > 0 and r["Balance"] == 0],
        "part": [r for r in invoices if 0 < r["Balance"] < r["TotalAmt"]],
        "open": [r for r in invoices if r["Balance"] == r["TotalAmt"] > 0],
    }
    assert all(len(rows) >= 3 for rows in states.values())


def test_page_pays_an_invoice_without_a_script(api: Api) -> None:
    invoice = api.invoice(55, customer="1")
    form = {"action": "pay", "company": api.realm_id, "id": invoice["Id"], "amount": "5", "q": ""}
    answer = requests.post(f"{api.emulator.url}/control/page", form, timeout=10)
    assert answer.status_code == 200
    assert "A payment of 5.00 was recorded" in answer.text
    assert api.read("Invoice", invoice["Id"])["Balance"] == 50


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"action": "pay", "amount": "-1"}, "Nothing was changed."),
        ({"action": "pay", "amount": "much"}, "Nothing was changed."),
        ({"action": "due", "due": "someday"}, "Nothing was changed."),
        ({"action": "void", "id": "99999"}, "There is no Invoice 99999."),
        ({"action": "dance"}, "Nothing was done"),
        ({"action": "reset"}, "Tick the box first"),
    ],
)
def test_page_says_what_is_wrong_with_a_form(api: Api, form: dict[str, str], said: str) -> None:
    invoice = api.invoice(customer="1")
    full = {"company": api.realm_id, "id": invoice["Id"], **form}
    answer = requests.post(f"{api.emulator.url}/control/page", full, timeout=10)
    assert answer.status_code == 200
    assert said in answer.text
    assert api.read("Invoice", invoice["Id"])["SyncToken"] == "0"


def test_page_escapes_names(api: Api) -> None:
    customer = api.customer(f"<b>Bold {id(api)}</b>")
    api.invoice(customer=customer["Id"])
    text = requests.get(f"{api.emulator.url}/?company={api.realm_id}", timeout=10).text
    assert "&lt;b&gt;Bold" in text
    assert "<b>Bold" not in text


def test_forms_of_other_sites_are_not_taken(api: Api) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    answer = requests.post(f"{api.emulator.url}/control/reset", headers=headers, timeout=10)
    assert answer.status_code == 403


def test_deep_link_leads_to_the_invoice(api: Api) -> None:
    invoice = api.invoice(12, customer="1")
    link = (
        f"{api.emulator.url}/login?deeplinkcompanyid={api.realm_id}&pagereq=invoice%3FtxnId%3D{invoice['Id']}"
    )
    first = requests.get(link, allow_redirects=False, timeout=10)
    assert (first.status_code, first.headers["Location"]) == (
        302,
        f"/app/invoice?txnId={invoice['Id']}&companyId={api.realm_id}",
    )
    page = requests.get(link, timeout=10).text
    assert f"Invoice {invoice['DocNumber']}" in page
    assert "Acme Dental Group" in page
    customer = requests.get(
        f"{api.emulator.url}/app/customerdetail?nameId=1&companyId={api.realm_id}", timeout=10
    )
    assert "Acme Dental Group" in customer.text
    assert requests.get(f"{api.emulator.url}/app/invoice?txnId=999999", timeout=10).status_code == 404


def test_page_of_quickbooks_voids_a_settled_invoice_and_leaves_credit(api: Api) -> None:
    invoice = api.invoice(100)
    payment = api.pay(invoice, 100)
    api.control(f"payments/{payment['Id']}/deposit")
    after = api.control(f"invoices/{invoice['Id']}/void")
    assert (after["PrivateNote"], after["TotalAmt"], after["LinkedTxn"]) == ("Voided", 0, [])
    assert api.read("Payment", payment["Id"])["UnappliedAmt"] == 100
    assert api.read("Customer", invoice["CustomerRef"]["value"])["Balance"] == -100


def test_unpay_edit_and_create_work_as_in_quickbooks(api: Api) -> None:
    invoice = api.invoice(100)
    api.control(
        f"invoices/{invoice['Id']}/pay", {"amount": 30, "ref": "77", "date": "2026-03-01", "method": "2"}
    )
    assert api.control(f"invoices/{invoice['Id']}/unpay")["Balance"] == 100
    lines = [{"amount": 40, "item": "1", "description": "By hand"}]
    edited = api.control(f"invoices/{invoice['Id']}/edit", {"DueDate": "2031-01-01", "lines": lines})
    assert (edited["TotalAmt"], edited["DueDate"]) == (40, "2031-01-01")
    made = api.control("invoices", {"CustomerRef": {"value": "1"}, "Line": edited["Line"]})
    assert made["SyncToken"] == "0"
    assert api.control("customers/2/inactivate")["Active"] is False
    assert api.control("customers/2/activate")["DisplayName"] == "Agave Coffee Roasters"


def test_unknown_things_are_404_and_bad_bodies_400(api: Api) -> None:
    for path, status in (("invoices/99999/pay", 404), ("gnomes", 404), ("invoices/1/dance", 404)):
        answer = requests.post(f"{api.emulator.url}/control/{api.realm_id}/{path}", timeout=10)
        assert answer.status_code == status
        assert answer.json()["problem"]
    answer = requests.post(f"{api.emulator.url}/control/clock", data="[1]", timeout=10)
    assert answer.status_code == 400


def test_clock_moves_dates_and_times(own_emulator: EmulatorProcess) -> None:
    api = Api(own_emulator)
    own_emulator.control("POST", "/control/clock", {"set": "2027-06-15T12:00:00+00:00"})
    realm_id = api.realm_id
    made = own_emulator.control(
        "POST", f"/control/{realm_id}/invoices", {"CustomerRef": {"value": "1"}, "Line": api_line()}
    )
    assert made["TxnDate"] == "2027-06-15"
    assert made["MetaData"]["CreateTime"].startswith("2027-06-15T05:0")
    own_emulator.control("POST", "/control/clock", {"skew": 0})
    now = datetime.fromisoformat(own_emulator.control("GET", "/control/clock")["now"])
    assert abs(now - datetime.now(now.tzinfo)) < timedelta(seconds=30)


def api_line() -> list[dict[str, object]]:
    detail = {"ItemRef": {"value": "1"}}
    return [{"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}]


def test_reset_opens_the_companies_anew(own_emulator: EmulatorProcess) -> None:
    api = Api(own_emulator)
    before = api.query("select count(*) from Invoice")
    api.invoice()
    own_emulator.control("POST", "/control/reset")
    assert api.query("select count(*) from Invoice") == before


def test_companies_as_of_one_moment_are_the_same_however_often_they_are_opened(
    own_emulator: EmulatorProcess,
) -> None:
    api, realm = Api(own_emulator), own_emulator.companies[0]["realm_id"]

    def opened() -> Any:
        own_emulator.control("POST", "/control/reset", {"as_of": "2026-03-02T18:00:00+00:00"})
        return own_emulator.control("GET", f"/control/{realm}/dump")

    first = opened()
    invoice, customer = api.invoice(), first["Customer"][0]
    api.pay(invoice, 40)
    api.ok(api.post("customer", {**customer, "sparse": True, "CompanyName": "Another"}))
    old = first["Invoice"][0]
    api.ok(api.post("invoice", {"Id": old["Id"], "SyncToken": old["SyncToken"]}, operation="void"))
    api.ok(
        api.post(
            "preferences", {"SyncToken": "0", "sparse": True, "SalesFormsPrefs": {"CustomTxnNumbers": True}}
        )
    )
    api.control("preferences", {"ShipsToOwnTown": False})
    changed = own_emulator.control("GET", f"/control/{realm}/dump")
    assert {kind for kind in first if changed[kind] != first[kind]} >= {
        "Customer",
        "Invoice",
        "Payment",
        "Preferences",
    }
    assert opened() == first


def test_control_token_closes_page_and_api() -> None:
    with EmulatorProcess("--control-token", "sesame") as running:
        assert requests.get(running.url, timeout=10).status_code == 403
        assert requests.get(f"{running.url}/control/clock", timeout=10).status_code == 403
        assert requests.get(f"{running.url}/?token=sesame", timeout=10).status_code == 200
        headers = {"X-Control-Token": "sesame"}
        assert requests.get(f"{running.url}/control/clock", headers=headers, timeout=10).status_code == 200
        assert Api(running).get("term/1").status_code == 200


def test_state_file_keeps_everything_over_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "books.json")
    with EmulatorProcess("--state", path) as first:
        api = Api(first)
        invoice = api.invoice(100)
        payment = api.pay(invoice, 40)
        gone = api.invoice()
        api.ok(api.post("invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete"))
        vendor = {"VendorRef": {"value": api.create("Vendor", {"DisplayName": "Kept vendor"})["Id"]}}
        detail = {"AccountRef": {"value": "16"}}
        line = {"Amount": 80, "DetailType": (kind := "AccountBasedExpenseLineDetail"), kind: detail}
        bill = api.create("Bill", {**vendor, "Line": [line]})
        cheque = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "1"}}, "TotalAmt": 80}
        settled = {"Amount": 80, "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
        bill_payment = api.create("BillPayment", {**vendor, **cheque, "Line": [settled]})
        files = {"file_content_01": ("kept.txt", b"kept", "text/plain")}
        upload = api.session.post(f"{api.base}/upload", files=files, timeout=10)
        attached = api.ok(upload)["AttachableResponse"][0]["Attachable"]["Id"]
        body = {"DisplayName": "Kept by request id"}
        once = api.post("customer", body, requestid="kept").content
        first.control("POST", "/control/clock", {"advance_seconds": 1000})
        dump = first.control("GET", f"/control/{api.realm_id}/dump")
    with EmulatorProcess("--state", path) as second:
        again = Api(second)
        assert (second.client_id, second.client_secret) == (first.client_id, first.client_secret)
        assert second.verifier_token == first.verifier_token
        assert second.companies[0]["refresh_token"] == first.companies[0]["refresh_token"]
        assert second.control("GET", f"/control/{api.realm_id}/dump") == dump
        assert second.control("GET", "/control/clock")["offset_seconds"] == 1000
        assert again.post("customer", body, requestid="kept").content == once
        assert again.code(again.get(f"invoice/{gone['Id']}")) == "610"
        stub = {"Id": payment["Id"], "SyncToken": "0"}
        again.ok(again.post("payment", stub, operation="delete"))
        assert again.read("Invoice", invoice["Id"])["Balance"] == 100
        stub = {"Id": bill_payment["Id"], "SyncToken": "0"}
        again.ok(again.post("billpayment", stub, operation="delete"))
        assert again.read("Bill", bill["Id"])["Balance"] == 80
        assert requests.get(again.get(f"download/{attached}").text, timeout=10).content == b"kept"


@pytest.mark.parametrize("plural", ["taxagencies", "taxagencys", "TaxAgency"])
def test_lists_are_called_by_their_plural(api: Api, plural: str) -> None:
    made = api.control(plural, {"DisplayName": f"Agency called {plural}"})
    assert api.read("TaxAgency", made["Id"])["DisplayName"] == f"Agency called {plural}"


def test_seed_makes_secrets_and_ids_the_same() -> None:
    lines = []
    for _run in range(2):
        with EmulatorProcess("--seed", "7", "--single") as running:
            lines.append(
                (running.client_id, running.client_secret, running.verifier_token, running.companies)
            )
    assert lines[0] == lines[1]
    assert len(lines[0][3]) == 1


def test_stop_is_quick_and_clean() -> None:
    running = EmulatorProcess().start()
    hanging = requests.Session()
    hanging.get(f"{running.url}/health", timeout=10)
    assert running.stop() == 0


def test_the_day_begins_where_the_company_is(own_emulator: EmulatorProcess) -> None:
    api = Api(own_emulator)
    path = f"/control/{api.realm_id}/companyinfos/1/edit"
    own_emulator.control("POST", "/control/clock", {"set": "2026-06-15T22:00:00+00:00"})
    days = {}
    for zone in ("America/Chicago", "Pacific/Auckland"):
        assert own_emulator.control("POST", path, {"DefaultTimeZone": zone})["DefaultTimeZone"] == zone
        body = {"CustomerRef": {"value": "1"}, "Line": [sales_line(10)]}
        made = own_emulator.control("POST", f"/control/{api.realm_id}/invoices", body)
        days[zone] = made["TxnDate"]
    assert days == {"America/Chicago": "2026-06-15", "Pacific/Auckland": "2026-06-16"}
    with pytest.raises(requests.HTTPError, match="400"):
        own_emulator.control("POST", path, {"DefaultTimeZone": "Middle/Earth"})


def test_taken_port_is_one_clear_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-m", "qbo_emulator", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.count("\n") == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in ended.stderr


def test_unusable_state_file_is_one_clear_sentence(tmp_path: Path) -> None:
    path = tmp_path / "books.json"
    path.write_text(json.dumps({"format": 1}))
    ended = subprocess.run(
        [sys.executable, "-m", "qbo_emulator", "--port", "0", "--state", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "cannot be used" in ended.stderr
    assert ended.stderr.count("\n") == 1
