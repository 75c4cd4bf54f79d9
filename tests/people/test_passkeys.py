"""Passkeys: added after one proved who one is, sign in by themselves and as the second step; whatever is not right is refused."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from deals.account import factors
from deals.auth_backends import has_factor
from deals.models import AccountEvent, Passkey, PasskeyHandle, RecoveryCode
from tests.fixtures import PASSWORD, make_member, sign_in

from .authenticator import Authenticator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _here(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PUBLIC_URL = "http://testserver"


def options(browser: Client, purpose: str) -> dict[str, Any]:
    answer = browser.post("/login/passkey/options/", {"purpose": purpose})
    assert answer.status_code == 200
    return answer.json()


def add(browser: Client, device: Authenticator, name: str = "Laptop"):
    browser.post("/account/confirm/", {"password": PASSWORD, "next": "/account/passkeys/new/"})
    answer = device.create(options(browser, "add"))
    return browser.post("/account/passkeys/new/", {"name": name, "credential": answer})


@pytest.fixture
def device(rep):
    """A device whose passkey is rob's."""
    made = Authenticator()
    add(sign_in(rep.member), made)
    return made


def by_itself(device: Authenticator, browser: Client | None = None, **more: str):
    browser = browser or Client()
    answer = device.get(options(browser, "sign-in"))
    return browser, browser.post("/login/passkey/", {"credential": answer, **more})


def is_in(browser: Client) -> bool:
    return browser.get("/deals/").status_code == 200


def test_adding_asks_who_one_is_first_and_gives_recovery_codes_once(rep):
    rep.member.user.email = "rob@team.example"
    rep.member.user.save()
    browser, device = sign_in(rep.member), Authenticator()
    assert browser.get("/account/passkeys/new/")["Location"].startswith("/account/confirm/?next=")
    assert browser.post("/login/passkey/options/", {"purpose": "add"}).status_code == 403
    assert browser.post("/account/confirm/", {"password": "wrong"}).status_code == 422
    assert browser.post("/login/passkey/options/", {"purpose": "add"}).status_code == 403
    page = add(browser, device).content.decode()
    assert len(re.findall(r"<code>\w{5}-\w{5}</code>", page)) == 10
    assert add(browser, Authenticator(), "Phone")["Location"] == "/account/"
    assert RecoveryCode.objects.count() == 10
    assert "Laptop" in browser.get("/account/").content.decode()
    assert AccountEvent.objects.filter(kind="passkey.added").count() == 2
    assert [one.to for one in mail.outbox] == [["rob@team.example"]] * 2
    assert "A passkey was added." in mail.outbox[0].body


def test_the_handle_is_random_and_the_same_for_all_of_a_persons_passkeys(rep, device):
    other = Authenticator()
    add(sign_in(rep.member), other, "Phone")
    assert len(device.handle) >= 32
    assert device.handle == other.handle
    assert str(rep.member.user.pk).encode() != device.handle
    assert PasskeyHandle.objects.count() == 1


def test_a_passkey_of_before_is_not_made_twice_on_one_device(rep, device):
    browser = sign_in(rep.member)
    browser.post("/account/confirm/", {"password": PASSWORD})
    found = options(browser, "add")
    assert [one["id"] for one in found["excludeCredentials"]] == [Passkey.objects.get().credential_id]
    answer = browser.post("/account/passkeys/new/", {"name": "Again", "credential": device.create(found)})
    assert answer.status_code == 422
    assert "Nothing was added" in answer.content.decode()


def test_it_signs_in_by_itself_and_counts_as_both_factors(device):
    browser, answer = by_itself(device, next="/deals/?q=x")
    assert answer["Location"] == "/deals/?q=x"
    assert is_in(browser)
    assert Passkey.objects.get().last_used_at is not None


def test_it_leads_to_pages_of_ours_alone(device):
    for path in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        assert by_itself(device, next=path)[1]["Location"] == "/deals/"


