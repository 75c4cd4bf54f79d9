"""Which rows a viewer may touch: everything else answers 404 or says whom to ask."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme

from deals.models import Deal
from deals.selectors import deal_for
from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.selectors import connection_seen_by, may_see_invoices

P = ParamSpec("P")


def owner_required(
    view: Callable[Concatenate[HttpRequest, Viewer, Connection, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Turn `view(request, viewer, connection, ...)` into one for people who see the account's invoices."""

    @wraps(view)
    def inner(request: HttpRequest, viewer: Viewer, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        connection = connection_seen_by(viewer)
        if connection is None or not may_see_invoices(viewer, connection):
            raise Http404
        return view(request, viewer, connection, *args, **kwargs)

    return viewer_required(inner)


def deal_of(viewer: Viewer, pk: int) -> Deal:
    """Give a deal of the viewer's account, or 404."""
    return deal_for(viewer.account, pk)


def invoice_of(viewer: Viewer, connection: Connection, pk: int) -> Invoice:
    """Give an invoice of the viewer's account and the connection's company, or 404."""
    return get_object_or_404(
        Invoice.objects.select_related("deal"), account=viewer.account, realm_id=connection.realm_id, pk=pk
    )


def linked_invoice_of(viewer: Viewer, pk: int) -> Invoice:
    """Give an invoice that a deal of the viewer's account shows, of a former company too, or 404."""
    return get_object_or_404(
        Invoice.objects.select_related("deal"), account=viewer.account, deal__isnull=False, pk=pk
    )


def next_path(request: HttpRequest, default: str) -> str:
    """Give the posted address to go back to when it is one of ours, else `default`."""
    path = request.POST.get("next", "")
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else default
