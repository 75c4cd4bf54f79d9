"""What holds against attackers whatever page is added: cookies, sessions, methods, hosts, fields, file names."""

import os
import re
import subprocess
import sys

import pytest
from django.test import Client

from deals.models import Account, Deal, Organization, Person, Product
from quickbooks_bridge.models import InvoicePreset, InvoicingSettings
from quickbooks_bridge.services.connections.lifecycle import settings_for

from .fixtures import PASSWORD, ROOT, make_deal, sign_in
from .test_addresses import EVERY, addresses  # noqa: F401 - every address, filled with rows

pytestmark = pytest.mark.django_db(transaction=True)

UNUSED_METHODS = ("TRACE", "TRACK", "CONNECT", "PUT", "PATCH", "DELETE", "PROPFIND", "X-INVENTED")


def sign_in_with_password(client: Client, username: str = "ada"):
    return client.post("/login/", {"username": username, "password": PASSWORD})


def test_session_cookie_is_out_of_reach_of_scripts_and_of_other_sites(admin):
    client = Client()
    answer = sign_in_with_password(client)
    assert answer.status_code == 302
    session = next(cookie for name, cookie in answer.cookies.items() if "session" in name)
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert session["path"] == "/"
    assert not session["domain"]


def test_cookies_of_an_https_installation_never_travel_in_the_clear(tmp_path):
    code = (
        "import django; django.setup(); from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SECURE_HSTS_SECONDS >= 31536000,"
        " s.SECURE_SSL_REDIRECT, s.DEBUG)"
    )
    env = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "crm_invoicing.settings",
        "DATA_DIR": str(tmp_path),
        "PUBLIC_URL": "https://crm.example",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True", "True", "True", "True", "False"]


def test_signing_in_gives_a_new_session_so_that_a_planted_one_is_worth_nothing(admin):
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    client.cookies[next(iter(client.cookies))] = before
    sign_in_with_password(client)
    assert client.session.session_key != before
    assert client.session.get("_auth_user_id")


def test_signing_out_ends_the_session_on_the_server(admin):
    client = sign_in(admin.member)
    name = next(iter(client.cookies))
    stolen = client.cookies[name].value
    assert client.get("/deals/").status_code == 200
    client.post("/logout/")
    thief = Client()
    thief.cookies[name] = stolen
    assert thief.get("/deals/").status_code == 302


@pytest.mark.parametrize("method", UNUSED_METHODS)
def test_methods_that_no_page_uses_are_refused_everywhere(method, addresses, admin):  # noqa: F811
    client = sign_in(admin.member)
    secret = "canary-of-a-header"
    answered = {}
    for name, path in addresses.items():
        answer = client.generic(method, path, headers={"X-Canary": secret})
        # The REST API is pushed to; without a token it answers nobody.
        if method == "PUT" and name.startswith("api:") and answer.status_code == 401:
            continue
        # Pipedrive tells with DELETE that somebody uninstalled the app; nobody else knows the app's secret.
        if method == "DELETE" and name == "pipedrive:callback" and answer.status_code == 401:
            continue
        if answer.status_code != 405 or secret.encode() in answer.content:
            answered[name] = answer.status_code
    assert len(addresses) == len(dict(EVERY))
    assert answered == {}


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost:80@evil.example", ""])
def test_an_unknown_host_is_refused_and_never_becomes_part_of_a_link(host, admin):
    client = sign_in(admin.member)
    for path in ("/deals/", "/login/", "/quickbooks/"):
        answer = client.get(path, headers={"Host": host, "X-Forwarded-Host": "evil.example"})
        assert answer.status_code == 400, path
        assert b"evil.example" not in answer.content


