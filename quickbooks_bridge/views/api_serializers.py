"""What the REST API takes and shows of invoices."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from quickbooks_bridge.deal_page.invoice_rows import InvoiceRow
from quickbooks_bridge.domain.status import Status
from quickbooks_bridge.models import Customer, Item


def money(**more: Any) -> serializers.DecimalField:
    """Return a field of an amount of money."""
    return serializers.DecimalField(max_digits=17, decimal_places=2, **more)


class ActionSerializer(serializers.Serializer[Any]):
    """Something that may be done with an invoice now; the pages show the same list."""

    id = serializers.CharField()
    is_destructive = serializers.BooleanField()


class InvoiceSerializer(serializers.Serializer[InvoiceRow]):
    """An invoice as QuickBooks said it last. `status` is derived from amounts and today in the company's time zone."""

    id = serializers.IntegerField(source="invoice.pk")
    quickbooks_id = serializers.CharField(source="invoice.qbo_id")
    number = serializers.CharField()
    deal = serializers.IntegerField(source="invoice.deal_id", allow_null=True)
    status = serializers.ChoiceField(choices=[status.value for status in Status])
    currency = serializers.CharField(source="invoice.currency")
    total = money(allow_null=True)
    balance = money(allow_null=True)
    issue_date = serializers.DateField(source="invoice.txn_date", allow_null=True)
    due_date = serializers.DateField(source="invoice.due_date", allow_null=True)
    customer_quickbooks_id = serializers.CharField(source="invoice.customer_qbo_id")
    alarm = serializers.CharField(help_text="What an accountant should look at; empty for nothing.")
    link = serializers.URLField(help_text="The invoice's page in QuickBooks.")
    actions = ActionSerializer(many=True)


class DealTotalsSerializer(serializers.Serializer[Any]):
    """What a deal's invoices come to in one currency."""

    currency = serializers.CharField()
    count = serializers.IntegerField()
    invoiced = money()
    paid = money()
    outstanding = money()
    overdue = money()
    unconfirmed = money()
    unused_credit = money()


class DealInvoicesSerializer(serializers.Serializer[Any]):
    """A deal's invoices, the newest first, and their sums by currency."""

    state = serializers.ChoiceField(choices=["not_connected", "not_yours", "connected"])
    as_of = serializers.CharField(help_text="When QuickBooks was asked last, in words.")
    totals = DealTotalsSerializer(many=True)
    invoices = InvoiceSerializer(many=True)


class ProblemSerializer(serializers.Serializer[Any]):
    """One thing that stands in the way, or that somebody should know."""

    code = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(help_text="The field that it is about; empty for the whole invoice.")
    is_blocking = serializers.BooleanField()


class ReadinessSerializer(serializers.Serializer[Any]):
    """Whether the deal's next invoice could be created as it would be filled now."""

    is_ready = serializers.BooleanField()
    total = money(allow_null=True, help_text="Before tax where QuickBooks alone knows it.")
    problems = ProblemSerializer(many=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "For a customer that QuickBooks does not know yet",
            value={
                "new_customer_name": "Quill Ltd",
                "address": "1 Elm St\nAustin, TX 78701",
                "email": "accounts@quill.example",
                "due_date": "2026-12-31",
            },
            request_only=True,
        ),
        OpenApiExample("As the form would be filled", value={}, request_only=True),
    ]
)
class NewInvoiceSerializer(serializers.Serializer[Any]):
    """What differs from what the form would be filled with; everything may be left out."""

    customer_quickbooks_id = serializers.CharField(max_length=30, required=False)
    new_customer_name = serializers.CharField(max_length=500, required=False)
    to = serializers.CharField(max_length=500, required=False, allow_blank=True)
    address = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    email = serializers.CharField(max_length=100, required=False, allow_blank=True)
    tax_id = serializers.CharField(max_length=30, required=False, allow_blank=True)
    issue_date = serializers.DateField(required=False)
    due_date = serializers.DateField(required=False)
    number = serializers.CharField(max_length=21, required=False, allow_blank=True)
    message = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    memo = serializers.CharField(max_length=3900, required=False, allow_blank=True)
    items = serializers.DictField(
        child=serializers.CharField(max_length=30),
        required=False,
        help_text="QuickBooks products for lines that have none yet, by the id of the deal's line. They are remembered.",
    )
    again_reason = serializers.CharField(
        max_length=200, required=False, help_text="Why the same is billed once more, where it is."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two customers at once."""
        if attrs.get("customer_quickbooks_id") and attrs.get("new_customer_name"):
            raise serializers.ValidationError("Send customer_quickbooks_id or new_customer_name, not both.")
        return attrs


class ItemSerializer(serializers.Serializer[Item]):
    """A QuickBooks product that a line can be linked to."""

    quickbooks_id = serializers.CharField(source="qbo_id")
    name = serializers.CharField()
    sku = serializers.CharField()
    kind = serializers.CharField()
    unit_price = serializers.DecimalField(max_digits=17, decimal_places=5, normalize_output=True)
    is_active = serializers.BooleanField()


class CustomerSerializer(serializers.Serializer[Customer]):
    """A QuickBooks customer that an invoice can be for."""

    quickbooks_id = serializers.CharField(source="qbo_id")
    name = serializers.CharField(source="display_name")
    currency = serializers.CharField()
    is_active = serializers.BooleanField()


class VoidSerializer(serializers.Serializer[Any]):
    """Why an invoice is voided."""

    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class SendSerializer(serializers.Serializer[Any]):
    """Where an invoice is mailed to; without it, to the address on the invoice."""

    to = serializers.EmailField(max_length=100, required=False)
