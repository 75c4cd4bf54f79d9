"""A thin client of Pipedrive's API: only the calls that are needed, each with what it costs of the company's budget."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests

from .errors import (
    Forbidden,
    Limited,
    PipedriveError,
    RequestRefused,
    RowNotFound,
    SignInNeeded,
    Unreachable,
    Unreadable,
)

CONNECT_SECONDS, READ_SECONDS = 3.05, 8
MOST_PAGES = 40
PAGE = 500
LONGEST_ANSWER = 8 * 2**20
# Where the answer names no time.
DEFAULT_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=24)


class AccessTokens(Protocol):
    """Whatever gives access tokens."""

    def access_token(self) -> str:
        """Return a token that should be accepted; raises SignInNeeded."""
        ...

    def renewed(self, refused: str) -> str:
        """Return another token than the one that was refused; raises SignInNeeded."""
        ...


@dataclass
class Spent:
    """How many calls were made and what they cost of the company's daily budget, by Pipedrive's price list."""

    calls: int = 0
    tokens: int = 0


@dataclass
class PipedriveClient:
    """The API of one company, asked in the name of one of its people.

    `blocked` returns the time before which nothing may be asked, `block` stores one.
    """

    api_domain: str
    tokens: AccessTokens
    clock: Callable[[], datetime]
    blocked: Callable[[], datetime | None] = lambda: None
    block: Callable[[datetime], object] = lambda _until: None
    spent: Spent = field(default_factory=Spent)
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, *, cost: int, **query: Any) -> Any:
        """Return the "data" of one object; raises PipedriveError."""
        return self._call("GET", path, cost=cost, query=query)["data"]

    def rows(self, path: str, *, cost: int, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the rows of a list, page by page (v2: by cursor); raises PipedriveError."""
        cursor = ""
        for _page in range(MOST_PAGES):
            more = {"cursor": cursor} if cursor else {}
            answer = self._call("GET", path, cost=cost, query={"limit": PAGE, **query, **more})
            data = answer["data"] or []
            if not isinstance(data, list):
                raise Unreadable
            yield from (row for row in data if isinstance(row, dict))
            cursor = str((answer.get("additional_data") or {}).get("next_cursor") or "")
            if not cursor:
                return

    def whole(self, path: str, *, cost: int, **query: Any) -> list[dict[str, Any]]:
        """Return the rows of a list that has no pages; raises PipedriveError."""
        data = self._call("GET", path, cost=cost, query=query)["data"] or []
        if not isinstance(data, list):
            raise Unreadable
        return [row for row in data if isinstance(row, dict)]

    def old_rows(self, path: str, *, cost: int, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the rows of a list of version 1, which counts from a start; raises PipedriveError."""
        start = 0
        for _page in range(MOST_PAGES):
            answer = self._call("GET", path, cost=cost, query={"start": start, "limit": PAGE, **query})
            yield from (row for row in answer["data"] or [] if isinstance(row, dict))
            paging = (answer.get("additional_data") or {}).get("pagination") or {}
            if not paging.get("more_items_in_collection"):
                return
            start = int(paging.get("next_start") or start + PAGE)

    def send(self, method: str, path: str, body: Mapping[str, Any], *, cost: int) -> Any:
        """Send a change once and return the "data" of the answer; raises PipedriveError.

        Unreachable means that it may have arrived.
        """
        return self._call(method, path, cost=cost, body=body)["data"]

    def _call(
        self, method: str, path: str, *, cost: int, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> dict[str, Any]:
        until = self.blocked()
        if until is not None and until > self.clock():
            raise Limited(until)
        token = self.tokens.access_token()
        answer = self._ask(method, path, token, query, body, cost)
        if answer.status_code == 401:
            answer = self._ask(method, path, self.tokens.renewed(token), query, body, cost)
        if answer.status_code == 429:
            until = self.clock() + wait_of(answer.headers)
            self.block(until)
            raise Limited(until)
        return _understood(answer)

    def _ask(self, method: str, path: str, token: str, query: Any, body: Any, cost: int) -> requests.Response:
        self.spent.calls += 1
        self.spent.tokens += cost
        try:
            return self.session.request(
                method,
                f"{self.api_domain}{path}",
                params=query,
                json=body,
                headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except (requests.RequestException, OSError) as error:
            raise Unreachable from error


def wait_of(headers: Mapping[str, str]) -> timedelta:
    """Return how long an answer with status 429 asks to wait."""
    for name in ("Retry-After", "x-ratelimit-reset"):
        text = str(headers.get(name, "")).strip()
        if text.isascii() and text.isdigit() and len(text) < 8:
            return min(max(timedelta(seconds=int(text)), timedelta(seconds=1)), LONGEST_WAIT)
    return DEFAULT_WAIT


def _understood(answer: requests.Response) -> dict[str, Any]:
    """Return an answer's JSON, or raise what its status means; a page of some proxy is no answer."""
    status = answer.status_code
    if status >= 500:
        raise Unreachable
    problem = _problem(status)
    if len(answer.content) > LONGEST_ANSWER:
        raise Unreadable
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        # 403 with a page is how requests are turned away that came too fast, not a matter of rights.
        raise Unreachable from error
    if problem is not None:
        raise problem
    if not isinstance(found, dict) or "data" not in found or found.get("success") is False:
        raise Unreadable
    return found


def _problem(status: int) -> PipedriveError | None:
    if status < 300:
        return None
    kinds: dict[int, type[PipedriveError]] = {
        401: SignInNeeded, 402: Forbidden, 403: Forbidden, 404: RowNotFound, 410: RowNotFound,
    }  # fmt: skip
    return kinds.get(status, RequestRefused)()


def is_api_address(address: str, hosts: tuple[str, ...]) -> bool:
    """Return whether an `api_domain` that came with a token is one of Pipedrive's: nothing else is ever sent a token.

    A host that begins with a dot stands for all its subdomains, over https; others are whole origins.
    """
    found = urlsplit(address)
    if f"{found.scheme}://{found.netloc}" in hosts:
        return not found.path.strip("/") and not found.query
    return (
        found.scheme == "https"
        and found.port is None
        and "@" not in found.netloc
        and any(host.startswith(".") and (found.hostname or "").endswith(host) for host in hosts)
        and not found.path.strip("/")
    )


def utc_now() -> datetime:
    """Return the time, for a client's clock."""
    return datetime.now(UTC)
