"""Invoices through the API: the same rules, refusals and actions as the pages, and never twice."""

import pytest

from deals.models import Deal, DealLine
from quickbooks_bridge.models import Invoice, InvoiceIntent, Item, ItemLink

from ..fixtures import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(connection, deal):
    """A deal whose product is linked."""
    item = Item.objects.filter(company=connection.company, kind="Service", is_active=True).first()
    DealLine.objects.filter(deal=deal).delete()
    DealLine.objects.create(deal=deal, name="Work", quantity=2, unit_price="50", tax_percent=0)
    ItemLink.objects.create(
        company=connection.company,
        name_key="name:work",
        item_qbo_id=item.qbo_id,
        linked_at=connection.connected_at,
    )
    Deal.objects.filter(pk=deal.pk).update(value=100, currency="USD")
    return deal


NEW = {
    "new_customer_name": "API Customer LLC",
    "address": "1 Elm St\nAustin, TX 78701",
    "email": "pay@api.example",
}


def test_create_read_void_and_pdf(caller, ready, qbo):
    api = caller("invoice")
    made = api.post(f"deals/{ready.pk}/invoices/", NEW, Idempotency_Key="one")
    assert made.status_code == 201, made.json()
    invoice = made.json()
    assert (invoice["status"], invoice["deal"], invoice["currency"]) == ("open", ready.pk, "USD")
    assert [action["id"] for action in invoice["actions"]] == [
        "send",
        "pdf",
        "open",
        "unlink",
        "void",
        "delete",
    ]
    listed = api.get(f"deals/{ready.pk}/invoices/").json()
    assert listed["state"] == "connected"
    assert [row["id"] for row in listed["invoices"]] == [invoice["id"]]
    assert listed["totals"][0]["outstanding"] == invoice["balance"]
    assert api.get(f"invoices/?deal={ready.pk}").json()["results"][0]["id"] == invoice["id"]
    assert api.get(f"invoices/{invoice['id']}/").json()["number"] == invoice["number"]
    pdf = api.get(f"invoices/{invoice['id']}/pdf/")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    sent = api.post(f"invoices/{invoice['id']}/send/", {}, Idempotency_Key="send")
    assert sent.status_code == 200
    voided = api.post(f"invoices/{invoice['id']}/void/", {"reason": "Wrong"}, Idempotency_Key="void")
    assert voided.json()["status"] == "voided"
    again = api.post(f"invoices/{invoice['id']}/void/", {}, Idempotency_Key="void again")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "not_allowed_now")
    gone = api.post(f"invoices/{invoice['id']}/delete/", {}, Idempotency_Key="delete")
    assert gone.json()["status"] == "deleted"
    assert gone.json()["total"] is None


def test_the_same_key_makes_one_invoice_whatever_became_of_the_first_answer(caller, ready, qbo):
    api = caller("invoice")
    first = api.post(f"deals/{ready.pk}/invoices/", NEW, Idempotency_Key="k")
    again = api.post(f"deals/{ready.pk}/invoices/", NEW, Idempotency_Key="k")
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    other = api.post(f"deals/{ready.pk}/invoices/", {**NEW, "memo": "x"}, Idempotency_Key="k")
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "idempotency_key_reused")
    missing = api.post(f"deals/{ready.pk}/invoices/", NEW)
    assert (missing.status_code, missing.json()["errors"][0]["code"]) == (400, "idempotency_key_missing")
    # Even an answer that was never kept leads to the same invoice.
    from deals.models import ApiRequest

    ApiRequest.objects.all().delete()
    repeated = api.post(f"deals/{ready.pk}/invoices/", NEW, Idempotency_Key="k")
    assert repeated.json()["id"] == first.json()["id"]
    assert Invoice.objects.filter(deal=ready).count() == 1
    assert InvoiceIntent.objects.filter(deal=ready).count() == 1


