"""Who gets into a frame: signed, for us, of now, once; everybody else reads why not."""

import base64
import json
import re
import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from deals.embed.sessions import integration_create, sessions_clean
from deals.models import EmbedSession, Member, MemberIdentity, SpentContext
from quickbooks_bridge.models import CustomerLink, Invoice

from ..fixtures import make_deal, make_member
from .conftest import APP, ORIGIN, EmbeddingCrm, Frame

pytestmark = pytest.mark.django_db


def unsigned(claims) -> str:
    def part(data) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


def test_the_token_never_stays_in_an_address_that_is_shown(crm):
    answer = crm.enter(crm.token(), theme="dark", place="form")
    assert answer.status_code == 302
    address = answer["Location"]
    assert address.startswith(f"/embed/frame/?issuer={crm.integration.issuer}&place=form&theme=dark#")
    assert crm.secret not in address
    assert "eyJ" not in address
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
    page = Client().get(address.partition("#")[0])
    assert f"frame-ancestors {ORIGIN}" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in page
    assert page["Referrer-Policy"] == "no-referrer"
    assert not page.cookies
    assert 'data-theme="dark"' in page.content.decode()


def test_all_other_pages_cannot_be_framed(client, crm):
    for path in ("/login/", "/deals/", "/healthz"):
        answer = client.get(path)
        assert "frame-ancestors 'none'" in answer.get("Content-Security-Policy", "frame-ancestors 'none'")
        assert answer.get("X-Frame-Options", "DENY") == "DENY"


@pytest.mark.parametrize(
    ("changes", "heading"),
    [
        ({"aud": "https://elsewhere.example"}, "could not verify"),
        ({"iss": "crm_0000"}, "could not verify"),
        ({"sub": None}, "could not verify"),
        ({"jti": None}, "could not verify"),
        ({"exp": None}, "could not verify"),
        ({"iat": None}, "could not verify"),
        ({"aud": None}, "could not verify"),
        ({"resource": None}, "could not verify"),
        ({"resource": {"type": "person", "id": "deal-1"}}, "could not verify"),
        ({"resource": "deal-1"}, "could not verify"),
        ({"resource": {"type": "deal", "id": ["deal-1"]}}, "could not verify"),
        ({"sub": "x" * 121}, "could not verify"),
        ({"exp": int(time.time()) + 3600}, "could not verify"),
        ({"iat": int(time.time()) + 3600, "exp": int(time.time()) + 3700}, "could not verify"),
        ({"exp": "soon"}, "could not verify"),
        ({"exp": 10**400}, "could not verify"),
        ({"iat": int(time.time()) - 900, "exp": int(time.time()) - 600}, "has expired"),
        ({"resource": {"type": "deal", "id": "deal-2"}}, "not known here yet"),
    ],
)  # fmt: skip
def test_what_is_not_for_us_or_not_of_now_is_refused_with_a_page(crm, changes, heading):
    answer = crm.enter(crm.token(**changes))
    assert answer.status_code == 403
    assert heading in answer.content.decode()
    assert not EmbedSession.objects.exists()


def test_forged_and_swapped_signatures_are_refused(crm):
    tokens = [
        crm.token(secret="another secret that nobody knows of here"),
        crm.token(algorithm="HS512"),
        unsigned(crm.claims()),
        crm.token()[:-4] + "AAAA",
        "",
        "no.token.atall",
        "a" * 20_000,
    ]
    for token in tokens:
        answer = crm.enter(token)
        assert answer.status_code == 403
        assert "could not verify" in answer.content.decode()
    assert not Member.objects.filter(identities__isnull=False).exists()


def test_a_token_is_used_once_and_so_is_its_code(crm):
    token = crm.token()
    first = crm.enter(token)
    assert first.status_code == 302
    assert "has expired" in crm.enter(token).content.decode()
    code = first["Location"].partition("#")[2]
    assert crm.open({"code": code}).status_code == 200
    assert crm.open({"code": code}).status_code == 403
    assert crm.open({"context": token}).json() == {"code": "used"}
    assert SpentContext.objects.count() == 1


