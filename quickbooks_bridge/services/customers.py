"""Which QuickBooks customer a deal's organization or person is."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from deals.models import Deal
from deals.viewer import Viewer
from quickbooks_bridge.domain.draft import InvoiceDraft
from quickbooks_bridge.domain.matching import Candidate, Suggestion, name_key, suggest
from quickbooks_bridge.models import Connection, Customer, CustomerLink
from quickbooks_bridge.selectors import customer_link_of

from .timeline import deal_event


def customer_link(deal: Deal, connection: Connection, customer_qbo_id: str, *, now: datetime) -> None:
    """Remember the customer for the deal's organization, its person, or the deal itself."""
    known = customer_link_of(deal, connection.realm_id)
    if known is not None and known.customer_qbo_id == customer_qbo_id:
        return
    if known is not None:
        CustomerLink.objects.filter(pk=known.pk).update(customer_qbo_id=customer_qbo_id, linked_at=now)
        return
    target: dict[str, Any] = {}
    if deal.organization_id:
        target["organization_id"] = deal.organization_id
    elif deal.person_id:
        target["person_id"] = deal.person_id
    else:
        target["deal_id"] = deal.pk
    link = CustomerLink(
        account_id=deal.account_id,
        realm_id=connection.realm_id,
        **target,
        customer_qbo_id=customer_qbo_id,
        linked_at=now,
    )
    # Somebody may have linked it a moment ago: then theirs stays, and no transaction fails for it.
    CustomerLink.objects.bulk_create([link], ignore_conflicts=True)


@transaction.atomic
def customer_unlink(deal: Deal, connection: Connection, viewer: Viewer, *, now: datetime) -> bool:
    """Forget the customer; invoices stay on the deal and nothing changes in QuickBooks."""
    link = customer_link_of(deal, connection.realm_id)
    if link is None:
        return False
    customer = Customer.objects.filter(
        account=viewer.account, realm_id=connection.realm_id, qbo_id=link.customer_qbo_id
    ).first()
    link.delete()
    name = customer.display_name if customer else ""
    deal_event(deal, "customer.unlinked", {"name": name}, now=now, actor=viewer.member)
    return True


def customer_suggestions(
    connection: Connection, *, name: str, email: str, tax_id: str = ""
) -> list[tuple[Customer, Suggestion]]:
    """Give the customers of the local index that probably are `name`, best first; one query."""
    words = [word for word in name_key(name).split() if len(word) > 2][:3]
    near = Q()
    for word in words:
        near |= Q(search_text__contains=word)
    if email:
        near |= Q(email__iexact=email)
    if len(tax_id) >= 5:
        near |= Q(tax_id__endswith=tax_id[-5:])
    if not near:
        return []
    rows = Customer.objects.filter(
        near, account_id=connection.account_id, realm_id=connection.realm_id, is_active=True
    ).order_by("display_name")[:200]
    by_id = {row.qbo_id: row for row in rows}
    candidates = [Candidate(row.qbo_id, row.display_name, row.email, row.tax_id) for row in by_id.values()]
    found = suggest(name, candidates, email=email, tax_id=tax_id)
    return [(by_id[suggestion.qbo_id], suggestion) for suggestion in found]


def customer_named(connection: Connection, name: str) -> Customer | None:
    """Give the customer with exactly this name, an active one first."""
    name = " ".join(name.split())
    if not name:
        return None
    rows = Customer.objects.filter(
        account_id=connection.account_id, realm_id=connection.realm_id, display_name__iexact=name
    )
    return rows.order_by("-is_active").first()


def customer_facts(customer: Customer) -> dict[str, str]:
    """Give address (lines by newline), email and tax id of a customer as the form writes them."""
    place = ", ".join(
        part for part in (customer.city, f"{customer.region} {customer.postal_code}".strip()) if part
    )
    lines = (customer.line1, customer.line2, customer.line3, place, customer.country)
    return {
        "address": "\n".join(line for line in lines if line),
        "email": customer.email,
        "tax_id": customer.tax_id,
    }


def draft_facts(draft: InvoiceDraft) -> dict[str, str]:
    """Give the same three of a draft."""
    return {"address": draft.address, "email": draft.email, "tax_id": draft.tax_id}
