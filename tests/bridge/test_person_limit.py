"""One person who presses and presses asks QuickBooks only so often; colleagues and the background are not held up."""

from datetime import UTC, datetime

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from quickbooks_bridge.gateway.errors import Throttled
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent
from quickbooks_bridge.services.operations import person_limit
from quickbooks_bridge.services.operations.person_limit import person_asks
from quickbooks_bridge.services.sync.company import sync_company

from ..fixtures import sign_in
from .test_invoice_lifecycle import create

pytestmark = pytest.mark.django_db

WORDS = "You have asked QuickBooks very often"


@pytest.fixture
def client(admin, monkeypatch):
    """Somebody who may ask three times a minute."""
    monkeypatch.setattr(person_limit, "RATES", ("3/min", "1000/day"))
    return sign_in(admin.member)


@pytest.fixture
def asked(qbo):
    """How many calls QuickBooks got since the last time."""
    last = [qbo.control("GET", "/control/requests")["total"]]

    def count() -> int:
        total = qbo.control("GET", "/control/requests")["total"]
        last[0], new = total, total - last[0]
        return new

    return count


def presses(client, deal, invoice):
    intent = InvoiceIntent.objects.get()
    seen = f"{invoice.total} {invoice.balance} {invoice.due_date or ''}"
    yield lambda: client.post(f"/deals/{deal.pk}/invoices/refresh/", follow=True)
    yield lambda: client.post(f"/intents/{intent.pk}/check/", follow=True)
    yield lambda: client.post("/quickbooks/health/sync/", follow=True)
    yield lambda: client.post("/quickbooks/health/compare/", follow=True)
    yield lambda: client.get(f"/invoices/{invoice.pk}/pdf/", follow=True)
    yield lambda: client.post(f"/invoices/{invoice.pk}/send/", {"to": "kept@quill.example", "seen": seen})


def test_every_button_that_asks_is_limited_and_says_so(client, deal, connection, asked):
    create(client, deal, connection)
    invoice = Invoice.objects.get(deal=deal)
    for _time in range(3):
        assert WORDS not in client.post(f"/deals/{deal.pk}/invoices/refresh/", follow=True).content.decode()
    assert asked() >= 3
    for press in presses(client, deal, invoice):
        answer = press()
        assert answer.status_code in (200, 429)
        assert WORDS in answer.content.decode()
    assert asked() == 0
    assert not Invoice.objects.get(pk=invoice.pk).emailed_at


def test_refresh_of_a_page_with_scripts_is_told_too(client, deal, connection):
    for _time in range(4):
        answer = client.post(f"/deals/{deal.pk}/invoices/refresh/", headers={"HX-Request": "true"})
    assert WORDS in answer["HX-Trigger"]


def test_nobody_else_is_held_up(client, admin, rep, connection, asked):
    for _time in range(3):
        person_asks(admin)
    with pytest.raises(Throttled) as refused:
        person_asks(admin)
    assert 0 < refused.value.retry_after <= 61
    person_asks(rep)
    assert sync_company(Connection.objects.get(pk=connection.pk), now=datetime.now(UTC))
    assert asked() == 1


def test_a_day_has_its_own_limit(admin, monkeypatch):
    monkeypatch.setattr(person_limit, "RATES", ("60/min", "2/day"))
    person_asks(admin)
    person_asks(admin)
    with pytest.raises(Throttled) as refused:
        person_asks(admin)
    assert refused.value.retry_after > 3600


def test_nobody_is_held_up_while_redis_does_not_answer(admin, monkeypatch):
    monkeypatch.setattr(person_limit, "RATES", ("1/min",))

    def away(*arguments, **named):
        raise RedisConnectionError

    monkeypatch.setattr(person_limit._PersonThrottle.cache, "get", away)
    for _time in range(3):
        person_asks(admin)
