"""What templates show of invoices: rows with their flag, what is said beside it and what may be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_invoicing.ui.templatetags.ui import clock, day_text, moment, money_text
from deals.rights import Right
from deals.viewer import Viewer
from quickbooks_bridge.domain.actions import Action, invoice_actions
from quickbooks_bridge.domain.alarms import Alarm, Cause
from quickbooks_bridge.domain.deep_links import company_link, customer_link, invoice_link, web_url
from quickbooks_bridge.domain.due_dates import days_late
from quickbooks_bridge.domain.status import Status, paid_share
from quickbooks_bridge.messages.alarm_words import alarm_title, cause_text
from quickbooks_bridge.models import Connection, Invoice, SyncState
from quickbooks_bridge.selectors.connections import company_today, company_zone, open_reads_block
from quickbooks_bridge.selectors.invoices import alarm_of, invoice_status, status_facts

STALE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class InvoiceRow:
    """One invoice as a row: its flag, what is said beside it, and what may be done.

    `due_note` stands under the due date ("In 3 days"), `side_note` where there is no date ("Due in 3 days").
    """

    invoice: Invoice
    status: Status
    share: int
    note: str
    due_note: str
    side_note: str
    is_late: bool
    actions: tuple[Action, ...]
    link: str
    # Said when QuickBooks has a newer state that could not be read; "" when what is shown is the newest.
    unread: str = ""
    # What an accountant should look at, and why; "" for nothing.
    alarm: str = ""
    alarm_text: str = ""
    # Whether its customer may pay it online.
    has_pay_link: bool = False

    @property
    def number(self) -> str:
        """The invoice's number, or QuickBooks' id where the company gives none."""
        return self.invoice.doc_number or f"#{self.invoice.qbo_id}"

    @property
    def total(self) -> Decimal | None:
        """The total; a deleted invoice has none."""
        return None if self.status is Status.DELETED else self.invoice.total

    @property
    def balance(self) -> Decimal | None:
        """What is open; a deleted invoice has none."""
        return None if self.status is Status.DELETED else self.invoice.balance

    @property
    def is_partly_paid(self) -> bool:
        """Whether some but not all is paid."""
        return 0 < self.share < 100


@dataclass(frozen=True)
class LastPayment:
    """When and how an invoice was paid last."""

    on: date
    method: str

    @staticmethod
    def of(invoice: Invoice) -> "LastPayment | None":
        """Return what `with_last_payment` read with the invoice."""
        on = getattr(invoice, "paid_on", None)
        return LastPayment(on, getattr(invoice, "paid_by", "") or "") if on else None


def _web() -> str:
    return web_url(settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_WEB_URL)


def deep_link(invoice: Invoice) -> str:
    """Return the address of the invoice's own page in QuickBooks."""
    return invoice_link(_web(), realm_id=invoice.company.realm_id, qbo_id=invoice.qbo_id)


def deep_link_to(realm_id: str, qbo_id: str) -> str:
    """Return the address of an invoice's page in QuickBooks by its ids."""
    return invoice_link(_web(), realm_id=realm_id, qbo_id=qbo_id)


def customer_page(realm_id: str, qbo_id: str) -> str:
    """Return the address of a customer's page in QuickBooks, the company's own when the customer has no id yet."""
    if not qbo_id:
        return company_link(_web(), realm_id=realm_id)
    return customer_link(_web(), realm_id=realm_id, qbo_id=qbo_id)


def invoice_rows(
    invoices: Sequence[Invoice], connection: Connection, *, viewer: Viewer | None = None, now: datetime
) -> list[InvoiceRow]:
    """Return the rows of many invoices, with what the viewer may do with each."""
    return [invoice_row(row, connection, viewer=viewer, now=now) for row in invoices]


def invoice_row(
    invoice: Invoice, connection: Connection, *, viewer: Viewer | None = None, now: datetime
) -> InvoiceRow:
    """Return the row of one invoice; when it was paid is said of those read `with_last_payment`.

    Its actions are what state, connection and the viewer's rights allow; without a viewer those of an admin.
    """
    today = company_today(connection, now=now)
    status = invoice_status(invoice, today=today)
    zone = company_zone(connection)
    paid = LastPayment.of(invoice)
    share = paid_share(status_facts(invoice))
    is_same_company = invoice.company_id == connection.company_id
    return InvoiceRow(
        invoice=invoice,
        status=status,
        share=share,
        note=_note(invoice, status, paid, zone),
        due_note=_due_note(invoice, status, today),
        side_note=_side_note(invoice, status, paid, today=today, zone=zone),
        is_late=status is Status.OVERDUE,
        actions=invoice_actions(
            status,
            is_linked=invoice.deal_id is not None,
            may_write=viewer is None or viewer.may(Right.CREATE),
            may_void=viewer is None or viewer.may(Right.VOID),
            is_connected=connection.is_active and is_same_company,
        ),
        link=deep_link(invoice),
        unread=_unread(invoice, zone),
        alarm=alarm_title(alarm_of(invoice)),
        alarm_text=_alarm_text(invoice),
        has_pay_link=is_same_company
        and invoice.balance > 0
        and connection.is_active
        and connection.company.invoice_facts.takes_online_payments,
    )


