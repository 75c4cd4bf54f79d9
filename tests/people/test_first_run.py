"""The first run: an empty installation is set up in the browser, by whoever reads the code, once."""

import pytest
from django.core.management import call_command
from django.test import Client

from deals.models import Account, Deal, DealLine, Member
from deals.people.setup import setup_code
from quickbooks_bridge.models import InstallationKeys
from quickbooks_bridge.services.connections.keys import client_keys
from tests.fixtures import sign_in

pytestmark = pytest.mark.django_db
FILLED = {
    "company": "Acme",
    "name": "Olga Owner",
    "email": "olga@acme.example",
    "password": "a-password-of-olga",
}


def test_whoever_started_it_becomes_the_owner_and_is_led_on(capsys, settings):
    settings.PUBLIC_URL = "http://testserver"
    call_command("setup_link")
    link = capsys.readouterr().out.split("http://testserver")[1].strip()
    browser = Client()
    assert browser.get("/login/")["Location"] == "/setup/"
    assert setup_code() in browser.get(link).content.decode()
    answer = browser.post("/setup/", FILLED | {"code": setup_code()})
    assert answer["Location"] == "/welcome/"
    member = Member.objects.get()
    assert (member.role, member.account.name, member.user.email) == ("owner", "Acme", "olga@acme.example")
    assert "Getting started" in browser.get("/welcome/").content.decode()
    browser.post("/welcome/samples/")
    assert Deal.objects.count() == 3
    assert DealLine.objects.count() == 5
    browser.post("/welcome/samples/")
    assert Deal.objects.count() == 3
    call_command("setup_link")
    assert "works here already" in capsys.readouterr().out


@pytest.mark.parametrize("code", ["", "wrong", "ÄÖÜ"])
def test_nobody_else_sets_it_up(code):
    answer = Client().post("/setup/", FILLED | {"code": code})
    assert answer.status_code == 422
    assert not Account.objects.exists()


def test_guesses_of_the_code_are_slowed_down():
    browser = Client()
    for at in range(12):
        page = browser.post("/setup/", FILLED | {"code": f"guess{at}"}).content.decode()
    assert "Too many tries" in page


def test_it_is_set_up_once(admin):
    assert Client().get("/setup/")["Location"] == "/login/"
    assert Client().post("/setup/", FILLED | {"code": setup_code()})["Location"] == "/login/"
    assert Account.objects.count() == 1


@pytest.fixture
def owner(admin):
    Member.objects.filter(pk=admin.member.pk).update(role="owner")
    return sign_in(admin.member)


def test_the_keys_are_checked_with_intuit_kept_sealed_and_used(owner, qbo, settings):
    client_id, secret = settings.QUICKBOOKS_CLIENT_ID, settings.QUICKBOOKS_CLIENT_SECRET
    settings.QUICKBOOKS_CLIENT_ID = settings.QUICKBOOKS_CLIENT_SECRET = ""
    assert "Keys of your Intuit app" in owner.get("/quickbooks/").content.decode()
    owner.post("/quickbooks/keys/", {"client_id": client_id, "client_secret": "wrong"})
    assert "does not take these keys" in owner.get("/quickbooks/").content.decode()
    assert not InstallationKeys.objects.exists()
    owner.post("/quickbooks/keys/", {"client_id": client_id, "client_secret": secret})
    row = InstallationKeys.objects.get()
    assert secret not in row.client_secret
    assert client_id not in row.client_id
    assert client_keys() == (client_id, secret)
    page = owner.get("/quickbooks/").content.decode()
    assert "Keys of your Intuit app" not in page
    assert secret not in page
    assert owner.post("/quickbooks/connect/")["Location"].startswith(qbo.url)


def test_keys_that_cannot_be_checked_are_not_kept(owner, qbo, settings):
    settings.QUICKBOOKS_CLIENT_ID = settings.QUICKBOOKS_CLIENT_SECRET = ""
    settings.QUICKBOOKS_DISCOVERY_URL = "http://127.0.0.1:9/nothing"
    owner.post("/quickbooks/keys/", {"client_id": "x", "client_secret": "y"})
    assert "could not be checked" in owner.get("/quickbooks/").content.decode()
    owner.post("/quickbooks/keys/", {"client_id": "x"})
    assert not InstallationKeys.objects.exists()


def test_the_keys_are_the_first_accounts_owners_alone(admin, stranger, settings):
    settings.QUICKBOOKS_CLIENT_ID = settings.QUICKBOOKS_CLIENT_SECRET = ""
    Member.objects.update(role="owner")
    assert sign_in(stranger.member).post("/quickbooks/keys/", {}).status_code == 404
    Member.objects.update(role="admin")
    assert sign_in(admin.member).post("/quickbooks/keys/", {}).status_code == 404


def test_keys_of_the_environment_are_not_changed_on_a_page(owner, settings):
    settings.QUICKBOOKS_CLIENT_ID, settings.QUICKBOOKS_CLIENT_SECRET = "a", "b"
    assert owner.post("/quickbooks/keys/", {}).status_code == 404
