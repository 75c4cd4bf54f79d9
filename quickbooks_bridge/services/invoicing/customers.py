"""Which QuickBooks customer a deal's organization or person is."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from deals.models import Deal
from deals.services import timeline_add
from deals.viewer import Viewer
from quickbooks_bridge.domain.address import STATES, US, Address, country_code, parse_address
from quickbooks_bridge.domain.customer_diff import address_parts
from quickbooks_bridge.domain.draft import InvoiceDraft
from quickbooks_bridge.domain.matching import Candidate, Suggestion, name_key, nearest, suggest
from quickbooks_bridge.domain.texts import visible
from quickbooks_bridge.models import Connection, Customer, CustomerLink, Invoice
from quickbooks_bridge.selectors.customers import customer_link_of


def customer_link(deal: Deal, connection: Connection, customer_qbo_id: str, *, now: datetime) -> None:
    """Remember the customer for the deal's organization, its person, or the deal itself."""
    known = customer_link_of(deal, connection.company_id)
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
        company_id=connection.company_id,
        **target,
        customer_qbo_id=customer_qbo_id,
        linked_at=now,
    )
    # Somebody may have linked it a moment ago: then theirs stays, and no transaction fails for it.
    CustomerLink.objects.bulk_create([link], ignore_conflicts=True)


@transaction.atomic
def customer_unlink(deal: Deal, connection: Connection, viewer: Viewer, *, now: datetime) -> bool:
    """Forget the customer; invoices stay on the deal and nothing changes in QuickBooks."""
    link = customer_link_of(deal, connection.company_id)
    if link is None:
        return False
    customer = Customer.objects.filter(company=connection.company_id, qbo_id=link.customer_qbo_id).first()
    link.delete()
    name = customer.display_name if customer else ""
    timeline_add(deal, "customer.unlinked", {"name": name}, at=now, actor=viewer.member)
    return True


def customer_suggestions(
    connection: Connection, *, name: str, email: str, tax_id: str = ""
) -> list[tuple[Customer, Suggestion]]:
    """Return the customers of the local index that probably are `name`, best first; two queries."""
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
    mine = Customer.objects.filter(company=connection.company_id, is_active=True)
    # All that share a word are ranked before any is left out: a common word must not push out the right one.
    rows = mine.filter(near).order_by("display_name", "id")
    candidates = [Candidate(*row) for row in rows.values_list("qbo_id", "display_name", "email", "tax_id")]
    certain = [one for one in candidates if _is_certain(one, email=email, tax_id=tax_id)]
    found = suggest(name, dict.fromkeys([*certain, *nearest(name, candidates)]), email=email, tax_id=tax_id)
    by_id = (
        {row.qbo_id: row for row in mine.filter(qbo_id__in=[one.qbo_id for one in found])} if found else {}
    )
    return [(by_id[suggestion.qbo_id], suggestion) for suggestion in found if suggestion.qbo_id in by_id]


def _is_certain(candidate: Candidate, *, email: str, tax_id: str) -> bool:
    has_tax_id = len(tax_id) >= 5 and candidate.tax_id.endswith(tax_id[-5:])
    return has_tax_id or bool(email and candidate.email.casefold() == email.casefold())


def find_customer_by_name(connection: Connection, name: str) -> Customer | None:
    """Return the customer with exactly this name, an active one first."""
    name = " ".join(visible(name).split())
    if not name:
        return None
    rows = Customer.objects.filter(company=connection.company_id, display_name__iexact=name)
    return rows.order_by("-is_active").first()


def customer_heir(connection: Connection, deal: Deal, gone_qbo_id: str) -> Customer | None:
    """Return the active customer that has all invoices of one that is inactive or gone: they were merged in QuickBooks.

    It is known by the invoices of this deal's organization (person, or the deal itself): none is left with the one,
    and the newest is with the other.
    """
    mine = Invoice.objects.filter(company=connection.company_id, is_deleted=False)
    if not gone_qbo_id or mine.filter(customer_qbo_id=gone_qbo_id).exists():
        return None
    if deal.organization_id:
        own = mine.filter(deal__organization_id=deal.organization_id)
    elif deal.person_id:
        own = mine.filter(deal__organization=None, deal__person_id=deal.person_id)
    else:
        own = mine.filter(deal=deal)
    newest = own.order_by("-remote_updated_at", "-pk").values("customer_qbo_id")[:1]
    return Customer.objects.filter(company=connection.company_id, qbo_id=newest, is_active=True).first()


def customer_facts(customer: Customer) -> dict[str, str]:
    """Return the parts of a customer (customer_diff.CUSTOMER_PARTS) as QuickBooks has them."""
    return {**address_parts(customer_address(customer)), "email": customer.email, "tax_id": customer.tax_id}


def customer_address(customer: Customer) -> Address:
    """Return the billing address that QuickBooks holds of a customer."""
    lines = tuple(line for line in (customer.line1, customer.line2, customer.line3) if line)
    if not customer.city and not customer.postal_code:
        # Edited on QuickBooks' page it comes back as lines alone.
        return parse_address("\n".join((*lines, customer.country)))
    country = country_code(customer.country) or (US if customer.region in STATES else "")
    return Address(lines, customer.city, customer.region, customer.postal_code, country)


def customer_ship_address(customer: Customer) -> Address | None:
    """Return where a customer's goods go by QuickBooks, None where it says nothing."""
    parts: dict[str, str] = customer.ship_address or {}
    lines = tuple(parts[key] for number in range(1, 6) if parts.get(key := f"line{number}"))
    if not parts:
        return None
    city, region, code = parts.get("city", ""), parts.get("region", ""), parts.get("postal_code", "")
    if not city and not code:
        return parse_address("\n".join((*lines, parts.get("country", ""))))
    country = country_code(parts.get("country", "")) or (US if region in STATES else "")
    return Address(lines, city, region, code, country)


def delivery_address(customer: Customer) -> Address:
    """Return where a customer is delivered to: its shipping address where that is a place, else its billing address."""
    shipping = customer_ship_address(customer)
    return shipping if shipping is not None and shipping.is_place else customer_address(customer)


def draft_facts(draft: InvoiceDraft, country: str) -> dict[str, str]:
    """Return the same parts of a draft; `country` is that of the company."""
    written = address_parts(parse_address(draft.address, country))
    return {**written, "email": draft.email, "tax_id": draft.tax_id}