def _alarm_text(invoice: Invoice) -> str:
    """Say the likely cause, and with a total that differs the expected one."""
    alarm = alarm_of(invoice)
    if not alarm:
        return ""
    words = cause_text(invoice.alarm_cause or Cause.RATE_NOT_KEPT)
    if alarm != Alarm.TOTAL_DIFFERS or invoice.expected_total is None:
        return words
    expected = _("%(amount)s was expected.") % {
        "amount": money_text(invoice.expected_total, invoice.currency)
    }
    return f"{expected} {words}"


def _unread(invoice: Invoice, zone: ZoneInfo) -> str:
    if invoice.unreadable_since is None:
        return ""
    return _("Changed in QuickBooks %(when)s, which could not be read here: open it there") % {
        "when": moment(invoice.unreadable_since, zone)
    }


def _closed_on(invoice: Invoice, zone: ZoneInfo) -> str:
    return (
        day_text(invoice.voided_or_deleted_at.astimezone(zone).date(), "short")
        if invoice.voided_or_deleted_at
        else ""
    )


def _note(invoice: Invoice, status: Status, paid: LastPayment | None, zone: ZoneInfo) -> str:
    """Say when the state came about, or else whether the customer has the invoice."""
    closed = _closed_on(invoice, zone)
    if status is Status.VOIDED:
        return _("Voided %(day)s") % {"day": closed} if closed else ""
    if status is Status.DELETED:
        return _("Deleted %(day)s") % {"day": closed} if closed else ""
    if status is Status.PAID and paid is not None:
        words = {"day": day_text(paid.on, "short"), "method": method_text(paid.method)}
        return _("Paid %(day)s, by %(method)s") % words if words["method"] else _("Paid %(day)s") % words
    if invoice.email_status == "EmailSent":
        if invoice.emailed_at:
            return _("Emailed %(moment)s") % {"moment": moment(invoice.emailed_at, zone)}
        return _("Emailed")
    return _("Email pending") if invoice.email_status == "NeedToSend" else ""


def method_text(method: str) -> str:
    """Name a payment's method within a sentence; QuickBooks' own name where it is none of the usual ones.

    QuickBooks gives a mere number where the method's name was not sent along; that says nothing to a reader.
    """
    if not method or method.isdigit():
        return ""
    known = {
        "cash": _("cash"),
        "check": _("check"),
        "credit card": _("credit card"),
        "bank transfer": _("bank transfer"),
        "credit memo": _("credit memo"),
    }
    return known.get(method.casefold(), method)


def _due_note(invoice: Invoice, status: Status, today: date) -> str:
    if invoice.due_date is None:
        return ""
    if status is Status.OVERDUE:
        late = days_late(invoice.due_date, today=today)
        return ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late}
    if status in {Status.OPEN, Status.PARTIALLY_PAID}:
        days = (invoice.due_date - today).days
        return _("Today") if days == 0 else ngettext("In %(n)s day", "In %(n)s days", days) % {"n": days}
    return ""


def _side_note(
    invoice: Invoice, status: Status, paid: LastPayment | None, *, today: date, zone: ZoneInfo
) -> str:
    if invoice.due_date and status in {Status.OPEN, Status.PARTIALLY_PAID}:
        days = (invoice.due_date - today).days
        if days == 0:
            return _("Due today")
        return ngettext("Due in %(n)s day", "Due in %(n)s days", days) % {"n": days}
    if status is Status.PAID and paid is not None:
        return day_text(paid.on, "short")
    if status in {Status.VOIDED, Status.DELETED}:
        return _closed_on(invoice, zone)
    return _due_note(invoice, status, today)


def as_of(connection: Connection, *, now: datetime | None = None) -> str:
    """Say from when the shown data is; a day is named when it is not today's."""
    last, zone = connection.company.sync.last_sync_at, company_zone(connection)
    if last is None:
        return _("Not read yet")
    is_today = now is None or last.astimezone(zone).date() == now.astimezone(zone).date()
    return _("As of %(time)s") % {"time": clock(last, zone) if is_today else moment(last, zone)}


def is_up_to_date(connection: Connection, *, now: datetime) -> bool:
    """Return whether what is shown is what QuickBooks has, as far as the last reading can tell."""
    last = connection.company.sync.last_sync_at
    is_fresh = last is not None and now - last < STALE_AFTER
    is_read = connection.company.sync.import_state == SyncState.Import.DONE
    is_served = (
        connection.is_active
        and not connection.company.sync.consecutive_failures
        and open_reads_block() is None
    )
    return is_served and is_fresh and is_read
