"""Versions that tell whether a deal's invoices are still what they were."""

from django.db import models

from deals.models import Deal


class DealVersion(models.Model):
    """A number that is another one whenever any invoice of the deal was written, by whom ever.

    The database itself draws it anew (migrations/0002_deal_versions.py), in the transaction that writes the invoice.
    Equal versions mean equal invoices; more a version does not say.
    """

    # Written while a deal is being deleted, too, so that nothing may hold the two together.
    deal = models.OneToOneField(
        Deal, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    version = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.deal_id}: {self.version}"
