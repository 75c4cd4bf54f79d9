"""What the form is checked against and surrounded by; every read is local, none grows with the number of lines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from deals.fields import field_catalogue
from deals.models import Account, Deal
from deals.selectors import custom_field_facts
from quickbooks_bridge.deal_selectors import DealIntents, MoneyStrip, open_intents, strips_of, sums_of_deal
from quickbooks_bridge.domain.draft import InvoiceDraft, PresetFacts
from quickbooks_bridge.domain.preflight import CustomerFacts, ItemFacts, PreflightFacts
from quickbooks_bridge.models import Connection, Customer, Item, Preset, Term
from quickbooks_bridge.selectors import (
    company_today,
    customer_by_id,
    expected_tax_percent,
    items_by_id,
)
from quickbooks_bridge.services.customers import customer_named

from .edits import Surroundings
from .state import FormState


@dataclass(frozen=True)
class Known:
    """Everything local that one showing of the form needs, read once."""

    connection: Connection
    deal: Deal
    now: datetime
    around: Surroundings
    terms: tuple[Term, ...]
    presets: tuple[Preset, ...]
    customer: Customer | None
    namesake: Customer | None
    strip: MoneyStrip
    tax_percent: Decimal | None
    labels: Mapping[str, str]


def known(
    connection: Connection, deal: Deal, state: FormState, *, now: datetime, extra_items: Iterable[str] = ()
) -> Known:
    """Read what the form in this state needs; `extra_items` are product ids that its buttons name."""
    account, realm = connection.account, connection.realm_id
    terms = tuple(
        Term.objects.filter(account=account, realm_id=realm, is_active=True).order_by("due_days", "name")
    )
    presets = tuple(Preset.objects.filter(account=account))
    wanted = {line["item"] for line in state.lines if line["item"]} | {
        qbo_id for qbo_id in extra_items if qbo_id
    }
    items = items_by_id(account, realm, wanted) if wanted else {}
    today = company_today(connection, now=now)
    is_new = state.values["customer_mode"] == "new"
    chosen = state.values["customer"]
    # An invoice that is being checked is kept out of what is left; this very form's own is not.
    unfinished = [
        intent
        for intent in DealIntents.of(list(open_intents(deal.pk))).unfinished
        if intent.token != state.values["token"]
    ]
    return Known(
        connection=connection,
        deal=deal,
        now=now,
        around=Surroundings(
            today=today,
            term_days={term.qbo_id: term.due_days for term in terms},
            presets={str(preset.pk): preset_facts(preset) for preset in presets},
            items=items,
        ),
        terms=terms,
        presets=presets,
        customer=customer_by_id(account, realm, chosen) if chosen and not is_new else None,
        namesake=customer_named(connection, state.values["new_display_name"]) if is_new else None,
        strip=strips_of(deal, sums_of_deal(deal.pk, today=today), unfinished)[0],
        tax_percent=expected_tax_percent(connection),
        labels={entry.key: entry.label for entry in field_catalogue(custom_field_facts(account))},
    )


def default_preset(account: Account) -> PresetFacts | None:
    """Give the preset that new invoices start from."""
    preset = Preset.objects.filter(account=account, is_default=True).first()
    return preset_facts(preset) if preset else None


def preset_facts(preset: Preset) -> PresetFacts:
    """Give a preset as the pure core knows it."""
    return PresetFacts(
        id=str(preset.pk),
        name=preset.name,
        due_days=preset.due_days,
        tax=preset.tax,  # type: ignore[arg-type]
        currency=preset.currency,
        term_qbo_id=preset.term_qbo_id,
        message=preset.message,
        memo=preset.memo,
    )


def deal_left(about: Known, draft: InvoiceDraft) -> Decimal | None:
    """Give what the deal's value leaves to invoice before tax; None for another currency or a deal without value."""
    if not about.deal.value or draft.currency != about.deal.currency:
        return None
    return about.deal.value - about.strip.invoiced_net - about.strip.unconfirmed_net


def preflight_facts(about: Known, draft: InvoiceDraft) -> PreflightFacts:
    """Give what the draft is checked against."""
    connection, customer, namesake = about.connection, about.customer, about.namesake
    return PreflightFacts(
        today=about.around.today,
        home_currency=connection.home_currency,
        is_multicurrency=connection.is_multicurrency,
        is_tax_automated=connection.is_tax_automated,
        is_us=connection.country in {"US", "USA"},
        book_close_date=connection.book_close_date,
        customer=CustomerFacts(customer.display_name, customer.currency, customer.is_active)
        if customer
        else None,
        items={key: _item_facts(item) for key, item in about.around.items.items()},
        taken_names=frozenset({namesake.display_name.casefold()})
        if namesake and namesake.is_active
        else frozenset(),
        deal_left=deal_left(about, draft),
    )


def _item_facts(item: Item) -> ItemFacts:
    return ItemFacts(item.name, item.is_active, item.kind)
