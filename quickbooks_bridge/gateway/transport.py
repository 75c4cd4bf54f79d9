"""The one HTTP door: python-quickbooks as transport, with time-outs, limits, a log line and typed errors."""

import logging
import time
from datetime import UTC, datetime
from typing import Any, Protocol

from quickbooks.client import QuickBooks
from quickbooks.exceptions import QuickbooksException

from quickbooks_bridge.domain.problem_codes import ProblemCode

from .errors import (
    QuickBooksError,
    ReadsBlocked,
    ReconnectRequired,
    Throttled,
    TokenRefused,
    Unavailable,
    UnexpectedAnswer,
    classify,
)
from .http import ConnectFailed, NoResponse, Response, send
from .rate_limiter import Limiter
from .usage_counter import call_key

logger = logging.getLogger("quickbooks")

INTERACTIVE_WAIT = 10.0
BACKGROUND_WAIT = 60.0


class TokenSource(Protocol):
    """Where a connection's access token comes from."""

    def access_token(self) -> str:
        """Return a token that is good now."""

    def force_refresh(self, stale: str) -> str:
        """Return another token than `stale`, which was refused."""


class Transport(QuickBooks):  # type: ignore[misc]
    """python-quickbooks' client without its session: every call goes through `process_request` here.

    The library builds addresses, query strings and bodies and reads JSON; it has no time-out, loses status and
    headers, and takes a throttled call for a mistake in the data, so none of its own error handling is reached.
    """

    def __new__(cls, **kwargs: Any) -> "Transport":
        """Build without the library's session, which would refresh tokens behind our back."""
        instance = super().__new__(cls, company_id=kwargs["realm_id"], minorversion=75, use_decimal=True)
        return instance  # type: ignore[no-any-return]

    def __init__(
        self,
        *,
        realm_id: str,
        tokens: TokenSource,
        limiter: Limiter,
        api_url: str,
        interactive: bool,
        timeout: float,
        company_id: int | None = None,
    ) -> None:
        self._company_id = company_id
        self._realm_id, self._tokens, self._limiter = realm_id, tokens, limiter
        self._base = api_url.rstrip("/")
        self._interactive, self._timeout = interactive, timeout
        # Intuit's own name of the last call, by which its support finds it.
        self.last_tid = ""

    @property
    def api_url(self) -> str:
        """The base of all addresses, up to and with /v3."""
        return self._base

    def process_request(
        self, request_type: str, url: str, headers: Any = None, params: Any = None, data: Any = None
    ) -> Response:
        """Send once; after a 401 once more with a renewed token. Raises typed errors for all but success."""
        token = self._tokens.access_token()
        response = self._send(request_type, url, token, dict(headers or {}), params, data)
        if response.status_code == 401:
            # Another cluster's company is refused whatever the token.
            refused = self._meaning(response, request_type, url)
            if not isinstance(refused, ReconnectRequired):
                raise refused
            token = self._tokens.force_refresh(token)
            response = self._send(request_type, url, token, dict(headers or {}), params, data)
            if response.status_code == 401:
                tid = response.headers.get("Intuit-Tid", "")
                raise TokenRefused("401", status=401, intuit_tid=tid)
        if response.status_code != 200 or response.content[:12].lstrip().startswith(b'{"Fault"'):
            error = self._meaning(response, request_type, url)
            if isinstance(error, Throttled) and not isinstance(error, ReadsBlocked):
                self._limiter.block(self._realm_id, seconds=error.retry_after)
            raise error
        return response

    def _meaning(self, response: Response, request_type: str, url: str) -> QuickBooksError:
        is_write = _is_write(request_type, url)
        return classify(response.status_code, response.headers, response.content, is_write=is_write)

    def make_request(self, request_type: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send and read the JSON of the answer; one that is none is an answer nobody foresaw."""
        try:
            return super().make_request(request_type, url, *args, **kwargs)
        except QuickbooksException as error:
            raise UnexpectedAnswer("not_json", problem_code=ProblemCode.UNEXPECTED) from error

    def fetch_bytes(self, path: str, *, accept: str) -> tuple[str, bytes]:
        """GET something that is no JSON below the company; gives its media type and bytes."""
        url = f"{self._base}/company/{self._realm_id}/{path}"
        response = self.process_request("GET", url, headers={"Accept": accept}, params={"minorversion": 75})
        return response.headers.get("Content-Type", ""), response.content

    def _send(
        self, method: str, url: str, token: str, headers: dict[str, str], params: Any, data: Any
    ) -> Response:
        headers["Authorization"] = f"Bearer {token}"
        wait = INTERACTIVE_WAIT if self._interactive else BACKGROUND_WAIT
        is_write = _is_write(method, url)
        status, tid = 0, ""
        body = data.encode() if isinstance(data, str) else data or None
        with self._limiter.acquire(self._realm_id, interactive=self._interactive, timeout=wait) as permit:
            started = time.monotonic()
            try:
                answer = send(
                    method,
                    url,
                    headers=headers,
                    params=params,
                    body=body,
                    timeout=self._timeout,
                    may_repeat=not is_write,
                )
                status, tid = answer.status_code, answer.headers.get("Intuit-Tid", "")
                self.last_tid = tid
                if status == 200 and self._company_id is not None:
                    permit.counted = call_key(
                        self._company_id,
                        interactive=self._interactive,
                        is_write=is_write,
                        at=datetime.now(UTC),
                    )
                return answer
            except ConnectFailed as error:
                raise Unavailable(
                    "no_connection", outcome_unknown=False, problem_code=ProblemCode.QUICKBOOKS_DOWN
                ) from error
            except NoResponse as error:
                raise Unavailable(
                    "no_answer", outcome_unknown=is_write, problem_code=ProblemCode.QUICKBOOKS_DOWN
                ) from error
            finally:
                logger.info(
                    "call",
                    extra={
                        "realm": self._realm_id,
                        "method": method,
                        "operation": _operation(url, params),
                        "status": status,
                        "ms": round((time.monotonic() - started) * 1000),
                        "intuit_tid": tid,
                    },
                )


def _operation(url: str, params: Any) -> str:
    """Name the call by entity and operation, without ids or values."""
    words = [word for word in url.partition("/company/")[2].split("/")[1:] if not word.isdigit()]
    operation = params.get("operation", "") if isinstance(params, dict) else ""
    return ".".join([*words, operation]).strip(".")


def _is_write(method: str, url: str) -> bool:
    return method == "POST" and not url.endswith("/query")


def require_key(answer: Any, key: str) -> Any:
    """Return `answer[key]`; another shape is an answer nobody foresaw."""
    if not isinstance(answer, dict) or key not in answer:
        raise UnexpectedAnswer("shape", problem_code=ProblemCode.UNEXPECTED)
    return answer[key]


__all__ = ["QuickBooksError", "TokenSource", "Transport", "require_key"]
