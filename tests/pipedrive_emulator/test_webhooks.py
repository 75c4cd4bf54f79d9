"""Webhooks: who is notified, in which form, how often, and when no more."""

from __future__ import annotations

import base64

import pytest
import requests

from pipedrive_emulator.core.rows import custom_code
from pipedrive_emulator.seed.company import RAVI
from tests.pipedrive_emulator.conftest import connect, control

ALL = {"event_action": "*", "event_object": "*", "name": "everything"}


def _subscribe(client, receiver, **more):
    body = {"subscription_url": receiver.url + "/hook", **ALL, **more}
    return client.send("POST", "/v1/webhooks", body, 201)["data"]


def _states(running):
    return requests.get(running.url + "/control/state", timeout=5).json()["deliveries"]


def test_a_changed_line_is_told_with_its_deal(running, client, receiver):
    hook = _subscribe(client, receiver, http_auth_user="me", http_auth_password="secret")
    control(running, "change", object="deal_product", id=5001, data={"quantity": 3})
    line, deal = receiver.bodies(2)
    assert (line["meta"]["entity"], line["meta"]["action"], line["meta"]["entity_id"]) == (
        "deal_product",
        "change",
        "5001",
    )
    assert line["data"]["quantity"] == 3
    assert line["previous"]["quantity"] == 2
    assert (deal["meta"]["entity"], list(deal["previous"])) == ("deal", ["value", "update_time"])
    meta = deal["meta"]
    assert meta["correlation_id"] == line["meta"]["correlation_id"]
    assert meta["id"] != line["meta"]["id"]
    assert (meta["company_id"], meta["webhook_id"], meta["version"]) == ("7700001", str(hook["id"]), "2.0")
    assert (meta["change_source"], meta["attempt"]) == ("app", 1)
    assert all(isinstance(user_id, str) for user_id in meta["permitted_user_ids"])
    assert deal["data"]["visible_to"] == "3"
    assert "is_deleted" not in deal["data"]
    expected = "Basic " + base64.b64encode(b"me:secret").decode()
    assert receiver.taken[0]["headers"]["Authorization"] == expected


def test_changes_through_the_api_say_so_and_nothing_is_told_of_no_change(running, client, receiver):
    _subscribe(client, receiver, event_object="deal")
    client.send("PATCH", "/api/v2/deals/6", {"title": "Consulting retainer"})
    budget = custom_code("deal", "Budget")
    client.send("PATCH", "/api/v2/deals/6", {"custom_fields": {budget: {"value": 5, "currency": "EUR"}}})
    (told,) = receiver.bodies(1)
    assert told["meta"]["change_source"] == "api"
    assert told["data"]["custom_fields"] == {budget: {"type": "monetary", "value": 5, "currency": "EUR"}}
    assert told["previous"]["custom_fields"] == {budget: None}


def test_created_and_deleted_rows(client, receiver):
    _subscribe(client, receiver, event_object="organization")
    made = client.send("POST", "/api/v2/organizations", {"name": "New"})["data"]
    client.send("DELETE", f"/api/v2/organizations/{made['id']}", None)
    created, deleted = receiver.bodies(2)
    assert (created["meta"]["action"], created["previous"], created["data"]["label"]) == (
        "create",
        None,
        None,
    )
    assert (deleted["meta"]["action"], deleted["data"], deleted["previous"]["name"]) == (
        "delete",
        None,
        "New",
    )


def test_definitions_of_fields_merges_and_installments(running, client, receiver):
    _subscribe(client, receiver)
    code = custom_code("organization", "Tax ID")
    control(running, "rename-field", object="organization", field_code=code, name="Tax number")
    control(running, "delete-field", object="organization", field_code=code)
    control(running, "change", object="deal_installment", id=6001, data={"amount": 1})
    renamed, deleted, installment = receiver.bodies(3)
    assert (renamed["meta"]["entity"], renamed["previous"]) == (
        "organization_field",
        {"field_name": "Tax ID"},
    )
    assert (deleted["meta"]["action"], deleted["meta"]["entity_id"]) == ("delete", code)
    assert installment["meta"]["entity"] == "deal_installment"
    assert code not in client.get("/api/v2/organizations/201")["data"]["custom_fields"]
    control(running, "merge-organization", id=202, into=201)
    last = receiver.bodies(9)[-1]
    assert (last["meta"]["entity_id"], last["meta"]["merged_to_id"]) == ("202", "201")
    assert client.get("/api/v2/deals/2")["data"]["org_id"] == 201


def test_a_webhook_sees_what_its_owner_sees(running, client, receiver):
    ravi = connect(running, RAVI)
    _subscribe(ravi, receiver)
    control(running, "change", object="deal", id=13, data={"title": "Secret"})
    control(running, "change", object="deal", id=6, data={"title": "Open"})
    assert [body["data"]["id"] for body in receiver.bodies(1)] == [6]


@pytest.mark.parametrize("status", [500, 302])
def test_failures_are_tried_again_three_times(running, client, receiver, status):
    receiver.status = status
    _subscribe(client, receiver)
    control(running, "change", object="deal", id=6, data={"title": "Other"})
    receiver.wait(1)
    for _ in range(4):
        control(running, "webhooks", mode="flush")
    assert [body["meta"]["attempt"] for body in receiver.bodies(4)] == [1, 2, 3, 4]
    assert {request["path"] for request in receiver.taken} == {"/hook"}
    assert [one["state"] for one in _states(running)] == ["failed"]


def test_ten_first_failures_ban_a_webhook_for_half_an_hour(running, client, receiver):
    receiver.status = 500
    _subscribe(client, receiver)
    for number in range(10):
        control(running, "change", object="deal", id=6, data={"title": f"T{number}"})
    receiver.wait(10)
    control(running, "webhooks", mode="hold")
    control(running, "webhooks", mode="flush")
    control(running, "change", object="deal", id=6, data={"title": "lost"})
    assert _states(running)[-1]["state"] == "lost"
    control(running, "clock", advance_seconds=1801)
    control(running, "change", object="deal", id=6, data={"title": "kept"})
    assert _states(running)[-1]["state"] == "waiting"


def test_deliveries_can_be_held_and_dropped(running, client, receiver):
    _subscribe(client, receiver)
    control(running, "webhooks", mode="hold")
    control(running, "change", object="deal", id=6, data={"title": "Held"})
    assert [one["state"] for one in _states(running)] == ["waiting"]
    assert receiver.taken == []
    assert control(running, "webhooks", mode="flush") == {"mode": "hold", "made": 1}
    assert receiver.bodies(1)[0]["data"]["title"] == "Held"
    control(running, "webhooks", mode="drop")
    control(running, "change", object="deal", id=6, data={"title": "Gone"})
    assert [one["state"] for one in _states(running)] == ["delivered", "dropped"]


def test_what_is_wrong_with_a_subscription_is_said_by_property(client, receiver):
    body = {
        "subscription_url": "nowhere",
        "event_action": "updated",
        "event_object": "dealz",
        "version": "1.0",
    }
    answer = client.call("POST", "/v1/webhooks", json=body)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {
        "subscription_url",
        "event_action",
        "event_object",
        "version",
        "name",
    }
    for _ in range(40):
        hook = _subscribe(client, receiver)
    assert (
        client.call("POST", "/v1/webhooks", json={"subscription_url": receiver.url, **ALL}).status_code == 400
    )
    assert len(client.get("/v1/webhooks")["data"]) == 40
    client.send("DELETE", f"/v1/webhooks/{hook['id']}", None)
    assert client.call("DELETE", f"/v1/webhooks/{hook['id']}").status_code == 404
