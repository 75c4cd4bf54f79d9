"""Faults and switches by the control API and by the control page."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from qbo_emulator.core.invoice_links import shown
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.operations import engine
from qbo_emulator.world import Settings, World
from tests.emulator.client import Api, invoice_body, sales_line
from tests.emulator_process import EmulatorProcess


@pytest.fixture
def faults(api: Api) -> Iterator[Any]:
    yield lambda **rule: api.emulator.control("POST", "/control/faults", rule)
    api.emulator.control("DELETE", "/control/faults")


def page(api: Api, **form: str) -> str:
    answer = requests.post(f"{api.emulator.url}/control/page", {"company": api.realm_id, **form}, timeout=10)
    assert answer.status_code == 200
    return answer.text


def test_a_bad_payload_fails_each_time_and_others_do_not(api: Api, faults: Any) -> None:
    customer = api.customer()["Id"]
    faults(kind="bad_payload", operation="invoice.create")
    bad, good = invoice_body(customer, 11), invoice_body(customer, 12)
    for _ in range(2):
        answer = api.post("invoice", bad)
        assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (500, "10000")
    assert api.ok(api.post("invoice", good))["Invoice"]["TotalAmt"] == 12
    api.emulator.control("DELETE", "/control/faults")
    faults(kind="bad_payload", payload="Grüße")
    assert api.post("invoice", {**good, "PrivateNote": "Gruss"}).status_code == 200
    assert api.post("customer", {"DisplayName": 'Viele "Grüße"'}).status_code == 200  # escaped in the body
    assert (
        api.session.post(f"{api.base}/customer", '{"DisplayName": "Grüße"}'.encode(), timeout=10).status_code
        == 500
    )


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("wrong_cluster", 401, "130"), ("lapsed", 400, "7001"), ("forbidden", 403, "3100")],
)
def test_refusals_of_the_whole_company(api: Api, faults: Any, kind: str, status: int, code: str) -> None:
    faults(kind=kind, count=1)
    answer = api.get("companyinfo/1")
    fault = answer.json().get("Fault") or answer.json()["fault"]
    error = (fault.get("Error") or fault["error"])[0]
    assert (answer.status_code, error["code"]) == (status, code)


def test_forbidden_without_a_code_is_a_page(api: Api, faults: Any) -> None:
    faults(kind="403_html", count=1)
    answer = api.get("companyinfo/1")
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (403, "text/html")


def test_an_invoice_becomes_unreadable_and_readable_on_the_page(api: Api) -> None:
    invoice = api.invoice(10)
    assert "cannot be read any more" in page(api, action="unserve", id=invoice["Id"])
    assert api.code(api.get(f"invoice/{invoice['Id']}")) == "4002"
    assert "can be read again" in page(api, action="serve", id=invoice["Id"])
    assert api.read("Invoice", invoice["Id"]) == invoice


@pytest.mark.parametrize("way", ["api", "page"])
def test_merged_customers_share_their_invoices(api: Api, way: str) -> None:
    gone, kept = api.customer(), api.customer()
    theirs, own = api.invoice(100, customer=gone["Id"]), api.invoice(20, customer=kept["Id"])
    if way == "api":
        api.control(f"customers/{gone['Id']}/merge", {"into": kept["Id"]})
    else:
        assert "was merged" in page(api, action="merge", gone=gone["Id"], kept=kept["Id"])
    after = api.read("Invoice", theirs["Id"])
    assert (after["CustomerRef"]["value"], after["SyncToken"]) == (kept["Id"], "0")
    assert api.read("Invoice", own["Id"]) == own
    left, merged = api.read("Customer", gone["Id"]), api.read("Customer", kept["Id"])
    assert (left["Active"], left["Balance"], merged["Balance"]) == (False, 0, 120)


def test_customers_that_cannot_be_merged(api: Api) -> None:
    one = api.customer()["Id"]
    for into, said in ((one, "with itself"), ("99999", "There is no Customer")):
        answer = requests.post(
            f"{api.emulator.url}/control/{api.realm_id}/customers/{one}/merge",
            json={"into": into},
            timeout=10,
        )
        assert answer.status_code in {400, 404}
        assert said in answer.json()["problem"]


def test_latency_is_that_of_the_operation(api: Api) -> None:
    control = api.emulator.control
    assert control("POST", "/control/latency", {"as_in_life": True})["read"] == 220
    assert control("POST", "/control/latency", {"as_in_life": False, "read": 1}) == {
        "read": 1, "query": 0, "cdc": 0, "write": 0, "send": 0, "pdf": 0, "batch": 0,
    }  # fmt: skip
    assert api.get("companyinfo/1").status_code == 200
    for wrong in ({"novel": 1}, {"read": -1}):
        answer = requests.post(f"{api.emulator.url}/control/latency", json=wrong, timeout=10)
        assert answer.status_code == 400
    assert "take as long as in life" in page(api, action="latency", slow="on")
    assert "come at once" in page(api, action="latency", slow="off")


def test_switches_are_set_beside_the_preferences_and_kept(tmp_path: Any) -> None:
    state = str(tmp_path / "state.json")
    options = ("--company", "us", "--single", "--seed", "own", "--state", state)
    with EmulatorProcess(*options) as first:
        api = Api(first)
        api.control("preferences", {"TaxedStates": ["WA", "IL"], "LongDecimals": "refused"})
        body = invoice_body(api.customer()["Id"])
        body["Line"] = [sales_line(100, TaxCodeRef={"value": "TAX"})]
        assert api.create("Invoice", body)["TxnTaxDetail"]["TotalTax"] == 0
        seattle = {"ShipAddr": {"City": "Seattle", "CountrySubDivisionCode": "WA"}}
        assert api.create("Invoice", {**body, **seattle})["TxnTaxDetail"]["TotalTax"] == Decimal("10.35")
    with EmulatorProcess(*options) as again:
        after = Api(again)
        body["Line"] = [sales_line(1, UnitPrice="0.333333", Qty=3)]
        assert after.code(after.post("invoice", body)) == "2050"


def test_invoice_links_follow_the_public_address() -> None:
    world = World(Settings(profiles=("us",), public_url="https://qbo.example.test"))
    world.refill()
    world.url = "https://qbo.example.test"
    company = world.companies.first()
    customer = next(iter(company.table("Customer").rows))
    more = {"BillEmail": {"Address": "a@example.test"}, "AllowOnlineCreditCardPayment": True}
    row = engine.save(company, ENTITY_TYPES["Invoice"], invoice_body(customer, **more), world.clock.now())
    assert shown(world.url, company, row)["InvoiceLink"].startswith("https://qbo.example.test/")
