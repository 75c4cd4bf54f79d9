"""The Celery task that tells CRMs what became of their deals' invoices."""

from celery import shared_task
from django.utils import timezone

from quickbooks_bridge.services.sync.crm_reports import crm_reports_send


@shared_task
def write_back() -> None:
    """Tell the CRMs of deals whose invoices changed since they were told last."""
    crm_reports_send(now=timezone.now())
