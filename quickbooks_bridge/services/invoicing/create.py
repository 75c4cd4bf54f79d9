"""Making invoices out of drafts, each exactly once."""

import logging
import uuid
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from deals.models import Deal, Member
from deals.selectors import load_snapshot
from deals.services import timeline_add
from deals.viewer import Viewer
from quickbooks_bridge.domain.address import ship_to, ship_to_key
from quickbooks_bridge.domain.allocation import allocation_of
from quickbooks_bridge.domain.company_facts import CompanyFacts
from quickbooks_bridge.domain.company_profile import PayloadProfile
from quickbooks_bridge.domain.customer_diff import customer_diff
from quickbooks_bridge.domain.customer_payloads import (
    KnownCustomer,
    customer_create_payload,
    customer_update_payload,
)
from quickbooks_bridge.domain.draft import InvoiceDraft
from quickbooks_bridge.domain.duplicates import content_key
from quickbooks_bridge.domain.payloads import invoice_payload
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.tax import TaxRegime, TaxRules
from quickbooks_bridge.domain.totals import draft_totals
from quickbooks_bridge.models import Company, Connection, InvoiceIntent, InvoicingSettings
from quickbooks_bridge.selectors.connections import is_connected
from quickbooks_bridge.selectors.customers import customer_by_id
from quickbooks_bridge.services.connections.lifecycle import settings_for

from .customers import (
    customer_address,
    customer_facts,
    customer_ship_address,
    delivery_address,
    draft_facts,
)
from .intents import OPEN_STATES, initial_claim, intent_resume, intent_send
from .items import item_links_save

logger = logging.getLogger(__name__)


class SituationChanged(Exception):
    """Another invoice of the deal was decided since the form was drawn: its person has not seen it yet."""


def company_payload_profile(
    connection: Connection, rules: TaxRules, stored: InvoicingSettings
) -> PayloadProfile:
    """Return what of the company, and of what its account has chosen, decides how an invoice is written."""
    return PayloadProfile(
        rules=rules,
        facts=_facts(connection.company),
        us_tax_id=stored.us_tax_id_field,
        country=connection.company.country,
        home_currency=connection.company.home_currency,
        is_multicurrency=connection.company.is_multicurrency,
    )


def _facts(company: Company) -> CompanyFacts:
    """Return the company's facts with the discount account that was chosen, where it still exists."""
    facts, chosen = company.invoice_facts, company.discount_account_qbo_id
    is_there = chosen in {qbo_id for qbo_id, _name in company.income_accounts}
    return replace(facts, discount_account=chosen) if is_there else facts


def invoice_create(
    viewer: Viewer,
    deal: Deal,
    connection: Connection,
    draft: InvoiceDraft,
    *,
    token: str,
    rules: TaxRules,
    now: datetime,
    stored: InvoicingSettings | None = None,
    preset: str = "",
    form: dict[str, Any] | None = None,
    seen: str = "",
) -> InvoiceIntent:
    """Decide on an invoice and send it. The same `token` again gives the same intent, sent once.

    A refused one may be corrected and sent again under its token; anything else is never sent twice. `form` is
    what was posted, kept so that a refusal that arrives later opens with everything typed. `seen` is the situation of the
    deal that the form was drawn from: another form of the same situation that was faster raises SituationChanged. `stored`
    are the account's settings where they are read already, `preset` the name of the one that was used.
    """
    stored = stored or settings_for(connection.account)
    values = _intent_values(viewer, deal, connection, draft, rules=rules, stored=stored, now=now)
    values["context"] = _context(deal, draft, stored, preset)
    intent, is_new = _get_or_create_intent(viewer, deal, {**values, "form": form, "seen": seen}, token=token)
    if is_new:
        intent = intent_send(intent, connection, now=now, interactive=True)
        item_links_save(connection, draft.lines, now=now)
    elif intent.state in (InvoiceIntent.State.PENDING, InvoiceIntent.State.UNKNOWN):
        intent = intent_resume(intent, connection, now=now, interactive=True)
    else:
        return intent
    if intent.state == InvoiceIntent.State.REJECTED:
        # The form that is open says so itself; the deal shows only what is refused later.
        InvoiceIntent.objects.filter(pk=intent.pk).update(dismissed_at=now)
        intent.dismissed_at = now
    return intent


def _get_or_create_intent(
    viewer: Viewer, deal: Deal, values: dict[str, Any], *, token: str
) -> tuple[InvoiceIntent, bool]:
    """Decide on the invoice and claim its first try in one statement; tells whether it was this call that did."""
    try:
        with transaction.atomic():
            created = InvoiceIntent.objects.create(account=viewer.account, token=token, **values)
            return created, True
    except IntegrityError:
        found = InvoiceIntent.objects.filter(account=viewer.account, token=token).first()
        if found is None:
            raise SituationChanged from None
        existing = found
    if existing.deal_id == deal.pk and existing.state == InvoiceIntent.State.REJECTED:
        fresh = {**values, "problems": [], "dismissed_at": None, "finished_at": None}
        if _is_same_new_customer(existing, fresh):  # it was made before the invoice was refused
            fresh["customer_payload"] = None
        else:
            fresh["customer_qbo_id"] = ""
        if InvoiceIntent.objects.filter(pk=existing.pk, state=InvoiceIntent.State.REJECTED).update(**fresh):
            existing.refresh_from_db()
            return existing, True
        existing.refresh_from_db()
    return existing, False


