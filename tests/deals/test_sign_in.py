"""Guessing passwords: slowed before anything is hashed, at every door, logged without what was typed, and never a lock-out."""

import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import authenticate, hashers
from django.db import connections
from django.test import Client, RequestFactory

from deals.models import SignInAttempts
from deals.sign_in_limits import attempts_cleanup, sign_in_begins, sign_in_wait, sign_in_worked

from ..fixtures import PASSWORD, make_deal, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


def fail(name: str, address: str, times: int, *, now: datetime = NOW) -> int:
    """Fail as often as is let through; gives how often that was."""
    return sum(sign_in_begins(name, address, now=now) for _time in range(times))


def test_a_few_failures_cost_nothing_and_each_further_one_doubles_the_wait():
    assert fail("ada", HOME, 4) == 4
    assert sign_in_wait("ada", HOME, now=NOW) == 0
    waits, now = [], NOW
    for _time in range(12):
        assert sign_in_begins("ada", HOME, now=now)
        waits.append(sign_in_wait("ada", HOME, now=now))
        now += timedelta(seconds=waits[-1])
    assert waits[:6] == [1, 2, 4, 8, 16, 32]
    assert waits[-1] == 15 * 60


def test_a_colleague_is_locked_out_by_nobody():
    """Two hundred guesses from elsewhere cost the real person half a minute at most."""
    now = NOW
    for number in range(200):
        sign_in_begins("ada", f"203.0.{number // 250}.{number % 250}", now=now)
        now += timedelta(seconds=1)
    assert sign_in_wait("ada", HOME, now=now) <= 30


def test_an_address_that_tries_many_names_is_slowed():
    assert fail_many_names(ELSEWHERE, 60) == 30
    assert sign_in_wait("somebody new", ELSEWHERE, now=NOW) > 0
    assert sign_in_wait("somebody new", HOME, now=NOW) == 0


def fail_many_names(address: str, count: int) -> int:
    return sum(sign_in_begins(f"name{number}", address, now=NOW) for number in range(count))


def test_all_addresses_of_one_ipv6_customer_count_together():
    assert sum(sign_in_begins(f"n{number}", f"2001:db8::{number:x}", now=NOW) for number in range(60)) == 30


def test_names_count_together_however_they_are_spelled():
    for name in ("ada", "ADA", " Ada ", "aDa", "ada"):
        sign_in_begins(name, HOME, now=NOW)
    assert sign_in_wait("Ada", HOME, now=NOW) > 0


def test_signing_in_forgets_the_failures_and_an_hour_does_too():
    fail("ada", HOME, 9)
    sign_in_worked("ada", HOME)
    assert sign_in_wait("ada", HOME, now=NOW) == 0
    fail("bo", HOME, 5)
    later = NOW + timedelta(hours=1, seconds=1)
    assert fail("bo", HOME, 4, now=later) == 4
    attempts_cleanup(now=later + timedelta(days=2))
    assert not SignInAttempts.objects.exists()


def test_neither_name_nor_address_is_stored():
    fail("ada.secret", HOME, 2)
    text = str(list(SignInAttempts.objects.values()))
    # Of words whose letters no hexadecimal digest can hold by chance.
    assert "secret" not in text
    assert HOME not in text


def test_a_hundred_tries_at_once_are_let_through_as_few_as_one_after_the_other():
    passed = []

    def attempt() -> None:
        passed.append(sign_in_begins("ada", HOME, now=NOW))
        connections.close_all()

    threads = [threading.Thread(target=attempt) for _one in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 20
    assert sum(passed) <= 6


def post(client: Client, password: str, path: str = "/login/"):
    return client.post(path, {"username": "ada", "password": password})


def test_page_answers_429_with_the_time_to_wait_in_plain_words(admin):
    client = Client()
    answers = [post(client, f"wrong{number}") for number in range(12)]
    limited = next(answer for answer in answers if answer.status_code == 429)
    assert int(limited["Retry-After"]) >= 1
    page = limited.content.decode()
    assert "Too many tries in a row" in page
    assert "Nothing is locked" in page
    assert post(client, PASSWORD).status_code == 429


def test_nothing_is_hashed_while_limited(admin, monkeypatch):
    client = Client()
    for number in range(12):
        post(client, f"wrong{number}")
    hashed = []
    monkeypatch.setattr(hashers, "check_password", lambda *given, **more: hashed.append(given))
    monkeypatch.setattr(hashers, "make_password", lambda *given, **more: hashed.append(given))
    assert post(client, "wrong").status_code == 429
    assert authenticate(RequestFactory().post("/"), username="ada", password=PASSWORD) is None
    assert hashed == []


def test_sign_in_that_carries_a_form_is_a_door_with_the_same_limit(admin, account):
    deal = make_deal(account)
    path = f"/deals/{deal.pk}/invoices/new/sign-in/"
    client = Client()
    codes = [post(client, f"wrong{number}", path).status_code for number in range(12)]
    assert 429 in codes
    assert post(client, PASSWORD).status_code == 429


def test_person_with_the_right_password_signs_in_after_a_few_mistakes(admin):
    client = Client()
    for number in range(4):
        assert post(client, f"wrong{number}").status_code == 200
    assert post(client, PASSWORD).status_code == 302


def test_sign_ins_are_logged_with_the_user_and_never_with_what_was_typed(admin, caplog):
    caplog.set_level(logging.INFO)
    client = Client()
    client.post("/login/", {"username": "hunter2-in-the-wrong-field", "password": "CANARY"})
    post(client, "CANARY")
    post(client, PASSWORD)
    for number in range(8):
        post(Client(), f"CANARY{number}")
    said = [
        (record.getMessage(), vars(record).get("user"))
        for record in caplog.records
        if record.name == "deals.auth_backends"
    ]
    assert ("sign-in refused", None) in said
    assert ("sign-in refused", admin.member.user_id) in said
    assert ("signed in", admin.member.user_id) in said
    assert ("sign-in limited", None) in said
    text = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    for typed in ("CANARY", "hunter2", PASSWORD):
        assert typed not in text


def test_there_is_no_second_door():
    assert Client().get("/admin/").status_code == 404
    assert Client().get("/admin/login/").status_code == 404


def test_signing_out_has_the_browser_drop_what_it_kept(admin):
    answer = sign_in(admin.member).post("/logout/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
