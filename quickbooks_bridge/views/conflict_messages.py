"""What to say when an invoice changed in QuickBooks while somebody was deciding about it."""

from decimal import Decimal

from django.utils.translation import gettext as _

from crm_invoicing.ui.templatetags.ui import clock, day_text, money_text
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.selectors.connections import company_zone
from quickbooks_bridge.services.mirror.events import InvoiceState


def conflict_text(invoice: Invoice, before: InvoiceState, outcome: str, *, connection: Connection) -> str:
    """Say what changed since the person looked, and that therefore nothing was done (`outcome`)."""

    def money(amount: Decimal) -> str:
        return money_text(amount, invoice.currency)

    words = {"outcome": outcome, "open": money(invoice.balance)}
    if invoice.is_deleted:
        return _("It was deleted in QuickBooks, %(outcome)s.") % words
    if invoice.is_voided:
        return _("It was voided in QuickBooks, %(outcome)s.") % words
    if invoice.total != before.total:
        words |= {"before": money(before.total), "after": money(invoice.total)}
        return (
            _("Its total changed from %(before)s to %(after)s, %(outcome)s. The balance is now %(open)s.")
            % words
        )
    if invoice.balance != before.balance:
        words["amount"] = money(abs(before.balance - invoice.balance))
        words["time"] = clock(invoice.remote_updated_at, company_zone(connection))
        if invoice.balance < before.balance:
            text = _("%(amount)s was paid on it at %(time)s, %(outcome)s. The balance is now %(open)s.")
        else:
            text = _(
                "%(amount)s of payment was taken off it at %(time)s, %(outcome)s. The balance is now %(open)s."
            )
        return text % words
    words["day"] = day_text(invoice.due_date)
    return _("It is now due %(day)s, %(outcome)s.") % words
