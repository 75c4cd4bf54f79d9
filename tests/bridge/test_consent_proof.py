"""The company of a consent is proven before anything is stored: nobody takes over a company by changing an address."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from deals.models import Member
from quickbooks_bridge.gateway import oauth, rate_limiter
from quickbooks_bridge.models import Connection, Invoice, OAuthState

from ..fixtures import consent, make_member, sign_in
from .test_connecting import begin, said

pytestmark = pytest.mark.django_db(transaction=True)

NOBODYS = "123145999999999"


@pytest.fixture
def eve(account, admin):
    """A second admin of the same account, with rights in another QuickBooks company only."""
    return sign_in(make_member(account, "eve", "admin"))


def forge(client, qbo, realm: str, path: str = "quickbooks:connect"):
    """Consent for the company one has rights in, and come back with another in the address."""
    answer = consent(qbo, begin(client, path), company=1)
    return client.get("/quickbooks/callback/", {**answer, "realmId": realm})


def tokens_that_live(qbo) -> int:
    return qbo.control("GET", "/control/grants")["on_progress"]


def test_second_admin_cannot_take_over_a_company_whose_consent_they_do_not_have(
    connection, qbo, account, eve
):
    invoice = Invoice.objects.all()[0]
    assert eve.get(f"/invoices/{invoice.pk}/void/").status_code == 404
    eve.post("/quickbooks/disconnect/")
    page = said(forge(eve, qbo, connection.company.realm_id))
    assert "QuickBooks did not confirm that company" in page
    row = Connection.objects.get(pk=connection.pk)
    assert row.owner_id == connection.owner_id
    assert row.status == "disconnected"
    assert eve.get(f"/invoices/{invoice.pk}/void/").status_code == 404
    assert eve.get("/quickbooks/customers/?q=a").status_code == 404
    assert Connection.objects.count() == 1


def test_tokens_of_a_forged_answer_are_given_back(connection, qbo, eve, monkeypatch):
    given = []
    original = oauth.revoke
    monkeypatch.setattr(
        oauth, "revoke", lambda config, *, token: (given.append(token), original(config, token=token))
    )
    eve.post("/quickbooks/disconnect/")
    given.clear()
    forge(eve, qbo, connection.company.realm_id)
    assert len(given) == 1


@pytest.mark.parametrize("realm", [NOBODYS, "²²²", "１２３", "12x", "1" * 41, "", "../1", "0"])
def test_a_company_nobody_has_is_never_called_connected(admin, qbo, realm):
    client = sign_in(admin.member)
    page = said(forge(client, qbo, realm))
    assert "Nothing was connected" in page or "nothing was connected" in page
    assert not Connection.objects.exists()


def test_old_connection_lives_on_when_the_new_company_is_not_proven(connection, qbo, admin):
    client = sign_in(admin.member)
    answer = consent(qbo, begin(client, "quickbooks:connect_other"), company=1)
    said(client.get("/quickbooks/callback/", {**answer, "realmId": NOBODYS}))
    connection.refresh_from_db()
    assert connection.status == "active"
    assert connection.refresh_token


@pytest.mark.parametrize("kind", ["503_html", "429_json", "403_html"])
def test_quickbooks_that_does_not_answer_changes_nothing_and_one_may_try_again(connection, qbo, admin, kind):
    client = sign_in(admin.member)
    before = Connection.objects.values().get()
    url = begin(client, "quickbooks:connect_other")
    answer = consent(qbo, url, company=1)
    qbo.control("POST", "/control/faults", {"kind": kind, "operation": "companyinfo.read", "count": 50})
    page = said(client.get("/quickbooks/callback/", answer))
    assert "could not be asked about that company" in page
    assert Connection.objects.values().get() == before
    qbo.control("DELETE", "/control/faults")
    # As if the pause after a 429 were over.
    rate_limiter.default_limiter.cache_clear()
    again = consent(qbo, begin(client, "quickbooks:connect_other"), company=1)
    assert "Connected to" in said(client.get("/quickbooks/callback/", again))


def test_whoever_is_no_admin_any_more_cannot_finish(admin, qbo):
    client = sign_in(admin.member)
    answer = consent(qbo, begin(client))
    Member.objects.filter(pk=admin.member.pk).update(role="rep")
    assert "Only an admin can connect QuickBooks" in said(client.get("/quickbooks/callback/", answer))
    assert not Connection.objects.exists()


def test_role_is_asked_again_when_the_answer_is_stored(admin, qbo, monkeypatch):
    client = sign_in(admin.member)
    answer = consent(qbo, begin(client))
    original = oauth.exchange_code

    def demoted_meanwhile(config, *, code):
        Member.objects.filter(pk=admin.member.pk).update(role="rep")
        return original(config, code=code)

    monkeypatch.setattr(oauth, "exchange_code", demoted_meanwhile)
    assert "Only an admin can connect QuickBooks" in said(client.get("/quickbooks/callback/", answer))
    assert not Connection.objects.exists()


def test_stranger_is_led_on_without_the_code_in_any_address(admin, qbo):
    answer = consent(qbo, begin(sign_in(admin.member)))
    stranger = Client()
    led = stranger.get("/quickbooks/callback/", answer)
    assert led.status_code == 302
    assert urlsplit(led["Location"]).path == "/login/"
    for secret in (answer["code"], answer["state"], "realmId", "callback"):
        assert secret not in led["Location"]
    assert OAuthState.objects.get().used_at is None
    stranger.force_login(admin.member.user)
    assert "You were signed out meanwhile" in stranger.get("/quickbooks/").content.decode()


def test_company_is_read_once_and_its_profile_kept(admin, qbo):
    client = sign_in(admin.member)
    answer = consent(qbo, begin(client))
    before = qbo.control("GET", "/control/requests")["total"]
    client.get("/quickbooks/callback/", answer)
    read = [call["operation"] for call in qbo.calls(since=before) if call["realm_id"]]
    assert len([one for one in read if "companyinfo" in one.casefold()]) == 1
    made = Connection.objects.get()
    assert (made.company.name, made.company.home_currency) == ("Bluestem Office Interiors", "USD")
    assert made.company.profile_refreshed_at is not None


@pytest.mark.parametrize(
    "shown",
    [
        oauth.TokenPair("CANARY", "CANARY", 1, 1),
        oauth.OAuthConfig("id", "CANARY", "r", "e"),
    ],
)
def test_secrets_are_not_in_what_is_shown_of_them(shown):
    assert "CANARY" not in f"{shown!r} {shown}"
