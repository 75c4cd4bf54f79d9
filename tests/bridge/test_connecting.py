"""Connecting and disconnecting as a person meets it: every way it can go says what happened and what to do."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from quickbooks_bridge.models import Connection, CustomerLink, Invoice, OAuthState, SyncState
from quickbooks_bridge.services.connections.consent import oauth_start
from tests.factories import company_of

from ..fixtures import connect, consent, make_member, sign_in

pytestmark = pytest.mark.django_db

SETTINGS = "/quickbooks/"
NOWHERE = "http://127.0.0.1:1/.well-known/openid_sandbox_configuration"


@pytest.fixture
def client(admin):
    return sign_in(admin.member)


def said(answer) -> str:
    """What the settings page says after a redirect to it."""
    assert answer.status_code == 302
    assert answer["Location"].startswith(SETTINGS)
    return answer.client.get(answer["Location"]).content.decode()


def begin(client, path="quickbooks:connect") -> str:
    answer = client.post(reverse(path))
    assert answer.status_code == 302
    assert "/connect/oauth2" in answer["Location"]
    return answer["Location"]


def come_back(client, qbo, *, company=0, path="quickbooks:connect"):
    return client.get("/quickbooks/callback/", consent(qbo, begin(client, path), company=company))


def a_link(account, realm: str, deal) -> None:
    CustomerLink.objects.create(
        company=company_of(account, realm), organization=deal.organization, customer_qbo_id="1", linked_at=datetime.now(UTC)
    )  # fmt: skip


def test_whole_path_ends_on_the_settings_page_and_says_who_and_what(client, qbo):
    page = said(come_back(client, qbo))
    assert "Connected to Bluestem Office Interiors" in page
    assert "By Ada on" in page
    assert "home currency USD" in page
    assert "Open QuickBooks" in page
    assert "Reading Bluestem Office Interiors" in page


def test_refusing_on_the_consent_page_is_said_and_changes_nothing(client, qbo):
    begin(client)
    state = consent(qbo, begin(client))["state"]
    page = said(client.get("/quickbooks/callback/", {"state": state, "error": "access_denied"}))
    assert "You chose not to connect" in page
    assert "Start again" in page
    assert Connection.objects.count() == 0


def test_forged_replayed_and_late_answers_each_get_their_sentence(client, qbo):
    assert "not asked for here" in said(client.get("/quickbooks/callback/", {"state": "forged", "code": "x"}))
    answer = consent(qbo, begin(client))
    said(client.get("/quickbooks/callback/", answer))
    page = said(client.get("/quickbooks/callback/", answer))
    assert "already used" in page
    assert "Connected to Bluestem" in page
    Connection.objects.all().delete()
    late = consent(qbo, begin(client))
    OAuthState.objects.filter(used_at__isnull=True).update(
        expires_at=datetime.now(UTC) - timedelta(seconds=1)
    )
    assert "longer than 15 minutes" in said(client.get("/quickbooks/callback/", late))
    assert Connection.objects.count() == 0


def test_answer_of_somebody_else_s_consent_is_not_used(client, qbo, account):
    other = sign_in(make_member(account, "eve", "admin"))
    page = said(other.get("/quickbooks/callback/", consent(qbo, begin(client))))
    assert "not asked for here" in page
    assert Connection.objects.count() == 0


def test_second_person_hears_who_connected_and_whom_to_ask(connection, account):
    other = sign_in(make_member(account, "eve", "admin"))
    page = said(other.post("/quickbooks/connect/"))
    assert "Ada has already connected Bluestem Office Interiors" in page
    assert "ask Ada" in page


def test_rep_hears_that_an_admin_connects(rep, qbo):
    client = sign_in(rep.member)
    assert "Only an admin can connect QuickBooks" in said(client.post("/quickbooks/connect/"))
    assert "Only an admin can connect QuickBooks" in said(client.post("/quickbooks/connect/other/"))
    assert "Connect QuickBooks</button>" not in client.get(SETTINGS).content.decode()


def test_missing_wrong_and_unreachable_each_name_whose_turn_it_is(client, qbo, settings):
    answer = consent(qbo, begin(client))
    right = settings.QUICKBOOKS_CLIENT_SECRET
    settings.QUICKBOOKS_CLIENT_SECRET = "wrong"
    page = said(client.get("/quickbooks/callback/", answer))
    assert "does not know this installation" in page
    assert "Needs action from: Whoever runs this installation" in page
    settings.QUICKBOOKS_CLIENT_SECRET = ""
    assert "no QuickBooks keys yet" in said(client.post("/quickbooks/connect/"))
    settings.QUICKBOOKS_CLIENT_SECRET = right
    settings.QUICKBOOKS_DISCOVERY_URL = NOWHERE
    assert "QuickBooks is not answering" in said(client.post("/quickbooks/connect/"))
    assert Connection.objects.count() == 0


def test_notice_is_said_once(client, qbo):
    said(client.get("/quickbooks/callback/", {"state": "forged"}))
    assert "not asked for here" not in client.get(SETTINGS).content.decode()


def test_disconnect_revokes_at_quickbooks_and_keeps_links(client, connection, qbo, account, deal):
    a_link(account, connection.company.realm_id, deal)
    before = sum(call["operation"] == "revoke" for call in qbo.calls())
    question = client.get("/quickbooks/disconnect/").content.decode()
    assert "Connecting Bluestem Office Interiors again finds every link" in question
    assert "Disconnected" in said(client.post("/quickbooks/disconnect/"))
    revoked = [call["status"] for call in qbo.calls() if call["operation"] == "revoke"]
    assert revoked[before:] == [200]
    connection.refresh_from_db()
    assert (connection.status, connection.access_token, connection.refresh_token) == ("disconnected", "", "")
    page = client.get(SETTINGS).content.decode()
    assert "1 linked customer" in page
    assert "Connecting another company" in page


def test_disconnect_without_quickbooks_ends_it_here_and_says_what_is_left_to_do(client, connection, settings):
    settings.QUICKBOOKS_DISCOVERY_URL = NOWHERE
    assert "remove the app there" in said(client.post("/quickbooks/disconnect/"))
    connection.refresh_from_db()
    assert connection.status == "disconnected"


def test_same_company_again_finds_all_links(client, connection, qbo, account, deal):
    a_link(account, connection.company.realm_id, deal)
    invoice = Invoice.objects.filter(company=connection.company)[0]
    Invoice.objects.filter(pk=invoice.pk).update(deal=deal)
    client.post("/quickbooks/disconnect/")
    said(come_back(client, qbo))
    assert Connection.objects.get().pk == connection.pk
    assert CustomerLink.objects.get().company_id == connection.company_id
    invoice.refresh_from_db()
    assert invoice.deal_id == deal.pk


def test_other_company_is_refused_until_it_is_asked_for(client, connection, qbo, account, deal, admin):
    a_link(account, connection.company.realm_id, deal)
    client.post("/quickbooks/disconnect/")
    page = said(come_back(client, qbo, company=1))
    assert "That is another QuickBooks company" in page
    assert "links belong to Bluestem Office Interiors" in page
    assert Connection.objects.exclude(status="disconnected").count() == 0

    question = client.get("/quickbooks/connect/other/").content.decode()
    assert "1 linked customer" in question
    said(come_back(client, qbo, company=1, path="quickbooks:connect_other"))
    now = Connection.objects.exclude(status="disconnected").get()
    assert now.company.realm_id == qbo.companies[1]["realm_id"]
    assert CustomerLink.objects.get().company_id == connection.company_id

    client.post("/quickbooks/disconnect/")
    said(come_back(client, qbo, company=0))
    assert Connection.objects.exclude(status="disconnected").get().pk == connection.pk


def test_wish_for_another_company_holds_for_one_consent_only(client, connection, qbo, account, deal):
    a_link(account, connection.company.realm_id, deal)
    client.post("/quickbooks/disconnect/")
    begin(client, "quickbooks:connect_other")
    assert "That is another QuickBooks company" in said(come_back(client, qbo, company=1))


def test_other_company_ends_the_one_that_needs_its_owner(client, connection, qbo, account, deal):
    a_link(account, connection.company.realm_id, deal)
    Connection.objects.update(status="needs_reconnect")
    said(come_back(client, qbo, company=1, path="quickbooks:connect_other"))
    connection.refresh_from_db()
    assert connection.status == "disconnected"


def test_company_without_any_link_may_be_changed_freely(client, connection, qbo):
    client.post("/quickbooks/disconnect/")
    page = said(come_back(client, qbo, company=1))
    assert "That is another" not in page
    assert (
        Connection.objects.exclude(status="disconnected").get().company.realm_id
        == qbo.companies[1]["realm_id"]
    )


def test_first_load_tells_how_far_it_is_and_what_stopped_it(client, admin, qbo):
    made = connect(admin, qbo)
    progress = {"items": {"done": 40, "total": 40}, "customers": {"done": 100, "total": 400}}
    SyncState.objects.update(import_state="running", import_progress=progress)
    Connection.objects.update(connected_at=datetime.now(UTC) - timedelta(seconds=14))
    page = client.get("/quickbooks/progress/").content.decode()
    for words in ("140 of 440", "31%", "40, done", "100 of 400", "About 30 seconds left", "leave this page"):
        assert words in page
    SyncState.objects.update(consecutive_failures=1)
    page = client.get("/quickbooks/progress/").content.decode()
    assert "We go on by ourselves" in page
    assert "seconds left" not in page
    SyncState.objects.filter(pk=made.pk).update(import_state="done", consecutive_failures=0)
    answer = client.get("/quickbooks/progress/")
    assert "is read" in answer["HX-Trigger"]
    assert "HX-Refresh" not in answer


def test_state_of_a_consent_is_kept_as_a_digest_only(admin, qbo):
    url = oauth_start(admin, now=datetime.now(UTC))
    assert OAuthState.objects.get().digest not in url
