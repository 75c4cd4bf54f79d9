"""What is odd about an invoice is flagged until somebody has looked, and its history says why it is as it is."""

import json
import secrets
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deals.models import Deal, TimelineEntry
from quickbooks_bridge.domain.alarms import Alarm, Cause, Expected, creation_finding
from quickbooks_bridge.domain.record_chain import recorded_body
from quickbooks_bridge.models import Customer, Invoice, InvoiceEvent, InvoiceRecord
from quickbooks_bridge.services.invoicing.records import broken_entry, records_continue
from quickbooks_bridge.services.sync.company import sync_company

from ..fixtures import sign_in
from .company_forms import NOW, create, line, page_of, sellable

pytestmark = pytest.mark.django_db
FINDINGS = [
    (Expected(Decimal(100), Decimal(20)), "120", "20", None, None),
    (Expected(Decimal(120), Decimal(20)), "120", "20", None, None),
    (Expected(Decimal(120), Decimal(20)), "120.01", "20.01", None, (Alarm.TOTAL_DIFFERS, Cause.ROUNDING)),
    (Expected(Decimal(120), Decimal(20)), "125", "25", None, (Alarm.TOTAL_DIFFERS, Cause.TAX_CHANGED)),
    (Expected(Decimal(120), Decimal(20)), "110", "20", None, (Alarm.TOTAL_DIFFERS, Cause.LINES_CHANGED)),
    (Expected(Decimal(120), Decimal(20)), "100", "0", None, (Alarm.TAX_ZERO, Cause.EXEMPT)),
    (Expected(Decimal(100), None, Decimal(100)), "108.25", "8.25", None, None),
    (Expected(Decimal(100), None, Decimal(100)), "100", "0", None, (Alarm.TAX_ZERO, Cause.NOT_COLLECTED)),
    (Expected(Decimal(100), None, Decimal(100), has_place=False), "100", "0", None, (Alarm.TAX_ZERO, Cause.NO_PLACE)),
    (Expected(Decimal(100), None), "100", "0", None, None),
    (Expected(Decimal(9), Decimal(0), rate=Decimal("1.2")), "9", "0", "1", (Alarm.RATE_ONE, Cause.RATE_NOT_KEPT)),
    (Expected(Decimal(9), Decimal(0), rate=Decimal(1)), "9", "0", "1", None),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "total", "tax", "rate", "finding"), FINDINGS[1:])
def test_what_is_odd_and_why(expected, total, tax, rate, finding):
    found = creation_finding(
        expected,
        total=Decimal(total),
        total_tax=Decimal(tax),
        exchange_rate=Decimal(rate) if rate else None,
    )
    assert (found and (found.alarm, found.cause)) == finding


@given(st.decimals("0.01", "99999", places=2), st.decimals("0", "9999", places=2))
def test_what_is_as_promised_is_never_odd(net, tax):
    promised = Expected(net + tax, tax, net if tax else Decimal(0))
    assert creation_finding(promised, total=net + tax, total_tax=tax, exchange_rate=None) is None


def made(admin, deal, connection, **facts):
    client = sign_in(admin.member)
    item = next(one for one in sellable(connection) if one.kind == "Service")
    fields = page_of(client, deal) | line(0, item, unit_price="100", tax="1")
    fields |= {
        "customer_mode": "new", "new_display_name": f"Odd {secrets.token_hex(4)}", "email": "sue@secret.example",
        "address": "5 Hidden Way\nBrooklyn, NY 11222", "message": "for Sue", **facts,
    }  # fmt: skip
    return client, create(client, deal, fields).invoice


def test_tax_of_zero_is_flagged_found_by_a_filter_and_gone_when_checked(admin, deal, companies, connected):
    connection = connected("us-multi")
    client, invoice = made(admin, deal, connection, address="1 Pine St\nPortland, OR 97204")
    assert (invoice.total_tax, invoice.alarm) == (0, Alarm.TAX_ZERO)
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    assert "is created in QuickBooks. No tax although lines are taxable." in page
    assert "No tax although lines are taxable" in page
    assert f'action="/invoices/{invoice.pk}/checked/"' in page
    assert deal.title in client.get("/deals/?invoices=alarm").content.decode()
    assert client.post(f"/invoices/{invoice.pk}/checked/").status_code == 302
    assert client.post(f"/invoices/{invoice.pk}/checked/").status_code == 302
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    assert f'action="/invoices/{invoice.pk}/checked/"' not in page
    assert deal.title not in client.get("/deals/?invoices=alarm").content.decode()
    assert TimelineEntry.objects.filter(deal=deal, kind="invoice.alarm_checked").count() == 1


