"""Refuses what nothing here answers, before a view reads it: other HTTP methods, text with NUL characters."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

ALLOWED = ("GET", "HEAD", "POST", "OPTIONS")
# The REST API also creates and updates by the caller's own ids.
API_PREFIX, API_ALLOWED = "/api/", (*ALLOWED, "PUT")
# Pipedrive sends DELETE when somebody uninstalls the app.
UNINSTALL_PATH, UNINSTALL_ALLOWED = "/pipedrive/callback/", (*ALLOWED, "DELETE")


class MethodMiddleware:
    """Answers 405 to TRACE, PUT and whatever else is not in ALLOWED."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on what is allowed."""
        allowed = API_ALLOWED if request.path.startswith(API_PREFIX) else ALLOWED
        if request.path == UNINSTALL_PATH:
            allowed = UNINSTALL_ALLOWED
        if request.method not in allowed:
            return HttpResponseNotAllowed(allowed)
        return self.get_response(request)


class NulMiddleware:
    """Answers 400 to a form or an address with a NUL character: nobody types one, and PostgreSQL stores none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on everything; `process_view` is what looks."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _named: dict[str, Any]
    ) -> HttpResponse | None:
        """Return nothing, or the API's own error; raises BadRequest for pages."""
        if not _has_nul(request):
            return None
        if not request.path.startswith(API_PREFIX):
            raise BadRequest("NUL character")
        error = {"code": "parse_error", "detail": "NUL characters are not accepted.", "attr": None}
        return JsonResponse({"type": "client_error", "errors": [error]}, status=400)


def _has_nul(request: HttpRequest) -> bool:
    """Return whether a form or the address has a NUL character."""
    pairs = [pair for fields in (request.GET, request.POST) for pair in fields.lists()]
    return "\0" in request.path or any(
        "\0" in name or any("\0" in value for value in values) for name, values in pairs
    )
