"""One HTTP exchange over kept-alive connections, shared by all threads of a process.

urllib3 alone: python-quickbooks opens a connection per object, and requests takes twice the processor time per call.
"""

import logging
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProtocolError

# At DEBUG it writes whole addresses, and the address of a send call holds the customer's e-mail.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

CONNECT_TIMEOUT = 5.0
LARGEST = 64 * 1024 * 1024
_PIECE = 256 * 1024


class ConnectFailed(Exception):
    """The other side was not reached: nothing happened there."""


class NoResponse(Exception):
    """The request may have arrived, but no whole answer came back in time."""


class Response:
    """Status, headers and body, under the names that python-quickbooks reads."""

    __slots__ = ("content", "headers", "status_code")

    def __init__(self, status_code: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status_code, self.headers, self.content = status_code, headers, content

    @property
    def text(self) -> str:
        """The body as text; QuickBooks writes UTF-8 whatever its header says."""
        return self.content.decode("utf-8", "replace")


@lru_cache(maxsize=8)
def _host(origin: str) -> urllib3.HTTPConnectionPool:
    """Return the connections to a host; the manager keeps more hosts than are remembered here."""
    return _manager("").connection_from_url(origin)


@lru_cache(maxsize=8)
def _manager(proxy: str) -> urllib3.PoolManager:
    shared: dict[str, Any] = {
        "num_pools": 16,
        "maxsize": 128,
        "retries": False,
        "cert_reqs": "CERT_REQUIRED",
        "ca_certs": certifi.where(),
    }
    return urllib3.ProxyManager(proxy, **shared) if proxy else urllib3.PoolManager(**shared)


@lru_cache(maxsize=64)
def _proxy_for(scheme: str, host: str) -> str:
    """Return the proxy that the environment names for a host, "" for none."""
    return "" if proxy_bypass(host) else getproxies().get(scheme, "")


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    params: Mapping[str, Any] | None,
    body: bytes | None,
    timeout: float,
    may_repeat: bool,
) -> Response:
    """Exchange once and give the answer, whatever its status. Raises NotSent and NoAnswer.

    `timeout` is for the whole answer in seconds, so that one that drips does not hold the caller. With `may_repeat`
    a call whose kept-alive connection turns out to be closed is sent again at once. Redirects are not followed.
    """
    if params:
        url = f"{url}?{urlencode(params)}"
    try:
        return _exchange(method, url, headers, body, timeout)
    except NoResponse as error:
        if may_repeat and isinstance(error.__cause__, ProtocolError):
            return _exchange(method, url, headers, body, timeout)
        raise


def _exchange(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
) -> Response:
    parts = urlsplit(url)
    proxy = _proxy_for(parts.scheme, parts.hostname or "")
    # Without a proxy the host's own pool is asked: looking it up for each call takes a tenth of the call.
    door = _manager(proxy) if proxy else _host(f"{parts.scheme}://{parts.netloc}")
    until = time.monotonic() + timeout
    try:
        response = door.urlopen(
            method,
            url if proxy else f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/",
            headers={**headers, "Accept-Encoding": "gzip"},
            body=body,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=timeout),
            preload_content=False,
            redirect=False,
            retries=False,
        )
    except (ConnectTimeoutError, NewConnectionError) as error:
        raise ConnectFailed from error
    except HTTPError as error:
        raise NoResponse from error
    try:
        return Response(response.status, response.headers, _body(response, until))
    except (HTTPError, OSError) as error:
        response.close()
        raise NoResponse from error
    finally:
        response.release_conn()


def _body(response: urllib3.BaseHTTPResponse, until: float) -> bytes:
    pieces, size = [], 0
    # What has arrived, not what was asked for: a body that drips must meet the clock between two drops.
    while piece := response.read1(_PIECE, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > until:
            raise HTTPError("answer took too long")
        if size > LARGEST:
            raise HTTPError("answer is too large")
    return b"".join(pieces)
