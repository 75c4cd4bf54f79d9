"""A bare HTTP client for the emulator's tests: no library between the test and the wire."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import requests

from tests.emulator_process import EmulatorProcess


class Api:
    """Calls one company of a running emulator with the tokens it printed."""

    def __init__(self, emulator: EmulatorProcess, number: int = 0) -> None:
        self.emulator = emulator
        self.company = emulator.companies[number]
        self.realm_id = self.company["realm_id"]
        self.base = f"{emulator.api_url}/company/{self.realm_id}"
        self.session = requests.Session()
        self.session.headers.update(
            {"Authorization": f"Bearer {self.company['access_token']}", "Accept": "application/json"}
        )

    def get(self, path: str, **params: str) -> requests.Response:
        return self.session.get(f"{self.base}/{path}", params=params, timeout=10)

    def post(self, path: str, body: Any = None, **params: str) -> requests.Response:
        data = None if body is None else json.dumps(body, default=str)
        headers = {"Content-Type": "application/json"}
        return self.session.post(f"{self.base}/{path}", data, params=params, headers=headers, timeout=10)

    def ok(self, answer: requests.Response) -> dict[str, Any]:
        """The JSON of a successful answer, numbers as Decimal."""
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json(parse_float=Decimal)
        return found

    def create(self, kind: str, body: Any, **params: str) -> dict[str, Any]:
        created: dict[str, Any] = self.ok(self.post(kind.lower(), body, **params))[kind]
        return created

    def read(self, kind: str, qbo_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ok(self.get(f"{kind.lower()}/{qbo_id}"))[kind]
        return found

    def query(self, text: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ok(self.get("query", query=text))["QueryResponse"]
        return found

    def code(self, answer: requests.Response) -> str:
        """The code of the first error of a refused request."""
        assert answer.status_code == 400, answer.text
        return str(answer.json()["Fault"]["Error"][0]["code"])

    def invoice(self, amount: Any = 100, *, customer: str | None = None, **more: Any) -> dict[str, Any]:
        """A one-line invoice without tax."""
        return self.create("Invoice", invoice_body(customer or self.customer()["Id"], amount, **more))

    def customer(self, name: str | None = None, **more: Any) -> dict[str, Any]:
        """A new customer with an address."""
        self.made = getattr(self, "made", 0) + 1
        address = {
            "Line1": "1 Test St",
            "City": "Austin",
            "CountrySubDivisionCode": "TX",
            "PostalCode": "78701",
        }
        body = {
            "DisplayName": name or f"Test customer {id(self)} {self.made}",
            "BillAddr": address,
            "ShipAddr": address,
        }
        return self.create("Customer", {**body, **more})

    def pay(self, invoice: dict[str, Any], amount: Any, **more: Any) -> dict[str, Any]:
        """A payment of one invoice through the API."""
        line = {"Amount": amount, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
        body = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": amount, "Line": [line]}
        return self.create("Payment", {**body, **more})

    def control(self, path: str, body: Any = None) -> Any:
        """A control call about this company."""
        return self.emulator.control("POST", f"/control/{self.realm_id}/{path}", body)


def sales_line(amount: Any, item: str = "1", **detail: Any) -> dict[str, Any]:
    return {
        "Amount": amount,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item}, **detail},
    }


def invoice_body(customer: str, amount: Any = 100, **more: Any) -> dict[str, Any]:
    return {"CustomerRef": {"value": customer}, "Line": [sales_line(amount)], **more}


def words(*texts: str) -> list[str]:
    """The words of all texts, in order."""
    return " ".join(texts).split()
