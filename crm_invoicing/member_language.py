"""The language that a member chose for their account, in every browser and frame where none was chosen."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation


class MemberLanguageMiddleware:
    """Speaks the member's language; a choice made in this browser comes first, what the browser asks for last."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on, in the member's language; who they are is read where somebody is signed in, and nowhere else."""
        cookies = request.COOKIES
        if settings.SESSION_COOKIE_NAME in cookies and settings.LANGUAGE_COOKIE_NAME not in cookies:
            language = getattr(getattr(request.user, "member", None), "language", "")
            if language in dict(settings.LANGUAGES):
                translation.activate(language)
                request.LANGUAGE_CODE = language
        return self.get_response(request)
