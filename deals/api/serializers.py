"""What the REST API takes and shows of the CRM side."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from deals.models import CustomField, Deal, DealLine, Organization, Person, Product

MOST_LINES = 1000
EXTERNAL_ID = r"[^\x00-\x1f/]{1,120}"


def money(**more: Any) -> serializers.DecimalField:
    """Return a field of an amount of money."""
    return serializers.DecimalField(max_digits=17, decimal_places=2, **more)


def fine(**more: Any) -> serializers.DecimalField:
    """Return a field of a price or quantity, of at most five decimals."""
    return serializers.DecimalField(max_digits=15, decimal_places=5, normalize_output=True, **more)


class CustomValues(serializers.DictField):
    """Custom fields by their keys; each value is a text."""

    child = serializers.CharField(allow_blank=True, max_length=2000)


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    """A company that is sold to. The address is one text, or parts, or both."""

    custom = CustomValues(required=False)

    class Meta:
        model = Organization
        fields = [
            "id", "external_id", "name", "address", "street", "city", "region", "postal_code", "country", "custom",
        ]  # fmt: skip
        read_only_fields = ["external_id"]


class PersonSerializer(serializers.ModelSerializer[Person]):
    """A contact; `organization` is the external id of where the person works."""

    organization = serializers.CharField(
        source="organization_external_id", max_length=120, required=False, allow_blank=True
    )
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    custom = CustomValues(required=False)

    class Meta:
        model = Person
        fields = ["id", "external_id", "name", "email", "phone", "organization", "custom"]
        read_only_fields = ["external_id"]

    def to_representation(self, instance: Person) -> dict[str, Any]:
        """Return the person with the external id of its organization."""
        instance.organization_external_id = _external(instance.organization)  # type: ignore[attr-defined]
        return super().to_representation(instance)


class ProductSerializer(serializers.ModelSerializer[Product]):
    """Something that is sold."""

    unit_price = fine(required=False, min_value=Decimal(0))
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)

    class Meta:
        model = Product
        fields = [
            "id", "external_id", "name", "code", "description", "unit_price", "currency", "tax_percent", "is_active",
        ]  # fmt: skip
        read_only_fields = ["external_id"]


class CustomFieldSerializer(serializers.ModelSerializer[CustomField]):
    """A field that the other CRM has beyond ours; the mapping offers it like any other."""

    class Meta:
        model = CustomField
        fields = ["entity", "key", "label", "kind"]
        read_only_fields = ["entity", "key"]


class DealLineSerializer(serializers.ModelSerializer[DealLine]):
    """A product on a deal; `product` is its external id, "" for one without a product."""

    external_id = serializers.CharField(max_length=120, required=False, allow_blank=True)
    product = serializers.CharField(
        source="product_external_id", max_length=120, required=False, allow_blank=True
    )
    quantity = fine(required=False)
    unit_price = fine(required=False)
    discount = fine(required=False, min_value=Decimal(0))

    class Meta:
        model = DealLine
        fields = [
            "id", "external_id", "product", "name", "comment", "quantity", "unit_price", "discount", "discount_kind",
            "tax_percent",
        ]  # fmt: skip

    def to_representation(self, instance: DealLine) -> dict[str, Any]:
        """Return the line with the external id of its product."""
        instance.product_external_id = _external(instance.product)  # type: ignore[attr-defined]
        return super().to_representation(instance)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A deal with two products",
            value={
                "title": "Fit-out of two floors",
                "organization": "org-1",
                "person": "p-1",
                "currency": "USD",
                "lines": [
                    {
                        "external_id": "1",
                        "product": "desk",
                        "name": "Desk",
                        "quantity": "4",
                        "unit_price": "250.5",
                    },
                    {"external_id": "2", "name": "Delivery", "unit_price": "80", "discount": "10"},
                ],
            },
            request_only=True,
        )
    ]
)
class DealSerializer(serializers.ModelSerializer[Deal]):
    """A deal with its products. `organization` and `person` are external ids; `stage` is a name.

    Without `lines` a deal keeps those it has; with them it has these and no others.
    """

    organization = serializers.CharField(
        source="organization_external_id", max_length=120, required=False, allow_blank=True
    )
    person = serializers.CharField(
        source="person_external_id", max_length=120, required=False, allow_blank=True
    )
    stage = serializers.CharField(source="stage_name", max_length=80, required=False, allow_blank=True)
    value = money(required=False, min_value=Decimal(0))
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)
    custom = CustomValues(required=False)
    lines = DealLineSerializer(many=True, required=False)

    class Meta:
        model = Deal
        fields = [
            "id", "external_id", "title", "organization", "person", "stage", "status", "value", "currency", "custom",
            "lines", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["external_id", "updated_at"]

    def to_representation(self, instance: Deal) -> dict[str, Any]:
        """Return the deal with the external ids of what it names."""
        instance.organization_external_id = _external(instance.organization)  # type: ignore[attr-defined]
        instance.person_external_id = _external(instance.person)  # type: ignore[attr-defined]
        instance.stage_name = instance.stage.name  # type: ignore[attr-defined]
        return super().to_representation(instance)

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse too many lines, lines without a name, and duplicate external ids."""
        if any(not line.get("name", "").strip() for line in lines):
            raise serializers.ValidationError("Each line needs a name.")
        if len(lines) > MOST_LINES:
            raise serializers.ValidationError(f"A deal takes up to {MOST_LINES} lines.")
        ids = [line["external_id"] for line in lines if line.get("external_id")]
        if len(ids) != len(set(ids)):
            raise serializers.ValidationError("Two lines have the same external_id.")
        return lines


def _external(row: Organization | Person | Product | None) -> str:
    return row.external_id if row is not None else ""
