"""Installing and uninstalling: started there or here, by several people, found again, and nothing bound by accident."""

from base64 import b64encode
from datetime import timedelta

import pytest
import requests
import time_machine
from django.test import Client
from django.utils import timezone

from deals.models import (
    Account,
    CrmWrite,
    CustomField,
    EmbedSession,
    Member,
    MemberIdentity,
    PipedriveCompany,
    PipedriveToken,
)
from deals.pipedrive.installs import uninstall
from deals.pipedrive.setting_up import set_up_due
from deals.pipedrive.tokens import StoredToken, refresh_idle
from tests.fixtures import sign_in

from .conftest import DANA, LIN, RAVI, deal_of, state_of

pytestmark = pytest.mark.django_db


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


def test_an_installation_that_begins_in_pipedrive_makes_an_account_with_its_people(crm):
    browser = Client()
    answer = browser.get("/pipedrive/callback/", {"code": crm.code()})
    assert answer["Location"] == "/pipedrive/confirm/"
    assert not Account.objects.exists()
    page = browser.get("/pipedrive/confirm/")
    assert "Install invoicing in Pipedrive?" in page.content.decode()
    answer = browser.post("/pipedrive/confirm/")
    assert answer["Location"] == f"{crm.url}/settings/marketplace/app/demo-app/app-settings"
    account = Account.objects.get()
    assert (account.name, account.currency, account.time_zone) == (
        "Bluestem Supply",
        "USD",
        "America/Chicago",
    )
    assert Member.objects.get().is_admin
    set_up_due(now=timezone.now())
    assert set(Member.objects.values_list("name", flat=True)) == {
        "Dana Whitfield",
        "Ravi Patel",
        "Lin Okafor",
    }
    assert CustomField.objects.filter(entity="organization", label="Tax ID").exists()
    assert len(crm.state()["webhooks"]) >= 6
    # Nobody was signed in by it.
    assert "_auth_user_id" not in browser.session


def test_one_that_begins_here_joins_the_account_of_whoever_started_it(crm, admin):
    browser = sign_in(admin.member)
    answer = browser.post("/pipedrive/install/")
    assert answer["Location"].startswith(f"{crm.url}/oauth/authorize?client_id=demo-app")
    state = state_of(answer["Location"])
    answer = browser.get("/pipedrive/callback/", {"code": crm.code(), "state": state})
    assert answer["Location"].startswith(crm.url)
    company = PipedriveCompany.objects.get()
    assert company.account == admin.account
    assert MemberIdentity.objects.get(external_id=str(DANA)).member == admin.member
    page = browser.get("/access/").content.decode()
    assert "Connected to Bluestem Supply." in page


@pytest.mark.parametrize("state", ["", "made-up"])
def test_a_code_that_somebody_else_sent_here_binds_nothing_without_a_question(crm, admin, state):
    browser = sign_in(admin.member)
    answer = browser.get("/pipedrive/callback/", {"code": crm.code(), "state": state})
    assert answer["Location"] == "/pipedrive/confirm/"
    assert not PipedriveCompany.objects.exists()
    assert admin.account.name in browser.get("/pipedrive/confirm/").content.decode()
    browser.post("/pipedrive/confirm/", {"account": "mine"})
    assert PipedriveCompany.objects.get().account == admin.account


def test_a_state_works_once(crm, admin):
    browser = sign_in(admin.member)
    state = state_of(browser.post("/pipedrive/install/")["Location"])
    browser.get("/pipedrive/callback/", {"code": crm.code(), "state": state})
    again = browser.get("/pipedrive/callback/", {"code": crm.code(RAVI), "state": state})
    assert again["Location"] == "/pipedrive/confirm/"


def test_a_code_that_is_too_old_or_used_or_missing_says_so(crm):
    browser = Client()
    code = crm.code()
    browser.get("/pipedrive/callback/", {"code": code})
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        assert "took too long" in browser.get("/pipedrive/confirm/").content.decode()
    crm.install()
    browser.get("/pipedrive/callback/", {"code": "unknown"})
    assert "no longer accepts" in browser.post("/pipedrive/confirm/").content.decode()
    assert browser.get("/pipedrive/callback/").status_code == 400
    refused = browser.get("/pipedrive/callback/", {"error": "user_denied"})
    assert refused["Location"] == "/login/"


def test_pipedrive_that_does_not_answer_leaves_nothing_half_done(crm, settings):
    settings.PIPEDRIVE_OAUTH_URL = "http://127.0.0.1:9"
    browser = Client()
    browser.get("/pipedrive/callback/", {"code": "x"})
    assert "does not answer" in browser.post("/pipedrive/confirm/").content.decode()
    assert not Account.objects.exists()


def test_tokens_go_to_pipedrive_alone(crm, settings):
    settings.PIPEDRIVE_API_HOSTS = [".pipedrive.com"]
    browser = Client()
    browser.get("/pipedrive/callback/", {"code": crm.code()})
    assert "does not answer" in browser.post("/pipedrive/confirm/").content.decode()
    assert not [call for call in crm.calls() if "users/me" in call]


