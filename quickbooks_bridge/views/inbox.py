"""The inbox "Needs action": what waits for somebody, given to somebody, snoozed, solved."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from deals.models import Member
from deals.trail import event_add
from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.models import Connection
from quickbooks_bridge.needs_action.alerts import assigned_notify
from quickbooks_bridge.needs_action.decisions import issue_solve
from quickbooks_bridge.needs_action.inbox import (
    ALL,
    MINE,
    SOLVED,
    TABS,
    Assignees,
    Entry,
    entries_of,
    listed,
    seen_of,
    snooze_times,
    solved_entries,
)
from quickbooks_bridge.needs_action.support import support_bundle
from quickbooks_bridge.selectors.request_context import RequestContext
from quickbooks_bridge.services.operations.action_items import (
    item_assign,
    item_of,
    item_reopen,
    item_snooze,
)

from .permissions import next_path


def _connection(viewer: Viewer) -> Connection | None:
    return RequestContext.of(viewer).connection


@require_safe
@viewer_required
def inbox(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show what waits for the viewer, and to admins what waits for anybody."""
    connection, now = _connection(viewer), timezone.now()
    tabs = {key: words for key, words in TABS.items() if key != ALL or viewer.is_admin}
    tab = request.GET.get("tab", MINE)
    tab = tab if tab in tabs else MINE
    entries = entries_of(viewer, connection, now=now) if connection else []
    rows = listed(entries, tab) if tab != SOLVED else []
    people = Assignees(viewer, rows)
    context = {
        "viewer": viewer,
        "connection": connection,
        "tab": tab,
        "tabs": [(key, words, _number(entries, key)) for key, words in tabs.items()],
        "entries": [(entry, people.of(entry)) for entry in rows],
        "solved": solved_entries(viewer, connection, now=now) if connection and tab == SOLVED else [],
        "snoozes": snooze_times(now.astimezone(ZoneInfo(viewer.time_zone))),
        "back": request.get_full_path(),
    }
    return render(request, "quickbooks/inbox.html", context)


def _number(entries: list[Entry], tab: str) -> int | None:
    return None if tab == SOLVED else len(listed(entries, tab))


def _entry_view(
    view: Callable[[HttpRequest, Viewer, Connection, Entry, datetime], str | None],
) -> Callable[..., HttpResponse]:
    """Turn `view(request, viewer, connection, entry, now)`, which says what came of it, into one about the posted issue."""

    @wraps(view)
    def inner(request: HttpRequest, viewer: Viewer, /) -> HttpResponse:
        connection, now = _connection(viewer), timezone.now()
        if connection is None:
            raise Http404
        back = next_path(request, reverse("quickbooks:inbox"))
        entry = _entry(viewer, connection, request.POST.get("key", ""), now=now)
        if entry is None:
            messages.info(request, _("This is solved already: nothing is left to do."))
            return redirect(back)
        said = view(request, viewer, connection, entry, now)
        if said:
            messages.success(request, said)
        return redirect(back)

    return require_POST(viewer_required(inner))  # type: ignore[return-value]


def _entry(viewer: Viewer, connection: Connection, key: str, *, now: datetime) -> Entry | None:
    found = entries_of(viewer, connection, now=now)
    return next((entry for entry in found if entry.issue.key == key), None)


@_entry_view
def assign(
    request: HttpRequest, viewer: Viewer, connection: Connection, entry: Entry, now: datetime
) -> str | None:
    """Assign an issue to somebody who can do something about it, or back to whose it was."""
    wanted, held = request.POST.get("to", ""), request.POST.get("held", "")
    to: Member | None = None
    if wanted:
        to = next(
            (member for member in Assignees(viewer, [entry]).of(entry) if str(member.pk) == wanted), None
        )
        if to is None:
            messages.warning(
                request, _("This person can do nothing about it: their rights do not reach that far.")
            )
            return None
    row = item_of(viewer.account, seen_of(entry.issue), now=now)
    holder = int(held) if is_digits(held, longest=18) else None
    if not item_assign(row, to, by=viewer.member, seen_holder=holder):
        row.refresh_from_db()
        name = row.assigned_to.name if row.assigned_to else _("nobody")
        messages.warning(
            request,
            _("Somebody was faster: it belongs to %(name)s now. Nothing was changed.") % {"name": name},
        )
        return None
    event_add(
        viewer.account, "issue.assigned", actor=viewer.member, what=entry.issue.title,
        before={"assigned": entry.holder.name if entry.holder else ""}, after={"assigned": to.name if to else ""}, at=now,
    )  # fmt: skip
    if to is None:
        return _("Given back.")
    if to.pk != viewer.member.pk:
        assigned_notify(row, to, by=viewer.member, now=now)
        return _("%(name)s has it now, and is notified.") % {"name": to.name}
    return _("It is yours now.")


@_entry_view
def snooze(
    request: HttpRequest, viewer: Viewer, connection: Connection, entry: Entry, now: datetime
) -> str | None:
    """Hide an issue for a while; it comes back by itself, and at once if it happens anew."""
    wanted = request.POST.get("until", "")
    row = item_of(viewer.account, seen_of(entry.issue), now=now)
    if not wanted:
        item_snooze(row, None, now=now)
        return _("It is back in the list.")
    times = {key: at for key, _words, at in snooze_times(now.astimezone(ZoneInfo(viewer.time_zone)))}
    if wanted not in times:
        raise Http404
    item_snooze(row, times[wanted], now=now)
    return _("Snoozed. It comes back by itself, and at once if it happens anew.")


@_entry_view
def solve(
    request: HttpRequest, viewer: Viewer, connection: Connection, entry: Entry, now: datetime
) -> str | None:
    """Take an issue as solved; it comes back only if it happens anew."""
    if refused := issue_solve(viewer, connection, entry.issue, now=now):
        messages.warning(request, refused)
        return None
    return _("Solved. It comes back only if it happens anew.")


@_entry_view
def reopen(
    request: HttpRequest, viewer: Viewer, connection: Connection, entry: Entry, now: datetime
) -> str | None:
    """Bring back what was called solved and is still there."""
    row = item_of(viewer.account, seen_of(entry.issue), now=now)
    return _("It is back in the list.") if item_reopen(row) else None


@require_safe
@viewer_required
def support(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Return a support bundle of one issue, or of all that the viewer sees, as a JSON file."""
    connection, now = _connection(viewer), timezone.now()
    if connection is None:
        raise Http404
    key = request.GET.get("key", "")
    entries = entries_of(viewer, connection, now=now)
    if key:
        entries = [entry for entry in entries if entry.issue.key == key]
        if not entries:
            raise Http404
    elif not viewer.is_admin:
        raise Http404
    bundle: dict[str, Any] = support_bundle(connection, entries, now=now)
    answer = HttpResponse(json.dumps(bundle, indent=2), content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = (
        f'attachment; filename="support-{key or "account"}-{now:%Y%m%d-%H%M}.json"'
    )
    answer["Cache-Control"] = "no-store"
    return answer
