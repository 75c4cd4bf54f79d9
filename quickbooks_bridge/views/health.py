"""The health page: what is well, what is not, who needs to act; for admins only."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_time
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.health_page import Shown, health_of, health_stamp, switch_set
from quickbooks_bridge.models import Connection, InvoiceIntent, Notification
from quickbooks_bridge.selectors.connections import company_zone
from quickbooks_bridge.selectors.pending_work import REJECTED_INTENTS
from quickbooks_bridge.selectors.request_context import RequestContext
from quickbooks_bridge.services.operations.notifications import reminder_enqueue
from quickbooks_bridge.services.sync.company import request_reconciliation, sync_company

from .limits import person_limited


def _admin(view: Callable[[HttpRequest, Viewer, Connection | None], HttpResponse]) -> Callable[..., Any]:
    """Turn `view(request, viewer, connection)` into one for admins."""

    @wraps(view)
    def inner(request: HttpRequest, viewer: Viewer, /) -> HttpResponse:
        if not viewer.is_admin:
            raise Http404
        return view(request, viewer, RequestContext.of(viewer).connection)

    return viewer_required(inner)


def _context(request: HttpRequest, viewer: Viewer, connection: Connection | None) -> dict[str, Any]:
    if connection is None:
        return {"connection": None, "health": None}
    now = timezone.now()
    shown = Shown(request.GET.get("kind", ""), request.GET.get("rows") == "all")
    health = health_of(viewer, connection, now=now, shown=shown)
    poll = {"seen": health_stamp(connection, now=now), "kind": health.events.kind}
    poll |= {"rows": "all"} if shown.is_long else {}
    return {
        "viewer": viewer,
        "connection": connection,
        "at": _exact(connection, now=now),
        "health": health,
        "poll": urlencode({key: value for key, value in poll.items() if value}),
    }


def _exact(connection: Connection, *, now: Any) -> str:
    return str(format_time(now, "HH:mm:ss", tzinfo=company_zone(connection), locale="en"))


@require_safe
@_admin
def health(request: HttpRequest, viewer: Viewer, connection: Connection | None) -> HttpResponse:
    """Show the account's connection and everything that needs somebody."""
    return render(request, "quickbooks/health.html", _context(request, viewer, connection))


@require_safe
@_admin
def health_part(request: HttpRequest, viewer: Viewer, connection: Connection | None) -> HttpResponse:
    """Return the page's own part anew; when it is still right only the time of the sync."""
    now = timezone.now()
    if connection is not None and request.GET.get("seen") == health_stamp(connection, now=now):
        response = HttpResponse(status=204)
        response["HX-Trigger"] = json.dumps({"polled": _exact(connection, now=now)})
        return response
    return render(request, "quickbooks/_health.html", _context(request, viewer, connection))


def _say(request: HttpRequest, text: str, *, is_done: bool) -> HttpResponse:
    """Say what came of a button: beside the page as it is, or on the page drawn anew where no script runs."""
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        news = (
            {"toast": {"message": text}} if is_done else {"announce": {"message": text, "how": "assertive"}}
        )
        response["HX-Trigger"] = json.dumps({**news, "poll-now": {}})
        return response
    (messages.success if is_done else messages.warning)(request, text)
    return redirect("quickbooks:health")


def _connected(connection: Connection | None) -> Connection:
    if connection is None:
        raise Http404
    return connection


@require_POST
@_admin
def health_sync(request: HttpRequest, viewer: Viewer, connection: Connection | None) -> HttpResponse:
    """Ask QuickBooks for all changes now: one call."""
    connection = _connected(connection)
    if limited := person_limited(viewer):
        return _say(request, limited, is_done=False)
    is_read = connection.is_active and sync_company(connection, now=timezone.now(), interactive=True)
    if is_read:
        text = _("Read just now: up to date with QuickBooks.")
    else:
        text = _("QuickBooks was not read: it does not answer, or is being read already.")
    return _say(request, text, is_done=is_read)


@require_POST
@_admin
def health_compare(request: HttpRequest, viewer: Viewer, connection: Connection | None) -> HttpResponse:
    """Have everything here compared with QuickBooks by the worker."""
    if limited := person_limited(viewer):
        return _say(request, limited, is_done=False)
    is_asked = request_reconciliation(_connected(connection), now=timezone.now())
    text = (
        _("Everything is compared with QuickBooks now. You may leave this page.")
        if is_asked
        else _("Nothing can be compared while QuickBooks is not connected.")
    )
    return _say(request, text, is_done=is_asked)


@require_POST
@_admin
def health_remind(request: HttpRequest, viewer: Viewer, connection: Connection | None) -> HttpResponse:
    """Have the creator of a refused invoice reminded by email."""
    key = request.POST.get("intent", "")
    refused = InvoiceIntent.objects.filter(REJECTED_INTENTS, account=viewer.account).select_related(
        "deal", "member"
    )
    intent = refused.filter(pk=key).first() if is_digits(key) else None
    if intent is None:
        return _say(request, _("This invoice waits for nobody any more."), is_done=False)
    if reminder_enqueue(intent, by=viewer.member, now=timezone.now()):
        text = _("%(name)s gets an email.") % {"name": intent.member.name}
    else:
        text = _("%(name)s was reminded today already.") % {"name": intent.member.name}
    return _say(request, text, is_done=True)


@require_POST
@_admin
def health_told(request: HttpRequest, viewer: Viewer, connection: Connection | None) -> HttpResponse:
    """Turn a kind of message on or off for the whole account."""
    is_on = request.POST.get("on") == "1"
    if not switch_set(viewer.account, request.POST.get("switch", ""), is_on=is_on):
        raise Http404
    return _say(request, _("Emails turned on.") if is_on else _("Emails turned off."), is_done=True)


@require_POST
@_admin
def health_notices(request: HttpRequest, viewer: Viewer, connection: Connection | None) -> HttpResponse:
    """Have mails that did not go out tried again at once."""
    Notification.objects.filter(account=viewer.account, sent_at__isnull=True).update(
        next_try_at=timezone.now()
    )
    return _say(request, _("They are tried again now."), is_done=True)
