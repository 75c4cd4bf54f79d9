"""Connecting an account to QuickBooks, following its initial import, and ending the connection."""

import json

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from deals.trail import event_add
from deals.viewer import Viewer, viewer, viewer_required
from quickbooks_bridge.selectors.connections import connection_for, last_connection_for, link_counts
from quickbooks_bridge.selectors.import_progress import initial_import_progress
from quickbooks_bridge.services.connections import consent
from quickbooks_bridge.services.connections import lifecycle as service
from quickbooks_bridge.services.connections.keys import keys_check, keys_store, may_set_keys
from quickbooks_bridge.tasks.enqueue import enqueue

NOTICE = "quickbooks_notice"


def refuse(request: HttpRequest, code: str, **params: str) -> HttpResponse:
    """Go to the settings page, which says once why nothing was done."""
    request.session[NOTICE] = {"code": code, "params": params}
    return redirect("quickbooks:settings")


@require_POST
@viewer_required
def connect(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Go to QuickBooks' consent page in the top window."""
    is_takeover = request.POST.get("takeover") == "1"
    return _begin(request, viewer, is_other_company=False, is_takeover=is_takeover)


def _begin(
    request: HttpRequest, viewer: Viewer, *, is_other_company: bool, is_takeover: bool = False
) -> HttpResponse:
    try:
        url = consent.oauth_start(
            viewer, now=timezone.now(), is_other_company=is_other_company, is_takeover=is_takeover
        )
    except consent.ConnectionRefused as error:
        return refuse(request, error.code, **error.params)
    return redirect(url)


@require_POST
@viewer_required
def keys(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Check the keys of the installation's Intuit app with Intuit, and keep those that it takes."""
    if not may_set_keys(viewer):
        raise Http404
    client_id, secret = (request.POST.get(name, "").strip()[:200] for name in ("client_id", "client_secret"))
    problem = keys_check(client_id, secret) if client_id and secret else "missing"
    if problem == "missing":
        messages.error(request, _("Both are needed: client id and client secret."))
    elif problem == "refused":
        messages.error(
            request, _("Intuit does not take these keys. Copy them again, for the right environment.")
        )
    elif problem == "unreachable":
        messages.error(
            request, _("Intuit does not answer right now, so the keys could not be checked. Try again.")
        )
    else:
        keys_store(viewer, client_id, secret, now=timezone.now())
        event_add(viewer.account, "quickbooks.keys", actor=viewer.member)
        messages.success(request, _("Intuit takes the keys. Connect your company now."))
    return redirect("quickbooks:settings")


@viewer_required
def connect_other(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Ask whether another company is really meant, saying what stays behind; then go to the consent page."""
    former = last_connection_for(viewer.account)
    if not viewer.is_admin:
        return refuse(request, "connect_needs_admin")
    if former is None:
        return redirect("quickbooks:settings")
    if request.method == "POST":
        return _begin(request, viewer, is_other_company=True)
    context = {
        "former": former,
        "link_counts": link_counts(former),
        "is_connected": connection_for(viewer.account) is not None,
    }
    return render(request, "quickbooks/connect_other.html", context)


@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Take the answer of the consent page; the address with the code is left at once by a redirect.

    Whoever is not signed in is led on without it: no page may have a code in its address, not even as the way back.
    """
    if not request.user.is_authenticated:
        request.session[NOTICE] = {"code": "sign_in_first", "params": {}}
        return redirect_to_login(reverse("quickbooks:settings"))
    return _finish(request, viewer(request))


def _finish(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    try:
        connection = consent.oauth_complete(
            viewer,
            state=request.GET.get("state", ""),
            code=request.GET.get("code", ""),
            realm_id=request.GET.get("realmId", ""),
            refused=bool(request.GET.get("error")),
            now=timezone.now(),
        )
    except consent.ConnectionRefused as error:
        return refuse(request, error.code, **error.params)
    enqueue("sync.import_company", connection.pk)
    messages.success(
        request, _("Connected to %(company)s.") % {"company": connection.company.name or "QuickBooks"}
    )
    return redirect("quickbooks:settings")


@require_safe
@viewer_required
def progress(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show how far the initial import is."""
    connection = connection_for(viewer.account)
    state = initial_import_progress(connection, now=timezone.now()) if connection else None
    response = render(request, "quickbooks/_import_card.html", {"connection": connection, "progress": state})
    if state is None and connection is not None and connection.is_active:
        # Only told, never reloaded: somebody may be in the middle of the form below.
        text = _("%(company)s is read. Everything works now.") % {"company": connection.company.name}
        response["HX-Trigger"] = json.dumps({"toast": {"message": text}})
    return response


@viewer_required
def disconnect(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Ask, then end the connection."""
    connection = connection_for(viewer.account)
    if connection is None:
        return redirect("quickbooks:settings")
    if not (viewer.is_admin or connection.owner_id == viewer.member.pk):
        return refuse(request, "disconnect_needs_owner", owner=connection.owner.name)
    if request.method != "POST":
        context = {"connection": connection, "link_counts": link_counts(connection)}
        return render(request, "quickbooks/disconnect.html", context)
    what = connection.company.name
    event_add(viewer.account, "quickbooks.disconnected", actor=viewer.member, what=what)
    if service.connection_disconnect(connection, now=timezone.now()):
        messages.success(request, _("Disconnected. Invoices and links are kept."))
    else:
        messages.warning(
            request,
            _("Disconnected here. QuickBooks did not answer, so remove the app there under My apps as well."),
        )
    return redirect(reverse("quickbooks:settings"))
