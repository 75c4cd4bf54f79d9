"""Pages and answers about passkeys: options for the browser, adding, removing, signing in."""

import logging
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deals.auth_backends import (
    address_of,
    has_app,
    may_use_own_means,
    pending_sign_in,
    sign_in_complete,
)
from deals.models import Passkey
from deals.sign_in_limits import sign_in_begins, sign_in_worked
from deals.trail import event_add
from deals.viewer import Viewer, is_embedded, viewer, viewer_required

from . import factors, passkeys
from .confirm import confirmed_mark, confirmed_required, is_confirmed, own_path
from .forms import PasskeyForm
from .notices import notice_send
from .required import may_drop_factor
from .sessions import sessions_end

logger = logging.getLogger(__name__)


@require_POST
def options(request: HttpRequest) -> JsonResponse:
    """Answer what the browser needs for one purpose, 403 when it is nobody's to do now."""
    purpose, now, found = request.POST.get("purpose", ""), timezone.now(), None
    if purpose == passkeys.SIGN_IN and not request.user.is_authenticated:
        found = passkeys.request_options(request.session, purpose, now=now)
    elif purpose == passkeys.SECOND_STEP and (user := _pending_user(request)) is not None:
        found = passkeys.request_options(request.session, purpose, user, now=now)
    elif request.user.is_authenticated and not is_embedded(request):
        member = viewer(request).member
        if purpose == passkeys.CONFIRM:
            found = passkeys.request_options(request.session, purpose, member.user, now=now)
        elif purpose == passkeys.ADD and is_confirmed(request, now=now):
            found = passkeys.creation_options(member.user, member.name, request.session, now=now)
    answer = JsonResponse(found or {}, status=200 if found else 403)
    answer["Cache-Control"] = "no-store"
    return answer


def _pending_user(request: HttpRequest) -> Any:
    """Return whose password was right a moment ago, None for nobody."""
    waiting = pending_sign_in(request, now=timezone.now())
    users = get_user_model()._default_manager
    return users.filter(pk=waiting["user"], is_active=True).first() if waiting else None


def _checked(request: HttpRequest, purpose: str, user: Any = None) -> Passkey:
    """Return the passkey that was just used; tries are counted as at the door. Raises PasskeyRefused."""
    answer, now = request.POST.get("credential", ""), timezone.now()
    of = f"second factor of {user.pk}" if user else f"passkey {passkeys.credential_named(answer)[:80]}"
    if not sign_in_begins(of, address_of(request), now=now):
        logger.warning("sign-in limited", extra={"user": user.pk if user else None})
        raise passkeys.PasskeyRefused(
            "too many", _("Too many tries in a row. Wait a little, then try again.")
        )
    try:
        row = passkeys.passkey_check(request.session, purpose, answer, user, now=now)
    except passkeys.PasskeyRefused as refused:
        logger.warning("passkey refused", extra={"user": user.pk if user else None, "why": refused.why})
        raise
    sign_in_worked(of, address_of(request))
    return row


@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by a passkey alone: it stands for both factors, for it is unlocked by who has it."""
    path = own_path(request.POST.get("next", ""), str(reverse("deals:deal_list")))
    if request.user.is_authenticated:
        return redirect(path)
    try:
        user = _checked(request, passkeys.SIGN_IN).user
        if not may_use_own_means(user):
            raise passkeys.PasskeyRefused(
                "single sign-on only", _("Only an owner may sign in that way here.")
            )
    except passkeys.PasskeyRefused as refused:
        messages.error(request, refused.text)
        return redirect(f"{reverse('login')}?{urlencode({'next': path})}")
    logger.info("signed in", extra={"user": user.pk, "by": "passkey"})
    return sign_in_complete(request, user, path, by="passkey")


@require_POST
def second_step(request: HttpRequest) -> HttpResponse:
    """Take a passkey as the second step of somebody whose password was right a moment ago."""
    waiting, user = pending_sign_in(request, now=timezone.now()), _pending_user(request)
    if waiting is None or user is None:
        return redirect("login")
    try:
        _checked(request, passkeys.SECOND_STEP, user)
    except passkeys.PasskeyRefused as refused:
        messages.error(request, refused.text)
        return redirect("account:second_step")
    return sign_in_complete(request, user, str(waiting["next"]), by="passkey")


@require_POST
@viewer_required
def confirm(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Take a passkey as the proof that is asked for before a change."""
    path = own_path(request.POST.get("next", ""), str(reverse("account:page")))
    try:
        _checked(request, passkeys.CONFIRM, viewer.member.user)
    except passkeys.PasskeyRefused as refused:
        messages.error(request, refused.text)
        return redirect(f"{reverse('account:confirm')}?{urlencode({'next': path})}")
    confirmed_mark(request, now=timezone.now())
    return redirect(path)


@viewer_required
@confirmed_required
def new(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Add a passkey under a name; whoever has no recovery codes yet gets them."""
    user = viewer.member.user
    form = PasskeyForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _added(request, viewer, form)
            except passkeys.PasskeyRefused as refused:
                logger.warning("passkey not added", extra={"user": user.pk, "why": refused.why})
                form.add_error(None, refused.text)
    context = {"form": form, "origin": passkeys.place().origin, "viewer": viewer}
    answer = render(request, "account/passkey_new.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _added(request: HttpRequest, viewer: Viewer, form: PasskeyForm) -> HttpResponse:
    """Keep a new passkey and say so; raises PasskeyRefused."""
    user, name = viewer.member.user, form.cleaned_data["name"]
    with transaction.atomic():
        passkeys.passkey_add(user, form.cleaned_data["credential"], name, request.session, now=timezone.now())
        event_add(viewer.account, "passkey.added", actor=viewer.member, what=name)
        codes = factors.recovery_codes_first(user)
    logger.info("passkey added", extra={"user": user.pk})
    sessions_end(user.pk, keep=request.session.session_key or "")
    notice_send(user, "passkey.added")
    if codes:
        answer = render(request, "account/codes.html", {"codes": codes})
        answer["Cache-Control"] = "no-store"
        return answer
    messages.success(request, _("The passkey %(name)s signs you in from now on.") % {"name": name})
    return redirect("account:page")


@viewer_required
def remove(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponseBase:
    """Ask whether a passkey goes, and remove it."""
    row = get_object_or_404(Passkey, user=viewer.member.user, pk=pk)
    return _remove(request, viewer, row)


@confirmed_required
def _remove(request: HttpRequest, viewer: Viewer, row: Passkey) -> HttpResponse:
    user = viewer.member.user
    is_last = not has_app(user) and not Passkey.objects.filter(user=user).exclude(pk=row.pk).exists()
    may = may_drop_factor(viewer, left=not is_last)
    if request.method == "POST" and may:
        with transaction.atomic():
            row.delete()
            factors.recovery_codes_drop(user)
            event_add(viewer.account, "passkey.removed", actor=viewer.member, what=row.name)
        logger.info("passkey removed", extra={"user": user.pk})
        notice_send(user, "passkey.removed")
        messages.success(request, _("The passkey %(name)s signs nobody in any more.") % {"name": row.name})
        return redirect("account:page")
    context = {"row": row, "is_last": is_last, "may": may, "viewer": viewer}
    return render(request, "account/passkey_remove.html", context)
