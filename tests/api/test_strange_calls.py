"""Generated calls against the API's own description: whatever is sent, no answer is a failure of ours."""

import json

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.django_db

NASTY = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.just("x" * 5000), st.just("\x00"),
    st.just("1e999999"), st.just("NaN"), st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)  # fmt: skip


@pytest.fixture
def schema(client):
    return client.get("/api/v1/openapi.json").json()


def bodies(schema):
    """Return (path, method, field names) for every operation that takes a body."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            content = (operation.get("requestBody") or {}).get("content", {}).get("application/json")
            if content:
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                fields = sorted(schema["components"]["schemas"].get(name, {}).get("properties", {}))
                yield path, method, fields


def filled(path, words):
    for name in ("external_id", "key"):
        path = path.replace(f"{{{name}}}", words)
    return path.replace("{entity}", "deal").replace("{id}", "1").replace("{pk}", "1")


def test_no_body_is_a_failure_of_ours(caller, schema, connection, deal):
    token = caller("invoice").token
    operations = list(bodies(schema))
    assert len(operations) >= 8

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(operations), st.data())
    def call(operation, data):
        path, method, fields = operation
        names = data.draw(st.lists(st.sampled_from(fields or ["name"]), unique=True, max_size=6))
        body = {name: data.draw(NASTY) for name in names}
        try:
            text = json.dumps(body)
        except ValueError:
            return
        answer = Client(raise_request_exception=False).generic(
            method.upper(), filled(path, "d-1"), text, content_type="application/json",
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": data.draw(st.sampled_from(["a", "b", "c"]))},
        )  # fmt: skip
        assert answer.status_code < 500, (path, body, answer.content[:200])
        if answer.status_code >= 400:
            assert answer.json()["errors"][0]["detail"]

    call()


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_no_method_is_a_failure_of_ours(caller, schema, connection, deal, method):
    token = caller("invoice").token
    for path in schema["paths"]:
        answer = Client(raise_request_exception=False).generic(
            method,
            filled(path, "nobody"),
            "",
            content_type="text/plain",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code < 500, (method, path)