def test_the_password_alone_no_longer_signs_in(rep, device):
    browser = Client()
    answer = browser.post("/login/", {"username": "rob", "password": PASSWORD})
    assert answer["Location"] == "/login/second-step/"
    assert not is_in(browser)
    assert has_factor(rep.member.user)


def test_it_is_the_second_step_instead_of_a_code(rep, device):
    browser = Client()
    browser.post("/login/", {"username": "rob", "password": PASSWORD, "next": "/products/"})
    assert "Use your passkey" in browser.get("/login/second-step/").content.decode()
    found = options(browser, "second-step")
    assert [one["id"] for one in found["allowCredentials"]] == [Passkey.objects.get().credential_id]
    answer = browser.post("/login/second-step/passkey/", {"credential": device.get(found)})
    assert answer["Location"] == "/products/"
    assert is_in(browser)


def test_the_second_step_takes_no_passkey_of_somebody_else(rep, admin, device):
    other = Authenticator()
    add(sign_in(admin.member), other)
    browser = Client()
    browser.post("/login/", {"username": "rob", "password": PASSWORD})
    answer = other.get(options(browser, "second-step"))
    assert (
        browser.post("/login/second-step/passkey/", {"credential": answer})["Location"]
        == "/login/second-step/"
    )
    assert not is_in(browser)


def test_a_recovery_code_stands_for_a_lost_passkey(rep):
    page = add(sign_in(rep.member), Authenticator()).content.decode()
    code = re.findall(r"<code>(\w{5}-\w{5})</code>", page)[0]
    browser = Client()
    browser.post("/login/", {"username": "rob", "password": PASSWORD})
    assert "recovery codes" in browser.get("/login/second-step/").content.decode()
    assert browser.post("/login/second-step/", {"code": code}).status_code == 302
    assert is_in(browser)


def refused(browser: Client, answer: str) -> bool:
    sent = browser.post("/login/passkey/", {"credential": answer})
    return sent["Location"].startswith("/login/") and not is_in(browser)


def test_an_answer_works_once_and_in_the_browser_that_asked(device):
    browser = Client()
    answer = device.get(options(browser, "sign-in"))
    assert refused(Client(), answer)
    assert browser.post("/login/passkey/", {"credential": answer})["Location"] == "/deals/"
    browser.post("/logout/")
    assert refused(browser, answer)


def test_an_answer_is_used_up_even_when_it_was_refused(device):
    browser = Client()
    found = options(browser, "sign-in")
    device.verifies = False
    assert refused(browser, device.get(found))
    device.verifies = True
    assert refused(browser, device.get(found))


def test_a_challenge_is_over_after_five_minutes(device):
    browser = Client()
    answer = device.get(options(browser, "sign-in"))
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        assert refused(browser, answer)


def test_a_challenge_of_one_purpose_serves_no_other(rep, device):
    browser = Client()
    browser.post("/login/", {"username": "rob", "password": PASSWORD})
    assert refused(browser, device.get(options(browser, "second-step")))


def test_without_unlocking_it_is_refused(rep, device):
    device.verifies = False
    assert not is_in(by_itself(device)[0])
    other = Authenticator()
    other.verifies = False
    assert add(sign_in(rep.member), other).status_code == 422
    assert Passkey.objects.count() == 1


def test_an_answer_for_another_address_is_refused(device):
    device.origin = "https://testserver.evil.example"
    browser, _answer = by_itself(device)
    assert not is_in(browser)
    assert "work at http://testserver" in browser.get("/login/").content.decode()


def test_another_key_a_foreign_handle_and_nonsense_are_refused(rep, device):
    thief = Authenticator()
    thief.credential_id, thief.handle = device.credential_id, device.handle
    assert not is_in(by_itself(thief)[0])
    device.handle, kept = b"x" * 64, device.handle
    assert not is_in(by_itself(device)[0])
    device.handle = b""
    assert not is_in(by_itself(device)[0])
    device.handle = kept
    assert is_in(by_itself(device)[0])
    for text in ("", "x", "{}", "[]", '{"id": 1}', "9" * 30_000):
        assert Client().post("/login/passkey/", {"credential": text})["Location"].startswith("/login/")


