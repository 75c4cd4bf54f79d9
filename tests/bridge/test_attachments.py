"""Files wait with their form, go up once the invoice is there, and are tried again without it."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from quickbooks_bridge.models import Connection, Invoice, InvoiceAttachment
from quickbooks_bridge.services.invoicing.attachments import LARGEST, attachments_cleanup, attachments_send

from ..fixtures import sign_in
from .company_forms import create, line, page_of, sellable
from .test_invoice_form import fields_of

pytestmark = pytest.mark.django_db


def soon(times=1):
    """A moment at which what was put off a while ago is due; the tests before this one may have taken long."""
    return datetime.now(UTC) + times * timedelta(minutes=5)


def pdf(name="terms.pdf", data=b"%PDF-1.4 terms"):
    return SimpleUploadedFile(name, data, content_type="text/html")


@pytest.fixture
def shop(admin, deal, connected):
    return sign_in(admin.member), connected("us-2")


def filled(client, deal, connection):
    item = next(one for one in sellable(connection) if one.kind == "Service")
    fields = page_of(client, deal) | line(0, item, unit_price="12.5")
    return fields | {"customer_mode": "new", "new_display_name": f"Files {secrets.token_hex(4)}"}


def press(client, deal, fields, do, *files):
    return client.post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": do, "files": list(files)})


def there(companies, connection, invoice):
    dump = companies.control("GET", f"/control/{connection.company.realm_id}/dump").get("Attachable", [])
    return [
        row for row in dump
        if any(ref["EntityRef"]["value"] == invoice.qbo_id for ref in row.get("AttachableRef", []))
    ]  # fmt: skip


def test_files_are_kept_with_the_form_and_reach_quickbooks_once(deal, companies, shop):
    client, connection = shop
    fields = filled(client, deal, connection)
    page = press(client, deal, fields, "attach", pdf(), pdf("plan.png", b"\x89PNG")).content.decode()
    assert "terms.pdf" in page
    # Nothing typed is lost by a refusal, nor are files.
    refused = press(client, deal, {**fields_of(page), "lines-0-quantity": "0"}, "create").content.decode()
    assert "plan.png" in refused
    second = InvoiceAttachment.objects.get(name="plan.png")
    page = press(
        client, deal, {**fields_of(refused), "lines-0-quantity": "1"}, f"detach:{second.pk}"
    ).content.decode()
    assert "plan.png" not in page
    intent = create(client, deal, fields_of(page))
    row = InvoiceAttachment.objects.get()
    assert (row.invoice_id, row.state) == (intent.invoice_id, "waiting")
    assert attachments_send(now=soon()) == 1
    assert attachments_send(now=soon(2)) == 0
    row.refresh_from_db()
    assert (row.state, bytes(row.content), row.media) == ("done", b"", "application/pdf")
    kept = there(companies, connection, intent.invoice)
    assert [(one["FileName"], one["Size"]) for one in kept] == [("terms.pdf", 14)]
    assert kept[0]["AttachableRef"][0]["IncludeOnSend"] is True
    assert "terms.pdf" in client.get(f"/invoices/{intent.invoice_id}/history/").content.decode()


def test_a_file_that_is_posted_with_create_goes_along(deal, shop):
    client, connection = shop
    assert press(client, deal, filled(client, deal, connection), "create", pdf()).status_code == 302
    assert InvoiceAttachment.objects.get().invoice == Invoice.objects.get(deal=deal)


WRONG = [
    (pdf("page.html"), "QuickBooks takes PDF"),
    (pdf("noend"), "QuickBooks takes PDF"),
    (pdf(data=b""), "nothing in this file"),
    (pdf(data=b"x" * (LARGEST + 1)), "up to 10 MB"),
]


@pytest.mark.parametrize(("file", "words"), WRONG, ids=["html", "no end", "empty", "large"])
def test_what_cannot_be_attached_is_said_and_nothing_is_sent(deal, companies, shop, file, words):
    client, connection = shop
    fields = filled(client, deal, connection)
    before = companies.control("GET", "/control/requests")["total"]
    answer = press(client, deal, fields, "create", file)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not InvoiceAttachment.objects.exists()
    assert companies.control("GET", "/control/requests")["total"] == before


def test_an_eleventh_file_is_refused(deal, shop):
    client, connection = shop
    fields = filled(client, deal, connection)
    page = press(client, deal, fields, "attach", *(pdf(f"{at}.pdf") for at in range(11))).content.decode()
    assert "up to 10 files" in page
    assert InvoiceAttachment.objects.count() == 10


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500", "500_after"])
def test_a_lost_upload_is_tried_again_and_never_doubled(deal, companies, shop, kind):
    client, connection = shop
    press(client, deal, filled(client, deal, connection), "create", pdf())
    invoice = Invoice.objects.get(deal=deal)
    fault = {"kind": kind, "operation": "upload.unknown", "count": 1}
    companies.control("POST", "/control/faults", fault)
    assert attachments_send(now=soon()) == 0
    assert InvoiceAttachment.objects.get().state == "waiting"
    assert attachments_send(now=soon(2)) == 1
    assert len(there(companies, connection, invoice)) == 1
    assert Invoice.objects.filter(deal=deal).count() == 1
    companies.control("DELETE", "/control/faults")


def test_without_a_connection_files_wait_and_forgotten_ones_go(deal, shop):
    client, connection = shop
    press(client, deal, filled(client, deal, connection), "create", pdf())
    Connection.objects.filter(pk=connection.pk).update(status="needs_reconnect")
    assert attachments_send(now=soon()) == 0
    assert InvoiceAttachment.objects.get().state == "waiting"
    InvoiceAttachment.objects.update(invoice=None)
    attachments_cleanup(now=soon() + timedelta(days=29))
    assert InvoiceAttachment.objects.exists()
    attachments_cleanup(now=soon() + timedelta(days=31))
    assert not InvoiceAttachment.objects.exists()


def test_the_payment_link_is_shown_where_quickbooks_gives_one(deal, companies, shop):
    client, connection = shop
    realm = connection.company.realm_id
    companies.control("POST", f"/control/{realm}/preferences", {"ETransactionPaymentEnabled": True})
    facts = {**connection.company.facts, "takes_online_payments": True}
    type(connection.company).objects.filter(pk=connection.company_id).update(facts=facts)
    fields = filled(client, deal, connection) | {"pay_online": "1", "email": "pay@quill.example"}
    invoice = create(client, deal, fields).invoice
    page = client.post(f"/invoices/{invoice.pk}/pay-link/", follow=True).content.decode()
    assert "/t/scs-v1-" in page
    Invoice.objects.filter(pk=invoice.pk).update(balance=5)
    assert f'action="/invoices/{invoice.pk}/pay-link/"' in client.get(f"/deals/{deal.pk}/").content.decode()
    other = create(
        client, deal, filled(client, deal, connection) | {"email": "", "again_reason": "another one"}
    ).invoice
    assert (
        "gives no payment link"
        in client.post(f"/invoices/{other.pk}/pay-link/", follow=True).content.decode()
    )
