"""A Pipedrive company in the emulator, and our app installed in it the way a person does."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import yaml
from django.test import Client
from django.utils import timezone
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

from deals.models import Deal, PipedriveCompany
from deals.pipedrive.setting_up import set_up_due
from pipedrive_emulator.seed.company import DANA, LIN, RAVI
from pipedrive_emulator.server import Running
from pipedrive_emulator.web.embed import signed_token
from pipedrive_emulator.world import Settings
from tests.fixtures import ROOT

APP = "http://testserver"
CLIENT_ID, SECRET = "demo-app", "demo-secret"


@dataclass
class Crm:
    """The emulated Pipedrive, with what a person there would do."""

    running: Running

    @property
    def url(self) -> str:
        return self.running.url

    def control(self, name: str, /, **body):
        answer = requests.post(f"{self.url}/control/{name}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state(self):
        return requests.get(f"{self.url}/control/state", timeout=10).json()

    def calls(self) -> list[str]:
        return [f"{call['method']} {call['path']}" for call in self.state()["calls"]]

    def code(self, user: int = DANA) -> str:
        return self.control("install", user_id=user)["code"]

    def token(self, user: int = DANA) -> str:
        return signed_token(self.running.world, user)

    def install(self, user: int = DANA, client: Client | None = None) -> Client:
        """Install as it goes when it begins in Pipedrive; returns the browser that was used."""
        browser = client or Client()
        answer = browser.get("/pipedrive/callback/", {"code": self.code(user)})
        assert answer["Location"] == "/pipedrive/confirm/", answer.content.decode()[-500:]
        answer = browser.post("/pipedrive/confirm/", {"account": "own"})
        assert answer.status_code == 302, answer.content.decode()[-800:]
        return browser

    def enter(self, place: str = "panel", deal: int = 1, user: int = DANA, **query):
        given = {
            "token": self.token(user),
            "selectedIds": str(deal),
            "id": "frame-1",
            "theme": "dark",
            **query,
        }
        return Client().get(f"/pipedrive/{place}/", given)

    def frame(self, place: str = "panel", deal: int = 1, user: int = DANA) -> "Frame":
        answer = self.enter(place, deal, user)
        assert answer.status_code == 302, answer.content.decode()[-800:]
        code = urlsplit(answer["Location"]).fragment
        opened = Client().post("/pipedrive/open/", {"code": code}, content_type="application/json")
        return Frame(**opened.json())


@dataclass
class Frame:
    """Asks as the page in the frame does: a token in the header, no cookie."""

    token: str
    seconds: int
    path: str
    home: str

    def get(self, path: str = "", **more):
        return Client().get(path or self.path, headers={"Authorization": f"Bearer {self.token}"}, **more)

    def post(self, path: str, data=None):
        return Client().post(path, data or {}, headers={"Authorization": f"Bearer {self.token}"})


class Described:
    """A description of Pipedrive's API that calls are held against: path, parameters and body, and no parameter of its own."""

    def __init__(self, facts: dict[str, Any], base: str) -> None:
        self.base = base
        # The same call is right once and for all: every test installs the app with the same ones.
        self.valid: set[tuple[Any, ...]] = set()
        self.core = OpenAPI.from_dict({**facts, "servers": [{"url": "http://pipedrive.example"}]})
        shared = facts.get("components", {}).get("parameters", {})
        self.known = {}
        for path, operations in facts["paths"].items():
            pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))
            for method, operation in operations.items():
                given = [
                    shared[one["$ref"].rsplit("/", 1)[-1]] if "$ref" in one else one
                    for one in operation.get("parameters", [])
                ]
                self.known[method.upper(), pattern] = {one["name"] for one in given if one["in"] == "query"}

    def check(self, request) -> None:
        address = urlsplit(request.url)
        headers = {name: text for name, text in request.headers.items() if name != "Authorization"}
        call = (request.method, address.path, address.query, request.body, *headers.items())
        call = (*call, request.headers.get("Authorization", "").partition(" ")[0])
        if call in self.valid:
            return
        path = address.path.replace("/api/v1/", "/v1/").removeprefix(self.base)
        names = set(parse_qs(address.query))
        allowed = [
            known
            for (method, pattern), known in self.known.items()
            if method == request.method and pattern.fullmatch(path)
        ]
        assert any(names <= one for one in allowed), f"{request.method} {path} takes no {names}"
        described = request.copy()
        described.url = f"http://pipedrive.example{path}" + (f"?{address.query}" if address.query else "")
        self.core.validate_request(RequestsOpenAPIRequest(described))
        self.valid.add(call)


