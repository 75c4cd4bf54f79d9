"""The REST API of invoices: the same rules, refusals and list of actions as the pages."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deals.api.authentication import MayInvoice, viewer_of
from deals.api.etags import versioned
from deals.api.idempotency import HEADER, once
from deals.api.pagination import ById
from deals.rights import Right
from deals.viewer import Viewer
from quickbooks_bridge.deal_page.invoice_rows import InvoiceRow, invoice_row
from quickbooks_bridge.deal_page.panels import panel_context
from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.invoice_form.api_create import api_check, api_create
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.selectors.connections import company_today
from quickbooks_bridge.selectors.customers import search_customers
from quickbooks_bridge.selectors.deals import (
    LONGEST_PAGE,
    DealIntents,
    open_intents,
    sums_of_deal,
    totals_by_currency,
)
from quickbooks_bridge.selectors.items import search_items
from quickbooks_bridge.selectors.request_context import RequestContext
from quickbooks_bridge.services.invoicing import actions as service
from quickbooks_bridge.services.invoicing.voids import invoice_void
from quickbooks_bridge.services.mirror.events import InvoiceState
from quickbooks_bridge.services.operations.person_limit import person_asks

from .api_serializers import (
    CustomerSerializer,
    DealInvoicesSerializer,
    InvoiceSerializer,
    ItemSerializer,
    NewInvoiceSerializer,
    ReadinessSerializer,
    SendSerializer,
    VoidSerializer,
)
from .invoice_actions import refusal_of
from .permissions import deal_or_404, invoice_or_404

IDEMPOTENCY = OpenApiParameter(
    HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, required=True,
    description="A new one for each thing to be done; repeated, it gives the first answer.",
)  # fmt: skip


class NotAllowedNow(APIException):
    """The invoice's own list of actions does not have this one."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_allowed_now"


class Refused(APIException):
    """QuickBooks, or what stands between, did not do it."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "refused"


def _connection(viewer: Viewer) -> Connection:
    """Return the account's connection; 404 where the caller may not see its invoices."""
    context = RequestContext.of(viewer)
    if context.connection is None or not context.may_see_invoices:
        raise Http404
    return context.connection


def _shown(invoice: Invoice, connection: Connection, viewer: Viewer) -> dict[str, Any]:
    invoice.refresh_from_db()
    return dict(InvoiceSerializer(invoice_row(invoice, connection, viewer=viewer, now=timezone.now())).data)


