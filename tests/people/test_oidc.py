"""Single sign-on: who is let in, and everything that is refused, each with a page that says what to do."""

import hashlib
import logging
import re
import time
from base64 import urlsafe_b64encode
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import environ
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from crm_invoicing.crm_settings import OidcSettings, oidc_settings
from deals.account import factors
from deals.models import AccountEvent, Member, SecondFactor, SignInIdentity
from deals.people.invitations import invite
from tests.fixtures import PASSWORD, make_member, sign_in

from .oidc_stand_in import CLIENT, SECRET, StandIn

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def running():
    made = StandIn()
    yield made
    made.close()


@pytest.fixture
def provider(running, settings):
    running.key, running.algorithm, running.document, running.userinfo = running.published, "ES256", {}, {}
    running.status, running.token = 200, None
    running.posts.clear()
    settings.PUBLIC_URL = "http://testserver"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.OIDC = OidcSettings(running.issuer, CLIENT, SECRET, "Acme ID")
    return running


@pytest.fixture
def rob(rep):
    """A member with a confirmed address."""
    rep.member.user.email = "rob@team.example"
    rep.member.user.save()
    return rep.member


def begin(browser: Client, **more: str) -> dict[str, str]:
    answer = browser.get("/login/oidc/", more)
    assert answer.status_code == 302
    return {key: values[0] for key, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def come_back(browser: Client, asked: dict[str, str], **more: str):
    return browser.get("/login/oidc/callback/", {"code": "a-code", "state": asked["state"], **more})


def enter(provider: StandIn, browser: Client | None = None, begun: dict[str, str] | None = None, **claims):
    browser = browser or Client()
    asked = begin(browser, **(begun or {}))
    provider.vouches(**{"nonce": asked["nonce"], **claims})
    return browser, come_back(browser, asked)


def is_in(browser: Client) -> bool:
    return browser.get("/deals/").status_code == 200


def test_the_first_time_an_address_links_and_later_the_subject_decides(provider, rob, admin):
    browser, answer = enter(provider, begun={"next": "/products/"})
    assert answer["Location"] == "/products/"
    assert is_in(browser)
    assert mail.outbox[0].to == ["rob@team.example"]
    assert AccountEvent.objects.get(kind="identity.linked").actor == rob
    # The address is somebody else's by now: the pair of issuer and subject still is rob.
    rob.user.email = ""
    rob.user.save()
    admin.member.user.email = "rob@team.example"
    admin.member.user.save()
    browser, _answer = enter(provider)
    assert "Rob" in browser.get("/account/").content.decode()
    assert SignInIdentity.objects.count() == 1


def test_code_verifier_and_nonce_belong_to_each_sign_in(provider, rob):
    browser = Client()
    first, second = begin(browser), begin(browser)
    assert first["code_challenge_method"] == "S256"
    assert len({one[key] for one in (first, second) for key in ("state", "nonce", "code_challenge")}) == 6
    provider.vouches(first["nonce"])
    come_back(browser, first)
    digest = hashlib.sha256(provider.posts[0]["code_verifier"].encode()).digest()
    assert urlsafe_b64encode(digest).decode().rstrip("=") == first["code_challenge"]
    assert provider.posts[0]["redirect_uri"] == "http://testserver/login/oidc/callback/"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-program"},
        {"aud": "another-program", "azp": CLIENT},
        {"aud": [CLIENT, "another-program"], "azp": "another-program"},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": int(time.time()) - 600},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"sub": None},
    ],
    ids=str,
)
def test_an_id_token_with_one_wrong_claim_is_refused(provider, rob, wrong):
    browser, answer = enter(provider, **wrong)
    assert answer.status_code == 403
    assert "could not be verified" in answer.content.decode()
    assert not is_in(browser)
    assert not SignInIdentity.objects.exists()


def test_another_key_and_our_own_secret_sign_nothing(provider, rob):
    provider.key = ec.generate_private_key(ec.SECP256R1())
    assert enter(provider)[1].status_code == 403
    provider.key, provider.algorithm = SECRET * 3, "HS256"
    assert enter(provider)[1].status_code == 403
    provider.key, provider.algorithm = None, "none"
    assert enter(provider)[1].status_code == 403
    assert not SignInIdentity.objects.exists()


def test_a_state_works_once_in_its_browser_and_for_ten_minutes(provider, rob):
    browser = Client()
    asked = begin(browser)
    provider.vouches(asked["nonce"])
    assert "This sign-in is over" in come_back(Client(), asked).content.decode()
    assert come_back(browser, {"state": "made-up"}).status_code == 403
    assert come_back(browser, asked).status_code == 302
    assert come_back(browser, asked).status_code == 403
    browser.post("/logout/")
    assert come_back(browser, asked).status_code == 403
    browser = Client()
    asked = begin(browser)
    provider.vouches(asked["nonce"])
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert come_back(browser, asked).status_code == 403


