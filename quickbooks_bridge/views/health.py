"""The health page: what is well, what is not, whose turn it is; for admins only."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.health import health_of
from quickbooks_bridge.models import Notice
from quickbooks_bridge.selectors import company_zone, connection_seen_by
from quickbooks_bridge.services.index import connection_sync


@require_safe
@viewer_required
def health(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show the account's connection and everything that needs somebody."""
    if not viewer.is_admin:
        raise Http404
    connection = connection_seen_by(viewer)
    now = timezone.now()
    context = {
        "connection": connection,
        "now": now,
        "zone": company_zone(connection) if connection else None,
        "health": health_of(viewer, connection, now=now) if connection else None,
    }
    return render(request, "quickbooks/health.html", context)


@require_POST
@viewer_required
def health_sync(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Ask QuickBooks for all changes now: one call."""
    connection = connection_seen_by(viewer)
    if not viewer.is_admin or connection is None:
        raise Http404
    if connection.is_active and connection_sync(connection, now=timezone.now(), interactive=True):
        messages.success(request, _("In step with QuickBooks."))
    else:
        messages.warning(request, _("QuickBooks was not read: it does not answer, or is being read already."))
    return redirect("quickbooks:health")


@require_POST
@viewer_required
def health_notices(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Have mails that did not go out tried again at once."""
    if not viewer.is_admin:
        raise Http404
    Notice.objects.filter(account=viewer.account, sent_at__isnull=True).update(next_try_at=timezone.now())
    messages.success(request, _("They are tried again now."))
    return redirect("quickbooks:health")
