"""The door of Pipedrive's frames: forged, old and repeated tokens, other companies, the settings, and the way into a tab."""

import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from deals.models import Deal, Member
from tests.fixtures import make_deal

from .conftest import DANA, LIN, RAVI, SECRET, deal_of

pytestmark = pytest.mark.django_db


def token(algorithm: str = "HS256", secret: str = SECRET, **changes) -> str:
    now = int(time.time())
    claims = {"userId": DANA, "companyId": 7700001, "iat": now, "exp": now + 300} | changes
    return jwt.encode(
        {name: value for name, value in claims.items() if value is not None}, secret, algorithm=algorithm
    )


def test_the_token_is_out_of_the_address_before_anything_is_shown(crm, installed):
    answer = crm.enter()
    address = urlsplit(answer["Location"])
    assert "token" not in parse_qs(address.query)
    assert parse_qs(address.query)["id"] == ["frame-1"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert f"frame-ancestors {crm.url}" in answer["Content-Security-Policy"]
    page = Client().get(address.path + "?" + address.query)
    assert "pipedrive-sdk/index.umd.js" in page.content.decode()
    assert 'integrity="sha384-' in page.content.decode()
    assert f"frame-ancestors {crm.url}" in page["Content-Security-Policy"]
    assert not page.cookies


@pytest.mark.parametrize(
    "bad",
    [
        "", "x.y.z",
        token(secret="other"), token("HS512"), token("none", ""), token(exp=None), token(userId=None),
        token(companyId="7700001; drop"), token(exp=int(time.time()) + 86_400), token(userId=True),
    ],
)  # fmt: skip
def test_forged_tokens_open_nothing(crm, installed, bad):
    answer = Client().get("/pipedrive/panel/", {"token": bad, "selectedIds": "1", "id": "f"})
    assert answer.status_code == 403
    assert "could not verify" in answer.content.decode()
    assert not Deal.objects.exists()


def test_an_expired_token_can_be_renewed_with_a_press(crm, installed):
    old = token(iat=int(time.time()) - 600, exp=int(time.time()) - 300)
    answer = Client().get("/pipedrive/panel/", {"token": old, "selectedIds": "1", "id": "f"})
    assert answer.status_code == 403
    assert "data-renew" in answer.content.decode()


def test_a_token_opens_frames_that_come_together_and_nothing_later(crm, installed):
    same = token()
    query = {"token": same, "selectedIds": "1", "id": "f"}
    assert Client().get("/pipedrive/panel/", query).status_code == 302
    assert Client().get("/pipedrive/panel/", query).status_code == 302
    with time_machine.travel(timezone.now() + timedelta(seconds=40), tick=False):
        answer = Client().get("/pipedrive/panel/", query)
    assert answer.status_code == 403
    assert "expired" in answer.content.decode()


def test_another_company_and_people_without_the_app_see_an_honest_page(crm, installed):
    for claims in ({"companyId": 1}, {"userId": LIN}, {"userId": 999}):
        answer = Client().get("/pipedrive/panel/", {"token": token(**claims), "selectedIds": "1", "id": "f"})
        assert answer.status_code == 403
        assert "not set up for you" in answer.content.decode()


@pytest.mark.parametrize("deal", ["", "x", "-1", "1 OR 1=1", "٣", "9" * 30])
def test_a_deal_that_is_no_number_is_not_asked_for(crm, installed, deal):
    crm.control("reset-calls")
    answer = Client().get("/pipedrive/panel/", {"token": token(), "selectedIds": deal, "id": "f"})
    assert answer.status_code == 403
    assert not [call for call in crm.calls() if "/deals/" in call]


def test_a_frame_reaches_its_own_deal_alone(crm, installed):
    other = make_deal(installed.account, title="Another")
    frame = crm.frame()
    own = deal_of(1)
    assert frame.path == f"/deals/{own.pk}/"
    assert frame.get().status_code == 200
    assert frame.get(f"/deals/{other.pk}/").status_code == 404
    for path in ("/deals/", "/quickbooks/", "/access/", "/pipedrive/write-back/", "/quickbooks/health/"):
        assert frame.get(path).status_code == 404, path


def test_a_dialog_that_the_panel_opens_names_its_deal(crm, installed):
    answer = Client().get(
        "/pipedrive/all/", {"token": token(), "id": "f", "data": '{"deal": "2"}', "selectedIds": "1"}
    )
    assert parse_qs(urlsplit(answer["Location"]).query)["deal"] == ["2"]
    for data in ("[]", "{", '"x"', "null"):
        answer = Client().get(
            "/pipedrive/all/", {"token": token(iat=1), "id": "f", "data": data, "selectedIds": "1"}
        )
        assert answer.status_code == 302


def test_a_code_opens_once_and_a_frame_is_renewed_by_a_new_token(crm, installed):
    code = urlsplit(crm.enter()["Location"]).fragment
    opened = Client().post("/pipedrive/open/", {"code": code}, content_type="application/json")
    assert opened.status_code == 200
    again = Client().post("/pipedrive/open/", {"code": code}, content_type="application/json")
    assert again.status_code == 403
    body = {"context": token(iat=2), "place": "panel", "deal": "1"}
    renewed = Client().post("/pipedrive/open/", body, content_type="application/json")
    assert renewed.json()["token"] != opened.json()["token"]
    for bad in ({}, {"context": "x"}, {"context": token(iat=3), "deal": "9"}):
        assert Client().post("/pipedrive/open/", bad, content_type="application/json").status_code == 403


def test_settings_stand_in_a_frame_for_admins(crm, installed):
    frame = crm.frame("settings")
    page = frame.get("/quickbooks/").content.decode()
    assert "Field mapping" in page
    assert "Tax ID" in page
    assert "Go on in a new tab" in page
    assert frame.get("/pipedrive/write-back/").status_code == 200
    assert frame.get("/deals/").status_code == 404
    crm.frame()
    assert frame.get(f"/deals/{deal_of(1).pk}/").status_code == 404
    saved = frame.post("/quickbooks/", {"to_field": "organization.name", "address_field": "organization.address",
                                        "email_field": "person.email", "tax_id_field": "", "due_days": "14"})  # fmt: skip
    assert saved.status_code == 302
    crm.install(RAVI)
    answer = crm.enter("settings", user=RAVI)
    assert answer.status_code == 403
    assert "An admin sets this up" in answer.content.decode()


def test_a_frame_goes_on_in_a_tab_after_a_question(crm, installed):
    frame = crm.frame()
    address = frame.post("/embed/continue/").json()["address"]
    tab = Client()
    answer = tab.get(address)
    assert answer["Location"] == "/embed/tab/"
    page = tab.get("/embed/tab/").content.decode()
    assert "Go on as Dana Whitfield?" in page
    assert "_auth_user_id" not in tab.session
    answer = tab.post("/embed/tab/")
    assert answer["Location"] == "/quickbooks/"
    assert tab.get("/quickbooks/").status_code == 200
    assert tab.session["_auth_user_id"] == str(Member.objects.get(name="Dana Whitfield").user_id)
    other = Client()
    other.get(address)
    assert other.get("/embed/tab/").status_code == 403
    # Such a code opens no frame.
    code = parse_qs(urlsplit(frame.post("/embed/continue/").json()["address"]).query)["code"][0]
    assert (
        Client().post("/pipedrive/open/", {"code": code}, content_type="application/json").status_code == 403
    )


def test_only_pipedrive_holds_its_frames(crm, installed):
    frame = crm.frame()
    page = frame.get()
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert Client().get("/pipedrive/frame/", {"issuer": "crm_x", "place": "panel"}).status_code == 403


def test_the_apps_own_integration_takes_no_tokens_of_other_crms(crm, installed):
    forged = jwt.encode(
        {"iss": installed.integration.issuer, "aud": "http://testserver", "sub": "1", "iat": int(time.time()),
         "exp": int(time.time()) + 100, "jti": "x", "resource": {"type": "deal", "id": "1"}},
        SECRET, algorithm="HS256",
    )  # fmt: skip
    assert Client().get("/embed/", {"token": forged}).status_code == 403
