"""Which CRM row is which QuickBooks object. Links are kept per company and outlive a disconnection."""

from typing import Any

from django.db import models
from django.db.models import Q

from deals.models import Account, Deal, Organization, Person, Product

from .company import Company


class CustomerLink(models.Model):
    """The QuickBooks customer of an organization, of a person without one, or of a deal that has neither."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, null=True, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="+")
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, null=True, related_name="+")
    customer_qbo_id = models.CharField(max_length=30)
    linked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "organization"],
                condition=Q(organization__isnull=False),
                name="organization_link",
            ),
            models.UniqueConstraint(
                fields=["company", "person"], condition=Q(person__isnull=False), name="person_link"
            ),
            models.UniqueConstraint(
                fields=["company", "deal"], condition=Q(deal__isnull=False), name="deal_link"
            ),
        ]

    def __str__(self) -> str:
        return f"customer {self.customer_qbo_id}"


class DealReadiness(models.Model):
    """Whether a deal could be invoiced as it stands, by the last check of the account's open deals.

    `codes` are the problems (domain.problem_codes) that QuickBooks or we would refuse it for, with spaces around each;
    `lacks` the places of the invoice that the mapping could not fill, written alike.
    """

    deal = models.OneToOneField(Deal, on_delete=models.CASCADE, primary_key=True, related_name="readiness")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    is_ready = models.BooleanField(default=False)
    problems: Any = models.JSONField(default=list)
    codes = models.CharField(max_length=500, blank=True, default="")
    lacks = models.CharField(max_length=60, blank=True, default="")
    # What is left to invoice before tax, in the deal's currency.
    amount = models.DecimalField(max_digits=17, decimal_places=2, default=0)
    checked_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "is_ready"], name="readiness_of_account")]

    def __str__(self) -> str:
        return f"{self.deal}: {'ready' if self.is_ready else self.codes.strip()}"


class ItemLink(models.Model):
    """The QuickBooks product of a CRM product, or of a line's name where the deal has no product."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, null=True, related_name="+")
    name_key = models.CharField(max_length=255, blank=True, default="")
    item_qbo_id = models.CharField(max_length=30)
    linked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "product"], condition=Q(product__isnull=False), name="product_link"
            ),
            models.UniqueConstraint(
                fields=["company", "name_key"],
                condition=Q(product__isnull=True),
                name="name_link",
            ),
        ]

    def __str__(self) -> str:
        return f"item {self.item_qbo_id}"
