"""What the form is checked against and surrounded by; every read is local, none grows with the number of lines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from deals.fields import field_catalogue
from deals.models import CustomField, Deal
from deals.selectors import custom_facts, deal_lines
from quickbooks_bridge.domain.address import ship_to
from quickbooks_bridge.domain.draft import InvoiceDraft, PresetFacts
from quickbooks_bridge.domain.due_dates import Terms
from quickbooks_bridge.domain.duplicates import content_key
from quickbooks_bridge.domain.line_payloads import line_payloads
from quickbooks_bridge.domain.money import is_comma_decimal
from quickbooks_bridge.domain.preflight_facts import CustomerFacts, ItemFacts, PreflightFacts, TermRule
from quickbooks_bridge.domain.tax import TaxRules
from quickbooks_bridge.domain.texts import comparable, is_digits
from quickbooks_bridge.domain.totals import draft_totals
from quickbooks_bridge.models import (
    Connection,
    Customer,
    Invoice,
    InvoiceIntent,
    InvoicePreset,
    InvoicingSettings,
    Item,
    Location,
    SalesClass,
    Term,
)
from quickbooks_bridge.models.catalog import RemoteRow
from quickbooks_bridge.selectors.connections import company_today
from quickbooks_bridge.selectors.customers import customer_by_id
from quickbooks_bridge.selectors.deals import (
    DealIntents,
    DealTotals,
    open_intents,
    sums_of_deal,
    totals_by_currency,
)
from quickbooks_bridge.selectors.duplicates import billed_contents, similar_invoices
from quickbooks_bridge.selectors.items import items_with_parts
from quickbooks_bridge.selectors.offered import classes_of, locations_of, terms_of
from quickbooks_bridge.selectors.taxes import tax_rules, usual_code
from quickbooks_bridge.services.connections.lifecycle import settings_for
from quickbooks_bridge.services.invoicing.create import company_payload_profile
from quickbooks_bridge.services.invoicing.customers import (
    customer_heir,
    delivery_address,
    find_customer_by_name,
)

from .deal_changes import is_deal_changed
from .edit_context import EditContext
from .form_state import FormState


@dataclass(frozen=True)
class FormData:
    """Everything local that one showing of the form needs, read once."""

    connection: Connection
    deal: Deal
    now: datetime
    around: EditContext
    terms: tuple[Term, ...]
    presets: tuple[InvoicePreset, ...]
    customer: Customer | None
    namesake: Customer | None
    strip: DealTotals
    rules: TaxRules
    sent: InvoiceIntent | None = None
    token: str = ""
    number_taken_by: str = ""
    next_number: str = ""
    is_ship_to_waived: bool = False
    situation: str = ""
    heir: Customer | None = None
    classes: tuple[SalesClass, ...] = ()
    locations: tuple[Location, ...] = ()
    # What the deal's invoices bill, by digest, with their numbers.
    billed: Mapping[str, str] = field(default_factory=dict)
    settings: InvoicingSettings = field(default_factory=InvoicingSettings)
    # Whether the deal's lines are others than the form was filled from.
    is_deal_changed: bool = False

    @cached_property
    def labels(self) -> dict[str, str]:
        """The names of CRM fields by their keys."""
        return _field_labels(self.deal)


def load_form_data(
    connection: Connection, deal: Deal, state: FormState, *, now: datetime, extra_items: Iterable[str] = ()
) -> FormData:
    """Read what the form in this state needs, in a fixed number of statements.

    `extra_items` are product ids that its buttons name.
    """
    company, token = connection.company_id, state.values["token"]
    today = company_today(connection, now=now)
    is_new = state.values["customer_mode"] == "new"
    chosen = "" if is_new else state.values["customer"]
    customer = customer_by_id(company, chosen) if chosen else None
    is_dead = bool(chosen) and (customer is None or not customer.is_active)
    terms = tuple(terms_of(company))
    presets = tuple(InvoicePreset.objects.filter(account=deal.account_id))
    classes, locations = tuple(classes_of(connection.company)), tuple(locations_of(connection.company))
    wanted = {line["item"] for line in state.lines if line["item"]} | {item for item in extra_items if item}
    # An invoice that is being checked is kept out of what is left; this very form's own is not.
    rows = list(open_intents(deal.pk) | InvoiceIntent.objects.filter(deal=deal.pk, token=token))
    unfinished = [intent for intent in DealIntents.of(rows).unfinished if intent.token != token]
    lines = deal_lines(deal)
    sums = list(sums_of_deal(deal.pk, today=today))
    rules = tax_rules(connection.company, customer)
    offered = OfferedIds(company, frozenset(rules.codes), _ids(terms), _ids(classes), _ids(locations))
    typed_number = state.values["doc_number"].strip()
    numbered = _numbered(company, typed_number)
    needs_number = connection.company.has_custom_numbers and (numbered or not typed_number)
    return FormData(
        connection=connection,
        deal=deal,
        now=now,
        around=EditContext(
            today=today,
            terms={term.qbo_id: terms_rule(term) for term in terms},
            deal_currency=deal.currency if deal.value or lines else "",
            home_currency=connection.company.home_currency,
            presets={str(preset.pk): preset_facts(preset, offered) for preset in presets},
            items=items_with_parts(company, wanted),
            codes=frozenset(rules.codes),
            usual_code=usual_code(rules, customer),
            is_comma_decimal=is_comma_decimal(connection.company.country),
        ),
        terms=terms,
        presets=presets,
        customer=customer,
        namesake=find_customer_by_name(connection, state.values["new_display_name"]) if is_new else None,
        strip=totals_by_currency(deal, sums, unfinished)[0],
        rules=rules,
        sent=next((one for one in rows if _is_this_form(one, token)), None),
        token=token,
        number_taken_by=(numbered.customer_name or numbered.qbo_id) if numbered else "",
        next_number=next_number(connection) if needs_number else "",
        is_ship_to_waived=state.values["no_ship_to"] == "1",
        situation=_situation(deal, token, sums),
        heir=customer_heir(connection, deal, chosen) if is_dead else None,
        classes=classes,
        locations=locations,
        settings=settings_for(connection.account),
        billed=billed_contents(deal, token=token),
        is_deal_changed=is_deal_changed(state, lines, deal.currency),
    )


def _is_this_form(intent: InvoiceIntent, token: str) -> bool:
    """Return whether this very form was sent before; a refused one may be sent again and does not count."""
    return intent.token == token and intent.state != InvoiceIntent.State.REJECTED


def _ids(rows: Iterable[RemoteRow]) -> frozenset[str]:
    return frozenset(row.qbo_id for row in rows)


def _numbered(company: int, number: str) -> Invoice | None:
    """Return the invoice that has the number already."""
    if not number:
        return None
    return Invoice.objects.filter(company=company, doc_number=number, is_deleted=False).first()


def _field_labels(deal: Deal) -> dict[str, str]:
    fields = CustomField.objects.filter(account=deal.account_id).order_by("entity", "position", "id")
    return {entry.key: entry.label for entry in field_catalogue(custom_facts(list(fields)))}


def others_decided(deal: int, token: str) -> QuerySet[InvoiceIntent]:
    """Return the invoices decided for a deal by other forms, the newest first."""
    return InvoiceIntent.objects.filter(deal=deal).exclude(token=token).order_by("-pk")


def _situation(deal: Deal, token: str, sums: Iterable[Mapping[str, Any]]) -> str:
    """Return what tells one situation of a deal from another: the last decision, and how many invoices bill it."""
    decided = others_decided(deal.pk, token).values_list("pk", flat=True).first()
    billed = sum(row["count"] for row in sums if not row["is_deleted"] and not row["is_voided"])
    return f"{decided or 0}-{billed}"


def changed_since(about: FormData, seen: str) -> list[InvoiceIntent] | None:
    """Return what other forms decided since `seen`, nothing where an invoice came otherwise; None when all is the same."""
    if not seen or seen == about.situation:
        return None
    last = seen.partition("-")[0]
    newer = others_decided(about.deal.pk, about.token).filter(pk__gt=int(last) if is_digits(last) else 0)
    return list(newer.select_related("member", "invoice")[:5])


def terms_rule(term: Term) -> Terms:
    """Return when invoices of these terms are due."""
    return Terms(term.due_days, term.day_of_month, term.next_month_days)


def is_us(connection: Connection) -> bool:
    """Return whether the company is one of the United States."""
    return connection.company.country in {"US", "USA"}


def next_number(connection: Connection) -> str:
    """Return the number after the highest of the newest invoices, "" where these are not numbered in digits."""
    mine = Invoice.objects.filter(company=connection.company_id)
    newest = (
        mine.exclude(doc_number="").order_by("-txn_date", "-id").values_list("doc_number", flat=True)[:200]
    )
    numbers = [text for text in newest if is_digits(text, longest=17)]
    highest = max(numbers, key=int, default="")
    return str(int(highest) + 1).zfill(len(highest)) if highest else ""


@dataclass(frozen=True)
class OfferedIds:
    """The ids of a company's lists that an invoice can refer to, by the name of the preset's reference."""

    company_id: int
    tax_code: frozenset[str] = frozenset()
    term: frozenset[str] = frozenset()
    class_: frozenset[str] = frozenset()
    location: frozenset[str] = frozenset()


def preset_facts(preset: InvoicePreset, offered: OfferedIds) -> PresetFacts:
    """Return a preset as the pure core knows it; references that mean nothing in this company are left out and named."""
    is_here = preset.company_id in {None, offered.company_id}
    wanted = {
        "term": (preset.term_qbo_id, offered.term),
        "tax_code": (preset.tax_code_qbo_id, offered.tax_code),
        "class": (preset.class_qbo_id, offered.class_),
        "location": (preset.location_qbo_id, offered.location),
    }
    good = {name: qbo_id if is_here and qbo_id in known else "" for name, (qbo_id, known) in wanted.items()}
    return PresetFacts(
        id=str(preset.pk),
        name=preset.name,
        due_days=preset.due_days,
        tax=preset.tax,  # type: ignore[arg-type]
        currency=preset.currency,
        term_qbo_id=good["term"],
        tax_code=good["tax_code"],
        class_qbo_id=good["class"],
        location_qbo_id=good["location"],
        message=preset.message,
        memo=preset.memo,
        lost=tuple(name for name, (qbo_id, _known) in wanted.items() if qbo_id and not good[name]),
    )


def default_preset(connection: Connection, rules: TaxRules) -> PresetFacts | None:
    """Return the preset that new invoices start from."""
    preset = InvoicePreset.objects.filter(account=connection.account_id, is_default=True).first()
    if preset is None:
        return None
    company = connection.company
    offered = OfferedIds(
        company.pk,
        frozenset(rules.codes),
        _ids(terms_of(company.pk) if preset.term_qbo_id else ()),
        _ids(classes_of(company) if preset.class_qbo_id else ()),
        _ids(locations_of(company) if preset.location_qbo_id else ()),
    )
    return preset_facts(preset, offered)


def deal_left(about: FormData, draft: InvoiceDraft) -> Decimal | None:
    """Return what the deal's value leaves to invoice before tax, in the currency of the invoice.

    None for a deal without value, and for another currency whose amounts were not converted.
    """
    if not about.deal.value:
        return None
    left = about.deal.value - about.strip.billed_net
    if draft.currency == about.deal.currency:
        return left
    change = draft.conversion
    is_of_deal = change is not None and change.source == about.deal.currency
    return change.converted(left) if change is not None and is_of_deal else None


def preflight_facts(about: FormData, draft: InvoiceDraft) -> PreflightFacts:
    """Return what the draft is checked against."""
    connection, customer, namesake = about.connection, about.customer, about.namesake
    profile = company_payload_profile(connection, about.rules, about.settings)
    return PreflightFacts(
        today=about.around.today,
        home_currency=connection.company.home_currency,
        is_multicurrency=connection.company.is_multicurrency,
        rules=about.rules,
        is_us=is_us(connection),
        has_custom_numbers=connection.company.has_custom_numbers,
        number_taken_by=about.number_taken_by,
        next_number=about.next_number,
        deal_currency=about.around.deal_currency,
        has_ship_to=ship_to(
            draft.address, delivery_address(customer) if customer else None, connection.company.country
        )
        is not None,
        is_ship_to_waived=about.is_ship_to_waived,
        term=_term(about, draft),
        is_term_gone=bool(draft.term_qbo_id)
        and draft.term_qbo_id not in {term.qbo_id for term in about.terms},
        book_close_date=connection.company.book_close_date,
        customer=CustomerFacts(
            customer.display_name, customer.currency, customer.is_active, customer.is_taxable
        )
        if customer
        else None,
        items={key: _item_facts(item) for key, item in about.around.items.items()},
        taken_names=frozenset({comparable(namesake.display_name)})
        if namesake and namesake.is_active
        else frozenset(),
        deal_left=deal_left(about, draft),
        facts=connection.company.invoice_facts,
        allows_discount=connection.company.allows_discount,
        classes=frozenset(row.qbo_id for row in about.classes),
        locations=frozenset(row.qbo_id for row in about.locations),
        preset=about.around.presets.get(draft.preset_id),
        identical=about.billed.get(content_key(line_payloads(draft, profile), draft.currency), ""),
        similar=similar_invoices(connection, draft, net=draft_totals(draft, about.rules).net),
    )


def _term(about: FormData, draft: InvoiceDraft) -> TermRule | None:
    """Return the terms that print: the chosen ones, else the customer's own."""
    wanted = draft.term_qbo_id or (about.customer.term_qbo_id if about.customer else "")
    term = next((one for one in about.terms if one.qbo_id == wanted), None)
    if term is None:
        return None
    return TermRule(term.name, terms_rule(term).due(draft.issue_date), is_customers=not draft.term_qbo_id)


def _item_facts(item: Item) -> ItemFacts:
    return ItemFacts(item.name, item.is_active, item.kind, item.quantity_on_hand, item.inventory_start)
