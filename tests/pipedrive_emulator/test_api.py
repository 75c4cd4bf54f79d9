"""Shapes, parameters, visibility, scopes and limits of the API."""

from __future__ import annotations

import pytest
import requests

from pipedrive_emulator.core.rows import custom_code
from pipedrive_emulator.seed.company import DANA, LIN, RAVI
from pipedrive_emulator.server import Running
from tests.pipedrive_emulator.conftest import connect, control, settings


def test_lists_leave_out_what_is_deleted_or_archived(reader):
    ids = [deal["id"] for deal in reader.get("/api/v2/deals")["data"]]
    assert ids == [1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14]
    assert [deal["id"] for deal in reader.get("/api/v2/deals", status="deleted")["data"]] == [9]
    assert [deal["id"] for deal in reader.get("/api/v2/deals/archived")["data"]] == [8]
    assert reader.get("/api/v2/deals/9")["data"]["is_deleted"] is True
    assert [deal["id"] for deal in reader.get("/api/v2/deals", ids="2,5,9")["data"]] == [2, 5]


def test_cursors_lead_through_all_pages(reader):
    seen, cursor = [], None
    while True:
        answer = reader.get(
            "/api/v2/deals", limit=5, sort_direction="desc", **({"cursor": cursor} if cursor else {})
        )
        seen += [deal["id"] for deal in answer["data"]]
        cursor = answer["additional_data"]["next_cursor"]
        if cursor is None:
            break
    assert seen == [14, 13, 12, 11, 10, 7, 6, 5, 4, 3, 2, 1]


def test_every_type_of_custom_field_has_the_shape_of_version_2(reader):
    values = reader.get("/api/v2/deals/11")["data"]["custom_fields"]

    def value(name):
        return values[custom_code("deal", name)]

    assert value("Budget") == {"value": 12500, "currency": "USD"}
    assert value("Service period") == {"value": "2027-01-01", "until": "2027-12-31"}
    assert value("Kick-off time")["timezone_name"] == "America/Chicago"
    assert value("Delivery address")["locality"] == "Milwaukee"
    assert isinstance(value("Priority"), int)
    assert len(value("Services")) == 2
    assert (value("Approver"), value("Purchaser"), value("Bill to organization")) == (DANA, 303, 202)
    labelled = reader.get("/api/v2/deals/11", include_option_labels="true")["data"]["custom_fields"]
    assert labelled[custom_code("deal", "Priority")] == {"id": value("Priority"), "label": "High"}
    unset = reader.get("/api/v2/deals/2")["data"]["custom_fields"]
    assert set(unset) == set(values)
    assert set(unset.values()) == {None}
    one = reader.get("/api/v2/deals/11", custom_fields=custom_code("deal", "Tax ID"))["data"]["custom_fields"]
    assert one == {custom_code("deal", "Tax ID"): "39-7654321"}


def test_columns_that_come_only_when_asked_for(reader):
    assert "products_count" not in reader.get("/api/v2/deals/1")["data"]
    found = reader.get("/api/v2/deals/1", include_fields="products_count,notes_count")["data"]
    assert (found["products_count"], found["notes_count"]) == (4, 1)


def test_lines_discounts_and_installments(reader):
    lines = reader.get("/api/v2/deals/products", deal_ids="1,10")["data"]
    assert [line["deal_id"] for line in lines] == [1, 1, 1, 1, 10]
    assert [line["is_enabled"] for line in lines] == [True, True, True, False, True]
    assert lines[-1]["product_variation_id"] == 451
    assert {one["type"] for one in reader.get("/api/v2/deals/2/discounts")["data"]} == {
        "percentage",
        "amount",
    }
    assert len(reader.get("/api/v2/deals/installments", deal_ids="3")["data"]) == 3
    assert len(reader.get("/api/v2/products/401/variations")["data"]) == 2
    variation = reader.get("/api/v2/products/401/variations", limit=1)
    assert variation["additional_data"]["next_cursor"]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/v2/deals", {"limit": "501"}),
        ("/api/v2/deals", {"limit": "all"}),
        ("/api/v2/deals", {"sort_by": "title"}),
        ("/api/v2/deals", {"cursor": "nonsense"}),
        ("/api/v2/deals", {"include_fields": "everything"}),
        ("/api/v2/deals", {"include_option_labels": "1"}),
        ("/api/v2/deals", {"updated_since": "2026-01-01"}),
        ("/api/v2/deals", {"ids": "1,two"}),
        ("/api/v2/deals", {"custom_fields": ",".join("abcdefghijklmnop")}),
        ("/api/v2/deals/products", {}),
        ("/api/v2/deals/products", {"deal_ids": ",".join(map(str, range(101)))}),
        ("/api/v2/deals/one", {}),
        ("/api/v2/products/search", {"term": "d"}),
    ],
)
def test_wrong_parameters_are_refused(reader, path, params):
    answer = reader.call("GET", path, params=params)
    assert answer.status_code == 400, answer.text
    assert answer.json()["success"] is False