def test_a_count_that_goes_back_is_refused_and_logged(device, caplog):
    by_itself(device)
    by_itself(device)
    device.count = 1
    with caplog.at_level(logging.WARNING):
        browser, _answer = by_itself(device)
    assert not is_in(browser)
    assert "passkey counted back" in caplog.text
    assert Passkey.objects.get().sign_count == 2


def test_a_passkey_that_does_not_count_works_on(device):
    for _time in range(2):
        device.count = -1
        assert is_in(by_itself(device)[0])


def test_tries_are_slowed_down_and_logged_without_what_was_sent(device, caplog):
    thief = Authenticator()
    thief.credential_id, thief.handle = device.credential_id, device.handle
    frozen = time_machine.travel(timezone.now(), tick=False)
    with frozen, caplog.at_level(logging.INFO):
        for _time in range(8):
            by_itself(thief)
        browser, _answer = by_itself(device)
    assert not is_in(browser)
    assert "Too many tries" in browser.get("/login/").content.decode()
    assert "sign-in limited" in caplog.text
    assert Passkey.objects.get().credential_id not in " ".join(str(one.__dict__) for one in caplog.records)


def test_whoever_was_removed_is_out(rep, device):
    rep.member.user.is_active = False
    rep.member.user.save()
    assert not is_in(by_itself(device)[0])


def test_removing_asks_who_one_is_and_the_codes_go_with_the_last(rep, device):
    browser, path = sign_in(rep.member), f"/account/passkeys/{Passkey.objects.get().pk}/remove/"
    assert browser.post(path)["Location"].startswith("/account/confirm/")
    assert Passkey.objects.exists()
    browser.post("/account/confirm/", {"password": PASSWORD})
    assert "your last second factor" in browser.get(path).content.decode()
    assert browser.post(path)["Location"] == "/account/"
    assert not Passkey.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert AccountEvent.objects.filter(kind="passkey.removed").exists()
    assert not is_in(by_itself(device)[0])


def test_recovery_codes_stay_while_there_is_another_factor(rep, device):
    secret = factors.factor_begin(rep.member.user)
    assert secret
    factors.factor_remove(rep.member.user)
    assert RecoveryCode.objects.count() == 10


def test_nobody_removes_anothers(account, device):
    stranger = sign_in(make_member(account, "zoe"))
    stranger.post("/account/confirm/", {"password": PASSWORD})
    assert stranger.post(f"/account/passkeys/{Passkey.objects.get().pk}/remove/").status_code == 404


def test_a_passkey_proves_who_one_is_where_there_is_no_password(rep, device):
    rep.member.user.set_unusable_password()
    rep.member.user.save()
    browser = sign_in(rep.member)
    assert browser.get("/account/passkeys/new/").status_code == 302
    answer = device.get(options(browser, "confirm"))
    sent = browser.post("/account/confirm/passkey/", {"credential": answer, "next": "/account/passkeys/new/"})
    assert sent["Location"] == "/account/passkeys/new/"
    assert browser.get("/account/passkeys/new/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert browser.get("/account/passkeys/new/").status_code == 302


def test_proving_who_one_is_gives_the_session_a_new_key_and_keeps_its_place_in_the_list(rep):
    browser = Client()
    browser.post("/login/", {"username": "rob", "password": PASSWORD})
    before = browser.cookies["sessionid"].value
    browser.post("/account/confirm/", {"password": PASSWORD})
    assert browser.cookies["sessionid"].value != before
    assert "This one" in browser.get("/account/").content.decode()
    old = Client()
    old.cookies["sessionid"] = before
    assert not is_in(old)


def test_a_new_passkey_signs_out_everywhere_else(rep):
    there = Client()
    there.post("/login/", {"username": "rob", "password": PASSWORD})
    add(sign_in(rep.member), Authenticator())
    assert not is_in(there)