def test_what_the_form_would_refuse_is_refused_with_code_and_field(caller, ready, qbo):
    api = caller("invoice")
    before = qbo.control("GET", "/control/requests")["total"]
    found = api.get(f"deals/{ready.pk}/readiness/").json()
    assert not found["is_ready"]
    codes = {problem["code"] for problem in found["problems"]}
    assert "customer_missing" in codes or "customer_unlinked" in codes or codes
    DealLine.objects.create(deal=ready, name="Nobody linked this", quantity=1, unit_price="5", tax_percent=0)
    answer = api.post(
        f"deals/{ready.pk}/invoices/",
        {**NEW, "email": "no address", "issue_date": "2999-01-01"},
        Idempotency_Key="bad",
    )
    assert answer.status_code == 422
    errors = {error["code"]: error for error in answer.json()["errors"]}
    assert errors["email_bad"]["attr"] == "email"
    assert errors["line_unlinked"]["attr"] == "1-item"
    assert errors["date_absurd"]["attr"] == "issue_date"
    assert all(error["detail"] for error in errors.values())
    assert qbo.control("GET", "/control/requests")["total"] == before
    # Put right, the same key cannot be used, for it has its answer; a new one can.
    assert api.post(f"deals/{ready.pk}/invoices/", NEW, Idempotency_Key="bad").status_code == 422


def test_products_and_customers_are_found_and_linked_by_their_ids(caller, ready, qbo, connection):
    api = caller("invoice")
    line = DealLine.objects.create(
        deal=ready, name="Nobody linked this", quantity=1, unit_price="5", tax_percent=0
    )
    item = Item.objects.filter(company=connection.company, kind="Service", is_active=True).last()
    found = api.get(f"items/?q={item.name.split()[0]}").json()
    assert item.qbo_id in [row["quickbooks_id"] for row in found]
    customer = api.get("customers/?q=a").json()[0]
    wrong = api.post(
        f"deals/{ready.pk}/invoices/", {**NEW, "items": {str(line.pk): "99999"}}, Idempotency_Key="w"
    )
    assert [error["attr"] for error in wrong.json()["errors"]] == ["1-item"]
    data = {"customer_quickbooks_id": customer["quickbooks_id"], "items": {str(line.pk): item.qbo_id}}
    made = api.post(f"deals/{ready.pk}/invoices/", data, Idempotency_Key="l")
    assert made.status_code == 201, made.json()
    assert made.json()["customer_quickbooks_id"] == customer["quickbooks_id"]
    assert ItemLink.objects.filter(
        company=connection.company, item_qbo_id=item.qbo_id, name_key="name:nobody linked this"
    ).exists()


def test_what_is_billed_is_not_billed_again_unasked(caller, ready, qbo):
    api = caller("invoice")
    api.post(f"deals/{ready.pk}/invoices/", NEW, Idempotency_Key="a")
    again = api.post(f"deals/{ready.pk}/invoices/", {}, Idempotency_Key="b")
    assert again.status_code == 422
    assert "again_reason" in [error["attr"] for error in again.json()["errors"]]
    assert (
        api.post(f"deals/{ready.pk}/invoices/", {"again_reason": "Monthly"}, Idempotency_Key="c").status_code
        == 201
    )


def test_who_may_not_see_invoices_gets_none(caller, ready, rep, stranger, qbo):
    made = caller("invoice").post(f"deals/{ready.pk}/invoices/", NEW, Idempotency_Key="a").json()
    reps, others = caller("invoice", rep), caller("invoice", stranger)
    assert reps.get(f"deals/{ready.pk}/invoices/").json()["state"] == "not_yours"
    for api in (reps, others):
        assert api.get(f"invoices/{made['id']}/").status_code == 404
        assert api.post(f"invoices/{made['id']}/void/", {}, Idempotency_Key="x").status_code == 404
        assert api.post(f"deals/{ready.pk}/invoices/", NEW, Idempotency_Key="y").status_code == 404
    assert others.get(f"deals/{ready.pk}/invoices/").status_code == 404
    reader = caller("read")
    assert reader.get(f"invoices/{made['id']}/").status_code == 200
    assert reader.post(f"invoices/{made['id']}/void/", {}, Idempotency_Key="z").status_code == 403
    assert caller("push").post(f"invoices/{made['id']}/void/", {}, Idempotency_Key="z").status_code == 403


def test_a_refusal_of_quickbooks_says_what_and_who(caller, ready, qbo, connection):
    api = caller("invoice")
    made = api.post(f"deals/{ready.pk}/invoices/", NEW, Idempotency_Key="a").json()
    qbo.control("POST", "/control/faults", {"kind": "504", "count": 9})
    try:
        answer = api.post(f"invoices/{made['id']}/void/", {}, Idempotency_Key="v")
    finally:
        qbo.control("DELETE", "/control/faults")
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert error["detail"]
    # Nothing was done, so the same key may try again.
    assert api.post(f"invoices/{made['id']}/void/", {}, Idempotency_Key="v").json()["status"] == "voided"
    page = sign_in(connection.owner).get(f"/deals/{ready.pk}/")
    assert page.status_code == 200
