"""Where a form starts: filled from the deal, or from names typed without script."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from deals.fields import MappableField, field_catalogue
from deals.models import Deal
from deals.selectors import custom_field_facts, load_snapshot
from deals.snapshot import DealLineFacts, DealSnapshot
from quickbooks_bridge.domain.allocation import lines_left
from quickbooks_bridge.domain.company_profile import format_decimal
from quickbooks_bridge.domain.conversion import cross_rate
from quickbooks_bridge.domain.deal_prices import (
    installment_line,
    is_all_included,
    listed,
    net_line,
    whole_discount,
)
from quickbooks_bridge.domain.draft import build_draft
from quickbooks_bridge.domain.field_mapping import FieldMapping, drop_missing_fields, mapping_problems
from quickbooks_bridge.domain.preflight_lines import MOST_LINES
from quickbooks_bridge.domain.tax import TaxMode, TaxRegime, TaxRules
from quickbooks_bridge.domain.totals import can_be_quoted
from quickbooks_bridge.models import Connection, Customer, Item
from quickbooks_bridge.selectors.connections import company_today
from quickbooks_bridge.selectors.customers import customer_by_id, linked_customer
from quickbooks_bridge.selectors.duplicates import allocated_quantities
from quickbooks_bridge.selectors.items import item_links, items_with_parts
from quickbooks_bridge.selectors.taxes import tax_rules, usual_code
from quickbooks_bridge.services.connections.lifecycle import mapping_of, settings_for
from quickbooks_bridge.services.invoicing.customers import find_customer_by_name
from quickbooks_bridge.services.invoicing.exchange_rates import exchange_rate_get
from quickbooks_bridge.services.invoicing.items import find_items_by_name

from .deal_changes import lines_seen, mark_filled
from .edit_context import EditContext
from .form_data import default_preset
from .form_state import CUSTOMER_FIELDS, NEW_LINE, FormState, read_day, state_from_draft
from .line_edits import bundle_open, item_take, list_price


def new_token() -> str:
    """Return what tells one form from another."""
    return secrets.token_urlsafe(24)


def filled_state(connection: Connection, deal: Deal, *, now: datetime, installment: str = "") -> FormState:
    """Fill the form from deal, mapping, links and preset; QuickBooks is asked for a rate that is not known yet at most.

    `installment` is the id of the one that is billed instead of the deal's products, "" for none.
    """
    state = mapped_state(connection, deal, now=now, installment=installment)
    own = deal.currency if deal.value or state.lines else ""
    customer = state.values["customer"]
    known = customer_by_id(connection.company_id, customer) if customer else None
    follow_exchange_rate(state, connection, now=now)
    suggest_conversion_rate(state, connection, own, known, now=now)
    return state


def mapped_state(
    connection: Connection, deal: Deal, *, now: datetime, is_whole: bool = False, installment: str = ""
) -> FormState:
    """Fill the form from deal, mapping, remembered links and default preset; asks QuickBooks nothing.

    Lines of the deal that invoices made here bill already are left out, unless `is_whole`, or all of them are billed.
    """
    stored = settings_for(connection.account)
    mapping = mapping_of(stored)
    catalogue = field_catalogue(custom_field_facts(connection.account))
    snapshot = load_snapshot(deal)
    seen = lines_seen(snapshot.lines, snapshot.currency)
    part = _installment(snapshot, installment)
    if part is not None:
        # It stands for the products, whatever becomes of them meanwhile.
        snapshot, seen, is_whole = replace(snapshot, lines=(part,), discounts=()), "", True
    billed = {} if is_whole else allocated_quantities(deal)
    left = lines_left(snapshot.lines, billed) if billed else None
    taken, over = _fitting(left or snapshot.lines)
    whole, count = snapshot.lines, len(snapshot.lines)
    customer = linked_customer(deal, connection.company_id)
    rules = tax_rules(connection.company, customer)
    mode = _mode(rules, whole)
    if mode is not TaxMode.INCLUSIVE:
        taken, whole = tuple(map(net_line, taken)), tuple(map(net_line, whole))
    snapshot = replace(snapshot, lines=taken)
    links = item_links(connection.company_id, [(line.product_id, line.name) for line in snapshot.lines])
    items = items_with_parts(connection.company_id, links.values())
    usual = usual_code(rules, customer)
    today = company_today(connection, now=now)
    draft = build_draft(
        snapshot,
        drop_missing_fields(mapping, catalogue),
        customer_qbo_id=customer.qbo_id if customer else "",
        item_links={key: qbo_id for key, qbo_id in links.items() if qbo_id in items},
        item_taxable={qbo_id: item.is_taxable for qbo_id, item in items.items()},
        item_codes=_item_codes(items, rules, usual),
        form_tax_code=usual if rules.regime is TaxRegime.MANUAL else "",
        today=today,
        home_currency=connection.company.home_currency,
        preset=default_preset(connection, rules),
        is_as_quoted=stored.tax_policy == stored.TaxPolicy.AS_QUOTED and can_be_quoted(rules),
        tax_mode=mode,
        discount=whole_discount(snapshot.discounts, taken, of=whole),
    )
    labels = {qbo_id: item.name for qbo_id, item in items.items()}
    state = state_from_draft(draft, token=new_token(), labels=labels)
    if left is not None:
        state.values["lines_billed"] = str(count - len(left))
    if over:
        state.values["lines_over"] = f"{len(over)} {listed(over)} {draft.currency}"
    home = connection.company.home_currency
    codes = frozenset(rules.codes)
    _open_bundles(
        state, EditContext(today=today, home_currency=home, items=items, codes=codes, usual_code=usual)
    )
    state.values["deal_seen"] = seen
    mark_filled(state.lines)
    _explain_empty(state, catalogue, mapping)
    return state


def _item_codes(items: Mapping[str, Item], rules: TaxRules, usual: str) -> dict[str, str]:
    """Return the tax code of each item's lines: its own where the company has it, else the usual one."""
    return {
        qbo_id: item.tax_code_qbo_id if item.tax_code_qbo_id in rules.codes else usual
        for qbo_id, item in items.items()
    }


