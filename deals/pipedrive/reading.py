"""A deal of Pipedrive's, read into our own rows: its head when a panel opens, its products too when a form does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db import transaction

from deals.models import CrmCopy, Deal, MemberIdentity, Organization, Person, PipedriveCompany, Product
from deals.push import deal_push, named_push, stage_named

from . import values
from .client import PipedriveClient
from .errors import Forbidden, RequestRefused, RowNotFound
from .fields import FRESH_FOR, fields_read, known_fields
from .installs import SOURCE

# What each call costs of the company's daily budget.
ONE, LIST = 1, 10
# From so many unknown products on, one list is cheaper than one call each.
LIST_FROM = 10
IDS_A_CALL = 100
STAGE_SECONDS = 86_400
STATUSES = {"open": Deal.Status.OPEN, "won": Deal.Status.WON, "lost": Deal.Status.LOST}


@dataclass
class _Reading:
    """What one reading of a deal goes by."""

    company: PipedriveCompany
    client: PipedriveClient
    now: datetime
    fields: Mapping[str, list[values.FieldFacts]]


def deal_read(
    company: PipedriveCompany, client: PipedriveClient, deal_id: str, *, is_whole: bool, now: datetime
) -> Deal:
    """Read a deal into our rows and return it; products, discounts and installments only if `is_whole`.

    Raises RowNotFound for one that is gone or that the person may not see, and other PipedriveErrors; then nothing is changed.
    """
    if company.fields_read_at is None or company.fields_read_at < now - FRESH_FOR:
        fields_read(company, client, now=now)
        company.fields_read_at = now
    reading = _Reading(company, client, now, known_fields(company.account))
    row = client.get(f"/api/v2/deals/{deal_id}", cost=ONE, include_option_labels="true")
    if not isinstance(row, dict) or row.get("is_deleted") or row.get("status") == "deleted":
        raise RowNotFound
    copy = CrmCopy.objects.filter(
        deal__account=company.account_id, deal__external_source=SOURCE, deal__external_id=deal_id
    ).first()
    is_fresh = copy is not None and copy.changed_at is None
    facts = _head(reading, row, is_named_fresh=is_fresh and not is_whole)
    if is_whole:
        facts |= _lines(reading, deal_id, str(row.get("currency") or ""))
    with transaction.atomic():
        lines = facts.pop("lines", None)
        more = {"lines": lines} if lines is not None else {}
        deal: Deal = deal_push(company.account, None, deal_id, {**facts, **more}, at=now, source=SOURCE).row
        stored, _is_new = CrmCopy.objects.get_or_create(deal=deal)
        read = {"read_at": now, "problem": ""} | ({"lines_read_at": now} if is_whole else {})
        CrmCopy.objects.filter(pk=stored.pk).update(**read)
        if is_whole:
            # A webhook that came during this read is still to be handled.
            seen = copy.changed_at if copy else None
            CrmCopy.objects.filter(pk=stored.pk, changed_at=seen).update(changed_at=None)
    return deal


def _head(reading: _Reading, row: Mapping[str, Any], *, is_named_fresh: bool) -> dict[str, Any]:
    organization = _named(reading, Organization, row.get("org_id"), is_named_fresh)
    person = _named(reading, Person, row.get("person_id"), is_named_fresh)
    return {
        "title": str(row.get("title") or "")[:255],
        "organization": organization,
        "person": person,
        "owner": _owner(reading, row.get("owner_id")),
        "stage": _stage(reading, row.get("stage_id")),
        "status": STATUSES.get(str(row.get("status")), Deal.Status.OPEN),
        "value": values.amount(row.get("value")).quantize(Decimal("0.01")),
        "currency": str(row.get("currency") or reading.company.account.currency)[:12],
        "closed_on": values.day(row.get("local_close_date") or row.get("close_time")),
        "custom": _custom(reading, "deal", row),
    }


def _named(reading: _Reading, model: Any, external_id: Any, is_known_enough: bool) -> Any:
    """Return the organization or person of an id; one that may have changed is read again."""
    if not isinstance(external_id, int):
        return None
    known = model.objects.filter(
        account=reading.company.account_id, external_source=SOURCE, external_id=str(external_id)
    ).first()
    if known is not None and is_known_enough:
        return known
    kind = "organizations" if model is Organization else "persons"
    try:
        row = reading.client.get(f"/api/v2/{kind}/{external_id}", cost=ONE, include_option_labels="true")
    except (RowNotFound, Forbidden):
        # A person may see a deal and not whom it is for: what was known before stays.
        return known
    found = _organization(reading, row) if model is Organization else _person(reading, row)
    return named_push(model, reading.company.account, str(external_id), found, source=SOURCE).row


def _organization(reading: _Reading, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": str(row.get("name") or "")[:600],
        **values.address_parts(row.get("address")),
        "custom": _custom(reading, "organization", row),
    }


def _person(reading: _Reading, row: Mapping[str, Any]) -> dict[str, Any]:
    organization = Organization.objects.filter(
        account=reading.company.account_id, external_source=SOURCE, external_id=str(row.get("org_id") or "-")
    ).first()
    return {
        "name": str(row.get("name") or "")[:600],
        "email": values.primary(row.get("emails"))[:254],
        "phone": values.primary(row.get("phones"))[:40],
        "organization": organization,
        "custom": _custom(reading, "person", row),
    }


def _custom(reading: _Reading, entity: str, row: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of fields as people read them; names of people and organizations are looked up once."""
    own = row.get("custom_fields")
    found: dict[str, str] = {}
    for facts in reading.fields.get(entity, []):
        value = own[facts.key] if isinstance(own, dict) and facts.key in own else row.get(facts.key)
        names = _names(reading, facts.field_type, value)
        text = values.text_of(value, facts, names)
        if text:
            found[facts.key] = text
    return found


