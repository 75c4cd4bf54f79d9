"""An invoice sent to a company that is no longer connected: never sent to another one, said plainly, and it can be ended."""

from datetime import UTC, datetime, timedelta

import pytest

from deals.models import TimelineEntry
from quickbooks_bridge.models import Connection, InvoiceIntent
from quickbooks_bridge.services.invoicing.create import intent_abandon
from quickbooks_bridge.tasks.dispatch import due_work
from quickbooks_bridge.tasks.invoices import resume_intent
from tests.factories import company_of, connection_make

from ..fixtures import sign_in

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


def link(admin, realm: str, **facts) -> Connection:
    return connection_make(admin.account, admin.member, realm_id=realm, name=f"Company {realm}", connected_at=NOW,
        import_state="done", last_sync_at=NOW, last_viewed_at=NOW, time_zone="UTC", **facts,
    )  # fmt: skip


@pytest.fixture
def intent(deal, admin) -> InvoiceIntent:
    """Sent to company 1, and never answered."""
    return InvoiceIntent.objects.create(
        account=deal.account, deal=deal, member=admin.member, company=company_of(deal.account, "1"), token="t", request_id="r",
        payload={"CustomerRef": {"value": "7"}, "Line": []},  currency="USD", expected_total=120,
        created_at=NOW, sent_at=NOW, attempts=1, state="unknown", next_check_at=NOW - timedelta(minutes=1),
    )  # fmt: skip


@pytest.fixture
def replaced(admin, intent) -> Connection:
    link(admin, "1", status="disconnected", disconnected_at=NOW)
    return link(admin, "2")


def page(admin, deal) -> str:
    return " ".join(sign_in(admin.member).get(f"/deals/{deal.pk}/?tab=invoice").content.decode().split())


def test_it_is_not_sent_to_the_company_that_is_connected_now(admin, deal, intent, replaced, monkeypatch):
    def never(*_args, **_more):
        raise AssertionError("asked QuickBooks")

    monkeypatch.setattr("quickbooks_bridge.tasks.invoices.intent_resume", never)
    monkeypatch.setattr("quickbooks_bridge.views.deal_actions.intent_resume", never)
    assert ("intent", intent.pk) not in due_work(datetime.now(UTC))
    resume_intent(intent.pk)
    sign_in(admin.member).post(f"/intents/{intent.pk}/check/")
    intent.refresh_from_db()
    assert intent.state == "unknown"


def test_the_deal_says_so_and_how_to_end_it(admin, deal, intent, replaced):
    said = page(admin, deal)
    for words in (
        "An invoice was sent to a company that is no longer connected",
        "Company 2 is connected now",
        "Not checked: another company is connected",
        f"/intents/{intent.pk}/abandon/",
    ):
        assert words in said
    assert "Check now" not in said
    asked = sign_in(admin.member).get(f"/intents/{intent.pk}/abandon/").content.decode()
    assert "$120.00" in asked
    assert "It may be there." in asked
    assert "deeplinkcompanyid=1" in asked


def test_abandon_intent_ends_it_and_is_told_in_the_log(admin, deal, intent, replaced):
    client = sign_in(admin.member)
    assert client.post(f"/intents/{intent.pk}/abandon/").status_code == 302
    intent.refresh_from_db()
    assert (intent.state, intent.finished_at is not None, intent.next_check_at) == ("rejected", True, None)
    assert TimelineEntry.objects.filter(deal=deal, kind="invoice.abandoned").count() == 1
    said = page(admin, deal)
    assert "An invoice of $120.00 that was never confirmed is no longer checked" in said
    assert "no longer connected" not in said
    client.post(f"/intents/{intent.pk}/abandon/")
    assert TimelineEntry.objects.filter(deal=deal, kind="invoice.abandoned").count() == 1


def test_what_can_be_asked_for_or_is_being_asked_cannot_be_given_up(admin, deal, intent):
    company = link(admin, "1")
    assert not intent_abandon(intent, now=NOW, actor=admin.member)
    Connection.objects.filter(pk=company.pk).update(status="needs_reconnect")
    InvoiceIntent.objects.filter(pk=intent.pk).update(lease_until=NOW + timedelta(minutes=1))
    assert not intent_abandon(intent, now=NOW, actor=admin.member)
    InvoiceIntent.objects.filter(pk=intent.pk).update(lease_until=None)
    assert intent_abandon(intent, now=NOW, actor=admin.member)


def test_nobody_else_may(intent, replaced, rep, stranger):
    for viewer in (rep, stranger):
        assert sign_in(viewer.member).post(f"/intents/{intent.pk}/abandon/").status_code == 404
    intent.refresh_from_db()
    assert intent.state == "unknown"
