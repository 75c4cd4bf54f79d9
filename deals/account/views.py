"""Pages of a person's own account."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, update_session_auth_hash
from django.contrib.auth.views import PasswordResetConfirmView, PasswordResetView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deals.auth_backends import (
    address_of,
    has_app,
    has_factor,
    language_set,
    pending_sign_in,
    sign_in_complete,
)
from deals.models import Passkey, SignedInSession, SignInIdentity
from deals.sign_in_limits import sign_in_begins, sign_in_wait, sign_in_worked
from deals.trail import event_add
from deals.viewer import Viewer, viewer_required

from . import factors, passkeys
from .addresses import address_ask, address_confirm, address_waiting
from .confirm import confirm_address, is_confirmed, password_is_right
from .forms import CodeForm, EmailForm, NewPasswordForm, ProfileForm, RecoveryForm, ResetForm
from .notices import notice_send
from .notifications import NotificationsForm, choices_save, digest_replan
from .required import may_drop_factor
from .sessions import sessions_end


def account_page(request: HttpRequest, viewer: Viewer, *, status: int = 200, **more: Any) -> HttpResponse:
    """Return the page; `more` replaces what it is drawn from, as a form that was refused."""
    user, now = viewer.member.user, timezone.now()
    context = {
        "profile": ProfileForm(instance=viewer.member),
        "notifications_form": NotificationsForm(viewer.member),
        "email_form": EmailForm(initial={"email": user.email}, user=user),
        "password_form": NewPasswordForm(user),
        "waiting": address_waiting(user, now=now),
        "has_password": user.has_usable_password(),
        "has_factor": has_app(user),
        "passkeys": Passkey.objects.filter(user=user),
        "identities": SignInIdentity.objects.filter(user=user),
        "oidc": settings.OIDC,
        "codes_left": factors.codes_left(user),
        "sessions": SignedInSession.objects.filter(user=user),
        "this_session": request.session.session_key,
        "viewer": viewer,
        "time_zone": viewer.time_zone,
        **more,
    }
    answer = render(request, "account/account.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@viewer_required
def account(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show a person's own account, and save name, language and time zone."""
    if request.method != "POST":
        return account_page(request, viewer)
    form = ProfileForm(request.POST, instance=viewer.member)
    if not form.is_valid():
        return account_page(request, viewer, status=422, profile=form)
    form.save()
    digest_replan(viewer.member, now=timezone.now())
    answer = redirect("account:page")
    language_set(answer, viewer.member, is_changed=True)
    messages.success(request, _("Saved."))
    return answer


