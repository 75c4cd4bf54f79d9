"""Signing in: limited, logged, and the person, their membership and their company in one statement."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from .models import Member, SecondFactor
from .sign_in_limits import sign_in_begins, sign_in_wait, sign_in_worked

logger = logging.getLogger(__name__)

TOO_MANY = 429
# Whose password was right and whose second factor is asked for, in the session, for so long.
PENDING, PENDING_LIFE = "sign_in_pending", timedelta(minutes=10)


class MemberBackend(ModelBackend):
    """Django's own passwords and rights behind a limit that holds at every door; reads with the user who they are."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> Any:
        """Return the user whose name and password these are; too many failures refuse before anything is hashed.

        What was typed is never logged: people type passwords into the field of the name.
        """
        name, address, now = username or "", address_of(request), timezone.now()
        if not sign_in_begins(name, address, now=now):
            logger.warning("sign-in limited", extra={"user": None})
            raise PermissionDenied
        user = super().authenticate(request, username=username, password=password, **more)
        if user is None:
            logger.warning("sign-in refused", extra={"user": _known(name)})
            return None
        sign_in_worked(name, address)
        logger.info("signed in", extra={"user": user.pk})
        return user

    def get_user(self, user_id: Any) -> Any:
        """Return the user of a session, None when there is none or it may not sign in any more."""
        rows = get_user_model()._default_manager.select_related("member__account")
        user = rows.filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None


def _known(name: str) -> Any:
    users = get_user_model()._default_manager
    return users.filter(username=name).values_list("pk", flat=True).first() if name else None


def address_of(request: HttpRequest | None) -> str:
    """Return where a request comes from; the web server alone decides which proxy may name another address."""
    return str(request.META.get("REMOTE_ADDR", "")) if request is not None else ""


class SignInView(LoginView):
    """The sign-in page; whoever failed too often is asked to wait, with 429 and for how long."""

    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page; an installation without anybody is set up first."""
        if not Member.objects.exists():
            return redirect("people:setup")
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign in, or say how long to wait; what is posted meanwhile is not even read."""
        name = str(request.POST.get("username", ""))
        wait = sign_in_wait(name, address_of(request), now=timezone.now())
        if wait:
            logger.warning("sign-in limited", extra={"user": None})
            return self._limited(wait)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in, or ask for the second factor of who has one."""
        user = form.get_user()
        if not SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists():
            answer = super().form_valid(form)
            language_set(answer, getattr(user, "member", None))
            return answer
        self.request.session.cycle_key()
        self.request.session[PENDING] = {
            "user": user.pk,
            "next": self.get_success_url(),
            "until": (timezone.now() + PENDING_LIFE).timestamp(),
        }
        return redirect("account:second_step")

    def _limited(self, wait: int) -> HttpResponse:
        context = self.get_context_data(form=self.get_form(), wait=wait)
        answer = self.render_to_response(context, status=TOO_MANY)
        answer.headers["Retry-After"] = str(wait)
        return answer


class SignOutView(LogoutView):
    """Signs out and has the browser drop what it kept of our pages."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign out. Cookies are ended by the session itself: the header would end those of other programs too."""
        answer = super().dispatch(request, *args, **kwargs)
        if request.method == "POST":
            answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        return answer


def pending_sign_in(request: HttpRequest, *, now: datetime) -> dict[str, Any] | None:
    """Return whose second factor is asked for and where they wanted to go, None when nobody's is or it took too long."""
    found = request.session.get(PENDING)
    if not isinstance(found, dict) or found["until"] < now.timestamp():
        request.session.pop(PENDING, None)
        return None
    return found


def language_set(answer: HttpResponseBase, member: Member | None, *, is_changed: bool = False) -> None:
    """Have the browser ask for the member's language from now on; one without a choice keeps what the browser says."""
    if member is not None and member.language:
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            member.language,
            samesite="Lax",
            secure=settings.IS_HTTPS,
            max_age=settings.SESSION_COOKIE_AGE,
        )
    elif is_changed:
        answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
