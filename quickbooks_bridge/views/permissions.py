"""Which rows a viewer may touch: everything else answers 404 or says whom to ask."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.db.models import Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme

from deals.models import Deal, Member, Organization, Person, Stage
from deals.selectors import deal_for
from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.db.batch_select import PreparedBatch, attach_related
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.selectors.connections import (
    connections_newest_first,
    current_connection,
    may_see_invoices,
    set_current_connection,
)

P = ParamSpec("P")


def invoice_access_required(
    view: Callable[Concatenate[HttpRequest, Viewer, Connection, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Turn `view(request, viewer, connection, ...)` into one for people who see the account's invoices."""

    @wraps(view)
    def inner(request: HttpRequest, viewer: Viewer, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if isinstance(kwargs.get("deal_pk"), int):
            _preload_deal(viewer, kwargs["deal_pk"])  # type: ignore[arg-type]
        connection = current_connection(viewer)
        if connection is None or not may_see_invoices(viewer, connection):
            raise Http404
        return view(request, viewer, connection, *args, **kwargs)

    return viewer_required(inner)


def _parts(account: int, deal: int) -> dict[str, QuerySet[Any]]:
    deals = Deal.objects.filter(account=account, pk=deal)
    connections = connections_newest_first(account)[:1]
    return {
        "connection": connections,
        "deal": deals,
        "organization": Organization.objects.filter(pk=Subquery(deals.values("organization")[:1])),
        "person": Person.objects.filter(pk=Subquery(deals.values("person")[:1])),
        "stage": Stage.objects.filter(pk=Subquery(deals.values("stage")[:1])),
        "owner": Member.objects.filter(
            Q(pk=Subquery(deals.values("owner")[:1])) | Q(pk=Subquery(connections.values("owner")))
        ),
    }


_BOTH = PreparedBatch(_parts)


def _preload_deal(viewer: Viewer, pk: int) -> None:
    """Read connection and deal in one statement and keep them for the rest of the request."""
    found = _BOTH.read(account=viewer.account.pk, deal=pk)
    connections, deals = found.rows("connection"), found.rows("deal")
    attach_related(connections, "owner", found.rows("owner"))
    for name in ("organization", "person", "stage", "owner"):
        attach_related(deals, name, found.rows(name))
    attach_related(deals, "account", [viewer.account])
    set_current_connection(viewer, next(iter(connections), None))
    viewer.member.__dict__["_quickbooks_deal"] = next(iter(deals), None)


def deal_or_404(viewer: Viewer, pk: int) -> Deal:
    """Return a deal of the viewer's account, or 404."""
    kept: Deal | None = viewer.member.__dict__.get("_quickbooks_deal")
    if kept is not None and kept.pk == pk:
        return kept
    return deal_for(viewer.account, pk)


def invoice_or_404(viewer: Viewer, connection: Connection, pk: int) -> Invoice:
    """Return an invoice of the viewer's account and the connection's company, or 404."""
    return get_object_or_404(
        Invoice.objects.select_related("deal"), account=viewer.account, realm_id=connection.realm_id, pk=pk
    )


def linked_invoice_or_404(viewer: Viewer, pk: int) -> Invoice:
    """Return an invoice that a deal of the viewer's account shows, of a former company too, or 404."""
    return get_object_or_404(
        Invoice.objects.select_related("deal"), account=viewer.account, deal__isnull=False, pk=pk
    )


def next_path(request: HttpRequest, default: str) -> str:
    """Return the posted address to go back to when it is one of ours, else `default`."""
    path = request.POST.get("next", "")
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else default
