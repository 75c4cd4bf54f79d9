"""My account: password, address, second factor, sessions, language; wrong codes and old links open nothing."""

import re
from datetime import timedelta

import pyotp
import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from deals.account import factors
from deals.auth_backends import has_factor
from deals.models import RecoveryCode, SecondFactor, SignedInSession
from tests.fixtures import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
NEW = "a-new-password-of-mine"


@pytest.fixture(autouse=True)
def _mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PUBLIC_URL = "http://testserver"


def enter(username: str = "rob", password: str = PASSWORD, browser: Client | None = None):
    browser = browser or Client()
    return browser, browser.post("/login/", {"username": username, "password": password})


def test_a_new_password_signs_out_everywhere_else(rep):
    here, there = enter()[0], enter()[0]
    wrong = here.post("/account/password/", {"old_password": "x", "new_password1": NEW, "new_password2": NEW})
    assert wrong.status_code == 422
    answer = here.post(
        "/account/password/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    )
    assert answer.status_code == 302
    assert here.get("/deals/").status_code == 200
    assert there.get("/deals/").status_code == 302
    assert enter()[1].status_code == 200
    assert enter(password=NEW)[1].status_code == 302


def test_an_address_counts_when_its_link_was_opened_and_pressed(rep):
    browser = sign_in(rep.member)
    assert "notifications reach nobody" in browser.get("/account/").content.decode()
    wrong = browser.post("/account/email/", {"email": "rob@team.example", "password": "wrong"})
    assert (wrong.status_code, mail.outbox) == (422, [])
    browser.post("/account/email/", {"email": "rob@team.example", "password": PASSWORD})
    path = re.search(r"http://testserver(/account/address/\S+)", mail.outbox[0].body)[1]
    rep.member.user.refresh_from_db()
    assert rep.member.user.email == ""
    # A program that looks at mails opens links; nothing happens before a press.
    Client().get(path)
    rep.member.user.refresh_from_db()
    assert rep.member.user.email == ""
    assert Client().post(path).status_code == 302
    rep.member.user.refresh_from_db()
    assert rep.member.user.email == "rob@team.example"
    assert Client().post(path).status_code == 410


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(rep):
    rep.member.user.email = "rob@team.example"
    rep.member.user.save()
    browser = enter()[0]
    answer = Client().post("/login/forgotten/", {"email": "rob@team.example"}, headers={"Host": "testserver"})
    assert answer["Location"] == "/login/forgotten/sent/"
    nobody = Client().post("/login/forgotten/", {"email": "nobody@team.example"})
    assert nobody["Location"] == answer["Location"]
    assert len(mail.outbox) == 1
    path = re.search(r"http://testserver(/login/forgotten/\S+)", mail.outbox[0].body)[1]
    visitor = Client()
    form = visitor.get(path)["Location"]
    assert visitor.post(form, {"new_password1": NEW, "new_password2": NEW})["Location"] == "/login/"
    assert enter(password=NEW)[1].status_code == 302
    assert browser.get("/deals/").status_code == 302
    assert "opens nothing" in Client().get(path).content.decode()


def test_a_reset_link_of_an_old_address_opens_nothing(rep):
    rep.member.user.email = "old@team.example"
    rep.member.user.save()
    Client().post("/login/forgotten/", {"email": "old@team.example"})
    path = re.search(r"http://testserver(/login/forgotten/\S+)", mail.outbox[0].body)[1]
    rep.member.user.email = "new@team.example"
    rep.member.user.save()
    assert "opens nothing" in Client().get(path).content.decode()


@pytest.fixture
def factor(rep):
    """Return the secret of the rep's authenticator app, and the recovery codes."""
    secret = factors.factor_begin(rep.member.user)
    now = timezone.now() - timedelta(minutes=5)
    codes = factors.factor_confirm(rep.member.user, pyotp.TOTP(secret).at(now), now=now)
    assert codes is not None
    return secret, codes


def test_setting_up_a_second_factor_asks_the_password_and_a_code(rep):
    browser = sign_in(rep.member)
    assert browser.post("/account/second-factor/", {"password": "wrong"}).status_code == 422
    assert not SecondFactor.objects.exists()
    assert browser.post("/account/second-factor/", {"password": PASSWORD}).status_code == 302
    page = browser.get("/account/second-factor/").content.decode()
    secret = re.search(r"<code class=\"break secret\">(\w+)</code>", page)[1]
    assert "<svg" in page
    assert secret not in SecondFactor.objects.get().secret
    assert browser.post("/account/second-factor/", {"code": "000000"}).status_code == 422
    page = browser.post("/account/second-factor/", {"code": pyotp.TOTP(secret).now()}).content.decode()
    codes = re.findall(r"<code>(\w{5}-\w{5})</code>", page)
    assert len(codes) == 10
    assert not RecoveryCode.objects.filter(digest__in=codes).exists()


def test_the_code_is_asked_after_the_password_and_works_once(rep, factor):
    secret, _codes = factor
    browser, answer = enter()
    assert answer["Location"] == "/login/second-step/"
    assert browser.get("/deals/").status_code == 302
    code = pyotp.TOTP(secret).now()
    assert browser.post("/login/second-step/", {"code": code})["Location"] == "/deals/"
    assert browser.get("/deals/").status_code == 200
    other, _answer = enter()
    again = other.post("/login/second-step/", {"code": code})
    assert again.status_code == 422
    assert "used already" in again.content.decode()


def test_a_recovery_code_works_once(rep, factor):
    _secret, codes = factor
    browser, _answer = enter()
    assert browser.post("/login/second-step/", {"code": codes[0].upper()}).status_code == 302
    other, _answer = enter()
    assert other.post("/login/second-step/", {"code": codes[0]}).status_code == 422
    assert factors.codes_left(rep.member.user) == 9


def test_wrong_codes_are_slowed_down(rep, factor):
    browser, _answer = enter()
    statuses = [browser.post("/login/second-step/", {"code": f"{at:06}"}).status_code for at in range(10)]
    assert statuses[0] == 422
    assert statuses[-1] == 429


def test_the_second_step_is_nobodys_without_the_first(rep, factor):
    assert Client().get("/login/second-step/")["Location"] == "/login/"
    browser, _answer = enter()
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert browser.get("/login/second-step/")["Location"] == "/login/"


def test_switching_it_off_asks_the_password(rep, factor):
    browser = sign_in(rep.member)
    assert browser.post("/account/second-factor/change/", {"password": "x", "do": "off"}).status_code == 422
    assert has_factor(rep.member.user)
    shown = browser.post("/account/second-factor/change/", {"password": PASSWORD, "do": "codes"})
    assert len(re.findall(r"<code>\w{5}-\w{5}</code>", shown.content.decode())) == 10
    browser.post("/account/second-factor/change/", {"password": PASSWORD, "do": "off"})
    assert not has_factor(rep.member.user)


def test_sessions_are_seen_and_ended(rep):
    here, there = enter()[0], enter()[0]
    third = enter(browser=Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"}))[0]
    page = here.get("/account/").content.decode()
    assert "Firefox, Windows" in page
    row = SignedInSession.objects.get(browser="Firefox, Windows")
    here.post(f"/account/sessions/{row.pk}/end/")
    assert third.get("/deals/").status_code == 302
    assert there.get("/deals/").status_code == 200
    here.post("/account/sessions/0/end/")
    assert there.get("/deals/").status_code == 302
    assert here.get("/deals/").status_code == 200


def test_nobody_ends_anothers_session(rep, admin):
    mine = enter()[0]
    row = SignedInSession.objects.get()
    sign_in(admin.member).post(f"/account/sessions/{row.pk}/end/")
    assert mine.get("/deals/").status_code == 200


def test_a_session_ends_when_idle_and_after_its_longest(rep, settings):
    browser = enter()[0]
    with time_machine.travel(timezone.now() + settings.SESSION_IDLE + timedelta(hours=1), tick=False):
        assert browser.get("/deals/").status_code == 302
    browser = enter()[0]
    now = timezone.now()
    for days in range(2, 40, 2):
        with time_machine.travel(now + timedelta(days=days), tick=False):
            status = browser.get("/deals/").status_code
    assert status == 302


def test_language_and_time_zone_are_a_persons_own(rep):
    browser = sign_in(rep.member)
    answer = browser.post("/account/", {"name": "Røb", "language": "en", "time_zone": "Europe/Oslo"})
    assert answer.cookies["django_language"].value == "en"
    rep.member.refresh_from_db()
    assert (rep.member.name, rep.member.time_zone) == ("Røb", "Europe/Oslo")
    assert browser.post("/account/", {"name": "", "language": "xx"}).status_code == 422


def test_a_reset_link_does_not_pass_the_second_factor(rep, factor):
    rep.member.user.email = "rob@team.example"
    rep.member.user.save()
    Client().post("/login/forgotten/", {"email": "rob@team.example"})
    path = re.search(r"http://testserver(/login/forgotten/\S+)", mail.outbox[0].body)[1]
    visitor = Client()
    visitor.post(visitor.get(path)["Location"], {"new_password1": NEW, "new_password2": NEW})
    assert visitor.get("/deals/").status_code == 302
    assert enter(password=NEW)[1]["Location"] == "/login/second-step/"


@pytest.mark.parametrize(
    "password",
    ["crm-invoicing-2026!", "QuickBooks12345678", "rob rob rob rob 1", "Testers2026!!!!!", "passordpassord1"],
)
def test_words_of_this_program_are_no_password(rep, password):
    browser = sign_in(rep.member)
    sent = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    assert browser.post("/account/password/", sent).status_code == 422
    good = {
        **sent,
        "new_password1": "invoices of a quiet morning",
        "new_password2": "invoices of a quiet morning",
    }
    assert browser.post("/account/password/", good).status_code == 302