def read_yaml(path: Path) -> Any:
    """Return what a file holds, read by the fast reader where there is one."""
    return yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@pytest.fixture(scope="session")
def described() -> list[Described]:
    """Return our own description, and the vendor's where somebody has it (PIPEDRIVE_OPENAPI: version 2 alone)."""
    own = Described(read_yaml(ROOT / "pipedrive_emulator/openapi.yaml"), "")
    vendors = os.environ.get("PIPEDRIVE_OPENAPI")
    more = [Described(read_yaml(Path(vendors)), "/api/v2")] if vendors else []
    return [own, *more]


@pytest.fixture(autouse=True)
def _calls_are_valid(described, monkeypatch) -> None:
    """Hold every call of our client against the descriptions."""
    send = requests.Session.send

    def checked(self, request, **more):
        path = urlsplit(request.url).path
        if path.startswith(("/api/", "/v1/")):
            for one in described:
                if path.startswith(one.base):
                    one.check(request)
        return send(self, request, **more)

    monkeypatch.setattr(requests.Session, "send", checked)


@pytest.fixture
def crm(settings) -> Iterator[Crm]:
    """Return an emulated Pipedrive that knows our app; webhooks wait until they are delivered."""
    emulated = replace(
        Settings(),
        app_url=APP,
        callback_url=f"{APP}/pipedrive/callback/",
        burst=10_000,
        daily_tokens=1_000_000,
    )
    with Running(emulated) as running:
        settings.PUBLIC_URL = APP
        settings.PIPEDRIVE_CLIENT_ID, settings.PIPEDRIVE_CLIENT_SECRET = CLIENT_ID, SECRET
        settings.PIPEDRIVE_OAUTH_URL = running.url
        settings.PIPEDRIVE_API_HOSTS = [running.url]
        settings.PIPEDRIVE_FRAMERS = [running.url]
        made = Crm(running)
        made.control("webhooks", mode="hold")
        yield made


@pytest.fixture
def installed(crm, db) -> PipedriveCompany:
    """Return the company in which an admin installed the app."""
    crm.install()
    set_up_due(now=timezone.now())
    return PipedriveCompany.objects.select_related("account", "integration").get()


def deliver(crm: Crm, company: PipedriveCompany) -> list[int]:
    """Bring every waiting webhook to our address as Pipedrive would; returns the status codes."""
    statuses = []
    for delivery in list(crm.running.world.courier.deliveries):
        if delivery.state != "waiting":
            continue
        delivery.state = "done"
        path = urlsplit(delivery.url).path
        answer = Client().generic(
            delivery.method,
            path,
            json.dumps(delivery.body),
            "application/json",
            headers=dict(delivery.headers),
        )
        statuses.append(answer.status_code)
    return statuses


def deal_of(crm_id: int) -> Deal:
    """Return our row of a deal of Pipedrive's."""
    return Deal.objects.get(external_source="pipedrive", external_id=str(crm_id))


def state_of(address: str) -> str:
    """Return the state in an address."""
    return parse_qs(urlsplit(address).query)["state"][0]


__all__ = ["DANA", "LIN", "RAVI", "Crm", "Frame", "deal_of", "deliver", "state_of"]
