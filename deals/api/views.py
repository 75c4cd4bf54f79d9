"""Addresses of the REST API for the CRM side."""

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deals import push
from deals.models import CustomField, Deal, DealLine, Organization, Person, Product
from deals.rights import visible_deals
from deals.viewer import Viewer

from .authentication import MayPush, viewer_of
from .etags import check_version, versioned
from .pagination import ById
from .serializers import (
    EXTERNAL_ID,
    CustomFieldSerializer,
    DealSerializer,
    OrganizationSerializer,
    PersonSerializer,
    ProductSerializer,
)

IF_MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The ETag of what you read."
)
FILTERS = [
    OpenApiParameter("external_id", OpenApiTypes.STR, description="Only the row of this external id."),
    OpenApiParameter(
        "updated_since", OpenApiTypes.DATETIME, description="Deals alone: only those that changed since."
    ),
    OpenApiParameter("status", OpenApiTypes.STR, enum=Deal.Status.values, description="Deals alone."),
]


def with_lines(deals: QuerySet[Deal]) -> QuerySet[Deal]:
    """Return deals with all that is shown of them, in a fixed number of statements."""
    lines = DealLine.objects.select_related("product").order_by("position", "id")
    return deals.select_related("organization", "person", "stage").prefetch_related(
        Prefetch("lines", queryset=lines)
    )


def rows_of(kind: type[Any], viewer: Viewer) -> QuerySet[Any]:
    """Return the account's rows of a kind, with what is shown of them."""
    rows: QuerySet[Any] = kind._default_manager.filter(account=viewer.account)
    if kind is Deal:
        return with_lines(rows.filter(visible_deals(viewer)))
    return rows.select_related("organization") if kind is Person else rows


def _described(name: str) -> Any:
    """Return what the API description says of a list and its filters."""
    return extend_schema_view(get=extend_schema(operation_id=f"{name}_list", parameters=FILTERS))


def _pushed(name: str, serializer: type[serializers.ModelSerializer[Any]]) -> Any:
    """Return what the API description says of one row by the other CRM's id."""
    return extend_schema_view(
        get=extend_schema(operation_id=f"{name}_read", responses=serializer),
        put=extend_schema(
            operation_id=f"{name}_push",
            request=serializer,
            responses={200: serializer, 201: serializer},
            parameters=[IF_MATCH],
        ),
    )