def _names(reading: _Reading, field_type: str, value: Any) -> dict[tuple[str, str], str]:
    key = value.get("id") if isinstance(value, dict) else value
    if field_type not in {"user", "people", "org"} or not isinstance(key, int):
        return {}
    if field_type == "user":
        owner = _owner(reading, key)
        return {("user", str(key)): owner.name} if owner else {}
    row = _named(reading, Organization if field_type == "org" else Person, key, True)
    return {(field_type, str(key)): row.name} if row else {}


def _owner(reading: _Reading, user_id: Any) -> Any:
    identity = MemberIdentity.objects.filter(
        integration=reading.company.integration_id, external_id=str(user_id)
    )
    found = identity.select_related("member").first()
    return found.member if found else None


def _stage(reading: _Reading, stage_id: Any) -> Any:
    """Return the stage by its name; names are asked once a day."""
    key = f"pipedrive:stages:{reading.company.company_id}"
    names = cache.get(key)
    if names is None or str(stage_id) not in names:
        rows = reading.client.rows("/api/v2/stages", cost=LIST)
        names = {str(row.get("id")): str(row.get("name") or "")[:80] for row in rows}
        cache.set(key, names, STAGE_SECONDS)
    return stage_named(reading.company.account, names.get(str(stage_id), ""), is_made=True)


def _lines(reading: _Reading, deal_id: str, currency: str) -> dict[str, Any]:
    client = reading.client
    rows = values.billed_lines(client.rows(f"/api/v2/deals/{deal_id}/products", cost=LIST))
    products = _products(reading, {row.get("product_id") for row in rows}, currency)
    lines = [
        {
            **values.line_values(row, _variation(reading, row)),
            "product": products.get(row.get("product_id")),
        }
        for row in rows
    ]
    discounts = client.whole(f"/api/v2/deals/{deal_id}/discounts", cost=LIST)
    return {
        "lines": lines,
        "discounts": values.discounts_of(discounts),
        "installments": values.installments_of(_installments(client, deal_id)),
    }


def _installments(client: PipedriveClient, deal_id: str) -> list[dict[str, Any]]:
    """Return the deal's installments; not every plan of Pipedrive has them."""
    try:
        return list(client.rows("/api/v2/deals/installments", cost=LIST, deal_ids=deal_id))
    except (Forbidden, RowNotFound, RequestRefused):
        return []


def _products(reading: _Reading, ids: set[Any], currency: str) -> dict[Any, Product]:
    """Return the products of a deal by their ids there; those that are not known yet are read."""
    account = reading.company.account
    wanted = {key for key in ids if isinstance(key, int)}
    known = {
        int(row.external_id): row
        for row in Product.objects.filter(
            account=account, external_source=SOURCE, external_id__in=[str(key) for key in wanted]
        )
    }
    missing = sorted(wanted - set(known))
    for row in _product_rows(reading.client, missing):
        price, price_currency = values.price_in(row, currency)
        facts = {
            "name": str(row.get("name") or "")[:255],
            "code": str(row.get("code") or "")[:60],
            "description": str(row.get("description") or "")[:4000],
            "unit_price": price,
            "currency": price_currency[:12],
            "tax_percent": values.amount(row.get("tax")),
            "is_active": not row.get("is_deleted"),
        }
        known[row["id"]] = named_push(Product, account, str(row["id"]), facts, source=SOURCE).row
    return known


def _product_rows(client: PipedriveClient, ids: list[int]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if len(ids) < LIST_FROM:
        for key in ids:
            try:
                found.append(client.get(f"/api/v2/products/{key}", cost=ONE))
            except (RowNotFound, Forbidden):
                continue
        return found
    for at in range(0, len(ids), IDS_A_CALL):
        part = ",".join(str(key) for key in ids[at : at + IDS_A_CALL])
        found += list(client.rows("/api/v2/products", cost=LIST, ids=part))
    return found


def _variation(reading: _Reading, row: Mapping[str, Any]) -> str:
    """Return the name of the variation that a deal's product was sold in; names are asked once a day."""
    variation, product = row.get("product_variation_id"), row.get("product_id")
    if not isinstance(variation, int):
        return ""
    key = f"pipedrive:variations:{reading.company.company_id}:{product}"
    names = cache.get(key)
    if names is None or str(variation) not in names:
        try:
            rows = list(reading.client.rows(f"/api/v2/products/{product}/variations", cost=LIST))
        except (RowNotFound, Forbidden):
            rows = []
        names = {str(one.get("id")): str(one.get("name") or "") for one in rows}
        cache.set(key, names, STAGE_SECONDS)
    return str(names.get(str(variation), ""))
