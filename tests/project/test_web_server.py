"""The web process against slow, large and boastful requests, over real sockets."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from crm_invoicing import web_server
from crm_invoicing.processes import BASE
from tests.polling import free_port, until

STATIC = "/static/css/components.css"


@pytest.fixture
def web(tmp_path) -> Iterator[int]:
    """The port of a web process of its own, as the image starts it."""
    port = free_port()
    env = {**os.environ, "DATA_DIR": str(tmp_path), "PUBLIC_URL": "https://crm.example", "LOG_LEVEL": "ERROR"}
    env |= {"ALLOWED_HOSTS": "crm.example", "BEHIND_PROXY": "1", "TRUSTED_PROXY": "127.0.0.9"}
    process = subprocess.Popen(
        [sys.executable, "-m", "crm_invoicing.web_server", f"--listen=127.0.0.1:{port}"], cwd=BASE, env=env
    )
    until(lambda: _answers(port), what="the web process answers")
    yield port
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code > 0
    except requests.RequestException:
        return False


def half_a_request(port: int, text: bytes) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), timeout=5)
    opened.sendall(text)
    return opened


def test_requests_that_are_never_finished_hold_nobody_up(web):
    """Four times as many as there are threads, half of them stopped in their head, half in their body."""
    head = b"POST /login/ HTTP/1.1\r\nHost: crm.example\r\n"
    body = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\nusername="
    count = web_server.THREADS * 2
    opened = [half_a_request(web, text) for text in (head, head + body) for _one in range(count)]
    assert len(opened) == 32
    try:
        for _again in range(3):
            answer = requests.get(
                f"http://127.0.0.1:{web}{STATIC}",
                headers={"Host": "crm.example", "X-Forwarded-Proto": "https"},
                timeout=5,
                allow_redirects=False,
            )
            assert answer.status_code in {200, 301}
    finally:
        for one in opened:
            one.close()


def test_health_is_answered_whatever_host_is_asked_for(web):
    """The container's own check asks for localhost; 503, for this database has no tables, and not 400 or a redirect."""
    answer = requests.get(f"http://localhost:{web}/healthz", timeout=5, allow_redirects=False)
    assert answer.status_code == 503
    assert answer.json()["database"] == "down"


def test_a_body_larger_than_any_form_is_refused_before_it_is_stored(web):
    head = b"POST /login/ HTTP/1.1\r\nHost: crm.example\r\nContent-Length: 90000000\r\n\r\n"
    with half_a_request(web, head) as opened:
        opened.settimeout(5)
        assert b" 413 " in opened.recv(200)


def test_forwarded_headers_of_anybody_but_the_proxy_count_for_nothing(web):
    """TRUSTED_PROXY is another address here: who claims to have come by https is sent there."""
    answer = requests.get(
        f"http://127.0.0.1:{web}/login/",
        headers={"Host": "crm.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"},
        timeout=5,
        allow_redirects=False,
    )
    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://crm.example/login/"


@pytest.mark.parametrize("given", ["", "0", "no"])
def test_without_a_proxy_nobody_is_believed(given):
    chosen = web_server.options("127.0.0.1:1", {"BEHIND_PROXY": given, "TRUSTED_PROXY": "127.0.0.1"})
    assert "trusted_proxy" not in chosen
    assert chosen["clear_untrusted_proxy_headers"] is True


def test_behind_a_proxy_its_address_alone_is_believed():
    chosen = web_server.options("127.0.0.1:1", {"BEHIND_PROXY": "1"})
    assert chosen["trusted_proxy"] == "127.0.0.1"
    assert chosen["trusted_proxy_headers"] == {"x-forwarded-for", "x-forwarded-proto"}
