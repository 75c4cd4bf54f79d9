"""Refusals of the API, with the bodies Pipedrive answers."""

from __future__ import annotations

from typing import Any

INFO = "Please check developers.pipedrive.com for more information about Pipedrive API."


class Refused(Exception):
    """A call that is answered with an error."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(str(body.get("error") or body))
        self.status = status
        self.body = body
        self.headers = headers or {}


def not_found(what: str) -> Refused:
    """Return the refusal for a row that is not there or not to be seen by this person."""
    body = {
        "success": False,
        "error": f"{what} not found",
        "error_info": INFO,
        "data": None,
        "additional_data": None,
    }
    return Refused(404, body)


def invalid(problem: str) -> Refused:
    """Return the refusal for a body or a parameter of the wrong form."""
    body = {
        "success": False,
        "error": problem,
        "error_info": INFO,
        "code": "ERR_SCHEMA_VALIDATION_FAILED",
        "data": None,
        "additional_data": None,
    }
    return Refused(400, body)


def forbidden(problem: str) -> Refused:
    """Return the refusal for something this person or app may not do."""
    return Refused(403, {"success": False, "error": problem, "errorCode": 403, "error_info": INFO})


def unauthorized() -> Refused:
    """Return the refusal for a token that is unknown or has run out."""
    body = {"success": False, "error": "unauthorized access", "errorCode": 401, "error_info": INFO}
    return Refused(401, body)


def over_limit(problem: str, retry_after: int, headers: dict[str, str]) -> Refused:
    """Return the refusal for too many calls."""
    body = {"success": False, "error": problem, "errorCode": 429, "error_info": INFO}
    return Refused(429, body, {**headers, "Retry-After": str(max(1, retry_after))})
