"""A QuickBooks company as an account knows it: what it is, and how far its changes have been read."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from deals.models import Account
from quickbooks_bridge.domain.company_facts import CompanyFacts


class Company(models.Model):
    """A QuickBooks company that an account is, or was, connected to; every mirrored row belongs to one.

    The row outlives a disconnection, so that connecting again finds its invoices and links.
    """

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="quickbooks_companies", db_index=False
    )
    realm_id = models.CharField(max_length=40)
    name = models.CharField(max_length=255, blank=True, default="")
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
    # Which fields the company's invoices have: domain.company_facts.CompanyFacts.
    facts: Any = models.JSONField(default=dict)
    # [id, name] of the active income accounts, and the one that discounts of whole invoices are booked to.
    income_accounts: Any = models.JSONField(default=list)
    discount_account_qbo_id = models.CharField(max_length=30, blank=True, default="")
    profile_refreshed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "realm_id"], name="one_row_per_company")]
        indexes = [models.Index(fields=["realm_id"], name="company_by_realm")]

    def __str__(self) -> str:
        return self.name or self.realm_id

    @property
    def invoice_facts(self) -> CompanyFacts:
        """Return which fields the company's invoices have."""
        return CompanyFacts.of(self.facts)


class SyncState(models.Model):
    """How far a company's changes have been read, who reads them now, and when they are read next.

    Leases are plain instants: a worker owns the work until then, and a killed worker's claim runs out by itself.
    """

    class Import(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Reading")
        DONE = "done", _("Done")

    company = models.OneToOneField(Company, on_delete=models.CASCADE, primary_key=True, related_name="sync")
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

    # A reconciliation costs a call for every thousand objects: somebody asks for it. What it found stays to be seen.
    reconcile_requested_at = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField(null=True)
    reconcile_differences = models.PositiveIntegerField(null=True)

    import_state = models.CharField(max_length=8, choices=Import, default=Import.WAITING)
    # {"customers": {"done": 120, "total": 412}, ...}: what the initial import has read so far.
    import_progress: Any = models.JSONField(default=dict)
    import_lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.company}: {self.get_import_state_display()}"
