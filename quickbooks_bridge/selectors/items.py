"""Products and terms of QuickBooks as stored here, and which of them deal lines are linked to."""

from collections.abc import Iterable, Sequence

from django.db.models import Q

from deals.selectors import closeness
from quickbooks_bridge.domain.draft import line_key
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.models import (
    Item,
    ItemLink,
)


def items_by_id(company_id: int, qbo_ids: Iterable[str]) -> dict[str, Item]:
    """Return products of the local index by their QuickBooks id."""
    rows = Item.objects.filter(company=company_id, qbo_id__in=set(qbo_ids))
    return {item.qbo_id: item for item in rows}


def items_with_parts(company_id: int, qbo_ids: Iterable[str]) -> dict[str, Item]:
    """Return products by their id, and those in the bundles among them: one statement more, only where there are any."""
    wanted = set(qbo_ids)
    items = items_by_id(company_id, wanted) if wanted else {}
    parts = {part for item in items.values() for part, _quantity in item.parts} - items.keys()
    return items | items_by_id(company_id, parts) if parts else items


def item_links(company_id: int, lines: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return remembered products for (product id, name) pairs, by `line_key`."""
    products = {int(product) for product, _name in lines if is_digits(product)}
    names = {line_key("", name) for product, name in lines if not product}
    rows = ItemLink.objects.filter(company=company_id).filter(
        Q(product_id__in=products) | Q(product__isnull=True, name_key__in=names)
    )
    return {
        line_key(str(row.product_id or ""), row.name_key.removeprefix("name:")): row.item_qbo_id
        for row in rows
    }


def search_items(company_id: int, query: str, *, limit: int = 8) -> tuple[list[Item], int]:
    """Search products the same way; categories cannot be sold and are left out."""
    rows = Item.objects.filter(company=company_id).exclude(kind="Category")
    for word in query.casefold().split()[:6]:
        rows = rows.filter(search_text__contains=word)
    found = list(rows.order_by("-is_active", closeness("name", query), "name", "id")[:100])
    return found[:limit], len(found)
