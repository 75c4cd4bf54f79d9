"""What the form is checked against and surrounded by; every read is local, none grows with the number of lines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from deals.fields import field_catalogue
from deals.models import Account, CustomField, Deal
from deals.selectors import custom_facts
from quickbooks_bridge.deal_selectors import DealIntents, MoneyStrip, open_intents, strips_of, sums_of_deal
from quickbooks_bridge.domain.draft import InvoiceDraft, PresetFacts
from quickbooks_bridge.domain.preflight import CustomerFacts, ItemFacts, PreflightFacts
from quickbooks_bridge.models import Connection, Customer, InvoiceIntent, Item, Preset, Term
from quickbooks_bridge.models.together import Prepared
from quickbooks_bridge.selectors import (
    company_today,
    expected_tax_percent,
    sales_tax_rates,
)
from quickbooks_bridge.services.customers import customer_named
from quickbooks_bridge.services.drafts import sent_intents

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
    sent: InvoiceIntent | None = None


def _parts(
    account: int, realm: str, deal: int, today: date, token: str, customer: str, items: tuple[str, ...] = ()
) -> dict[str, QuerySet[Any]]:
    mine: dict[str, Any] = {"account": account, "realm_id": realm}
    return {
        "terms": Term.objects.filter(**mine, is_active=True).order_by("due_days", "name"),
        "presets": Preset.objects.filter(account=account),
        "items": Item.objects.filter(**mine, qbo_id__in=items),
        "intents": open_intents(deal),
        "sent": sent_intents(account, deal, token),
        "customer": Customer.objects.filter(**mine, qbo_id=customer),
        "sums": sums_of_deal(deal, today=today),
        "rates": sales_tax_rates(account, realm),
        "fields": CustomField.objects.filter(account=account).order_by("owner", "position", "id"),
    }


_AROUND = Prepared(_parts)


def known(
    connection: Connection, deal: Deal, state: FormState, *, now: datetime, extra_items: Iterable[str] = ()
) -> Known:
    """Read in one statement what the form in this state needs; `extra_items` are product ids that its buttons name."""
    account, realm = connection.account, connection.realm_id
    wanted = {line["item"] for line in state.lines if line["item"]} | {item for item in extra_items if item}
    today = company_today(connection, now=now)
    is_new = state.values["customer_mode"] == "new"
    token = state.values["token"]
    found = _AROUND.read(
        account=account.pk,
        realm=realm,
        deal=deal.pk,
        today=today,
        token=token,
        customer="" if is_new else state.values["customer"],
        items=tuple(sorted(wanted)),
    )
    # An invoice that is being checked is kept out of what is left; this very form's own is not.
    unfinished = [one for one in DealIntents.of(found.rows("intents")).unfinished if one.token != token]
    terms, presets = tuple(found.rows("terms")), tuple(found.rows("presets"))
    return Known(
        connection=connection,
        deal=deal,
        now=now,
        around=Surroundings(
            today=today,
            term_days={term.qbo_id: term.due_days for term in terms},
            presets={str(preset.pk): preset_facts(preset) for preset in presets},
            items={item.qbo_id: item for item in found.rows("items")},
        ),
        terms=terms,
        presets=presets,
        customer=found.first("customer"),
        namesake=customer_named(connection, state.values["new_display_name"]) if is_new else None,
        strip=strips_of(deal, found.rows("sums"), unfinished)[0],
        tax_percent=expected_tax_percent(connection, (row["rate_percent"] for row in found.rows("rates"))),
        labels={entry.key: entry.label for entry in field_catalogue(custom_facts(found.rows("fields")))},
        sent=found.first("sent"),
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
