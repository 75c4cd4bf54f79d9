"""The language that a member chose for their account, in every browser and frame where none was chosen."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.views import i18n


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


def set_language(request: HttpRequest) -> HttpResponseBase:
    """Take the language of the top bar: in this browser, and for whoever is signed in in every other, and in their mail."""
    answer: HttpResponseBase = i18n.set_language(request)
    language = request.POST.get("language", "")
    member = getattr(request.user, "member", None)
    if language in dict(settings.LANGUAGES) and member is not None and member.language != language:
        type(member).objects.filter(pk=member.pk).update(language=language)
    return answer
