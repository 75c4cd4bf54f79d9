"""Every kind of company the emulator has, and the invoice form worked as a person works it."""

import re
from datetime import UTC, datetime
from random import Random
from typing import Any

from quickbooks_bridge.models import InvoiceIntent, Item

from .test_invoice_form import fields_of

KEYS = (
    *("us", "us-2", "us-multi", "us-manual", "us-simple", "sandbox", "gb", "gb-multi", "gb-unregistered"),
    *("gb-reverse", "ca", "ca-quebec", "fr", "no-like"),
)
NOW = datetime.now(UTC)


def page_of(client, deal):
    return fields_of(client.get(f"/deals/{deal.pk}/invoices/new/").content.decode())


def create(client, deal, fields):
    answer = client.post(f"/deals/{deal.pk}/invoices/new/", {**fields, "do": "create"})
    assert answer.status_code == 302, re.findall(
        r'class="check-item check-fix".*?</li>', answer.content.decode(), re.DOTALL
    )
    return InvoiceIntent.objects.filter(deal=deal).latest("pk")


def in_books(companies, connection, intent):
    realm = connection.company.realm_id
    return companies.control("GET", f"/control/{realm}/invoices/{intent.invoice.qbo_id}")


def line(at: int, item: Item, **facts: str) -> dict[str, str]:
    """Return the fields of one line for a product."""
    facts = {
        "quantity": "1",
        "unit_price": "10",
        "discount": "",
        "discount_kind": "percent",
        "tax": "0",
    } | facts
    return {
        f"lines-{at}-{name}": text
        for name, text in {
            "name": item.name,
            "item": item.qbo_id,
            "item_label": item.name,
            "kind": "item",
            "code": "",
            **facts,
        }.items()
    }


def sellable(connection: Any) -> list[Item]:
    """Return the products that a line can have."""
    rows = Item.objects.filter(company=connection.company, is_active=True)
    return list(rows.exclude(kind__in=("Category", "Group")).order_by("pk"))


def lines(dice: Random, connection: Any, codes: list[str]) -> dict[str, str]:
    """One to five lines: products with prices, quantities, discounts and codes of all sorts, texts and subtotals."""
    items = sellable(connection)
    found: dict[str, str] = {}
    for at in range(dice.randrange(1, 5)):
        if at and dice.random() < 0.3:
            kind = dice.choice(("text", "subtotal"))
            found |= {f"lines-{at}-kind": kind, f"lines-{at}-name": "Delivered by hand"}
            continue
        # A line below zero never takes more than the first one gives.
        price = -dice.randrange(1, 100) if at and dice.random() < 0.2 else dice.randrange(10_000, 90_000)
        found |= line(
            at,
            dice.choice(items),
            quantity=dice.choice(("1", "2", "3", "0.5", "7")),
            unit_price=f"{price / 100:.2f}",
            discount=dice.choice(("", "", "10", "33")),
            tax=dice.choice("01"),
            code=dice.choice(codes) if codes else "",
            service_date=dice.choice(("", "2026-02-03")),
        )
    return found
