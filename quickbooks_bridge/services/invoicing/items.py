"""Which QuickBooks product a line is, remembered for the next invoice."""

import contextlib
import hashlib
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Q

from deals.models import Product
from quickbooks_bridge.domain.company_profile import format_decimal
from quickbooks_bridge.domain.draft import DraftLine, line_key
from quickbooks_bridge.domain.matching import Candidate, name_key, nearest, suggest
from quickbooks_bridge.domain.payloads import safe_display_name
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.gateway.errors import QuickBooksError, Rejected
from quickbooks_bridge.models import Connection, Item, ItemLink
from quickbooks_bridge.selectors.items import item_links
from quickbooks_bridge.services.connections.lifecycle import client_for, failure_record
from quickbooks_bridge.services.mirror.invoices import items_apply

MAX_ITEM_NAME_LENGTH = 100


def item_links_save(connection: Connection, lines: Iterable[DraftLine], *, now: datetime) -> None:
    """Keep the product of every linked line, by CRM product or, without one, by the line's name.

    A product that is not the account's own counts as none. What is remembered already writes nothing.
    """
    # Nobody chose the products of a bundle: they came with it.
    linked = [line for line in lines if line.item_qbo_id and not line.bundle_qbo_id]
    named = {int(line.product_id) for line in linked if is_digits(line.product_id)}
    own = set(
        Product.objects.filter(account_id=connection.account_id, pk__in=named).values_list("pk", flat=True)
        if named
        else ()
    )
    pairs = [
        (line.product_id if is_digits(line.product_id) and int(line.product_id) in own else "", line)
        for line in linked
    ]
    known = item_links(connection.company_id, [(product, line.name) for product, line in pairs])
    fresh: dict[str, ItemLink] = {}
    for product, line in pairs:
        key = line_key(product, line.name)
        if known.get(key) == line.item_qbo_id or not (product or line.name.strip()):
            continue
        target: dict[str, Any] = {
            "product_id": int(product) if product else None,
            "name_key": "" if product else line_key("", line.name),
        }
        link = {"item_qbo_id": line.item_qbo_id, "linked_at": now}
        if key in known:
            ItemLink.objects.filter(company=connection.company_id, **target).update(**link)
        else:
            fresh[key] = ItemLink(company_id=connection.company_id, **target, **link)
    if fresh:
        # Somebody may have linked one a moment ago: then theirs stays.
        ItemLink.objects.bulk_create(fresh.values(), ignore_conflicts=True)


def item_activate(connection: Connection, item: Item) -> Item:
    """Make an inactive QuickBooks product active again, under its former name."""
    client = client_for(connection, interactive=True)
    remote = client.item_read(item.qbo_id)
    if not remote.is_active:
        remote = client.item_write(
            {"Id": remote.qbo_id, "SyncToken": str(remote.sync_token), "sparse": True, "Active": True},
            request_id=uuid.uuid4().hex,
        )
    items_apply(connection.company, [remote])
    item.refresh_from_db()
    return item


def item_name(text: str) -> str:
    """Return `text` as QuickBooks takes product names: no colon, tab or line break, at most 100 characters."""
    return safe_display_name(text)[:MAX_ITEM_NAME_LENGTH].strip()


def item_create(
    connection: Connection,
    name: str,
    *,
    unit_price: Decimal,
    is_taxable: bool,
    tax_code: str = "",
    token: str,
    now: datetime,
) -> Item | Problem:
    """Create a service in QuickBooks and mirror it; gives a problem in place of what QuickBooks refuses.

    The income account is the one most of the company's products use. `token` is the form's: the same product from
    the same form is one request, however often it is sent. `tax_code` is what it bears where products have one.
    """
    name = item_name(name)
    if not name:
        return Problem(ProblemCode.LINE_UNNAMED, "name")
    account = _usual_income_account(connection)
    if not account:
        return Problem(ProblemCode.NO_INCOME_ACCOUNT, "item", params={"name": name})
    payload: dict[str, Any] = {
        "Name": name,
        "Type": "Service",
        "UnitPrice": format_decimal(unit_price),
        "Taxable": is_taxable,
        "IncomeAccountRef": {"value": account},
    }
    if tax_code:
        payload |= {"Taxable": True, "SalesTaxCodeRef": {"value": tax_code}}
    request_id = hashlib.sha256(f"{token}|{sorted(payload.items())}".encode()).hexdigest()[:40]
    client = client_for(connection, interactive=True)
    try:
        remote = client.item_write(payload, request_id=request_id)
    except Rejected as error:
        if error.problem_code != ProblemCode.NAME_TAKEN_THERE:
            return Problem(error.problem_code, "item", params={"name": name})
        return _taken(connection, name)
    except QuickBooksError as error:
        failure_record(connection, error, now=now)
        return Problem(error.problem_code or ProblemCode.UNEXPECTED, "item", params={"name": name})
    items_apply(connection.company, [remote])
    return Item.objects.get(company=connection.company_id, qbo_id=remote.qbo_id)


