"""The admin's page of tokens and CRMs."""

import re

import pytest

from deals.models import ApiToken, EmbedIntegration

from ..fixtures import sign_in

pytestmark = pytest.mark.django_db


def test_an_admin_makes_and_revokes_a_token(admin, caller_of):
    client = sign_in(admin.member)
    page = client.post(
        "/access/", {"kind": "token", "name": "Nightly push", "rights": "push"}
    ).content.decode()
    token = re.search(r"crmi_\w+", page).group()
    assert token not in client.get("/access/").content.decode()
    assert caller_of(token).get("/api/v1/deals/").status_code == 200
    client.post(f"/access/tokens/{ApiToken.objects.get().digest}/revoke/")
    assert caller_of(token).get("/api/v1/deals/").status_code == 401


@pytest.fixture
def caller_of(client):
    class Caller:
        def __init__(self, token: str) -> None:
            self.headers = {"Authorization": f"Bearer {token}"}

        def get(self, path: str):
            return client.get(path, headers=self.headers)

    return Caller


@pytest.mark.parametrize(
    "origins",
    [
        "http://crm.example",
        "https://*",
        "javascript:alert(1)",
        "https://crm.example/path",
        "*",
        "https://a b",
        "'self'",
    ],
)
def test_only_addresses_of_pages_may_hold_a_frame(admin, origins):
    answer = sign_in(admin.member).post(
        "/access/", {"kind": "integration", "title": "CRM", "origins": origins}
    )
    assert answer.status_code == 422
    assert not EmbedIntegration.objects.exists()


def test_an_integration_is_made_with_a_secret_that_is_shown_once(admin):
    client = sign_in(admin.member)
    page = client.post(
        "/access/",
        {"kind": "integration", "title": "CRM", "origins": "https://crm.example\nhttp://localhost:8950/"},
    ).content.decode()
    made = EmbedIntegration.objects.get()
    assert made.origins == ["https://crm.example", "http://localhost:8950"]
    assert made.issuer in page
    assert "Copy issuer and secret now" in page
    assert "Copy issuer and secret now" not in client.get("/access/").content.decode()


def test_a_rep_makes_nothing(rep):
    client = sign_in(rep.member)
    assert client.get("/access/").status_code == 302
    client.post("/access/", {"kind": "token", "name": "x", "rights": "invoice"})
    assert not ApiToken.objects.exists()
