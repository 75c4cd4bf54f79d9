"""Reads of the CRM side; every one starts from an account."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import Case, IntegerField, Prefetch, Q, QuerySet, Sum, Value, When
from django.shortcuts import get_object_or_404

from .fields import CustomFieldFacts
from .models import Account, CustomField, Deal, DealLine, Organization, Person, Product
from .rights import HasMember, visible_deals
from .snapshot import (
    AddressFacts,
    DealDiscountFacts,
    DealLineFacts,
    DealSnapshot,
    InstallmentFacts,
    OrganizationFacts,
    PersonFacts,
)

PAGE_SIZE = 25
COUNT_LIMIT = 1000
LAST_PAGE = 100_000
LONGEST_QUERY = 200
# How the deals list may be sorted; each order is the end of an index.
DEAL_SORTS = {
    "title": ("title", "id"),
    "-title": ("-title", "-id"),
    "value": ("value", "id"),
    "-value": ("-value", "-id"),
}


class Asker(HasMember, Protocol):
    """Whoever asks, with the account that every query starts from."""

    @property
    def account(self) -> Account:
        """Return the account of whoever asks."""
        ...


@dataclass(frozen=True)
class Page:
    """One page of rows and how many rows there are, counted up to `COUNT_LIMIT` only: counting all is slow."""

    rows: list[Any]
    number: int
    count: int
    has_next: bool = False

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.count > COUNT_LIMIT

    @property
    def first(self) -> int:
        """Position of the first row shown."""
        return (self.number - 1) * PAGE_SIZE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Position of the last row shown."""
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def next(self) -> int:
        """Number of the next page."""
        return self.number + 1

    @property
    def previous(self) -> int:
        """Number of the page before."""
        return self.number - 1


def page_of(rows: QuerySet[Any], number: int) -> Page:
    """Cut one page; at most three statements whatever the size of the table.

    The keys come first, from the index alone: skipping whole rows on the way to a late page would read them all.
    A page that is not full tells the count by itself.
    """
    number = max(1, min(number, LAST_PAGE))
    first = (number - 1) * PAGE_SIZE
    keys = list(rows.values_list("pk", flat=True)[first : first + PAGE_SIZE + 1])
    has_next = len(keys) > PAGE_SIZE
    if has_next or (first and not keys):
        count = rows.order_by().values("pk")[: COUNT_LIMIT + 1].count()
    else:
        count = first + len(keys)
    found = rows.model._default_manager.filter(pk__in=keys[:PAGE_SIZE])
    found.query.select_related = rows.query.select_related
    by_key = {row.pk: row for row in found} if keys else {}
    return Page([by_key[key] for key in keys[:PAGE_SIZE] if key in by_key], number, count, has_next)


def search_words(text: str) -> str:
    """Return what was typed into a search field as it can be looked for: trimmed, short, without NUL."""
    return text.replace("\0", "").strip()[:LONGEST_QUERY]


def parse_pk(text: str) -> int | None:
    """Return the row key that a text holds, or None."""
    # Only ASCII digits: str.isdigit also takes superscripts, which int refuses.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def deals_of(viewer: Asker, *, query: str = "", filters: Mapping[str, str] | None = None) -> QuerySet[Deal]:
    """Return the deals that the viewer sees, newest first, narrowed by words and by stage, status and owner."""
    rows = Deal.objects.filter(visible_deals(viewer), account=viewer.account).select_related(
        "organization", "person", "stage", "owner"
    )
    for name in ("stage", "owner"):
        key = parse_pk((filters or {}).get(name, ""))
        if key is not None:
            rows = rows.filter(**{f"{name}_id": key})
    status = (filters or {}).get("status", "")
    if status in Deal.Status.values:
        rows = rows.filter(status=status)
    if query:
        rows = rows.filter(
            Q(title__icontains=query)
            | Q(organization__name__icontains=query)
            | Q(person__name__icontains=query)
        )
    sort = (filters or {}).get("sort", "")
    if query and sort not in DEAL_SORTS:
        return rows.order_by(closeness("title", query), "-id")
    return rows.order_by(*DEAL_SORTS.get(sort, ("-id",)))


def deal_sums(rows: QuerySet[Deal], page: Page) -> list[tuple[str, Decimal]]:
    """Return the value of all listed deals per currency, the largest first; none for a list too long to add up."""
    if page.is_capped or not page.rows:
        return []
    sums = rows.order_by().values("currency").annotate(value=Sum("value"))
    found = [(row["currency"], row["value"]) for row in sums]
    return sorted(found, key=lambda pair: -pair[1])


