"""Creating an invoice: what it costs the database, and that cheapness never costs exactness."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from crm_invoicing.encryption import encrypt
from deals.models import TimelineEntry
from quickbooks_bridge.gateway.client import QuickBooksClient
from quickbooks_bridge.models import Connection, Invoice, InvoiceEvent, InvoiceIntent, SavedDraft
from quickbooks_bridge.services.connections.lifecycle import client_for
from quickbooks_bridge.services.connections.tokens import ConnectionTokenSource
from quickbooks_bridge.services.invoicing import create as creation
from quickbooks_bridge.services.invoicing import intents
from quickbooks_bridge.services.mirror import invoices

from ..fixtures import sign_in
from .test_invoice_lifecycle import create, form_data

pytestmark = pytest.mark.django_db
BRACKETS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


@pytest.fixture
def client(admin):
    return sign_in(admin.member)


def test_invoice_for_a_known_customer_takes_a_fixed_number_of_statements(client, deal, connection):
    create(client, deal, connection)
    customer = Invoice.objects.get(deal=deal).customer_qbo_id
    data = form_data(connection, token="token-2", customer_mode="existing", customer=customer)
    data["lines-0-quantity"] = "7"
    with CaptureQueriesContext(database) as queries:
        assert client.post(f"/deals/{deal.pk}/invoices/new/", data).status_code == 302
    assert Invoice.objects.filter(deal=deal).count() == 2
    counted = [one["sql"] for one in queries if not one["sql"].startswith(BRACKETS)]
    assert len(counted) <= 25, counted


def test_announcement_that_is_faster_than_the_answer_tells_nothing_twice(
    client, deal, connection, monkeypatch
):
    real = QuickBooksClient.invoice_create

    def slower(self, payload, *, request_id):
        made = real(self, payload, request_id=request_id)
        invoices.invoice_apply(connection.company, made, now=datetime.now(UTC), source="sync")
        return made

    monkeypatch.setattr(QuickBooksClient, "invoice_create", slower)
    create(client, deal, connection)
    row = Invoice.objects.get(deal=deal)
    assert row.created_by_app
    assert row.expected_total == row.total
    assert InvoiceIntent.objects.get().invoice == row
    assert InvoiceEvent.objects.filter(kind="invoice.created").count() == 1
    assert TimelineEntry.objects.filter(deal=deal, kind="invoice.created").count() == 1


def test_process_that_dies_right_after_deciding_leaves_the_sending_to_the_next(
    client, deal, connection, monkeypatch
):
    def dies(*_args, **_more):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(creation, "intent_send", dies)
        with pytest.raises(SystemExit):
            create(client, deal, connection)
    intent = InvoiceIntent.objects.get()
    assert intent.state == InvoiceIntent.State.SENDING
    assert intent.form, "what was typed is kept with the decision"
    now = datetime.now(UTC)
    early = intents.intent_resume(intent, connection, now=now, interactive=False)
    assert early.state == InvoiceIntent.State.SENDING, "whoever decided may still be at it"
    late = intents.intent_resume(intent, connection, now=now + timedelta(minutes=3), interactive=False)
    assert late.state == InvoiceIntent.State.SUCCEEDED
    assert Invoice.objects.get(deal=deal).created_by_app


def test_draft_that_was_kept_while_typing_is_gone_once_the_invoice_is_there(client, deal, connection):
    data = form_data(connection)
    client.post(f"/deals/{deal.pk}/invoices/check/", data)
    assert SavedDraft.objects.exists()
    create(client, deal, connection)
    assert not SavedDraft.objects.exists()


def test_token_of_a_row_just_read_is_used_once_and_then_read_again(connection, django_assert_num_queries):
    source = ConnectionTokenSource(connection.pk, known=Connection.objects.get())
    with django_assert_num_queries(0):
        source.access_token()
    with django_assert_num_queries(1):
        source.access_token()


def test_token_that_was_replaced_since_the_row_was_read_costs_no_call(connection, settings):
    stale = Connection.objects.get()
    stale.access_token = encrypt("replaced-meanwhile", keys=settings.TOKEN_ENCRYPTION_KEYS)
    assert client_for(stale, interactive=True).company().name == connection.company.name


def test_connection_that_ended_since_its_row_was_read_is_asked_nothing_more(connection):
    gone = Connection.objects.get()
    gone.status = Connection.Status.NEEDS_RECONNECT
    gone.save()
    with pytest.raises(intents.ReconnectRequired):
        client_for(gone, interactive=True).company()