def test_host_of_a_forwarded_header_is_not_believed(admin):
    client = sign_in(admin.member)
    answer = client.get("/deals/", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 200
    assert b"evil.example" not in answer.content


@pytest.fixture
def planted(account, stranger) -> dict[str, object]:
    """What nobody may set from a form: another account, keys, roles, marks of the system."""
    theirs = make_deal(stranger.account, title="Theirs")
    return {
        "account": stranger.account.pk,
        "account_id": stranger.account.pk,
        "id": theirs.pk,
        "pk": theirs.pk,
        "role": "admin",
        "is_admin": "1",
        "is_staff": "1",
        "is_superuser": "1",
        "user": stranger.member.user_id,
        "realm_id": "1",
        "saved_at": "2001-01-01",
        "created_at": "2001-01-01",
        "custom": '{"planted": true}',
    }


def fields_of(page: str) -> dict[str, str]:
    """What a browser would post of the page's form without anything being changed."""
    found = dict(re.findall(r'<input[^>]*\bname="([^"]+)"[^>]*\bvalue="([^"]*)"', page))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)"[^>]*\bselected', options)
        found[name] = chosen.group(1) if chosen else ""
    return found


def test_forms_of_the_crm_take_their_own_fields_and_no_others(account, admin, deal, stranger, planted):
    client = sign_in(admin.member)
    paths = {
        f"/deals/{deal.pk}/edit/": {"title": "Renamed"},
        f"/organizations/{deal.organization_id}/": {"name": "Renamed"},
        f"/people/{deal.person_id}/": {"name": "Renamed"},
        f"/products/{Product.objects.get(account=account).pk}/": {"name": "Renamed"},
    }
    for path, change in paths.items():
        own = fields_of(client.get(path).content.decode())
        answer = client.post(path, {**planted, **own, **change})
        assert answer.status_code == 302, (path, answer.content.decode()[-2000:])
    assert Deal.objects.get(pk=deal.pk).title == "Renamed"
    for model in (Deal, Organization, Person, Product):
        rows = model._default_manager.filter(account=account).values()
        assert len(rows) == 1
        assert "planted" not in str(rows[0])
    assert Deal.objects.get(account=stranger.account).title == "Theirs"
    admin.member.refresh_from_db()
    assert admin.member.account_id == account.pk


def test_a_row_of_another_account_cannot_be_chosen_in_a_form(account, admin, deal, stranger):
    client = sign_in(admin.member)
    foreign = Organization.objects.create(account=stranger.account, name="Foreign")
    own = fields_of(client.get(f"/deals/{deal.pk}/edit/").content.decode())
    answer = client.post(f"/deals/{deal.pk}/edit/", {**own, "title": "x", "organization": foreign.pk})
    assert answer.status_code == 422
    deal.refresh_from_db()
    assert deal.organization.name == "Quill & Sons"


def test_settings_and_presets_take_their_own_fields_and_no_others(account, admin, stranger, planted):
    client = sign_in(admin.member)
    settings_for(account)
    settings_for(stranger.account)
    own = fields_of(client.get("/quickbooks/").content.decode())
    client.post("/quickbooks/", {**planted, **own, "due_days": "21"})
    preset = InvoicePreset.objects.get(account=account)
    client.post(f"/quickbooks/presets/{preset.pk}/", {**planted, "name": "Mine", "tax": "by_product"})
    assert InvoicingSettings.objects.get(account=account).due_days == 21
    assert InvoicingSettings.objects.get(account=stranger.account).due_days == 7
    assert InvoicePreset.objects.get(account=account).name == "Mine"
    assert InvoicePreset.objects.get(account=stranger.account).name == "Standard"
    assert Account.objects.count() == 2


@pytest.mark.parametrize(
    "number",
    ['1"; filename="evil.html', "1\r\nSet-Cookie: planted=1", "../../etc/passwd", "№ 7", "'; --", ""],
)
def test_file_name_of_a_pdf_is_harmless_whatever_the_invoice_is_called(connection, admin, number):
    from quickbooks_bridge.models import Invoice

    invoice = Invoice.objects.filter(balance__gt=0, is_voided=False).order_by("id")[0]
    Invoice.objects.filter(pk=invoice.pk).update(doc_number=number[:30])
    answer = sign_in(admin.member).get(f"/invoices/{invoice.pk}/pdf/")
    assert answer.status_code == 200
    assert re.fullmatch(r'attachment; filename="invoice-[A-Za-z0-9_-]+\.pdf"', answer["Content-Disposition"])
    assert "planted" not in answer.cookies
