"""Which rows a viewer may touch: everything else answers 404 or says whom to ask."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme

from deals.models import Deal
from deals.rights import Right
from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.selectors.customers import customer_links
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


def right_required(
    right: Right,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Viewer, Connection, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Return a decorator like `invoice_access_required` for what takes one more right; who lacks it gets 403 and whom to ask."""

    def decorate(
        view: Callable[Concatenate[HttpRequest, Viewer, Connection, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def inner(
            request: HttpRequest,
            viewer: Viewer,
            connection: Connection,
            /,
            *args: P.args,
            **kwargs: P.kwargs,
        ) -> HttpResponseBase:
            if not viewer.may(right):
                raise PermissionDenied
            return view(request, viewer, connection, *args, **kwargs)

        return invoice_access_required(inner)

    return decorate


def deal_or_404(viewer: Viewer, pk: int) -> Deal:
    """Return a deal of the viewer's account, or 404."""
    return RequestContext.of(viewer).deal(pk)


def invoice_or_404(viewer: Viewer, connection: Connection, pk: int) -> Invoice:
    """Return an invoice of the viewer's account and the connection's company, or 404."""
    return get_object_or_404(
        reachable_invoices(viewer).select_related("deal", "company"), company=connection.company_id, pk=pk
    )


def reachable_invoices(viewer: Viewer) -> QuerySet[Invoice]:
    """Return the invoices that may be named: in a frame those of its deal, and of the customer that the deal is linked to."""
    if viewer.only_deal is None:
        return Invoice.objects.all()
    deal = RequestContext.of(viewer).deal(viewer.only_deal)
    customers = customer_links(deal)
    return Invoice.objects.filter(
        Q(deal=deal)
        | Exists(customers.filter(company=OuterRef("company"), customer_qbo_id=OuterRef("customer_qbo_id")))
    )


def linked_invoice_or_404(viewer: Viewer, pk: int) -> Invoice:
    """Return an invoice that a deal of the viewer's account shows, of a former company too, or 404."""
    return get_object_or_404(
        reachable_invoices(viewer).select_related("deal", "company"),
        company__account=viewer.account,
        deal__isnull=False,
        pk=pk,
    )


def next_path(request: HttpRequest, default: str) -> str:
    """Return the posted address to go back to when it is one of ours, else `default`."""
    path = request.POST.get("next", "")
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else default