def _fitting(
    lines: Sequence[DealLineFacts],
) -> tuple[tuple[DealLineFacts, ...], tuple[DealLineFacts, ...]]:
    """Return the lines that one invoice takes, and those beyond."""
    return tuple(lines[:MOST_LINES]), tuple(lines[MOST_LINES:])


def _mode(rules: TaxRules, lines: Sequence[DealLineFacts]) -> TaxMode:
    """Return whether prices hold the tax: so they do in the deal, and QuickBooks takes them like that where lines bear codes."""
    is_inclusive = rules.regime is TaxRegime.CODES and is_all_included(lines)
    return TaxMode.INCLUSIVE if is_inclusive else TaxMode.EXCLUSIVE


def _installment(snapshot: DealSnapshot, key: str) -> DealLineFacts | None:
    """Return the line of the installment that is billed, None where products are."""
    parts = snapshot.installments
    found = next(((at, part) for at, part in enumerate(parts, 1) if part.id == key), None)
    return installment_line(found[1], found[0], len(parts)) if found else None


def _open_bundles(state: FormState, around: EditContext) -> None:
    """Open the lines that are linked to bundles, the last first: each opening adds lines behind it."""
    for at in reversed(range(len(state.lines))):
        item = around.items.get(state.lines[at]["item"])
        if item is not None and item.parts:
            bundle_open(state, at, around)


