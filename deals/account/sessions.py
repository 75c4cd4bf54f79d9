"""Where somebody is signed in: seen and ended by themselves, over when idle or too long."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from deals.models import SignedInSession
from deals.viewer import is_embedded

BEGAN, SEEN = "began_at", "seen_at"
# The row is written no more often than so.
NOTED_EVERY = timedelta(minutes=5)
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip


def browser_name(agent: str) -> str:
    """Return browser and system by the words of the User-Agent header, as people know them; "" for none."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return ", ".join(part for part in (browser, system) if part)


def _began(sender: Any, request: HttpRequest, user: Any, **_more: Any) -> None:
    """Note a sign-in of a person; frames have sessions of their own."""
    if is_embedded(request) or not hasattr(request, "session"):
        return
    now = timezone.now()
    request.session[BEGAN] = request.session[SEEN] = now.timestamp()
    request.session.save()
    key = request.session.session_key
    agent = request.META.get("HTTP_USER_AGENT", "")
    SignedInSession.objects.update_or_create(
        session_key=key,
        defaults={"user": user, "browser": browser_name(agent), "began_at": now, "seen_at": now},
    )


def _ended(sender: Any, request: HttpRequest, user: Any, **_more: Any) -> None:
    key = getattr(getattr(request, "session", None), "session_key", None)
    if key:
        SignedInSession.objects.filter(session_key=key).delete()


def connect_signals() -> None:
    """Note sign-ins and sign-outs from now on."""
    user_logged_in.connect(_began, dispatch_uid="session_began")
    user_logged_out.connect(_ended, dispatch_uid="session_ended")


class SessionLimitsMiddleware:
    """Ends a session that was idle, or that has lasted, too long; costs no statement but every five minutes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on; a session that is over counts as none."""
        if not is_embedded(request) and BEGAN in request.session and request.user.is_authenticated:
            self._watch(request)
        return self.get_response(request)

    def _watch(self, request: HttpRequest) -> None:
        now = timezone.now()
        began, seen = (datetime.fromtimestamp(request.session[name], UTC) for name in (BEGAN, SEEN))
        is_over = now - seen > settings.SESSION_IDLE or now - began > settings.SESSION_LONGEST
        if is_over:
            logout(request)
            return
        if now - seen > NOTED_EVERY:
            request.session[SEEN] = now.timestamp()
            SignedInSession.objects.filter(session_key=request.session.session_key).update(seen_at=now)


def sessions_end(user_id: int, *, keep: str = "", pk: int | None = None) -> int:
    """End a user's sessions but the one to `keep`, or the one of `pk` alone; returns how many."""
    rows = SignedInSession.objects.filter(user=user_id).exclude(session_key=keep)
    if pk is not None:
        rows = rows.filter(pk=pk)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    keys = list(rows.values_list("session_key", flat=True))
    for key in keys:
        store(key).delete()
    rows.delete()
    return len(keys)