def test_a_refusal_there_is_said_here_and_not_quoted(provider, rob):
    browser = Client()
    asked = begin(browser)
    answer = browser.get(
        "/login/oidc/callback/",
        {"state": asked["state"], "error": "access_denied", "error_description": "<b>call 0900</b>"},
    )
    page = answer.content.decode()
    assert "Acme ID did not let you in" in page
    assert "0900" not in page
    assert browser.get("/login/oidc/callback/").status_code == 403


def test_an_answer_of_another_issuer_is_refused(provider, rob):
    browser = Client()
    asked = begin(browser)
    provider.vouches(asked["nonce"])
    assert come_back(browser, asked, iss="https://evil.example").status_code == 403
    assert provider.posts == []


@pytest.mark.parametrize("verified", [False, None, "false", 1, "yes"])
def test_an_address_that_is_not_verified_links_nobody(provider, rob, verified):
    browser, answer = enter(provider, email_verified=verified)
    assert "does not vouch for your address" in answer.content.decode()
    assert not is_in(browser)


def test_who_is_no_member_becomes_none(provider, rob, account):
    browser, answer = enter(provider, email="nobody@team.example")
    assert "You are not a member here" in answer.content.decode()
    # Nor does an address that two have say who it is.
    twin = make_member(account, "twin").user
    twin.email = "ROB@team.example"
    twin.save()
    assert enter(provider)[1].status_code == 403
    twin.delete()
    rob.user.is_active = False
    rob.user.save()
    assert enter(provider)[1].status_code == 403
    assert Member.objects.count() == 1
    assert not is_in(browser)


def test_a_second_account_with_the_same_address_takes_nobody_over(provider, rob):
    enter(provider)
    browser, answer = enter(provider, sub="somebody-later")
    assert "linked with somebody else" in answer.content.decode()
    assert not is_in(browser)


def test_whoever_was_removed_stays_out_although_linked(provider, rob):
    enter(provider)
    rob.user.is_active = False
    rob.user.save()
    assert enter(provider)[1].status_code == 403


def test_the_profile_says_the_address_where_the_token_does_not(provider, rob):
    provider.userinfo = {"sub": "somebody-else", "email": "rob@team.example", "email_verified": True}
    assert enter(provider, email=None, email_verified=None)[1].status_code == 403
    provider.userinfo["sub"] = "rob-at-provider"
    assert is_in(enter(provider, email=None, email_verified=None)[0])