def follow_exchange_rate(state: FormState, connection: Connection, *, now: datetime) -> None:
    """Write the rate of a foreign currency on the issue date; one that a person wrote for them stays."""
    values, company = state.values, connection.company
    currency, issued = values["currency"].strip().upper(), read_day(values["issue_date"])
    is_foreign = company.is_multicurrency and currency not in {"", company.home_currency}
    if not is_foreign or issued is None or len(currency) != 3 or not currency.isascii():
        if not is_foreign:
            values["exchange_rate"] = values["rate_for"] = ""
        return
    wanted = f"{currency} {issued.isoformat()}"
    # Asked once: where QuickBooks has none, or cannot be asked, each keystroke would ask anew.
    if values["rate_for"] == wanted:
        return
    rate = exchange_rate_get(connection, currency, issued, now=now)
    values["exchange_rate"] = format_decimal(rate) if rate is not None else ""
    values["rate_for"] = wanted


def suggest_conversion_rate(
    state: FormState, connection: Connection, deal_currency: str, customer: Customer | None, *, now: datetime
) -> None:
    """Write QuickBooks' own rate beside amounts that have to be converted, where it has one; a typed one stays.

    `deal_currency` is that of the deal's amounts, "" for a deal without any.
    """
    values, company = state.values, connection.company
    target = customer.currency if customer is not None else company.home_currency
    issued = read_day(values["issue_date"])
    is_needed = deal_currency not in {"", target} and not values["converted_from"]
    if not is_needed or values["convert_rate"] or not company.is_multicurrency or issued is None:
        return
    rates = {
        currency: exchange_rate_get(connection, currency, issued, now=now)
        for currency in {deal_currency, target} - {company.home_currency}
    }
    rate = cross_rate(
        deal_currency,
        target,
        home=company.home_currency,
        source_rate=rates.get(deal_currency),
        target_rate=rates.get(target),
    )
    values["convert_rate"] = format_decimal(rate) if rate is not None else ""


def _explain_empty(state: FormState, catalogue: Sequence[MappableField], mapping: FieldMapping) -> None:
    """Say of each text that stayed empty whether its CRM field is empty or no longer there."""
    keys = {"to": mapping.to, "address": mapping.address, "email": mapping.email, "tax_id": mapping.tax_id}
    gone = {problem.field.removesuffix("_field") for problem in mapping_problems(mapping, catalogue)}
    for name in CUSTOMER_FIELDS:
        if not state.values[f"origin_{name}"] and keys[name]:
            state.values[f"origin_{name}"] = f"{keys[name]}?{'gone' if name in gone else 'empty'}"


def take_typed_names(state: FormState, connection: Connection, added: str) -> None:
    """Link what was typed as a name by somebody without script: the customer, the lines' products, a product to add."""
    values, home = state.values, connection.company.home_currency
    if values["customer_label"].strip() and values["customer_mode"] != "new":
        found: Customer | None = find_customer_by_name(connection, values["customer_label"])
        if found is not None and found.is_active:
            values.update(customer=found.qbo_id, customer_label="", customer_open="")
    items: dict[str, Item] = find_items_by_name(
        connection, [line["item_label"] for line in state.lines] + [added]
    )
    for line in (state.lines[at] for at in sorted(state.labelled)):
        item = items.get(" ".join(line["item_label"].split()).casefold())
        if item is None:
            if not line["item_label"].strip() or (line["item"] and not _is_label_of(line, connection)):
                line["item"] = ""
        elif item.qbo_id != line["item"]:
            item_take(line, item, list_price(values, item, home))
    if added.strip():
        line = dict(NEW_LINE)
        item = items.get(" ".join(added.split()).casefold())
        if item is not None:
            item_take(line, item, list_price(values, item, home))
        else:
            line["name"] = line["item_label"] = " ".join(added.split())
        state.lines.append(line)


def _is_label_of(line: dict[str, str], connection: Connection) -> bool:
    """Return whether the label is the name of the linked product, which may be inactive."""
    return Item.objects.filter(
        company=connection.company_id,
        qbo_id=line["item"],
        name__iexact=line["item_label"].strip(),
    ).exists()
