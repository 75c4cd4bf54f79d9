"""Products and deals, each deal for one thing that an invoice out of it has to cope with."""

from __future__ import annotations

from typing import Any

from pipedrive_emulator.core import rows
from pipedrive_emulator.core.money import deal_value, line_sum
from pipedrive_emulator.core.store import Row, Store
from pipedrive_emulator.core.values import address
from pipedrive_emulator.seed.company import DANA, LIN, RAVI, THEN
from pipedrive_emulator.seed.fields import own_code


def _usd(price: float, **more: Any) -> Row:
    return {"price": price, "currency": "USD", **more}


_PRODUCTS: tuple[Row, ...] = (
    {"name": "Oak workbench", "code": "BNCH-OAK", "unit": "pc", "tax": 8.25, "category": 1,
     "description": "Solid oak, 180 cm", "prices": [_usd(640, cost=410), {"price": 590, "currency": "EUR", "cost": 380}]},
    {"name": "Site survey", "code": "SRV-01", "unit": "hour", "tax": 0, "category": 2, "prices": [_usd(95)]},
    {"name": "Cordless drill", "code": "DRL-18V", "unit": "pc", "tax": 8.25, "category": 1,
     "prices": [_usd(129.99, direct_cost=70)]},
    {"name": "Lampe d'atelier", "code": "LMP-EU", "unit": "pc", "tax": 20, "category": 1,
     "prices": [{"price": 75, "currency": "EUR"}]},
    {"name": "Paint, exterior", "code": "PNT-EXT", "unit": "can", "tax": 8.25, "category": 1, "prices": [_usd(42)]},
    {"name": "Inventory software", "code": "SW-INV", "unit": "seat", "tax": 0, "category": 3,
     "billing_frequency": "monthly", "billing_frequency_cycles": 12, "prices": [_usd(29)]},
    {"name": "Delivery", "code": None, "unit": None, "tax": 0, "category": 2, "prices": [_usd(60)]},
    {"name": "Reward voucher", "code": "RWD", "unit": "pc", "tax": 0, "prices": [{"price": 500, "currency": "PTS"}]},
)  # fmt: skip
BENCH, SURVEY, DRILL, LAMP, PAINT, SOFTWARE, DELIVERY, VOUCHER = range(401, 409)
ONCE: Row = {"billing_frequency": "one-time", "billing_frequency_cycles": None}

_DEALS: tuple[Row, ...] = (
    {"title": "Workshop fit-out", "person_id": 301, "org_id": 201, "stage_id": 13, "owner_id": RAVI},
    {"title": "Orchard store refresh", "person_id": 303, "org_id": 202, "stage_id": 14, "owner_id": RAVI},
    {"title": "School benches, three payments", "person_id": 305, "org_id": 204, "stage_id": 12, "owner_id": RAVI},
    {"title": "Éclairage atelier", "person_id": 304, "org_id": 203, "stage_id": 13, "currency": "EUR", "owner_id": DANA},
    {"title": "Loyalty voucher order", "person_id": 302, "org_id": 201, "stage_id": 11, "currency": "PTS", "owner_id": RAVI},
    {"title": "Consulting retainer", "person_id": 306, "org_id": 205, "stage_id": 11, "value": 2400, "owner_id": RAVI},
    {"title": "Lost: drill fleet", "person_id": 307, "org_id": 206, "stage_id": 12, "status": "lost", "owner_id": RAVI,
     "lost_reason": "Price", "lost_time": "2026-09-14T15:00:00Z", "close_time": "2026-09-14T15:00:00Z",
     "local_lost_date": "2026-09-14", "local_close_date": "2026-09-14", "value": 3100, "currency": "EUR"},
    {"title": "Archived: old paint contract", "person_id": 303, "org_id": 202, "stage_id": 11, "owner_id": RAVI,
     "is_archived": True, "archive_time": "2026-06-01T08:00:00Z", "value": 900},
    {"title": "Deleted: entered twice", "person_id": 301, "org_id": 201, "stage_id": 11, "owner_id": RAVI,
     "is_deleted": True, "status": "deleted", "value": 100},
    {"title": "Studio shelves for Odette", "person_id": 308, "org_id": None, "stage_id": 12, "owner_id": RAVI},
    {"title": "Every custom field", "person_id": 302, "org_id": 201, "stage_id": 13, "owner_id": RAVI},
    {"title": "Inventory subscription", "person_id": 303, "org_id": 202, "stage_id": 16, "owner_id": RAVI,
     "status": "won", "won_time": "2026-10-05T16:30:00Z", "close_time": "2026-10-05T16:30:00Z",
     "local_won_date": "2026-10-05", "local_close_date": "2026-10-05"},
    {"title": "Confidential: board room", "person_id": 305, "org_id": 204, "stage_id": 12, "owner_id": DANA, "visible_to": 1},
    {"title": "Lin's private quote", "person_id": 306, "org_id": 205, "stage_id": 12, "owner_id": LIN, "visible_to": 1},
)  # fmt: skip

