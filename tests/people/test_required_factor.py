"""A second factor for everybody, and mail about changes of how somebody signs in."""

import re

import pyotp
import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from deals.account import factors
from deals.auth_backends import has_factor
from deals.models import AccountEvent
from tests.fixtures import PASSWORD, sign_in

from .authenticator import Authenticator
from .test_passkeys import add, options

pytestmark = pytest.mark.django_db
NEW = "a-new-password-of-mine"


@pytest.fixture(autouse=True)
def _here(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PUBLIC_URL = "http://testserver"


@pytest.fixture
def required(rep, admin):
    """The account asks everybody for a second factor."""
    sign_in(admin.member).post("/team/second-factor/", {"required": "1"})
    rep.account.refresh_from_db()
    return rep


def enter() -> Client:
    browser = Client()
    browser.post("/login/", {"username": "rob", "password": PASSWORD})
    return browser


def test_an_admin_asks_for_it_and_others_cannot(rep, admin):
    sign_in(rep.member).post("/team/second-factor/", {"required": "1"})
    rep.account.refresh_from_db()
    assert not rep.account.requires_factor
    browser = sign_in(admin.member)
    assert "Ask everybody" in browser.get("/team/").content.decode()
    browser.post("/team/second-factor/", {"required": "1"})
    rep.account.refresh_from_db()
    assert rep.account.requires_factor
    assert AccountEvent.objects.get(kind="factor.required").data["changes"] == {"required": ["False", "True"]}


def test_whoever_has_none_is_led_to_set_one_up_at_the_next_sign_in(required):
    browser = enter()
    for path in ("/deals/", "/account/", "/team/", "/quickbooks/", "/search/?q=x"):
        assert browser.get(path)["Location"] == "/account/second-factor/required/", path
    assert browser.post("/deals/new/", {"title": "x"}).status_code == 302
    assert "Your company asks" in browser.get("/account/second-factor/required/").content.decode()
    browser.post("/account/second-factor/", {"password": PASSWORD})
    page = browser.get("/account/second-factor/").content.decode()
    secret = re.search(r"<code class=\"break secret\">(\w+)</code>", page)[1]
    browser.post("/account/second-factor/", {"code": pyotp.TOTP(secret).now()})
    assert browser.get("/deals/").status_code == 200


def test_a_passkey_is_enough(required):
    browser = enter()
    assert "Recovery codes" in add(browser, Authenticator()).content.decode()
    assert browser.get("/deals/").status_code == 200


def test_signing_out_is_open_and_the_next_sign_in_asks_again(required):
    browser = enter()
    browser.post("/logout/")
    assert enter().get("/deals/").status_code == 302


def test_the_last_factor_stays_where_it_is_asked_for(required):
    browser = enter()
    add(browser, Authenticator())
    user = required.member.user
    path = f"/account/passkeys/{user.passkeys.get().pk}/remove/"
    assert "this is your last one" in browser.get(path).content.decode()
    browser.post(path)
    assert has_factor(user)
    secret = factors.factor_begin(user)
    browser.post("/account/second-factor/", {"code": pyotp.TOTP(secret).now()})
    browser.post(path)
    assert not user.passkeys.exists()
    page = browser.post("/account/second-factor/change/", {"password": PASSWORD, "do": "off"})
    assert page.status_code == 422
    assert "this is your last one" in page.content.decode()
    assert has_factor(user)


def test_whoever_is_signed_in_already_works_on(rep, admin):
    browser = enter()
    sign_in(admin.member).post("/team/second-factor/", {"required": "1"})
    assert browser.get("/deals/").status_code == 200


@pytest.fixture
def rob(rep):
    rep.member.user.email = "rob@team.example"
    rep.member.user.save()
    return rep.member


def sentences() -> list[str]:
    assert {one.to[0] for one in mail.outbox} <= {"rob@team.example"}
    return [one.body.splitlines()[0] for one in mail.outbox]


def test_every_change_of_how_one_signs_in_is_mailed(rob):
    browser, device = sign_in(rob), Authenticator()
    browser.post("/account/second-factor/", {"password": PASSWORD})
    secret = re.search(r"secret\">(\w+)<", browser.get("/account/second-factor/").content.decode())[1]
    browser.post("/account/second-factor/", {"code": pyotp.TOTP(secret).now()})
    browser.post("/account/second-factor/change/", {"password": PASSWORD, "do": "codes"})
    add(browser, device)
    browser.post("/account/second-factor/change/", {"password": PASSWORD, "do": "off"})
    browser.post(f"/account/passkeys/{rob.user.passkeys.get().pk}/remove/")
    passwords = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    browser.post("/account/password/", passwords)
    assert sentences() == [
        "An authenticator app is asked for when you sign in.",
        "New recovery codes were made; the old ones open nothing any more.",
        "A passkey was added.",
        "The authenticator app is no longer asked for when you sign in.",
        "A passkey was removed.",
        "Your password was changed.",
    ]
    assert all(secret not in one.body and NEW not in one.body for one in mail.outbox)


def test_a_new_address_is_mailed_to_the_old_one(rob):
    browser = sign_in(rob)
    browser.post("/account/email/", {"email": "new@team.example", "password": PASSWORD})
    path = re.search(r"http://testserver(/account/address/\S+)", mail.outbox.pop().body)[1]
    Client().post(path)
    assert sentences() == ["Your mail address was changed. Mail goes to the new one from now on."]
    assert AccountEvent.objects.filter(kind="address").exists()


def test_a_password_that_was_replaced_by_a_link_is_mailed(rob):
    Client().post("/login/forgotten/", {"email": "rob@team.example"})
    path = re.search(r"http://testserver(/login/forgotten/\S+)", mail.outbox.pop().body)[1]
    visitor = Client()
    visitor.post(visitor.get(path)["Location"], {"new_password1": NEW, "new_password2": NEW})
    assert sentences() == ["Your password was changed."]


def test_an_address_is_changed_by_who_proves_who_they_are(rob):
    browser = sign_in(rob)
    assert browser.post("/account/email/", {"email": "new@team.example"}).status_code == 422
    rob.user.set_unusable_password()
    rob.user.save()
    browser = sign_in(rob)
    answer = browser.post("/account/email/", {"email": "new@team.example"})
    assert answer["Location"].startswith("/account/confirm/")
    assert mail.outbox == []


def test_a_code_of_the_app_proves_who_one_is_where_there_is_no_password(rob):
    secret = factors.factor_begin(rob.user)
    browser = sign_in(rob)
    browser.post("/account/second-factor/", {"code": pyotp.TOTP(secret).now()})
    codes = factors.recovery_codes_make(rob.user)
    rob.user.set_unusable_password()
    rob.user.save()
    browser = sign_in(rob)
    assert browser.post("/account/confirm/", {"code": "000000"}).status_code == 422
    assert browser.post("/account/second-factor/change/", {"do": "off"}).status_code == 302
    assert has_factor(rob.user)
    assert browser.post("/account/confirm/", {"code": codes[0]})["Location"] == "/account/"
    assert options(browser, "add")["user"]["name"] == "rob"
    browser.post("/account/second-factor/change/", {"do": "off"})
    assert not has_factor(rob.user)


def test_tries_to_prove_it_are_slowed_down(rob):
    browser = sign_in(rob)
    with time_machine.travel(timezone.now(), tick=False):
        for _time in range(8):
            page = browser.post("/account/confirm/", {"password": "wrong"}).content.decode()
        assert "Too many tries" in page
        assert browser.post("/account/confirm/", {"password": PASSWORD}).status_code == 422
