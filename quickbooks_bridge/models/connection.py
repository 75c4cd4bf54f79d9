"""The tie between an account and its QuickBooks company, and how the account wants invoices filled."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deals.models import Account, Member


class Connection(models.Model):
    """A QuickBooks company that an account is, or was, connected to. Disconnecting keeps the row.

    Tokens are Fernet tokens (see crypto.py), never plain. `generation` rises with every stored token pair.
    Leases are plain instants: a worker owns the work until then, and a killed worker's claim runs out by itself.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("Connected")
        NEEDS_RECONNECT = "needs_reconnect", _("Needs to sign in again")
        DISCONNECTED = "disconnected", _("Disconnected")

    class Import(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Reading")
        DONE = "done", _("Done")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="quickbooks_connections")
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    realm_id = models.CharField(max_length=40)
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

    company_name = models.CharField(max_length=255, blank=True, default="")
    country = models.CharField(max_length=3, default="US")
    edition = models.CharField(max_length=80, blank=True, default="")
    home_currency = models.CharField(max_length=3, default="USD")
    time_zone = models.CharField(max_length=64, blank=True, default="")
    is_multicurrency = models.BooleanField(default=False)
    uses_sales_tax = models.BooleanField(default=False)
    is_tax_automated = models.BooleanField(default=False)
    has_custom_numbers = models.BooleanField(default=False)
    allows_discount = models.BooleanField(default=False)
    book_close_date = models.DateField(null=True)
    profile_refreshed_at = models.DateTimeField(null=True)

    # Change data capture asks from this instant on; it is QuickBooks' own clock, never ours.
    cdc_cursor = models.DateTimeField(null=True)
    next_sync_at = models.DateTimeField(null=True, db_index=True)
    sync_lease_until = models.DateTimeField(null=True)
    last_sync_at = models.DateTimeField(null=True)
    # The last genuine webhook, and the last change that none reported: whether webhooks are reliable.
    last_webhook_at = models.DateTimeField(null=True)
    last_missed_webhook_at = models.DateTimeField(null=True)
    # Lists that change data capture does not tell of are read again while somebody uses them.
    lists_refreshed_at = models.DateTimeField(null=True)
    last_viewed_at = models.DateTimeField(null=True)
    consecutive_failures = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=40, blank=True, default="")
    last_error_at = models.DateTimeField(null=True)

    # Comparing everything costs a call for every thousand objects: somebody asks for it. What it found stays to be seen.
    reconcile_requested_at = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField(null=True)
    reconcile_differences = models.PositiveIntegerField(null=True)

    import_state = models.CharField(max_length=8, choices=Import, default=Import.WAITING)
    # {"customers": {"done": 120, "total": 412}, ...}: what the initial import has read so far.
    import_progress: Any = models.JSONField(default=dict)
    import_lease_until = models.DateTimeField(null=True)

    connected_at = models.DateTimeField()
    disconnected_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=~Q(status="disconnected"), name="one_connection_per_account"
            ),
            models.UniqueConstraint(fields=["account", "realm_id"], name="one_row_per_company"),
        ]
        indexes = [models.Index(fields=["realm_id"], name="connection_by_realm")]

    def __str__(self) -> str:
        return f"{self.company_name} ({self.get_status_display()})"

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

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="invoicing_settings")
    to_field = models.CharField(max_length=120, default="organization.name")
    address_field = models.CharField(max_length=120, default="organization.address")
    email_field = models.CharField(max_length=120, default="person.email")
    tax_id_field = models.CharField(max_length=120, blank=True, default="")
    due_days = models.PositiveSmallIntegerField(default=7)
    saved_at = models.DateTimeField(null=True)
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
    term_qbo_id = models.CharField(max_length=30, blank=True, default="")
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