def _taken(connection: Connection, name: str) -> Problem:
    """Name the product that already has this name, reading it from QuickBooks when the index lacks it."""
    rows = Item.objects.filter(company=connection.company_id, name__iexact=name)
    if not rows.exists():
        # Without an answer the sentence alone still says what to do.
        with contextlib.suppress(QuickBooksError):
            items_apply(connection.company, client_for(connection, interactive=True).items_named(name))
    found = rows.first()
    return Problem(
        ProblemCode.ITEM_NAME_TAKEN, "item", params={"name": name, "id": found.qbo_id if found else ""}
    )


def _usual_income_account(connection: Connection) -> str:
    row = (
        Item.objects.filter(company=connection.company_id, is_active=True)
        .exclude(income_account_qbo_id="")
        .values("income_account_qbo_id")
        .annotate(used=Count("pk"), services=Count("pk", filter=Q(kind="Service")))
        .order_by("-services", "-used", "income_account_qbo_id")
        .first()
    )
    if row:
        return str(row["income_account_qbo_id"])
    # A company without products yet: the first of its income accounts.
    accounts = connection.company.income_accounts
    return str(accounts[0][0]) if accounts else ""


class LikelyItem(NamedTuple):
    """A product that a line probably means, and why: "same_sku" or "similar_name"."""

    item: Item
    reason: str


def likely_items(
    connection: Connection, names: Mapping[int, str], products: Mapping[int, str]
) -> dict[int, LikelyItem]:
    """Return the likeliest active product for each line: by the SKU of its CRM product, else by its name."""
    codes = {
        str(pk): code.strip().casefold()
        for pk, code in Product.objects.filter(
            account=connection.account_id, pk__in={int(pk) for pk in products.values() if is_digits(pk)}
        ).values_list("pk", "code")
        if code.strip()
    }
    by_sku: dict[str, Item] = {}
    if codes:
        near = Q()
        for code in sorted(set(codes.values()))[:200]:
            near |= Q(sku__iexact=code)
        rows = Item.objects.filter(near, company=connection.company_id, is_active=True)
        by_sku = {row.sku.casefold(): row for row in rows.exclude(kind="Category").order_by("-pk")}
    found = {
        at: LikelyItem(item, "same_sku")
        for at in names
        if (item := by_sku.get(codes.get(products.get(at, ""), ""))) is not None
    }
    rest = suggest_items(connection, {at: name for at, name in names.items() if at not in found})
    return found | {at: LikelyItem(item, "similar_name") for at, item in rest.items()}


def suggest_items(connection: Connection, names: Mapping[int, str]) -> dict[int, Item]:
    """Return the likeliest active product for each line's name, where there is one; two queries for all lines."""
    keys = {at: key for at, name in names.items() if (key := name_key(name))}
    words = {word for key in list(keys.values())[:40] for word in key.split()[:5] if len(word) >= 4}
    if not words:
        return {}
    near = Q()
    for word in sorted(words)[:60]:
        near |= Q(search_text__contains=word)
    mine = Item.objects.filter(company=connection.company_id, is_active=True)
    rows = mine.filter(near).exclude(kind="Category").order_by("name", "id")
    candidates = [Candidate(*row) for row in rows.values_list("qbo_id", "name")]
    found = {
        at: best[0].qbo_id
        for at in keys
        if (best := suggest(names[at], nearest(names[at], candidates), by_words=True, limit=1))
    }
    by_id = {row.qbo_id: row for row in mine.filter(qbo_id__in=set(found.values()))} if found else {}
    return {at: by_id[qbo_id] for at, qbo_id in found.items() if qbo_id in by_id}


def find_items_by_name(connection: Connection, labels: Iterable[str]) -> dict[str, Item]:
    """Return the active products that are called exactly so, by casefolded name; one query for all."""
    wanted = {" ".join(label.split()).casefold() for label in labels if label.strip()}
    if not wanted:
        return {}
    near = Q()
    for label in sorted(wanted)[:200]:
        near |= Q(name__iexact=label)
    rows = Item.objects.filter(near, company=connection.company_id, is_active=True).exclude(kind="Category")
    return {row.name.casefold(): row for row in rows}
