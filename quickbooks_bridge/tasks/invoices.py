"""Celery tasks that finish what a request began: unconfirmed invoices and voids."""

from celery import shared_task
from django.utils import timezone

from quickbooks_bridge.models import Connection, InvoiceIntent, VoidOperation
from quickbooks_bridge.services.invoicing.intents import intent_resume
from quickbooks_bridge.services.invoicing.voids import void_resume


@shared_task
def resume_intent(pk: int) -> None:
    """Find out what became of an invoice whose making was not confirmed."""
    intent = InvoiceIntent.objects.select_related("deal", "member", "company").filter(pk=pk).first()
    if intent is None:
        return
    connection = Connection.objects.filter(company=intent.company_id, status=Connection.Status.ACTIVE).first()
    if connection is not None:
        intent_resume(intent, connection, now=timezone.now(), interactive=False)


@shared_task
def resume_void(pk: int) -> None:
    """Finish a void whose answer was lost or whose process died."""
    begun = (
        VoidOperation.objects.select_related("invoice__company", "member")
        .filter(pk=pk, ended_at__isnull=True)
        .first()
    )
    if begun is None:
        return
    connection = Connection.objects.filter(
        company=begun.invoice.company_id, status=Connection.Status.ACTIVE
    ).first()
    if connection is not None:
        void_resume(begun, connection, now=timezone.now())
