"""A caller of the REST API with a token of its own."""

import json

import pytest
from django.test import Client

from deals.models import ApiToken


class Caller:
    """Calls as another program does: a token in the header, JSON both ways, no cookie."""

    def __init__(self, token: str = "") -> None:
        self.token = token

    def call(self, method: str, path: str, data=None, **headers):
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = "" if data is None else data if isinstance(data, str) else json.dumps(data)
        return Client().generic(
            method, f"/api/v1/{path}", body, content_type="application/json", headers=sent
        )

    def get(self, path: str, **headers):
        return self.call("GET", path, **headers)

    def put(self, path: str, data, **headers):
        return self.call("PUT", path, data, **headers)

    def post(self, path: str, data=None, **headers):
        return self.call("POST", path, data or {}, **headers)


@pytest.fixture
def caller(admin):
    """Return a way to get a caller whose token has these rights."""

    def of(rights: str = "invoice", viewer=None) -> Caller:
        user = (viewer or admin).member.user
        _row, token = ApiToken.objects.create(user=user, expiry=None, name=rights, rights=rights)
        return Caller(token)

    return of
