"""Pages in Pipedrive's frames: panel, dialogs and settings, and the webhook's address."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from crm_invoicing.embed_policy import allow_framers
from deals.embed.signed_context import ContextRefused
from deals.embed.views import opened_answer, posted_json, refused, theme_of
from deals.models import EmbedIntegration, PipedriveCompany
from deals.trail import event_add
from deals.viewer import Viewer, viewer_required

from .fields import known_fields
from .launch import launch_session
from .views import basic_credentials
from .webhooks import event_take, is_sender

PLACES = frozenset({"panel", "form", "all", "settings"})
LONGEST_EVENT = 512 * 1024
AMOUNT_TYPES, STATUS_TYPES = frozenset({"double", "monetary", "int"}), frozenset({"varchar", "text"})


@require_GET
def entry(request: HttpRequest, place: str) -> HttpResponse:
    """Take Pipedrive's signed token out of the address; nothing is shown here, so that it is nobody's referrer."""
    deal = deal_of(request)
    try:
        company, code = launch_session(
            request.GET.get("token", ""), place=place, deal_id=deal, now=timezone.now()
        )
    except ContextRefused as error:
        return _refused(request, error.code, place, deal)
    query = {"issuer": company.integration.issuer, "place": place, "deal": deal}
    query |= {"id": request.GET.get("id", "")[:200], "theme": theme_of(request)}
    answer = redirect(f"{reverse('pipedrive:frame')}?{urlencode(query)}#{code}")
    return allow_framers(answer, settings.PIPEDRIVE_FRAMERS)


def deal_of(request: HttpRequest) -> str:
    """Return the id of the deal that a frame stands beside; it is checked before anything of it is shown."""
    selected = request.GET.get("selectedIds", "").split(",")[0]
    try:
        data = json.loads(request.GET.get("data", "") or "{}")
    except (ValueError, RecursionError):
        data = {}
    named = data.get("deal", "") if isinstance(data, dict) else ""
    return str(named or selected)[:20]


def _refused(request: HttpRequest, code: str, place: str, deal: str) -> HttpResponse:
    """Say why there is nothing to see; a page that is only too old has a button that renews it."""
    again = {
        "path": reverse("pipedrive:entry", args=[place]),
        "deal": deal,
        "isOld": code in {"expired", "used"},
    }
    answer = refused(request, code, pipedrive=again)
    return allow_framers(answer, settings.PIPEDRIVE_FRAMERS)


@require_GET
def frame(request: HttpRequest) -> HttpResponse:
    """Return the empty page of a frame; what it shows it fetches itself, with the token that the code becomes."""
    rows = EmbedIntegration.objects.filter(pipedrive__isnull=False, revoked_at__isnull=True)
    place, deal = request.GET.get("place", ""), request.GET.get("deal", "")[:20]
    if place not in PLACES or not rows.filter(issuer=request.GET.get("issuer", "")).exists():
        return _refused(request, "invalid", "panel", deal)
    shell = {
        "openUrl": reverse("pipedrive:open"),
        "origins": [],
        "place": place,
        "host": "pipedrive",
        "deal": deal,
        "modals": settings.PIPEDRIVE_MODALS,
    }
    context = {"shell": shell, "theme": theme_of(request), "is_pipedrive": True}
    answer = render(request, "embed/frame.html", context)
    return allow_framers(answer, settings.PIPEDRIVE_FRAMERS, has_base=True)


@csrf_exempt
@require_POST
def open_session(request: HttpRequest) -> JsonResponse:
    """Exchange a one-time code, or a new token of Pipedrive's, for the token of the page; 403 where neither is accepted."""
    given, now = posted_json(request), timezone.now()
    code, place = str(given.get("code") or ""), str(given.get("place"))
    try:
        if given.get("context"):
            place = place if place in PLACES else "panel"
            deal = str(given.get("deal") or "")
            _company, code = launch_session(str(given["context"]), place=place, deal_id=deal, now=now)
    except ContextRefused as error:
        return JsonResponse({"code": error.code}, status=403)
    return opened_answer(code, now=now)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, key: str) -> HttpResponse:
    """Keep that something changed in Pipedrive; what it is now is read from Pipedrive itself, later."""
    company = PipedriveCompany.objects.filter(webhook_key=key).select_related("integration").first()
    given = basic_credentials(request.headers.get("Authorization", "")) or ("", "")
    if company is None or not is_sender(company, *given):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Basic"})
    if len(request.body) > LONGEST_EVENT:
        return HttpResponse(status=413)
    if company.removed_at is not None:
        return HttpResponse(status=204)
    taken = event_take(company, request.body, now=timezone.now())
    return HttpResponse(status=400 if taken == "unreadable" else 204)


class WriteBackForm(forms.Form):
    """What is written into Pipedrive."""

    notes = forms.BooleanField(
        label=gettext_lazy("Write a note on the deal when an invoice is created, paid, overdue or voided"),
        required=False,
    )
    status_field = forms.ChoiceField(label=gettext_lazy("Invoice status"), required=False)
    invoiced_field = forms.ChoiceField(label=gettext_lazy("Invoiced"), required=False)
    paid_field = forms.ChoiceField(label=gettext_lazy("Paid"), required=False)
    outstanding_field = forms.ChoiceField(label=gettext_lazy("Outstanding"), required=False)

    def __init__(self, data: Any, *, company: PipedriveCompany) -> None:
        chosen = {name: getattr(company, name) for name in FIELD_NAMES}
        initial = {"notes": company.notes_since is not None, **chosen}
        super().__init__(data, initial=initial)
        fields = known_fields(company.account)["deal"]
        for name in FIELD_NAMES:
            kinds = STATUS_TYPES if name == "status_field" else AMOUNT_TYPES
            offered = [(one.key, one.label) for one in fields if one.field_type in kinds]
            gone = chosen[name] and chosen[name] not in dict(offered)
            none = _("Not written (the chosen field is gone in Pipedrive)") if gone else _("Not written")
            self.fields[name].choices = [("", none), *offered]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse one field for two amounts: the last would win."""
        given: dict[str, Any] = super().clean() or {}
        chosen = [given[name] for name in FIELD_NAMES if given.get(name)]
        if len(chosen) != len(set(chosen)):
            raise forms.ValidationError(_("Each amount needs a field of its own."))
        return given


FIELD_NAMES = ("status_field", "invoiced_field", "paid_field", "outstanding_field")


@viewer_required
def write_back(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show and save what is written into Pipedrive."""
    company = get_object_or_404(PipedriveCompany, account=viewer.account, removed_at__isnull=True)
    if not viewer.is_admin:
        messages.error(request, _("Only an admin may do this."))
        return redirect("quickbooks:settings")
    form = WriteBackForm(request.POST or None, company=company)
    if request.method == "POST" and form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in FIELD_NAMES}
        since = (company.notes_since or timezone.now()) if form.cleaned_data["notes"] else None
        before = {name: getattr(company, name) for name in FIELD_NAMES} | {"notes": bool(company.notes_since)}
        PipedriveCompany.objects.filter(pk=company.pk).update(notes_since=since, **chosen)
        after = {**chosen, "notes": bool(since)}
        event_add(viewer.account, "pipedrive.writing", actor=viewer.member, before=before, after=after)
        messages.success(
            request, _("Saved. Notes are written from now on; fields of all deals follow shortly.")
        )
        return redirect("pipedrive:write_back")
    context = {"form": form, "company": company}
    return render(
        request, "pipedrive/write_back.html", context, status=422 if request.method == "POST" else 200
    )
