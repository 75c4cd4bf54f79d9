"""An emulator in this process for each test that changes it, one for all that only read, and small helpers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from pipedrive_emulator.seed.company import DANA
from pipedrive_emulator.server import Running
from pipedrive_emulator.world import Settings

WIDE = (
    "base deals:full contacts:full products:full search:read users:read webhooks:full "
    "deal-fields:full contact-fields:full product-fields:full"
)


def settings(scopes: str = WIDE, **more: Any) -> Settings:
    return Settings(scopes=tuple(scopes.split()), **{"burst": 10_000, "daily_tokens": 1_000_000, **more})


@dataclass
class Client:
    """Calls of one user's token."""

    running: Running
    token: dict[str, Any]

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token['access_token']}", **more.pop("headers", {})}
        return requests.request(method, self.running.url + path, headers=headers, timeout=5, **more)

    def get(self, path: str, **params: Any) -> Any:
        response = self.call("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def send(self, method: str, path: str, body: Any, status: int = 200) -> Any:
        response = self.call(method, path, json=body)
        assert response.status_code == status, response.text
        return response.json()


def token_call(running: Running, secret: str = "demo-secret", **form: str) -> requests.Response:
    auth = (running.world.settings.client_id, secret)
    return requests.post(running.url + "/oauth/token", data=form, auth=auth, timeout=5)


def new_code(running: Running, user_id: int = DANA) -> str:
    return requests.post(running.url + "/control/install", json={"user_id": user_id}, timeout=5).json()[
        "code"
    ]


def connect(running: Running, user_id: int = DANA) -> Client:
    address = running.world.settings.callback_url
    response = token_call(
        running, grant_type="authorization_code", code=new_code(running, user_id), redirect_uri=address
    )
    assert response.status_code == 200, response.text
    return Client(running, response.json())


def control(running: Running, name: str, /, **body: Any) -> Any:
    response = requests.post(f"{running.url}/control/{name}", json=body, timeout=5)
    assert response.status_code == 200, response.text
    return response.json()


@dataclass
class Receiver:
    """Takes what is sent to it; answers with `status`."""

    status: int = 200
    taken: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self._came = threading.Condition()

    def add(self, request: dict[str, Any]) -> None:
        with self._came:
            self.taken.append(request)
            self._came.notify_all()

    def wait(self, count: int) -> list[dict[str, Any]]:
        with self._came:
            assert self._came.wait_for(lambda: len(self.taken) >= count, timeout=5), self.taken
            return list(self.taken)

    def bodies(self, count: int) -> list[dict[str, Any]]:
        return [request["body"] for request in self.wait(count)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = {"method": self.command, "path": self.path, "headers": dict(self.headers)}
            self.send_response(found.status)
            if 300 <= found.status < 400:
                self.send_header("Location", found.url + "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            found.add({**request, "body": json.loads(raw) if raw else None})

        do_POST = do_DELETE = do_GET = _take

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def shared() -> Iterator[Running]:
    """For tests that only read."""
    with Running(settings()) as running:
        yield running


@pytest.fixture(scope="session")
def reader(shared: Running) -> Client:
    return connect(shared)


@pytest.fixture
def running() -> Iterator[Running]:
    with Running(settings()) as started:
        yield started


@pytest.fixture
def client(running: Running) -> Client:
    return connect(running)
