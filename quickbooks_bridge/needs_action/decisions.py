"""What solving an issue does: to the invoice that it is about, and to the inbox."""

from datetime import datetime

from django.utils.translation import gettext as _

from deals.rights import Right
from deals.trail import event_add
from deals.viewer import Viewer
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent
from quickbooks_bridge.services.invoicing.alarms import alarm_check
from quickbooks_bridge.services.invoicing.create import intent_dismiss
from quickbooks_bridge.services.operations.action_items import item_of, item_solve

from .inbox import seen_of
from .issue import Issue


def issue_solve(viewer: Viewer, connection: Connection, issue: Issue, *, now: datetime) -> str:
    """Take an issue as solved, and a refusal or odd figures with it; returns "" or why it cannot be."""
    if not issue.is_solvable:
        return _("This is over only once its cause is. Until then it can be snoozed.")
    is_about_invoice = issue.kind in {"refused", "figures"}
    if is_about_invoice and not viewer.may(Right.CREATE):
        return _("This takes the right to create invoices. An admin can give it.")
    row = item_of(viewer.account, seen_of(issue), now=now)
    if is_about_invoice:
        _invoice_settle(viewer, connection, issue, now=now)
    if item_solve(row, by=viewer.member, now=now):
        event_add(viewer.account, "issue.solved", actor=viewer.member, what=issue.title, at=now)
    return ""


def _invoice_settle(viewer: Viewer, connection: Connection, issue: Issue, *, now: datetime) -> None:
    """Dismiss the refusal, or mark the figures as checked; what somebody else did meanwhile stays."""
    number = int(issue.key.partition("-")[2])
    if issue.kind == "refused":
        intent = InvoiceIntent.objects.filter(pk=number, account=viewer.account).first()
        if intent is not None:
            intent_dismiss(intent, now=now)
        return
    rows = Invoice.objects.select_related("company", "deal").filter(company=connection.company_id)
    invoice = rows.filter(pk=number).first()
    if invoice is not None:
        alarm_check(viewer, invoice, now=now)