class InvoicesOfDeal(APIView):
    """A deal's invoices: read them, or create the next one."""

    permission_classes = (MayInvoice,)

    @extend_schema(operation_id="deal_invoices_list", responses=DealInvoicesSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return the newest invoices and the sums; QuickBooks is not asked."""
        viewer = viewer_of(request)
        deal = deal_or_404(viewer, pk)
        context = panel_context(viewer, deal, size=LONGEST_PAGE)
        data: dict[str, Any] = {"state": context["state"], "as_of": "", "totals": [], "invoices": []}
        if context["state"] == "connected":
            today = company_today(context["connection"], now=timezone.now())
            sums = sums_of_deal(deal.pk, today=today)
            waiting = DealIntents.of(list(open_intents(deal.pk))).unfinished
            data |= {
                "as_of": context["as_of"],
                "totals": totals_by_currency(deal, sums, waiting, credit=context["credit"]),
                "invoices": context["rows"],
            }
        return versioned(request, DealInvoicesSerializer(data).data)

    @extend_schema(
        operation_id="deal_invoices_create",
        request=NewInvoiceSerializer,
        parameters=[IDEMPOTENCY],
        responses={
            201: InvoiceSerializer,
            202: OpenApiResponse(description="Sent, and not confirmed yet: it is looked for by itself."),
            422: OpenApiResponse(description="What stands in the way, each with its code and field."),
        },
    )
    def post(self, request: Request, pk: int) -> Response:
        """Create the deal's next invoice as the form would be filled, with what is sent instead."""
        viewer = viewer_of(request)
        deal, connection = deal_or_404(viewer, pk), _connection(viewer)
        if not viewer.may(Right.CREATE):
            raise PermissionDenied
        given = NewInvoiceSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        now = timezone.now()

        def act() -> Response:
            key = str(request.headers[HEADER])
            made = api_create(viewer, connection, deal, given.validated_data, key=key, now=now)
            if made.invoice is not None:
                return Response(_shown(made.invoice, connection, viewer), status=status.HTTP_201_CREATED)
            if made.is_unconfirmed:
                return Response({"state": "unconfirmed"}, status=status.HTTP_202_ACCEPTED)
            if made.is_overtaken:
                raise NotAllowedNow(
                    _(
                        "Another invoice of this deal was decided in the same moment. Read the deal's invoices."
                    )
                )
            errors = [problem for problem in made.problems if problem["is_blocking"]]
            body = {"type": "validation_error", "errors": errors}
            return Response(body, status=status.HTTP_422_UNPROCESSABLE_ENTITY)

        return once(request, viewer.account, act, now=now)


class ReadinessOfDeal(APIView):
    """Whether a deal's next invoice could be created now."""

    permission_classes = (MayInvoice,)

    @extend_schema(operation_id="deal_readiness", responses=ReadinessSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return what the form would say; QuickBooks is asked for an exchange rate that is not known yet at most."""
        viewer = viewer_of(request)
        deal, connection = deal_or_404(viewer, pk), _connection(viewer)
        found = api_check(viewer, connection, deal, {}, now=timezone.now())
        return Response(ReadinessSerializer(found).data)


SEARCH = OpenApiParameter("q", OpenApiTypes.STR, description="Words of the name; at most twenty are found.")
FOUND = 20


class ItemSearch(APIView):
    """The company's products, from the local copy."""

    permission_classes = (MayInvoice,)

    @extend_schema(operation_id="items_search", parameters=[SEARCH], responses=ItemSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Return the products that match best."""
        viewer = viewer_of(request)
        query = request.query_params.get("q", "")[:200].replace("\x00", "")
        rows, _count = search_items(_connection(viewer).company_id, query, limit=FOUND)
        return Response(ItemSerializer(rows, many=True).data)  # type: ignore[arg-type]


class CustomerSearch(APIView):
    """The company's customers, from the local copy."""

    permission_classes = (MayInvoice,)

    @extend_schema(
        operation_id="customers_search", parameters=[SEARCH], responses=CustomerSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """Return the customers that match best."""
        viewer = viewer_of(request)
        query = request.query_params.get("q", "")[:200].replace("\x00", "")
        rows, _count = search_customers(_connection(viewer).company_id, query, limit=FOUND)
        return Response(CustomerSerializer(rows, many=True).data)  # type: ignore[arg-type]


class InvoiceList(ListAPIView[Any]):
    """The company's invoices that deals have, page by page."""

    permission_classes = (MayInvoice,)
    pagination_class = ById
    serializer_class = InvoiceSerializer

    @extend_schema(
        operation_id="invoices_list",
        parameters=[OpenApiParameter("deal", OpenApiTypes.INT, description="Only those of this deal.")],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of invoices."""
        viewer = viewer_of(request)
        connection = _connection(viewer)
        rows = Invoice.objects.select_related("company").filter(
            company=connection.company_id, deal__isnull=False
        )
        deal = request.query_params.get("deal", "")
        if deal:
            rows = (
                rows.filter(deal=int(deal))
                if deal.isascii() and deal.isdigit() and len(deal) < 19
                else rows.none()
            )
        page = self.paginate_queryset(rows)
        now = timezone.now()
        shown = [invoice_row(row, connection, viewer=viewer, now=now) for row in page or []]
        return self.get_paginated_response(InvoiceSerializer(shown, many=True).data)  # type: ignore[arg-type]


class InvoiceDetail(APIView):
    """One invoice."""

    permission_classes = (MayInvoice,)

    @extend_schema(operation_id="invoice_read", responses=InvoiceSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return the invoice as it is known here."""
        viewer = viewer_of(request)
        connection = _connection(viewer)
        return versioned(request, _shown(invoice_or_404(viewer, connection, pk), connection, viewer))


class _Action(APIView):
    """Something done with an invoice: allowed by its own list of actions, once for each idempotency key."""

    permission_classes = (MayInvoice,)
    action = ""

    def done(
        self, request: Request, pk: int, act: Callable[[Viewer, Connection, Invoice], object]
    ) -> Response:
        """Do it, and return the invoice as it is then."""
        viewer = viewer_of(request)
        connection = _connection(viewer)
        invoice = invoice_or_404(viewer, connection, pk)

        def run() -> Response:
            row = invoice_row(invoice, connection, viewer=viewer, now=timezone.now())
            _allowed(row, self.action)
            try:
                act(viewer, connection, invoice)
            except service.InvoiceChanged as changed:
                raise NotAllowedNow(
                    _("The invoice changed in QuickBooks meanwhile. Read it again.")
                ) from changed
            except QuickBooksError as error:
                raise _refused(error, self.action) from error
            return Response(_shown(invoice, connection, viewer))

        return once(request, viewer.account, run, now=timezone.now())


def _allowed(row: InvoiceRow, action: str) -> None:
    if not any(entry.id == action for entry in row.actions):
        raise NotAllowedNow(_("This cannot be done with the invoice as it is now."))


def _refused(error: QuickBooksError, action: str) -> Refused:
    words = refusal_of(error, action)
    return Refused(f"{words['title']}. {words['text']}", code=error.problem_code or "refused")


class InvoiceVoid(_Action):
    """Void an invoice."""

    action = "void"

    @extend_schema(
        operation_id="invoice_void",
        request=VoidSerializer,
        responses=InvoiceSerializer,
        parameters=[IDEMPOTENCY],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Void it in QuickBooks; this cannot be undone."""
        given = VoidSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        reason = given.validated_data.get("reason", "")
        return self.done(
            request,
            pk,
            lambda viewer, connection, invoice: invoice_void(
                viewer, connection, invoice, seen=InvoiceState.of(invoice), now=timezone.now(), reason=reason
            ),
        )


class InvoiceDelete(_Action):
    """Delete an invoice."""

    action = "delete"

    @extend_schema(
        operation_id="invoice_delete", request=None, responses=InvoiceSerializer, parameters=[IDEMPOTENCY]
    )
    def post(self, request: Request, pk: int) -> Response:
        """Delete it in QuickBooks; here its row stays with the status Deleted."""
        return self.done(
            request,
            pk,
            lambda viewer, connection, invoice: service.invoice_delete(
                viewer, connection, invoice, seen=InvoiceState.of(invoice), now=timezone.now()
            ),
        )


class InvoiceSend(_Action):
    """Mail an invoice."""

    action = "send"

    @extend_schema(
        operation_id="invoice_send",
        request=SendSerializer,
        responses=InvoiceSerializer,
        parameters=[IDEMPOTENCY],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Let QuickBooks mail it."""
        given = SendSerializer(data=request.data)
        given.is_valid(raise_exception=True)

        def send(viewer: Viewer, connection: Connection, invoice: Invoice) -> None:
            to = given.validated_data.get("to") or invoice.bill_email
            if not to:
                raise NotAllowedNow(_("The invoice has no email address. Send one."))
            person_asks(viewer)
            service.invoice_send(
                viewer, connection, invoice, to=to, seen=InvoiceState.of(invoice), now=timezone.now()
            )

        return self.done(request, pk, send)


class InvoicePdf(APIView):
    """An invoice's PDF."""

    permission_classes = (MayInvoice,)

    @extend_schema(operation_id="invoice_pdf", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Return QuickBooks' own PDF."""
        viewer = viewer_of(request)
        connection = _connection(viewer)
        invoice = invoice_or_404(viewer, connection, pk)
        _allowed(invoice_row(invoice, connection, viewer=viewer, now=timezone.now()), "pdf")
        try:
            person_asks(viewer)
            data = service.invoice_pdf(connection, invoice, now=timezone.now())
        except QuickBooksError as error:
            raise _refused(error, "pdf") from error
        return HttpResponse(
            data, content_type="application/pdf", headers={"Cache-Control": "private, no-store"}
        )
