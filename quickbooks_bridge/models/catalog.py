"""The local index of a QuickBooks company's lists: what the form searches without asking QuickBooks."""

from decimal import Decimal
from typing import Any

from django.db import models

from .company import Company


class RemoteRow(models.Model):
    """A row that mirrors one object of one QuickBooks company; `remote_updated_at` is QuickBooks' own clock."""

    # Each of these tables has a unique index that begins with it.
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+", db_index=False)
    qbo_id = models.CharField(max_length=30)
    sync_token = models.PositiveIntegerField(default=0)
    remote_updated_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Customer(RemoteRow):
    """A QuickBooks customer. `search_text` is what is searched: names, email and city, casefolded.

    What the customer owes is not kept: it moves with every invoice, and the mirrored invoices tell it.
    """

    display_name = models.CharField(max_length=500)
    company_name = models.CharField(max_length=100, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    currency = models.CharField(max_length=3, default="USD")
    line1 = models.CharField(max_length=500, blank=True, default="")
    line2 = models.CharField(max_length=500, blank=True, default="")
    line3 = models.CharField(max_length=500, blank=True, default="")
    city = models.CharField(max_length=255, blank=True, default="")
    region = models.CharField(max_length=255, blank=True, default="")
    postal_code = models.CharField(max_length=30, blank=True, default="")
    country = models.CharField(max_length=255, blank=True, default="")
    # Where its goods go: QuickBooks' own parts of the address, empty where it says nothing.
    ship_address: Any = models.JSONField(default=dict)
    tax_id = models.CharField(max_length=40, blank=True, default="")
    is_taxable = models.BooleanField(default=True)
    term_qbo_id = models.CharField(max_length=30, blank=True, default="")
    tax_code_qbo_id = models.CharField(max_length=30, blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_on = models.DateField(null=True)
    search_text = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "qbo_id"], name="customer_once")]
        indexes = [models.Index(fields=["company", "display_name"], name="customer_by_name")]

    def __str__(self) -> str:
        return self.display_name


class Item(RemoteRow):
    """A QuickBooks product or service."""

    name = models.CharField(max_length=255)
    sku = models.CharField(max_length=100, blank=True, default="")
    description = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=30, default="Service")
    unit_price = models.DecimalField(max_digits=17, decimal_places=5, default=Decimal(0))
    is_taxable = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    income_account = models.CharField(max_length=255, blank=True, default="")
    income_account_qbo_id = models.CharField(max_length=30, blank=True, default="")
    quantity_on_hand = models.DecimalField(max_digits=17, decimal_places=5, null=True)
    # The first day on which counted stock can be sold.
    inventory_start = models.DateField(null=True)
    tax_code_qbo_id = models.CharField(max_length=30, blank=True, default="")
    # Of a bundle: [product id, how many] for each product in it.
    parts = models.JSONField(default=list)
    search_text = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "qbo_id"], name="item_once")]
        indexes = [models.Index(fields=["company", "name"], name="item_by_name")]

    def __str__(self) -> str:
        return self.name


class TaxCode(RemoteRow):
    """A QuickBooks tax code with the sum of its sales rates in percent, None where QuickBooks alone knows it.

    `rates` are its sales rates: id, name, percent, and since when each percentage holds.
    """

    name = models.CharField(max_length=100)
    rate_percent = models.DecimalField(max_digits=9, decimal_places=5, null=True)
    rates = models.JSONField(default=list)
    # False for codes of purchases alone and for hidden ones, which are not offered.
    is_for_sales = models.BooleanField(default=True)
    is_taxable = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "qbo_id"], name="tax_code_once")]

    def __str__(self) -> str:
        return self.name


class ExchangeRate(models.Model):
    """What QuickBooks said one unit of a currency is worth on a day, in home currency; asked once."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    day = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=9)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "currency", "day"], name="exchange_rate_once")
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.day}"


class Term(RemoteRow):
    """QuickBooks payment terms; `due_days` is None for date-driven ones."""

    name = models.CharField(max_length=60)
    due_days = models.PositiveSmallIntegerField(null=True)
    day_of_month = models.PositiveSmallIntegerField(null=True)
    next_month_days = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "qbo_id"], name="term_once")]

    def __str__(self) -> str:
        return self.name


class NamedRow(RemoteRow):
    """A list entry that is a name: what an invoice can be filed under."""

    name = models.CharField(max_length=500)
    is_active = models.BooleanField(default=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class SalesClass(NamedRow):
    """A QuickBooks class."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "qbo_id"], name="class_once")]


class Location(NamedRow):
    """A QuickBooks location, which its API calls Department."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "qbo_id"], name="location_once")]
