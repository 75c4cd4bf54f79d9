from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Api

KEYS = [
    "CustomerRef",
    "DepositToAccountRef",
    "TotalAmt",
    "UnappliedAmt",
    "ProcessPayment",
    "domain",
    "sparse",
    "Id",
    "SyncToken",
    "MetaData",
    "TxnDate",
    "CurrencyRef",
    "LinkedTxn",
    "Line",
]


def test_payment_settles_the_invoice_and_raises_its_token(api: Api) -> None:
    invoice = api.invoice(100)
    payment = api.pay(invoice, 40)
    assert list(payment) == KEYS
    assert (payment["TotalAmt"], payment["UnappliedAmt"]) == (40, 0)
    names = [pair["value"]["Name"] for pair in payment["Line"][0]["LineEx"]["any"]]
    assert names == ["txnId", "txnOpenBalance", "txnReferenceNumber"]
    after = api.read("Invoice", invoice["Id"])
    assert (after["Balance"], after["TotalAmt"], after["SyncToken"]) == (60, 100, "1")
    assert after["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "Payment"}]


def _applied(api: Api, payment: dict[str, Any], lines: list[Any]) -> dict[str, Any]:
    body = {"Id": payment["Id"], "SyncToken": payment["SyncToken"], "sparse": True, "Line": lines}
    return api.create("Payment", body)


@pytest.mark.parametrize("way", ["unapply", "void", "delete"])
def test_taking_a_payment_back_opens_the_invoice_again(api: Api, way: str) -> None:
    invoice = api.invoice(100)
    payment = api.pay(invoice, 100)
    assert api.read("Invoice", invoice["Id"])["Balance"] == 0
    stub = {"Id": payment["Id"], "SyncToken": payment["SyncToken"]}
    if way == "unapply":
        after = _applied(api, payment, [])
        assert (after["UnappliedAmt"], after["TotalAmt"], after["Line"]) == (100, 100, [])
    elif way == "void":
        after = api.create("Payment", {**stub, "sparse": True}, operation="update", include="void")
        assert (after["TotalAmt"], after["UnappliedAmt"], after["Line"]) == (0, 0, [])
        assert after["PrivateNote"] == "Voided"
    else:
        assert api.ok(api.post("payment", stub, operation="delete"))["Payment"]["status"] == "Deleted"
    reopened = api.read("Invoice", invoice["Id"])
    assert (reopened["Balance"], reopened["LinkedTxn"], reopened["SyncToken"]) == (100, [], "2")


def test_settled_invoice_cannot_be_voided_until_the_payment_is_off(api: Api) -> None:
    invoice = api.invoice(100)
    payment = api.pay(invoice, 40)
    assert api.code(api.post("invoice", {"Id": invoice["Id"], "SyncToken": "1"}, operation="void")) == "6450"
    assert api.read("Invoice", invoice["Id"])["TotalAmt"] == 100
    _applied(api, payment, [])
    voided = api.create("Invoice", {"Id": invoice["Id"], "SyncToken": "2"}, operation="void")
    assert voided["PrivateNote"] == "Voided"
    assert api.read("Payment", payment["Id"])["UnappliedAmt"] == 40


def test_deleting_a_paid_invoice_leaves_the_payment_unapplied(api: Api) -> None:
    invoice = api.invoice(100)
    payment = api.pay(invoice, 100)
    api.ok(api.post("invoice", {"Id": invoice["Id"], "SyncToken": "1"}, operation="delete"))
    after = api.read("Payment", payment["Id"])
    assert (after["UnappliedAmt"], after["Line"]) == (100, [])
    assert api.read("Customer", invoice["CustomerRef"]["value"])["Balance"] == -100


def test_deposited_payment_holds_itself_and_its_invoice_fast(api: Api) -> None:
    invoice = api.invoice(100)
    payment = api.pay(invoice, 100)
    api.control(f"payments/{payment['Id']}/deposit")
    token = api.read("Payment", payment["Id"])["SyncToken"]
    for kind, qbo_id, at in (("payment", payment["Id"], token), ("invoice", invoice["Id"], "1")):
        stub = {"Id": qbo_id, "SyncToken": at}
        void = {"operation": "void"} if kind == "invoice" else {"operation": "update", "include": "void"}
        assert api.code(api.post(kind, stub, **void)) == "6540"
        assert api.code(api.post(kind, stub, operation="delete")) == "6540"
    assert api.read("Invoice", invoice["Id"])["SyncToken"] == "1"
    body = {"Id": payment["Id"], "SyncToken": token, "sparse": True, "Line": []}
    assert api.code(api.post("payment", body)) == "6540"
    note = {"Id": invoice["Id"], "SyncToken": "1", "sparse": True, "PrivateNote": "still free"}
    assert api.create("Invoice", note)["PrivateNote"] == "still free"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Line": [{"Amount": 101, "LinkedTxn": [{"TxnId": "$", "TxnType": "Invoice"}]}]}, "6000"),
        ({"TotalAmt": 10}, "6000"),
        ({"TotalAmt": None}, "2020"),
        ({"CustomerRef": {"value": "2"}}, "6000"),
        ({"Line": [{"Amount": 1, "LinkedTxn": [{"TxnId": "99999", "TxnType": "Invoice"}]}]}, "610"),
        ({"TotalAmt": -5}, "2080"),
    ],
)
def test_bad_payment_is_refused_and_changes_nothing(api: Api, change: dict[str, Any], code: str) -> None:
    invoice = api.invoice(100)
    line = {"Amount": 100, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    body = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": 200, "Line": [line], **change}
    for given in body["Line"]:
        for link in given["LinkedTxn"]:
            link["TxnId"] = link["TxnId"].replace("$", invoice["Id"])
    assert api.code(api.post("payment", body)) == code
    assert api.read("Invoice", invoice["Id"])["SyncToken"] == "0"


def test_shrunk_invoice_gives_the_surplus_back(api: Api) -> None:
    invoice = api.invoice(100)
    payment = api.pay(invoice, 100)
    line = {**invoice["Line"][0], "Amount": 60}
    api.create("Invoice", {"Id": invoice["Id"], "SyncToken": "1", "sparse": True, "Line": [line]})
    assert api.read("Payment", payment["Id"])["UnappliedAmt"] == 40
    after = api.read("Invoice", invoice["Id"])
    assert (after["TotalAmt"], after["Balance"]) == (60, 0)


def test_credit_memo_pays_an_invoice_through_a_payment(api: Api) -> None:
    invoice = api.invoice(100)
    line = {**invoice["Line"][0], "Amount": 30}
    del line["Id"]
    memo = api.create("CreditMemo", {"CustomerRef": invoice["CustomerRef"], "Line": [line]})
    assert memo["RemainingCredit"] == 30
    links = [("Invoice", invoice["Id"]), ("CreditMemo", memo["Id"])]
    lines = [{"Amount": 30, "LinkedTxn": [{"TxnId": qbo_id, "TxnType": kind}]} for kind, qbo_id in links]
    payment = api.create("Payment", {"CustomerRef": invoice["CustomerRef"], "TotalAmt": 0, "Line": lines})
    assert payment["UnappliedAmt"] == 0
    assert api.read("Invoice", invoice["Id"])["Balance"] == 70
    assert api.read("CreditMemo", memo["Id"])["RemainingCredit"] == 0
