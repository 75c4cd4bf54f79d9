"""The door of a frame: a signed token becomes a one-time code, the code a token in the page's memory."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, RawPostDataException
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from crm_invoicing.embed_policy import allow_framers
from deals.models import EmbedIntegration

from .sessions import context_session, session_open
from .signed_context import ContextRefused

THEMES = ("light", "dark")
LONGEST_BODY = 8192


def _theme(request: HttpRequest) -> str:
    theme = request.GET.get("theme", "")
    return theme if theme in THEMES else ""


def _place(text: object) -> str:
    return str(text) if text in settings.EMBED_PLACES else "panel"


@require_GET
def entry(request: HttpRequest) -> HttpResponse:
    """Take the signed token out of the address: nothing is shown here, so that it is nobody's referrer."""
    place = _place(request.GET.get("place"))
    try:
        integration, code = context_session(
            request.GET.get("token", ""), audience=settings.PUBLIC_URL, place=place, now=timezone.now()
        )
    except ContextRefused as refused:
        return _refused(request, refused.code)
    query = urlencode({"issuer": integration.issuer, "place": place, "theme": _theme(request)})
    answer = redirect(f"{reverse('embed:frame')}?{query}#{code}")
    return allow_framers(answer, integration.origins)


def _refused(request: HttpRequest, code: str) -> HttpResponse:
    """Say why there is nothing to see. The page shows nothing of anybody, so whoever sent the token may hold it."""
    answer = render(request, "embed/refused.html", {"code": code, "theme": _theme(request)}, status=403)
    return allow_framers(answer, ["*"])


@require_GET
def frame(request: HttpRequest) -> HttpResponse:
    """Return the empty page of a frame; what it shows it fetches itself, with the token that the code becomes."""
    issuer = request.GET.get("issuer", "")
    integration = EmbedIntegration.objects.filter(issuer=issuer, revoked_at__isnull=True).first()
    if integration is None:
        return _refused(request, "invalid")
    shell = {
        "openUrl": reverse("embed:open"),
        "origins": integration.origins,
        "place": _place(request.GET.get("place")),
    }
    answer = render(request, "embed/frame.html", {"shell": shell, "theme": _theme(request)})
    return allow_framers(answer, integration.origins, has_base=True)


@csrf_exempt
@require_POST
def open_session(request: HttpRequest) -> JsonResponse:
    """Exchange a one-time code, or a new signed token, for the token of the page; 403 where neither is accepted."""
    given = _json(request)
    now, place = timezone.now(), _place(given.get("place"))
    code = str(given.get("code") or "")
    try:
        if given.get("context"):
            _integration, code = context_session(
                str(given["context"]), audience=settings.PUBLIC_URL, place=place, now=now
            )
    except ContextRefused as refused:
        return JsonResponse({"code": refused.code}, status=403)
    opened = session_open(code, now=now) if code else None
    if opened is None:
        return JsonResponse({"code": "expired"}, status=403)
    deal = opened.session.deal_id
    view_name, key = settings.EMBED_PLACES[opened.session.place]
    answer = JsonResponse(
        {
            "token": opened.token,
            "seconds": opened.seconds,
            "path": reverse(view_name, kwargs={key: deal}),
            "home": reverse("deals:deal_detail", args=[deal]),
        }
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _json(request: HttpRequest) -> dict[str, Any]:
    try:
        found = json.loads(request.body) if len(request.body) <= LONGEST_BODY else {}
    except (ValueError, RecursionError, RawPostDataException):
        # The last is a form's body, which was read as one already.
        found = {}
    return found if isinstance(found, dict) else {}
