"""Consent, tokens, installing from either side, and uninstalling."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests

from pipedrive_emulator.seed.company import DANA, LIN, RAVI
from pipedrive_emulator.server import Running
from tests.pipedrive_emulator.conftest import Receiver, connect, control, new_code, settings, token_call

CALLBACK = "http://localhost:8000/pipedrive/callback/"


def _answer(response: requests.Response) -> dict[str, list[str]]:
    assert response.status_code == 302
    assert response.headers["Location"].startswith(CALLBACK)
    return parse_qs(urlsplit(response.headers["Location"]).query)


def _decide(running: Running, decision: str, **more: str) -> requests.Response:
    form = {"client_id": "demo-app", "state": "s1", "user_id": str(RAVI), "decision": decision, **more}
    return requests.post(running.url + "/oauth/authorize", data=form, allow_redirects=False, timeout=5)


def test_consent_is_asked_for_and_gives_a_code_that_works_once(running):
    page = requests.get(
        running.url + "/oauth/authorize", params={"client_id": "demo-app", "state": "<s>"}, timeout=5
    )
    assert "Allow and install" in page.text
    assert "<s>" not in page.text
    answer = _answer(_decide(running, "allow"))
    assert answer["state"] == ["s1"]
    form = {"grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": CALLBACK}
    token = token_call(running, **form).json()
    assert token["expires_in"] == 3599
    assert token["api_domain"] == running.url
    assert token["access_token"].startswith("v1u:")
    again = token_call(running, **form)
    assert (again.status_code, again.json()["message"]) == (
        400,
        "Invalid grant: authorization_code is invalid",
    )
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    me = requests.get(running.url + "/v1/users/me", headers=headers, timeout=5).json()["data"]
    assert (me["id"], me["company_id"], me["is_you"]) == (RAVI, 7700001, True)


def test_denied_consent_goes_back_with_the_state(running):
    assert _answer(_decide(running, "cancel")) == {"error": ["user_denied"], "state": ["s1"]}


@pytest.mark.parametrize("wrong", [{"client_id": "other"}, {"redirect_uri": "http://elsewhere.example/"}])
def test_an_unknown_app_or_address_is_never_redirected_to(running, wrong):
    assert _decide(running, "allow", **wrong).status_code == 400


def test_what_is_wrong_with_a_token_call_is_said(running):
    code = new_code(running)
    cases = [
        ({}, "Missing parameter: grant_type"),
        ({"grant_type": "password"}, "Unsupported grant type: grant_type is invalid"),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK}, "Invalid grant: authorization_code is invalid"),
        ({"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK + "x"}, "Invalid request: redirect_uri is invalid"),
        ({"grant_type": "refresh_token", "refresh_token": "1:1:x"}, "Invalid grant: refresh_token is invalid"),
    ]  # fmt: skip
    for form, message in cases:
        answer = token_call(running, **form)
        assert (answer.status_code, answer.json()["message"]) == (400, message)
    assert token_call(running, secret="no", grant_type="refresh_token").json()["error"] == "invalid_client"
    control(running, "clock", advance_seconds=301)
    late = token_call(running, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert late.json()["message"] == "Invalid grant: authorization_code has expired"


def test_the_refresh_token_stays_the_same_for_sixty_days_more(running):
    first = connect(running).token
    control(running, "clock", advance_seconds=59 * 86_400)
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = token_call(running, **refresh).json()
    assert second["refresh_token"] == first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    control(running, "clock", advance_seconds=61 * 86_400)
    assert token_call(running, **refresh).status_code == 400


def test_an_access_token_runs_out(running):
    client = connect(running)
    control(running, "clock", advance_seconds=3600)
    answer = client.call("GET", "/api/v2/deals")
    assert answer.status_code == 401
    assert answer.json()["error"] == "unauthorized access"
    assert answer.json()["errorCode"] == 401


def test_expire_tokens_of_the_control_api(running):
    client = connect(running)
    assert control(running, "expire-tokens") == {"expired": 1}
    assert client.call("GET", "/v1/users/me").status_code == 401


def test_installing_from_the_marketplace_has_no_state(running):
    cookies = {"pipedrive_emulator_viewer": str(LIN)}
    page = requests.get(running.url + "/marketplace", cookies=cookies, timeout=5).text
    assert "Lin Okafor does not have this app" in page
    sent = requests.post(
        running.url + "/marketplace/install", cookies=cookies, allow_redirects=False, timeout=5
    )
    answer = _answer(sent)
    assert list(answer) == ["code"]
    form = {"grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": CALLBACK}
    assert token_call(running, **form).json()["refresh_token"].startswith(f"7700001:{LIN}:")
    assert (
        "Lin Okafor has this app"
        in requests.get(running.url + "/marketplace", cookies=cookies, timeout=5).text
    )


def test_uninstalling_ends_tokens_and_webhooks_and_tells_the_app(receiver: Receiver):
    with Running(settings(callback_url=receiver.url + "/callback/")) as running:
        client = connect(running, RAVI)
        hook = {
            "subscription_url": receiver.url + "/hook",
            "event_action": "*",
            "event_object": "*",
            "name": "all",
        }
        client.send("POST", "/v1/webhooks", hook, 201)
        cookies = {"pipedrive_emulator_viewer": str(RAVI)}
        requests.post(running.url + "/marketplace/uninstall", cookies=cookies, timeout=5)
        (told,) = receiver.wait(1)
        assert (told["method"], told["path"]) == ("DELETE", "/callback/")
        expected = "Basic " + base64.b64encode(b"demo-app:demo-secret").decode()
        assert told["headers"]["Authorization"] == expected
        assert told["body"]["client_id"] == "demo-app"
        assert (told["body"]["company_id"], told["body"]["user_id"]) == (7700001, RAVI)
        assert client.call("GET", "/v1/users/me").status_code == 401
        assert running.world.store.table("webhook") == {}
        refresh = {"grant_type": "refresh_token", "refresh_token": client.token["refresh_token"]}
        assert token_call(running, **refresh).status_code == 400


def test_revoking_an_access_token_ends_only_that_one(running):
    client = connect(running)
    auth = ("demo-app", "demo-secret")
    for kind, installed in (("access_token", True), ("refresh_token", False)):
        form = {"token": client.token[kind], "token_type_hint": kind}
        assert (
            requests.post(running.url + "/oauth/revoke", data=form, auth=auth, timeout=5).status_code == 200
        )
        assert running.world.tokens.is_installed(DANA) is installed


# The made-up secret of the made-up app is shorter than a real one.
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_frames_carry_a_token_that_the_client_secret_signed(running):
    connect(running)
    token = requests.get(running.url + "/embed-token", timeout=5).json()["token"]
    claims = jwt.decode(token, "demo-secret", algorithms=["HS256"])
    assert (claims["userId"], claims["companyId"]) == (DANA, 7700001)
    assert claims["exp"] - claims["iat"] == 300
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