@pytest.mark.parametrize(
    ("place", "path"), [("form", "/invoices/new/"), ("all", "/invoices/all/"), ("x", "/")]
)
def test_each_place_begins_at_its_page_and_an_unknown_one_at_the_panel(crm, deal, place, path):
    code = crm.enter(crm.token(), place=place)["Location"].partition("#")[2]
    assert crm.open({"code": code}).json()["path"] == f"/deals/{deal.pk}{path}"
    again = crm.open({"context": crm.token(), "place": place})
    assert again.json()["path"] == f"/deals/{deal.pk}{path}"


def test_settings_are_for_admins(crm):
    answer = crm.enter(crm.token(), place="settings")
    assert answer.status_code == 403
    assert "An admin sets this up" in answer.content.decode()
    code = crm.enter(crm.token(sub="u-8", role="admin"), place="settings")["Location"].partition("#")[2]
    opened = crm.open({"code": code}).json()
    assert opened["path"] == "/quickbooks/"
    frame = Frame(opened["token"])
    assert "Field mapping" in frame.get("/quickbooks/").content.decode()
    assert frame.get("/deals/").status_code == 404


def test_a_code_holds_for_a_minute(crm):
    code = crm.code()
    EmbedSession.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert crm.open({"code": code}).status_code == 403


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"code": 7}', '{"context": ["x"]}', '{"code": "' + "x" * 9000 + '"}']
)
def test_what_is_no_code_opens_nothing(crm, body):
    answer = Client().post("/embed/open/", body, content_type="application/json")
    assert answer.status_code == 403
    assert Client().post("/embed/open/", {"code": "a form"}).status_code == 403


def test_a_new_person_becomes_a_member_once_with_the_role_of_the_first_visit(crm, account):
    crm.frame()
    crm.frame(role="admin", name="Robin Renamed")
    identity = MemberIdentity.objects.get(external_id="u-7")
    assert (identity.member.account, identity.member.role, identity.member.name) == (account, "rep", "Robin")
    assert not identity.member.user.has_usable_password()


def test_where_nobody_new_is_let_in_a_page_says_so(crm):
    type(crm.integration).objects.update(admits_members=False)
    answer = crm.enter(crm.token())
    assert answer.status_code == 403
    assert "not set up for you" in answer.content.decode()
    known = make_member(crm.integration.account, "kit")
    MemberIdentity.objects.create(integration=crm.integration, external_id="u-7", member=known)
    assert crm.enter(crm.token()).status_code == 302
    known.user.is_active = False
    known.user.save()
    assert "not set up for you" in crm.enter(crm.token()).content.decode()


def test_the_frame_reaches_its_deal_and_nothing_else(crm, deal, account):
    frame = crm.frame()
    page = frame.get(f"/deals/{deal.pk}/")
    assert page.status_code == 200
    assert "rail" not in page.content.decode().split("<main")[0].split("<body")[1]
    assert not page.cookies
    other = make_deal(account, title="Another")
    assert frame.get(f"/deals/{other.pk}/").status_code == 404
    for path in (
        "/deals/",
        "/quickbooks/",
        "/organizations/",
        "/access/",
        f"/deals/{deal.pk}/edit/",
        "/quickbooks/health/",
    ):
        assert frame.get(path).status_code == 404, path
    assert frame.post("/access/", {"kind": "token", "name": "x", "rights": "invoice"}).status_code == 404
    assert Frame("emb_unknown").get(f"/deals/{deal.pk}/").status_code == 401