def test_the_next_invoice_to_the_same_place_has_an_estimate_of_its_tax_and_no_other_has(
    admin, deal, companies, connected
):
    connection = connected("us-multi")
    client, invoice = made(admin, deal, connection)
    assert invoice.total_tax > 0
    item = next(one for one in sellable(connection) if one.kind == "Service")
    fields = page_of(client, deal) | line(0, item, unit_price="200", tax="1") | {"customer_mode": "new"}
    same = {**fields, "address": "5  hidden way\nBrooklyn, NY 11222"}
    page = client.post(f"/deals/{deal.pk}/invoices/check/", same).content.decode()
    assert f"as on invoice {invoice.doc_number}" in page
    assert f"about ${2 * invoice.total_tax}" in page
    assert "Total before tax" in page
    other = {**fields, "address": "6 Hidden Way\nBrooklyn, NY 11222"}
    assert "An estimate" not in client.post(f"/deals/{deal.pk}/invoices/check/", other).content.decode()


def test_a_foreign_invoice_at_a_rate_of_one_is_flagged_whoever_made_it(admin, deal, companies, connected):
    connection = connected("us-multi")
    euro = Customer.objects.filter(company=connection.company, currency="EUR", is_active=True).first()
    realm = connection.company.realm_id
    body = {
        "CustomerRef": {"value": euro.qbo_id}, "CurrencyRef": {"value": "EUR"}, "ExchangeRate": 1,
        "Line": [{
            "Amount": 100, "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": sellable(connection)[0].qbo_id}},
        }],
    }  # fmt: skip
    there = companies.control("POST", f"/control/{realm}/invoices", body)
    sync_company(connection, now=NOW)
    invoice = Invoice.objects.get(company=connection.company, qbo_id=there["Id"])
    assert invoice.exchange_rate == 1
    Invoice.objects.filter(pk=invoice.pk).update(deal=deal)
    page = sign_in(admin.member).get(f"/deals/{deal.pk}/").content.decode()
    assert "Booked at an exchange rate of 1" in page


def test_history_tells_what_was_decided_sent_answered_and_since(admin, deal, companies, connected):
    connection = connected("us-multi")
    client, invoice = made(admin, deal, connection)
    realm = connection.company.realm_id
    companies.control("POST", f"/control/{realm}/invoices/{invoice.qbo_id}/edit", {"DueDate": "2027-01-31"})
    sync_company(connection, now=NOW)
    page = client.get(f"/invoices/{invoice.pk}/history/").content.decode()
    for words in (
        "Decided, with the deal as it was then",
        "Sent to QuickBooks",
        "QuickBooks answered",
        "is now due",
    ):
        assert words in page
    assert "Nothing of this was changed" in page
    rows = list(InvoiceRecord.objects.filter(invoice=invoice))
    assert [row.kind for row in rows][:3] == ["decided", "sent", "answered"]
    assert rows[2].data["intuit_tid"]
    text = client.get(f"/invoices/{invoice.pk}/history.json").content.decode()
    assert len(json.loads(text)["entries"]) == len(rows)
    for secret in ("secret.example", "Hidden", "for Sue", "Bearer"):
        assert secret not in page
        assert secret not in text
    assert records_continue() == 0


@pytest.mark.parametrize("harm", ["change", "remove"])
def test_a_history_that_was_changed_says_so(admin, deal, companies, connected, harm):
    connection = connected("us-multi")
    client, invoice = made(admin, deal, connection)
    rows = InvoiceRecord.objects.filter(invoice=invoice)
    assert broken_entry(rows) is None
    second = rows.get(number=2)
    if harm == "change":
        rows.filter(number=2).update(data={**second.data, "attempts": 9})
    else:
        second.delete()
    assert broken_entry(rows.all()) == (2 if harm == "change" else 3)
    assert "This history was changed" in client.get(f"/invoices/{invoice.pk}/history/").content.decode()


def test_an_invoice_made_in_quickbooks_has_no_history_of_its_making(admin, deal, connected):
    connection = connected("us-multi")
    invoice = Invoice.objects.filter(company=connection.company, created_by_app=False).first()
    page = sign_in(admin.member).get(f"/invoices/{invoice.pk}/history/").content.decode()
    assert "No history of its making" in page
    assert not InvoiceEvent.objects.filter(invoice=invoice, kind="invoice.created").exists()
    assert Deal.objects.filter(pk=deal.pk).exists()


def test_the_recorded_body_names_nobody():
    body = {
        "BillEmail": {"Address": "a@b.c"}, "PrivateNote": "x", "CustomerMemo": {"value": "y"}, "TxnDate": "2026-01-01",
        "BillAddr": {"Line1": "Ann"}, "ShipAddr": {"Line1": "Ann", "City": "Oslo", "PostalCode": "0155"},
    }  # fmt: skip
    assert recorded_body(body) == {
        "TxnDate": "2026-01-01",
        "ShipAddr": {"City": "Oslo", "PostalCode": "0155"},
    }
