"""Asking for the check of all open deals."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from deals.viewer import Viewer
from quickbooks_bridge.invoice_form.readiness import open_deals
from quickbooks_bridge.models import Connection, InvoicingSettings
from quickbooks_bridge.tasks.enqueue import enqueue

from .permissions import invoice_access_required, next_path


@require_POST
@invoice_access_required
def readiness_ask(request: HttpRequest, viewer: Viewer, connection: Connection) -> HttpResponse:
    """Let the open deals be checked now; the worker does it, and the list shows what it finds."""
    if not connection.is_active:
        messages.warning(
            request, _("QuickBooks is not connected, so no deal can be invoiced. Connect it first.")
        )
        return redirect(next_path(request, "/deals/"))
    InvoicingSettings.objects.filter(account=viewer.account).update(readiness_due_at=timezone.now())
    enqueue("maintenance.check_readiness")
    count = open_deals(viewer.account).count()
    words = ngettext(
        "%(n)s open deal is being checked. The list shows it as soon as it is done.",
        "%(n)s open deals are being checked. The list shows them as soon as they are done.",
        count,
    )
    messages.success(request, words % {"n": count})
    return redirect(next_path(request, "/deals/"))