def test_a_colleague_joins_and_a_company_belongs_to_one_account(crm, installed, stranger):
    crm.install(RAVI)
    assert Account.objects.exclude(pk=stranger.account.pk).count() == 1
    ravi = MemberIdentity.objects.get(external_id=str(RAVI)).member
    assert (ravi.name, ravi.is_admin) == ("Ravi Patel", False)
    browser = sign_in(stranger.member)
    state = state_of(browser.post("/pipedrive/install/")["Location"])
    answer = browser.get("/pipedrive/callback/", {"code": crm.code(LIN), "state": state})
    assert "belongs to another company" in answer.content.decode()
    assert not MemberIdentity.objects.filter(member=stranger.member).exists()


def test_tokens_are_sealed(crm, installed):
    row = PipedriveToken.objects.get()
    grant = crm.running.world.tokens.grants[0]
    assert grant.refresh_token not in row.refresh_token
    assert not [token for token in grant.access if token in row.access_token]


def test_uninstalling_forgets_tokens_ends_frames_and_a_later_installation_finds_everything(crm, installed):
    frame = crm.frame()
    assert frame.get().status_code == 200
    deal = deal_of(1)
    CrmWrite.objects.create(deal=deal, key="note:1:created", body={"text": "x"}, due_at=timezone.now())
    headers = basic("demo-app", "demo-secret")
    body = {"client_id": "demo-app", "company_id": installed.company_id, "user_id": DANA, "timestamp": "x"}
    answer = Client().delete("/pipedrive/callback/", body, content_type="application/json", headers=headers)
    assert answer.status_code == 204
    row = PipedriveToken.objects.get()
    assert (row.access_token, row.refresh_token) == ("", "")
    assert frame.get().status_code == 401
    assert not EmbedSession.objects.exists()
    assert CrmWrite.objects.get().state == CrmWrite.State.FAILED
    company = PipedriveCompany.objects.get()
    assert company.removed_at is not None
    assert crm.enter().status_code == 403
    # Nothing asks Pipedrive any more.
    crm.control("reset-calls")
    set_up_due(now=timezone.now() + timedelta(days=2))
    assert crm.calls() == []
    crm.install()
    assert deal_of(1) == deal
    assert crm.frame().get().status_code == 200
    assert Account.objects.count() == 1


def test_an_admin_who_uninstalled_opens_no_settings_while_others_stay(crm, installed):
    crm.install(RAVI)
    uninstall(installed, str(DANA), now=timezone.now())
    assert PipedriveCompany.objects.get().removed_at is None
    assert crm.enter("settings").status_code == 403
    assert crm.enter(user=RAVI).status_code == 302


@pytest.mark.parametrize(
    ("name", "password", "client", "status"),
    [
        ("demo-app", "wrong", "demo-app", 401),
        ("other", "demo-secret", "demo-app", 401),
        ("demo-app", "demo-secret", "other", 400),
    ],
)
def test_only_pipedrive_itself_uninstalls(crm, installed, name, password, client, status):
    body = {"client_id": client, "company_id": installed.company_id, "user_id": DANA}
    answer = Client().delete(
        "/pipedrive/callback/", body, content_type="application/json", headers=basic(name, password)
    )
    assert answer.status_code == status
    assert PipedriveToken.objects.get().removed_at is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"company_id": "x"}'])
def test_an_unreadable_notice_changes_nothing(crm, installed, body):
    answer = Client().generic(
        "DELETE", "/pipedrive/callback/", body, "application/json", headers=basic("demo-app", "demo-secret")
    )
    assert answer.status_code == 400


def test_uninstalling_here_tells_pipedrive(crm, admin):
    browser = sign_in(admin.member)
    state = state_of(browser.post("/pipedrive/install/")["Location"])
    browser.get("/pipedrive/callback/", {"code": crm.code(), "state": state})
    browser.post("/pipedrive/uninstall/")
    assert crm.state()["installed"] == []
    assert PipedriveToken.objects.get().removed_at is not None


def test_a_token_that_ran_out_is_refreshed_once_for_all_who_ask(crm, installed):
    row = PipedriveToken.objects.get()
    token = StoredToken(row.pk)
    before = token.access_token()
    crm.control("expire-tokens")
    assert (
        requests.get(
            f"{crm.url}/v1/users/me", headers={"Authorization": f"Bearer {before}"}, timeout=5
        ).status_code
        == 401
    )
    assert crm.frame().get().status_code == 200
    fresh = StoredToken(row.pk).access_token()
    assert fresh != before
    # Who was refused with the old one takes what another already got.
    assert StoredToken(row.pk).renewed(before) == fresh
    assert PipedriveToken.objects.get().lease_until is None


def test_a_permission_that_is_gone_asks_its_person_to_install_again(crm, installed, settings):
    crm.running.world.tokens.grants[0].revoked = True
    crm.control("expire-tokens")
    answer = crm.enter()
    assert answer.status_code == 403
    assert "not set up for you" in answer.content.decode()
    assert PipedriveToken.objects.get().broken_at is not None


def test_tokens_that_nobody_used_are_refreshed_before_they_are_over(crm, installed):
    assert refresh_idle(now=timezone.now() + timedelta(days=3)) == 0
    assert refresh_idle(now=timezone.now() + timedelta(days=8)) == 1
