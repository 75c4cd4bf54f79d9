"""The Celery task that writes invoice status back to the deals' CRMs."""

from celery import shared_task
from django.utils import timezone

from quickbooks_bridge.services.sync.crm_reports import crm_reports_send


@shared_task
def write_back() -> None:
    """Write back deals whose invoices changed since the last time."""
    crm_reports_send(now=timezone.now())