def test_a_provider_that_does_not_answer_or_is_another_is_said(provider, rob, settings):
    provider.status = 500
    answer = Client().get("/login/oidc/")
    assert answer.status_code == 502
    assert "Acme ID is not answering" in answer.content.decode()
    provider.status = 200
    for document in ({"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}):
        provider.document = document
        assert Client().get("/login/oidc/").status_code == 502
    settings.OIDC = OidcSettings("http://127.0.0.1:9", CLIENT, SECRET, "Acme ID")
    assert Client().get("/login/oidc/").status_code == 502
    provider.document, provider.token = {}, {"error": "invalid_grant"}
    settings.OIDC = OidcSettings(provider.issuer, CLIENT, SECRET, "Acme ID")
    assert enter(provider)[1].status_code == 403


def test_it_leads_to_pages_of_ours_alone(provider, rob):
    for path in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert enter(provider, begun={"next": path})[1]["Location"] == "/deals/"


def test_our_second_factor_is_not_asked_for(provider, rob):
    factors.factor_begin(rob.user)
    SecondFactor.objects.update(confirmed_at=timezone.now())
    assert is_in(enter(provider)[0])


def test_an_invitation_is_followed_without_a_password(provider, admin):
    path = invite(admin.member, email="nia@team.example", name="Nia", role="rep", now=timezone.now()).path
    token = path.split("/")[2]
    page = Client().get(path).content.decode()
    assert "Join with Acme ID" in page
    join = {"purpose": "join", "invitation": token}
    for wrong in ({"email": "eve@team.example"}, {"email": "nia@team.example", "email_verified": False}):
        browser, answer = enter(provider, begun=join, **wrong)
        assert "for another address" in answer.content.decode()
        assert path in answer.content.decode()
    browser, answer = enter(provider, begun=join, email="Nia@team.example", name="Nia New")
    assert answer.status_code == 302
    assert is_in(browser)
    member = Member.objects.get(name="Nia New")
    assert not member.user.has_usable_password()
    assert enter(provider, begun=join, email="nia@team.example", sub="other")[1].status_code == 410
    assert is_in(enter(provider, email=None)[0])


def test_a_link_is_seen_and_removed_and_never_the_only_way_in(provider, rob):
    enter(provider)
    browser, row = sign_in(rob), SignInIdentity.objects.get()
    path = f"/account/single-sign-on/{row.pk}/remove/"
    assert "rob@team.example" in browser.get("/account/").content.decode()
    browser.post("/account/confirm/", {"password": PASSWORD})
    rob.user.set_unusable_password()
    rob.user.save()
    browser = sign_in(rob)
    enter(provider, browser, {"purpose": "confirm", "next": path})
    assert "your only way in" in browser.get(path).content.decode()
    browser.post(path)
    assert SignInIdentity.objects.exists()
    rob.user.set_password(PASSWORD)
    rob.user.save()
    browser = sign_in(rob)
    browser.post("/account/confirm/", {"password": PASSWORD})
    assert browser.post(path)["Location"] == "/account/"
    assert not SignInIdentity.objects.exists()


def test_proving_who_one_is_takes_the_same_person_and_a_fresh_proof(provider, rob):
    enter(provider)
    browser, begun = sign_in(rob), {"purpose": "confirm", "next": "/account/passkeys/new/"}
    asked = begin(browser, **begun)
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    assert enter(provider, browser, begun, sub="somebody-else")[1].status_code == 403
    assert enter(provider, browser, begun, auth_time=int(time.time()) - 3600)[1].status_code == 403
    assert enter(provider, browser, begun, auth_time=None)[1].status_code == 403
    assert browser.get("/account/passkeys/new/").status_code == 302
    assert enter(provider, browser, begun)[1]["Location"] == "/account/passkeys/new/"
    assert browser.get("/account/passkeys/new/").status_code == 200


def test_where_it_is_the_only_way_a_password_lets_owners_in_alone(provider, rob, account, settings):
    settings.OIDC = OidcSettings(provider.issuer, CLIENT, SECRET, "Acme ID", is_only=True)
    owner = make_member(account, "olga", "owner")
    page = Client().get("/login/").content.decode()
    assert 'name="password"' not in page
    assert 'name="password"' in Client().get("/login/?password").content.decode()
    browser = Client()
    refused = browser.post("/login/", {"username": "rob", "password": PASSWORD})
    assert "Only an owner signs in with a password here." in refused.content.decode()
    assert not is_in(browser)
    assert Client().post("/login/", {"username": "olga", "password": PASSWORD}).status_code == 302
    assert is_in(enter(provider)[0])
    path = invite(owner, email="nia@team.example", name="", role="rep", now=timezone.now()).path
    assert 'name="password"' not in Client().get(path).content.decode()
    Client().post(path, {"name": "Nia", "password": "a-new-password-of-mine"})
    assert not Member.objects.filter(name="Nia").exists()


def test_an_account_without_an_owner_keeps_its_admins_way_in(provider, admin, settings):
    settings.OIDC = OidcSettings(provider.issuer, CLIENT, SECRET, "Acme ID", is_only=True)
    assert Client().post("/login/", {"username": "ada", "password": PASSWORD}).status_code == 302


def test_tries_are_slowed_down(provider):
    with time_machine.travel(timezone.now(), tick=False):
        statuses = [
            Client().get("/login/oidc/callback/", {"state": f"x{at}"}).status_code for at in range(40)
        ]
    assert statuses[0] == 403
    assert statuses[-1] == 429


def test_nothing_secret_and_nobody_is_logged_or_shown(provider, rob, caplog):
    with caplog.at_level(logging.DEBUG):
        enter(provider)
        _browser, answer = enter(provider, email="nobody@team.example", sub="x")
    text = " ".join(f"{one.getMessage()} {one.__dict__}" for one in caplog.records if "deals" in one.name)
    for secret in (SECRET, "a-code", "team.example", "rob-at-provider", provider.posts[0]["code_verifier"]):
        assert secret not in text
        assert secret not in answer.content.decode()
    assert SECRET not in repr(OidcSettings("x", "y", SECRET))


def test_without_the_setting_there_is_no_such_page(rep, settings):
    assert not settings.OIDC.is_on
    assert Client().get("/login/oidc/").status_code == 404
    assert Client().get("/login/oidc/callback/").status_code == 404
    assert not re.search("single sign-on", Client().get("/login/").content.decode(), re.IGNORECASE)


@pytest.mark.parametrize(
    "given",
    [
        {"OIDC_ISSUER": "http://id.example", "OIDC_CLIENT_ID": "x"},
        {"OIDC_ISSUER": "https://id.example"},
        {"OIDC_ONLY": "1"},
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant_are_refused_at_the_start(given):
    env = environ.Env()
    env.ENVIRON = given
    with pytest.raises(ImproperlyConfigured):
        oidc_settings(env)
    env.ENVIRON = {"OIDC_ISSUER": "https://id.example/", "OIDC_CLIENT_ID": "x"}
    assert oidc_settings(env).is_on
