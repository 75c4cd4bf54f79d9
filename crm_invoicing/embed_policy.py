"""Who may hold a page of ours in a frame: nobody, but for the few pages that are made for it."""

from collections.abc import Iterable

from django.http import HttpResponse


def allow_framers(response: HttpResponse, origins: Iterable[str], *, has_base: bool = False) -> HttpResponse:
    """Let these origins hold a page; what it shows and where it came from stays between the two."""
    policy: dict[str, object] = {"frame-ancestors": list(origins)}
    if has_base:
        policy["base-uri"] = ["'self'"]
    response._csp_replace = policy  # type: ignore[attr-defined]
    response.xframe_options_exempt = True
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response
