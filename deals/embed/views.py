"""The door of a frame: a signed token becomes a one-time code, the code a token in the page's memory."""

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, RawPostDataException
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from crm_invoicing.embed_policy import allow_framers
from deals.models import EmbedIntegration
from deals.viewer import Viewer, viewer_required

from .sessions import TAB, context_session, session_begin, session_open, tab_member
from .signed_context import ContextRefused

THEMES = ("light", "dark")
LONGEST_BODY = 8192
TAB_CODE = "embed_tab_code"


def theme_of(request: HttpRequest) -> str:
    """Return the theme that the address asks for, "" for none."""
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
    except ContextRefused as error:
        return refused(request, error.code)
    query = urlencode({"issuer": integration.issuer, "place": place, "theme": theme_of(request)})
    answer = redirect(f"{reverse('embed:frame')}?{query}#{code}")
    return allow_framers(answer, integration.origins)


def refused(request: HttpRequest, code: str, **more: Any) -> HttpResponse:
    """Say why there is nothing to see. The page shows nothing of anybody, so whoever sent the token may hold it."""
    answer = render(
        request, "embed/refused.html", {"code": code, "theme": theme_of(request), **more}, status=403
    )
    return allow_framers(answer, ["*"])


@require_GET
def frame(request: HttpRequest) -> HttpResponse:
    """Return the empty page of a frame; what it shows it fetches itself, with the token that the code becomes."""
    issuer = request.GET.get("issuer", "")
    integration = EmbedIntegration.objects.filter(issuer=issuer, revoked_at__isnull=True).first()
    if integration is None:
        return refused(request, "invalid")
    shell = {
        "openUrl": reverse("embed:open"),
        "origins": integration.origins,
        "place": _place(request.GET.get("place")),
    }
    answer = render(request, "embed/frame.html", {"shell": shell, "theme": theme_of(request)})
    return allow_framers(answer, integration.origins, has_base=True)


@csrf_exempt
@require_POST
def open_session(request: HttpRequest) -> JsonResponse:
    """Exchange a one-time code, or a new signed token, for the token of the page; 403 where neither is accepted."""
    given = posted_json(request)
    now, place = timezone.now(), _place(given.get("place"))
    code = str(given.get("code") or "")
    try:
        if given.get("context"):
            _integration, code = context_session(
                str(given["context"]), audience=settings.PUBLIC_URL, place=place, now=now
            )
    except ContextRefused as error:
        return JsonResponse({"code": error.code}, status=403)
    return opened_answer(code, now=now)


def opened_answer(code: str, *, now: datetime) -> JsonResponse:
    """Exchange a one-time code for the token of a page and where it begins; 403 for one that is not accepted."""
    opened = session_open(code, now=now) if code else None
    if opened is None:
        return JsonResponse({"code": "expired"}, status=403)
    deal = opened.session.deal_id
    view_name, key = settings.EMBED_PLACES[opened.session.place]
    path = reverse(view_name, kwargs={key: deal} if key else {})
    answer = JsonResponse(
        {
            "token": opened.token,
            "seconds": opened.seconds,
            "path": path,
            "home": reverse("deals:deal_detail", args=[deal]) if deal else path,
        }
    )
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@viewer_required
def continue_in_tab(request: HttpRequest, viewer: Viewer) -> JsonResponse:
    """Return where a frame's person goes on in a tab of the browser, which does not know them: for what no frame can hold."""
    session = getattr(request, "embed", None)
    if session is None:
        raise Http404
    code = session_begin(session.integration, viewer.member, None, place=TAB, now=timezone.now())
    return JsonResponse({"address": f"{reverse('embed:tab')}?{urlencode({'code': code})}"})


def tab(request: HttpRequest) -> HttpResponse:
    """Ask whoever follows such an address whether they are that person, then sign them in and lead to the settings.

    The question protects people who were sent somebody else's address: they would connect their books to a stranger's.
    """
    if "code" in request.GET:
        # Out of the address before anything is shown.
        request.session[TAB_CODE] = request.GET["code"][:100]
        return redirect("embed:tab")
    is_taken = request.method == "POST"
    code = request.session.get(TAB_CODE, "")
    member = tab_member(code, now=timezone.now(), is_taken=is_taken)
    if member is None:
        return render(request, "embed/tab.html", {"member": None}, status=403)
    if is_taken:
        login(request, member.user, backend=settings.AUTHENTICATION_BACKENDS[0])
        return redirect("quickbooks:settings")
    if request.user.pk == member.user_id:
        return redirect("quickbooks:settings")
    answer = render(request, "embed/tab.html", {"member": member})
    answer["Cache-Control"] = "no-store"
    return answer


def posted_json(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a body, an empty one for anything else."""
    try:
        found = json.loads(request.body) if len(request.body) <= LONGEST_BODY else {}
    except (ValueError, RecursionError, RawPostDataException):
        # The last is a form's body, which was read as one already.
        found = {}
    return found if isinstance(found, dict) else {}
