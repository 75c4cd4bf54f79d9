"""What is odd about invoices, and that somebody has looked."""

from datetime import datetime

from deals.viewer import Viewer
from quickbooks_bridge.models import Invoice
from quickbooks_bridge.selectors.invoices import CHECKED, alarm_of
from quickbooks_bridge.services.mirror.events import created_event_data, record_invoice_event


def alarm_check(viewer: Viewer, invoice: Invoice, *, now: datetime) -> bool:
    """Mark an invoice's figures as checked; False where nothing was odd, or somebody else was faster."""
    alarm = alarm_of(invoice)
    if not alarm:
        return False
    done = Invoice.objects.filter(pk=invoice.pk, alarm=invoice.alarm).update(alarm=CHECKED)
    if done:
        data = {**created_event_data(invoice), "alarm": alarm}
        record_invoice_event(
            invoice, "invoice.alarm_checked", data, now=now, source="person", actor=viewer.member
        )
    return bool(done)
