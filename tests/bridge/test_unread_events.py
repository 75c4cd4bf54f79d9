"""A genuine webhook is answered 200 whatever is in it; what could not be read is counted and shown."""

import base64
import hashlib
import hmac
import json

import pytest
from django.test import Client

from quickbooks_bridge.models import UnreadableEvents, WebhookEvent

from ..domain.test_webhooks import DEEP, STRANGE
from ..fixtures import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def post(body: bytes, verifier: str):
    signature = base64.b64encode(hmac.new(verifier.encode(), body, hashlib.sha256).digest()).decode()
    client = Client(raise_request_exception=False)
    headers = {"intuit-signature": signature}
    return client.post("/quickbooks/webhook/", body, content_type="application/json", headers=headers)


def good(connection) -> dict[str, str]:
    return {
        "id": "good",
        "type": "qbo.invoice.updated.v1",
        "intuitaccountid": connection.company.realm_id,
        "intuitentityid": "1",
    }


def test_one_good_event_among_strange_ones_is_stored_and_all_is_acknowledged(connection, qbo):
    events = [*STRANGE, good(connection), *STRANGE]
    assert post(json.dumps(events).encode(), qbo.verifier_token).status_code == 200
    assert [event.event_id for event in WebhookEvent.objects.all()] == ["ce:good"]
    assert sum(row.count for row in UnreadableEvents.objects.all()) == 2 * len(STRANGE)


BODIES = [b"", b"{}", b"[1]", b'"x"', b"\xff", DEEP.encode(), b"[" * 100_000 + b"]" * 100_000, b"[" * 100_000]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_genuine_body_of_any_shape_is_acknowledged(connection, qbo, body):
    assert post(body, qbo.verifier_token).status_code == 200
    assert post(body, "somebody else").status_code == 401


def test_events_are_counted_for_the_company_they_name_and_for_nobody_elses(connection, qbo):
    strange = {**good(connection), "type": "qbo.novelty.created.v1"}
    other = {**strange, "intuitaccountid": "42"}
    for _again in range(2):
        assert post(json.dumps([strange, other, None]).encode(), qbo.verifier_token).status_code == 200
    counts = dict(UnreadableEvents.objects.values_list("realm_id", "count"))
    assert counts == {connection.company.realm_id: 2, "": 4}


def test_health_page_says_it_and_that_nothing_is_lost(connection, qbo, admin):
    client = sign_in(admin.member)
    assert "could not be read" not in client.get("/quickbooks/health/").content.decode()
    post(json.dumps([None] * 3).encode(), qbo.verifier_token)
    page = client.get("/quickbooks/health/").content.decode()
    assert "3 webhook events could not be read" in page
    assert "Nothing is lost" in page


def test_metric_counts_them(connection, qbo, settings):
    settings.METRICS_TOKEN = "m"
    post(json.dumps([None] * 3).encode(), qbo.verifier_token)
    text = Client().get("/metrics", headers={"Authorization": "Bearer m"}).content.decode()
    assert "crm_invoicing_webhook_events_unread_total 3.0" in text
