"""Bodies of the identity service as the vendor's own SDKs hold them, for .NET and for JavaScript."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.emulator.conformance.shapes import assert_shape
from tests.emulator_process import EmulatorProcess

REDIRECT = "http://localhost:9/callback"
SCOPE = "com.intuit.quickbooks.accounting openid profile email phone address"
# Both SDKs hold the same properties; their order differs, so it is not checked.
TOKENS = {
    "token_type": "bearer",
    "expires_in": 3600,
    "x_refresh_token_expires_in": 8_726_400,
    "refresh_token": str,
    "access_token": str,
    "id_token": str,
}


def _post(emulator: EmulatorProcess, **form: str) -> requests.Response:
    keys = (emulator.client_id, emulator.client_secret)
    headers = {"Accept": "application/json"}
    return requests.post(
        f"{emulator.url}/oauth2/v1/tokens/bearer", form, auth=keys, headers=headers, timeout=10
    )


def _connected(emulator: EmulatorProcess) -> requests.Response:
    given = {
        "client_id": emulator.client_id,
        "response_type": "code",
        "scope": SCOPE,
        "redirect_uri": REDIRECT,
        "state": "s",
        "realm_id": emulator.companies[0]["realm_id"],
        "decision": "connect",
    }
    back = requests.post(f"{emulator.url}/connect/oauth2", given, allow_redirects=False, timeout=10)
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    return _post(emulator, grant_type="authorization_code", code=code, redirect_uri=REDIRECT)


@pytest.fixture(scope="module")
def connected(emulator: EmulatorProcess) -> requests.Response:
    return _connected(emulator)


def _check_tokens(body: dict[str, Any]) -> None:
    assert body.keys() == TOKENS.keys()
    for name, wanted in TOKENS.items():
        assert isinstance(body[name], str) if wanted is str else body[name] == wanted


def _check_headers(answer: requests.Response) -> None:
    assert answer.headers["Content-Type"].lower() == "application/json;charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache, no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert answer.headers["Server"] == "nginx"
    assert answer.headers["intuit_tid"]


def test_dotnet_discovery(emulator: EmulatorProcess) -> None:
    doc = requests.get(emulator.discovery_url, timeout=10).json()
    assert_shape(
        "{issuer:s authorization_endpoint:s token_endpoint:s userinfo_endpoint:s revocation_endpoint:s jwks_uri:s "
        "response_types_supported:[s] subject_types_supported:[s] id_token_signing_alg_values_supported:[s] "
        "scopes_supported:[s] token_endpoint_auth_methods_supported:[s] claims_supported:[s]}",
        doc,
    )
    assert doc["issuer"] == "https://oauth.platform.intuit.com/op/v1"
    assert doc["response_types_supported"] == ["code"]
    assert doc["id_token_signing_alg_values_supported"] == ["RS256"]
    assert doc["scopes_supported"] == ["openid", "email", "profile", "address", "phone"]
    assert doc["token_endpoint_auth_methods_supported"] == ["client_secret_post", "client_secret_basic"]
    assert doc["claims_supported"] == ["aud", "exp", "iat", "iss", "realmid", "sub"]


@pytest.mark.parametrize(
    ("recording", "keys"),
    [
        ("dotnet discovery_jwks", ("kid", "alg")),
        ("jsclient jwkResponse", ("kty", "e", "use", "kid", "alg", "n")),
    ],
)
def test_dotnet_jwks_and_jsclient_jwk_response(
    emulator: EmulatorProcess, recording: str, keys: tuple[str, ...]
) -> None:
    (key,) = requests.get(f"{emulator.url}/op/v1/jwks", timeout=30).json()["keys"]
    assert set(keys) <= key.keys()
    assert (key["kty"], key["use"], key["alg"], key["e"]) == ("RSA", "sig", "RS256", "AQAB")


def test_dotnet_success_token_and_jsclient_token_responses(connected: requests.Response) -> None:
    """Also held as authResponse, bearer-token, tokenResponse, openID-token and response of the other SDK."""
    assert connected.status_code == 200
    _check_tokens(connected.json())
    _check_headers(connected)


def test_dotnet_success_refresh_and_jsclient_refresh_response(
    emulator: EmulatorProcess, connected: requests.Response
) -> None:
    answer = _post(emulator, grant_type="refresh_token", refresh_token=connected.json()["refresh_token"])
    _check_tokens(answer.json())
    _check_headers(answer)


def test_jsclient_error_response(emulator: EmulatorProcess) -> None:
    tokens = _connected(emulator).json()
    emulator_url, auth = emulator.url, (emulator.client_id, emulator.client_secret)
    requests.post(
        f"{emulator_url}/v2/oauth2/tokens/revoke",
        json={"token": tokens["access_token"]},
        auth=auth,
        timeout=10,
    )
    answer = _post(emulator, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert answer.status_code == 400
    assert_shape("{error_description:s error:s}", answer.json())
    assert answer.json()["error"] == "invalid_grant"
    _check_headers(answer)


def test_dotnet_failure_token(emulator: EmulatorProcess) -> None:
    body = _post(emulator, grant_type="authorization_code", code="x", redirect_uri=REDIRECT).json()
    assert body.keys() == {"error", "error_description"}


def test_dotnet_revocations(emulator: EmulatorProcess) -> None:
    """Success is told by the status; a bad token by the error alone."""
    tokens = _connected(emulator).json()
    url, auth = f"{emulator.url}/v2/oauth2/tokens/revoke", (emulator.client_id, emulator.client_secret)
    first = requests.post(url, json={"token": tokens["refresh_token"]}, auth=auth, timeout=10)
    again = requests.post(url, json={"token": tokens["refresh_token"]}, auth=auth, timeout=10)
    assert (first.status_code, again.status_code) == (200, 400)
    assert again.json().keys() == {"error"}


def test_dotnet_and_jsclient_userinfo(emulator: EmulatorProcess, connected: requests.Response) -> None:
    headers = {"Authorization": f"Bearer {connected.json()['access_token']}", "Accept": "application/json"}
    person = requests.get(f"{emulator.url}/v1/openid_connect/userinfo", headers=headers, timeout=10).json()
    assert_shape(
        "{sub:s email:s emailVerified:b givenName:s familyName:s phoneNumber:s phoneNumberVerified:b "
        "address:{streetAddress:s locality:s region:s postalCode:s country:s}}",
        person,
    )


def test_jsclient_validate_id_token(emulator: EmulatorProcess, connected: requests.Response) -> None:
    middle = connected.json()["id_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    assert_shape("{sub:s aud:[s] realmid:s auth_time:# iss:s exp:# iat:#}", claims)
    assert claims["aud"] == [emulator.client_id]
    assert claims["realmid"] == emulator.companies[0]["realm_id"]
    assert claims["exp"] - claims["iat"] == 3600