def test_the_frame_reaches_invoices_of_its_deal_and_customer_alone(crm, deal, connection, account):
    MemberIdentity.objects.create(integration=crm.integration, external_id="u-7", member=connection.owner)
    own, customers, others = Invoice.objects.filter(company=connection.company, is_voided=False).order_by(
        "customer_qbo_id"
    )[:3]
    Invoice.objects.filter(pk__in=(own.pk, customers.pk)).update(customer_qbo_id="901")
    Invoice.objects.filter(pk=others.pk).update(
        customer_qbo_id="902", deal=make_deal(account, title="Another")
    )
    Invoice.objects.filter(pk=own.pk).update(deal=deal)
    frame = crm.frame()
    for name in ("void", "delete", "send", "history", "pdf"):
        assert frame.get(f"/invoices/{own.pk}/{name}/").status_code in (200, 302), name
        assert frame.get(f"/invoices/{others.pk}/{name}/").status_code == 404, name
        assert frame.get(f"/invoices/{customers.pk}/{name}/").status_code == 404, name
    assert frame.post(f"/invoices/{others.pk}/void/").status_code == 404
    frame.post(f"/deals/{deal.pk}/invoices/links/", {"link": others.pk})
    assert Invoice.objects.get(pk=others.pk).deal_id != deal.pk
    # Those of the deal's customer are listed in the frame, so they can be worked with there.
    CustomerLink.objects.create(
        company=connection.company,
        organization=deal.organization,
        customer_qbo_id="901",
        linked_at=connection.connected_at,
    )
    assert frame.get(f"/invoices/{customers.pk}/void/").status_code == 200
    assert frame.get(f"/invoices/{others.pk}/void/").status_code == 404


def test_what_a_page_says_afterwards_is_said_in_the_frame(crm, deal, connection):
    MemberIdentity.objects.create(integration=crm.integration, external_id="u-7", member=connection.owner)
    frame = crm.frame()
    done = frame.post(f"/deals/{deal.pk}/invoices/links/", {"next": f"/deals/{deal.pk}/"})
    assert done.status_code == 302
    assert not done.cookies
    said = "Choose at least one invoice first."
    assert said in frame.get(done["Location"]).content.decode()
    assert said not in frame.get(done["Location"]).content.decode()


def test_connecting_is_offered_in_a_tab_of_its_own(crm, deal):
    frame = crm.frame(role="admin")
    page = frame.get(f"/deals/{deal.pk}/").content.decode()
    assert re.search(r'href="/quickbooks/" target="_blank" rel="noopener"[^>]*>.*?Connect QuickBooks', page)
    assert 'action="/quickbooks/connect/"' not in page


def test_another_account_s_integration_never_reaches_this_deal(crm, deal, stranger):
    theirs = EmbeddingCrm(*integration_create(stranger.account, "Theirs", ["https://their.example"]))
    answer = theirs.enter(theirs.token())
    assert "not known here yet" in answer.content.decode()


def test_an_old_token_is_refused_and_a_new_context_renews_it(crm, deal):
    frame = crm.frame()
    EmbedSession.objects.update(expires_at="2020-01-01T00:00:00Z")
    refused = frame.get(f"/deals/{deal.pk}/")
    assert (refused.status_code, refused.json()) == (401, {"code": "expired"})
    renewed = crm.open({"context": crm.token(), "place": "panel"}).json()
    assert Frame(renewed["token"]).get(f"/deals/{deal.pk}/").status_code == 200
    assert renewed["path"] == f"/deals/{deal.pk}/"


def test_revoking_ends_every_frame_at_once(crm, deal, admin):
    frame = crm.frame()
    client = Client()
    client.force_login(admin.member.user)
    client.post(f"/access/integrations/{crm.integration.pk}/revoke/")
    assert frame.get(f"/deals/{deal.pk}/").status_code == 401
    assert "could not verify" in crm.enter(crm.token()).content.decode()
    assert Client().get("/embed/frame/", {"issuer": crm.integration.issuer}).status_code == 403


def test_what_is_long_over_is_forgotten(crm):
    crm.frame()
    EmbedSession.objects.update(expires_at="2020-01-01T00:00:00Z")
    SpentContext.objects.update(expires_at="2020-01-01T00:00:00Z")
    row = EmbedSession.objects.get()
    kept = Session.objects.get(pk=row.session_key)
    assert kept.expire_date < timezone.now() + timedelta(hours=2)
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")
    assert sessions_clean(now=timezone.now()) == 1
    assert not Session.objects.exists()
    assert not SpentContext.objects.exists()


def test_no_secret_is_stored_as_it_is(crm):
    code = crm.code()
    row = EmbedSession.objects.get()
    assert code not in (row.code_digest, row.session_key)
    assert crm.secret not in type(crm.integration).objects.get().secret
    assert APP.startswith("http")