class RowList(ListAPIView[Any]):
    """The account's rows of one kind, page by page."""

    permission_classes = (MayPush,)
    pagination_class = ById
    kind: type[Any]

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows that the filters leave."""
        if getattr(self, "swagger_fake_view", False):
            return Deal.objects.none()
        rows: QuerySet[Any] = rows_of(self.kind, viewer_of(self.request))
        asked = self.request.query_params
        if "external_id" in asked:
            rows = rows.filter(external_id=asked["external_id"][:120], external_source=push.SOURCE)
        if self.kind is Deal and "status" in asked:
            rows = rows.filter(status=_choice(asked["status"], Deal.Status.values, "status"))
        if self.kind is Deal and "updated_since" in asked:
            rows = rows.filter(updated_at__gte=_moment(asked["updated_since"]))
        return rows


def _choice(text: str, known: list[str], name: str) -> str:
    if text not in known:
        raise ValidationError({name: _("Use one of: %(known)s.") % {"known": ", ".join(known)}})
    return text


def _moment(text: str) -> Any:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or timezone.is_naive(moment):
        raise ValidationError({"updated_since": _("Use a time with its offset: 2026-03-13T09:00:00Z.")})
    return moment


class PushView(APIView):
    """One row by the other CRM's id: read it, or create and update it."""

    permission_classes = (MayPush,)
    kind: type[Any]
    serializer_class: type[serializers.ModelSerializer[Any]]

    def get(self, request: Request, external_id: str) -> Response:
        """Return the row."""
        row = get_object_or_404(
            rows_of(self.kind, viewer_of(request)), external_source=push.SOURCE, external_id=external_id
        )
        return versioned(request, self.serializer_class(row).data)

    def put(self, request: Request, external_id: str) -> Response:
        """Create the row, or update the fields that are sent."""
        if not re.fullmatch(EXTERNAL_ID, external_id):
            raise ValidationError({"external_id": _("An external id has at most 120 plain characters.")})
        viewer = viewer_of(request)
        rows = rows_of(self.kind, viewer)
        mine = rows.filter(external_source=push.SOURCE, external_id=external_id).first()
        check_version(request, self.serializer_class(mine).data if mine is not None else None)
        given = self.serializer_class(mine, data=request.data, partial=mine is not None)
        given.is_valid(raise_exception=True)
        try:
            pushed = self.save(viewer, external_id, dict(given.validated_data))
        except push.UnknownReference as unknown:
            raise ValidationError({unknown.field: unknown.text}) from unknown
        shown = self.serializer_class(rows.get(pk=pushed.row.pk)).data
        code = status.HTTP_201_CREATED if pushed.is_new else status.HTTP_200_OK
        return versioned(request, shown, code=code)

    def save(self, viewer: Viewer, external_id: str, values: dict[str, Any]) -> push.Pushed:
        """Store what was sent."""
        return push.named_push(self.kind, viewer.account, external_id, self.resolved(viewer, values))

    def resolved(self, viewer: Viewer, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values with rows in place of external ids."""
        entity = {Organization: "organization", Person: "person", Deal: "deal"}.get(self.kind, "")
        if "custom" in values:
            values["custom"] = push.known_custom(viewer.account, entity, values["custom"])
        for name, model in (("organization", Organization), ("person", Person)):
            if f"{name}_external_id" in values:
                external_id = values.pop(f"{name}_external_id")
                values[name] = push.referenced(model, viewer.account, external_id, name)
        return values


@_pushed("deal", DealSerializer)
class DealPush(PushView):
    """A deal by the other CRM's id, with its products."""

    kind = Deal
    serializer_class = DealSerializer

    def save(self, viewer: Viewer, external_id: str, values: dict[str, Any]) -> push.Pushed:
        """Store the deal with its lines."""
        values = self.resolved(viewer, values)
        if "stage_name" in values:
            values["stage"] = push.stage_named(viewer.account, values.pop("stage_name"))
        if "lines" in values:
            values["lines"] = [_line(viewer, at, line) for at, line in enumerate(values["lines"])]
        return push.deal_push(viewer.account, viewer.member, external_id, values, at=timezone.now())


def _line(viewer: Viewer, at: int, line: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(line)
    if "product_external_id" in values:
        external_id = values.pop("product_external_id")
        values["product"] = push.referenced(Product, viewer.account, external_id, f"lines.{at}.product")
    return values


class CustomFieldPush(APIView):
    """A custom field of organizations, persons or deals."""

    permission_classes = (MayPush,)
    serializer_class = CustomFieldSerializer

    @extend_schema(responses={200: CustomFieldSerializer, 201: CustomFieldSerializer})
    def put(self, request: Request, entity: str, key: str) -> Response:
        """Create the field, or update its label and kind."""
        if entity not in CustomField.Entity.values:
            raise ValidationError({"entity": _("Use organization, person or deal.")})
        viewer = viewer_of(request)
        known = CustomField.objects.filter(account=viewer.account, entity=entity, key=key).first()
        given = CustomFieldSerializer(known, data=request.data, partial=known is not None)
        given.is_valid(raise_exception=True)
        pushed = push.custom_field_push(viewer.account, entity, key, given.validated_data)
        code = status.HTTP_201_CREATED if pushed.is_new else status.HTTP_200_OK
        return versioned(request, CustomFieldSerializer(pushed.row).data, code=code)


class DealById(APIView):
    """A deal by our own id, whoever wrote it."""

    permission_classes = (MayPush,)
    serializer_class = DealSerializer

    @extend_schema(responses=DealSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return the deal."""
        deal = get_object_or_404(rows_of(Deal, viewer_of(request)), pk=pk)
        return versioned(request, DealSerializer(deal).data)


@_described("organizations")
class OrganizationList(RowList):
    """The account's organizations."""

    kind = Organization
    serializer_class = OrganizationSerializer


@_pushed("organization", OrganizationSerializer)
class OrganizationPush(PushView):
    """An organization by the other CRM's id."""

    kind = Organization
    serializer_class = OrganizationSerializer


@_described("persons")
class PersonList(RowList):
    """The account's contacts."""

    kind = Person
    serializer_class = PersonSerializer


@_pushed("person", PersonSerializer)
class PersonPush(PushView):
    """A contact by the other CRM's id."""

    kind = Person
    serializer_class = PersonSerializer


@_described("products")
class ProductList(RowList):
    """The account's products."""

    kind = Product
    serializer_class = ProductSerializer


@_pushed("product", ProductSerializer)
class ProductPush(PushView):
    """A product by the other CRM's id."""

    kind = Product
    serializer_class = ProductSerializer


@_described("deals")
class DealList(RowList):
    """The account's deals with their products."""

    kind = Deal
    serializer_class = DealSerializer


@extend_schema(exclude=True)
class NotFoundView(APIView):
    """Whatever is no address of the API; after the question who asks."""

    def get(self, request: Request, rest: str) -> Response:
        """Raise NotFound."""
        raise NotFound

    post = put = get
