"""How far what a CRM was told of a deal's invoices goes."""

from django.db import models

from deals.models import Deal


class DealReport(models.Model):
    """The state of a deal's invoices that its CRM was told of: their version, and the day, for lateness comes by itself."""

    deal = models.OneToOneField(Deal, primary_key=True, on_delete=models.CASCADE, related_name="+")
    version = models.BigIntegerField()
    day = models.DateField()
    reported_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.deal_id}: {self.version}"