def deal_for(viewer: Asker, pk: int) -> Deal:
    """Return one deal that the viewer sees, or 404."""
    return get_object_or_404(
        Deal.objects.select_related("account", "organization", "person", "stage", "owner"),
        visible_deals(viewer),
        account=viewer.account,
        pk=pk,
    )


def stage_since(deal: Deal) -> datetime:
    """Return since when the deal is in its stage: its last move, or its beginning when it never moved."""
    moved = deal.timeline.filter(kind="deal.moved").values_list("occurred_at", flat=True).first()
    return moved or deal.created_at


def list_by_name(model: type[Any], account: Account, query: str = "") -> QuerySet[Any]:
    """Return organizations, persons or products of the account by name."""
    rows: QuerySet[Any] = model.objects.filter(account=account)
    if model is Person:
        rows = rows.select_related("organization")
    if query:
        match = Q(name__icontains=query)
        if model is Product:
            match |= Q(code__icontains=query)
        if model is Person:
            match |= Q(email__icontains=query) | Q(organization__name__icontains=query)
        rows = rows.filter(match)
    return rows.order_by(*([closeness("name", query)] if query else []), "name", "id")


def closeness(field: str, query: str) -> Case:
    """Return the order of hits: the very words, then what begins with them, then a word that does, then the rest."""
    words = " ".join(query.split())
    return Case(
        When(**{f"{field}__iexact": words}, then=Value(0)),
        When(**{f"{field}__istartswith": words}, then=Value(1)),
        When(**{f"{field}__icontains": f" {words}"}, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )


def custom_field_facts(account: Account) -> list[CustomFieldFacts]:
    """Return the account's custom fields."""
    return custom_facts(CustomField.objects.filter(account=account).order_by("entity", "position", "id"))


def custom_facts(rows: Iterable[CustomField]) -> list[CustomFieldFacts]:
    """Return the facts of custom fields that were read already."""
    return [CustomFieldFacts(row.entity, row.key, row.label, row.kind) for row in rows]


def _texts(custom: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in (custom or {}).items() if value is not None}


def load_snapshot(deal: Deal) -> DealSnapshot:
    """Return the deal's facts; one statement for the lines beyond what `deal_for` read."""
    organization, person = deal.organization, deal.person
    return DealSnapshot(
        id=str(deal.pk),
        title=deal.title,
        currency=deal.currency,
        value=deal.value,
        organization=_organization(organization) if organization else None,
        person=PersonFacts(str(person.pk), person.name, person.email, person.phone, _texts(person.custom))
        if person
        else None,
        lines=tuple(_line(line) for line in deal.lines.all()),
        custom=_texts(deal.custom),
        discounts=tuple(_discount(entry) for entry in deal.discounts),
        installments=tuple(_installment(entry) for entry in deal.installments),
    )


def _discount(entry: Mapping[str, Any]) -> DealDiscountFacts:
    return DealDiscountFacts(entry["kind"], Decimal(entry["amount"]), entry.get("label", ""))


def _installment(entry: Mapping[str, Any]) -> InstallmentFacts:
    billed_on = date.fromisoformat(entry["billed_on"]) if entry.get("billed_on") else None
    return InstallmentFacts(entry["id"], Decimal(entry["amount"]), billed_on, entry.get("label", ""))


def _organization(row: Organization) -> OrganizationFacts:
    address = AddressFacts(row.address, row.street, row.city, row.region, row.postal_code, row.country)
    return OrganizationFacts(str(row.pk), row.name, address, _texts(row.custom))


def deal_lines(deal: Deal) -> list[DealLineFacts]:
    """Return a deal's lines in their order: one statement."""
    return [_line(line) for line in deal.lines.all()]


def _line(line: DealLine) -> DealLineFacts:
    return DealLineFacts(
        id=str(line.pk),
        name=line.name,
        product_id=str(line.product_id or ""),
        comment=line.comment,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount=line.discount,
        discount_kind=line.discount_kind,
        tax_percent=line.tax_percent,
        is_tax_included=line.is_tax_included,
    )


def preview_deals(account: Account) -> list[Deal]:
    """Return a few deals that an invoice can be tried on, those with lines and an organization first."""
    rows = Deal.objects.filter(account=account).select_related("account", "organization", "person")
    return list(
        rows.filter(organization__isnull=False)
        .prefetch_related(Prefetch("lines", queryset=DealLine.objects.order_by("position", "id")))
        .order_by("id")[:12]
    )
