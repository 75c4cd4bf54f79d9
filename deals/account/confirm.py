"""Proving once more who one is, before something is changed that lets people in."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from deals.auth_backends import address_of, has_app
from deals.models import SignedInSession, SignInIdentity
from deals.sign_in_limits import sign_in_begins, sign_in_worked
from deals.viewer import Viewer, viewer_required

from . import factors, passkeys
from .forms import CodeForm, RecoveryForm

P = ParamSpec("P")
CONFIRMED, LIFE = "confirmed_until", timedelta(minutes=10)


def confirmed_mark(request: HttpRequest, *, now: datetime) -> None:
    """Note that whoever uses this browser has just proven who they are; the session gets a new key, as at the door."""
    before = request.session.session_key
    request.session.cycle_key()
    SignedInSession.objects.filter(session_key=before).update(session_key=request.session.session_key)
    request.session[CONFIRMED] = (now + LIFE).timestamp()


def is_confirmed(request: HttpRequest, *, now: datetime) -> bool:
    """Return whether whoever uses this browser proved who they are a few minutes ago."""
    return float(request.session.get(CONFIRMED, 0)) >= now.timestamp()


def confirm_address(path: str) -> str:
    """Return the address that asks who one is and then leads to `path`."""
    return f"{reverse('account:confirm')}?{urlencode({'next': path})}"


def confirmed_required(
    view: Callable[Concatenate[HttpRequest, Viewer, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, Viewer, P], HttpResponseBase]:
    """Turn `view(request, viewer, ...)` into one that has people prove first who they are."""

    @wraps(view)
    def inner(request: HttpRequest, viewer: Viewer, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if is_confirmed(request, now=timezone.now()):
            return view(request, viewer, *args, **kwargs)
        return redirect(confirm_address(request.path))

    return inner


def own_path(path: str, default: str) -> str:
    """Return an address to go on to when it is a page of ours, else `default`."""
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else default


@viewer_required
def confirm(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Ask for the password, a code or a passkey, and go on to `next`."""
    user, now = viewer.member.user, timezone.now()
    path = own_path(request.POST.get("next", "") or request.GET.get("next", ""), str(reverse("account:page")))
    has_code = has_app(user) or bool(factors.codes_left(user))
    kind: Any = RecoveryForm if user.has_usable_password() else CodeForm if has_code else None
    form = kind(request.POST or None) if kind else None
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form is not None and form.is_valid():
        is_right = password_is_right if kind is RecoveryForm else code_is_right
        if is_right(request, user, form):
            confirmed_mark(request, now=now)
            return redirect(path)
    identities = SignInIdentity.objects.filter(user=user, issuer=settings.OIDC.issuer)
    context = {
        "form": form,
        "next": path,
        "has_passkeys": passkeys.has_passkeys(user),
        "oidc": settings.OIDC if settings.OIDC.is_on and identities.exists() else None,
        "origin": passkeys.place().origin,
        "viewer": viewer,
    }
    answer = render(request, "account/confirm.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def password_is_right(request: HttpRequest, user: Any, form: Any) -> bool:
    """Return whether the password is right, else say so in the form; tries are limited as at the door."""
    name, now = user.get_username(), timezone.now()
    if not sign_in_begins(name, address_of(request), now=now):
        form.add_error("password", _("Too many tries in a row. Wait a little."))
        return False
    if not user.check_password(form.cleaned_data["password"]):
        form.add_error("password", _("This is not your password."))
        return False
    sign_in_worked(name, address_of(request))
    return True


def code_is_right(request: HttpRequest, user: Any, form: Any) -> bool:
    """Return whether a code of the app or a recovery code fits, else say so in the form; tries are limited."""
    name, now = f"second factor of {user.pk}", timezone.now()
    if not sign_in_begins(name, address_of(request), now=now):
        form.add_error("code", _("Too many tries in a row. Wait a little."))
        return False
    if not factors.code_accept(user, form.cleaned_data["code"], now=now):
        form.add_error(
            "code", _("That code does not fit, or was used already. Take the newest one of the app.")
        )
        return False
    sign_in_worked(name, address_of(request))
    return True
