"""Writes a deal's invoices back to its CRM: notes, each once, and the deal fields that show their status."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Min
from django.utils import translation
from django.utils.translation import gettext as _

from crm_invoicing.ui.templatetags.ui import flag_label, money_text
from deals.crm_source import CrmSource, Wanted, WrittenBack, read_sources, source_of
from deals.models import Deal
from quickbooks_bridge.domain.status import Status
from quickbooks_bridge.models import Connection, DealReport, DealVersion, Invoice, InvoiceEvent
from quickbooks_bridge.selectors.connections import company_today
from quickbooks_bridge.selectors.invoices import invoice_status

A_ROUND = 100
# What a note is written for beside the creation; a deleted invoice is no longer named anywhere.
NOTED = frozenset({Status.PAID, Status.OVERDUE, Status.VOIDED})
# The worst first: what the deal's status field says when its invoices differ.
WORST = (Status.OVERDUE, Status.PARTIALLY_PAID, Status.OPEN, Status.PAID, Status.VOIDED, Status.DELETED)


def crm_reports_send(*, now: datetime) -> int:
    """Write back deals whose invoices changed or became overdue; returns how many deals."""
    count = 0
    for connection in Connection.objects.filter(status=Connection.Status.ACTIVE).select_related(
        "account", "company"
    ):
        sources = {key: source.wanted(connection.account) for key, source in read_sources().items()}
        wanting = {key: one for key, one in sources.items() if one.notes_since or one.has_fields}
        if wanting:
            count += _account_report(connection, wanting, now=now)
    return count


def _account_report(connection: Connection, wanting: dict[str, Wanted], *, now: datetime) -> int:
    today = company_today(connection, now=now)
    known = DealReport.objects.all()
    versions = DealVersion.objects.filter(
        deal__account=connection.account_id, deal__external_source__in=wanting
    )
    current = known.filter(deal__account=connection.account_id, day=today)
    reported = dict(current.values_list("deal_id", "version"))
    due = [
        (deal, version)
        for deal, version in versions.order_by(F("deal_id").desc()).values_list("deal_id", "version")
        if reported.get(deal) != version
    ][:A_ROUND]
    deals = {
        deal.pk: deal
        for deal in Deal.objects.filter(pk__in=[pk for pk, _version in due]).select_related("account")
    }
    for pk, version in due:
        deal = deals.get(pk)
        if deal is None:
            continue
        before = known.filter(pk=pk).first()
        deal_report(connection, deal, wanting[deal.external_source], before, today=today, now=now)
        DealReport.objects.update_or_create(
            deal_id=pk, defaults={"version": version, "day": today, "reported_at": now}
        )
    return len(due)


def deal_report(
    connection: Connection,
    deal: Deal,
    wanted: Wanted,
    before: DealReport | None,
    *,
    today: date,
    now: datetime,
) -> None:
    """Hand notes and fields of one deal to its CRM's source, which writes each once."""
    source = source_of(deal)
    rows = list(Invoice.objects.filter(deal=deal, company=connection.company_id).order_by("pk"))
    if wanted.notes_since is not None:
        _notes(source, deal, rows, wanted.notes_since, before, today=today, now=now)
    if wanted.has_fields:
        source.write_fields(deal, written_back(deal, rows, today=today), now=now)


def _notes(
    source: CrmSource,
    deal: Deal,
    rows: list[Invoice],
    since: datetime,
    before: DealReport | None,
    *,
    today: date,
    now: datetime,
) -> None:
    """Keep a note for what each invoice has become; what was so before notes were wanted stays unsaid."""
    firsts = dict(
        InvoiceEvent.objects.filter(invoice__in=rows)
        .values("invoice")
        .annotate(first=Min("occurred_at"))
        .values_list("invoice", "first")
    )
    # Nobody looked at the deal since notes are wanted: what its older invoices are by now they may have been before.
    is_first_look = before is None or before.reported_at < since
    for row in rows:
        first = firsts.get(row.pk)
        is_new = first is not None and first >= since
        status = invoice_status(row, today=today)
        if status is Status.DELETED:
            continue
        source.push_note(deal, f"{row.pk}:created", note_text(row, None), is_old=not is_new, now=now)
        if status in NOTED:
            is_old = is_first_look and not is_new
            source.push_note(deal, f"{row.pk}:{status}", note_text(row, status), is_old=is_old, now=now)


def note_text(row: Invoice, status: Status | None) -> str:
    """Return what a note says of an invoice; None for its creation. It goes out in the installation's language."""
    with translation.override(None):
        number = row.doc_number or row.qbo_id
        total = money_text(row.original_total if row.is_voided else row.total, row.currency)
        open_amount = money_text(row.balance, row.currency)
        words = {"number": number, "total": total, "open": open_amount, "due": row.due_date or ""}
        if status is Status.PAID:
            return _("Invoice %(number)s (%(total)s) is paid.") % words
        if status is Status.VOIDED:
            return _("Invoice %(number)s (%(total)s) was voided.") % words
        if status is Status.OVERDUE:
            return _("Invoice %(number)s is overdue since %(due)s: %(open)s of %(total)s is open.") % words
        if row.due_date:
            return _("Invoice %(number)s: %(total)s, due on %(due)s.") % words
        return _("Invoice %(number)s: %(total)s.") % words


def written_back(deal: Deal, rows: Iterable[Invoice], *, today: date) -> WrittenBack:
    """Return what a deal's invoices come to in its own currency; the status is the worst of all of them."""
    found = {invoice_status(row, today=today) for row in rows}
    counted = [
        row for row in rows if row.currency == deal.currency and not row.is_voided and not row.is_deleted
    ]
    invoiced = sum((row.total for row in counted), Decimal(0))
    outstanding = sum((row.balance for row in counted), Decimal(0))
    worst = next((status for status in WORST if status in found and status is not Status.DELETED), None)
    with translation.override(None):
        status = str(flag_label(worst.value)) if worst else ""
    return WrittenBack(status, deal.currency, invoiced, invoiced - outstanding, outstanding)
