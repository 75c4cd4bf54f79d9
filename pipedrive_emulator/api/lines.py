"""API v2: product lines, discounts and installments of deals."""

from __future__ import annotations

from pipedrive_emulator.api import bodies
from pipedrive_emulator.api.call import Call, page, success
from pipedrive_emulator.api.writing import now
from pipedrive_emulator.core import rows
from pipedrive_emulator.core.errors import invalid, not_found
from pipedrive_emulator.core.store import Row

ORDERS = ("id", "add_time", "update_time", "order_nr")


def _deal(call: Call) -> Row:
    return call.row("deal", call.path_id())


def list_lines(call: Call) -> Row:
    """Return the product lines of a deal."""
    found, cursor = page(call, call.store.lines(_deal(call)["id"]), ORDERS)
    return success(found, additional_data={"next_cursor": cursor})


def _deal_ids(call: Call) -> list[int]:
    ids = call.ids("deal_ids")
    if ids is None:
        raise invalid("Validation failed: deal_ids: is required")
    return [deal_id for deal_id in dict.fromkeys(ids) if call.sees("deal", deal_id)]


def list_lines_of_many(call: Call) -> Row:
    """Return the product lines of several deals."""
    lines = [line for deal_id in _deal_ids(call) for line in call.store.lines(deal_id)]
    found, cursor = page(call, lines, ("deal_id", *ORDERS))
    return success(found, additional_data={"next_cursor": cursor})


def list_installments(call: Call) -> Row:
    """Return the installments of several deals."""
    wanted = [row for deal_id in _deal_ids(call) for row in call.store.installments(deal_id)]
    found, cursor = page(call, wanted, ("id", "billing_date", "deal_id"))
    # The documented answer has no place for a cursor; it comes only when there is something to go on to.
    return success(found, additional_data={"next_cursor": cursor}) if cursor else success(found)


def list_discounts(call: Call) -> Row:
    """Return the discounts on a whole deal."""
    return success(call.store.discounts(_deal(call)["id"]))


def add_line(call: Call) -> Row:
    """Return the product line just added to a deal."""
    deal = _deal(call)
    data = bodies.read(call, bodies.LINE, ("product_id", "item_price", "quantity"))
    return success(call.changes.create("deal_product", _new_line(call, deal, data)))


def _new_line(call: Call, deal: Row, data: Row) -> Row:
    if not call.sees("product", data["product_id"]):
        raise invalid(f"Validation failed: product_id: there is no product {data['product_id']}")
    product = call.row("product", data["product_id"])
    _check_variation(call, product["id"], data)
    _check_recurring(call, deal, str(data.get("billing_frequency", product["billing_frequency"])))
    return rows.deal_product(call.store, now(call), deal, product, data)


def _check_variation(call: Call, product_id: int, data: Row) -> None:
    wanted = data.get("product_variation_id")
    if wanted is None:
        return
    variation = call.store.get("variation", wanted)
    if variation is None or variation["product_id"] != product_id:
        raise invalid("Validation failed: product_variation_id: is not a variation of the product")


def _check_recurring(call: Call, deal: Row, frequency: str) -> None:
    if frequency != "one-time" and call.store.installments(deal["id"]):
        raise invalid("Recurring products cannot be added to a deal with installments")


def _line(call: Call) -> Row:
    deal = _deal(call)
    line = call.store.get("deal_product", call.path_id("line_id"))
    if line is None or line["deal_id"] != deal["id"]:
        raise not_found("Deal product")
    return line


def update_line(call: Call) -> Row:
    """Return a product line as changed."""
    line = _line(call)
    data = bodies.read(call, bodies.LINE)
    if "product_id" in data:
        data["name"] = call.row("product", data["product_id"])["name"]
    _check_variation(call, data.get("product_id") or line["product_id"], data)
    return success(call.changes.update("deal_product", line, data))


def delete_line(call: Call) -> Row:
    """Return the id of the product line just taken off a deal."""
    line = _line(call)
    call.changes.delete("deal_product", line)
    return success({"id": line["id"]})


def add_discount(call: Call) -> Row:
    """Return the discount just given on a deal."""
    deal = _deal(call)
    data = bodies.read(call, bodies.DISCOUNT, ("description", "amount", "type"))
    row = rows.deal_discount(now(call), call.user["id"], deal["id"], data)
    return success(call.changes.create("deal_discount", row))


def add_installment(call: Call) -> Row:
    """Return the installment just added to a deal."""
    deal = _deal(call)
    data = bodies.read(call, bodies.INSTALLMENT, ("description", "amount", "billing_date"))
    if any(line["billing_frequency"] != "one-time" for line in call.store.lines(deal["id"])):
        raise invalid("Installments cannot be added to a deal with recurring products")
    return success(
        call.changes.create("deal_installment", rows.deal_installment(call.store, deal["id"], data))
    )
