"""Signing in: limited, logged, and the person, their membership and their company in one statement."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from .models import Member, Passkey, SecondFactor
from .sign_in_limits import sign_in_begins, sign_in_wait, sign_in_worked

logger = logging.getLogger(__name__)

TOO_MANY = 429
# Whose password was right and whose second factor is asked for, in the session, for so long.
PENDING, PENDING_LIFE = "sign_in_pending", timedelta(minutes=10)
# In the session of who has to set up a second factor before anything else (deals/account/required.py).
FACTOR_REQUIRED = "factor_required"


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

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows: the ways in that this installation has."""
        return super().get_context_data(
            **{
                "oidc": settings.OIDC,
                "origin": settings.PUBLIC_URL,
                "shows_password": not settings.OIDC.is_only or bool(self._asks_for_password()),
                **kwargs,
            }
        )

    def _asks_for_password(self) -> bool:
        return self.request.method == "POST" or "password" in self.request.GET

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in, or ask for the second factor of who has one."""
        user = form.get_user()
        if not may_use_own_means(user):
            logger.warning("sign-in refused", extra={"user": user.pk, "why": "single sign-on only"})
            return self.render_to_response(self.get_context_data(form=form, is_closed=True))
        if not has_factor(user):
            return sign_in_complete(self.request, user, self.get_success_url(), by="password")
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


def has_app(user: Any) -> bool:
    """Return whether a user signs in with an authenticator app."""
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def has_factor(user: Any) -> bool:
    """Return whether a password alone does not sign a user in: they have an authenticator app or a passkey."""
    return has_app(user) or Passkey.objects.filter(user=user).exists()


def may_use_own_means(user: Any) -> bool:
    """Return whether a user may come in by a password or passkey of here: where single sign-on is the only way, owners alone.

    An account without an owner has its admins for that.
    """
    member = getattr(user, "member", None)
    if not settings.OIDC.is_only or member is None:
        return not settings.OIDC.is_only
    if member.role == Member.Role.OWNER:
        return True
    owners = Member.objects.filter(account=member.account_id, role=Member.Role.OWNER, user__is_active=True)
    return bool(member.is_admin) and not owners.exists()


def sign_in_complete(request: HttpRequest, user: Any, path: str, *, by: str) -> HttpResponse:
    """Sign in somebody who proved who they are, and lead them on; `by` is "password", "passkey" or "oidc".

    Whoever came by a password alone, and whose company asks for more, sets up a second factor first.
    """
    request.session.pop(PENDING, None)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    member: Member | None = getattr(user, "member", None)
    is_lacking = (
        by == "password" and member is not None and member.account.requires_factor and not has_factor(user)
    )
    request.session[FACTOR_REQUIRED] = is_lacking
    answer = redirect(reverse("account:factor_required") if is_lacking else path)
    language_set(answer, member)
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
