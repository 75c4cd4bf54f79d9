"""The tie between an account and its QuickBooks company, and how the account wants invoices filled."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deals.models import Account, Member

from .company import Company


class ConnectionManager(models.Manager["Connection"]):
    """Reads each connection with its company and how far that is synced: nothing works with one alone."""

    def get_queryset(self) -> models.QuerySet["Connection"]:
        """Return connections, joined with their company and its sync state."""
        return super().get_queryset().select_related("company__sync")


class Connection(models.Model):
    """The grant to act in a QuickBooks company, under the company's own key. Disconnecting keeps the row.

    Tokens are Fernet tokens (see crm_invoicing/encryption.py), never plain. `token_version` rises with every stored pair.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("Connected")
        NEEDS_RECONNECT = "needs_reconnect", _("Needs to sign in again")
        DISCONNECTED = "disconnected", _("Disconnected")

    company = models.OneToOneField(
        Company, on_delete=models.CASCADE, primary_key=True, related_name="connection"
    )
    # The company's own account once more: a constraint cannot look into another table.
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="quickbooks_connections")
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)

    access_token = models.TextField(blank=True, default="")
    refresh_token = models.TextField(blank=True, default="")
    access_expires_at = models.DateTimeField(null=True)
    refresh_expires_at = models.DateTimeField(null=True)
    tokens_stored_at = models.DateTimeField(null=True)
    token_version = models.PositiveIntegerField(default=0)
    refresh_lease_until = models.DateTimeField(null=True)
    # Intuit ends every grant after five years, however often it was renewed.
    consent_expires_at = models.DateTimeField(null=True)
    failed_refreshes = models.PositiveSmallIntegerField(default=0)
    next_refresh_at = models.DateTimeField(null=True)

    connected_at = models.DateTimeField()
    disconnected_at = models.DateTimeField(null=True)

    objects = ConnectionManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=~Q(status="disconnected"), name="one_connection_per_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} ({self.get_status_display()})"

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Read the row again together with its company and sync state, as it was read first."""
        kwargs.setdefault("from_queryset", Connection.objects.all())
        super().refresh_from_db(*args, **kwargs)

    @property
    def is_active(self) -> bool:
        """Whether calls may be made for it."""
        return self.status == self.Status.ACTIVE


class OAuthState(models.Model):
    """A consent that was begun: who began it, until when it may come back, and that it came back only once."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.account} until {self.expires_at:%H:%M}"


class InvoicingSettings(models.Model):
    """Which CRM fields an invoice is filled from, when it is due, and who is told of trouble; one per account."""

    class TaxPolicy(models.TextChoices):
        QUICKBOOKS = "quickbooks", _("QuickBooks works it out")
        AS_QUOTED = "as_quoted", _("As quoted in the deal")

    class DiscountStyle(models.TextChoices):
        NET = "net", _("Within the price of the line")
        LINE = "line", _("As a line of its own below the list price")

    class UsTaxId(models.TextChoices):
        NOWHERE = "", _("Keep it out of QuickBooks")
        RESALE = "resale", _("Resale number: claims a resale exemption")

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="invoicing_settings")
    to_field = models.CharField(max_length=120, default="organization.name")
    address_field = models.CharField(max_length=120, default="organization.address")
    email_field = models.CharField(max_length=120, default="person.email")
    tax_id_field = models.CharField(max_length=120, blank=True, default="")
    due_days = models.PositiveSmallIntegerField(default=7)
    tax_policy = models.CharField(max_length=10, choices=TaxPolicy, default=TaxPolicy.QUICKBOOKS)
    # What fills a place where its first field is empty, and the places that have none (domain.field_mapping.SlotRule).
    more_fields: Any = models.JSONField(default=dict, blank=True)
    # How a line's discount prints (domain.draft.DiscountStyle).
    discount_style = models.CharField(max_length=4, choices=DiscountStyle, default=DiscountStyle.NET)
    # Where a customer's tax id goes in the United States, whose customers have no field for it.
    us_tax_id_field = models.CharField(max_length=10, choices=UsTaxId, default=UsTaxId.NOWHERE, blank=True)
    saved_at = models.DateTimeField(null=True)
    # When the open deals are checked next (DealReadiness): every night, and when somebody asks.
    readiness_due_at = models.DateTimeField(null=True, db_index=True)
    readiness_checked_at = models.DateTimeField(null=True)
    notify_disconnected = models.BooleanField(default=True)
    notify_invoice_failed = models.BooleanField(default=True)
    notify_sync_delayed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.account}: due after {self.due_days} days"


class InvoicePreset(models.Model):
    """A named starting point of the invoice form; QuickBooks' own templates cannot be chosen from outside."""

    class Tax(models.TextChoices):
        BY_PRODUCT = "by_product", _("As each product says")
        TAXABLE = "taxable", _("All lines taxed")
        NOT_TAXED = "not_taxed", _("No line taxed")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invoice_presets")
    name = models.CharField(max_length=80)
    is_default = models.BooleanField(default=False)
    due_days = models.PositiveSmallIntegerField(null=True, blank=True)
    tax = models.CharField(max_length=10, choices=Tax, default=Tax.BY_PRODUCT)
    currency = models.CharField(max_length=3, blank=True, default="")
    # The company whose lists the ids below belong to; in another company they mean something else and are left out.
    company = models.ForeignKey(Company, on_delete=models.SET_NULL, null=True, related_name="+")
    term_qbo_id = models.CharField(max_length=30, blank=True, default="")
    tax_code_qbo_id = models.CharField(max_length=30, blank=True, default="")
    class_qbo_id = models.CharField(max_length=30, blank=True, default="")
    location_qbo_id = models.CharField(max_length=30, blank=True, default="")
    message = models.CharField(max_length=1000, blank=True, default="")
    memo = models.CharField(max_length=1000, blank=True, default="")

    class Meta:
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="preset_name_once"),
            models.UniqueConstraint(
                fields=["account"], condition=Q(is_default=True), name="one_default_preset"
            ),
        ]

    def __str__(self) -> str:
        return self.name
