"""Signing in, joining and proving oneself by single sign-on; each way it can end without has a page that says what to do."""

import logging
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from deals.account.confirm import confirmed_mark, confirmed_required, own_path
from deals.account.notices import notice_send
from deals.auth_backends import address_of, sign_in_complete
from deals.models import SignInIdentity
from deals.sign_in_limits import sign_in_begins, sign_in_worked
from deals.trail import event_add
from deals.viewer import Viewer, is_embedded, viewer_required

from . import identities, provider
from .provider import OidcRefused

logger = logging.getLogger(__name__)
PURPOSES = ("sign-in", "join", "confirm")


def problems(name: str) -> dict[str, tuple[str, str]]:
    """Return heading and sentences of each way single sign-on ends without a sign-in; `name` is the provider's."""
    words = {"name": name}
    return {
        "unreachable": (
            _("%(name)s is not answering") % words,
            _(
                "You are not signed in. Try again in a few minutes; if it lasts, speak to whoever runs this installation."
            ),
        ),
        "denied": (
            _("%(name)s did not let you in") % words,
            _(
                "It was cancelled there, or your account there may not use this program. Try again, or ask whoever gives out access."
            ),
        ),
        "state": (
            _("This sign-in is over"),
            _("It took longer than ten minutes, was used already, or began in another browser. Begin again."),
        ),
        "answer": (
            _("The answer of %(name)s could not be verified") % words,
            _("You are not signed in. Begin again; if it lasts, speak to whoever runs this installation."),
        ),
        "unverified": (
            _("%(name)s does not vouch for your address") % words,
            _(
                "The first time, you are known by a verified address. Have it verified there, or sign in another way."
            ),
        ),
        "unknown": (
            _("You are not a member here"),
            _(
                "No member has the address that %(name)s gives for you. Ask an admin of your company for an invitation, or, if you are a member, confirm that address in My account."
            )
            % words,
        ),
        "taken": (
            _("This account is linked with somebody else"),
            _("Each account at %(name)s belongs to one person here. Sign in another way, or ask an admin.")
            % words,
        ),
        "other_address": (
            _("The invitation is for another address"),
            _(
                "%(name)s gives another address for you, or does not vouch for it. Follow the invitation with the account it was sent to."
            )
            % words,
        ),
        "other_person": (
            _("That was somebody else"),
            _(
                "You are signed in here as one person and proved to %(name)s to be another, or too long ago. Begin again."
            )
            % words,
        ),
        "too_many": (_("Too many tries in a row"), _("Wait a little, then begin again. Nothing is locked.")),
    }


def _problem(request: HttpRequest, why: str, *, back: str = "") -> HttpResponse:
    logger.warning("single sign-on ended", extra={"why": why})
    heading, text = problems(settings.OIDC.name)[why]
    status = {"unreachable": 502, "too_many": 429}.get(why, 403)
    context = {"heading": heading, "text": text, "back": back or reverse("login")}
    answer = render(request, "account/oidc_problem.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the provider: to sign in, to follow an invitation, or to prove once more who one is."""
    purpose = request.GET.get("purpose", "sign-in")
    if not settings.OIDC.is_on or purpose not in PURPOSES or is_embedded(request):
        raise Http404
    path = own_path(request.GET.get("next", ""), str(reverse("deals:deal_list")))
    is_signed_in = request.user.is_authenticated
    if purpose == "confirm" and not is_signed_in:
        return redirect("login")
    if purpose == "sign-in" and is_signed_in:
        return redirect(path)
    invitation = request.GET.get("invitation", "") if purpose == "join" else ""
    try:
        address = provider.begin(
            request.session, purpose, path, invitation=invitation[:100], now=timezone.now()
        )
    except OidcRefused as refused:
        return _problem(request, refused.why)
    answer = HttpResponse(status=302)
    answer["Location"], answer["Cache-Control"] = address, "no-store"
    return answer


@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer, once, and let in whom it vouches for if they are a member."""
    if not settings.OIDC.is_on or is_embedded(request):
        raise Http404
    now, address, back = timezone.now(), address_of(request), ""
    state = request.GET.get("state", "")
    # Counted by address; a name that all share would let one person hold up everybody.
    name = f"single sign-on {state[:80]}"
    try:
        if not sign_in_begins(name, address, now=now):
            raise OidcRefused("too_many")
        begun = provider.started(request.session, state, now=now)
        back = reverse("people:join", args=[begun.invitation]) if begun.invitation else ""
        answer = {key: request.GET[key] for key in ("code", "error", "iss") if key in request.GET}
        who = provider.vouched_for(begun, answer, now=now)
        done = _let_in(request, begun, who)
    except OidcRefused as refused:
        return _problem(request, refused.why, back=back)
    except identities.InvitationRefused as refused:
        return render(request, "people/join.html", {"refused": refused.text}, status=410)
    sign_in_worked(name, address)
    return done


def _let_in(request: HttpRequest, begun: provider.Started, who: provider.Vouched) -> HttpResponse:
    """Do what was begun, now that it is known who it is; raises OidcRefused and InvitationRefused."""
    now = timezone.now()
    if begun.purpose == "confirm":
        is_same = request.user.is_authenticated and identities.is_same_person(request.user, who)
        if not is_same or not provider.was_proved_lately(who, now=now):
            raise OidcRefused("other_person")
        confirmed_mark(request, now=now)
        return redirect(begun.path)
    user: Any
    if begun.purpose == "join":
        member = identities.join_vouched(begun.invitation, who, now=now)
        user = member.user
        messages.success(request, _("Welcome to %(company)s.") % {"company": member.account.name})
    else:
        user, is_new = identities.user_of(who, now=now)
        if is_new:
            notice_send(user, "identity.linked")
    logger.info("signed in", extra={"user": user.pk, "by": "oidc"})
    return sign_in_complete(request, user, begun.path, by="oidc")


@viewer_required
def identity_remove(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponseBase:
    """Ask whether a link with the provider goes, and remove it."""
    row = get_object_or_404(SignInIdentity, user=viewer.member.user, pk=pk)
    return _identity_remove(request, viewer, row)


@confirmed_required
def _identity_remove(request: HttpRequest, viewer: Viewer, row: SignInIdentity) -> HttpResponse:
    user = viewer.member.user
    # Whoever has no other way in would be shut out by it.
    others = SignInIdentity.objects.filter(user=user).exclude(pk=row.pk)
    may = user.has_usable_password() or user.passkeys.exists() or others.exists()
    if request.method == "POST" and may:
        with transaction.atomic():
            row.delete()
            event_add(viewer.account, "identity.removed", actor=viewer.member)
        notice_send(user, "identity.removed")
        messages.success(request, _("Unlinked. The next sign-in there links it again by your address."))
        return redirect("account:page")
    return render(request, "account/identity_remove.html", {"row": row, "may": may, "viewer": viewer})
