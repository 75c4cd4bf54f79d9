"""Voids that are under way: begun in a row first, so that nothing stays half done."""

from typing import Any

from django.db import models

from deals.models import Account, Member

from .invoices import Invoice


class VoidOperation(models.Model):
    """An invoice somebody decided to void, and what the payments settled that are taken off it first.

    `payments` is a list of {"qbo_id", "lines"} in QuickBooks' own words, kept before the first of them is touched.
    Whoever begins it finishes it; when that process dies or the answer is lost, the dispatch does from `next_check_at` on.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    request_id = models.CharField(max_length=50)
    payments: Any = models.JSONField(default=list)
    reason = models.CharField(max_length=500, blank=True, default="")
    started_at = models.DateTimeField()
    next_check_at = models.DateTimeField(null=True, db_index=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"void of {self.invoice}"
