"""Pipedrive's webhooks: what they say is never believed, only that something changed; it is then read."""

import json
import logging
import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from deals.models import CrmCopy, CrmEvent, Deal, PipedriveCompany

from .client import PipedriveClient
from .errors import PipedriveError, RequestRefused, RowNotFound
from .fields import fields_read
from .installs import SOURCE
from .reading import deal_read
from .tokens import client_for, unseal

log = logging.getLogger(__name__)

USER = "crm-invoicing"
# The last three are sent when a field is renamed or deleted; a Pipedrive that does not offer them refuses them, and fields
# are read once a day anyway.
OBJECTS = (
    "deal", "deal_product", "deal_installment", "organization", "person", "product",
    "deal_field", "person_field", "organization_field",
)  # fmt: skip
FIELD_OBJECTS = frozenset(
    {"deal_field", "person_field", "organization_field", "dealField", "personField", "organizationField"}
)
REGISTER_COST = 10


def address_of(company: PipedriveCompany) -> str:
    """Return where a company's events are taken."""
    return f"{settings.PUBLIC_URL}/pipedrive/webhook/{company.webhook_key}/"


def webhooks_register(company: PipedriveCompany, client: PipedriveClient) -> list[int]:
    """Ask for events, each kind once; returns their ids. Raises PipedriveError when none can be had."""
    password = unseal(company.webhook_password)
    there = {
        str(row.get("event_object")): int(row["id"])
        for row in client.whole("/api/v1/webhooks", cost=REGISTER_COST)
        if row.get("subscription_url") == address_of(company) and isinstance(row.get("id"), int)
    }
    for kind in OBJECTS:
        if kind in there:
            continue
        body = {
            "subscription_url": address_of(company),
            "event_action": "*",
            "event_object": kind,
            "name": f"CRM invoicing: {kind}",
            "version": "2.0",
            "http_auth_user": USER,
            "http_auth_password": password,
        }
        try:
            there[kind] = int(client.send("POST", "/api/v1/webhooks", body, cost=REGISTER_COST)["id"])
        except (RequestRefused, RowNotFound) as error:
            log.info("pipedrive offers no events of this kind", extra={"kind": kind, "code": error.code})
    ids = sorted(there.values())
    PipedriveCompany.objects.filter(pk=company.pk).update(webhook_ids=ids)
    return ids


def is_sender(company: PipedriveCompany, user: str, password: str) -> bool:
    """Return whether an event came with the credentials that were agreed on."""
    try:
        expected = unseal(company.webhook_password)
    except PipedriveError:
        return False
    # Both are compared, so that the time it takes says nothing.
    is_user = secrets.compare_digest(user.encode(), USER.encode())
    return secrets.compare_digest(password.encode(), expected.encode()) and is_user


def event_take(company: PipedriveCompany, body: bytes, *, now: datetime) -> str:
    """Keep what an event says has changed; returns "taken", "repeated" or "unreadable"."""
    try:
        found = json.loads(body)
        meta = found["meta"]
        event_id, kind = str(meta["id"])[:80], str(meta["entity"])
        company_id, entity_id = str(meta["company_id"]), str(meta["entity_id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "unreadable"
    if company_id != str(company.company_id) or not event_id:
        return "unreadable"
    try:
        with transaction.atomic():
            CrmEvent.objects.create(integration=company.integration, event_id=event_id, received_at=now)
    except IntegrityError:
        return "repeated"
    _mark(company, kind, entity_id, found, now)
    return "taken"


def _mark(company: PipedriveCompany, kind: str, entity_id: str, found: dict[str, Any], now: datetime) -> None:
    """Mark what has to be read again; a deal that nobody opened here yet needs nothing."""
    mine = Deal.objects.filter(account=company.account_id, external_source=SOURCE)
    if kind in FIELD_OBJECTS:
        PipedriveCompany.objects.filter(pk=company.pk).update(fields_read_at=None)
        return
    if kind == "deal":
        deals = mine.filter(external_id=entity_id)
    elif kind in {"deal_product", "deal_installment"}:
        deals = mine.filter(external_id=_deal_id(found))
    elif kind == "organization":
        deals = mine.filter(organization__external_id=entity_id)
    elif kind == "person":
        deals = mine.filter(person__external_id=entity_id)
    elif kind == "product":
        deals = mine.filter(lines__product__external_id=entity_id)
    else:
        return
    CrmCopy.objects.filter(deal__in=deals.values("pk")).update(changed_at=now)


def _deal_id(found: dict[str, Any]) -> str:
    """Return the deal of an event about one of its lines; a deleted one says it in what was before."""
    for name in ("data", "previous"):
        part = found.get(name)
        if isinstance(part, dict) and part.get("deal_id"):
            return str(part["deal_id"])
    return "-"


def changes_read(*, now: datetime) -> int:
    """Read the deals and fields that webhooks named; returns how many deals. What fails is read at the next opening."""
    count = 0
    for company in PipedriveCompany.objects.filter(removed_at__isnull=True).select_related("account"):
        if company.blocked_until and company.blocked_until > now:
            continue
        count += _company_read(company, now)
    return count


def _company_read(company: PipedriveCompany, now: datetime) -> int:
    copies = CrmCopy.objects.filter(
        deal__account=company.account_id, deal__external_source=SOURCE, changed_at__isnull=False
    )
    due = list(copies.select_related("deal").order_by("changed_at")[:20])
    if not due and company.fields_read_at is not None:
        return 0
    count = 0
    try:
        client = client_for(company)
        if company.fields_read_at is None:
            fields_read(company, client, now=now)
            company.fields_read_at = now
        for copy in due:
            try:
                deal_read(company, client, copy.deal.external_id, is_whole=True, now=now)
                count += 1
            except RowNotFound:
                CrmCopy.objects.filter(pk=copy.pk).update(changed_at=None, problem="not_found")
    except PipedriveError as error:
        log.info("pipedrive could not be read", extra={"code": error.code})
    return count


def events_clean(*, before: datetime) -> None:
    """Forget events that are too old to be repeated."""
    CrmEvent.objects.filter(received_at__lt=before).delete()
