"""One exchange: what was sent or not, and how long it may take."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from quickbooks_bridge.gateway.http import ConnectFailed, NoResponse, _proxy_for, send


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Listen, keep what arrives, and let `answer` treat each connection."""
    got: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                peer, _address = listener.accept()
            except OSError:
                return
            with peer:
                got.append(peer.recv(65536))
                with suppress(OSError):
                    answer(peer)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v3/x", got
    finally:
        listener.close()


def call(url: str, *, timeout: float = 5, may_repeat: bool = False, **more):
    known = {"headers": {"Accept": "application/json"}, "params": None, "body": None}
    return send("GET", url, timeout=timeout, may_repeat=may_repeat, **{**known, **more})


def test_a_whole_answer_comes_back_with_status_and_headers():
    def answer(peer):
        peer.sendall(b"HTTP/1.1 400 Bad\r\nIntuit-Tid: 1-a\r\nContent-Length: 5\r\n\r\n" + "né!!".encode())

    with server(answer) as (url, got):
        found = call(url, params={"since": "2026-03-17T00:00:00+00:00"})
    assert (found.status_code, found.headers["intuit-tid"], found.text) == (400, "1-a", "né!!")
    assert b"since=2026-03-17T00%3A00%3A00%2B00%3A00" in got[0]


def test_an_answer_that_drips_ends_at_the_time_limit():
    def answer(peer):
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            peer.sendall(b"x")
            time.sleep(0.02)

    with server(answer) as (url, _got):
        started = time.monotonic()
        with pytest.raises(NoResponse):
            call(url, timeout=0.2)
        assert time.monotonic() - started < 3


def test_nobody_there_means_nothing_was_sent():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectFailed):
        call(f"http://127.0.0.1:{port}/")


def test_a_proxy_that_the_environment_names_is_asked_for_whole_addresses(monkeypatch):
    def answer(peer):
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with server(answer) as (url, got):
        monkeypatch.setenv("http_proxy", url.removesuffix("/v3/x"))
        monkeypatch.setenv("no_proxy", "")
        _proxy_for.cache_clear()
        try:
            assert call("http://quickbooks.example/v3/x", params={"a": "1"}).content == b"{}"
        finally:
            _proxy_for.cache_clear()
    assert got[0].startswith(b"GET http://quickbooks.example/v3/x?a=1 HTTP/1.1\r\n")


@pytest.mark.parametrize(("may_repeat", "times"), [(True, 2), (False, 1)])
def test_only_a_read_is_sent_again_when_the_connection_was_dropped(may_repeat, times):
    with server(lambda peer: None) as (url, got):
        with pytest.raises(NoResponse):
            call(url, may_repeat=may_repeat)
        assert len(got) == times


def test_redirects_are_not_followed():
    def answer(peer):
        peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")

    with server(answer) as (url, got):
        assert call(url).status_code == 302
        assert len(got) == 1
