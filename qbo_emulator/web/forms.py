"""Reading URL-encoded forms."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from qbo_emulator.core.oauth import OAuthError

FORM = "application/x-www-form-urlencoded"


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a URL-encoded body; the last value of a name counts."""
    raw = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(raw, keep_blank_values=True))


async def checked_form(request: Request) -> dict[str, str]:
    """The fields of a form that calls itself one and names nothing twice (OAuthError otherwise)."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != FORM:
        raise OAuthError("invalid_request")
    fields = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
    given = dict(fields)
    if len(given) != len(fields):
        raise OAuthError("invalid_request")
    return given
