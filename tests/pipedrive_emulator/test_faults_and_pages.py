"""Failures on demand, the control API's guard, and the pages a person sees."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from pipedrive_emulator.seed.company import LIN, RAVI
from pipedrive_emulator.server import Running
from tests.pipedrive_emulator.conftest import connect, control, settings, token_call


@pytest.mark.parametrize(
    ("kind", "status", "media"),
    [("429", 429, "json"), ("cloudflare", 403, "html"), ("500", 500, "json"), ("html", 502, "html")],
)
def test_faults_that_are_answers(running, client, kind, status, media):
    control(running, "faults", kind=kind, count=1, path="/api/v2/deals")
    client.get("/v1/users/me")
    answer = client.call("GET", "/api/v2/deals")
    assert answer.status_code == status
    assert media in answer.headers["Content-Type"]
    client.get("/api/v2/deals")


@pytest.mark.parametrize("kind", ["drop", "timeout-less drop", "drop_after"])
def test_faults_without_an_answer(running, client, kind):
    control(running, "faults", kind=kind, path="/v1/notes")
    with pytest.raises(requests.ConnectionError):
        client.call("POST", "/v1/notes", json={"content": "once", "deal_id": 6})
    assert len(client.get("/v1/notes", deal_id=6)["data"]) == (kind == "drop_after")


def test_half_an_answer_is_no_json(running, client):
    control(running, "faults", kind="half")
    answer = client.call("GET", "/api/v2/deals/1")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r".+"):
        answer.json()
    control(running, "faults", kind="500", path="/oauth/token")
    assert token_call(running, grant_type="refresh_token").status_code == 500


def test_an_unknown_fault_is_refused(running):
    assert (
        requests.post(running.url + "/control/faults", json={"kind": "flood"}, timeout=5).status_code == 400
    )


def test_pages_of_other_sites_cannot_change_anything(shared):
    for path in ("/control/reset-calls", "/theme", "/marketplace/uninstall"):
        headers = {"Origin": "https://elsewhere.example"}
        assert requests.post(shared.url + path, headers=headers, timeout=5).status_code == 403
    assert requests.post(shared.url + "/theme", headers={"Origin": shared.url}, timeout=5).status_code == 200


def test_a_control_token_is_asked_for_when_there_is_one():
    with Running(settings(control_token="t")) as running:
        assert requests.get(running.url + "/control/state", timeout=5).status_code == 403
        headers = {"X-Control-Token": "t"}
        assert requests.get(running.url + "/control/state", headers=headers, timeout=5).status_code == 200


def _config(page: str) -> dict[str, Any]:
    found = re.search(r'id="host-config">(.*?)</script>', page)
    assert found is not None
    return json.loads(found[1])


def test_the_deal_view_opens_the_panel_with_what_the_app_needs(running):
    connect(running, RAVI)
    cookies = {"pipedrive_emulator_viewer": str(RAVI), "pipedrive_emulator_theme": "dark"}
    page = requests.get(running.url + "/deal/1", cookies=cookies, timeout=5)
    (frame,) = _config(page.text)["frames"]
    assert frame["url"].startswith("http://localhost:8000/pipedrive/panel/?")
    query = parse_qs(urlsplit(frame["url"]).query)
    assert query["id"] == [frame["id"]]
    assert (query["userId"], query["companyId"]) == ([str(RAVI)], ["7700001"])
    assert (query["resource"], query["view"], query["selectedIds"]) == (["deal"], ["details"], ["1"])
    assert query["theme"] == ["dark"]
    assert "frame-src http://localhost:8000" in page.headers["Content-Security-Policy"]
    form = {"action_id": "invoice-form", "selectedIds": "1", "data": '{"draft":"7"}', "theme": "light"}
    told = requests.post(running.url + "/embed-frame", data=form, cookies=cookies, timeout=5).json()
    query = parse_qs(urlsplit(told["url"]).query)
    assert urlsplit(told["url"]).path == "/pipedrive/form/"
    assert json.loads(query["data"][0]) == {"draft": "7"}
    assert (
        requests.post(
            running.url + "/embed-frame", data={"action_id": "x"}, cookies=cookies, timeout=5
        ).status_code
        == 404
    )
    settings_page = requests.get(
        running.url + "/settings/marketplace/app/demo-app/app-settings", cookies=cookies, timeout=5
    )
    assert "/pipedrive/settings/?" in _config(settings_page.text)["frames"][0]["url"]


def test_without_the_app_there_is_an_install_button(shared):
    cookies = {"pipedrive_emulator_viewer": str(LIN)}
    page = requests.get(shared.url + "/deal/1", cookies=cookies, timeout=5).text
    assert "host-config" not in page
    assert 'action="/marketplace/install"' in page
    assert requests.get(shared.url + "/embed-token", cookies=cookies, timeout=5).status_code == 403
    assert requests.get(shared.url + "/deal/13", cookies=cookies, timeout=5).status_code == 404


def test_the_forms_of_the_deal_view(running):
    post = lambda path, **form: requests.post(running.url + path, data=form, timeout=5)  # noqa: E731
    page = post("/deal/1/line", line_id="5001", quantity="5", item_price="600.50").text
    assert 'value="600.5"' in page
    assert post("/deal/1/line", line_id="5001", quantity="many", item_price="1").status_code == 400
    assert "DRL" not in post("/deal/1/line", line_id="5002", remove="1").text
    assert len(running.world.store.lines(1)) == 3
    post("/deal/6/add-line", product_id="405", quantity="2")
    assert running.world.store.table("deal")[6]["value"] == 84
    page = post("/deal/6/note", content="<b>Bold</b><img src=x onerror=alert(1)> &lt;ok&gt;").text
    assert "onerror" not in page
    assert html.escape("Bold <ok>") in page


def test_all_pages_open_and_words_are_escaped(running, client):
    client.send("PATCH", "/api/v2/deals/6", {"title": "<script>alert(1)</script>"})
    for path in ("/", "/deal/11", "/deal/4", "/marketplace", "/static/host.js", "/health"):
        answer = requests.get(running.url + path, timeout=5)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


def test_switching_viewer_and_theme_stays_on_this_site(shared):
    post = lambda **form: requests.post(shared.url + "/view-as", data=form, allow_redirects=False, timeout=5)  # noqa: E731
    assert post(user_id=str(LIN), next="//elsewhere.example").headers["Location"] == "/"
    assert post(user_id=str(LIN), next="/deal/1").headers["Location"] == "/deal/1"
