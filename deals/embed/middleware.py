"""Requests of a frame: a token in the header stands for the session that a frame's cookie cannot bring."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone

from .sessions import PREFIX, session_of

BEARER = f"Bearer {PREFIX}"


class EmbedMiddleware:
    """Signs a frame's request in by its token, for the addresses of a frame and its own deal alone.

    Cookies of such a request are not read and none are set; without cookies nobody else's page can send one in a
    person's name, so it needs no CSRF token.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request; 401 for a token that is unknown or too old."""
        given = request.headers.get("Authorization", "")
        if not given.startswith(BEARER):
            return self.get_response(request)
        session = session_of(given.removeprefix("Bearer "), now=timezone.now())
        if session is None:
            return JsonResponse(
                {"code": "expired"},
                status=401,
                headers={"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"},
            )
        request.COOKIES = {settings.SESSION_COOKIE_NAME: session.session_key}
        request.embed = session  # type: ignore[attr-defined]
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        response = self.get_response(request)
        if isinstance(response, HttpResponse):
            response.cookies.clear()
        response["Cache-Control"] = "no-store"
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Refuse what a frame does not show, and every deal but its own."""
        session = getattr(request, "embed", None)
        if session is None:
            return
        match = request.resolver_match
        name = match.view_name if match is not None else ""
        is_settings = session.place == "settings"
        if name not in (settings.EMBED_SETTINGS_ADDRESSES if is_settings else settings.EMBED_ADDRESSES):
            raise Http404
        deal = kwargs.get("deal_pk", kwargs.get("pk") if name.startswith("deals:deal_") else None)
        if deal is not None and deal != session.deal_id:
            raise Http404
