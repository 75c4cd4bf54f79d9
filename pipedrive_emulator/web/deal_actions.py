"""What the small forms of the deal view do: changes by a person, so webhooks say `app`."""

from __future__ import annotations

from collections.abc import Callable

from pipedrive_emulator.changes import APP, Changes
from pipedrive_emulator.core import rows
from pipedrive_emulator.core.clean_html import sanitised
from pipedrive_emulator.core.clock import plain, rfc3339
from pipedrive_emulator.core.store import Row
from pipedrive_emulator.world import World

Action = Callable[[World, Row, Row, dict[str, str]], None]


def _number(text: str, what: str) -> float | int:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{what} must be a number") from None
    if not -1e12 < value < 1e12:
        raise ValueError(f"{what} must be a number")
    return int(value) if value.is_integer() else value


def _line(world: World, deal: Row, form: dict[str, str]) -> Row:
    text = form.get("line_id", "")
    line = world.store.get("deal_product", int(text)) if text.isdecimal() else None
    if line is None or line["deal_id"] != deal["id"]:
        raise ValueError("This product line is gone")
    return line


def _change_line(world: World, user: Row, deal: Row, form: dict[str, str]) -> None:
    line, changes = _line(world, deal, form), Changes(world, user, APP)
    if form.get("remove"):
        changes.delete("deal_product", line)
        return
    data = {
        "quantity": _number(form.get("quantity", ""), "The quantity"),
        "item_price": _number(form.get("item_price", ""), "The price"),
    }
    changes.update("deal_product", line, data)


def _add_line(world: World, user: Row, deal: Row, form: dict[str, str]) -> None:
    text = form.get("product_id", "")
    product = world.store.get("product", int(text)) if text.isdecimal() else None
    if product is None:
        raise ValueError("There is no such product")
    prices = {price["currency"]: price["price"] for price in product["prices"]}
    data = {
        "quantity": _number(form.get("quantity") or "1", "The quantity"),
        "item_price": prices.get(deal["currency"], 0),
    }
    row = rows.deal_product(world.store, rfc3339(world.clock.now()), deal, product, data)
    Changes(world, user, APP).create("deal_product", row)


def _add_note(world: World, user: Row, deal: Row, form: dict[str, str]) -> None:
    content = sanitised(form.get("content", "")).strip()
    if not content:
        raise ValueError("The note is empty")
    data = {"deal_id": deal["id"], "content": content}
    row = rows.note(world.store, plain(world.clock.now()), user["id"], data)
    Changes(world, user, APP).create("note", row)


ACTIONS: dict[str, Action] = {"line": _change_line, "add-line": _add_line, "note": _add_note}
