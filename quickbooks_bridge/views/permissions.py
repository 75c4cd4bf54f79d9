"""Which rows a viewer may touch: everything else answers 404 or says whom to ask."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme

from deals.models import Deal
from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.selectors.request_context import RequestContext

P = ParamSpec("P")


def invoice_access_required(
    view: Callable[Concatenate[HttpRequest, Viewer, Connection, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Turn `view(request, viewer, connection, ...)` into one for people who see the account's invoices."""

    @wraps(view)
    def inner(request: HttpRequest, viewer: Viewer, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        context = RequestContext.of(viewer)
        connection = context.connection
        if connection is None or not context.may_see_invoices:
            raise Http404
        return view(request, viewer, connection, *args, **kwargs)

    return viewer_required(inner)


def deal_or_404(viewer: Viewer, pk: int) -> Deal:
    """Return a deal of the viewer's account, or 404."""
    return RequestContext.of(viewer).deal(pk)


def invoice_or_404(viewer: Viewer, connection: Connection, pk: int) -> Invoice:
    """Return an invoice of the viewer's account and the connection's company, or 404."""
    return get_object_or_404(
        Invoice.objects.select_related("deal", "company"), company=connection.company_id, pk=pk
    )


def linked_invoice_or_404(viewer: Viewer, pk: int) -> Invoice:
    """Return an invoice that a deal of the viewer's account shows, of a former company too, or 404."""
    return get_object_or_404(
        Invoice.objects.select_related("deal", "company"),
        company__account=viewer.account,
        deal__isnull=False,
        pk=pk,
    )


def next_path(request: HttpRequest, default: str) -> str:
    """Return the posted address to go back to when it is one of ours, else `default`."""
    path = request.POST.get("next", "")
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else default