@pytest.mark.parametrize(
    "path", ["/api/v2/deals/99", "/api/v2/persons/1", "/api/v2/dealFields/none", "/api/v2/nothing"]
)
def test_what_is_not_there(reader, path):
    answer = reader.call("GET", path)
    assert answer.status_code == 404
    assert answer.json()["success"] is False


@pytest.mark.parametrize(
    "body",
    [
        {"value": "12"},
        {"title": 5},
        {"owner_id": True},
        {"visible_to": "3"},
        {"org_id": 999},
        {"currency": "XXX"},
        {"active_flag": True},
        {"custom_fields": {"nothing": "x"}},
        {"custom_fields": {custom_code("deal", "Budget"): 5}},
        {"custom_fields": {custom_code("deal", "Priority"): "High"}},
        {"custom_fields": {custom_code("deal", "Handover date"): "2026-02-30"}},
    ],
)
def test_nothing_is_converted(reader, body):
    assert reader.call("PATCH", "/api/v2/deals/6", json=body).status_code == 400


def test_rows_are_made_changed_and_deleted(client):
    made = client.send("POST", "/api/v2/organizations", {"name": "New", "address": {"value": "1 Main"}})[
        "data"
    ]
    assert made["address"]["formatted_address"] == "1 Main"
    person = client.send("POST", "/api/v2/persons", {"name": "Ann Lee", "org_id": made["id"]})["data"]
    assert (person["first_name"], person["last_name"]) == ("Ann", "Lee")
    product = client.send(
        "POST", "/api/v2/products", {"name": "P", "prices": [{"price": 4, "currency": "USD"}]}, 201
    )["data"]
    deal = client.send("POST", "/api/v2/deals", {"title": "T", "person_id": person["id"], "stage_id": 16})[
        "data"
    ]
    assert deal["pipeline_id"] == 2
    path = f"/api/v2/deals/{deal['id']}"
    line = client.send(
        "POST", path + "/products", {"product_id": product["id"], "item_price": 4, "quantity": 3}, 201
    )["data"]
    assert client.get(path)["data"]["value"] == 12
    changed = client.send("PATCH", f"{path}/products/{line['id']}", {"quantity": 2.5, "discount": 10})["data"]
    assert changed["sum"] == 9
    client.send("DELETE", f"{path}/products/{line['id']}", None)
    assert client.get(path + "/products")["data"] == []
    tax = custom_code("deal", "Tax ID")
    assert (
        client.send("PATCH", path, {"status": "won", "custom_fields": {tax: "77"}})["data"]["custom_fields"][
            tax
        ]
        == "77"
    )
    assert client.get(path)["data"]["won_time"]
    client.send("DELETE", path, None)
    assert client.get(path)["data"]["status"] == "deleted"
    assert client.call("PUT", path, json={}).status_code == 404


def test_recurring_products_and_installments_exclude_each_other(client):
    line = {"product_id": 406, "item_price": 29, "quantity": 1}
    assert client.call("POST", "/api/v2/deals/3/products", json=line).status_code == 400
    part = {"description": "Half", "amount": 5, "billing_date": "2027-01-01"}
    assert client.call("POST", "/api/v2/deals/12/installments", json=part).status_code == 400


def test_an_archived_deal_is_not_edited(client):
    assert client.call("PATCH", "/api/v2/deals/8", json={"title": "x"}).status_code == 400
    client.send("PATCH", "/api/v2/deals/8", {"is_archived": False})
    client.send("PATCH", "/api/v2/deals/8", {"title": "x"})


def test_fields_are_listed_made_and_used(client):
    fields = {field["field_name"]: field for field in client.get("/api/v2/dealFields", limit=500)["data"]}
    assert len(fields["Tax ID"]["field_code"]) == 40
    assert fields["Tax ID"]["is_custom_field"] is True
    assert "ui_visibility" not in fields["Tax ID"]
    assert {field["field_code"] for field in client.get("/api/v2/personFields")["data"]} >= {"email", "phone"}
    made = client.send(
        "POST",
        "/api/v2/dealFields",
        {"field_name": "Size", "field_type": "enum", "options": [{"label": "S"}]},
    )["data"]
    option = made["options"][0]["id"]
    client.send("PATCH", "/api/v2/deals/1", {"custom_fields": {made["field_code"]: option}})
    assert client.get(f"/api/v2/dealFields/{made['field_code']}", include_fields="ui_visibility")["data"][
        "ui_visibility"
    ]
    assert (
        client.call("POST", "/api/v2/dealFields", json={"field_name": "E", "field_type": "enum"}).status_code
        == 400
    )


