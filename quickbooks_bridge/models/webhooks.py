"""News that QuickBooks sent: stored first, answered at once, acted on afterwards."""

from django.db import models


class WebhookEvent(models.Model):
    """One change that a webhook reported. It is never believed: it only makes the company's changes be fetched sooner."""

    event_id = models.CharField(max_length=120, unique=True)
    realm_id = models.CharField(max_length=40)
    entity = models.CharField(max_length=40)
    qbo_id = models.CharField(max_length=30)
    operation = models.CharField(max_length=20)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["realm_id", "processed_at"], name="webhook_open")]

    def __str__(self) -> str:
        return f"{self.entity} {self.qbo_id} {self.operation}"
