"""The first run: an empty installation is set up in the browser by whoever started it, and nobody else."""

import base64
import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deals.models import Deal, Member
from deals.sign_in_limits import sign_in_begins, sign_in_worked
from deals.viewer import Viewer, viewer_required

from .forms import FirstForm
from .invitations import InvitationRefused, first_member
from .samples import sample_deals


def setup_code() -> str:
    """Return the code that stands where the installation was started: only who reads that may set it up."""
    digest = hmac.new(settings.SECRET_KEY.encode(), b"first run", hashlib.sha256).digest()
    return base64.b32encode(digest)[:12].decode().lower()


def is_empty() -> bool:
    """Return whether nobody works here yet."""
    return not Member.objects.exists()


def setup(request: HttpRequest) -> HttpResponse:
    """Make the first company and its owner; afterwards this page leads to the sign-in."""
    if not is_empty():
        return redirect("login")
    code = request.GET.get("code", "")
    form = FirstForm(request.POST or None, initial={"code": code})
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        given, address = values.pop("code").strip().lower(), str(request.META.get("REMOTE_ADDR", ""))
        if not sign_in_begins("first run", address, now=timezone.now()):
            form.add_error("code", _("Too many tries in a row. Wait a little."))
        elif not hmac.compare_digest(given.encode(), setup_code().encode()):
            form.add_error("code", _("This is not the code. It stands where the installation was started."))
        else:
            sign_in_worked("first run", address)
            return _made(request, form, values)
    return render(request, "people/setup.html", {"form": form}, status=status)


def _made(request: HttpRequest, form: FirstForm, values: dict[str, Any]) -> HttpResponse:
    try:
        member = first_member(now=timezone.now(), **values)
    except InvitationRefused as refused:
        form.add_error(None, refused.text)
        return render(request, "people/setup.html", {"form": form}, status=409)
    login(request, member.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("people:welcome")


@viewer_required
def welcome(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show what is still to be done before the first invoice; each step leads to its page."""
    context = {"viewer": viewer, "has_deals": Deal.objects.filter(account=viewer.account).exists()}
    return render(request, "people/welcome.html", context)


@require_POST
@viewer_required
def samples(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Make a few deals to try it on, once."""
    if not viewer.is_admin:
        raise PermissionDenied
    if not Deal.objects.filter(account=viewer.account).exists():
        sample_deals(viewer.member, at=timezone.now())
        messages.success(request, _("Three deals to try it on. Delete them whenever you like."))
    return redirect("deals:deal_list")
