"""API tokens and embedding CRMs: an admin makes and revokes them; each secret is shown once."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from deals.embed.sessions import integration_create
from deals.models import ApiToken, EmbedIntegration
from deals.pipedrive.views import pipedrive_card
from deals.trail import event_add
from deals.viewer import Viewer, viewer_required

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?", re.IGNORECASE)
LOCAL = re.compile(r"http://(localhost|127\.0\.0\.1)(:\d+)?")


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    rights = forms.ChoiceField(label=gettext_lazy("It may"), choices=ApiToken.Rights.choices)


class IntegrationForm(forms.Form):
    """A CRM that shows invoices in a frame."""

    title = forms.CharField(label=gettext_lazy("Name of the CRM"), max_length=80)
    origins = forms.CharField(
        label=gettext_lazy("Where its pages are"),
        max_length=1000,
        help_text=gettext_lazy("One address on each line, such as https://crm.example.com"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_origins(self) -> list[str]:
        """Return the origins; only https, and this very machine for trying out."""
        found = [
            line.strip().rstrip("/") for line in self.cleaned_data["origins"].splitlines() if line.strip()
        ]
        for origin in found:
            is_safe = origin.startswith("https://") or LOCAL.fullmatch(origin)
            if not ORIGIN.fullmatch(origin) or not is_safe:
                raise forms.ValidationError(
                    _("“%(origin)s” is no address such as https://crm.example.com") % {"origin": origin[:80]}
                )
        if len(found) > 10:
            raise forms.ValidationError(_("Up to ten addresses."))
        return list(dict.fromkeys(found))


def _page(request: HttpRequest, viewer: Viewer, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "tokens": ApiToken.objects.filter(user__member__account=viewer.account).select_related(
            "user__member"
        ),
        "integrations": _integrations(viewer),
        "pipedrive": pipedrive_card(viewer),
        "token_form": TokenForm(),
        "integration_form": IntegrationForm(),
        "time_zone": viewer.time_zone,
        **more,
    }
    answer = render(request, "deals/access.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _integrations(viewer: Viewer) -> QuerySet[EmbedIntegration]:
    """Return the CRMs with a secret of ours; Pipedrive signs with its own and has a card of its own."""
    rows = EmbedIntegration.objects.filter(account=viewer.account, revoked_at__isnull=True)
    return rows.filter(pipedrive__isnull=True)


def _is_refused(request: HttpRequest, viewer: Viewer) -> bool:
    if not viewer.is_admin:
        messages.error(request, _("Only an admin may do this."))
    return not viewer.is_admin


@viewer_required
def access(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show tokens and integrations, or make one."""
    if _is_refused(request, viewer):
        return redirect("deals:deal_list")
    if request.method != "POST":
        return _page(request, viewer)
    if request.POST.get("kind") == "integration":
        form = IntegrationForm(request.POST)
        if not form.is_valid():
            return _page(request, viewer, status=422, integration_form=form)
        made, secret = integration_create(
            viewer.account, form.cleaned_data["title"], form.cleaned_data["origins"]
        )
        event_add(viewer.account, "crm.added", actor=viewer.member, what=made.name)
        return _page(request, viewer, new_integration=made, secret=secret)
    token_form = TokenForm(request.POST)
    if not token_form.is_valid():
        return _page(request, viewer, status=422, token_form=token_form)
    row, token = ApiToken.objects.create(user=request.user, expiry=None, **token_form.cleaned_data)
    what = f"{row.name}: {row.get_rights_display()}"
    event_add(viewer.account, "token.made", actor=viewer.member, what=what)
    return _page(request, viewer, new_token=token)


@require_POST
@viewer_required
def token_revoke(request: HttpRequest, viewer: Viewer, digest: str) -> HttpResponse:
    """End a token at once."""
    if not _is_refused(request, viewer):
        row = get_object_or_404(ApiToken, digest=digest, user__member__account=viewer.account)
        row.delete()
        event_add(viewer.account, "token.revoked", actor=viewer.member, what=row.name)
        messages.success(request, _("The token “%(name)s” no longer opens anything.") % {"name": row.name})
    return redirect("access:page")


@require_POST
@viewer_required
def integration_revoke(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """End an integration at once: its frames stop, its tokens are refused."""
    if not _is_refused(request, viewer):
        row = get_object_or_404(_integrations(viewer), pk=pk)
        EmbedIntegration.objects.filter(pk=row.pk).update(revoked_at=timezone.now())
        event_add(viewer.account, "crm.revoked", actor=viewer.member, what=row.name)
        messages.success(
            request, _("“%(name)s” no longer shows anything of this company.") % {"name": row.name}
        )
    return redirect("access:page")
