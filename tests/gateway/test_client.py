"""The client against a QuickBooks emulator over real HTTP."""

import logging
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from quickbooks_bridge.gateway.client import QuickBooksClient
from quickbooks_bridge.gateway.errors import NotFound, StaleObject, Throttled, TokenRefused, Unavailable
from quickbooks_bridge.gateway.rate_limiter import LocalLimiter
from tests.emulator_process import EmulatorProcess


class Tokens:
    """A dead token first when asked so; `renew` gives the good one."""

    def __init__(self, good, first=None):
        self.good, self.first, self.renewals = good, first or good, 0

    def access_token(self):
        return self.first

    def force_refresh(self, stale):
        assert stale == self.first
        self.renewals += 1
        self.first = self.good
        return self.good


@pytest.fixture(scope="module")
def emulator():
    with EmulatorProcess("--company", "us", "--seed", "7") as running:
        yield running


@pytest.fixture
def connect(emulator):
    company = emulator.companies[0]

    def build(tokens=None):
        return QuickBooksClient(
            realm_id=company["realm_id"],
            tokens=tokens or Tokens(company["access_token"]),
            api_url=emulator.api_url,
            limiter=LocalLimiter(),
            interactive=True,
            timeout=10,
        )

    yield build
    emulator.control("DELETE", "/control/faults")


def body(client, note=""):
    customer = next(row for row in client.customers(size=50) if row.is_active)
    item = next(row for row in client.items(size=50) if row.is_active and row.kind == "Service")
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": "12.50",
        "SalesItemLineDetail": {"ItemRef": {"value": item.qbo_id}, "TaxCodeRef": {"value": "NON"}},
    }
    return {"CustomerRef": {"value": customer.qbo_id}, "Line": [line], "PrivateNote": note}


def make(client, note=""):
    return client.invoice_create(body(client, note), request_id=uuid.uuid4().hex)


def test_invoice_goes_from_written_to_deleted(connect):
    client = connect()
    made = make(client)
    assert (made.total, made.balance) == (Decimal("12.50"), Decimal("12.50"))
    assert client.invoice_pdf(made.qbo_id).startswith(b"%PDF-")
    void = client.invoice_void(made.qbo_id, sync_token=made.sync_token, request_id=uuid.uuid4().hex)
    assert void.is_all_zero
    client.invoice_delete(made.qbo_id, sync_token=void.sync_token, request_id=uuid.uuid4().hex)
    with pytest.raises(NotFound):
        client.invoice_read(made.qbo_id)


def test_old_sync_token_is_a_stale_object(connect):
    client = connect()
    made = make(client)
    client.invoice_void(made.qbo_id, sync_token=made.sync_token, request_id=uuid.uuid4().hex)
    with pytest.raises(StaleObject):
        client.invoice_void(made.qbo_id, sync_token=made.sync_token, request_id=uuid.uuid4().hex)


def test_same_request_id_makes_one_invoice(connect):
    client = connect()
    payload, request_id = body(client), uuid.uuid4().hex
    before = client.count("Invoice")
    first = client.invoice_create(payload, request_id=request_id)
    assert client.invoice_create(payload, request_id=request_id).qbo_id == first.qbo_id
    assert client.count("Invoice") == before + 1


def test_retry_is_the_same_after_a_database_that_reorders_keys(connect):
    """PostgreSQL gives keys back by length; a request id with another body is refused by QuickBooks (600)."""
    client = connect()
    payload, request_id = body(client), uuid.uuid4().hex
    first = client.invoice_create(payload, request_id=request_id)
    reordered = {key: payload[key] for key in sorted(payload, key=len)}
    assert list(reordered) != list(payload)
    assert client.invoice_create(reordered, request_id=request_id).qbo_id == first.qbo_id


def test_invoice_whose_answer_was_lost_is_found_by_its_marker(connect):
    client = connect()
    marker = uuid.uuid4().hex
    made = make(client, f"Memo\nCRM-{marker}")
    since = made.txn_date - timedelta(days=2)
    found = client.invoice_find(marker, customer_qbo_id=made.customer_qbo_id, since=since)
    assert found is not None
    assert found.qbo_id == made.qbo_id
    assert client.invoice_find("0" * 32, customer_qbo_id=made.customer_qbo_id, since=since) is None


def test_change_is_told_by_change_data_capture(connect):
    client = connect()
    made = make(client)
    changes = client.changes(datetime.now(UTC) - timedelta(minutes=5))
    assert made.qbo_id in [row.qbo_id for row in changes.invoices]


def test_expired_token_is_renewed_once_and_the_call_repeated(connect, emulator):
    tokens = Tokens(emulator.companies[0]["access_token"], first="expired")
    assert connect(tokens).count("Invoice") > 0
    assert tokens.renewals == 1


def test_renewed_token_that_is_refused_too_is_said_as_such(connect):
    tokens = Tokens("dead")
    with pytest.raises(TokenRefused) as caught:
        connect(tokens).count("Invoice")
    assert (caught.value.status, caught.value.outcome_unknown) == (401, False)
    assert caught.value.intuit_tid
    assert tokens.renewals == 1


@pytest.mark.parametrize(("kind", "error"), [("503_html", Unavailable), ("429_xml", Throttled)])
def test_trouble_there_is_told_by_its_kind(connect, emulator, kind, error):
    client = connect()
    payload = body(client)
    emulator.control("POST", "/control/faults", {"kind": kind, "operation": "invoice.create", "count": 1})
    with pytest.raises(error):
        client.invoice_create(payload, request_id=uuid.uuid4().hex)


def test_connection_lost_after_a_write_leaves_the_outcome_unknown(connect, emulator):
    client = connect()
    payload, request_id = body(client), uuid.uuid4().hex
    fault = {"kind": "reset_after", "operation": "invoice.create", "count": 1}
    emulator.control("POST", "/control/faults", fault)
    before = client.count("Invoice")
    with pytest.raises(Unavailable) as caught:
        client.invoice_create(payload, request_id=request_id)
    assert caught.value.outcome_unknown
    client.invoice_create(payload, request_id=request_id)
    assert client.count("Invoice") == before + 1


def test_log_holds_no_token_and_no_address(connect, emulator, caplog):
    caplog.set_level(logging.DEBUG)
    client = connect()
    made = make(client)
    client.invoice_send(made.qbo_id, to="ann@example.com", request_id=uuid.uuid4().hex)
    records = [record for record in caplog.records if record.name == "quickbooks"]
    assert len(records) >= 2
    text = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert emulator.companies[0]["access_token"] not in text
    assert "ann@example.com" not in text
    assert "ann%40example.com" not in text


HOSTILE_NAMES = [
    "Kimberly O\u2019Neil",
    "\u201cFIRST\u201d",
    "Boot \u2013 Wolverine \u2014 Safety",
    "Zoë Müller",
    "株式会社",
    "chair \U0001fa91",
    "50% off",
    "O'Neil \\ Sons",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_of_any_characters_is_found_and_no_other_with_it(connect, name):
    client = connect()
    made = client.customer_write({"DisplayName": name}, request_id=uuid.uuid4().hex)
    account = next(row.income_account_qbo_id for row in client.items(size=50) if row.income_account_qbo_id)
    product = {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": account}}
    item = client.item_write(product, request_id=uuid.uuid4().hex)
    assert [row.qbo_id for row in client.customers_named(name)] == [made.qbo_id]
    assert [row.qbo_id for row in client.items_named(name)] == [item.qbo_id]
    assert client.customers_named(name + "x") == []
    assert client.other_named(name) == ""