def _is_same_new_customer(existing: InvoiceIntent, fresh: dict[str, Any]) -> bool:
    """Return whether the customer to be created is the one that this intent has created already."""
    before, after = existing.customer_payload or {}, fresh["customer_payload"] or {}
    return bool(
        existing.customer_qbo_id
        and after.get("DisplayName")
        and "Id" not in after
        and before.get("DisplayName") == after["DisplayName"]
    )


def _intent_values(
    viewer: Viewer,
    deal: Deal,
    connection: Connection,
    draft: InvoiceDraft,
    *,
    rules: TaxRules,
    stored: InvoicingSettings,
    now: datetime,
) -> dict[str, Any]:
    profile = company_payload_profile(connection, rules, stored)
    request_id = uuid.uuid4().hex
    customer_payload = None
    if draft.customer.is_new:
        customer_payload = customer_create_payload(draft, profile=profile)
    elif draft.customer.update_in_quickbooks:
        customer_payload = _customer_update(connection, draft, profile)
    # What is written on the invoice decides; the customer's own address only where nothing is.
    asks_customer = draft.customer.qbo_id and not draft.address.strip()
    known = customer_by_id(connection.company_id, draft.customer.qbo_id) if asks_customer else None
    payload = invoice_payload(
        draft,
        customer_qbo_id=draft.customer.qbo_id,
        profile=profile,
        marker=request_id,
        delivery=ship_to(draft.address, delivery_address(known) if known else None, profile.country),
    )
    totals = draft_totals(draft, rules)
    is_automated = rules.regime is TaxRegime.AUTOMATED
    return {
        "deal": deal,
        "member": viewer.member,
        "company": connection.company,
        "request_id": request_id,
        "payload": payload,
        "customer_request_id": uuid.uuid4().hex if customer_payload else "",
        "customer_payload": customer_payload,
        "currency": draft.currency,
        "expected_total": totals.total,
        "expected_tax": totals.tax,
        "deal_net": draft.conversion.reverted(totals.net) if draft.conversion else None,
        "taxable": Decimal(0) if rules.is_customer_exempt else totals.taxable,
        "ship_to_key": ship_to_key(payload.get("ShipAddr")) if is_automated else "",
        "content_key": content_key(payload["Line"], draft.currency),
        "allocation": allocation_of(draft),
        "created_at": now,
        **initial_claim(now),
    }


def _context(deal: Deal, draft: InvoiceDraft, stored: InvoicingSettings, preset: str) -> dict[str, Any]:
    """Return the deal, the mapping and the preset as they are now, without what names a person."""
    snapshot = load_snapshot(deal)
    lines = [
        {
            "name": line.name,
            "quantity": str(line.quantity),
            "unit_price": str(line.unit_price),
            "discount": f"{line.discount} {line.discount_kind}" if line.discount else "",
            "tax_percent": str(line.tax_percent),
        }
        for line in snapshot.lines
    ]
    change = draft.conversion
    return {
        "deal": {"value": str(snapshot.value), "currency": snapshot.currency, "lines": lines},
        "mapping": {name: getattr(stored, f"{name}_field") for name in ("to", "address", "email", "tax_id")},
        "due_days": stored.due_days,
        "tax_policy": stored.tax_policy,
        "discount_style": stored.discount_style,
        "preset": preset,
        "again_reason": draft.again_reason,
        "converted_at": f"1 {change.source} = {change.rate} {change.target}, {change.day}" if change else "",
    }


def _customer_update(
    connection: Connection, draft: InvoiceDraft, profile: PayloadProfile
) -> dict[str, object] | None:
    """Return the sparse update for the parts that differ and are ticked, None when none is."""
    customer = customer_by_id(connection.company_id, draft.customer.qbo_id)
    if customer is None:
        return None
    diffs = customer_diff(customer_facts(customer), draft_facts(draft, profile.country))
    nowhere = frozenset() if profile.tax_id_field else frozenset({"tax_id"})
    fields = (
        frozenset(diff.field for diff in diffs if diff.is_changed) - draft.customer.skipped_parts - nowhere
    )
    if not fields:
        return None
    known = KnownCustomer(
        customer.qbo_id, customer.sync_token, customer_address(customer), customer_ship_address(customer)
    )
    return customer_update_payload(draft, known, fields, profile=profile)


def intent_abandon(intent: InvoiceIntent, *, now: datetime, actor: Member) -> bool:
    """End an unconfirmed invoice whose company is no longer connected; False where it can still be asked for.

    Its person has looked in QuickBooks. Should it be there, it can be linked when its company is connected again.
    """
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    with transaction.atomic():
        ended = InvoiceIntent.objects.filter(
            free, ~is_connected("company"), pk=intent.pk, state__in=OPEN_STATES
        ).update(
            state=InvoiceIntent.State.REJECTED,
            finished_at=now,
            dismissed_at=now,
            next_check_at=None,
            lease_until=None,
            problems=[Problem(ProblemCode.ABANDONED).as_dict()],
        )
        if ended:
            data = {"currency": intent.currency, "amount": str(intent.expected_total)}
            timeline_add(intent.deal, "invoice.abandoned", data, at=now, actor=actor)
    return bool(ended)


def intent_dismiss(intent: InvoiceIntent, *, now: datetime) -> None:
    """Take a refusal off the deal page; what was written can no longer be opened from there."""
    InvoiceIntent.objects.filter(
        pk=intent.pk, state=InvoiceIntent.State.REJECTED, dismissed_at__isnull=True
    ).update(dismissed_at=now)