_LINES: dict[int, list[tuple[int, Row]]] = {
    1: [
        (BENCH, {"item_price": 640, "quantity": 2, "discount": 10, "tax_method": "exclusive", "tax": 8.25}),
        (DRILL, {"item_price": 129.99, "quantity": 3, "discount": 15, "discount_type": "amount",
                 "tax_method": "inclusive", "tax": 8.25, "comments": "Blue case"}),
        (SURVEY, {"item_price": 95, "quantity": 1.5, "tax_method": "none", "tax": 0}),
        (PAINT, {"item_price": 42, "quantity": 4, "is_enabled": False, "tax_method": "exclusive"}),
    ],
    2: [
        (PAINT, {"item_price": 42, "quantity": 25, "tax_method": "exclusive", "tax": 8.25}),
        (DELIVERY, {"item_price": 60, "quantity": 1, "tax_method": "none"}),
    ],
    3: [(BENCH, {"item_price": 620, "quantity": 15, "tax_method": "none", "tax": 0})],
    4: [
        (LAMP, {"item_price": 75, "quantity": 12, "tax_method": "exclusive", "tax": 20}),
        (BENCH, {"item_price": 590, "quantity": 1, "tax_method": "exclusive", "tax": 20}),
    ],
    5: [(VOUCHER, {"item_price": 500, "quantity": 3, "tax_method": "none"})],
    10: [(BENCH, {"item_price": 640, "quantity": 1, "tax_method": "inclusive", "tax": 8.25})],
    11: [(SURVEY, {"item_price": 95, "quantity": 4, "tax_method": "none"})],
    12: [(SOFTWARE, {"item_price": 29, "quantity": 10, "tax_method": "none", "billing_start_date": "2026-11-01"})],
    13: [(BENCH, {"item_price": 640, "quantity": 8, "tax_method": "none"})],
    14: [(SURVEY, {"item_price": 95, "quantity": 2, "tax_method": "none"})],
}  # fmt: skip
EVERY_TYPE_DEAL = 11


def write(store: Store) -> None:
    """Write products and deals with their lines into the store."""
    for data in _PRODUCTS:
        store.put("product", rows.product(store, THEN, DANA, data))
    for name, price in (("Oak workbench, 240 cm", 820), ("Oak workbench, with vice", 715)):
        row = rows.variation(store, BENCH, {"name": name, "prices": [_usd(price)]})
        store.put("variation", row)
    for data in _DEALS:
        store.put("deal", rows.deal(store, THEN, DANA, data))
    deals, products = store.table("deal"), store.table("product")
    for deal_id, lines in _LINES.items():
        for product_id, data in lines:
            line = rows.deal_product(store, THEN, deals[deal_id], products[product_id], data)
            line["sum"] = line_sum(line)
            store.put("deal_product", line)
    second = store.lines(10)[0]
    second["product_variation_id"] = min(store.table("variation"))
    for data in ({"description": "Season offer", "amount": 5, "type": "percentage"},
                 {"description": "Loyal customer", "amount": 50, "type": "amount"}):  # fmt: skip
        store.put("deal_discount", rows.deal_discount(THEN, DANA, 2, data))
    for share, amount, due in (("On order", 3100, "2026-12-01"), ("On delivery", 3100, "2027-01-15"), ("Remainder", 3100, "2027-03-01")):  # fmt: skip
        installment = {"description": share, "amount": amount, "billing_date": due}
        store.put("deal_installment", rows.deal_installment(store, 3, installment))
    for deal in deals.values():
        deal["value"] = deal_value(store, deal)
    _customs(store)
    content = "<p>Customer asked for an invoice <b>before</b> delivery.</p>"
    note = rows.note(store, "2026-11-02 10:15:00", RAVI, {"deal_id": 1, "content": content})
    store.put("note", note)


def _customs(store: Store) -> None:
    deals = store.table("deal")
    for deal_id, value in ((1, "billing@harborpine.example"), (4, "factures@atelier-lumen.example")):
        deals[deal_id]["custom_fields"][own_code("deal", "Billing email")] = value
    options = {
        option["label"]: option["id"]
        for field in store.fields["deal"].values()
        if field["is_custom_field"]
        for option in field["options"] or []
    }
    zone = {"timezone_id": 164, "timezone_name": "America/Chicago"}
    values = {
        "Billing email": "accounts@harborpine.example",
        "Tax ID": "39-7654321",
        "Purchase order": "PO-2026-118",
        "Contract terms": "Net 30.\nDeliver to the yard, not the office.",
        "Margin": 23.5,
        "Budget": {"value": 12500, "currency": "USD"},
        "Priority": options["High"],
        "Services": [options["Delivery"], options["Training"]],
        "Handover date": "2027-01-20",
        "Service period": {"value": "2027-01-01", "until": "2027-12-31"},
        "Kick-off time": {"value": "09:00:00", **zone},
        "Visiting hours": {"value": "09:00:00", "until": "11:30:00", **zone},
        "Delivery address": address(
            {
                "value": "2 Dock Road, Milwaukee, WI 53202, USA",
                "street_number": "2",
                "route": "Dock Road",
                "locality": "Milwaukee",
                "admin_area_level_1": "Wisconsin",
                "country": "United States",
                "postal_code": "53202",
            }
        ),
        "Site phone": "+1 414 555 0190",
        "Approver": DANA,
        "Bill to organization": 202,
        "Purchaser": 303,
        "Cost centre": "CC-40",
    }
    for name, value in values.items():
        deals[EVERY_TYPE_DEAL]["custom_fields"][own_code("deal", name)] = value
