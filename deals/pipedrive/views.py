"""Pages around the installation: start, the answer of Pipedrive's consent page, a question, and the way out."""

import base64
import binascii
import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from deals.models import CrmWrite, MemberIdentity, PipedriveCompany, PipedriveToken
from deals.viewer import Viewer, member_of, viewer_required

from . import oauth
from .errors import PipedriveError, RequestRefused
from .installs import InstallRefused, company_of, install, uninstall, who_consented
from .source import failed_writes
from .tokens import unseal

STATE, CODE = "pipedrive_state", "pipedrive_code"
# A code of Pipedrive's holds so long.
CODE_LIFE = timedelta(minutes=5)
LONGEST_BODY = 4096


@viewer_required
def start(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Lead to Pipedrive's consent page; its answer is taken from this browser alone."""
    if request.method != "POST" or not oauth.is_configured():
        return redirect("access:page")
    state = secrets.token_urlsafe(32)
    request.session[STATE] = state
    return HttpResponseRedirect(oauth.consent_address(state))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "DELETE"])
def callback(request: HttpRequest) -> HttpResponse:
    """Take the answer of the consent page, or the notice that somebody uninstalled the app: Pipedrive has one address for both."""
    if request.method == "DELETE":
        return _uninstalled(request)
    expected = request.session.pop(STATE, "")
    is_ours = bool(expected) and hmac.compare_digest(
        str(expected).encode(), request.GET.get("state", "").encode()
    )
    member = member_of(request)
    if request.GET.get("error"):
        messages.warning(request, _("Pipedrive was not connected: it was not allowed there."))
        return redirect("access:page" if member else "login")
    code = request.GET.get("code", "")[:500]
    if not code:
        return _problem(
            request, _("Pipedrive sent no code. Start again from Pipedrive or from the settings here.")
        )
    if is_ours and member is not None:
        return _finish(request, code, Viewer(member.account, member))
    # It began at Pipedrive, or somebody made this browser come here: a person has to say that they want it.
    request.session[CODE] = {"code": code, "until": (timezone.now() + CODE_LIFE).isoformat()}
    return redirect("pipedrive:confirm")


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask before an installation that began at Pipedrive is finished, and for which company it is."""
    waiting = request.session.get(CODE) or {}
    is_over = not waiting or datetime.fromisoformat(waiting["until"]) < timezone.now()
    if is_over:
        request.session.pop(CODE, None)
        return _problem(
            request, _("This installation took too long. Install the app from Pipedrive once more.")
        )
    member = member_of(request)
    if request.method != "POST":
        return render(request, "pipedrive/confirm.html", {"member": member})
    request.session.pop(CODE, None)
    is_mine = member is not None and request.POST.get("account") == "mine"
    viewer = Viewer(member.account, member) if member is not None and is_mine else None
    return _finish(request, waiting["code"], viewer)


def _finish(request: HttpRequest, code: str, viewer: Viewer | None) -> HttpResponse:
    """Exchange the code, keep what came of it, and lead to the app's settings in Pipedrive."""
    now = timezone.now()
    try:
        tokens = oauth.tokens_for_code(code, now=now)
        me = who_consented(tokens)
    except RequestRefused:
        return _problem(
            request, _("Pipedrive no longer accepts this installation. Install the app once more.")
        )
    except PipedriveError:
        return _problem(request, _("Pipedrive does not answer right now. Try again in a few minutes."))
    try:
        identity = install(me, tokens, member=viewer.member if viewer else None, now=now)
    except InstallRefused as refused:
        return _problem(request, refused.text)
    company = identity.integration.pipedrive
    PipedriveCompany.objects.filter(pk=company.pk).update(set_up_due_at=now)
    return HttpResponseRedirect(settings_address(tokens.api_domain))


def settings_address(api_domain: str) -> str:
    """Return where the app's settings are in Pipedrive."""
    return f"{api_domain}/settings/marketplace/app/{settings.PIPEDRIVE_CLIENT_ID}/app-settings"


def _problem(request: HttpRequest, text: str) -> HttpResponse:
    return render(request, "pipedrive/problem.html", {"text": text}, status=400)


def _uninstalled(request: HttpRequest) -> HttpResponse:
    """Take Pipedrive's notice that a person uninstalled the app; only the app's own credentials open this."""
    if not _is_pipedrive(request.headers.get("Authorization", "")):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Basic"})
    try:
        body = json.loads(request.body[:LONGEST_BODY])
        company_id, user_id, client = int(body["company_id"]), int(body["user_id"]), str(body["client_id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return HttpResponse(status=400)
    if client != settings.PIPEDRIVE_CLIENT_ID:
        return HttpResponse(status=400)
    company = company_of(company_id)
    if company is not None:
        uninstall(company, str(user_id), now=timezone.now())
    return HttpResponse(status=204)


def basic_credentials(header: str) -> tuple[str, str] | None:
    """Return name and password of a Basic Authorization header, None for anything else."""
    kind, _space, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (name, password) if colon else None


def _is_pipedrive(header: str) -> bool:
    given = basic_credentials(header)
    if given is None or not oauth.is_configured():
        return False
    pairs = zip(given, (settings.PIPEDRIVE_CLIENT_ID, settings.PIPEDRIVE_CLIENT_SECRET), strict=True)
    # Both are compared, so that the time it takes says nothing.
    same = [hmac.compare_digest(one.encode(), other.encode()) for one, other in pairs]
    return all(same)


@require_POST
@viewer_required
def leave(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Uninstall the app for the person who asks: the token is revoked at Pipedrive, and ours are deleted in any case."""
    identity = MemberIdentity.objects.filter(
        member=viewer.member, integration__pipedrive__account=viewer.account
    ).first()
    if identity is not None:
        row = PipedriveToken.objects.filter(identity=identity, removed_at__isnull=True).first()
        try:
            if row is not None:
                oauth.token_give_back(unseal(row.refresh_token))
        except PipedriveError:
            messages.warning(
                request, _("Pipedrive did not answer. Uninstall the app there too, under Tools and apps.")
            )
        uninstall(identity.integration.pipedrive, identity.external_id, now=timezone.now())
        messages.success(
            request, _("Pipedrive is no longer connected for you. Deals and invoices stay here.")
        )
    return redirect("access:page")


@require_POST
@viewer_required
def retry(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Try again what could not be written into Pipedrive."""
    if viewer.is_admin:
        now = timezone.now()
        # It may have arrived: whoever sends it looks first.
        count = failed_writes(viewer.account).update(
            state=CrmWrite.State.SENDING, attempts=0, due_at=now, lease_until=now
        )
        messages.success(
            request, ngettext("%(n)s is tried again now.", "%(n)s are tried again now.", count) % {"n": count}
        )
    return redirect("access:page")


def pipedrive_card(viewer: Viewer) -> dict[str, Any]:
    """Return what the page of API and embedding says about Pipedrive."""
    company = PipedriveCompany.objects.filter(account=viewer.account).first()
    tokens = PipedriveToken.objects.filter(
        identity__integration__pipedrive__account=viewer.account, removed_at__isnull=True
    ).select_related("identity__member")
    people = [row.identity.member.name for row in tokens if row.broken_at is None]
    return {
        "is_offered": oauth.is_configured(),
        "company": company if company and company.removed_at is None else None,
        "people": people,
        "broken": [row.identity.member.name for row in tokens if row.broken_at is not None],
        "failed": failed_writes(viewer.account).count() if company else 0,
        "is_mine": any(row.identity.member_id == viewer.member.pk for row in tokens),
        "settings_address": settings_address(company.api_domain) if company else "",
    }