def test_search(reader):
    found = reader.get("/api/v2/products/search", term="bnch")["data"]["items"]
    assert [hit["item"]["id"] for hit in found] == [401]
    found = reader.get("/api/v2/persons/search", term="美咲")["data"]["items"]
    assert found[0]["item"]["emails"] == ["misaki@quietfox.example"]
    assert reader.get("/api/v2/organizations/search", term="madison", fields="address")["data"]["items"]
    assert reader.get("/api/v2/deals/search", term="Workshop fit-out", exact_match="true")["data"]["items"]


def test_people_and_currencies(reader):
    users = reader.get("/v1/users")["data"]
    assert [user["is_you"] for user in users] == [True, False, False]
    custom = [row for row in reader.get("/api/v1/currencies")["data"] if row["is_custom_flag"]]
    assert [row["code"] for row in custom] == ["PTS"]
    assert reader.get("/api/v2/persons/301")["data"]["emails"][1]["primary"] is True


def test_notes(client):
    body = {"content": "<b>Invoice</b><script>x()</script> sent", "deal_id": 1, "pinned_to_deal_flag": 1}
    made = client.send("POST", "/v1/notes", body)["data"]
    assert made["content"] == "<b>Invoice</b> sent"
    assert made["pinned_to_deal_flag"] is True
    client.send("PUT", f"/v1/notes/{made['id']}", {"content": "Changed"})
    assert client.get("/v1/notes", deal_id=1)["data"][-1]["content"] == "Changed"
    client.send("DELETE", f"/v1/notes/{made['id']}", None)
    assert len(client.get("/v1/notes", deal_id=1)["data"]) == 1
    assert client.call("POST", "/v1/notes", json={"content": "x", "deal_id": 99}).status_code == 404
    assert (
        client.call(
            "POST", "/v1/notes", json={"content": "x", "deal_id": 1, "pinned_to_deal_flag": []}
        ).status_code
        == 400
    )


def test_each_user_sees_their_own(running):
    ravi, lin = connect(running, RAVI), connect(running, LIN)
    assert ravi.call("GET", "/api/v2/deals/13").status_code == 404
    assert ravi.call("GET", "/api/v2/deals/14/products").status_code == 404
    assert lin.get("/api/v2/deals/14")["data"]["title"] == "Lin's private quote"
    assert ravi.get("/api/v2/deals/products", deal_ids="13,14")["data"] == []
    assert {13, 14}.isdisjoint(deal["id"] for deal in ravi.get("/api/v2/deals")["data"])
    assert lin.get("/v1/deals/14/permittedUsers")["data"] == [DANA, LIN]
    assert ravi.get("/v1/deals/1/permittedUsers")["data"] == [DANA, RAVI, LIN]
    assert (
        ravi.call("POST", "/api/v2/dealFields", json={"field_name": "F", "field_type": "text"}).status_code
        == 403
    )


def test_a_call_outside_the_scopes_is_refused():
    with Running(settings("base deals:read")) as running:
        client = connect(running)
        client.get("/api/v2/deals")
        for method, path in (
            ("GET", "/api/v2/persons"),
            ("PATCH", "/api/v2/deals/1"),
            ("GET", "/v1/webhooks"),
        ):
            answer = client.call(method, path, json={})
            assert (answer.status_code, answer.json()["error"]) == (403, "Scope and URL mismatch")


def test_only_bearer_tokens_are_taken(shared, reader):
    for more in ({}, {"params": {"api_token": "x"}}, {"headers": {"x-api-token": "x"}}):
        assert requests.get(shared.url + "/api/v2/deals", timeout=5, **more).status_code == 401


def test_calls_in_two_seconds_are_limited():
    with Running(settings(burst=3)) as running:
        client = connect(running)
        answers = [client.call("GET", "/api/v2/deals/1") for _ in range(6)]
        limited = [answer for answer in answers if answer.status_code == 429]
        # The window may turn once in between.
        assert limited
        assert answers[0].headers["x-ratelimit-limit"] == "3"
        assert int(limited[0].headers["Retry-After"]) in {1, 2}
        assert limited[0].headers["x-ratelimit-remaining"] == "0"
        control(running, "clock", advance_seconds=2)
        assert client.call("GET", "/api/v2/deals/1").status_code == 200


def test_the_tokens_of_a_day_are_limited(running, client):
    control(running, "reset-calls")
    client.get("/api/v2/deals/1")
    client.get("/api/v2/deals/1/products")
    state = requests.get(running.url + "/control/state", timeout=5).json()
    assert (state["tokens_spent"], [call["cost"] for call in state["calls"]]) == (11, [1, 10])
    control(running, "budget", remaining=10)
    client.get("/api/v2/deals")
    answer = client.call("GET", "/api/v2/deals/1")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 2
    control(running, "clock", advance_seconds=86_400)
    token = connect(running)
    control(running, "budget", remaining=100)
    token.get("/api/v2/deals/1")
