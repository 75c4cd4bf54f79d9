"""A CRM that embeds: it signs who looks at what, as docs/embedding.md says."""

import secrets
import time
from urllib.parse import urlsplit

import jwt
import pytest
from django.test import Client

from deals.embed.sessions import integration_create
from deals.models import Deal

APP = "http://localhost:8000"
ORIGIN = "https://crm.example"


class EmbeddingCrm:
    """Signs tokens, opens frames, and calls with the token that a frame gets."""

    def __init__(self, integration, secret: str) -> None:
        self.integration, self.secret = integration, secret

    def claims(self, **changes):
        now = int(time.time())
        claims = {
            "iss": self.integration.issuer, "aud": APP, "sub": "u-7", "name": "Robin", "role": "rep",
            "resource": {"type": "deal", "id": "deal-1"}, "iat": now, "exp": now + 300, "jti": secrets.token_hex(8),
        }  # fmt: skip
        claims |= changes
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, *, algorithm: str = "HS256", secret: str | None = None, **changes) -> str:
        return jwt.encode(
            self.claims(**changes), self.secret if secret is None else secret, algorithm=algorithm
        )

    def enter(self, token: str, **query):
        return Client().get("/embed/", {"token": token, **query})

    def code(self, **changes) -> str:
        answer = self.enter(self.token(**changes))
        assert answer.status_code == 302, answer.content.decode()[-600:]
        return urlsplit(answer["Location"]).fragment

    def open(self, proof):
        return Client().post("/embed/open/", proof, content_type="application/json")

    def frame(self, **changes) -> "Frame":
        return Frame(self.open({"code": self.code(**changes)}).json()["token"])


class Frame:
    """Asks as the page in the frame does: a token in the header, no cookie."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get(self, path: str, **more):
        return Client(enforce_csrf_checks=True).get(
            path, headers={"Authorization": f"Bearer {self.token}"}, **more
        )

    def post(self, path: str, data=None, **more):
        return Client(enforce_csrf_checks=True).post(
            path, data or {}, headers={"Authorization": f"Bearer {self.token}"}, **more
        )


@pytest.fixture
def crm(account, deal, settings) -> EmbeddingCrm:
    settings.PUBLIC_URL = APP
    Deal.objects.filter(pk=deal.pk).update(external_source="api", external_id="deal-1")
    return EmbeddingCrm(*integration_create(account, "Example CRM", [ORIGIN]))
