"""What tests share: a company with people, and the QuickBooks emulator in its own process."""

import contextlib
import gc
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.handlers.base import BaseHandler
from django.test import Client
from django.urls import Resolver404, resolve
from whitenoise.middleware import WhiteNoiseMiddleware

from crm_invoicing.gc_tuning import freeze_heap
from deals.models import Account, Deal, DealLine, Member, Organization, Person, Product, Stage
from deals.viewer import Viewer
from quickbooks_bridge.db.upsert import upsert_newer
from quickbooks_bridge.gateway import rate_limiter, usage_counter
from quickbooks_bridge.models import (
    Connection,
    CreditMemo,
    Customer,
    Invoice,
    Item,
    Payment,
    SyncState,
    TaxCode,
    Term,
)
from quickbooks_bridge.selectors.connections import reads_block_forget
from quickbooks_bridge.services.connections.consent import oauth_complete, oauth_start
from quickbooks_bridge.services.operations import api_usage
from quickbooks_bridge.services.sync.company import initial_import

from .browser import browser  # noqa: F401 - one way to start a browser for all
from .emulator_process import EmulatorProcess
from .prepared import put_prepared

ROOT = Path(__file__).resolve().parent.parent
# The companies of the emulator are the same in every test, to the second, so that reading one takes the time only once.
AS_OF = datetime.now(UTC).replace(microsecond=0)
PASSWORD = "a-long-test-password"


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb) -> bool:
    """Keep the prepared file that stands where Django would make a database."""
    return django_db_keepdb or settings.IS_SQLITE


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Begin with a copy of what the migrations made once; on PostgreSQL they are applied anew."""
    if settings.IS_SQLITE:
        test = settings.DATABASES["default"]["TEST"]
        put_prepared(Path(test["NAME"]))
        # Everything stands there already, and none of it is looked through again.
        test["MIGRATE"] = False


_answered: set[str] = set()


@pytest.fixture(autouse=True, scope="session")
def _answers_are_noted() -> Iterator[None]:
    """Note which addresses answered somebody who was let in, for `pytest_sessionfinish`."""
    get_response = BaseHandler.get_response

    def noting(self, request):
        response = get_response(self, request)
        is_refused = response.get("Location", "").startswith("/login/?")
        if 200 <= response.status_code < 400 and not is_refused:
            with contextlib.suppress(Resolver404):
                _answered.add(resolve(request.path_info).view_name)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseHandler, "get_response", noting)
        yield


@pytest.fixture(autouse=True, scope="session")
def _static_files_are_found_once() -> Iterator[None]:
    """Let the middleware of every test client have the list of static files that the first one made."""
    make, known = WhiteNoiseMiddleware.add_files_from_finders, {}

    def remember(self):
        place = (settings.STATIC_URL, *map(str, settings.STATICFILES_DIRS))
        if place not in known:
            make(self)
            known[place] = self.files
        self.files = {**self.files, **known[place]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", remember)
        yield


def pytest_collection_finish() -> None:
    """Look for garbage more rarely: the modules stay, and looking through them was an eighth of the time."""
    freeze_heap()
    gc.set_threshold(20_000, 20, 50)


def pytest_sessionfinish(session) -> None:
    """A whole run fails when an address was never answered with success: nothing tests it then."""
    if not os.environ.get("ALL_ADDRESSES") or session.exitstatus not in (0, 1):
        return
    from .test_addresses import EVERY

    # What is no address of the API is never answered with success.
    never = sorted({name for name, _route in EVERY} - _answered - {"api:not_found"})
    if never:
        print(f"\nAddresses that no test got an answer from: {', '.join(never)}")
        session.exitstatus = 1


@pytest.fixture(autouse=True)
def _quick_passwords(settings) -> None:
    """Nobody attacks a test's passwords; the real hasher costs half a second per member."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _nothing_by_the_minute(settings, monkeypatch) -> Iterator[None]:
    """What a process does once a minute would make statements come and go between tests."""
    settings.QUICKBOOKS_MONTHLY_READS = 0
    monkeypatch.setattr(api_usage, "FLUSH_INTERVAL", 10**9)
    api_usage.read_quota_forget()
    cache.clear()
    reads_block_forget()
    usage_counter.drain_here()
    yield
    usage_counter.drain_here()


@pytest.fixture(scope="session")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess("--company", "us", "--seed", "7") as running:
        yield running


@pytest.fixture
def qbo(emulator, settings, monkeypatch):
    """The emulator, freshly reset, with the settings pointed at it and our own limits out of the way."""
    emulator.control("POST", "/control/reset", {"as_of": AS_OF.isoformat()})
    for name in ("PER_SECOND", "PER_MINUTE", "BACKGROUND_PER_MINUTE", "BACKGROUND_PER_SECOND"):
        monkeypatch.setattr(rate_limiter, name, 10**6)
    rate_limiter.default_limiter.cache_clear()
    settings.QUICKBOOKS_CLIENT_ID = emulator.client_id
    settings.QUICKBOOKS_CLIENT_SECRET = emulator.client_secret
    settings.QUICKBOOKS_DISCOVERY_URL = emulator.discovery_url
    settings.QUICKBOOKS_API_URL = emulator.api_url
    settings.QUICKBOOKS_WEB_URL = emulator.url
    settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN = emulator.verifier_token
    settings.PUBLIC_URL = "http://localhost:8000"
    return emulator


