from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests

from tests.emulator_process import EmulatorProcess

REDIRECT = "http://localhost:9/callback"
SCOPE = "com.intuit.quickbooks.accounting"
DAY = 86_400


def _ask(emulator: EmulatorProcess, **change: Any) -> requests.Response:
    """The authorize request, answered with Connect unless the change says otherwise."""
    given = {
        "client_id": emulator.client_id,
        "response_type": "code",
        "scope": SCOPE,
        "redirect_uri": REDIRECT,
        "state": "s t",
        "realm_id": emulator.companies[0]["realm_id"],
        "decision": "connect",
        **change,
    }
    return requests.post(f"{emulator.url}/connect/oauth2", given, allow_redirects=False, timeout=10)


def _returned(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(REDIRECT + "?")
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def _token(emulator: EmulatorProcess, keys: tuple[str, str] | None = None, **form: str) -> requests.Response:
    auth = keys or (emulator.client_id, emulator.client_secret)
    headers = {"Accept": "application/json", "x-include-refresh-token-hard-expires-in": "true"}
    return requests.post(
        f"{emulator.url}/oauth2/v1/tokens/bearer", form, auth=auth, headers=headers, timeout=10
    )


def _exchange(emulator: EmulatorProcess, **change: Any) -> dict[str, Any]:
    code = _returned(_ask(emulator, **change))["code"]
    answer = _token(emulator, grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    assert answer.status_code == 200, answer.text
    return {**answer.json(), "code": code}


def _refresh(emulator: EmulatorProcess, token: str) -> requests.Response:
    return _token(emulator, grant_type="refresh_token", refresh_token=token)


def _status(emulator: EmulatorProcess, access: str) -> int:
    url = f"{emulator.api_url}/company/{emulator.companies[0]['realm_id']}/term/1"
    headers = {"Authorization": f"Bearer {access}", "Accept": "application/json"}
    return requests.get(url, headers=headers, timeout=10).status_code


@pytest.mark.parametrize(
    "name", ["openid_sandbox_configuration", "openid_configuration", "openid_configuration/"]
)
def test_discovery_document_points_at_the_emulator(emulator: EmulatorProcess, name: str) -> None:
    doc = requests.get(f"{emulator.url}/.well-known/{name}", timeout=10).json()
    assert doc["issuer"] == "https://oauth.platform.intuit.com/op/v1"
    for key in ("authorization", "token", "userinfo", "revocation"):
        assert doc[f"{key}_endpoint"].startswith(emulator.url)
    assert doc["jwks_uri"].startswith(emulator.url)
    assert doc["claims_supported"] == ["aud", "exp", "iat", "iss", "realmid", "sub"]


def test_consent_page_offers_both_companies_and_a_way_out(emulator: EmulatorProcess) -> None:
    given = {
        "client_id": emulator.client_id,
        "response_type": "code",
        "scope": SCOPE,
        "redirect_uri": REDIRECT,
    }
    page = requests.get(f"{emulator.url}/connect/oauth2", {**given, "state": "<s>"}, timeout=10)
    assert page.status_code == 200
    for text in (
        "Bluestem Office Interiors",
        "Prairie Lane Consulting",
        "Connect",
        "No, thanks",
        "&lt;s&gt;",
    ):
        assert text in page.text
    assert "<s>" not in page.text


def test_accepting_brings_code_state_and_realm_back(emulator: EmulatorProcess) -> None:
    back = _returned(_ask(emulator))
    assert set(back) == {"code", "state", "realmId"}
    assert (back["state"], back["realmId"]) == ("s t", emulator.companies[0]["realm_id"])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"decision": "refuse"}, "access_denied"),
        ({"realm_id": "1"}, "access_denied"),
        ({"scope": "com.intuit.everything"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_refusal_comes_back_as_an_error_with_the_state(
    emulator: EmulatorProcess, change: dict[str, str], error: str
) -> None:
    assert _returned(_ask(emulator, **change)) == {"error": error, "state": "s t"}


@pytest.mark.parametrize("change", [{"client_id": "x"}, {"redirect_uri": "https://evil.example/cb"}])
def test_unknown_app_or_address_is_never_redirected(
    emulator: EmulatorProcess, change: dict[str, str]
) -> None:
    answer = _ask(emulator, **change)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_token_answer_has_the_recorded_keys(emulator: EmulatorProcess) -> None:
    tokens = _exchange(emulator)
    assert set(tokens) - {"code"} == {
        "token_type",
        "expires_in",
        "refresh_token",
        "x_refresh_token_expires_in",
        "access_token",
        "x_refresh_token_hard_expires_in",
    }
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 3600)
    assert tokens["x_refresh_token_expires_in"] == 8_726_400
    assert _status(emulator, tokens["access_token"]) == 200


def test_second_exchange_of_a_code_revokes_the_first_tokens(emulator: EmulatorProcess) -> None:
    tokens = _exchange(emulator)
    again = _token(emulator, grant_type="authorization_code", code=tokens["code"], redirect_uri=REDIRECT)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert _status(emulator, tokens["access_token"]) == 401
    assert _refresh(emulator, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_code_belongs_to_its_redirect_address(emulator: EmulatorProcess) -> None:
    code = _returned(_ask(emulator))["code"]
    answer = _token(emulator, grant_type="authorization_code", code=code, redirect_uri=REDIRECT + "/")
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("keys", "form", "status", "error"),
    [
        (("x", "y"), {"grant_type": "refresh_token", "refresh_token": "z"}, 401, "invalid_client"),
        (None, {"grant_type": "refresh_token", "refresh_token": "z"}, 400, "invalid_grant"),
        (None, {"grant_type": "password"}, 400, "unsupported_grant_type"),
        (None, {"grant_type": "refresh_token"}, 400, "invalid_request"),
        (None, {}, 400, "invalid_request"),
    ],
)
def test_bad_token_requests(
    emulator: EmulatorProcess, keys: tuple[str, str] | None, form: dict[str, str], status: int, error: str
) -> None:
    answer = _token(emulator, keys, **form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert "intuit_tid" in answer.headers


def test_refresh_value_rotates_after_a_day_and_the_old_one_dies(own_emulator: EmulatorProcess) -> None:
    first = _exchange(own_emulator)
    same = _refresh(own_emulator, first["refresh_token"]).json()
    assert same["refresh_token"] == first["refresh_token"]
    assert same["access_token"] != first["access_token"]
    own_emulator.control("POST", "/control/clock", {"advance_seconds": DAY})
    rotated = _refresh(own_emulator, first["refresh_token"]).json()
    assert rotated["refresh_token"] != first["refresh_token"]
    dead = _refresh(own_emulator, first["refresh_token"])
    assert (dead.status_code, dead.json()["error"]) == (400, "invalid_grant")
    assert _refresh(own_emulator, rotated["refresh_token"]).status_code == 200


def test_strict_rotation_changes_the_value_every_time(own_emulator: EmulatorProcess) -> None:
    own_emulator.control("POST", "/control/oauth", {"rotation": "every refresh"})
    first = _exchange(own_emulator)
    second = _refresh(own_emulator, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert _refresh(own_emulator, first["refresh_token"]).status_code == 400


def test_access_token_lives_an_hour_and_the_refresh_token_its_days(own_emulator: EmulatorProcess) -> None:
    tokens = _exchange(own_emulator)
    own_emulator.control("POST", "/control/clock", {"advance_seconds": 3601})
    assert _status(own_emulator, tokens["access_token"]) == 401
    own_emulator.control("POST", "/control/clock", {"advance_seconds": 102 * DAY})
    assert _refresh(own_emulator, tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("which", ["refresh_token", "access_token"])
def test_revoking_either_token_ends_both(emulator: EmulatorProcess, which: str) -> None:
    tokens = _exchange(emulator)
    url, auth = f"{emulator.url}/v2/oauth2/tokens/revoke", (emulator.client_id, emulator.client_secret)
    answer = requests.post(url, json={"token": tokens[which]}, auth=auth, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")
    assert _status(emulator, tokens["access_token"]) == 401
    assert _refresh(emulator, tokens["refresh_token"]).status_code == 400
    again = requests.post(url, json={"token": tokens[which]}, auth=auth, timeout=10)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


def test_disconnect_in_quickbooks_kills_all_tokens_of_the_company(own_emulator: EmulatorProcess) -> None:
    tokens = _exchange(own_emulator)
    realm_id = own_emulator.companies[0]["realm_id"]
    assert own_emulator.control("POST", f"/control/{realm_id}/disconnect") == {"ended": 2}
    assert _status(own_emulator, tokens["access_token"]) == 401
    assert _status(own_emulator, own_emulator.companies[0]["access_token"]) == 401
    assert _refresh(own_emulator, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_openid_gives_a_signed_token_and_the_person(emulator: EmulatorProcess) -> None:
    tokens = _exchange(emulator, scope=f"openid profile email {SCOPE}")
    key = requests.get(f"{emulator.url}/op/v1/jwks", timeout=30).json()["keys"][0]
    claims = jwt.decode(
        tokens["id_token"], jwt.PyJWK(key).key, algorithms=["RS256"], audience=emulator.client_id
    )
    assert claims["realmid"] == emulator.companies[0]["realm_id"]
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    person = requests.get(f"{emulator.url}/v1/openid_connect/userinfo", headers=headers, timeout=10).json()
    assert list(person) == ["sub", "email", "emailVerified", "givenName", "familyName"]
    assert claims["sub"] == person["sub"]


def test_fault_at_the_token_endpoint_can_look_like_a_dead_token(emulator: EmulatorProcess) -> None:
    tokens = _exchange(emulator)
    emulator.control("POST", "/control/faults", {"kind": "unauthorized", "operation": "token", "count": 1})
    assert _refresh(emulator, tokens["refresh_token"]).json() == {"error": "invalid_grant"}
    assert _refresh(emulator, tokens["refresh_token"]).status_code == 200


def test_person_is_shown_only_to_live_openid_tokens(own_emulator: EmulatorProcess) -> None:
    def ask(token: str) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(f"{own_emulator.url}/v1/openid_connect/userinfo", headers=headers, timeout=10)
        return answer.status_code, answer.json()

    plain, person = _exchange(own_emulator), _exchange(own_emulator, scope="openid phone address")
    assert ask(plain["access_token"]) == (403, {"error": "insufficient_scope"})
    status, shown = ask(person["access_token"])
    assert (status, list(shown)) == (200, ["sub", "phoneNumber", "phoneNumberVerified", "address"])
    assert _status(own_emulator, person["access_token"]) == 403
    own_emulator.control("POST", "/control/clock", {"advance_seconds": 3601})
    assert ask(person["access_token"]) == (401, {"error": "invalid_token"})


def test_keys_may_be_sent_in_the_form(emulator: EmulatorProcess) -> None:
    keys = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    code = _returned(_ask(emulator))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **keys}
    url = f"{emulator.url}/oauth2/v1/tokens/bearer"
    answer = requests.post(url, form, timeout=10)
    assert answer.status_code == 200
    assert "x_refresh_token_hard_expires_in" not in answer.json()
    tokens = answer.json()
    wrong = requests.post(url, {**form, "client_secret": "x"}, timeout=10)
    assert (wrong.status_code, wrong.json()) == (401, {"error": "invalid_client"})
    revoke = f"{emulator.url}/v2/oauth2/tokens/revoke"
    answer = requests.post(revoke, {"token": tokens["access_token"], **keys}, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")
    assert _status(emulator, tokens["access_token"]) == 401


@pytest.mark.parametrize(
    ("body", "media"),
    [
        ('{"grant_type":"refresh_token","refresh_token":"z"}', "application/json"),
        ("grant_type=refresh_token&refresh_token=a&refresh_token=b", "application/x-www-form-urlencoded"),
    ],
)
def test_token_request_must_be_a_proper_form(emulator: EmulatorProcess, body: str, media: str) -> None:
    answer = requests.post(
        f"{emulator.url}/oauth2/v1/tokens/bearer",
        body,
        auth=(emulator.client_id, emulator.client_secret),
        headers={"Content-Type": media},
        timeout=10,
    )
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


@pytest.mark.parametrize(
    ("kind", "status"), [("500", 500), ("503_html", 503), ("504_after", 504), ("429", 429)]
)
def test_token_endpoint_fails_on_demand(emulator: EmulatorProcess, kind: str, status: int) -> None:
    tokens = _exchange(emulator)
    emulator.control("POST", "/control/faults", {"kind": kind, "operation": "token", "count": 1})
    assert _refresh(emulator, tokens["refresh_token"]).status_code == status
    assert _refresh(emulator, tokens["refresh_token"]).status_code == 200
