"""A second factor for everybody: an admin asks for it, and whoever has none sets one up before anything else."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deals.auth_backends import FACTOR_REQUIRED, has_factor
from deals.models import Account
from deals.trail import event_add
from deals.viewer import Viewer, is_embedded, viewer_required

# What has to work for somebody who may do nothing else yet.
OPEN = frozenset(
    {
        *(f"account:{name}" for name in (
            "factor_required", "factor", "passkey_new", "passkey_options", "confirm", "confirm_passkey",
        )),
        *("oidc:start", "oidc:callback", "logout", "set_language", "healthz", "metrics"),
    }
)  # fmt: skip


class FactorRequiredMiddleware:
    """Leads whoever signed in with a password alone, and may not, to setting up a second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponseBase | None:
        """Let through what sets up a factor, and everything once there is one."""
        if is_embedded(request) or not request.session.get(FACTOR_REQUIRED):
            return None
        if not request.user.is_authenticated or has_factor(request.user):
            del request.session[FACTOR_REQUIRED]
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        return None if name in OPEN else redirect("account:factor_required")


@viewer_required
def factor_required(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Say that the company asks for a second factor, and which there are."""
    if has_factor(viewer.member.user):
        return redirect("account:page")
    return render(request, "account/factor_required.html", {"viewer": viewer})


def may_drop_factor(viewer: Viewer, *, left: bool) -> bool:
    """Return whether a factor may go: another is `left`, or the company asks for none."""
    return left or not viewer.account.requires_factor


@require_POST
@viewer_required
def factor_policy(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Set whether everybody who signs in with a password needs a second factor."""
    if not viewer.is_admin:
        messages.error(request, _("Only an admin may do this."))
        return redirect("people:list")
    is_required = request.POST.get("required") == "1"
    with transaction.atomic():
        before = Account.objects.select_for_update().get(pk=viewer.account.pk)
        Account.objects.filter(pk=before.pk).update(requires_factor=is_required)
        event_add(
            before, "factor.required", actor=viewer.member,
            before={"required": before.requires_factor}, after={"required": is_required},
        )  # fmt: skip
    messages.success(
        request, _("Saved. It counts when somebody signs in the next time.") if is_required else _("Saved.")
    )
    return redirect("people:list")