def make_member(account: Account, username: str, role: str = "rep") -> Member:
    user = get_user_model().objects.create_user(username=username, password=PASSWORD)
    return Member.objects.create(account=account, user=user, name=username.title(), role=role)


def make_deal(account: Account, **facts) -> Deal:
    stage, _made = Stage.objects.get_or_create(account=account, name="Won")
    return Deal.objects.create(account=account, stage=stage, **{"title": "A deal", **facts})


@pytest.fixture
def account(db) -> Account:
    return Account.objects.create(name="Testers")


@pytest.fixture
def admin(account) -> Viewer:
    return Viewer(account, make_member(account, "ada", "admin"))


@pytest.fixture
def rep(account) -> Viewer:
    return Viewer(account, make_member(account, "rob"))


@pytest.fixture
def stranger(db) -> Viewer:
    other = Account.objects.create(name="Others")
    return Viewer(other, make_member(other, "sid", "admin"))


@pytest.fixture
def deal(account, admin) -> Deal:
    organization = Organization.objects.create(
        account=account,
        name="Quill & Sons",
        street="1 Elm St",
        city="Austin",
        region="TX",
        postal_code="78701",
    )
    person = Person.objects.create(
        account=account, organization=organization, name="Quinn Quill", email="quinn@quill.example"
    )
    desk = Product.objects.create(account=account, name="Desk", unit_price="500.00")
    deal = make_deal(account, title="Quill fit-out", organization=organization, person=person, value=1500)
    DealLine.objects.create(
        deal=deal, product=desk, name="Desk", quantity=3, unit_price="500.00", tax_percent="8.25"
    )
    return deal


def sign_in(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def consent(qbo: EmulatorProcess, url: str, *, company: int = 0) -> dict[str, str]:
    """Press Connect on the consent page; gives the query of the address it leads back to."""
    import re
    from urllib.parse import parse_qsl, urlsplit

    import requests

    page = requests.get(url, timeout=5)
    fields = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
    action = re.search(r'<form[^>]*action="([^"]*)"', page.text)
    import html

    target = html.unescape(action.group(1)) if action else url
    target = target if target.startswith("http") else qbo.url + target
    realm = qbo.companies[company]["realm_id"]
    body = {key: html.unescape(value) for key, value in fields.items()}
    button = re.search(r'<button[^>]*name="([^"]+)"[^>]*value="([^"]+)"[^>]*>\s*Connect', page.text)
    if button:
        body[button.group(1)] = button.group(2)
    for name in ("realm", "realm_id", "company"):
        if f'name="{name}"' in page.text:
            body[name] = realm
    answer = requests.post(target, data=body, allow_redirects=False, timeout=5)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def connect(viewer: Viewer, qbo: EmulatorProcess, *, company: int = 0) -> Connection:
    now = datetime.now(UTC)
    answer = consent(qbo, oauth_start(viewer, now=now), company=company)
    return oauth_complete(
        viewer, state=answer["state"], code=answer["code"], realm_id=answer["realmId"], refused=False, now=now
    )


MIRRORED = (Customer, Item, TaxCode, Term, Invoice, Payment, CreditMemo)
_imported: dict[str, tuple[dict[Any, list[Any]], dict[str, Any], datetime]] = {}


def _columns(model: Any) -> tuple[str, ...]:
    return tuple(
        field.attname for field in model._meta.concrete_fields if field.attname not in ("id", "company_id")
    )


def import_once(made: Connection) -> None:
    """Read a newly connected company; from the second time on, write the same rows without asking."""
    company, now = made.company, datetime.now(UTC)
    if company.realm_id not in _imported:
        assert initial_import(made, now=now)
        rows: dict[Any, list[Any]] = {
            model: list(model.objects.filter(company=company).order_by("pk").values_list(*_columns(model)))
            for model in MIRRORED
        }
        state: Any = SyncState.objects.filter(company=company).values().get()
        _imported[company.realm_id] = (rows, state, now)
        return
    rows, state, then = _imported[company.realm_id]
    for model, of_model in rows.items():
        upsert_newer(model, ("company_id", *_columns(model)), [(company.pk, *row) for row in of_model])
    moved = {
        name: value + (now - then) if isinstance(value, datetime) else value
        for name, value in state.items()
        if name != "company_id"
    }
    SyncState.objects.filter(company=company).update(**moved)


@pytest.fixture
def connection(admin, qbo) -> Connection:
    made = connect(admin, qbo)
    import_once(made)
    made.refresh_from_db()
    return made
