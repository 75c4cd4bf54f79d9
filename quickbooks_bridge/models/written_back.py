"""What was written back to a CRM about a deal's invoices."""

from django.db import models

from deals.models import Deal


class DealReport(models.Model):
    """The state of a deal's invoices last written back to its CRM: their version, and the day, as an invoice becomes overdue unchanged."""

    deal = models.OneToOneField(Deal, primary_key=True, on_delete=models.CASCADE, related_name="+")
    version = models.BigIntegerField()
    day = models.DateField()
    reported_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.deal_id}: {self.version}"