@require_POST
@viewer_required
def password(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Change the password; every other browser is signed out."""
    form = NewPasswordForm(viewer.member.user, request.POST)
    if not form.is_valid():
        return account_page(request, viewer, status=422, password_form=form)
    user = form.save()
    update_session_auth_hash(request, user)
    event_add(viewer.account, "password", actor=viewer.member)
    notice_send(user, "password")
    SignedInSession.objects.filter(user=user).exclude(session_key=request.session.session_key).delete()
    messages.success(request, _("Your password is changed. You are signed out everywhere else."))
    return redirect("account:page")


@require_POST
@viewer_required
def email(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Ask for a new address to be confirmed by the link that is sent there."""
    user = viewer.member.user
    form = EmailForm(request.POST, user=user)
    if "password" not in form.fields and not is_confirmed(request, now=timezone.now()):
        return redirect(confirm_address(reverse("account:page")))
    is_theirs = form.is_valid() and ("password" not in form.fields or password_is_right(request, user, form))
    if not is_theirs:
        return account_page(request, viewer, status=422, email_form=form)
    problem = address_ask(
        user, form.cleaned_data["email"], language=viewer.member.language, now=timezone.now()
    )
    if problem:
        messages.warning(
            request, _("The mail could not be sent. Whoever runs this installation looks after its mail.")
        )
    else:
        messages.success(request, _("Open the link that was sent there. Until then nothing changes."))
    return redirect("account:page")


def email_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Take an address whose link was opened, after a press: programs that look at mails open links, too."""
    if request.method != "POST":
        return render(request, "account/confirm_email.html", {})
    changed = address_confirm(token, now=timezone.now())
    if changed is None:
        return render(request, "account/confirm_email.html", {"is_over": True}, status=410)
    user, before = changed
    if before and before != user.email:
        notice_send(user, "address", address=before)
    member = getattr(user, "member", None)
    if member is not None:
        event_add(member.account_id, "address", actor=member)
    messages.success(request, _("Your address is confirmed."))
    return redirect("account:page")


@require_POST
@viewer_required
def notifications(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Save what a person is notified of, and when."""
    form = NotificationsForm(viewer.member, request.POST)
    if not form.is_valid():
        return account_page(request, viewer, status=422, notifications_form=form)
    choices_save(viewer.member, form.cleaned_data, now=timezone.now())
    messages.success(request, _("Saved."))
    return redirect("account:page")


@require_POST
@viewer_required
def session_end(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """Sign out elsewhere: one browser, or with 0 all of them."""
    ended = sessions_end(viewer.member.user_id, keep=request.session.session_key or "", pk=pk or None)
    if pk and not ended:
        raise Http404
    if ended:
        messages.success(request, _("Signed out there."))
    return redirect("account:page")


@viewer_required
def factor(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Set up an authenticator app: the password first, then a code of the app, then the recovery codes."""
    user = viewer.member.user
    if has_app(user):
        return redirect("account:page")
    secret = factors.begun_secret(user)
    if not secret or request.GET.get("again"):
        return _factor_begin(request, user)
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            codes = factors.factor_confirm(
                user, form.cleaned_data["code"].replace(" ", ""), now=timezone.now()
            )
            if codes is not None:
                event_add(viewer.account, "factor.on", actor=viewer.member)
                notice_send(user, "factor.on")
                sessions_end(user.pk, keep=request.session.session_key or "")
                return _codes_shown(request, codes)
            form.add_error(
                "code", _("That is not the code of now. Look at the app and write the newest one.")
            )
    drawing = mark_safe(factors.drawing(user, secret))  # noqa: S308 - drawn by the library, of our own text
    answer = render(
        request, "account/factor.html", {"form": form, "drawing": drawing, "secret": secret}, status=status
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _factor_begin(request: HttpRequest, user: Any) -> HttpResponse:
    if not user.has_usable_password():
        if not is_confirmed(request, now=timezone.now()):
            return redirect(confirm_address(request.path))
        factors.factor_begin(user)
        return redirect("account:factor")
    form = RecoveryForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and password_is_right(request, user, form):
            factors.factor_begin(user)
            return redirect("account:factor")
    return render(request, "account/factor_begin.html", {"form": form}, status=status)


def _codes_shown(request: HttpRequest, codes: list[str]) -> HttpResponse:
    answer = render(request, "account/codes.html", {"codes": codes})
    answer["Cache-Control"] = "no-store"
    return answer


@viewer_required
def factor_change(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Make new recovery codes, or remove the authenticator app; who asks proves once more who they are."""
    user, has_password = viewer.member.user, viewer.member.user.has_usable_password()
    if not has_password and not is_confirmed(request, now=timezone.now()):
        return redirect(confirm_address(request.path))
    form = RecoveryForm(request.POST or None) if has_password else None
    may_drop = may_drop_factor(viewer, left=passkeys.has_passkeys(user))
    status = 200
    if request.method == "POST":
        status = 422
        if form is None or (form.is_valid() and password_is_right(request, user, form)):
            done = _factor_changed(request, viewer, may_drop=may_drop)
            if done is not None:
                return done
    context = {"form": form, "has_app": has_app(user), "may_drop": may_drop}
    return render(request, "account/factor_change.html", context, status=status)


def _factor_changed(request: HttpRequest, viewer: Viewer, *, may_drop: bool) -> HttpResponse | None:
    """Do what was pressed; None when it may not be done."""
    user = viewer.member.user
    if request.POST.get("do") == "codes" and has_factor(user):
        notice_send(user, "codes")
        return _codes_shown(request, factors.recovery_codes_make(user))
    if request.POST.get("do") != "off" or not may_drop:
        return None
    factors.factor_remove(user)
    event_add(viewer.account, "factor.off", actor=viewer.member)
    notice_send(user, "factor.off")
    messages.success(request, _("The code of the app is no longer asked for when you sign in."))
    return redirect("account:page")


def second_step(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor of somebody whose password was right a moment ago."""
    waiting = pending_sign_in(request, now=timezone.now())
    if waiting is None:
        return redirect("login")
    user = get_user_model()._default_manager.filter(pk=waiting["user"], is_active=True).first()
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST" and user is not None:
        status = 422
        name, address, now = f"second factor of {user.pk}", address_of(request), timezone.now()
        wait = sign_in_wait(name, address, now=now)
        if wait or not sign_in_begins(name, address, now=now):
            form.add_error(
                "code",
                _("Too many tries in a row. Wait %(n)s seconds, then try again.") % {"n": max(1, wait)},
            )
            status = 429
        elif form.is_valid() and factors.code_accept(user, form.cleaned_data["code"], now=now):
            sign_in_worked(name, address)
            return sign_in_complete(request, user, waiting["next"], by="code")
        elif form.is_valid():
            form.add_error(
                "code", _("That code does not fit, or was used already. Take the newest one of the app.")
            )
    context = {
        "form": form,
        "has_app": user is not None and has_app(user),
        "has_passkeys": user is not None and passkeys.has_passkeys(user),
        "origin": passkeys.place().origin,
    }
    return render(request, "account/second_step.html", context, status=status)


class ResetView(PasswordResetView):
    """Send a link by which a forgotten password is replaced; the page says the same whether there is such a person."""

    form_class = ResetForm
    template_name = "account/reset.html"
    email_template_name = "account/reset_mail.txt"
    subject_template_name = "account/reset_subject.txt"
    success_url = reverse_lazy("account:reset_sent")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return the form's arguments; links lead to our own address, whatever host the request names."""
        self.extra_email_context = {"public_url": settings.PUBLIC_URL}
        return super().get_form_kwargs()


class ResetConfirmView(PasswordResetConfirmView):
    """Take a new password from whoever opened the link; every browser is signed out."""

    template_name = "account/reset_confirm.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form: Any) -> HttpResponse:
        """Save it and say so."""
        answer = super().form_valid(form)
        sessions_end(form.user.pk)
        notice_send(form.user, "password")
        messages.success(self.request, _("Your password is changed. Sign in with it."))
        return answer


def reset_sent(request: HttpRequest) -> HttpResponse:
    """Say that a mail is on its way, if there is such a person."""
    return render(request, "account/reset_sent.html", {})
