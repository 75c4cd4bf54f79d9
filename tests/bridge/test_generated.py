"""Generated invoices of every kind of company: not a cent of what QuickBooks answers is unexplained.

Sent as the form sends them, without its pages. `GENERATED_INVOICES` says how many for each company; `make soak` makes 10,000.
"""

import os
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from quickbooks_bridge.domain.bundles import BundlePart, open_bundle
from quickbooks_bridge.domain.currencies import digits_of
from quickbooks_bridge.domain.draft import CustomerChoice, DraftLine, InvoiceDraft
from quickbooks_bridge.domain.payloads import invoice_payload
from quickbooks_bridge.domain.tax import TaxMode, TaxRegime
from quickbooks_bridge.domain.totals import draft_totals, unexplained
from quickbooks_bridge.models import Customer, Item
from quickbooks_bridge.selectors.connections import company_today
from quickbooks_bridge.selectors.taxes import tax_rules
from quickbooks_bridge.services.connections.lifecycle import client_for, settings_for
from quickbooks_bridge.services.invoicing.create import company_payload_profile
from quickbooks_bridge.services.invoicing.exchange_rates import exchange_rate_get

from .company_forms import KEYS, NOW, sellable

pytestmark = pytest.mark.django_db
EACH = int(os.environ.get("GENERATED_INVOICES", "25"))


def a_line(dice, items, codes, *, is_first):
    if not is_first and dice.random() < 0.1:
        return DraftLine(dice.choice(("Delivered by hand", "")), kind=dice.choice(("text", "subtotal")))
    cents = dice.randrange(1, 10 ** dice.randrange(2, 8))
    is_credit = not is_first and dice.random() < 0.1
    kind = dice.choice(("percent", "percent", "amount"))
    price = Decimal(-dice.randrange(1, 5) if is_credit else cents) / 100
    quantity = Decimal(dice.choice(("1", "1", "2", "3", "0.5", "7", "0.33333", "12.25")))
    most = 100 if kind == "percent" else int(quantity * price)
    off = 0 if is_credit or dice.random() < 0.6 or most < 1 else dice.randrange(0, most + 1)
    return DraftLine(
        "Work",
        quantity=quantity,
        unit_price=price,
        discount=Decimal(off),
        discount_kind=kind,
        is_taxable=dice.random() < 0.7,
        tax_code=dice.choice(codes) if codes else "",
        item_qbo_id=dice.choice(items).qbo_id,
    )


def a_bundle(dice, bundle, items, codes):
    """Return a bundle's heading and lines, at a price of its own or the list's."""
    known = {item.qbo_id: item for item in items}
    parts = [
        BundlePart(
            qbo_id, known[qbo_id].name, Decimal(each), known[qbo_id].unit_price, dice.random() < 0.7,
            dice.choice(codes) if codes else "",
        )
        for qbo_id, each in bundle.parts
    ]  # fmt: skip
    price, off = Decimal(dice.choice((0, dice.randrange(1, 90_000)))) / 100, Decimal(dice.choice((0, 0, 15)))
    line = DraftLine(
        "Kit",
        quantity=Decimal(dice.randrange(1, 5)),
        unit_price=price,
        discount=off,
        item_qbo_id=bundle.qbo_id,
    )
    return open_bundle(line, parts, digits=2)


def a_draft(dice, items, codes, *, buyer, rate, day, regime, bundle=None):
    first = DraftLine(
        "Base", unit_price=Decimal(100), item_qbo_id=items[0].qbo_id, tax_code=codes[0] if codes else ""
    )
    lines = [first, *(a_line(dice, items, codes, is_first=at == 0) for at in range(dice.randrange(1, 7)))]
    if bundle is not None and digits_of(buyer.currency) and dice.random() < 0.15:
        lines += a_bundle(dice, bundle, items, codes)
    return InvoiceDraft(
        CustomerChoice(buyer.qbo_id), "", "1 Elm St\nAustin, TX 78701" if regime is TaxRegime.AUTOMATED else "", "", "",
        buyer.currency, day, day + timedelta(days=7), tuple(line for line in lines if line.name or line.kind == "subtotal"),
        tax_mode=dice.choice(list(TaxMode)),
        form_tax_code=dice.choice(["", *codes]) if regime is TaxRegime.MANUAL else "",
        discount=Decimal(dice.choice(("0", "0", "5", "12.5", "33.333"))),
        discount_kind=dice.choice(("percent", "percent", "amount")),
        discount_style=dice.choice(("net", "line")),
        exchange_rate=rate,
    )  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_no_cent_is_unexplained(admin, companies, connected, key):
    connection = connected(key)
    dice, day = Random(f"generated {key}"), company_today(connection, now=NOW)
    buyers = list(Customer.objects.filter(company=connection.company, is_active=True).order_by("pk")[:40])
    rates = {
        currency: exchange_rate_get(connection, currency, day, now=NOW)
        for currency in {buyer.currency for buyer in buyers} - {connection.company.home_currency}
    }
    items, client = sellable(connection), client_for(connection, interactive=False)
    bundle = Item.objects.filter(company=connection.company, kind="Group", is_active=True).first()
    wrong = []
    for number in range(EACH):
        buyer = dice.choice(buyers)
        rules = tax_rules(connection.company, buyer)
        codes = list(rules.codes) if rules.regime in {TaxRegime.CODES, TaxRegime.MANUAL} else []
        draft = a_draft(
            dice,
            items,
            codes,
            buyer=buyer,
            rate=rates.get(buyer.currency),
            day=day,
            regime=rules.regime,
            bundle=bundle,
        )
        profile = company_payload_profile(connection, rules, settings_for(admin.account))
        body = invoice_payload(draft, customer_qbo_id=buyer.qbo_id, profile=profile, marker=f"{number:010d}")
        made = client.invoice_create(body, request_id=f"{key}-{number}-{EACH}-{NOW.timestamp()}")
        promised = draft_totals(draft, rules)
        off = unexplained(promised.total, promised.tax, total=made.total, total_tax=made.total_tax)
        if off:
            wrong.append((number, off, promised, body))
    assert not wrong, (len(wrong), wrong[0])
