"""Which invoices a new one may be once more: of the deal, and of its customer in QuickBooks."""

from decimal import Decimal

from django.db.models import Q, QuerySet

from crm_invoicing.ui.templatetags.ui import money_text
from deals.models import Deal
from quickbooks_bridge.domain.allocation import billed_quantities
from quickbooks_bridge.domain.draft import InvoiceDraft
from quickbooks_bridge.domain.duplicates import NEAR_DAYS, SimilarInvoice, is_near
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent

from .deals import OPEN_INTENT_STATES

CANDIDATES, SHOWN = 100, 3


def billing_intents(deal: Deal) -> QuerySet[InvoiceIntent]:
    """Return the invoices of a deal that were made here and bill it: live ones, and those that are not confirmed yet."""
    live = Q(
        state=InvoiceIntent.State.SUCCEEDED,
        invoice__is_voided=False,
        invoice__is_deleted=False,
        invoice__deal=deal.pk,
    )
    return InvoiceIntent.objects.filter(live | Q(state__in=OPEN_INTENT_STATES), deal=deal.pk)


def allocated_quantities(deal: Deal) -> dict[str, Decimal]:
    """Return how many of each line of the deal its invoices bill already."""
    return billed_quantities(billing_intents(deal).values_list("allocation", flat=True))


def billed_contents(deal: Deal, *, token: str) -> dict[str, str]:
    """Return the digests of what those invoices bill, with their numbers; not this form's own."""
    rows = billing_intents(deal)
    rows = rows.exclude(token=token).exclude(content_key="")
    found = rows.order_by("pk").values_list("content_key", "invoice__doc_number", "invoice__qbo_id")
    return {key: number or qbo_id or "–" for key, number, qbo_id in found}


def similar_invoices(
    connection: Connection, draft: InvoiceDraft, *, net: Decimal
) -> tuple[SimilarInvoice, ...]:
    """Return the customer's invoices that no deal has and that may be this very sale: one statement."""
    if not draft.customer.qbo_id or net <= 0:
        return ()
    rows = Invoice.objects.filter(
        company=connection.company_id,
        customer_qbo_id=draft.customer.qbo_id,
        txn_date__range=(draft.issue_date - NEAR_DAYS, draft.issue_date + NEAR_DAYS),
        deal__isnull=True,
        is_voided=False,
        is_deleted=False,
        currency=draft.currency,
    ).order_by("-txn_date", "-id")[:CANDIDATES]
    near = [row for row in rows if is_near(net, row.total - row.total_tax)]
    return tuple(
        SimilarInvoice(
            str(row.pk), row.doc_number or row.qbo_id, money_text(row.total, row.currency), row.txn_date
        )
        for row in near[:SHOWN]
    )
