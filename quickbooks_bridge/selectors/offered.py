"""What an invoice can refer to in a company: its active terms, classes and locations, as far as it uses them."""

from typing import TypeVar

from django.db.models import F, QuerySet

from quickbooks_bridge.models import Company, Location, SalesClass, Term

NamedT = TypeVar("NamedT", SalesClass, Location)


def terms_of(company_id: int) -> list[Term]:
    """Return the company's payment terms that can still be chosen, the shortest first."""
    rows = Term.objects.filter(company=company_id, is_active=True)
    return list(rows.order_by(F("due_days").asc(nulls_last=True), "name"))


def classes_of(company: Company) -> list[SalesClass]:
    """Return the active classes by name; none where the company does not use them."""
    return list(_active(SalesClass, company)) if company.invoice_facts.class_tracking else []


def locations_of(company: Company) -> list[Location]:
    """Return the active locations by name; none where the company does not use them."""
    return list(_active(Location, company)) if company.invoice_facts.has_locations else []


def _active(model: type[NamedT], company: Company) -> QuerySet[NamedT]:
    return model._default_manager.filter(company=company, is_active=True).order_by("name")
